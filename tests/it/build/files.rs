//! Where a run may be told to write, and what it wrote itself.

use std::fs;
use std::os::unix::fs::FileTypeExt as _;
use std::process::Output;

use super::repo;
use crate::repo::Repo;

/// Lets bash build all, with these flags, in the place of `REBAKE` in a script; it hangs for no longer than a minute.
fn shell(repo: &Repo, script: &str) -> Output {
    let build = format!("timeout 60 {} build --all --output failures", env!("CARGO_BIN_EXE_rebake"));
    let output = repo.rebake(["build"]).into_shell(&script.replace("REBAKE", &build)).output().unwrap();
    assert_ne!(output.status.code(), Some(124), "it hangs: {script}");
    output
}

#[track_caller]
fn is_report(text: &str) {
    let start = text.find("{\n").unwrap_or_else(|| panic!("no report: {text}"));
    let report: serde_json::Value = serde_json::from_str(&text[start..]).unwrap();
    assert_eq!(report["services"].as_array().unwrap().len(), 3, "{text}");
}

#[test]
fn a_report_goes_to_a_pipe_and_leaves_it_a_pipe() {
    let repo = repo();
    for script in [
        "REBAKE --report /dev/stdout | cat",
        "REBAKE --report /dev/stdout >.git/out; cat .git/out",
        "REBAKE --report >(cat >.git/out; touch .git/done); until test -e .git/done; do sleep 0.05; done; cat .git/out",
        "REBAKE --report /dev/fd/3 3> >(cat >.git/out; touch .git/done2); until test -e .git/done2; do sleep 0.05; done; cat .git/out",
        "mkfifo .git/fifo; cat .git/fifo >.git/out & REBAKE --report .git/fifo; wait; test -p .git/fifo; cat .git/out",
    ] {
        let _ = fs::remove_file(repo.dir().join(".git/out"));
        let output = shell(&repo, script);
        assert!(output.status.success(), "{script}: {}", String::from_utf8_lossy(&output.stderr));
        is_report(&String::from_utf8(output.stdout).unwrap());
    }
}

#[test]
fn what_takes_nothing_is_an_error_and_no_wait() {
    let repo = repo();
    for (script, said) in [
        ("REBAKE --report /dev/full", "cannot write /dev/full: No space left on device"),
        ("mkfifo .git/unread; REBAKE --junit .git/unread", "cannot write .git/unread: nothing reads it"),
    ] {
        let output = shell(&repo, script);
        assert_eq!(output.status.code(), Some(2), "{script}");
        let error = String::from_utf8(output.stderr).unwrap();
        assert!(error.contains(said), "{script}: {error}");
        // Nobody waits for builds to be told of a pipe.
        assert_eq!(output.stdout.is_empty(), script.starts_with("mkfifo"), "{script}");
    }
}

#[test]
fn a_device_stays_a_device() {
    let repo = repo();
    // Only root may make one; for others a device cannot be replaced in any case.
    let script = "cd .git; mknod null c 1 3 2>/dev/null || ln -s /dev/null null; cd ..; REBAKE --report .git/null --junit .git/null";
    let output = shell(&repo, script);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(fs::metadata(repo.dir().join(".git/null")).unwrap().file_type().is_char_device());
}

#[test]
fn no_link_that_a_repository_holds_leads_what_is_written_astray() {
    let repo = repo();
    let outside = repo.dir().with_extension("outside");
    fs::create_dir(&outside).unwrap();
    fs::write(outside.join("precious"), "precious").unwrap();
    let to = outside.to_str().unwrap().to_owned();
    repo.symlink(format!("{to}/precious"), "report.json").symlink(&to, "out").symlink(format!("{to}/new"), "new");
    repo.commit("links");
    for flags in [
        ["--report", "report.json"],
        ["--junit", "out/precious"],
        ["--report", "out/new.json"],
        ["--report", "new"],
        ["--logs", "out/logs"],
    ] {
        let run = repo.rebake([&["build", "--all"][..], &flags[..]].concat()).failure(2);
        let said = String::from_utf8(run.stderr.clone()).unwrap();
        assert!(said.contains("is a symbolic link in a repository"), "{flags:?}: {said}");
        assert_eq!(super::built(&repo), "", "{flags:?}");
    }
    assert_eq!(fs::read_to_string(outside.join("precious")).unwrap(), "precious");
    assert_eq!(fs::read_dir(&outside).unwrap().count(), 1);
}

#[test]
fn what_was_written_here_is_no_change_until_it_is_changed() {
    let repo = Repo::new();
    repo.write("filters.yaml", "services: {app: {path: ., run: 'true'}}\n").commit("first");
    let rebake = env!("CARGO_BIN_EXE_rebake");
    let script = format!(
        "{rebake} plan --all --format json >plan.json; {rebake} build --all --report report.json --junit report.xml >list.txt"
    );
    let output = repo.rebake(["plan"]).into_shell(&script).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let plan: serde_json::Value =
        serde_json::from_str(&fs::read_to_string(repo.dir().join("plan.json")).unwrap()).unwrap();
    let kinds: Vec<&str> =
        plan["services"][0]["causes"].as_array().unwrap().iter().map(|cause| cause["kind"].as_str().unwrap()).collect();
    assert!(!kinds.contains(&"file"), "{kinds:?}");
    let changed = || repo.rebake(["plan", "--base", "HEAD", "--format", "names"]).success().text();
    assert_eq!(changed(), "");
    // Nor is it dirt, wherever the plan of a run comes from.
    fs::rename(repo.dir().join("plan.json"), repo.dir().join("given.json")).unwrap();
    repo.rebake(["build", "--plan", "given.json", "--push", "--report", "report.json"]).success();
    assert_eq!(changed(), "");
    repo.write("report.json", "{}");
    assert_eq!(changed(), "app\n");
    repo.remove("report.json");
    assert_eq!(changed(), "");
    // What others wrote before is not ours.
    let script = format!("echo theirs >list.txt; {rebake} plan --all --format names >>list.txt");
    assert!(repo.rebake(["plan"]).into_shell(&script).output().unwrap().status.success());
    assert_eq!(changed(), "app\n");
    // What git tracks is not left out.
    repo.remove("list.txt").commit("all");
    repo.rebake(["build", "--all", "--report", "report.xml"]).success();
    assert_eq!(changed(), "app\n");
}
