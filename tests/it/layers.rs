//! Modules look at each other in one direction only, and each heavy crate is named in its own modules alone. Two tables
//! of ARCHITECTURE.md say who may look at whom: one for the folders of `src`, one for the modules in them. This test
//! reads both tables and the paths of every file, and fails on what is not permitted and on a permission that nothing
//! uses. Tests inside a file (`#[cfg(test)]`) may look anywhere.

use std::collections::BTreeSet;

use crate::source::{self, modules, paths};

/// The modules that alone may name a crate, or a module of the standard library.
const CRATES: &[(&str, &[&str])] = &[
    ("annotate_snippets", &["cli"]),
    ("anstream", &["cli"]),
    ("anstyle", &["cli", "output::emit"]),
    ("base64", &["inputs::registry"]),
    ("clap", &["cli"]),
    ("clap_complete", &["cli"]),
    ("clap_mangen", &["cli"]),
    ("foldhash", &["glob", "inputs::lockfile", "analysis::closure"]),
    ("gix", &["inputs::git"]),
    ("granit_parser", &["config", "inputs::source"]),
    ("jiff", &["model::calendar"]),
    ("jobserver", &["output::exec"]),
    ("memchr", &["inputs::lockfile"]),
    ("petgraph", &["analysis::closure", "analysis::graph"]),
    (
        "rayon",
        &[
            "analysis::discover",
            "analysis::filter",
            "analysis::fingerprint",
            "glob",
            "inputs::git",
            "inputs::source",
            "plan::pipeline",
        ],
    ),
    ("regex", &["glob", "naming::image"]),
    ("rustix", &["output::exec", "inputs::file", "inputs::git"]),
    ("rustls", &["inputs::registry"]),
    ("rustls_graviola", &["inputs::registry"]),
    ("rustls_native_certs", &["inputs::registry"]),
    ("semver", &["naming::version"]),
    ("serde_yaml", &["config", "inputs::lockfile", "inputs::source"]),
    ("sha2", &["analysis::closure", "analysis::fingerprint", "inputs::registry"]),
    ("signal_hook", &["output::exec"]),
    ("std::env", &["cli", "inputs::git"]),
    ("std::fs::OpenOptions", &["inputs::file"]),
    ("std::fs::create_dir_all", &["inputs::file", "inputs::git"]),
    ("std::fs::write", &["inputs::file", "inputs::git"]),
    ("fs::OpenOptions", &["inputs::file"]),
    ("fs::create_dir_all", &["inputs::file", "inputs::git"]),
    ("fs::write", &["inputs::file", "inputs::git"]),
    ("File::create", &["inputs::file"]),
    ("std::process", &["cli", "output::exec", "inputs::git", "main", "inputs::registry"]),
    ("tempfile", &["inputs::file", "inputs::git"]),
    ("toml", &["inputs::lockfile", "inputs::source"]),
    ("unicode_width", &["output::emit", "output::exec", "output::pages"]),
    ("ureq", &["inputs::registry"]),
];

/// A table of ARCHITECTURE.md: folders or modules in their order, each with those that it may look at.
struct Table(Vec<(String, BTreeSet<String>)>);

impl Table {
    /// Reads the table below a heading: a row begins with a name, and its third cell has `–`, or names without
    /// their folder.
    fn below(heading: &str, document: &str) -> Self {
        let (_, section) = document.split_once(&format!("## {heading}\n")).expect("the heading is there");
        let section = section.split("\n## ").next().unwrap_or_default();
        let mut table = Self(Vec::new());
        for row in section.lines().filter(|line| line.starts_with("| `")) {
            let cells: Vec<&str> = row.split('|').map(str::trim).collect();
            let above = |name: &str| {
                let mut names = table.0.iter().map(|(other, _)| other);
                names.find(|other| *other == name || other.ends_with(&format!("::{name}"))).cloned()
            };
            let names = cells[3].split(", ").filter(|name| *name != "–");
            let looks_at =
                names.map(|name| above(name).unwrap_or_else(|| panic!("`{name}` does not stand above: {row}")));
            let looks_at = looks_at.collect();
            table.0.push((cells[1].trim_matches('`').to_owned(), looks_at));
        }
        table
    }

    fn names(&self) -> BTreeSet<String> {
        self.0.iter().map(|(name, _)| name.clone()).collect()
    }

    fn permits(&self, from: &str, to: &str) -> bool {
        from == to || self.0.iter().any(|(name, looks_at)| name == from && looks_at.contains(to))
    }

    /// Returns the longest name that a path of the crate begins with.
    fn name_of(&self, path: &[String]) -> Option<&str> {
        let path = path.join("::") + "::";
        let names = self.0.iter().map(|(name, _)| name.as_str());
        names.filter(|name| path.starts_with(&format!("{name}::"))).max_by_key(|name| name.len())
    }
}

/// The two tables.
struct Tables {
    folders: Table,
    modules: Table,
}

impl Tables {
    fn read() -> Self {
        let document = source::read("ARCHITECTURE.md");
        Self { folders: Table::below("Folders", &document), modules: Table::below("Modules", &document) }
    }
}

#[test]
fn the_tables_list_every_folder_and_module() {
    let Tables { folders, modules: table } = Tables::read();
    let declared = |file: &str| modules(&source::read(file)).into_iter().collect::<BTreeSet<String>>();
    assert_eq!(folders.names(), declared("src/lib.rs"), "the modules of src/lib.rs");
    for folder in folders.names() {
        let expected: BTreeSet<String> = table
            .names()
            .iter()
            .filter_map(|name| name.strip_prefix(&format!("{folder}::")).map(str::to_owned))
            .collect();
        let has_own = table.names().contains(&folder);
        let found = declared(&format!("src/{folder}/mod.rs"));
        assert!(expected.is_subset(&found), "the modules of src/{folder}/mod.rs: {expected:?}");
        assert!(has_own || expected == found, "the modules of src/{folder}/mod.rs: {expected:?} and {found:?}");
    }
}

#[test]
#[should_panic(expected = "`b` does not stand above")]
fn a_table_goes_one_way() {
    Table::below("A", "## A\n| `a` | x | b | |\n| `b` | x | – | |");
}

#[test]
fn the_folders_look_where_their_modules_look() {
    let Tables { folders, modules } = Tables::read();
    let folder = |name: &str| name.split("::").next().unwrap_or(name).to_owned();
    for (name, looks_at) in &folders.0 {
        let own = modules.0.iter().filter(|(module, _)| folder(module) == *name);
        let expected = own.flat_map(|(_, to)| to).map(|to| folder(to)).filter(|to| to != name).collect::<BTreeSet<_>>();
        assert_eq!(*looks_at, expected, "the row of `{name}`, and the rows of its modules");
    }
}

#[test]
fn every_file_keeps_to_the_table_and_every_permission_is_used() {
    let Tables { modules: table, .. } = Tables::read();
    let mut misplaced_in = Vec::new();
    let mut used: BTreeSet<(String, String)> = BTreeSet::new();
    for file in source::rust_files("src").into_iter().filter(|file| !file.ends_with("/tests.rs")) {
        let text = source::read(&file);
        misplaced_in.extend(misplaced(&table, &file, &text).into_iter().map(|what| format!("{file}: {what}")));
        used.extend(looks(&table, &file, &text));
    }
    assert!(misplaced_in.is_empty(), "\n{}", misplaced_in.join("\n"));

    let permitted =
        table.0.iter().flat_map(|(from, looks_at)| looks_at.iter().map(move |to| (from.clone(), to.clone())));
    let unused: Vec<String> = permitted
        .filter(|pair| !used.contains(pair))
        .map(|(from, to)| format!("`{from}` need not look at `{to}`"))
        .collect();
    assert!(unused.is_empty(), "\n{}", unused.join("\n"));
}

#[test]
fn what_is_misplaced_is_found() {
    let cases: &[(&str, &str, &[&str])] = &[
        ("src/output/emit/table/mod.rs", "use crate::{model::name::Escaped, plan::{self, Cause}};", &[]),
        (
            "src/output/emit/table/mod.rs",
            "use crate::{model::name::A, inputs::git::{B, C}};",
            &["looks at `inputs::git`"],
        ),
        ("src/model/change.rs", "fn f() -> crate::inputs::git::Error { g() }", &["looks at `inputs::git`"]),
        ("src/model/change.rs", "use super::super::inputs::git::Error;", &["looks at `inputs::git`"]),
        (
            "src/output/emit/mod.rs",
            "pub(in crate::output::emit) use super::super::inputs::git;",
            &["looks at `inputs::git`"],
        ),
        ("src/output/emit/table/mod.rs", "use super::git::Error; use super::super::super::plan;", &[]),
        ("src/output/emit/table/mod.rs", "use super::super::super::inputs::git;", &["looks at `inputs::git`"]),
        (
            "src/output/emit/mod.rs",
            "mod inner { use super::super::super::super::inputs::git; use super::json; }",
            &["looks at `inputs::git`"],
        ),
        ("src/output/emit/table/mod.rs", "use crate::*;", &["looks at `*`"]),
        ("src/main.rs", "use rebake::{main, inputs::git::Repository};", &["looks at `inputs::git`"]),
        ("src/model/change.rs", "use gix as other;", &["names `gix`"]),
        ("src/model/change.rs", "extern crate gix;", &["names `gix`"]),
        ("src/model/change.rs", "#[derive(clap::Parser)] struct A(Vec<::gix::Id>);", &["names `clap`", "names `gix`"]),
        ("src/model/change.rs", "use std::{env, fmt}; use std::environment;", &["names `std::env`"]),
        ("src/inputs/git/fetch.rs", "use std::process::{Command}; use gix::Id;", &[]),
        ("src/model/change.rs", "//! [`crate::inputs::git`] gix::Id\nconst A: &str = \"gix::Id\";", &[]),
        (
            "src/model/change.rs",
            "#[cfg(test)] mod tests { use crate::inputs::git; } use super::super::inputs::git;",
            &["looks at `inputs::git`"],
        ),
        ("src/model/change.rs", "#[cfg(test)] mod tests { use crate::inputs::git; use gix::Id; }", &[]),
        ("src/model/change.rs", "#[cfg(test)] use gix::Id; fn f(gix: u8) -> u8 { gix }", &[]),
    ];
    let Tables { modules: table, .. } = Tables::read();
    for (file, text, expected) in cases {
        assert_eq!(
            misplaced(&table, file, text),
            expected.iter().map(|what| (*what).to_owned()).collect(),
            "{file}: {text}"
        );
    }
}

/// Returns what a file names that its module may not.
fn misplaced(table: &Table, file: &str, text: &str) -> BTreeSet<String> {
    let module = module(file);
    let from = table.name_of(&module).or(module.first().map(String::as_str)).unwrap_or("lib");
    let permits = |to: &str| match from {
        "lib" => true,
        "main" => to == "main",
        _ => table.permits(from, to),
    };
    let mut found = BTreeSet::new();
    for path in paths(text, &module) {
        if let [root, path @ ..] = &path[..]
            && root == "crate"
            && !path.is_empty()
        {
            let to = table.name_of(path).unwrap_or(&path[0]);
            if !permits(to) {
                found.insert(format!("looks at `{to}`"));
            }
        }
        let path = path.join("::") + "::";
        let misplaced =
            CRATES.iter().filter(|(name, modules)| path.starts_with(&format!("{name}::")) && !modules.contains(&from));
        found.extend(misplaced.map(|(name, _)| format!("names `{name}`")));
    }
    found
}

/// Returns the pairs of a table's names of which a file makes the first look at the second.
fn looks(table: &Table, file: &str, text: &str) -> BTreeSet<(String, String)> {
    let module = module(file);
    let Some(from) = table.name_of(&module) else { return BTreeSet::new() };
    let to = paths(text, &module).into_iter().filter(|path| path[0] == "crate").filter_map(|path| {
        let to = table.name_of(&path[1..])?;
        Some((from.to_owned(), to.to_owned()))
    });
    to.collect()
}

/// Returns the module that a file is: `["output", "emit", "table"]` of `src/output/emit/table/mod.rs`, none of `src/lib.rs`.
fn module(file: &str) -> Vec<String> {
    let stem = file.trim_start_matches("src/").trim_end_matches(".rs");
    stem.split('/').filter(|part| !["lib", "mod"].contains(part)).map(str::to_owned).collect()
}
