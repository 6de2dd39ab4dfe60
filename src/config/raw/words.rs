use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::de::DeserializeOwned;

use crate::config::problems::{Problems, shown};
use crate::config::read::{List, Read, Text, literal, text, word, wrong_type};
use crate::config::yaml::{Meaning, Scalar, View};
use crate::inputs::source::Ecosystem;
use crate::inputs::trigger::Kind;
use crate::model::diagnostic::Diagnostic;
use crate::model::recipe::{Builder, Promote, Run};
use crate::naming::version::{Count, Scheme, VersionStyle};

/// An enum whose variants filters.yaml names by words.
pub(in crate::config) trait Word: DeserializeOwned + JsonSchema + Clone {
    /// The noun that messages use for a variant, such as `a builder`.
    const WHAT: &str;
}

impl Word for Builder {
    const WHAT: &str = "a builder";
}

impl Word for Count {
    const WHAT: &str = "a way to count";
}

impl Word for Ecosystem {
    const WHAT: &str = "an ecosystem";
}

impl Word for Kind {
    const WHAT: &str = "a kind of event";
}

impl Word for Promote {
    const WHAT: &str = "a way to reuse images";
}

impl Word for Scheme {
    const WHAT: &str = "a scheme of versions";
}

impl Word for VersionStyle {
    const WHAT: &str = "a style of versions";
}

/// A variant of an enum, written as a word.
#[derive(Debug, Clone)]
pub(in crate::config) struct Choice<T>(pub(in crate::config) T);

/// `true` or `false`.
#[derive(Debug, Clone, Copy, JsonSchema)]
#[schemars(transparent, inline)]
pub(in crate::config) struct Flag(pub(in crate::config) bool);

/// A platform: `linux/amd64`, `linux/arm/v7`.
#[derive(Debug, Clone, JsonSchema)]
#[schemars(transparent, inline)]
pub(in crate::config) struct Platform(
    #[schemars(regex(pattern = r"^[a-z0-9]+/[a-z0-9_]+(/[a-z0-9.]+)?$"))] pub(in crate::config) String,
);

/// A command: a string for `sh -euc`, or a program and its arguments.
#[derive(Debug, Clone)]
pub(in crate::config) struct Command(pub(in crate::config) Run);

impl<T: Word> Read for Choice<T> {
    fn read(view: View<'_>, problems: &mut Problems<'_>) -> Option<Self> {
        word(view, T::WHAT, problems).map(Self)
    }
}

impl<T: JsonSchema> JsonSchema for Choice<T> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        T::schema_name()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        generator.subschema_for::<T>()
    }
}

impl Read for Flag {
    fn read(view: View<'_>, problems: &mut Problems<'_>) -> Option<Self> {
        match view.scalar().map(Scalar::meaning) {
            Some(Meaning::Bool(value)) => Some(Self(value)),
            Some(Meaning::Text) => {
                let message = format!("expected `true` or `false`, found `{}`", shown(view.text()));
                let problem = Diagnostic::error("wrong-type", message);
                let problem = problem.located(problems.file(), &view.locate(()), "expected `true` or `false`");
                problems.push(match view.text().to_lowercase().as_str() {
                    "yes" | "on" | "y" | "true" => problem.help("write `true`, without quotes"),
                    "no" | "off" | "n" | "false" => problem.help("write `false`, without quotes"),
                    _ => problem,
                });
                None
            }
            _ => {
                wrong_type(view, "`true` or `false`", problems);
                None
            }
        }
    }
}

impl Read for Platform {
    fn read(view: View<'_>, problems: &mut Problems<'_>) -> Option<Self> {
        let platform = literal(view, "a platform", problems)?;
        let parts: Vec<&str> = platform.split('/').collect();
        let word = |part: &&str| {
            !part.is_empty()
                && part.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"._".contains(&byte))
        };
        if (2..=3).contains(&parts.len()) && parts.iter().all(word) {
            return Some(Self(platform.to_owned()));
        }
        let problem = Diagnostic::error("bad-platform", format!("`{}` is not a platform", shown(platform)));
        let problem = problem.located(problems.file(), &view.locate(()), "expected `os/arch` or `os/arch/variant`");
        problems.push(match platform {
            _ if platform.contains(',') => problem.help("write several platforms as a list"),
            "amd64" | "arm64" => problem.help(format!("did you mean `linux/{platform}`?")),
            _ => problem.help("such as `linux/amd64`, `linux/arm64` or `linux/arm/v7`"),
        });
        None
    }
}

impl Read for Command {
    fn read(view: View<'_>, problems: &mut Problems<'_>) -> Option<Self> {
        let run = if view.list().is_some() {
            Run::Argv(List::<Text>::read(view, problems)?.0.into_iter().map(|word| word.value.0).collect())
        } else {
            Run::Shell(text(view, "a command", problems)?.to_owned())
        };
        let empty = match &run {
            Run::Argv(words) => words.first().is_none_or(String::is_empty),
            Run::Shell(text) => text.trim().is_empty(),
        };
        if empty {
            problems.error("empty-command", "the command is empty", &view.locate(()), "runs nothing");
            return None;
        }
        Some(Self(run))
    }
}

impl JsonSchema for Command {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Command".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let word = generator.subschema_for::<Text>();
        schemars::json_schema!({ "type": ["string", "array"], "items": word, "minItems": 1, "minLength": 1 })
    }
}
