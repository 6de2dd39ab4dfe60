use std::fs;
use std::path::Path;

use serde_json::{Value, json};
use snapbox::str;

use crate::repo::Repo;

/// Three services with images, of which the one fails, and prints what Markdown and GitHub would act on.
fn repo() -> Repo {
    let repo = Repo::new();
    repo.write(
        "filters.yaml",
        "\
defaults: {image: 'ghcr.io/acme/{{name}}'}
services:
  api: {path: api, run: 'echo digest=sha256:$(printf %064d 7) >$REBAKE_OUTPUT'}
  web: {path: web, run: 'printf \"%s\\n\" \"**a** | <b>\" \"::error::mine %0A\"; exit 3'}
  cli: {path: cli, depends_on: [web], run: 'true'}
",
    );
    repo.write("api/x", "").write("web/x", "").write("cli/x", "").commit("first");
    repo.rebake(["build", "--all", "--jobs", "1", "--push", "--report", ".git/report.json"]).failure(1);
    repo
}

#[test]
fn a_deployment_is_handed_what_was_built() {
    let repo = repo();
    repo.rebake(["report", ".git/report.json", "--format", "images"]).success().stderr("").stdout(str![[r#"
[
  {"service":"api","version":"0.0.0-0001-b846465","image":"ghcr.io/acme/api","digest":"sha256:0000000000000000000000000000000000000000000000000000000000000007","tags":["ghcr.io/acme/api:0.0.0-0001-b846465"]}
]

"#]]);
    repo.write("none.json", r#"{"schema": 1, "services": []}"#);
    repo.rebake(["report", "none.json", "--format", "images"]).success().stdout("[]\n");
}

#[test]
fn the_summary_of_a_job_shows_images_failures_and_what_to_pull() {
    let repo = repo();
    // Times are not the same twice.
    let mut report: Value =
        serde_json::from_str(&fs::read_to_string(repo.dir().join(".git/report.json")).unwrap()).unwrap();
    for service in report["services"].as_array_mut().unwrap() {
        service["seconds"] = json!(75.2);
    }
    repo.write(".git/report.json", report.to_string());
    repo.rebake(["report", ".git/report.json", "--format", "markdown"]).success().stderr("").stdout(str![[r#"
### rebake build

1 succeeded, 1 failed, 1 blocked

| service | outcome | version | image | time |
| --- | --- | --- | --- | ---: |
| <code>api</code> | succeeded | <code>0.0.0-0001-b846465</code> | <code>ghcr.io/acme/api:0.0.0-0001-b846465</code><br><code>sha256:0000000000000000000000000000000000000000000000000000000000000007</code> | 1m15s |
| <code>web</code> | failed (exit 3) | <code>0.0.0-0001-b846465</code> | <code>ghcr.io/acme/web:0.0.0-0001-b846465</code> | 1m15s |
| <code>cli</code> | blocked by <code>web</code> | <code>0.0.0-0001-b846465</code> | <code>ghcr.io/acme/cli:0.0.0-0001-b846465</code> |  |

<details><summary><code>web</code>: the end of its log</summary>

<pre>&#42;&#42;a&#42;&#42; &#124; &lt;b&gt;
: :error::mine %0A</pre>
</details>

<pre>docker pull ghcr.io/acme/api&#64;sha256:0000000000000000000000000000000000000000000000000000000000000007</pre>

"#]]);
    repo.rebake(["build", "--all", "--ci"]).env("GITHUB_STEP_SUMMARY", repo.dir().join(".git/summary")).failure(1);
    let summary = fs::read_to_string(repo.dir().join(".git/summary")).unwrap();
    assert!(summary.starts_with("### rebake build\n\n1 succeeded, 1 failed, 1 blocked\n"), "{summary}");
}

#[test]
fn a_summary_is_no_longer_than_github_takes() {
    let repo = Repo::new();
    let services: Vec<Value> = (0..3000)
        .map(|at| json!({"service": format!("s{at}"), "outcome": "succeeded", "attempts": 1, "seconds": 1.0, "tags": ["x".repeat(400)]}))
        .collect();
    repo.write("report.json", json!({"schema": 1, "services": services}).to_string());
    let text = repo.rebake(["report", "report.json", "--format", "markdown"]).success().text();
    assert!((800_000..=900_000).contains(&text.len()), "{}", text.len());
    assert!(text.ends_with("_The summary is longer than GitHub takes; the report has the rest._\n"), "{text}");
}

#[test]
fn the_jobs_of_a_matrix_have_one_report() {
    let repo = repo();
    let of = |service: &str, file: &str| {
        let args = ["build", "--all", "--only", service, "--report", file];
        repo.rebake(args)
    };
    of("api", ".git/one.json").success();
    of("web", ".git/two.json").failure(1);
    let merged = repo.rebake(["report", ".git/one.json", ".git/two.json", ".git/one.json"]).success().text();
    repo.write(".git/merged.json", merged);
    assert_eq!(super::outcomes(&repo, ".git/merged.json"), ["api succeeded", "web failed"]);
}

#[test]
fn what_a_build_leaves_is_as_the_schema_says() {
    let repo = repo();
    let schema: Value = serde_json::from_str(&repo.rebake(["schema", "report"]).success().text()).unwrap();
    let report: Value =
        serde_json::from_str(&fs::read_to_string(repo.dir().join(".git/report.json")).unwrap()).unwrap();
    let described = &schema["$defs"]["ServiceReport"];
    let properties = described["properties"].as_object().unwrap();
    for service in report["services"].as_array().unwrap() {
        let service = service.as_object().unwrap();
        for key in service.keys() {
            assert!(properties.contains_key(key), "{key}");
        }
        for key in described["required"].as_array().unwrap() {
            assert!(service.contains_key(key.as_str().unwrap()), "{key}");
        }
    }
    assert_eq!(described["required"], json!(["service", "outcome", "attempts", "seconds", "tags"]));
}

#[test]
fn github_is_told_of_failures() {
    let repo = repo();
    let run = repo
        .rebake(["build", "--all", "--jobs", "1", "--no-fetch"])
        .env("GITHUB_ACTIONS", "true")
        .env("GITHUB_EVENT_NAME", "workflow_dispatch")
        .env("GITHUB_SHA", repo.id("HEAD").to_string())
        .env("GITHUB_REF", "refs/heads/main")
        .failure(1);
    let text = run.text();
    let annotations: Vec<&str> = text.lines().filter(|line| line.starts_with("::error")).collect();
    let [theirs, ours] = annotations[..] else { panic!("{text}") };
    assert_eq!(theirs, "::error::mine %0A");
    let (title, message) = ours.strip_prefix("::error title=").unwrap().split_once("::").unwrap();
    assert!(title.starts_with("web failed (exit 3) after "), "{title}");
    assert_eq!(message, "**a** | <b>%0A: :error::mine %250A");
}

#[test]
fn a_report_says_of_what_it_is() {
    let repo = repo();
    let report: Value =
        serde_json::from_str(&fs::read_to_string(repo.dir().join(".git/report.json")).unwrap()).unwrap();
    assert_eq!(report["commit"], repo.id("HEAD").to_string());
    assert_eq!((&report["environment"], &report["jobs"]), (&json!("local"), &json!(1)));
    assert_eq!(report["rebake"], env!("CARGO_PKG_VERSION"));
    assert!(report["seconds"].as_f64().unwrap() > 0.0);
    let started = report["started"].as_str().unwrap();
    assert!(started.len() == "2026-01-02T03:04:05Z".len() && started.ends_with('Z') && started > "2026", "{started}");
}

#[test]
fn reports_of_two_commits_are_not_put_together() {
    let repo = repo();
    let build = |report: &str| repo.rebake(["build", "--all", "--unmatched", "ignore", "--report", report]);
    repo.write("api/x", "second").commit("second");
    build(".git/second.json").failure(1);
    repo.rebake(["report", ".git/report.json", ".git/second.json"]).failure(2).stdout("").stderr(str![[r#"
error[mixed-reports]: the reports are of two commits: [..], and [..] in .git/second.json
 |
 = help: leave out the reports of another run, or accept them with `--allow-mixed`

"#]]);
    let mixed = repo.rebake(["report", "--allow-mixed", ".git/report.json", ".git/second.json"]).success().text();
    assert!(!mixed.contains("\"commit\"") && mixed.contains("\"environment\": \"local\""), "{mixed}");
    let rerun = ["build", "--rerun", ".git/report.json", "--report", ".git/rerun.json", "--unmatched", "ignore"];
    repo.rebake(rerun).failure(2).stdout("").stderr(str![[r#"
error[other-commit]: the report is of b846465, which is not what is checked out: what succeeded there is due again
 |
 = help: check out that commit, build without `--rerun`, or accept the report with `--allow-mixed`

"#]]);
    repo.rebake([&rerun[..], &["--allow-mixed"]].concat()).failure(1);
    // One that says nothing of its commit can be of any.
    repo.write(".git/old.json", r#"{"schema": 1, "services": []}"#);
    repo.rebake(["report", ".git/old.json", ".git/second.json"]).success();
}

#[test]
fn a_step_of_github_hands_on_the_image_and_the_report() {
    let repo = repo();
    let file = repo.dir().join(".git/outputs");
    let outputs = |flags: &[&str], code: i32| {
        let _ = fs::remove_file(&file);
        repo.rebake([&["build", "--all", "--ci", "--push"], flags].concat()).env("GITHUB_OUTPUT", &file).failure(code);
        let text = fs::read_to_string(&file).unwrap();
        let mut lines = text.lines().filter(|line| !line.is_empty());
        let mut found = Vec::new();
        while let (Some(name), Some(value), Some(_)) = (lines.next(), lines.next(), lines.next()) {
            found.push((name.split("<<").next().unwrap().to_owned(), value.to_owned()));
        }
        found
    };
    let pair = |name: &str, value: String| (name.to_owned(), value);
    let digest = pair("digest", format!("sha256:{:064}", 7));
    let image = pair("image", "ghcr.io/acme/api".to_owned());
    let named = pair("report", repo.dir().join(".git/one.json").to_str().unwrap().to_owned());
    assert_eq!(outputs(&["--only", "api", "--report", ".git/one.json"], 0), [digest, image, named]);
    // Of none or several there is no one image.
    let [(name, report)] = &outputs(&["--only", "web"], 1)[..] else { panic!() };
    assert!(name == "report" && report.ends_with("/report.json") && Path::new(report).is_file(), "{report}");
}

#[test]
#[ignore = "needs xmllint and Jenkins' schema, which .ci/run provides"]
fn jenkins_reads_what_is_written_for_junit() {
    let repo = Repo::new();
    repo.write(
        "filters.yaml",
        "\
services:
  fine: {path: a, run: 'true'}
  flaky: {path: a, retries: 1, run: 'test -e ../.git/again || { touch ../.git/again; echo \"<&]]>\"; exit 9; }'}
  bad: {path: a, retries: 1, run: 'printf \"\\033[31m\\001<&\\n\"; exit 3'}
  late: {path: a, timeout: 1s, run: 'sleep 60'}
  blocked: {path: a, depends_on: [bad], run: 'true'}
",
    );
    repo.write("a/x", "").commit("first");
    repo.rebake(["build", "--all", "--junit", ".git/junit.xml"]).failure(1);
    repo.rebake(["build", "--only", "fine", "--base", "HEAD", "--junit", ".git/none.xml"]).success();
    #[expect(clippy::disallowed_methods, reason = "the gate says where the schema is")]
    let schema = std::env::var("REBAKE_JUNIT_SCHEMA").unwrap();
    for file in [".git/junit.xml", ".git/none.xml"] {
        let mut judge = std::process::Command::new("xmllint");
        let output = judge.args(["--noout", "--schema", &schema]).arg(repo.dir().join(file)).output().unwrap();
        assert!(output.status.success(), "{file}: {}", String::from_utf8_lossy(&output.stderr));
    }
}
