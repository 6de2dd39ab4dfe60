//! Tracked files that belong to no service or filter.

use super::ground::Ground;
use super::positions::Positions;
use super::{CheckRule, FilterPlace, Finding};
use crate::analysis::filter::Filters;
use crate::config::Shape;
use crate::model::diagnostic::{Severity, Span};
use crate::model::name::{Escaped, Listed};

pub(super) fn check(ground: &Ground<'_>) -> Vec<Finding> {
    let files = ground.sets.iter().position(|set| matches!(set.place, FilterPlace::File(_)));
    let Some(first) = files else { return Vec::new() };
    let mut owned = Positions::of(ground.listing().len(), []);
    for (number, set) in ground.sets.iter().enumerate() {
        let all = (0..set.config.filters.len()).map(Filters::id);
        all.for_each(|filter| owned.add(ground.files(number, filter).iter().copied()));
        owned.add(set.locked.iter().filter_map(|path| ground.listing().position(path.as_bytes())));
    }
    // A change of the configuration affects the services whose definitions it changes.
    let config = ground.config(first).source.name().as_bytes();
    let is_config = |position: &usize| ground.listing().get(*position).path == config;
    owned.add((0..ground.listing().len()).filter(is_config));
    let unowned: Vec<usize> = (0..ground.listing().len()).filter(|position| !owned.has(*position)).collect();
    if unowned.is_empty() {
        return Vec::new();
    }
    let groups = groups(ground, &owned);
    let shown: Vec<String> = groups.iter().map(|group| format!("`{}`", Escaped::new(group))).collect();
    let count = unowned.len();
    let are = if count == 1 { "1 tracked file belongs" } else { &format!("{count} tracked files belong") };
    let message = format!("{are} to nothing: {}", Listed::new(&shown, 8));
    let config = ground.config(first);
    let (severity, help) = match config.shape {
        Shape::Structured => (Severity::Warning, "give them to a service, or list them in `unowned`"),
        Shape::Flat => (Severity::Note, "a change of them alone makes no filter true; that may be right"),
    };
    let finding = Finding::new(CheckRule::UnownedFile, severity, message);
    vec![finding.label(&config.source, Span::default(), "").help(help)]
}

/// Returns patterns for the unowned files. A directory in which no file is owned gets one pattern; any other unowned
/// file gets a pattern of its own.
fn groups(ground: &Ground<'_>, owned: &Positions) -> Vec<String> {
    let listing = ground.listing();
    // For each position in the listing, how many files before it are owned.
    let mut before = vec![0; listing.len() + 1];
    for at in 0..listing.len() {
        before[at + 1] = before[at] + usize::from(owned.has(at));
    }
    let mut groups = Vec::new();
    let mut at = 0;
    while at < listing.len() {
        if owned.has(at) {
            at += 1;
            continue;
        }
        let path = listing.get(at).path;
        let slashes = path.iter().enumerate().filter(|(_, byte)| **byte == b'/').map(|(slash, _)| slash);
        let mut directories = slashes.map(|slash| (slash, listing.below(&path[..slash])));
        if let Some((slash, below)) = directories.find(|(_, below)| before[below.start] == before[below.end]) {
            groups.push(format!("{}/**", String::from_utf8_lossy(&path[..slash])));
            at = below.end;
        } else {
            groups.push(ground.path(at));
            at += 1;
        }
    }
    groups
}
