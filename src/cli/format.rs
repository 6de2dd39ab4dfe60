//! Writes a plan in the chosen format.

use std::path::{Path, PathBuf};

use clap::{ArgAction, Args, ValueEnum};

use super::ci;
#[cfg(unix)]
use super::dependencies;
#[cfg(unix)]
use super::earlier_reports::{self, Durations};
use super::exit::Exit;
use super::failure::Failure;
#[cfg(unix)]
use super::failure::not_buildable;
use super::flags::choice;
use super::printing::Output;
#[cfg(unix)]
use super::saved_file;
#[cfg(unix)]
use super::unbuilt;
#[cfg(unix)]
use super::workspace;
use crate::output::emit::{self, Field, JobFlags, JobOptions, ListFiles, Pack, Room, Separator, UnknownField};
#[cfg(unix)]
use crate::output::exec::builder::{self, Supply};
#[cfg(unix)]
use crate::output::exec::{Kept, NeededImage};
use crate::plan::Plan;
#[cfg(unix)]
use crate::plan::PlannedService;
use crate::plan::pipeline::Workspace;

#[derive(Debug, Args)]
#[command(next_help_heading = "Output")]
pub(crate) struct FormatArgs {
    /// Output format
    #[arg(long, value_name = "FORMAT", default_value = "table")]
    format: FormatName,
    /// Give each service its own rows in the table. The rows list all causes of the service, each with its pattern and
    /// the pattern's position (such as filters.yaml:3:9), even if the table gets wider than the terminal. If standard
    /// output is not a terminal, this is the default, but with at most three causes of each service
    #[arg(long)]
    long: bool,
    /// Fields of matrix entries, comma-separated [default: service,path,version,tag,environment]. All fields: service,
    /// path, version, tag, environment, image, tags, labels, platforms, push, level, needs, fingerprint, seconds
    #[arg(long, value_name = "FIELD", value_delimiter = ',', action = ArgAction::Append)]
    fields: Vec<String>,
    /// Which services share a job [default: image, or service if --fields is given]
    /// - image:     a service whose image is not pushed shares a job with the services that are built from it
    /// - service:   no services share a job
    /// - level:     services of the same level share a job
    /// - component: services that are connected by dependencies share a job
    /// - N:         as component, but in at most N jobs, which take about equally long
    #[arg(long, value_name = "UNIT|N", verbatim_doc_comment)]
    pack: Option<Pack>,
    /// Reports of earlier runs (`build --report`), to estimate how long builds take (repeatable, or comma-separated).
    /// Without reports, `--pack N` uses the earlier runs of this clone
    #[cfg(unix)]
    #[arg(long, value_name = "REPORT", value_delimiter = ',')]
    durations: Vec<PathBuf>,
    /// Number of levels that the workflow has jobs for; fail if the plan has more
    #[arg(long, value_name = "N")]
    levels: Option<usize>,
    /// End names and paths with NUL instead of a newline
    #[arg(short = 'z', long = "null")]
    nul: bool,
    /// Write the plan in the form that this CI engine reads: on GitHub, step outputs and the job summary; on other
    /// engines, files
    #[arg(long)]
    ci: bool,
    /// Folder for the files that --ci writes [default: .rebake at the root of the repository]. Generated pipelines always
    /// read that folder, so keep the default for them
    #[arg(long, value_name = "DIR", requires = "ci")]
    ci_dir: Option<PathBuf>,
    /// Format of the `<filter>_files` outputs (paths-filter's list-files)
    #[arg(long, value_name = "FORMAT", default_value = "none", value_parser = choice::<ListFiles>(), requires = "ci", ignore_case = true)]
    list_files: ListFiles,
}

/// The formats.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum FormatName {
    /// A table
    Table,
    /// The complete plan
    Json,
    /// A job matrix, as one line of JSON
    Matrix,
    /// Names of the affected services, one per line
    Names,
    /// Directories of the affected services, one per line
    Paths,
    /// A job summary in Markdown
    Markdown,
    /// Outputs of a GitHub Actions step: one matrix of all jobs, and one matrix for each level
    Github,
    /// A GitLab child pipeline
    Gitlab,
    /// Steps of a Buildkite pipeline, for `buildkite-agent pipeline upload --no-interpolation`
    Buildkite,
    /// A CircleCI configuration, with which a setup workflow continues
    Circleci,
    /// Output variables of an Azure Pipelines step: one matrix for each level
    Azure,
    /// An Argo Workflow
    Argo,
    /// Jobs by level as JSON, which a Jenkinsfile reads
    Jenkins,
    /// A bitbucket-pipelines.yml, for dynamic pipelines
    Bitbucket,
    /// A file for `docker buildx bake -f`, to use at the root of the work tree
    #[cfg(unix)]
    Bake,
}

impl FormatArgs {
    /// Whether the output contains fingerprints, or tags that may be made from them.
    pub(crate) fn has_fingerprints(&self) -> bool {
        match self.format {
            _ if self.ci => true,
            FormatName::Table | FormatName::Names | FormatName::Paths => false,
            FormatName::Matrix => {
                self.has_field(|field| matches!(field, Field::Fingerprint | Field::Tag | Field::Tags))
            }
            _ => true,
        }
    }

    /// Whether the output is the whole plan and nothing else.
    pub(crate) fn is_the_plan(&self) -> bool {
        !self.ci && self.format == FormatName::Json
    }

    /// Whether the output contains versions, tags or other names of results.
    pub(crate) fn has_names(&self) -> bool {
        let names = |field: Field| match field {
            // Whether an image may be pushed depends on its version too.
            Field::Version | Field::Tag | Field::Tags | Field::Labels | Field::Push => true,
            Field::Service
            | Field::Path
            | Field::Environment
            | Field::Image
            | Field::Platforms
            | Field::Level
            | Field::Needs
            | Field::Fingerprint
            | Field::Seconds => false,
        };
        match self.format {
            _ if self.ci => true,
            FormatName::Names | FormatName::Paths => false,
            FormatName::Matrix => self.has_field(names),
            _ => true,
        }
    }

    /// Whether a matrix has a field for which `is` returns `true`.
    fn has_field(&self, is: impl Fn(Field) -> bool) -> bool {
        // An unknown field is reported when the matrix is written.
        self.fields().map_or(true, |fields| fields.into_iter().any(is))
    }

    /// Returns the fields of a matrix.
    fn fields(&self) -> Result<Vec<Field>, UnknownField> {
        match &self.fields[..] {
            [] => Ok(Field::DEFAULT.to_vec()),
            names => names.iter().map(|name| name.parse()).collect(),
        }
    }

    /// Adds to a plan the estimated durations of its builds, if `--durations` is given or jobs are packed by time.
    #[cfg(unix)]
    pub(crate) fn note_times(&self, plan: &mut Plan, workspace: Option<&Workspace>) -> Result<(), Failure> {
        let pack = self.pack.unwrap_or_default();
        let durations = match (&self.durations[..], pack, workspace) {
            ([], Pack::Jobs(_), Some(workspace)) => {
                Durations::of(&earlier_reports::runs_of_clone(workspace.repository.git_dir()))
            }
            ([], _, _) => return Ok(()),
            (files, _, _) => {
                Durations::of(&files.iter().map(|file| saved_file::report(file)).collect::<Result<Vec<_>, _>>()?)
            }
        };
        let took = |service: &str| durations.took(service).map(|took| took.as_secs_f64());
        plan.note_times(took, |plan| emit::part_seconds(plan, pack));
        Ok(())
    }

    /// Whether the output has the jobs of each level apart.
    fn has_levels(&self) -> bool {
        self.ci || matches!(self.format, FormatName::Github | FormatName::Azure)
    }

    /// Whether the output has jobs for a CI engine.
    pub(crate) fn has_jobs(&self) -> bool {
        self.has_levels()
            || matches!(
                self.format,
                FormatName::Gitlab
                    | FormatName::Buildkite
                    | FormatName::Circleci
                    | FormatName::Argo
                    | FormatName::Jenkins
                    | FormatName::Bitbucket
            )
    }

    /// Whether files or outputs for the CI engine are written.
    pub(crate) fn ci(&self) -> bool {
        self.ci
    }
}

/// Writes the plan in the chosen format. With `--ci`, first writes what the CI engine reads. Both texts are made and
/// checked before anything is written. The commands of generated jobs get `flags`. `root` is the root of the work tree,
/// if it is known.
///
/// Only the format bake reads the configuration, to know how images are built.
pub(crate) fn write(
    plan: &Plan,
    format: &FormatArgs,
    flags: JobFlags,
    root: Option<&Path>,
    workspace: impl FnOnce() -> Result<Workspace, Failure>,
    output: &Output,
) -> Result<(), Failure> {
    check(format)?;
    let fields = format.fields()?;
    // A user who chooses the fields of entries builds each service from its own entry, without rebake.
    let pack = if format.fields.is_empty() { Pack::default() } else { Pack::Service };
    let options = JobOptions { fields, pack: format.pack.unwrap_or(pack), levels: format.levels, flags };
    let text = text(plan, format, &options, workspace, output)?;
    if format.ci {
        let folder = format.ci_dir.clone().unwrap_or_else(|| ci::folder(root));
        ci::write(plan, &options, format.list_files, &folder, output)?;
    }
    match format.format {
        FormatName::Table if format.long => output.table(&text),
        FormatName::Table => output.people(&text),
        _ => output.data(&text),
    }
}

#[cfg_attr(not(unix), expect(unused_variables, reason = "the file for bake alone needs the workspace"))]
fn text(
    plan: &Plan,
    format: &FormatArgs,
    options: &JobOptions,
    workspace: impl FnOnce() -> Result<Workspace, Failure>,
    output: &Output,
) -> Result<String, Failure> {
    let separator = if format.nul { Separator::Nul } else { Separator::Line };
    // Formats that start jobs contain only the services that are still to be built. The table, JSON and Markdown
    // contain the whole plan.
    let to_build = plan.to_build();
    Ok(match format.format {
        FormatName::Table => emit::table(plan, output.palette(), room(format, output)),
        FormatName::Json => plan.to_json(),
        FormatName::Matrix => emit::matrix(&to_build, &options.fields) + "\n",
        FormatName::Names => emit::names(&to_build, separator)?,
        FormatName::Paths => emit::paths(&to_build, separator)?,
        FormatName::Markdown => emit::markdown(plan),
        FormatName::Github => emit::github(&to_build, options)?,
        FormatName::Gitlab => emit::gitlab(plan, options)?,
        FormatName::Buildkite => emit::buildkite(plan, options)?,
        FormatName::Circleci => emit::circleci(plan, options)?,
        FormatName::Azure => emit::azure(&to_build, options)?,
        FormatName::Argo => emit::argo(plan, options)?,
        FormatName::Jenkins => emit::jenkins(plan, options)?,
        FormatName::Bitbucket => emit::bitbucket(plan, options)?,
        #[cfg(unix)]
        FormatName::Bake => bake(plan, &workspace()?, output)?,
    })
}

/// Returns how wide the table may be: as wide as the terminal, or without a limit if `--long` is given.
fn room(format: &FormatArgs, output: &Output) -> Room {
    if format.long { Room::AllCauses } else { output.room() }
}

#[cfg(unix)]
fn bake(plan: &Plan, workspace: &Workspace, output: &Output) -> Result<String, Failure> {
    let root = workspace::work_dir(workspace)?;
    let plan = &unbuilt::buildable(plan.clone(), workspace, output);
    let supply = |name: &str| {
        let needed = plan.service(name)?;
        let exists = needed.exists.as_ref().map(|exists| NeededImage::in_registry(needed, &exists.digest));
        Some(exists.flatten().map_or_else(|| dependencies::supply(needed, Kept::Engine), Supply::Existing))
    };
    let recipe = |service: &PlannedService| {
        Ok((workspace.recipe(service)?, dependencies::of(&workspace.config, &service.service, supply)))
    };
    let recipes = plan.services.iter().map(recipe).collect::<Result<Vec<_>, _>>();
    let recipes = recipes.map_err(|problem| Failure { exit: Exit::Usage, diagnostics: vec![problem] })?;
    builder::bake(plan, &recipes, root).map_err(|error| match error {
        builder::BakeError::Target(error) => error.into(),
        builder::BakeError::Builder(error) => {
            Failure { exit: Exit::Usage, diagnostics: vec![not_buildable(&error, &workspace.config)] }
        }
    })
}

/// Returns an error if a flag about jobs is given with a format without jobs.
fn check(format: &FormatArgs) -> Result<(), Failure> {
    // With `--pack N`, these formats contain an estimate of how long the builds take in N jobs.
    let estimates = matches!(format.format, FormatName::Table | FormatName::Json | FormatName::Markdown)
        && matches!(format.pack, Some(Pack::Jobs(_)));
    let what = match (format.pack, format.levels) {
        (Some(_), _) if !format.has_jobs() && !estimates => "`--pack`",
        (_, Some(_)) if !format.has_levels() => "`--levels`",
        _ => return Ok(()),
    };
    Err(Failure::new(Exit::Usage, "pack", format!("{what} is about the jobs of an engine, and this format has none")).help(
        "use it with `--ci` or the format of an engine; `--levels` with github and azure, which have no dependencies between jobs",
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[derive(Debug, Parser)]
    struct Flags {
        #[command(flatten)]
        format: FormatArgs,
    }

    #[test]
    fn the_help_lists_every_field() {
        use clap::CommandFactory as _;
        let command = Flags::command();
        let help = command.get_arguments().find(|argument| argument.get_id() == "fields").and_then(clap::Arg::get_help);
        let listed = help.unwrap().to_string();
        let names = Field::ALL.iter().map(|field| field.name()).collect::<Vec<_>>().join(", ");
        assert!(listed.ends_with(&names), "{listed}, and {names}");
    }

    #[test]
    fn a_format_asks_for_what_it_writes() {
        for (flags, names, fingerprints) in [
            ("--format names", false, false),
            ("--format paths", false, false),
            ("--format names --ci", true, true),
            ("--format table", true, false),
            ("--format json", true, true),
            ("--format gitlab", true, true),
            ("--format matrix", true, true),
            ("--format matrix --fields service,path,image,platforms,level,needs,environment", false, false),
            ("--format matrix --fields service,version,labels", true, false),
            ("--format matrix --fields push", true, false),
            ("--format matrix --fields fingerprint", false, true),
            ("--format matrix --fields service,tags", true, true),
            // The error comes later.
            ("--format matrix --fields servise", true, true),
        ] {
            let format = Flags::parse_from(["plan"].into_iter().chain(flags.split(' '))).format;
            assert_eq!((format.has_names(), format.has_fingerprints()), (names, fingerprints), "{flags}");
        }
    }
}
