//! Whether a run is one of CI, against the npm package ci-info.
//!
//! `cargo test` compares with answers that are stored in `tests/data/ci-info.jsonl`. The test that asks the package is
//! ignored there; it runs with `REBAKE_ORACLE` naming a folder where `npm ci` ran for `tests/oracle`, and with
//! `REBAKE_BLESS=1` stores the answers.

use std::collections::BTreeMap;
use std::process::Command;

use rebake::inputs::trigger::{CiSign, Trigger, TriggerError};
use serde::Deserialize;

const STORED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/ci-info.jsonl");

/// What ci-info says of a run.
#[derive(Deserialize)]
struct Answer {
    env: BTreeMap<String, String>,
    vendor: Option<String>,
}

fn hold(answers: &str) {
    let answers: Vec<Answer> = answers.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(answers.len() > 100, "{} answers", answers.len());
    for Answer { env, vendor } in &answers {
        let said = match Trigger::read(|name| env.get(name).cloned(), None) {
            Ok(trigger) => trigger,
            // An engine that is known by name, without its other variables.
            Err(TriggerError::Missing { .. }) if vendor.is_some() => continue,
            Err(error) => panic!("{env:?}: {error}"),
        };
        match (said.ci, vendor) {
            (Some(CiSign::Vendor(ours)), Some(theirs)) => assert_eq!(ours, theirs, "{env:?}"),
            (Some(CiSign::Variable(_)), Some(_)) if said.engine.is_some() => {}
            // These two are looked for by us alone.
            (None | Some(CiSign::Variable("JENKINS_URL" | "CI")), None) => {}
            (ours, theirs) => panic!("{env:?}: {ours:?}, and ci-info says {theirs:?}"),
        }
    }
}

#[test]
fn the_vendors_are_those_of_ci_info() {
    hold(&std::fs::read_to_string(STORED).unwrap());
}

#[test]
#[ignore = "needs node and ci-info"]
#[expect(clippy::disallowed_methods, reason = "tests are steered by variables of their own")]
fn ci_info_says_so_itself() {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/oracle/ci_info.mjs");
    let ended = Command::new("node").arg(script).output().expect("node runs");
    assert!(ended.status.success(), "{}", String::from_utf8_lossy(&ended.stderr));
    let answers = String::from_utf8(ended.stdout).unwrap();
    hold(&answers);
    if std::env::var("REBAKE_BLESS").is_ok() {
        std::fs::write(STORED, &answers).unwrap();
    }
    assert_eq!(answers, std::fs::read_to_string(STORED).unwrap(), "ci-info says something else now");
}

#[test]
fn ci_says_yes_and_no() {
    let sign = |value: &str| Trigger::read(|name| (name == "CI").then(|| value.to_owned()), None).unwrap().ci;
    for yes in ["true", "1", "yes", "True", "woodpecker", "anything"] {
        assert!(sign(yes).is_some(), "{yes}");
    }
    for no in ["", "0", "false", "False", "FALSE", "no", "No"] {
        assert_eq!(sign(no), None, "{no}");
    }
}
