//! Which commits are compared: for each event of several engines, in workspaces that are used again, and where something
//! else is checked out than what the event is about.

use rebake::model::name::CommitId;
use serde_json::{Value, json};

use crate::on_github::{self, ZERO, causes, doubts, plan};
use crate::remote;
use crate::repo::{Rebake, Repo, Run};

const JSON: [&str; 5] = ["plan", "--style", "sha", "--format", "json"];

const CONFIG: &str = "services:\n  api: {path: api}\n  web: {path: web}\n";

/// A remote, and a workspace that last saw its `main` before `api` was broken. The branch `undo` takes that back.
struct Reused {
    remote: Repo,
    workspace: Repo,
    broken: CommitId,
}

impl Reused {
    fn new() -> Self {
        let source = Repo::new();
        source.write("filters.yaml", CONFIG).write("api/a", "1").write("web/a", "1").commit("first");
        let remote = source.clone_with(["--bare"]);
        let workspace = remote.clone_with([]);
        source.git(["remote", "add", "origin", remote.dir().to_str().unwrap()]);
        let broken = source.write("api/a", "broken").commit("broken");
        source.git(["checkout", "--quiet", "-b", "undo"]);
        source.write("api/a", "1").commit("undo");
        source.git(["push", "--quiet", "origin", "main", "undo"]);
        // As runners fetch: what is to be built, and nothing else.
        workspace.git(["fetch", "--quiet", "origin", "undo"]);
        workspace.git(["checkout", "--quiet", "--detach", "FETCH_HEAD"]);
        Self { remote, workspace, broken }
    }

    /// A pull request of `undo` into `main`, as an engine without the base's commit tells of it.
    fn on(&self, engine: &str, args: &[&str]) -> Rebake {
        let head = self.workspace.id("HEAD").to_string();
        let variables: &[(&str, &str)] = match engine {
            "Buildkite" => &[
                ("BUILDKITE", "true"),
                ("BUILDKITE_BRANCH", "undo"),
                ("BUILDKITE_COMMIT", &head),
                ("BUILDKITE_PULL_REQUEST", "3"),
                ("BUILDKITE_PULL_REQUEST_BASE_BRANCH", "main"),
                ("BUILDKITE_PIPELINE_DEFAULT_BRANCH", "main"),
            ],
            "Jenkins" => &[
                ("JENKINS_URL", "http://localhost"),
                ("GIT_COMMIT", &head),
                ("CHANGE_ID", "3"),
                ("CHANGE_TARGET", "main"),
            ],
            "Azure" => &[
                ("TF_BUILD", "True"),
                ("BUILD_REASON", "PullRequest"),
                ("BUILD_SOURCEBRANCH", "refs/heads/undo"),
                ("SYSTEM_PULLREQUEST_TARGETBRANCH", "refs/heads/main"),
                ("SYSTEM_PULLREQUEST_SOURCECOMMITID", &head),
            ],
            "CircleCI" => &[
                ("CIRCLECI", "true"),
                ("CIRCLE_SHA1", &head),
                ("CIRCLE_PULL_REQUEST", "https://example.com/pull/3"),
                ("PIPELINE_EVENT_GITHUB_PULL_REQUEST_BASE_REF", "main"),
            ],
            "Bitbucket" => &[
                ("BITBUCKET_BUILD_NUMBER", "1"),
                ("BITBUCKET_COMMIT", &head),
                ("BITBUCKET_PR_ID", "3"),
                ("BITBUCKET_PR_DESTINATION_BRANCH", "main"),
                // Twelve digits, which name nothing for certain.
                ("BITBUCKET_PR_DESTINATION_COMMIT", "0123456789ab"),
            ],
            "CodeBuild" => &[
                ("CODEBUILD_BUILD_ARN", "arn"),
                ("CODEBUILD_RESOLVED_SOURCE_VERSION", &head),
                ("CODEBUILD_WEBHOOK_EVENT", "PULL_REQUEST_UPDATED"),
                ("CODEBUILD_WEBHOOK_TRIGGER", "pr/3"),
                ("CODEBUILD_WEBHOOK_HEAD_REF", "refs/heads/undo"),
                ("CODEBUILD_WEBHOOK_BASE_REF", "refs/heads/main"),
            ],
            "Cloud Build" => &[
                ("BUILDER_OUTPUT", "/builder/outputs"),
                ("COMMIT_SHA", &head),
                ("_PR_NUMBER", "3"),
                ("_BASE_BRANCH", "main"),
                ("BRANCH_NAME", "undo"),
                ("TAG_NAME", ""),
            ],
            "a first push to GitLab" => &[
                ("GITLAB_CI", "true"),
                ("CI_PIPELINE_SOURCE", "push"),
                ("CI_COMMIT_BRANCH", "undo"),
                ("CI_COMMIT_SHA", &head),
                ("CI_COMMIT_BEFORE_SHA", ZERO),
                ("CI_DEFAULT_BRANCH", "main"),
            ],
            other => panic!("{other}"),
        };
        let run = self.workspace.rebake([&JSON[..], args].concat());
        variables.iter().fold(run, |run, (name, value)| run.env(name, value))
    }
}

const ENGINES: [&str; 8] =
    ["Buildkite", "Jenkins", "Azure", "CircleCI", "Bitbucket", "CodeBuild", "Cloud Build", "a first push to GitLab"];

#[test]
fn a_branch_that_serves_as_a_base_is_as_new_as_the_remotes() {
    for engine in ENGINES {
        let reused = Reused::new();
        let run = reused.on(engine, &[]).success();
        assert_eq!(causes(&run), ["api: file api/a"], "{engine}");
        assert_eq!(plan(&run)["range"]["base"], reused.broken.to_string(), "{engine}");
        assert_eq!(doubts(&run), [""; 0], "{engine}");
    }
}

#[test]
fn a_branch_that_may_be_stale_is_a_doubt() {
    for engine in ENGINES {
        let reused = Reused::new();
        reused.workspace.git(["remote", "set-url", "origin", &remote::unreachable()]);
        let run = reused.on(engine, &[]).success();
        assert_eq!(causes(&run), ["api: base-unreachable", "web: base-unreachable"], "{engine}");
        assert_eq!(doubts(&run), ["base-unreachable"], "{engine}");
        // Who says that nothing is to be fetched has fetched it.
        let run = reused.on(engine, &["--no-fetch"]).success();
        assert_eq!(causes(&run), [""; 0], "{engine}");
    }
}

#[test]
fn a_base_that_is_named_by_its_branch_is_fetched_in_ci_alone() {
    for name in [
        "main",
        "heads/main",
        "refs/heads/main",
        "origin",
        "origin/main",
        "origin/HEAD",
        "remotes/origin/main",
        "refs/remotes/origin/main",
        "main^0",
        "main~0",
        "main^{commit}",
        "main@{0}",
        "main@{upstream}",
        "main@{U}~0",
    ] {
        let reused = Reused::new();
        // What a clone begins with, and an earlier run left.
        assert_eq!(reused.workspace.git(["branch", "--list", "main", "--format=%(refname)"]), "refs/heads/main");
        let run = reused.on("Buildkite", &["--base", name]).success();
        assert_eq!(causes(&run), ["api: file api/a"], "{name}");
        let reused = Reused::new();
        let at_a_keyboard = reused.workspace.rebake([&JSON[..], &["--base", name]].concat()).success();
        assert_eq!(causes(&at_a_keyboard), [""; 0], "{name}");
    }
    // A commit that is not here before.
    assert_eq!(causes(&Reused::new().on("Buildkite", &["--base", "main^{/broken}"]).success()), ["api: file api/a"]);
}

#[test]
fn what_an_expression_starts_from_is_as_new_as_the_remotes() {
    for (expression, remote) in [("main~1", "origin"), ("upstream/main~1", "upstream"), ("upstream/main^", "upstream")]
    {
        let reused = Reused::new();
        let first = reused.workspace.id("main").to_string();
        if remote == "upstream" {
            reused.workspace.git(["remote", "rename", "origin", "upstream"]);
            reused.workspace.git(["remote", "add", "origin", &remote::unreachable()]);
        }
        let run = reused.on("Buildkite", &["--base", expression]).success();
        assert_eq!(plan(&run)["range"]["base"], first, "{expression}");
        assert_eq!(doubts(&run), [""; 0], "{expression}");
        let reused = Reused::new();
        reused.workspace.git(["remote", "set-url", "origin", &remote::unreachable()]);
        let expression = expression.replace("upstream", "origin");
        let run = reused.on("Buildkite", &["--base", &expression]).success();
        assert_eq!(doubts(&run), ["base-unreachable"], "{expression}");
    }
}

/// A branch of each of two remotes, of one name.
#[test]
fn a_branch_is_that_of_its_remote() {
    let reused = Reused::new();
    let other = reused.remote.clone_with(["--bare"]);
    reused.workspace.git(["remote", "add", "up/stream", other.dir().to_str().unwrap()]);
    reused.workspace.git(["update-ref", "refs/remotes/up/stream/main", &reused.workspace.id("main").to_string()]);
    reused.remote.git(["update-ref", "refs/heads/main", &reused.workspace.id("main").to_string()]);
    // Another remote's is not taken for it.
    assert_eq!(causes(&reused.on("Buildkite", &["--base", "main"]).success()), [""; 0]);
    assert_eq!(causes(&reused.on("Buildkite", &["--base", "up/stream/main"]).success()), ["api: file api/a"]);
    // One that is not here yet comes from its own remote.
    reused.workspace.git(["update-ref", "-d", "refs/remotes/up/stream/main"]);
    assert_eq!(causes(&reused.on("Buildkite", &["--base", "up/stream/main~0"]).success()), ["api: file api/a"]);
}

/// The only remote that there is, so that everything that names none means it.
#[test]
fn a_remote_may_have_slashes_in_its_name() {
    for base in ["", "main", "team/origin", "team/origin/main", "remotes/team/origin/HEAD", "main@{upstream}", "main~0"]
    {
        let reused = Reused::new();
        reused.workspace.git(["remote", "rename", "origin", "team/origin"]);
        assert_eq!(
            reused.workspace.git(["symbolic-ref", "refs/remotes/team/origin/HEAD"]),
            "refs/remotes/team/origin/main"
        );
        let run = reused.on("Buildkite", &["--base", base]).success();
        assert_eq!((causes(&run), doubts(&run)), (vec!["api: file api/a".to_owned()], Vec::new()), "{base}");
    }
}

#[test]
fn a_branch_that_only_the_remote_has_is_meant_by_its_name() {
    let reused = Reused::new();
    reused.workspace.git(["branch", "--quiet", "-D", "main"]);
    reused.workspace.git(["fetch", "--quiet", "origin"]);
    for name in ["main", "refs/heads/main"] {
        let run = reused.workspace.rebake([&JSON[..], &["--base", name]].concat()).success();
        assert_eq!(causes(&run), ["api: file api/a"], "{name}");
    }
    // One that is not here yet comes.
    reused.workspace.git(["update-ref", "-d", "refs/remotes/origin/main"]);
    let run = reused.on("Jenkins", &["--base", "main"]).success();
    assert_eq!(causes(&run), ["api: file api/a"]);
    reused.workspace.rebake(["plan", "--base", "mian"]).failure(3);
}

#[test]
fn a_fetch_of_a_branch_takes_no_history_away() {
    let reused = Reused::new();
    let clone = reused.remote.clone_with(["--depth=2", "--no-single-branch"]);
    let count = || clone.git(["rev-list", "--count", "origin/main"]);
    assert_eq!(count(), "2");
    let run = clone.rebake([&JSON[..], &["--base", "main"]].concat()).env("CI", "true").success();
    assert_eq!((causes(&run).len(), count().as_str()), (0, "2"));
}

#[test]
fn a_merge_request_counts_from_the_commit_that_its_event_names() {
    let reused = Reused::new();
    reused.workspace.git(["remote", "set-url", "origin", &remote::unreachable()]);
    let gitlab = |event: &str| {
        reused
            .workspace
            .rebake([&JSON[..], &["--no-fetch"]].concat())
            .env("GITLAB_CI", "true")
            .env("CI_PIPELINE_SOURCE", "merge_request_event")
            .env("CI_MERGE_REQUEST_IID", "3")
            .env("CI_MERGE_REQUEST_EVENT_TYPE", event)
            .env("CI_MERGE_REQUEST_TARGET_BRANCH_NAME", "main")
            .env("CI_COMMIT_SHA", reused.workspace.id("HEAD").to_string())
    };
    let broken = reused.broken.to_string();
    let run = gitlab("detached").env("CI_MERGE_REQUEST_DIFF_BASE_SHA", &broken).success();
    assert_eq!(causes(&run), ["api: file api/a"]);
    for event in ["merged_result", "merge_train"] {
        let run = gitlab(event)
            .env("CI_MERGE_REQUEST_DIFF_BASE_SHA", reused.workspace.id("origin/main").to_string())
            .env("CI_MERGE_REQUEST_TARGET_BRANCH_SHA", &broken)
            .success();
        assert_eq!(causes(&run), ["api: file api/a"], "{event}");
    }
    let run =
        on_github::pull_request(&reused.workspace, &reused.broken, &["--no-fetch", "--style=sha", "--format=json"]);
    assert_eq!(causes(&run.success()), ["api: file api/a"]);
}

#[test]
fn a_fast_forward_train_counts_all_commits_though_the_last_is_a_merge() {
    let repo = repo();
    let target = repo.id("main");
    repo.git(["checkout", "--quiet", "-b", "request"]);
    repo.write("api/a", "3").commit("of the request");
    repo.git(["checkout", "--quiet", "-b", "side", "HEAD~1"]);
    repo.write("docs/x", "").commit("beside it");
    repo.checkout("request");
    repo.git(["merge", "--quiet", "--no-ff", "--no-edit", "side"]);
    let run = repo
        .rebake(JSON)
        .env("GITLAB_CI", "true")
        .env("CI_PIPELINE_SOURCE", "merge_request_event")
        .env("CI_MERGE_REQUEST_IID", "3")
        .env("CI_MERGE_REQUEST_EVENT_TYPE", "merged_result")
        .env("CI_MERGE_REQUEST_TARGET_BRANCH_NAME", "main")
        .env("CI_MERGE_REQUEST_TARGET_BRANCH_SHA", target.to_string())
        .env("CI_COMMIT_SHA", repo.id("HEAD").to_string())
        .success();
    assert_eq!(causes(&run), ["api: file api/a"]);
}

/// `main` at its second commit, `topic` ahead of its first one.
fn repo() -> Repo {
    let repo = Repo::new();
    repo.write("filters.yaml", CONFIG).write("api/a", "1").write("web/a", "1").commit("first");
    repo.git(["checkout", "--quiet", "-b", "topic"]);
    repo.write("api/a", "2").commit("topic");
    repo.checkout("main").write("web/a", "2").commit("second");
    repo
}

/// A run on GitHub whose event is about `subject`, whatever is checked out.
fn event(repo: &Repo, name: &str, reference: &str, sha: &CommitId, payload: &Value) -> Rebake {
    let file = repo.dir().with_extension("event.json");
    let mut payload = payload.clone();
    payload["repository"] = json!({"default_branch": "main", "full_name": "acme/shop"});
    std::fs::write(&file, payload.to_string()).unwrap();
    repo.rebake(JSON)
        .env("GITHUB_ACTIONS", "true")
        .env("GITHUB_EVENT_NAME", name)
        .env("GITHUB_REF", reference)
        .env("GITHUB_SHA", sha.to_string())
        .env("GITHUB_EVENT_PATH", file)
}

/// The events about `topic` of which GitHub's checkout has the default branch.
fn of_topic(repo: &Repo, name: &str) -> Rebake {
    let (main, topic, base) = (repo.id("main"), repo.id("topic").to_string(), repo.id("main~1").to_string());
    let payload = match name {
        "pull_request_target" => json!({"pull_request": {
            "merged": false,
            "base": {"ref": "main", "sha": base},
            "head": {"ref": "topic", "sha": topic},
        }}),
        "workflow_run" => json!({"workflow_run": {
            "event": "pull_request",
            "head_sha": topic,
            "head_branch": "topic",
            "pull_requests": [{"base": {"ref": "main", "sha": base}}],
        }}),
        other => panic!("{other}"),
    };
    event(repo, name, "refs/heads/main", &main, &payload)
}

fn everything(run: &Run, what: &str) {
    assert_eq!(causes(run), ["api: degraded", "web: degraded"], "{what}");
    assert_eq!(doubts(run), ["unknown-range"], "{what}");
}

#[test]
fn an_event_about_another_commit_than_the_one_that_is_checked_out_is_a_doubt() {
    for name in ["pull_request_target", "workflow_run"] {
        let repo = repo();
        everything(&of_topic(&repo, name).success(), name);
        // In a shallow clone too, whose history is not fetched for that.
        let clone = repo.clone_shallow(1);
        clone.git(["fetch", "--quiet", "--depth=1", "origin", "topic:topic", "main:refs/remotes/origin/main"]);
        let payload = json!({"pull_request": {"base": {"sha": repo.id("main~1").to_string()}, "head": {"sha": repo.id("topic").to_string()}}});
        everything(
            &event(&clone, "pull_request_target", "refs/heads/main", &repo.id("main"), &payload).success(),
            name,
        );
    }
}

#[test]
fn the_head_of_a_pull_request_and_what_descends_from_it_keep_the_events_base() {
    for name in ["pull_request_target", "workflow_run"] {
        let repo = repo();
        repo.checkout("topic");
        let run = of_topic(&repo, name).success().stderr("");
        assert_eq!(causes(&run), ["api: file api/a"], "{name}");
        // A step of the workflow commits something, or merges the target.
        repo.git(["checkout", "--quiet", "--detach"]);
        repo.write("web/generated", "").commit("generated");
        let run = of_topic(&repo, name).success().stderr("");
        assert_eq!(causes(&run), ["api: file api/a", "web: file web/generated"], "{name}");
        assert_eq!(plan(&run)["range"]["base"], repo.id("main~1").to_string(), "{name}");
    }
}

#[test]
fn a_commit_on_top_of_what_was_pushed_keeps_the_events_base() {
    let repo = repo();
    let pushed = repo.id("HEAD");
    let payload = json!({"before": repo.id("HEAD~1").to_string()});
    repo.write("api/version", "").commit("a step of the workflow");
    let run = event(&repo, "push", "refs/heads/main", &pushed, &payload).success().stderr("");
    assert_eq!(causes(&run), ["api: file api/version", "web: file web/a"]);
    // What is behind it is not what was pushed.
    repo.checkout("main~2");
    everything(&event(&repo, "push", "refs/heads/main", &pushed, &payload).success(), "push");
    // What stands beside it counts from where it left the default branch.
    repo.checkout("topic");
    let run = event(&repo, "push", "refs/heads/main", &pushed, &payload).success();
    assert_eq!(causes(&run), ["api: file api/a"]);
    let said = String::from_utf8(run.stderr).unwrap();
    assert!(said.starts_with("warning[other-commit]: the event is about "), "{said}");
}

#[test]
fn an_event_without_a_commit_counts_from_the_default_branch() {
    for name in ["issue_comment", "repository_dispatch", "status"] {
        let repo = repo();
        let main = repo.id("main");
        everything(&event(&repo, name, "refs/heads/main", &main, &json!({})).success(), name);
        repo.checkout("topic");
        let run = event(&repo, name, "refs/heads/main", &main, &json!({})).success().stderr("");
        assert_eq!(causes(&run), ["api: file api/a"], "{name}");
    }
}

#[test]
fn a_release_is_made_of_its_own_commit() {
    let repo = repo();
    let first = repo.id("main~1");
    repo.git(["tag", "api@1.0.0", "main~1"]);
    repo.git(["tag", "--annotate", "--message=web", "web@1.0.0", "main~1"]);
    for tag in ["api@1.0.0", "web@1.0.0"] {
        let reference = format!("refs/tags/{tag}");
        let run = |sha: &CommitId| event(&repo, "push", &reference, sha, &json!({}));
        repo.checkout("main");
        let said = String::from_utf8(run(&first).failure(3).stderr).unwrap();
        assert!(
            said.starts_with(&format!("error[other-commit]: the tag `{tag}` is at {}, and ", first.short(7))),
            "{said}"
        );
        assert!(said.contains(&format!("`git checkout {first}`")), "{said}");
        // Neither is a commit on top of it the release.
        repo.git(["checkout", "--quiet", "--detach", &first.to_string()]);
        assert_eq!(causes(&run(&first).success()), [format!("{}: forced", &tag[..3])]);
        repo.write("api/generated", "").commit("generated");
        run(&first).failure(3);
        repo.checkout("main");
    }
    // A tag that has moved, and that this clone has from before: its name would go to another version.
    repo.tag("api@1.1.0");
    let said = event(&repo, "push", "refs/tags/api@1.0.0", &repo.id("HEAD"), &json!({})).failure(3).stderr;
    assert!(String::from_utf8(said).unwrap().contains("`git fetch --tags --force origin`"));
    // A tag of no service plans nothing, wherever it is.
    repo.tag("docs-v1").checkout("topic");
    assert_eq!(causes(&event(&repo, "push", "refs/tags/docs-v1", &first, &json!({})).success()), [""; 0]);
}

#[test]
fn a_release_that_publishes_nothing_plans_nothing() {
    let repo = repo();
    repo.tag("api@1.0.0");
    let planned = |action: &str| {
        let payload = json!({"action": action, "release": {"tag_name": "api@1.0.0"}});
        causes(&event(&repo, "release", "refs/tags/api@1.0.0", &repo.id("HEAD"), &payload).success())
    };
    for action in ["published", "prereleased", "released"] {
        assert_eq!(planned(action), ["api: forced"], "{action}");
    }
    for action in ["created", "edited", "deleted", "unpublished", "updated", "locked"] {
        assert_eq!(planned(action), [""; 0], "{action}");
    }
}

#[test]
fn ci_that_is_not_understood_plans_everything() {
    let repo = repo();
    let doubtful = |run: Rebake, what: &str| {
        let run = run.success();
        everything(&run, what);
        assert_eq!(plan(&run)["range"]["worktree"], false, "{what}");
    };
    for (variable, value) in [("CI", "true"), ("CI", "woodpecker"), ("DRONE", "true"), ("TEAMCITY_VERSION", "2025.1")] {
        doubtful(repo.rebake(JSON).env(variable, value), variable);
    }
    let said = String::from_utf8(repo.rebake(JSON).env("CI", "1").success().stderr).unwrap();
    assert!(said.contains("this is CI, since CI is set") && said.contains("--base REV"), "{said}");
    // What is asked for is what counts.
    let run = repo.rebake([&JSON[..], &["--base", "HEAD~1"]].concat()).env("CI", "1").success().stderr("");
    assert_eq!(causes(&run), ["web: file web/a"]);
    // Nobody is there, and no branch either.
    for no in ["", "false", "0", "No"] {
        assert_eq!(causes(&repo.rebake(JSON).env("CI", no).success().stderr("")), ["web: file web/a"], "{no}");
    }
    repo.git(["checkout", "--quiet", "--detach"]);
    doubtful(repo.rebake(JSON), "detached");
    let run = repo.rebake([&JSON[..], &["--base", "HEAD~1"]].concat()).success().stderr("");
    assert_eq!(causes(&run), ["web: file web/a"]);
}

#[test]
fn a_rehearsal_counts_the_work_tree_on_top_of_the_events_commits() {
    let repo = repo();
    let payload = json!({"before": repo.id("HEAD~1").to_string()});
    repo.write("api/draft", "");
    let run = || event(&repo, "push", "refs/heads/main", &repo.id("HEAD"), &payload);
    assert_eq!(causes(&run().success()), ["web: file web/a"]);
    let rehearsed = run().env("ACT", "true").success();
    assert_eq!(causes(&rehearsed), ["api: file api/draft", "web: file web/a"]);
    assert_eq!(plan(&rehearsed)["range"]["worktree"], true);
    assert_eq!(plan(&rehearsed)["services"][0]["push"], false);
}

/// A push to a branch of Azure, which says nothing of the default branch.
fn on_azure(repo: &Repo, branch: &str, args: &[&str]) -> Rebake {
    repo.rebake([&JSON[..], args].concat())
        .env("TF_BUILD", "True")
        .env("BUILD_REASON", "IndividualCI")
        .env("BUILD_SOURCEBRANCH", format!("refs/heads/{branch}"))
        .env("BUILD_SOURCEVERSION", repo.id("HEAD").to_string())
}

#[test]
fn the_default_branch_is_the_remotes_where_nobody_names_it() {
    let origin = Repo::new();
    origin.git(["checkout", "--quiet", "-b", "trunk"]);
    origin.write("filters.yaml", CONFIG).write("api/a", "1").write("web/a", "1").commit("first");
    let clone = origin.clone_with([]);
    clone.git(["remote", "set-head", "origin", "--delete"]);
    let environment = |run: Rebake| plan(&run.success())["environment"].clone();
    assert_eq!(environment(on_azure(&clone, "trunk", &[])), "staging");
    clone.git(["checkout", "--quiet", "-b", "topic"]);
    clone.write("api/a", "2").commit("topic");
    let run = on_azure(&clone, "topic", &[]).success();
    assert_eq!(
        (plan(&run)["environment"].clone(), causes(&run)),
        ("preview".into(), vec!["api: file api/a".to_owned()])
    );
    assert_eq!(plan(&run)["services"][0]["push"], false);
    // Where the remote may not be asked, what the clone was told when it was made; else nobody knows.
    let refused = on_azure(&clone, "topic", &["--no-fetch"]).failure(2);
    let said = String::from_utf8(refused.stderr).unwrap();
    assert!(said.contains("--default-branch NAME") && said.contains("`branches`"), "{said}");
    assert_eq!(environment(on_azure(&clone, "topic", &["--no-fetch", "--default-branch=topic"])), "staging");
    clone.git(["remote", "set-head", "origin", "trunk"]);
    assert_eq!(environment(on_azure(&clone, "topic", &["--no-fetch"])), "preview");
    // Where it does not matter, nobody is asked.
    clone.git(["remote", "set-head", "origin", "--delete"]);
    assert_eq!(environment(on_azure(&clone, "topic", &["--no-fetch", "--environment=staging"])), "staging");
    clone.write(
        "filters.yaml",
        format!("{CONFIG}environments: {{live: {{on: push, branches: [rel/*]}}, rest: {{on: push}}}}\n"),
    );
    clone.commit("environments");
    assert_eq!(environment(on_azure(&clone, "topic", &["--no-fetch"])), "rest");
    assert_eq!(environment(on_azure(&clone, "rel/1", &["--no-fetch"])), "live");
}

#[test]
fn a_push_whose_results_stay_says_so_first() {
    let repo = repo();
    repo.checkout("topic");
    let run = on_github::push(&repo, "topic", ZERO, &["--style=sha"]).success().text();
    let lines: Vec<&str> = run.lines().take(2).collect();
    assert!(lines[0].ends_with("since the merge base with main"), "{run}");
    assert_eq!(lines[1], "environment preview, in which nothing is pushed");
    let run = on_github::push(&repo, "topic", ZERO, &["--style=sha", "--default-branch=topic"]).success().text();
    assert_eq!(run.lines().nth(1), Some("environment staging"));
}

#[test]
fn since_built_means_the_events_commits_where_nothing_is_pushed() {
    let repo = repo();
    repo.checkout("topic");
    let before = repo.id("main~1");
    let run = on_github::push(&repo, "topic", before, &["--since=built", "--style=sha", "--format=json"]).success();
    assert_eq!(causes(&run), ["api: file api/a"]);
    assert_eq!(
        plan(&run)["range"]["source"],
        "since the push before this one (`preview` does not push, so it has no built refs)"
    );
    repo.checkout("main");
    let run = on_github::push(&repo, "main", before, &["--since=built", "--style=sha", "--format=json"]).success();
    assert_eq!(causes(&run), ["api: no-record", "web: no-record"]);
}

/// A merge queue that tests the last entry of a group alone: `--base` names the branch that all of them go into.
#[test]
fn a_merge_queue_can_be_compared_with_its_target() {
    let origin = Repo::new();
    origin.write("filters.yaml", CONFIG).write("api/a", "1").write("web/a", "1").commit("first");
    origin.git(["checkout", "--quiet", "-b", "one"]);
    let one = origin.write("api/a", "2").commit("one");
    origin.git(["checkout", "--quiet", "-b", "two"]);
    origin.write("web/a", "2").commit("two");
    for depth in ["--depth=1", "--no-tags"] {
        let clone = origin.clone_with([depth, "--branch=two"]);
        let queue = |args: &[&str]| {
            causes(&on_github::merge_group(&clone, &one, &[&["--style=sha", "--format=json"], args].concat()).success())
        };
        assert_eq!(queue(&[]), ["web: file web/a"]);
        assert_eq!(queue(&["--base", "refs/heads/main"]), ["api: file api/a", "web: file web/a"]);
        // As on other events, of which the expression is empty.
        assert_eq!(queue(&["--base", ""]), ["web: file web/a"]);
    }
}

#[test]
fn paths_that_are_given_are_those_that_git_has() {
    let repo = repo();
    let given = |paths: &[u8]| repo.rebake([&JSON[..], &["--changed", "-"]].concat()).stdin(paths);
    let root = repo.dir().to_str().unwrap();
    let utf16: Vec<u8> = "\u{feff}web/a\r\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    for paths in
        [b"./web/a\n".to_vec(), b"\xef\xbb\xbfweb//a\n".to_vec(), format!("{root}/web/a\0").into_bytes(), utf16]
    {
        assert_eq!(causes(&given(&paths).success().stderr("")), ["web: file web/a"], "{paths:?}");
    }
    for paths in [&b"/etc/passwd\n"[..], b"../web/a\n", b"web/\n", b"w\0e\0b\0/\0a\0\n\0"] {
        let said = String::from_utf8(given(paths).failure(2).stderr).unwrap();
        assert!(said.starts_with("error[changed]: cannot read the changes in -: `"), "{said}");
    }
}

#[test]
fn paths_that_are_given_leave_the_configuration_to_base() {
    let repo = repo();
    let before = repo.id("HEAD");
    repo.write("filters.yaml", CONFIG.replace("path: web}", "path: web, target: x}"))
        .write("api/a", "3")
        .commit("both");
    let before = before.to_string();
    let args = [&JSON[..], &["--changed", "-", "--base", &before]].concat();
    let run = repo.rebake(args).stdin("filters.yaml\n").success();
    // `api` changed too, and is not among the paths.
    assert_eq!(causes(&run), ["web: definition"]);
}

/// A run in CI of no known engine.
fn in_ci(repo: &Repo, args: &[&str]) -> Rebake {
    repo.rebake([&JSON[..], args].concat()).env("CI", "true")
}

#[test]
fn what_is_checked_out_is_no_branch_of_the_remote() {
    let upstream = repo();
    let repo = upstream.clone_with([]);
    upstream.checkout("main");
    upstream.write("docs/later", "").commit("the remote moves on");
    for base in ["HEAD~1", "HEAD^", "@~1", "HEAD~1^{commit}"] {
        let run = in_ci(&repo, &["--base", base, "--direct"]).success().stderr("");
        assert_eq!(causes(&run), ["web: file web/a"], "{base}");
    }
}

#[test]
fn a_branch_that_the_remote_deleted_is_a_doubt() {
    let upstream = repo();
    let repo = upstream.clone_with([]);
    repo.git(["fetch", "--quiet", "origin", "topic:refs/remotes/origin/topic"]);
    upstream.git(["checkout", "--quiet", "main"]);
    upstream.git(["branch", "--quiet", "-D", "topic"]);
    for base in ["topic", "origin/topic", "origin/topic~0"] {
        let run = in_ci(&repo, &["--base", base]).success();
        assert_eq!((causes(&run).len(), doubts(&run)), (2, vec!["base-unreachable".to_owned()]), "{base}");
    }
    // One that only this clone ever had is what it is here.
    repo.git(["branch", "--quiet", "own", "HEAD~1"]);
    let run = in_ci(&repo, &["--base", "own"]).success().stderr("");
    assert_eq!(causes(&run), ["web: file web/a"]);
}

#[test]
fn a_pull_request_whose_event_names_no_merge_counts_all_its_commits() {
    let repo = repo();
    repo.checkout("topic");
    repo.write("web/b", "").commit("a second commit");
    let (base, head) = (repo.id("main~1").to_string(), repo.id("HEAD"));
    let payload = json!({"pull_request": {"base": {"sha": base}, "head": {"sha": head.to_string()}, "merge_commit_sha": head.to_string()}});
    for (name, reference) in [("pull_request", "refs/pull/7/merge"), ("pull_request_target", "refs/heads/main")] {
        let run = event(&repo, name, reference, &head, &payload).success();
        assert_eq!(causes(&run), ["api: file api/a", "web: file web/b"], "{name}");
    }
}

#[test]
fn a_last_commit_that_merges_the_target_is_no_merge_of_the_pull_request() {
    let repo = repo();
    repo.checkout("topic");
    repo.git(["merge", "--quiet", "--no-ff", "--no-edit", "main"]);
    let (base, head) = (repo.id("main"), repo.id("HEAD"));
    let payload = |merged: bool| {
        json!({"action": if merged { "closed" } else { "opened" }, "pull_request": {
            "merged": merged, "merge_commit_sha": head.to_string(),
            "base": {"ref": "main", "sha": base.to_string()}, "head": {"sha": head.to_string()},
        }})
    };
    for (name, reference, merged) in [
        ("pull_request", "refs/pull/7/merge", false),
        ("pull_request_target", "refs/heads/main", false),
        // The target was moved to the pull request's own last commit.
        ("pull_request", "refs/heads/main", true),
        ("pull_request_target", "refs/heads/main", true),
    ] {
        let run = event(&repo, name, reference, &head, &payload(merged)).success();
        let found = causes(&run);
        assert!(found.contains(&"api: file api/a".to_owned()), "{name}, merged: {merged}: {found:?}");
    }
    // An event written by hand for act tells no commit of the pull request.
    let payload = json!({"pull_request": {"base": {"ref": "main", "sha": base.to_string()}}});
    let run = event(&repo, "pull_request", "refs/pull/7/merge", &head, &payload).env("ACT", "true").success();
    assert!(causes(&run).contains(&"api: file api/a".to_owned()));
}

#[test]
fn a_merged_pull_request_counts_what_it_left_with_the_target() {
    // The pull request was opened on `first`, holds a change of the target and its undoing.
    let repo = repo();
    repo.checkout("main");
    let opened = repo.id("HEAD").to_string();
    repo.write("web/a", "bad").commit("bad");
    repo.git(["checkout", "--quiet", "-b", "undo"]);
    repo.git(["revert", "--no-edit", "HEAD"]);
    let undone = repo.id("HEAD").to_string();
    repo.checkout("main");
    repo.git(["merge", "--quiet", "--no-ff", "--no-edit", "undo"]);
    let merge = repo.id("HEAD");
    for name in ["pull_request", "pull_request_target"] {
        let payload = json!({"action": "closed", "pull_request": {
            "merged": true, "merge_commit_sha": merge.to_string(), "base": {"sha": opened, "ref": "main"}, "head": {"sha": undone},
        }});
        let run = event(&repo, name, "refs/heads/main", &merge, &payload).success();
        assert_eq!(causes(&run), ["web: file web/a"], "{name}");
    }
}
