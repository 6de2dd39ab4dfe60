use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator};

use crate::analysis::filter::{Effect, FilterEntry, Statuses};
use crate::config::problems::{Problems, shown};
use crate::config::read::{Read, flattened, text};
use crate::config::yaml::View;
use crate::glob::Pattern;
use crate::model::diagnostic::{Diagnostic, Located};

/// An ordered list of patterns, in which a later `!pattern` excludes paths that earlier patterns matched.
#[derive(Debug, Clone, Default)]
pub(in crate::config) struct Patterns(pub(in crate::config) Vec<FilterEntry>);

/// A pattern of `exclude`.
#[derive(Debug, Clone)]
pub(in crate::config) struct Exclusion(pub(in crate::config) Pattern);

/// The position at which a pattern begins in its scalar.
#[derive(Debug, Clone, Copy)]
pub(in crate::config) enum Place {
    /// At its first byte.
    Start,
    /// After the `!` of an exclusion.
    BehindMark,
}

/// Reads the pattern of a scalar.
pub(in crate::config) fn pattern(
    view: View<'_>,
    place: Place,
    problems: &mut Problems<'_>,
) -> Option<Located<Pattern>> {
    let skipped = match place {
        Place::Start => 0,
        Place::BehindMark => 1,
    };
    let text = &view.text()[skipped..];
    if text.is_empty() {
        problems.error("empty-pattern", "a pattern is empty", &view.locate(()), "matches nothing");
        return None;
    }
    match Pattern::parse(text) {
        Ok(pattern) => {
            let pattern = view.locate(pattern);
            if pattern.value.is_spelled_out() {
                spelled_out(&pattern, problems);
            }
            Some(pattern)
        }
        Err(error) => {
            let file = problems.file();
            let wrong = text.get(error.offset..).and_then(|rest| rest.chars().next()).map_or(0, char::len_utf8);
            let offset = error.offset + skipped;
            let at = view.locate_part(file, offset..offset + wrong);
            let message = format!("the pattern `{}` cannot be read: {}", shown(text), shown(&error.message));
            let problem = Diagnostic::error("bad-pattern", message).located(file, &at, "");
            problems.push(error.help.into_iter().fold(problem, Diagnostic::help));
            None
        }
    }
}

/// Warns of a pattern whose brackets cannot be read. Such a pattern matches only the path with the same text.
fn spelled_out(pattern: &Located<Pattern>, problems: &mut Problems<'_>) {
    let text = pattern.value.text();
    let message = format!("the brackets of `{}` cannot be read as a set of characters", shown(text));
    let problem = Diagnostic::warning("spelled-out", message);
    let problem = problem.located(problems.file(), pattern, "matches only the path that is spelled like this");
    let escaped = text.replace('[', "\\[").replace(']', "\\]");
    problems.push(problem.help(format!("if you mean this path, write backslashes: `{}`", shown(&escaped))));
}

impl Read for Patterns {
    fn read(view: View<'_>, problems: &mut Problems<'_>) -> Option<Self> {
        let mut entries = Vec::new();
        for item in flattened(view) {
            match item.mapping() {
                None => entries.push(entry(item, Statuses::ANY, problems)),
                Some(by_status) => {
                    for (key, value) in by_status {
                        let statuses = statuses(key, problems);
                        for item in flattened(value) {
                            let entry = entry(item, statuses.unwrap_or(Statuses::ANY), problems);
                            entries.push(entry.filter(|_| statuses.is_some()));
                        }
                    }
                }
            }
        }
        let entries: Vec<FilterEntry> = entries.into_iter().collect::<Option<_>>()?;
        let Some(first) = entries.first() else { return Some(Self(entries)) };
        if entries.iter().all(|entry| entry.effect == Effect::Exclude) {
            let problem = Diagnostic::error("only-exclusions", "a list of only `!` patterns matches nothing");
            let problem = problem.located(problems.file(), &first.pattern, "no earlier pattern to exclude from");
            let problem = problem.help("begin with what it matches, such as `**`");
            problems.push(
                problem.help("keep exclusions that are only shared by an anchor under a key that begins with `x-`"),
            );
            return None;
        }
        if first.effect == Effect::Exclude {
            let message = "a list that begins with an exclusion: patterns are read in order, so it takes nothing back";
            let problem = Diagnostic::warning("exclusion-first", message);
            let problem = problem.located(problems.file(), &first.pattern, "no earlier pattern to exclude from");
            problems.push(problem.help("move it after the patterns that it restricts"));
        }
        Some(Self(entries))
    }
}

fn entry(view: View<'_>, statuses: Statuses, problems: &mut Problems<'_>) -> Option<FilterEntry> {
    let text = text(view, "a pattern", problems)?;
    let Some((effect, _)) = Effect::of(text) else {
        let problem = Diagnostic::error("double-exclusion", "a pattern begins with `!!`");
        let problem = problem.located(problems.file(), &view.locate(()), "excludes what is not matched");
        problems
            .push(problem.help("write one `!` to exclude, none to include, and `\\!` for a file whose name begins so"));
        return None;
    };
    let place = match effect {
        Effect::Include => Place::Start,
        Effect::Exclude | Effect::ExcludeWildcards | Effect::Lockfile | Effect::Cede => Place::BehindMark,
    };
    Some(FilterEntry { effect, statuses, pattern: pattern(view, place, problems)? })
}

impl Read for Exclusion {
    fn read(view: View<'_>, problems: &mut Problems<'_>) -> Option<Self> {
        let text = text(view, "a pattern", problems)?;
        if !matches!(Effect::of(text), Some((Effect::Include, _))) {
            let problem = Diagnostic::error("double-exclusion", "a pattern of `exclude` begins with `!`");
            let problem = problem.located(problems.file(), &view.locate(()), "excludes what is not matched");
            problems.push(problem.help("write it without the `!`; to keep a file, name it in `filters`"));
            return None;
        }
        pattern(view, Place::Start, problems).map(|pattern| Self(pattern.value))
    }
}

impl JsonSchema for Exclusion {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Exclusion".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        schemars::json_schema!({ "type": "string", "minLength": 1, "pattern": "^(!\\(|[^!])" })
    }
}

/// Reads status words, such as `added|modified`. Reports an unknown word, and then returns `None`.
fn statuses(key: View<'_>, problems: &mut Problems<'_>) -> Option<Statuses> {
    let mut statuses = Statuses::NONE;
    for word in key.text().split('|').map(str::trim) {
        let Some(status) = Statuses::word(word) else {
            let problem = Diagnostic::error("unknown-status", format!("there is no status `{}`", shown(word)));
            let problem =
                problem.located(problems.file(), &key.locate(()), "expected `added`, `modified` or `deleted`");
            problems.push(match problems.did_you_mean(word, ["added", "modified", "deleted"]) {
                Some(meant) => problem.help(format!("did you mean `{meant}`?")),
                None => problem.help("a rename is a deletion and an addition; several words are joined by `|`"),
            });
            return None;
        };
        statuses = statuses.or(status);
    }
    Some(statuses)
}

impl JsonSchema for Patterns {
    fn schema_name() -> Cow<'static, str> {
        "Patterns".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let nested = generator.subschema_for::<Self>();
        let word = "\\s*(added|modified|deleted)\\s*";
        let statuses = format!("^{word}(\\|{word})*$");
        schemars::json_schema!({
            "description": "A pattern, or a list of patterns; `!` takes back what earlier ones matched, \
                `added|modified|deleted` before one restricts it to changes of that kind, lists inside are flattened.",
            "anyOf": [
                { "type": "string", "minLength": 1 },
                { "type": "array", "items": nested },
                { "type": "object", "patternProperties": { (statuses): nested }, "additionalProperties": false },
            ],
        })
    }
}
