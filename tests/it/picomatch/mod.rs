//! Our answers against those of picomatch itself.
//!
//! `cargo test` compares with answers that are stored in `tests/data/picomatch.jsonl`. The tests that run the real
//! program are ignored there; with `REBAKE_ORACLE` naming a folder where `npm ci` ran for `tests/oracle`, run
//! `cargo test --test it picomatch -- --ignored`. `REBAKE_SEED` asks other questions; `REBAKE_BLESS=1` stores answers anew.

mod oracle;
mod random;

use random::Random;
use rebake::glob::{Pattern, PatternError, Verdict};
use std::path::PathBuf;

/// The seed of the pairs whose answers are stored.
const STORED_SEED: u64 = 3;
const STORED_PAIRS: usize = 8_000;
/// The seed of the pairs that the gate asks: always the same, since the gate judges a change, and no change is to blame
/// for a dice.
const ASKED_SEED: u64 = 4;
const ASKED_PAIRS: usize = 60_000;

fn stored() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/data/picomatch.jsonl")
}

#[expect(clippy::disallowed_methods, reason = "tests are steered by variables of their own")]
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

fn pairs(seed: u64, count: usize) -> Vec<(String, String)> {
    let mut random = Random::new(seed);
    std::iter::repeat_with(|| random.pair()).filter(|(_, path)| !path.is_empty()).take(count).collect()
}

/// What a comparison found.
#[derive(Debug, Default)]
struct Tally {
    pairs: usize,
    matching: usize,
    /// Where picomatch took too long to answer.
    unanswered: usize,
    unreadable: usize,
    wrong: Vec<String>,
}

impl Tally {
    fn add(&mut self, pattern: &str, path: &str, theirs: char) {
        self.pairs += 1;
        self.matching += usize::from(theirs == '1');
        self.unanswered += usize::from(theirs == 'x');
        let ours = Pattern::parse(pattern).map(|pattern| pattern.matches(path.as_bytes()));
        self.unreadable += usize::from(ours.is_err());
        if !agrees(pattern, path, theirs, &ours) {
            self.wrong.push(format!("{pattern:?} {path:?}: picomatch {theirs}, ours {ours:?}"));
        }
    }

    fn hold(&self) {
        println!(
            "{} pairs, {} matching, {} unreadable, {} that picomatch did not answer in time",
            self.pairs, self.matching, self.unreadable, self.unanswered
        );
        let shown = &self.wrong[..self.wrong.len().min(50)];
        assert!(shown.is_empty(), "{} answers differ:\n{}", self.wrong.len(), shown.join("\n"));
        assert!(self.matching * 10 >= self.pairs * 3, "too few pairs match");
        assert!(self.unreadable * 10 <= self.pairs, "too many patterns are unreadable");
        assert!(self.unanswered * 100 <= self.pairs, "picomatch gave up too often");
    }
}

/// Whether an answer is picomatch's, or differs as the table in the documentation of `glob` says.
fn agrees(pattern: &str, path: &str, theirs: char, ours: &Result<Verdict, PatternError>) -> bool {
    match ours {
        // It took too long.
        _ if theirs == 'x' => true,
        Ok(Verdict::Yes) if theirs == '1' => true,
        // Where its expression cannot be read, picomatch never matches: ours is the pattern's own text.
        Ok(Verdict::No) if matches!(theirs, '0' | 'i') => true,
        Ok(_) => path.chars().any(|c| c.len_utf16() > 1),
        // A path that is the pattern's text matches there, even when the pattern cannot be read.
        Err(_) if matches!(theirs, 'i' | 't') || pattern == path => true,
        Err(error) => {
            let documented = [
                "is never closed",
                "a group that is not open",
                "refers to a group",
                "begins with `(?`",
                "a range ends in a bracket",
            ];
            documented.iter().any(|why| error.message.contains(why))
        }
    }
}

#[test]
fn stored_answers_are_ours() {
    let text = std::fs::read_to_string(stored()).unwrap();
    let mut tally = Tally::default();
    for line in text.lines() {
        let (pattern, path, theirs): (String, String, char) = serde_json::from_str(line).unwrap();
        tally.add(&pattern, &path, theirs);
    }
    assert_eq!(tally.pairs, STORED_PAIRS);
    tally.hold();
}

#[test]
#[ignore = "runs node; see the head of this file"]
fn random_answers_are_ours() {
    let bless = variable("REBAKE_BLESS").is_some();
    let seed = variable("REBAKE_SEED").map_or(ASKED_SEED, |seed| seed.parse().unwrap());
    let (seed, count) = if bless { (STORED_SEED, STORED_PAIRS) } else { (seed, ASKED_PAIRS) };
    println!("REBAKE_SEED={seed}");
    let pairs = pairs(seed, count);
    let mut tally = Tally::default();
    let mut lines = String::new();
    for ((pattern, path), (theirs, _)) in pairs.iter().zip(oracle::ask(&pairs)) {
        tally.add(pattern, path, theirs);
        lines += &serde_json::to_string(&(pattern, path, theirs)).unwrap();
        lines.push('\n');
    }
    if bless {
        std::fs::write(stored(), lines).unwrap();
    }
    tally.hold();
}

/// The rows of the tables in the documentation of `glob`: pattern, path, what the version in the head of the table
/// answers, what we answer.
fn rows() -> Vec<(bool, [String; 4])> {
    let text = include_str!("../../../src/glob/mod.rs");
    let mut version_4 = true;
    let mut rows = Vec::new();
    for line in text.lines().filter_map(|line| line.strip_prefix("//! | ")) {
        let cells: Vec<&str> = line.split(" | ").collect();
        if cells[0] == "pattern" {
            version_4 = cells[2] == "picomatch 4";
        } else if !cells[0].starts_with('-') {
            rows.push((version_4, [0, 1, 2, 3].map(|cell| cells[cell].trim_matches('`').to_owned())));
        }
    }
    assert!(rows.len() > 15, "the tables were found");
    rows
}

#[test]
fn the_documented_differences_are_ours() {
    for (_, [pattern, path, _, here]) in rows() {
        let ours = match Pattern::parse(&pattern).map(|pattern| pattern.matches(path.as_bytes())) {
            Ok(Verdict::Yes) => "yes",
            Ok(Verdict::No) => "no",
            Ok(Verdict::Doubt) => "doubt",
            Err(_) => "error",
        };
        assert_eq!(ours, here, "{pattern} {path}");
    }
}

#[test]
#[ignore = "runs node; see the head of this file"]
fn the_documented_differences_are_picomatchs() {
    let rows = rows();
    let pairs: Vec<_> = rows.iter().map(|(_, [pattern, path, ..])| (pattern.clone(), path.clone())).collect();
    for ((version_4, [pattern, path, documented, here]), (four, two)) in rows.iter().zip(oracle::ask(&pairs)) {
        let word = |answer| match answer {
            '1' => "yes",
            'x' => "too long",
            _ => "no",
        };
        assert_eq!(word(if *version_4 { four } else { two }), documented, "{pattern} {path}");
        if !version_4 {
            assert_eq!(word(four), here, "{pattern} {path}");
        }
    }
}
