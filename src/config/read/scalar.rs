use std::borrow::Cow;
use std::cell::Cell;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::de::value::{Error, StrDeserializer};
use serde::de::{DeserializeOwned, Deserializer, IntoDeserializer as _, Visitor};

use super::{Read, wrong_type};
use crate::config::problems::{Problems, shown};
use crate::config::yaml::{Meaning, Scalar, View};
use crate::model::diagnostic::Diagnostic;

/// A text. A number or a boolean is taken as it is written: `1.20` keeps its zero.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::config) struct Text(pub(in crate::config) String);

impl Read for Text {
    fn read(view: View<'_>, problems: &mut Problems<'_>) -> Option<Self> {
        literal(view, "a text", problems).map(|text| Self(text.to_owned()))
    }
}

impl JsonSchema for Text {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Text".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        schemars::json_schema!({ "type": ["string", "number", "boolean"] })
    }
}

/// Returns the text of a scalar that is not null, whatever its type is.
pub(in crate::config) fn literal<'t>(view: View<'t>, expected: &str, problems: &mut Problems<'_>) -> Option<&'t str> {
    let text = view.scalar().filter(|_| !view.is_null()).map(|_| view.text());
    if text.is_none() {
        wrong_type(view, expected, problems);
    }
    text
}

/// Returns the text of a scalar whose type is text.
pub(in crate::config) fn text<'t>(view: View<'t>, expected: &str, problems: &mut Problems<'_>) -> Option<&'t str> {
    match view.scalar().map(Scalar::meaning) {
        Some(Meaning::Text) => Some(view.text()),
        Some(Meaning::Number(_) | Meaning::Bool(_)) => {
            let message = format!("expected {expected}, found {}", view.kind());
            let problem = Diagnostic::error("wrong-type", message);
            let problem = problem.located(problems.file(), &view.locate(()), format!("expected {expected}"));
            problems.push(problem.help(format!("if you mean the text itself, quote it: \"{}\"", view.text())));
            None
        }
        _ => {
            wrong_type(view, expected, problems);
            None
        }
    }
}

/// Reads the serde name of an enum's variant, and returns the variant.
pub(in crate::config) fn word<T: DeserializeOwned>(
    view: View<'_>,
    what: &str,
    problems: &mut Problems<'_>,
) -> Option<T> {
    let word = literal(view, what, problems)?;
    let deserializer: StrDeserializer<'_, Error> = word.into_deserializer();
    if let Ok(value) = T::deserialize(deserializer) {
        return Some(value);
    }
    let words = words::<T>();
    let problem = Diagnostic::error("unknown-word", format!("`{}` is not {what}", shown(word)));
    let problem = problem.located(problems.file(), &view.locate(()), format!("expected {what}"));
    problems.push(match problems.did_you_mean(word, words.iter().copied()) {
        Some(meant) => problem.help(format!("did you mean `{meant}`?")),
        None => problem.help(format!("one of {}", words.join(", "))),
    });
    None
}

/// Returns the serde names of an enum's variants.
fn words<T: DeserializeOwned>() -> &'static [&'static str] {
    let words = Cell::new([].as_slice());
    let _ = T::deserialize(Words(&words));
    words.get()
}

/// A deserializer that reads nothing and notes the names of an enum's variants.
struct Words<'a>(&'a Cell<&'static [&'static str]>);

impl<'de> Deserializer<'de> for Words<'_> {
    type Error = Error;

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        variants: &'static [&'static str],
        _: V,
    ) -> Result<V::Value, Error> {
        self.0.set(variants);
        Err(serde::de::Error::custom(""))
    }

    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Error> {
        Err(serde::de::Error::custom(""))
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct
        newtype_struct seq tuple tuple_struct map struct identifier ignored_any
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_enum_tells_its_words() {
        assert_eq!(words::<crate::model::recipe::Builder>(), ["docker", "buildah", "podman", "task", "none"]);
    }
}
