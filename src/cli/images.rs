//! `rebake images`.

#![expect(clippy::doc_markdown, reason = "doc comments are help texts here, and those are no Markdown")]

mod image_search;

use std::path::PathBuf;
use std::rc::Rc;

use clap::{Args, ValueEnum};

use super::as_planned::everything;
use super::earlier_reports;
use super::existing::ExistingArgs;
use super::exit::Exit;
use super::failure::Failure;
use super::flags::{FetchingArgs, GeneralArgs};
use super::printing::Output;
use super::workspace::{self, WithoutConfig};
use crate::model::diagnostic::Diagnostic;
use crate::model::name::{CommitId, Escaped};
use crate::naming::image::ImageTag;
use crate::output::emit::{self, ServiceImage};
use crate::plan::PlannedService;
use crate::plan::pipeline;
use image_search::ImageSearch;

const EXAMPLES: &str = "\
Examples:
  rebake images --environment staging --format json > images.json
  rebake images --at v1.2.0 --environment production
  rebake images --report report.json --fallback main    a preview: other services have the image of main

rebake looks for an image in this order: in the reports, at the service's built ref, by the content of the commit, and by the one tag that moves (such as main). Its version and tags are those of the commit at which it was found.

Exit codes: 0 the image of every service is found; 1 an image is missing or of other content; 2 wrong usage; 3 the repository cannot be read, or an image is missing and a registry or the remote did not answer";

/// List the image of every service at a commit, with its digest, for a deployment
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct ImagesArgs {
    /// Commit whose images are wanted
    #[arg(long, value_name = "REV", default_value = "HEAD", allow_hyphen_values = true)]
    at: String,
    /// Environment whose images are wanted, instead of the one that matches the event
    #[arg(long, value_name = "ENVIRONMENT")]
    environment: Option<String>,
    /// Reports of builds, in which images are looked for first (repeatable, or comma-separated)
    #[arg(long, value_name = "REPORT", value_delimiter = ',')]
    report: Vec<PathBuf>,
    /// If a service has no image of the commit's content, take its image with this tag
    #[arg(long, value_name = "TAG", value_parser = ImageTag::parse)]
    fallback: Option<ImageTag>,
    #[command(flatten)]
    fetching: FetchingArgs,
    /// Time limit for all registry requests together
    #[arg(long, value_name = "SECONDS", default_value = "60", help_heading = "Registries")]
    registry_timeout: u32,
    /// Output format
    #[arg(long, value_name = "FORMAT", default_value = "table", help_heading = "Output")]
    format: Format,
}

/// The formats.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// A table, with the beginning of each digest
    Table,
    /// One JSON array: service, version, image, digest, tags, and where the image was found
    Json,
    /// One variable per service, as in .env files: API_IMAGE=ghcr.io/acme/api@sha256:…
    Env,
    /// A component of Kustomize, with the digest of each image
    Kustomize,
}

pub(crate) fn run(general: &GeneralArgs, args: &ImagesArgs, output: &Output) -> Result<Exit, Failure> {
    let workspace = workspace::open(general, Some(&args.at), Some(&args.fetching), WithoutConfig::Refuse, output)?;
    let reports = args.report.iter().map(|file| earlier_reports::read(file)).collect::<Result<Vec<_>, _>>()?;
    let commit = workspace.repository.resolve(&args.at)?;
    let environment = pipeline::environment(&workspace.view(), args.environment.as_deref())?.to_owned();
    let plan = Rc::new(everything(&workspace, &environment, commit)?);
    let has_image = |service: &&PlannedService| service.image.is_some() && !service.library;
    let services: Vec<PlannedService> = plan.services.iter().filter(has_image).cloned().collect();
    let registries = ExistingArgs::asking(args.registry_timeout).registries();
    let mut search = ImageSearch::new(general, &workspace, &environment, (commit, plan), &registries);
    search.in_reports(&services, &reports);
    search.at_built_refs(&services);
    search.of_content(&services);
    search.by_tag(&services, args.fallback.as_ref());
    output.say(search.doubts());
    let found: Vec<ServiceImage> = services.iter().filter_map(|service| search.take(&service.service)).collect();
    let advice = if args.fallback.is_some() { "" } else { "; or accept what a tag has: `--fallback main`" };
    let lacking = lacking(&services, &found, &search, (&commit, advice));
    // What has half of the images is no deployment.
    if lacking.is_empty() || args.format == Format::Table {
        write(&found, args.format, output)?;
    }
    output.say(&lacking);
    Ok(match (lacking.is_empty(), search.doubts().is_empty()) {
        (true, _) => Exit::Done,
        (false, true) => Exit::Found,
        (false, false) => Exit::Git,
    })
}

/// Returns an error about each service without an image, and about each whose image was built of other content than a
/// commit has and is not accepted. `advice` ends what to do.
fn lacking(
    services: &[PlannedService],
    found: &[ServiceImage],
    search: &ImageSearch,
    (commit, advice): (&CommitId, &str),
) -> Vec<Diagnostic> {
    let error = |service: &PlannedService| {
        let name = Escaped::new(&service.service);
        match found.iter().find(|image| image.service == service.service) {
            Some(image) if image.behind && !search.accepts(&service.service) => Some(
                Diagnostic::error(
                    "behind",
                    format!(
                        "the image of `{name}` is behind: {} was built of other content than {} has",
                        Escaped::new(&image.reference()),
                        commit.short(7)
                    ),
                )
                .help(format!("build it{advice}")),
            ),
            Some(_) => None,
            None => {
                let wanted =
                    service.content_reference().map(|content| format!(", {}", Escaped::new(&content.to_string())));
                let message = format!("`{name}` has no image of {}{}", commit.short(7), wanted.unwrap_or_default());
                Some(
                    Diagnostic::error("no-image", message)
                        .help(format!("build it, or name the report of its build with `--report`{advice}")),
                )
            }
        }
    };
    services.iter().filter_map(error).collect()
}

fn write(images: &[ServiceImage], format: Format, output: &Output) -> Result<(), Failure> {
    match format {
        Format::Table => output.people(&emit::images_table(images, output.palette())),
        Format::Json => output.data(&emit::images_json(images)),
        Format::Env => output.data(&emit::images_env(images)?),
        Format::Kustomize => output.data(&emit::images_kustomize(images)?),
    }
}
