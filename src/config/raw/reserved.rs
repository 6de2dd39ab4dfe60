use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator};

use crate::config::problems::Problems;
use crate::config::read::Read;
use crate::config::yaml::View;
use crate::model::diagnostic::Diagnostic;

/// The value of a key that is reserved for a later version.
#[derive(Debug, Clone)]
pub(in crate::config) struct Reserved;

impl Read for Reserved {
    fn read(view: View<'_>, problems: &mut Problems<'_>) -> Option<Self> {
        let problem = Diagnostic::error("reserved-key", "this key is reserved for a later version of rebake");
        let problem = problem.located(problems.file(), &view.locate(()), "has no meaning yet");
        problems.push(problem.help("remove it; a key that begins with `x-` is free for your own use"));
        None
    }
}

impl JsonSchema for Reserved {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Reserved".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        schemars::json_schema!({ "not": {} })
    }
}
