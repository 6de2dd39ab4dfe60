use std::collections::BTreeMap;

use super::Services;
use crate::config::problems::{Problems, shown};
use crate::config::raw;
use crate::model::diagnostic::{Diagnostic, Located};
use crate::model::name::{ServiceName, ServiceNameError, TagName, is_own_output, outputs_in_common, slug};

/// Checks the names of services, of named filters and of environments.
pub(super) fn check(services: &Services, file: &raw::File, problems: &mut Problems<'_>) {
    let mut slugs: BTreeMap<String, (&str, &Located<()>)> = BTreeMap::new();
    for (name, service) in services {
        if !is_name(name, "a service", &service.name, problems) {
            continue;
        }
        let slug = slug(name);
        is_free(&slug, "service", name, &service.name, problems);
        if let Some((other, first)) = slugs.insert(slug.clone(), (name, &service.name)) {
            let message = format!("the services `{other}` and `{name}` have the same slug, `{slug}`");
            let problem = Diagnostic::error("duplicate-slug", message);
            let problem = problem.located(problems.file(), &service.name, "the second one");
            let problem = problem.label(problems.file(), first.defined, "the first one");
            problems.push(problem.help("rename one: file and job names only have lower-case letters, digits and `-`"));
        }
    }
    for (name, filter) in file.filters.value().into_iter().flat_map(|filters| &filters.0) {
        if is_name(name, "a filter", &filter.name, problems) {
            is_free(name, "filter", name, &filter.name, problems);
        }
    }
    one_output_each(file, problems);
    for (name, environment) in file.environments.value().into_iter().flat_map(|environments| &environments.0) {
        is_name(name, "an environment", &environment.name, problems);
    }
}

/// Whether a name is valid in outputs, in file names and in refs of git.
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

/// Reports a filter or a service whose output would have the name of one of rebake's own outputs.
fn is_free(output: &str, what: &str, name: &str, at: &Located<()>, problems: &mut Problems<'_>) {
    if is_own_output(output) {
        let message = format!("the {what} `{}` would have the output `{output}`, which is rebake's own", shown(name));
        let problem = Diagnostic::error("reserved-name", message).located(problems.file(), at, "");
        problems.push(problem.help("give it another name; those that begin with `rebake_` are reserved too"));
    }
}

/// Checks that no two filters have an output of the same name.
fn one_output_each(file: &raw::File, problems: &mut Problems<'_>) {
    let filters: Vec<(&str, &Located<()>)> = file
        .filters
        .value()
        .into_iter()
        .flat_map(|filters| &filters.0)
        .map(|(name, filter)| (&**name, &filter.name))
        .collect();
    for (first, second, output) in outputs_in_common(filters.iter().map(|(name, _)| *name)) {
        let message = format!("`{}` is the output of two filters", shown(&output));
        let problem =
            Diagnostic::error("reserved-name", message).located(problems.file(), filters[second].1, "this one");
        let label = "and this one, which has that output too";
        let problem = problem.label(problems.file(), filters[first].1.defined, label);
        problems.push(problem.help("rename one of them, in more than upper and lower case"));
    }
}
