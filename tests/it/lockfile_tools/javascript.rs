//! npm, pnpm, yarn 1, yarn 4 and bun.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

use super::{Package, Packages, Tool, affected, compare, installed, run};
use crate::repo::Repo;

/// A package manager of JavaScript.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Manager {
    Npm,
    Pnpm,
    Yarn1,
    Yarn4,
    Bun,
}

const OLD: &str = "4.2.0";
const NEW: &str = "4.3.0";

impl Manager {
    fn command(self) -> Command {
        let script = |path: &str| {
            let mut node = Command::new("node");
            node.arg(installed("node_modules").join(path));
            node
        };
        let mut command = match self {
            Self::Npm => script("npm/bin/npm-cli.js"),
            Self::Pnpm => Command::new(installed("node_modules/pnpm/pnpm")),
            Self::Yarn1 => script("yarn/bin/yarn.js"),
            Self::Yarn4 => script("@yarnpkg/cli-dist/bin/yarn.js"),
            Self::Bun => Command::new(installed("node_modules/bun/bin/bun.exe")),
        };
        command.env("YARN_ENABLE_TELEMETRY", "0").env("YARN_ENABLE_IMMUTABLE_INSTALLS", "0").env_remove("CI");
        command
    }

    /// Replaces a text in the yarn.lock.
    fn edit(repo: &Repo, edit: impl Fn(&str) -> String) {
        let text = fs::read_to_string(repo.dir().join("yarn.lock")).unwrap();
        repo.write("yarn.lock", edit(&text));
    }
}

/// Returns a yarn.lock of yarn 1 without an entry.
fn without_entry(text: &str, descriptor: &str) -> String {
    let entries = text.split("\n\n").filter(|entry| !entry.trim_start().starts_with(descriptor));
    entries.collect::<Vec<_>>().join("\n\n")
}

impl Tool for Manager {
    fn packages(&self) -> Packages {
        Packages {
            leaf: [("ms", "2.1.2"), ("ms", "2.1.3")],
            parent: ("chalk", "4.1.2"),
            old: ("ansi-styles", OLD),
            new: ("ansi-styles", NEW),
            added: ("is-number", "7.0.0"),
        }
    }

    fn root(&self, repo: &Repo) {
        let root = json!({"name": "root", "version": "1.0.0", "private": true, "workspaces": ["packages/*"]});
        repo.write("package.json", root.to_string());
        match self {
            Self::Pnpm => _ = repo.write("pnpm-workspace.yaml", "packages: [packages/*]\n"),
            Self::Yarn4 => _ = repo.write("yarn.lock", ""),
            Self::Npm | Self::Yarn1 | Self::Bun => {}
        }
    }

    fn manifest(&self, repo: &Repo, member: &str, needs: &[Package], siblings: &[&str]) {
        let any = if matches!(self, Self::Npm | Self::Yarn1) { "1.0.0" } else { "workspace:*" };
        let needs = needs.iter().copied().chain(siblings.iter().map(|name| (*name, any)));
        let needs: serde_json::Map<String, Value> =
            needs.map(|(name, wanted)| (name.to_owned(), Value::from(wanted))).collect();
        let manifest = json!({"name": member, "version": "1.0.0", "dependencies": needs});
        repo.write(format!("packages/{member}/package.json"), manifest.to_string());
    }

    fn lock(&self, repo: &Repo) {
        let args: &[&str] = match self {
            Self::Npm => &["install", "--package-lock-only", "--ignore-scripts", "--no-audit", "--no-fund"],
            Self::Pnpm => &["install", "--lockfile-only", "--no-frozen-lockfile"],
            Self::Yarn1 => &["install", "--ignore-scripts", "--non-interactive"],
            Self::Yarn4 => &["install", "--mode=update-lockfile"],
            Self::Bun => &["install", "--ignore-scripts"],
        };
        run(repo, "", self.command().args(args));
    }

    fn lock_old(&self, repo: &Repo) {
        match self {
            Self::Npm | Self::Pnpm | Self::Bun => {}
            // As yarn-deduplicate does it.
            Self::Yarn1 => {
                let both = format!("ansi-styles@{OLD}, ansi-styles@^4.1.0:");
                let merged = |text: &str| {
                    without_entry(text, "ansi-styles@^4.1.0:").replace(&format!("ansi-styles@{OLD}:"), &both)
                };
                Self::edit(repo, merged);
            }
            Self::Yarn4 => {
                let set = ["set", "resolution", "ansi-styles@npm:^4.1.0", "npm:4.2.0"];
                run(repo, "", self.command().args(set));
            }
        }
    }

    fn lock_new(&self, repo: &Repo) {
        let args: &[&str] = match self {
            Self::Npm => &["update", "ansi-styles", "--package-lock-only", "--ignore-scripts", "--no-audit"],
            Self::Pnpm => &["update", "-r", "--depth", "Infinity", "ansi-styles", "--lockfile-only"],
            // yarn 1 takes the newest of what it does not find.
            Self::Yarn1 => return Self::edit(repo, |text| without_entry(text, "ansi-styles@^4.1.0:")),
            Self::Yarn4 => &["set", "resolution", "ansi-styles@npm:^4.1.0", "npm:4.3.0"],
            Self::Bun => &["update", "ansi-styles", "--lockfile-only"],
        };
        run(repo, "", self.command().args(args));
    }

    fn list(&self, repo: &Repo, member: &str) -> BTreeSet<String> {
        let directory = format!("packages/{member}");
        let mut found = BTreeSet::new();
        match self {
            Self::Npm => {
                let args = ["ls", "--all", "--json", "--package-lock-only", "--workspace", member];
                let listed: Value = serde_json::from_str(&run(repo, "", self.command().args(args))).unwrap();
                add_tree(&listed, &mut found);
            }
            Self::Pnpm => {
                let args = ["ls", "--depth", "Infinity", "--json", "--lockfile-only"];
                let listed: Value = serde_json::from_str(&run(repo, &directory, self.command().args(args))).unwrap();
                add_tree(&listed[0], &mut found);
            }
            Self::Yarn4 => {
                let listed = run(repo, &directory, self.command().args(["info", "--recursive", "--json"]));
                let locator = |line: &str| {
                    let listed: Value = serde_json::from_str(line).unwrap();
                    listed["value"].as_str().unwrap().replace("@npm:", "@")
                };
                found.extend(listed.lines().map(locator));
            }
            // These list all packages of the workspace; what they installed tells more.
            Self::Yarn1 | Self::Bun => add_installed(&repo.dir().join(directory), repo.dir(), &mut found),
        }
        found
    }
}

/// Adds the packages of a tree as npm and pnpm print it.
fn add_tree(tree: &Value, found: &mut BTreeSet<String>) {
    for (name, package) in tree["dependencies"].as_object().into_iter().flatten() {
        found.insert(format!("{name}@{}", package["version"].as_str().unwrap_or_default()));
        add_tree(package, found);
    }
}

/// Adds the packages that Node.js finds for the package in a directory, and for those.
fn add_installed(directory: &Path, root: &Path, found: &mut BTreeSet<String>) {
    let directory = directory.canonicalize().unwrap();
    let read = |directory: &Path| -> Value {
        serde_json::from_slice(&fs::read(directory.join("package.json")).unwrap()).unwrap()
    };
    let manifest = read(&directory);
    for name in manifest["dependencies"].as_object().into_iter().flatten().map(|(name, _)| name) {
        let above = directory.ancestors().take_while(|above| above.starts_with(root));
        let place = above.map(|above| above.join("node_modules").join(name)).find(|place| place.exists()).unwrap();
        let installed = read(&place);
        if found.insert(format!("{name}@{}", installed["version"].as_str().unwrap())) {
            add_installed(&place, root, found);
        }
    }
}

/// A package that another one gets from a directory which is none of the workspace's, by `file:` and by `link:`.
#[test]
#[ignore = "needs REBAKE_LOCKFILE_TOOLS: .ci/full has it"]
fn directories_are_inputs() {
    for manager in [Manager::Npm, Manager::Pnpm, Manager::Yarn1, Manager::Yarn4, Manager::Bun] {
        for kind in ["file", "link"] {
            // npm has no links, and those of bun are no paths.
            if kind == "link" && matches!(manager, Manager::Npm | Manager::Bun) {
                continue;
            }
            let repo = Repo::new();
            repo.write(".gitignore", "node_modules/\n.yarn/\n.pnp.*\n");
            repo.write("filters.yaml", "defaults: {lockfile: auto}\nservices:\n  a: {path: packages/a}\n  b: {path: packages/b}\n  c: {path: packages/c}\n");
            manager.root(&repo);
            manager.manifest(&repo, "a", &[], &[]);
            manager.manifest(&repo, "b", &[], &["a"]);
            manager.manifest(&repo, "c", &[], &[]);
            let needs =
                json!({"name": "a", "version": "1.0.0", "dependencies": {"lib": format!("{kind}:../../vendor/lib")}});
            repo.write("packages/a/package.json", needs.to_string());
            repo.write("vendor/lib/package.json", r#"{"name": "lib", "version": "1.0.0"}"#)
                .write("vendor/lib/index.js", "");
            manager.lock(&repo);
            repo.commit("first");
            repo.write("vendor/lib/index.js", "changed").commit("second");
            let expected = ["a", "b"].map(str::to_owned).into();
            assert_eq!(affected(&repo, "file"), expected, "{manager:?} {kind}");
        }
    }
}

#[test]
#[ignore = "needs REBAKE_LOCKFILE_TOOLS, and asks npm's registry: .ci/full has both"]
fn npm() {
    compare(&Manager::Npm);
}

#[test]
#[ignore = "needs REBAKE_LOCKFILE_TOOLS, and asks npm's registry: .ci/full has both"]
fn pnpm() {
    compare(&Manager::Pnpm);
}

#[test]
#[ignore = "needs REBAKE_LOCKFILE_TOOLS, and asks npm's registry: .ci/full has both"]
fn yarn_1() {
    compare(&Manager::Yarn1);
}

#[test]
#[ignore = "needs REBAKE_LOCKFILE_TOOLS, and asks npm's registry: .ci/full has both"]
fn yarn_4() {
    compare(&Manager::Yarn4);
}

#[test]
#[ignore = "needs REBAKE_LOCKFILE_TOOLS, and asks npm's registry: .ci/full has both"]
fn bun() {
    compare(&Manager::Bun);
}
