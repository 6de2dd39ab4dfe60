use std::fs;
use std::time::Duration;

use rebake::output::exec::Outcome;

use super::session::{Scenario, Script};

fn outcomes(report: &rebake::output::exec::Report) -> Vec<(&str, Outcome)> {
    report.services.iter().map(|service| (service.service.as_str(), service.outcome)).collect()
}

#[test]
fn builds_run_in_order_and_a_failure_blocks_what_needs_it() {
    let digest = format!("sha256:{}", "0a".repeat(32));
    let scenario = Scenario::new(
        2,
        vec![
            Script::new("lib", &format!("echo lib >>order; echo digest={digest} >$REBAKE_OUTPUT")),
            Script::new("old", "").needs(&["lib"]),
            Script::new("api", "echo api >>order; test -s order; exit 7").needs(&["lib", "old"]),
            Script::new("web", "echo web >>order").needs(&["api"]),
            Script::new("docs", "echo docs >>order").needs(&["lib", "not-in-this-run"]),
        ],
    );
    let mut scenario = scenario;
    scenario.builds[1].exists = true;
    let (report, session) = scenario.finish();
    let expected = [
        ("lib", Outcome::Succeeded),
        ("old", Outcome::Exists),
        ("api", Outcome::Failed),
        ("web", Outcome::Blocked),
        ("docs", Outcome::Succeeded),
    ];
    assert_eq!(outcomes(&report), expected);
    let [lib, old, api, web, _] = &report.services[..] else { panic!("{report:?}") };
    assert_eq!((lib.exit, lib.attempts, lib.digest.as_deref()), (Some(0), 1, Some(digest.as_str())));
    assert_eq!((old.exit, old.attempts, old.digest.as_deref()), (None, 0, Some("sha256:there")));
    assert_eq!((api.exit, api.attempts, api.digest.as_deref()), (Some(7), 1, None));
    assert_eq!((web.attempts, web.log.as_deref(), web.blocked_by.as_deref()), (0, None, Some("api")));
    assert_eq!(report.services[4].tags, ["docs:1"]);
    let order = fs::read_to_string(session.path("order")).unwrap();
    assert!(order.starts_with("lib\n") && !order.contains("web") && order.contains("docs"), "{order}");
}

#[test]
fn a_failed_build_is_tried_again() {
    let mut flaky = Script::new("flaky", "echo try >>tries; test $(wc -l <tries) = 3");
    flaky.retries = 2;
    let mut hopeless = Script::new("hopeless", "echo no; exit 1");
    hopeless.retries = 1;
    let (report, session) = Scenario::new(2, vec![flaky, hopeless]).finish();
    assert_eq!(outcomes(&report), [("flaky", Outcome::Succeeded), ("hopeless", Outcome::Failed)]);
    assert_eq!((report.services[0].attempts, report.services[1].attempts), (3, 2));
    assert_eq!(fs::read_to_string(session.path("logs/hopeless/attempt-1.log")).unwrap(), "no\n");
    assert_eq!(report.services[1].log.as_deref(), Some(&*session.path("logs/hopeless/attempt-2.log")));
    let events = session.events();
    let named = |name: &str| events.iter().filter(|event| event["event"] == name).count();
    assert_eq!((named("started"), named("retrying"), named("finished"), named("ended")), (5, 3, 2, 1));
}

#[test]
fn nobody_waits_for_what_a_build_puts_in_the_place_of_files() {
    let output = Script::new("output", "mkfifo $REBAKE_OUTPUT");
    let log = Script::new("log", "rm logs/log/attempt-1.log; mkfifo logs/log/attempt-1.log; exit 1");
    let mut next = Script::new("next", "mkfifo logs/next/attempt-2.log; exit 1");
    next.retries = 1;
    let (report, _session) = Scenario::new(1, vec![output, log, next]).finish();
    let expected = [("output", Outcome::Succeeded), ("log", Outcome::Failed), ("next", Outcome::Failed)];
    assert_eq!(outcomes(&report), expected);
    let message = report.services[0].message.as_deref();
    assert!(message.is_some_and(|message| message.ends_with("/output: this is not a regular file")), "{message:?}");
    let message = report.services[2].message.as_deref();
    assert!(message.is_some_and(|message| message.contains("attempt-2.log could not be written")), "{message:?}");
}

#[test]
fn a_push_without_a_digest_has_failed() {
    let digest = format!("sha256:{}", "0a".repeat(32));
    let pushes = |name: &str, text: &str| Script { pushes: true, ..Script::new(name, text) };
    let good = pushes("good", &format!("printf {digest} >logs/good/digest"));
    let silent = pushes("silent", "true");
    // What the first attempt left does not count for the second.
    let once = format!("test -e tried || {{ touch tried; printf {digest} >logs/once/digest; exit 1; }}");
    let once = Script { retries: 1, ..pushes("once", &once) };
    let odd = pushes("odd", "echo 'Error: no such image' >logs/odd/digest");
    let (report, _) = Scenario::new(1, vec![good, silent, once, odd]).finish();
    let expected = [
        ("good", Outcome::Succeeded),
        ("silent", Outcome::Failed),
        ("once", Outcome::Failed),
        ("odd", Outcome::Failed),
    ];
    assert_eq!(outcomes(&report), expected);
    assert_eq!(report.services[0].digest, Some(digest));
    for failed in &report.services[1..] {
        assert!(failed.message.as_ref().unwrap().contains("not the digest that it pushed"), "{failed:?}");
        assert_eq!((failed.exit, failed.digest.as_ref()), (Some(0), None));
    }
}

#[test]
fn a_build_that_takes_too_long_is_stopped_and_then_killed() {
    let note = "echo $$ >pids/$REBAKE_NAME; ";
    let script = |name: &str, text: &str| {
        let text = format!("REBAKE_NAME={name}; {note} {text}");
        Script { timeout: Some(Duration::from_millis(200)), ..Script::new(name, &text) }
    };
    let obeys = script("obeys", "trap 'echo bye; exit 0' TERM; while :; do sleep 0.01; done");
    let ignores = script("ignores", "trap '' TERM; while :; do sleep 0.01; done");
    let (report, session) = Scenario::new(2, vec![obeys, ignores]).finish();
    assert_eq!(outcomes(&report), [("obeys", Outcome::TimedOut), ("ignores", Outcome::TimedOut)]);
    assert_eq!((report.services[0].exit, report.services[1].signal), (Some(0), Some(9)));
    let log = fs::read_to_string(session.path("logs/obeys/attempt-1.log")).unwrap();
    assert!(log.ends_with("bye\n"), "{log}");
    for pid in session.pids(2) {
        assert_eq!(super::session::state(&pid), None);
    }
}

#[test]
fn steps_follow_each_other_until_one_fails() {
    let mut build = Script::new("steps", "echo one");
    build.then = ["echo two; exit 3", "echo three"].map(str::to_owned).to_vec();
    let (report, session) = Scenario::new(1, vec![build]).finish();
    assert_eq!((report.services[0].exit, report.services[0].attempts), (Some(3), 1));
    assert_eq!(fs::read_to_string(session.path("logs/steps/attempt-1.log")).unwrap(), "one\ntwo\n");
}

#[test]
fn a_long_build_is_called_slow_and_the_run_shows_that_it_lives() {
    // Each ends when it has been spoken of.
    let until = |word: &str| format!("while ! grep -q '\"event\":\"{word}\"' events.jsonl; do sleep 0.01; done");
    let mut scenario =
        Scenario::new(1, vec![Script::new("slow", &until("slow")), Script::new("alive", &until("alive"))]);
    scenario.often = Some(Duration::from_millis(30));
    let (report, session) = scenario.finish();
    assert!(report.is_success());
    let events = session.events();
    let alive = events.iter().find(|event| event["event"] == "alive").unwrap();
    assert_eq!(alive["running"].as_array().unwrap().len(), 1, "{alive}");
    assert!(events.iter().any(|event| event["event"] == "slow" && event["service"] == "slow"));
}

#[test]
fn a_program_that_is_not_there_fails_alone() {
    let broken = Script::new("broken", "exec /no/such/program");
    let (report, _) = Scenario::new(1, vec![broken, Script::new("fine", "true")]).finish();
    assert_eq!(outcomes(&report), [("broken", Outcome::Failed), ("fine", Outcome::Succeeded)]);
}

#[test]
fn builds_do_not_wait_for_whoever_reads_the_events() {
    let mut scenario = Scenario::new(1, vec![Script::new("loud", "seq 200000"), Script::new("last", "touch done")]);
    scenario.deaf_until = Some("done".to_owned());
    let (report, session) = scenario.finish();
    assert!(report.is_success());
    let length = fs::metadata(session.path("logs/loud/attempt-1.log")).unwrap().len();
    let events = session.events();
    let outputs: Vec<&serde_json::Value> = events.iter().filter(|event| event["event"] == "output").collect();
    assert!(outputs.len() < 5, "what is not taken does not heap up: {}", outputs.len());
    assert_eq!(outputs.last().unwrap()["length"], length);
}

#[test]
fn a_gigabyte_of_output_costs_no_memory() {
    let (report, session) = Scenario::new(1, vec![Script::new("loud", "yes | head -c 1073741824")]).finish();
    assert!(report.is_success());
    assert_eq!(fs::metadata(session.path("logs/loud/attempt-1.log")).unwrap().len(), 1 << 30);
    let memory: u64 = fs::read_to_string(session.path("memory")).unwrap().parse().unwrap();
    assert!(memory < 50 * 1024, "{memory} kB");
}

#[test]
fn the_jobs_are_shared_with_make() {
    // Each target notes how many targets run beside it.
    let makefile = "all: a b c d e f\na b c d e f:\n\t@mkdir run/$$PPID-$@; ls run | wc -l >>seen; sleep 0.05; rmdir run/$$PPID-$@\n";
    let text = "mkdir -p run; printf '%s' \"$MAKEFILE\" >$$.mk; make -f $$.mk";
    let script = |name: &str| Script::new(name, &format!("MAKEFILE='{makefile}'; {text}"));
    let (report, session) = Scenario::new(3, vec![script("one"), script("two")]).finish();
    assert!(report.is_success(), "{report:?}");
    let seen = fs::read_to_string(session.path("seen")).unwrap();
    let most = seen.lines().map(|line| line.trim().parse::<usize>().unwrap()).max().unwrap();
    assert_eq!((seen.lines().count(), most), (12, 3), "{seen}");
}
