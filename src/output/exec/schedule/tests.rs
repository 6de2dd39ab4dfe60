use std::collections::BTreeMap;
use std::time::Duration;

use proptest::prelude::*;

use super::*;

fn task(needs: &[usize], seconds: u64) -> Task {
    let needs = needs.iter().map(|need| BuildId(*need)).collect();
    Task { needs, expected: Duration::from_secs(seconds), ..Task::default() }
}

fn schedule(tasks: Vec<Task>, jobs: u32, on_failure: OnFailure) -> Schedule {
    let mut all = Tasks::default();
    for task in tasks {
        let _ = all.add(task);
    }
    Schedule::new(all, jobs, on_failure)
}

fn outcomes(schedule: &Schedule) -> Vec<Outcome> {
    (0..schedule.states.len()).map(|at| schedule.outcome(BuildId(at)).unwrap()).collect()
}

const ERROR: Ending = Ending::Failed(Failure::Error);

#[test]
fn the_critical_path_goes_first_and_ties_keep_the_order_of_the_plan() {
    // 0 (1 s) and 1 (1 s) are equal; 2 leads to 3: 2 s + 5 s.
    let mut schedule = schedule(vec![task(&[], 1), task(&[], 1), task(&[], 2), task(&[2], 5)], 1, OnFailure::Finish);
    let mut order = Vec::new();
    while let Some(running) = schedule.start() {
        order.push(running.build().index());
        schedule.end(running, Ending::Succeeded);
    }
    assert_eq!(order, [2, 3, 0, 1]);
}

#[test]
fn a_failure_blocks_what_needs_it_however_far_and_nothing_else() {
    let tasks = vec![task(&[], 1), task(&[0], 1), task(&[1], 1), task(&[], 1)];
    let mut schedule = schedule(tasks, 2, OnFailure::Finish);
    let (a, d) = (schedule.start().unwrap(), schedule.start().unwrap());
    schedule.end(a, Ending::Failed(Failure::Timeout));
    schedule.end(d, Ending::Exists);
    assert!(schedule.is_over());
    assert_eq!(outcomes(&schedule), [Outcome::TimedOut, Outcome::Blocked, Outcome::Blocked, Outcome::Exists]);
    assert_eq!(schedule.blocker(BuildId(2)), Some(BuildId(0)));
}

#[test]
fn stop_lets_the_running_finish_and_starts_nothing() {
    let mut schedule = schedule(vec![task(&[], 3), task(&[], 2), task(&[], 1), task(&[1], 1)], 2, OnFailure::Stop);
    let (a, b) = (schedule.start().unwrap(), schedule.start().unwrap());
    schedule.end(a, ERROR);
    assert_eq!(schedule.next(), None);
    assert!(!schedule.is_over());
    schedule.end(b, Ending::Succeeded);
    assert!(schedule.is_over());
    let expected = [Outcome::Failed, Outcome::Succeeded, Outcome::NotStarted, Outcome::NotStarted];
    assert_eq!(outcomes(&schedule), expected);
}

#[test]
fn a_heavy_build_keeps_its_turn_and_runs_alone() {
    let heavy = Task { weight: 99, ..task(&[], 9) };
    let mut schedule = schedule(vec![task(&[], 10), heavy, task(&[], 1)], 4, OnFailure::Finish);
    let first = schedule.start().unwrap();
    assert!(schedule.start().is_none(), "the light one may not pass it");
    schedule.end(first, Ending::Succeeded);
    let heavy = schedule.start().unwrap();
    assert_eq!(heavy.build(), BuildId(1));
    assert!(schedule.start().is_none(), "it takes all jobs");
    schedule.end(heavy, Ending::Succeeded);
    assert_eq!(schedule.start().unwrap().build(), BuildId(2));
}

#[test]
fn a_lock_is_held_by_one_and_others_pass() {
    let locked = |seconds| Task { locks: vec!["database".to_owned()], ..task(&[], seconds) };
    let mut schedule = schedule(vec![locked(3), locked(2), task(&[], 1)], 3, OnFailure::Finish);
    let (a, c) = (schedule.start().unwrap(), schedule.start().unwrap());
    assert_eq!((a.build(), c.build()), (BuildId(0), BuildId(2)));
    assert!(schedule.start().is_none());
    schedule.end(a, Ending::Succeeded);
    assert_eq!(schedule.start().unwrap().build(), BuildId(1));
}

#[test]
fn a_build_that_waits_for_its_next_attempt_takes_no_job() {
    let mut schedule = schedule(vec![task(&[], 2), task(&[], 1)], 1, OnFailure::Finish);
    let first = schedule.start().unwrap();
    schedule.retry(first, Failure::Error);
    let second = schedule.start().unwrap();
    assert_eq!(second.build(), BuildId(1));
    schedule.end(second, Ending::Succeeded);
    assert!(!schedule.is_over() && schedule.next().is_none());
    schedule.wake(BuildId(0));
    let again = schedule.start().unwrap();
    assert_eq!(again.build(), BuildId(0));
    schedule.retry(again, Failure::Timeout);
    schedule.stop();
    assert!(schedule.is_over());
    assert_eq!(outcomes(&schedule), [Outcome::TimedOut, Outcome::Succeeded]);
}

/// A run: tasks that only need earlier ones, the jobs, and a stream of decisions.
#[derive(Debug, Clone)]
struct Case {
    tasks: Vec<Task>,
    jobs: u32,
    on_failure: OnFailure,
    decisions: Vec<u8>,
}

fn cases() -> impl Strategy<Value = Case> {
    let task = (prop::collection::vec(any::<prop::sample::Index>(), 0..4), 0u32..6, 0u8..6, 0u64..5);
    let on_failure = prop_oneof![Just(OnFailure::Finish), Just(OnFailure::Stop), Just(OnFailure::Kill)];
    (prop::collection::vec(task, 1..30), 1u32..6, on_failure, prop::collection::vec(any::<u8>(), 1..200)).prop_map(
        |(raw, jobs, on_failure, decisions)| {
            let tasks = raw.into_iter().enumerate().map(|(at, (needs, weight, lock, seconds))| Task {
                needs: if at == 0 { Vec::new() } else { needs.iter().map(|need| BuildId(need.index(at))).collect() },
                weight,
                locks: if lock < 2 { vec![format!("lock-{lock}")] } else { Vec::new() },
                expected: Duration::from_secs(seconds),
            });
            Case { tasks: tasks.collect(), jobs, on_failure, decisions }
        },
    )
}

/// Returns the duration of the longest chain that begins with a task, by the definition.
fn path(tasks: &[Task], at: usize) -> Duration {
    let dependents = (0..tasks.len()).filter(|other| tasks[*other].needs.contains(&BuildId(at)));
    tasks[at].expected + dependents.map(|dependent| path(tasks, dependent)).max().unwrap_or_default()
}

/// Plays a run to its end, checks each step against the rules of the documentation, and returns what happened.
fn play(case: &Case) -> (Vec<usize>, Vec<Outcome>) {
    let mut schedule = schedule(case.tasks.clone(), case.jobs, case.on_failure);
    let weight = |at: usize| case.tasks[at].weight.clamp(1, case.jobs);
    let mut decisions = case.decisions.iter().copied().cycle();
    let (mut running, mut resting, mut started) = (BTreeMap::new(), Vec::new(), Vec::new());
    let (mut endings, mut stopped) = (BTreeMap::<usize, Ending>::new(), false);
    let mut retries = 2 * case.tasks.len();
    loop {
        while let Some(token) = schedule.start() {
            let at = token.build().index();
            assert!(!stopped, "nothing starts after a stop");
            let met = |need: &BuildId| matches!(endings.get(&need.0), Some(Ending::Succeeded | Ending::Exists));
            assert!(case.tasks[at].needs.iter().all(met), "started before what it needs");
            for lock in &case.tasks[at].locks {
                assert!(running.keys().all(|other: &usize| !case.tasks[*other].locks.contains(lock)), "lock");
            }
            let free = |other: &usize| {
                let held = |lock| running.keys().any(|busy: &usize| case.tasks[*busy].locks.contains(lock));
                let idle = !running.contains_key(other) && !endings.contains_key(other) && !resting.contains(other);
                idle && case.tasks[*other].needs.iter().all(met) && !case.tasks[*other].locks.iter().any(held)
            };
            let first = (0..case.tasks.len()).filter(free).min_by_key(|at| (Reverse(path(&case.tasks, *at)), *at));
            assert_eq!(first, Some(at), "not the head of the critical path");
            running.insert(at, token);
            let load: u32 = running.keys().map(|at| weight(*at)).sum();
            assert!(load <= case.jobs, "{load} of {} jobs", case.jobs);
            started.push(at);
        }
        let decision = decisions.next().unwrap();
        if decision == 255 {
            schedule.stop();
            stopped = true;
            endings.extend(resting.drain(..).map(|at| (at, ERROR)));
        }
        if decision.is_multiple_of(3)
            && let Some(at) = resting.pop()
        {
            schedule.wake(BuildId(at));
        }
        let Some((at, token)) = running.pop_first() else {
            match resting.pop() {
                Some(at) => schedule.wake(BuildId(at)),
                None if schedule.next().is_none() => break,
                None => {}
            }
            continue;
        };
        let ending = match decision % 8 {
            0 => ERROR,
            1 => Ending::Failed(Failure::Timeout),
            2 => Ending::Cancelled,
            3 => Ending::Exists,
            4 if retries > 0 && !stopped => {
                retries -= 1;
                schedule.retry(token, Failure::Error);
                resting.push(at);
                continue;
            }
            _ => Ending::Succeeded,
        };
        endings.insert(at, ending);
        schedule.end(token, ending);
        stopped |= matches!(ending, Ending::Failed(_)) && case.on_failure != OnFailure::Finish;
        if stopped {
            endings.extend(resting.drain(..).map(|at| (at, ERROR)));
        }
    }
    assert!(schedule.is_over());
    let outcomes = outcomes(&schedule);
    for (at, outcome) in outcomes.iter().enumerate() {
        let blocker = schedule.blocker(BuildId(at));
        match endings.get(&at) {
            Some(ending) => assert_eq!(*outcome, Outcome::from(*ending)),
            None => assert!(matches!(outcome, Outcome::Blocked | Outcome::NotStarted), "{outcome:?}"),
        }
        assert_eq!(blocker.is_some(), *outcome == Outcome::Blocked);
        if let Some(by) = blocker {
            assert!(outcomes[by.0].is_failure());
        }
        let needs_failure = |need: &BuildId| outcomes[need.0].is_failure() || outcomes[need.0] == Outcome::Blocked;
        let unbuilt = matches!(outcome, Outcome::Blocked | Outcome::NotStarted);
        assert_eq!(*outcome == Outcome::Blocked, unbuilt && case.tasks[at].needs.iter().any(needs_failure));
    }
    (started, outcomes)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, ..ProptestConfig::default() })]

    #[test]
    fn the_rules_hold_whatever_happens(case in cases()) {
        let first = play(&case);
        prop_assert_eq!(first, play(&case), "the same decisions give the same run");
    }
}
