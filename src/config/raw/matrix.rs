use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde_json::Value;

use crate::config::problems::{Problems, shown};
use crate::config::read::{Read, entries};
use crate::config::yaml::{Content, Meaning, View};
use crate::model::diagnostic::Diagnostic;

/// Values for the CI job, by name.
#[derive(Debug, Clone, Default)]
pub(in crate::config) struct Matrix(pub(in crate::config) serde_json::Map<String, Value>);

/// The names that rebake itself sets in every matrix entry.
const RESERVED: [&str; 5] = ["service", "path", "version", "tag", "environment"];

impl Read for Matrix {
    fn read(view: View<'_>, problems: &mut Problems<'_>) -> Option<Self> {
        let mut matrix = serde_json::Map::new();
        let mut good = true;
        for (key, value) in entries(view, problems)? {
            let name = key.text();
            if RESERVED.contains(&name) {
                let problem = Diagnostic::error("reserved-name", format!("the matrix has a `{name}` of its own"));
                let problem = problem.located(problems.file(), &key.locate(()), "already taken");
                problems.push(problem.help(format!("choose another name; taken are {}", RESERVED.join(", "))));
                good = false;
            }
            good &= is_json(value, problems);
            // `is_json` has reported the values that JSON cannot hold.
            matrix.insert(name.to_owned(), serde_json::to_value(value.to_value()).unwrap_or_default());
        }
        good.then_some(Self(matrix))
    }

    fn over(self, defaults: &Self) -> Self {
        let mut matrix = defaults.0.clone();
        matrix.extend(self.0);
        Self(matrix)
    }
}

/// Whether a value can be written as JSON; warns of a number that JSON would change.
pub(super) fn is_json(view: View<'_>, problems: &mut Problems<'_>) -> bool {
    match view.content() {
        Content::Scalar(scalar) => match scalar.meaning() {
            Meaning::Number(number) if number.as_f64().is_some_and(|float| !float.is_finite()) => {
                problems.error("not-json", "JSON has no such number", &view.locate(()), "cannot be passed on");
                false
            }
            Meaning::Number(number) if scalar.is_plain() && number.to_string() != scalar.text() => {
                let message = format!("the number `{}` is passed on as `{number}`", shown(scalar.text()));
                let problem =
                    Diagnostic::warning("number-changes", message).located(problems.file(), &view.locate(()), "");
                problems.push(problem.help(format!("quote it to keep it as it is written: \"{}\"", scalar.text())));
                true
            }
            _ => true,
        },
        Content::List(_) => {
            let mut good = true;
            for item in view.list().into_iter().flatten() {
                good &= is_json(item, problems);
            }
            good
        }
        Content::Mapping(_) => {
            let mut good = true;
            for (key, value) in view.mapping().into_iter().flatten() {
                if key.is_null() {
                    problems.error("not-json", "JSON has no null key", &key.locate(()), "expected a name");
                    good = false;
                }
                good &= is_json(value, problems);
            }
            good
        }
        Content::Shared(_) | Content::Broken => false,
    }
}

impl JsonSchema for Matrix {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Matrix".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        schemars::json_schema!({ "type": "object", "propertyNames": { "not": { "enum": RESERVED } } })
    }
}
