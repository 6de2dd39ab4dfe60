use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator};

use crate::config::problems::Problems;
use crate::config::read::{Read, flattened, literal};
use crate::config::yaml::View;
use crate::model::diagnostic::Located;

/// Lines of a block of text, or items of a list. Blank ones are left out.
#[derive(Debug, Clone, Default)]
pub(in crate::config) struct Lines(pub(in crate::config) Vec<Located<String>>);

impl Read for Lines {
    fn read(view: View<'_>, problems: &mut Problems<'_>) -> Option<Self> {
        let mut lines = Vec::new();
        for item in flattened(view) {
            literal(item, "lines of text", problems)?;
            lines.extend(of_block(item, problems));
        }
        Some(Self(lines))
    }
}

/// Returns the lines of a scalar. A line that the file contains unchanged gets its own place, and any other line gets
/// the place of the whole scalar.
fn of_block(view: View<'_>, problems: &Problems<'_>) -> Vec<Located<String>> {
    let whole = view.locate(());
    let written = problems.file().slice(whole.defined);
    let mut behind = 0;
    let mut lines = Vec::new();
    for line in view.text().lines().map(str::trim).filter(|line| !line.is_empty()) {
        let mut located = view.locate(line.to_owned());
        if let Some(offset) = written[behind..].find(line) {
            located.defined.start = whole.defined.start + behind + offset;
            located.defined.end = located.defined.start + line.len();
            behind += offset + line.len();
            if whole.used == whole.defined {
                located.used = located.defined;
            }
        }
        lines.push(located);
    }
    lines
}

impl JsonSchema for Lines {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Lines".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        schemars::json_schema!({ "type": ["string", "array"], "items": { "type": ["string", "array"] } })
    }
}
