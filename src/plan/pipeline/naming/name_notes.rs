use crate::config::Config;
use crate::inputs::git::Tag;
use crate::model::diagnostic::{Diagnostic, Severity};
use crate::model::name::{Escaped, Listed, ServiceId, ServiceName, TagName};
use crate::naming::image::{InvalidTag, LeftOut, Skipped, TagRefusal};
use crate::naming::version::{TagHint, VersionError, tag_hints};

/// The greatest number of names that a message lists.
const NAMED: usize = 3;

/// Collects warnings and notes about names, so that the same message about many services is written once.
#[derive(Default)]
pub(super) struct NameMessages {
    /// The warnings about services whose result has no version or no image tags.
    pub(super) warnings: Vec<Diagnostic>,
    /// The tags of releases that images do not get, since the environment is not for releases, each with its service.
    left_out: Vec<String>,
    /// The tags that images do not get, since they belong to a higher release, each with its service.
    kept_back: Vec<String>,
    /// The services whose rules give the image no tag. The reasons are in `skipped`.
    untagged: Vec<String>,
    skipped: Vec<String>,
}

impl NameMessages {
    /// Adds a warning about a service without a version, and returns the reason.
    pub(super) fn no_version(&mut self, service: &ServiceName, error: &VersionError) -> String {
        let message = format!("`{service}` has no version, and cannot be built: {error}");
        self.warnings.push(Diagnostic::warning("no-version", message).help(error.help()));
        format!("{error}; {}", error.help())
    }

    /// Adds a warning about a service with tags that no registry accepts, and returns the reason.
    pub(super) fn bad_tags(&mut self, service: &ServiceName, errors: &[InvalidTag]) -> String {
        let errors: Vec<String> = errors.iter().map(ToString::to_string).collect();
        let reason = errors.join("; ");
        let message = format!("`{service}` has no image tags, and cannot be built: {reason}");
        self.warnings
            .push(Diagnostic::warning("image-tag", message).help("correct `tags` of the service in filters.yaml"));
        reason
    }

    /// Records image tags that a service does not get.
    pub(super) fn left_out(&mut self, service: &ServiceName, left_out: &[LeftOut]) {
        for LeftOut { tag, why } in left_out {
            let list = match why {
                TagRefusal::OfReleases => &mut self.left_out,
                TagRefusal::NotHighest => &mut self.kept_back,
            };
            list.push(format!("{tag} of `{service}`"));
        }
    }

    /// Records that the rules of a service give its image no tag.
    pub(super) fn untagged(&mut self, service: &ServiceName, skipped: &[Skipped]) {
        self.untagged.push(format!("`{service}`"));
        self.skipped.extend(skipped.iter().map(|skipped| format!("`{service}`: {}", skipped.reason)));
    }

    /// Returns the notes about tags.
    pub(super) fn notes(&self, environment: &str) -> Vec<Diagnostic> {
        let environment = Escaped::new(environment);
        let note = |code, message| Diagnostic::new(Severity::Note, code, message);
        let mut all = Vec::new();
        if !self.left_out.is_empty() {
            let message = format!(
                "tags of releases are left out, since the environment {environment} is not for releases: {}",
                Listed::new(&self.left_out, NAMED)
            );
            all.push(note("release-tags", message).help("an environment with `version: release` writes them"));
        }
        if !self.kept_back.is_empty() {
            let message = format!(
                "tags that belong to the highest stable release are left out: {}",
                Listed::new(&self.kept_back, NAMED)
            );
            all.push(note("kept-back", message));
        }
        if !self.untagged.is_empty() {
            let message = format!(
                "no rule of `tags` gives {} a tag here, so only the content tag is left",
                Listed::new(&self.untagged, NAMED)
            );
            let help = self.skipped.iter().take(NAMED).cloned();
            let usual = "for a tag of every build add `type=raw,value={{version}}` to `tags`".to_owned();
            all.push(help.chain([usual]).fold(note("no-tag", message), Diagnostic::help));
        }
        all
    }
}

/// Returns the warning that tags of another format are probably the releases of services that have no release; `None`
/// if there are no such tags.
pub(in crate::plan::pipeline) fn tag_hint(config: &Config, services: &[ServiceId], tags: &[Tag]) -> Option<Diagnostic> {
    let services: Vec<_> = services.iter().map(|service| &config.services[service.0]).collect();
    let facts: Vec<_> =
        services.iter().map(|service| (&service.name.value, service.path.as_ref(), service.scheme)).collect();
    let hints = tag_hints(&facts, tags.iter().map(|tag| &tag.name), config.release_tags());
    let found: Vec<(&ServiceName, TagHint)> =
        facts.iter().zip(hints).filter_map(|((name, ..), hint)| Some((*name, hint?))).collect();
    let (_, first) = found.first()?;
    let named = found.iter().map(|(name, hint)| format!("{} for `{name}`", hint.tag));
    let message = format!(
        "tags look like releases of services that have none, since the `tag` of these services is another: {}",
        Listed::new(named, NAMED)
    );
    let help = format!(
        "if they are, write `tag: \"{}\"` in filters.yaml, in the service or in `defaults`",
        Escaped::new(&first.format)
    );
    Some(Diagnostic::warning("tag-format", message).help(help))
}

/// Returns the warning about tags that look like release tags of a service but name no version; `None` if there are
/// none.
pub(in crate::plan::pipeline) fn ignored_tags(ignored: &[TagName]) -> Option<Diagnostic> {
    let names: Vec<String> = ignored.iter().map(ToString::to_string).collect();
    let what = if names.len() == 1 {
        "tag names no version, so it is no release"
    } else {
        "tags name no version, so they are no releases"
    };
    let message = format!("{} {what}: {}", names.len(), Listed::new(&names, NAMED));
    (!names.is_empty()).then(|| {
        Diagnostic::warning("ignored-tags", message).help("a release tag has a version such as 1.0.9 at `{{version}}`")
    })
}
