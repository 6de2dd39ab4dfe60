//! Symbolic links that lead out of a service.

use snapbox::str;

use crate::repo::Repo;

/// A repository with these services, `shared/k`, `b/lib/x`, and links of `a` into both; the last commit changes both.
fn repo(services: &str) -> Repo {
    let repo = Repo::new();
    repo.write("filters.yaml", services)
        .write("a/x", "")
        .write("b/lib/x", "")
        .write("shared/k", "")
        .write("LICENSE", "");
    for (link, to) in [
        ("a/shared", "../shared"),
        ("a/sub", "./../b/lib/"),
        ("a/LICENSE", "../LICENSE"),
        ("a/own", "x"),
        ("a/gone", "../gone"),
        ("a/out", "../../out"),
        ("a/root", "/etc"),
        ("a/loop", "loop"),
        ("unheld", "shared"),
    ] {
        repo.symlink(to, link);
    }
    repo.commit("first");
    repo.write("shared/k", "1").write("b/lib/x", "1").commit("second");
    repo
}

const PLAN: [&str; 5] = ["plan", "--base", "HEAD~1", "--unmatched", "ignore"];

#[test]
fn a_link_that_leads_out_of_its_service_is_told_with_what_changed_behind_it() {
    let repo = repo("services:\n  a: {path: a}\n  b: {path: b}\n");
    repo.rebake(PLAN).success().stderr(str![[r#"
warning[link-outside]: 3 symbolic links lead to what the patterns of their services do not match: a/shared of `a` leads to shared, where shared/k changed; a/sub of `a` leads to b/lib, where b/lib/x changed; a/LICENSE of `a` leads to LICENSE
 |
 = help: add `shared/**` to the service's `filters`, or the service that it belongs to to `depends_on`; if it affects nothing, add it to `unowned`

"#]]);
    // What is not there, lies outside or leads in a circle is no tracked file, and without changes none is missed.
    repo.rebake(["plan", "--base", "HEAD"]).success().stderr("");
}

#[test]
fn filters_dependencies_and_unowned_are_cures() {
    let cured =
        "unowned: [LICENSE]\nservices:\n  a: {filters: ['a/**', 'shared/**'], depends_on: [b]}\n  b: {path: b}\n";
    repo(cured).rebake(PLAN).success().stderr("");
}

#[test]
fn a_pattern_that_leads_into_the_target_of_a_link_is_a_cure() {
    let services = |filter: &str| {
        format!(
            "unowned: [LICENSE]\nservices:\n  a: {{filters: ['a/**', '{filter}'], depends_on: [b]}}\n  b: {{path: b}}\n"
        )
    };
    for filter in ["shared/k*", "shared/*/k", "share[d]/k", "shared/deep/er/k"] {
        let text = repo(&services(filter)).rebake(PLAN).success().stderr;
        // The third names no directory as it is written.
        let is_told = !text.is_empty();
        assert_eq!(is_told, filter.starts_with("share["), "{filter}");
    }
    for filter in ["**/*.md", "shared-other/k*", "sharedk*", "*/z"] {
        let told = repo(&services(filter)).rebake(PLAN).success().stderr;
        assert!(String::from_utf8_lossy(&told).contains("where shared/k changed"), "{filter}");
    }
    // In a directory that it lies in.
    let repo = Repo::new();
    repo.write("filters.yaml", "services:\n  a: {filters: ['a/**', 'libs/*/src/**']}\n");
    repo.write("a/x", "").write("libs/x/src/k", "").symlink("../libs/x", "a/link").commit("first");
    repo.write("libs/x/src/k", "1").commit("second");
    repo.rebake(PLAN).success().stderr("");
}

#[test]
fn a_chain_of_links_is_followed_to_its_end() {
    let repo = Repo::new();
    repo.write("filters.yaml", "services:\n  a: {path: a}\n").write("a/x", "").write("real/k", "");
    repo.symlink("../hop/d", "a/link");
    repo.symlink("real", "hop");
    repo.write("real/d/k", "").commit("first");
    repo.write("real/d/k", "1").commit("second");
    repo.rebake(PLAN).success().stderr(str![[r#"
warning[link-outside]: 1 symbolic link leads to what the patterns of its service do not match: a/link of `a` leads to real/d, where real/d/k changed
 |
 = help: add `real/d/**` to the service's `filters`, or the service that it belongs to to `depends_on`; if it affects nothing, add it to `unowned`

"#]]);
}
