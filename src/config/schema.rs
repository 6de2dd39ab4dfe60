use schemars::JsonSchema as _;
use schemars::generate::SchemaSettings;
use serde_json::{Value, json};

use super::raw;

/// Returns the JSON Schema (draft 2020-12) of filters.yaml, for both shapes, from the types that read the file.
#[must_use]
pub fn schema() -> Value {
    let mut generator = SchemaSettings::draft2020_12().into_generator();
    let mut structured = raw::File::json_schema(&mut generator).to_value();
    structured["patternProperties"] = json!({ "^x-": true });
    let mut definitions = Value::Object(generator.take_definitions(true));
    definitions["Structured"] = structured;
    definitions["Flat"] = flat();
    definitions["FlatItem"] = flat_item();
    definitions["FlatPatterns"] = flat_patterns();
    let statuses = json!({ "propertyNames": { "pattern": STATUSES }, "minProperties": 1 });
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "filters.yaml of rebake",
        "description": "What is built in this repository, and what affects it.",
        "if": {
            "type": "object",
            "required": ["services"],
            "properties": { "services": { "type": ["object", "null"], "not": statuses } },
        },
        "then": { "$ref": "#/$defs/Structured" },
        "else": { "$ref": "#/$defs/Flat" },
        "$defs": definitions,
    })
}

const STATUSES: &str = r"^\s*(added|modified|deleted)\s*(\|\s*(added|modified|deleted)\s*)*$";

/// Returns the schema of the flat shape.
fn flat() -> Value {
    json!({
        "description": "The shape of dorny/paths-filter: each key is a filter, and a service of that name.",
        "type": ["object", "array"],
        "items": { "$ref": "#/$defs/FlatItem" },
        "additionalProperties": { "$ref": "#/$defs/FlatItem" },
    })
}

/// Returns the schema of an item of a flat filter. Status words are not checked, since paths-filter accepts any.
fn flat_item() -> Value {
    json!({
        "description": "A pattern; a list of items; or patterns under `added|modified|deleted`.",
        "anyOf": [
            { "type": "string", "minLength": 1 },
            { "type": "array", "items": { "$ref": "#/$defs/FlatItem" } },
            { "type": "object", "additionalProperties": { "$ref": "#/$defs/FlatPatterns" } },
        ],
    })
}

fn flat_patterns() -> Value {
    json!({
        "anyOf": [
            { "type": "string", "minLength": 1 },
            { "type": "array", "items": { "$ref": "#/$defs/FlatPatterns" } },
        ],
    })
}
