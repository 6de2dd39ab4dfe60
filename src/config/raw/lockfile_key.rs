use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator};

use super::LockfileOf;
use crate::config::problems::{Problems, shown};
use crate::config::read::{Read, literal};
use crate::config::yaml::{Meaning, Scalar, View};
use crate::model::diagnostic::Diagnostic;
use crate::model::name::RepoDir;

/// How lockfiles affect a service.
#[derive(Debug, Clone)]
pub(in crate::config) enum LockfileKey {
    /// As files: the patterns decide whether a change matters.
    Whole,
    /// As files, and the patterns leave them out on purpose: `false`.
    Unchecked,
    /// By the packages that the lockfiles in its path and above it give the service's package.
    Auto,
    /// By packages too, but with this lockfile, package or scope.
    Of(LockfileOf),
}

/// A lockfile by its path from the root of the repository.
#[derive(Debug, Clone)]
pub(in crate::config) struct LockfilePath(pub(in crate::config) String);

impl Read for LockfilePath {
    fn read(view: View<'_>, problems: &mut Problems<'_>) -> Option<Self> {
        let text = literal(view, "the path of a lockfile", problems)?;
        match RepoDir::root().resolve_file(text) {
            Ok(path) => Some(Self(path)),
            Err(error) => {
                let help = "write the path of a lockfile from the root of the repository";
                problems.error("bad-path", error.to_string(), &view.locate(()), help);
                None
            }
        }
    }
}

impl Read for LockfileKey {
    fn read(view: View<'_>, problems: &mut Problems<'_>) -> Option<Self> {
        if view.mapping().is_some() {
            return LockfileOf::read(view, problems).map(Self::Of);
        }
        match view.scalar().map(Scalar::meaning) {
            Some(Meaning::Bool(false)) => return Some(Self::Unchecked),
            Some(Meaning::Bool(true)) => {
                let problem = Diagnostic::error("bad-lockfile", format!("`{}` names no lockfile", shown(view.text())));
                let problem = problem.located(problems.file(), &view.locate(()), "");
                problems.push(
                    problem.help("write `auto` for those in the service's path and above it, or the path of one"),
                );
                return None;
            }
            _ => {}
        }
        match literal(view, "`auto`, `whole`, `false` or the path of a lockfile", problems)? {
            "auto" => Some(Self::Auto),
            "whole" => Some(Self::Whole),
            _ => {
                let file = LockfilePath::read(view, problems)?;
                let file = crate::config::read::Field::Given(Box::new(view.locate(file)));
                Some(Self::Of(LockfileOf { file, ..LockfileOf::default() }))
            }
        }
    }
}

impl JsonSchema for LockfilePath {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "LockfilePath".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        schemars::json_schema!({ "type": "string" })
    }
}

impl JsonSchema for LockfileKey {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "LockfileKey".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let mapping = generator.subschema_for::<LockfileOf>();
        schemars::json_schema!({
            "anyOf": [{ "enum": ["auto", "whole", false] }, { "type": "string" }, mapping]
        })
    }
}
