use std::collections::{BTreeMap, BTreeSet};

use crate::analysis::base::Doubt;
use crate::config::Config;
use crate::inputs::git::{self, RemoteError, Repository};
use crate::model::built_ref;
use crate::model::name::{CommitId, Escaped, Listed, ServiceId, ServiceName};
use crate::plan::StandingRefs;

/// The built refs of an environment, and the marks of builds that have begun.
#[derive(Debug, Clone)]
pub struct RefState {
    environment: String,
    refs: BTreeMap<String, CommitId>,
    /// Descriptions of refs that cannot be read.
    damaged: Vec<String>,
    /// The built refs of this clone that the remote does not have: they were never pushed, or were deleted there.
    alone: BTreeSet<String>,
}

impl RefState {
    /// Returns the prefixes of the names of an environment's built refs and marks.
    #[must_use]
    pub fn prefixes(environment: &str) -> Vec<String> {
        vec![built_ref::prefix(environment), built_ref::begun_prefix(environment)]
    }

    /// Reads the refs of this clone.
    ///
    /// # Errors
    /// When they cannot be read.
    pub fn here(repository: &Repository, environment: &str) -> Result<Self, git::GitError> {
        let (mut refs, mut damaged) = (BTreeMap::new(), Vec::new());
        for prefix in Self::prefixes(environment) {
            let below = repository.refs_with_damage(&prefix)?;
            refs.extend(below.refs);
            damaged.extend(below.damaged);
        }
        Ok(Self { environment: environment.to_owned(), refs, damaged, alone: BTreeSet::new() })
    }

    /// Reads the refs of a remote.
    ///
    /// # Errors
    /// When the remote cannot be reached.
    pub fn at(repository: &Repository, remote: &str, environment: &str) -> Result<Self, RemoteError> {
        let prefixes = Self::prefixes(environment);
        let prefixes: Vec<&str> = prefixes.iter().map(String::as_str).collect();
        let refs = repository.remote_refs(remote, &prefixes)?;
        Ok(Self { environment: environment.to_owned(), refs, damaged: Vec::new(), alone: BTreeSet::new() })
    }

    /// Returns the doubt about refs that cannot be read, if there are any. The services of these refs count as never
    /// built.
    pub(in crate::plan::pipeline) fn doubt(&self) -> Option<Doubt> {
        let damaged = Listed::new(self.damaged.iter().map(Escaped::new), 1);
        (!self.damaged.is_empty()).then(|| Doubt {
            kind: "built-ref",
            message: format!("a built ref cannot be read ({damaged}), so its service counts as never built"),
            help: Some(
                "`git for-each-ref refs/rebake/` names what is damaged; a build with `--record` repairs it".to_owned(),
            ),
            cure: None,
        })
    }

    /// Returns the same refs, with the built refs of this clone that the remote does not have.
    pub(in crate::plan::pipeline) fn with_alone(self, alone: BTreeSet<String>) -> Self {
        Self { alone, ..self }
    }

    /// Whether this clone has the built ref of a service, but the remote does not have it.
    pub(in crate::plan::pipeline) fn is_alone(&self, service: &ServiceName) -> bool {
        self.alone.contains(&built_ref::reference(&self.environment, service.as_str()))
    }

    /// Returns the names of the built refs.
    pub(in crate::plan::pipeline) fn built_refs(&self) -> BTreeSet<String> {
        let prefix = built_ref::prefix(&self.environment);
        self.refs.keys().filter(|name| name.starts_with(&prefix)).cloned().collect()
    }

    /// Returns the name of the environment.
    #[must_use]
    pub fn environment(&self) -> &str {
        &self.environment
    }

    /// Returns the commit of a service's built ref, at which the service was last built; `None` if there is no built
    /// ref.
    #[must_use]
    pub fn built(&self, service: &ServiceName) -> Option<CommitId> {
        self.refs.get(&built_ref::reference(&self.environment, service.as_str())).copied()
    }

    /// Returns the refs of a configuration's services.
    pub(in crate::plan::pipeline) fn of_services(&self, config: &Config) -> StandingRefs {
        let graph = &config.graph;
        let of = |at: fn(&Self, &ServiceName) -> Option<CommitId>| {
            graph.services().filter_map(|service| Some((service, at(self, graph.name(service))?))).collect()
        };
        StandingRefs { built: of(Self::built), begun: of(Self::begun) }
    }

    /// Returns the services with a mark: a build has begun and was not recorded.
    pub(in crate::plan::pipeline) fn unrecorded(&self, config: &Config) -> impl Iterator<Item = ServiceId> {
        config.graph.services().filter(|service| self.begun(config.graph.name(*service)).is_some())
    }

    /// Returns the object of a service's mark; `None` if the service has no mark. A mark says that a build has begun
    /// and was not recorded.
    #[must_use]
    pub fn begun(&self, service: &ServiceName) -> Option<CommitId> {
        self.refs.get(&built_ref::begun(&self.environment, service.as_str())).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn built_refs_and_marks_of_one_environment_are_told_apart() {
        let commit = |digit: &str| digit.repeat(40).parse::<CommitId>().unwrap();
        let [api, web] = ["api", "web"].map(|name| ServiceName::parse(name).unwrap());
        let refs = [
            (built_ref::reference("production", "api"), commit("1")),
            (built_ref::begun("production", "web"), commit("2")),
            (built_ref::reference("staging", "web"), commit("3")),
        ];
        let state = RefState {
            environment: "production".to_owned(),
            refs: refs.into(),
            damaged: Vec::new(),
            alone: BTreeSet::new(),
        };
        assert_eq!((state.built(&api), state.begun(&api)), (Some(commit("1")), None));
        assert_eq!((state.built(&web), state.begun(&web)), (None, Some(commit("2"))));
        assert_eq!(state.built_refs(), [built_ref::reference("production", "api")].into());
        assert!(state.doubt().is_none());
        let state = state.with_alone([built_ref::reference("production", "api")].into());
        assert!(state.is_alone(&api) && !state.is_alone(&web));
        let damaged = RefState { damaged: vec!["refs/rebake/x".to_owned(), "refs/rebake/y".to_owned()], ..state };
        assert!(damaged.doubt().unwrap().message.contains("refs/rebake/x and 1 more"));
    }
}
