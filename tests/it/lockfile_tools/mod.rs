//! What services get by lockfiles that the package managers write themselves, compared with what these list. Run by
//! `.ci/full`: `REBAKE_LOCKFILE_TOOLS` names the folder with those that `tests/lockfile_tools` pins. They
//! ask their registries.

mod javascript;
mod python;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::repo::Repo;

const MEMBERS: [&str; 4] = ["a", "b", "c", "d"];

/// A package and its version.
type Package = (&'static str, &'static str);

/// The packages of an ecosystem with which the steps are made.
struct Packages {
    /// One that needs nothing, in two versions.
    leaf: [Package; 2],
    /// One that needs `old`, and would take `new` as well.
    parent: Package,
    old: Package,
    new: Package,
    /// Another one.
    added: Package,
}

/// A tool in a workspace of the packages `a` to `d`.
trait Tool {
    fn packages(&self) -> Packages;

    /// Writes what the root of the workspace has.
    fn root(&self, repo: &Repo);

    /// Writes the manifest of a package that needs these packages of a registry, and those of the workspace.
    fn manifest(&self, repo: &Repo, member: &str, needs: &[Package], siblings: &[&str]);

    /// Locks what the manifests ask for.
    fn lock(&self, repo: &Repo);

    /// Locks the old version of what the parent needs, if it is not locked yet.
    fn lock_old(&self, _repo: &Repo) {}

    /// Locks the new version of what the parent needs.
    fn lock_new(&self, repo: &Repo);

    /// Returns the packages that a package gets, as the tool lists them.
    fn list(&self, repo: &Repo, member: &str) -> BTreeSet<String>;
}

/// What is done, how, and whose list then differs.
type Step<'s> = (&'s str, &'s dyn Fn(), &'s [&'s str]);

/// Returns the path of a tool in the folder of tools.
fn installed(path: &str) -> PathBuf {
    #[expect(clippy::disallowed_methods, reason = "it says where the tools are")]
    let folder = std::env::var_os("REBAKE_LOCKFILE_TOOLS").expect("REBAKE_LOCKFILE_TOOLS names the folder");
    Path::new(&folder).join(path)
}

/// Runs a program in a directory of a repository, and returns its output.
fn run(repo: &Repo, directory: &str, command: &mut Command) -> String {
    let output = command.current_dir(repo.dir().join(directory)).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{command:?}\n{text}\n{said}");
    text
}

/// Returns the services with a cause of a kind since the commit before.
fn affected(repo: &Repo, kind: &str) -> BTreeSet<String> {
    let run = repo.rebake(["plan", "--base", "HEAD~1", "--format", "json"]).success();
    let plan: Value = serde_json::from_slice(&run.stdout).unwrap();
    assert_eq!(plan["degraded"], Value::Array(Vec::new()));
    let has_cause = |service: &&Value| {
        let mut causes = service["causes"].as_array().unwrap().iter();
        causes.any(|cause| cause["kind"] == kind)
    };
    let services = plan["services"].as_array().unwrap().iter();
    services.filter(has_cause).map(|service| service["service"].as_str().unwrap().to_owned()).collect()
}

/// Bumps, adds and removes packages with a tool, and compares each time the affected services with those whose list differs.
fn compare(tool: &impl Tool) {
    let repo = Repo::new();
    let Packages { leaf, parent, old, new, added } = tool.packages();
    let services: Vec<String> = MEMBERS.iter().map(|name| format!("  {name}: {{path: packages/{name}}}\n")).collect();
    repo.write("filters.yaml", format!("defaults: {{lockfile: auto}}\nservices:\n{}", services.concat()));
    repo.write(".gitignore", "node_modules/\n.yarn/\n.pnp.*\ntarget/\n");
    tool.root(&repo);
    // The old version is there before something asks for any of both, so it stays.
    tool.manifest(&repo, "a", &[], &[]);
    tool.manifest(&repo, "b", &[leaf[0]], &[]);
    tool.manifest(&repo, "c", &[], &["b"]);
    tool.manifest(&repo, "d", &[old], &[]);
    tool.lock(&repo);
    tool.manifest(&repo, "a", &[parent], &[]);
    tool.lock(&repo);
    tool.lock_old(&repo);
    tool.manifest(&repo, "d", &[], &[]);
    tool.lock(&repo);
    repo.commit("first");
    let lists = || -> BTreeMap<&str, BTreeSet<String>> {
        MEMBERS.into_iter().map(|member| (member, tool.list(&repo, member))).collect()
    };
    let mut before = lists();
    assert!(before["a"].contains(&format!("{}@{}", old.0, old.1)), "{before:?}");
    let steps: [Step; 4] = [
        ("a leaf is bumped", &|| tool.manifest(&repo, "b", &[leaf[1]], &[]), &["b", "c"]),
        ("a package is added", &|| tool.manifest(&repo, "a", &[parent, added], &[]), &["a"]),
        ("a package is removed", &|| tool.manifest(&repo, "a", &[parent], &[]), &["a"]),
        ("what a package needs is bumped", &|| tool.lock_new(&repo), &["a"]),
    ];
    for (step, make, expected) in steps {
        make();
        tool.lock(&repo);
        repo.commit(step);
        let after = lists();
        let differ: BTreeSet<String> =
            MEMBERS.into_iter().filter(|member| before[member] != after[member]).map(str::to_owned).collect();
        assert_eq!(affected(&repo, "lockfile"), differ, "{step}: {before:?} {after:?}");
        assert_eq!(differ, expected.iter().map(|name| (*name).to_owned()).collect(), "{step}");
        before = after;
    }
    assert!(before["a"].contains(&format!("{}@{}", new.0, new.1)), "{before:?}");
}

struct Cargo;

impl Tool for Cargo {
    fn packages(&self) -> Packages {
        Packages {
            leaf: [("cfg-if", "1.0.0"), ("cfg-if", "1.0.1")],
            parent: ("serde_json", "1.0.100"),
            old: ("ryu", "1.0.14"),
            new: ("ryu", "1.0.15"),
            added: ("hex", "0.4.3"),
        }
    }

    fn root(&self, repo: &Repo) {
        repo.write("Cargo.toml", "[workspace]\nmembers = [\"packages/*\"]\nresolver = \"2\"\n");
    }

    fn manifest(&self, repo: &Repo, member: &str, needs: &[Package], siblings: &[&str]) {
        let needs = needs.iter().map(|(name, version)| format!("{name} = \"={version}\"\n"));
        let siblings = siblings.iter().map(|name| format!("{name} = {{ path = \"../{name}\" }}\n"));
        let needs: String = needs.chain(siblings).collect();
        let package = "version = \"0.1.0\"\nedition = \"2021\"\n";
        repo.write(
            format!("packages/{member}/Cargo.toml"),
            format!("[package]\nname = \"{member}\"\n{package}[dependencies]\n{needs}"),
        );
        repo.write(format!("packages/{member}/src/lib.rs"), "");
    }

    fn lock(&self, repo: &Repo) {
        run(repo, "", Command::new("cargo").args(["update", "--quiet", "--workspace"]));
    }

    fn lock_new(&self, repo: &Repo) {
        run(repo, "", Command::new("cargo").args(["update", "--quiet", "ryu", "--precise", "1.0.15"]));
    }

    fn list(&self, repo: &Repo, member: &str) -> BTreeSet<String> {
        let list =
            ["tree", "--quiet", "--locked", "--prefix", "none", "--edges", "all", "--target", "all", "--package"];
        let text = run(repo, "", Command::new("cargo").args(list).arg(member));
        let package = |line: &str| {
            let mut words = line.split(' ');
            Some(format!("{}@{}", words.next()?, words.next()?.strip_prefix('v')?))
        };
        text.lines().filter_map(package).collect()
    }
}

#[test]
#[ignore = "asks crates.io: .ci/full runs it"]
fn cargo() {
    compare(&Cargo);
}
