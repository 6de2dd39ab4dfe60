//! Resolves the names of requested services: from the command line, the inputs of a manual run, or a release tag.

use std::collections::BTreeSet;
use std::path::Path;

use super::{Error, Request, WorkspaceView};
use crate::analysis::affected::Affected;
use crate::analysis::base::{self, Compare, Tip};
use crate::config::Config;
use crate::inputs::git::Repository;
use crate::inputs::trigger::{BaseHint, Kind, Trigger};
use crate::model::diagnostic::Diagnostic;
use crate::model::name::{Escaped, ServiceId, ServiceName, TagName, nearest};
use crate::naming::version::Parsed;

/// A request in which the names of services are resolved.
pub(super) struct ResolvedRequest {
    /// What to compare.
    pub(super) base: base::RangeRequest,
    /// The services that are affected even if nothing changed.
    pub(super) forced: Vec<ServiceId>,
    /// Those of `forced` that are built even if registries have their images.
    pub(super) insisted: BTreeSet<ServiceId>,
    /// The services to plan, or `None` for all.
    pub(super) only: Option<Vec<ServiceId>>,
    /// The version that was given by hand for the only planned service.
    pub(super) version: Option<String>,
    /// The release tag of the event, if the plan is for the services that this tag releases.
    pub(super) released: Option<TagName>,
}

/// A name that is neither a service nor the path of one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no service `{}`", Escaped::new(name))]
pub struct UnknownService {
    /// The given name.
    pub name: String,
    /// The service or path that was most likely meant.
    pub nearest: Option<String>,
    /// All services.
    pub known: Vec<String>,
    /// Whether the name is that of a revision, such as a branch, in the repository.
    pub is_revision: bool,
}

impl UnknownService {
    /// Returns the error about a name that is neither a service nor the path of one.
    #[must_use]
    pub fn new(name: &str, services: Vec<String>, paths: &[String]) -> Self {
        let nearest = nearest(name, services.iter().chain(paths).map(String::as_str)).map(str::to_owned);
        Self { name: name.to_owned(), nearest, known: services, is_revision: false }
    }
}

/// Resolves a request, and applies the release tag or the inputs of a manual run that the event has. Also returns
/// warnings.
pub(super) fn read(workspace: &WorkspaceView, request: &Request) -> Result<(ResolvedRequest, Vec<Diagnostic>), Error> {
    let WorkspaceView { repository, config, trigger, .. } = *workspace;
    let mut warnings = Vec::new();
    let mut asked = ResolvedRequest {
        base: request.base.clone(),
        forced: services(repository, config, &[&request.force[..], &request.named].concat())?,
        insisted: services(repository, config, &request.force)?.into_iter().collect(),
        only: match (request.only.as_slice(), request.services.as_slice()) {
            ([], []) => None,
            ([], with) => Some(with_dependencies(repository, config, with)?),
            (only, _) => Some(services(repository, config, only)?),
        },
        version: None,
        released: None,
    };
    // A tag, or a manual run that names services, replaces the comparison, even one with `--since`.
    if matches!(request.base.compare, Compare::Auto | Compare::Since(_)) {
        match trigger.kind {
            _ if trigger.base == BaseHint::Unpublished => warnings.push(unpublished(trigger)),
            Kind::Tag | Kind::Release => asked.by_tag(config, trigger, &mut warnings),
            _ if !trigger.inputs.services.is_empty() => asked.by_hand(repository, config, trigger)?,
            _ => {}
        }
    }
    // An empty version counts as none, since forms and scripts pass empty values.
    let given = request.naming.as_ref().and_then(|naming| naming.version.clone());
    let mut given = given.into_iter().chain(trigger.inputs.version.clone());
    asked.version = given.find(|version| !version.is_empty());
    warnings.extend(nothing_to_build(config, asked.only.as_deref()));
    Ok((asked, warnings))
}

impl ResolvedRequest {
    /// Whether nothing is planned because of the trigger: its ref was deleted, it publishes nothing, or its tag is not
    /// a release tag.
    pub(super) fn is_for_nothing(&self, trigger: &Trigger) -> bool {
        let is_nothing = match &self.base.compare {
            Compare::Auto => matches!(trigger.base, BaseHint::Gone | BaseHint::Unpublished),
            Compare::Nothing(_) => true,
            _ => false,
        };
        is_nothing && self.forced.is_empty()
    }

    /// Applies the tag of an event. A release tag requests the services that it releases; any other tag requests
    /// nothing.
    fn by_tag(&mut self, config: &Config, trigger: &Trigger, warnings: &mut Vec<Diagnostic>) {
        let tag = trigger.tag().unwrap_or_default();
        let shown = Escaped::new(tag);
        self.base.compare = Compare::Nothing(format!("the tag {shown}"));
        let id = |service: &ServiceName| config.graph.id(service.as_str());
        let name = TagName::from_git(tag);
        match config.release_tags().parse(&name) {
            Parsed::Release { services, .. } => {
                self.forced.extend(services.iter().filter_map(id));
                self.only = Some(self.forced.clone());
                self.released = Some(name);
            }
            Parsed::Malformed { services, version, meant } => {
                let message = format!(
                    "the tag `{shown}` has the prefix of {}, but `{}` is not a version, so nothing is planned",
                    listed(&services),
                    Escaped::new(&version)
                );
                let warning = Diagnostic::warning("malformed-tag", message);
                warnings.push(match meant {
                    Some(meant) => warning.help(format!("did you mean `{meant}`?")),
                    None => warning.help("a release tag ends with a version such as 1.0.9"),
                });
                self.only = Some(Vec::new());
            }
            Parsed::Other { services } => {
                let message =
                    format!("the tag `{shown}` of {} names no version, so nothing is planned", listed(&services));
                warnings.push(Diagnostic::warning("tag-without-version", message));
                self.only = Some(Vec::new());
            }
            Parsed::Unknown { claimed } => {
                let message = format!("the tag `{shown}` is not a release tag of any service, so nothing is planned");
                let warning = Diagnostic::warning("tag-of-no-service", message);
                let prefixes = || config.release_tags().prefixes();
                warnings.push(match claimed.as_deref().and_then(|claimed| nearest(claimed, prefixes())) {
                    Some(prefix) => warning.help(format!("did you mean `{prefix}` and a version?")),
                    None => warning.help("the formats of release tags are `tag` in filters.yaml"),
                });
                self.only = Some(Vec::new());
            }
        }
    }

    /// Checks that the commit of the event's release tag is the one that is planned.
    pub(super) fn is_checked_out(&self, repository: &Repository, trigger: &Trigger, tip: &Tip) -> Result<(), Error> {
        let (Some(_), Some(tag)) = (&self.released, trigger.tag()) else { return Ok(()) };
        let here = repository.resolve(&format!("refs/tags/{tag}")).ok();
        // The event may name the tag's object instead of the commit. If the tag of this clone is older than the pushed
        // one, versions would be wrong.
        let named = trigger.subject.commit().map(|commit| repository.resolve(&commit.to_string()).unwrap_or(*commit));
        let head = tip.commit;
        match [named, here].into_iter().flatten().find(|commit| head != Some(*commit)) {
            Some(commit) => Err(Error::WrongCheckout {
                tag: tag.to_owned(),
                commit,
                head: head.map_or_else(|| "no commit".to_owned(), |head| head.short(7)),
            }),
            None => Ok(()),
        }
    }

    /// Applies the inputs of a manual run. Only the services that the inputs name are planned; `all` means every
    /// service.
    fn by_hand(&mut self, repository: &Repository, config: &Config, trigger: &Trigger) -> Result<(), Error> {
        let names = &trigger.inputs.services;
        if names.iter().any(|name| name == "all") && config.graph.id("all").is_none() {
            self.base.compare = Compare::Everything;
        } else {
            let services = services(repository, config, names)?;
            self.base.compare = Compare::Nothing("what was asked for by hand".to_owned());
            self.forced.extend(&services);
            self.only = Some(services);
        }
        Ok(())
    }
}

/// Returns the warning that nothing is built, since there are no services or only libraries are requested; `None` if
/// something may be built.
fn nothing_to_build(config: &Config, only: Option<&[ServiceId]>) -> Option<Diagnostic> {
    if config.services.is_empty() {
        let note = Diagnostic::warning("no-services", "the configuration has no services, so nothing is planned");
        return Some(note.help("name one below `services`, with the `path` of what it is built from"));
    }
    let only = only.filter(|only| !only.is_empty())?;
    if !only.iter().all(|service| config.services[service.0].is_library()) {
        return None;
    }
    let names: Vec<ServiceName> = only.iter().map(|service| config.graph.name(*service).clone()).collect();
    let message = format!("only libraries are asked for ({}), which have no jobs, so nothing is built", listed(&names));
    Some(Diagnostic::warning("only-libraries", message).help("ask for a service that is built from them"))
}

/// Returns the warning about requested services that are not planned, since nothing affects them; `None` if there are
/// none.
///
/// # Errors
/// When a requested service does not exist.
pub(super) fn not_affected(
    workspace: &WorkspaceView,
    request: &Request,
    affected: &Affected<'_>,
) -> Result<Option<Diagnostic>, Error> {
    let asked = services(workspace.repository, workspace.config, &request.services)?;
    let left = asked.into_iter().filter(|service| !affected.contains(*service));
    let names: Vec<ServiceName> = left.map(|service| workspace.config.graph.name(service).clone()).collect();
    let message = match names.as_slice() {
        [] => return Ok(None),
        [name] => format!("`{name}` is not affected, so it is left out"),
        names => format!("{} are not affected, so they are left out", listed(names)),
    };
    let first = &names[0];
    let help = format!("`--force {first}` plans it anyway; `rebake why {first}` says what came nearest");
    Ok(Some(Diagnostic::warning("not-affected", message).help(help)))
}

fn unpublished(trigger: &Trigger) -> Diagnostic {
    let message = format!("the event `{}` publishes nothing, so nothing is planned", trigger.event);
    Diagnostic::warning("unpublished", message).help("a workflow that builds releases runs on `types: [published]`")
}

fn listed(services: &[ServiceName]) -> String {
    services.iter().map(|service| format!("`{service}`")).collect::<Vec<_>>().join(", ")
}

/// Resolves services by name or path, and returns them with all services that they depend on.
///
/// # Errors
/// When a name is neither a service nor the path of one.
pub fn with_dependencies(
    repository: &Repository,
    config: &Config,
    names: &[String],
) -> Result<Vec<ServiceId>, UnknownService> {
    let wanted = config.graph.with_dependencies(&services(repository, config, names)?);
    Ok(config.graph.services().filter(|service| wanted[service.0]).collect())
}

/// Resolves services by name or path. A path that several services share names all of them. A path that begins with `.`
/// or `..` is relative to the directory in which the repository was opened.
///
/// # Errors
/// When a name is neither a service nor the path of one.
pub fn services(repository: &Repository, config: &Config, names: &[String]) -> Result<Vec<ServiceId>, UnknownService> {
    let mut found = Vec::new();
    for name in names {
        if let Some(service) = config.graph.id(name) {
            found.push(service);
            continue;
        }
        let path = path_named(repository, name);
        let before = found.len();
        found.extend(config.services.values().enumerate().filter_map(|(position, service)| {
            (service.path.as_ref()?.as_str() == path).then_some(ServiceId(position))
        }));
        if found.len() == before {
            let paths: Vec<String> =
                config.services.values().filter_map(|service| service.path.as_ref()).map(ToString::to_string).collect();
            let services = config.services.keys().map(ToString::to_string).collect();
            let is_revision = repository.resolve(name).is_ok();
            return Err(UnknownService { is_revision, ..UnknownService::new(&path, services, &paths) });
        }
    }
    Ok(found)
}

/// Returns a path from the command line in the form of a service's `path`, with `.` for the root. A text that is not a
/// path in the repository is returned unchanged.
pub fn path_named(repository: &Repository, name: &str) -> String {
    let Some(path) = repository.path_named(Path::new(name)) else { return name.to_owned() };
    match path.to_string() {
        root if root.is_empty() && name.starts_with('.') => ".".to_owned(),
        none if none.is_empty() => name.to_owned(),
        path => path,
    }
}
