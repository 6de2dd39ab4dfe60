//! What git reads and writes for a build.

use std::fs;

use super::{observe, observed, repo};
use crate::observe::{paths, reads};

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
