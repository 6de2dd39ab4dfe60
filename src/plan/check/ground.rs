//! The facts that the rules look at: the files of a repository, its filters, and the services and builds that its files
//! declare.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use super::exports::ReadExports;
use super::gates::{Gate, Gates};
use super::positions::Positions;
use super::{Checked, FilterSet, unread_filter};
use crate::analysis::discover::Discovered;
use crate::analysis::filter::{
    Effect, Filter, FilterEntry, FilterId, Filters, FlatRule, Members, Quantifier, members_of_listing,
};
use crate::config::{Config, Global, Shape};
use crate::inputs::source::{SourceTree, Workflow, WorkflowJob, WorkflowStep};
use crate::model::change::Status;
use crate::model::diagnostic::Severity;
use crate::model::name::{RepoDir, ServiceId, slug};
use crate::model::tree::Listing;

/// The facts that the rules look at.
pub(super) struct Ground<'a> {
    pub(super) tree: &'a SourceTree,
    pub(super) links: &'a BTreeMap<String, String>,
    pub(super) found: &'a Discovered,
    pub(super) workflows: &'a BTreeMap<String, Workflow>,
    pub(super) sets: &'a [FilterSet],
    pub(super) gates: Gates<'a>,
    /// For each filter set, the files that each of its filters matches.
    members: Vec<Members>,
    /// For each filter, the other filters that a job or a script reads together with this filter. A filter is given by
    /// the position of its set and its id in this set.
    together: BTreeMap<(usize, ServiceId), BTreeSet<(usize, ServiceId)>>,
    exports: ReadExports<'a>,
    /// The filters that no job reads, each with its set.
    pub(super) unread: BTreeSet<(usize, ServiceId)>,
}

/// Returns a filter with only the patterns that apply to modifications. A filter covers a file only if it matches a
/// modification of the file.
fn modifying(set: &FilterSet, id: usize) -> Filter {
    match set.config.filters.get(Filters::id(id)) {
        Filter::Ordered(entries) => {
            let counts =
                |entry: &&FilterEntry| entry.effect != Effect::Include || entry.statuses.contains(Status::Modified);
            Filter::Ordered(entries.iter().filter(counts).cloned().collect())
        }
        Filter::PathsFilter { quantifier: Quantifier::Some, rules } => {
            let counts = |rule: &&FlatRule| rule.statuses.contains(Status::Modified);
            let rules = rules.iter().filter(counts).cloned().collect();
            Filter::PathsFilter { quantifier: Quantifier::Some, rules }
        }
        // If every rule must match, and one of the rules never matches a modification, the filter matches nothing.
        Filter::PathsFilter { quantifier, rules } => {
            let can_hold = rules.iter().all(|rule| rule.statuses.contains(Status::Modified));
            let (quantifier, rules) = (*quantifier, rules.clone());
            if can_hold { Filter::PathsFilter { quantifier, rules } } else { Filter::Ordered(Vec::new()) }
        }
    }
}

/// How certain it is that a directory belongs to a service or filter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Certainty {
    /// The filter matches all files in this directory, and in the directory of no other package; or several filters
    /// have the directory's name.
    Likely,
    /// The configuration names the directory, or the filter has the directory's name.
    Sure,
}

impl<'a> Ground<'a> {
    pub(super) fn of(checked: &Checked<'a>) -> Self {
        let Checked { tree, links, found, workflows, sets, observed: _ } = *checked;
        let listing = tree.listing();
        let of_set = |set: &FilterSet| {
            let filters = Filters::new((0..set.config.filters.len()).map(|id| modifying(set, id)).collect());
            members_of_listing(&filters, listing)
        };
        let members = sets.iter().map(of_set).collect();
        let gates = Gates::of(workflows, sets);
        let together = read_together(&gates, workflows, sets);
        let (exports, unread) = (ReadExports::of(workflows), BTreeSet::new());
        let mut ground = Self { tree, links, found, workflows, sets, gates, members, together, exports, unread };
        ground.unread = unread_filter::filters(&ground);
        ground
    }

    /// Returns the filters that a job or a script reads together with this filter. A match of any of these filters may
    /// be enough for the job to run.
    pub(super) fn together(&self, set: usize, service: ServiceId) -> impl Iterator<Item = (usize, ServiceId)> {
        self.together.get(&(set, service)).into_iter().flatten().copied()
    }

    pub(super) fn listing(&self) -> &'a Listing {
        self.tree.listing()
    }

    pub(super) fn config(&self, set: usize) -> &'a Config {
        &self.sets[set].config
    }

    /// Returns the positions of the files that a filter matches.
    pub(super) fn files(&self, set: usize, filter: FilterId) -> &[usize] {
        self.members[set].of(filter)
    }

    /// Returns the files whose changes affect any of these services: the services' own files, the files of the services
    /// that they are built from, and the files of the `global` filter. A service is given with the position of its set.
    pub(super) fn cover(&self, services: impl IntoIterator<Item = (usize, ServiceId)>) -> Positions {
        let mut cover = Positions::of(self.listing().len(), []);
        for (set, service) in services {
            let config = self.config(set);
            for service in config.graph.built_from(service) {
                let service = &config.services[service.0];
                let global = (service.global == Global::Affects).then_some(config.global);
                for filter in service.own_filters().chain(global) {
                    cover.add(self.files(set, filter).iter().copied());
                }
            }
        }
        cover
    }

    /// Returns the positions of the files below a directory.
    pub(super) fn below(&self, directory: &RepoDir) -> Range<usize> {
        self.listing().below(directory.git_path().as_bytes())
    }

    /// Returns the service of a set whose `path` is the directory of a discovered service.
    pub(super) fn service_at(&self, set: usize, found: usize) -> Option<ServiceId> {
        let config = self.config(set);
        let directory = &self.found.services[found].directory;
        config.graph.services().find(|service| config.services[service.0].path.as_ref() == Some(directory))
    }

    /// Returns the filters that the expressions and scripts of a workflow read.
    pub(super) fn reads(&self, path: &str, workflow: &'a Workflow) -> Gate {
        let mut reads = Gate::default();
        for job in &workflow.jobs {
            for text in self.read_texts(path, job) {
                let gate = self.gates.of_expression(path, job, text);
                reads.filters.extend(gate.filters);
                reads.selected.extend(gate.selected);
            }
        }
        reads
    }

    /// Returns the texts of a job whose values something uses: all texts except the texts of outputs that nothing
    /// reads.
    pub(super) fn read_texts(&self, path: &str, job: &'a WorkflowJob) -> impl Iterator<Item = &'a str> {
        let outputs = job.outputs.iter().filter(|(output, _)| self.exports.has(path, &job.name, output));
        own_texts(job).chain(outputs.map(|(_, text)| text.as_str()))
    }

    /// Returns the severity of a finding about a service or filter. If no job reads a filter, nobody misses the changes
    /// that the filter misses, so no finding about the filter is an error.
    pub(super) fn severity(&self, set: usize, service: ServiceId, severity: Severity) -> Severity {
        let is_unread = self.unread.contains(&(set, service));
        if is_unread && severity == Severity::Error { Severity::Warning } else { severity }
    }

    /// Returns the services and filters that correspond to discovered services: the set, the service or filter, the
    /// position of the discovered service, and how certain it is that the two correspond.
    pub(super) fn owned(&self) -> Vec<(usize, ServiceId, usize, Certainty)> {
        let mut owned = Vec::new();
        for set in 0..self.sets.len() {
            for (service, homes) in self.config(set).graph.services().zip(self.homes(set)) {
                owned.extend(homes.into_iter().map(|(home, certainty)| (set, service, home, certainty)));
            }
        }
        let mut sure: BTreeMap<usize, usize> = BTreeMap::new();
        for (_, _, home, _) in owned.iter().filter(|(.., certainty)| *certainty == Certainty::Sure) {
            *sure.entry(*home).or_default() += 1;
        }
        // If several filters in several workflows have the directory's name, each may be about only a part of its
        // inputs.
        for (_, _, home, certainty) in &mut owned {
            if sure.get(home).is_some_and(|count| *count > 1) {
                *certainty = Certainty::Likely;
            }
        }
        owned
    }

    /// Returns the path of a file as text. Bytes that are not UTF-8 are replaced.
    pub(super) fn path(&self, position: usize) -> String {
        String::from_utf8_lossy(self.listing().get(position).path).into_owned()
    }

    /// Whether there is a file below a directory.
    pub(super) fn is_directory(&self, path: &str) -> bool {
        !self.listing().below(path.as_bytes()).is_empty()
    }

    /// Returns the discovered services that correspond to each service or filter of a set. A service corresponds by its
    /// `path`; a filter of a flat set corresponds by the directories in which it matches all files.
    pub(super) fn homes(&self, set: usize) -> Vec<Vec<(usize, Certainty)>> {
        let config = self.config(set);
        let by_directory: BTreeMap<&str, usize> =
            self.found.services.iter().enumerate().map(|(at, found)| (found.directory.as_str(), at)).collect();
        let home = |service: &crate::config::Service| -> Vec<(usize, Certainty)> {
            if config.shape == Shape::Structured {
                let path = service.path.as_ref().and_then(|path| by_directory.get(path.as_str()));
                return path.map(|at| (*at, Certainty::Sure)).into_iter().collect();
            }
            let filter = config.filters.get(service.filter);
            let whole = filter.including().filter(|pattern| !pattern.value.is_negated());
            let whole = whole.filter_map(|pattern| pattern.value.whole_directory());
            let taken: BTreeSet<usize> = whole.filter_map(|directory| by_directory.get(directory).copied()).collect();
            let is_named =
                |at: &usize| is_called(self.found.services[*at].directory.as_str(), service.name.value.as_str());
            let named: Vec<(usize, Certainty)> =
                taken.iter().filter(|at| is_named(at)).map(|at| (*at, Certainty::Sure)).collect();
            match (&named[..], taken.len()) {
                ([], 1) => taken.into_iter().map(|at| (at, Certainty::Likely)).collect(),
                _ => named,
            }
        };
        config.services.values().map(home).collect()
    }
}

/// Returns, for each filter, the other filters in the same condition or on the same line of a script.
fn read_together(
    gates: &Gates<'_>,
    workflows: &BTreeMap<String, Workflow>,
    sets: &[FilterSet],
) -> BTreeMap<(usize, ServiceId), BTreeSet<(usize, ServiceId)>> {
    let mut together: BTreeMap<_, BTreeSet<_>> = BTreeMap::new();
    let mut add = |path: &str, job: &WorkflowJob, text: &str| {
        if !text.contains("outputs") && !text.contains("inputs") {
            return;
        }
        let gate = gates.of_expression(path, job, text);
        let id = |(set, name): &(usize, String)| Some((*set, sets[*set].config.graph.id(name)?));
        let services: Vec<(usize, ServiceId)> = gate.filters.iter().filter_map(id).collect();
        if services.len() > 1 {
            for service in &services {
                together.entry(*service).or_default().extend(services.iter().filter(|other| *other != service));
            }
        }
    };
    for (path, workflow) in workflows {
        for job in &workflow.jobs {
            texts(job).for_each(|text| add(path, job, text));
        }
    }
    together
}

/// Returns the texts of a job that may contain expressions. Each line of a script is a text of its own.
fn texts(job: &WorkflowJob) -> impl Iterator<Item = &str> {
    own_texts(job).chain(job.outputs.values().map(String::as_str))
}

/// Returns the texts of a job that may contain expressions, without its outputs. A filter that only an output reads
/// counts as read only if something reads the output.
pub(super) fn own_texts(job: &WorkflowJob) -> impl Iterator<Item = &str> {
    let own = job.condition.iter().chain(job.inputs.values()).chain(job.axes.values()).chain(&job.others);
    own.map(String::as_str).chain(job.steps.iter().flat_map(texts_of_step))
}

fn texts_of_step(step: &WorkflowStep) -> impl Iterator<Item = &str> {
    let own = step.condition.iter().chain(step.variables.values()).chain(step.inputs.values());
    own.map(String::as_str).chain(logical_lines(&step.run))
}

/// Returns the lines of a script. Lines are joined if a backslash or an operator at the end of a line continues it.
pub(super) fn logical_lines(script: &str) -> impl Iterator<Item = &str> {
    let goes_on = |line: &str| {
        let line = line.trim_end();
        ["\\", "||", "&&"].iter().any(|end| line.ends_with(end))
    };
    let mut rest = script;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let mut end = 0;
        loop {
            let line = rest[end..].split_inclusive('\n').next().unwrap_or_default();
            end += line.len();
            if line.is_empty() || !goes_on(line) {
                break;
            }
        }
        let (line, behind) = rest.split_at(end);
        rest = behind;
        Some(line.trim_end_matches('\n'))
    })
}

/// Whether a directory is named like a filter: the last part of its path is the filter's name or ends with that name,
/// as in `packages/acme-web` and `web`.
fn is_called(directory: &str, filter: &str) -> bool {
    let (last, name) = (slug(directory.rsplit('/').next().unwrap_or_default()), slug(filter));
    !name.is_empty() && (last == name || last.strip_suffix(&name).is_some_and(|before| before.ends_with('-')))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_a_script_that_go_on_are_one() {
        let lines: Vec<&str> = logical_lines("a \\\nb ||\n c\n\nd &&").collect();
        assert_eq!(lines, ["a \\\nb ||\n c", "", "d &&"]);
    }

    #[test]
    fn a_directory_may_have_the_name_of_a_filter() {
        assert!(is_called("packages/shark7-weibo-web", "weibo_web") && is_called("svc/API", "api"));
        assert!(!is_called("packages/myweb", "web") && !is_called("web", "") && !is_called("web-app", "web"));
    }
}
