//! Services whose build context leads outside of `path`: without `filters` they take what their Dockerfile copies.

use snapbox::str;

use crate::repo::Repo;

const CONFIG: &str = "\
services:
  api:
    path: services/api
    context: /
    image: x.io/api
    build_args: { LIB: libs/b }
";

const DOCKERFILE: &str = "\
ARG LIB=libs/a
FROM node:20 AS build
ARG LIB
COPY package*.json ./
COPY services/api /app
COPY $LIB /lib
RUN --mount=type=bind,source=tools,target=/tools make
FROM node:20 AS unused
COPY docs /docs
FROM build
COPY --from=unused2 /docs /docs
";

/// A repository of these files, in which the service is built from its Dockerfile.
fn repo(config: &str, dockerfile: &str) -> Repo {
    let repo = Repo::new();
    repo.write("filters.yaml", config).write("services/api/Dockerfile", dockerfile);
    for file in ["package.json", "libs/a/x", "libs/b/x", "docs/x", "tools/x", "services/api/x", "services/web/x"] {
        repo.write(file, "1");
    }
    repo.commit("first");
    repo
}

/// Returns those of the paths that affect the service.
fn affecting<'p>(repo: &Repo, paths: &[&'p str]) -> Vec<&'p str> {
    let affects = |path: &&&str| {
        let plan = repo.rebake(["plan", "--changed", "-", "--format", "names"]).stdin(format!("{path}\n")).success();
        !plan.text().is_empty()
    };
    paths.iter().filter(affects).copied().collect()
}

#[test]
fn it_takes_what_the_dockerfile_copies_and_nothing_else() {
    let repo = repo(CONFIG, DOCKERFILE);
    repo.rebake(["plan", "--all", "--format", "names"]).success().stdout("api\n").stderr("");
    let paths = [
        "package-lock.json",
        "package.json",
        "x/package.json",
        "services/api/new",
        "services/web/x",
        "libs/a/x",
        "libs/b/x",
        "libs/b/new/y",
        "libs/bc",
        "docs/x",
        "tools/x",
        "services/api/Dockerfile",
        ".dockerignore",
    ];
    let expected = [
        "package-lock.json",
        "package.json",
        "services/api/new",
        "libs/b/x",
        "libs/b/new/y",
        "tools/x",
        "services/api/Dockerfile",
        ".dockerignore",
    ];
    assert_eq!(affecting(&repo, &paths), expected);
    let explained = repo.rebake(["fingerprint", "--explain"]).success().text();
    assert!(explained.contains(" tools") && !explained.contains(" docs"), "{explained}");
    // The place of the cause is the key that leads there.
    repo.write("libs/b/x", "2").commit("second");
    repo.rebake(["why", "api", "--base", "HEAD~1"]).success().stdout(str![[r#"
[..]: since the merge base with HEAD~1

api is affected:
  libs/b/x modified, which its image is built from  filters.yaml:4:14

"#]]);
}

#[test]
fn what_the_dockerfile_stops_copying_affects_it_once_more() {
    let repo = repo(CONFIG, DOCKERFILE);
    repo.write("tools/x", "2").write("services/api/Dockerfile", DOCKERFILE.replace("source=tools,", "source=docs,"));
    repo.commit("second");
    repo.rebake(["plan", "--base", "HEAD~1", "--format", "names"]).success().stdout("api\n");
    assert_eq!(affecting(&repo, &["tools/x", "docs/x"]), ["docs/x"]);
    // A change of the work tree counts where the work tree does.
    repo.write("services/api/Dockerfile", "FROM scratch\nCOPY services/web /web\n");
    assert_eq!(affecting(&repo, &["docs/x", "services/web/x"]), ["services/web/x"]);
}

#[test]
fn it_takes_the_context_whole_where_that_cannot_be_told() {
    let repo = repo(CONFIG, "FROM node:20\nCOPY ${UNKNOWN}/x /\n");
    assert_eq!(affecting(&repo, &["docs/x"]), ["docs/x"]);
    repo.rebake(["plan", "--all", "--format", "names"]).success().stdout("api\n").stderr(str![[r#"
warning[wide-context]: the build context leads outside of `path`, and it is not known what the Dockerfile copies from there, so a change of any file in it (`**`) affects the service
 --> filters.yaml:4:14
  |
4 |     context: /
  |              ^ holds more than the service's own files
  |
 ::: services/api/Dockerfile:2:6
  |
2 | COPY ${UNKNOWN}/x /
  |      ------------ `UNKNOWN` has no value that is known before the build
  |
  = help: give the service `filters`: `services/api/**`, and a pattern for each file or directory that its Dockerfile copies

"#]]);
    for (dockerfile, reason) in [
        ("FROM node:20\nCOPY . .\n", "this copies all of it"),
        ("FROM node:20\nCOPY a**b .\n", "these wildcards mean something else in patterns"),
        ("FROM node:20\nCOPY a b .\nFETCH c\n", "this is not an instruction of a Dockerfile"),
        ("# syntax=acme/own\nFROM node:20\n", "reads this file by rules of its own"),
    ] {
        repo.write("services/api/Dockerfile", dockerfile);
        let plan = repo.rebake(["plan", "--changed", "-", "--format", "names"]).stdin("docs/x\n").success();
        assert_eq!(plan.text(), "api\n");
        let said = String::from_utf8(plan.stderr.clone()).unwrap();
        assert!(said.contains(reason), "{said}");
    }
    repo.remove("services/api/Dockerfile");
    assert_eq!(affecting(&repo, &["docs/x"]), ["docs/x"]);
}

#[test]
fn links_on_the_way_are_followed() {
    let repo = repo(CONFIG, "FROM node:20\nCOPY l/x /\n");
    repo.symlink("libs/a", "l").commit("link");
    assert_eq!(affecting(&repo, &["l", "libs/a/x", "libs/b/x"]), ["l", "libs/a/x"]);
    // Behind wildcards they may lead anywhere.
    repo.write("services/api/Dockerfile", "FROM node:20\nCOPY */x /\n").commit("wildcard");
    assert_eq!(affecting(&repo, &["libs/b/x"]), ["libs/b/x"]);
    repo.remove("l").commit("no link");
    assert_eq!(affecting(&repo, &["libs/b/x", "docs/x"]), ["docs/x"]);
}

#[test]
fn exclude_takes_away_from_what_is_copied() {
    let config = format!("{CONFIG}    exclude: [\"**/*.md\", docs/README.txt]\n");
    let repo = repo(&config, "FROM node:20\nCOPY docs tools/NOTES.md /\n");
    let paths =
        ["docs/x", "docs/a.md", "tools/NOTES.md", "tools/OTHER.md", "docs/README.txt", "services/api/Dockerfile"];
    assert_eq!(affecting(&repo, &paths), ["docs/x", "tools/NOTES.md", "services/api/Dockerfile"]);
}
