//! Real builds by real tools, under strace: what they read outside of their directory is named, `--fix` cures it, and
//! nothing else is named. Run by `.ci/run`.

use std::fs;
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::Value;

use super::{paths, reads};
use crate::exec::state;
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

#[test]
#[ignore = "needs strace: .ci/run runs it"]
fn links_renames_and_other_directories_are_followed() {
    let repo = repo(
        "cat link/a >out1\ncp ../shared/b out2\nmv out2 tracked\ncat tracked >out3\nln ../shared/c out4\ncat out4 >out5\n\
         (cd -P link && cat d) >out6\nrm made; echo x >made; cat made\n../shared/tool",
        &[
            ("api/tracked", ""),
            ("api/made", ""),
            ("shared/a", ""),
            ("shared/b", ""),
            ("shared/c", ""),
            ("shared/d", ""),
            ("shared/tool", "#!/bin/sh\ntrue\n"),
            ("shared/z", ""),
        ],
    );
    repo.symlink("../shared", "api/link").chmod_x("shared/tool").commit("second");
    let seen = observed(observe(&repo), 1);
    let expected = ["shared/a", "shared/b", "shared/c", "shared/d", "shared/tool"];
    assert_eq!(
        (paths(&seen["uncovered"]), paths(&seen["inputs"])),
        (
            expected.map(str::to_owned).into(),
            ["api/link"].iter().chain(&expected).map(|path| (*path).to_owned()).collect()
        )
    );
    assert_eq!(seen["add"], serde_json::json!(["shared/**"]));
}

#[test]
#[ignore = "needs strace: .ci/run runs it"]
fn what_is_written_into_a_file_takes_nothing_away() {
    let repo = repo(
        "touch ../shared/a; cat ../shared/a\n/usr/bin/python3 -c \"open('../shared/b', 'a+').read()\"\n\
         echo x >../shared/c; cat ../shared/c\ntruncate -s 0 ../shared/d; cat ../shared/d",
        &[
            ("api/main", ""),
            ("shared/a", "a"),
            ("shared/b", "b"),
            ("shared/c", "c"),
            ("shared/d", "d"),
            ("shared/e", ""),
        ],
    );
    let seen = observed(observe(&repo), 1);
    assert_eq!(paths(&seen["uncovered"]), ["shared/a", "shared/b"], "{seen:#}");
}

#[test]
#[ignore = "needs strace: .ci/run runs it"]
fn what_is_gone_after_the_build_was_read() {
    let files = [("api/main", ""), ("shared/a", ""), ("shared/b", "")];
    for run in ["cat main ../shared/*; rm -r ../shared", "cat main ../shared/*; mv ../shared out"] {
        let repo = repo(run, &files);
        let seen = observed(observe(&repo), 1);
        assert_eq!(paths(&seen["uncovered"]), ["shared/a", "shared/b"], "{run}");
        repo.git(["checkout", "--", "."]);
        assert_eq!(
            paths(&observed(repo.rebake(["observe", "api", "--fix", "--format", "json"]), 0)["uncovered"]),
            [""; 0]
        );
    }
}

#[test]
#[ignore = "needs strace: .ci/run runs it"]
fn only_what_git_does_to_track_files_does_not_count() {
    let repo = repo(
        "git config -f ../shared/config a.b\ngit hash-object ../shared/hashed\ngit diff --no-index ../shared/left main || true\n\
         git apply --check ../shared/x.patch\n../shared/git\n../shared/git-core/tool\ngit add ../shared/added\ngit diff HEAD",
        &[
            ("api/main", ""),
            ("shared/config", "[a]\n\tb = 1\n"),
            ("shared/hashed", ""),
            ("shared/left", "x\n"),
            ("shared/x.patch", "--- a/api/new\n+++ b/api/new\n@@ -0,0 +1 @@\n+x\n"),
            ("shared/git", "#!/bin/sh\ncat ../shared/a\n"),
            ("shared/git-core/tool", "#!/bin/sh\ncat ../shared/b\n"),
            ("shared/a", ""),
            ("shared/b", ""),
            ("shared/added", ""),
        ],
    );
    repo.chmod_x("shared/git").chmod_x("shared/git-core/tool").commit("second");
    repo.write("shared/added", "more");
    let expected = ["a", "b", "config", "git", "git-core/tool", "hashed", "left", "x.patch"];
    assert_eq!(paths(&observed(observe(&repo), 1)["uncovered"]), expected.map(|name| format!("shared/{name}")));
}

#[test]
#[ignore = "needs strace: .ci/run runs it"]
fn a_file_by_another_name_is_that_file() {
    let repo = repo("cat out_link out_other", &[("api/main", ""), ("shared/a", ""), ("shared/b", "")]);
    fs::hard_link(repo.dir().join("shared/a"), repo.dir().join("api/out_link")).unwrap();
    repo.write("api/out_other", "");
    assert_eq!(reads(&observed(observe(&repo), 1)["inputs"]), ["shared/a: cat out_link out_other"]);
}

#[test]
#[ignore = "needs strace: .ci/run runs it"]
fn a_work_tree_elsewhere_behind_a_link_is_no_other() {
    let repo = repo("cat main ../shared/a", &[("api/main", ""), ("shared/a", ""), ("shared/b", "")]);
    let real = repo.dir().join("../real/tree");
    fs::create_dir(real.parent().unwrap()).unwrap();
    repo.git(["worktree", "add", "--quiet", real.to_str().unwrap()]);
    std::os::unix::fs::symlink(real.parent().unwrap(), repo.dir().join("../linked")).unwrap();
    let seen = observed(observe(&repo).dir("../linked/tree/api"), 1);
    assert_eq!(reads(&seen["uncovered"]), ["shared/a: cat main ../shared/a"]);
}

#[test]
#[ignore = "needs strace: .ci/run runs it"]
fn a_build_that_fails_is_seen_in_part() {
    let repo = repo("cat ../shared/a\necho no >&2\nexit 3", &[("api/main", ""), ("shared/a", "text of a\n")]);
    let run = observe(&repo).failure(1);
    let json: Value = serde_json::from_str(&run.text()).unwrap();
    assert_eq!(json["services"][0]["partial"], "its build failed (exit 3)");
    assert_eq!(paths(&json["services"][0]["uncovered"]), ["shared/a"]);
    let said = String::from_utf8(run.stderr).unwrap();
    assert!(said.contains("api | text of a") && said.contains("api | no"), "{said}");
    assert!(!repo.dir().join(".git/rebake/builds/1/traces").exists());
    let said = repo.rebake(["observe", "api"]).failure(1).text();
    assert!(said.contains("this is only a part of what it reads: its build failed (exit 3)"), "{said}");
}

#[test]
#[ignore = "needs strace and python3: .ci/run runs it"]
fn what_other_programs_read_is_not_seen_and_said() {
    let repo = repo(
        "cat main\n/usr/bin/python3 -c \"import socket; socket.socket(socket.AF_UNIX).connect('../.git/daemon.sock')\"",
        &[("api/main", "")],
    );
    let _daemon = UnixListener::bind(repo.dir().join(".git/daemon.sock")).unwrap();
    let seen = observed(observe(&repo), 0);
    assert!(seen["unseen"][0].as_str().unwrap().contains("what the program behind the socket "), "{seen:#}");
    let said = repo.rebake(["observe", "api"]).success().text();
    assert!(said.contains("all that were seen are covered") && said.contains("not seen: "), "{said}");
}

#[test]
#[ignore = "needs strace and python3: .ci/run runs it"]
fn daemons_are_known_by_any_address() {
    let repo = repo("/usr/bin/python3 ask.py", &[("api/ask.py", "")]);
    let daemon = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = daemon.local_addr().unwrap().port();
    let program = "import socket
own = socket.socket(); own.bind(('127.0.0.1', 0)); own.listen(); own.getsockname()
socket.socket().connect(own.getsockname())
s = socket.socket(socket.AF_INET6); s.setblocking(False); s.connect_ex(('::ffff:127.0.0.1', PORT))
";
    repo.write("api/ask.py", program.replace("PORT", &port.to_string()));
    let seen = observed(observe(&repo), 0);
    assert_eq!(
        seen["unseen"],
        serde_json::json!([format!("what the program behind port {port} of this machine reads")])
    );
}

/// The processes that a build has noted in a file, once there are so many.
fn noted(file: &Path, count: usize) -> Vec<String> {
    loop {
        let text = fs::read_to_string(file).unwrap_or_default();
        let pids: Vec<String> = text.split_whitespace().map(str::to_owned).collect();
        if pids.len() == count && text.ends_with('\n') {
            return pids;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
#[ignore = "needs strace: .ci/run runs it"]
fn a_build_that_is_interrupted_leaves_nothing_behind() {
    let repo = repo(
        "cat ../shared/a\n(setsid sh -c 'trap \"\" TERM INT HUP; echo $$ >>../.git/pids; exec sleep 1000' &)\n\
         sleep 1000 & echo $! >>../.git/pids\necho $$ >>../.git/pids\nwait",
        &[("api/main", ""), ("shared/a", "")],
    );
    let child = observe(&repo).start();
    let pids = noted(&repo.dir().join(".git/pids"), 3);
    let rebake = rustix::process::Pid::from_child(&child);
    rustix::process::kill_process(rebake, rustix::process::Signal::INT).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(130));
    assert_eq!(pids.iter().filter(|pid| state(pid).is_some()).count(), 0);
    assert!(!repo.dir().join(".git/rebake/builds/1/traces").exists());
}

#[test]
#[ignore = "needs strace: .ci/run runs it"]
fn what_a_build_leaves_running_keeps_nobody_waiting() {
    let repo = repo(
        "(setsid sh -c 'echo $$ >>../.git/pids; exec sleep 1000' >/dev/null 2>&1 &)\nwhile ! test -e ../.git/pids; do sleep 0.01; done",
        &[("api/main", "")],
    );
    observed(observe(&repo), 0);
    let pids = noted(&repo.dir().join(".git/pids"), 1);
    assert_eq!(pids.iter().filter(|pid| state(pid).is_some()).count(), 0);
}
