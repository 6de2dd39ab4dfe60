//! `rebake images`.

#![expect(clippy::doc_markdown, reason = "doc comments are help texts here, and those are no Markdown")]

mod image_search;

use std::fmt::Display;
use std::path::PathBuf;
use std::rc::Rc;

use clap::{Args, ValueEnum};

use super::as_planned::everything;
use super::existing::{ExistingArgs, REGISTRY_TIMEOUT};
use super::exit::Exit;
use super::failure::Failure;
use super::flags::{FetchingArgs, GeneralArgs};
use super::printing::Output;
use super::saved_file;
use super::workspace::{self, WithoutConfig};
use crate::model::diagnostic::{Diagnostic, Severity};
use crate::model::name::{CommitId, Escaped, Listed};
use crate::naming::image::ImageTag;
use crate::output::emit::{self, ServiceImage};
use crate::plan::PlannedService;
use crate::plan::pipeline;
use image_search::ImageSearch;

const EXAMPLES: &str = "\
Examples:
  rebake images --environment staging --format json > images.json
  rebake images --at v1.2.0 --environment production
  rebake images --report report.json --fallback main    a preview: services that were not built have the image of main

rebake looks for an image in this order: in the reports; under the content tag that the service had at its last recorded build (see `rebake record`); under its content tag at the commit; and under the tag that --fallback names, or without --fallback under the service's moving tag, such as main. rebake takes the first image that has the commit's content. If there is none, it accepts only the image that has the tag that --fallback names. If an image was found at another commit than --at, the version and tags in the list are those of that commit.

Exit codes: 0 the image of every service is found; 1 an image is missing, or has other content than the commit's and not the tag that --fallback names; 2 wrong usage; 3 the repository cannot be read, or an image is missing and a registry or the remote did not answer";

/// How many services an error names.
const NAMED: usize = 5;

/// List the image of every service at a commit, with its digest, for a deployment
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct ImagesArgs {
    /// Commit whose images to list
    #[arg(long, value_name = "REV", default_value = "HEAD", allow_hyphen_values = true)]
    at: String,
    /// Environment whose images to list, instead of the one that matches the event
    #[arg(long, value_name = "ENVIRONMENT")]
    environment: Option<String>,
    /// Reports of builds. rebake looks for images in them first (repeatable, or comma-separated)
    #[arg(long, value_name = "REPORT", value_delimiter = ',')]
    report: Vec<PathBuf>,
    /// If no image with the commit's content is found for a service, list the service's image that has this tag,
    /// whatever its content
    #[arg(long, value_name = "TAG", value_parser = ImageTag::parse)]
    fallback: Option<ImageTag>,
    #[command(flatten)]
    fetching: FetchingArgs,
    /// Time limit for all registry requests together
    #[arg(long, value_name = "SECONDS", default_value_t = REGISTRY_TIMEOUT, help_heading = "Registries")]
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
    let reports = args.report.iter().map(|file| saved_file::report(file)).collect::<Result<Vec<_>, _>>()?;
    let commit = workspace.repository.resolve(&args.at)?;
    let environment = pipeline::environment(&workspace.view(), args.environment.as_deref())?.to_owned();
    let plan = Rc::new(everything(&workspace, &environment, commit)?);
    let has_image = |service: &&PlannedService| service.image.is_some() && !service.library;
    let services: Vec<PlannedService> = plan.services.iter().filter(has_image).cloned().collect();
    if services.is_empty() {
        let note = Diagnostic::new(Severity::Note, "no-image", "no service has an image");
        output.say(&[note.help("set `image` in filters.yaml")]);
    }
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
    // A list without some of the images is of no use for a deployment, so an incomplete list is shown only as a table.
    let is_shown = if args.format == Format::Table { !found.is_empty() } else { lacking.is_empty() };
    if is_shown {
        write(&found, args.format, output)?;
    }
    output.say(&lacking);
    Ok(match (lacking.is_empty(), search.doubts().is_empty()) {
        (true, _) => Exit::Done,
        (false, true) => Exit::Found,
        (false, false) => Exit::Git,
    })
}

/// Returns one error about the services without an image, and one about the services whose image has other content than
/// the commit and is not accepted. `advice` is added to the suggestion of each error.
fn lacking(
    services: &[PlannedService],
    found: &[ServiceImage],
    search: &ImageSearch,
    (commit, advice): (&CommitId, &str),
) -> Vec<Diagnostic> {
    let image = |service: &PlannedService| found.iter().find(|image| image.service == service.service);
    let missing: Vec<String> = services
        .iter()
        .filter(|service| image(service).is_none())
        .map(|service| named(service, service.content_reference().as_ref()))
        .collect();
    let behind: Vec<String> = services
        .iter()
        .filter(|service| !search.accepts(&service.service))
        .filter_map(|service| Some(named(service, Some(&image(service).filter(|image| image.behind)?.reference()))))
        .collect();
    let commit = commit.short(7);
    let error = |code, message: String, help: &str| Diagnostic::error(code, message).help(format!("{help}{advice}"));
    let missing = (!missing.is_empty()).then(|| {
        let message = format!("no image of {commit} is found for {}", Listed::new(&missing, NAMED));
        error("no-image", message, "build it, or name the report of its build with `--report`")
    });
    let behind = (!behind.is_empty()).then(|| {
        let message = format!("built of other content than {commit} has: {}", Listed::new(&behind, NAMED));
        error("behind", message, "build it")
    });
    missing.into_iter().chain(behind).collect()
}

fn named(service: &PlannedService, reference: Option<&impl Display>) -> String {
    let name = Escaped::new(&service.service);
    match reference {
        Some(reference) => format!("`{name}` ({})", Escaped::new(&reference.to_string())),
        None => format!("`{name}`"),
    }
}

fn write(images: &[ServiceImage], format: Format, output: &Output) -> Result<(), Failure> {
    match format {
        Format::Table => output.people(&emit::images_table(images, output.palette())),
        Format::Json => output.data(&emit::images_json(images)),
        Format::Env => output.data(&emit::images_env(images)?),
        Format::Kustomize => output.data(&emit::images_kustomize(images)?),
    }
}
