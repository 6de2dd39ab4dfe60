//! Every key of filters.yaml, from the schema that `rebake schema` prints.

use std::fmt::Write as _;

use rebake::analysis::discover::Discovered;
use rebake::config::{self, Options};
use serde_json::{Map, Value, json};

use super::kept;
use super::schema_text::{described, type_of, words_of};

const HEAD: &str = "# Every key of filters.yaml

A file with `services:` has the keys below. Any other file is one of dorny/paths-filter: each of its keys is a filter, and \
a service of that name ([Coming from another tool](../migration.md#dornypaths-filter)). `rebake schema` prints the same as \
a JSON Schema, for editors.

";

/// The mappings of the file: what they are called here, and in the schema.
const MAPPINGS: [(&str, &str); 4] = [
    ("The file", "Structured"),
    ("A service", "Service"),
    ("A lockfile", "LockfileOf"),
    ("An environment", "Environment"),
];

/// Whether a key is no longer written, or not yet.
fn is_left_out(key: &Value) -> bool {
    key["deprecated"] == true || key.get("not").is_some()
}

fn keys(schema: &Value, mapping: &str) -> Map<String, Value> {
    let mut keys = schema["$defs"][mapping]["properties"].as_object().unwrap().clone();
    keys.retain(|_, key| !is_left_out(key));
    keys
}

/// A value as it is written in filters.yaml.
fn yaml(value: &Value) -> String {
    serde_yaml::to_string(value).unwrap()
}

#[test]
fn every_key_is_described() {
    let schema = config::schema();
    let mut page = HEAD.to_owned();
    for (title, mapping) in MAPPINGS {
        let _ = writeln!(page, "## {title}\n\n{}\n", described(&schema["$defs"][mapping]));
        for (name, key) in keys(&schema, mapping) {
            let is_required =
                schema["$defs"][mapping]["required"].as_array().is_some_and(|all| all.contains(&json!(name)));
            let default = match key.get("default") {
                Some(default) => format!(" Default: `{default}`."),
                None if is_required => " Required.".to_owned(),
                None => String::new(),
            };
            let _ = writeln!(page, "### `{name}`\n\n*{}.*{default}\n\n{}", type_of(&key, &schema), described(&key));
            let words = words_of(&key, &schema);
            let list: Vec<String> = words.iter().map(|(word, meaning)| format!("\n- `{word}`: {meaning}")).collect();
            let list = list.concat();
            let _ = writeln!(page, "{list}{}", if list.is_empty() { "" } else { "\n" });
            let example = &key["examples"][0];
            assert!(!example.is_null(), "the key `{name}` of {mapping} has no example in the schema");
            let _ = writeln!(page, "```yaml\n{}```\n", yaml(&json!({ name: example })));
        }
    }
    kept("configuration.md", &(page.trim_end().to_owned() + "\n"));
}

/// Each example of a key, in a file that has what it names.
#[test]
fn every_example_is_valid() {
    let schema = config::schema();
    for (_, mapping) in MAPPINGS {
        for (name, key) in keys(&schema, mapping) {
            let example = &key["examples"][0];
            let service = json!({"path": "services/api", "depends_on": ["migrator", "common"]});
            let mut file = json!({
                "defaults": {"image": "ghcr.io/acme/{{name}}"},
                "services": {"api": service, "migrator": {"path": "migrator"}, "common": {"path": "common"}},
                "environments": {"preview": {"on": "manual"}},
            });
            match mapping {
                "Structured" => file[&name] = example.clone(),
                "Service" => file["services"]["api"][&name] = example.clone(),
                "LockfileOf" => file["services"]["api"]["lockfile"] = json!({ &name: example }),
                _ => file["environments"]["preview"][&name] = example.clone(),
            }
            let source = config::decode("filters.yaml", yaml(&file).as_bytes()).unwrap();
            if let Err(problems) = config::parse(&source, Options::default(), &Discovered::default()) {
                panic!("`{name}` of {mapping}: {problems:?}\n{}", yaml(&file));
            }
        }
    }
}
