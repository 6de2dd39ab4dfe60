//! Our answers against those of picomatch itself.

mod random;

use random::Random;
use rebake::glob::{Pattern, Verdict};
use std::io::Write as _;
use std::process::{Command, Stdio};

fn ask(pairs: &[(String, String)]) -> Vec<String> {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/oracle/picomatch.mjs");
    let mut child =
        Command::new("node").arg(script).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("node runs");
    let mut input = child.stdin.take().unwrap();
    let text: String = pairs.iter().map(|pair| serde_json::to_string(pair).unwrap() + "\n").collect();
    std::fs::write("/work/oracle/pairs.jsonl", &text).unwrap();
    let writer = std::thread::spawn(move || input.write_all(text.as_bytes()));
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap().unwrap();
    assert!(output.status.success(), "the oracle failed");
    String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect()
}

#[test]
#[ignore = "needs node"]
fn explore() {
    let seed: u64 = option_env!("SEED").map_or(1, |s| s.parse().unwrap());
    let mut random = Random::new(seed);
    let pairs: Vec<_> = (0..60_000).map(|_| random.pair()).filter(|(p, q)| !p.is_empty() && !q.is_empty()).collect();
    let answers = ask(&pairs);
    let (mut yes, mut wrong, mut invalid) = (0, 0, 0);
    for ((pattern, path), answer) in pairs.iter().zip(&answers) {
        let four = &answer[..1];
        yes += usize::from(four == "1");
        let ours = match Pattern::parse(pattern) {
            Err(e) => format!("e {e} @{}", e.offset),
            Ok(p) => match p.matches(path.as_bytes()) {
                Verdict::Yes => "1".into(),
                Verdict::No => "0".into(),
                Verdict::Doubt => "d".to_owned(),
            },
        };
        let same = ours == four || ours.starts_with('e') && (four == "i" || four == "t" || pattern == path);
        invalid += usize::from(ours.starts_with('e'));
        if !same {
            wrong += 1;
            if wrong < 60 {
                println!("{pattern:?} {path:?}: picomatch {answer}, ours {ours}");
            }
        }
    }
    println!("{} pairs, {yes} match, {wrong} wrong, {invalid} unreadable", pairs.len());
}
