use std::collections::BTreeMap;

use super::Services;
use crate::config::problems::Problems;
use crate::config::raw;
use crate::diagnostic::{Diagnostic, Located};
use crate::name::{Escaped, ServiceName, TagName};

/// Checks the names of services, of named filters and of environments.
pub(super) fn check(services: &Services, file: &raw::File, problems: &mut Problems<'_>) {
    let mut slugs: BTreeMap<String, (&str, &Located<()>)> = BTreeMap::new();
    for (name, service) in services {
        if !is_name(name, &service.name, problems) {
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
        is_name(name, &filter.name, problems);
    }
    for (name, environment) in file.environments.value().into_iter().flat_map(|environments| &environments.0) {
        is_name(name, &environment.name, problems);
    }
}

/// Whether a name can stand in outputs, in file names and in refs of git.
fn is_name(name: &str, at: &Located<()>, problems: &mut Problems<'_>) -> bool {
    let problem = match (ServiceName::parse(name), TagName::parse(name)) {
        (Err(error), _) => error.to_string(),
        (_, Err(error)) => format!("`{}` cannot be part of a ref: {error}", Escaped::new(name)),
        (Ok(_), Ok(_)) => return true,
    };
    problems.error("bad-name", problem, at, "");
    false
}

/// The name in the letters that every file system and CI engine takes: runs of anything else become `-`.
fn slug(name: &str) -> String {
    let lower = name.to_ascii_lowercase();
    let parts = lower.split(|c: char| !c.is_ascii_alphanumeric()).filter(|part| !part.is_empty());
    parts.collect::<Vec<_>>().join("-")
}
