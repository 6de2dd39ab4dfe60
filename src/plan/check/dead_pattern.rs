//! Dead patterns (patterns that match no tracked file), with the patterns that were probably meant.

use std::collections::BTreeSet;

use super::ground::Ground;
use super::positions::Positions;
use super::written_patterns::{WrittenPattern, alone};
use super::{CheckRule, Finding, Fix};
use crate::analysis::filter::{FilterId, Filters, members_of_listing};
use crate::glob::Pattern;
use crate::model::diagnostic::Severity;
use crate::model::name::{Escaped, RepoDir, nearest};

/// Groups of file endings that people often confuse with each other.
const ENDINGS: [&[&str]; 6] = [
    &["yml", "yaml"],
    &["js", "mjs", "cjs", "ts", "mts", "cts"],
    &["jsx", "tsx"],
    &["json", "jsonc", "json5"],
    &["lock", "lockb"],
    &["md", "mdx", "rst", "adoc"],
];

/// The greatest number of dead patterns for which the rule looks for the patterns that were meant.
const MOST_MEANT: usize = 200;

/// A pattern that was probably meant instead of a dead one.
struct Meant {
    pattern: Pattern,
    /// Whether the dead pattern is certainly a mistake, and not written on purpose.
    is_certain: bool,
    rule: CheckRule,
}

pub(super) fn check(ground: &Ground<'_>, written: &[WrittenPattern<'_>]) -> Vec<Finding> {
    let dead: Vec<&WrittenPattern<'_>> = written.iter().filter(|written| written.files == 0).collect();
    let alive: BTreeSet<(usize, FilterId)> =
        written.iter().filter(|written| written.files > 0).map(|written| (written.set, written.filter)).collect();
    let meant: Vec<Vec<Meant>> = dead.iter().take(MOST_MEANT).map(|written| meant(ground, written)).collect();
    let filters = alone(meant.iter().flatten().map(|meant| meant.pattern.clone()));
    let listing = ground.listing();
    let files = members_of_listing(&filters, listing);
    let mut next = 0;
    let mut found = Vec::new();
    let nothing = Vec::new();
    for (at, written) in dead.iter().enumerate() {
        let ways = meant.get(at).unwrap_or(&nothing);
        let first = next;
        next += ways.len();
        let best = ways.iter().zip(first..).find(|(_, at)| !files.of(Filters::id(*at)).is_empty());
        let own = Positions::of(listing.len(), ground.files(written.set, written.filter).iter().copied());
        let missed = best.map_or(0, |(_, at)| files.of(Filters::id(at)).iter().filter(|file| !own.has(**file)).count());
        let is_whole =
            written.name.is_some() && !alive.contains(&(written.set, written.filter)) && own_is_empty(ground, written);
        found.push(finding(ground, written, best.map(|(meant, _)| meant), missed, is_whole));
    }
    found
}

fn own_is_empty(ground: &Ground<'_>, written: &WrittenPattern<'_>) -> bool {
    ground.files(written.set, written.filter).is_empty()
}

fn finding(
    ground: &Ground<'_>,
    written: &WrittenPattern<'_>,
    meant: Option<&Meant>,
    missed: usize,
    is_whole: bool,
) -> Finding {
    let source = &ground.config(written.set).source;
    let text = Escaped::new(written.pattern.value.text()).to_string();
    let is_missed = missed > 0 && meant.is_some_and(|meant| meant.is_certain);
    let severity = if is_missed || is_whole { Severity::Error } else { Severity::Warning };
    let service = written.name.and_then(|name| ground.config(written.set).graph.id(name.as_str()));
    let severity = service.map_or(severity, |service| ground.severity(written.set, service, severity));
    let rule = meant.map_or(CheckRule::DeadPattern, |meant| meant.rule);
    let message = match written.name.filter(|_| is_whole) {
        Some(name) => {
            format!("`{text}` matches no tracked file, and `{name}` has no pattern that does: no change affects it")
        }
        None if rule == CheckRule::BareDirectory => {
            format!("`{text}` is a directory, and the pattern matches no file in it")
        }
        None => format!("`{text}` matches no tracked file"),
    };
    let mut finding = Finding::new(rule, severity, message).label(source, written.pattern.defined, "matches nothing");
    finding.service = written.name.cloned();
    let Some(meant) = meant else { return finding.help("correct the pattern, or remove it") };
    let pattern = meant.pattern.text().to_owned();
    let directory = pattern.strip_suffix("/**").unwrap_or(&pattern).to_owned();
    let pattern = if written.of_path { directory } else { pattern };
    let files = match missed {
        0 => String::new(),
        1 => ", which matches 1 file that nothing else of it matches".to_owned(),
        missed => format!(", which matches {missed} files that nothing else of it matches"),
    };
    let fix = is_missed.then(|| Fix::Replace { at: written.pattern.defined, pattern: pattern.clone() });
    finding.help(format!("write `{}`{files}", Escaped::new(&pattern))).fixed_by(fix)
}

/// Returns the patterns that may have been meant, the most probable first.
fn meant(ground: &Ground<'_>, written: &WrittenPattern<'_>) -> Vec<Meant> {
    let text = written.pattern.value.text();
    let mut ways: Vec<(String, bool, CheckRule)> = Vec::new();
    let bare = text.trim_end_matches('/').trim_start_matches("./");
    if !written.pattern.value.has_wildcard() && ground.is_directory(bare) {
        ways.push((format!("{bare}/**"), true, CheckRule::BareDirectory));
    }
    let tidy = text.trim_start_matches("./").trim_start_matches('/');
    if tidy != text {
        ways.push((tidy.to_owned(), true, CheckRule::DeadPattern));
        ways.push((format!("{}/**", tidy.trim_end_matches('/')), true, CheckRule::DeadPattern));
    }
    if let Some((stem, ending)) = tidy.rsplit_once('.').filter(|(_, ending)| !ending.contains('/')) {
        let group = ENDINGS.iter().filter(|group| group.contains(&ending)).flat_map(|group| group.iter());
        ways.extend(
            group
                .filter(|other| **other != ending)
                .map(|other| (format!("{stem}.{other}"), true, CheckRule::DeadPattern)),
        );
    }
    ways.extend(near(ground, tidy).map(|text| (text, false, CheckRule::DeadPattern)));
    let read = |(text, is_certain, rule): (String, bool, CheckRule)| {
        Some(Meant {
            pattern: Pattern::parse(&text).ok().filter(|_| text != written.pattern.value.text())?,
            is_certain,
            rule,
        })
    };
    ways.into_iter().filter_map(read).collect()
}

/// Returns a pattern in which the most similar existing name replaces each name that does not exist: names of
/// directories, and of a file at the end. `None` if a name has no similar one.
fn near(ground: &Ground<'_>, text: &str) -> Option<String> {
    let pattern = Pattern::parse(text).ok()?;
    let plain = pattern.directory();
    let rest = text.get(plain.len()..)?;
    let mut found = String::new();
    let mut parts = plain.split('/').filter(|part| !part.is_empty()).peekable();
    while let Some(part) = parts.next() {
        let is_file = parts.peek().is_none() && rest.is_empty();
        let names = names_in(ground, &found);
        let exact = names.iter().find(|(name, is_directory)| name == part && *is_directory != is_file);
        let alike = || names.iter().filter(|(_, is_directory)| *is_directory != is_file).map(|(name, _)| name.as_str());
        let near = || nearest(part, alike()).filter(|name| is_near(part, name));
        let name = exact.map(|(name, _)| name.as_str()).or_else(near)?.to_owned();
        found = if found.is_empty() { name } else { format!("{found}/{name}") };
    }
    (!found.is_empty()).then(|| format!("{found}{rest}"))
}

/// Whether two names differ only in case or, if they are long enough, in at most two adjacent characters.
fn is_near(a: &str, b: &str) -> bool {
    let same = |a: &mut dyn Iterator<Item = char>, b: &mut dyn Iterator<Item = char>| {
        a.zip(b).take_while(|(a, b)| a == b).count()
    };
    let (first, last) = (same(&mut a.chars(), &mut b.chars()), same(&mut a.chars().rev(), &mut b.chars().rev()));
    let longest = a.chars().count().max(b.chars().count());
    a.eq_ignore_ascii_case(b) || first + last + 2 >= longest && longest > 4
}

/// Returns the names in a directory, each with true if it is the name of a subdirectory.
fn names_in(ground: &Ground<'_>, directory: &str) -> BTreeSet<(String, bool)> {
    let start = RepoDir::parse(if directory.is_empty() { "." } else { directory }).map_or(0, |dir| dir.join("").len());
    let listing = ground.listing();
    let mut names = BTreeSet::new();
    for position in listing.below(directory.as_bytes()) {
        let Ok(path) = std::str::from_utf8(&listing.get(position).path[start..]) else { continue };
        let (name, is_directory) = path.split_once('/').map_or((path, false), |(name, _)| (name, true));
        if names.last().is_none_or(|(last, _): &(String, bool)| last != name) {
            names.insert((name.to_owned(), is_directory));
        }
    }
    names
}
