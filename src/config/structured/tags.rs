use std::borrow::Cow;
use std::collections::BTreeSet;
use std::sync::LazyLock;

use super::{Services, checked_name};
use crate::config::problems::Problems;
use crate::config::raw;
use crate::config::read::{Field, Named};
use crate::model::diagnostic::{Diagnostic, Located};
use crate::model::name::{Escaped, RepoDir, ServiceName};
use crate::naming::version::{Scheme, TagFormat, TagPattern, TagProblem, tag_problems};

/// Checks that git accepts the release tags, and that tags of different formats cannot be mistaken for each other.
pub(super) fn check(services: &Services, problems: &mut Problems<'_>) {
    let mut patterns = Vec::new();
    for (name, service) in services {
        if service.value.value.path.is_broken()
            || service.value.value.tag.is_broken()
            || !has_path(name, service, problems)
        {
            continue;
        }
        if let Some(name) = checked_name(name) {
            let of = self::patterns(&name, &service.value.value);
            patterns.push((name, of));
        }
    }
    // Two services that match each other's tags are reported once.
    let mut said = BTreeSet::new();
    for problem in tag_problems(&patterns) {
        let pair = match &problem {
            TagProblem::Refused { service, .. } => [service.clone(), service.clone()],
            TagProblem::Overlap { service, other, .. } | TagProblem::Directory { service, other, .. } => {
                let mut pair = [service.clone(), other.clone()];
                pair.sort();
                pair
            }
        };
        if said.insert(pair) {
            say(&problem, services, problems);
        }
    }
}

/// Returns the patterns of a service's release tags. New tags have the format of the first pattern.
pub(super) fn patterns(name: &ServiceName, service: &raw::Service) -> Vec<TagPattern> {
    let path = service.path.value().map_or_else(|| Cow::Owned(RepoDir::root()), |path| Cow::Borrowed(&path.0));
    let scheme = scheme(service);
    formats(service).iter().map(|format| format.pattern(name, &path).of_scheme(scheme)).collect()
}

/// Returns the scheme of the versions in a service's tags.
pub(super) fn scheme(service: &raw::Service) -> Scheme {
    service.scheme.value().map_or(Scheme::default(), |scheme| scheme.0)
}

/// Returns the formats of a service's tags, or the default format if the service has none.
fn formats(service: &raw::Service) -> Vec<&TagFormat> {
    static USUAL: LazyLock<Option<TagFormat>> = LazyLock::new(|| TagFormat::parse(TagFormat::DEFAULT).ok());
    static BY_NAME: LazyLock<Option<TagFormat>> = LazyLock::new(|| TagFormat::parse(TagFormat::BY_NAME).ok());
    if let Field::Given(tags) = &service.tag {
        return tags.value.0.iter().map(|tag| &tag.value.0).collect();
    }
    let has_path = service.path.value().is_some_and(|path| !path.0.is_root());
    if has_path { &USUAL } else { &BY_NAME }.iter().collect()
}

/// Reports each tag format that contains `{{path}}` if the service has no path. Returns whether there is no such
/// problem.
fn has_path(name: &str, service: &Named<Box<raw::Service>>, problems: &mut Problems<'_>) -> bool {
    if service.value.value.path.value().is_some_and(|path| !path.0.is_root()) {
        return true;
    }
    let Field::Given(tags) = &service.value.value.tag else { return true };
    let mut needing = tags.value.0.iter().filter(|tag| tag.value.0.uses_path()).peekable();
    let has_path = needing.peek().is_none();
    for format in needing {
        let message = format!("the service `{}` has no path for `{{{{path}}}}`", Escaped::new(name));
        let problem = Diagnostic::error("tag-without-path", message);
        let problem = problem.located(problems.file(), &service.name, "no `path`, or the root");
        let problem = problem.label(problems.file(), format.defined, "the format of its tags");
        problems.push(problem.help("give it a path, or a `tag` such as `{{name}}@{{version}}`"));
    }
    has_path
}

fn say(problem: &TagProblem, services: &Services, problems: &mut Problems<'_>) {
    let code = match problem {
        TagProblem::Refused { .. } => "bad-tag",
        TagProblem::Overlap { .. } => "ambiguous-tags",
        TagProblem::Directory { .. } => "tag-is-directory",
    };
    let place = |service: &ServiceName| {
        let named = &services[service.as_str()];
        match &named.value.value.tag {
            Field::Given(tags) if tags.defined.start >= named.name.defined.start => Located::as_ref(tags).map(|_| ()),
            Field::Given(_) | Field::Absent | Field::Empty | Field::Broken => named.name.clone(),
        }
    };
    let diagnostic = Diagnostic::error(code, problem.to_string());
    let diagnostic = diagnostic.located(problems.file(), &place(problem.service()), "");
    let diagnostic = match problem {
        TagProblem::Refused { .. } => diagnostic,
        TagProblem::Overlap { other, .. } | TagProblem::Directory { other, .. } => {
            diagnostic.located(problems.file(), &place(other), format!("tags of `{other}`"))
        }
    };
    problems.push(diagnostic.help(problem.help()));
}
