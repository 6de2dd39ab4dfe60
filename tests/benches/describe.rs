//! What it costs to describe every service of a repository, beside one `git describe` for one of them.
//!
//! The repository is made up: 20,000 commits, one in five a merge, 1,000 services with five tags each. With
//! `REBAKE_REPO` and `REBAKE_PREFIXES` (a file of prefixes, one a line) it is one that exists.

#![expect(clippy::unwrap_used, reason = "a bench that cannot go on has failed")]

use std::fmt::Write as _;
use std::hint::black_box;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use criterion::{Criterion, criterion_group, criterion_main};
use rebake::inputs::git::{DescribeOptions, Repository};
use rebake::model::name::CommitId;
use rebake::naming::version::TagPattern;

const COMMITS: usize = 20_000;
const SERVICES: usize = 1000;

fn describe(criterion: &mut Criterion) {
    let dir = tempfile::tempdir().unwrap();
    if let Some((path, prefixes)) = setting("REBAKE_REPO").zip(setting("REBAKE_PREFIXES")) {
        let prefixes: Vec<_> = std::fs::read_to_string(prefixes).unwrap().lines().map(str::to_owned).collect();
        compare(criterion, Path::new(&path), &prefixes, "as it is");
    } else {
        let prefixes = made_up(dir.path());
        compare(criterion, dir.path(), &prefixes, "without a commit-graph");
        git(dir.path(), &["commit-graph", "write", "--reachable"]);
        compare(criterion, dir.path(), &prefixes, "with a commit-graph");
    }
}

fn compare(criterion: &mut Criterion, path: &Path, prefixes: &[String], state: &str) {
    let repository = Repository::discover(path).unwrap();
    let head = git(path, &["rev-parse", "HEAD"]);
    let commit: CommitId = head.parse().unwrap();
    let wanted: Vec<_> = prefixes.iter().map(|prefix| vec![TagPattern::new(prefix.as_str(), "")]).collect();
    let pattern = format!("--match={}", wanted[0][0]);

    let mut group = criterion.benchmark_group("describe");
    group.sample_size(20);
    group.bench_function(format!("{} services, {state}", wanted.len()), |bencher| {
        bencher.iter(|| repository.describe(black_box(&commit), &wanted, DescribeOptions::default()).unwrap());
    });
    group.bench_function(format!("git describe, 1 service, {state}"), |bencher| {
        bencher.iter(|| git(path, &["describe", "--tags", &pattern, &head]));
    });
    group.bench_function(format!("tags, {state}"), |bencher| bencher.iter(|| repository.tags().unwrap()));
    group.finish();
}

/// Fills a repository and returns the prefixes of its services.
fn made_up(path: &Path) -> Vec<String> {
    let mut import = String::new();
    for mark in 1..=COMMITS {
        let _ = write!(import, "commit refs/heads/main\nmark :{mark}\ncommitter C <c@c> {mark} +0000\ndata 1\nx\n");
        if mark > 1 {
            let _ = writeln!(import, "from :{}", mark - 1);
        }
        if mark > 10 && mark % 5 == 0 {
            let _ = writeln!(import, "merge :{}", mark - 7);
        }
    }
    for service in 0..SERVICES {
        for release in 0..5 {
            // Spread over history, but for the last hundred commits.
            let mark = 1 + (service * 7919 + release * 3701) % (COMMITS - 100);
            let _ = write!(import, "reset refs/tags/s{service}@1.{release}.0\nfrom :{mark}\n\n");
        }
    }
    git(path, &["init", "-q", "--bare", "."]);
    git(path, &["symbolic-ref", "HEAD", "refs/heads/main"]);
    let mut command = Command::new("git");
    let mut child = command.arg("-C").arg(path).args(["fast-import", "--quiet"]).stdin(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(import.as_bytes()).unwrap();
    assert!(child.wait().unwrap().success());
    git(path, &["pack-refs", "--all"]);
    (0..SERVICES).map(|service| format!("s{service}@")).collect()
}

fn git(path: &Path, args: &[&str]) -> String {
    let output = Command::new("git").arg("-C").arg(path).args(args).output().unwrap();
    assert!(output.status.success(), "git {args:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().trim_end().to_owned()
}

#[expect(clippy::disallowed_methods, reason = "a bench has no command line of its own")]
fn setting(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

criterion_group!(benches, describe);
criterion_main!(benches);
