//! How long an index over the patterns of many services takes to build, and to answer for 100,000 paths.

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use rayon::prelude::*;
use rebake::glob::{GlobIndex, Pattern};
use std::hint::black_box;
use std::time::Duration;

const PATHS: usize = 100_000;

/// Four patterns a service, as people write them: its directory, its library, its workflow, its pages.
fn patterns(services: usize) -> Vec<String> {
    let own = |service| {
        [
            format!("services/team-{}/svc-{service}/**", service % 20),
            format!("libs/svc-{service}/src/**/*.{{ts,tsx}}"),
            format!(".github/workflows/svc-{service}.y?(a)ml"),
            format!("docs/**/svc-{service}-*.md"),
        ]
    };
    (0..services).flat_map(own).collect()
}

/// Paths spread over the services, the libraries and the rest of a repository, in the order of a change set.
fn paths(services: usize) -> Vec<String> {
    let path = |index: usize| {
        let service = index / 10 * 7919 % services;
        match index % 10 {
            0 => format!("libs/svc-{service}/src/deep/er/file-{index}.ts"),
            1 => format!("docs/services/svc-{service}-page.md"),
            2 => format!(".github/workflows/svc-{service}.yml"),
            3 => format!("tools/generator/templates/item-{index}.hbs"),
            _ => format!("services/team-{}/svc-{service}/src/module/file-{index}.rs", service % 20),
        }
    };
    let mut paths: Vec<String> = (0..PATHS).map(path).collect();
    paths.sort_unstable();
    paths
}

fn parsed(texts: &[String]) -> Vec<Pattern> {
    texts.iter().map(|text| Pattern::parse(text).expect("the pattern can be read")).collect()
}

fn build(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("build");
    for services in [10, 1000, 5000] {
        let texts = patterns(services);
        group.bench_with_input(BenchmarkId::from_parameter(services), &texts, |bencher, texts| {
            bencher.iter(|| GlobIndex::new(parsed(black_box(texts))));
        });
    }
}

/// From patterns that were never used to all answers: what one run of the program does.
fn first_match(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("first match");
    group.throughput(Throughput::Elements(PATHS as u64)).sample_size(10).measurement_time(Duration::from_secs(5));
    for services in [10, 1000, 5000] {
        let (texts, paths) = (patterns(services), paths(services));
        group.bench_function(BenchmarkId::new("one thread", services), |bencher| {
            bencher.iter_with_setup(|| GlobIndex::new(parsed(&texts)), |index| hits(&index, &paths));
        });
        group.bench_function(BenchmarkId::new("rayon", services), |bencher| {
            bencher.iter_with_setup(
                || GlobIndex::new(parsed(&texts)),
                |index| paths.par_chunks(1024).map(|paths| hits(&index, paths)).sum::<usize>(),
            );
        });
    }
}

fn hits(index: &GlobIndex, paths: &[String]) -> usize {
    let (mut search, mut hits) = (index.search(), Vec::new());
    let count = |path: &String| {
        search.matches(black_box(path.as_bytes()), &mut hits);
        hits.len()
    };
    paths.iter().map(count).sum()
}

criterion_group!(benches, build, first_match);
criterion_main!(benches);
