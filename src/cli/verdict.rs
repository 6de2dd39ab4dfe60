//! `rebake verdict`.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use clap::Args;

use super::exit::Exit;
use super::failure::Failure;
use super::printing::Output;
use super::{changed, env, saved_file};
use crate::model::diagnostic::Diagnostic;
use crate::model::malformed_json::MalformedJson;
use crate::model::name::Escaped;
use crate::output::verdict::{Expected, NeededJobs, verdict};

const EXAMPLES: &str = "\
Examples:
  NEEDS='${{ toJSON(needs) }}' rebake verdict       in a job with `if: always()`, `needs: [plan, build]`
  rebake verdict --due build-1=any_1                build-1 must have run if the output any_1 of the plan is true
  rebake verdict --outputs any --due web=frontend   web must have run if the filter frontend matches";

/// Check that every job that the plan asked for has run, and that no job failed. Run this command in a job of its own,
/// and make that job the only required check of your branch rules
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct VerdictArgs {
    /// File with GitHub's `needs` context as JSON, or `-` for standard input [default: the JSON in the environment
    /// variable NEEDS]
    #[arg(value_name = "FILE")]
    needs: Option<PathBuf>,
    /// Job that made the plan
    #[arg(long, value_name = "JOB", default_value = "plan")]
    plan: String,
    /// Outputs that the plan job must have set (`--outputs=` for none)
    #[arg(long, value_name = "OUTPUT", value_delimiter = ',', default_value = "any,matrix")]
    outputs: Vec<String>,
    /// JOB must have run if OUTPUT of the plan job is true (repeatable). A job without --due must have run if the output
    /// `any` is true
    #[arg(long, value_name = "JOB=OUTPUT", value_parser = job_and_output)]
    due: Vec<(String, String)>,
    /// Jobs that may always be skipped
    #[arg(long, value_name = "JOB", value_delimiter = ',')]
    optional: Vec<String>,
}

pub(crate) fn run(args: &VerdictArgs, output: &Output) -> Result<Exit, Failure> {
    let text = match (&args.needs, env::read(env::Variable::Needs)) {
        (Some(file), _) => changed::read_text(file)?,
        (None, Some(text)) => text,
        (None, None) => {
            return Err(Failure::new(
                Exit::Usage,
                "needs",
                format!("there is no `needs` to judge: {} is not set", env::Variable::Needs.name()),
            )
            .help("give the step `env: {NEEDS: '${{ toJSON(needs) }}'}`, or name a file"));
        }
    };
    let needs: NeededJobs = serde_json::from_str(&text).map_err(|error| {
        let malformed = MalformedJson::from(error);
        let name = args.needs.as_deref().unwrap_or(Path::new(env::Variable::Needs.name()));
        let at = saved_file::place(name, malformed.place);
        Failure::new(Exit::Usage, "needs", format!("{at}: this is not GitHub's `needs`: {malformed}"))
            .help("pass the value of `${{ toJSON(needs) }}`")
    })?;
    let expected = Expected {
        plan: args.plan.clone(),
        outputs: args.outputs.iter().filter(|output| !output.is_empty()).cloned().collect(),
        due: args.due.iter().cloned().collect(),
        optional: args.optional.clone(),
    };
    let problems = verdict(&needs, &expected).map_err(|unknown| {
        Failure::new(Exit::Usage, "needs", unknown.to_string())
            .help("list it under `needs` of the job that runs this; `--plan` names the one that plans")
    })?;
    output.data(&needs.results().fold(String::new(), |mut text, (job, result)| {
        let _ = writeln!(text, "{}: {}", Escaped::new(job), Escaped::new(result));
        text
    }))?;
    let told = |problem: &crate::output::verdict::Problem| {
        Diagnostic::error("verdict", problem.to_string()).help(problem.help())
    };
    output.say(&problems.iter().map(told).collect::<Vec<_>>());
    Ok(if problems.is_empty() { Exit::Done } else { Exit::Found })
}

fn job_and_output(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((job, output)) if !job.is_empty() && !output.is_empty() => Ok((job.to_owned(), output.to_owned())),
        _ => Err("write JOB=OUTPUT".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_job_and_its_output_are_both_named() {
        assert_eq!(job_and_output("build=any"), Ok(("build".to_owned(), "any".to_owned())));
        assert_eq!(job_and_output("build=a=b"), Ok(("build".to_owned(), "a=b".to_owned())));
        for text in ["build", "=any", "build=", ""] {
            assert!(job_and_output(text).is_err(), "{text}");
        }
    }
}
