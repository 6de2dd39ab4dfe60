//! Submodules: what a filter says of files that only the other repository knows.

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
    assert_eq!(
        names(&repo, &["--base", "HEAD~1", "--head", "HEAD", "--config", "flat.yaml", "--dead", "allow"]),
        "whole "
    );
}
