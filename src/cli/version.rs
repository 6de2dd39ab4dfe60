//! `rebake version`.

use clap::{Args, ValueEnum};

use super::exit::Exit;
use super::failure::Failure;
use super::flags::{FetchingArgs, GeneralArgs, NamingArgs};
use super::plan;
use super::printing::Output;
use super::workspace::{self, WithoutConfig};
use crate::model::name::Escaped;
use crate::output::emit;
use crate::plan::pipeline::Workspace;
use crate::plan::pipeline::{self, Versioned, VersionsRequest};
use crate::plan::{VersionOf, Versions};

const EXAMPLES: &str = "\
Examples:
  rebake version                                 the version of every service at HEAD
  rebake version api --format plain              one version, for a script or a prompt
  rebake version api --format image              ghcr.io/acme/api:1.0.9-0047-188f7a2
  rebake version --format env >> \"$GITHUB_ENV\"   API_VERSION=1.0.9-0047-188f7a2
  rebake version api --at v2 --style release     the release version at the tag v2, or an error";

/// Print the versions of services at a commit
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct VersionArgs {
    /// Services, by name or path [default: all]
    #[arg(value_name = "SERVICE")]
    services: Vec<String>,
    /// Use this commit instead of HEAD
    #[arg(long, value_name = "REV", allow_hyphen_values = true)]
    at: Option<String>,
    /// Environment whose version style is used, instead of the one that matches the event
    #[arg(long, value_name = "ENVIRONMENT")]
    environment: Option<String>,
    #[command(flatten)]
    naming: NamingArgs,
    #[command(flatten)]
    fetching: FetchingArgs,
    /// Output format
    #[arg(long, value_name = "FORMAT", default_value = "table", help_heading = "Output")]
    format: Format,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// A table
    Table,
    /// Version, tag, distance and commit of each service
    Json,
    /// One variable per service, as in .env files
    Env,
    /// Only the versions, one per line
    Plain,
    /// Only the images, with the version as the tag, one per line
    Image,
}

pub(crate) fn run(general: &GeneralArgs, args: &VersionArgs, output: &Output) -> Result<Exit, Failure> {
    let Workspace { repository, file, config, trigger, .. } =
        workspace::open(general, args.at.as_deref(), Some(&args.fetching), WithoutConfig::Derive, output)?;
    let at = args.at.as_deref().map(|revision| repository.resolve(revision)).transpose()?;
    let request = VersionsRequest {
        services: args.services.clone(),
        at,
        environment: args.environment.clone(),
        naming: plan::naming(&args.naming),
    };
    let Versioned { versions, failed, warnings } = pipeline::versions(&repository, &file, &config, &trigger, &request)?;
    output.say(&warnings);
    let failure = failed.into_iter().map(Failure::from).reduce(|mut all, next| {
        all.diagnostics.extend(next.diagnostics);
        all
    });
    if let Some(failure) = failure {
        // The known versions are printed before the errors.
        if versions.services.iter().any(|of| of.version.is_some()) {
            write(&versions, args.format, output)?;
        }
        return Err(failure);
    }
    if let (Format::Image, false, Some(of)) = (args.format, args.services.is_empty(), without_image(&versions)) {
        let message = format!("`{}` has no image", Escaped::new(&of.service));
        return Err(Failure::new(Exit::Usage, "no-image", message).help("set `image` in filters.yaml"));
    }
    write(&versions, args.format, output)?;
    Ok(Exit::Done)
}

fn without_image(versions: &Versions) -> Option<&VersionOf> {
    versions.services.iter().find(|of| of.image.is_none())
}

fn write(versions: &Versions, format: Format, output: &Output) -> Result<(), Failure> {
    match format {
        Format::Table => output.people(&emit::versions_table(versions, output.palette())),
        Format::Json => output.data(&versions.to_json()),
        Format::Env => output.data(&emit::versions_env(versions)?),
        Format::Plain => output.data(&emit::versions_plain(versions)),
        Format::Image => output.data(&emit::versions_images(versions)),
    }
}
