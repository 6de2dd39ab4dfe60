//! The characters that nobody sees: by the original, node's tables of Unicode; and that no text for people has them.

use std::process::Command;

use proptest::prelude::*;
use rebake::model::name::Escaped;
use rebake::output::emit::{self, Palette, Room};
use rebake::output::exec::Report;
use rebake::output::exec::report::{images, junit, markdown};
use rebake::plan::why::{
    Exclusion, Miss, PatternPlace, Reach, Reached, ServiceExplanation, Spared, TakenBack, WhyReport,
};
use rebake::plan::{GitDescription, Plan, VersionOf, Versions};
use serde_json::{Value, json};

use crate::repo::Repo;

/// Prints each character that Unicode calls invisible, and those whose names say that they are blank, one a line, in
/// hexadecimal.
const SCRIPT: &str = r"
const invisible =
  /(?! )[\p{Cc}\p{Default_Ignorable_Code_Point}\p{Cf}\p{Z}\u{2800}\u{13441}\u{13442}\u{16fe4}\u{1d159}]/u;
for (let point = 0; point <= 0x10ffff; point++)
  if ((point < 0xd800 || point > 0xdfff) && invisible.test(String.fromCodePoint(point))) console.log(point.toString(16));
";

#[test]
#[ignore = "needs node"]
fn what_nobody_sees_is_escaped_and_nothing_else() {
    let output = Command::new("node").args(["-e", SCRIPT]).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let theirs: Vec<String> = String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect();
    let escaped = |c: &char| Escaped::new(&c.to_string()).to_string() != c.to_string();
    let ours: Vec<String> = ('\0'..=char::MAX).filter(escaped).map(|c| format!("{:x}", u32::from(c))).collect();
    assert_eq!(ours, theirs);
    assert!(theirs.len() > 4000, "{}", theirs.len());
}

/// What a name may have that is none of its letters: controls, escape codes, marks that turn the reading direction, what
/// has no width, commands of engines.
const HOSTILE: [&str; 19] = [
    "\u{2800}",
    "\u{a0}",
    "\u{1d159}",
    "\u{202e}",
    "\u{2066}",
    "\u{200b}",
    "\u{feff}",
    "\u{e0041}",
    "\u{3164}",
    "\u{2028}",
    "\u{ad}",
    "\u{1b}[31m",
    "\u{7}",
    "\r",
    "\n::error::x\n",
    "##[group]",
    "##vso[x]",
    "\u{9b}",
    "a",
];

/// Checks a text for people: its lines are ours, and all that it has is seen.
#[track_caller]
fn is_seen(what: &str, text: &str) {
    for line in text.lines() {
        assert!(!line.trim_start().starts_with("::error::x"), "{what}: {text:?}");
        assert!(!line.contains("##[") && !line.contains("##vso["), "{what}: {text:?}");
    }
    for c in text.chars().filter(|c| *c != '\n') {
        assert_eq!(Escaped::new(&c.to_string()).to_string(), c.to_string(), "{what}: {text:?}");
    }
}

/// Puts hostile texts in the place of all texts of a plan, but for the words of a fixed list.
fn spoil(value: &mut Value, next: &mut dyn FnMut() -> String) {
    match value {
        Value::String(text) => *text = next(),
        Value::Array(list) => list.iter_mut().for_each(|value| spoil(value, next)),
        Value::Object(map) => {
            map.iter_mut()
                .filter(|(key, _)| !["kind", "reason", "outcome", "record"].contains(&key.as_str()))
                .for_each(|(_, value)| spoil(value, next));
        }
        _ => {}
    }
}

/// A plan with everything in it that a plan can have.
fn plan() -> Value {
    let kinds = [
        "file",
        "global",
        "dependency",
        "dependency-removed",
        "definition",
        "new-service",
        "forced",
        "needed",
        "no-record",
        "unrecorded",
        "base-unreachable",
        "degraded",
        "unmatched",
    ];
    let reasons = ["never-released", "unknown-range", "config-at-base", "work-tree", "pattern"];
    let cause = |kind: &str, reason: &str| {
        json!({
            "kind": kind, "reason": reason, "path": "x", "status": "x", "pattern": "x", "at": "x", "via": "x",
            "chain": ["x", "x"], "keys": ["x", "x"],
        })
    };
    // A table shows three causes of a service.
    let causes = kinds.iter().flat_map(|kind| reasons.map(|reason| json!([cause(kind, reason)])));
    let service = |causes: Value| {
        json!({
            "service": "x", "path": "x", "causes": causes, "base": {"commit": "x", "source": "x"}, "needs": ["x"],
            "level": 0, "version": "x", "described": {"tag": "x", "distance": 1, "commit": "x"}, "fingerprint": "x",
            "image": "x", "tags": ["x"], "labels": {}, "platforms": ["x"], "push": true, "matrix": {},
        })
    };
    json!({
        "schema": 1, "rebake": "x", "trigger": {"kind": "push", "ref": "x"}, "environment": "x",
        "range": {"base": "x", "head": "x", "source": "x", "worktree": false},
        "degraded": [{"kind": "work-tree", "message": "x", "help": "x"}],
        "services": causes.map(service).collect::<Vec<_>>(),
        "unaffected": ["x"], "removed": ["x"], "unmatched": ["x"], "filters": {}, "any": true,
    })
}

/// A report with everything in it that a report can have.
fn report() -> Value {
    let attempt = json!({"outcome": "failed", "exit": 1, "seconds": 1.0, "log": "x", "message": "x"});
    let service = |outcome: &str| {
        json!({
            "service": "x", "outcome": outcome, "attempts": 2, "exit": 1, "seconds": 1.0, "earlier": [attempt], "log": "x",
            "fingerprint": "x", "version": "x", "image": "x", "tags": ["x"], "push": true, "digest": "x",
            "blocked_by": "x", "leaky": true, "message": "x", "record": "recorded",
        })
    };
    let services = ["succeeded", "failed", "timed-out", "blocked", "exists"].map(service);
    json!({
        "schema": 1, "rebake": "x", "commit": "x", "environment": "x", "started": "x", "seconds": 1.0, "jobs": 1,
        "services": services,
    })
}

/// Checks a JSON text: all that it has is seen, and it is what it was made from.
#[track_caller]
fn is_seen_and_exact(what: &str, text: &str, value: impl serde::Serialize) {
    is_seen(what, text);
    let read: Value = serde_json::from_str(text).unwrap();
    assert_eq!(read, serde_json::to_value(value).unwrap(), "{what}");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_text_for_people_has_what_nobody_sees(
        names in prop::collection::vec(prop::collection::vec(prop::sample::select(&HOSTILE[..]), 1..5), 1..40)
    ) {
        let mut names = names.iter().map(|parts| parts.concat()).cycle();
        let mut next = || names.next().unwrap();
        let mut plan = plan();
        spoil(&mut plan, &mut next);
        let plan: Plan = serde_json::from_value(plan).unwrap();
        is_seen_and_exact("plan", &plan.to_json(), &plan);
        is_seen("table", &emit::table(&plan, Palette::Plain, Room::Unlimited));
        is_seen("markdown", &emit::markdown(&plan));
        is_seen("heading", &emit::heading(&plan));
        is_seen("mermaid", &emit::mermaid(&plan).unwrap_or_default());

        let mut place = || PatternPlace { pattern: next(), at: next() };
        let mut taken = |how| TakenBack { by: place(), back: place(), how };
        let (negated, excluded) = (taken(Exclusion::Negated), taken(Exclusion::Exclude));
        let misses = vec![
            Miss::TakenBack { path: next(), taken: negated.clone() },
            Miss::TakenBack { path: next(), taken: excluded },
            Miss::Status { path: next(), by: negated.by.clone() },
            Miss::Unmet { path: next(), by: negated.by.clone(), unmet: negated.back.clone() },
            Miss::Near { path: next(), by: negated.by.clone(), shared: next() },
        ];
        let mut services: Vec<ServiceExplanation> =
            plan.services.iter().filter_map(|service| ServiceExplanation::of_plan(&plan, &service.service)).collect();
        let missed = ServiceExplanation { affected: false, causes: Vec::new(), roots: Vec::new(), misses, ..services[0].clone() };
        services.push(missed);
        is_seen("why", &emit::why(&WhyReport { range: plan.range.clone(), services }, Palette::Plain));

        let causes = plan.services.iter().flat_map(|service| service.causes.clone()).collect();
        let reached = Reached { service: next(), when: vec!["added"], causes };
        let spared = Spared { service: next(), taken: negated.clone() };
        let unowned = Some(negated.by);
        for services in [vec![reached], Vec::new()] {
            let reach = Reach { path: next(), services, taken_back: vec![spared.clone()], unowned: unowned.clone() };
            is_seen("why --file", &emit::reach(&reach, Palette::Plain));
        }

        let described = json!({"tag": next(), "distance": 1, "commit": next()});
            let described: GitDescription = serde_json::from_value(described).unwrap();
        let version = VersionOf { service: next(), version: Some(next()), unnamed: Some(next()), image: Some(next()), described };
        let versions = Versions { services: vec![version] };
        is_seen("version", &emit::versions_table(&versions, Palette::Plain));
        is_seen_and_exact("versions", &versions.to_json(), &versions);

        let mut report = report();
        spoil(&mut report, &mut next);
        let report: Report = serde_json::from_value(report).unwrap();
        let log = |_: &_| Some(HOSTILE.concat());
        is_seen_and_exact("report", &report.to_json(), &report);
        is_seen("images", &images(&report));
        is_seen("summary of builds", &markdown(&report, |_| None));
        is_seen("junit", &junit(&report, log));
    }
}

#[test]
fn nothing_that_is_said_of_a_repository_has_what_nobody_sees() {
    let repo = Repo::new();
    let (path, name) = ("a/\u{202e}x\u{1b}[31m\n::error::x\n##[group]\u{200b}", "b\u{2066}\u{7}\u{feff}");
    repo.write("filters.yaml", format!("{}: ['a/**', 'gone\u{202e}/*']\nb: [nowhere/\u{2066}]\n", json!(name)));
    repo.write("x", "").commit("first");
    repo.git(["tag", "\u{202e}api@1.0\u{200b}"]);
    repo.git(["tag", "b\u{2066}@1.0.0\u{feff}"]);
    repo.write(path, "").write("un\u{202e}matched\u{1b}", "").commit("second\u{202e}\u{1b}[31m");
    let runs: [&[&str]; 18] = [
        &["plan", "--base", "HEAD~1"],
        &["plan", "--base", "HEAD~1", "--format", "markdown"],
        &["plan", "--base", "HEAD~1", "--unmatched", "error"],
        &["plan", "--base", "gone\u{202e}\u{1b}[31m"],
        &["plan", "--base", "HEAD~1", "--only", "un\u{200b}known\n::error::x"],
        &["why", "b"],
        &["why", "--file", path],
        &["version"],
        &["fingerprint", "--explain"],
        &["plan", "--base", "HEAD~1", "--format", "json"],
        &["plan", "--base", "HEAD~1", "--format", "matrix"],
        &["plan", "--base", "HEAD~1", "--format", "gitlab"],
        &["plan", "--base", "HEAD~1", "--format", "buildkite"],
        &["plan", "--base", "HEAD~1", "--format", "argo"],
        &["why", "b", "--format", "json"],
        &["version", "--format", "json"],
        &["fingerprint", "--explain", "--format", "json"],
        &["glob", "--explain", "a\u{2800}{b,\u{202e}}", "a\u{2800}b"],
    ];
    for args in runs {
        let text = repo.rebake(args).said();
        is_seen(&args.join(" "), &text);
        assert!(!text.contains("bad-pattern"), "{text}");
    }
    // As annotations.
    let run = repo.rebake(["plan", "--ci", "--base", "HEAD~1"]).env("GITHUB_ACTIONS", "true");
    let text = run.env("GITHUB_EVENT_NAME", "push").env("GITHUB_OUTPUT", repo.dir().join(".git/output")).said();
    assert!(text.contains("\n::warning ") || text.contains("\n::error "), "{text}");
    is_seen("plan --ci", &text);
    // A source line.
    repo.write("filters.yaml", format!("{}: ['a/{{\u{200b}']\n", json!(name)));
    let text = repo.rebake(["plan"]).said();
    assert!(text.contains("bad-pattern"), "{text}");
    is_seen("a source line", &text);
}
