//! Submodules: what a filter says of files that only the other repository knows.

use crate::git_status::same_as_git;
use crate::repo::Repo;

const CONFIG: &str = "\
services:
  below: { path: below, filters: [\"below/**\", \"vendor/lib/src/**\", \"!vendor/lib/docs/**\"] }
  wide: { path: wide, filters: [\"wide/**\", \"vendor/*/src/*.c\"] }
  whole: { path: whole, filters: [\"whole/**\", \"vendor/*\"] }
  only: { path: only, filters: [\"vendor/lib/include/**\"] }
  other: { path: other, filters: [\"other/**\", \"vendor/other/**\", \"vendor/library/**\"] }
  excluded: { path: excluded, filters: [\"**\", \"!vendor/**\", \"!{below,wide,whole,only,other}/**\", \"!*\"] }
";

/// A repository with a submodule at `vendor/lib`, and a second commit that moves it.
fn moved() -> Repo {
    let library = Repo::new();
    library.write("src/x", "1").commit("first");
    let repo = Repo::new();
    for name in ["below", "wide", "whole", "only", "other", "excluded"] {
        repo.write(format!("{name}/f"), "");
    }
    repo.write("filters.yaml", CONFIG);
    let url = library.dir().to_str().unwrap();
    repo.git(["submodule", "--quiet", "add", url, "vendor/lib"]);
    repo.commit("first");
    repo.write("vendor/lib/src/x", "2").git(["-C", "vendor/lib", "commit", "--quiet", "--all", "-m", "second"]);
    repo.commit("second");
    repo
}

fn names(repo: &Repo, args: &[&str]) -> String {
    repo.rebake([&["plan", "--direct", "--format", "names"], args].concat()).success().text().replace('\n', " ")
}

#[test]
fn a_submodule_that_moves_affects_what_leads_below_it() {
    let repo = moved();
    assert_eq!(names(&repo, &["--base", "HEAD~1", "--head", "HEAD"]), "below wide whole only ");
    assert_eq!(names(&repo, &["--base", "HEAD", "--head", "HEAD"]), "");
}

#[test]
fn a_submodule_is_part_of_the_fingerprint_of_what_leads_below_it() {
    let repo = moved();
    let differs = |service: &str| {
        let run = repo.rebake(["fingerprint", "--diff", "HEAD~1", "HEAD", service]).success();
        run.text().contains("~ file 160000")
    };
    assert!(["below", "wide", "whole", "only"].into_iter().all(differs));
    assert!(!differs("other") && !differs("excluded"));
}

#[test]
fn a_path_in_a_submodule_reaches_what_the_submodule_reaches() {
    let repo = moved();
    let reached = |path: &str| {
        let run = repo.rebake(["why", "--file", path, "--format", "json"]).success();
        let answer: serde_json::Value = serde_json::from_slice(&run.stdout).unwrap();
        let services = answer["services"].as_array().unwrap().iter();
        services.map(|service| service["service"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(reached("vendor/lib"), ["below", "wide", "whole", "only"]);
    assert_eq!(reached("vendor/lib/src/deep/x"), ["below", "wide", "whole", "only"]);
    assert_eq!(reached("vendor/other/x"), ["other"]);
}

#[test]
fn a_flat_file_reads_a_submodule_as_paths_filter_does() {
    let repo = moved();
    repo.write("flat.yaml", "below: [\"vendor/lib/src/**\"]\nwhole: [\"vendor/*\"]\n");
    let plan = ["plan", "--base", "HEAD~1", "--config", "flat.yaml", "--dead", "allow", "--format", "json"];
    let plan: serde_json::Value = serde_json::from_str(&repo.rebake(plan).success().text()).unwrap();
    assert_eq!(plan["filters"], serde_json::json!({"below": [], "whole": ["vendor/lib"]}));
}

#[test]
fn a_repository_inside_that_is_no_submodule_counts_as_git_counts_it() {
    let repo = Repo::new();
    repo.write("filters.yaml", "services:\n  a: { path: a }\n  b: { path: b }\n").write("a/x", "").write("b/x", "");
    repo.git(["init", "--quiet", "a/inner"]);
    repo.git(["-C", "a/inner", "commit", "--quiet", "--allow-empty", "-m", "1"]);
    repo.commit("first");
    assert_eq!(same_as_git(&repo), "");
    repo.write("a/inner/new", "");
    assert_eq!(same_as_git(&repo), r"M\x00a/inner\x00");
    repo.remove("a/inner/new").git(["-C", "a/inner", "commit", "--quiet", "--allow-empty", "-m", "2"]);
    assert_eq!(same_as_git(&repo), r"M\x00a/inner\x00");
    assert_eq!(names(&repo, &["--base", "HEAD"]), "a ");
}

/// What `git status` says of a submodule in each state, by each of the settings that hide some of it.
#[test]
fn settings_hide_what_git_hides() {
    let library = Repo::new();
    let start = library.write("f", "1").commit("first").to_string();
    let repo = Repo::new();
    repo.git(["submodule", "--quiet", "add", library.dir().to_str().unwrap(), "sub"]);
    let set = |file: &str, key: &str, value: &str| {
        repo.git(["config", "--file", file, key, ""]);
        repo.git(["config", "--file", file, "--unset", key]);
        if !value.is_empty() {
            repo.git(["config", "--file", file, key, value]);
        }
    };
    let mut listed = 0;
    for of_module in ["", "dirty", "all"] {
        for of_config in ["", "none", "untracked"] {
            for of_diff in ["", "all"] {
                set(".gitmodules", "submodule.sub.ignore", of_module);
                repo.commit("settings");
                set(".git/config", "submodule.sub.ignore", of_config);
                set(".git/config", "diff.ignoreSubmodules", of_diff);
                let mut look = || listed += usize::from(!same_as_git(&repo).is_empty());
                repo.write("sub/new", "");
                look();
                repo.remove("sub/new").write("sub/f", "2");
                look();
                repo.git(["-C", "sub", "commit", "--quiet", "--all", "-m", "2"]);
                look();
                repo.git(["update-index", "sub"]);
                look();
                repo.git(["-C", "sub", "reset", "--quiet", "--hard", &start]);
                repo.git(["update-index", "sub"]);
                assert_eq!(same_as_git(&repo), "");
            }
        }
    }
    assert!((30..70).contains(&listed), "{listed} of 72 are listed");
}

#[test]
fn a_submodule_at_its_own_commit_has_the_fingerprint_that_the_commit_will_have() {
    let repo = moved();
    repo.write("vendor/lib/src/x", "3").git(["-C", "vendor/lib", "commit", "--quiet", "--all", "-m", "third"]);
    let before = repo.rebake(["fingerprint", "below"]).success().text();
    repo.commit("third");
    let after = repo.rebake(["fingerprint", "below"]).success().text();
    assert!(before.contains("-dirty"));
    assert_eq!(before.replace("-dirty", ""), after);
}

#[test]
fn a_submodule_among_paths_from_outside_affects_what_leads_below_it() {
    let repo = moved();
    let run = repo.rebake(["plan", "--changed", "-", "--format", "names"]).stdin("vendor/lib\nbelow/f\n");
    assert_eq!(run.success().text(), "below\nwide\nwhole\nonly\n");
    let run = repo.rebake(["plan", "--changed", "-", "--format", "names"]).stdin("vendor/lib/f\nvendor\n");
    assert_eq!(run.success().text(), "");
}

/// The configuration's text, with a build argument of `b`.
fn in_submodule(argument: &str) -> String {
    format!("services:\n  a: {{ path: a }}\n  b: {{ path: b, build_args: {{ A: \"{argument}\" }} }}\n")
}

/// A repository whose configuration is that of a submodule, and a second commit that changes it there.
fn configured_in_submodule() -> Repo {
    let library = Repo::new();
    library.write("f.yaml", in_submodule("1")).commit("first");
    let repo = Repo::new();
    repo.write("a/x", "").write("b/x", "");
    repo.git(["submodule", "--quiet", "add", library.dir().to_str().unwrap(), "sub"]);
    repo.commit("first");
    repo.write("sub/f.yaml", in_submodule("2")).git(["-C", "sub", "commit", "--quiet", "--all", "-m", "second"]);
    repo.commit("second");
    repo
}

#[test]
fn a_configuration_in_a_submodule_changes_with_the_submodule() {
    let repo = configured_in_submodule();
    let planned = |from: &str, args: &[&str]| {
        let plan = ["plan", "--unmatched=ignore", "--format=names", from];
        let run = repo.rebake([&plan, args].concat().into_iter().filter(|arg| !arg.is_empty())).env("CI", "1");
        run.stdin("sub\n").success().text()
    };
    let (given, base) = (["--changed=-"], ["--base=HEAD~1", "--direct", "--environment=staging"]);
    assert_eq!(planned("--config=sub/f.yaml", &given), "a\nb\n");
    assert_eq!(planned("--config=sub/f.yaml", &base), "a\nb\n");
    // At a base with the same submodule it is as it was.
    repo.write("other", "").commit("other");
    assert_eq!(planned("--config=sub/f.yaml", &base), "");
    // Through a link.
    repo.symlink("sub/f.yaml", "filters.yaml").commit("link");
    assert_eq!(planned("", &given), "a\nb\n");
    repo.write("sub/f.yaml", in_submodule("3")).git(["-C", "sub", "commit", "--quiet", "--all", "-m", "third"]);
    repo.commit("third");
    assert_eq!(planned("", &base), "a\nb\n");
    // Another path is no configuration.
    let other = repo.rebake(["plan", "--unmatched=ignore", "--format=names", "--changed=-"]).stdin("su\nsub2\n");
    assert_eq!(other.success().text(), "");
    // What is not committed there.
    repo.write("sub/f.yaml", in_submodule("4"));
    let local = ["plan", "--unmatched=ignore", "--format=names", "--base=HEAD", "--direct"];
    assert_eq!(repo.rebake(local).success().text(), "a\nb\n");
    let fingerprint = repo.rebake(["fingerprint", "b"]).success().text();
    assert!(fingerprint.trim_end().ends_with("-dirty"), "{fingerprint}");
}
