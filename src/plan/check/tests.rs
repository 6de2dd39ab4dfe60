//! For each rule, a repository that breaks it, and one that keeps it.

mod job_targets;
mod lone_manifests;
mod observed_reads;
mod read_exports;

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::{Checked, FilterPlace, FilterSet, Finding, check, mended, workflows};
use crate::analysis::discover::{Discovered, discover};
use crate::analysis::filter::Quantifier;
use crate::config::{self, Options};
use crate::inputs::source::{Ecosystem, SourceTree};
use crate::model::diagnostic::{Severity, SourceFile};
use crate::plan::observed::Observed;

const FILTERS: &str = ".github/filters.yml";

/// Checks the filters of a tree: those of its file, and those of its workflows.
fn findings(files: &[(&str, &str)]) -> Vec<Finding> {
    with_checked(files, None, check).all
}

/// Calls a function with a checked tree, its filters, and observed reads.
fn with_checked<T>(files: &[(&str, &str)], observed: Option<&Observed>, of: impl Fn(&Checked<'_>) -> T) -> T {
    let tree = SourceTree::of_texts(files);
    let found = discover(&tree, &Ecosystem::ALL);
    let workflows = workflows(&tree);
    let mut sets = Vec::new();
    if let Some(file) = tree.text(FILTERS).or(tree.text("filters.yaml")) {
        let (config, warnings) = config::parse(file, Options::default(), &Discovered::default()).unwrap();
        let place = FilterPlace::File(file.name().to_owned());
        sets.push(FilterSet { config, warnings, place, locked: BTreeSet::new() });
    }
    for (path, workflow) in &workflows {
        for step in &workflow.path_filters {
            let read = FilterSet::of_step(tree.text(path).unwrap(), step, Quantifier::Some);
            sets.extend(read.map(Result::unwrap));
        }
    }
    let links = BTreeMap::from([("a/link".to_owned(), "../shared/x".to_owned())]);
    of(&Checked { tree: &tree, links: &links, found: &found, workflows: &workflows, sets: &sets, observed })
}

/// Returns the findings of a rule, each as its severity, its place and its message.
#[track_caller]
fn of_rule(rule: &str, files: &[(&str, &str)]) -> Vec<String> {
    let shown = |finding: &Finding| {
        let severity = match finding.problem.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Note => "note",
        };
        let label = &finding.problem.labels[0];
        format!("{severity} {}: {}", label.file.at(label.span), finding.problem.message)
    };
    findings(files).iter().filter(|finding| finding.rule.id() == rule).map(shown).collect()
}

/// A workflow whose job `build` builds an image if `condition` holds.
fn workflow(condition: &str, with: &str) -> String {
    format!(
        "jobs:
  changes:
    outputs:
      api: ${{{{ steps.filter.outputs.api }}}}
      lib: ${{{{ steps.filter.outputs.lib }}}}
    steps:
      - uses: dorny/paths-filter@v3
        id: filter
        with:
          filters: .github/filters.yml
  build:
    needs: changes
    if: {condition}
    steps:
      - uses: docker/build-push-action@v6
        with: {{{with}}}
"
    )
}

const CI: &str = ".github/workflows/ci.yml";
const GATED: &str = "needs.changes.outputs.api == 'true'";
const EITHER: &str = "needs.changes.outputs.api == 'true' || needs.changes.outputs.lib == 'true'";

#[test]
fn a_pattern_that_matches_nothing_is_dead() {
    let files =
        [(FILTERS, "a:\n  - a/**\n  - gone/**\nb: ['**/*.x']\nc: [compose*.yml]\n"), ("a/f", ""), ("compose.yaml", "")];
    assert_eq!(
        of_rule("R001", &files),
        [
            "warning .github/filters.yml:3:5: `gone/**` matches no tracked file",
            "error .github/filters.yml:4:5: `**/*.x` matches no tracked file, and `b` has no pattern that does: no change affects it",
            "error .github/filters.yml:5:5: `compose*.yml` matches no tracked file, and `c` has no pattern that does: no change affects it",
        ]
    );
    let files =
        [(FILTERS, "a:\n  - deleted: gone/**\n  - 'a/**'\n  - '${{ x }}/**'\n  - a/(x)\n"), ("a/f", ""), ("a/(x)", "")];
    assert_eq!(of_rule("R001", &files), Vec::<String>::new());
}

#[test]
fn what_was_meant_is_told() {
    let files = [
        (FILTERS, "a:\n  - a/**\n  - compose*.yml\n  - servces/web/**\n  - ./b/f\n  - .eslintrc.js\n"),
        ("a/f", ""),
        ("b/f", ""),
        ("compose.yaml", ""),
        ("services/web/f", ""),
        (".eslintrc.json", ""),
    ];
    let found = findings(&files);
    let dead = found.iter().filter(|finding| finding.rule.id() == "R001");
    let helps: Vec<(bool, &str)> =
        dead.map(|finding| (finding.fix.is_some(), finding.problem.help[0].as_str())).collect();
    assert_eq!(
        helps,
        [
            (true, "write `compose*.yaml`, which matches 1 file that nothing else of it matches"),
            (false, "write `services/web/**`, which matches 1 file that nothing else of it matches"),
            (false, "write `.eslintrc.json`, which matches 1 file that nothing else of it matches"),
        ]
    );
}

#[test]
fn a_directory_is_no_pattern_of_its_files() {
    let files = [(FILTERS, "a: [a, b/]\nb:\n  - a\n  - a/**\n"), ("a/f", ""), ("b/f", "")];
    assert_eq!(
        of_rule("R010", &files),
        [
            "error .github/filters.yml:1:5: `a` matches no tracked file, and `a` has no pattern that does: no change affects it",
            "error .github/filters.yml:1:8: `b/` matches no tracked file, and `a` has no pattern that does: no change affects it",
            "warning .github/filters.yml:3:5: `a` is a directory, and the pattern matches no file in it",
        ]
    );
    assert_eq!(of_rule("R010", &[(FILTERS, "a: a/**\n"), ("a/f", "")]), Vec::<String>::new());
}

#[test]
fn what_a_dockerfile_copies_is_covered() {
    let dockerfile = "FROM a AS base\nCOPY shared /x\nFROM b AS other\nCOPY unused /y\nFROM base\nCOPY api/src package-lock.json dist* /z/\n";
    let files = |filters: &'static str, condition: &str| -> Vec<(&'static str, String)> {
        let ci = workflow(condition, "context: ., file: api/Dockerfile, target: ''");
        [
            (FILTERS, filters),
            ("api/Dockerfile", dockerfile),
            ("api/src/f", ""),
            ("shared/f", ""),
            ("unused/f", ""),
            ("package-lock.json", ""),
        ]
        .map(|(path, text)| (path, text.to_owned()))
        .into_iter()
        .chain([(CI, ci)])
        .collect()
    };
    let of = |rule: &str, filters: &'static str, condition: &str| {
        let files = files(filters, condition);
        of_rule(rule, &files.iter().map(|(path, text)| (*path, text.as_str())).collect::<Vec<_>>())
    };
    let filters = "api:\n  - api/**\nlib:\n  - shared/**\n";
    assert_eq!(
        of("R002", filters, GATED),
        [
            "error .github/filters.yml:1:1: the image of `api` is built from `shared/f`, which no pattern of `api` matches"
        ]
    );
    assert_eq!(
        of("R006", filters, GATED),
        [
            "error .github/filters.yml:1:1: the image of `api` is built from `package-lock.json`, which no pattern of `api` matches"
        ]
    );
    // Either filter is enough for the job.
    assert_eq!(of("R002", filters, EITHER), Vec::<String>::new());
    // The other condition is not known.
    let unclear = "github.event_name == 'push' || needs.changes.outputs.api == 'true'";
    assert_eq!(of("R002", filters, unclear).len(), 1);
    assert!(of("R002", filters, unclear)[0].starts_with("warning"));
    assert_eq!(of("R002", "api:\n  - api/**\n  - shared/**\nlib: [x]\n", GATED), Vec::<String>::new());
}

#[test]
fn what_is_excluded_is_told_by_another_rule() {
    let filters = "services:\n  api:\n    path: api\n    filters: [api/**, '!api/docs/**']\n";
    let files = [
        ("filters.yaml", filters),
        ("api/Dockerfile", "FROM a\nCOPY docs /d\nCOPY src /s\n"),
        ("api/docs/f", ""),
        ("api/src/f", ""),
    ];
    assert_eq!(
        of_rule("R017", &files),
        ["warning filters.yaml:2:3: the image of `api` is built from `api/docs/f`, which `api` excludes"]
    );
    assert_eq!(of_rule("R002", &files), Vec::<String>::new());
}

/// Excluded files of a directory are left out on purpose, unless they belong to another package.
#[test]
fn an_excluded_package_that_a_whole_context_holds_is_told() {
    let of = |more: &str| {
        let filters =
            format!("services:\n  api:\n    path: api\n    filters: [api/**, '!api/ui/**', '!**/*.md']\n{more}");
        let files = [
            ("filters.yaml", filters.as_str()),
            ("api/Dockerfile", "FROM a\nCOPY . .\n"),
            ("api/a.md", ""),
            ("api/main", ""),
            ("api/ui/package.json", r#"{"name": "ui"}"#),
        ];
        of_rule("R017", &files)
    };
    assert_eq!(
        of(""),
        ["warning filters.yaml:2:3: the image of `api` is built from `api/ui/package.json`, which `api` excludes"]
    );
    assert_eq!(of("    depends_on: [ui]\n  ui: {path: api/ui, builder: none}\n"), [""; 0]);
}

#[test]
fn a_dockerfile_affects_its_image() {
    let of = |filters: &str| {
        let ci = workflow(GATED, "context: api, file: docker/api.Dockerfile");
        of_rule(
            "R003",
            &[
                (FILTERS, filters),
                (CI, &ci),
                ("docker/api.Dockerfile", "FROM a\nCOPY f /\n"),
                ("api/f", ""),
                ("api/.dockerignore", "x"),
            ],
        )
    };
    let found = of("api: [api/f]\nlib: [api/**]\n");
    assert_eq!(
        found,
        [
            "error .github/filters.yml:1:1: `docker/api.Dockerfile` says how the image of `api` is built, and no pattern of `api` matches it",
            "warning .github/filters.yml:1:1: `api/.dockerignore` says how the image of `api` is built, and no pattern of `api` matches it",
        ]
    );
    assert_eq!(of("api: ['**/*']\nlib: [api/**]\n"), Vec::<String>::new());
}

#[test]
fn an_image_of_another_service_is_listed() {
    let compose = "services:\n  base: {build: ./base, image: 'acme/base:1'}\n";
    let files = |filters: &'static str| {
        [
            (FILTERS, filters),
            ("compose.yaml", compose),
            ("base/Dockerfile", "FROM a\n"),
            ("web/Dockerfile", "FROM acme/base:1\n"),
        ]
    };
    assert_eq!(
        of_rule("R004", &files("web: [web/**]\nbase: [base/**]\n")),
        ["error .github/filters.yml:1:1: `web` is built from `base`, and none of its patterns matches that"]
    );
    assert_eq!(of_rule("R004", &files("web: [web/**, base/**]\nbase: [base/**]\n")), Vec::<String>::new());
}

#[test]
fn an_image_that_is_pinned_makes_a_dependency_useless() {
    let config =
        "services:\n  base: {path: base, image: acme/base}\n  web: {path: web, image: acme/web, depends_on: [base]}\n";
    let of = |dockerfile: &str| {
        let files = [("filters.yaml", config), ("base/Dockerfile", "FROM a\n"), ("web/Dockerfile", dockerfile)];
        of_rule("R004", &files)
    };
    let says = |reference: &str| {
        vec![format!(
            "warning web/Dockerfile:1:6: `web` depends on `base`, and its image stands on `{reference}`, which stays the same when `base` changes"
        )]
    };
    let digest = format!("acme/base@sha256:{}", "0".repeat(64));
    for pinned in ["acme/base:1.2.3", "docker.io/acme/base:1.2.3", &digest] {
        assert_eq!(of(&format!("FROM {pinned}\n")), says(pinned));
    }
    assert_eq!(of("FROM acme/base:1.2.3 AS x\nFROM acme/base:1.2.3\nCOPY --from=x a b\n"), says("acme/base:1.2.3"));
    for floats in ["acme/base", "acme/base:latest", "acme/other:1.2.3", "other/base:1.2.3", "${BASE}"] {
        assert_eq!(of(&format!("ARG BASE\nFROM {floats}\n")), [""; 0], "{floats}");
    }
}

#[test]
fn packages_of_the_workspace_are_listed() {
    fn files(filters: &str) -> [(&str, &str); 8] {
        [
            ("filters.yaml", filters),
            ("package.json", r#"{"workspaces": ["*"]}"#),
            ("yarn.lock", ""),
            ("web/package.json", r#"{"name": "web", "dependencies": {"ui": "*"}, "devDependencies": {"lint": "*"}}"#),
            ("ui/package.json", r#"{"name": "ui", "dependencies": {"core": "*"}, "devDependencies": {"test": "*"}}"#),
            ("core/package.json", r#"{"name": "core"}"#),
            ("lint/package.json", r#"{"name": "lint"}"#),
            ("test/package.json", r#"{"name": "test"}"#),
        ]
    }
    let alone = "services:\n  web: {path: web, builder: none}\n";
    assert_eq!(
        of_rule("R005", &files(alone)),
        [
            "warning filters.yaml:2:3: `web` is built from `lint`, and neither `depends_on` nor its patterns say so",
            "error filters.yaml:2:3: `web` is built from `ui`, and neither `depends_on` nor its patterns say so",
        ]
    );
    assert_eq!(
        of_rule("R006", &files(alone)),
        [
            "warning filters.yaml:2:3: what `web` gets from its workspace is decided by `package.json`, `yarn.lock`, which none of its patterns matches"
        ]
    );
    let listed = "services:\n  web: {path: web, builder: none, depends_on: [ui]}\n  ui: {filters: [ui/**, lint/**], builder: none}\n";
    assert_eq!(
        of_rule("R005", &files(listed)),
        [
            "error filters.yaml:2:3: `web` is built from `core`, through `ui`, and neither `depends_on` nor its patterns say so"
        ]
    );
    let all = "global: [package.json, yarn.lock]\nservices:\n  web: {path: web, builder: none, depends_on: [ui]}\n  ui: {path: ui, builder: none, depends_on: [core]}\n  core: {filters: [core/**, lint/**, test/**], builder: none}\n";
    assert_eq!(of_rule("R005", &files(all)), Vec::<String>::new());
    assert_eq!(of_rule("R006", &files(all)), Vec::<String>::new());
    for (lockfile, findings) in [("auto", 0), ("yarn.lock", 0), ("false", 0), ("whole", 1), ("none/yarn.lock", 1)] {
        let filters = alone.replace("none", &format!("none, lockfile: {lockfile}"));
        assert_eq!(of_rule("R006", &files(&filters)).len(), findings, "{lockfile}");
    }
}

#[test]
fn the_workflow_of_an_image_affects_it() {
    let of = |filters: &str| {
        let ci = workflow(GATED, "context: api");
        of_rule("R007", &[(FILTERS, filters), (CI, &ci), ("api/Dockerfile", "FROM a\n")])
    };
    assert_eq!(
        of("api: [api/**]\nlib: [api/**]\n"),
        [
            "warning .github/filters.yml:1:1: `.github/workflows/ci.yml` builds the image of `api`, and none of its patterns matches that file"
        ]
    );
    assert_eq!(of("api: [api/**, .github/**]\nlib: [api/**]\n"), Vec::<String>::new());
}

#[test]
fn files_belong_to_something() {
    let files = [
        ("filters.yaml", "unowned: ['*.md']\nservices: {a: {path: a, builder: none}}\n"),
        ("a/f", ""),
        ("b/c/f", ""),
        ("b/d", ""),
        ("x.md", ""),
    ];
    assert_eq!(of_rule("R008", &files), ["warning filters.yaml:1:1: 2 tracked files belong to nothing: `b/**`"]);
    assert_eq!(of_rule("R008", &[(FILTERS, "a: ['**']\n")]), Vec::<String>::new());
}

#[test]
fn a_negation_widens_a_flat_filter() {
    let found = of_rule("R009", &[(FILTERS, "a:\n  - a/**\n  - '!**/*.md'\n"), ("a/f", "")]);
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(of_rule("R009", &[(FILTERS, "a: ['a/**']\n"), ("a/f", "")]), Vec::<String>::new());
}

#[test]
fn tags_that_start_a_workflow_are_those_of_releases() {
    let of = |tags: &str| {
        let ci = format!("on: {{push: {{tags: {tags}}}}}\njobs: {{a: {{steps: [{{run: rebake plan --ci}}]}}}}\n");
        of_rule("R011", &[("filters.yaml", "services: {a: {path: a, builder: none}}\n"), (CI, &ci), ("a/f", "")])
    };
    assert_eq!(
        of("['v*']"),
        [
            "warning .github/workflows/ci.yml:1:20: `.github/workflows/ci.yml` starts at tags that are never those of a release"
        ]
    );
    assert_eq!(of("['*@*']"), Vec::<String>::new());
    assert_eq!(of("['v*', 'a@*']"), Vec::<String>::new());
}

#[test]
fn a_workflow_starts_for_all_that_its_filters_match() {
    let of = |paths: &str| {
        let ci = format!("on:\n  push: {{paths: {paths}}}\n{}", workflow(EITHER, "context: api"));
        of_rule(
            "R013",
            &[(FILTERS, "api: [api/**]\nlib: [lib/**]\n"), (CI, &ci), ("api/a", ""), ("api/b", ""), ("lib/c", "")],
        )
    };
    assert_eq!(
        of("[api/a]"),
        [
            "warning .github/workflows/ci.yml:2:18: `.github/workflows/ci.yml` does not start on `push` for `api/b`, `lib/c`, which its filters match"
        ]
    );
    assert_eq!(of("['**', '!x/**']"), Vec::<String>::new());
    assert_eq!(of("[api/a, 'l[i]b/**']"), Vec::<String>::new());
}

#[test]
fn filters_are_read_and_outputs_are_made() {
    let of = |filters: &str| {
        let ci = workflow(EITHER, "context: api");
        of_rule("R014", &[(FILTERS, filters), (CI, &ci), ("api/a", "")])
    };
    assert_eq!(
        of("api: [api/**]\nother: [api/**]\nshared: &shared [api/a]\nweb: *shared\n"),
        [
            "warning .github/filters.yml:2:1: no job reads the filter `other`",
            "error .github/workflows/ci.yml:7:9: the job `changes` reads the output `lib`, which no filter makes: it is always empty",
        ]
    );
    assert_eq!(of("api: [api/**]\nlib: [api/**]\n"), Vec::<String>::new());
}

#[test]
fn a_link_leads_to_what_is_covered() {
    let files = |filters: &'static str| [(FILTERS, filters), ("a/link", ""), ("shared/x", "")];
    assert_eq!(
        of_rule("R015", &files("a: [a/**]\nb: [shared/**]\n")),
        [
            "warning .github/filters.yml:1:1: `a/link` of `a` is a link to `shared/x`, which none of its patterns matches"
        ]
    );
    assert_eq!(of_rule("R015", &files("a: [a/**, shared/**]\n")), Vec::<String>::new());
}

/// Filters that one condition of a script joins over several lines count together.
#[test]
fn filters_of_one_condition_count_together() {
    let of = |joined: &str| {
        let ci = format!(
            "jobs:
  a:
    steps:
      - {{uses: dorny/paths-filter@v3, id: f, with: {{filters: .github/filters.yml}}}}
      - run: |
          if [[ \"${{{{ steps.f.outputs.web }}}}\" == \"true\" {joined}
             || \"${{{{ steps.f.outputs.shared }}}}\" == \"true\" ]]; then echo; fi
"
        );
        let files = [
            (FILTERS, "web: [web/**]\nshared: [ui/**]\n"),
            (CI, ci.as_str()),
            ("package.json", r#"{"workspaces": ["*"]}"#),
            ("web/package.json", r#"{"name": "web", "dependencies": {"ui": "*"}}"#),
            ("ui/package.json", r#"{"name": "ui"}"#),
        ];
        of_rule("R005", &files).len()
    };
    assert_eq!([of("\\"), of("")], [0, 1]);
}

/// A job that only lints a Dockerfile builds no image of it.
#[test]
fn a_job_that_builds_nothing_is_no_build() {
    let of = |action: &str| {
        let ci = format!(
            "jobs:
  changes:
    outputs: {{lint: '${{{{ steps.f.outputs.lint }}}}'}}
    steps: [{{uses: dorny/paths-filter@v3, id: f, with: {{filters: .github/filters.yml}}}}]
  lint:
    needs: changes
    if: needs.changes.outputs.lint == 'true'
    steps: [{{uses: {action}, with: {{dockerfile: docker/Dockerfile}}}}]
"
        );
        let files = [
            (FILTERS, "lint: [docker/Dockerfile]\n"),
            (CI, ci.as_str()),
            ("docker/Dockerfile", "FROM a\nCOPY src /\n"),
            ("src/f", ""),
        ];
        of_rule("R002", &files)
    };
    assert!(of("hadolint/hadolint-action@v3")[0].starts_with("warning"));
    assert!(of("./.github/actions/docker-build")[0].starts_with("error"));
}

#[test]
fn comments_leave_findings_out() {
    let files =
        [(FILTERS, "a:\n  # rebake-ignore: R001 comes with the next release\n  - gone/**\n  - a/**\n"), ("a/f", "")];
    assert_eq!(of_rule("R001", &files), Vec::<String>::new());
}

/// Applies fixes to filters until there are no more fixes, and returns their text.
fn mended_whole(files: &[(&str, &str)]) -> String {
    let mut text = files[0].1.to_owned();
    for _ in 0..3 {
        let files: Vec<(&str, &str)> =
            [(files[0].0, text.as_str())].into_iter().chain(files[1..].iter().copied()).collect();
        let changes: Vec<_> = findings(&files).into_iter().filter_map(|finding| finding.fix).collect();
        if changes.is_empty() {
            break;
        }
        text = mended(&text, &changes);
    }
    text
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn what_is_mended_has_only_more_or_other_pattern_lines(
        items in prop::collection::vec((0..9_usize, 0..3_usize, any::<bool>()), 1..8),
    ) {
        let patterns = ["api/**", "gone/**", "compose*.yml", "api", "./shared/schema.sql", "it's/**", "a b/**", "*.md", "shared/{x,y}"];
        let mut text = String::from("# the filters\napi:\n");
        for (at, quotes, has_comment) in &items {
            let pattern = patterns[*at];
            let item = match quotes {
                0 => format!("\"{pattern}\""),
                _ if *quotes == 1 || !pattern.starts_with(char::is_alphabetic) => format!("'{}'", pattern.replace('\'', "''")),
                _ => pattern.to_owned(),
            };
            let comment = if *has_comment { "  # kept" } else { "" };
            text.extend(["    - ", &item, comment, "\n"]);
        }
        text.push_str("lib:\n    - lib/**\n");
        let ci = workflow(GATED, "context: ., file: api/Dockerfile");
        let dockerfile = "FROM a\nCOPY shared/schema.sql api lib/ README.md /\nCOPY it's /\n";
        let files = [
            (FILTERS, text.as_str()), (CI, ci.as_str()), ("api/Dockerfile", dockerfile), ("api/f", ""), ("shared/schema.sql", ""),
            ("lib/f", ""), ("compose.yaml", ""), ("README.md", ""), ("it's/f", ""),
        ];
        let whole = mended_whole(&files);
        let files: Vec<(&str, &str)> = [(FILTERS, whole.as_str())].into_iter().chain(files[1..].iter().copied()).collect();
        let left: Vec<Finding> = findings(&files).into_iter().filter(|finding| finding.fix.is_some()).collect();
        prop_assert!(left.is_empty(), "{whole}\n{left:?}");
        // Each line is kept in its order, except for patterns that were corrected.
        let mut after = whole.lines();
        for line in text.lines() {
            let same = |other: &str| other == line || (line.contains("- ") && other.contains("- ") && other.ends_with("# kept") == line.ends_with("# kept"));
            prop_assert!(after.any(same), "{line}\n{whole}");
        }
    }
}

#[test]
fn hostile_workflows_end() {
    let circle = "jobs:\n  a:\n    needs: b\n    if: needs.b.outputs.x\n    outputs: {x: '${{ needs.b.outputs.x }}'}\n  b:\n    needs: a\n    outputs: {x: '${{ needs.a.outputs.x }} ${{ steps.s.outputs.y }}'}\n    uses: ./.github/workflows/ci.yml\n    with: {i: '${{ inputs.i }}'}\n    steps: [{id: s, run: 'y=${{ steps.s.outputs.y }}'}, {uses: docker/build-push-action@v6}]\n";
    let file = SourceFile::new(CI, circle);
    assert!(findings(&[(CI, file.text()), (FILTERS, "a: ['**']\n"), ("Dockerfile", "FROM a\nCOPY . .\n")]).len() < 9);
}

/// Each job calls the workflow that contains it: following every path would take too long.
#[test]
fn workflows_that_call_each_other_are_followed_once() {
    let call = |number: usize| {
        format!("  c{number}:\n    if: needs.changes.outputs.api == 'true'\n    uses: ./.github/workflows/ci.yml\n")
    };
    let calls: String = (0..30).map(call).collect();
    let text = workflow(GATED, "context: ., file: api/Dockerfile") + &calls;
    let (filters, dockerfile) = ("api: ['api/**']\n", "FROM a\nCOPY shared /\n");
    let files = [(CI, text.as_str()), (FILTERS, filters), ("api/Dockerfile", dockerfile), ("shared/x", "")];
    assert_eq!(of_rule("R002", &files).len(), 1);
}

/// An existing file may be modified, so a filter that applies only to other changes does not cover it.
#[test]
fn what_looks_at_other_changes_covers_nothing() {
    let text = workflow(GATED, "context: ., file: api/Dockerfile");
    let found = |filters: &str| {
        let dockerfile = ("api/Dockerfile", "FROM a\nCOPY shared /\n");
        of_rule("R002", &[(CI, text.as_str()), (FILTERS, filters), dockerfile, ("shared/x", "")]).len()
    };
    assert_eq!(found("api: ['**']"), 0);
    assert_eq!(found("api: [{'added': '**'}]"), 1);
}
