//! Where the configuration is read from: links, commits and the work tree, and what a base is compared by.

use std::process::Command;

use serde_json::Value;
use snapbox::str;

use crate::repo::{Rebake, Repo, Run};

/// Two services, and one file of each.
const TWO: &str = "services:\n  a: {path: a}\n  c: {path: c, run: make}\n";

fn with(path: &str, text: &str) -> Repo {
    let repo = Repo::new();
    repo.write(path, text).write("a/x", "1").write("c/x", "1");
    repo
}

/// The services of a plan between two commits, each with the kinds of its causes.
fn planned(run: &Run) -> Vec<String> {
    let plan: Value = serde_json::from_str(&run.text()).unwrap();
    let kinds = |service: &Value| -> Vec<String> {
        service["causes"].as_array().unwrap().iter().map(|cause| cause["kind"].as_str().unwrap().to_owned()).collect()
    };
    let services = plan["services"].as_array().unwrap().iter();
    services.map(|service| format!("{}: {}", service["service"].as_str().unwrap(), kinds(service).join(" "))).collect()
}

/// What the last commit asks for, compared with the one before.
fn last(repo: &Repo, args: &[&str]) -> Vec<String> {
    planned(&between(repo, args).success())
}

fn between(repo: &Repo, args: &[&str]) -> Rebake {
    let range = ["plan", "--base", "HEAD~1", "--head", "HEAD", "--direct", "--format", "json", "--dead", "allow"];
    repo.rebake([&range, args].concat())
}

/// On GitHub, where the work tree does not count.
fn in_ci(repo: &Repo, args: &[&str]) -> Rebake {
    let event = repo.dir().join(".git/event.json");
    std::fs::write(&event, format!(r#"{{"before":"{}","repository":{{"default_branch":"main"}}}}"#, repo.id("HEAD~1")))
        .unwrap();
    repo.rebake([&["plan", "--format", "names"], args].concat())
        .env("GITHUB_ACTIONS", "true")
        .env("GITHUB_EVENT_NAME", "push")
        .env("GITHUB_REF", "refs/heads/main")
        .env("GITHUB_SHA", repo.id("HEAD").to_string())
        .env("GITHUB_EVENT_PATH", event)
}

const CHANGED: &str = "services:\n  a: {path: a}\n  c: {path: c, run: make all}\n";

#[test]
fn links_are_followed_at_each_commit() {
    for links in [
        &[("filters.yaml", "ci/filters.yaml")][..],
        &[("filters.yaml", "./one"), ("one", "two"), ("two", "ci/../ci/filters.yaml")],
        &[(".github", "ci")],
        &[("filters.yaml", "here/filters.yaml"), ("here", "ci")],
    ] {
        let repo = with("ci/filters.yaml", TWO);
        for (link, target) in links {
            repo.symlink(target, link);
        }
        repo.commit("one");
        repo.write("ci/filters.yaml", CHANGED).commit("two");
        assert_eq!(last(&repo, &[]), ["c: definition"], "{links:?}");
        repo.rebake(["plan", "--base", "HEAD~1", "--head", "HEAD~1", "--format", "names"])
            .success()
            .stderr("")
            .stdout("");
        // And the same while it is only in the work tree.
        repo.git(["reset", "--quiet", "--soft", "HEAD~1"]);
        repo.rebake(["plan", "--base", "HEAD", "--format", "names"]).success().stderr("").stdout("c\n");
    }
}

#[test]
fn a_file_in_the_place_of_its_link_is_the_same_configuration() {
    let repo = with("ci/filters.yaml", TWO);
    repo.symlink("ci/filters.yaml", "filters.yaml").commit("one");
    repo.remove("filters.yaml").write("filters.yaml", TWO).commit("two");
    assert_eq!(last(&repo, &[]), [""; 0]);
}

#[test]
fn links_that_lead_nowhere_or_outside_are_refused() {
    for (links, code) in [
        (&[("filters.yaml", "../outside.yaml")][..], 2),
        (&[("filters.yaml", "/etc/hostname")], 2),
        (&[("filters.yaml", "ci/../../outside.yaml")], 2),
        (&[("filters.yaml", "other"), ("other", "filters.yaml")], 2),
        (&[("filters.yaml", "gone.yaml")], 2),
    ] {
        let repo = with("ci/x", "");
        std::fs::write(repo.dir().with_file_name("outside.yaml"), "secret: {text}\n").unwrap();
        for (link, target) in links {
            repo.symlink(target, link);
        }
        repo.commit("one");
        for args in [&["plan"][..], &["plan", "--head", "HEAD"], &["-c", "filters.yaml", "plan"]] {
            let run = repo.rebake(args).failure(code);
            let said = String::from_utf8(run.stderr).unwrap();
            assert!(said.contains("error[no-config]") && !said.contains("secret"), "{links:?} {args:?}: {said}");
        }
    }
}

#[test]
fn a_link_that_leads_outside_is_told() {
    let repo = with("ci/x", "");
    repo.symlink("/etc/hostname", "filters.yaml").commit("one");
    repo.rebake(["plan"]).failure(2).stdout("").stderr(str![[r#"
error[no-config]: filters.yaml leads outside of the repository, through symbolic links
 |
 = help: keep the file in the repository; `-c FILE` names one elsewhere

"#]]);
}

#[test]
fn at_a_base_a_link_that_cannot_be_followed_leaves_all_definitions_unknown() {
    let repo = with("ci/x", "");
    repo.symlink("/etc/hostname", "filters.yaml").commit("one");
    repo.remove("filters.yaml").write("filters.yaml", TWO).commit("two");
    assert_eq!(last(&repo, &[]), ["a: degraded", "c: degraded"]);
}

#[test]
fn a_committed_configuration_needs_no_work_tree() {
    let repo = with(".github/filters.yaml", TWO);
    repo.commit("one");
    repo.write("a/x", "2").commit("two");
    let plan = |clone: &Repo, args: &[&str]| {
        let base = ["--base", "HEAD~1", "--format", "names"];
        clone.rebake([&["plan"], &base[..], args].concat()).success().stderr("").stdout("a\n");
    };
    for mode in ["--cone", "--no-cone"] {
        for index in ["--sparse-index", "--no-sparse-index"] {
            let sparse = repo.clone_with(["--sparse"]);
            sparse.git(["sparse-checkout", "set", mode, index, "a"]);
            assert!(!sparse.dir().join(".github").exists());
            plan(&sparse, &[]);
            plan(&sparse, &["-c", ".github/filters.yaml"]);
        }
    }
    let bare = repo.clone_with(["--bare"]);
    plan(&bare, &["--head", "HEAD"]);
    plan(&bare, &["--head", "HEAD", "-c", ".github/filters.yaml"]);
    let empty = repo.clone_with(["--no-checkout"]);
    plan(&empty, &["--head", "HEAD"]);
    in_ci(&empty, &[]).success().stderr("").stdout("a\n");
}

#[test]
fn what_the_work_tree_removes_is_not_read_from_head() {
    for args in [&[][..], &["-c", "filters.yaml"]] {
        let repo = with("filters.yaml", TWO);
        repo.commit("one");
        let plan = || repo.rebake([&["plan", "--base", "HEAD", "--format", "names"], args].concat());
        plan().success();
        let refused = || {
            let run = plan().failure(2);
            assert!(run.stderr.starts_with(b"error[no-config]"), "{}", String::from_utf8_lossy(&run.stderr));
        };
        repo.remove("filters.yaml");
        refused();
        repo.symlink("nowhere", "filters.yaml");
        refused();
        repo.git(["reset", "--quiet", "--hard"]);
        repo.git(["mv", "filters.yaml", "a/filters.yaml"]);
        refused();
        // In a sparse checkout too, where the file is not what it leaves out.
        repo.git(["reset", "--quiet", "--hard"]);
        repo.git(["sparse-checkout", "set", "--no-cone", "/filters.yaml", "/a/"]);
        repo.remove("filters.yaml");
        refused();
    }
}

#[test]
fn what_a_link_leads_to_may_be_left_out_of_a_sparse_checkout() {
    for (link, target) in [("filters.yaml", "ci/filters.yaml"), (".github", "ci")] {
        let repo = with("ci/filters.yaml", TWO);
        repo.symlink(target, link).commit("one");
        repo.write("a/x", "2").commit("two");
        repo.git(["sparse-checkout", "set", "--no-cone", &format!("/{link}"), "/a/"]);
        assert!(!repo.dir().join("ci").exists());
        repo.rebake(["plan", "--base", "HEAD~1", "--format", "names"]).success().stderr("").stdout("a\n");
    }
}

#[test]
fn a_clone_without_a_checkout_is_planned_by_head() {
    let repo = with(".github/filters.yaml", TWO);
    repo.commit("one");
    for how in ["--no-checkout", "--bare"] {
        for args in [&["version"][..], &["-c", ".github/filters.yaml", "version"]] {
            repo.clone_with([how]).rebake(args).success();
        }
    }
}

#[test]
fn a_bare_repository_whose_head_has_no_commit_is_told_to_name_one() {
    let repo = with("filters.yaml", TWO);
    repo.commit("one");
    let bare = repo.clone_with(["--bare"]);
    bare.git(["symbolic-ref", "HEAD", "refs/heads/none"]);
    bare.rebake(["plan", "--all"]).failure(2).stdout("").stderr(str![[r#"
error[no-config]: there is no filters.yaml at the root of the repository, nor in its .github
 |
 = help: HEAD of this bare repository has none: name the commit or branch, such as `--head main`; `-c FILE` names a file elsewhere
 = help: no file of the repository that `--discover` and `rebake init` read, such as package.json, declares a service either

"#]]);
    bare.rebake(["plan", "--all", "--head", "main"]).success();
}

#[test]
fn a_commit_that_is_asked_about_is_planned_by_its_own_configuration() {
    let repo = with("filters.yaml", TWO);
    repo.commit("one");
    repo.write("a/x", "2").commit("two");
    repo.write("filters.yaml", "services: {other: {path: .}}\n");
    repo.rebake(["plan", "--base", "HEAD~1", "--head", "HEAD", "--format", "names"]).success().stderr("").stdout("a\n");
    in_ci(&repo, &[]).success().stdout("a\n").stderr(str![[r#"
note[config-of-commit]: filters.yaml is read from commit ac7e4d4, and that of the work tree differs
 |
 = help: commit it; in CI the work tree does not count

"#]]);
    in_ci(&repo, &["-c", "filters.yaml"]).success().stdout("a\n");
    // What no commit has is where it is.
    repo.git(["mv", "filters.yaml", "elsewhere.yaml"]);
    repo.rebake(["plan", "-c", "elsewhere.yaml", "--base", "HEAD~1", "--head", "HEAD", "--format", "names"])
        .success()
        .stdout("other\n");
}

#[test]
fn without_a_commit_that_has_one_the_file_of_an_earlier_step_counts() {
    let repo = with("a/y", "");
    repo.commit("one");
    repo.write("a/x", "2").commit("two");
    repo.write("filters.yaml", TWO);
    in_ci(&repo, &[]).success().stdout("a\n");
}

#[cfg(unix)]
#[test]
fn what_is_no_file_is_no_configuration() {
    let repo = with("a/y", "");
    repo.commit("one");
    let made = Command::new("mkfifo").arg(repo.dir().join("filters.yaml")).status().unwrap();
    assert!(made.success());
    repo.rebake(["plan", "-c", "filters.yaml"]).failure(2).stderr(str![[r#"
error[no-config]: cannot read filters.yaml: this is not a regular file

"#]]);
    repo.write(".github/filters.yml", TWO);
    repo.rebake(["plan", "--base", "HEAD", "--format", "names", "--dead", "allow"]).success().stdout("");
    repo.remove("filters.yaml");
    std::fs::create_dir(repo.dir().join("filters.yaml")).unwrap();
    repo.rebake(["plan", "--base", "HEAD", "--format", "names", "--dead", "allow"]).success().stdout("");
}

#[test]
fn the_usual_places_are_searched_in_order() {
    let places = [
        "filters.yaml",
        "filters.yml",
        ".github/filters.yaml",
        ".github/filters.yml",
        ".github/file-filters.yaml",
        ".github/file-filters.yml",
        ".github/path-filters.yaml",
        ".github/path-filters.yml",
        ".github/paths-filter.yaml",
        ".github/paths-filter.yml",
    ];
    let repo = Repo::new();
    repo.write("x", "1").commit("one");
    repo.write("x", "2").commit("two");
    for (at, place) in places.iter().enumerate().rev() {
        repo.write(place, format!("services: {{s{at}: {{path: .}}}}\n"));
        let names = format!("s{at}\n");
        repo.rebake(["plan", "--base", "HEAD~1", "--format", "names"]).success().stdout(names.clone());
        repo.commit(place);
        repo.rebake(["plan", "--all", "--head", "HEAD", "--format", "names"]).success().stdout(names);
    }
}

#[test]
fn a_configuration_that_moves_is_compared_with_itself() {
    // To another of the usual places, with and without an edit.
    for (text, causes) in [(TWO, &[][..]), (CHANGED, &["c: definition"])] {
        let repo = with("filters.yaml", TWO);
        repo.commit("one");
        repo.remove("filters.yaml").write(".github/filters.yml", text).commit("two");
        assert_eq!(last(&repo, &[]), causes);
        assert_eq!(between(&repo, &[]).success().stderr, b"");
    }
    // From a place that had to be named, and to one.
    let long = format!("{TWO}{}", "# a line that stays\n".repeat(20));
    for (from, to, args) in [
        ("ci/rebake.yaml", "filters.yaml", &[][..]),
        ("ci/rebake.yaml", "ci/new.yaml", &["-c", "ci/new.yaml"]),
        ("filters.yaml", "ci/new.yaml", &["-c", "ci/new.yaml"]),
    ] {
        let repo = with(from, &long);
        repo.write("ci/other.yaml", "unlike: it\n").commit("one");
        repo.remove(from).remove("ci/other.yaml").write(to, long.replace("run: make", "run: make all")).commit("two");
        assert_eq!(last(&repo, args), ["c: definition"], "{from} {to}");
    }
}

#[test]
fn an_untracked_configuration_is_compared_with_the_one_that_base_has() {
    let repo = with("filters.yml", TWO);
    repo.commit("one");
    repo.remove("filters.yml").write("filters.yaml", CHANGED);
    repo.rebake(["plan", "--base", "HEAD", "--format", "names"]).success().stderr("").stdout("c\n");
}

#[test]
fn a_first_configuration_makes_no_service_new() {
    let repo = with("a/y", "");
    repo.commit("one");
    repo.write("filters.yaml", TWO).write("a/x", "2").commit("two");
    assert_eq!(last(&repo, &[]), ["a: file"]);
    between(&repo, &[]).success().stderr(str![[r#"
note[no-config-at-base]: base 2c91101 has no configuration, so rebake uses the present definitions for it too

"#]]);
    // Looking back beyond it, with the one of today.
    repo.write("c/x", "2").commit("three");
    let back = ["plan", "--base", "HEAD~2", "--head", "HEAD~2", "--format", "names"];
    repo.rebake(back).failure(2).stderr(str![[r#"
error[no-config]: there is no filters.yaml at the root of the repository, nor in its .github, at commit 2c91101
 |
 = help: that commit does not have it: name a file for all commits with `-c FILE`
 = help: no file of the repository that `--discover` and `rebake init` read, such as package.json, declares a service either

"#]]);
    repo.rebake([&back[..], &["-c", "filters.yaml"]].concat()).success().stdout("");
    let since = ["plan", "--base", "HEAD~2", "--head", "HEAD", "--direct", "--format", "names"];
    repo.rebake(since).success().stdout("a\nc\n");
}

#[test]
fn where_there_was_a_configuration_before_all_definitions_count_as_changed() {
    let all = ["a: degraded", "c: degraded"];
    let repo = with("filters.yaml", TWO);
    repo.commit("one");
    repo.remove("filters.yaml").commit("none");
    repo.write("filters.yaml", TWO).commit("again");
    assert_eq!(last(&repo, &[]), all);
    between(&repo, &[]).success().stderr(str![[r#"
warning[degraded]: the configuration at base 75fca17 is missing, and an earlier commit had one, so every service's definition counts as changed

"#]]);
    // A branch that was merged had it.
    let repo = with("a/y", "");
    repo.commit("one");
    repo.branch("side").checkout("side").write("filters.yaml", TWO).commit("there");
    repo.remove("filters.yaml").commit("gone");
    repo.checkout("main").write("z", "").commit("other");
    repo.merge(["side"]);
    repo.write("filters.yaml", TWO).commit("again");
    assert_eq!(last(&repo, &[]), all);
}

#[test]
fn what_was_built_had_a_configuration() {
    let repo = with("a/y", "");
    repo.commit("one");
    repo.write("filters.yaml", TWO).commit("two");
    assert_eq!(last(&repo, &[]), [""; 0]);
    repo.rebake(["record", "a"]).success();
    assert_eq!(last(&repo, &[]), ["a: degraded", "c: degraded"]);
}

#[test]
fn behind_a_shallow_boundary_there_may_have_been_one() {
    let repo = with("a/y", "");
    repo.commit("zero");
    repo.commit("one");
    repo.write("filters.yaml", TWO).commit("two");
    assert_eq!(last(&repo, &[]), [""; 0]);
    assert_eq!(last(&repo.clone_shallow(2), &["--no-fetch", "--style", "sha"]), ["a: degraded", "c: degraded"]);
}

#[test]
fn at_a_base_only_syntax_is_an_error() {
    for (text, causes, degraded) in [
        (
            "services:\n  a: {path: a, newer: 1}\n  c: {path: c, run: make}\ntasks: {}\nnewer: x\nfilters: {any: [x]}\n",
            &[][..],
            false,
        ),
        ("services:\n  a: {path: a, builder: newer}\n  c: {path: c, run: make}\n", &["a: definition"], false),
        (
            "services:\n  a: {path: a, depends_on: [gone]}\n  c: {path: c, run: make}\n",
            &["a: dependency-removed"],
            false,
        ),
        ("services: [\n", &["a: degraded", "c: degraded"], true),
    ] {
        let repo = with("filters.yaml", text);
        repo.commit("one");
        repo.write("filters.yaml", TWO).commit("two");
        let run = between(&repo, &[]).success();
        assert_eq!(planned(&run), causes, "{text}");
        let plan: Value = serde_json::from_str(&run.text()).unwrap();
        assert_eq!(!plan["degraded"].as_array().unwrap().is_empty(), degraded, "{text}");
    }
}

#[test]
fn a_path_that_leaves_global_as_it_changes_counts() {
    let repo = with("filters.yaml", &format!("global: [toolchain]\n{TWO}  aside: {{path: s, global: false}}\n"));
    repo.write("toolchain", "1").write("s/x", "").commit("one");
    repo.remove("toolchain").write("filters.yaml", format!("{TWO}  aside: {{path: s, global: false}}\n")).commit("two");
    assert_eq!(last(&repo, &[]), ["a: definition", "c: definition"]);
}

#[test]
fn a_configuration_among_given_paths_changes_all_definitions() {
    let repo = with("filters.yaml", TWO);
    repo.commit("one");
    let given =
        |paths: &str| planned(&repo.rebake(["plan", "--changed", "-", "--format", "json"]).stdin(paths).success());
    assert_eq!(given("a/x\n"), ["a: file"]);
    assert_eq!(given("filters.yaml\n"), ["a: definition", "c: definition"]);
    assert_eq!(given(".github/filters.yml\n"), ["a: definition", "c: definition"]);
}

#[test]
fn the_configuration_is_never_unmatched() {
    let repo = with("ci/filters.yaml", TWO);
    repo.symlink("ci/filters.yaml", "filters.yaml").commit("one");
    repo.write("ci/filters.yaml", CHANGED);
    repo.rebake(["plan", "--base", "HEAD", "--format", "names", "--unmatched", "error"]).success().stdout("c\n");
    repo.remove("filters.yaml").remove("ci").write(".github/filters.yaml", TWO).commit("two");
    between(&repo, &["--unmatched", "error"]).success();
}

#[test]
fn a_first_one_is_shown_to_those_who_have_none() {
    let repo = with(".github/utils/file-filters.yaml", TWO);
    repo.commit("one");
    repo.rebake(["plan"]).failure(2).stderr(str![[r#"
error[no-config]: there is no filters.yaml at the root of the repository, nor in its .github
 |
 = help: name it with `-c FILE`, if it is one of `.github/utils/file-filters.yaml`
 = help: write one; a first one is
           services:
             api:
               path: services/api   # the directory of what is built
             web:
               path: services/web
               depends_on: [api]    # rebuilt when api is
 = help: no file of the repository that `--discover` and `rebake init` read, such as package.json, declares a service either

"#]]);
}

#[test]
fn a_former_name_is_the_one_that_git_finds() {
    crate::random::for_seeds(24, |random| {
        let repo = Repo::new();
        let line = |random: &mut crate::random::Random| format!("line {}\n", random.below(30));
        let text =
            |random: &mut crate::random::Random, lines: usize| -> String { (0..lines).map(|_| line(random)).collect() };
        let lines = 2 + random.below(14);
        let old = text(random, lines);
        repo.write("old/f.yaml", &old).write("stay", "x");
        let others = random.below(3);
        for other in 0..others {
            let lines = 2 + random.below(14);
            let other_text = text(random, lines);
            repo.write(format!("old/other{other}"), other_text);
        }
        let base = repo.commit("one");
        let mut new: Vec<String> = old.lines().map(|line| format!("{line}\n")).collect();
        for _ in 0..random.below(8) {
            let at = random.below(new.len() + 1);
            if random.below(2) == 0 || at == new.len() { new.insert(at, line(random)) } else { _ = new.remove(at) }
        }
        let new = new.concat();
        repo.remove("old").write("new.yaml", &new);
        repo.commit("two");
        let theirs = repo.git(["diff", "--find-renames=50%", "--diff-filter=R", "--name-status", "HEAD~1", "HEAD"]);
        let theirs = theirs.split('\t').nth(1).map(str::to_owned);
        let gone = repo.git(["diff", "--no-renames", "--diff-filter=D", "--name-only", "HEAD~1", "HEAD"]);
        let gone: Vec<_> = gone.lines().map(rebake::model::name::RepoPath::from_git).collect();
        let path = rebake::model::name::RepoPath::from_git("new.yaml");
        let now = rebake::inputs::git::Renamed { path: &path, content: new.as_bytes() };
        let opened = repo.open();
        let ours = opened.former(&base, gone.iter(), &now).unwrap().map(|file| file.paths()[0].to_string());
        assert_eq!(ours, theirs, "{old:?} {new:?}");
    });
}
