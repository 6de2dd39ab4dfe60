//! The flat shape of filters.yaml: the grammar and meaning of dorny/paths-filter v4, rule by rule after its file
//! filter.ts.
//!
//! A file that the action accepts is accepted here too and has the same meaning, with the exceptions below. A warning
//! marks places where this meaning is probably not intended. Patterns follow picomatch 4; the action uses picomatch
//! 2.3.1, which reads some patterns differently ([`crate::glob`]).
//!
//! # Where this differs from dorny/paths-filter v4.0.3, or warns
//!
//! The columns "paths-filter" and "here" say whether the filter matches the change, or that the file is refused
//! (`error`); the codes of printed messages follow. An empty file has no filters in paths-filter, but is refused here.
//! A file beyond the limits of `config::yaml` is refused here too. Paths are always listed in the order of their bytes.
//!
//! | file | quantifier | change | paths-filter | here | why |
//! | --- | --- | --- | --- | --- | --- |
//! | `a: {modified: "**"}` | some | `T link` | no | yes | a type change is a modification; the action knows no status for it |
//! | `a: {modified: "**"}` | some | `U file` | no | yes | so is a path in conflict |
//! | `a: {unmerged: "**"}` | some | `U file` | yes | no unknown-status | a conflict has no status word of its own |
//! | `a: {touched: "**"}` | some | `M x` | no | no unknown-status | a word that is no status never matches |
//! | `a: {"": "**"}` | some | `M x` | no | no unknown-status | an empty status never matches either |
//! | `a: ["src/**", "!**/*.md"]` | some | `M other.txt` | yes | yes negation-widens | any pattern suffices, and the second holds |
//! | `a: ["!**/*.md"]` | some-with-excludes | `M x` | no | no only-exclusions | nothing is there to exclude from |
//! | `a: []` | every | `M x` | yes | yes no-patterns | all of no patterns hold |
//! | `a: 2024-01-31` | some | `M 2024-01-31` | no | no date | YAML 1.1 makes a date of it, which has no patterns |
//! | `a: [x, 2024-01-31]` | every | `M x` | yes | yes date | the same: the list has one pattern fewer than it seems |
//! | `3.10: x` | some | `M x` | yes | yes filter-name | the name is a number, and the filter is called `3.1` |
//! | `True: x` | some | `M x` | yes | yes filter-name | the same, and the filter is called `true` |
//! | `2024-01-31: x` | some | `M x` | yes | error filter-name | the name is a date, with a time and a time zone |
//! | `__proto__: x` | some | `M x` | no | yes filter-name | a filter of this name gets lost in an object |
//! | `{0x1: x, "0x1": y}` | some | `M x` | yes | error filter-name duplicate-key | two names that differ in their quotes alone |
//! | `{01: x, <<: {"1": y}}` | some | `M x` | yes | error filter-name duplicate-key | a name that replaces a merged one as a number only |
//! | `{? [x] : y}` | some | `M y` | yes | error key-not-scalar | the name is a list |
//! | `a: {added: [x, [y]]}` | some | `A y` | error | yes | v4.0.2 took nested lists there; so does rebake |
//! | `a: "[z-a]"` | some | `M z` | no | no spelled-out | its brackets cannot be read: only the path that is written so matches |
//! | `a: "x{a..b}/y.z"` | some | `M xa/y.z` | no | yes | 2.3.1 loses the text before the dot; 4 does not |
//! | `a: constructor` | some | `M constructor` | error | yes | 2.3.1 trips over names that every object has |
//! | `{API: x, api: y}` | some | `M x` | yes | yes same-output | GitHub keeps the later of two outputs that differ only in case |
//! | `services: {api: "**"}` | some | `M x` | no | error wrong-type | a mapping of services is the structured shape |
//! | `a: !!omap [added: x]` | some | `A x` | yes | error unknown-tag | tags beyond YAML 1.2's core schema |
//! | `2024-01-31` | some | `M x` | no | error wrong-type | a file that is a date has no filters |

mod js_yaml;

use std::borrow::Cow;

use indexmap::IndexMap;

use super::lockfile_use::LockfilePatterns;
use super::problems::{Problems, shown};
use super::raw::{Place, pattern};
use super::structured::usual_environments;
use super::yaml::View;
use super::{Computed, Config, Global, Image, KeyPlaces, LockfileUse, Service, ServiceOrigin, Shape, definition};
use crate::analysis::definition::{Definition, Definitions};
use crate::analysis::filter::{Filter, FilterId, Filters, FlatRule, Quantifier, Statuses};
use crate::analysis::graph::Graph;
use crate::model::diagnostic::{Diagnostic, Located, Severity};
use crate::model::job_settings::JobSettings;
use crate::model::name::{OWN_PREFIX, RepoDir, ServiceName, is_own_output, outputs_in_common};
use crate::model::recipe::{Promote, Recipe};
use crate::naming::version::{Count, Scheme, TagFormat};
use js_yaml::Value;

/// Reads a file of the flat shape; `None` if it has an error.
pub(super) fn read(root: View<'_>, quantifier: Quantifier, problems: &mut Problems<'_>) -> Option<Config> {
    let mut services = IndexMap::new();
    let mut filters = Vec::new();
    let usual = Usual::new();
    for (name, at, value) in named(root, problems)? {
        let mut rules = Vec::new();
        item(value, &mut rules, problems);
        traps(&name, &at, &rules, quantifier, problems);
        own_output(&name, &at, problems);
        let name = ServiceName::of_flat_filter(&name);
        let service = usual.service(at.clone().map(|()| name.clone()), Filters::id(filters.len()));
        if let Some(first) = services.insert(name.clone(), service) {
            let problem = Diagnostic::error("duplicate-key", format!("two keys mean the name `{name}`"));
            let problem = problem.located(problems.file(), &at, "the second one");
            problems.push(problem.label(problems.file(), first.name.defined, "the first one"));
        }
        filters.push(Filter::PathsFilter { quantifier, rules });
    }
    same_outputs(&services, problems);
    if problems.has_errors() {
        return None;
    }
    let named = services.iter().map(|(name, service)| (name.as_str().to_owned(), service.filter)).collect();
    let graph = Graph::new(&services.keys().map(|name| (name.clone(), Vec::new())).collect::<Vec<_>>()).ok()?;
    let global = Filters::id(filters.len());
    let unowned = Filters::id(filters.len() + 1);
    filters.extend([Filter::Ordered(Vec::new()), Filter::Ordered(Vec::new())]);
    Some(Config {
        source: problems.file().clone(),
        shape: Shape::Flat,
        services,
        graph,
        filters: Filters::new(filters),
        named,
        global,
        unowned,
        environments: usual_environments(),
        lockfiles: LockfilePatterns::default(),
        computed: Computed::default(),
    })
}

/// Reads the definitions of the filters in an older or newer version of the file. The definition of a filter that
/// cannot be read equals no other definition.
pub(super) fn definitions(root: View<'_>, quantifier: Quantifier, problems: &mut Problems<'_>) -> Option<Definitions> {
    let (usual, file) = (Usual::new(), problems.file());
    let define = |(name, at, value): NamedItem<'_>| {
        let mut problems = Problems::new(file);
        let mut rules = Vec::new();
        item(value, &mut rules, &mut problems);
        let name = ServiceName::of_flat_filter(&name);
        let service = usual.service(at.map(|()| name.clone()), Filters::id(0));
        let definition = definition::of(&service, &Filter::PathsFilter { quantifier, rules }, Vec::new(), None);
        (name, Definition { canonical: definition.canonical.filter(|_| !problems.has_errors()), ..definition })
    };
    Some(Definitions(named(root, problems)?.into_iter().map(define).collect()))
}

/// The name of a filter, its place, and its value.
type NamedItem<'t> = (Cow<'t, str>, Located<()>, View<'t>);

/// Returns the filters by name, in JavaScript's order: names that are array indices first, sorted by number, then the
/// others in the order of the file.
fn named<'t>(root: View<'t>, problems: &mut Problems<'_>) -> Option<Vec<NamedItem<'t>>> {
    if let Some(items) = root.list() {
        return Some(items.enumerate().map(|(at, item)| (at.to_string().into(), item.locate(()), item)).collect());
    }
    let Some(keys) = root.mapping() else {
        super::read::wrong_type(root, "a mapping of filters", problems);
        return None;
    };
    keys.for_each(|(key, _)| check_name(key, problems));
    in_javascript_order(root)
}

/// Returns the entries of a mapping in the order of JavaScript's `Object.entries`; `None` if this is not a mapping.
fn in_javascript_order(view: View<'_>) -> Option<Vec<NamedItem<'_>>> {
    let mut entries: Vec<_> = view.mapping()?.map(|(key, value)| (key_name(key), key.locate(()), value)).collect();
    entries.sort_by_key(|(name, _, _)| array_index(name).map_or((1, 0), |index| (0, index)));
    Some(entries)
}

/// Returns the name of a key in JavaScript: `0x10` is `16`, and `3.10` is `3.1`.
fn key_name(key: View<'_>) -> Cow<'_, str> {
    value(key).and_then(js_yaml::name).map_or(key.text().into(), Cow::Owned)
}

/// Reports a filter whose name in paths-filter differs from its name in the file. A name that is a date is an error;
/// any other such name is a warning.
fn check_name(key: View<'_>, problems: &mut Problems<'_>) {
    let (written, name, value) = (key.text(), key_name(key), value(key).unwrap_or(Value::Text));
    let message = match value {
        Value::Date => format!("the name `{}` is a date", shown(written)),
        Value::Text if written == "__proto__" => "paths-filter loses a filter of this name".to_owned(),
        _ if name != written => format!("the filter `{}` is called `{name}`", shown(written)),
        _ => return,
    };
    let problem = if value == Value::Date { Diagnostic::error } else { Diagnostic::warning };
    let problem = problem("filter-name", message).located(problems.file(), &key.locate(()), "no text to paths-filter");
    problems.push(match value {
        Value::Text => problem.help("give it another name"),
        _ => problem.help(format!("quote it: \"{}\"", shown(written))),
    });
}

/// Returns the value that paths-filter reads from a scalar; `None` if this is not a scalar.
fn value(view: View<'_>) -> Option<Value> {
    view.scalar().map(js_yaml::value)
}

/// Parses a name as a JavaScript array index, such as `12`; `None` if it is not one.
fn array_index(name: &str) -> Option<u32> {
    let index: u32 = name.parse().ok()?;
    (index < u32::MAX && index.to_string() == name).then_some(index)
}

/// The parts that all services of a flat file share, made once for all of them.
struct Usual {
    tag: Option<TagFormat>,
    image: Image,
}

impl Usual {
    fn new() -> Self {
        Self { tag: TagFormat::parse(TagFormat::BY_NAME).ok(), image: Image::default() }
    }

    fn service(&self, name: Located<ServiceName>, filter: FilterId) -> Service {
        Service {
            tag: self.tag.iter().map(|format| format.pattern(&name.value, &RepoDir::root())).collect(),
            name,
            origin: ServiceOrigin::Written,
            path: None,
            filter,
            inputs: None,
            circle: None,
            declared: Vec::new(),
            dockerfile: None,
            context: None,
            wide_context: None,
            lockfile: LockfileUse::Whole,
            global: Global::Affects,
            depends_on: Vec::new(),
            scheme: Scheme::default(),
            style: None,
            image: self.image.clone(),
            count: Count::default(),
            platforms: Vec::new(),
            promote: Promote::default(),
            matrix: serde_json::Map::new(),
            ci: JobSettings::new(),
            description: None,
            recipe: Recipe { weight: 1, ..Recipe::default() },
            keys: KeyPlaces::default(),
        }
    }
}

/// Reads an item of a filter: each text and each key of a mapping becomes a rule, and lists are flattened.
fn item(view: View<'_>, rules: &mut Vec<FlatRule>, problems: &mut Problems<'_>) {
    if let Some(items) = view.list() {
        items.for_each(|inner| item(inner, rules, problems));
    } else if let Some(entries) = in_javascript_order(view) {
        for (words, at, value) in entries {
            let statuses = statuses(&words, &at, problems);
            let mut patterns = Vec::new();
            any_of(value, &mut patterns, problems);
            rules.push(FlatRule { statuses, patterns });
        }
    } else if value(view) == Some(Value::Date) {
        date(view, problems);
    } else {
        let mut patterns = Vec::new();
        any_of(view, &mut patterns, problems);
        rules.push(FlatRule { statuses: Statuses::ANY, patterns });
    }
}

/// Reads the patterns of one rule.
fn any_of(view: View<'_>, patterns: &mut Vec<Located<crate::glob::Pattern>>, problems: &mut Problems<'_>) {
    if let Some(items) = view.list() {
        items.for_each(|inner| any_of(inner, patterns, problems));
        return;
    }
    match value(view) {
        Some(Value::Text) => patterns.extend(pattern(view, Place::Start, problems)),
        _ if view.is_broken() => {}
        Some(Value::Null) => {
            let problem = Diagnostic::error("wrong-type", "a pattern is missing here");
            let problem = problem.located(problems.file(), &view.locate(()), "expected a pattern");
            problems.push(problem.help("write a pattern, or remove the line"));
        }
        Some(found @ (Value::Number(_) | Value::Bool(_) | Value::Date)) => {
            let kind = match found {
                Value::Number(_) => "a number",
                Value::Date => "a date",
                _ => view.kind(),
            };
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

/// Reads status words, such as `added|modified`. Unknown words are accepted with a warning, as paths-filter accepts
/// them, and match no change.
fn statuses(words: &str, at: &Located<()>, problems: &mut Problems<'_>) -> Statuses {
    let mut statuses = Statuses::NONE;
    if words.split('|').all(|word| word.trim().is_empty()) {
        let problem = Diagnostic::warning("unknown-status", "there is no status here");
        let problem = problem.located(problems.file(), at, "never matches");
        problems.push(problem.help("there are `added`, `modified` and `deleted`"));
    }
    for word in words.split('|').map(|word| word.trim().to_lowercase()).filter(|word| !word.is_empty()) {
        if let Some(status) = Statuses::word(&word) {
            statuses = statuses.or(status);
            continue;
        }
        let message = format!("there is no status `{}`", shown(&word));
        let problem = Diagnostic::warning("unknown-status", message);
        let problem = problem.located(problems.file(), at, "never matches");
        problems.push(match problems.did_you_mean(&word, ["added", "modified", "deleted"]) {
            Some(meant) => problem.help(format!("did you mean `{meant}`?")),
            None => problem.help("there are `added`, `modified` and `deleted`; a rename is a deletion and an addition"),
        });
    }
    statuses
}

fn date(view: View<'_>, problems: &mut Problems<'_>) {
    let text = shown(view.text());
    let problem = Diagnostic::warning("date", format!("paths-filter reads `{text}` as a date, not as a pattern"));
    let problem = problem.located(problems.file(), &view.locate(()), "never matches");
    problems.push(problem.help(format!("quote it: \"{text}\"")));
}

/// Adds a note if a filter has the name of one of rebake's own outputs. The filter keeps its output, as in
/// paths-filter, and rebake's output has the prefix [`OWN_PREFIX`].
fn own_output(name: &str, at: &Located<()>, problems: &mut Problems<'_>) {
    if is_own_output(name) {
        let name = shown(name);
        let message = format!("the output `{name}` is this filter's; rebake's own is `{OWN_PREFIX}{name}`");
        let problem = Diagnostic::new(Severity::Note, "own-output", message).located(problems.file(), at, "");
        problems.push(problem.help(format!("`rebake verdict` reads `{OWN_PREFIX}{name}`: pass it on too")));
    }
}

/// Warns of two filters whose outputs have the same name. As with paths-filter, the later filter's output is kept.
fn same_outputs(services: &IndexMap<ServiceName, Service>, problems: &mut Problems<'_>) {
    for (first, second, output) in outputs_in_common(services.keys().map(ServiceName::as_str)) {
        let [first, second] = [first, second].map(|place| &services[place].name);
        let (one, other) = (shown(first.value.as_str()), shown(second.value.as_str()));
        let message = format!("the filters `{one}` and `{other}` both have the output `{}`", shown(&output));
        let problem = Diagnostic::warning("same-output", message);
        let problem = problem.located(problems.file(), second, "the output that counts");
        let problem = problem.label(problems.file(), first.defined, "the output that is lost");
        problems.push(problem.help("rename one of them: GitHub ignores the case of names"));
    }
}

/// Warns of a filter that probably does not do what its author meant: its negated patterns match more paths, it has
/// only exclusions, or it has no patterns and matches every change.
fn traps(name: &str, at: &Located<()>, rules: &[FlatRule], quantifier: Quantifier, problems: &mut Problems<'_>) {
    let patterns = || rules.iter().flat_map(|rule| &rule.patterns);
    let negated = |pattern: &&Located<crate::glob::Pattern>| pattern.value.is_negated();
    match quantifier {
        Quantifier::Some if patterns().count() > 1 => {
            let Some(first) = patterns().find(negated) else { return };
            let text = shown(first.value.text());
            let message = match patterns().filter(negated).count() - 1 {
                0 => format!("`{text}` matches every other path"),
                more => {
                    format!("`{text}` and {more} more negated patterns of `{}` match every other path", shown(name))
                }
            };
            let problem = Diagnostic::warning("negation-widens", message);
            let problem = problem.located(problems.file(), first, "does not exclude: any pattern may match");
            let problem = problem.help(
                "to exclude, choose the quantifier `some-with-excludes` (`--quantifier`, `predicate-quantifier`)",
            );
            problems.push(problem.help("or write the structured shape, with `services:`, where `!` excludes"));
        }
        Quantifier::SomeWithExcludes if patterns().next().is_some() && patterns().all(|pattern| negated(&pattern)) => {
            let message = format!("the filter `{}` has only exclusions, and never matches", shown(name));
            let problem = Diagnostic::warning("only-exclusions", message);
            let problem = problem.located(problems.file(), at, "never matches");
            problems.push(problem.help("begin with what it matches, such as `**`"));
        }
        Quantifier::Every if rules.is_empty() => {
            let message = format!("the filter `{}` has no patterns, and matches every change", shown(name));
            problems.push(Diagnostic::warning("no-patterns", message).located(
                problems.file(),
                at,
                "matches everything",
            ));
        }
        _ => {}
    }
}
