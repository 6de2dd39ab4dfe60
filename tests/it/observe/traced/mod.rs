//! Real builds by real tools, under strace: what they read outside of their directory is named, `--fix` cures it, and
//! nothing else is named. Run by `.ci/run`.

mod ended_builds;
mod file_origins;
mod followed_links;
mod git_processes;
mod other_programs;

use std::fs;
use std::path::PathBuf;

use serde_json::Value;

use super::paths;
use crate::repo::{Rebake, Repo};

/// A repository whose service `api` is built by a command.
fn repo(run: &str, files: &[(&str, &str)]) -> Repo {
    let repo = Repo::new();
    let run = run.replace('\n', "\n      ");
    repo.write("filters.yaml", format!("services:\n  api:\n    path: api # where it is\n    run: |\n      {run}\n"));
    repo.write(".gitignore", "out*\n__pycache__\nnode_modules\ntarget\n");
    for (path, text) in files {
        repo.write(path, text);
    }
    repo.commit("first");
    repo
}

/// Where the cargo and rustc of these tests are: not what chooses among several of them.
fn with_cargo(rebake: Rebake) -> Rebake {
    #[expect(clippy::disallowed_methods, reason = "cargo says where it is")]
    let cargo = PathBuf::from(std::env::var_os("CARGO").expect("cargo runs the tests"));
    let rustc = cargo.with_file_name("rustc");
    rebake.env("CARGO", &cargo).env("RUSTC", rustc)
}

/// What was seen of `api`.
fn observed(rebake: Rebake, code: i32) -> Value {
    let text = rebake.failure(code).text();
    let json: Value = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}\n{text}"));
    json["services"][0].clone()
}

fn observe(repo: &Repo) -> Rebake {
    with_cargo(repo.rebake(["observe", "api", "--format", "json"]))
}

/// Holds a build to what it must name: exactly these files; `--fix` cures it, and a build after that names nothing.
#[track_caller]
pub(super) fn names(repo: &Repo, run: impl Fn(&[&str]) -> Rebake, expected: &[&str]) {
    let seen = observed(run(&[]), 1);
    assert_eq!(paths(&seen["uncovered"]), expected, "{seen:#}");
    assert_eq!((&seen["unseen"], seen.get("partial")), (&Value::Array(Vec::new()), None), "{seen:#}");
    let tracked = repo.git(["ls-files"]);
    let read = paths(&seen["inputs"]);
    assert!(read.iter().all(|path| tracked.lines().any(|tracked| tracked == path)), "{read:?}");
    // All is built anew, as in the first run.
    repo.git(["clean", "-fdxq"]);
    let cured = observed(run(&["--fix"]), 0);
    assert_eq!(paths(&cured["uncovered"]), [""; 0]);
    assert!(fs::read_to_string(repo.dir().join("filters.yaml")).unwrap().contains("path: api # where it is\n"));
    repo.git(["clean", "-fdxq"]);
    observed(run(&[]), 0);
}

/// The same for the tools of these tests.
#[track_caller]
fn names_exactly(repo: &Repo, expected: &[&str]) {
    let run = |more: &[&str]| with_cargo(repo.rebake([&["observe", "api", "--format", "json"], more].concat()));
    names(repo, run, expected);
}

#[test]
#[ignore = "needs strace: .ci/run runs it"]
fn what_a_shell_reads_is_named() {
    let repo = repo(
        "cat main >out\ncd ../shared\ncat schema.json >>../api/out\ngit status --short >/dev/null\ngit log -1 >/dev/null\ncat ../api/out",
        &[("api/main", "m"), ("api/docs/x", ""), ("shared/schema.json", "{}"), ("shared/other", "")],
    );
    repo.rebake(["observe", "api"]).failure(1).stdout(snapbox::str![[r#"
api read 2 tracked files; nothing covers 1 of them

  not covered:
    shared/schema.json  read by cat schema.json

  to add to `api` (`--fix` does):
    shared/schema.json

  not read, though changes of it build `api`:
    api/docs/ (1 tracked file)

"#]]);
    repo.git(["clean", "-fdxq"]);
    names_exactly(&repo, &["shared/schema.json"]);
}

#[test]
#[ignore = "needs strace and python3: .ci/run runs it"]
fn what_python_reads_is_named() {
    let repo = repo(
        "/usr/bin/python3 gen.py\n/usr/bin/python3 gen.py",
        &[
            (
                "api/gen.py",
                "import sys, os\nsys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'shared'))\nimport common\nopen('out', 'w').write(common.text())\nopen('out').read()\n",
            ),
            (
                "shared/common.py",
                "import pathlib\ndef text():\n    return (pathlib.Path(__file__).parent / 'data.json').read_text()\n",
            ),
            ("shared/data.json", "{}"),
            ("shared/unused.py", ""),
            ("web/x", ""),
        ],
    );
    names_exactly(&repo, &["shared/common.py", "shared/data.json"]);
}

#[test]
#[ignore = "needs strace and node: .ci/run runs it"]
fn what_node_reads_is_named() {
    let repo = repo(
        "mkdir -p node_modules/m\nprintf 'module.exports = 1' >node_modules/m/index.js\nnode build.js",
        &[
            (
                "api/build.js",
                "require('m'); const a = require('../shared/a.json'); const fs = require('fs');\nfs.statSync('../shared/c.json'); fs.readdirSync('../shared');\nfs.writeFileSync('out.js', a.x + fs.readFileSync('../shared/b.txt', 'utf8')); require('./out.js');\n",
            ),
            ("api/package.json", "{}"),
            ("shared/a.json", "{\"x\": 1}"),
            ("shared/b.txt", ""),
            ("shared/c.json", ""),
            ("shared/d.json", ""),
            ("shared/e.json", ""),
        ],
    );
    names_exactly(&repo, &["shared/a.json", "shared/b.txt"]);
}

#[test]
#[ignore = "needs strace and make: .ci/run runs it"]
fn what_make_reads_is_named() {
    let repo = repo(
        "make -s -j2 out",
        &[
            (
                "api/Makefile",
                "include ../shared/rules.mk\nout: out.a out.b\n\tcat $^ >$@\nout.a: ../shared/a\n\tcp $< $@\n",
            ),
            ("shared/rules.mk", "all: out\nout.b: main\n\tcat $< >$@\n"),
            ("api/main", ""),
            ("shared/a", ""),
            ("shared/b", ""),
        ],
    );
    names_exactly(&repo, &["shared/a", "shared/rules.mk"]);
}

#[test]
#[ignore = "needs strace: .ci/run runs it"]
fn what_cargo_reads_is_named() {
    let repo = repo(
        "\"$CARGO\" build --offline --quiet",
        &[
            (
                "api/Cargo.toml",
                "[package]\nname = \"api\"\nversion = \"1.0.0\"\nedition = \"2021\"\n[dependencies]\nlib = {path = \"../shared/lib\"}\n[workspace]\n",
            ),
            (
                "api/Cargo.lock",
                "version = 3\n\n[[package]]\nname = \"api\"\nversion = \"1.0.0\"\ndependencies = [\n \"lib\",\n]\n\n[[package]]\nname = \"lib\"\nversion = \"1.0.0\"\n",
            ),
            (
                "api/build.rs",
                "fn main() { let text = std::fs::read_to_string(\"../shared/in.txt\").unwrap(); let out = std::env::var(\"OUT_DIR\").unwrap(); std::fs::write(format!(\"{out}/made.txt\"), text).unwrap(); }",
            ),
            (
                "api/src/main.rs",
                "fn main() { println!(\"{}{}{}\", include_str!(concat!(env!(\"OUT_DIR\"), \"/made.txt\")), include_str!(\"../../shared/text.txt\"), lib::ONE); }",
            ),
            ("shared/lib/Cargo.toml", "[package]\nname = \"lib\"\nversion = \"1.0.0\"\nedition = \"2021\"\n"),
            ("shared/lib/src/lib.rs", "pub const ONE: u8 = 1;"),
            ("shared/lib/src/unused.rs", ""),
            ("shared/in.txt", ""),
            ("shared/text.txt", ""),
            ("shared/README.md", ""),
        ],
    );
    let named = ["shared/in.txt", "shared/lib/Cargo.toml", "shared/lib/src/lib.rs", "shared/text.txt"];
    names_exactly(&repo, &named);
}
