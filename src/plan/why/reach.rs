use indexmap::IndexMap;
use serde::Serialize;

use super::miss::{matched, place};
use super::{Miss, PatternPlace, TakenBack};
use crate::analysis::affected::{Direct, Watch, spread};
use crate::analysis::filter;
use crate::config::{Config, Global};
use crate::model::change::{Change, ChangeSet, Extent, Status};
use crate::model::name::{RepoPath, quoted};
use crate::plan::{PlannedCause, published};

/// The services that a change of a path would affect, as published.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Reach {
    /// The path, quoted as git quotes it if it is not UTF-8.
    pub path: String,
    /// The affected services, in the order of filters.yaml.
    pub services: Vec<Reached>,
    /// The services with one pattern that matches the path and another one that excludes it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub taken_back: Vec<Spared>,
    /// The pattern in `unowned` that matches the path.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unowned: Option<PatternPlace>,
}

/// A service that a change of a path would affect.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Reached {
    /// Its name.
    pub service: String,
    /// The statuses with which a change of the path affects the service. These are `modified`, `added` and `deleted`,
    /// unless the filter applies only to some of them.
    pub when: Vec<&'static str>,
    /// The causes that a change of the path would give the service.
    pub causes: Vec<PlannedCause>,
}

/// A service that a change of a path would not affect, since a pattern of the service excludes the path.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Spared {
    /// Its name.
    pub service: String,
    /// The pattern that matches the path, and the pattern that excludes it.
    #[serde(flatten)]
    pub taken: TakenBack,
}

const STATUSES: [(Status, &str); 3] =
    [(Status::Modified, "modified"), (Status::Added, "added"), (Status::Deleted, "deleted")];

/// Returns the services that a change of the path would affect, directly or through dependencies. The path need neither
/// exist nor have changed.
#[must_use]
pub fn reach(config: &Config, path: &RepoPath, extent: Extent) -> Reach {
    let mut services: IndexMap<usize, Reached> = IndexMap::new();
    let mut spared: IndexMap<usize, Spared> = IndexMap::new();
    let mut unowned = None;
    for (status, word) in STATUSES {
        let changes = ChangeSet::new(vec![Change { path: path.clone(), status, extent }]);
        let matches = filter::matches(&config.filters, &changes);
        let by = matches.of(config.unowned).first().and_then(|found| found.pattern);
        unowned = unowned.or(by.map(|pattern| place(config, pattern)));
        let mut direct = Direct::none(config.services.len());
        for (service, definition) in config.graph.services().zip(config.services.values()) {
            let global = (definition.global == Global::Affects).then_some(config.global);
            direct.add_matches(service, Watch { own: definition.filter, inputs: definition.inputs, global }, &matches);
            let filter = config.filters.get(definition.filter);
            if matches.of(definition.filter).is_empty()
                && let Some(Miss::TakenBack { taken, .. }) = matched(config, filter, &changes.as_slice()[0])
            {
                let service_name = config.graph.name(service).as_str().to_owned();
                spared.entry(service.0).or_insert(Spared { service: service_name, taken });
            }
        }
        let affected = spread(direct, &config.graph);
        for service in config.graph.services().filter(|service| affected.contains(*service)) {
            let reached = services.entry(service.0).or_insert_with(|| Reached {
                service: config.graph.name(service).as_str().to_owned(),
                when: Vec::new(),
                // The status is only an assumption here, so the causes do not contain it.
                causes: affected
                    .causes(service)
                    .iter()
                    .map(|cause| PlannedCause { status: None, ..published(cause, config) })
                    .collect(),
            });
            reached.when.push(word);
        }
    }
    services.sort_unstable_keys();
    spared.retain(|service, _| !services.contains_key(service));
    spared.sort_unstable_keys();
    Reach {
        path: quoted(path.as_bytes()).into_owned(),
        services: services.into_values().collect(),
        taken_back: spared.into_values().collect(),
        unowned,
    }
}
