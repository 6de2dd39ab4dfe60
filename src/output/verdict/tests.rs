use serde_json::{Value, json};

use super::*;

const NONE: &str = r#"{"include": []}"#;
const SOME: &str = r#"{"include": [{}]}"#;

/// Returns the problems of three jobs: `build`; `late`, which is due by `any_1`; and `deploy`, which may be
/// skipped.
fn says(outputs: &Value, [build, late, deploy]: [&str; 3]) -> Vec<String> {
    says_of(&json!({
        "plan": {"result": "success", "outputs": outputs},
        "build": {"result": build, "outputs": {}},
        "late": {"result": late},
        "deploy": {"result": deploy, "outputs": {}},
    }))
}

fn says_of(needs: &Value) -> Vec<String> {
    let needs: NeededJobs = serde_json::from_value(needs.clone()).unwrap();
    verdict(&needs, &expected()).unwrap().iter().map(ToString::to_string).collect()
}

fn expected() -> Expected {
    Expected {
        plan: "plan".to_owned(),
        outputs: vec!["any".to_owned(), "matrix".to_owned()],
        due: [("late".to_owned(), "any_1".to_owned())].into(),
        optional: vec!["deploy".to_owned()],
    }
}

#[test]
fn builds_that_were_due_must_have_run() {
    let all = json!({"any": "true", "any_1": "true", "matrix": SOME});
    let first = json!({"any": "true", "any_1": "false", "matrix": SOME});
    let none = json!({"any": "false", "any_1": "false", "matrix": NONE});
    assert_eq!(says(&all, ["success"; 3]), [""; 0]);
    assert_eq!(says(&first, ["success", "skipped", "skipped"]), [""; 0]);
    assert_eq!(says(&none, ["skipped"; 3]), [""; 0]);
    assert_eq!(
        says(&all, ["skipped"; 3]),
        [
            "the job `build` was skipped, though the plan's output `any` is `true`",
            "the job `late` was skipped, though the plan's output `any_1` is `true`"
        ]
    );
}

#[test]
fn where_a_filter_is_called_any_rebakes_own_counts() {
    let hidden = |own: &str, filter: &str| json!({"any": filter, "rebake_any": own, "any_1": "false", "matrix": "true", "rebake_matrix": if own == "true" { SOME } else { NONE }, "rebake_x": "1"});
    assert_eq!(says(&hidden("false", "true"), ["skipped"; 3]), [""; 0]);
    assert_eq!(
        says(&hidden("true", "false"), ["skipped"; 3]),
        ["the job `build` was skipped, though the plan's output `any` is `true`"]
    );
}

#[test]
fn a_job_that_did_not_succeed_is_a_problem_whatever_was_due() {
    let none = json!({"any": "false", "any_1": "false", "matrix": NONE});
    assert_eq!(
        says(&none, ["failure", "cancelled", "neutral"]),
        [
            "the job `build` ended with `failure`",
            "the job `deploy` ended with `neutral`",
            "the job `late` ended with `cancelled`"
        ]
    );
}

#[test]
fn a_missing_output_is_a_problem() {
    let masked = json!({"any": "true", "any_1": "true"});
    assert_eq!(says(&masked, ["success"; 3]), ["the output `matrix` of the job `plan` is missing"]);
    let empty = json!({"any": "", "matrix": NONE});
    assert_eq!(
        says(&empty, ["skipped"; 3]),
        ["the output `any` of the job `plan` is missing", "the output `any_1` of the job `plan` is missing"]
    );
    let wrong = json!({"any": "True\n", "any_1": "false", "matrix": NONE});
    assert_eq!(
        says(&wrong, ["skipped"; 3]),
        ["the output `any` of the job `plan` is `True\\n`, which is neither `true` nor `false`"]
    );
}

#[test]
fn without_a_plan_that_alone_is_said() {
    let needs = |plan: &str| {
        json!({"plan": {"result": plan}, "build": {"result": "skipped"}, "late": {"result": "skipped"},
            "deploy": {"result": "skipped"}})
    };
    assert_eq!(says_of(&needs("failure")), ["the job `plan` ended with `failure`"]);
    assert_eq!(says_of(&needs("skipped")), ["the job `plan` was skipped, so it is unknown what must be built"]);
}

#[test]
fn outputs_that_contradict_each_other_are_a_problem() {
    let matrix = |jobs: &[&str]| json!({"include": jobs}).to_string();
    let hidden = json!({"any": "false", "matrix": matrix(&["api"]), "any_1": "false"});
    assert_eq!(
        says(&hidden, ["skipped"; 3]),
        ["the outputs of the job `plan` contradict each other: `any` is `false`, but `matrix` has something"]
    );
    let empty = json!({"any": "true", "matrix": matrix(&[]), "any_1": "true", "matrix_1": matrix(&["web"])});
    assert_eq!(
        says(&empty, ["success"; 3]),
        ["the outputs of the job `plan` contradict each other: `any` is `true`, but `matrix` has nothing"]
    );
    let level = json!({"any": "true", "matrix": matrix(&["api"]), "any_1": "false", "matrix_1": matrix(&["web"])});
    assert_eq!(
        says(&level, ["success"; 3]),
        ["the outputs of the job `plan` contradict each other: `any_1` is `false`, but `matrix_1` has something"]
    );
    let counted = json!({"any": "false", "matrix": NONE, "any_1": "false", "count": "1", "services": "[]"});
    assert_eq!(
        says(&counted, ["success"; 3]),
        ["the outputs of the job `plan` contradict each other: `any` is `false`, but `count` has something"]
    );
}

#[test]
fn a_plan_and_its_levels_say_the_same() {
    let level = json!({"any": "false", "matrix": NONE, "any_0": "true", "matrix_0": SOME, "any_1": "false"});
    assert_eq!(
        says(&level, ["skipped"; 3]),
        [
            "the outputs of the job `plan` contradict each other: `any` is `false`, but `any_0` has something",
            "the plan's output `any_0` is `true`, but `needs` has no job for it",
        ]
    );
    let levels = json!({"any": "false", "matrix": NONE, "any_1": "false", "levels": "1"});
    assert_eq!(
        says(&levels, ["skipped"; 3]),
        ["the outputs of the job `plan` contradict each other: `any` is `false`, but `levels` has something"]
    );
}

#[test]
fn a_matrix_that_cannot_be_read_is_a_problem() {
    let silent = json!({"any": "true", "any_1": "true", "matrix": "{}", "matrix_1": "{}"});
    assert_eq!(says(&silent, ["success"; 3]), [""; 0]);
    for odd in ["{", "true", r#"{"include": {}}"#] {
        for any in ["true", "false"] {
            assert_eq!(
                says(&json!({"any": any, "any_1": any, "matrix": odd}), ["success"; 3]),
                [format!("the output `matrix` of the job `plan` is `{odd}`, which is not a matrix")]
            );
        }
        assert_eq!(
            says(&json!({"any": "true", "any_1": "true", "matrix": SOME, "matrix_1": odd}), ["success"; 3]),
            [format!("the output `matrix_1` of the job `plan` is `{odd}`, which is not a matrix")]
        );
    }
}

#[test]
fn what_is_there_twice_is_refused() {
    let plan = r#""plan": {"result": "success", "outputs": {"any": "true"}}"#;
    for twice in [
        format!("{{{plan}, {plan}}}"),
        r#"{"plan": {"result": "success", "result": "failure"}}"#.to_owned(),
        r#"{"plan": {"result": "success", "outputs": {"any": "true", "any": "false"}}}"#.to_owned(),
    ] {
        assert!(serde_json::from_str::<NeededJobs>(&twice).is_err(), "{twice}");
    }
    assert!(serde_json::from_str::<NeededJobs>(&format!("{{{plan}}}")).is_ok());
}

#[test]
fn what_is_due_needs_a_job() {
    let plan = |any_1: &str| json!({"result": "success", "outputs": {"any": "true", "any_1": any_1, "matrix": SOME}});
    let judged = |needs: Value, due: &[(&str, &str)], optional: &[&str]| {
        let needs: NeededJobs = serde_json::from_value(needs).unwrap();
        let due = due.iter().map(|(job, output)| ((*job).to_owned(), (*output).to_owned())).collect();
        let optional = optional.iter().map(|job| (*job).to_owned()).collect();
        let problems = verdict(&needs, &Expected { due, optional, ..expected() }).unwrap();
        problems.iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    let unwatched =
        |output: &str| vec![format!("the plan's output `{output}` is `true`, but `needs` has no job for it")];
    let done = json!({"result": "success"});
    assert_eq!(judged(json!({"plan": plan("false")}), &[], &[]), unwatched("any"));
    assert_eq!(judged(json!({"plan": plan("false"), "images": done}), &[], &["images"]), unwatched("any"));
    let first = json!({"plan": plan("true"), "first": done});
    assert_eq!(judged(first.clone(), &[], &[]), [""; 0], "one matrix has all jobs");
    assert_eq!(judged(first, &[("first", "any_0")], &[]), unwatched("any_1"));
    let both = json!({"plan": plan("true"), "first": done, "second": done});
    assert_eq!(judged(both, &[("first", "any_0"), ("second", "any_1")], &[]), [""; 0]);
}

#[test]
fn a_job_without_outputs_may_say_null() {
    let needs = json!({"plan": {"result": "success", "outputs": {"any": "true", "matrix": SOME}},
        "build": {"result": "success", "outputs": null}, "late": {"result": "success", "outputs": null},
        "deploy": {"result": "success", "outputs": null}});
    assert_eq!(says_of(&needs), [""; 0]);
}

#[test]
fn a_job_that_needs_does_not_have_is_an_error() {
    let needs: NeededJobs = serde_json::from_value(json!({"plan": {"result": "success"}})).unwrap();
    assert_eq!(verdict(&needs, &expected()), Err(UnknownJob("late".to_owned())));
}

#[test]
fn what_is_to_be_promoted_wants_its_job() {
    let says = |promote: &str, job: Option<&str>| {
        let mut needs = json!({
            "plan": {"result": "success", "outputs": {"any": "false", "matrix": NONE, "rebake_promote": promote}},
            "build": {"result": "skipped", "outputs": {}},
        });
        if let Some(result) = job {
            needs["promote"] = json!({"result": result, "outputs": {}});
        }
        let needs: NeededJobs = serde_json::from_value(needs).unwrap();
        let expected = Expected { due: IndexMap::new(), optional: Vec::new(), ..expected() };
        verdict(&needs, &expected).unwrap().iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    assert!(says("true", Some("success")).is_empty() && says("false", Some("skipped")).is_empty());
    assert!(says("false", None).is_empty());
    let skipped = "the job `promote` was skipped, though the plan's output `rebake_promote` is `true`";
    assert_eq!(says("true", Some("skipped")), [skipped]);
    let unwatched = "the plan's output `rebake_promote` is `true`, but `needs` has no job for it";
    assert_eq!(says("true", None), [unwatched]);
    assert_eq!(says("true", Some("failure")), ["the job `promote` ended with `failure`"]);
}
