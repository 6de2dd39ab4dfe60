//! Services whose patterns match no file, affected or not: an error that says what to write.

use snapbox::str;

use crate::on_github;
use crate::repo::Repo;

/// The helps of a plan of this configuration, in a repository with these files; nothing affects any service.
fn helps(config: &str, files: &[&str]) -> Vec<String> {
    let repo = Repo::new();
    for file in files {
        repo.write(file, *file);
    }
    repo.write("filters.yaml", config).commit("first");
    repo.write("other", "").commit("second");
    let run = repo.rebake(["plan", "--base", "HEAD~1", "--head", "HEAD"]).failure(2);
    let text = String::from_utf8(run.stderr).unwrap();
    text.lines().filter_map(|line| line.trim().strip_prefix("= help: ")).map(str::to_owned).collect()
}

#[test]
fn a_service_without_files_is_an_error_though_nothing_affects_it() {
    let repo = Repo::new();
    let config =
        "services:\n  api: { path: services/api, filters: [\"services/api/\"] }\n  web: { path: service/web }\n";
    repo.write("filters.yaml", config).write("services/api/a", "").write("services/web/a", "").commit("first");
    repo.write("services/api/a", "1").commit("second");
    repo.rebake(["plan", "--base", "HEAD~1", "--head", "HEAD"]).failure(2).stdout("").stderr(str![[r#"
error[dead-filter]: the patterns of `api` match no tracked file, so nothing can ever affect it
 --> filters.yaml:2:40
  |
2 |   api: { path: services/api, filters: ["services/api/"] }
  |                                        ^^^^^^^^^^^^^^^ matches nothing
  |
  = help: write `services/api/**` for `services/api/`

error[dead-filter]: the patterns of `web` match no tracked file, so nothing can ever affect it
 --> filters.yaml:3:16
  |
3 |   web: { path: service/web }
  |                ^^^^^^^^^^^ matches nothing
  |
  = help: write `services/web` for `service/web`

"#]]);
    repo.rebake(["plan", "--base", "HEAD~1", "--head", "HEAD", "--dead", "allow"]).success();
}

#[test]
fn why_says_so_of_the_service_that_is_asked_about() {
    let repo = Repo::new();
    let config = "services:\n  api: { path: services/api }\n  web: { path: service/web }\n  job: { path: jobs }\n";
    repo.write("filters.yaml", config).write("services/api/a", "").write("services/web/a", "").commit("first");
    repo.write("services/web/a", "1").commit("second");
    let why = |service: &str| repo.rebake(["why", service, "--base", "HEAD~1", "--head", "HEAD"]).success();
    why("web").stderr(str![[r#"
warning[dead-filter]: the patterns of `web` match no tracked file, so nothing can ever affect it
 --> filters.yaml:3:16
  |
3 |   web: { path: service/web }
  |                ^^^^^^^^^^^ matches nothing
  |
  = help: write `services/web` for `service/web`

"#]]);
    why("api").stderr("");
    // A service that is asked for is affected. That its patterns match nothing is still told.
    let run = repo.rebake(["why", "job", "--base", "HEAD~1", "--head", "HEAD", "--force", "job"]).success();
    assert!(
        String::from_utf8(run.stderr).unwrap().starts_with("warning[dead-filter]: the patterns of `job` match no ")
    );
}

#[test]
fn what_was_meant_is_told() {
    let of = |pattern: &str| {
        let config = format!("services:\n  api: {{ filters: ['{pattern}'] }}\n  web: {{ path: services/web }}\n");
        helps(&config, &["services/api/src/x", "services/web/x"]).remove(0)
    };
    assert_eq!(of("/services/api/**"), "write `services/api/**` for `/services/api/**`");
    assert_eq!(of("services/api"), "write `services/api/**` for `services/api`");
    assert!(of(r"services\api\**").starts_with("write `services/api/**` for "));
    assert_eq!(of("Services/Api/**"), "write `services/api/**` for `Services/Api/**`");
    // The nearest directory is another service's.
    let generic = "correct the patterns, or remove the service; with `--dead allow` this is no error";
    assert_eq!(of("services/wep/**"), generic);
}

#[test]
fn a_service_that_is_uncommitted_lives_where_the_work_tree_counts() {
    let repo = Repo::new();
    repo.write("filters.yaml", "services:\n  api: { path: api }\n").write("api/a", "").commit("first");
    repo.write("filters.yaml", "services:\n  api: { path: api }\n  new: { path: new }\n");
    repo.rebake(["plan", "--base", "HEAD"]).failure(2);
    repo.write("new/a", "");
    repo.rebake(["plan", "--base", "HEAD", "--format", "names"]).success().stdout("new\n");
    // What the work tree no longer has is no file.
    repo.remove("api");
    repo.rebake(["plan", "--base", "HEAD"]).failure(2);
}

#[test]
fn what_exclude_leaves_nothing_of_is_dead() {
    let config =
        "services:\n  api: { path: api, exclude: [\"**/*.md\"] }\n  web: { path: web, exclude: [\"**/*.md\"] }\n";
    assert_eq!(helps(config, &["api/a.md", "web/deep/b", "web/a.md"]).len(), 1);
}

#[test]
fn a_hint_names_only_directories_that_are_new_and_nobodys() {
    let repo = Repo::new();
    repo.write("filters.yaml", "services:\n  api: { path: services/api }\n  web: { path: services/web }\n");
    repo.write("services/api/a", "same").write("services/web/a", "same").commit("first");
    repo.git(["mv", "services/api", "services/backend"]);
    repo.commit("second");
    let run = repo.rebake(["plan", "--base", "HEAD~1", "--head", "HEAD"]).failure(2);
    let text = String::from_utf8(run.stderr).unwrap();
    assert!(text.contains("its files moved: write `services/backend` for `services/api`"), "{text}");
}

#[test]
fn an_event_that_plans_nothing_refuses_no_dead_service() {
    let repo = Repo::new();
    repo.write("filters.yaml", "services:\n  api: { path: api, tag: 'api@{{version}}' }\n  web: { path: web }\n");
    repo.write("api/a", "").commit("first");
    for (name, action, reference) in [
        ("delete", "", "refs/heads/main"),
        ("merge_group", "destroyed", "refs/heads/main"),
        ("release", "deleted", "refs/tags/api@1.0.0"),
        ("release", "created", "refs/tags/api@1.0.0"),
        ("release", "edited", "refs/tags/api@1.0.0"),
        ("push", "", "refs/tags/api@next"),
        ("push", "", "refs/tags/other"),
    ] {
        let event = serde_json::json!({"action": action, "repository": {"default_branch": "main"}});
        let plan = |args: &[&str]| on_github::event(&repo, args, name, &event).env("GITHUB_REF", reference);
        plan(&["--format", "names"]).success().stdout("");
        plan(&["--all"]).failure(2);
        plan(&["--force", "api"]).failure(2);
    }
}
