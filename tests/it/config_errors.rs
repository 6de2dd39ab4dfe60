//! Wrong files and what is said of them: `tests/data/config/*.yaml` with the `.stderr` beside each, written anew
//! by `SNAPSHOTS=overwrite cargo test config_errors`.

use std::fs;
use std::path::{Path, PathBuf};

use rebake::analysis::discover::Discovered;
use rebake::config::{self, Options};
use rebake::model::diagnostic::Diagnostics;
use rebake::snippet::{Color, render};

#[test]
fn wrong_files_are_explained() {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/config");
    let mut files: Vec<PathBuf> = fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|file| file.extension().is_some_and(|extension| extension == "yaml"));
    files.sort();
    assert!(files.len() >= 40, "{} cases", files.len());
    let assert = snapbox::Assert::new().action_env("SNAPSHOTS");
    let mut differing = Vec::new();
    for file in files {
        let said = said_of(&fs::read(&file).unwrap());
        let expected = snapbox::Data::read_from(&file.with_extension("stderr"), None).raw();
        if let Err(difference) = assert.try_eq(Some(&file.display()), said.into(), expected) {
            differing.push(difference.to_string());
        }
    }
    assert!(differing.is_empty(), "{}", differing.join("\n"));
}

/// What is said of a file, and whether it can be used.
fn said_of(bytes: &[u8]) -> String {
    let source = config::decode("filters.yaml", bytes).map_err(|problem| Diagnostics(vec![problem]));
    let (config, problems) =
        match source.and_then(|source| config::parse(&source, Options::default(), &Discovered::default())) {
            Ok((config, warnings)) => (Some(config), warnings),
            Err(Diagnostics(problems)) => (None, problems),
        };
    let verdict = if config.is_some() { "read\n" } else { "refused\n" };
    render(&problems, Color::Never) + "\n" + verdict
}
