//! Symbolic links from files that a service covers to files that it does not cover.

use std::collections::BTreeSet;

use super::ground::Ground;
use super::proposed_patterns::of_files;
use super::{CheckRule, Finding};
use crate::model::diagnostic::Severity;
use crate::model::name::{Escaped, RepoDir};

pub(super) fn check(ground: &Ground<'_>) -> Vec<Finding> {
    // The target of each link, if it is tracked.
    let leads = ground.links.iter().filter_map(|(path, target)| {
        let position = ground.listing().position(path.as_bytes())?;
        let meant = RepoDir::of_file(path).resolve_file(target).ok().filter(|_| !target.starts_with('/'))?;
        (ground.tree.has(&meant) || ground.is_directory(&meant)).then_some((position, path, meant))
    });
    let leads: Vec<_> = leads.collect();
    let mut found = Vec::new();
    if leads.is_empty() {
        return found;
    }
    let mut said = BTreeSet::new();
    for set in 0..ground.sets.len() {
        let config = ground.config(set);
        for service in config.graph.services() {
            let cover = ground.cover(std::iter::once((set, service)).chain(ground.together(set, service)));
            for (position, path, meant) in &leads {
                let file = ground.listing().position(meant.as_bytes());
                let files: Vec<usize> = match file {
                    Some(file) => vec![file],
                    None => ground.listing().below(meant.as_bytes()).collect(),
                };
                let is_covered = files.iter().any(|file| cover.has(*file));
                if !cover.has(*position) || is_covered || !said.insert((set, service, meant.clone())) {
                    continue;
                }
                let place = &config.services[service.0].name;
                let [path, shown] = [path.as_str(), meant.as_str()].map(|path| Escaped::new(path).to_string());
                let message =
                    format!("`{path}` of `{}` is a link to `{shown}`, which none of its patterns matches", place.value);
                let patterns = of_files(ground, &RepoDir::root(), meant, &files);
                let patterns: Vec<String> =
                    patterns.iter().map(|pattern| format!("`{}`", Escaped::new(pattern))).collect();
                found.push(
                    Finding::new(CheckRule::UncoveredLink, Severity::Warning, message)
                        .of(&place.value)
                        .label(&config.source, place.defined, "does not cover it")
                        .help(format!(
                            "add {} to `{}`, if it is read through the link",
                            patterns.join(", "),
                            place.value
                        )),
                );
            }
        }
    }
    found
}
