//! What git reads and writes for a build.

use std::fs;

use super::{observe, observed, repo};
use crate::observe::{paths, reads};
use crate::repo::Repo;

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
fn what_git_restores_is_what_is_tracked() {
    let repo = repo(
        "rm ../shared/a; git checkout --quiet ../shared/a; cat ../shared/a\n\
         echo new >../shared/b; git checkout --quiet ../shared/b; cat ../shared/b\n\
         echo new >../shared/c; git stash --quiet; cat ../shared/c\n\
         git mv ../shared/d ../shared/e; cat ../shared/e\n\
         rm ../shared/f; ../../bin/git-lfs pull; cat ../shared/f\n\
         rm ../shared/l; git checkout --quiet ../shared/l; ../shared/l\n\
         rm ../shared/g; echo new >../shared/g; cat ../shared/g",
        &["api/main", "shared/a", "shared/b", "shared/c", "shared/d", "shared/f", "shared/g", "shared/h", "tool"]
            .map(|path| (path, "x\n")),
    );
    fs::copy("/bin/true", repo.dir().join("tool")).unwrap();
    repo.symlink("../tool", "shared/l").chmod_x("tool").commit("second");
    let lfs = repo.dir().join("../bin/git-lfs");
    fs::create_dir(lfs.parent().unwrap()).unwrap();
    fs::write(&lfs, "#!/bin/sh\nread text <../shared/h\necho x >../shared/f\n").unwrap();
    repo.chmod_x("../bin/git-lfs");
    let expected = ["a", "b", "c", "d", "f", "l"].map(|name| format!("shared/{name}"));
    let expected: Vec<String> = expected.into_iter().chain(["tool".to_owned()]).collect();
    assert_eq!(paths(&observed(observe(&repo), 1)["uncovered"]), expected);
}

#[test]
#[ignore = "needs strace: .ci/run runs it"]
fn what_git_reads_for_the_build_counts() {
    let repo = repo(
        "echo x >../../x; git diff --quiet ../shared/left ../../x || true\ngit grep -q text ../shared/grep || true\n\
         git merge-file -p main ../shared/base ../shared/other >out || true\ngit -c alias.x='blame' x ../shared/blamed >out\n\
         git commit --quiet --allow-empty -F ../shared/message\ngit diff ../shared/kept main; git status --short",
        &["base", "blamed", "grep", "kept", "left", "message", "other", "unread"]
            .map(|name| (format!("shared/{name}"), "text\n"))
            .iter()
            .map(|(path, text)| (path.as_str(), *text))
            .chain([("api/main", "text\n")])
            .collect::<Vec<_>>(),
    );
    let seen = observed(observe(&repo), 1);
    assert_eq!(
        reads(&seen["uncovered"]),
        [
            "shared/base: git merge-file -p main ../shared/base ../shared/other",
            "shared/blamed: git blame ../shared/blamed",
            "shared/grep: git grep -q text ../shared/grep",
            "shared/left: git diff --quiet ../shared/left ../../x",
            "shared/message: git commit --quiet --allow-empty -F ../shared/message",
            "shared/other: git merge-file -p main ../shared/base ../shared/other",
        ]
    );
}

#[test]
#[ignore = "needs strace: .ci/run runs it"]
fn what_git_takes_from_its_objects_is_not_seen_and_said() {
    let repo = repo(
        "cat main; git show HEAD:shared/a; git stash --quiet; git describe --always",
        &[("api/main", ""), ("shared/a", "")],
    );
    let unseen = &observed(observe(&repo), 0)["unseen"];
    assert_eq!(*unseen, serde_json::json!(["what `git show HEAD:shared/a` takes from git's objects"]));
}

#[test]
#[ignore = "needs strace: .ci/run runs it"]
fn every_way_to_take_from_objects_is_said() {
    let commands = [
        "git show $(git rev-parse HEAD:shared/a)",
        "git show HEAD -- ../shared/a",
        "git log -p",
        "git format-patch --stdout --root HEAD",
        "git diff 4b825dc642cb6eb9a060e54bf8d69288fbee4904 HEAD",
        "git grep text HEAD -- ..",
        "git clone -q .. ../../cloned",
        "git init -q ../../other; git -C ../../other fetch -q \"$PWD/..\" HEAD",
        "git bundle create -q ../../bundled HEAD",
        "git fast-export HEAD",
        "mkdir ../../tree; git --work-tree=../../tree checkout -f HEAD -- .",
        "git -c alias.x='show HEAD:shared/a' x",
        "git -c alias.x='!git show HEAD:shared/a' x",
    ];
    for command in commands {
        let repo = repo(&format!("cat main; {command}"), &[("api/main", ""), ("shared/a", "text\n")]);
        let seen = observed(observe(&repo), 0);
        let unseen = seen["unseen"].as_array().unwrap();
        let is_said = unseen.len() == 1 && unseen[0].as_str().unwrap().ends_with(" takes from git's objects");
        assert!(is_said, "{command}\n{seen:#}");
    }
}

#[test]
#[ignore = "needs strace: .ci/run runs it"]
fn bookkeeping_by_other_commands_does_not_count() {
    let repo = repo(
        "touch ../shared/a; git stage ../shared\nexport GIT_INDEX_FILE=\"$PWD/../.git/other\"; git add ../shared; git write-tree",
        &[("api/main", ""), ("shared/a", "")],
    );
    let seen = observed(observe(&repo), 0);
    assert_eq!(paths(&seen["uncovered"]), [""; 0]);
}

#[test]
#[ignore = "needs strace and python3: .ci/run runs it"]
fn only_what_a_submodule_tracks_is_read_from_it() {
    let other = Repo::new();
    other.write("a", "").write("d/b", "").commit("first");
    let list = "import os; [os.listdir(os.open(p, os.O_RDONLY)) for p in ('../sub', '../sub/d')]";
    let repo = repo(&format!("/usr/bin/python3 -c \"{list}\"; cat ../sub/.git ../sub/new"), &[("api/main", "")]);
    let url = other.dir().to_str().unwrap();
    repo.git(["-c", "protocol.file.allow=always", "submodule", "--quiet", "add", url, "sub"]);
    repo.commit("with a submodule");
    repo.write("sub/new", "");
    assert_eq!(paths(&observed(observe(&repo), 0)["inputs"]), [""; 0]);
    repo.remove("sub/new").write("filters.yaml", "services: {api: {path: api, run: cat ../sub/d/b}}\n").commit("next");
    assert_eq!(paths(&observed(observe(&repo), 1)["uncovered"]), ["sub"]);
}
