use serde_yaml::Value;

use super::node::{Content, Meaning, View};

impl View<'_> {
    /// Returns the value as free-form data.
    pub(in crate::config) fn to_value(self) -> Value {
        match self.content() {
            Content::Scalar(scalar) => match scalar.meaning() {
                Meaning::Null => Value::Null,
                Meaning::Bool(value) => Value::Bool(value),
                Meaning::Number(number) => Value::Number(number),
                Meaning::Text => Value::String(scalar.text().to_owned()),
            },
            Content::List(_) => self.list().into_iter().flatten().map(Self::to_value).collect(),
            Content::Mapping(_) => {
                let entries = self.mapping().into_iter().flatten();
                Value::Mapping(entries.map(|(key, value)| (key.to_value(), value.to_value())).collect())
            }
            Content::Shared(_) | Content::Broken => Value::Null,
        }
    }
}
