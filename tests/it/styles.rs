//! The table in the documentation of `naming::version`, claim by claim.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::cmp::Ordering;
use std::io::Write as _;
use std::process::{Command, Stdio};

use rebake::naming::version::{FilesState, Purpose, Scheme, Semver, Trust, VersionFacts, VersionStyle, render};

/// The version so many commits behind a release; later commits have later times and other ids.
fn version(style: VersionStyle, base: &str, distance: u32) -> String {
    let facts = VersionFacts {
        base: Scheme::Semver.read(base),
        distance,
        count: distance,
        trust: Trust::Exact,
        commit: format!("188f7a2{distance:033x}").parse().unwrap(),
        committed: 1_795_249_800 + u64::from(distance) * 60,
        abbrev: 7,
        files: FilesState::Clean,
        purpose: Purpose::Builds,
    };
    render(style, &facts).unwrap()
}

/// How two versions compare by SemVer; `None` when one of them is not valid.
fn by_semver(left: &str, right: &str) -> Option<Ordering> {
    Some(Semver::parse(left).ok()?.cmp_precedence(&Semver::parse(right).ok()?))
}

const BETWEEN_RELEASES: [VersionStyle; 6] = [
    VersionStyle::Extended,
    VersionStyle::Next,
    VersionStyle::Describe,
    VersionStyle::Pep440,
    VersionStyle::Pseudo,
    VersionStyle::Sha,
];

#[test]
fn where_a_style_stands_in_semver() {
    use Ordering::{Greater, Less};
    for style in BETWEEN_RELEASES {
        let build = version(style, "1.0.9", 47);
        let expected = match style {
            VersionStyle::Extended | VersionStyle::Describe => [Some(Less), Some(Less)],
            VersionStyle::Next | VersionStyle::Pseudo => [Some(Greater), Some(Less)],
            VersionStyle::Pep440 | VersionStyle::Sha | VersionStyle::Release => [None, None],
            other => panic!("{other:?}"),
        };
        assert_eq!([by_semver(&build, "1.0.9"), by_semver(&build, "1.0.10")], expected, "{build}");
        let in_range = |range: &str| {
            let range = semver::VersionReq::parse(range).unwrap();
            Semver::parse(&build).is_ok_and(|build| range.matches(&build))
        };
        assert!(!in_range(">=1.0.9"), "{build}");
        assert_eq!(in_range(">=1.0.9-0"), matches!(style, VersionStyle::Extended | VersionStyle::Describe), "{build}");
    }
}

#[test]
fn how_builds_of_one_style_are_ordered() {
    // Behind one release: the ninth and tenth commit, the hundredth, the last of four digits and the first of five.
    let ordered = |style, compare: fn(&str, &str) -> Option<Ordering>| {
        [(9, 10), (99, 100), (9_999, 10_000)].map(|(earlier, later)| {
            compare(&version(style, "1.0.9", earlier), &version(style, "1.0.9", later)) == Some(Ordering::Less)
        })
    };
    let as_text = |left: &str, right: &str| Some(left.cmp(right));
    for (style, semver, text) in [
        (VersionStyle::Extended, [true, true, false], [true, true, false]),
        (VersionStyle::Next, [true; 3], [false; 3]),
        (VersionStyle::Describe, [false; 3], [false; 3]),
        (VersionStyle::Pep440, [false; 3], [false; 3]),
        (VersionStyle::Pseudo, [true; 3], [true; 3]),
    ] {
        assert_eq!(ordered(style, by_semver), semver, "{style} in SemVer");
        assert_eq!(ordered(style, as_text), text, "{style} as text");
    }
}

#[test]
fn where_builds_behind_a_pre_release_stand() {
    for (style, before_the_next) in [
        (VersionStyle::Extended, false),
        (VersionStyle::Describe, false),
        (VersionStyle::Next, true),
        (VersionStyle::Pseudo, true),
    ] {
        let build = version(style, "1.1.0-rc.1", 3);
        assert_eq!(by_semver(&build, "1.1.0-rc.1"), Some(Ordering::Greater), "{build}");
        assert_eq!(by_semver(&build, "1.1.0-rc.2") == Some(Ordering::Less), before_the_next, "{build}");
        assert_eq!(by_semver(&build, "1.1.0"), Some(Ordering::Less), "{build}");
    }
}

#[test]
fn what_a_registry_takes() {
    // The OCI distribution specification: [a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}
    let is_tag = |text: &str| {
        text.len() <= 128
            && !text.starts_with(['.', '-'])
            && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte))
    };
    let keeps_build =
        |style, base: &str| base.contains('+') && matches!(style, VersionStyle::Extended | VersionStyle::Describe);
    for base in ["1.0.9", "1.1.0-rc.1", "1.0.9+build.7"] {
        for style in BETWEEN_RELEASES {
            let build = version(style, base, 10_000);
            assert_eq!(is_tag(&build), !build.contains('+'), "{build}");
            assert_eq!(is_tag(&build), style != VersionStyle::Pep440 && !keeps_build(style, base), "{build}");
            assert!(is_tag(&build.replace('+', "_")), "{build}");
        }
    }
}

#[test]
#[ignore = "needs python3 with tests/oracle/requirements.txt; .ci/run installs and runs it"]
fn where_a_style_stands_in_pep_440() {
    let mut claims = Vec::new();
    for style in BETWEEN_RELEASES {
        let build = version(style, "1.0.9", 47);
        if style == VersionStyle::Pep440 {
            claims.push((build.clone(), "1.0.9".to_owned(), ">"));
            claims.push((build, "1.0.10".to_owned(), "<"));
        } else {
            claims.push((build, "1.0.9".to_owned(), "invalid"));
        }
    }
    for (earlier, later) in [(9, 10), (99, 100), (9_999, 10_000)] {
        claims.push((
            version(VersionStyle::Pep440, "1.0.9", earlier),
            version(VersionStyle::Pep440, "1.0.9", later),
            "<",
        ));
    }
    for (pre, python, next) in [("rc.1", "rc1", "rc2"), ("alpha", "a0", "a1"), ("beta.2", "b2", "b3")] {
        let build = version(VersionStyle::Pep440, &format!("1.1.0-{pre}"), 3);
        claims.push((version(VersionStyle::Pep440, &format!("1.1.0-{pre}"), 0), format!("1.1.0{python}"), "="));
        claims.push((build.clone(), format!("1.1.0{python}"), ">"));
        claims.push((build.clone(), format!("1.1.0{next}"), "<"));
        claims.push((build, "1.1.0".to_owned(), "<"));
    }
    claims.push((version(VersionStyle::Release, "1.0.9", 0), "1.0.9".to_owned(), "="));

    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/oracle/pep440.py");
    let mut python = Command::new("python3").arg(script).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut questions = python.stdin.take().unwrap();
    for (left, right, _) in &claims {
        writeln!(questions, "{left} {right}").unwrap();
    }
    drop(questions);
    let output = python.wait_with_output().unwrap();
    assert!(output.status.success(), "pip install -r tests/oracle/requirements.txt");
    let answers = String::from_utf8(output.stdout).unwrap();
    assert_eq!(answers.lines().count(), claims.len());
    for ((left, right, claim), answer) in claims.iter().zip(answers.lines()) {
        assert_eq!(answer, *claim, "{left} {right}");
    }
}
