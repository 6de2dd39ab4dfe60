use std::collections::BTreeMap;

use crate::config::Config;
use crate::inputs::git::{self, RemoteError, Repository};
use crate::model::name::{CommitId, ServiceId, ServiceName};
use crate::model::record;

/// Where the built refs of an environment stand, and the marks of builds that have begun.
#[derive(Debug, Clone)]
pub struct Standing {
    environment: String,
    refs: BTreeMap<String, CommitId>,
}

impl Standing {
    /// Returns what the names of an environment's refs begin with.
    #[must_use]
    pub fn prefixes(environment: &str) -> Vec<String> {
        vec![record::prefix(environment), record::begun_prefix(environment)]
    }

    /// Reads the refs of this clone.
    ///
    /// # Errors
    /// When they cannot be read.
    pub fn here(repository: &Repository, environment: &str) -> Result<Self, git::Error> {
        let mut refs = BTreeMap::new();
        for prefix in Self::prefixes(environment) {
            refs.extend(repository.refs_below(&prefix)?);
        }
        Ok(Self { environment: environment.to_owned(), refs })
    }

    /// Reads the refs of a remote.
    ///
    /// # Errors
    /// When it cannot be reached.
    pub fn at(repository: &Repository, remote: &str, environment: &str) -> Result<Self, RemoteError> {
        let prefixes = Self::prefixes(environment);
        let prefixes: Vec<&str> = prefixes.iter().map(String::as_str).collect();
        Ok(Self { environment: environment.to_owned(), refs: repository.remote_refs(remote, &prefixes)? })
    }

    /// Returns the name of the environment.
    #[must_use]
    pub fn environment(&self) -> &str {
        &self.environment
    }

    /// Returns the commit at which a service was built.
    #[must_use]
    pub fn built(&self, service: &ServiceName) -> Option<CommitId> {
        self.refs.get(&record::reference(&self.environment, service.as_str())).copied()
    }

    /// Returns the commits at which services were built.
    pub(in crate::plan::pipeline) fn services(&self, config: &Config) -> BTreeMap<ServiceId, CommitId> {
        let graph = &config.graph;
        graph.services().filter_map(|service| Some((service, self.built(graph.name(service))?))).collect()
    }

    /// Returns the services whose last build was not recorded.
    pub(in crate::plan::pipeline) fn unrecorded(&self, config: &Config) -> impl Iterator<Item = ServiceId> {
        config.graph.services().filter(|service| self.begun(config.graph.name(*service)).is_some())
    }

    /// Returns the mark of a service whose build has begun, and was not recorded.
    #[must_use]
    pub fn begun(&self, service: &ServiceName) -> Option<CommitId> {
        self.refs.get(&record::begun(&self.environment, service.as_str())).copied()
    }
}
