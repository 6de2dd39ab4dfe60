//! What a clone lacks is fetched, or said; a clone never changes the answer in silence.

use rebake::model::name::CommitId;
use snapbox::str;

use crate::on_github::{ZERO, causes, doubts, merge_group, plan, pull_request, push};
use crate::remote::{self, Remote};
use crate::repo::Repo;

const JSON: &[&str] = &["--format", "json"];
const STAY: &[&str] = &["--format", "json", "--no-fetch"];

const CONFIG: &str = "\
services:
  api: { path: api, tag: \"api@{{version}}\" }
  web: { path: web, tag: \"web@{{version}}\" }
";

/// `main` with so many commits, which touch `api` and `web` in turn, and a release of each after the third.
fn origin(commits: usize) -> (Repo, Vec<CommitId>) {
    let repo = Repo::new();
    repo.write("filters.yaml", CONFIG);
    let ids = (0..commits).map(|n| {
        repo.write(["api/file", "web/file"][n % 2], n.to_string());
        let id = repo.commit(&n.to_string());
        if n == 2 {
            repo.tag("api@1.0.0").annotated_tag("web@2.0.0");
        }
        id
    });
    let ids = ids.collect();
    repo.git(["config", "uploadpack.allowAnySHA1InWant", "true"]);
    (repo, ids)
}

#[test]
fn a_missing_base_is_fetched_by_its_id() {
    let (origin, ids) = origin(8);
    let clone = origin.clone_shallow(1);
    let run = push(&clone, "main", ids[5], JSON).success().stderr("");
    assert_eq!(causes(&run), ["api: file api/file", "web: file web/file"]);
    assert_eq!(plan(&run)["range"]["base"], ids[5].to_string());
    assert_eq!(doubts(&run), [""; 0]);
    // The versions are those of the whole history.
    assert_eq!(plan(&run)["services"][0]["version"], "1.0.0-0005-e0e862b");
}

#[test]
fn without_leave_nothing_is_fetched() {
    let (origin, ids) = origin(4);
    let clone = origin.clone_shallow(1);
    let run = push(&clone, "main", ids[2], &["--no-fetch", "--style", "sha"]).success();
    run.stdout(str![[r"
bdf8216: the base is out of reach, so everything
environment staging

SERVICE  VERSION      WHY
api      sha-bdf8216  the base is out of reach
web      sha-bdf8216  the base is out of reach

2 of 2 services to rebuild.

"]]).stderr(str![[r#"
warning[degraded]: the commit 8adf3f4cc894cc8567dac4bc960a3de4f41f1003 is not in this shallow clone; so every service counts as affected
 |
 = help: fetch the whole history: `fetch-depth: 0` with `filter: blob:none` for actions/checkout, `git fetch --unshallow --filter=blob:none` elsewhere

"#]]);
    push(&clone, "main", ids[2], &["--no-fetch", "--style", "sha", "--strict"]).failure(3);
    assert_eq!(clone.git(["rev-list", "--count", "HEAD"]), "1");
}

#[test]
fn over_a_network_it_is_the_same() {
    let (origin, ids) = origin(8);
    let clone = origin.clone_shallow(1);
    let remote = Remote::serve(&origin);
    clone.git(["remote", "set-url", "origin", &remote.url]);
    let run = push(&clone, "main", ids[6], JSON).success().stderr("");
    assert_eq!(causes(&run), ["web: file web/file"]);
    assert_eq!(plan(&run)["services"][0]["version"], "2.0.0-0005-e0e862b");
}

#[test]
fn over_http_it_is_the_same() {
    let (origin, ids) = origin(8);
    let (server, url) = remote::serve_http(&origin, None);
    let clone = origin.clone_shallow(1);
    clone.git(["remote", "set-url", "origin", &url]);
    let run = push(&clone, "main", ids[6], JSON).success().stderr("");
    assert_eq!(causes(&run), ["web: file web/file"]);
    assert_eq!(plan(&run)["services"][0]["version"], "2.0.0-0005-e0e862b");
    assert!(server.asked().iter().any(|request| request.path.ends_with("/git-upload-pack")));
}

#[test]
fn a_password_over_http_is_gits_own_affair() {
    let (origin, ids) = origin(8);
    let (server, url) = remote::serve_http(&origin, Some("s3cret"));
    let clone = || {
        let clone = origin.clone_shallow(1);
        clone.git(["remote", "set-url", "origin", &url]);
        clone
    };
    // As actions/checkout tells git who it is.
    let known = clone();
    let header = format!("http.http://{}/.extraheader", server.host);
    known.git(["config", &header, "AUTHORIZATION: basic YWRhOnMzY3JldA=="]); // `printf ada:s3cret | base64`
    let run = push(&known, "main", ids[6], JSON).success().stderr("");
    assert_eq!(causes(&run), ["web: file web/file"]);
    // A credential helper, which every git may have.
    let helped = clone();
    helped.git(["config", "credential.helper", "!f() { echo username=ada; echo password=s3cret; }; f"]);
    let run = push(&helped, "main", ids[6], JSON).success().stderr("");
    assert_eq!(causes(&run), ["web: file web/file"]);
    // Where nobody knows a password, nobody is asked for one.
    let unknown = clone();
    let run = push(&unknown, "main", ids[6], &["--style", "sha", "--format", "json"]).success();
    assert_eq!(causes(&run), ["api: base-unreachable", "web: base-unreachable"]);
    let said = String::from_utf8(run.stderr).unwrap();
    assert!(said.contains("terminal prompts disabled"), "{said}");
    // A wrong one is not repeated to anybody.
    let wrong = clone();
    wrong.git(["remote", "set-url", "origin", &url.replace("http://", "http://ada:wr0ng@")]);
    let run = push(&wrong, "main", ids[6], &["--style", "sha", "--format", "json"]).success();
    assert_eq!(causes(&run), ["api: base-unreachable", "web: base-unreachable"]);
    let said = String::from_utf8(run.stderr).unwrap();
    assert!(said.contains("Authentication failed") && !said.contains("wr0ng"), "{said}");
}

#[test]
fn a_run_that_differs_only_in_depth_gives_the_same_plan_or_says_that_it_cannot() {
    let (origin, ids) = origin(9);
    origin.git(["checkout", "--quiet", "-b", "topic", &ids[4].to_string()]);
    origin.write("api/topic", "").commit("topic");
    origin.checkout("main").merge(["topic"]);
    origin.git(["checkout", "--quiet", "-b", "work", "HEAD~2"]);
    origin.write("web/work", "").commit("work");
    let whole = origin.clone_with(["--branch=work", "--no-single-branch"]);
    for (event, args) in [("push", JSON), ("pull request", JSON), ("queue", JSON)] {
        let ask = |clone: &Repo, more: &[&str]| match event {
            "push" => push(clone, "work", ids[3], &[args, more].concat()),
            "pull request" => pull_request(clone, &ids[6], &[args, more].concat()),
            _ => merge_group(clone, &ids[6], &[args, more].concat()),
        };
        let expected = plan(&ask(&whole, &["--no-fetch"]).success());
        let everyone = ["api", "web"].map(|service| format!("{service}: base-unreachable"));
        let mut certain = 0;
        for depth in 1..=12 {
            let depth = format!("--depth={depth}");
            let clone = || origin.clone_with([&depth, "--branch=work", "--no-single-branch"]);
            let fetched = ask(&clone(), &[]).success();
            assert_eq!(plan(&fetched), expected, "{event}, {depth}, fetched");
            let stayed = ask(&clone(), &["--no-fetch", "--style", "sha"]).success();
            if doubts(&stayed).is_empty() {
                assert_eq!(plan(&stayed)["range"], expected["range"], "{event}, {depth}");
                assert_eq!(plan(&stayed)["unaffected"], expected["unaffected"], "{event}, {depth}");
                certain += 1;
            } else {
                assert_eq!(causes(&stayed), everyone, "{event}, {depth}");
            }
        }
        assert!((1..12).contains(&certain), "{event}: {certain} of the clones were deep enough");
    }
}

#[test]
fn depth_50_is_deepened_in_steps() {
    let (origin, ids) = origin(150);
    let clone = origin.clone_shallow(50);
    clone.git(["checkout", "--quiet", "--detach"]);
    origin.git(["branch", "old", &ids[90].to_string()]);
    clone.git(["fetch", "--quiet", "--depth=1", "origin", "old:refs/remotes/origin/old"]);
    let args = ["--base", "origin/old", "--fetch", "--style", "sha", "--format", "json"];
    let run = clone.rebake([&["plan"], &args[..]].concat()).success().stderr("");
    assert_eq!(plan(&run)["range"]["base"], ids[90].to_string());
    assert_eq!(causes(&run), ["api: file api/file", "web: file web/file"]);
    assert_eq!(clone.git(["rev-list", "--count", "HEAD"]), "110");
}

#[test]
fn a_first_push_fetches_the_default_branch() {
    let (origin, _) = origin(5);
    origin.git(["checkout", "--quiet", "-b", "topic"]);
    origin.write("web/topic", "").commit("topic");
    let clone = origin.clone_with(["--depth=1", "--branch=topic"]);
    let run = push(&clone, "topic", ZERO, JSON).success().stderr("");
    assert_eq!(causes(&run), ["web: file web/topic"]);
    let clone = origin.clone_with(["--depth=1", "--branch=topic"]);
    let run = push(&clone, "topic", ZERO, &["--no-fetch", "--style", "sha", "--format", "json"]).success();
    assert_eq!(doubts(&run), ["base-unreachable"]);
}

#[test]
fn what_was_built_before_a_forced_push_is_still_the_base() {
    let (origin, ids) = origin(5);
    origin.git(["reset", "--quiet", "--hard", &ids[1].to_string()]);
    origin.write("web/new", "").commit("instead");
    let clone = origin.clone_with([]);
    let run = push(&clone, "main", ids[3], JSON).success().stderr("");
    // Back to what `api` was before, and another `web`.
    assert_eq!(causes(&run), ["api: file api/file", "web: file web/file, file web/new"]);
}

#[test]
fn a_base_that_is_gone_from_the_remote_too_is_said() {
    let (origin, _) = origin(3);
    let clone = origin.clone_with([]);
    let gone = "1234567890123456789012345678901234567890";
    let run = push(&clone, "main", gone, &[]).success();
    run.stdout(str![[r#"
8adf3f4: the base is out of reach, so everything
environment staging

SERVICE  VERSION             WHY
api      1.0.0-0000-8adf3f4  the base is out of reach
web      2.0.0-0000-8adf3f4  the base is out of reach

2 of 2 services to rebuild.

"#]]);
}

#[test]
fn a_stale_base_of_a_pull_request_does_not_matter() {
    let (origin, ids) = origin(6);
    origin.git(["checkout", "--quiet", "-b", "topic", &ids[2].to_string()]);
    origin.write("web/topic", "").commit("topic");
    origin.checkout("main");
    let merge = origin.merge(["topic"]);
    origin.git(["update-ref", "refs/pull/7/merge", &merge.to_string()]);
    origin.git(["reset", "--quiet", "--hard", "HEAD~1"]);
    let clone = origin.clone_shallow(1);
    clone.git(["fetch", "--quiet", "--depth=1", "origin", "refs/pull/7/merge"]);
    clone.git(["checkout", "--quiet", "--detach", "FETCH_HEAD"]);
    // The event's base is older than what the merge commit was made upon.
    let run = pull_request(&clone, &ids[3], JSON).success().stderr("");
    assert_eq!(causes(&run), ["web: file web/topic"]);
    assert_eq!(plan(&run)["range"]["base"], ids[5].to_string());
}

#[test]
fn a_blobless_clone_fetches_the_one_file_that_it_needs() {
    let (origin, ids) = origin(3);
    origin.write("filters.yaml", CONFIG.replace("web, tag", "web, platforms: [linux/arm64], tag"));
    origin.commit("definition of web");
    let blobless = || origin.clone_with(["--filter=blob:none"]);
    let run = push(&blobless(), "main", ids[2], JSON).success().stderr("");
    assert_eq!(causes(&run), ["web: definition"]);
    let run = push(&blobless(), "main", ids[2], STAY).success();
    assert_eq!(causes(&run), ["api: degraded", "web: degraded"]);
    assert_eq!(doubts(&run), ["config-at-base"]);
    // Where the file is the same, nobody needs to read it.
    let origin = self::origin(3).0;
    let run = push(&origin.clone_with(["--filter=blob:none"]), "main", ids[0], STAY).success().stderr("");
    assert_eq!(causes(&run), ["api: file api/file", "web: file web/file"]);
}

#[test]
fn a_treeless_clone_fetches_the_base_and_no_other_tree() {
    let (origin, ids) = origin(6);
    let treeless = || origin.clone_with(["--filter=tree:0"]);
    let clone = treeless();
    let run = push(&clone, "main", ids[4], JSON).success().stderr("");
    assert_eq!(causes(&run), ["web: file web/file"]);
    clone.git(["config", "remote.origin.url", "/nowhere"]);
    clone.git(["cat-file", "-e", &format!("{}^{{tree}}", ids[4])]);
    clone.git_fails(["cat-file", "-e", &format!("{}^{{tree}}", ids[3])]);

    let run = push(&treeless(), "main", ids[4], STAY).success();
    assert_eq!(causes(&run), ["api: base-unreachable", "web: base-unreachable"]);
}

#[test]
fn a_replaced_commit_is_what_replaces_it() {
    let (repo, ids) = origin(5);
    // Head's parent is replaced by the first commit.
    repo.git(["replace", "--graft", "HEAD", &ids[0].to_string()]);
    let run = repo.rebake(["plan", "--base", "HEAD~1", "--format", "json"]).success();
    assert_eq!(plan(&run)["range"]["base"], ids[0].to_string());
    assert_eq!(causes(&run), ["api: file api/file", "web: file web/file"]);
}

#[test]
fn grafts_are_not_read_and_that_is_said() {
    let (repo, ids) = origin(5);
    repo.write(".git/info/grafts", format!("{} {}\n", ids[4], ids[0]));
    let run = repo.rebake(["plan", "--base", "main~1", "--style", "sha"]).failure(3);
    run.stderr(str![[r"
error[git]: this repository has a grafts file, `.git/info/grafts`, which rebake does not read
 |
 = help: turn it into replace refs: `git replace --convert-graft-file`

"]]);
    repo.git(["replace", "--convert-graft-file"]);
    let run = repo.rebake(["plan", "--base", "main~1", "--format", "json"]).success();
    assert_eq!(causes(&run), ["api: file api/file", "web: file web/file"]);
}

#[test]
fn a_clone_that_declined_tags_gets_them_to_tell_versions() {
    let (origin, ids) = origin(8);
    let clone = origin.clone_with(["--depth=1", "--no-tags"]);
    let run = push(&clone, "main", ids[6], JSON).success().stderr("");
    assert_eq!(plan(&run)["services"][0]["version"], "2.0.0-0005-e0e862b");
    // A base that only more history tells leaves no history without its tags behind.
    let clone = origin.clone_with(["--depth=1"]);
    let run = clone.rebake(["plan", "--base", "HEAD~1", "--fetch", "--format", "json"]).success().stderr("");
    assert_eq!(plan(&run)["services"][0]["version"], "2.0.0-0005-e0e862b");
}

#[test]
fn histories_without_a_common_commit_are_compared_as_they_are() {
    let (repo, _) = origin(2);
    repo.git(["checkout", "--quiet", "--orphan", "other"]);
    repo.write("web/other", "").commit("other");
    let run = repo.rebake(["plan", "--base", "main", "--format", "json"]).success().stderr(str![[r"
warning[no-common-history]: main and head have no commit in common, so the two trees are compared as they are
 |
 = help: name another base with `--base`, or accept this with `--direct`

"]]);
    assert_eq!(causes(&run), ["web: file web/other"]);
    assert_eq!(doubts(&run), [""; 0]);
    let run = repo.rebake(["plan", "--base", "main", "--direct", "--format", "json"]).success().stderr("");
    assert_eq!(causes(&run), ["web: file web/other"]);
    // Behind a shallow boundary nobody knows; what is there is fetched, and then the two are compared.
    let shallow = || {
        let clone = repo.clone_with(["--depth=1", "--branch=other", "--no-single-branch"]);
        clone.git(["fetch", "--quiet", "--depth=1", "origin", "main"]);
        clone
    };
    let args = ["plan", "--base", "origin/main", "--style", "sha", "--format", "json"];
    let run = shallow().rebake([&args[..], &["--fetch"]].concat()).success();
    assert_eq!(causes(&run), ["web: file web/other"]);
    let run = shallow().rebake(args).success();
    assert_eq!(causes(&run), ["api: base-unreachable", "web: base-unreachable"]);
}

#[test]
fn changes_against_each_of_several_merge_bases_count() {
    let (repo, _) = origin(2);
    repo.git(["checkout", "--quiet", "-b", "left"]);
    repo.write("api/left", "").commit("left");
    repo.git(["checkout", "--quiet", "-b", "right", "main"]);
    repo.write("web/right", "").commit("right");
    repo.branch("right-before").checkout("left").branch("left-before");
    repo.merge(["right-before"]);
    repo.checkout("right").merge(["left-before"]);
    let run = repo.rebake(["plan", "--base", "left", "--format", "json"]).success();
    assert_eq!(causes(&run), ["api: file api/left", "web: file web/right"]);
    assert_eq!(plan(&run)["range"]["source"], "since each of the 2 merge bases with left");
}

#[test]
fn a_remote_that_cannot_be_reached_is_said() {
    let (origin, ids) = origin(4);
    let clone = origin.clone_shallow(1);
    clone.git(["remote", "set-url", "origin", &remote::unreachable()]);
    let run = push(&clone, "main", ids[2], &["--style", "sha", "--format", "json"]).success();
    assert_eq!(causes(&run), ["api: base-unreachable", "web: base-unreachable"]);
    let said = String::from_utf8(run.stderr).unwrap();
    let expected = format!("warning[not-fetched]: commit {} cannot be fetched from `origin`: ", ids[2].short(7));
    assert!(said.contains(&expected), "{said}");
    // A version that needs more history fails, and says why there is none.
    let run = push(&clone, "main", ids[2], &[]).failure(3);
    let said = String::from_utf8(run.stderr).unwrap();
    assert!(said.contains("error[version]"), "{said}");
    assert!(said.contains("more history cannot be fetched from `origin`: "), "{said}");
}

#[test]
fn a_remote_that_does_not_answer_is_given_up() {
    let (origin, ids) = origin(4);
    let clone = origin.clone_shallow(1);
    let (_listener, url) = remote::silent();
    clone.git(["remote", "set-url", "origin", &url]);
    let run = push(&clone, "main", ids[2], &["--style", "sha", "--fetch-timeout", "1", "--format", "json"]).success();
    assert_eq!(causes(&run), ["api: base-unreachable", "web: base-unreachable"]);
    let said = String::from_utf8(run.stderr).unwrap();
    assert!(said.contains("was not fetched from `origin` in time"), "{said}");
}

#[test]
fn a_clone_without_a_remote_says_so() {
    let (origin, ids) = origin(4);
    let clone = origin.clone_shallow(1);
    clone.git(["remote", "remove", "origin"]);
    let run = push(&clone, "main", ids[2], &["--style", "sha", "--format", "json"]).success();
    let said = String::from_utf8(run.stderr).unwrap();
    assert!(said.contains("this repository has no remote to fetch commit"), "{said}");
}

/// Clones that have neither a work tree's filters.yaml nor the blob of head's.
fn without_its_configuration(origin: &Repo) -> [Repo; 3] {
    let sparse = origin.clone_with(["--filter=blob:none", "--no-checkout"]);
    sparse.git(["sparse-checkout", "set", "--no-cone", "/api/"]);
    sparse.git(["checkout", "--quiet", "main"]);
    let bare = origin.clone_with(["--filter=blob:none", "--bare"]);
    [sparse, bare, origin.clone_with(["--filter=blob:none", "--no-checkout"])]
}

#[test]
fn the_configuration_of_head_is_fetched_where_a_clone_left_it_out() {
    let (origin, ids) = origin(3);
    for (at, clone) in without_its_configuration(&origin).iter().enumerate() {
        let run = push(clone, "main", ids[1], STAY).failure(3);
        let said = String::from_utf8(run.stderr).unwrap();
        assert!(said.contains("the content of filters.yaml at 8adf3f4 is not in this clone, a partial one"), "{said}");
        assert!(said.contains("let git fetch it: `git cat-file -e 8adf3f4") && said.contains("`--fetch`"), "{said}");
        // At a keyboard nothing is fetched by itself.
        let by_hand = ["plan", "--base", "HEAD~1", "--head", "HEAD", "--format", "names"];
        clone.rebake(by_hand).failure(3);
        clone.rebake([&by_hand[..], &["--fetch"]].concat()).success().stdout("api\n").stderr("");
        let clone = &without_its_configuration(&origin)[at];
        assert_eq!(causes(&push(clone, "main", ids[1], JSON).success().stderr("")), ["api: file api/file"]);
    }
    // Why it does not come is told.
    let [_, bare, _] = without_its_configuration(&origin);
    bare.git(["remote", "set-url", "origin", &remote::unreachable()]);
    let run = push(&bare, "main", ids[1], JSON).failure(3);
    let said = String::from_utf8(run.stderr).unwrap();
    assert!(said.contains("cannot be fetched from `origin`: "), "{said}");
}

#[test]
fn a_head_that_somebody_names_is_fetched_too() {
    let (origin, ids) = origin(6);
    let clone = origin.clone_shallow(1);
    let (base, head) = (ids[3].to_string(), ids[4].to_string());
    let args = ["plan", "--base", &base, "--head", &head, "--style", "sha", "--format", "names"];
    clone.rebake(args).failure(3);
    clone.rebake([&args[..], &["--fetch"]].concat()).success().stdout("api\n").stderr("");
}

#[test]
fn a_base_that_is_nowhere_says_that_it_is_not_here_and_how_to_fetch_it() {
    let (origin, _) = origin(2);
    let clone = origin.clone_with([]);
    clone.rebake(["plan", "--base", "origin/mian~1", "--no-fetch"]).failure(3).stderr(str![[r#"
error[git]: there is no branch, tag or commit `origin/mian~1`
 |
 = help: did you mean `origin/main`?
 = help: if the remote has it, fetch it: `git fetch origin mian`; `git branch --all` and `git tag` list what this clone has

"#]]);
    clone.git(["remote", "set-url", "origin", &remote::unreachable()]);
    let run = clone.rebake(["plan", "--base", "topic", "--fetch"]).failure(3);
    let said = String::from_utf8(run.stderr).unwrap();
    assert!(said.contains("`git fetch origin topic`"), "{said}");
    assert!(said.contains("branch `topic` cannot be fetched from `origin`: "), "{said}");
}
