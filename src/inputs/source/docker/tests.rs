//! Tests of what builds read. `tests/it/docker_context` compares more Dockerfiles with BuildKit.

use std::collections::{BTreeMap, BTreeSet};

use super::*;

const GIVEN: [(&str, Option<&str>); 3] = [("GIVEN", Some("acme/given:1")), ("LATER", None), ("TAG", Some("dev"))];

fn reads_of(text: &str, target: Option<&str>, contexts: &[&str]) -> ContextReads {
    let arguments: BTreeMap<String, Option<String>> =
        GIVEN.iter().map(|(name, value)| ((*name).to_owned(), value.map(str::to_owned))).collect();
    let contexts: BTreeSet<String> = contexts.iter().map(|name| (*name).to_owned()).collect();
    let request = BuildRequest { arguments: &arguments, target, contexts: &contexts };
    Dockerfile::parse(text).unwrap().reads(&request)
}

/// Returns the sources, and the reasons why there may be more sources. Each reason follows the part of the Dockerfile
/// that it is about.
fn sources(text: &str) -> (Vec<String>, Vec<String>) {
    let reads = reads_of(text, None, &[]);
    let whys = reads.unresolved.iter().map(|why| format!("{}: {}", &text[why.span.start..why.span.end], why.why));
    (reads.sources.iter().map(|source| source.path.clone()).collect(), whys.collect())
}

#[test]
fn images_are_told_with_variables_filled_in() {
    let text = "# syntax=docker/dockerfile:1\nARG BASE=acme/base GIVEN LATER\nARG TAG='main' X\nARG EMPTY=\n\
        from --platform=$BUILDPLATFORM ${BASE}:$TAG \\\n  AS Build\n# FROM acme/comment AS comment\nFROM \"$GIVEN\" AS two\n\
        FROM ${EMPTY:-acme/other}:${TAG:+x} AS three\nFROM $LATER\nCOPY --chown=1 --from=$BASE /a /b\n\
        RUN --mount=type=bind,from=acme/tools,target=/t cp /t /u\nONBUILD COPY --from=acme/late a b\n\
        COPY --from=build /a --from=two /b\nCOPY --from=three a b\nCOPY --from=1 a b\nCOPY --from=scratch a b\n";
    let reads = reads_of(text, None, &[]);
    let images: Vec<_> =
        reads.images.iter().map(|image| (&*image.written, image.reference.as_deref(), image.by)).collect();
    let expected = [
        ("${BASE}:$TAG", Some("acme/base:dev"), ReferencedBy::From),
        ("\"$GIVEN\"", Some("acme/given:1"), ReferencedBy::From),
        ("${EMPTY:-acme/other}:${TAG:+x}", Some("acme/other:x"), ReferencedBy::From),
        ("$LATER", None, ReferencedBy::From),
        ("$BASE", Some("acme/base"), ReferencedBy::Copy),
        ("acme/tools", Some("acme/tools"), ReferencedBy::Mount),
    ];
    assert_eq!(images, expected);
    for image in &reads.images {
        assert!(text[image.span.start..image.span.end].contains(&image.written));
    }
}

#[test]
fn only_what_the_target_reaches_counts() {
    let text = "FROM a AS one\nCOPY 1 /\nFROM b AS two\nCOPY 2 /\nFROM one AS three\nRUN --mount=from=two true\n";
    let of = |target: Option<&str>| {
        let reads = reads_of(text, target, &[]);
        let sources: Vec<String> = reads.sources.into_iter().map(|source| source.path).collect();
        (sources, reads.images.len(), reads.unresolved.len())
    };
    let paths = |paths: &[&str]| paths.iter().map(|path| (*path).to_owned()).collect::<Vec<_>>();
    assert_eq!(of(None), (paths(&["1", "2"]), 2, 0));
    assert_eq!(of(Some("TWO")), (paths(&["2"]), 1, 0));
    assert_eq!(of(Some("0")), (paths(&["1"]), 1, 0));
    assert_eq!(of(Some("none")), (paths(&[]), 0, 1));
}

#[test]
fn named_contexts_are_no_images() {
    let text = "FROM docker.io/library/node:20 AS one\nCOPY 1 /\nFROM acme/base\nCOPY --from=one a b\nCOPY --from=acme/base:latest a b\n";
    let of = |contexts: &[&str]| {
        let reads = reads_of(text, None, contexts);
        (reads.sources.len(), reads.images.len(), reads.unresolved.len())
    };
    assert_eq!(of(&[]), (1, 3, 0));
    assert_eq!(of(&["node:20"]), (1, 2, 0));
    assert_eq!(of(&["acme/base"]), (1, 1, 0));
    // The context replaces the stage, and so the files that the stage copies.
    assert_eq!(of(&["one"]), (0, 2, 0));
}

#[test]
fn what_cannot_be_told_says_so_where_it_stands() {
    let all = |text: &str| sources(text).1;
    assert_eq!(all("FROM a\nCOPY b $HOME/c /\n"), ["$HOME/c: `HOME` has no value that is known before the build"]);
    assert_eq!(all("FROM scratch\nCOPY b $HOME/c /\n"), [""; 0]);
    assert_eq!(all("FROM scratch\nARG LATER=x\nENV X=$LATER\nCOPY \"$X\" /\n").len(), 1);
    assert_eq!(all("FROM scratch\nARG LATER=x GIVEN\nCOPY ${LATER:+a} ${GIVEN:-$LATER} /\n").len(), 1);
    assert_eq!(all("FROM scratch\nCOPY ${X /\n"), ["${X: a builder does not take this"]);
    assert_eq!(
        all("FROM node:20-onbuild\n"),
        ["node:20-onbuild: the image may bring `ONBUILD` instructions of its own"]
    );
    let syntax = "#syntax=acme/mine:1\nFROM a\nCOPY b /\n";
    assert_eq!(all(syntax), ["#syntax=acme/mine:1: `acme/mine:1` reads this file by rules of its own"]);
    assert_eq!(all("#syntax=mirror.acme.dev:5000/docker/dockerfile:1.7-labs@sha256:0\nFROM a\nCOPY b /\n"), [""; 0]);
    assert_eq!(all("FROM a\nRUN --mount=type=$X,source=b true\n").len(), 1);
}

#[test]
fn a_platform_that_is_not_known_is_a_wildcard() {
    let of = |sources: &str| {
        super::tests::sources(&format!("FROM a\nARG TARGETARCH TARGETPLATFORM TARGETVARIANT\nCOPY {sources} /\n"))
    };
    assert_eq!(of("x-$TARGETARCH/y $TARGETPLATFORM/z").0, ["x-*/y", "**/z"]);
    assert_eq!(of("x-${TARGETPLATFORM}-y").1.len(), 1);
    assert_eq!(of("${TARGETARCH#a}").1.len(), 1);
    assert_eq!(of("${TARGETARCH:+a} ${TARGETARCH:-b}c").0, ["a", "*c"]);
    let stages = "FROM a AS b-amd64\nCOPY 1 /\nFROM a AS b-arm64\nCOPY 2 /\nFROM a AS c\nCOPY 3 /\nFROM b-$TARGETARCH\nCOPY 4 /\n";
    assert_eq!(sources(stages).0, ["1", "2", "4"]);
}

#[test]
fn addresses_are_no_sources() {
    let text =
        "FROM a\nADD https://a.dev/b git@github.com:acme/web.git#main c /\nADD --checksum=sha256:0 http://x/y /\n";
    assert_eq!(sources(text), (vec!["c".to_owned()], Vec::new()));
}
