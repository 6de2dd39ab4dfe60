use std::time::{Duration, Instant};

use rebake::output::exec::Outcome;
use rustix::process::Signal;

use super::session::{Scenario, Script, Session, state};

/// Builds of all manners: what they start notes its process id, six in all.
fn manners() -> Vec<Script> {
    let note = |name: &str| format!("echo $$ >pids/{name}; ");
    let forever = "while :; do sleep 0.02; done";
    let detached = |name: &str, with: &str| {
        format!("{with} setsid sh -c 'trap \"\" TERM INT HUP; exec >/dev/null 2>&1; {}{forever}' &", note(name))
    };
    vec![
        Script::new("obeys", &format!("{}{forever}", note("obeys"))),
        Script::new("ignores", &format!("trap '' TERM INT HUP; {}{forever}", note("ignores"))),
        // Its child leaves the group and the session, closes its output and loses its parent.
        Script::new("forks", &format!("{}({} :); {forever}", note("forks"), detached("forked", ""))),
        // The same without the environment that it could be known by.
        Script::new("hides", &format!("{}({} :); {forever}", note("hides"), detached("hidden", "env -i PATH=$PATH"))),
    ]
}

fn start(grace: Duration) -> (Session, Vec<String>) {
    let mut scenario = Scenario::new(8, manners());
    scenario.builds.push(Script::new("last", "true").needs(&["obeys"]));
    scenario.grace = grace;
    let session = scenario.start();
    let pids = session.pids(6);
    assert!(pids.iter().all(|pid| state(pid).is_some()));
    (session, pids)
}

fn left(pids: &[String]) -> Vec<&String> {
    pids.iter().filter(|pid| state(pid).is_some()).collect()
}

#[test]
fn a_signal_ends_all_and_leaves_nothing() {
    for (signal, code) in [(Signal::INT, 130), (Signal::TERM, 143), (Signal::HUP, 129)] {
        let (mut session, pids) = start(Duration::from_millis(300));
        session.signal(signal);
        assert_eq!(session.wait().code(), Some(code));
        assert_eq!(left(&pids), Vec::<&String>::new(), "{signal:?}");
        let outcomes: Vec<Outcome> = session.report().services.iter().map(|service| service.outcome).collect();
        let mut expected = vec![Outcome::Cancelled; 4];
        expected.push(Outcome::NotStarted);
        assert_eq!(outcomes, expected, "{signal:?}");
    }
}

#[test]
fn a_second_signal_kills_at_once() {
    // A grace that nobody waits for.
    let (mut session, pids) = start(Duration::from_secs(100_000));
    session.signal(Signal::INT);
    while !session.events().iter().any(|event| event["event"] == "interrupted") {
        std::thread::sleep(Duration::from_millis(5));
    }
    session.signal(Signal::INT);
    assert_eq!(session.wait().code(), Some(130));
    assert_eq!(left(&pids), Vec::<&String>::new());
    assert_eq!(session.report().services[1].signal, Some(9));
}

#[test]
fn the_watchdog_cleans_up_when_the_run_is_killed() {
    let mut builds = manners();
    // What hides from the watchdog is the one thing that it cannot find: it has left its group as well.
    let _ = builds.pop();
    let bare = "exec env -i PATH=$PATH sh -c 'echo $$ >pids/bare; while :; do sleep 0.02; done'";
    builds.push(Script::new("bare", bare));
    let mut session = Scenario::new(8, builds).start();
    let pids = session.pids(5);
    session.signal(Signal::KILL);
    let _ = session.wait();
    // A machine under load takes its time.
    let began = Instant::now();
    while !left(&pids).is_empty() {
        assert!(began.elapsed() < Duration::from_secs(60), "left a minute after: {:?}", left(&pids));
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn nothing_outlives_a_build_that_succeeds() {
    let detached = "setsid sh -c 'echo $$ >pids/stray; exec sleep 1000' >/dev/null 2>&1 &";
    let wait = "while ! test -s pids/stray; do sleep 0.01; done";
    let leaky = Script::new("leaky", &format!("({detached} :); {wait}"));
    let lingers = Script::new("lingers", "sleep 1000 & echo $! >pids/lingers");
    let next = Script::new("next", "! kill -0 $(cat pids/stray)").needs(&["leaky"]);
    let (report, session) = Scenario::new(1, vec![leaky, lingers, next]).finish();
    assert!(report.is_success(), "{report:?}");
    let leaky: Vec<bool> = report.services.iter().map(|service| service.leaky).collect();
    assert_eq!(leaky, [true, true, false]);
    assert_eq!(left(&session.pids(2)), Vec::<&String>::new());
}

#[test]
fn a_run_whose_output_is_never_taken_can_be_ended() {
    use std::os::unix::process::ExitStatusExt as _;
    let mut scenario = Scenario::new(1, vec![Script::new("one", "touch done")]);
    scenario.deaf_until = Some("never".to_owned());
    let mut session = scenario.start();
    while !session.path("done").exists() {
        std::thread::sleep(Duration::from_millis(5));
    }
    let status = loop {
        if let Some(status) = session.child.try_wait().unwrap() {
            break status;
        }
        session.signal(Signal::INT);
        std::thread::sleep(Duration::from_millis(20));
    };
    assert_eq!(status.signal(), Some(2));
}

#[test]
fn a_signal_after_the_last_build_takes_no_report_away() {
    let mut scenario = Scenario::new(1, vec![Script::new("one", "touch done")]);
    scenario.deaf_until = Some("heard".to_owned());
    let mut session = scenario.start();
    while !session.path("done").exists() {
        std::thread::sleep(Duration::from_millis(5));
    }
    // Time for the run to be over, so that only its output is left. Where it is not, it is told to end.
    std::thread::sleep(Duration::from_millis(300));
    session.signal(Signal::INT);
    std::thread::sleep(Duration::from_millis(50));
    std::fs::write(session.path("heard"), "").unwrap();
    assert!(session.wait().code().is_some());
    assert_eq!(session.report().services.len(), 1);
}

#[test]
fn a_failure_may_end_all() {
    let mut builds = manners();
    builds.push(Script::new("fails", "while test $(ls pids | wc -l) != 6; do sleep 0.01; done; exit 1"));
    let mut scenario = Scenario::new(8, builds);
    scenario.kill = true;
    let (report, session) = scenario.finish();
    let outcomes: Vec<Outcome> = report.services.iter().map(|service| service.outcome).collect();
    let mut expected = vec![Outcome::Cancelled; 4];
    expected.push(Outcome::Failed);
    assert_eq!(outcomes, expected);
    assert_eq!(left(&session.pids(6)), Vec::<&String>::new());
}

#[test]
fn a_run_can_be_suspended_and_its_time_stands_still() {
    // It starts nothing: a shell that is stopped while it does so waits for its child, and is not called stopped.
    let script = "mkfifo go; echo $$ >pids/one; read line <go || :";
    let mut build = Script::new("one", script);
    build.timeout = Some(Duration::from_secs(3));
    let mut session = Scenario::new(1, vec![build]).start();
    let pid = session.pids(1).remove(0);
    session.signal(Signal::TSTP);
    let own = session.child.id().to_string();
    for pid in [&own, &pid] {
        while state(pid) != Some('T') {
            std::thread::sleep(Duration::from_millis(5));
        }
    }
    // Longer than the build may take.
    std::thread::sleep(Duration::from_millis(3500));
    assert_eq!((state(&own), state(&pid)), (Some('T'), Some('T')));
    session.signal(Signal::CONT);
    std::fs::write(session.path("go"), "").unwrap();
    assert_eq!(session.wait().code(), Some(0));
    assert_eq!(session.report().services[0].outcome, Outcome::Succeeded);
}
