use crate::model::published_name::published_names;

published_names! {
    /// A variable that the commands of generated jobs read.
    pub enum JobVariable {
        /// The services of the job, for `--only "$REBAKE_ONLY"`. Generated pipelines set it.
        Only = "REBAKE_ONLY",
        /// The name of the job, in the names of its reports. The [Jenkinsfile](../engine/jenkins.md) sets it.
        Job = "REBAKE_JOB",
    }
}

impl JobVariable {
    /// Returns the variable as a shell reads it: `$REBAKE_ONLY`.
    pub(super) fn in_shell(self) -> String {
        format!("${}", self.name())
    }
}
