//! The inputs and outputs of the action, from action.yml.

use std::fmt::Write as _;

use serde_json::Value;

use super::kept;
use crate::source;

const HEAD: &str = "# Inputs and outputs of the action

```yaml
      - id: plan
        uses: OWNER/rebake@0000000000000000000000000000000000000000   # a commit that you have read
        with: {since: built}
```

With `filters` it stands in for [dorny/paths-filter](../migration.md#dornypaths-filter); without, it is `rebake plan --ci`. \
[Outputs and variables](outputs.md) says what the outputs hold.

";

/// A cell of a table.
fn cell(value: &Value) -> String {
    value.as_str().unwrap_or_default().trim().replace('|', "\\|").replace('\n', " ")
}

#[test]
fn the_action_is_that_of_action_yml() {
    // In the order of the file, which groups them.
    let text = source::read("action.yml");
    let action: Value = serde_yaml::from_str(&text).unwrap();
    let mut page = format!("{HEAD}## Inputs\n\n| input | default | |\n| --- | --- | --- |\n");
    let position = |name: &str| text.find(&format!("\n  {name}:\n")).unwrap();
    let mut inputs: Vec<(&String, &Value)> = action["inputs"].as_object().unwrap().iter().collect();
    inputs.sort_by_key(|(name, _)| position(name));
    for (name, input) in inputs {
        let default = match cell(&input["default"]) {
            default if default.is_empty() => String::new(),
            default => format!("`{default}`"),
        };
        let _ = writeln!(page, "| `{name}` | {default} | {} |", cell(&input["description"]));
    }
    page.push_str("\n## Outputs\n\n| output | |\n| --- | --- |\n");
    let mut outputs: Vec<(&String, &Value)> = action["outputs"].as_object().unwrap().iter().collect();
    outputs.sort_by_key(|(name, _)| text.rfind(&format!("\n  {name}:\n")).unwrap());
    for (name, output) in outputs {
        let _ = writeln!(page, "| `{name}` | {} |", cell(&output["description"]));
    }
    page.push_str(
        "\nFor each filter there are `<name>`, `<name>_count` and, with `list-files`, `<name>_files` besides.\n",
    );
    kept("action.md", &page);
}
