use std::borrow::Cow;

use indexmap::IndexMap;

use super::node::{Content, Node};
use crate::model::diagnostic::Span;

/// The entries of a mapping while it is read, in JavaScript's order: a key keeps its first position, even if that comes
/// from a merge key.
#[derive(Default)]
pub(super) struct Entries<'t>(IndexMap<Cow<'t, str>, Entry<'t>>);

struct Entry<'t> {
    key: Node<'t>,
    value: Node<'t>,
    origin: Origin,
}

/// The origin of an entry.
enum Origin {
    /// From the mapping itself.
    Own,
    /// From a merge key; an own entry replaces it.
    Merged,
}

impl<'t> Entries<'t> {
    /// Adds an entry that is written in this mapping, not merged in.
    ///
    /// # Errors
    /// When this mapping already has the key: the place of that entry, which is kept.
    pub(super) fn insert(&mut self, name: Cow<'t, str>, key: Node<'t>, value: Node<'t>) -> Result<(), Span> {
        if let Some(entry) = self.0.get_mut(&name) {
            if matches!(entry.origin, Origin::Own) {
                return Err(entry.key.at);
            }
            *entry = Entry { key, value, origin: Origin::Own };
        } else {
            self.0.insert(name, Entry { key, value, origin: Origin::Own });
        }
        Ok(())
    }

    /// Adds the entries of another node whose names are new; returns whether the node is a mapping.
    pub(super) fn merge(&mut self, mapping: &Node<'t>) -> bool {
        let Content::Mapping(entries) = &mapping.resolved().content else { return false };
        let via = |node: &Node<'t>| Node { via: mapping.via.or(node.via), ..node.clone() };
        for (key, value) in entries {
            self.0.entry(name(key)).or_insert_with(|| Entry {
                key: via(key),
                value: via(value),
                origin: Origin::Merged,
            });
        }
        true
    }

    pub(super) fn into_vec(self) -> Vec<(Node<'t>, Node<'t>)> {
        self.0.into_values().map(|entry| (entry.key, entry.value)).collect()
    }
}

/// Returns the text that identifies a key. Two keys that differ only in their quotes are the same.
pub(super) fn name<'t>(key: &Node<'t>) -> Cow<'t, str> {
    match &key.resolved().content {
        Content::Scalar(scalar) => scalar.text.clone(),
        _ => Cow::Borrowed(""),
    }
}
