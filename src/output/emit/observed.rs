//! The files that builds were seen to read, compared with the patterns of their services.

use std::fmt::Write as _;

use serde::Serialize;

use super::columns::{Column, without_middle};
use crate::model::name::{Escaped, Listed};
use crate::model::safe_json;
use crate::plan::check::{OwnReads, ReadCoverage};
use crate::plan::observed::{Observed, ObservedBy, ObservedInput, ObservedService};

/// How many directories and how many patterns the text lists at most.
const MOST: usize = 10;

/// How many files the text lists at most.
const MOST_FILES: usize = 50;

/// The greatest width, in columns of a terminal, of the text beside a file: the command that read it, or a position in
/// the Dockerfile.
const MOST_OF_COMMAND: usize = 60;

/// Returns, as JSON, the files that builds of services were seen to read, and whether the services' patterns match
/// them.
#[must_use]
pub fn observed_json(observed: &Observed, coverage: &[ReadCoverage]) -> String {
    #[derive(Serialize)]
    struct Document<'a> {
        schema: u32,
        #[serde(skip_serializing_if = "Option::is_none")]
        commit: Option<&'a str>,
        services: Vec<Entry<'a>>,
    }
    #[derive(Serialize)]
    struct Entry<'a> {
        #[serde(flatten)]
        observed: &'a ObservedService,
        uncovered: &'a [ObservedInput],
        excluded: &'a [ObservedInput],
        add: &'a [String],
        added: &'a [String],
        unread: Unread<'a>,
    }
    #[derive(Serialize)]
    struct Unread<'a> {
        patterns: &'a [String],
        directories: Vec<Directory>,
    }
    #[derive(Serialize)]
    struct Directory {
        path: String,
        files: usize,
    }
    let services = pairs(observed, coverage).map(|(observed, coverage)| Entry {
        observed,
        uncovered: &coverage.uncovered,
        excluded: &coverage.excluded,
        add: &coverage.proposed,
        added: &coverage.added,
        unread: Unread {
            patterns: &coverage.unread.patterns,
            directories: coverage
                .unread
                .directories
                .iter()
                .cloned()
                .map(|(path, files)| Directory { path, files })
                .collect(),
        },
    });
    safe_json::document(&Document {
        schema: observed.schema,
        commit: observed.commit.as_deref(),
        services: services.collect(),
    })
}

/// Returns, as text for people, the files that builds of services were seen to read, and whether the services' patterns
/// match them.
#[must_use]
pub fn observed_text(observed: &Observed, coverage: &[ReadCoverage]) -> String {
    let services: Vec<String> =
        pairs(observed, coverage).map(|(observed, coverage)| text(observed, coverage)).collect();
    services.join("\n")
}

fn pairs<'a>(
    observed: &'a Observed,
    coverage: &'a [ReadCoverage],
) -> impl Iterator<Item = (&'a ObservedService, &'a ReadCoverage)> {
    observed.services.iter().filter_map(|observed| {
        let coverage = coverage.iter().find(|coverage| coverage.service.as_str() == observed.service)?;
        Some((observed, coverage))
    })
}

fn text(observed: &ObservedService, coverage: &ReadCoverage) -> String {
    let name = Escaped::new(&observed.service);
    let reads = match observed.means {
        ObservedBy::Traced => "read",
        ObservedBy::Computed => "is built from",
    };
    let files = match observed.inputs.len() {
        0 => "no tracked file".to_owned(),
        count => files(count),
    };
    let is_all = observed.partial.is_none() && observed.unseen.is_empty();
    let said = match coverage.uncovered.len() {
        0 if observed.inputs.is_empty() && is_all => "nothing is missing".to_owned(),
        0 if observed.inputs.is_empty() => "nothing that was seen is missing".to_owned(),
        0 if !coverage.excluded.is_empty() => {
            let others = if is_all { "the others are" } else { "the others that were seen are" };
            format!("its patterns exclude {} of them, and {others} covered", coverage.excluded.len())
        }
        0 if is_all => "all are covered".to_owned(),
        0 => "all that were seen are covered".to_owned(),
        count => format!("nothing covers {count} of them"),
    };
    let mut text = format!("{name} {reads} {files}; {said}\n");
    if let Some(partial) = &observed.partial {
        let _ = writeln!(text, "  this is only a part of what it reads: {}", Escaped::new(partial));
    }
    for unseen in &observed.unseen {
        let _ = writeln!(text, "  not seen: {}", Escaped::new(unseen));
    }
    let by = if observed.means == ObservedBy::Traced { "read by" } else { "by" };
    list(&mut text, "not covered", by, &coverage.uncovered);
    list(&mut text, "excluded, but read", by, &coverage.excluded);
    if !coverage.added.is_empty() {
        let _ = writeln!(text, "\n  added to `{name}`:");
        for pattern in &coverage.added {
            let _ = writeln!(text, "    {}", Escaped::new(pattern));
        }
    }
    if !coverage.proposed.is_empty() {
        let how = if coverage.is_mendable {
            "(`--fix` does)"
        } else {
            "by hand, since its patterns are no list that it alone has"
        };
        let _ = writeln!(text, "\n  to add to `{name}` {how}:");
        for pattern in &coverage.proposed {
            let _ = writeln!(text, "    {}", Escaped::new(pattern));
        }
    }
    let unread = &coverage.unread;
    let hint = match unread.own {
        OwnReads::SomeRead => None,
        OwnReads::NoneRead => Some("no file of its own was read: if all was built already, observe a clean build"),
        OwnReads::NoneTracked => Some("its patterns match no tracked file: `git add` its files, and observe it again"),
    };
    if let Some(hint) = hint {
        let _ = writeln!(text, "\n  {hint}");
        return text;
    }
    if !unread.directories.is_empty() {
        let directory = |(path, count): &(String, usize)| format!("{}/ ({})", Escaped::new(path), self::files(*count));
        let _ = writeln!(text, "\n  not read, though changes of it build `{name}`:");
        for directory in unread.directories.iter().take(MOST).map(directory) {
            let _ = writeln!(text, "    {directory}");
        }
        if let Some(more) = unread.directories.len().checked_sub(MOST).filter(|more| *more > 0) {
            let _ = writeln!(text, "    and {more} more");
        }
    }
    if !unread.patterns.is_empty() {
        let patterns = unread.patterns.iter().map(|pattern| format!("`{}`", Escaped::new(pattern)));
        let _ = writeln!(text, "\n  no file was read of what these match: {}", Listed::new(patterns, MOST));
    }
    text
}

/// Adds a list of files, each with the command that read the file, or the position in the Dockerfile that names the
/// file.
fn list(text: &mut String, title: &str, by: &str, inputs: &[ObservedInput]) {
    if inputs.is_empty() {
        return;
    }
    let _ = writeln!(text, "\n  {title}:");
    let paths: Vec<String> = inputs.iter().map(|input| Escaped::new(&input.path).to_string()).collect();
    let column = Column::of(paths.iter().take(MOST_FILES));
    for (path, input) in paths.iter().zip(inputs).take(MOST_FILES) {
        let command = Escaped::new(&input.by).to_string();
        let _ = writeln!(text, "    {}  {by} {}", column.pad(path), without_middle(&command, MOST_OF_COMMAND));
    }
    if let Some(more) = inputs.len().checked_sub(MOST_FILES).filter(|more| *more > 0) {
        let _ = writeln!(text, "    and {more} more (`--format json` lists all)");
    }
}

fn files(count: usize) -> String {
    if count == 1 { "1 tracked file".to_owned() } else { format!("{count} tracked files") }
}
