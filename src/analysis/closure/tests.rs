use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::*;
use crate::inputs::lockfile::{Lockfile, LockfileFormat};

fn resolution(format: LockfileFormat, text: &str) -> Resolution {
    Resolution::new(Lockfile::read(format, text, &BTreeMap::new()).unwrap_or_else(|error| panic!("{error}\n{text}")))
}

const BEFORE: &str = "lockfileVersion: '9.0'\nimporters:\n  a:\n    dependencies:\n      next: {specifier: ^1, version: 1.0.0}\n      old: {specifier: ^1, version: 1.0.0}\n    devDependencies:\n      tool: {specifier: ^1, version: 1.0.0}\n  b:\n    dependencies:\n      same: {specifier: ^1, version: 1.0.0}\nsnapshots:\n  next@1.0.0:\n    dependencies:\n      react: 18.2.0\n      same: 1.0.0\n  react@18.2.0: {}\n  old@1.0.0: {}\n  same@1.0.0: {}\n  tool@1.0.0: {}\n";

fn changes(before: &str, after: &str, member: &str, with: WithDevelopment) -> Vec<String> {
    let [then, now] = [before, after].map(|text| resolution(LockfileFormat::Pnpm, text));
    let entry = |resolution: &Resolution| resolution.lockfile().in_directory(member);
    let changes = ClosureComparison::new(Some(&then), Some(&now), with).changes(entry(&then), entry(&now)).into_iter();
    let shown = |change: PackageChange| {
        let via = change.via.map(|via| format!(" via {via}")).unwrap_or_default();
        format!("{} {} → {}{via}", change.name, change.from.join(", "), change.to.join(", "))
    };
    changes.map(shown).collect()
}

#[test]
fn changes_say_from_what_to_what_and_via_whom() {
    let bumped = BEFORE
        .replace("18.2.0", "18.3.1")
        .replace("tool@1.0.0", "tool@2.0.0")
        .replace("tool: {specifier: ^1, version: 1.0.0}", "tool: {specifier: ^1, version: 2.0.0}");
    assert_eq!(
        changes(BEFORE, &bumped, "a", WithDevelopment::Yes),
        ["react 18.2.0 → 18.3.1 via next", "tool 1.0.0 → 2.0.0"]
    );
    assert_eq!(changes(BEFORE, &bumped, "a", WithDevelopment::No), ["react 18.2.0 → 18.3.1 via next"]);
    assert_eq!(changes(BEFORE, &bumped, "b", WithDevelopment::Yes), [""; 0]);
    let removed = BEFORE.replace("      old: {specifier: ^1, version: 1.0.0}\n", "").replace("  old@1.0.0: {}\n", "");
    assert_eq!(changes(BEFORE, &removed, "a", WithDevelopment::Yes), ["old 1.0.0 → "]);
    assert_eq!(changes(&removed, BEFORE, "a", WithDevelopment::Yes), ["old  → 1.0.0"]);
    assert_eq!(
        changes(BEFORE, "lockfileVersion: '9.0'\nimporters: {}\n", "b", WithDevelopment::Yes),
        ["same 1.0.0 → "]
    );
}

#[test]
fn a_copy_of_a_package_with_other_dependencies_is_no_new_package() {
    let lockfile = |of_x: &str, inside: &str| {
        format!(
            r#"{{"lockfileVersion": 3, "packages": {{
                "a": {{"name": "a", "dependencies": {{"x": "1", "y": "1"}}}},
                "node_modules/a": {{"resolved": "a", "link": true}},
                "node_modules/w": {{"version": "1.0.0"}},
                "node_modules/x": {{"version": "1.0.0"{of_x}}},
                "node_modules/y": {{"version": "1.0.0", "dependencies": {{"z": "1"}}}},
                "node_modules/z": {{"version": "1.0.0", "dependencies": {{"w": "*"}}}}{inside}
            }}}}"#
        )
    };
    let before = lockfile("", "");
    let inside = r#",
        "node_modules/x/node_modules/w": {"version": "2.0.0"},
        "node_modules/x/node_modules/z": {"version": "1.0.0", "dependencies": {"w": "*"}}"#;
    let after = lockfile(r#", "dependencies": {"z": "1"}"#, inside);
    let [then, now] = [before, after].map(|text| resolution(LockfileFormat::Npm, &text));
    let entry = |resolution: &Resolution| resolution.lockfile().in_directory("a");
    let comparison = ClosureComparison::new(Some(&then), Some(&now), WithDevelopment::Yes);
    let changes = comparison.changes(entry(&then), entry(&now)).into_iter();
    let changes: Vec<_> = changes.map(|change| (change.name, change.from, change.to)).collect();
    assert_eq!(changes, [("w".to_owned(), Vec::new(), vec!["2.0.0".to_owned()])]);
}

#[test]
fn what_a_package_is_needed_for_is_part_of_a_closure() {
    let of = |text: &str, with| {
        let resolution = resolution(LockfileFormat::Pnpm, text);
        resolution.digest(resolution.lockfile().in_directory("a").unwrap(), with)
    };
    let moved = BEFORE.replace("    devDependencies:\n      tool", "      tool");
    for with in [WithDevelopment::Yes, WithDevelopment::No] {
        assert_ne!(of(BEFORE, with), of(&moved, with));
        assert_eq!(of(BEFORE, with), of(&BEFORE.replace("  b:\n", "  c: {}\n  b:\n"), with));
    }
    let too = moved.replace("  b:\n", "    devDependencies:\n      tool: {specifier: ^1, version: 1.0.0}\n  b:\n");
    assert_eq!(of(&moved, WithDevelopment::Yes), of(&too, WithDevelopment::Yes));
}

#[test]
fn the_same_package_may_be_in_a_circle_twice() {
    let of = |second: &str, place: &str| {
        let text = format!(
            r#"{{"lockfileVersion": 3, "packages": {{"": {{"dependencies": {{"x": "1"}}}},
            "node_modules/x": {{"version": "1", "dependencies": {{"c": "1", "y": "1"}}}},
            "node_modules/y": {{"version": "1", "dependencies": {{"c": "1", "x": "1"}}}},
            "node_modules/c": {{"version": "1", "dependencies": {{"x": "1", "d": "1"}}}},
            "node_modules/d": {{"version": "1"}},
            "node_modules/{place}/node_modules/c": {{"version": "1", "dependencies": {{"x": "1", "d": "1"}}}},
            "node_modules/{place}/node_modules/d": {{"version": "{second}"}}}}}}"#
        );
        let resolution = resolution(LockfileFormat::Npm, &text);
        resolution.digest(resolution.lockfile().in_directory(".").unwrap(), WithDevelopment::Yes)
    };
    assert_ne!(of("2", "x"), of("2", "y"));
    assert_eq!(of("1", "x"), of("1", "y"));
}

#[test]
fn many_twins_of_a_circle_are_told_apart() {
    // Equal packages in a ring: each is inside of the one before, and another one closes the ring. One of them also
    // needs another package.
    let digest = |marked: usize| {
        let mut text = r#"{"lockfileVersion": 3, "packages": {"": {"dependencies": {"t": "1"}}, "node_modules/m": {"version": "1"}, "node_modules/u": {"version": "1", "dependencies": {"t": "1"}}"#.to_owned();
        for number in 0..40 {
            let place = "node_modules/t/".repeat(number) + "node_modules/t";
            let next = if number == 39 { "u" } else { "t" };
            let more = if number == marked { r#", "m": "1""# } else { "" };
            write!(text, r#", "{place}": {{"version": "1", "dependencies": {{"{next}": "1"{more}}}}}"#).unwrap();
        }
        let resolution = resolution(LockfileFormat::Npm, &(text + "}}"));
        resolution.digest(resolution.lockfile().in_directory(".").unwrap(), WithDevelopment::Yes)
    };
    assert_ne!(digest(19), digest(20));
    assert_eq!(digest(20), digest(20));
}

#[test]
fn a_chain_may_be_long() {
    let mut text = "lockfileVersion: '9.0'\nimporters:\n  a:\n    dependencies:\n      p0: {specifier: x, version: '1'}\nsnapshots:\n".to_owned();
    for number in 0..100_000 {
        write!(text, "  p{number}@1:\n    dependencies:\n      p{}: '1'\n", number + 1).unwrap();
    }
    let resolution = resolution(LockfileFormat::Pnpm, &text);
    let start = resolution.lockfile().in_directory("a").unwrap();
    assert_ne!(resolution.digest(start, WithDevelopment::Yes), resolution.digest(0, WithDevelopment::Yes));
    assert_eq!(resolution.reached(start, WithDevelopment::Yes).len(), 100_001);
}
