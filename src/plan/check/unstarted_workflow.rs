//! Workflows that do not start for paths that their filters match.

use std::collections::BTreeSet;

use super::ground::Ground;
use super::positions::Positions;
use super::{CheckRule, Finding};
use crate::analysis::filter::{Effect, Filter, FilterEntry, Filters, Statuses, members_of_listing};
use crate::glob::Pattern;
use crate::inputs::source::{Workflow, WorkflowEvent};
use crate::model::diagnostic::{Located, Severity};
use crate::model::name::{Escaped, Listed, ServiceId};

pub(super) fn check(ground: &Ground<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    for (path, workflow) in ground.workflows {
        let read = read(ground, path, workflow);
        if read.is_empty() {
            continue;
        }
        let mut asked = BTreeSet::new();
        for (set, service) in &read {
            let config = ground.config(*set);
            asked.extend(ground.files(*set, config.services[service.0].filter).iter().copied());
        }
        for event in &workflow.start.events {
            let Some(starts) = starts(ground, event) else { continue };
            let missed: Vec<usize> = asked.iter().copied().filter(|position| !starts.has(*position)).collect();
            let place = event.paths.iter().chain(&event.ignored_paths).flatten().next();
            let (Some(place), Some(file), false) = (place, ground.tree.text(path), missed.is_empty()) else { continue };
            let shown: Vec<String> =
                missed.iter().take(4).map(|position| format!("`{}`", Escaped::new(&ground.path(*position)))).collect();
            let shown = (0..missed.len()).map(|at| shown.get(at).cloned().unwrap_or_default());
            let message = format!(
                "`{}` does not start on `{}` for {}, which its filters match",
                Escaped::new(path),
                Escaped::new(&event.name),
                Listed::new(shown, 3)
            );
            found.push(
                Finding::new(CheckRule::UnstartedWorkflow, Severity::Warning, message)
                    .label(file, place.defined, "these paths start it")
                    .help(format!("add the patterns of its filters to `on.{}.paths`", Escaped::new(&event.name))),
            );
        }
    }
    found
}

/// Returns the filters that the jobs of a workflow read.
fn read(ground: &Ground<'_>, path: &str, workflow: &Workflow) -> BTreeSet<(usize, ServiceId)> {
    let mut read = BTreeSet::new();
    for (set, name) in ground.reads(path, workflow).filters {
        read.extend(ground.config(set).graph.id(&name).map(|service| (set, service)));
    }
    read
}

/// Returns the files whose changes start a workflow at an event; `None` if a change of any file starts it, or if it is
/// not certain which files do.
fn starts(ground: &Ground<'_>, event: &WorkflowEvent) -> Option<Positions> {
    let (list, usual) = match (&event.paths, &event.ignored_paths) {
        (Some(paths), _) => (paths, false),
        (None, Some(ignored)) => (ignored, true),
        (None, None) => return None,
    };
    let mut entries = Vec::new();
    if usual {
        entries.push(entry("**", Effect::Include)?);
    }
    for path in list {
        // GitHub gives these characters another meaning than the patterns of filters do.
        if path.value.contains(['+', '?', '[', '{', '(', '\\']) {
            return None;
        }
        let (effect, text) = match path.value.strip_prefix('!') {
            Some(rest) => (Effect::Exclude, rest),
            None if usual => (Effect::Exclude, path.value.as_str()),
            None => (Effect::Include, path.value.as_str()),
        };
        entries.push(entry(text, effect)?);
    }
    let filters = Filters::new(vec![Filter::Ordered(entries)]);
    let listing = ground.listing();
    let found = members_of_listing(&filters, listing);
    Some(Positions::of(listing.len(), found.of(Filters::id(0)).iter().copied()))
}

fn entry(text: &str, effect: Effect) -> Option<FilterEntry> {
    let pattern = Located::new(Pattern::parse(text).ok()?, crate::model::diagnostic::Span::default());
    Some(FilterEntry { effect, statuses: Statuses::ANY, pattern })
}
