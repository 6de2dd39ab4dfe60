//! The flags that several verbs share. Doc comments are the help texts.

#![expect(clippy::doc_markdown, reason = "doc comments are help texts here, and those are no Markdown")]

use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use clap::{Args, ValueEnum};

use crate::analysis::base::Since;
use crate::analysis::filter::Quantifier;
use crate::inputs::trigger::Trigger;
use crate::model::choice::Choice;
use crate::naming::version::{Count, Style};
use crate::plan::pipeline::{Dead, Unmatched};

/// What every command takes.
#[derive(Debug, Args)]
#[command(next_help_heading = "General")]
pub(crate) struct GeneralArgs {
    /// Run as if started in this directory
    #[arg(short = 'C', long = "directory", value_name = "DIR", global = true)]
    pub(crate) directory: Option<PathBuf>,
    /// Read this file instead of the filters.yaml at the root of the repository [env: REBAKE_CONFIG]
    #[arg(short, long, value_name = "FILE", global = true)]
    pub(crate) config: Option<PathBuf>,
    /// Answer with the token in this environment variable where the remote asks git for credentials
    #[arg(long, value_name = "NAME", global = true)]
    pub(crate) token_env: Option<String>,
    /// Choose when to colour (NO_COLOR and CLICOLOR_FORCE are heeded)
    #[arg(long, value_name = "WHEN", default_value = "auto", global = true)]
    pub(crate) color: Color,
    /// Say errors alone
    #[arg(short, long, global = true)]
    pub(crate) quiet: bool,
    /// Say what is being done
    #[arg(short, long, global = true, conflicts_with = "quiet")]
    pub(crate) verbose: bool,
}

impl GeneralArgs {
    /// Returns the directory that the command runs in.
    pub(crate) fn directory(&self) -> &Path {
        self.directory.as_deref().unwrap_or(Path::new("."))
    }
}

/// When output is coloured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Color {
    /// On a terminal
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

/// The flags of every command that makes a plan.
#[derive(Debug, Args)]
pub(crate) struct PlanningArgs {
    #[command(flatten)]
    pub(crate) range: RangeArgs,
    #[command(flatten)]
    pub(crate) naming: NamingArgs,
    /// Use this version, one of the service's `scheme`, for the one service of the plan; an empty one is none
    // A value that is taken for a version, not a request for ours.
    #[arg(long = "version", value_name = "VERSION", id = "service_version", help_heading = "Versions")]
    pub(crate) version: Option<String>,
    /// Choose the environment instead of the one that fits the event
    #[arg(long, value_name = "NAME", help_heading = "Plan")]
    pub(crate) environment: Option<String>,
    /// Choose how the rules of a flat file come together, as paths-filter's predicate-quantifier
    #[arg(long, value_name = "QUANTIFIER", default_value = "some", value_parser = choice::<Quantifier>(), help_heading = "Plan")]
    pub(crate) quantifier: Quantifier,
    /// Choose what a changed path that no filter matches comes to
    #[arg(long, value_name = "POLICY", default_value = "warn", value_parser = choice::<Unmatched>(), help_heading = "Plan")]
    pub(crate) unmatched: Unmatched,
    /// Choose what an affected service comes to whose patterns match no tracked file
    #[arg(long, value_name = "POLICY", default_value = "by-shape", value_parser = choice::<Dead>(), help_heading = "Plan")]
    pub(crate) dead: Dead,
    /// Let images be pushed where that is off by itself: here, and from pull requests
    #[arg(long, help_heading = "Plan")]
    pub(crate) push: bool,
}

/// Which changes count. The flags of every command that compares.
#[derive(Debug, Args)]
#[command(next_help_heading = "Range")]
pub(crate) struct RangeArgs {
    /// Compare with the merge base of head and this revision; a branch may be one that only the remote has
    #[arg(long, value_name = "REV", allow_hyphen_values = true)]
    pub(crate) base: Option<String>,
    /// Look at this commit instead of HEAD and the work tree
    #[arg(long, value_name = "REV", allow_hyphen_values = true)]
    pub(crate) head: Option<String>,
    /// Compare with base's own tree instead of the merge base
    #[arg(long, requires = "base")]
    pub(crate) direct: bool,
    /// Compare each service with a base of its own
    #[arg(long, value_name = "RECORD", value_parser = choice::<Since>(), conflicts_with_all = ["base", "all", "changed"])]
    pub(crate) since: Option<Since>,
    /// Plan every service
    #[arg(long, conflicts_with_all = ["base", "changed"])]
    pub(crate) all: bool,
    /// Read the changed paths from a file, or from standard input (`-`): one a line or NUL-separated, plain or as `git diff --name-status [-z]` writes them; with --base, the configuration is compared with that commit's
    #[arg(long, value_name = "FILE")]
    pub(crate) changed: Option<PathBuf>,
    /// Plan these services whatever changed, and what depends on them (a name or a path; repeat, or separate by commas)
    #[arg(long, value_name = "SERVICE", value_delimiter = ',')]
    pub(crate) force: Vec<String>,
    /// Leave all but these services out
    #[arg(long, value_name = "SERVICE", value_delimiter = ',')]
    pub(crate) only: Vec<String>,
    /// Name the branch that work starts from, instead of what the engine or the remote says
    #[arg(long, value_name = "BRANCH")]
    pub(crate) default_branch: Option<String>,
    #[command(flatten)]
    pub(crate) fetching: FetchingArgs,
}

impl RangeArgs {
    /// Whether the command line says what is compared.
    pub(crate) fn is_given(&self) -> bool {
        self.base.is_some() || self.head.is_some() || self.since.is_some() || self.all || self.changed.is_some()
    }
}

/// Whether what a clone lacks is fetched.
#[derive(Debug, Args)]
#[command(next_help_heading = "Range")]
pub(crate) struct FetchingArgs {
    /// Fetch what the clone lacks to know the base and the versions; by itself in CI
    #[arg(long, overrides_with = "no_fetch")]
    fetch: bool,
    /// Fetch nothing
    #[arg(long, overrides_with = "fetch")]
    no_fetch: bool,
    /// Give all fetches together this long
    #[arg(long, value_name = "SECONDS", default_value = "120")]
    fetch_timeout: u32,
}

impl FetchingArgs {
    /// Returns the time budget for fetching, or `None` when fetching is off. It is on by default in CI, where clones
    /// are shallow.
    pub(crate) fn limit(&self, trigger: &Trigger) -> Option<Duration> {
        let allowed = self.fetch || !(trigger.is_attended() || self.no_fetch);
        allowed.then(|| Duration::from_secs(u64::from(self.fetch_timeout)))
    }
}

/// What results are called.
#[derive(Debug, Args)]
#[command(next_help_heading = "Versions")]
pub(crate) struct NamingArgs {
    /// Choose how versions are written
    #[arg(long, value_name = "STYLE", value_parser = choice::<Style>())]
    pub(crate) style: Option<Style>,
    /// Take this many digits of a commit's id into versions
    #[arg(long, value_name = "DIGITS", default_value_t = crate::plan::pipeline::ABBREV as u8, value_parser = clap::value_parser!(u8).range(4..=64))]
    pub(crate) abbrev: u8,
    /// Append -dirty to the version of a service whose files are modified in the work tree, and push none such; in a local
    /// environment versions say it anyway
    #[arg(long)]
    pub(crate) dirty: bool,
    /// Choose what the number in versions counts [default: the service's `count`, else commits]
    #[arg(long, value_name = "UNIT", value_parser = choice::<Count>())]
    pub(crate) count: Option<Count>,
    /// Follow the first parent of merges only: a release that was tagged on a merged branch does not count
    #[arg(long)]
    pub(crate) first_parent: bool,
}

/// Returns the parser of a flag that takes one of an enum's words.
pub(crate) fn choice<T: Choice>() -> impl TypedValueParser<Value = T> {
    let possible = T::CHOICES.iter().map(|(_, word, help)| PossibleValue::new(*word).help(*help));
    PossibleValuesParser::new(possible).try_map(|word| T::of(&word).ok_or("no such word"))
}
