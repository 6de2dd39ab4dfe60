//! Pages for a browser: what they hold, and, in a real browser, what people do with them.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};
use snapbox::str;

use crate::repo::Repo;

/// A repository of services of which each fourth one has changed. Most depend on one or two before them.
fn services(count: usize) -> Repo {
    let name = |number: usize| format!("service-{number}");
    let mut config = String::from("services:\n");
    let repo = Repo::new();
    for number in 0..count {
        let _ = writeln!(config, "  {}:\n    path: services/{number}", name(number));
        if number > 3 && number % 5 != 0 {
            let needs: BTreeSet<String> = [number / 3, number * 2 / 3].map(name).into();
            let _ = writeln!(config, "    depends_on: [{}]", needs.into_iter().collect::<Vec<_>>().join(", "));
        }
        repo.write(format!("services/{number}/file"), "1");
    }
    if count == 0 {
        config.push_str("  {}\n");
    }
    repo.write("filters.yaml", &config);
    repo.commit("one");
    for number in (0..count).step_by(4) {
        repo.write(format!("services/{number}/file"), "2");
    }
    repo
}

fn page(repo: &Repo) -> String {
    repo.rebake(["graph", "--format", "html"]).success().text()
}

#[test]
fn the_same_graph_gives_the_same_page_of_a_bounded_size() {
    let repo = services(60);
    let page = page(&repo);
    assert_eq!(page, self::page(&repo));
    assert!(page.len() <= 80_000, "{}", page.len());
    let script = page.rsplit_once("<script>").unwrap().1;
    assert!(script.len() <= 15_000, "{}", script.len());
    // A name space is no address that is loaded.
    let addresses = page.replace("http://www.w3.org/2000/svg", "");
    assert!(!addresses.contains("http:") && !addresses.contains("https:") && !addresses.contains("src="));
}

/// A plan from elsewhere may have any text; none of it becomes a part of the page.
#[test]
fn text_of_a_plan_stays_text() {
    let evil = "\"><script>alert(1)</script>\u{202e}\u{1b}[31m";
    let repo = services(5);
    let plan = repo.rebake(["plan", "--format", "json"]).success().text();
    let mut plan: Value = serde_json::from_str(&plan).unwrap();
    plan["services"][0]["tags"] = json!([evil]);
    plan["services"][0]["causes"][0]["path"] = json!(evil);
    plan["degraded"] = json!([{"kind": evil, "message": evil, "help": evil}]);
    let file = repo.dir().parent().unwrap().join("plan.json");
    fs::write(&file, plan.to_string()).unwrap();
    let page = repo.rebake(["graph", "--format", "html", "--plan", file.to_str().unwrap()]).success().text();
    assert!(!page.contains("<script>alert") && !page.contains('\u{202e}') && !page.contains('\u{1b}'), "{page}");
    assert!(page.contains("&lt;script&gt;alert(1)"), "{page}");
}

/// A run with a chain, a failure that is tried again, and what it blocks.
fn run(directory: &Path) {
    let repo = Repo::new();
    let config = "services:\n  base: {path: base, run: sleep 0.2}\n  api: {path: api, run: sleep 0.3, depends_on: [base]}\n  \
                  bad: {path: bad, run: 'echo \"<b>no\" >&2; exit 3', retries: 1}\n  web: {path: web, run: 'true', depends_on: [bad]}\n  \
                  docs: {path: docs, run: sleep 0.1}\n";
    repo.write("filters.yaml", config);
    for service in ["base", "api", "bad", "web", "docs"] {
        repo.write(format!("{service}/file"), "1");
    }
    repo.commit("one");
    let (page, report) = (directory.join("timings.html"), directory.join("report.json"));
    let (page, report) = (page.to_str().unwrap(), report.to_str().unwrap());
    repo.rebake(["build", "--all", "--jobs", "1", "--timings", page, "--report", report]).failure(1);
    let again = repo.rebake(["report", report, "--format", "html"]).success().text();
    assert_eq!(again, fs::read_to_string(page).unwrap());
}

#[test]
fn a_run_has_a_page_of_its_times() {
    let directory = tempfile::tempdir().unwrap();
    run(directory.path());
    let page = fs::read_to_string(directory.path().join("timings.html")).unwrap();
    for text in ["base → api", "3 succeeded, 1 failed, 1 blocked", "(exit 3, 2 attempts)", "&lt;b&gt;no", "blocked"] {
        assert!(page.contains(text), "{text}: {page}");
    }
    let rows: Vec<&str> = page.split("<th scope=\"row\">").skip(1).filter_map(|row| row.split('<').next()).collect();
    assert_eq!(rows.last(), Some(&"web"), "what was not built stands last: {rows:?}");
    assert_eq!(page.matches("class=\"bad\" style").count(), 3, "two attempts, and the legend: {page}");
}

#[test]
#[ignore = "needs chromium and REBAKE_BROWSER, where `npm ci` installed tests/browser: .ci/run has both"]
fn people_use_them_in_a_browser() {
    let directory = tempfile::tempdir().unwrap();
    for count in [0, 5, 60, 1000] {
        let page = page(&services(count));
        assert!(page.len() <= 1_500_000, "{}", page.len());
        fs::write(directory.path().join(format!("graph-{count}.html")), page).unwrap();
    }
    run(directory.path());
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/browser/pages.mjs");
    let output = Command::new("node").arg(script).arg(directory.path()).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
}

#[test]
fn a_plan_is_shown_in_the_page_alone() {
    services(3).rebake(["graph", "--plan", "plan.json"]).failure(2).stderr(str![[r#"
error[plan]: `--plan` is about the page of `--format html`, and this format shows no plan
 |
 = help: add `--format html`

"#]]);
}
