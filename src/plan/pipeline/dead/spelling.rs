//! Finds the text that was most likely meant by a pattern that matches nothing.

use std::collections::BTreeSet;

use super::Trees;
use super::filters_without_files::without_files;
use crate::analysis::filter::{Effect, Filter, FilterEntry, Filters, Statuses};
use crate::config::Config;
use crate::glob::Pattern;
use crate::inputs::git::{self, Repository};
use crate::model::change::ChangeSet;
use crate::model::diagnostic::{Located, Span};
use crate::model::name::{CommitId, ServiceId, nearest};

/// A variant of a pattern, which may have been meant.
struct Reading {
    /// The position of the service in the given list.
    service: usize,
    /// The text in the file.
    written: String,
    /// The text to write instead.
    meant: String,
}

/// Returns, for each of these services, a text in filters.yaml and the text to write instead; `None` if there is none.
/// The new text is the first variant of one of the service's patterns that matches a tracked file and is not the
/// directory of another service.
pub(super) fn meant(
    trees: &Trees,
    config: &Config,
    services: &[ServiceId],
) -> Result<Vec<Option<(String, String)>>, git::GitError> {
    let mut meant = vec![None; services.len()];
    let Some(head) = trees.range.tip.commit else { return Ok(meant) };
    let own_filters = config.services.values().map(|service| config.filters.get(service.filter));
    let taken: BTreeSet<String> = own_filters.flat_map(|filter| filter.cover().whole).collect();
    let (mut readings, mut filters) = (Vec::new(), Vec::new());
    for (position, service) in services.iter().enumerate() {
        for pattern in config.filters.get(config.services[service.0].filter).including() {
            for text in texts(trees.repository, &head, config, &pattern.value)? {
                let directory = text.trim_end_matches("/**");
                let Ok(read) = Pattern::parse(&text) else { continue };
                if text == pattern.value.text() || taken.contains(directory) {
                    continue;
                }
                let pattern_of = Located::new(read, Span::default());
                filters.push(Filter::Ordered(vec![FilterEntry {
                    effect: Effect::Include,
                    statuses: Statuses::ANY,
                    pattern: pattern_of,
                }]));
                // If the file has a `path` and not a pattern, the suggestion is a directory.
                let slice = config.source.slice(pattern.defined).trim_matches(['"', '\'']);
                let (written, meant) = if slice.contains('*') || slice == pattern.value.text() {
                    (pattern.value.text().to_owned(), text)
                } else {
                    (slice.to_owned(), directory.to_owned())
                };
                readings.push(Reading { service: position, written, meant });
            }
        }
    }
    let filters = Filters::new(filters);
    let all = (0..filters.len()).map(Filters::id);
    let without = without_files(trees.repository, &filters, all, Some(&head), &ChangeSet::default())?;
    for (position, reading) in readings.into_iter().enumerate() {
        if meant[reading.service].is_none() && !without.contains(&Filters::id(position)) {
            meant[reading.service] = Some((reading.written, reading.meant));
        }
    }
    Ok(meant)
}

/// Returns variants of a pattern: without `./` and slashes at its ends, below the directory of the configuration, and
/// with the most similar directories of the tree. For a variant without wildcards, there is also one for everything
/// below it.
fn texts(
    repository: &Repository,
    head: &CommitId,
    config: &Config,
    pattern: &Pattern,
) -> Result<Vec<String>, git::GitError> {
    let tidy = tidy(pattern.text());
    let place = config.source.name().rsplit_once('/').map(|(directory, _)| format!("{directory}/{tidy}"));
    let near = near(repository, head, &tidy)?;
    let ways = [Some(tidy), place, near].into_iter().flatten();
    let whole = |text: &String| {
        let directory = text.trim_end_matches("/**");
        let is_plain = Pattern::parse(directory).is_ok_and(|pattern| pattern.directory() == directory);
        is_plain.then(|| format!("{directory}/**"))
    };
    Ok(ways.flat_map(|text| whole(&text).into_iter().chain([text])).collect())
}

/// Returns the text with `/` between directories in place of `\`, and without `./` or `/` at its ends.
fn tidy(text: &str) -> String {
    // Before a letter or a digit a backslash escapes nothing: it was meant to separate directories.
    let parts = text.split('\\').skip(1).any(|rest| rest.starts_with(char::is_alphanumeric));
    let text = if parts { text.replace('\\', "/") } else { text.to_owned() };
    text.trim_start_matches("./").trim_matches('/').to_owned()
}

/// Returns a pattern in which each directory that the tree does not have is replaced by the most similar one; `None` if
/// there is no similar one.
fn near(repository: &Repository, head: &CommitId, text: &str) -> Result<Option<String>, git::GitError> {
    let Ok(pattern) = Pattern::parse(text) else { return Ok(None) };
    let directory = pattern.directory();
    let mut found = String::new();
    for part in directory.split('/').filter(|part| !part.is_empty()) {
        let names = repository.subdirectories(head, &found)?;
        let names: Vec<&str> = names.iter().filter_map(|name| std::str::from_utf8(name).ok()).collect();
        let exact = names.iter().find(|name| **name == part).copied();
        let Some(name) = exact.or_else(|| nearest(part, names)) else { return Ok(None) };
        found = if found.is_empty() { name.to_owned() } else { format!("{found}/{name}") };
    }
    Ok((!found.is_empty()).then(|| format!("{found}{}", &text[directory.len()..])))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_tidied_without_its_escapes() {
        for (text, tidied) in [
            ("services/api/", "services/api"),
            ("/services/api/**", "services/api/**"),
            ("./services/api", "services/api"),
            (r"services\api\**", "services/api/**"),
            (r"app/\[id\]/**", r"app/\[id\]/**"),
        ] {
            assert_eq!(tidy(text), tidied);
        }
    }
}
