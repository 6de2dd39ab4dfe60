//! Links that lead to what a build reads.

use std::fs;

use super::{observe, observed, repo};
use crate::observe::{paths, reads};
use crate::repo::Repo;

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
fn a_work_tree_elsewhere_behind_a_link_is_no_other() {
    let repo = repo("cat main ../shared/a", &[("api/main", ""), ("shared/a", ""), ("shared/b", "")]);
    let real = repo.dir().join("../real/tree");
    fs::create_dir(real.parent().unwrap()).unwrap();
    repo.git(["worktree", "add", "--quiet", real.to_str().unwrap()]);
    std::os::unix::fs::symlink(real.parent().unwrap(), repo.dir().join("../linked")).unwrap();
    let seen = observed(observe(&repo).dir("../linked/tree/api"), 1);
    assert_eq!(reads(&seen["uncovered"]), ["shared/a: cat main ../shared/a"]);
}

/// Makes a copy of a program of this machine a tracked file.
fn with_program(repo: Repo, path: &str) -> Repo {
    fs::copy("/bin/true", repo.dir().join(path)).unwrap();
    repo.chmod_x(path).commit("second");
    repo
}

#[test]
#[ignore = "needs strace: .ci/run runs it"]
fn programs_are_run_through_any_link() {
    let files = [("api/main", ""), ("shared/x", ""), ("shared/y", ""), ("shared/z", "")];
    let repo = repo("ln -s ../shared out; ./out/tool", &files);
    let repo = with_program(with_program(repo, "shared/tool"), "shared/z");
    assert_eq!(reads(&observed(observe(&repo), 1)["uncovered"]), ["shared/tool: tool"]);
    // What was there before the build is gone after it, and links lie elsewhere too.
    let run = "node_modules/.bin/x; rm -r node_modules; ../../bin/z";
    repo.write("filters.yaml", format!("services: {{api: {{path: api, run: '{run}'}}}}"));
    repo.symlink("../../../shared/tool", "api/node_modules/.bin/x");
    fs::create_dir(repo.dir().join("../bin")).unwrap();
    std::os::unix::fs::symlink(repo.dir().join("shared/z"), repo.dir().join("../bin/z")).unwrap();
    repo.commit("third");
    assert_eq!(reads(&observed(observe(&repo), 1)["uncovered"]), ["shared/tool: x", "shared/z: z"]);
}

#[test]
#[ignore = "needs strace: .ci/run runs it"]
fn interpreters_are_read() {
    let files = [("api/main", ""), ("shared/x", ""), ("shared/y", "")];
    let repo = repo("printf '#!../shared/tool' >out; chmod +x out; ./out", &files);
    let repo = with_program(repo, "shared/tool");
    assert_eq!(reads(&observed(observe(&repo), 1)["uncovered"]), ["shared/tool: out"]);
}

#[test]
#[ignore = "needs strace: .ci/run runs it"]
fn hard_links_are_made_through_links() {
    let repo = repo("ln -L ../link out; cat out", &[("api/main", ""), ("shared/a", ""), ("shared/b", "")]);
    repo.symlink("shared/a", "link").commit("second");
    assert_eq!(reads(&observed(observe(&repo), 1)["uncovered"]), ["link: ln -L ../link out", "shared/a: cat out"]);
}

#[test]
#[cfg(target_arch = "x86_64")]
#[ignore = "needs strace and python3: .ci/run runs it"]
fn links_out_of_the_repository_are_read_by_the_oldest_call_too() {
    // As musl opens a file: with a path alone.
    let open = "import ctypes; assert ctypes.CDLL(None).syscall(2, b\"../link/x\", 0) >= 0";
    let repo = repo(&format!("/usr/bin/python3 -c '{open}'"), &[("api/main", "")]);
    fs::create_dir(repo.dir().join("../elsewhere")).unwrap();
    fs::write(repo.dir().join("../elsewhere/x"), "").unwrap();
    repo.symlink("../elsewhere", "link").commit("second");
    assert_eq!(paths(&observed(observe(&repo), 1)["uncovered"]), ["link"]);
}

#[test]
#[ignore = "needs strace: .ci/run runs it"]
fn links_are_read_to_be_copied() {
    let repo = repo("cp -P ../link out; test -L ../other", &[("api/main", "")]);
    repo.symlink("gone", "link").symlink("gone", "other").commit("second");
    assert_eq!(reads(&observed(observe(&repo), 1)["uncovered"]), ["link: cp -P ../link out"]);
}

#[test]
#[ignore = "needs strace and python3: .ci/run runs it"]
fn programs_are_run_by_threads() {
    let run = "import os, threading; threading.Thread(target=os.execv, args=('../shared/tool', ['tool'])).start(); threading.Event().wait()";
    let repo = repo(&format!("/usr/bin/python3 -c \"{run}\""), &[("api/main", ""), ("shared/x", "")]);
    let repo = with_program(repo, "shared/tool");
    assert_eq!(reads(&observed(observe(&repo), 1)["uncovered"]), ["shared/tool: tool"]);
}
