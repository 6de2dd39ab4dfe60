use std::collections::BTreeMap;

use super::Services;
use crate::config::problems::{Problems, shown};
use crate::config::raw;
use crate::diagnostic::{Diagnostic, Located};
use crate::name::{ServiceName, ServiceNameError, TagName};

/// Checks the names of services, of named filters and of environments.
pub(super) fn check(services: &Services, file: &raw::File, problems: &mut Problems<'_>) {
    let mut slugs: BTreeMap<String, (&str, &Located<()>)> = BTreeMap::new();
    for (name, service) in services {
        if !is_name(name, "a service", &service.name, problems) {
            continue;
        }
        let slug = slug(name);
        if let Some((other, first)) = slugs.insert(slug.clone(), (name, &service.name)) {
            let message = format!("the services `{other}` and `{name}` have the same slug, `{slug}`");
            let problem = Diagnostic::error("duplicate-slug", message);
            let problem = problem.located(problems.file(), &service.name, "the second one");
            let problem = problem.label(problems.file(), first.defined, "the first one");
            problems.push(problem.help("rename one: file and job names hold lower-case letters, digits and `-` alone"));
        }
    }
    for (name, filter) in file.filters.value().into_iter().flat_map(|filters| &filters.0) {
        is_name(name, "a filter", &filter.name, problems);
    }
    for (name, environment) in file.environments.value().into_iter().flat_map(|environments| &environments.0) {
        is_name(name, "an environment", &environment.name, problems);
    }
}

/// Whether a name can stand in outputs, in file names and in refs of git.
fn is_name(name: &str, what: &str, at: &Located<()>, problems: &mut Problems<'_>) -> bool {
    let reason = match (ServiceName::parse(name), TagName::parse(name)) {
        (Err(ServiceNameError::Empty), _) => "it is empty".to_owned(),
        (Err(ServiceNameError::First(c)), _) => format!("it begins with {c:?}, not with a letter or a digit"),
        (Err(ServiceNameError::Character(c)), _) => format!("it holds {c:?}"),
        (_, Err(error)) => format!("refs of git hold it, and {error}"),
        (Ok(_), Ok(_)) => return true,
    };
    let message = format!("`{}` cannot be the name of {what}: {reason}", shown(name));
    let problem = Diagnostic::error("bad-name", message).located(problems.file(), at, "");
    problems.push(problem.help("names are made of letters, digits and `.` `_` `/` `@` `-`"));
    false
}

/// The name in the letters that every file system and CI engine takes: runs of anything else become `-`.
fn slug(name: &str) -> String {
    let lower = name.to_ascii_lowercase();
    let parts = lower.split(|c: char| !c.is_ascii_alphanumeric()).filter(|part| !part.is_empty());
    parts.collect::<Vec<_>>().join("-")
}
