//! uv and poetry.

use std::collections::BTreeSet;
use std::process::Command;

use super::{MEMBERS, Package, Packages, Tool, compare, installed, run};
use crate::repo::Repo;

const PACKAGES: Packages = Packages {
    leaf: [("idna", "3.6"), ("idna", "3.7")],
    parent: ("jinja2", "3.1.3"),
    old: ("markupsafe", "2.1.3"),
    new: ("markupsafe", "2.1.5"),
    added: ("click", "8.1.7"),
};

fn quoted(needs: &[Package]) -> Vec<String> {
    needs.iter().map(|(name, version)| format!("\"{name}=={version}\"")).collect()
}

struct Uv;

impl Uv {
    fn command() -> Command {
        let mut uv = Command::new(installed("venv/bin/uv"));
        uv.env("UV_PYTHON_DOWNLOADS", "never");
        uv
    }
}

impl Tool for Uv {
    fn packages(&self) -> Packages {
        PACKAGES
    }

    fn root(&self, repo: &Repo) {
        repo.write("pyproject.toml", "[tool.uv.workspace]\nmembers = [\"packages/*\"]\n");
    }

    fn manifest(&self, repo: &Repo, member: &str, needs: &[Package], siblings: &[&str]) {
        let siblings_needed = siblings.iter().map(|name| format!("\"{name}\""));
        let needs: Vec<String> = quoted(needs).into_iter().chain(siblings_needed).collect();
        let sources: Vec<String> = siblings.iter().map(|name| format!("{name} = {{ workspace = true }}\n")).collect();
        repo.write(
            format!("packages/{member}/pyproject.toml"),
            format!(
                "[project]\nname = \"{member}\"\nversion = \"0.1.0\"\nrequires-python = \">=3.9\"\ndependencies = [{}]\n[tool.uv.sources]\n{}",
                needs.join(", "),
                sources.concat()
            ),
        );
    }

    fn lock(&self, repo: &Repo) {
        run(repo, "", Self::command().arg("lock"));
    }

    fn lock_new(&self, repo: &Repo) {
        run(repo, "", Self::command().args(["lock", "--upgrade-package", "markupsafe==2.1.5"]));
    }

    fn list(&self, repo: &Repo, member: &str) -> BTreeSet<String> {
        let args = ["export", "--frozen", "--no-hashes", "--no-header", "--no-annotate", "--all-groups", "--package"];
        let text = run(repo, "", Self::command().args(args).arg(member));
        text.lines().map(|line| line.replace("==", "@")).collect()
    }
}

/// poetry, which has no workspaces: each package has a lockfile of its own.
struct Poetry;

impl Poetry {
    fn run(repo: &Repo, member: &str, args: &[&str]) -> String {
        let mut poetry = Command::new(installed("venv/bin/poetry"));
        poetry.env("POETRY_VIRTUALENVS_CREATE", "false").args(["--no-interaction", "--no-ansi"]).args(args);
        run(repo, &format!("packages/{member}"), &mut poetry)
    }
}

impl Tool for Poetry {
    fn packages(&self) -> Packages {
        PACKAGES
    }

    fn root(&self, _repo: &Repo) {}

    fn manifest(&self, repo: &Repo, member: &str, needs: &[Package], siblings: &[&str]) {
        let siblings: Vec<String> =
            siblings.iter().map(|name| format!("{name} = {{ path = \"../{name}\" }}\n")).collect();
        repo.write(
            format!("packages/{member}/pyproject.toml"),
            format!(
                "[project]\nname = \"{member}\"\nversion = \"0.1.0\"\nrequires-python = \">=3.9\"\ndependencies = [{}]\n[tool.poetry.dependencies]\n{}[[tool.poetry.source]]\nname = \"simple\"\nurl = \"https://pypi.org/simple/\"\npriority = \"primary\"\n",
                quoted(needs).join(", "),
                siblings.concat()
            ),
        );
        repo.write(format!("packages/{member}/{member}/__init__.py"), "");
    }

    fn lock(&self, repo: &Repo) {
        for member in MEMBERS {
            Self::run(repo, member, &["lock"]);
        }
    }

    /// A lockfile of its own has nothing that was there before: it is made with the old one as a need of the package.
    fn lock_old(&self, repo: &Repo) {
        self.manifest(repo, "a", &[PACKAGES.parent, PACKAGES.old], &[]);
        Self::run(repo, "a", &["lock"]);
        self.manifest(repo, "a", &[PACKAGES.parent], &[]);
    }

    fn lock_new(&self, repo: &Repo) {
        self.manifest(repo, "a", &[PACKAGES.parent, PACKAGES.new], &[]);
        Self::run(repo, "a", &["lock"]);
        self.manifest(repo, "a", &[PACKAGES.parent], &[]);
    }

    fn list(&self, repo: &Repo, member: &str) -> BTreeSet<String> {
        let text = Self::run(repo, member, &["show"]);
        let package = |line: &str| {
            let mut words = line.split_whitespace().filter(|word| *word != "(!)");
            Some(format!("{}@{}", words.next()?, words.next()?))
        };
        text.lines().filter_map(package).collect()
    }
}

#[test]
#[ignore = "needs REBAKE_LOCKFILE_TOOLS, and asks PyPI: .ci/full has both"]
fn uv() {
    compare(&Uv);
}

#[test]
#[ignore = "needs REBAKE_LOCKFILE_TOOLS, and asks PyPI: .ci/full has both"]
fn poetry() {
    compare(&Poetry);
}
