//! The page of outputs and variables names what the program writes and reads, and nothing else.

use std::collections::BTreeSet;

use serde_json::json;

use crate::docs::regex;
use crate::on_github;
use crate::repo::Repo;
use crate::source;

const PAGE: &str = "docs/reference/outputs.md";

fn variables(text: &str) -> BTreeSet<String> {
    regex("REBAKE_[A-Z_]*[A-Z]").find_iter(text).map(|found| found.as_str().to_owned()).collect()
}

#[test]
fn the_variables_are_those_of_the_source() {
    let mut used = BTreeSet::new();
    for file in source::rust_files("src") {
        source::read(&file)
            .lines()
            .filter(|line| !line.trim_start().starts_with("//"))
            .for_each(|line| used.extend(variables(line)));
    }
    let named = variables(&source::read(PAGE));
    assert_eq!(used.difference(&named).collect::<Vec<_>>(), [""; 0], "{PAGE} lacks these");
    // The action reads one more.
    let more: Vec<&String> = named.difference(&used).filter(|name| *name != "REBAKE_BINARY").collect();
    assert_eq!(more, [""; 0], "nothing in the source reads or writes these");
}

/// Each output of a step that plans, with all that adds one.
#[test]
fn the_outputs_are_those_of_a_plan() {
    let repo = Repo::new();
    repo.write("filters.yaml", "filters: {docs: docs/**}\nservices: {api: {path: api}}\n").write("api/a", "");
    let before = repo.commit("first");
    repo.write("api/a", "2").write("docs/a", "").commit("second");
    let outputs = repo.dir().with_extension("outputs");
    let event = json!({"before": before.to_string(), "repository": {"default_branch": "main"}});
    on_github::event(&repo, &["--ci", "--list-files", "json"], "push", &event)
        .env("GITHUB_REF", "refs/heads/main")
        .env("GITHUB_OUTPUT", &outputs)
        .success();
    let text = std::fs::read_to_string(outputs).unwrap();
    let name = regex("(?m)^([A-Za-z][A-Za-z0-9_-]*)(?:=|<<)");
    let written: BTreeSet<String> = name.captures_iter(&text).map(|found| found[1].to_owned()).collect();
    assert!(written.contains("any") && written.contains("docs_files"), "{text}");
    let page = source::read(PAGE);
    let own = |name: &&String| !["api", "docs", "docs_count", "docs_files"].contains(&name.as_str());
    let missing: Vec<&String> =
        written.iter().filter(own).filter(|name| !page.contains(&format!("`{name}`"))).collect();
    assert_eq!(missing, [""; 0], "{PAGE} lacks these outputs: {text}");
}

#[test]
fn the_exit_codes_are_those_of_the_source() {
    let code = regex(r"Self::\w+ => (\d+),");
    let used: BTreeSet<String> =
        code.captures_iter(&source::read("src/cli/exit.rs")).map(|found| found[1].to_owned()).collect();
    let row = regex(r"(?m)^\| (\d+) \|");
    let page = source::read("docs/reference/exit-codes.md");
    let named: BTreeSet<String> = row.captures_iter(&page).map(|found| found[1].to_owned()).collect();
    assert_eq!(used, named);
}
