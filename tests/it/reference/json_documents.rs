//! The JSON of plans and reports, from their schemas.

use std::fmt::Write as _;

use rebake::output::exec::Report;
use rebake::plan::Plan;
use serde_json::Value;

use super::kept;
use super::schema_text::{described, linked, type_of, words_of};
use crate::docs::regex;

/// A link to the words of a key, which have a section of their own.
fn words_link(key: &Value) -> String {
    let text = key.to_string();
    let name = regex(r"#/\$defs/(\w+)").captures(&text).map(|found| found[1].to_owned());
    name.map(|name| linked(&name)).unwrap_or_default()
}

/// The keys of an object, as a table.
fn table(page: &mut String, object: &Value, root: &Value) {
    page.push_str("| key | type | |\n| --- | --- | --- |\n");
    for (name, key) in object["properties"].as_object().unwrap() {
        let required = object["required"].as_array().into_iter().flatten().any(|required| required == name.as_str());
        let optional = if required { "" } else { ", may be absent" };
        let kind = type_of(key, root).replace("one of the words below", &words_link(key));
        let _ = writeln!(page, "| `{name}` | {kind}{optional} | {} |", described(key));
    }
    page.push('\n');
}

fn page(title: &str, intro: &str, schema: &Value) -> String {
    let mut page = format!("# {title}\n\n{intro}\n\n");
    table(&mut page, schema, schema);
    for (name, definition) in schema["$defs"].as_object().unwrap() {
        let _ = writeln!(page, "## {name}\n\n{}\n", described(definition));
        if definition["properties"].is_object() {
            table(&mut page, definition, schema);
        }
        let reference = serde_json::json!({"$ref": format!("#/$defs/{name}")});
        let words = words_of(&reference, schema);
        for (word, meaning) in &words {
            let _ = writeln!(page, "- `{word}`: {meaning}");
        }
        if !words.is_empty() {
            page.push('\n');
        }
    }
    page.trim_end().to_owned() + "\n"
}

#[test]
fn the_plan_is_that_of_the_schema() {
    let intro = "`rebake plan --format json` prints it; `--plan FILE` goes on from it. Readers ignore unknown keys: new ones \
                 may come, and `schema` grows only if an old one changes. `rebake schema plan` prints the JSON Schema.";
    kept("plan.md", &page("The plan as JSON", intro, &Plan::schema()));
}

#[test]
fn the_report_is_that_of_the_schema() {
    let intro = "`rebake build --report FILE` writes it; `rebake report` merges several. Readers ignore unknown keys. \
                 `rebake schema report` prints the JSON Schema.";
    kept("report.md", &page("The report as JSON", intro, &Report::schema()));
}
