//! Turns the YAML tree into values as they are written. One definition of a mapping gives its reader, its errors and
//! its JSON Schema.
//!
//! Every problem is reported with its place, and reading goes on: a value that could not be read is [`Field::Broken`],
//! so that later checks do not report it again.

mod collection;
mod field;
mod mapping;
mod scalar;

pub(super) use collection::{List, Map, Named, flattened};
pub(super) use field::Field;
pub(super) use mapping::{entries, mapping, unknown_key};
pub(super) use scalar::{Text, literal, text, word};

use schemars::JsonSchema;

use super::problems::Problems;
use super::yaml::View;

/// A value of filters.yaml, as written.
pub(super) trait Read: JsonSchema + Sized + Clone {
    /// Reads the value. If it is invalid, reports the problem and returns `None`.
    fn read(view: View<'_>, problems: &mut Problems<'_>) -> Option<Self>;

    /// Returns the result of setting this value over a default: mappings are merged, and any other value replaces the
    /// default.
    #[must_use]
    fn over(self, _defaults: &Self) -> Self {
        self
    }
}

/// Reports that a value has the wrong type.
pub(super) fn wrong_type(view: View<'_>, expected: &str, problems: &mut Problems<'_>) {
    if !view.is_broken() {
        let message = format!("expected {expected}, found {}", view.kind());
        problems.error("wrong-type", message, &view.locate(()), format!("expected {expected}"));
    }
}
