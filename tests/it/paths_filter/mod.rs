//! Our answers for whole filter files against those of dorny/paths-filter's own rules.
//!
//! `cargo test` compares with answers that are stored in `tests/data/paths_filter.jsonl`. The tests that run the
//! original's YAML reader and matcher are ignored there; with `REBAKE_ORACLE` naming a folder where `npm ci` ran for
//! `tests/oracle`, run `cargo test --test it paths_filter -- --ignored`. `REBAKE_BLESS=1` stores answers anew.

mod random;

use std::fmt::Write as _;
use std::io::Write as _;
use std::process::{Command, Stdio};

use rebake::analysis::discover::Discovered;
use rebake::analysis::filter::{self, Quantifier};
use rebake::config::{self, Options};
use rebake::model::change::{Change, ChangeSet, Status};
use rebake::model::diagnostic::{Diagnostics, SourceFile};
use rebake::model::name::RepoPath;
use serde::{Deserialize, Serialize};

use crate::random::for_seeds;
use crate::repo::Repo;

/// A filter file, and the changes that it is asked about.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Case {
    filters: String,
    quantifier: String,
    /// Letter and path, in the order of bytes.
    changes: Vec<(String, String)>,
}

/// The paths that each filter matches, in the order of the filters; or why the file is refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
enum Answer {
    Matches(Vec<(String, Vec<String>)>),
    Refused(String),
}

#[derive(Serialize, Deserialize)]
struct Stored {
    #[serde(flatten)]
    case: Case,
    answer: Answer,
}

const STORED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/paths_filter.jsonl");
const STORED_CASES: usize = 600;

/// A list that stands in the list of a status word is an accident of v4.0.3: the table has it.
const NESTED: &str = "v4.0.3: a list in a list of a status";

impl Case {
    fn quantifier(&self) -> Quantifier {
        match self.quantifier.as_str() {
            "every" => Quantifier::Every,
            "some-with-excludes" => Quantifier::SomeWithExcludes,
            _ => Quantifier::Some,
        }
    }

    /// What we answer, and the codes of what we say beside it.
    fn ours(&self) -> (Answer, Vec<&'static str>) {
        let file = SourceFile::new("filters.yaml", self.filters.as_str());
        let (config, warnings) =
            match config::parse(&file, Options { quantifier: self.quantifier() }, &Discovered::default()) {
                Ok(read) => read,
                Err(Diagnostics(problems)) => {
                    let codes = problems.iter().map(|problem| problem.code).collect();
                    return (Answer::Refused(format!("{problems:?}")), codes);
                }
            };
        let codes = warnings.iter().map(|problem| problem.code).collect();
        let changes = ChangeSet::new(self.changes.iter().map(change).collect());
        let matches = filter::matches(&config.filters, &changes);
        let paths = |id| matches.of(id).iter().map(|found| found.change.path.to_string()).collect();
        (Answer::Matches(config.named.iter().map(|(name, id)| (name.clone(), paths(*id))).collect()), codes)
    }
}

fn change((letter, path): &(String, String)) -> Change {
    let status = match letter.as_str() {
        "A" => Status::Added,
        "D" => Status::Deleted,
        "T" => Status::TypeChanged,
        // As `--changed` reads an unmerged path.
        _ => Status::Modified,
    };
    Change::new(RepoPath::from_git(path.as_str()), status)
}

/// What the original answers with picomatch 4, and with the version that it has.
fn ask(cases: &[Case]) -> Vec<(Answer, Answer)> {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/oracle/paths_filter.mjs");
    let mut node = Command::new("node").arg(script).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut input = node.stdin.take().unwrap();
    let lines: String = cases.iter().map(|case| serde_json::to_string(case).unwrap() + "\n").collect();
    let output = std::thread::scope(|scope| {
        scope.spawn(move || input.write_all(lines.as_bytes()).unwrap());
        node.wait_with_output().unwrap()
    });
    assert!(output.status.success(), "the oracle failed");
    let answers = String::from_utf8(output.stdout).unwrap();
    let answers: Vec<_> = answers.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(answers.len(), cases.len());
    answers
}

/// What a comparison found.
#[derive(Default)]
struct Tally {
    cases: usize,
    refused: usize,
    filters: usize,
    matching: usize,
    wrong: String,
}

impl Tally {
    fn add(&mut self, case: &Case, theirs: &Answer) {
        self.cases += 1;
        let (ours, _) = case.ours();
        let agree = match (&ours, theirs) {
            (Answer::Matches(ours), Answer::Matches(theirs)) => {
                self.filters += theirs.len();
                self.matching += theirs.iter().filter(|(_, paths)| !paths.is_empty()).count();
                ours == theirs
            }
            (_, Answer::Refused(reason)) if reason == NESTED => true,
            (Answer::Refused(_), Answer::Refused(_)) => {
                self.refused += 1;
                true
            }
            _ => false,
        };
        if !agree {
            let _ = writeln!(
                self.wrong,
                "{}\n{} {:?}\nours:   {ours:?}\ntheirs: {theirs:?}\n",
                case.filters, case.quantifier, case.changes
            );
        }
    }

    fn hold(&self) {
        assert!(self.wrong.is_empty(), "\n{}", self.wrong);
        assert!(self.refused * 20 >= self.cases, "only {} of {} files are refused", self.refused, self.cases);
        assert!(self.refused * 3 <= self.cases, "{} of {} files are refused", self.refused, self.cases);
        assert!(self.matching * 3 >= self.filters, "only {} of {} filters match", self.matching, self.filters);
    }
}

fn stored() -> Vec<Stored> {
    let text = std::fs::read_to_string(STORED).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn stored_answers_are_ours() {
    let mut tally = Tally::default();
    for Stored { case, answer } in stored() {
        tally.add(&case, &answer);
    }
    assert_eq!(tally.cases, STORED_CASES);
    tally.hold();
}

#[test]
#[ignore = "runs node; see the head of this file"]
fn stored_answers_are_the_originals() {
    #[expect(clippy::disallowed_methods, reason = "how answers are stored anew")]
    if std::env::var_os("REBAKE_BLESS").is_some() {
        for_seeds(1, |random| {
            let cases: Vec<Case> = (0..STORED_CASES).map(|_| random::case(random)).collect();
            let lines = cases.iter().cloned().zip(ask(&cases)).map(|(case, (answer, _))| Stored { case, answer });
            let lines: String = lines.map(|line| serde_json::to_string(&line).unwrap() + "\n").collect();
            std::fs::write(STORED, lines).unwrap();
        });
    }
    let (cases, answers): (Vec<Case>, Vec<Answer>) =
        stored().into_iter().map(|stored| (stored.case, stored.answer)).unzip();
    let theirs: Vec<Answer> = ask(&cases).into_iter().map(|(four, _)| four).collect();
    assert_eq!(theirs, answers);
}

#[test]
#[ignore = "runs node; see the head of this file"]
fn random_answers_are_the_originals() {
    for_seeds(10, |random| {
        let cases: Vec<Case> = (0..300).map(|_| random::case(random)).collect();
        let mut tally = Tally::default();
        for (case, (four, two)) in cases.iter().zip(ask(&cases)) {
            assert_eq!(four, two, "the generator avoids what picomatch 2.3.1 reads in its own way\n{}", case.filters);
            tally.add(case, &four);
        }
        tally.hold();
    });
}

#[test]
fn the_program_says_the_same() {
    #[derive(Deserialize)]
    struct Plan {
        filters: indexmap::IndexMap<String, Vec<String>>,
    }
    let repo = Repo::new();
    repo.write("README.md", "").commit("first");
    for Stored { case, answer } in stored().iter().take(25) {
        repo.write("filters.yaml", &case.filters);
        let changes: String = case.changes.iter().flat_map(|(letter, path)| [letter, "\0", path, "\0"]).collect();
        let plan = ["plan", "--format", "json", "--changed", "-", "--quantifier", &case.quantifier];
        let plan = repo.rebake(plan).stdin(changes);
        match answer {
            Answer::Matches(filters) => {
                let plan: Plan = serde_json::from_slice(&plan.success().stdout).unwrap();
                let ours: Vec<_> = plan.filters.into_iter().collect();
                assert_eq!(ours, *filters, "{}", case.filters);
            }
            Answer::Refused(reason) if reason == NESTED => {}
            Answer::Refused(_) => drop(plan.failure(2)),
        }
    }
}

/// A row of the table in the documentation of `config`'s flat shape.
struct Row {
    case: Case,
    theirs: String,
    ours: String,
}

/// The rows of the table in the documentation.
fn rows() -> Vec<Row> {
    let text = include_str!("../../../src/config/flat/mod.rs");
    let lines = text.lines().filter_map(|line| line.strip_prefix("//! | `"));
    let row = |line: &str| {
        let cells: Vec<&str> = line.split(" | ").map(|cell| cell.trim_matches('`')).collect();
        let (letter, path) = cells[2].split_once(' ').unwrap();
        let (filters, quantifier) = (cells[0].to_owned(), cells[1].to_owned());
        let case = Case { filters, quantifier, changes: vec![(letter.to_owned(), path.to_owned())] };
        Row { case, theirs: cells[3].to_owned(), ours: cells[4].to_owned() }
    };
    let rows: Vec<Row> = lines.map(row).collect();
    assert!(rows.len() >= 20, "the table was found");
    rows
}

/// An answer in the words of the table: what the first filter says of the change.
fn word(answer: &Answer) -> &'static str {
    match answer {
        Answer::Refused(_) => "error",
        Answer::Matches(filters) if filters.iter().any(|(_, paths)| !paths.is_empty()) => "yes",
        Answer::Matches(_) => "no",
    }
}

#[test]
fn the_documented_differences_are_ours() {
    for Row { case, ours, .. } in rows() {
        let (answer, codes) = case.ours();
        let said = [&[word(&answer)], &codes[..]].concat().join(" ");
        assert_eq!(said, ours, "{}", case.filters);
    }
    let empty = Case { filters: String::new(), quantifier: "some".to_owned(), changes: Vec::new() };
    assert_eq!(word(&empty.ours().0), "error");
}

#[test]
#[ignore = "runs node; see the head of this file"]
fn the_documented_differences_are_the_originals() {
    let rows = rows();
    let cases: Vec<Case> = rows.iter().map(|row| row.case.clone()).collect();
    for (row, (_, two)) in rows.iter().zip(ask(&cases)) {
        assert_eq!(word(&two), row.theirs, "{}: {two:?}", row.case.filters);
    }
}
