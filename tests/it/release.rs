//! `rebake release`: what is planned, made and sent, against real repositories and a real remote.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::time::Duration;

use snapbox::str;

use crate::repo::{Rebake, Repo};

const CONFIG: &str = "\
services:
  lib: {path: lib}
  api: {path: services/api, depends_on: [lib]}
  web: {path: web, depends_on: [api]}
  docs: {path: docs}
  new: {path: new}
";

/// Runs rebake as somebody with a name, at a fixed time.
fn release(repo: &Repo, args: &[&str]) -> Rebake {
    repo.rebake([&["release"], args].concat())
        .env("GIT_COMMITTER_NAME", "Rel")
        .env("GIT_COMMITTER_EMAIL", "rel@example.com")
        .env("GIT_COMMITTER_DATE", "@981200000 +0000")
}

/// Four services at their releases, a fifth without one, then commits of every kind.
fn repo() -> Repo {
    let repo = Repo::new();
    repo.write("filters.yaml", CONFIG);
    for file in ["lib/a", "services/api/a", "web/a", "docs/a"] {
        repo.write(file, "0");
    }
    repo.commit("Begin");
    for tag in ["lib@1.4.0", "services/api@0.3.1", "web@2.0.9", "docs@1.0.0"] {
        repo.annotated_tag(tag);
    }
    repo.write("lib/a", "1").commit("fix: lib");
    repo.branch("side").checkout("side").write("lib/b", "1").commit("feat(api): say more from lib");
    repo.checkout("main").write("services/api/a", "1").commit("feat!: api drops v1");
    repo.merge(["side"]);
    repo.write("web/a", "1").commit("feat: web that nobody wanted");
    repo.git(["revert", "--no-edit", "HEAD"]);
    repo.write("docs/a", "1").commit("docs: words\u{1b}[31m");
    repo.write("new/a", "1").commit("chore: begin new");
    repo
}

fn tags(repo: &Repo) -> String {
    repo.git(["for-each-ref", "--format=%(refname:short) %(objecttype) %(*objectname:short=7)", "refs/tags"])
}

/// A library is no result: what is built from it, also through another one, is released in its place.
#[test]
fn libraries_are_not_released() {
    let repo = Repo::new();
    let config = "services:
  core: {path: core, builder: none}
  lib: {path: lib, builder: none, depends_on: [core]}
  alone: {path: alone, builder: none}
  api: {path: api, depends_on: [lib]}
  web: {path: web, depends_on: [api]}
  docs: {path: docs}
";
    repo.write("filters.yaml", config);
    for service in ["core", "lib", "alone", "api", "web", "docs"] {
        repo.write(format!("{service}/a"), "0");
    }
    repo.commit("Begin");
    for tag in ["api@1.0.0", "web@1.0.0", "docs@1.0.0"] {
        repo.annotated_tag(tag);
    }
    repo.write("alone/a", "1").commit("feat: nobody uses it");
    repo.write("core/a", "1").commit("feat: more");
    release(&repo, &[]).success().stderr("").stdout(str![[r#"
SERVICE  CURRENT  NEXT   WHY
api      1.0.0    1.1.0  minor, by its commits
    minor    783b725 feat: more
web      1.0.0    1.0.1  built from api
docs     1.0.0    -      no commit touches it since docs@1.0.0

2 tags to make, api@1.1.0, web@1.0.1: `--yes` makes them, `--push` sends them.

"#]]);
    release(&repo, &["core"]).failure(2).stderr(str![[r#"
error[library]: `core` is a library, so it has no releases: nothing builds it
 |
 = help: release what is built from it: `api`

"#]]);
    release(&repo, &["alone"]).failure(2).stderr(str![[r#"
error[library]: `alone` is a library, so it has no releases: nothing builds it
 |
 = help: give it another `builder` than `none` if it is built

"#]]);
}

#[test]
fn commits_decide() {
    let repo = repo();
    let before = tags(&repo);
    release(&repo, &[]).success().stderr("").stdout(str![[r#"
SERVICE  CURRENT  NEXT    WHY
lib      1.4.0    1.5.0   minor, by its commits
    merge    9253e1c Merge branch 'side'
    minor    a421a9b feat(api): say more from lib
    patch    2194a88 fix: lib
api      0.3.1    0.4.0   minor, by its commits
    minor    64932c6 feat!: api drops v1
web      2.0.9    2.0.10  built from api
    reverts  7dddef0 Revert "feat: web that nobody wanted"
    reverted 8647c65 feat: web that nobody wanted
new      none     0.1.0   first release
    -        4b99770 chore: begin new
docs     1.0.0    -       none of its commits asks for a release
    -        1f35649 docs: words/x1b[31m

4 tags to make, lib@1.5.0, services/api@0.4.0, web@2.0.10, new@0.1.0: `--yes` makes them, `--push` sends them.

"#]]);
    release(&repo, &["--dependents", "none", "api", "docs", "--format", "json"]).success().stdout(str![[r#"
{
  "schema": 1,
  "releases": [
    {
      "services": [
        "api"
      ],
      "current": "0.3.1",
      "since": "services/api@0.3.1",
      "version": "0.4.0",
      "tag": "services/api@0.4.0",
      "why": "commits",
      "bump": "minor",
      "commits": [
        {
          "commit": "64932c6cd2d280c9c157112db57be95cfaed6c83",
          "subject": "feat!: api drops v1",
          "kind": "breaking",
          "bump": "minor"
        }
      ]
    }
  ],
  "unreleased": [
    {
      "services": [
        "docs"
      ],
      "current": "1.0.0",
      "since": "docs@1.0.0",
      "why": "nothing-asked",
      "commits": [
        {
          "commit": "1f35649fcaabd3715f4b135ffb7e4bae5cd20803",
          "subject": "docs: words/u001b[31m",
          "kind": "housekeeping"
        }
      ]
    }
  ]
}

"#]]);
    release(&repo, &["--changelog"]).success().stdout(str![[r#"
## lib 1.5.0

Since <code>lib&#64;1.4.0</code>.

### Features

- **api:** say more from lib (a421a9b)

### Fixes

- lib (2194a88)

## api 0.4.0

Since <code>services/api&#64;0.3.1</code>.

### Breaking changes

- api drops v1 (64932c6)

## web 2.0.10

Since <code>web&#64;2.0.9</code>.

## new 0.1.0

### Other changes

- begin new (4b99770)

"#]]);
    assert_eq!(tags(&repo), before);
}

#[test]
fn tags_are_made_once() {
    let repo = repo();
    release(&repo, &["--yes"]).success().stderr("").stdout(str![[r#"
...
Made 4 tags at 4b99770: lib@1.5.0, services/api@0.4.0, web@2.0.10, new@0.1.0.

"#]]);
    let made = tags(&repo);
    snapbox::assert_data_eq!(
        made.clone(),
        str![[r#"
docs@1.0.0 tag fc2f8c0
lib@1.4.0 tag fc2f8c0
lib@1.5.0 tag 4b99770
new@0.1.0 tag 4b99770
services/api@0.3.1 tag fc2f8c0
services/api@0.4.0 tag 4b99770
web@2.0.10 tag 4b99770
web@2.0.9 tag fc2f8c0
"#]]
    );
    snapbox::assert_data_eq!(
        repo.git(["cat-file", "tag", "services/api@0.4.0"]),
        str![[r#"
object 4b99770a623c38410294fe6c412fa8604ae7bc99
type commit
tag services/api@0.4.0
tagger Rel <rel@example.com> 981200000 +0000

api 0.4.0

- feat!: api drops v1 (64932c6)
"#]]
    );
    repo.git(["fsck", "--strict"]);
    // They came by one rename of one file: no moment has some of them.
    assert!(!repo.dir().join(".git/refs/tags/lib@1.5.0").exists());
    for again in [&["--yes"][..], &["api", "lib", "--yes", "--bump", "major"]] {
        release(&repo, again).success().stderr("");
        assert_eq!(tags(&repo), made, "{again:?}");
    }
    release(&repo, &["--yes"]).success().stdout(str![[r#"
SERVICE  CURRENT  NEXT  WHY
lib      1.5.0    -     released: lib@1.5.0 is this commit
api      0.4.0    -     released: services/api@0.4.0 is this commit
web      2.0.10   -     released: web@2.0.10 is this commit
docs     1.0.0    -     none of its commits asks for a release
    -        1f35649 docs: words/x1b[31m
new      0.1.0    -     released: new@0.1.0 is this commit

Nothing to release.

"#]]);
    release(&repo, &["api", "--changelog"]).success().stdout(str![[r#"
## api 0.4.0

Since <code>services/api&#64;0.3.1</code>.

### Breaking changes

- api drops v1 (64932c6)

## web 2.0.10

Since <code>web&#64;2.0.9</code>.

"#]]);
}

#[test]
fn bumps_are_chosen() {
    let repo = repo();
    release(&repo, &["docs", "--bump", "minor"]).success().stdout(str![[r#"
SERVICE  CURRENT  NEXT   WHY
docs     1.0.0    1.1.0  minor, asked for
    -        1f35649 docs: words/x1b[31m

1 tag to make, docs@1.1.0: `--yes` makes it, `--push` sends it.

"#]]);
    release(&repo, &["--bump", "major"]).success().stdout(str![[r#"
SERVICE  CURRENT  NEXT   WHY
lib      1.4.0    2.0.0  major, asked for
    merge    9253e1c Merge branch 'side'
    minor    a421a9b feat(api): say more from lib
    patch    2194a88 fix: lib
api      0.3.1    1.0.0  major, asked for
    minor    64932c6 feat!: api drops v1
web      2.0.9    3.0.0  major, asked for
    reverts  7dddef0 Revert "feat: web that nobody wanted"
    reverted 8647c65 feat: web that nobody wanted
docs     1.0.0    2.0.0  major, asked for
    -        1f35649 docs: words/x1b[31m
new      none     0.1.0  first release
    -        4b99770 chore: begin new

5 tags to make, lib@2.0.0, services/api@1.0.0, web@3.0.0, docs@2.0.0, new@0.1.0: `--yes` makes them, `--push` sends them.

"#]]);
    release(&repo, &["--dependents", "none", "services/api", "--version", "1.0.0"]).success().stdout(str![[r#"
SERVICE  CURRENT  NEXT   WHY
api      0.3.1    1.0.0  asked for
    minor    64932c6 feat!: api drops v1

1 tag to make, services/api@1.0.0: `--yes` makes it, `--push` sends it.

"#]]);
    for (args, why) in [
        (
            &["api", "--version", "0.3.1"][..],
            str![[r#"
error[release]: the tag services/api@0.3.1 already exists, at commit fc2f8c0
 |
 = help: choose another version; a published release does not move

"#]],
        ),
        (
            &["api", "--version", "0.2.0"],
            str![[r#"
error[release]: 0.2.0 of `api` would not be higher than 0.3.1, its current version
 |
 = help: choose a higher one, or let `--bump` find it

"#]],
        ),
        (
            &["api", "--version", "1.0.0+b"],
            str![[r#"
error[release]: 1.0.0+b has build metadata, which does not order versions
 |
 = help: leave out what follows the `+`

"#]],
        ),
        (
            &["api", "--version", "1.0"],
            str![[r#"
error[release]: `1.0` is not a version of `api`, whose scheme is semver
 |
 = help: write MAJOR.MINOR.PATCH, such as 1.2.3 or 1.3.0-rc.1

"#]],
        ),
        (
            &["--version", "1.0.0"],
            str![[r#"
error[release]: a version can be given for one service only, and 5 are asked for
 |
 = help: name the one service: `rebake release SERVICE --version X`

"#]],
        ),
        (
            &["api", "--pre", "1"],
            str![[r#"
error[release]: `api` has no next version: "1" cannot name a pre-release: letters, digits and `-`, not a number alone
 |
 = help: choose another `--pre`, or name the version with `--version`

"#]],
        ),
        (
            &["apj"],
            str![[r#"
error[unknown-service]: there is no service `apj`
 |
 = help: did you mean `api`?

"#]],
        ),
    ] {
        release(&repo, args).failure(2).stdout("").stderr(why);
    }
}

#[test]
fn pre_releases_lead_to_their_release() {
    let repo = repo();
    release(&repo, &["--dependents", "none", "lib", "--pre", "rc", "--yes"]).success().stdout(str![[r#"
SERVICE  CURRENT  NEXT        WHY
lib      1.4.0    1.5.0-rc.1  minor, by its commits
    merge    9253e1c Merge branch 'side'
    minor    a421a9b feat(api): say more from lib
    patch    2194a88 fix: lib

Made 1 tag at 4b99770: lib@1.5.0-rc.1.

"#]]);
    release(&repo, &["--dependents", "none", "lib", "--pre", "rc", "--yes"]).success().stdout(str![[r#"
SERVICE  CURRENT     NEXT  WHY
lib      1.5.0-rc.1  -     released: lib@1.5.0-rc.1 is this commit

Nothing to release.

"#]]);
    repo.write("lib/a", "2").commit("fix: lib again");
    release(&repo, &["--dependents", "none", "lib", "--pre", "rc", "--yes"]).success().stdout(str![[r#"
SERVICE  CURRENT     NEXT        WHY
lib      1.5.0-rc.1  1.5.0-rc.2  patch, by its commits
    patch    38fd667 fix: lib again

Made 1 tag at 38fd667: lib@1.5.0-rc.2.

"#]]);
    release(&repo, &["--dependents", "none", "lib", "--yes"]).success().stdout(str![[r#"
SERVICE  CURRENT     NEXT   WHY
lib      1.5.0-rc.2  1.5.0  minor, by its commits
    patch    38fd667 fix: lib again
    merge    9253e1c Merge branch 'side'
    minor    a421a9b feat(api): say more from lib
    patch    2194a88 fix: lib

Made 1 tag at 38fd667: lib@1.5.0.

"#]]);
}

#[test]
fn dependents_follow_unless_that_is_ruled_out() {
    let repo = repo();
    release(&repo, &["--dependents", "none", "lib"]).success().stdout(str![[r#"
SERVICE  CURRENT  NEXT   WHY
lib      1.4.0    1.5.0  minor, by its commits
    merge    9253e1c Merge branch 'side'
    minor    a421a9b feat(api): say more from lib
    patch    2194a88 fix: lib

1 tag to make, lib@1.5.0: `--yes` makes it, `--push` sends it.

"#]]);
    release(&repo, &["lib"]).success().stdout(str![[r#"
SERVICE  CURRENT  NEXT    WHY
lib      1.4.0    1.5.0   minor, by its commits
    merge    9253e1c Merge branch 'side'
    minor    a421a9b feat(api): say more from lib
    patch    2194a88 fix: lib
api      0.3.1    0.4.0   built from lib
    minor    64932c6 feat!: api drops v1
web      2.0.9    2.0.10  built from api
    reverts  7dddef0 Revert "feat: web that nobody wanted"
    reverted 8647c65 feat: web that nobody wanted

3 tags to make, lib@1.5.0, services/api@0.4.0, web@2.0.10: `--yes` makes them, `--push` sends them.

"#]]);
    release(&repo, &["lib", "--yes"]).success();
    let made = tags(&repo);
    release(&repo, &["lib", "--yes"]).success();
    assert_eq!(tags(&repo), made);
}

#[test]
fn numbers_of_other_branches_are_not_taken_again() {
    let repo = repo();
    repo.checkout("lib@1.4.0").write("lib/a", "hotfix").commit("fix: hot");
    repo.annotated_tag("lib@1.4.1").annotated_tag("lib@1.5.0").checkout("main");
    release(&repo, &["--dependents", "none", "lib"]).success().stdout(str![[r#"
SERVICE  CURRENT  NEXT   WHY
lib      1.4.0    1.5.1  minor, by its commits; lib@1.5.0 is taken, on another branch
    merge    9253e1c Merge branch 'side'
    minor    a421a9b feat(api): say more from lib
    patch    2194a88 fix: lib

1 tag to make, lib@1.5.1: `--yes` makes it, `--push` sends it.

"#]]);
    release(&repo, &["lib", "--version", "1.5.0"]).failure(2).stderr(str![[r#"
error[release]: the tag lib@1.5.0 already exists, at commit 784438e
 |
 = help: choose another version; a published release does not move

"#]]);
}

#[test]
fn services_of_one_tag_format_are_released_together() {
    let repo = Repo::new();
    repo.write("filters.yaml", "defaults: {tag: 'v{{version}}'}\nservices:\n  a: {path: a}\n  b: {path: b}\n");
    repo.write("a/x", "").write("b/x", "").commit("Begin");
    repo.tag("v1.0.0").write("a/x", "1").commit("fix: a");
    repo.write("b/x", "1").commit("feat: b");
    release(&repo, &["--yes"]).success().stdout(str![[r#"
SERVICE  CURRENT  NEXT   WHY
a, b     1.0.0    1.1.0  minor, by its commits
    minor    477c4f9 feat: b
    patch    268145e fix: a

Made 1 tag at 477c4f9: v1.1.0.

"#]]);
    release(&repo, &["--parse", "v1.1.0"]).success().stdout(str![[r#"
a 1.1.0
b 1.1.0

"#]]);
}

#[test]
fn a_tag_tells_what_it_releases() {
    let repo = repo();
    release(&repo, &["--parse", "services/api@1.2.3-rc.1"]).success().stderr("").stdout(str![[r#"
api 1.2.3-rc.1

"#]]);
    for (tag, why) in [
        (
            "services/api@1.2",
            str![[r#"
error[no-release]: the tag `services/api@1.2` is no release: `1.2` is not a version
 |
 = help: did you mean `services/api@1.2.0`?

"#]],
        ),
        (
            "services/api@latest",
            str![[r#"
error[no-release]: the tag `services/api@latest` is no release: it names no version

"#]],
        ),
        (
            "apj@1.0.0",
            str![[r#"
error[no-release]: the tag `apj@1.0.0` is no service's release
 |
 = help: release tags of the service `api` are `services/api@{{version}}`

"#]],
        ),
        (
            "-x\u{1b}[31m",
            str![[r#"
error[no-release]: the tag `-x/x1b[31m` is no service's release

"#]],
        ),
    ] {
        release(&repo, &["--parse", tag]).failure(1).stdout("").stderr(why);
    }
}

#[test]
fn what_cannot_be_tagged_is_said_before() {
    let repo = repo();
    repo.tag("lib@1.5.0/x");
    release(&repo, &["lib", "--yes"]).failure(2).stdout("").stderr(str![[r#"
error[release]: git cannot store the tag lib@1.5.0 beside lib@1.5.0/x: one would be a directory of the other
 |
 = help: delete that tag, or give the service another `tag` format

"#]]);
    repo.write("web/a", "dirty");
    let before = tags(&repo);
    release(&repo, &["api", "--yes"]).failure(3).stdout("").stderr(str![[r#"
error[dirty]: the work tree has changes that the tags would not include: web/a
 |
 = help: commit them, or tag HEAD as it is with `--allow-dirty`

"#]]);
    assert_eq!(tags(&repo), before);
    release(&repo, &["api", "--yes", "--allow-dirty"]).success();
    repo.rebake(["release", "new", "--yes", "--allow-dirty"]).failure(3).stdout("").stderr(str![[r#"
error[tag]: git has no name and email for the tagger
 |
 = help: `git config user.name NAME` and `git config user.email ADDRESS`

"#]]);
    let shallow = repo.clone_shallow(1);
    release(&shallow, &[]).failure(3).stdout("").stderr(str![[r#"
error[git]: which releases head leads to cannot be determined: this clone is shallow, and its history ends before the answer
 |
 = help: fetch the whole history: `fetch-depth: 0` with `filter: blob:none` for actions/checkout, `git fetch --unshallow --filter=blob:none` elsewhere
 = help: or fetch some of it, until it is enough: `git fetch --deepen=100`

"#]]);
}

// Nothing is half done.

/// Whatever stops the transaction, no tag is there and nothing is left in the way of the next run.
#[test]
fn a_locked_ref_leaves_nothing() {
    let repo = repo();
    let before = tags(&repo);
    let git_dir = repo.dir().join(".git");
    // The last one of the transaction: those before are locked and let go.
    for lock in ["refs/tags/services/api@0.4.0.lock", "packed-refs.lock"] {
        let lock = git_dir.join(lock);
        fs::create_dir_all(lock.parent().unwrap()).unwrap();
        fs::write(&lock, "").unwrap();
        let run = release(&repo, &["--yes"]).failure(3).stdout("");
        let shown = format!("[ROOT]/{}", lock.strip_prefix(repo.dir()).unwrap().display());
        run.stderr(format!(
            "error[tag]: no tag was made: the lock `{shown}` is there\n |\n = help: if another process is at work in this \
             repository, wait for it; if one was killed, `rm {shown}`\n"
        ));
        assert_eq!(tags(&repo), before);
        fs::remove_file(&lock).unwrap();
        assert!(!repo.git(["ls-files", "--others", ".git"]).contains(".lock"));
    }
    release(&repo, &["--yes"]).success();
    assert_ne!(tags(&repo), before);
}

/// Killed at whatever moment, it has made all tags or none.
#[test]
fn a_killed_run_has_made_all_tags_or_none() {
    let repo = repo();
    let before = tags(&repo);
    let mut made = Vec::new();
    for delay in 0..24 {
        release(&repo, &["--bump", "minor", "--yes"]).kill_after(Duration::from_millis(delay * 2));
        let new = tags(&repo).lines().count() - before.lines().count();
        assert!(new == 0 || new == 5, "killed after {} ms it had made {new} tags", delay * 2);
        made.push(new);
        for tag in ["lib@1.5.0", "services/api@0.4.0", "web@2.1.0", "docs@1.1.0", "new@0.1.0"] {
            for file in [format!("refs/tags/{tag}.lock"), "packed-refs.lock".to_owned()] {
                let _ = fs::remove_file(repo.dir().join(".git").join(file));
            }
            if new > 0 {
                repo.git(["tag", "--delete", tag]);
            }
        }
    }
    assert_eq!(made[0], 0, "{made:?}");
}

/// A limit on the size of files is a disk that fills up: `packed-refs` cannot be written.
#[test]
fn a_full_disk_leaves_nothing() {
    let repo = repo();
    for number in 0..80 {
        repo.tag(&format!("filler-{number}-{}", "x".repeat(100)));
    }
    repo.git(["pack-refs", "--all"]);
    let before = tags(&repo);
    let script = "trap '' XFSZ; ulimit -f 8; exec \"$0\" release --yes";
    let output = std::process::Command::new("sh")
        .args(["-c", script, env!("CARGO_BIN_EXE_rebake")])
        .current_dir(repo.dir())
        .env("GIT_COMMITTER_NAME", "Rel")
        .env("GIT_COMMITTER_EMAIL", "rel@example.com")
        .output()
        .unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(3), "{said}");
    assert!(said.contains("no tag was made"), "{said}");
    assert_eq!(tags(&repo), before);
    release(&repo, &["--yes"]).success();
    assert_ne!(tags(&repo), before);
}

/// Five releases reach a bare remote in groups of three; what is there is not sent again.
#[test]
fn groups_of_three_reach_the_remote() {
    let (repo, remote) = with_remote();
    release(&repo, &["--bump", "minor", "--yes", "--push"]).success().stderr("").stdout(str![[r#"
SERVICE  CURRENT  NEXT   WHY
lib      1.4.0    1.5.0  minor, asked for
    merge    9253e1c Merge branch 'side'
    minor    a421a9b feat(api): say more from lib
    patch    2194a88 fix: lib
api      0.3.1    0.4.0  minor, asked for
    minor    64932c6 feat!: api drops v1
web      2.0.9    2.1.0  minor, asked for
    reverts  7dddef0 Revert "feat: web that nobody wanted"
    reverted 8647c65 feat: web that nobody wanted
docs     1.0.0    1.1.0  minor, asked for
    -        1f35649 docs: words/x1b[31m
new      none     0.1.0  first release
    -        4b99770 chore: begin new

Made 5 tags at 4b99770: lib@1.5.0, services/api@0.4.0, web@2.1.0, docs@1.1.0, new@0.1.0.
GitHub raises no event for a push of more than three tags, so 5 tags go in groups of three.
Sent lib@1.5.0, services/api@0.4.0, web@2.1.0 to origin.
Sent docs@1.1.0, new@0.1.0 to origin.

"#]]);
    assert_eq!(groups(&remote), ["3", "2"]);
    assert_eq!(tags(&remote), tags(&repo));
    release(&repo, &["--bump", "minor", "--yes", "--push"]).success().stdout(str![[r#"
SERVICE  CURRENT  NEXT  WHY
lib      1.5.0    -     released: lib@1.5.0 is this commit
api      0.4.0    -     released: services/api@0.4.0 is this commit
web      2.1.0    -     released: web@2.1.0 is this commit
docs     1.1.0    -     released: docs@1.1.0 is this commit
new      0.1.0    -     released: new@0.1.0 is this commit

Nothing to release.

"#]]);
    assert_eq!(groups(&remote), ["3", "2"]);
}

/// What was made without `--push`, or by a run that was killed between two groups, is sent by the next one.
#[test]
fn what_was_not_sent_is_sent_later() {
    let (repo, remote) = with_remote();
    release(&repo, &["--bump", "minor", "--yes"]).success();
    repo.git(["push", "--quiet", "origin", "lib@1.5.0"]);
    release(&repo, &["--yes", "--push"]).success().stdout(str![[r#"
SERVICE  CURRENT  NEXT  WHY
lib      1.5.0    -     released: lib@1.5.0 is this commit
api      0.4.0    -     released: services/api@0.4.0 is this commit
web      2.1.0    -     released: web@2.1.0 is this commit
docs     1.1.0    -     released: docs@1.1.0 is this commit
new      0.1.0    -     released: new@0.1.0 is this commit

Nothing to release.
GitHub raises no event for a push of more than three tags, so 4 tags go in groups of three.
Sent services/api@0.4.0, web@2.1.0, docs@1.1.0 to origin.
Sent new@0.1.0 to origin.

"#]]);
    assert_eq!(groups(&remote), ["1", "3", "1"]);
    assert_eq!(tags(&remote), tags(&repo));
}

#[test]
fn a_refused_push_leaves_both_sides_the_same() {
    let (repo, remote) = with_remote();
    let before = tags(&repo);
    hook(&remote, "while read -r old new ref; do case $ref in *docs*) echo 'no docs today' >&2; exit 1;; esac; done");
    release(&repo, &["--dependents", "none", "docs", "lib", "--bump", "minor", "--yes", "--push"]).failure(3).stdout("").stderr(str![[r#"
error[remote]: `origin` did not accept lib@1.5.0, docs@1.1.0: remote: no docs today; To [..]; ! [remote rejected] lib@1.5.0 -> lib@1.5.0 (pre-receive hook declined); ! [remote rejected] docs@1.1.0 -> docs@1.1.0 (pre-receive hook declined); error: failed to push some refs to '[..]'
 |
 = help: 0 tags arrived before; 2 tags that could not be pushed were deleted in this clone, so that both sides agree; run the same command again

"#]]);
    assert_eq!(tags(&repo), before);
    assert_eq!(tags(&remote), before);
    // The second group is refused: the first one has arrived, and stays on both sides.
    release(&repo, &["--bump", "minor", "--yes", "--push"]).failure(3).stdout("");
    assert_eq!(tags(&repo), tags(&remote));
    assert_eq!(tags(&repo).lines().count(), before.lines().count() + 3);
    hook(&remote, "wc -l >> \"$GIT_DIR/groups\"");
    release(&repo, &["--bump", "minor", "--yes", "--push"]).success();
    assert_eq!(groups(&remote), ["2"]);
    assert_eq!(tags(&repo), tags(&remote));
}

#[test]
fn the_remote_is_asked_before_anything_is_made() {
    let (repo, remote) = with_remote();
    let before = tags(&repo);
    remote.git(["tag", "lib@1.5.0", "main~1"]);
    release(&repo, &["--yes", "--push"]).failure(3).stdout("").stderr(str![[r#"
error[tag-taken]: origin has the tag lib@1.5.0 at commit 1f35649, which is not this one
 |
 = help: `git fetch origin --tags`, and see what was released

"#]]);
    assert_eq!(tags(&repo), before);
    release(&repo, &["--yes", "--push", "--remote=--upload-pack=touch x"]).failure(3).stdout("");
    assert!(!repo.dir().join("x").exists());
    // Another run has made it, of this very commit.
    remote.git(["tag", "--force", "lib@1.5.0", "main"]);
    release(&repo, &["--dependents", "none", "lib", "--yes", "--push"]).success().stdout(str![[r#"
SERVICE  CURRENT  NEXT   WHY
lib      1.4.0    1.5.0  minor, by its commits
    merge    9253e1c Merge branch 'side'
    minor    a421a9b feat(api): say more from lib
    patch    2194a88 fix: lib

Nothing to release.
origin already has lib@1.5.0: `git fetch origin --tags`.

"#]]);
    assert_eq!(tags(&repo), before);
}

#[test]
fn a_workflow_is_told_that_its_token_starts_none() {
    let (repo, _remote) = with_remote();
    let run = release(&repo, &["lib", "--yes", "--push"]);
    run.env("GITHUB_ACTIONS", "true").env("GITHUB_EVENT_NAME", "push").success().stderr(str![[r#"
warning[token]: tags that are sent with a workflow's own GITHUB_TOKEN start no workflow
 |
 = help: give actions/checkout the `token` of a GitHub App or a `ssh-key`, or start the workflow that builds releases with `gh workflow run`

"#]]);
}

/// Signed by ssh, whose keys need no agent and no home.
#[test]
fn tags_are_signed_as_git_signs_them() {
    let repo = repo();
    let key = repo.dir().join("../key");
    let keygen = ["-q", "-t", "ed25519", "-N", "", "-C", "rel@example.com", "-f", key.to_str().unwrap()];
    assert!(std::process::Command::new("ssh-keygen").args(keygen).status().unwrap().success());
    repo.git(["config", "gpg.format", "ssh"]);
    let before = tags(&repo);
    release(&repo, &["--yes", "--sign"]).failure(3).stdout("");
    assert_eq!(tags(&repo), before);
    repo.git(["config", "user.signingKey", key.to_str().unwrap()]);
    release(&repo, &["--yes", "--sign"]).success().stderr("");
    let public = fs::read_to_string(key.with_extension("pub")).unwrap();
    let signers = repo.dir().join("../signers");
    fs::write(&signers, format!("rel@example.com {public}")).unwrap();
    repo.git(["config", "gpg.ssh.allowedSignersFile", signers.to_str().unwrap()]);
    for tag in ["lib@1.5.0", "services/api@0.4.0", "new@0.1.0"] {
        repo.git(["verify-tag", tag]);
    }
    assert_eq!(repo.git(["for-each-ref", "refs/rebake"]), "");
    repo.git(["fsck", "--strict"]);
}

/// A repository whose five services are due, and a bare one that it is pushed to; that counts the tags of each push.
fn with_remote() -> (Repo, Repo) {
    let repo = repo();
    let remote = repo.clone_with(["--bare"]);
    repo.git(["remote", "add", "origin", remote.dir().to_str().unwrap()]);
    hook(&remote, "wc -l >> \"$GIT_DIR/groups\"");
    (repo, remote)
}

fn hook(remote: &Repo, script: &str) {
    let file = remote.dir().join("hooks/pre-receive");
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    fs::write(&file, format!("#!/bin/sh\n{script}\n")).unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o755)).unwrap();
}

/// How many tags each push brought.
fn groups(remote: &Repo) -> Vec<String> {
    let text = fs::read_to_string(remote.dir().join("groups")).unwrap_or_default();
    text.lines().map(|line| line.trim().to_owned()).collect()
}

#[test]
fn a_version_that_another_branch_has_is_skipped_and_named() {
    let repo = Repo::new();
    repo.write("filters.yaml", "services: {a: {path: a}, b: {path: b}}\n").write("a/a", "1").commit("first");
    repo.tag("a@1.0.0");
    repo.branch("next").checkout("next").write("a/n", "1").write("b/b", "1").commit("fix: n");
    repo.tag("a@1.0.1");
    repo.tag("b@0.1.0");
    repo.checkout("main").write("a/b", "1").write("b/c", "1").commit("fix: y");
    release(&repo, &[]).success().stderr("").stdout(str![[r#"
SERVICE  CURRENT  NEXT   WHY
a        1.0.0    1.0.2  patch, by its commits; a@1.0.1 is taken, on another branch
    patch    [..] fix: y
b        none     0.1.1  first release; b@0.1.0 is taken, on another branch
    patch    [..] fix: y

2 tags to make, a@1.0.2, b@0.1.1: `--yes` makes them, `--push` sends them.

"#]]);
    let json = release(&repo, &["--format", "json"]).success().text();
    assert!(json.contains(r#""taken": "a@1.0.1""#), "{json}");
    release(&repo, &["a", "--version", "1.0.5", "--format", "json"]).success();
    // Where none is taken, none is named.
    let json = release(&repo, &["a", "--bump", "minor", "--format", "json"]).success().text();
    assert!(!json.contains("taken"), "{json}");
}

/// The answer to `release --yes` on the default branch, where another one has a higher release.
#[test]
fn nothing_is_released_below_what_another_branch_has() {
    let repo = Repo::new();
    repo.write("filters.yaml", "services: {api: {path: api}}\n").write("api/a", "1").commit("first");
    repo.tag("api@0.4.0");
    repo.branch("next").checkout("next").write("api/n", "1").commit("feat: n");
    repo.tag("api@0.25.0");
    repo.checkout("main").write("api/b", "1").commit("feat: y");
    release(&repo, &[])
        .success()
        .stderr(str![[r#"
warning[not-above]: api 0.5.0 would not be higher than api@0.25.0, which is on another branch
 |
 = help: merge that release into this branch, or name the version with `--version`

"#]])
        .stdout(str![[r#"
SERVICE  CURRENT  NEXT   WHY
api      0.4.0    0.5.0  minor, by its commits
    minor    62ec5c2 feat: y

1 tag to make, api@0.5.0: `--yes` makes it, `--push` sends it.

"#]]);
    release(&repo, &["--yes"]).failure(2).stdout("").stderr(str![[r#"
error[not-above]: api 0.5.0 would not be higher than api@0.25.0, which is on another branch
 |
 = help: merge that release into this branch, or name the version with `--version`

"#]]);
    assert_eq!(repo.git(["tag"]), "api@0.25.0\napi@0.4.0");
    // A higher pre-release hides no stable release.
    repo.git(["tag", "api@0.30.0-rc.1", "next"]);
    release(&repo, &["--yes"]).failure(2).stderr(str![[r#"
error[not-above]: api 0.5.0 would not be higher than api@0.25.0, which is on another branch
...
"#]]);
    repo.git(["tag", "-d", "api@0.30.0-rc.1"]);
    // Named by its number, on another branch, or below a pre-release alone, it is made.
    release(&repo, &["api", "--version", "0.4.1", "--yes"]).success();
    repo.branch("fix").checkout("fix").write("api/c", "1").commit("fix: c");
    release(&repo, &["--yes"]).success();
    repo.checkout("main").write("api/d", "1").commit("fix: d");
    repo.git(["tag", "-d", "api@0.25.0"]);
    repo.git(["tag", "api@0.30.0-rc.1", "next"]);
    release(&repo, &["--yes"]).success();
    assert_eq!(repo.git(["tag"]), "api@0.30.0-rc.1\napi@0.4.0\napi@0.4.1\napi@0.4.2\napi@0.4.3");
}

#[test]
fn a_calendar_version_is_named_and_stops_no_other_service() {
    let repo = Repo::new();
    repo.write("filters.yaml", "services: {api: {path: api, scheme: calver}, web: {path: web}}\n");
    repo.write("api/a", "1").write("web/w", "1").commit("first");
    repo.tag("api@2026.04");
    repo.tag("web@1.0.0");
    repo.write("api/a", "2").write("web/w", "2").commit("fix: both");
    release(&repo, &[]).success().stdout(str![[r#"
SERVICE  CURRENT  NEXT   WHY
web      1.0.0    1.0.1  patch, by its commits
    patch    42d84c0 fix: both
api      2026.04  -      changed; name its next version with `--version`
    patch    42d84c0 fix: both

1 tag to make, web@1.0.1: `--yes` makes it, `--push` sends it.

"#]]);
    release(&repo, &["api", "--bump", "minor"]).failure(2).stdout("").stderr(str![[r#"
error[release]: the next calendar version of `api` does not follow from its commits
 |
 = help: name it: `rebake release SERVICE --version 2026.04.1`

"#]]);
    release(&repo, &["api", "--version", "2026.05.x"]).failure(2).stdout("").stderr(str![[r#"
error[release]: `2026.05.x` is not a version of `api`, whose scheme is calver
 |
 = help: write two to four dotted numbers, such as 2026.04.1

"#]]);
    release(&repo, &["api", "--version", "2026.03"]).failure(2).stdout("").stderr(str![[r#"
error[release]: 2026.03 of `api` would not be higher than 2026.04, its current version
 |
 = help: choose a higher one, or let `--bump` find it

"#]]);
    release(&repo, &["api", "--version", "2026.05", "--yes"]).success();
    assert_eq!(repo.git(["tag"]), "api@2026.04\napi@2026.05\nweb@1.0.0");
    // Zeros do not make it another version.
    release(&repo, &["api", "--version", "2026.5", "--yes"]).success();
    repo.write("api/a", "3").commit("fix: a");
    release(&repo, &["api", "--version", "2026.5", "--yes"]).failure(2).stdout("").stderr(str![[r#"
error[release]: the tag api@2026.05 already exists, at commit 42d84c0
 |
 = help: choose another version; a published release does not move

"#]]);
    assert_eq!(repo.git(["tag"]), "api@2026.04\napi@2026.05\nweb@1.0.0");
}

#[test]
fn a_release_of_many_services_names_some_of_them() {
    let repo = Repo::new();
    let mut config = String::from("defaults: {tag: 'v{{version}}'}\nservices:\n");
    for name in 'a'..='f' {
        config.extend(["  service-", &name.to_string(), ": {path: ", &name.to_string(), "}\n"]);
        repo.write(format!("{name}/x"), "1");
    }
    repo.write("filters.yaml", config);
    repo.commit("feat: all");
    release(&repo, &[]).success().stdout(str![[r#"
SERVICE                                                 CURRENT  NEXT   WHY
6 services: service-a, service-b, service-c and 3 more  none     0.1.0  first release
    minor    9840aa7 feat: all

1 tag to make, v0.1.0: `--yes` makes it, `--push` sends it.

"#]]);
}
