//! Files that a build writes, moves and removes.

use std::fs;

use serde_json::Value;

use super::{observe, observed, repo};
use crate::observe::{paths, reads};

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
fn a_file_by_another_name_is_that_file() {
    let repo = repo("cat out_link out_other", &[("api/main", ""), ("shared/a", ""), ("shared/b", "")]);
    fs::hard_link(repo.dir().join("shared/a"), repo.dir().join("api/out_link")).unwrap();
    repo.write("api/out_other", "");
    assert_eq!(reads(&observed(observe(&repo), 1)["inputs"]), ["shared/a: cat out_link out_other"]);
}

#[test]
#[ignore = "needs strace: .ci/run runs it"]
fn what_leaves_the_repository_is_still_of_it() {
    let run = "mv ../shared/a ../../moved; cat ../../moved\nln ../shared/b ../../linked; cat ../../linked\n\
               mv ../lib/ ../../lib; (cd ../../lib; cat c)\necho x >../../lib/d; cat ../../lib/d";
    let files = ["api/main", "shared/a", "shared/b", "shared/x", "lib/c", "lib/d", "lib/y"];
    let repo = repo(run, &files.map(|path| (path, "")));
    assert_eq!(paths(&observed(observe(&repo), 1)["uncovered"]), ["lib/c", "shared/a", "shared/b"]);
}

#[test]
#[ignore = "needs strace: .ci/run runs it"]
fn files_keep_their_origin_in_later_builds() {
    let repo =
        repo("", &["api/main", "gen/main", "shared/a", "shared/b", "shared/c", "shared/d"].map(|path| (path, "")));
    repo.write(
        "filters.yaml",
        "services:
  gen:
    path: gen
    run: |
      mv ../shared/a outx
      echo x >../shared/b
      ln ../shared/c ../../linked
  api: {path: api, run: cat ../gen/outx ../shared/b ../../linked ../shared/d}
",
    )
    .commit("second");
    let text = repo.rebake(["observe", "gen", "api", "--format", "json"]).failure(1).text();
    let json: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(json["services"][1]["service"], "api");
    assert_eq!(paths(&json["services"][1]["uncovered"]), ["shared/a", "shared/c", "shared/d"], "{json:#}");
}

#[test]
#[ignore = "needs strace and python3: .ci/run runs it"]
fn a_file_that_is_renamed_to_itself_stays() {
    let rename =
        "import os; os.link('../shared/a', 'out'); os.rename('../shared/a', 'out'); open('../shared/a').read()";
    let repo = repo(&format!("/usr/bin/python3 -c \"{rename}\""), &[("api/main", ""), ("shared/a", "")]);
    assert_eq!(paths(&observed(observe(&repo), 1)["uncovered"]), ["shared/a"]);
}
