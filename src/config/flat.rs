//! The flat shape: dorny/paths-filter v4's grammar and meaning, rule by rule (its `src/filter.ts`).
//!
//! A file that the action accepts is accepted, and means the same; where that is hardly what was meant, a warning
//! says so.

use std::borrow::Cow;

use indexmap::IndexMap;

use super::problems::Problems;
use super::raw::{Place, pattern};
use super::structured::usual_environments;
use super::yaml::{Meaning, Scalar, View};
use super::{Config, Global, Image, Service, Shape, definition, release_tags};
use crate::diagnostic::{Diagnostic, Located};
use crate::filter::{Filter, Filters, Quantifier, Rule, Statuses};
use crate::graph::Graph;
use crate::name::{Escaped, RepoDir, ServiceName};
use crate::recipe::Recipe;
use crate::version::{Count, TagFormat};

/// Reads a file of the flat shape; none when something is wrong with it.
pub(super) fn read(root: View<'_>, quantifier: Quantifier, problems: &mut Problems<'_>) -> Option<Config> {
    let mut services = IndexMap::new();
    let mut filters = Vec::new();
    for (name, at, value) in named(root, problems)? {
        let mut rules = Vec::new();
        item(value, &mut rules, problems);
        traps(&name, &at, &rules, quantifier, problems);
        let name = ServiceName::of_flat_filter(&name);
        let service = service(at.clone().map(|()| name.clone()), Filters::id(filters.len()));
        if let Some(first) = services.insert(name.clone(), service) {
            let problem = Diagnostic::error("duplicate-key", format!("two keys are the name `{name}`"));
            let problem = problem.located(problems.file(), &at, "the second one");
            problems.push(problem.label(problems.file(), first.name.defined, "the first one"));
        }
        filters.push(Filter::PathsFilter { quantifier, rules });
    }
    if problems.has_errors() {
        return None;
    }
    let named = services.iter().map(|(name, service)| (name.as_str().to_owned(), service.filter)).collect();
    let graph = Graph::new(&services.keys().map(|name| (name.clone(), Vec::new())).collect::<Vec<_>>()).ok()?;
    let definitions = definition::of(&services, &filters, |id| graph.name(id).clone());
    let global = Filters::id(filters.len());
    let ignore = Filters::id(filters.len() + 1);
    filters.extend([Filter::Ordered(Vec::new()), Filter::Ordered(Vec::new())]);
    Some(Config {
        source: problems.file().clone(),
        shape: Shape::Flat,
        release_tags: release_tags(&services),
        services,
        graph,
        filters: Filters::new(filters),
        named,
        global,
        ignore,
        environments: usual_environments(),
        definitions,
    })
}

/// A filter's name, where that is, and what is below it.
type NamedItem<'t> = (Cow<'t, str>, Located<()>, View<'t>);

/// The filters by name, in the order of JavaScript's `Object.entries`: names that are array indices first, by their
/// number, then the others as they stand.
fn named<'t>(root: View<'t>, problems: &mut Problems<'_>) -> Option<Vec<NamedItem<'t>>> {
    if let Some(items) = root.list() {
        return Some(items.enumerate().map(|(at, item)| (at.to_string().into(), item.locate(()), item)).collect());
    }
    let Some(entries) = root.mapping() else {
        super::read::wrong_type(root, "a mapping of filters", problems);
        return None;
    };
    let mut entries: Vec<_> = entries.map(|(key, value)| (key_name(key), key.locate(()), value)).collect();
    entries.sort_by_key(|(name, _, _)| array_index(name).map_or((1, 0), |index| (0, index)));
    Some(entries)
}

/// The name that a key has in JavaScript: `0x10` is `16`.
fn key_name(key: View<'_>) -> Cow<'_, str> {
    match key.scalar().map(Scalar::meaning) {
        Some(Meaning::Null) => "null".into(),
        Some(Meaning::Bool(value)) => value.to_string().into(),
        Some(Meaning::Number(number)) if number.is_u64() || number.is_i64() => number.to_string().into(),
        _ => key.text().into(),
    }
}

/// The number of a name that JavaScript takes for an array's index.
fn array_index(name: &str) -> Option<u32> {
    let index: u32 = name.parse().ok()?;
    (index < u32::MAX && index.to_string() == name).then_some(index)
}

fn service(name: Located<ServiceName>, filter: crate::filter::FilterId) -> Service {
    let format = TagFormat::parse(TagFormat::BY_NAME);
    Service {
        tag: format.map(|format| format.pattern(&name.value, &RepoDir::ROOT)).into_iter().collect(),
        name,
        path: None,
        filter,
        global: Global::TakesPart,
        depends_on: Vec::new(),
        style: None,
        count: Count::default(),
        image: Image::default(),
        platforms: Vec::new(),
        matrix: serde_json::Map::new(),
        description: None,
        recipe: Recipe { weight: 1, ..Recipe::default() },
    }
}

/// Reads an item of a filter: each text and each key of a mapping is a rule, and lists are flattened.
fn item(view: View<'_>, rules: &mut Vec<Rule>, problems: &mut Problems<'_>) {
    if let Some(items) = view.list() {
        items.for_each(|inner| item(inner, rules, problems));
    } else if let Some(entries) = view.mapping() {
        for (key, value) in entries {
            let statuses = statuses(key, problems);
            let mut patterns = Vec::new();
            any_of(value, &mut patterns, problems);
            rules.push(Rule { statuses, patterns });
        }
    } else if is_date(view) {
        date(view, problems);
    } else {
        let mut patterns = Vec::new();
        any_of(view, &mut patterns, problems);
        rules.push(Rule { statuses: Statuses::ANY, patterns });
    }
}

/// Reads the patterns of one rule.
fn any_of(view: View<'_>, patterns: &mut Vec<Located<crate::glob::Pattern>>, problems: &mut Problems<'_>) {
    if let Some(items) = view.list() {
        items.for_each(|inner| any_of(inner, patterns, problems));
        return;
    }
    match view.scalar().map(Scalar::meaning) {
        Some(Meaning::Text) if !is_date(view) => patterns.extend(pattern(view, Place::Start, problems)),
        _ if view.is_broken() => {}
        Some(Meaning::Null) => {
            let problem = Diagnostic::error("wrong-type", "a pattern is missing here");
            let problem = problem.located(problems.file(), &view.locate(()), "expected a pattern");
            problems.push(problem.help("write a pattern, or take the line out"));
        }
        Some(Meaning::Number(_) | Meaning::Bool(_) | Meaning::Text) => {
            let kind = if is_date(view) { "a date" } else { view.kind() };
            let problem = Diagnostic::error("wrong-type", format!("expected a pattern, found {kind}"));
            let problem = problem.located(problems.file(), &view.locate(()), "expected a pattern");
            problems.push(problem.help(format!("quote it: \"{}\"", view.text())));
        }
        None => {
            let problem = Diagnostic::error("wrong-type", format!("expected a pattern, found {}", view.kind()));
            let problem =
                problem.located(problems.file(), &view.locate(()), "expected a pattern, or a list of patterns");
            problems
                .push(problem.help("a file without a top-level `services:` has the flat shape: names and patterns"));
        }
    }
}

/// Reads `added|modified`: words that are no statuses are accepted, as the action does, and never match.
fn statuses(key: View<'_>, problems: &mut Problems<'_>) -> Statuses {
    let mut statuses = Statuses::NONE;
    for word in key.text().split('|').map(|word| word.trim().to_lowercase()).filter(|word| !word.is_empty()) {
        if let Some(status) = Statuses::word(&word) {
            statuses = statuses.or(status);
            continue;
        }
        let message = format!("there is no status `{}`", Escaped::new(&word));
        let problem = Diagnostic::warning("unknown-status", message);
        let problem = problem.located(problems.file(), &key.locate(()), "never matches");
        problems.push(match problems.did_you_mean(&word, ["added", "modified", "deleted"]) {
            Some(meant) => problem.help(format!("did you mean `{meant}`?")),
            None => problem.help("there are `added`, `modified` and `deleted`; a rename is a deletion and an addition"),
        });
    }
    statuses
}

/// Whether js-yaml makes a date of a scalar: then it is no pattern to the action, but something without rules.
fn is_date(view: View<'_>) -> bool {
    let Some(scalar) = view.scalar().filter(|scalar| scalar.is_plain() && scalar.meaning() == Meaning::Text) else {
        return false;
    };
    let text = scalar.text();
    let (date, time) = text.split_at(text.find(['T', 't', ' ', '\t']).unwrap_or(text.len()));
    let parts: Vec<&str> = date.split('-').collect();
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let lengths: Vec<usize> = parts.iter().map(|part| part.len()).collect();
    let dated = parts.iter().all(|part| digits(part));
    match lengths[..] {
        [4, 2, 2] if time.is_empty() => dated,
        [4, 1 | 2, 1 | 2] => dated && time.trim_start_matches(['T', 't', ' ', '\t']).split(':').count() >= 3,
        _ => false,
    }
}

fn date(view: View<'_>, problems: &mut Problems<'_>) {
    let text = Escaped::new(view.text()).to_string();
    let problem = Diagnostic::warning("date", format!("`{text}` is a date to paths-filter, and no pattern"));
    let problem = problem.located(problems.file(), &view.locate(()), "never matches");
    problems.push(problem.help(format!("quote it: \"{text}\"")));
}

/// Warns of what paths-filter takes in another sense than it reads.
fn traps(name: &str, at: &Located<()>, rules: &[Rule], quantifier: Quantifier, problems: &mut Problems<'_>) {
    let patterns = || rules.iter().flat_map(|rule| &rule.patterns);
    let negated = |pattern: &&Located<crate::glob::Pattern>| pattern.value.is_negated();
    match quantifier {
        Quantifier::Some if patterns().count() > 1 => {
            for pattern in patterns().filter(negated) {
                let message = format!("`{}` matches every other path", Escaped::new(pattern.value.text()));
                let problem = Diagnostic::warning("negation-widens", message);
                let problem = problem.located(problems.file(), pattern, "does not exclude: any pattern may match");
                let problem = problem.help("to exclude, run with `--quantifier some-with-excludes`");
                problems.push(problem.help("or write the structured shape, with `services:`, where `!` excludes"));
            }
        }
        Quantifier::SomeWithExcludes if patterns().next().is_some() && patterns().all(|pattern| negated(&pattern)) => {
            let message = format!("the filter `{}` has exclusions alone, and never matches", Escaped::new(name));
            let problem = Diagnostic::warning("only-exclusions", message);
            let problem = problem.located(problems.file(), at, "never matches");
            problems.push(problem.help("begin with what it matches, such as `**`"));
        }
        Quantifier::Every if rules.is_empty() => {
            let message = format!("the filter `{}` has no patterns, and matches every change", Escaped::new(name));
            problems.push(Diagnostic::warning("no-patterns", message).located(
                problems.file(),
                at,
                "matches everything",
            ));
        }
        _ => {}
    }
}
