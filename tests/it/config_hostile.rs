//! Files that are made to do harm: each is read, or refused with a reason, at a bounded cost.

use std::fs;
use std::path::Path;
use std::sync::LazyLock;

use proptest::prelude::*;
use rebake::analysis::discover::Discovered;
use rebake::analysis::filter::Quantifier;
use rebake::config::{self, Options};
use rebake::model::diagnostic::Diagnostics;
use rebake::snippet::{Color, render};

/// The codes of what is said of a file. Whatever is said can be drawn, and holds no control characters.
fn said_of(bytes: &[u8]) -> Vec<&'static str> {
    let source = config::decode("filters.yaml", bytes).map_err(|problem| Diagnostics(vec![problem]));
    let (config, problems) = match source
        .and_then(|source| config::parse(&source, Options { quantifier: Quantifier::Some }, &Discovered::default()))
    {
        Ok((config, warnings)) => (Some(config), warnings),
        Err(Diagnostics(problems)) => (None, problems),
    };
    assert_eq!(config.is_some(), problems.iter().all(|problem| !problem.is_error()));
    let text = render(&problems, Color::Never);
    assert!(text.chars().all(|c| c == '\n' || !c.is_control()), "{text:?}");
    problems.iter().map(|problem| problem.code).collect()
}

#[test]
fn great_and_deep_files_are_refused() {
    let nested = |depth: usize| (0..depth).map(|at| " ".repeat(at) + "a:\n").collect::<String>();
    assert_eq!(said_of(nested(2_000).as_bytes()), ["too-deep"]);
    assert_eq!(said_of("- ".repeat(10_000).as_bytes()), ["too-deep"]);
    assert_eq!(said_of("[".repeat(100_000).as_bytes()), ["too-deep"]);
    assert_eq!(said_of("{a: ".repeat(100_000).as_bytes()), ["too-deep"]);
    assert_eq!(said_of(&vec![b'a'; 100 << 20]), ["file-too-large"]);
    assert_eq!(said_of(format!("a: [{}]", "x,".repeat(1_000_000)).as_bytes()), ["too-many-values"]);
    let comments = "# nothing\n".repeat(500_000);
    assert_eq!(said_of(comments.as_bytes()), ["empty-file"]);
}

#[test]
fn alias_bombs_are_refused() {
    let level = |at: usize| format!("x-{at}: &a{at} [{}]\n", format!("*a{},", at - 1).repeat(9));
    let bomb: String = std::iter::once("x-0: &a0 [x]\n".to_owned()).chain((1..12).map(level)).collect();
    assert_eq!(said_of(bomb.as_bytes()), ["too-many-values"]);
    let wide = format!("a: &a [{}]\nb: [{}]\n", "x,".repeat(2000), "*a,".repeat(2000));
    assert_eq!(said_of(wide.as_bytes()), ["too-many-values"]);
    let merged = (0..60).map(|at| {
        format!(
            "m{at}: &m{at} {{<<: [{}], k{at}: 1}}\n",
            (0..at).map(|at| format!("*m{at}")).collect::<Vec<_>>().join(",")
        )
    });
    assert_eq!(said_of(merged.collect::<String>().as_bytes()), ["too-many-values"]);
}

#[test]
fn many_problems_are_told_in_part() {
    let unknown: Vec<String> = (0..20_000).map(|at| format!("  s{at}: {{pat: x, depends_on: [t{at}]}}\n")).collect();
    let codes = said_of(format!("services:\n{}", unknown.concat()).as_bytes());
    assert_eq!(codes.len(), 101);
    assert_eq!(codes.last(), Some(&"too-many-problems"));
}

#[test]
fn one_long_line_is_drawn_in_part() {
    let long = "x".repeat(1_000_000);
    // YAML's own limit for a key is 1024 characters.
    assert_eq!(said_of(format!("services: {{a: {{path: a, '{}': 1}}}}", &long[..1000]).as_bytes()), ["unknown-key"]);
    assert_eq!(
        said_of(format!("services: {{a: {{path: a, description: 1, retries: '{long}'}}}}").as_bytes()),
        ["out-of-range"]
    );
}

#[test]
fn nothing_hostile_reaches_the_terminal() {
    let codes = said_of("services:\n  \"a\\e[31m\\n::error::\": {path: \"b\\0\", \"k\\r\": 1}\n".as_bytes());
    assert_eq!(codes, ["bad-name", "bad-path", "unknown-key"]);
}

static CORPUS: LazyLock<Vec<Vec<u8>>> = LazyLock::new(|| {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/config");
    let mut files: Vec<_> =
        fs::read_dir(directory).expect("the data").map(|entry| entry.expect("a file").path()).collect();
    files.retain(|file| file.extension().is_some_and(|extension| extension == "yaml"));
    files.sort();
    files.iter().map(|file| fs::read(file).expect("a file")).filter(|bytes| bytes.len() < 4096).collect()
});

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_bytes_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        said_of(&bytes);
    }

    #[test]
    fn no_text_panics(text in "[-a-c:#&*!{}\\[\\]\"'|>%@?,<~0-2. \n\t\u{fc}\u{feff}]{0,120}") {
        said_of(text.as_bytes());
    }

    #[test]
    fn no_damaged_file_panics(
        which in any::<proptest::sample::Index>(), from in any::<proptest::sample::Index>(), length in 0_usize..12,
        with in proptest::collection::vec(any::<u8>(), 0..6), again in any::<proptest::sample::Index>(),
    ) {
        let mut bytes = CORPUS[which.index(CORPUS.len())].clone();
        let from = from.index(bytes.len() + 1);
        let to = (from + length).min(bytes.len());
        let moved: Vec<u8> = bytes.drain(from..to).collect();
        let at = again.index(bytes.len() + 1);
        bytes.splice(at..at, with.into_iter().chain(moved));
        said_of(&bytes);
    }
}
