//! Rules about the repository itself: the files at the top, the length of sources, what must not be forgotten.

use std::collections::BTreeSet;

use crate::source::{self, modules};

/// What lies at the top, besides dotted files: the project, then its documents.
const TOP: &[&str] = &[
    "Cargo.toml",
    "src",
    "tests",
    "examples",
    "docs",
    "packaging",
    "filters.yaml",
    "action.yml",
    "README.md",
    "ARCHITECTURE.md",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "SECURITY.md",
    "Cargo.lock",
    "LICENSE-APACHE",
    "LICENSE-MIT",
];

/// The longest that a source file may be.
const LINES: usize = 600;

/// The sources that may be longer, and why: only a flat table or a grammar may.
const LONGER: &[(&str, &str)] = &[];

#[test]
fn the_top_level_is_what_it_should_be() {
    let files = source::tracked();
    let tops = files.iter().map(|file| file.split('/').next().unwrap());
    let found: BTreeSet<&str> = tops.filter(|top| !top.starts_with('.')).collect();
    assert_eq!(found, TOP.iter().copied().collect(), "what git tracks at the top, and the list");
}

#[test]
fn no_source_is_long() {
    let files = source::rust_files("src").into_iter().map(|file| (source::read(&file).lines().count(), file));
    let long: Vec<String> = files.filter(|(lines, _)| *lines > LINES).map(|(_, file)| file).collect();
    let excused: Vec<&str> = LONGER.iter().map(|(file, _)| *file).collect();
    assert_eq!(long, excused, "the sources of more than {LINES} lines, and those that may be");
}

#[test]
fn every_test_file_is_part_of_the_program() {
    let declared: BTreeSet<String> = modules(&source::read("tests/it/main.rs")).into_iter().collect();
    let name = |file: &String| file["tests/it/".len()..].split(['/', '.']).next().unwrap().to_owned();
    let files: BTreeSet<String> =
        source::rust_files("tests/it").iter().map(name).filter(|name| name != "main").collect();
    assert_eq!(declared, files, "the modules of tests/it/main.rs, and the files beside it");
}

#[test]
fn nothing_is_left_unfinished() {
    // In two parts, so that this file does not find itself.
    let marks = [["FIX", "ME"], ["TO", "DO"], ["todo", "!("], ["dbg", "!("]].map(|mark| mark.concat());
    let mut found = Vec::new();
    for file in ["src", "tests", "examples"].into_iter().flat_map(source::rust_files) {
        for (text, line) in source::read(&file).lines().zip(1..) {
            let marks = marks.iter().filter(|mark| text.contains(*mark));
            found.extend(marks.map(|mark| format!("{file}:{line}: {mark}")));
        }
    }
    assert!(found.is_empty(), "\n{}", found.join("\n"));
}

#[test]
fn the_changelog_knows_this_version() {
    let heading = format!("## [{}]", env!("CARGO_PKG_VERSION"));
    let changelog = source::read("CHANGELOG.md");
    assert!(changelog.lines().any(|line| line.starts_with(&heading)), "CHANGELOG.md has no `{heading}`");
}

/// Where a test says that `.ci/run` or `.ci/full` runs it, that script names its module.
#[test]
fn what_a_test_says_runs_it_does() {
    let mut found = 0;
    for file in source::rust_files("tests/it") {
        let text = source::read(&file);
        let module = file.trim_start_matches("tests/it/").trim_end_matches(".rs").trim_end_matches("/mod");
        let module = module.replace('/', "::") + "::";
        for script in [".ci/run", ".ci/full"] {
            if !text.contains(&format!("{script} runs it")) {
                continue;
            }
            let steps = source::read(script);
            let named = |filter: &str| filter.ends_with("::") && module.starts_with(filter);
            assert!(steps.split_whitespace().any(named), "{script} does not run the ignored tests of {file}");
            found += 1;
        }
    }
    assert!(found > 10, "{found}");
}
