//! What `rebake plan` says where it cannot do what was asked: what is wrong, where, and what to do.

use snapbox::str;

use crate::on_github::push;
use crate::repo::Repo;

const CONFIG: &str = "services:\n  api: { path: api }\n";

#[test]
fn without_a_configuration() {
    let repo = Repo::new();
    repo.write("a", "").commit("first");
    repo.rebake(["plan"]).failure(2).stdout("").stderr(str![[r#"
error[no-config]: there is no filters.yaml at the root of the repository, nor in its .github
 |
 = help: write one; a first one is
           services:
             api:
               path: services/api   # the directory of what is built
             web:
               path: services/web
               depends_on: [api]    # rebuilt when api is
 = help: `rebake schema` prints its keys; `-c FILE` names a file elsewhere
 = help: no file of the repository that `--discover` and `rebake init` read, such as package.json, declares a service either

"#]]);
    repo.rebake(["plan", "-c", "other.yaml"]).failure(2).stdout("").stderr(str![[r"
error[no-config]: cannot read other.yaml: No such file or directory (os error 2)

"]]);
}

#[test]
fn outside_of_a_repository() {
    let repo = Repo::new();
    repo.rebake(["plan"]).dir("../template").failure(3).stdout("").stderr(str![[r"
error[git]: there is no git repository at `[..]/template` or above it
 |
 = help: run rebake inside a git work tree, or make one with `git init`

"]]);
}

#[test]
fn in_a_repository_without_a_commit() {
    let repo = Repo::new();
    repo.write("filters.yaml", CONFIG);
    repo.rebake(["plan", "--dead", "allow"])
        .success()
        .stdout(str![[r#"
no commit yet and the work tree: there is no commit yet
environment local

Nothing to rebuild: none of 1 service is affected.

"#]])
        .stderr("");
    repo.rebake(["plan", "--base", "HEAD"]).failure(3).stdout("").stderr(str![[r"
error[git]: the branch main has no commit yet
 |
 = help: make a first commit

"]]);
}

#[test]
fn with_a_base_that_is_not_there() {
    let repo = Repo::new();
    repo.write("filters.yaml", CONFIG).write("api/a", "").commit("first");
    repo.branch("release");
    repo.rebake(["plan", "--base", "relaese"]).failure(3).stdout("").stderr(str![[r"
error[git]: there is no branch, tag or commit `relaese`
 |
 = help: did you mean `release`?
 = help: if the remote has it, fetch it: `git fetch origin relaese`; `git branch --all` and `git tag` list what this clone has

"]]);
    repo.rebake(["plan", "--base", "HEAD~5"]).failure(3).stdout("").stderr(str![[r"
error[git]: cannot follow the revision `HEAD~5`: Commit 8da2259 has 0 ancestors along the first parent and ancestor number 5 is out of range
 |
 = help: `git help revisions` lists the ways to name a commit

"]]);
    repo.rebake(["plan", "--base", "1234567890123456789012345678901234567890"]).success().stderr(str![[r"
warning[degraded]: the commit 1234567890123456789012345678901234567890 is not in this clone; so every service counts as affected
 |
 = help: fetch it: `git fetch origin 1234567890123456789012345678901234567890`

"]]);
    repo.rebake(["plan", "--base", "-x"]).failure(3).stdout("").stderr(str![[r"
error[git]: a revision cannot begin with `-`: `-x`
 |
 = help: write the whole name of a branch or tag: `refs/heads/-name`, `refs/tags/-name`

"]]);
    repo.rebake(["plan", "--base", "main..release"]).failure(3).stdout("").stderr(str![[r"
error[git]: `main..release` is a range, not a commit
 |
 = help: give the two ends apart: `--base REV --head REV`

"]]);
}

#[test]
fn in_a_shallow_clone() {
    let origin = Repo::new();
    let first = origin.write("filters.yaml", CONFIG).write("api/a", "").commit("first");
    origin.tag("api@1.0.0").write("api/a", "1").commit("second");
    let clone = || origin.clone_shallow(1);
    // The base is doubted; the version would be wrong, so there is none.
    push(&clone(), "main", first, &["--no-fetch"]).failure(3).stdout("").stderr(str![[r"
error[version]: the version of `api` cannot be determined: this clone is too shallow to count the commits from the last release to fb63951
 |
 = help: `--fetch` fetches it; or fetch the whole history: `fetch-depth: 0` with `filter: blob:none` for actions/checkout, `git fetch --unshallow --filter=blob:none` elsewhere; or take the style `sha`

"]]);
    push(&clone(), "main", first, &["--no-fetch", "--style", "sha"]).success().stdout(str![[r"
fb63951: the base is out of reach, so everything
environment staging

SERVICE  VERSION      WHY
api      sha-fb63951  the base is out of reach

1 of 1 service to rebuild.

"]]).stderr(str![[r#"
warning[degraded]: the commit 8da22598ba644cfeb8f56c6d96595c771ecc20c0 is not in this shallow clone; so every service counts as affected
 |
 = help: fetch the whole history: `fetch-depth: 0` with `filter: blob:none` for actions/checkout, `git fetch --unshallow --filter=blob:none` elsewhere

"#]]);
    push(&clone(), "main", first, &["--no-fetch", "--style", "sha", "--strict"]).failure(3);
    clone().rebake(["plan", "--base", "HEAD~1"]).failure(3).stdout("").stderr(str![[r#"
error[git]: `HEAD~1` lies beyond the history that this shallow clone has
 |
 = help: fetch the whole history: `fetch-depth: 0` with `filter: blob:none` for actions/checkout, `git fetch --unshallow --filter=blob:none` elsewhere
 = help: or fetch some of it, until it is enough: `git fetch --deepen=100`

"#]]);
    // With a remote to deepen from, all is known.
    push(&clone(), "main", first, &[])
        .success()
        .stdout(str![[r#"
8da2259..fb63951: since the push before this one
environment staging

SERVICE  VERSION             WHY
api      1.0.0-0001-fb63951  api/a modified, matches api/**  filters.yaml:2:16

1 of 1 service to rebuild.

"#]])
        .stderr("");
    clone()
        .rebake(["plan", "--base", "HEAD~1", "--fetch"])
        .success()
        .stdout(str![[r#"
8da2259..fb63951 and the work tree: since the merge base with HEAD~1
environment local

SERVICE  VERSION             WHY
api      1.0.0-0001-fb63951  api/a modified, matches api/**  filters.yaml:2:16

1 of 1 service to rebuild.

"#]])
        .stderr("");
}
