//! What people were hurt by elsewhere, one scenario each: a change that must not be missed, or not be taken for one.

use std::collections::BTreeSet;

use rebake::model::name::CommitId;
use serde_json::{Value, json};
use snapbox::str;

use crate::on_github::{causes, doubts, merge_group, plan, push};
use crate::random::for_seeds;
use crate::remote::Remote;
use crate::repo::{Repo, Run};

const JSON: [&str; 2] = ["--format", "json"];

const CONFIG: &str = "\
filters:
  shared: &shared [shared/**]
global: [pnpm-lock.yaml]
unowned: [docs/**]
services:
  base: { path: base, global: false }
  api: { filters: [*shared, api/**], depends_on: [base] }
  web: { filters: [*shared, web/**] }
";

/// A repository with the services `base`, `api` and `web`.
fn repo() -> Repo {
    let repo = Repo::new();
    for file in ["base/a", "api/a", "web/a", "shared/a", "docs/a"] {
        repo.write(file, file);
    }
    repo.write("filters.yaml", CONFIG).commit("first");
    repo
}

/// The plan of the last commit.
fn last_commit(repo: &Repo) -> Run {
    repo.rebake(["plan", "--base", "HEAD~1", "--direct", "--format", "json"]).success()
}

/// A run of the pipeline on a fresh clone of depth 1: plans what is due, builds it, and records what succeeded.
fn pipeline(origin: &Repo, before: &CommitId, succeeded: &[&str]) -> Vec<String> {
    let runner = origin.clone_shallow(1);
    let run = push(&runner, "main", before, &["--since", "built", "--format", "json"]).success().stderr("");
    for service in succeeded {
        runner.rebake(["record", service, "--environment", "staging", "--push"]).success();
    }
    causes(&run)
}

#[test]
fn a_failed_build_is_due_until_it_succeeds() {
    let origin = repo();
    let first = origin.id("HEAD");
    let due = pipeline(&origin, &first, &["base", "api", "web"]);
    assert_eq!(due, ["base: no-record", "api: no-record, dependency base", "web: no-record"]);
    let second = origin.write("web/a", "does not build").commit("web");
    assert_eq!(pipeline(&origin, &first, &[]), ["web: file web/a"]);
    let third = origin.write("base/a", "unrelated").commit("base");
    assert_eq!(
        pipeline(&origin, &second, &["base", "api"]),
        ["base: file base/a", "api: dependency base", "web: file web/a"]
    );
    let fourth = origin.write("web/a", "mended").commit("mend");
    assert_eq!(pipeline(&origin, &third, &["web"]), ["web: file web/a"]);
    assert_eq!(pipeline(&origin, &fourth, &[]), [""; 0]);
}

#[test]
fn a_cancelled_run_leaves_its_services_due() {
    let origin = repo();
    let first = origin.id("HEAD");
    pipeline(&origin, &first, &["base", "api", "web"]);
    let second = origin.write("api/a", "1").write("web/a", "1").commit("both");
    // The next push cancels the run when only one of the two is built.
    assert_eq!(pipeline(&origin, &first, &["api"]), ["api: file api/a", "web: file web/a"]);
    origin.write("docs/a", "1").commit("docs");
    assert_eq!(pipeline(&origin, &second, &["web"]), ["web: file web/a"]);
}

#[test]
fn a_forced_push_is_compared_with_what_was_built_last() {
    let origin = repo();
    origin.git(["config", "uploadpack.allowAnySHA1InWant", "true"]);
    let before = origin.write("api/a", "built").commit("built, then pushed away");
    origin.git(["reset", "--quiet", "--hard", "HEAD~1"]);
    origin.write("web/a", "instead").commit("instead");
    let remote = Remote::serve(&origin);
    // The runner's clone never saw the commit that the branch was at; the remote still has it, under no name.
    let clone = origin.clone_shallow(1);
    clone.git(["remote", "set-url", "origin", &remote.url]);
    push(&clone, "main", before, &[])
        .success()
        .stdout(str![[r#"
3cb2163..e08181e: since the push before this one
environment staging

SERVICE  VERSION             WHY
api      0.0.0-0002-e08181e  api/a modified, matches api/**  filters.yaml:7:29
web      0.0.0-0002-e08181e  web/a modified, matches web/**  filters.yaml:8:29

2 of 3 services to rebuild.

"#]])
        .stderr("");
    // Once the remote has dropped it, nothing tells what was built.
    origin.git(["reflog", "expire", "--expire=now", "--all"]);
    origin.git(["update-ref", "-d", "ORIG_HEAD"]);
    origin.git(["prune", "--expire=now"]);
    let clone = origin.clone_shallow(1);
    clone.git(["remote", "set-url", "origin", &remote.url]);
    let run = push(&clone, "main", before, &JSON).success();
    let everyone = ["base", "api", "web"].map(|service| format!("{service}: base-unreachable"));
    let with_dependencies =
        everyone.map(|text| text.replace("api: base-unreachable", "api: base-unreachable, dependency base"));
    assert_eq!(BTreeSet::from_iter(causes(&run)), BTreeSet::from_iter(with_dependencies));
    assert_eq!(doubts(&run), ["base-unreachable"]);
    push(&clone, "main", before, &["--strict"]).failure(3);
}

#[test]
fn a_merge_group_plans_what_it_adds_to_the_group_before() {
    let origin = repo();
    let main = origin.id("HEAD");
    let pull_requests = ["base/a", "web/a", "docs/a"];
    for (number, file) in pull_requests.iter().enumerate() {
        origin.git(["checkout", "--quiet", "-b", &format!("pr-{number}"), &main.to_string()]);
        origin.write(file, "changed").commit("change");
    }
    let group = |base: &str, number: usize| {
        origin.git(["checkout", "--quiet", "-B", &format!("queue-{number}"), base]);
        origin.merge([&format!("pr-{number}")])
    };
    let queue = [group(&main.to_string(), 0), group("queue-0", 1), group("queue-1", 2)];
    let planned = |number: usize, base| {
        let clone = origin.clone_with(["--depth=1", &format!("--branch=queue-{number}")]);
        causes(&merge_group(&clone, base, &JSON).success().stderr(""))
    };
    assert_eq!(planned(0, &main), ["base: file base/a", "api: dependency base"]);
    assert_eq!(planned(1, &queue[0]), ["web: file web/a"]);
    assert_eq!(planned(2, &queue[1]), [""; 0]);
    // The first fails and leaves; the others are put upon main anew.
    group(&main.to_string(), 1);
    assert_eq!(planned(1, &main), ["web: file web/a"]);
}

#[test]
fn a_shallow_clone_gives_a_degraded_answer() {
    let origin = repo();
    let before = origin.id("HEAD");
    origin.write("web/a", "changed").commit("second");
    let args = ["--style", "sha"];
    let here = [&args[..], &["--no-fetch"]].concat();
    push(&origin.clone_shallow(1), "main", before, &here).success().stdout(str![[r#"
60d15dd: the base is out of reach, so everything
environment staging

SERVICE  VERSION      WHY
base     sha-60d15dd  the base is out of reach
api      sha-60d15dd  the base is out of reach
                      depends on base
web      sha-60d15dd  the base is out of reach

3 of 3 services to rebuild, in 2 levels.

"#]]).stderr(str![[r#"
warning[degraded]: the commit 0905312a63cf6a4e621e8f554981fea39875d8f6 is not in this shallow clone; so every service counts as affected
 |
 = help: fetch the whole history: `fetch-depth: 0` with `filter: blob:none` for actions/checkout, `git fetch --unshallow --filter=blob:none` elsewhere

"#]]);
    push(&origin.clone_shallow(1), "main", before, &args)
        .success()
        .stdout(str![[r#"
0905312..60d15dd: since the push before this one
environment staging

SERVICE  VERSION      WHY
web      sha-60d15dd  web/a modified, matches web/**  filters.yaml:8:29

1 of 3 services to rebuild.

"#]])
        .stderr("");
    push(&origin.clone_shallow(2), "main", before, &here)
        .success()
        .stdout(str![[r#"
0905312..60d15dd: since the push before this one
environment staging

SERVICE  VERSION      WHY
web      sha-60d15dd  web/a modified, matches web/**  filters.yaml:8:29

1 of 3 services to rebuild.

"#]])
        .stderr("");
}

#[test]
fn a_deleted_service_is_listed_and_affects_its_dependents() {
    let repo = repo();
    let config = CONFIG.replace("  base: { path: base, global: false }\n", "");
    repo.remove("base").write("filters.yaml", &config).commit("still needed");
    repo.rebake(["plan", "--base", "HEAD~1"]).failure(2).stdout("").stderr(str![[r"
error[unknown-dependency]: there is no service `base`
 --> filters.yaml:6:51
  |
6 |   api: { filters: [*shared, api/**], depends_on: [base] }
  |                                                   ^^^^ not a service of this file
  |
  = help: `depends_on` takes names from `services`

"]]);
    repo.write("filters.yaml", config.replace(", depends_on: [base]", "")).commit("gone");
    let run = repo.rebake(["plan", "--base", "HEAD~2", "--direct", "--format", "json"]).success();
    assert_eq!(plan(&run)["removed"], json!(["base"]));
    assert_eq!(causes(&run), ["api: dependency-removed base"]);
}

#[test]
fn a_renamed_directory_affects_its_service_and_the_new_name_is_proposed() {
    let repo = repo();
    repo.git(["mv", "base", "foundation"]);
    repo.commit("rename");
    let dead = repo.rebake(["plan", "--base", "HEAD~1", "--direct"]).failure(2);
    dead.stdout("").stderr(str![[r"
error[dead-filter]: the patterns of `base` match no tracked file, so nothing can ever affect it
 --> filters.yaml:6:17
  |
6 |   base: { path: base, global: false }
  |                 ^^^^ matches nothing
  |
  = help: its files moved: write `foundation` for `base`

"]]);
    repo.rebake(["plan", "--base", "HEAD~1", "--direct", "--dead", "allow"])
        .success()
        .stdout(str![[r#"
0905312..96902cf and the work tree: compared with HEAD~1 as it is
environment local

SERVICE  VERSION             WHY
base     0.0.0-0002-96902cf  base/a deleted, matches base/**  filters.yaml:6:17
api      0.0.0-0002-96902cf  depends on base

2 of 3 services to rebuild, in 2 levels.

"#]])
        .stderr(str![[r#"
warning[unmatched]: 1 changed path matches no filter: foundation/a
 |
 = help: `base` of `base` seems to be `foundation` now: mend its `path` and `filters`
 = help: add them to a service's `filters`, or to `unowned` if they belong to no service

"#]]);
    repo.rebake(["plan", "--base", "HEAD~1", "--direct", "--dead", "allow", "--unmatched", "error"])
        .failure(2)
        .stdout("")
        .stderr(str![[r#"
error[unmatched]: 1 changed path matches no filter: foundation/a
 |
 = help: `base` of `base` seems to be `foundation` now: mend its `path` and `filters`
 = help: add them to a service's `filters`, or to `unowned` if they belong to no service

"#]]);
    repo.write("filters.yaml", CONFIG.replace("path: base", "path: foundation")).commit("follow");
    assert_eq!(causes(&last_commit(&repo)), ["base: definition", "api: dependency base"]);
}

#[test]
fn a_global_lockfile_affects_all_services_but_those_that_opt_out() {
    let repo = repo();
    repo.write("pnpm-lock.yaml", "").commit("lock");
    assert_eq!(causes(&last_commit(&repo)), ["api: global pnpm-lock.yaml", "web: global pnpm-lock.yaml"]);
}

#[test]
fn an_edited_anchor_affects_the_services_that_use_it() {
    let repo = repo();
    repo.write("filters.yaml", CONFIG.replace("[shared/**]", "[shared/**, common/**]")).commit("anchor");
    assert_eq!(causes(&last_commit(&repo)), ["api: definition", "web: definition"]);
}

#[test]
fn a_comment_in_the_configuration_affects_no_service() {
    let repo = repo();
    let config = format!("# {CONFIG}").replacen("# ", "# ours\n", 1).replace("api/**]", "\"api/**\" ]");
    repo.write("filters.yaml", config).commit("comment");
    let run = last_commit(&repo).stderr("");
    assert_eq!(causes(&run), [""; 0]);
    assert_eq!(plan(&run)["unmatched"], json!([]));
    repo.write("filters.yaml", CONFIG.replace("path: base", "path: base, platforms: [linux/arm64]"))
        .commit("another's");
    assert_eq!(causes(&last_commit(&repo)), ["base: definition", "api: dependency base"]);
}

#[test]
fn a_changed_path_that_no_filter_lists_is_reported() {
    let repo = repo();
    repo.write("tools/copied-by-a-dockerfile", "").commit("drift");
    let args = ["plan", "--base", "HEAD~1", "--direct", "--format", "names"];
    let ask = |unmatched: &[&str]| repo.rebake([&args[..], unmatched].concat());
    ask(&[]).success().stdout("").stderr(str![[r#"
warning[unmatched]: 1 changed path matches no filter: tools/copied-by-a-dockerfile
 |
 = help: add them to a service's `filters`, or to `unowned` if they belong to no service

"#]]);
    ask(&["--unmatched", "ignore"]).success().stdout("").stderr("");
    ask(&["--unmatched", "error"]).failure(2).stdout("").stderr(str![[r#"
error[unmatched]: 1 changed path matches no filter: tools/copied-by-a-dockerfile
 |
 = help: add them to a service's `filters`, or to `unowned` if they belong to no service

"#]]);
    ask(&["--unmatched", "all"]).success().stdout("base\napi\nweb\n").stderr(str![[r#"
warning[unmatched]: 1 changed path matches no filter: tools/copied-by-a-dockerfile
 |
 = help: add them to a service's `filters`, or to `unowned` if they belong to no service

"#]]);
}

#[test]
fn the_services_of_all_changes_are_those_of_each_change() {
    let repo = repo();
    let paths =
        ["base/a", "base/new", "api/a", "web/x", "shared/a", "docs/a", "pnpm-lock.yaml", "else", "filters.yaml"];
    let affected = |changed: &BTreeSet<&str>| -> BTreeSet<String> {
        let list: Vec<&str> = changed.iter().copied().collect();
        let run = repo.rebake(["plan", "--changed", "-", "--format", "json"]).stdin(list.join("\n")).success();
        causes(&run).iter().map(|text| text.split(':').next().unwrap().to_owned()).collect()
    };
    for_seeds(8, |random| {
        let mut some = || -> BTreeSet<&str> { (0..=random.below(3)).map(|_| *random.pick(&paths)).collect() };
        let (a, b) = (some(), some());
        let both = a.union(&b).copied().collect();
        assert_eq!(affected(&both), affected(&a).union(&affected(&b)).cloned().collect(), "{a:?} and {b:?}");
    });
}

#[test]
fn a_list_of_changes_gives_the_plan_of_its_range() {
    let repo = repo();
    repo.write("base/a", "1").write("pnpm-lock.yaml", "").write("else", "").remove("web/a").commit("second");
    let services = |run: &Run| plan(run)["services"].clone();
    let by_range = last_commit(&repo);
    let list = repo.git_bytes(["diff", "--name-status", "--no-renames", "-z", "HEAD~1", "HEAD"], b"");
    let by_list = repo.rebake(["plan", "--changed", "-", "--format", "json"]).stdin(list).success();
    assert_eq!(services(&by_list), services(&by_range));
    assert_eq!(plan(&by_list)["unmatched"], json!(["else"]));
}

#[test]
fn a_ref_that_begins_with_a_dash_is_no_option() {
    let repo = repo();
    repo.git(["update-ref", "refs/heads/--output=x", "HEAD"]);
    repo.write("web/a", "1").commit("second");
    repo.rebake(["plan", "--base", "--output=x"]).failure(3).stdout("").stderr(str![[r"
error[git]: a revision cannot begin with `-`: `--output=x`
 |
 = help: write the whole name of a branch or tag: `refs/heads/-name`, `refs/tags/-name`

"]]);
    let run = repo.rebake(["plan", "--base=refs/heads/--output=x", "--format", "json"]).success();
    assert_eq!(causes(&run), ["web: file web/a"]);
    // Neither as a default branch that is to be fetched.
    let clone = repo.clone_shallow(1);
    let args = ["--default-branch=--upload-pack=touch pwned", "--style", "sha", "--format", "json"];
    let run = push(&clone, "topic", crate::on_github::ZERO, &args).success();
    assert_eq!(doubts(&run), ["base-unreachable"]);
    assert!(!clone.dir().join("pwned").exists());
}

#[test]
fn the_working_directory_changes_nothing() {
    let repo = repo();
    repo.write("web/a", "1").commit("second");
    let ask = || repo.rebake(["plan", "--base", "HEAD~1", "--format", "json"]);
    let (above, below) = (ask().success(), ask().dir("api").success());
    assert_eq!(causes(&below), ["web: file web/a"]);
    assert_eq!(below.stdout, above.stdout);
    let dir = repo.dir().join("web");
    let run =
        repo.rebake(["-C", dir.to_str().unwrap(), "plan", "--base", "HEAD~1", "--format", "json"]).dir("..").success();
    assert_eq!(run.stdout, above.stdout);
}

#[test]
fn an_empty_variable_hides_no_flag() {
    let repo = repo();
    repo.write("web/a", "1").commit("second");
    let run = repo.rebake(["plan", "--base", "HEAD~1", "--format", "json"]);
    let run = run.env("REBAKE_CONFIG", "").env("GITHUB_ACTIONS", "").env("GITHUB_EVENT_PATH", "").success();
    assert_eq!(causes(&run), ["web: file web/a"]);
}

#[test]
fn an_unchanged_service_can_be_built_again_by_name() {
    let repo = repo();
    let head = repo.id("HEAD");
    let run = push(&repo, "main", head, &["--force", "web", "--format", "json"]).success();
    assert_eq!(causes(&run), ["web: forced"]);
    let web: &Value = &plan(&run)["services"][0];
    assert_eq!(web["version"], format!("0.0.0-0001-{}", head.short(7)));
    assert_eq!(web["tags"], json!([web["version"]]));
    let run = push(&repo, "main", head, &JSON).success();
    assert_eq!(plan(&run)["unaffected"], json!(["base", "api", "web"]));
}

#[test]
fn a_submodule_that_moves_is_a_change() {
    let repo = repo();
    let bump = |commit: &str| {
        repo.git(["update-index", "--add", "--cacheinfo", &format!("160000,{commit},web/vendored")]);
        repo.git(["commit", "--quiet", "--message", "bump"]);
    };
    bump("1111111111111111111111111111111111111111");
    bump("2222222222222222222222222222222222222222");
    let run = repo.rebake(["plan", "--base", "HEAD~1", "--head", "HEAD", "--format", "json"]).success();
    assert_eq!(causes(&run), ["web: file web/vendored"]);
}

#[test]
fn an_executable_bit_is_a_change() {
    let repo = repo();
    repo.chmod_x("web/a").commit("chmod");
    let run = last_commit(&repo);
    assert_eq!(causes(&run), ["web: file web/a"]);
    assert_eq!(plan(&run)["services"][0]["causes"][0]["status"], "modified");
}

#[test]
fn a_symbolic_link_that_points_elsewhere_is_a_change() {
    let repo = repo();
    repo.symlink("../shared/a", "web/link").commit("link");
    repo.symlink("../docs/a", "web/link").commit("elsewhere");
    assert_eq!(causes(&last_commit(&repo)), ["web: file web/link"]);
    repo.remove("web/link").write("web/link", "").commit("a file instead");
    let run = last_commit(&repo);
    assert_eq!(plan(&run)["services"][0]["causes"][0]["status"], "type-changed");
}
