//! Checks that the commit of the plan and its files do not change while builds run.

use std::collections::BTreeSet;

use crate::analysis::filter::matches_of;
use crate::model::change::Change;
use crate::model::name::Escaped;
use crate::output::exec::Build;
use crate::plan::pipeline::Workspace;

/// Checks the commit and the files that builds use.
pub(super) struct Ground<'a> {
    workspace: &'a Workspace,
    commit: Option<&'a str>,
    /// Whether files that are in no commit prevent the build.
    clean: bool,
    /// The services whose files were looked at: each once, before it is built, since builds may edit their own.
    seen: BTreeSet<String>,
}

impl<'a> Ground<'a> {
    pub(super) fn new(workspace: &'a Workspace, commit: Option<&'a str>, clean: bool) -> Self {
        Self { workspace, commit, clean, seen: BTreeSet::new() }
    }

    /// Returns what has changed since the plan, for a build that is about to begin or has just ended.
    pub(super) fn doubt(&mut self, build: &Build) -> Option<String> {
        self.moved().or_else(|| {
            let first = self.clean && self.seen.insert(build.service.service.clone());
            first.then(|| self.edited(build)).flatten()
        })
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

    /// Returns which of the service's tracked files are edited. New files are left out: other builds may have made
    /// them.
    fn edited(&self, build: &Build) -> Option<String> {
        let config = &self.workspace.config;
        let filter = config.services.get(build.service.service.as_str())?.filter;
        let changes = self.workspace.repository.work_tree().ok()?.changes;
        let tracked = changes.as_slice().iter().filter(|change: &&Change| change.is_of_tracked());
        let mut edited =
            tracked.filter(|change| matches_of(&config.filters, change).iter().any(|(of, _)| *of == filter));
        edited.next().map(|change| format!("{} is edited now", change.path))
    }
}
