//! The flags that several commands share. Doc comments are the help texts.

#![expect(clippy::doc_markdown, reason = "doc comments are help texts here, and those are no Markdown")]

use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use clap::{Args, ValueEnum};

use crate::analysis::base::Since;
use crate::analysis::filter::Quantifier;
use crate::inputs::trigger::Trigger;
use crate::model::choice::Choice;
use crate::naming::image::ImageTag;
use crate::naming::version::{Count, VersionStyle};
use crate::plan::pipeline::{Dead, Unmatched};

/// The flags of every command.
#[derive(Debug, Args)]
#[command(next_help_heading = "General")]
pub(crate) struct GeneralArgs {
    /// Run as if started in this directory
    #[arg(short = 'C', long = "directory", value_name = "DIR", global = true)]
    pub(crate) directory: Option<PathBuf>,
    /// Read this file instead of the filters.yaml at the root of the repository [env: REBAKE_CONFIG]
    #[arg(short, long, value_name = "FILE", global = true)]
    pub(crate) config: Option<PathBuf>,
    /// Derive services and their dependencies from the repository's own files, such as package.json, instead of reading
    /// filters.yaml
    #[arg(long, global = true, conflicts_with = "config")]
    pub(crate) discover: bool,
    /// When the remote asks git for credentials, send the token that this environment variable holds
    #[arg(long, value_name = "VARIABLE", global = true)]
    pub(crate) token_env: Option<String>,
    /// When to use colours (NO_COLOR and CLICOLOR_FORCE are respected)
    #[arg(long, value_name = "WHEN", default_value = "auto", global = true)]
    pub(crate) color: Color,
    /// Print only errors
    #[arg(short, long, global = true)]
    pub(crate) quiet: bool,
    /// Print progress messages, each with the time since the start
    #[arg(short, long, global = true, conflicts_with = "quiet")]
    pub(crate) verbose: bool,
}

impl GeneralArgs {
    /// Returns the directory that the command runs in.
    pub(crate) fn directory(&self) -> &Path {
        self.directory.as_deref().unwrap_or(Path::new("."))
    }
}

/// When to use colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Color {
    /// Only on a terminal
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
    /// Version to give to the planned service, in the service's version scheme. This fails if several services are
    /// planned; an empty value is ignored
    // The flag takes the version of a service. It does not print the version of rebake.
    #[arg(long = "version", value_name = "VERSION", id = "service_version", help_heading = "Versions")]
    pub(crate) version: Option<String>,
    /// Environment to plan for, instead of the one that matches the event
    #[arg(long, value_name = "ENVIRONMENT", help_heading = "Plan")]
    pub(crate) environment: Option<String>,
    /// How the rules of a paths-filter file combine (the action's predicate-quantifier)
    #[arg(long, value_name = "QUANTIFIER", default_value = "some", value_parser = choice::<Quantifier>(), help_heading = "Plan")]
    pub(crate) quantifier: Quantifier,
    /// What to do when no filter matches a changed path
    #[arg(long, value_name = "POLICY", default_value = "warn", value_parser = choice::<Unmatched>(), help_heading = "Plan")]
    pub(crate) unmatched: Unmatched,
    /// What to do when the patterns of a service match no tracked file
    #[arg(long, value_name = "POLICY", default_value = "by-shape", value_parser = choice::<Dead>(), help_heading = "Plan")]
    pub(crate) dead: Dead,
    /// Plan to push images even where pushing is off by default, such as outside of CI and in pull requests
    #[arg(long, help_heading = "Plan")]
    pub(crate) push: bool,
}

/// Which changes count: the flags of every command that compares.
#[derive(Debug, Args)]
#[command(next_help_heading = "Range")]
pub(crate) struct RangeArgs {
    /// Compare with the merge base of HEAD (or --head) and this revision. A branch that exists only on the remote is
    /// possible too
    #[arg(long, value_name = "REV", allow_hyphen_values = true)]
    pub(crate) base: Option<String>,
    /// Use this commit instead of HEAD and the work tree
    #[arg(long, value_name = "REV", allow_hyphen_values = true)]
    pub(crate) head: Option<String>,
    /// Compare with --base itself, not with the merge base
    #[arg(long, requires = "base")]
    pub(crate) direct: bool,
    /// Compare each service with its own base
    #[arg(long, value_name = "BASE", value_parser = choice::<Since>(), conflicts_with_all = ["base", "all", "changed"])]
    pub(crate) since: Option<Since>,
    /// Tag by which `--since published` finds each service's image. The commit of that image is the service's base
    /// [default: the service's moving tag, such as main; required if a service has none or several]
    #[arg(long, value_name = "TAG", requires = "since", value_parser = ImageTag::parse)]
    pub(crate) published_tag: Option<ImageTag>,
    /// Plan every service
    #[arg(long, conflicts_with_all = ["base", "changed"])]
    pub(crate) all: bool,
    /// Read the changed paths from a file, or from standard input (`-`): one per line or NUL-separated, plain or in the
    /// format of `git diff --name-status [-z]`. With --base, a service is also affected if its definition in
    /// filters.yaml has changed since the merge base (with --direct, since --base itself)
    #[arg(long, value_name = "FILE")]
    pub(crate) changed: Option<PathBuf>,
    /// Plan these services and their dependents even if nothing changed (names or paths; repeatable, or
    /// comma-separated)
    #[arg(long, value_name = "SERVICE", value_delimiter = ',')]
    pub(crate) force: Vec<String>,
    /// Keep only these services in the plan, and not their dependencies (names or paths; repeatable, or
    /// comma-separated)
    #[arg(long, value_name = "SERVICE", value_delimiter = ',')]
    pub(crate) only: Vec<String>,
    /// Default branch, instead of the one that the CI engine or the remote reports
    #[arg(long, value_name = "BRANCH")]
    pub(crate) default_branch: Option<String>,
    #[command(flatten)]
    pub(crate) fetching: FetchingArgs,
}

impl RangeArgs {
    /// Whether the command line says what to compare.
    pub(crate) fn is_given(&self) -> bool {
        self.base.is_some() || self.head.is_some() || self.since.is_some() || self.all || self.changed.is_some()
    }
}

/// The default of `--fetch-timeout`, in seconds.
pub(crate) const FETCH_TIMEOUT: u32 = 120;

/// Whether to fetch what a clone lacks.
#[derive(Debug, Args)]
#[command(next_help_heading = "Range")]
pub(crate) struct FetchingArgs {
    /// Fetch history and tags that the clone lacks (default in CI)
    #[arg(long, overrides_with = "no_fetch")]
    fetch: bool,
    /// Never fetch
    #[arg(long, overrides_with = "fetch")]
    no_fetch: bool,
    /// Time limit for all fetches together
    #[arg(long, value_name = "SECONDS", default_value_t = FETCH_TIMEOUT)]
    pub(crate) fetch_timeout: u32,
}

impl FetchingArgs {
    /// Returns the time budget for fetching, or `None` if fetching is off. By default, fetching is on in CI, where
    /// clones are shallow.
    pub(crate) fn limit(&self, trigger: &Trigger) -> Option<Duration> {
        let allowed = self.fetch || !(trigger.is_attended() || self.no_fetch);
        allowed.then(|| Duration::from_secs(u64::from(self.fetch_timeout)))
    }
}

/// The flags about how versions are written.
#[derive(Debug, Args)]
#[command(next_help_heading = "Versions")]
pub(crate) struct NamingArgs {
    /// Version style
    #[arg(long, value_name = "STYLE", value_parser = choice::<VersionStyle>())]
    pub(crate) style: Option<VersionStyle>,
    /// Number of digits of commit ids in versions
    #[arg(long, value_name = "DIGITS", default_value_t = crate::plan::pipeline::ABBREV as u8, value_parser = clap::value_parser!(u8).range(4..=64))]
    pub(crate) abbrev: u8,
    /// Append -dirty to a service's version if the service or one of its dependencies has uncommitted changes, and do
    /// not push an image with such a version. Without this flag, rebake appends -dirty only in a plan that includes the
    /// uncommitted changes (usually outside of CI), and in `rebake version` if the environment is for local runs
    /// (`on: local`)
    #[arg(long)]
    pub(crate) dirty: bool,
    /// What the number in a version (47 in 1.0.9-0047-188f7a2) counts [default: the service's `count` in filters.yaml,
    /// or else commits]
    #[arg(long, value_name = "UNIT", value_parser = choice::<Count>())]
    pub(crate) count: Option<Count>,
    /// Follow only the first parent of merges: ignore releases that were tagged on merged branches
    #[arg(long)]
    pub(crate) first_parent: bool,
}

/// Returns the parser of a flag whose values are the words of an enum.
pub(crate) fn choice<T: Choice>() -> impl TypedValueParser<Value = T> {
    let possible = T::CHOICES.iter().map(|(_, word, help)| PossibleValue::new(*word).help(*help));
    PossibleValuesParser::new(possible).try_map(|word| T::of(&word).ok_or("no such word"))
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use crate::inputs::trigger::CiSign;

    #[derive(Parser)]
    struct Flags {
        #[command(flatten)]
        range: RangeArgs,
    }

    fn read(flags: &str) -> Result<RangeArgs, clap::Error> {
        let flags = flags.split(' ').filter(|flag| !flag.is_empty());
        Flags::try_parse_from(["plan"].into_iter().chain(flags)).map(|Flags { range }| range)
    }

    #[test]
    fn fetching_is_on_in_ci_and_the_last_flag_wins() {
        let here = Trigger::local();
        let ci = Trigger { ci: Some(CiSign::Variable("CI")), ..Trigger::local() };
        let seconds =
            |flags: &str, trigger: &Trigger| read(flags).unwrap().fetching.limit(trigger).map(|limit| limit.as_secs());
        for (flags, on_this_machine, in_ci) in [
            ("", None, Some(120)),
            ("--fetch", Some(120), Some(120)),
            ("--no-fetch", None, None),
            ("--no-fetch --fetch", Some(120), Some(120)),
            ("--fetch --no-fetch", None, None),
            ("--fetch --fetch-timeout 7", Some(7), Some(7)),
        ] {
            assert_eq!((seconds(flags, &here), seconds(flags, &ci)), (on_this_machine, in_ci), "{flags}");
        }
    }

    #[test]
    fn one_range_is_named_at_a_time() {
        for flags in
            ["--all --base x", "--since built --base x", "--since release --all", "--changed - --all", "--direct"]
        {
            assert!(read(flags).is_err(), "{flags}");
        }
        for (flags, is_given) in [("", false), ("--force api,web", false), ("--base x --direct", true), ("--all", true)]
        {
            assert_eq!(read(flags).unwrap().is_given(), is_given, "{flags}");
        }
        assert_eq!(read("--only api,web --only docs").unwrap().only, ["api", "web", "docs"]);
    }

    #[test]
    fn an_enum_of_the_library_is_read_by_its_words() {
        assert_eq!(read("--since built").unwrap().since, Some(Since::Built));
        let error = read("--since build").unwrap_err().to_string();
        assert!(error.contains("[possible values: release, built, published]"), "{error}");
    }
}
