use super::Pack;
use crate::model::name::shell_word;
use crate::output::emit::Field;

/// What decides, besides the plan, which jobs an engine gets and what they do.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct JobOptions {
    /// The fields of a matrix entry.
    pub fields: Vec<Field>,
    /// Which services share a job.
    pub pack: Pack,
    /// How many levels the workflow has jobs for, if that is known.
    pub levels: Option<usize>,
    /// The flags that the commands of jobs get.
    pub flags: JobFlags,
}

/// The flags of the run that writes a pipeline which the commands of its jobs need too, such as `--config`. Each is one
/// word. `rebake build` and `rebake promote` accept all of them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct JobFlags(Vec<String>);

impl JobFlags {
    /// Returns the flags with these words.
    #[must_use]
    pub fn new(words: Vec<String>) -> Self {
        Self(words)
    }

    /// Returns the flags as text for a shell, a blank before each.
    pub(super) fn text(&self) -> String {
        // CircleCI reads `<<` as the begin of an expression, also in a script. A `<` is always in quotes here.
        let words = self.0.iter().map(|word| shell_word(word).replace('<', "<''"));
        std::iter::once(String::new()).chain(words).collect::<Vec<_>>().join(" ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shell_reads_back_every_flag() {
        let words = ["--config=ci/f.yaml", "--config=it's <<< a b/$(id).yaml", "--discover", "--token-env=TOKEN"];
        let text = JobFlags::new(words.map(str::to_owned).to_vec()).text();
        assert!(!text.contains("<<"), "{text}");
        let script = format!("printf '%s\\n'{text}");
        let output = std::process::Command::new("sh").args(["-c", &script]).output().unwrap();
        assert_eq!(String::from_utf8(output.stdout).unwrap().lines().collect::<Vec<_>>(), words, "{script}");
    }
}
