//! What Go code is compiled from, compared with `go list` itself. Run by `.ci/full`: `REBAKE_GO` names the program, of
//! version 1.27 or newer.

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

use rebake::analysis::discover::{Area, Discovered, discover};
use rebake::inputs::source::{Ecosystem, SourceTree};
use serde::Deserialize;

use crate::random::{Random, for_seeds};

/// A package as `go list -json` says it: its directory, and its files by kind.
#[derive(Deserialize)]
struct Listed {
    #[serde(rename = "Dir", default)]
    directory: PathBuf,
    #[serde(flatten)]
    files: BTreeMap<String, serde_json::Value>,
}

/// Files, by their paths.
type Files = BTreeMap<String, String>;

/// Returns the files of a tree that go compiles or embeds for the packages below a directory.
fn compiled(root: &Path, directory: &str, packages: &str) -> BTreeSet<String> {
    #[expect(clippy::disallowed_methods, reason = "it says where the program is")]
    let go = std::env::var_os("REBAKE_GO").expect("REBAKE_GO names the program");
    let mut command = Command::new(go);
    command.args(["list", "-e", "-deps", "-test"]).current_dir(root.join(directory));
    command.arg("-json=Dir,GoFiles,CgoFiles,IgnoredGoFiles,TestGoFiles,XTestGoFiles,EmbedFiles,TestEmbedFiles,SFiles");
    command.arg(packages).env("GOTOOLCHAIN", "local").env("GOPROXY", "off");
    if !root.join("go.work").exists() {
        command.env("GOWORK", "off").env("GOFLAGS", "-mod=mod");
    }
    let output = command.output().unwrap();
    let listed = serde_json::Deserializer::from_slice(&output.stdout).into_iter::<Listed>();
    let mut files = BTreeSet::new();
    for Listed { directory, files: kinds } in listed.map(Result::unwrap) {
        let Ok(directory) = directory.strip_prefix(root) else { continue };
        let names = kinds.values().filter_map(serde_json::Value::as_array).flatten().filter_map(|name| name.as_str());
        let path = |name: &str| directory.join(name).to_str().unwrap().to_owned();
        // The program that runs tests is generated.
        files.extend(names.filter(|name| !name.starts_with('/')).map(path));
    }
    files
}

/// Whether a service is affected by a change of a file: by its own patterns, or those of anything that it is built from.
fn is_affected(found: &Discovered, service: usize, path: &str) -> bool {
    let (mut seen, mut left) = (BTreeSet::from([service]), vec![service]);
    while let Some(service) = left.pop() {
        if takes(found, service, path) {
            return true;
        }
        let needs = found.edges.iter().filter(|edge| edge.from == service).map(|edge| edge.to);
        left.extend(needs.filter(|to| seen.insert(*to)));
    }
    false
}

/// Whether the patterns of a service take a file.
fn takes(found: &Discovered, service: usize, path: &str) -> bool {
    let own = found.services[service].takes.iter().rev().find_map(|taken| match &taken.area {
        Area::Below(directory) => directory.holds_file(path).then_some(true),
        Area::Directly(directory) => {
            let name = path.strip_prefix(&directory.join(""));
            name.is_some_and(|name| !name.contains('/')).then_some(true)
        }
        Area::File(file) => (file == path).then_some(true),
        Area::Ceded(directory) => directory.holds_file(path).then_some(false),
    });
    own.unwrap_or(false)
}

/// Compares each service of these files with `go list`; `exact` services take no other Go file. Returns how many files go
/// lists for them.
fn compare(files: &Files, exact: bool) -> usize {
    let directory = tempfile::tempdir().unwrap();
    let root = directory.path().canonicalize().unwrap();
    for (path, text) in files {
        let path = root.join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    let texts: Vec<(&str, &str)> = files.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
    let found = discover(&SourceTree::of_texts(&texts), &[Ecosystem::Go]);
    assert!(!found.services.is_empty());
    let mut listed = 0;
    for (service, discovered) in found.services.iter().enumerate() {
        let is_module = files.contains_key(&discovered.directory.join("go.mod"));
        let packages = if is_module { "./..." } else { "." };
        let compiled = compiled(&root, discovered.directory.as_str(), packages);
        listed += compiled.len();
        for path in files.keys() {
            let (wanted, taken) = (compiled.contains(path), is_affected(&found, service, path));
            assert!(taken || !wanted, "{} is compiled from {path}\n{files:#?}", discovered.name);
            // A directory is taken with the files that go leaves out.
            let is_left_out = path.contains("/_") || path.contains("/.") || discovered.directory.holds_file(path);
            if exact && path.ends_with(".go") && !is_left_out {
                assert!(wanted || !taken, "{} is not compiled from {path}\n{files:#?}", discovered.name);
            }
        }
    }
    listed
}

fn files(files: &[(&str, &str)]) -> Files {
    files.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect()
}

#[test]
#[ignore = "needs REBAKE_GO"]
fn each_rule_is_that_of_go() {
    let command = |more: &[(&str, &str)]| {
        let mut all = files(&[
            ("go.mod", "module x.org/m\n\ngo 1.24\n"),
            ("cmd/a/main.go", "package main\nimport _ \"x.org/m/p\"\nfunc main() {}\n"),
        ]);
        all.extend(files(more));
        all
    };
    let exact = [
        // Constraints of every system, and files that their names restrict.
        &[
            ("p/p.go", "package p\n"),
            ("p/p_windows.go", "package p\nimport _ \"x.org/m/q\"\n"),
            ("p/q_linux.go", "package p\nimport _ \"x.org/m/q\"\n"),
            ("q/q.go", "package q\n"),
            ("r/r.go", "package r\n"),
        ][..],
        // Forms of imports.
        &[
            (
                "p/p.go",
                "// Package p.\npackage p\n\nimport (\n\t_ `x.org/m/q`; r \"x.org/m/r\"\n\t/* s */ . \"x.org/m/s\" // t\n)\n\nvar x = r.R + S + `import \"x.org/m/u\"`\n",
            ),
            ("q/q.go", "package q"),
            ("r/r.go", "package r\nconst R = 1"),
            ("s/s.go", "package s\nconst S = 1"),
            ("u/u.go", "package u"),
        ],
        // Tests of the command count, those of what it imports do not.
        &[
            ("cmd/a/a_test.go", "package main\nimport _ \"x.org/m/q\"\n"),
            ("cmd/a/x_test.go", "package main_test\nimport _ \"x.org/m/r\"\n"),
            ("p/p.go", "package p"),
            ("p/p_test.go", "package p\nimport _ \"x.org/m/s\"\n"),
            ("q/q.go", "package q"),
            ("r/r.go", "package r"),
            ("s/s.go", "package s"),
        ],
        // What is embedded, from directories that are packages too.
        &[
            ("p/p.go", "package p\nimport _ \"embed\"\n\n//go:embed q/*.txt all:r \"s t.txt\"\nvar x string\n"),
            ("p/q/q.go", "package q"),
            ("p/q/q.txt", "q"),
            ("p/r/r.go", "package r"),
            ("p/r/.r", ""),
            ("p/s t.txt", "s"),
            ("p/u/u.go", "package u"),
        ],
        // Test data, and names that go leaves out.
        &[
            ("p/p.go", "package p\nimport _ \"x.org/m/p/testdata/t\"\n"),
            ("p/testdata/t/t.go", "package t"),
            ("p/_q.go", "package p\nimport _ \"x.org/m/q\"\n"),
            ("p/.q.go", "package p\nimport _ \"x.org/m/q\"\n"),
            ("q/q.go", "package q"),
        ],
        // A module within is another one.
        &[
            ("p/p.go", "package p\nimport _ \"x.org/m/p/q\"\n"),
            ("p/q/go.mod", "module x.org/m/p/q\n\ngo 1.24\n"),
            ("p/q/q.go", "package q"),
        ],
    ];
    for more in exact {
        assert!(compare(&command(more), true) > 1);
    }
    // `ignore` is a constraint too: no build has it, and a run of the file has.
    let ignored = [
        ("p/p.go", "package p\n"),
        ("p/gen.go", "//go:build ignore\n\npackage main\nimport _ \"x.org/m/q\"\n"),
        ("q/q.go", "package q"),
    ];
    assert!(compare(&command(&ignored), false) > 1);
    let replaced = files(&[
        (
            "a/go.mod",
            "module x.org/a\n\ngo 1.24\n\nrequire x.org/b v0.0.0\n\nreplace (\n\tx.org/b => ../b\n\tx.org/c => ../c\n)\n\nrequire x.org/c v0.0.0\n",
        ),
        ("a/a.go", "package a\nimport _ \"x.org/b/p\"\n"),
        ("b/go.mod", "module x.org/b\n\ngo 1.24\n\nrequire x.org/c v0.0.0\n"),
        ("b/p/p.go", "package p\nimport _ \"x.org/c\"\n"),
        ("c/go.mod", "module x.org/c\n\ngo 1.24\n"),
        ("c/c.go", "package c\n"),
        ("d/go.mod", "module x.org/d\n\ngo 1.24\n"),
        ("d/d.go", "package d\n"),
    ]);
    assert_eq!(compare(&replaced, true), 6);
    let members = files(&[
        ("go.work", "go 1.24\n\nuse (\n\t./a\n\t./b\n)\n"),
        ("a/go.mod", "module x.org/a\n\ngo 1.24\n"),
        ("a/a.go", "package a\nimport _ \"x.org/b\"\n"),
        ("b/go.mod", "module x.org/b\n\ngo 1.24\n"),
        ("b/b.go", "package b\n"),
    ]);
    assert_eq!(compare(&members, true), 3);
}

#[test]
#[ignore = "needs REBAKE_GO"]
fn no_file_of_random_modules_is_missed() {
    let listed = Cell::new(0);
    for_seeds(60, |random| listed.set(listed.get() + compare(&random_modules(random), false)));
    println!("go lists {} files", listed.get());
    assert!(listed.get() > 0);
}

/// Makes modules that replace each other, with packages that import each other.
fn random_modules(random: &mut Random) -> Files {
    let modules = 1 + random.below(4);
    let mut packages: Vec<(usize, String)> = Vec::new();
    let mut all = Files::new();
    for module in 0..modules {
        let others: Vec<String> = (0..modules)
            .filter(|other| *other != module)
            .map(|other| format!("\nrequire x.org/m{other} v0.0.0\nreplace x.org/m{other} => ../m{other}\n"))
            .collect();
        all.insert(format!("m{module}/go.mod"), format!("module x.org/m{module}\n\ngo 1.24\n{}", others.concat()));
        for package in 0..=random.below(5) {
            let place = *random.pick(&["", "/p", "/p/q", "/internal/i", "/cmd/c", "/p/testdata"]);
            packages.push((module, format!("m{module}{place}/k{package}")));
        }
    }
    for (at, (_, directory)) in packages.iter().enumerate() {
        let import = |random: &mut Random| {
            let mut imports = Vec::new();
            while !random.one_in(2) {
                // Only packages that stand before: go allows no circles.
                if let Some((_, other)) = packages[..at].get(random.below(at + 1)) {
                    imports.push(format!("import _ \"x.org/{other}\"\n"));
                }
            }
            imports.concat()
        };
        let name = if directory.contains("/cmd/") { "main" } else { "k" };
        let constraint = *random.pick(&["", "//go:build windows\n\n", "//go:build !race\n\n"]);
        all.insert(format!("{directory}/a.go"), format!("package {name}\n{}", import(random)));
        all.insert(format!("{directory}/b.go"), format!("{constraint}package {name}\n{}", import(random)));
        all.insert(format!("{directory}/b_test.go"), format!("package {name}\n{}", import(random)));
        all.insert(format!("{directory}/static/x.txt"), String::new());
    }
    all
}
