//! GitHub Actions, and Gitea and Forgejo, which set the same variables.

use serde_json::Value;

use super::{BaseHint, Inputs, Kind, Trigger, TriggerError};
use crate::name::CommitId;

const ENGINE: &str = "GitHub Actions";

/// Reads the event of a workflow run: its name and ref from the variables, the rest from the event file.
pub(super) fn read(variable: impl Fn(&str) -> Option<String>, event: Option<&str>) -> Result<Trigger, TriggerError> {
    let missing = |name| TriggerError::Missing { engine: ENGINE, variable: name, because: "GITHUB_ACTIONS" };
    let name = variable("GITHUB_EVENT_NAME").ok_or_else(|| missing("GITHUB_EVENT_NAME"))?;
    let event: Value = match event {
        None => Value::Null,
        Some(text) => serde_json::from_str(text.trim_start_matches('\u{feff}'))
            .map_err(|error| TriggerError::NotJson { engine: ENGINE, reason: error.to_string() })?,
    };
    let reference = variable("GITHUB_REF").or_else(|| text(&event, "/ref"));
    let is_tag = reference.as_deref().is_some_and(|reference| reference.starts_with("refs/tags/"));
    // https://docs.github.com/actions/reference/events-that-trigger-workflows: which event carries what.
    let (kind, base) = match name.as_str() {
        "push" if is_tag => (Kind::Tag, BaseHint::None),
        "push" => (Kind::Push, before(&event)),
        "pull_request" | "pull_request_target" | "pull_request_review" | "pull_request_review_comment" => {
            let base = commit(&event, "/pull_request/base/sha");
            let branch = text(&event, "/pull_request/base/ref").or_else(|| variable("GITHUB_BASE_REF"));
            (Kind::PullRequest, BaseHint::PullRequest { base, branch })
        }
        "merge_group" => {
            (Kind::MergeGroup, commit(&event, "/merge_group/base_sha").map_or(BaseHint::None, BaseHint::Commit))
        }
        "schedule" => (Kind::Schedule, BaseHint::None),
        "release" => (Kind::Release, BaseHint::None),
        // workflow_dispatch, repository_dispatch, workflow_run, issue_comment…: somebody or something asked, and
        // there is no range of commits in the question.
        _ if is_tag => (Kind::Tag, BaseHint::None),
        _ => (Kind::Manual, BaseHint::None),
    };
    let release_tag = text(&event, "/release/tag_name").map(|tag| format!("refs/tags/{tag}"));
    Ok(Trigger {
        kind,
        reference: if kind == Kind::Release { release_tag.or(reference) } else { reference },
        commit: variable("GITHUB_SHA").and_then(|id| id.parse().ok()),
        base,
        default_branch: text(&event, "/repository/default_branch"),
        inputs: inputs(&event),
    })
}

fn before(event: &Value) -> BaseHint {
    match commit(event, "/before") {
        None => BaseHint::None,
        Some(before) if before.is_zero() => BaseHint::NewBranch,
        Some(before) => BaseHint::Commit(before),
    }
}

/// The seeds' inputs `service` and `version`; `services` may name several, separated by commas or blanks.
fn inputs(event: &Value) -> Inputs {
    let services = ["/inputs/service", "/inputs/services", "/client_payload/service", "/client_payload/services"];
    let services = services.iter().filter_map(|pointer| text(event, pointer));
    Inputs {
        services: services
            .flat_map(|names| names.split([',', ' ', '\n']).map(str::to_owned).collect::<Vec<_>>())
            .filter(|name| !name.is_empty())
            .collect(),
        version: text(event, "/inputs/version").or_else(|| text(event, "/client_payload/version")),
    }
}

fn text(event: &Value, pointer: &str) -> Option<String> {
    event.pointer(pointer)?.as_str().map(str::to_owned).filter(|text| !text.is_empty())
}

fn commit(event: &Value, pointer: &str) -> Option<CommitId> {
    text(event, pointer)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const OLD: &str = "1111111111111111111111111111111111111111";
    const ZERO: &str = "0000000000000000000000000000000000000000";

    fn trigger(name: &str, reference: &str, event: &str) -> Trigger {
        let variable = |wanted: &str| {
            let values = [("GITHUB_ACTIONS", "true"), ("GITHUB_EVENT_NAME", name), ("GITHUB_REF", reference)];
            values.iter().find(|(name, _)| *name == wanted).map(|(_, value)| (*value).to_owned())
        };
        Trigger::read(variable, Some(event)).unwrap()
    }

    #[test]
    fn each_event_says_its_base() {
        let old = BaseHint::Commit(OLD.parse().unwrap());
        let main = "refs/heads/main";
        let push = |before: &str| trigger("push", main, &format!(r#"{{"before":"{before}"}}"#));
        assert_eq!((push(OLD).kind, push(OLD).base), (Kind::Push, old.clone()));
        assert_eq!(push(ZERO).base, BaseHint::NewBranch);
        assert_eq!(push("").base, BaseHint::None);
        let group = trigger("merge_group", "refs/heads/q", &format!(r#"{{"merge_group":{{"base_sha":"{OLD}"}}}}"#));
        assert_eq!((group.kind, group.base), (Kind::MergeGroup, old));
        let request = format!(
            r#"{{"pull_request":{{"base":{{"sha":"{OLD}","ref":"main"}}}},"repository":{{"default_branch":"trunk"}}}}"#
        );
        let request = trigger("pull_request", "refs/pull/7/merge", &request);
        let base = BaseHint::PullRequest { base: OLD.parse().ok(), branch: Some("main".into()) };
        assert_eq!((request.kind, request.base), (Kind::PullRequest, base));
        assert_eq!(request.default_branch.as_deref(), Some("trunk"));
        assert_eq!(trigger("schedule", main, "{}").kind, Kind::Schedule);
    }

    #[test]
    fn a_tag_is_a_tag_however_it_came() {
        let tag = trigger("push", "refs/tags/services/go/api-golang@1.0.9", "{}");
        assert_eq!((tag.kind, tag.tag()), (Kind::Tag, Some("services/go/api-golang@1.0.9")));
        let release = trigger("release", "refs/tags/x@1.0.0", r#"{"release":{"tag_name":"x@1.0.0"}}"#);
        assert_eq!((release.kind, release.tag()), (Kind::Release, Some("x@1.0.0")));
    }

    #[test]
    fn the_inputs_of_a_manual_run_are_names_or_paths() {
        let event = r#"{"inputs":{"service":"services/go/api-golang","services":"a, b\nc","version":"1.2.3"}}"#;
        let manual = trigger("workflow_dispatch", "refs/heads/main", event);
        assert_eq!(manual.kind, Kind::Manual);
        assert_eq!(manual.inputs.services, ["services/go/api-golang", "a", "b", "c"]);
        assert_eq!(manual.inputs.version.as_deref(), Some("1.2.3"));
        let empty = trigger("workflow_dispatch", "refs/heads/main", r#"{"inputs":{"service":"","version":null}}"#);
        assert_eq!(empty.inputs, Inputs::default());
    }

    #[test]
    fn what_is_missing_or_broken_is_said() {
        let only = |name: &str| (name == "GITHUB_ACTIONS").then(|| "true".to_owned());
        assert!(matches!(Trigger::read(only, None), Err(TriggerError::Missing { variable: "GITHUB_EVENT_NAME", .. })));
        let named = |name: &str| ["GITHUB_ACTIONS", "GITHUB_EVENT_NAME"].contains(&name).then(|| "push".to_owned());
        assert!(matches!(Trigger::read(named, Some("{")), Err(TriggerError::NotJson { .. })));
        assert_eq!(Trigger::read(|_| None, None), Ok(Trigger::local()));
    }
}
