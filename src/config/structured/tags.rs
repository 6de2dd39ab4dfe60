use std::collections::BTreeMap;

use super::Services;
use crate::config::problems::{Problems, shown};
use crate::config::raw;
use crate::config::read::{Field, Named};
use crate::diagnostic::{Diagnostic, Located};
use crate::name::TagName;
use crate::template::{Part, Template};
use crate::version::TagFormat;

const NAMES: &[&str] = &["path", "name", "version"];

/// What a service's release tags have before and behind the version.
type Affixes = (String, String);

/// Checks that release tags can be made, and that each tells its service.
pub(super) fn check(services: &Services, problems: &mut Problems<'_>) {
    let mut owners: BTreeMap<Affixes, (&str, Located<()>)> = BTreeMap::new();
    for (name, service) in services {
        if service.value.value.path.is_broken() || service.value.value.tag.is_broken() {
            continue;
        }
        for format in formats(&service.value.value, &service.name) {
            let Some(affixes) = affixes(name, service, &format, problems) else { continue };
            let at = format.map(|_| ());
            match owners.get(&affixes) {
                Some((owner, first)) if *owner != name.as_str() => {
                    let (before, behind) = &affixes;
                    let message = format!(
                        "the release tags of `{owner}` and `{name}` look the same: `{}<version>{}`",
                        shown(before),
                        shown(behind)
                    );
                    let problem = Diagnostic::error("ambiguous-tags", message);
                    let problem = problem.located(problems.file(), &service.name, format!("tags of `{name}`"));
                    let problem = problem.label(problems.file(), services[*owner].at(), format!("tags of `{owner}`"));
                    let problem = if at.defined == first.defined {
                        problem.label(problems.file(), at.defined, "both by this format")
                    } else {
                        problem
                    };
                    problems.push(problem.help("give one of them a `tag` of its own, such as `{{name}}@{{version}}`"));
                }
                Some(_) => {}
                None => {
                    owners.insert(affixes, (name, at));
                }
            }
        }
    }
}

/// Returns the formats of a service's tags, or the usual one, which stands where `otherwise` does.
pub(super) fn formats(service: &raw::Service, otherwise: &Located<()>) -> Vec<Located<TagFormat>> {
    if let Field::Given(tags) = &service.tag {
        return tags.value.0.iter().map(|tag| tag.as_ref().map(|tag| tag.0.clone())).collect();
    }
    let has_path = service.path.value().is_some_and(|path| !path.0.is_root());
    let usual = if has_path { "{{path}}@{{version}}" } else { "{{name}}@{{version}}" };
    let format = TagFormat::parse(usual).into_iter();
    format.map(|format| Located { value: format, used: otherwise.used, defined: otherwise.defined }).collect()
}

fn affixes(
    name: &str,
    service: &Named<Box<raw::Service>>,
    format: &Located<TagFormat>,
    problems: &mut Problems<'_>,
) -> Option<Affixes> {
    let text = format.value.text();
    let template = Template::parse(text, NAMES).ok()?;
    let path = service.value.value.path.value().filter(|path| !path.0.is_root());
    let (mut before, mut behind, mut versions) = (String::new(), String::new(), 0);
    for part in template.parts() {
        let side = if versions == 0 { &mut before } else { &mut behind };
        match part {
            Part::Text(text) => side.push_str(text),
            Part::Name { name: part, .. } if part == "version" => versions += 1,
            Part::Name { name: part, .. } if part == "name" => side.push_str(name),
            Part::Name { .. } => {
                let Some(path) = path else {
                    problems.push(without_path(name, service, format, problems));
                    return None;
                };
                side.push_str(path.0.as_str());
            }
        }
    }
    if versions != 1 {
        let problem = Diagnostic::error("tag-without-version", "a tag's format holds `{{version}}` once");
        let problem = problem.located(problems.file(), format, format!("holds it {versions} times"));
        problems.push(problem.help("such as `{{path}}@{{version}}`"));
        return None;
    }
    let sample = format!("{before}1.0.0{behind}");
    if let Err(error) = TagName::parse(&sample) {
        let message = format!("`{}` cannot be a tag: {error}", shown(&sample));
        let problem = Diagnostic::error("bad-tag", message);
        let problem = problem.located(problems.file(), format, "");
        problems.push(problem.help("give the service a `tag` of its own, such as `{{name}}@{{version}}`"));
        return None;
    }
    Some((before, behind))
}

fn without_path(
    name: &str,
    service: &Named<Box<raw::Service>>,
    format: &Located<TagFormat>,
    problems: &Problems<'_>,
) -> Diagnostic {
    let message = format!("the service `{}` has no path for `{{{{path}}}}`", shown(name));
    Diagnostic::error("tag-without-path", message)
        .located(problems.file(), &service.name, "no `path`, or the root")
        .label(problems.file(), format.defined, "the format of its tags")
        .help("give it a path, or a `tag` such as `{{name}}@{{version}}`")
}
