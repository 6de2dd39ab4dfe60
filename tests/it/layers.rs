//! The rooms of the house look at each other in one direction only, and each heavy crate is named in its own room
//! alone. Who may look at whom is the table of ARCHITECTURE.md; this test reads it, and the paths of every file, and
//! holds the code to it. Tests inside a file (`#[cfg(test)]`) may look anywhere.

use std::collections::BTreeSet;

use crate::source::{self, modules, paths};

/// The rooms that alone may name a crate, or a module of the standard library.
const CRATES: &[(&str, &[&str])] = &[
    ("annotate_snippets", &["cli"]),
    ("anstream", &["cli"]),
    ("anstyle", &["cli", "emit"]),
    ("base64", &["registry"]),
    ("clap", &["cli"]),
    ("clap_complete", &["cli"]),
    ("clap_mangen", &["cli"]),
    ("foldhash", &["glob"]),
    ("gix", &["git"]),
    ("granit_parser", &["config"]),
    ("jobserver", &["exec"]),
    ("petgraph", &["graph"]),
    ("rayon", &["filter", "fingerprint", "git", "glob"]),
    ("regex", &["glob", "image"]),
    ("rustix", &["exec", "file", "git"]),
    ("rustls", &["registry"]),
    ("rustls_graviola", &["registry"]),
    ("rustls_native_certs", &["registry"]),
    ("semver", &["version"]),
    ("serde_yaml", &["config"]),
    ("sha2", &["fingerprint", "registry"]),
    ("signal_hook", &["exec"]),
    ("std::env", &["cli", "git"]),
    ("std::fs::OpenOptions", &["file"]),
    ("std::fs::create_dir_all", &["file", "git"]),
    ("std::fs::write", &["file", "git"]),
    ("fs::OpenOptions", &["file"]),
    ("fs::create_dir_all", &["file", "git"]),
    ("fs::write", &["file", "git"]),
    ("File::create", &["file"]),
    ("std::process", &["cli", "exec", "git", "main", "registry"]),
    ("tempfile", &["file", "git"]),
    ("ureq", &["registry"]),
];

/// The rooms in the order of the table, each with the rooms that it may look into.
struct House(Vec<(String, Vec<String>)>);

impl House {
    /// Reads the table: a row begins with a room's name, and its third cell says `–`, names, `all`, or `all but` names.
    fn of(papers: &str) -> Self {
        let mut rooms: Vec<(String, Vec<String>)> = Vec::new();
        for row in papers.lines().filter(|line| line.starts_with("| `")) {
            let cells: Vec<&str> = row.split('|').map(str::trim).collect();
            let names = |cell: &str| cell.split(',').map(|name| name.trim().to_owned()).collect::<Vec<_>>();
            let above = || rooms.iter().map(|(room, _)| room.clone());
            let looks_into = match cells[3].strip_prefix("all") {
                None if cells[3] == "–" => Vec::new(),
                None => names(cells[3]),
                Some("") => above().collect(),
                Some(but) => {
                    let but = names(but.strip_prefix(" but ").unwrap());
                    assert!(but.iter().all(|name| above().any(|room| room == *name)), "{row}");
                    above().filter(|room| !but.contains(room)).collect()
                }
            };
            for other in &looks_into {
                assert!(above().any(|room| room == *other), "`{other}` does not stand above: {row}");
            }
            rooms.push((cells[1].trim_matches('`').to_owned(), looks_into));
        }
        Self(rooms)
    }

    fn may_look_into(&self, room: &str, other: &str) -> bool {
        room == other || self.0.iter().any(|(name, into)| name == room && into.iter().any(|into| into == other))
    }
}

fn house() -> House {
    House::of(&source::read("ARCHITECTURE.md"))
}

#[test]
fn every_room_is_in_the_table() {
    let table: BTreeSet<String> = house().0.into_iter().map(|(room, _)| room).collect();
    let modules: BTreeSet<String> = modules(&source::read("src/lib.rs")).into_iter().collect();
    assert_eq!(modules, table, "the modules of src/lib.rs, and the table");
}

#[test]
#[should_panic(expected = "`b` does not stand above")]
fn the_table_goes_one_way() {
    House::of("| `a` | x | b | |\n| `b` | x | – | |");
}

#[test]
fn every_file_keeps_to_the_tables() {
    let house = house();
    let mut misplaced_in = Vec::new();
    for file in source::rust_files("src").into_iter().filter(|file| !file.ends_with("/tests.rs")) {
        for what in misplaced(&house, &file, &source::read(&file)) {
            misplaced_in.push(format!("{file}: {what}"));
        }
    }
    assert!(misplaced_in.is_empty(), "\n{}", misplaced_in.join("\n"));
}

#[test]
fn what_is_misplaced_is_found() {
    let cases: &[(&str, &str, &[&str])] = &[
        ("src/emit/table.rs", "use crate::{name::Escaped, plan::{self, Cause}};", &[]),
        ("src/emit/table.rs", "use crate::{name::A, git::{B, C}};", &["looks into `git`"]),
        ("src/change.rs", "fn f() -> crate::git::Error { g() }", &["looks into `git`"]),
        ("src/change.rs", "use super::git::Error;", &["looks into `git`"]),
        ("src/emit/mod.rs", "pub(in crate::emit) use super::git;", &["looks into `git`"]),
        ("src/emit/table.rs", "use super::git::Error; use super::super::plan;", &[]),
        ("src/emit/table.rs", "use super::super::git;", &["looks into `git`"]),
        ("src/emit/mod.rs", "mod inner { use super::super::git; use super::json; }", &["looks into `git`"]),
        ("src/emit/table.rs", "use crate::*;", &["looks into `*`"]),
        ("src/main.rs", "use rebake::{cli, git::Repository};", &["looks into `git`"]),
        ("src/change.rs", "use gix as other;", &["names `gix`"]),
        ("src/change.rs", "extern crate gix;", &["names `gix`"]),
        ("src/change.rs", "#[derive(clap::Parser)] struct A(Vec<::gix::Id>);", &["names `clap`", "names `gix`"]),
        ("src/change.rs", "use std::{env, fmt}; use std::environment;", &["names `std::env`"]),
        ("src/git/fetch.rs", "use std::process::{Command}; use gix::Id;", &[]),
        ("src/change.rs", "//! [`crate::git`] gix::Id\nconst A: &str = \"gix::Id\";", &[]),
        ("src/change.rs", "#[cfg(test)] mod tests { use crate::git; } use super::git;", &["looks into `git`"]),
        ("src/change.rs", "#[cfg(test)] mod tests { use crate::git; use gix::Id; }", &[]),
        ("src/change.rs", "#[cfg(test)] use gix::Id; fn f(gix: u8) -> u8 { gix }", &[]),
    ];
    let house = house();
    for (file, text, expected) in cases {
        assert_eq!(
            misplaced(&house, file, text),
            expected.iter().map(|what| (*what).to_owned()).collect(),
            "{file}: {text}"
        );
    }
}

/// Returns what a file names that its room may not.
fn misplaced(house: &House, file: &str, text: &str) -> BTreeSet<String> {
    let module = module(file);
    let room = module.first().map_or("lib", String::as_str);
    let may_look_into = |other: &str| match room {
        "lib" => true,
        "main" => other == "cli",
        _ => house.may_look_into(room, other),
    };
    let mut found = BTreeSet::new();
    for path in paths(text, &module) {
        if let [root, other, ..] = &path[..]
            && root == "crate"
            && !may_look_into(other)
        {
            found.insert(format!("looks into `{other}`"));
        }
        let path = path.join("::") + "::";
        let misplaced =
            CRATES.iter().filter(|(name, rooms)| path.starts_with(&format!("{name}::")) && !rooms.contains(&room));
        found.extend(misplaced.map(|(name, _)| format!("names `{name}`")));
    }
    found
}

/// Returns the module that a file is: `["emit", "table"]` of `src/emit/table.rs`, none of `src/lib.rs`.
fn module(file: &str) -> Vec<String> {
    let stem = file.trim_start_matches("src/").trim_end_matches(".rs");
    stem.split('/').filter(|part| !["lib", "mod"].contains(part)).map(str::to_owned).collect()
}
