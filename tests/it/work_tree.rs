//! The work tree, with settings, filters and files of which git says more than a few, against `git status`.

use std::os::unix::fs::PermissionsExt as _;
use std::process::Command;

use rebake::inputs::git::TreeWithChanges;
use rebake::model::change::{ChangeSet, Extent, Status};
use rebake::model::name::RepoPath;
use rebake::model::tree::{Mode, Outline, Region};

use crate::git_status::same_as_git;
use crate::repo::Repo;

const CONFIG: &str = "services:\n  a: { path: a }\n  b: { path: b }\n";

/// A repository with a file of each service.
fn repo() -> Repo {
    let repo = Repo::new();
    repo.write("filters.yaml", CONFIG).write("a/x", "1\n").write("b/x", "1\n").commit("first");
    repo
}

fn names(repo: &Repo) -> String {
    repo.rebake(["plan", "--base", "HEAD", "--direct", "--format", "names"]).success().text().replace('\n', " ")
}

#[test]
fn an_untracked_file_counts_whatever_the_configuration_says() {
    for setting in ["no", "normal", "all"] {
        let repo = repo();
        repo.git(["config", "status.showUntrackedFiles", setting]);
        repo.write("a/deep/new", "");
        assert_eq!(same_as_git(&repo), r"A\x00a/deep/new\x00", "{setting}");
        assert_eq!(names(&repo), "a ", "{setting}");
        let fingerprint = repo.rebake(["fingerprint", "a"]).success().text();
        assert!(fingerprint.trim_end().ends_with("-dirty"), "{setting}: {fingerprint}");
    }
}

#[test]
fn every_encoding_that_git_is_told_is_read_as_git_reads_it() {
    for encoding in [
        "UTF-16LE-BOM",
        "UTF-16BE-BOM",
        "UTF-16",
        "UTF-16LE",
        "UTF-32",
        "UTF-32LE",
        "UTF-7",
        "latin-1",
        "ISO-8859-15",
        "IBM850",
        "SHIFT-JIS",
        "no-such-encoding",
    ] {
        let repo = repo();
        repo.write(".gitattributes", format!("*.ps1 text working-tree-encoding={encoding}\n")).commit("attributes");
        repo.write("a/f.ps1", b"\xff\xfea\0\n\0").git(["add", ".gitattributes"]);
        same_as_git(&repo);
        assert_eq!(names(&repo), "a ", "{encoding}");
        repo.rebake(["fingerprint", "a"]).success();
        // What the index has is what git wrote, where git could.
        if repo.program("git").args(["add", "a/f.ps1"]).status().unwrap().success() {
            repo.git(["commit", "--quiet", "--all", "-m", "text"]);
            assert_eq!(names(&repo), "", "{encoding}");
            repo.write("a/f.ps1", b"\xff\xfeb\0\n\0");
            same_as_git(&repo);
            assert_eq!(names(&repo), "a ", "{encoding}");
        }
    }
}

#[test]
fn a_filter_that_fails_is_missing_or_reads_nothing_ends_no_plan() {
    let large = "0123456789abcdef".repeat(20_000);
    for (clean, process) in [
        ("echo REDACTED", ""),
        ("false", ""),
        ("cat; false", ""),
        ("no-such-program-anywhere", ""),
        ("", "no-such-program-anywhere"),
        ("", "false"),
        ("", "echo nonsense"),
    ] {
        for required in ["true", "false"] {
            let repo = repo();
            repo.write(".gitattributes", "*.env filter=x\n").write("a/x.env", "secret\n").commit("tracked");
            for (key, value) in [("clean", clean), ("process", process)] {
                if !value.is_empty() {
                    repo.git(["config", &format!("filter.x.{key}"), value]);
                }
            }
            repo.git(["config", "filter.x.required", required]);
            repo.write("a/x.env", &large).write("a/y.env", &large);
            let what = format!("clean {clean}, process {process}, required {required}");
            assert_eq!(names(&repo), "a ", "{what}");
            let run = repo.rebake(["plan", "--base", "HEAD", "--direct", "--format", "json"]).success();
            let plan: serde_json::Value = serde_json::from_slice(&run.stdout).unwrap();
            assert_eq!(plan["services"][0]["service"], "a", "{what}");
        }
    }
}

#[test]
fn a_file_that_only_looks_modified_counts_as_git_says() {
    let repo = repo();
    repo.write(".gitattributes", "*.up filter=up\n").git(["config", "filter.up.clean", "tr a-z A-Z"]);
    repo.write("a/f.up", "text\n").commit("filtered");
    // The same content, at another time.
    repo.remove("a/f.up").write("a/f.up", "TEXT\n");
    assert_eq!(same_as_git(&repo), "");
    assert_eq!(names(&repo), "");
}

/// Runs rebake as somebody who may not read everything, also where the tests run as root.
fn as_nobody(repo: &Repo, args: &[&str]) -> (i32, String, String) {
    let root = rustix::process::geteuid().is_root();
    let mut command = if root {
        let mut command = repo.program("setpriv");
        command.args(["--reuid=65534", "--regid=65534", "--clear-groups", env!("CARGO_BIN_EXE_rebake")]);
        command
    } else {
        repo.program(env!("CARGO_BIN_EXE_rebake"))
    };
    let output = command.args(args).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

/// Gives a repository to that somebody, where the tests run as root.
fn give_away(repo: &Repo) {
    let above = repo.dir().parent().unwrap();
    std::fs::set_permissions(above, std::fs::Permissions::from_mode(0o755)).unwrap();
    if rustix::process::geteuid().is_root() {
        let done = Command::new("chown").args(["-R", "65534:65534"]).arg(above).status().unwrap();
        assert!(done.success());
    }
}

fn mode(repo: &Repo, path: &str, mode: u32) {
    std::fs::set_permissions(repo.dir().join(path), std::fs::Permissions::from_mode(mode)).unwrap();
}

#[test]
fn what_cannot_be_read_counts_as_changed_and_ends_nothing() {
    let repo = repo();
    for path in ["a/data/base/f", "b/closed/tracked", "b/unsearchable/tracked"] {
        repo.write(path, "");
    }
    repo.git(["add", "b"]);
    repo.git(["commit", "--quiet", "-m", "second"]);
    repo.write("a/secret", "1").write("other/f", "");
    give_away(&repo);
    let plan = ["plan", "--base", "HEAD", "--direct", "--format", "names"];
    assert_eq!(as_nobody(&repo, &plan).1, "a\n");
    repo.remove("a/secret");
    mode(&repo, "a/data", 0o000);
    let (code, names, said) = as_nobody(&repo, &plan);
    assert_eq!((code, names.as_str()), (0, "a\n"), "{said}");
    assert!(said.contains("a/data: Permission denied") && said.contains("counts as changed"), "{said}");
    let json = as_nobody(&repo, &["plan", "--base", "HEAD", "--direct", "--format", "json"]).1;
    let told: serde_json::Value = serde_json::from_str(&json).unwrap();
    let cause = serde_json::json!([
        {"kind": "degraded", "path": "a/data", "pattern": "a/**", "at": "filters.yaml:2:14", "reason": "work-tree"}
    ]);
    assert_eq!(told["services"][0]["causes"], cause);
    let sentence = "degraded: a/data cannot be read, matches a/**";
    let table = as_nobody(&repo, &["plan", "--base", "HEAD", "--direct"]).1;
    let why = as_nobody(&repo, &["why", "a", "--base", "HEAD", "--direct"]).1;
    assert!(table.contains(sentence) && why.contains(sentence), "{table}{why}");
    mode(&repo, "a/data", 0o755);
    repo.remove("a/data");
    // A directory with tracked files, of which the names or the files cannot be had.
    for (path, bits) in [("b/closed", 0o000), ("b/unsearchable", 0o600)] {
        mode(&repo, path, bits);
        let (code, names, said) = as_nobody(&repo, &plan);
        assert_eq!((code, names.as_str()), (0, "b\n"), "{path}: {said}");
        mode(&repo, path, 0o755);
    }
    assert_eq!(as_nobody(&repo, &plan).1, "");
    // A file that is new, or has another content, which nobody can read.
    repo.write("a/secret", "1").write("b/x", "2");
    give_away(&repo);
    mode(&repo, "a/secret", 0o000);
    mode(&repo, "b/x", 0o000);
    let (code, names, said) = as_nobody(&repo, &plan);
    assert_eq!((code, names.as_str()), (0, "a\nb\n"), "{said}");
    let (code, json, said) = as_nobody(&repo, &["plan", "--base", "HEAD", "--direct", "--format", "json"]);
    assert_eq!(code, 0, "{said}");
    assert!(said.contains("a/secret: Permission denied"), "{said}");
    let plan: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(plan["degraded"][0]["kind"], "work-tree");
    for path in ["a/secret", "b/x"] {
        mode(&repo, path, 0o644);
    }
}

#[test]
fn what_is_neither_file_nor_link_is_nothing() {
    let repo = repo();
    repo.write("a/y", "").commit("second");
    for name in ["a/pipe", "a/x"] {
        let _ = std::fs::remove_file(repo.dir().join(name));
        assert!(repo.program("mkfifo").arg(name).status().unwrap().success());
    }
    let _socket = std::os::unix::net::UnixListener::bind(repo.dir().join("b/socket")).unwrap();
    same_as_git(&repo);
    assert_eq!(names(&repo), "a ");
    repo.rebake(["fingerprint"]).success();
}

#[test]
fn a_file_that_vanishes_or_changes_meanwhile_ends_nothing() {
    let repo = repo();
    repo.write("c", "1").write("e\nf\"g\r", "2").symlink("c", "link").write("program", "").chmod_x("program");
    assert!(repo.program("mkfifo").arg("pipe").status().unwrap().success());
    repo.git(["init", "--quiet", "inner"]);
    let changes = ["c", "gone", "a/x/below-a-file", "pipe", "link", "e\nf\"g\r", "a", "program"];
    let change = |path: &str| rebake::model::change::Change::new(RepoPath::from_git(path), Status::Modified);
    let mut changes: Vec<_> = changes.into_iter().map(change).collect();
    changes.push(rebake::model::change::Change { extent: Extent::Below, ..change("inner") });
    let git = repo.open();
    let changes = ChangeSet::new(changes);
    let root = git.tree_of(&repo.git(["rev-parse", "HEAD"]).parse().unwrap()).unwrap();
    let TreeWithChanges { root, unsure } = git.with_work_tree(root, &changes).unwrap();
    let entries = git.survey(&root, &Outline::listed(Region::whole())).unwrap().entries;
    let hash = |content: &str| {
        String::from_utf8(repo.git_bytes(["hash-object", "--stdin"], content.as_bytes())).unwrap().trim().to_owned()
    };
    let found: Vec<String> = entries
        .iter()
        .map(|entry| format!("{} {} {}", entry.mode, entry.id, String::from_utf8_lossy(entry.path)))
        .collect();
    let expected = [
        format!("100644 {} a/x", hash("1\n")),
        format!("100644 {} b/x", hash("1\n")),
        format!("100644 {} c", hash("1")),
        format!("100644 {} e\nf\"g\r", hash("2")),
        format!("100644 {} filters.yaml", hash(CONFIG)),
        format!("{} {} inner", Mode::Submodule, "0".repeat(40)),
        format!("120000 {} link", hash("c")),
        format!("100755 {} program", hash("")),
    ];
    assert_eq!(found, expected);
    assert!(unsure.to_string().starts_with("inner: "), "{unsure}");
}

#[test]
fn a_file_system_without_executable_files_has_the_modes_of_before() {
    let repo = repo();
    repo.write("a/run", "1").chmod_x("a/run").commit("program");
    repo.git(["config", "core.fileMode", "false"]);
    repo.remove("a/run").write("a/run", "2").write("a/new", "").chmod_x("a/new");
    same_as_git(&repo);
    let before = repo.rebake(["fingerprint", "a"]).success().text();
    repo.git(["add", "--all"]);
    repo.git(["commit", "--quiet", "-m", "second"]);
    let after = repo.rebake(["fingerprint", "a"]).success().text();
    assert_eq!(before.replace("-dirty", ""), after);
}

#[test]
fn no_content_is_read_where_the_answer_has_none_of_it() {
    let repo = repo();
    repo.write(".gitattributes", "*.x filter=x\n").commit("attributes");
    repo.git(["config", "filter.x.clean", "echo >>.git/cleaned; cat"]);
    repo.write("a/new.x", "1");
    let cleaned = || std::fs::read(repo.dir().join(".git/cleaned")).map_or(0, |lines| lines.len());
    for format in ["names", "paths", "table"] {
        repo.rebake(["plan", "--base", "HEAD", "--direct", "--format", format]).success();
        assert_eq!(cleaned(), 0, "{format}");
    }
    repo.rebake(["why", "a", "--base", "HEAD", "--direct"]).success();
    assert_eq!(cleaned(), 0);
    repo.rebake(["plan", "--base", "HEAD", "--direct", "--format", "json"]).success();
    assert_eq!(cleaned(), 1);
}

/// In an address space that holds neither the file nor a half of it.
#[test]
fn a_large_file_is_not_kept_in_memory() {
    let repo = repo();
    let file = std::fs::File::create(repo.dir().join("a/data.bin")).unwrap();
    file.set_len(1 << 30).unwrap();
    for args in ["plan --base HEAD --direct --format names", "fingerprint a"] {
        let script = format!("ulimit -v 700000; {} {args}", env!("CARGO_BIN_EXE_rebake"));
        let output = repo.program("bash").args(["-c", &script]).output().unwrap();
        assert!(output.status.success(), "{args}: {}", String::from_utf8_lossy(&output.stderr));
        assert!(output.stdout.starts_with(b"a"), "{args}");
        assert!(output.stderr.is_empty(), "{args}: {}", String::from_utf8_lossy(&output.stderr));
    }
}

/// Git does not look at a file with one of these marks; rebake reads filters.yaml, and says what it read.
#[test]
fn a_configuration_that_git_takes_for_unchanged_is_what_it_is() {
    for (mark, back) in [("--skip-worktree", "--no-skip-worktree"), ("--assume-unchanged", "--no-assume-unchanged")] {
        let repo = repo();
        let before = repo.rebake(["fingerprint"]).success().text();
        repo.write("filters.yaml", CONFIG.replace("b }", "b, env: { A: \"1\" } }"));
        let said = || {
            let version = repo.rebake(["version", "a", "b", "--format", "plain"]).success().text();
            (names(&repo), repo.rebake(["fingerprint"]).success().text(), version)
        };
        let seen = said();
        assert_eq!(seen.0, "b ", "{mark}");
        assert!(seen.2.lines().nth(1).unwrap().ends_with("-dirty"), "{seen:?}");
        repo.git(["update-index", mark, "filters.yaml"]);
        assert_eq!(said(), seen, "{mark}");
        // A record would say that the commit was built.
        let record = ["build", "--all", "--record"];
        let refused = String::from_utf8(repo.rebake(record).failure(2).stderr).unwrap();
        assert!(refused.contains("error[dirty]") && refused.contains("filters.yaml"), "{refused}");
        repo.git(["update-index", back, "filters.yaml"]);
        repo.git(["checkout", "--quiet", "filters.yaml"]);
        repo.git(["update-index", mark, "filters.yaml"]);
        assert_eq!((names(&repo), repo.rebake(["fingerprint"]).success().text()), (String::new(), before), "{mark}");
    }
}

#[test]
fn a_plan_of_a_commit_says_dirty_where_it_is_asked_to() {
    let repo = repo();
    repo.write("a/x", "2");
    let said = |verb: &[&str]| {
        let run =
            repo.rebake(verb).env("CI", "true").env("GITHUB_ACTIONS", "true").env("GITHUB_REF", "refs/heads/main");
        run.env("GITHUB_EVENT_NAME", "push").env("GITHUB_SHA", repo.id("HEAD").to_string()).success().text()
    };
    let plan = ["plan", "--all", "--environment=staging", "--format=json"];
    let versions = |more: &[&str]| {
        let plan: serde_json::Value = serde_json::from_str(&said(&[&plan, more].concat())).unwrap();
        let text =
            |service: &serde_json::Value| format!("{} {}", service["version"].as_str().unwrap(), service["push"]);
        plan["services"].as_array().unwrap().iter().map(text).collect::<Vec<_>>()
    };
    let usual = versions(&[]);
    assert!(usual.iter().all(|version| !version.contains("-dirty")), "{usual:?}");
    let dirty = versions(&["--dirty"]);
    assert!(dirty[0].contains("-dirty false") && dirty[1] == usual[1], "{dirty:?}");
    // As `version` says it.
    let version = said(&["version", "a", "--dirty", "--environment=staging", "--format=plain"]);
    assert_eq!(dirty[0].split(' ').next().unwrap(), version.trim_end());
    assert_eq!(versions(&["--dirty", "--head=HEAD"]), usual);
}
