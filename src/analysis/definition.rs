//! A service's definition after defaults, anchors and merge keys are resolved, so that two versions of filters.yaml can
//! be compared service by service.
//!
//! Only what can change the result of a build is part of it: no comment, no description, no edit of another service.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use indexmap::IndexMap;
use serde_json::Value;

use crate::model::name::ServiceName;

/// The resolved definition of one service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Definition {
    /// All of its own that can change the result, as canonical JSON: keys sorted, no blanks. None where the service
    /// cannot be read, in a configuration of another time: it equals no other.
    pub canonical: Option<String>,
    /// The file's `global` patterns as canonical JSON, one text for all services; none where there are none, or where
    /// the service stands aside.
    pub global: Option<Arc<str>>,
    /// What it is built from.
    pub depends_on: Vec<ServiceName>,
}

impl Definition {
    /// Whether the two are known to be the same but for what they depend on.
    fn equals(&self, other: &Self) -> bool {
        self.canonical.is_some() && self.canonical == other.canonical && self.global == other.global
    }

    /// The keys that have another value, in the order of the alphabet; none where one of the two cannot be read.
    fn keys_that_differ(&self, other: &Self) -> Vec<String> {
        let read = |definition: &Self| -> Option<BTreeMap<String, Value>> {
            serde_json::from_str(definition.canonical.as_deref()?).ok()
        };
        let (Some(now), Some(then)) = (read(self), read(other)) else { return Vec::new() };
        let all = now.keys().chain(then.keys()).filter(|key| now.get(*key) != then.get(*key)).cloned();
        let global = (self.global != other.global).then(|| "global".to_owned());
        all.chain(global).collect::<BTreeSet<_>>().into_iter().collect()
    }
}

/// The definitions of all services of a configuration, in file order.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Definitions(pub IndexMap<ServiceName, Definition>);

/// How a service's definition differs from the one at base.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Difference {
    /// There was no such service.
    New,
    /// These keys are defined otherwise; none where it cannot be told which.
    Changed(Vec<String>),
    /// It no longer depends on these.
    DependencyRemoved(Vec<ServiceName>),
}

impl Definitions {
    /// Returns how a service differs from `base`: several differences where both its definition and its dependencies do.
    #[must_use]
    pub fn differences(&self, base: &Self, service: &ServiceName) -> Vec<Difference> {
        let Some(now) = self.0.get(service) else { return Vec::new() };
        let Some(then) = base.0.get(service) else { return vec![Difference::New] };
        let removed: Vec<ServiceName> =
            then.depends_on.iter().filter(|dependency| !now.depends_on.contains(dependency)).cloned().collect();
        let added = now.depends_on.iter().any(|dependency| !then.depends_on.contains(dependency));
        let mut differences = Vec::new();
        if !now.equals(then) || added {
            let mut keys = now.keys_that_differ(then);
            keys.extend(added.then(|| "depends_on".to_owned()));
            keys.sort();
            differences.push(Difference::Changed(keys));
        }
        if !removed.is_empty() {
            differences.push(Difference::DependencyRemoved(removed));
        }
        differences
    }

    /// Returns the services of `base` that are gone, in the order in which they stood there.
    #[must_use]
    pub fn removed_since(&self, base: &Self) -> Vec<ServiceName> {
        base.0.keys().filter(|service| !self.0.contains_key(*service)).cloned().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> ServiceName {
        ServiceName::parse(text).unwrap()
    }

    fn definitions(list: &[(&str, &str, &[&str])]) -> Definitions {
        let definition = |(service, canonical, depends_on): &(&str, &str, &[&str])| {
            let depends_on = depends_on.iter().map(|dependency| name(dependency)).collect();
            (name(service), Definition { canonical: Some((*canonical).into()), global: None, depends_on })
        };
        Definitions(list.iter().map(definition).collect())
    }

    fn changed(keys: &[&str]) -> Difference {
        Difference::Changed(keys.iter().map(|key| (*key).to_owned()).collect())
    }

    #[test]
    fn each_difference_is_told_apart() {
        let (one, two) = (r#"{"env":{},"path":"x"}"#, r#"{"path":"y","run":{}}"#);
        let base = definitions(&[("a", one, &["x"]), ("b", one, &[]), ("c", one, &[]), ("gone", one, &[])]);
        let head = definitions(&[("a", one, &[]), ("b", two, &["a"]), ("c", one, &[]), ("n", one, &[])]);
        let of = |service| head.differences(&base, &name(service));
        assert_eq!(of("a"), [Difference::DependencyRemoved(vec![name("x")])]);
        assert_eq!(of("b"), [changed(&["depends_on", "env", "path", "run"])]);
        assert_eq!(of("c"), []);
        assert_eq!(of("n"), [Difference::New]);
        assert_eq!(head.removed_since(&base), [name("gone")]);
    }

    #[test]
    fn what_all_services_watch_is_part_of_each_that_heeds_it() {
        let watching = |global: Option<&str>| {
            let mut list = definitions(&[("a", "{}", &[])]);
            list.0[&name("a")].global = global.map(Arc::from);
            list
        };
        let differences = |head, base| watching(head).differences(&watching(base), &name("a"));
        assert_eq!(differences(Some("x"), Some("x")), []);
        assert_eq!(differences(None, Some("x")), [changed(&["global"])]);
        assert_eq!(differences(Some("y"), Some("x")), [changed(&["global"])]);
    }

    #[test]
    fn what_cannot_be_read_equals_nothing() {
        let mut unread = definitions(&[("a", "1", &[])]);
        unread.0[&name("a")].canonical = None;
        assert_eq!(unread.differences(&unread, &name("a")), [changed(&[])]);
    }
}
