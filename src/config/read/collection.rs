use std::borrow::Cow;

use indexmap::IndexMap;
use schemars::{JsonSchema, Schema, SchemaGenerator};

use super::{Read, entries, wrong_type};
use crate::config::problems::Problems;
use crate::config::yaml::View;
use crate::model::diagnostic::{Located, Span};

/// A list, or a single item. Nested lists are flattened, so that an alias of a list can be an item.
#[derive(Debug, Clone)]
pub(in crate::config) struct List<T>(pub(in crate::config) Vec<Located<T>>);

/// A mapping whose keys are freely chosen names, in the order of the file.
#[derive(Debug, Clone)]
pub(in crate::config) struct Map<T>(pub(in crate::config) IndexMap<String, Named<T>>);

/// A value of a mapping, with the place of its name.
#[derive(Debug, Clone)]
pub(in crate::config) struct Named<T> {
    /// The place of the name.
    pub(in crate::config) name: Located<()>,
    pub(in crate::config) value: Located<T>,
}

/// Returns the items of a list, with nested lists replaced by their items.
pub(in crate::config) fn flattened(view: View<'_>) -> Vec<View<'_>> {
    match view.list() {
        Some(items) => items.flat_map(flattened).collect(),
        None => vec![view],
    }
}

impl<T: Read> Read for List<T> {
    fn read(view: View<'_>, problems: &mut Problems<'_>) -> Option<Self> {
        let items = flattened(view).into_iter().map(|item| T::read(item, problems).map(|value| item.locate(value)));
        // The items after a broken one are read too, so that every problem is reported.
        let items: Vec<Option<Located<T>>> = items.collect();
        items.into_iter().collect::<Option<_>>().map(Self)
    }
}

impl<T: Read> Read for Map<T> {
    fn read(view: View<'_>, problems: &mut Problems<'_>) -> Option<Self> {
        let mut map = IndexMap::new();
        let mut broken = false;
        for (key, value) in entries(view, problems)? {
            if key.is_null() {
                wrong_type(key, "a name", problems);
                broken = true;
            }
            match T::read(value, problems) {
                Some(read) => {
                    let named = Named { name: key.locate(()), value: value.locate(read) };
                    map.insert(key.text().to_owned(), named);
                }
                None => broken = true,
            }
        }
        if broken { None } else { Some(Self(map)) }
    }

    fn over(self, defaults: &Self) -> Self {
        let mut map = defaults.0.clone();
        map.extend(self.0);
        Self(map)
    }
}

impl<T> Default for List<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T> Default for Map<T> {
    fn default() -> Self {
        Self(IndexMap::new())
    }
}

impl<T> Named<T> {
    /// Returns the place of the name.
    pub(in crate::config) fn at(&self) -> Span {
        self.name.defined
    }
}

impl<T: JsonSchema> JsonSchema for List<T> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        format!("List_of_{}", T::schema_name()).into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let item = generator.subschema_for::<T>();
        schemars::json_schema!({ "anyOf": [item, { "type": "array", "items": { "anyOf": [item, { "type": "array" }] } }] })
    }
}

impl<T: JsonSchema> JsonSchema for Map<T> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        format!("Map_of_{}", T::schema_name()).into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        schemars::json_schema!({ "type": "object", "additionalProperties": generator.subschema_for::<T>() })
    }
}
