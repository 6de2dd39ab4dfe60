use std::borrow::Cow;

use indexmap::IndexMap;

use super::node::{Content, Node};
use crate::model::diagnostic::Span;

/// The entries of a mapping that is being read, in JavaScript's order: a key keeps the position where it first occurs,
/// even if a merge key adds it there.
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
    /// From a merge key. An entry of the mapping itself with the same key replaces it.
    Merged,
}

impl<'t> Entries<'t> {
    /// Adds an entry that is written in this mapping, not merged in.
    ///
    /// # Errors
    /// When the mapping itself already has the key. The earlier entry is kept, and the error is the place of its key.
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

    /// Adds those entries of another mapping whose names are new. Returns `false`, and adds nothing, if the node is no
    /// mapping.
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
