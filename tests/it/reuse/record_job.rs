//! Builds that one job carries out and another one records: `build --record-later` and `record --report`.

use serde_json::{Value, json};
use snapbox::str;

use super::overlaps::{Two, build, report};
use crate::registry_server::{Image, OCI};
use crate::repo::{Rebake, Repo};
use crate::small_registry::Fault;

/// Plans and builds a repository as two jobs of a workflow do, of which neither may write refs.
fn build_to_record_later(repo: &Repo, digest: &str) {
    let plan = ["plan", "--since=built", "--push", "--environment=staging", "--format=json", "--fetch"];
    repo.write(".git/plan.json", repo.rebake(plan).success().text());
    let build = ["build", "--plan=.git/plan.json", "--push", "--record-later", "--report=.git/report.json"];
    repo.rebake(build).env("DIGEST", digest).success();
}

/// Records what these jobs report, as a third job does.
fn record(repo: &Repo) -> Rebake {
    let args =
        ["record", "--push", "--plan=.git/plan.json", "--report", ".git/report.json", "--merged=.git/merged.json"];
    repo.rebake(args)
}

fn merged(repo: &Repo) -> Value {
    let text = std::fs::read_to_string(repo.dir().join(".git/merged.json")).unwrap();
    serde_json::from_str::<Value>(&text).unwrap()["services"][0].clone()
}

fn refs(repo: &Repo) -> String {
    repo.git(["ls-remote", "origin", "refs/rebake/*"])
}

fn is_due(repo: &Repo) -> bool {
    let args = ["plan", "--since=built", "--environment=staging", "--format=names", "--fetch"];
    repo.rebake(args).success().text() == "api\n"
}

#[test]
fn a_job_that_records_puts_the_tags_that_builds_have_left() {
    let two = Two::new();
    let digest = two.image("amd64");
    build_to_record_later(&two.older, &digest);
    assert_eq!((two.main(), refs(&two.older)), (None, String::new()));
    let service = report(&two.older);
    let [main, content] =
        ["main", service["content_tag"].as_str().unwrap()].map(|tag| format!("{}/acme/api:{tag}", two.registry.host()));
    assert_eq!((&service["held_tags"], &service["tags"]), (&json!([main]), &json!([content])), "{service}");
    assert_eq!(service.get("record"), None, "{service}");
    record(&two.older).success().stderr("");
    assert_eq!(two.main(), Some(digest));
    assert!(refs(&two.older).contains("refs/rebake/built/staging/api") && !refs(&two.older).contains("/begun/"));
    let service = merged(&two.older);
    assert_eq!((&service["record"], &service["tags"]), (&"recorded".into(), &json!([main])), "{service}");
    assert_eq!(service.get("held_tags"), None, "{service}");
    assert!(!is_due(&two.older));
    // Once more, it has nothing to do.
    record(&two.older).success();
    assert!(!is_due(&two.older));
}

#[test]
fn what_exists_gets_its_tags_from_the_job_that_records_too() {
    let two = Two::new();
    let digest = two.image("amd64");
    build_to_record_later(&two.older, &digest);
    let content = report(&two.older)["content_tag"].as_str().unwrap().to_owned();
    two.registry.push("acme/api", &content, &Image::of(OCI, "amd64"));
    let plan =
        ["plan", "--since=built", "--push", "--environment=staging", "--format=json", "--fetch", "--skip-existing"];
    two.older.write(".git/plan.json", two.older.rebake(plan).success().text());
    let promote = ["promote", "--plan=.git/plan.json", "--push", "--record-later", "--report=.git/report.json"];
    two.older.rebake(promote).success();
    assert_eq!((two.main(), &report(&two.older)["outcome"]), (None, &"exists".into()));
    record(&two.older).success();
    let service = merged(&two.older);
    assert_eq!((two.main(), &service["outcome"]), (Some(digest), &"promoted".into()), "{service}");
    assert!(!is_due(&two.older));
}

#[test]
fn a_job_that_records_late_puts_no_tag_over_that_of_a_newer_run() {
    let two = Two::new();
    let [old, new] = ["amd64", "arm64"].map(|architecture| two.image(architecture));
    build_to_record_later(&two.older, &old);
    build_to_record_later(&two.newer, &new);
    record(&two.newer).success();
    record(&two.older).success();
    assert_eq!(two.main(), Some(new));
    assert_eq!(merged(&two.older)["record"], "superseded");
    assert!(!is_due(&two.newer), "{}", refs(&two.newer));
}

#[test]
fn a_tag_that_a_job_that_records_cannot_put_takes_the_built_ref_back() {
    let two = Two::new();
    let digest = two.image("amd64");
    build_to_record_later(&two.older, &digest);
    // The manifest is read, the tag is looked up; then it is put.
    two.registry.fail(2, Fault::Status(403));
    record(&two.older).failure(1);
    let service = merged(&two.older);
    assert_eq!((&service["record"], &service["outcome"]), (&"taken-back".into(), &"failed".into()), "{service}");
    assert!(!refs(&two.older).contains("/built/") && refs(&two.older).contains("/begun/"), "{}", refs(&two.older));
    assert!(is_due(&two.older));
    // The same job again.
    record(&two.older).success();
    assert_eq!(two.main(), Some(digest));
    assert!(!refs(&two.older).contains("/begun/") && !is_due(&two.older), "{}", refs(&two.older));
}

#[test]
fn a_job_that_records_and_is_killed_before_it_puts_its_tags_leaves_the_service_due() {
    let two = Two::new();
    let digest = two.image("amd64");
    build_to_record_later(&two.older, &digest);
    let late = two.registry.put_late("main");
    let mut run = record(&two.older).start();
    late.wait();
    run.kill().unwrap();
    run.wait().unwrap();
    drop(late);
    assert!(refs(&two.older).contains("refs/rebake/built/staging/api"), "{}", refs(&two.older));
    assert!(is_due(&two.older), "{}", refs(&two.older));
}

#[test]
fn a_job_that_puts_its_tags_late_gives_them_to_the_newer_image() {
    let two = Two::new();
    let [old, new] = ["amd64", "arm64"].map(|architecture| two.image(architecture));
    build_to_record_later(&two.older, &old);
    build_to_record_later(&two.newer, &new);
    let content = report(&two.newer)["content_tag"].as_str().unwrap().to_owned();
    two.registry.push("acme/api", &content, &Image::of(OCI, "arm64"));
    let late = two.registry.put_late("main");
    let mut run = record(&two.older).start();
    late.wait();
    record(&two.newer).success();
    late.go_on();
    assert!(run.wait().unwrap().success());
    assert_eq!((two.main(), &merged(&two.older)["record"]), (Some(new), &"superseded".into()));
}

#[test]
fn a_job_that_gives_its_tags_to_a_newer_image_late_gives_them_to_the_newest() {
    let two = Two::new();
    let [old, new, newest] = ["amd64", "arm64", "386"].map(|architecture| two.image(architecture));
    let pushed = |architecture: &str| {
        let content = report(&two.newer)["content_tag"].as_str().unwrap().to_owned();
        two.registry.push("acme/api", &content, &Image::of(OCI, architecture));
    };
    build_to_record_later(&two.older, &old);
    build_to_record_later(&two.newer, &new);
    pushed("arm64");
    let late = two.registry.put_late("main");
    let mut run = record(&two.older).start();
    late.wait();
    record(&two.newer).success();
    let later = two.registry.put_late("main");
    late.go_on();
    later.wait();
    two.newer.write("api/x", "3").commit("third");
    build_to_record_later(&two.newer, &newest);
    pushed("386");
    record(&two.newer).success();
    later.go_on();
    assert!(run.wait().unwrap().success());
    assert_eq!(two.main(), Some(newest));
    assert!(!is_due(&two.newer), "{}", refs(&two.newer));
}

#[test]
fn a_tag_that_is_on_an_image_already_waits_for_the_record_too() {
    let two = Two::new();
    build_to_record_later(&two.older, &two.image("amd64"));
    let content = report(&two.older)["content_tag"].as_str().unwrap().to_owned();
    for tag in [content.as_str(), "main"] {
        two.registry.push("acme/api", tag, &Image::of(OCI, "amd64"));
    }
    let plan =
        ["plan", "--since=built", "--push", "--environment=staging", "--format=json", "--fetch", "--skip-existing"];
    two.older.write(".git/plan.json", two.older.rebake(plan).success().text());
    let promote = ["promote", "--plan=.git/plan.json", "--push", "--record-later", "--report=.git/report.json"];
    two.older.rebake(promote).success();
    let main = json!([format!("{}/acme/api:main", two.registry.host())]);
    assert_eq!(report(&two.older)["held_tags"], main);
}

#[test]
fn a_report_of_several_commits_is_not_recorded() {
    let two = Two::new();
    build_to_record_later(&two.older, &two.image("amd64"));
    let mut text: Value =
        serde_json::from_str(&std::fs::read_to_string(two.older.dir().join(".git/report.json")).unwrap()).unwrap();
    text.as_object_mut().unwrap().remove("commit");
    two.older.write(".git/report.json", text.to_string());
    record(&two.older).failure(2).stdout("").stderr(str![[r#"
error[mixed-reports]: .git/report.json does not name a single commit and environment
 |
 = help: name the reports of this plan's builds; a report of a rerun may have builds of several commits

"#]]);
    assert_eq!((two.main(), refs(&two.older)), (None, String::new()));
}

#[test]
fn a_report_names_no_tag_that_the_plan_lacks() {
    let two = Two::new();
    let digest = two.image("amd64");
    build_to_record_later(&two.older, &digest);
    let text = std::fs::read_to_string(two.older.dir().join(".git/report.json")).unwrap();
    two.older.write(".git/report.json", text.replace("/acme/api:main\"", "/acme/api:1.0.0\""));
    record(&two.older).success();
    assert_eq!((two.registry.at("acme/api", "1.0.0"), two.main()), (None, Some(digest)));
}

#[test]
fn tags_that_builds_have_left_need_a_record_that_is_pushed() {
    let two = Two::new();
    build_to_record_later(&two.older, &two.image("amd64"));
    let run = two.older.rebake(["record", "--plan=.git/plan.json", "--report", ".git/report.json"]).failure(2);
    run.stdout("").stderr(str![[r#"
error[held-tags]: tags of `api` can be put only when its record is pushed
 |
 = help: give `--push`

"#]]);
    assert_eq!(two.main(), None);
}

/// Plans a repository as a job does, and builds it as another one, which fails.
fn fail_to_build(repo: &Repo) {
    let plan = ["plan", "--since=built", "--push", "--environment=staging", "--format=json", "--fetch"];
    repo.write(".git/plan.json", repo.rebake(plan).success().text());
    let build = ["build", "--plan=.git/plan.json", "--push", "--record-later", "--report=.git/report.json"];
    // The command writes this file.
    let _ = std::fs::remove_file(repo.dir().join(".git/tags"));
    repo.write(".git/tags/is-a-directory", "");
    repo.rebake(build).env("DIGEST", "none").failure(1);
}

#[test]
fn a_build_that_fails_is_marked_by_the_job_that_records() {
    let two = Two::new();
    build(&two.older, &two.image("amd64")).success();
    two.newer.write("api/x", "3").commit("third");
    fail_to_build(&two.newer);
    assert!(!refs(&two.newer).contains("/begun/"), "{}", refs(&two.newer));
    record(&two.newer).success();
    assert!(refs(&two.newer).contains("refs/rebake/begun/staging/api"), "{}", refs(&two.newer));
    // Its content is again that of the built ref, and yet nobody knows what the failed build has left.
    two.newer.git(["revert", "--no-edit", "HEAD", "HEAD~1"]);
    assert!(is_due(&two.newer));
}

#[test]
fn a_job_that_records_late_keeps_the_mark_of_a_newer_build_that_failed() {
    let two = Two::new();
    let digest = two.image("amd64");
    build_to_record_later(&two.older, &digest);
    fail_to_build(&two.newer);
    record(&two.newer).success();
    record(&two.older).success();
    assert_eq!((two.main(), &merged(&two.older)["record"]), (Some(digest.clone()), &"recorded".into()));
    // Nobody knows whether the build that failed or the one that is recorded was the last.
    assert!(is_due(&two.older), "{}", refs(&two.older));
    // A plan that has seen the mark takes it away.
    build_to_record_later(&two.older, &digest);
    record(&two.older).success();
    assert!(!is_due(&two.older), "{}", refs(&two.older));
}

#[test]
fn a_job_that_records_a_release_of_an_older_line_moves_from_where_its_plan_saw_the_built_ref() {
    let two = Two::new();
    let [old, new] = ["amd64", "arm64"].map(|architecture| two.image(architecture));
    build(&two.newer, &new).success();
    two.older.tag("api@1.0.1");
    let plan = ["plan", "--since=built", "--push", "--environment=staging", "--format=json", "--fetch"];
    let plan = super::at_tag(&two.older, "api@1.0.1", &plan).success().text();
    // The environment has a newer commit, and yet the release is planned, as its tag asks for.
    assert!(plan.contains(&format!("\"api\": \"{}\"", two.newer.id("HEAD"))), "{plan}");
    two.older.write(".git/plan.json", plan);
    let build = ["build", "--plan=.git/plan.json", "--push", "--record-later", "--report=.git/report.json"];
    two.older.rebake(build).env("DIGEST", &old).success();
    record(&two.older).success();
    assert_eq!((two.main(), &merged(&two.older)["record"]), (Some(old), &"recorded".into()));
    assert!(refs(&two.older).contains(&format!("{}\trefs/rebake/built/staging/api", two.older.id("HEAD"))));
}

#[test]
fn reports_of_one_plan_that_differ_are_two_records() {
    let two = Two::new();
    build_to_record_later(&two.older, &two.image("amd64"));
    let succeeded = std::fs::read_to_string(two.older.dir().join(".git/report.json")).unwrap();
    let plan = std::fs::read_to_string(two.older.dir().join(".git/plan.json")).unwrap();
    fail_to_build(&two.older);
    two.older.write(".git/plan.json", plan);
    record(&two.older).success();
    two.older.write(".git/report.json", succeeded);
    // Nobody knows whether the build that failed or the one that succeeded was the last.
    let note =
        "note[still-due]: recorded in staging and still due, since another run has built them meanwhile: `api`\n";
    record(&two.older).success().stderr(note);
    assert!(is_due(&two.older), "{}", refs(&two.older));
}

#[test]
fn a_build_of_an_older_plan_does_not_build_what_a_later_run_has_recorded() {
    let two = Two::new();
    let [old, new] = ["amd64", "arm64"].map(|architecture| two.image(architecture));
    let plan = ["plan", "--since=built", "--push", "--environment=staging", "--format=json", "--fetch"];
    two.older.write(".git/plan.json", two.older.rebake(plan).success().text());
    build_to_record_later(&two.newer, &new);
    record(&two.newer).success();
    let build = ["build", "--plan=.git/plan.json", "--push", "--record-later", "--report=.git/report.json"];
    two.older.rebake(build).env("DIGEST", &old).success();
    assert_eq!(report(&two.older)["outcome"], "superseded");
    assert!(!two.older.dir().join(".git/tags").exists(), "it is not built");
    record(&two.older).success();
    assert_eq!(two.main(), Some(new));
    assert!(!is_due(&two.newer), "{}", refs(&two.newer));
}

#[test]
fn what_stands_on_a_due_dependency_puts_no_tag_over_that_of_a_newer_run() {
    let two = Two::new();
    let [old, new] = ["amd64", "arm64"].map(|architecture| two.image(architecture));
    for (repo, generator) in [(&two.older, "1"), (&two.newer, "2")] {
        let config = std::fs::read_to_string(repo.dir().join("filters.yaml")).unwrap();
        let config = config.replace("path: api,", "path: api, depends_on: [gen],");
        repo.write("filters.yaml", config + "  gen: {path: gen, image: false, run: 'true'}\n");
        repo.write("gen/x", generator).commit("a generator");
    }
    let only = |repo: &Repo, digest: &str| {
        let plan =
            ["plan", "--since=built", "--push", "--environment=staging", "--format=json", "--fetch", "--only=api"];
        repo.write(".git/plan.json", repo.rebake(plan).success().text());
        let build = ["build", "--plan=.git/plan.json", "--push", "--record-later", "--report=.git/report.json"];
        repo.rebake(build).env("DIGEST", digest).success();
    };
    only(&two.older, &old);
    // A run of another line records both.
    build(&two.newer, &new).success();
    assert_eq!(two.main(), Some(new.clone()));
    // Its dependency is due, and yet it is another run's image that has the tag.
    record(&two.older).failure(3);
    assert_eq!((two.main(), &merged(&two.older)["record"]), (Some(new), &"elsewhere".into()));
}
