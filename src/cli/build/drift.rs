//! Checks that neither the commit that is checked out nor the files of services change while builds run.

use std::collections::BTreeMap;
use std::fs;

use crate::analysis::filter::matches_of;
use crate::model::change::Change;
use crate::model::name::Escaped;
use crate::output::exec::{Build, BuildMoment};
use crate::plan::pipeline::Workspace;

/// Checks the commit and the files that builds use.
pub(super) struct DriftCheck<'a> {
    workspace: &'a Workspace,
    commit: Option<&'a str>,
    /// Whether uncommitted changes of a service's files prevent its build. If not, such changes are ignored.
    clean: bool,
    /// The services whose builds began, each with the size of the reflog of `HEAD` before the first attempt.
    seen: BTreeMap<String, Option<u64>>,
    /// The services whose files or commit changed, or may have changed, during their builds, each with a description of
    /// the change.
    doubtful: BTreeMap<String, String>,
}

impl<'a> DriftCheck<'a> {
    pub(super) fn new(workspace: &'a Workspace, commit: Option<&'a str>, clean: bool) -> Self {
        Self { workspace, commit, clean, seen: BTreeMap::new(), doubtful: BTreeMap::new() }
    }

    /// Checks a build when it begins or has just ended. Returns a description of what has changed since the plan was
    /// made; `None` if nothing has changed.
    pub(super) fn doubt(&mut self, build: &Build, moment: BuildMoment) -> Option<String> {
        let service = &build.service.service;
        match moment {
            BuildMoment::Before => self.moved().or_else(|| {
                // This is checked once for each service, since builds may edit their own files.
                if self.seen.contains_key(service) {
                    return None;
                }
                self.seen.insert(service.clone(), self.log());
                let changes = self.changes(build);
                // A new file does not stop this build, since another build may have made the file.
                let new = changes.first().filter(|_| self.workspace.trigger.is_attended()).map(edited);
                self.doubtful.extend(new.map(|new| (service.clone(), new)));
                changes.iter().find(|change| change.is_of_tracked()).map(edited)
            }),
            BuildMoment::After => {
                let doubt = self.moved().or_else(|| self.moved_and_back(service)).or_else(|| {
                    // In CI, only builds edit files.
                    let is_attended = self.workspace.trigger.is_attended();
                    is_attended.then(|| self.changes(build).first().map(edited)).flatten()
                });
                self.doubtful.extend(doubt.iter().map(|doubt| (service.clone(), doubt.clone())));
                doubt
            }
        }
    }

    /// Returns the services whose files or commit changed, or may have changed, during their builds, each with a
    /// description of the change.
    pub(super) fn doubtful(&self) -> &BTreeMap<String, String> {
        &self.doubtful
    }

    fn moved(&self) -> Option<String> {
        let head = self.workspace.repository.head().ok()?.commit().map(ToString::to_string);
        if head.as_deref() == self.commit {
            return None;
        }
        let shown = |commit: Option<&str>| {
            Escaped::new(commit.map_or("no commit", |commit| commit.get(..7).unwrap_or(commit))).to_string()
        };
        let (planned, head) = (shown(self.commit), shown(head.as_deref()));
        Some(format!("{planned} was planned, and {head} is checked out now"))
    }

    fn moved_and_back(&self, service: &str) -> Option<String> {
        let is_moved = self.seen.get(service).is_some_and(|before| *before != self.log());
        is_moved.then(|| "another commit was checked out, and this one again".to_owned())
    }

    /// Returns the size of the reflog of `HEAD`, which grows with each checkout.
    fn log(&self) -> Option<u64> {
        fs::metadata(self.workspace.repository.git_dir().join("logs/HEAD")).ok().map(|log| log.len())
    }

    /// Returns the uncommitted changes of the files that a service is built from.
    fn changes(&self, build: &Build) -> Vec<Change> {
        let config = &self.workspace.config;
        let Some(service) = config.graph.id(&build.service.service).filter(|_| self.clean) else { return Vec::new() };
        let filters = config.filters_of(service);
        let changes = self.workspace.repository.work_tree().map(|tree| tree.changes).unwrap_or_default();
        let is_own = |change: &&Change| matches_of(&config.filters, change).iter().any(|(of, _)| filters.contains(of));
        changes.as_slice().iter().filter(is_own).cloned().collect()
    }
}

fn edited(change: &Change) -> String {
    let what = if change.is_of_tracked() { "edited" } else { "new" };
    format!("{} is {what} now", change.path)
}
