//! What `rebake plan --ci` hands to a step of GitHub Actions, read as the runner reads it.

use std::collections::BTreeMap;

use serde_json::Value;
use snapbox::str;

use crate::repo::Repo;
use crate::runner;

/// The hostile names of the field, as file names.
const HOSTILE: &[&[u8]] = &[
    b"$(touch pwned)",
    b"`id`",
    b"a;b",
    b"a\nb",
    b"a\n$(x)",
    b"any=false\nmatrix={}",
    b"EOF\nany<<EOF\nfalse\nEOF",
    b"it's\n$(id)",
    b"-rf",
    b"::set-output name=any::false",
    b"##[add-mask]x",
    b"x\r",
    b"${{ github.token }}",
    b"${HOME}",
    b"<< pipeline.id >>",
    b"{{workflow.name}}",
    b"\xff\xfe",
    "\u{202e}gpj.exe".as_bytes(),
    b"\"",
    b"\\",
    b"EOF",
];

fn repository(filters: &str) -> Repo {
    let repo = Repo::new();
    repo.write("filters.yaml", filters).commit("first");
    for name in HOSTILE {
        repo.write([b"src/", *name].concat(), "x");
    }
    repo.write([&b"src/"[..], &[b'n'; 250]].concat(), "x");
    repo.commit("second");
    repo
}

/// Runs `plan --ci` on a push of the last commit, behind what an earlier writer left, and reads the outputs.
fn outputs(repo: &Repo, args: &[&str]) -> BTreeMap<String, String> {
    let (outputs, summary, event) =
        (repo.dir().join(".git/outputs"), repo.dir().join(".git/summary"), repo.dir().join(".git/event"));
    std::fs::write(&outputs, "earlier=1").unwrap();
    std::fs::write(&event, format!(r#"{{"before":"{}","repository":{{"default_branch":"main"}}}}"#, repo.id("HEAD~1")))
        .unwrap();
    repo.rebake([&["plan", "--ci", "--format", "names"], args].concat())
        .env("GITHUB_ACTIONS", "true")
        .env("GITHUB_EVENT_NAME", "push")
        .env("GITHUB_REF", "refs/heads/main")
        .env("GITHUB_EVENT_PATH", event)
        .env("GITHUB_OUTPUT", &outputs)
        .env("GITHUB_STEP_SUMMARY", &summary)
        .success();
    let written = std::fs::read_to_string(summary).unwrap();
    assert!(!written.chars().any(|c| c.is_control() && c != '\n'), "{written}");
    assert!(!written.contains("<b>") && !written.contains("::set-output") && !written.contains("##["), "{written}");
    runner::outputs(&std::fs::read_to_string(outputs).unwrap()).unwrap()
}

#[test]
fn hostile_file_names_make_no_other_output() {
    let repo = repository("filters:\n  src: ['src/**', 'src/*']\nservices:\n  api: {path: src, filters: ['src/*']}\n");
    for how in ["none", "json", "csv", "shell", "escape"] {
        let found = outputs(&repo, &["--list-files", how]);
        let mut names: Vec<&str> = found.keys().map(String::as_str).collect();
        names.retain(|name| *name != "src_files");
        assert_eq!(
            names,
            [
                "any",
                "any_0",
                "api",
                "changes",
                "count",
                "earlier",
                "environment",
                "levels",
                "matrix",
                "matrix_0",
                "services",
                "src",
                "src_count"
            ]
        );
        assert_eq!(found.contains_key("src_files"), how != "none");
        assert_eq!((found["any"].as_str(), found["environment"].as_str()), ("true", "staging"));
        assert_eq!(found["src_count"], (HOSTILE.len() + 1).to_string());
        assert_eq!(found["services"], r#"["api"]"#);
        let matrix: Value = serde_json::from_str(&found["matrix"]).unwrap();
        assert_eq!(matrix["include"][0]["service"], "api");
        assert!(found["matrix"].is_ascii());
    }
    let json: Vec<String> = serde_json::from_str(&outputs(&repo, &["--list-files", "json"])["src_files"]).unwrap();
    assert!(json.contains(&"src/a\n$(x)".to_owned()) && json.contains(&"src/\u{fffd}\u{fffd}".to_owned()), "{json:?}");
}

#[test]
fn a_filter_named_as_an_output_wins_as_with_paths_filter() {
    let repo = repository("any: ['none/**']\nchanges: ['src/*']\na b: ['src/*']\n");
    let found = outputs(&repo, &[]);
    assert_eq!((found["any"].as_str(), found["changes"].as_str(), found["a b"].as_str()), ("false", "true", "true"));
    assert_eq!((found["rebake_any"].as_str(), found["rebake_changes"].as_str()), ("true", r#"["changes","a b"]"#));
    // The runner looks at no case.
    let found = outputs(&repository("MATRIX: ['none/**']\nsrc: ['src/*']\n"), &[]);
    assert_eq!((found["MATRIX"].as_str(), found.contains_key("matrix")), ("false", false));
    assert!(found["rebake_matrix"].contains("src") && !found.contains_key("rebake_service_src"));
}

#[test]
fn each_service_has_an_output_that_says_whether_it_is_due() {
    let services = "services:\n  api: {filters: ['src/*']}\n  web/UI: {filters: [filters.yaml]}\n  lib: {filters: ['src/*'], builder: none}\n";
    let repo = repository(services);
    let found = outputs(&repo, &["--dead", "allow"]);
    assert_eq!((found["api"].as_str(), found["web-ui"].as_str(), found["lib"].as_str()), ("true", "false", "true"));
    assert_eq!((found["count"].as_str(), found["services"].as_str()), ("1", r#"["api"]"#));
    let repo = repository(&format!("filters: {{API: ['none/**'], web-ui: ['src/*']}}\n{services}"));
    let found = outputs(&repo, &["--dead", "allow"]);
    assert_eq!((found["API"].as_str(), found["web-ui"].as_str()), ("false", "true"));
    assert_eq!((found["rebake_service_api"].as_str(), found["rebake_service_web-ui"].as_str()), ("true", "false"));
}

#[test]
fn what_the_runner_could_not_hold_is_refused_before_anything_is_written() {
    let refused = |filters: &str, code: i32| {
        let repo = repository(filters);
        let outputs = repo.dir().join(".git/outputs");
        std::fs::write(&outputs, "earlier=1\n").unwrap();
        let run = repo
            .rebake(["plan", "--ci", "--all"])
            .env("GITHUB_ACTIONS", "true")
            .env("GITHUB_EVENT_NAME", "push")
            .env("GITHUB_OUTPUT", &outputs)
            .failure(code);
        assert_eq!(std::fs::read_to_string(outputs).unwrap(), "earlier=1\n");
        run.stdout("")
    };
    refused("a=b: ['src/*']\n", 2).stderr(str![[r#"
error[format]: the filter a=b cannot be an output of GitHub Actions: `=` and `<<` end a name in the runner's output file
 |
 = help: rename the filter
::error title=format::the filter a=b cannot be an output of GitHub Actions: `=` and `<<` end a name in the runner's output file%0Ahelp: rename the filter

"#]]);
    refused("any: ['src/*']\nrebake_any: x\n", 2);
    let services: Vec<String> = (0..257).map(|n| format!("  s{n}: {{filters: ['src/*']}}\n")).collect();
    refused(&format!("services:\n{}", services.concat()), 4).stderr(str![[r#"
error[format]: the number of jobs of the matrix is 257, and GitHub Actions takes at most 256
 |
 = help: put many services into one job with `--pack component` or `--pack N`, or choose fewer services with `--only`
::error title=format::the number of jobs of the matrix is 257, and GitHub Actions takes at most 256%0Ahelp: put many services into one job with `--pack component` or `--pack N`, or choose fewer services with `--only`

"#]]);
}

/// What is said of a configuration by `plan` with these arguments, as a step of a workflow.
fn said(config: &str, args: &[&str], code: i32) -> String {
    let repo = Repo::new();
    repo.write("filters.yaml", config).write("api/x", "1").write("loose", "1").commit("first");
    let outputs = repo.dir().with_extension("outputs");
    let run = repo
        .rebake([&["plan", "--all"], args].concat())
        .env("GITHUB_ACTIONS", "true")
        .env("GITHUB_EVENT_NAME", "push")
        .env("GITHUB_OUTPUT", outputs);
    let run = if code == 0 { run.success() } else { run.failure(code) };
    String::from_utf8(run.stderr).unwrap()
}

#[test]
fn problems_are_annotations_of_the_run_where_it_is_written_for() {
    let dead = "api: ['api/**']\nweb: ['none/**']\n";
    let drawn = said(dead, &[], 0);
    assert!(drawn.starts_with("warning[dead-filter]") && !drawn.contains("::"), "{drawn}");
    let annotated = said(dead, &["--ci"], 0);
    let lines: Vec<&str> = annotated.strip_prefix(&drawn).unwrap().lines().collect();
    assert_eq!(lines.len(), 1, "{annotated}");
    assert!(lines[0].starts_with("::warning file=filters.yaml,line=2,col=7,title=dead-filter::"), "{annotated}");

    let annotated = said("services: {api: {paht: api}}\n", &["--ci"], 2);
    let place = "\n::error file=filters.yaml,line=1,col=18,title=unknown-key::";
    assert!(annotated.starts_with("error[") && annotated.contains(place), "{annotated}");
}
