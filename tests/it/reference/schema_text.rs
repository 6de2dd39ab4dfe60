//! JSON Schema in words.

use serde_json::Value;

/// The description of a schema in one line.
pub(super) fn described(schema: &Value) -> String {
    schema["description"].as_str().unwrap_or_default().replace('\n', " ").replace('|', "\\|")
}

/// The definition that a schema refers to.
fn definition<'a>(schema: &Value, root: &'a Value) -> Option<(&'a str, &'a Value)> {
    let name = schema["$ref"].as_str()?.strip_prefix("#/$defs/")?;
    let (name, definition) = root["$defs"].as_object()?.get_key_value(name)?;
    Some((name, definition))
}

/// What a schema allows, besides null: `text or list of texts`.
pub(super) fn type_of(schema: &Value, root: &Value) -> String {
    let mut types: Vec<String> = Vec::new();
    let mut add = |text: String| {
        if !types.contains(&text) {
            types.push(text);
        }
    };
    if let Some((name, definition)) = definition(schema, root) {
        if definition.get("oneOf").is_some() || definition.get("enum").is_some() {
            add("one of the words below".to_owned());
        } else if definition["properties"].is_object() {
            add(linked(name));
        } else {
            add("patterns".to_owned());
        }
    }
    if let Some(choices) = schema["anyOf"].as_array() {
        choices.iter().filter(|choice| choice["type"] != "null").for_each(|choice| add(type_of(choice, root)));
    }
    for word in schema["enum"].as_array().into_iter().flatten().chain(schema.get("const")) {
        add(format!("`{}`", word.as_str().map_or_else(|| word.to_string(), str::to_owned)));
    }
    let is_plain = schema.get("enum").or(schema.get("const")).is_none();
    let kinds: Vec<&str> = match &schema["type"] {
        Value::String(kind) if is_plain => vec![kind],
        Value::Array(kinds) if is_plain => kinds.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    };
    // A text may be written like a number.
    let is_text = kinds.contains(&"string");
    for kind in kinds {
        match kind {
            "string" => add("text".to_owned()),
            "number" | "boolean" if is_text => {}
            "integer" | "number" => add("number".to_owned()),
            "boolean" => add("`true` or `false`".to_owned()),
            "array" if schema["items"].is_object() => add(format!("list of {}", item(&schema["items"], root))),
            "array" => add("list".to_owned()),
            "object" if schema["additionalProperties"].is_object() => {
                add(format!("mapping of names to {}", item(&schema["additionalProperties"], root)));
            }
            "object" => add("mapping".to_owned()),
            _ => {}
        }
    }
    types.join(" or ")
}

/// The type of what a list or a mapping holds; that lists may hold lists goes without saying.
fn item(schema: &Value, root: &Value) -> String {
    match schema["anyOf"].as_array() {
        Some(choices) => {
            let is_said = |choice: &&Value| {
                choice["type"] != "null" && (choice["type"] != "array" || choice["items"].is_object())
            };
            let said: Vec<String> = choices.iter().filter(is_said).map(|choice| type_of(choice, root)).collect();
            said.join(" or ")
        }
        None if schema["type"].as_array().is_some_and(|kinds| kinds.iter().any(|kind| kind == "array")) => {
            "text".to_owned()
        }
        None => type_of(schema, root),
    }
}

/// A link to the section of a definition.
pub(super) fn linked(definition: &str) -> String {
    let title = title(definition);
    format!("[{title}](#{})", title.to_lowercase().replace(' ', "-"))
}

/// What a definition is called in the reference.
fn title(definition: &str) -> String {
    match definition {
        "Service" => "a service".to_owned(),
        "Environment" => "an environment".to_owned(),
        "LockfileOf" => "a lockfile".to_owned(),
        other => other.to_owned(),
    }
}

/// The words that a schema allows by a definition, each with its meaning.
pub(super) fn words_of(schema: &Value, root: &Value) -> Vec<(String, String)> {
    let mut words = Vec::new();
    if let Some((_, definition)) = definition(schema, root) {
        for word in definition["oneOf"].as_array().into_iter().flatten() {
            if let Some(text) = word["const"].as_str() {
                words.push((text.to_owned(), described(word)));
            }
        }
    }
    for inner in schema["anyOf"].as_array().into_iter().flatten().chain(schema.get("items")) {
        for found in words_of(inner, root) {
            if !words.contains(&found) {
                words.push(found);
            }
        }
    }
    words
}
