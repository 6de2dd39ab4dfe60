//! Patterns of tags that start a workflow, but match no release tag.

use super::ground::Ground;
use super::{CheckRule, Finding};
use crate::config::Shape;
use crate::inputs::source::WorkflowJob;
use crate::model::diagnostic::{Located, Severity};
use crate::model::name::Escaped;

pub(super) fn check(ground: &Ground<'_>) -> Vec<Finding> {
    let structured =
        (0..ground.sets.len()).map(|set| ground.config(set)).find(|config| config.shape == Shape::Structured);
    let Some(config) = structured else { return Vec::new() };
    let formats = config.services.values().flat_map(|service| &service.tag);
    let prefixes: Vec<String> = formats.map(|format| format.prefix().to_owned()).collect();
    let mut found = Vec::new();
    for (path, workflow) in ground.workflows {
        let Some(file) = ground.tree.text(path).filter(|_| workflow.jobs.iter().any(runs_rebake)) else { continue };
        for event in &workflow.start.events {
            let Some(tags) = event.tags.as_ref().filter(|tags| !tags.is_empty()) else { continue };
            if tags.iter().any(|tag| prefixes.iter().any(|prefix| may_match(&tag.value, prefix))) {
                continue;
            }
            let first: &Located<String> = &tags[0];
            let example = prefixes.first().map_or("v", String::as_str);
            let help = match example {
                "" => "release tags are versions such as `1.2.3`: write `[0-9]*`".to_owned(),
                prefix => format!("release tags begin with `{0}`: write `{0}*`", Escaped::new(prefix)),
            };
            let message = format!("`{}` starts at tags that are never those of a release", Escaped::new(path));
            found.push(
                Finding::new(CheckRule::UnmatchedTag, Severity::Warning, message)
                    .label(file, first.defined, "no release tag matches this")
                    .help(help),
            );
        }
    }
    found
}

fn runs_rebake(job: &WorkflowJob) -> bool {
    job.steps.iter().any(|step| step.run.contains("rebake ") || step.action.ends_with("/rebake"))
}

/// Whether a pattern of a workflow may match a tag that begins with `prefix` and a digit.
fn may_match(pattern: &str, prefix: &str) -> bool {
    let end = pattern.find(['*', '?', '+', '[', '!', '\\']).unwrap_or(pattern.len());
    // `?` and `+` apply to the character before them.
    let end = if pattern[end..].starts_with(['?', '+']) {
        pattern[..end].char_indices().last().map_or(0, |(at, _)| at)
    } else {
        end
    };
    let plain = &pattern[..end];
    match plain.strip_prefix(prefix) {
        Some(rest) => rest.is_empty() || rest.starts_with(|c: char| c.is_ascii_digit()),
        None => end < pattern.len() && prefix.starts_with(plain),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_of_tags_is_held_against_a_prefix() {
        for (pattern, prefix, may) in [
            ("v*", "v", true),
            ("v*", "api@", false),
            ("*", "api@", true),
            ("api@*", "api@", true),
            ("*@1.*", "api@", true),
            ("api@beta*", "api@", false),
            ("v1.2.3", "v", true),
            ("a", "api@", false),
            ("av?[0-9]+", "a", true),
        ] {
            assert_eq!(may_match(pattern, prefix), may, "{pattern} {prefix}");
        }
    }
}
