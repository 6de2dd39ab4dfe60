//! What each CI engine says of each event. `tests/data/events/<engine>-<event>.env` holds the variables of a run, the
//! `.json` beside it the event file where there is one, and the `.trigger` what is to be read from them.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use rebake::inputs::trigger::{BaseHint, Engine, EventSubject, Trigger, TriggerError};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

#[test]
fn every_event_is_read_as_the_file_beside_it_says() {
    let mut wrong = Vec::new();
    for file in fixtures() {
        let (is, should_be) = (summary(&read(&file)), text(&file.with_extension("trigger")));
        if is != should_be {
            wrong.push(format!("{}:\n{is}should be\n{should_be}", file.display()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The table of the documentation is the code's own: a test beside it holds the two equal.
#[test]
fn every_row_of_the_table_has_an_event() {
    let documentation = text(&Path::new(ROOT).join("src/inputs/trigger/mod.rs"));
    let table = documentation.lines().filter_map(|line| line.strip_prefix("//! | ")).skip(2);
    let rows: BTreeSet<(String, String)> = table
        .map(|row| {
            let mut cells = row.split(" | ").map(str::to_owned);
            (cells.next().unwrap(), cells.next().unwrap())
        })
        .collect();
    let read: BTreeSet<(String, String)> = fixtures()
        .iter()
        .map(|file| {
            let trigger = read(file);
            let family = match trigger.engine.unwrap() {
                Engine::Gitea | Engine::Forgejo => Engine::GitHub,
                engine => engine,
            };
            (family.name().to_owned(), trigger.event.to_owned())
        })
        .collect();
    assert_eq!(rows, read);
}

#[test]
fn a_variable_that_every_run_has_is_missed() {
    for (sign, missing) in [
        ("GITHUB_ACTIONS", "GITHUB_EVENT_NAME"),
        ("GITLAB_CI", "CI_PIPELINE_SOURCE"),
        ("BUILDKITE", "BUILDKITE_BRANCH"),
        ("CIRCLECI", "CIRCLE_SHA1"),
        ("TF_BUILD", "BUILD_REASON"),
        ("BITBUCKET_BUILD_NUMBER", "BITBUCKET_COMMIT"),
        ("CODEBUILD_BUILD_ARN", "CODEBUILD_RESOLVED_SOURCE_VERSION"),
    ] {
        // What is set but empty is not said.
        let error = Trigger::read(|name| if name == sign { Some("1".into()) } else { Some(String::new()) }, None);
        let error = error.unwrap_err();
        assert!(matches!(error, TriggerError::Missing { variable, .. } if variable == missing), "{error:?}");
        assert!(error.to_string().starts_with(&format!("{missing} is not set, although {sign} says")), "{error}");
    }
}

#[test]
fn an_event_file_that_is_no_json_is_an_error() {
    let variable = |name: &str| name.starts_with("GITHUB_").then(|| "push".to_owned());
    assert!(matches!(Trigger::read(variable, Some("{")), Err(TriggerError::NotJson { engine: Engine::GitHub, .. })));
    assert_eq!(Trigger::read(variable, Some("\u{feff}[]")).unwrap().base, BaseHint::None);
}

#[test]
fn without_an_engine_it_is_local() {
    assert_eq!(Trigger::read(|_| None, None), Ok(Trigger::local()));
    assert_eq!(Trigger::read(|_| Some(String::new()), Some("{")), Ok(Trigger::local()));
}

fn fixtures() -> Vec<PathBuf> {
    let folder = fs::read_dir(Path::new(ROOT).join("tests/data/events")).unwrap();
    let mut files: Vec<PathBuf> = folder.map(|entry| entry.unwrap().path()).collect();
    files.retain(|file| file.extension().is_some_and(|extension| extension == "env"));
    files.sort();
    assert!(!files.is_empty());
    files
}

fn read(file: &Path) -> Trigger {
    let variables = text(file);
    let variables: BTreeMap<&str, &str> = variables.lines().map(|line| line.split_once('=').unwrap()).collect();
    let event = fs::read_to_string(file.with_extension("json")).ok();
    Trigger::read(|name| variables.get(name).map(|value| (*value).to_owned()), event.as_deref())
        .unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}

fn summary(trigger: &Trigger) -> String {
    let base = match &trigger.base {
        BaseHint::None => "none".to_owned(),
        BaseHint::NewBranch => "new branch".to_owned(),
        BaseHint::Gone => "gone".to_owned(),
        BaseHint::Unpublished => "nothing is published".to_owned(),
        BaseHint::Commit(commit, landmark) => format!("since {landmark}, {}", commit.short(7)),
        BaseHint::PullRequest { merge, base, branch } => {
            let merge = merge.map(|merge| format!("first parent of {}, else ", merge.short(7)));
            let target: Vec<String> = base.map(|base| base.short(7)).into_iter().chain(branch.clone()).collect();
            let target = if target.is_empty() { "nothing".to_owned() } else { target.join(", else with ") };
            format!("{}merge base with {target}", merge.unwrap_or_default())
        }
        other => panic!("{other:?}"),
    };
    let subject = match &trigger.subject {
        EventSubject::None => "none".to_owned(),
        EventSubject::CheckedOut => "what is checked out".to_owned(),
        EventSubject::Commits(commits) => commits.iter().map(|commit| commit.short(7)).collect::<Vec<_>>().join(", "),
    };
    let services = (!trigger.inputs.services.is_empty()).then(|| trigger.inputs.services.join(", "));
    let lines = [
        ("engine", trigger.engine.map(|engine| engine.name().to_owned())),
        ("event", Some(trigger.event.to_owned())),
        ("kind", Some(trigger.kind.word().to_owned())),
        ("ref", trigger.reference.clone()),
        ("subject", Some(subject)),
        ("base", Some(base)),
        ("default branch", trigger.default_branch.clone()),
        ("origin", Some(format!("{:?}", trigger.origin))),
        ("services", services),
        ("version", trigger.inputs.version.clone()),
        ("rehearsal", trigger.rehearsal.then(|| "yes".to_owned())),
    ];
    lines.into_iter().filter_map(|(key, value)| Some(format!("{key}: {}\n", value?))).collect()
}

fn text(file: &Path) -> String {
    fs::read_to_string(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}
