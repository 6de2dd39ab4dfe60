//! Observed reads of builds, compared with the patterns that cover them.

use super::with_checked;
use crate::glob::{Pattern, Verdict};
use crate::plan::check::{OwnReads, ReadCoverage, coverage};
use crate::plan::observed::{Observed, ObservedBy, ObservedInput, ObservedService};

/// Returns the observed reads of `api`, compared with the patterns that cover them.
fn seen(files: &[&str], filters: &str, read: &[&str]) -> ReadCoverage {
    let all: Vec<(&str, &str)> = files.iter().map(|path| (*path, "")).chain([("filters.yaml", filters)]).collect();
    let inputs = read.iter().map(|path| ObservedInput { path: (*path).to_owned(), by: "cat".to_owned() });
    let service = ObservedService {
        service: "api".to_owned(),
        means: ObservedBy::Traced,
        partial: None,
        unseen: Vec::new(),
        inputs: inputs.collect(),
    };
    with_checked(&all, Some(&Observed::new(None, vec![service])), coverage).remove(0)
}

const API: &str = "services:\n  api: {path: api, run: make, depends_on: [lib]}\n  lib: {path: lib, builder: none}\n  web: {path: web, run: make}\n";

#[test]
fn what_dependencies_cover_is_covered() {
    let seen = seen(&["api/a", "lib/a", "x/a"], API, &["api/a", "lib/a", "x/a", "gone"]);
    assert_eq!(seen.uncovered.iter().map(|input| input.path.as_str()).collect::<Vec<_>>(), ["x/a"]);
    let all = format!("{API}global: [x/**]\n");
    assert_eq!(self::seen(&["api/a", "x/a"], &all, &["api/a", "x/a"]).uncovered, []);
}

#[test]
fn a_directory_is_proposed_where_it_is_read() {
    let proposed = |files: &[&str], read: &[&str]| seen(files, API, read).proposed;
    // One of many, and all of two.
    assert_eq!(proposed(&["x/a", "x/b"], &["x/a"]), ["x/a"]);
    assert_eq!(proposed(&["x/a", "x/b"], &["x/a", "x/b"]), ["x/**"]);
    assert_eq!(proposed(&["x/a"], &["x/a"]), ["x/a"]);
    // Most, and few.
    assert_eq!(proposed(&["x/a", "x/b", "x/c", "x/d"], &["x/a", "x/b", "x/d"]), ["x/**"]);
    let many: Vec<String> = (0..7).map(|number| format!("x/{number}")).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    assert_eq!(proposed(&many, &many[..3]), ["x/0", "x/1", "x/2"]);
    // Files of one kind.
    let kinds = ["x/a.c", "x/b.c", "x/c.c", "x/d.c", "x/e.h", "x/f.h", "x/g", "x/h", "x/i", "x/j"];
    assert_eq!(proposed(&kinds, &["x/a.c", "x/b.c", "x/c.c"]), ["x/*.c"]);
    assert_eq!(proposed(&kinds, &["x/a.c", "x/b.c", "x/e.h"]), ["x/a.c", "x/b.c", "x/e.h"]);
    // Files of one name, in many directories.
    let crates: Vec<String> = ["a", "b", "c", "d", "e"].iter().map(|name| format!("x/{name}/Cargo.toml")).collect();
    let crates: Vec<&str> =
        crates.iter().map(String::as_str).chain(["x/a/1", "x/b/1", "x/c/1", "x/d/1", "x/e/1"]).collect();
    assert_eq!(proposed(&crates, &crates[..4]), ["x/*/Cargo.toml"]);
    assert_eq!(proposed(&crates, &crates[..2]), ["x/a/Cargo.toml", "x/b/Cargo.toml"]);
    // Never the root; and the inner directory, if the outer one has many other files.
    assert_eq!(proposed(&["a", "b", "x/a", "x/b"], &["a", "b", "x/a", "x/b"]), ["a", "b", "x/**"]);
    assert_eq!(proposed(&["x/p", "x/q", "x/r", "x/y/a", "x/y/b", "x/z"], &["x/y/a", "x/y/b"]), ["x/y/**"]);
    // Never a service of which nothing was read.
    let filters = API.replace("path: web", "path: x/web");
    let files = ["x/a", "x/b", "x/c", "x/web/main"];
    assert_eq!(seen(&files, &filters, &["x/a", "x/b", "x/c"]).proposed, ["x/a", "x/b", "x/c"]);
    assert_eq!(seen(&files, API, &["x/a", "x/b", "x/c"]).proposed, ["x/**"]);
}

#[test]
fn files_that_exclude_matches_are_named() {
    let filters = format!("{API}defaults: {{exclude: ['**/*.md']}}\n");
    let proposed = |files: &[&str], read: &[&str]| seen(files, &filters, read).proposed;
    assert_eq!(proposed(&["x/a", "x/R.md"], &["x/a", "x/R.md"]), ["x/R.md", "x/a"]);
    // A file that `exclude` matches and that was not read does not prevent the pattern of its directory.
    assert_eq!(proposed(&["x/a", "x/b", "x/R.md"], &["x/a", "x/b"]), ["x/**"]);
    let mended = filters.replace("path: api", "path: api, filters: [api/**, x/R.md, x/a]");
    assert_eq!(seen(&["x/a", "x/R.md"], &mended, &["x/a", "x/R.md"]).uncovered, []);
}

#[test]
fn odd_paths_are_proposed_as_they_are() {
    let files = ["x/[id].ts", "x/!a", "!b", "x/(c)", "x/{d}", "x/é"];
    let proposed = seen(&files, API, &["x/[id].ts", "!b"]).proposed;
    assert_eq!(proposed, ["\\!b", "x/[id].ts"]);
    for path in files {
        let pattern = seen(&files, API, &[path]).proposed.remove(0);
        let pattern = Pattern::parse(&pattern).unwrap();
        for other in files {
            let matches = pattern.matches(other.as_bytes()) == Verdict::Yes;
            assert_eq!(matches, path == other, "{path} {other} {}", pattern.text());
        }
    }
}

#[test]
fn what_is_not_read_is_told() {
    let files = ["api/a", "api/b/c/x", "api/b/d/y", "api/e/f/z", "api/e/g", "more/a"];
    let filters = API.replace("path: api", "path: api, filters: [api/**, more/**, none/**]");
    let unread = seen(&files, &filters, &["api/a", "api/e/g"]).unread;
    assert_eq!((unread.patterns, unread.own), (vec!["more/**".to_owned()], OwnReads::SomeRead));
    let directories: Vec<String> = unread.directories.iter().map(|(path, count)| format!("{path} {count}")).collect();
    assert_eq!(directories, ["api/b 2", "api/e/f 1"]);
    assert_eq!(seen(&files, API, &["more/a"]).unread.own, OwnReads::NoneRead);
    assert_eq!(seen(&["more/a"], API, &["more/a"]).unread.own, OwnReads::NoneTracked);
}
