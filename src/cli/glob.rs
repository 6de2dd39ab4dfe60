//! `rebake glob`: matches paths from anywhere with patterns of filters.yaml. The command needs no repository.

use std::ffi::OsString;
use std::fmt::Write as _;
use std::io::{self, BufRead as _, BufReader, Read as _};

use clap::Args;

use super::exit::Exit;
use super::failure::Failure;
use super::printing::Output;
use crate::analysis::filter::{self, Effect, Filter, FilterEntry, Filters, FlatRule, Match, Quantifier, Statuses};
use crate::glob::Pattern;
use crate::model::change::{Change, Status};
use crate::model::diagnostic::{Diagnostic, Located, SourceFile, Span};
use crate::model::name::{Escaped, RepoPath, escaped_lines};

const USAGE: &str = "\
rebake glob [OPTIONS] <PATTERN> [PATH]...
       rebake glob [OPTIONS] -e <PATTERN> [-e <PATTERN>]... [PATH]...";

const EXAMPLES: &str = "\
Examples:
  git ls-files -z | rebake glob -z 'services/**/*.go'      the tracked files that the pattern matches
  git ls-files | rebake glob -e 'src/**' -e '!**/*.md'     the patterns apply in order, as in filters.yaml
  rebake glob '!docs/**' docs/a.md src/a.rs                `!PATTERN` alone matches every other path
  rebake glob --explain 'app/[id]/page.ts?(x)'             how the pattern is parsed
  rebake glob -e -x -- -x                                  patterns and paths that begin with a hyphen

Exit codes: 0 a path matches; 1 no path matches; 2 a pattern cannot be read.";

/// Print the paths that a pattern matches
#[derive(Debug, Args)]
#[command(override_usage = USAGE, after_help = EXAMPLES)]
pub(crate) struct GlobArgs {
    /// Without -e: the pattern, followed by the paths to match. With -e: only the paths [default for the paths: the
    /// lines of standard input]
    #[arg(value_name = "PATTERN|PATH", required_unless_present = "patterns")]
    words: Vec<OsString>,
    /// A pattern (repeatable). `!PATTERN` removes the paths that match PATTERN from the matches of the patterns before
    /// it
    #[arg(short = 'e', long = "pattern", value_name = "PATTERN", allow_hyphen_values = true)]
    patterns: Vec<String>,
    /// Separate paths by NUL instead of newlines, in standard input and in the output
    #[arg(short = 'z', long = "null")]
    nul: bool,
    /// Show how the pattern is parsed, and whether it matches each PATH
    #[arg(long)]
    explain: bool,
}

/// The longest path that is read from standard input, in bytes. No system has longer paths, and longer input would only
/// take memory.
const LONGEST: usize = 1 << 20;

pub(crate) fn run(args: &GlobArgs, output: &Output) -> Result<Exit, Failure> {
    let (patterns, paths) = args.patterns_and_paths()?;
    let filters = Filters::new(vec![filter(&patterns, output)?]);
    let mut search = Search { filters, end: if args.nul { 0 } else { b'\n' }, doubtful: Vec::new(), doubts: 0 };
    let any = match paths {
        paths if args.explain => search.explain(paths, output)?,
        [] => search.standard_input(output)?,
        paths => search.arguments(paths, output)?,
    };
    search.say_doubts(output);
    Ok(if any { Exit::Done } else { Exit::Found })
}

impl GlobArgs {
    fn patterns_and_paths(&self) -> Result<(Vec<String>, &[OsString]), Failure> {
        if !self.patterns.is_empty() {
            return Ok((self.patterns.clone(), &self.words));
        }
        let (pattern, paths) = self.words.split_first().map_or((None, &[][..]), |(first, rest)| (first.to_str(), rest));
        let pattern = pattern.ok_or_else(|| {
            Failure::new(Exit::Usage, "bad-pattern", "the pattern is not UTF-8")
                .help("write `?` for bytes of a path that are not UTF-8")
        })?;
        Ok((vec![pattern.to_owned()], paths))
    }
}

/// Returns the filter of the patterns. A single pattern is read as picomatch, the library of paths-filter, reads it:
/// `!docs/**` matches every other path. Several patterns are read as an ordered list of filters.yaml.
fn filter(patterns: &[String], output: &Output) -> Result<Filter, Failure> {
    if let [text] = patterns {
        let pattern = pattern(text, text).map_err(|problem| refused(vec![*problem]))?;
        let rule = FlatRule { statuses: Statuses::ANY, patterns: vec![pattern] };
        return Ok(Filter::PathsFilter { quantifier: Quantifier::Some, rules: vec![rule] });
    }
    let (mut entries, mut problems) = (Vec::new(), Vec::new());
    for text in patterns {
        match entry(text) {
            Ok(entry) => entries.push(entry),
            Err(problem) => problems.push(*problem),
        }
    }
    if !problems.is_empty() {
        return Err(refused(problems));
    }
    if entries.iter().all(|entry| entry.effect == Effect::Exclude) {
        return Err(Failure::new(Exit::Usage, "only-exclusions", "a list of only `!` patterns matches nothing")
            .help("begin with what it matches: `-e '**'`"));
    }
    if entries.first().is_some_and(|entry| entry.effect == Effect::Exclude) {
        let message = "the first pattern excludes nothing: patterns are read in order";
        let warning = Diagnostic::warning("exclusion-first", message);
        output.say(&[warning.help("put it after the patterns that it restricts")]);
    }
    Ok(Filter::Ordered(entries))
}

fn refused(diagnostics: Vec<Diagnostic>) -> Failure {
    Failure { exit: Exit::Usage, diagnostics }
}

fn entry(text: &str) -> Result<FilterEntry, Box<Diagnostic>> {
    let Some((effect, rest)) = Effect::of(text) else {
        let problem = Diagnostic::error("double-exclusion", "a pattern of a list begins with `!!`");
        let problem = problem.label(&SourceFile::new("pattern", text), Span { start: 0, end: 2 }, "");
        return Err(Box::new(problem.help("write one `!` to exclude, none to include")));
    };
    Ok(FilterEntry { effect, statuses: Statuses::ANY, pattern: pattern(text, rest)? })
}

/// Reads a pattern. `written` is the pattern as the user wrote it, and `text` is its end after the `!` of an exclusion.
fn pattern(written: &str, text: &str) -> Result<Located<Pattern>, Box<Diagnostic>> {
    let place = Span { start: written.len() - text.len(), end: written.len() };
    Pattern::parse(text).map(|pattern| Located::new(pattern, place)).map_err(|error| {
        let start = place.start + error.offset;
        let wrong = written.get(start..).and_then(|rest| rest.chars().next()).map_or(0, char::len_utf8);
        let message = format!("the pattern cannot be read: {}", Escaped::new(&error.message));
        let problem = Diagnostic::error("bad-pattern", message);
        let problem = problem.label(&SourceFile::new("pattern", written), Span { start, end: start + wrong }, "");
        Box::new(error.help.into_iter().fold(problem, Diagnostic::help))
    })
}

/// A filter, and the state of matching many paths with it.
struct Search {
    filters: Filters,
    /// The byte that ends a path, in standard input and in the output.
    end: u8,
    /// The first paths at which matching gave up. `doubts` is the number of all such paths.
    doubtful: Vec<RepoPath>,
    doubts: usize,
}

impl Search {
    /// Prints the paths that match, and returns whether any does.
    fn arguments(&mut self, paths: &[OsString], output: &Output) -> Result<bool, Failure> {
        let (mut any, mut result) = (false, output.stream());
        for path in paths {
            let path = path.as_encoded_bytes();
            if !self.matches(path) {
                continue;
            }
            any = true;
            if path.contains(&self.end) {
                let message =
                    format!("the path {} has a line break, so it cannot be written on one line", Escaped::new(path));
                return Err(Failure::new(Exit::Usage, "line-break", message).help("separate the paths by NUL: `-z`"));
            }
            result.write(&[path, &[self.end]])?;
        }
        result.finish()?;
        Ok(any)
    }

    /// Reads paths from standard input. Prints each path that matches as soon as it is read, and returns whether any
    /// does.
    fn standard_input(&mut self, output: &Output) -> Result<bool, Failure> {
        let (mut any, mut result) = (false, output.stream());
        let mut input = BufReader::with_capacity(1 << 16, io::stdin().lock());
        let mut path = Vec::new();
        while !result.is_closed() {
            path.clear();
            let read = input.by_ref().take(LONGEST as u64 + 1).read_until(self.end, &mut path);
            if read.map_err(|error| Failure::file("cannot read standard input", &error))? == 0 {
                break;
            }
            if path.pop_if(|last| *last == self.end).is_none() && path.len() > LONGEST {
                let message = format!("a path of standard input has more than {LONGEST} bytes");
                return Err(Failure::new(Exit::Usage, "path-too-long", message)
                    .help("separate paths by line breaks, or, with `-z`, by NUL"));
            }
            if self.matches(&path) {
                any = true;
                result.write(&[&path, &[self.end]])?;
            }
            // A program that writes path by path may be waiting for each answer.
            if input.buffer().is_empty() {
                result.flush()?;
            }
        }
        result.finish()?;
        Ok(any)
    }

    /// Shows how the patterns are parsed, and whether they match each path. Returns whether any path matches; `true`
    /// without paths.
    fn explain(&mut self, paths: &[OsString], output: &Output) -> Result<bool, Failure> {
        let mut text = String::new();
        match self.filters.get(Filters::id(0)) {
            Filter::PathsFilter { rules, .. } => {
                for pattern in rules.iter().flat_map(|rule| &rule.patterns) {
                    text += &escaped_lines(&pattern.value.explain().to_string());
                }
            }
            Filter::Ordered(entries) => {
                for entry in entries {
                    text += match entry.effect {
                        Effect::Include => "takes in ",
                        Effect::Exclude | Effect::ExcludeWildcards | Effect::Lockfile | Effect::Cede => "takes back ",
                    };
                    text += &escaped_lines(&entry.pattern.value.explain().to_string());
                }
            }
        }
        let mut any = paths.is_empty();
        for path in paths {
            let change = change(path.as_encoded_bytes());
            let said = match found(&self.filters, &change) {
                None => "does not match".to_owned(),
                Some(found) => {
                    any = true;
                    let sure = if found.doubt { "counts as a match: matching gave up" } else { "matches" };
                    let by = found.pattern.map(|pattern| format!(", by `{}`", Escaped::new(pattern.value.text())));
                    sure.to_owned() + &by.unwrap_or_default()
                }
            };
            let _ = writeln!(text, "{}: {said}", change.path);
        }
        output.people(&text)?;
        Ok(any)
    }

    /// Whether a path matches. If matching gives up, the path counts as a match, and a warning follows at the end.
    fn matches(&mut self, path: &[u8]) -> bool {
        /// The number of paths that the warning about such matches lists.
        const NAMED: usize = 3;
        let change = change(path);
        let Some(found) = found(&self.filters, &change) else { return false };
        if found.doubt {
            self.doubts += 1;
            if self.doubtful.len() < NAMED {
                self.doubtful.push(change.path);
            }
        }
        true
    }

    fn say_doubts(&self, output: &Output) {
        if self.doubts > 0 {
            let named: Vec<String> = self.doubtful.iter().map(|path| format!("`{path:.200}`")).collect();
            let message = format!(
                "matching gave up at its limit for {} of the paths, which therefore count as matches: {}{}",
                self.doubts,
                named.join(", "),
                if self.doubts > named.len() { ", …" } else { "" }
            );
            output.say(&[Diagnostic::warning("doubt", message)]);
        }
    }
}

fn change(path: &[u8]) -> Change {
    Change::new(RepoPath::from_git(path), Status::Modified)
}

fn found<'a>(filters: &'a Filters, change: &'a Change) -> Option<Match<'a>> {
    filter::matches_of(filters, change).pop().map(|(_, found)| found)
}
