//! Manifests of other workspace members, which an image needs only to install from the lockfile.

use super::{CI, FILTERS, GATED, of_rule, workflow};

const DOCKERFILE: &str = "FROM node\nCOPY package.json package-lock.json ./\nCOPY api/package.json api/\nCOPY lib/package.json lib/\nRUN npm ci\nCOPY api api\n";
const API: &str = "api: [api/**, package.json, package-lock.json]\n";

/// Returns the findings of R002 and of R006 about a workspace of the packages `api` and `lib`.
fn found(filters: &str, dockerfile: &str, api: &str) -> [Vec<String>; 2] {
    let ci = workflow(GATED, "context: ., file: api/Dockerfile");
    let files = [
        (FILTERS, filters),
        (CI, ci.as_str()),
        ("package.json", r#"{"private": true, "workspaces": ["api", "lib"]}"#),
        ("package-lock.json", "{}"),
        ("api/package.json", api),
        ("api/Dockerfile", dockerfile),
        ("api/index.js", ""),
        ("lib/package.json", r#"{"name": "lib"}"#),
        ("lib/index.js", ""),
        ("schema.sql", ""),
    ];
    ["R002", "R006"].map(|rule| of_rule(rule, &files))
}

fn uncovered(rest: &str) -> Vec<String> {
    vec![format!("error .github/filters.yml:1:1: the image of `api` is built from {rest}")]
}

#[test]
fn a_lone_manifest_needs_no_pattern() {
    let alone = r#"{"name": "api"}"#;
    assert_eq!(found(API, DOCKERFILE, alone), [const { Vec::<String>::new() }; 2]);
    // The lockfile is reported, and the manifest is not.
    let lockfile = uncovered("`package-lock.json`, which no pattern of `api` matches");
    assert_eq!(found("api: [api/**, package.json]\n", DOCKERFILE, alone), [Vec::new(), lockfile]);
    // Other files are not hidden behind the manifest.
    let more = format!("{DOCKERFILE}COPY schema.sql .\n");
    assert_eq!(found(API, &more, alone)[0], uncovered("`schema.sql`, which no pattern of `api` matches"));
    let development = r#"{"name": "api", "devDependencies": {"lib": "*"}}"#;
    assert_eq!(found(API, DOCKERFILE, development)[0], [""; 0]);
}

#[test]
fn a_manifest_that_decides_something_needs_a_pattern() {
    let alone = r#"{"name": "api"}"#;
    let manifest = uncovered("`lib/package.json`, which no pattern of `api` matches");
    // The service needs the package.
    let needs = r#"{"name": "api", "dependencies": {"lib": "*"}}"#;
    assert_eq!(found(API, DOCKERFILE, needs)[0], manifest);
    // Without the lockfile, the manifests decide what the image gets.
    let unlocked = DOCKERFILE.replace(" package-lock.json", "");
    assert_eq!(found(API, &unlocked, alone)[0], manifest);
    // The image has the package.
    let whole = format!("{DOCKERFILE}COPY lib lib\n");
    let both = uncovered("`lib/index.js`, `lib/package.json`, none of which a pattern of `api` matches");
    assert_eq!(found(API, &whole, alone)[0], both);
    // What a build argument names may be the package.
    let unknown = format!("{DOCKERFILE}ARG X\nCOPY $X .\n");
    assert_eq!(found(API, &unknown, alone)[0], manifest);
}

/// A message shows the files that are most probably used, and then the documents.
#[test]
fn source_files_are_shown_before_documents() {
    let files = [
        (FILTERS, "api: [api/**]\n"),
        (CI, &workflow(GATED, "context: ., file: api/Dockerfile")),
        ("api/Dockerfile", "FROM a\nCOPY lib /lib\n"),
        ("lib/CHANGELOG", ""),
        ("lib/LICENSE-MIT", ""),
        ("lib/README.md", ""),
        ("lib/docs/a.c", ""),
        ("lib/src/a.c", ""),
        ("lib/src/b.c", ""),
    ];
    assert_eq!(
        of_rule("R002", &files),
        uncovered("`lib/src/a.c`, `lib/src/b.c`, `lib/CHANGELOG` and 3 more, none of which a pattern of `api` matches")
    );
}
