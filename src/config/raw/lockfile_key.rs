use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator};

use super::LockfileOf;
use crate::config::problems::{Problems, shown};
use crate::config::read::{Read, literal};
use crate::config::yaml::{Meaning, Scalar, View};
use crate::inputs::lockfile::{LOCKFILE_NAMES, LockfileFormat};
use crate::model::diagnostic::Diagnostic;
use crate::model::name::RepoDir;

/// How lockfiles affect a service.
#[derive(Debug, Clone)]
pub(in crate::config) enum LockfileKey {
    /// `whole`: as files. The service's patterns decide whether a change of a lockfile affects the service.
    Whole,
    /// `false`: like `Whole`, and it is intended that the patterns match no lockfile.
    Unchecked,
    /// `auto`: by packages. These are the packages that the service's own package gets from the lockfiles in the
    /// service's directory and above it.
    Auto,
    /// Like `Auto`, but with another lockfile or package, or without development dependencies.
    Of(LockfileOf),
}

/// The path of a lockfile from the root of the repository.
#[derive(Debug, Clone)]
pub(in crate::config) struct LockfilePath(pub(in crate::config) String);

/// The words that the key accepts instead of a path.
const WORDS: [&str; 3] = ["auto", "whole", "false"];

/// Reads the path of a lockfile. The file name must be known, such as `Cargo.lock`. For a mistyped text, the message
/// may suggest a known name or one of `words`.
fn path(view: View<'_>, text: &str, words: &[&'static str], problems: &mut Problems<'_>) -> Option<LockfilePath> {
    let path = match RepoDir::root().resolve_file(text) {
        Ok(path) => path,
        Err(error) => {
            let help = "write the path of a lockfile from the root of the repository";
            problems.error("bad-path", error.to_string(), &view.locate(()), help);
            return None;
        }
    };
    let name = path.rsplit('/').next().unwrap_or_default();
    if LockfileFormat::of(name.as_bytes()).is_some() {
        return Some(LockfilePath(path));
    }
    let names = LOCKFILE_NAMES.map(|(name, _)| name);
    let word = problems.did_you_mean(text, words.iter().copied()).map(str::to_owned);
    let meant = word.or_else(|| {
        let known = problems.did_you_mean(name, names)?;
        Some(RepoDir::of_file(&path).join(known))
    });
    let problem = Diagnostic::error("bad-lockfile", format!("`{}` is no lockfile that rebake reads", shown(text)));
    let problem = problem.located(problems.file(), &view.locate(()), "not known by its name");
    let problem = match meant {
        Some(meant) => problem.help(format!("did you mean `{}`?", shown(&meant))),
        None => problem,
    };
    let or = if words.is_empty() { "" } else { "`, or " };
    let words = words.iter().map(|word| format!("`{word}")).collect::<Vec<String>>().join("`, ");
    problems.push(problem.help(format!("write {words}{or}the path of one of {}", names.join(", "))));
    None
}

impl Read for LockfilePath {
    fn read(view: View<'_>, problems: &mut Problems<'_>) -> Option<Self> {
        let text = literal(view, "the path of a lockfile", problems)?;
        path(view, text, &[], problems)
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
            text => {
                let file = path(view, text, &WORDS, problems)?;
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
        let names = LOCKFILE_NAMES.map(|(name, _)| name.replace('.', "\\.")).join("|");
        schemars::json_schema!({ "type": "string", "pattern": format!("(^|/)({names})$") })
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
        let path = generator.subschema_for::<LockfilePath>();
        schemars::json_schema!({
            "anyOf": [{ "enum": ["auto", "whole", false] }, path, mapping]
        })
    }
}
