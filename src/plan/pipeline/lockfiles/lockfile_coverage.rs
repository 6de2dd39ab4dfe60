use std::collections::{BTreeMap, BTreeSet};

use super::locked::{Closure, Locked, Means};
use super::lockfile_changes::settings_files;
use super::revision_files::Revision;
use crate::analysis::closure::WithDevelopment;
use crate::config::Config;
use crate::inputs::git::{GitError, Repository};
use crate::inputs::lockfile::LockedPackage;
use crate::model::change::{Change, ChangeSet, Status};
use crate::model::diagnostic::Diagnostic;
use crate::model::name::{CommitId, Escaped, Listed, RepoPath, ServiceId};
use crate::plan::pipeline::ConfigFile;

/// The greatest number of services that a message names.
const NAMED: usize = 5;

/// The files that affect services through the packages in lockfiles, even if no pattern matches the files.
#[derive(Debug, Clone, Default)]
pub struct LockfileCoverage {
    /// The paths of the lockfiles, and of the files with settings that apply to all packages of a lockfile.
    pub files: BTreeSet<String>,
    /// Warnings about lockfiles whose packages are not known.
    pub unread: Vec<Diagnostic>,
}

/// Returns the files that affect services through the packages in lockfiles, at a commit with the work tree's changes
/// on top.
///
/// # Errors
/// When the commit, one of its trees or a lockfile cannot be read.
pub fn lockfile_coverage(
    repository: &Repository,
    file: &ConfigFile,
    config: &Config,
    commit: Option<&CommitId>,
    on_top: &ChangeSet,
) -> Result<LockfileCoverage, GitError> {
    let Some(commit) = commit else { return Ok(LockfileCoverage::default()) };
    let services: Vec<ServiceId> = config.graph.services().collect();
    let revision = Revision { commit, on_top };
    let read = || Locked::read(repository, &file.lockfiles, config, &services, revision);
    let locked = repository.with_fetching(read)?;
    let mut files = BTreeSet::new();
    let mut doubts: BTreeMap<Doubtful, Vec<ServiceId>> = BTreeMap::new();
    for (service, listed) in &locked.0 {
        let Some(closure) = config.services[service.0].closure() else { continue };
        if let Some(named) = closure.file.as_ref().filter(|_| listed.is_empty()) {
            doubts.entry(Doubtful::Missing(named.clone())).or_default().push(*service);
        }
        for found in listed {
            if found.is_lacking {
                doubts.entry(Doubtful::Lacking(found.path.clone())).or_default().push(*service);
            }
            if matches!(found.means, Means::Plain) {
                // It counts as a file where the patterns match it.
                let change = Change::new(RepoPath::from_git(found.path.as_str()), Status::Modified);
                if config.plain_match(*service, &change).is_some() {
                    files.insert(found.path.clone());
                }
                continue;
            }
            files.insert(found.path.clone());
            // A key with `: ` is only a part of a manifest.
            let keys = found.means.settings().into_iter().flat_map(|settings| settings.keys());
            let whole = keys.filter(|key| !key.contains(": "));
            files.extend(settings_files(&found.path, whole).map(|path| path.to_string()));
            let doubtful = match &found.means {
                Means::Closure(_) if found.path.ends_with(".json") => None,
                Means::Closure(known) => {
                    unknown(known, closure.with).map(|name| Doubtful::Unknown(found.path.clone(), name))
                }
                Means::Doubt(doubt) => Some(Doubtful::Whole(found.path.clone(), doubt.why.clone())),
                Means::Plain => None,
            };
            if let Some(doubtful) = doubtful {
                doubts.entry(doubtful).or_default().push(*service);
            }
        }
    }
    let unread = doubts.iter().map(|(doubtful, services)| doubtful.said(config, services)).collect();
    Ok(LockfileCoverage { files, unread })
}

/// Returns the name of a package that another package needs, but that the lockfile lacks; `None` if there is none. JSON
/// lockfiles are not checked: a truncated one is invalid anyway, and npm leaves out packages that other packages
/// bundle.
fn unknown(closure: &Closure, with: WithDevelopment) -> Option<String> {
    let packages = closure.resolution.lockfile().packages();
    if !packages.iter().any(LockedPackage::is_unknown) {
        return None;
    }
    let reached = closure.resolution.reached(closure.package, with).into_iter();
    reached
        .map(|package| &packages[package])
        .find(|package| package.is_unknown())
        .map(|package| package.called().to_owned())
}

/// Why the packages that services get from a lockfile are not known. Each variant has the path of the lockfile.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Doubtful {
    /// The lockfile does not exist.
    Missing(String),
    /// The lockfile does not have a service's package, although the service has a manifest.
    Lacking(String),
    /// The lockfile lacks a package that another package needs. The second field is the name of the missing package.
    Unknown(String, String),
    /// The packages cannot be read, so any change of the lockfile affects the services. The second field is the reason.
    Whole(String, String),
}

impl Doubtful {
    /// Returns the warning about the lockfile.
    fn said(&self, config: &Config, services: &[ServiceId]) -> Diagnostic {
        let names: Vec<String> = services.iter().map(|service| format!("`{}`", config.graph.name(*service))).collect();
        let names = Listed::new(&names, NAMED);
        let again = "let the package manager write it again";
        let (message, help) = match self {
            Self::Missing(path) => (
                format!("there is no `{}`, so what {names} gets by it is not known", Escaped::new(path)),
                "correct `lockfile`".to_owned(),
            ),
            Self::Lacking(path) => (
                format!(
                    "`{}` has no package of {names}: it is cut off, out of date, or another workspace's",
                    Escaped::new(path)
                ),
                format!("{again}, or say `lockfile: whole`; until then it counts as the patterns say"),
            ),
            Self::Unknown(path, package) => {
                let [path, package] = [path, package].map(|text| Escaped::new(text).to_string());
                (
                    format!("`{path}` lacks `{package}`, which {names} gets: it is cut off or out of date"),
                    again.to_owned(),
                )
            }
            Self::Whole(path, why) => (
                format!("`{}` counts as a whole: {}", Escaped::new(path), Escaped::new(why)),
                format!("mend it, or correct `lockfile`; until then any change of it affects {names}"),
            ),
        };
        let problem = Diagnostic::warning("unread-lockfile", message);
        let at = services.first().map(|service| config.services[service.0].place("lockfile", ""));
        let problem = match &at {
            Some(at) => problem.located(&config.source, at, "asks what is in it"),
            None => problem,
        };
        problem.help(help)
    }
}
