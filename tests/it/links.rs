//! Symbolic links that lead out of a service: a plan looks for them where something changed.

use rebake::model::change::ChangeSet;
use snapbox::str;

use crate::repo::Repo;

/// A repository with these services, `shared/k`, `b/lib/x`, and links of `a` into both; the last commit changes both, and
/// a file of `a`.
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
    repo.write("a/x", "1").write("shared/k", "1").write("b/lib/x", "1").commit("second");
    repo
}

const PLAN: [&str; 5] = ["plan", "--base", "HEAD~1", "--unmatched", "ignore"];

#[test]
fn a_link_that_leads_out_of_its_service_is_told_with_what_changed_behind_it() {
    let repo = repo("services:\n  a: {path: a}\n  b: {path: b}\n");
    repo.rebake(PLAN).success().stderr(str![[r#"
warning[link-outside]: 3 symbolic links lead to files that the patterns of their services do not match: a/shared of `a` leads to shared, where shared/k changed; a/sub of `a` leads to b/lib, where b/lib/x changed; a/LICENSE of `a` leads to LICENSE
 |
 = help: add the targets of a service's links (`shared/**`, `b/lib/**`, `LICENSE`) to its `filters`, or add the service that owns them to `depends_on`; if they affect nothing, add them to `unowned`

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
    repo.write("a/x", "1").write("libs/x/src/k", "1").commit("second");
    repo.rebake(PLAN).success().stderr("");
}

#[test]
fn a_chain_of_links_is_followed_to_its_end() {
    let repo = Repo::new();
    repo.write("filters.yaml", "services:\n  a: {path: a}\n").write("a/x", "").write("real/k", "");
    repo.symlink("../hop/d", "a/link");
    repo.symlink("real", "hop");
    repo.write("real/d/k", "").commit("first");
    repo.write("a/x", "1").write("real/d/k", "1").commit("second");
    repo.rebake(PLAN).success().stderr(str![[r#"
warning[link-outside]: 1 symbolic link leads to files that the patterns of its service do not match: a/link of `a` leads to real/d, where real/d/k changed
 |
 = help: add `real/d/**` to the service's `filters`, or add the service that owns it to `depends_on`; if it affects nothing, add it to `unowned`

"#]]);
}

#[test]
fn a_link_is_told_when_it_comes_and_where_something_changes_beside_it() {
    let repo = Repo::new();
    let services = "services:\n  a: {path: a}\n  b: {path: b}\n";
    repo.write("filters.yaml", services).write("a/x/y/z", "").write("a/x/k", "").write("b/y", "").write("c/y", "");
    repo.write("shared/k", "").commit("first");
    let told = |what: &str| {
        repo.commit(what);
        let text = String::from_utf8(repo.rebake(PLAN).success().stderr).unwrap();
        text.lines().next().and_then(|line| line.split_once("match: ")).map(|(_, links)| links.to_owned())
    };
    repo.symlink("../../shared", "a/x/link");
    let link = Some("a/x/link of `a` leads to shared".to_owned());
    assert_eq!(told("it comes"), link);
    repo.write("shared/k", "1").write("b/y", "1");
    assert_eq!(told("elsewhere, and behind it"), None, "no tree on the way to what changed has it");
    for (path, is_told) in [("a/x/k", true), ("a/x/y/z", true), ("a/other", false)] {
        repo.write(path, "1");
        assert_eq!(told(path), link.clone().filter(|_| is_told), "{path}");
    }
    repo.write("a/x/k", "2").write("shared/k", "2");
    assert_eq!(told("both"), Some("a/x/link of `a` leads to shared, where shared/k changed".to_owned()));
    // The files of a service that is new, or whose patterns are others, may have been there before.
    repo.symlink("../shared", "c/link");
    assert_eq!(told("of no service"), None);
    repo.write("filters.yaml", format!("{services}  c: {{path: c}}\n"));
    assert_eq!(told("a service"), Some("c/link of `c` leads to shared".to_owned()));
    repo.write("filters.yaml", format!("{services}  c: {{filters: ['c/**', b/y]}}\n"));
    assert_eq!(told("its patterns"), Some("c/link of `c` leads to shared".to_owned()));
    repo.write("filters.yaml", format!("{services}  c: {{filters: ['c/**', b/y], run: make}}\n"));
    assert_eq!(told("its recipe"), None);
}

#[test]
fn no_more_directories_are_read_than_lie_on_the_way_to_what_changed() {
    use rebake::inputs::trigger::Trigger;
    use rebake::plan::pipeline::{ConfigFile, Request, WorkDone, WorkspaceView, follow_links, plan};
    const SERVICES: usize = 50;
    let repo = Repo::new();
    let service = |n: usize| format!("  s{n}: {{path: s/s{n}, image: r.io/s{n}, tag: 's{n}@{{{{version}}}}'}}\n");
    let services: String = (0..SERVICES).map(service).collect();
    repo.write("filters.yaml", format!("services:\n{services}"));
    for n in 0..SERVICES {
        repo.write(format!("s/s{n}/Dockerfile"), "").write(format!("s/s{n}/src/deep/x"), "");
    }
    let base = repo.commit("first");
    let work = |changed: &[&str]| -> WorkDone {
        for path in changed {
            repo.write(path, "1");
        }
        repo.commit("next");
        let repository = repo.open();
        let file = ConfigFile::find(&repository, None, repo.dir(), None).unwrap();
        let (file, checked) = file.check(&repository, None).unwrap();
        let config = checked.unwrap().0;
        // What a builder reads in a directory that its service takes whole needs no patterns of its own: there is one list
        // for each service, `global` and `unowned`.
        assert_eq!(config.filters.len(), SERVICES + 2);
        let (services, head, none) = (config.graph.id("s3"), repo.id("HEAD"), ChangeSet::default());
        let of_one = follow_links(&repository, &config, services.as_slice(), Some(&head), &none).unwrap();
        assert_eq!(of_one.read, 3, "nobody asks where the inputs of others lead");
        let from = rebake::analysis::base::From::Base;
        let end = rebake::analysis::base::End { revision: base.to_string(), from };
        let compare = rebake::analysis::base::Compare::Revision(end);
        let base = rebake::analysis::base::RangeRequest { compare, ..Default::default() };
        let request = Request { base, ..Request::default() };
        plan(
            &WorkspaceView { repository: &repository, file: &file, config: &config, trigger: &Trigger::local() },
            &request,
            &mut |_| {},
        )
        .unwrap()
        .work
    };
    // The root, `s`, and of each service with a change three; of each service one for what it declares.
    let one = work(&["s/s0/src/deep/x"]);
    assert_eq!((one.searched, one.inputs, one.configs), (5, SERVICES + 2, 0));
    let two = work(&["s/s7/src/deep/x", "s/s0/src/y"]);
    assert_eq!((two.searched, two.inputs, two.configs), (8, SERVICES + 2, 0));
    // The configuration at base is read where it is another.
    let other = work(&[]);
    assert_eq!(other.configs, 0);
    repo.write("filters.yaml", format!("# It differs.\nservices:\n{services}"));
    assert_eq!(work(&[]).configs, 1);
}

#[test]
fn a_service_whose_path_is_a_link_is_told_where_its_filters_stop() {
    let told_with = |beside: &str, services: &str| {
        let repo = Repo::new();
        repo.write("filters.yaml", services).write("real/x/src/y", "1").write("o/x", "1");
        repo.write("services/other", "").symlink("../real/x", "services/lk").commit("first");
        repo.write("real/x/src/y", "2").write(beside, "2").commit("second");
        let said = String::from_utf8(repo.rebake([&PLAN[..], &["--dead", "allow"]].concat()).success().stderr).unwrap();
        said.contains("services/lk of `lk` leads to real/x, where real/x/src/y changed")
    };
    let told = |services: &str| told_with("services/other", services);
    for filters in ["services/lk/**", "services/lk/src/**", "services/lk/src/*", "services/lk/*", "services/lk/src/y"] {
        let by_path = format!("services:\n  lk: {{path: services/lk, filters: [\"{filters}\"]}}\n");
        assert!(told_with("other", &by_path), "{filters}");
        assert!(told(&format!("services:\n  lk: {{path: o, filters: [\"{filters}\", \"o/**\"]}}\n")), "{filters}");
        assert!(told(&format!("lk: [\"{filters}\"]\n")), "{filters}");
    }
    // What the default context is made of counts, and so do filters that say where the link leads.
    assert!(!told("services:\n  lk: {path: services/lk}\n"));
    assert!(!told("services:\n  lk: {path: services/lk, filters: [\"services/lk/**\", \"real/x/src/**\"]}\n"));
    // Others are not meant.
    assert!(!told("services:\n  lk: {path: o, filters: [\"services/lkk/**\", \"services/o*\", \"*/z\"]}\n"));
}
