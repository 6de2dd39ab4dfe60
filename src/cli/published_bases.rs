//! `--since published`: asks registries for the commits of published images.

use super::existing::ExistingArgs;
use super::exit::Exit;
use super::failure::Failure;
use super::flags::RangeArgs;
use crate::analysis::base::Since;
use crate::inputs::registry::ImageLabels;
use crate::inputs::trigger::Kind;
use crate::model::diagnostic::Diagnostic;
use crate::model::name::{Escaped, Listed, ServiceId};
use crate::naming::image::{ImageTag, OWN_LABELS, Reference};
use crate::plan::pipeline::{self, PublishedImage, Request, Workspace};

/// How long all registries together may take, in seconds.
const LIMIT: u32 = 60;

/// How many services or tags a message names.
const NAMED: usize = 3;

/// Adds the published images to a request with `--since published`. Returns the request unchanged if the flag is not
/// given, if the event names services, or if the environment has no built refs. Registries are only read.
pub(crate) fn with_published(request: Request, range: &RangeArgs, workspace: &Workspace) -> Result<Request, Failure> {
    let trigger = &workspace.trigger;
    let names_services = matches!(trigger.kind, Kind::Tag | Kind::Release) || !trigger.inputs.services.is_empty();
    if range.since != Some(Since::Published) || names_services {
        return Ok(request);
    }
    let environment = pipeline::environment(&workspace.view(), request.environment.as_deref())?;
    if !pipeline::has_built_refs(&workspace.config, environment) {
        return Ok(request);
    }
    let asked = references(range.published_tag.as_ref(), environment, workspace)?;
    let registries = ExistingArgs::asking(LIMIT).registries();
    let references: Vec<Reference> = asked.iter().map(|(_, reference)| reference.clone()).collect();
    let answers = asked.into_iter().zip(registries.labels(&references));
    let published = answers.map(|((service, reference), labels)| {
        let published = published(&service, &reference, labels);
        (service, published)
    });
    Ok(Request { published: published.collect(), ..request })
}

/// Returns the reference of each service's published image.
fn references(
    given: Option<&ImageTag>,
    environment: &str,
    workspace: &Workspace,
) -> Result<Vec<(String, Reference)>, Failure> {
    let (mut references, mut unclear) = (Vec::new(), Vec::new());
    for (position, (name, service)) in workspace.config.services.iter().enumerate() {
        let Some(image) = service.image.name.as_ref().filter(|_| !service.is_library()) else { continue };
        let lasting = || pipeline::lasting_tags(&workspace.view(), environment, ServiceId(position));
        let tags = given.map_or_else(lasting, |tag| vec![tag.clone()]);
        match <[ImageTag; 1]>::try_from(tags) {
            Ok([tag]) => references.push((name.to_string(), Reference { name: image.clone(), tag })),
            Err(tags) => unclear.push((name.to_string(), tags)),
        }
    }
    let Some((service, tags)) = unclear.first() else { return Ok(references) };
    let others = match unclear.len() {
        1 => String::new(),
        count => format!(", and so it is with {} more services", count - 1),
    };
    let service = Escaped::new(service);
    let message = if tags.is_empty() {
        format!("the images of `{service}` have no tag that is the same for all commits{others}")
    } else {
        let tags = Listed::new(tags.iter().map(|tag| format!("`{tag}`")), NAMED);
        format!("the images of `{service}` have several tags that are the same for all commits, {tags}{others}")
    };
    let diagnostic = Diagnostic::error("published-tag", message).help(
        "name the tag that what is published has: `--published-tag main`; `type=ref,event=branch` in `tags` writes it",
    );
    Err(Failure { exit: Exit::Usage, diagnostics: vec![diagnostic] })
}

/// Returns the commit that the labels of an image name. Labels of another service do not count: they come from the base
/// image.
fn published(service: &str, reference: &Reference, labels: ImageLabels) -> PublishedImage {
    match labels {
        ImageLabels::Labels { labels, .. } => {
            let is_its_own = labels.get(OWN_LABELS.0).is_some_and(|of| of == service);
            let commit = labels.get(OWN_LABELS.1).filter(|_| is_its_own).and_then(|commit| commit.parse().ok());
            match commit {
                Some(commit) => PublishedImage::Of { commit, reference: reference.to_string() },
                None => PublishedImage::WithoutCommit,
            }
        }
        ImageLabels::Missing => PublishedImage::WithoutCommit,
        ImageLabels::Unknown(failure) => PublishedImage::Unknown {
            reason: format!(
                "`{}` does not say from which commit {reference} was built: {}",
                Escaped::new(&failure.registry),
                failure.reason
            ),
            help: failure.reason.help(&failure.registry),
        },
    }
}
