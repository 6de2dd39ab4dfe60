//! A service's definition after defaults, anchors and merge keys are resolved, so that two versions of filters.yaml can
//! be compared service by service.
//!
//! Only settings that can change the result of a build are part of a definition. Edits of comments, of descriptions and
//! of other services do not change the definition.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use indexmap::IndexMap;
use serde_json::Value;

use crate::model::name::ServiceName;

/// The resolved definition of one service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Definition {
    /// The service's own settings that can change the result, as canonical JSON: keys sorted, no blanks. `None` if they
    /// are not all known, because the configuration of another commit cannot be read or does not determine them. The
    /// definition then equals no other definition.
    pub canonical: Option<String>,
    /// The `global` patterns of filters.yaml as canonical JSON, one text for all services; `None` if there are no such
    /// patterns or the service opts out.
    pub global: Option<Arc<str>>,
    /// The services that it is built from.
    pub depends_on: Vec<ServiceName>,
}

impl Definition {
    /// Whether the two definitions are known to be equal, apart from dependencies.
    fn equals(&self, other: &Self) -> bool {
        self.canonical.is_some() && self.canonical == other.canonical && self.global == other.global
    }

    /// Returns the keys whose values differ, in alphabetical order; empty if one of the two definitions is not known.
    fn keys_that_differ(&self, other: &Self) -> Vec<String> {
        let (Some(now), Some(then)) = (&self.canonical, &other.canonical) else { return Vec::new() };
        let all = changed_keys(then, now).into_iter().map(|changed| changed.key);
        let global = (self.global != other.global).then(|| "global".to_owned());
        all.chain(global).collect::<BTreeSet<_>>().into_iter().collect()
    }
}

/// A key whose value differs between two definitions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangedKey {
    /// The key of filters.yaml. If the value of the key is a map, it is followed by a key of the map: `build_args.X`.
    pub key: String,
    /// The value before; `None` if the key was absent.
    pub before: Option<Value>,
    /// The value after; `None` if the key is absent.
    pub after: Option<Value>,
}

/// The keys whose values are maps with arbitrary keys.
const MAPS: [&str; 4] = ["build_args", "contexts", "env", "labels"];

/// Returns the keys that differ between two definitions in canonical JSON, in alphabetical order; empty if one of the
/// texts is not such a definition.
#[must_use]
pub fn changed_keys(before: &str, after: &str) -> Vec<ChangedKey> {
    let read = |canonical| serde_json::from_str::<BTreeMap<String, Value>>(canonical).map(flat);
    let (Ok(mut before), Ok(mut after)) = (read(before), read(after)) else { return Vec::new() };
    before.retain(|key, value| {
        let is_equal = after.get(key) == Some(value);
        if is_equal {
            after.remove(key);
        }
        !is_equal
    });
    let keys: BTreeSet<String> = before.keys().chain(after.keys()).cloned().collect();
    let changed = |key: String| ChangedKey { before: before.remove(&key), after: after.remove(&key), key };
    keys.into_iter().map(changed).collect()
}

/// Returns a definition in which the entries of each of the [`MAPS`] replace the map: `build_args.X`.
fn flat(definition: BTreeMap<String, Value>) -> BTreeMap<String, Value> {
    let mut flat = BTreeMap::new();
    for (key, value) in definition {
        match value {
            Value::Object(map) if MAPS.contains(&key.as_str()) && !map.is_empty() => {
                flat.extend(map.into_iter().map(|(inner, value)| (format!("{key}.{inner}"), value)));
            }
            value => _ = flat.insert(key, value),
        }
    }
    flat
}

/// The definitions of all services of a configuration, in file order.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Definitions(pub IndexMap<ServiceName, Definition>);

/// A difference between a service's definition and its definition at base.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Difference {
    /// There is no such service at base.
    New,
    /// The keys whose values differ; empty if it is not known which keys these are.
    Changed(Vec<String>),
    /// The service no longer depends on these services.
    DependencyRemoved(Vec<ServiceName>),
}

impl Definitions {
    /// Returns the differences between a service's definition and its definition in `base`. There are two if keys
    /// changed and dependencies were removed.
    #[must_use]
    pub fn differences(&self, base: &Self, service: &ServiceName) -> Vec<Difference> {
        let Some(now) = self.0.get(service) else { return Vec::new() };
        let Some(then) = base.0.get(service) else { return vec![Difference::New] };
        let [of_now, of_then]: [BTreeSet<&ServiceName>; 2] = [now, then].map(|side| side.depends_on.iter().collect());
        let removed = then.depends_on.iter().filter(|dependency| !of_now.contains(dependency));
        let removed: Vec<ServiceName> = removed.cloned().collect();
        let added = !of_now.is_subset(&of_then);
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

    /// Returns the services of `base` that no longer exist, in the order of `base`.
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
    fn keys_of_maps_are_told_one_by_one() {
        let before = r#"{"build_args":{"A":"1","B":"2"},"image":"x","run":{"shell":"a"}}"#;
        let after = r#"{"build_args":{"A":"1","B":"3"},"env":{"C":"4"},"run":{"shell":"b"}}"#;
        let shown = |value: Option<Value>| value.map(|value| value.to_string()).unwrap_or_default();
        let changed = changed_keys(before, after).into_iter();
        let changed: Vec<_> =
            changed.map(|changed| [changed.key, shown(changed.before), shown(changed.after)].join(" ")).collect();
        let expected =
            [r#"build_args.B "2" "3""#, r#"env.C  "4""#, r#"image "x" "#, r#"run {"shell":"a"} {"shell":"b"}"#];
        assert_eq!(changed, expected);
        assert_eq!(changed_keys("no JSON", after), []);
    }

    #[test]
    fn what_cannot_be_read_equals_nothing() {
        let mut unread = definitions(&[("a", "1", &[])]);
        unread.0[&name("a")].canonical = None;
        assert_eq!(unread.differences(&unread, &name("a")), [changed(&[])]);
    }
}
