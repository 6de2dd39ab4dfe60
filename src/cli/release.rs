//! `rebake release`.

mod version_order;
mod publish;

use clap::{Args, ValueEnum};

use super::exit::Exit;
use super::failure::Failure;
use super::flags::{GeneralArgs, choice};
use super::printing::Output;
use super::workspace::{self, WithoutConfig};
use crate::config::Config;
use crate::model::diagnostic::{Diagnostic, Severity};
use crate::model::name::{Escaped, ServiceName, TagName};
use crate::naming::release::{
    Dependents, NextVersion, PlannedRelease, Published, ReleaseOutcome, ReleasePlan, ReleaseRequest,
};
use crate::naming::version::{Bump, Parsed};
use crate::output::emit;
use crate::plan::pipeline;
use crate::plan::pipeline::Workspace;

const EXAMPLES: &str = "\
Examples:
  rebake release                          the next versions, from the commits since each service's last release
  rebake release api --bump minor         the next minor release of one service
  rebake release --yes --push             create the tags, and push them to origin
  rebake release api --pre rc --yes       create 1.3.0-rc.1; after more commits, 1.3.0-rc.2; without --pre, 1.3.0
  rebake release --changelog > NOTES.md   what changed, as Markdown
  rebake release --parse api@1.2.3        which service and version a tag releases";

/// Show the next versions of services, derived from their commits; with --yes, create the tags
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own on the command line")]
pub(crate) struct ReleaseArgs {
    /// Services, by name or path [default: all that changed since their last release]
    #[arg(value_name = "SERVICE")]
    services: Vec<String>,
    /// Which part of the version to raise
    #[arg(long, value_name = "BUMP", default_value = "auto", help_heading = "Versions")]
    bump: BumpName,
    /// Version to release. Exactly one service must be named
    #[arg(long = "version", value_name = "VERSION", id = "release_version", conflicts_with_all = ["bump", "pre"], help_heading = "Versions")]
    version: Option<String>,
    /// Make pre-releases with this identifier: `rc` for 1.3.0-rc.1
    #[arg(long, value_name = "ID", help_heading = "Versions")]
    pre: Option<String>,
    /// Whether to release also the services that depend on a released one (`depends_on`)
    #[arg(long, value_name = "POLICY", default_value = "patch", value_parser = choice::<Dependents>(), help_heading = "Versions")]
    dependents: Dependents,
    /// Create the tags, instead of only showing them. If one of them cannot be created, none is. On the default branch,
    /// rebake refuses if a stable release on another branch has the same or a higher version, unless --version gives
    /// the version
    #[arg(long, short)]
    yes: bool,
    /// Sign the tags, as configured in git
    #[arg(long, requires = "yes")]
    sign: bool,
    /// With --yes: push the new tags, and the tags of earlier runs that were not pushed. rebake pushes three tags at a
    /// time, since GitHub raises no events for larger pushes
    #[arg(long, requires = "yes")]
    push: bool,
    /// Remote to push to [default: the remote that rebake fetches from]
    #[arg(long, value_name = "REMOTE", requires = "push")]
    remote: Option<String>,
    /// Allow tagging HEAD while the work tree has uncommitted changes
    #[arg(long)]
    allow_dirty: bool,
    /// Print the changes since the last release as Markdown
    #[arg(long, conflicts_with = "format", help_heading = "Output")]
    changelog: bool,
    /// Print the services and the version that this tag releases; exit with 1 if it is not a release tag
    #[arg(long, value_name = "TAG", allow_hyphen_values = true, conflicts_with_all = ["services", "bump", "release_version", "pre", "dependents", "yes", "allow_dirty", "changelog"])]
    parse: Option<String>,
    /// Output format
    #[arg(long, value_name = "FORMAT", default_value = "table", help_heading = "Output")]
    format: Format,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum BumpName {
    /// The part that the commits call for (Conventional Commits).
    Auto,
    /// 1.2.3 to 1.2.4
    Patch,
    /// 1.2.3 to 1.3.0
    Minor,
    /// 1.2.3 to 2.0.0
    Major,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// A table
    Table,
    /// The complete release plan
    Json,
}

pub(crate) fn run(general: &GeneralArgs, args: &ReleaseArgs, output: &Output) -> Result<Exit, Failure> {
    let Workspace { repository, config, trigger, .. } =
        workspace::open(general, None, None, WithoutConfig::Refuse, output)?;
    if let Some(tag) = &args.parse {
        return parse(&config, tag, args.format, output);
    }
    let plan = pipeline::release(&repository, &config, &args.services, &request(args))?;
    version_order::check(&repository, &trigger, &plan, args, output)?;
    let done = if args.yes { publish::publish(&repository, &plan, args, output)? } else { not_done(&plan) };
    write(&Published::from(&plan), args, &done, output)?;
    Ok(Exit::Done)
}

fn request(args: &ReleaseArgs) -> ReleaseRequest {
    let step = match (&args.version, args.bump) {
        (Some(version), _) => NextVersion::To(version.clone()),
        (None, BumpName::Auto) => NextVersion::Auto,
        (None, BumpName::Patch) => NextVersion::Bump(Bump::Patch),
        (None, BumpName::Minor) => NextVersion::Bump(Bump::Minor),
        (None, BumpName::Major) => NextVersion::Bump(Bump::Major),
    };
    ReleaseRequest { step, pre: args.pre.clone(), dependents: args.dependents }
}

/// Returns a line that names the tags that are still to be made.
fn not_done(plan: &ReleasePlan) -> String {
    let due = |line: &PlannedRelease| match &line.outcome {
        ReleaseOutcome::Due { tag, .. } => Some(tag.clone()),
        ReleaseOutcome::Already { .. } | ReleaseOutcome::Idle(_) => None,
    };
    let tags: Vec<TagName> = plan.lines.iter().filter_map(due).collect();
    match tags.as_slice() {
        [] => "Nothing to release.".to_owned(),
        [tag] => format!("1 tag to make, {tag}: `--yes` makes it, `--push` sends it."),
        tags => {
            format!("{} tags to make, {}: `--yes` makes them, `--push` sends them.", tags.len(), listed(tags.iter()))
        }
    }
}

/// Returns a list of the first tags, and the number of the others. The JSON has all tags.
fn listed<'a>(tags: impl ExactSizeIterator<Item = &'a TagName>) -> String {
    let more = tags.len().saturating_sub(TAGS);
    let named = tags.take(TAGS).map(TagName::to_string).collect::<Vec<_>>().join(", ");
    match more {
        0 => named,
        more => format!("{named} and {more} more"),
    }
}

/// How many tags a line lists.
const TAGS: usize = 10;

fn write(plan: &Published, args: &ReleaseArgs, done: &str, output: &Output) -> Result<(), Failure> {
    match args.format {
        _ if args.changelog => output.data(&emit::changelog(plan)),
        Format::Table => output.people(&format!("{}\n{done}\n", emit::releases_table(plan, output.palette()))),
        Format::Json => output.data(&plan.to_json()),
    }
}

/// Prints the services and the version that a tag releases.
fn parse(config: &Config, tag: &str, format: Format, output: &Output) -> Result<Exit, Failure> {
    let no = |message: String, help: Option<String>| {
        let diagnostic = Diagnostic::new(Severity::Error, "no-release", message);
        output.say(&[help.into_iter().fold(diagnostic, Diagnostic::help)]);
        Ok(Exit::Found)
    };
    let shown = Escaped::new(tag);
    match config.release_tags().parse(&TagName::from_git(tag)) {
        Parsed::Release { services, version } => {
            let services: Vec<String> = services.iter().map(ServiceName::to_string).collect();
            let text = match format {
                Format::Table => services
                    .iter()
                    .fold(String::new(), |text, service| text + service + " " + &version.to_string() + "\n"),
                Format::Json => {
                    let answer = serde_json::json!({"tag": tag, "services": services, "version": version.to_string()});
                    format!("{answer:#}\n")
                }
            };
            output.data(&text)?;
            Ok(Exit::Done)
        }
        Parsed::Malformed { version, meant, .. } => no(
            format!("the tag `{shown}` is no release: `{}` is not a version", Escaped::new(&version)),
            meant.map(|meant| format!("did you mean `{meant}`?")),
        ),
        Parsed::Other { .. } => no(format!("the tag `{shown}` is no release: it names no version"), None),
        Parsed::Unknown { claimed } => {
            let names = config.services.keys().map(ServiceName::as_str);
            let nearest = claimed.as_deref().and_then(|claimed| crate::model::name::nearest(claimed, names));
            let tag = nearest.and_then(|service| config.services.get(service)?.tag.first());
            let help = nearest.map(|service| match tag {
                Some(tag) => {
                    let (before, after) = (tag.prefix(), tag.suffix());
                    format!("release tags of the service `{service}` are `{before}{{{{version}}}}{after}`")
                }
                None => format!("did you mean the service `{service}`?"),
            });
            no(format!("the tag `{shown}` is no service's release"), help)
        }
    }
}
