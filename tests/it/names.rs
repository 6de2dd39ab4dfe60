//! One name, one thing: no two public types of the crate have the same name, wherever they are.

use std::collections::BTreeMap;

use crate::source;

/// Returns the names of the types that a source declares `pub`, at any depth; those of `#[cfg(test)]` count too.
fn public_types(text: &str) -> Vec<&str> {
    let declared = text.lines().filter_map(|line| {
        let (kind, rest) = line.trim_start().strip_prefix("pub ")?.split_once(' ')?;
        let name = rest.split(|c: char| !c.is_alphanumeric() && c != '_').next()?;
        ["struct", "enum", "union", "trait", "type"].contains(&kind).then_some(name)
    });
    declared.collect()
}

#[test]
fn public_types_are_found() {
    let text = "pub struct A<'a> {\n    pub b: B,\n}\n    pub enum C {}\npub trait D: E {}\npub type F<G> = H<G>;\n\
                pub(crate) struct I;\nstruct J;\npub use k::K;\npub fn l() {}\n// pub struct M;";
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
