use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator};

use super::Read;
use crate::config::problems::Problems;
use crate::config::yaml::View;
use crate::model::diagnostic::Located;

/// The value of a key of a mapping.
#[derive(Debug, Clone, Default)]
pub(in crate::config) enum Field<T> {
    /// The key is absent, so the default applies.
    #[default]
    Absent,
    /// The key has no value, so not even the default applies.
    Empty,
    /// A value. It is boxed because most of a service's keys are absent.
    Given(Box<Located<T>>),
    /// A value that could not be read; the problem has been reported.
    Broken,
}

impl<T: Read> Field<T> {
    pub(in crate::config) fn read(view: View<'_>, problems: &mut Problems<'_>) -> Self {
        if view.is_null() {
            return Self::Empty;
        }
        T::read(view, problems).map_or(Self::Broken, |value| Self::Given(Box::new(view.locate(value))))
    }

    pub(in crate::config) fn over(self, defaults: &Self) -> Self {
        match (self, defaults) {
            (Self::Absent, defaults) => defaults.clone(),
            (Self::Given(own), Self::Given(defaults)) => {
                let Located { value, used, defined } = *own;
                Self::Given(Box::new(Located { value: value.over(&defaults.value), used, defined }))
            }
            (own, _) => own,
        }
    }
}

impl<T> Field<T> {
    pub(in crate::config) fn given(&self) -> Option<&Located<T>> {
        if let Self::Given(value) = self { Some(value) } else { None }
    }

    pub(in crate::config) fn value(&self) -> Option<&T> {
        self.given().map(|located| &located.value)
    }

    pub(in crate::config) fn is_broken(&self) -> bool {
        matches!(self, Self::Broken)
    }
}

impl<T: JsonSchema> JsonSchema for Field<T> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        Option::<T>::schema_name()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        Option::<T>::json_schema(generator)
    }
}
