//! `rebake verdict`, as the one required check of a workflow runs it.

use serde_json::json;
use snapbox::str;

use crate::repo::Repo;

#[test]
fn a_masked_output_fails() {
    let needs = json!({
        "plan": {"result": "success", "outputs": {"any": "true"}},
        "build": {"result": "skipped", "outputs": {}},
    });
    let run = Repo::new().rebake(["verdict"]).env("NEEDS", needs.to_string()).failure(1);
    run.stdout(str![[r#"
build: skipped
plan: success

"#]]).stderr(str![[r#"
error[verdict]: the output `matrix` of the job `plan` is missing
 |
 = help: GitHub drops an output that contains a secret, such as the name of a registry's user: keep that as a variable (`vars`), or choose fewer `--fields`; or list the output under the job's `outputs`

error[verdict]: the job `build` was skipped, though the plan's output `any` is `true`
 |
 = help: compare its `if` with the output; name a job that may be skipped with `--optional`, and one for another output with `--due JOB=OUTPUT`

"#]]);
}

#[test]
fn all_is_well() {
    let needs = json!({
        "plan": {"result": "success", "outputs": {"any": "true", "any_1": "false", "matrix": r#"{"include": [{}]}"#}},
        "build-0": {"result": "success", "outputs": {}},
        "build-1": {"result": "skipped", "outputs": {}},
    });
    let run = Repo::new().rebake(["verdict", "-", "--due", "build-1=any_1"]).stdin(needs.to_string()).success();
    run.stdout(str![[r#"
build-0: success
build-1: skipped
plan: success

"#]])
        .stderr("");
}

/// Jobs that no plan stands before can be judged too.
#[test]
fn no_output_need_be_asked_for() {
    let needs = json!({"gate": {"result": "success"}, "later": {"result": "skipped"}}).to_string();
    let args = ["verdict", "-", "--plan", "gate", "--outputs="];
    Repo::new().rebake([&args[..], &["--optional", "later"]].concat()).stdin(needs.clone()).success();
    Repo::new().rebake(args).stdin(needs).failure(1);
}

#[test]
fn what_is_no_needs_is_a_usage_error() {
    let repo = Repo::new();
    repo.rebake(["verdict"]).failure(2).stdout("").stderr(str![[r#"
error[needs]: there is no `needs` to judge: NEEDS is not set
 |
 = help: give the step `env: {NEEDS: '${{ toJSON(needs) }}'}`, or name a file

"#]]);
    repo.rebake(["verdict", "-"]).stdin("[]").failure(2).stdout("").stderr(str![[r#"
error[needs]: standard input:1:1: this is not GitHub's `needs`: invalid type: sequence, expected a map
 |
 = help: pass the value of `${{ toJSON(needs) }}`

"#]]);
    repo.rebake(["verdict", "-", "--plan", "filter"]).stdin("{}").failure(2).stdout("").stderr(str![[r#"
error[needs]: `needs` has no job `filter`
 |
 = help: list it under `needs` of the job that runs this; `--plan` names the one that plans

"#]]);
    repo.rebake(["verdict", "-", "--due", "build"]).stdin("{}").failure(2).stdout("");
}

/// A job that calls a workflow of others hands on what they wrote.
#[test]
fn in_a_workflow_each_problem_is_an_annotation() {
    let needs = json!({
        "plan": {"result": "success", "outputs": {"any": "true", "matrix": r#"{"include": [{}]}"#}},
        "build": {"result": "failure", "outputs": {}},
    });
    let run = Repo::new().rebake(["verdict"]).env("NEEDS", needs.to_string()).env("GITHUB_ACTIONS", "true").failure(1);
    run.stderr(str![[r#"
error[verdict]: the job `build` ended with `failure`
 |
 = help: its log says why; run the failed jobs again once that is fixed
::error title=verdict::the job `build` ended with `failure`%0Ahelp: its log says why; run the failed jobs again once that is fixed

"#]]);
}

#[test]
fn hostile_words_make_no_command() {
    let needs = json!({
        "plan": {"result": "success", "outputs": {"any": "\n::error::x", "matrix": r#"{"include": []}"#}},
        "##[add-mask]x": {"result": "\n::set-output name=any::false\u{1b}[31m", "outputs": {"x": "$(touch pwned)"}},
        "build": {"result": "skipped", "outputs": {}},
    });
    let run = Repo::new().rebake(["verdict", "-"]).stdin(needs.to_string()).failure(1);
    run.stdout(str![[r#"
# #[add-mask]x: /n::set-output name=any::false/x1b[31m
build: skipped
plan: success

"#]])
        .stderr(str![[r#"
error[verdict]: the job `# #[add-mask]x` ended with `/n::set-output name=any::false/x1b[31m`
 |
 = help: its log says why; run the failed jobs again once that is fixed

error[verdict]: the output `any` of the job `plan` is `/n::error::x`, which is neither `true` nor `false`
 |
 = help: `outputs` of that job must pass the step's output on unchanged

"#]]);
}
