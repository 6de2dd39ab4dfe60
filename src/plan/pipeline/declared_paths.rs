//! Looks up the declared paths of services: the files and directories that the configuration names as their inputs.
//! Follows symbolic links on these paths, and finds paths that are missing.
//!
//! The paths are looked up only at head. If a base has other links, these links have changed since, which affects the
//! services.

use std::borrow::Cow;

use crate::analysis::base::{Doubt, Notes, Tip};
use crate::config::{Config, Declared, DeclaredKind, Input};
use crate::inputs::git::{self, Lacking as _, PathKind, Repository, ResolvedPath};
use crate::model::change::{ChangeSet, Status};
use crate::model::diagnostic::{Diagnostic, Located};
use crate::model::name::{CommitId, RepoPath, ServiceId};

/// A configuration in which the targets of links are inputs of services too.
pub struct Followed<'a> {
    /// The configuration with these further inputs.
    pub config: Cow<'a, Config>,
    /// Warnings about missing paths, and about links that cannot be followed.
    pub warnings: Vec<Diagnostic>,
    /// The doubt about links that could not be read, if there are any. Any change affects the services of these links.
    pub doubt: Option<Doubt>,
    /// How many directories were read.
    pub read: usize,
}

/// What to do if this clone lacks the text of a link.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Lack {
    /// Return the error, so that the text can be fetched.
    Error,
    /// Let any change affect the service.
    Doubt,
}

/// Follows the links on declared paths of these services, and of all services that they are built from. The links are
/// those of a commit with the work tree's changes on top.
///
/// # Errors
/// When this clone lacks the commit, one of its trees or the text of a link.
pub fn follow_links<'a>(
    repository: &Repository,
    config: &'a Config,
    services: &[ServiceId],
    head: Option<&CommitId>,
    on_top: &ChangeSet,
) -> Result<Followed<'a>, git::GitError> {
    let wanted = config.graph.with_dependencies(services);
    follow(repository, config, &wanted, head, on_top, Lack::Error)
}

/// Follows the links on declared paths of all services. Returns the configuration with the links' targets as further
/// inputs, and the number of directories that were read. Missing objects are fetched. If a link still cannot be read,
/// any change affects its service.
pub(super) fn for_plan<'a>(
    repository: &Repository,
    config: &'a Config,
    tip: &Tip,
) -> Result<((Cow<'a, Config>, usize), Notes), git::GitError> {
    let (head, on_top) = (tip.commit.as_ref(), &tip.on_top);
    let all = vec![true; config.services.len()];
    let follow = |lack: Lack| follow(repository, config, &all, head, on_top, lack);
    let followed = match repository.with_fetching(|| follow(Lack::Error)) {
        Err(git::GitError::MissingBlob { .. }) => follow(Lack::Doubt),
        followed => followed,
    };
    let followed = match followed {
        Err(error) if error.is_doubt() => {
            let mut search = Search::new(repository, config, on_top, Lack::Doubt);
            declared(config, &all).for_each(|(service, declared)| search.doubt(service, declared, &error));
            search.followed()
        }
        followed => followed?,
    };
    let doubts = followed.doubt.into_iter().collect();
    Ok(((followed.config, followed.read), Notes { doubts, warnings: followed.warnings }))
}

fn follow<'a>(
    repository: &Repository,
    config: &'a Config,
    wanted: &[bool],
    head: Option<&CommitId>,
    on_top: &ChangeSet,
    lack: Lack,
) -> Result<Followed<'a>, git::GitError> {
    let mut search = Search::new(repository, config, on_top, lack);
    let paths: Vec<RepoPath> = declared(config, wanted).map(|(_, declared)| declared.path.value.clone()).collect();
    if let Some(head) = head.filter(|_| !paths.is_empty()) {
        let leads = repository.leads(head, &paths)?;
        search.read = leads.read;
        for ((service, declared), lead) in declared(config, wanted).zip(leads.each) {
            search.see(service, declared, lead)?;
        }
    }
    Ok(search.followed())
}

/// Returns the declared paths of the wanted services, each with its service.
fn declared<'c>(config: &'c Config, wanted: &[bool]) -> impl Iterator<Item = (ServiceId, &'c Declared)> {
    let of = |service: ServiceId| config.services[service.0].declared.iter().map(move |declared| (service, declared));
    config.graph.services().filter(|service| wanted[service.0]).flat_map(of)
}

struct Search<'a, 'b> {
    repository: &'b Repository,
    config: &'a Config,
    on_top: &'b ChangeSet,
    lack: Lack,
    more: Vec<(ServiceId, Located<Input>)>,
    warnings: Vec<Diagnostic>,
    doubts: Vec<Doubt>,
    read: usize,
}

impl<'a, 'b> Search<'a, 'b> {
    fn new(repository: &'b Repository, config: &'a Config, on_top: &'b ChangeSet, lack: Lack) -> Self {
        let (more, warnings, doubts) = (Vec::new(), Vec::new(), Vec::new());
        Self { repository, config, on_top, lack, more, warnings, doubts, read: 0 }
    }

    fn followed(mut self) -> Followed<'a> {
        let config = match self.more.as_slice() {
            [] => Cow::Borrowed(self.config),
            _ => Cow::Owned(self.config.with_inputs(self.more)),
        };
        let others = self.doubts.len().saturating_sub(1);
        let doubt = self.doubts.drain(..).next().map(|first| match others {
            0 => first,
            // A single doubt is reported, however many links have one.
            others => Doubt { message: format!("{}; the same holds for {others} more", first.message), ..first },
        });
        Followed { config, warnings: self.warnings, doubt, read: self.read }
    }

    /// Adds what was found for a declared path: inputs, a warning or a doubt.
    fn see(
        &mut self,
        service: ServiceId,
        declared: &Declared,
        lead: Result<ResolvedPath, git::GitError>,
    ) -> Result<(), git::GitError> {
        let path = &declared.path.value;
        let is_edited = match lead {
            Ok(lead) => {
                self.add(service, declared, &lead);
                self.is_missing(declared, &lead).then(|| self.warn_of_missing(service, declared));
                std::iter::once(path).chain(&lead.links).chain([&lead.path]).any(|path| self.is_on_way_to(path))
            }
            Err(error @ git::GitError::MissingBlob { .. }) if self.lack == Lack::Error => return Err(error),
            Err(error @ git::GitError::MissingBlob { .. }) => {
                self.doubt(service, declared, &error);
                false
            }
            Err(error) => {
                self.warn_of_stray(service, declared, &error);
                self.is_on_way_to(path)
            }
        };
        // If the work tree changes a link, both its target in the commit and its target in the work tree count.
        if is_edited && let Ok(Some(lead)) = self.repository.leads_in_work_tree(path) {
            self.add(service, declared, &lead);
        }
        Ok(())
    }

    /// Adds the links on a declared path and their target to the inputs of a service.
    fn add(&mut self, service: ServiceId, declared: &Declared, lead: &ResolvedPath) {
        let is_gone = lead.kind == PathKind::Nothing;
        if lead.links.is_empty() && !(is_gone && declared.key.is_some()) {
            return;
        }
        let mut inputs: Vec<Input> = lead.links.iter().cloned().map(Input::At).collect();
        inputs.extend(match declared.what {
            DeclaredKind::File => Some(Input::At(lead.path.clone())),
            DeclaredKind::Directory => Some(Input::Below(lead.path.clone())),
            DeclaredKind::Listed => None,
        });
        if is_gone {
            // A directory above the missing path may have been a link, which is gone too.
            inputs.extend(above(&lead.path).map(Input::At));
        }
        self.more.extend(inputs.into_iter().map(|input| (service, declared.path.as_ref().map(|_| input))));
    }

    fn is_missing(&self, declared: &Declared, lead: &ResolvedPath) -> bool {
        if declared.key.is_none() {
            return false;
        }
        let path = &lead.path;
        let at = self.on_top.as_slice().partition_point(|change| change.path < *path);
        let changes = self.on_top.as_slice()[at..].iter();
        let start = [path.as_bytes(), b"/"].concat();
        let mut below = changes.take_while(|change| change.path.as_bytes().starts_with(path.as_bytes()));
        let is_deleted =
            below.clone().next().is_some_and(|change| change.path == *path && change.status == Status::Deleted);
        let appears = below.any(|change| {
            change.status != Status::Deleted && (change.path == *path || change.path.as_bytes().starts_with(&start))
        });
        !appears && (lead.kind == PathKind::Nothing || is_deleted)
    }

    /// Whether the work tree has a change of a path, or of a directory that contains it.
    fn is_on_way_to(&self, path: &RepoPath) -> bool {
        let changes = self.on_top.as_slice();
        let is_changed = |path: &RepoPath| changes.binary_search_by(|change| change.path.cmp(path)).is_ok();
        !changes.is_empty() && (is_changed(path) || above(path).any(|path| is_changed(&path)))
    }

    fn warn_of_missing(&mut self, service: ServiceId, declared: &Declared) {
        let name = self.config.graph.name(service);
        let what = if declared.what == DeclaredKind::File { "file" } else { "directory" };
        let message = format!("`{name}` is built from {}, and there is no such {what}", declared.path.value);
        let warning = Diagnostic::warning("missing-input", message);
        self.warnings.push(
            warning
                .located(&self.config.source, &declared.path, declared.key.unwrap_or_default())
                .help("write it relative to `path`, or with a leading `/` relative to the root of the repository"),
        );
    }

    fn warn_of_stray(&mut self, service: ServiceId, declared: &Declared, error: &git::GitError) {
        let name = self.config.graph.name(service);
        let message = format!("{error}; so `{name}` is not affected by changes there");
        let warning = Diagnostic::warning("stray-link", message).located(&self.config.source, &declared.path, "");
        self.warnings.push(warning.help("let the link lead to a file of the repository"));
        let inputs = above(&declared.path.value).map(|path| declared.path.as_ref().map(|_| Input::At(path)));
        self.more.extend(inputs.map(|input| (service, input)));
    }

    fn doubt(&mut self, service: ServiceId, declared: &Declared, error: &git::GitError) {
        self.more.push((service, declared.path.as_ref().map(|_| Input::Anything)));
        self.doubts.push(Doubt {
            kind: "links",
            message: format!("{error}; so any change affects `{}`", self.config.graph.name(service)),
            help: error.help().into_iter().next(),
            cure: error.missing(),
        });
    }
}

/// Returns the directories that contain a path.
fn above(path: &RepoPath) -> impl Iterator<Item = RepoPath> {
    let bytes = path.as_bytes();
    let slashes = bytes.iter().enumerate().filter(|(_, byte)| **byte == b'/');
    slashes.map(|(at, _)| RepoPath::from_git(&bytes[..at]))
}
