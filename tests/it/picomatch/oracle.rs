//! Runs picomatch.

use std::io::Write as _;
use std::process::{Command, Stdio};

/// Returns the answers of picomatch 4 and of 2.3.1 to each pair; the script says what the signs mean.
pub(super) fn ask(pairs: &[(String, String)]) -> Vec<(char, char)> {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/oracle/picomatch.mjs");
    let mut command = Command::new("node");
    let mut child = command.arg(script).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("node runs");
    let mut input = child.stdin.take().unwrap();
    let questions: String = pairs.iter().map(|pair| serde_json::to_string(pair).unwrap() + "\n").collect();
    let writer = std::thread::spawn(move || input.write_all(questions.as_bytes()));
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap().unwrap();
    assert!(output.status.success(), "the oracle failed");
    let signs = |line: &str| {
        let mut signs = line.chars();
        (signs.next().unwrap(), signs.next().unwrap())
    };
    let answers: Vec<_> = String::from_utf8(output.stdout).unwrap().lines().map(signs).collect();
    assert_eq!(answers.len(), pairs.len());
    answers
}
