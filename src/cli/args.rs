//! The command line as a whole: the commands, each in a file of its own, and the flags that every command takes.

use std::ffi::OsString;

use clap::error::{ContextKind, ContextValue};
use clap::{CommandFactory as _, Parser, Subcommand};

use super::flags::GeneralArgs;

/// Show what must be rebuilt in a monorepo, why, under which version, and in what order
#[derive(Debug, Parser)]
#[command(name = "rebake", version, arg_required_else_help = true)]
pub(crate) struct CommandLine {
    #[command(subcommand)]
    pub(crate) command: Command,
    #[command(flatten)]
    pub(crate) general: GeneralArgs,
}

/// The commands of rebake.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Plan(Box<super::plan::PlanArgs>),
    Version(super::version::VersionArgs),
    Release(super::release::ReleaseArgs),
    Glob(super::glob::GlobArgs),
    Why(Box<super::why::WhyArgs>),
    Graph(super::graph::GraphArgs),
    Fingerprint(super::fingerprint::FingerprintArgs),
    Record(super::record::RecordArgs),
    Verdict(super::verdict::VerdictArgs),
    #[cfg(unix)]
    Build(Box<super::build::BuildArgs>),
    #[cfg(unix)]
    Promote(Box<super::build::promote::PromoteArgs>),
    #[cfg(unix)]
    Report(super::report::ReportArgs),
    #[cfg(unix)]
    Images(super::images::ImagesArgs),
    /// Clean up after a build whose rebake process was killed
    #[cfg(unix)]
    #[command(hide = true)]
    Watch,
    Check(super::check::CheckArgs),
    #[cfg(unix)]
    Observe(super::observe::ObserveArgs),
    Init(super::init::InitArgs),
    Schema(super::schema::SchemaArgs),
    Completions(super::complete::CompletionsArgs),
    Man(super::complete::ManArgs),
}

impl Command {
    /// Whether a later step of a workflow reads the result.
    pub(crate) fn is_read_by_steps(&self) -> bool {
        match self {
            Self::Plan(plan) => plan.format.ci(),
            Self::Verdict(_) => true,
            _ => false,
        }
    }
}

/// Reads the command line. `rebake help --help` and `rebake help plan --help` are the help of the command: clap takes
/// the flag there for the name of a command.
///
/// # Errors
/// When the arguments are wrong, or ask for a help text or the version, which are then the error.
pub(crate) fn parse(arguments: Vec<OsString>) -> Result<CommandLine, clap::Error> {
    let is_help_flag = |argument: &OsString| argument == "--help" || argument == "-h";
    match CommandLine::try_parse_from(&arguments) {
        Err(error) if text(&error, ContextKind::InvalidSubcommand).is_some_and(|text| is_help_flag(&text.into())) => {
            let mut asked: Vec<OsString> = arguments.into_iter().filter(|argument| !is_help_flag(argument)).collect();
            if asked.last().is_some_and(|last| last == "help") {
                asked.push("help".into());
            }
            CommandLine::try_parse_from(asked)
        }
        parsed => parsed,
    }
}

/// Adds a tip to an error about commands and flags that other programs have, such as `retry`, `--json` and
/// `--since main`, and about commands that Windows lacks.
pub(crate) fn with_tips(mut error: clap::Error, arguments: impl Iterator<Item = OsString>) -> clap::Error {
    let tip = match text(&error, ContextKind::InvalidSubcommand) {
        Some(command) if cfg!(not(unix)) => unix_tip(command).or_else(|| command_tip(command)),
        Some(command) => command_tip(command),
        None => flag_tip(&error, arguments),
    };
    if let Some(tip) = tip {
        // clap suggests names with a similar spelling, which are wrong here.
        error.remove(ContextKind::SuggestedSubcommand);
        error.remove(ContextKind::SuggestedArg);
        error.insert(ContextKind::Suggested, ContextValue::StyledStrs(vec![tip.into()]));
    }
    error
}

fn text(error: &clap::Error, kind: ContextKind) -> Option<&str> {
    match error.get(kind) {
        Some(ContextValue::String(text)) => Some(text.as_str()),
        _ => None,
    }
}

/// Returns a tip for a command that is not compiled for Windows, or that [`command_tip`] answers with such a command.
fn unix_tip(command: &str) -> Option<&'static str> {
    Some(match command {
        "build" | "promote" | "images" | "report" | "run" | "rerun" | "retry" => {
            "`build`, `promote`, `images` and `report` need Linux or macOS: run rebake in WSL or in a container"
        }
        "observe" => "`observe` needs Linux: run rebake in WSL or in a container",
        _ => return None,
    })
}

fn command_tip(command: &str) -> Option<&'static str> {
    Some(match command {
        "affected" | "changed" | "diff" | "list" | "ls" | "status" => {
            "to see what would be rebuilt, write `rebake plan`"
        }
        "completion" => "write `rebake completions SHELL`",
        "explain" => "write `rebake why SERVICE`",
        "matrix" => "write `rebake plan --format matrix`",
        "next" | "tag" => "write `rebake release`; with `--yes` it makes the tags",
        "rerun" | "retry" => "write `rebake build --rerun REPORT`, with the report of `rebake build --report REPORT`",
        "run" => "write `rebake build`",
        "lint" | "validate" => "write `rebake check`",
        _ => return None,
    })
}

fn flag_tip(error: &clap::Error, mut arguments: impl Iterator<Item = OsString>) -> Option<&'static str> {
    let program = CommandLine::command();
    let verb = arguments.find_map(|argument| program.find_subcommand(argument))?;
    match (verb.get_name(), text(error, ContextKind::InvalidArg)?) {
        (_, "--json") => {
            let formats = verb.get_arguments().find(|argument| argument.get_id() == "format")?;
            let has_json = formats.get_possible_values().iter().any(|format| format.matches("json", false));
            has_json.then_some("write `--format json`")
        }
        ("plan", "--github" | "--matrix") => Some("write `--format github` or `--format matrix`"),
        ("plan" | "build", "--affected") => Some("leave it out: what is affected is what this command is about"),
        ("plan" | "build", "--service") => Some("name the services without a flag, such as `api web`"),
        ("build", "--parallel" | "--concurrency") => Some("write `--jobs N`"),
        ("build", "--failed" | "--retry") => Some("to build again what failed, write `--rerun REPORT`"),
        ("release", "--dry-run") => Some("leave it out: without `--yes` nothing is made"),
        (_, "--since <BASE>") => Some("to compare with a branch or a commit, write `--base REV`"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_command_that_windows_lacks_has_a_tip() {
        for command in ["build", "promote", "images", "report", "observe"] {
            assert!(CommandLine::command().find_subcommand(command).is_some(), "{command}");
            assert!(unix_tip(command).is_some_and(|tip| tip.contains(&format!("`{command}`"))), "{command}");
        }
        for command in ["run", "rerun", "retry"] {
            let windows = unix_tip(command).unwrap();
            assert!(command_tip(command).is_some_and(|tip| tip.contains("`rebake build")), "{command}");
            assert!(windows.contains("need Linux or macOS"), "{windows}");
        }
        assert_eq!([unix_tip("explain"), unix_tip("plam")], [None, None]);
    }
}
