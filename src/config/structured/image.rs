use std::sync::Arc;

use indexmap::IndexMap;

use crate::config::problems::Problems;
use crate::config::raw;
use crate::config::read::Named;
use crate::config::{Image, WrittenTags};
use crate::model::diagnostic::{Diagnostic, Located, Severity};
use crate::model::name::Escaped;
use crate::model::recipe::Builder;
use crate::naming::image::{Flavor, ImageName, Labels, RuleError, TagRules};

/// Checks a service's keys that are about its image.
pub(super) fn check(name: &str, named: &Named<Box<raw::Service>>, problems: &mut Problems<'_>) -> Image {
    let raw = &named.value.value;
    if raw.builder.value().is_some_and(|builder| builder.0 == Builder::Nothing) {
        return Image::default();
    }
    let tags = raw.tags.value().map(|lines| lines.0.clone()).unwrap_or_default();
    let flavor = raw.flavor.value().map(|lines| lines.0.clone()).unwrap_or_default();
    Image {
        name: image_name(name, raw, problems),
        rules: rules(&tags, &flavor, problems),
        labels: labels(raw, problems),
        written: WrittenTags {
            tags,
            flavor,
            labels: raw.labels.value().map(super::service::texts).unwrap_or_default(),
        },
    }
}

fn image_name(name: &str, raw: &raw::Service, problems: &mut Problems<'_>) -> Option<ImageName> {
    let written = raw.image.given()?;
    let template = written.value.0.as_ref()?;
    // Without a path, `{{path}}` has no value. That has been reported.
    let path = raw.path.value().map(|path| path.0.clone()).filter(|path| !path.is_root());
    let value = |wanted: &str| match wanted {
        "name" => Some(name.to_owned()),
        "path" => path.as_ref().map(ToString::to_string),
        _ => None,
    };
    let text = template.render(value).ok()?;
    match ImageName::parse(&text) {
        Ok(image) => Some(image),
        Err(error) => {
            let message = format!("`{}` cannot be the name of an image", Escaped::new(&text));
            let problem = Diagnostic::error("bad-image", message).located(problems.file(), written, "");
            problems.push(problem.help(error.to_string()));
            None
        }
    }
}

fn rules(tags: &[Located<String>], flavor: &[Located<String>], problems: &mut Problems<'_>) -> Arc<TagRules> {
    if tags.is_empty() && flavor.is_empty() {
        return TagRules::usual();
    }
    let texts = |lines: &[Located<String>]| -> Vec<String> { lines.iter().map(|line| line.value.clone()).collect() };
    let read_flavor = Flavor::parse(&texts(flavor)).unwrap_or_else(|errors| {
        say(Severity::Error, "bad-flavor", flavor, &errors, problems);
        Flavor::default()
    });
    let rules = TagRules::parse(&texts(tags), read_flavor).unwrap_or_else(|errors| {
        say(Severity::Error, "bad-tag-rule", tags, &errors, problems);
        TagRules::default()
    });
    say(Severity::Warning, "ignored-attribute", tags, rules.ignored(), problems);
    Arc::new(rules)
}

fn say(
    severity: Severity,
    code: &'static str,
    lines: &[Located<String>],
    errors: &[RuleError],
    problems: &mut Problems<'_>,
) {
    for error in errors {
        let Some(line) = lines.get(error.line) else { continue };
        let mut at = line.as_ref().map(|_| ());
        // If the file has the line unchanged, the place can be narrowed to a part of it.
        if problems.file().slice(line.defined) == line.value {
            at.defined.start += error.offset.min(line.value.len());
            if line.used == line.defined {
                at.used = at.defined;
            }
        }
        let problem = Diagnostic::new(severity, code, error.message.clone()).located(problems.file(), &at, "");
        problems.push(error.help.iter().fold(problem, Diagnostic::help));
    }
}

fn labels(raw: &raw::Service, problems: &mut Problems<'_>) -> Labels {
    let Some(written) = raw.labels.value() else { return Labels::default() };
    let texts: IndexMap<String, String> = super::service::texts(written);
    Labels::parse(texts.iter().map(|(key, value)| (key.as_str(), value.as_str()))).unwrap_or_else(|errors| {
        for error in errors {
            let Some(value) = written.0.get(&error.key) else { continue };
            let problem = Diagnostic::error("bad-label", error.message.clone());
            let problem = problem.located(problems.file(), &value.value, "");
            problems.push(error.help.iter().fold(problem, Diagnostic::help));
        }
        Labels::default()
    })
}
