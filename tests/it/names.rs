//! One name, one thing: no two public types of the crate have the same name, and no two files either, unless both are
//! about the same thing.

use std::collections::BTreeMap;

use crate::source;

/// The names that several files have, because all of them are about the same thing.
#[rustfmt::skip]
const SHARED: &[&str] = &[
    // A verb of the command line, and what it shows.
    "check", "fingerprint", "glob", "graph", "images", "observe", "plan", "release", "report", "schema", "verdict", "version",
    "versions", "why",
    // An engine: the events that it sends, and the jobs that are written for it.
    "azure", "bitbucket", "buildkite", "circleci", "engine", "github", "gitlab", "jenkins",
    // A builder: the files that it reads, and how it is called.
    "docker",
    // A format, of plans and of reports.
    "json", "markdown", "mermaid",
    // A key of the configuration as text, and what comes of it.
    "contexts", "definition", "image", "matrix", "path", "same_tag", "service", "tags", "template",
    // One thing in two layers: as a value, and as it is read, stored or shown.
    "base", "built_refs", "dependencies", "display", "existing", "listing", "naming", "observed", "pep440", "releases", "scheme", "settings",
    "tree", "workspace",
    // What each module may have of its own.
    "error", "parse",
];

/// Returns the names of the types that a source declares `pub`, at any depth; those of `#[cfg(test)]` count too. A name
/// that a macro fills in (`$name`) is none.
fn public_types(text: &str) -> Vec<&str> {
    let declared = text.lines().filter_map(|line| {
        let (kind, rest) = line.trim_start().strip_prefix("pub ")?.split_once(' ')?;
        let name = rest.split(|c: char| !c.is_alphanumeric() && c != '_').next().filter(|name| !name.is_empty())?;
        ["struct", "enum", "union", "trait", "type"].contains(&kind).then_some(name)
    });
    declared.collect()
}

#[test]
fn public_types_are_found() {
    let text = "pub struct A<'a> {\n    pub b: B,\n}\n    pub enum C {}\npub trait D: E {}\npub type F<G> = H<G>;\n\
                pub(crate) struct I;\nstruct J;\npub use k::K;\npub fn l() {}\n// pub struct M;\npub enum $n {}";
    assert_eq!(public_types(text), ["A", "C", "D", "F"]);
}

#[test]
fn no_two_public_types_have_one_name() {
    let mut files: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for file in source::rust_files("src") {
        let text = source::read(&file);
        for name in public_types(&text) {
            files.entry(name.to_owned()).or_default().push(file.clone());
        }
    }
    let twice: Vec<String> = files
        .into_iter()
        .filter(|(_, files)| files.len() > 1)
        .map(|(name, files)| format!("`{name}`: {}", files.join(", ")))
        .collect();
    assert!(twice.is_empty(), "give each a name that says what it is:\n{}", twice.join("\n"));
}

#[test]
fn files_of_one_name_are_about_one_thing() {
    let mut files: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for file in source::rust_files("src") {
        let path = file.trim_end_matches(".rs");
        let (folder, name) = path.rsplit_once('/').unwrap_or_default();
        let owner = folder.rsplit_once('/').map_or(folder, |(_, last)| last);
        match name {
            // A folder has the name of what it holds, which counts once: `build.rs` beside `build/` is the same thing.
            "mod" => files.entry(owner.to_owned()).or_default().push(file),
            "tests" | "lib" | "main" => {}
            _ => files.entry(name.to_owned()).or_default().push(file),
        }
    }
    files.retain(|_, files| files.len() > 1);
    let unknown: Vec<String> = files
        .iter()
        .filter(|(name, _)| !SHARED.contains(&name.as_str()))
        .map(|(name, files)| format!("`{name}`: {}", files.join(", ")))
        .collect();
    assert!(
        unknown.is_empty(),
        "give each a name that says what it holds, or add it to SHARED:\n{}",
        unknown.join("\n")
    );
    let unused: Vec<&str> = SHARED.iter().copied().filter(|name| !files.contains_key(*name)).collect();
    assert!(unused.is_empty(), "only one file has these names now: {unused:?}");
}
