//! filters.yaml in both shapes: what a file comes to.

use std::collections::BTreeSet;

use rebake::analysis::definition::Difference;
use rebake::analysis::discover::Discovered;
use rebake::analysis::filter::{FilterId, Quantifier, matches};
use rebake::config::{self, Branches, Config, Global, Options, Push, Shape};
use rebake::model::change::{Change, ChangeSet, Status};
use rebake::model::diagnostic::{Severity, SourceFile};
use rebake::model::name::{RepoPath, ServiceName};
use rebake::model::recipe::{Builder, Run};

fn read_with(text: &str, quantifier: Quantifier) -> (Config, Vec<&'static str>) {
    let source = SourceFile::new("filters.yaml", text);
    let (config, warnings) = config::parse(&source, Options { quantifier }, &Discovered::default())
        .unwrap_or_else(|problems| panic!("{problems:#?}"));
    let codes = warnings.iter().map(|problem| problem.code).collect();
    (config, codes)
}

fn read(text: &str) -> Config {
    let (config, warnings) = read_with(text, Quantifier::Some);
    assert_eq!(warnings, [""; 0]);
    config
}

fn names(config: &Config) -> Vec<&str> {
    config.services.keys().map(ServiceName::as_str).collect()
}

fn matched(config: &Config, filter: FilterId, paths: &[(&str, Status)]) -> Vec<String> {
    let change = |(path, status): &(&str, Status)| Change::new(RepoPath::from_git(*path), *status);
    let changes = ChangeSet::new(paths.iter().map(change).collect());
    let matches = matches(&config.filters, &changes);
    matches.of(filter).iter().map(|found| found.change.path.to_string()).collect()
}

const M: Status = Status::Modified;

/// A file of dorny/paths-filter.
const FLAT: &str = "
shared-ci: &shared-ci
  - .github/workflows/build-push.yaml
migrations: &migrations
  - services/other/migrator/**
services/go/api-golang:
  - *shared-ci
  - *migrations
  - services/go/api-golang/**
services/other/migrator:
  - *migrations
";

#[test]
fn a_file_of_paths_filter_is_read_as_it_is() {
    let config = read(FLAT);
    assert_eq!(config.shape, Shape::Flat);
    assert_eq!(names(&config), ["shared-ci", "migrations", "services/go/api-golang", "services/other/migrator"]);
    assert_eq!(config.named.keys().map(String::as_str).collect::<Vec<_>>(), names(&config));
    let api = &config.services["services/go/api-golang"];
    assert_eq!(api.tag[0].prefix(), "services/go/api-golang@");
    assert_eq!(api.recipe.weight, 1);
    let paths = [("services/other/migrator/x", M), ("services/go/api-golang/y", M), ("README.md", M)];
    assert_eq!(matched(&config, api.filter, &paths), ["services/go/api-golang/y", "services/other/migrator/x"]);
}

#[test]
fn flat_filters_stand_in_the_order_of_javascript() {
    let text = "b: x\n'10': x\n9: x\na: x\n'01': x\n0x2: x\ntrue: x\n012: x\n1_1: x\n";
    let (config, warnings) = read_with(text, Quantifier::Some);
    assert_eq!(warnings, ["filter-name"; 3]);
    assert_eq!(names(&config), ["2", "9", "10", "11", "12", "b", "a", "01", "true"]);
    assert_eq!(names(&read("- x\n- [y, z]\n")), ["0", "1"]);
    let merged = read("a: q\n<<: {z: p, a: r}\nb: s\n");
    assert_eq!(names(&merged), ["a", "z", "b"]);
}

#[test]
fn flat_rules_follow_paths_filter() {
    let text = "
f:
  - added|Modified: a/**
  - [[b/**], {deleted: [c/**, [d/**]]}]
";
    let paths = [("a/1", Status::Added), ("a/2", Status::Deleted), ("b/1", M), ("c/1", M), ("d/1", Status::Deleted)];
    let config = read(text);
    assert_eq!(matched(&config, config.named["f"], &paths), ["a/1", "b/1", "d/1"]);
    let (every, _) = read_with("f: ['a/**', '!**/*.md']\n", Quantifier::Every);
    assert_eq!(matched(&every, every.named["f"], &[("a/x", M), ("a/x.md", M), ("b", M)]), ["a/x"]);
}

#[test]
fn traps_of_the_flat_shape_are_warnings() {
    let codes = |text, quantifier| read_with(text, quantifier).1;
    assert_eq!(codes("f: [a, '!b']", Quantifier::Some), ["negation-widens"]);
    assert_eq!(codes("f: ['!b']", Quantifier::Some), [""; 0]);
    assert_eq!(codes("f: [a, '!b']", Quantifier::SomeWithExcludes), [""; 0]);
    assert_eq!(codes("f: ['!b']", Quantifier::SomeWithExcludes), ["only-exclusions"]);
    assert_eq!(codes("f: []", Quantifier::Every), ["no-patterns"]);
    assert_eq!(codes("f: 2024-01-01", Quantifier::Some), ["date"]);
    assert_eq!(codes("f: 2024-1-2 10:00:00", Quantifier::Some), ["date"]);
    assert_eq!(codes("f: {touched: a}", Quantifier::Some), ["unknown-status"]);
    let (config, _) = read_with("f: [{touched: a}, 2024-01-01]", Quantifier::Some);
    assert_eq!(matched(&config, config.named["f"], &[("a", M), ("2024-01-01", M)]), [""; 0]);
}

#[test]
fn shapes_are_told_apart_by_services() {
    let shape = |text| read_with(text, Quantifier::Some).0.shape;
    assert_eq!(shape("services: {a: {path: a}}"), Shape::Structured);
    assert_eq!(shape("services:\nx-a: [b]"), Shape::Structured);
    assert_eq!(shape("services: {}"), Shape::Structured);
    assert_eq!(shape("services: ['a/**']"), Shape::Flat);
    assert_eq!(shape("services: 'a/**'\nb: c"), Shape::Flat);
    assert_eq!(shape("services: {added: a, modified|deleted: [b]}"), Shape::Flat);
    assert_eq!(read_with("services: {Added|moved: a, moved: [b]}", Quantifier::Some).0.shape, Shape::Flat);
    assert_eq!(shape("services: {added: {path: a}}"), Shape::Structured);
    assert_eq!(shape("a: b"), Shape::Flat);
}

const STRUCTURED: &str = r#"
filters:
  ci: &ci [.github/workflows/build-push.yaml]
global: [rust-toolchain.toml]
unowned: [docs/**]
defaults:
  image: "ghcr.io/acme/{{name}}"
  labels: {team: core, tier: 1.20}
  timeout: 10m
  run: make
services:
  api-golang:
    path: ./services/go/api-golang/
    filters: [*ci, "services/go/api-golang/**", "!**/*.md", added|deleted: go.sum]
    depends_on: [migrator]
    labels: {tier: 2}
    platforms: linux/amd64
    builder: docker
    build_args: {GO: 1.20, CGO: false}
    secrets: ["id=npm,env=NPM_TOKEN"]
    tags: |
      type=semver,pattern={{version}}

      type=sha
    timeout: 1h30m
    retries: 2
    weight: 3
    locks: database
    style: next
    env: {MODE: release}
    matrix: {runner: [self-hosted, 1], big: true}
    description: The API
  migrator:
    path: services/other/migrator
    global: false
    image: ~
x-anything: {goes: [here, 1]}
"#;

#[test]
fn a_structured_file_is_read_whole() {
    let config = read(STRUCTURED);
    assert_eq!((config.shape, names(&config)), (Shape::Structured, vec!["api-golang", "migrator"]));
    let (api, migrator) = (&config.services["api-golang"], &config.services["migrator"]);
    assert_eq!(api.path.as_ref().unwrap().as_str(), "services/go/api-golang");
    assert_eq!(config.source.slice(api.name.defined), "api-golang");
    assert_eq!(config.graph.name(api.depends_on[0].value).as_str(), "migrator");
    assert_eq!(config.source.slice(api.depends_on[0].defined), "migrator");
    assert_eq!(api.tag[0].prefix(), "services/go/api-golang@");
    assert_eq!(api.image.name.as_ref().unwrap().as_str(), "ghcr.io/acme/api-golang");
    assert_eq!(
        api.image.written.labels.iter().collect::<Vec<_>>(),
        [(&"team".into(), &"core".into()), (&"tier".into(), &"2".into())]
    );
    assert_eq!(migrator.image.written.labels["tier"], "1.20");
    assert_eq!(api.recipe.build_args["GO"].text(), "1.20");
    assert_eq!(api.recipe.build_args["CGO"].text(), "false");
    assert_eq!((api.recipe.builder, api.recipe.run.clone()), (Some(Builder::Docker), None));
    assert_eq!(migrator.recipe.run, Some(Run::Shell("make".into())));
    assert_eq!((api.recipe.timeout.unwrap().as_secs(), migrator.recipe.timeout.unwrap().as_secs()), (5400, 600));
    assert_eq!((api.recipe.retries, api.recipe.weight, migrator.recipe.weight), (2, 3, 1));
    assert_eq!((&api.recipe.locks[..], &migrator.recipe.locks[..]), (&["database".to_owned()][..], &[][..]));
    let lines: Vec<(&str, &str)> =
        api.image.written.tags.iter().map(|line| (line.value.as_str(), config.source.slice(line.defined))).collect();
    let (first, second) = ("type=semver,pattern={{version}}", "type=sha");
    assert_eq!(lines, [(first, first), (second, second)]);
    assert_eq!(serde_json::to_string(&api.matrix).unwrap(), r#"{"big":true,"runner":["self-hosted",1]}"#);
    assert_eq!((api.global, migrator.global), (Global::Affects, Global::OptsOut));
    assert!(migrator.image.name.is_none(), "a key without a value hides the default");
    let paths = [("services/go/api-golang/a", M), ("services/go/api-golang/b.md", M), ("go.sum", M), ("x", M)];
    assert_eq!(matched(&config, api.filter, &paths), ["services/go/api-golang/a"]);
    assert_eq!(matched(&config, api.filter, &[("go.sum", Status::Deleted)]), ["go.sum"]);
    assert_eq!(matched(&config, migrator.filter, &[("services/other/migrator/x/y", M)]).len(), 1);
    assert_eq!(matched(&config, config.global, &[("rust-toolchain.toml", M)]).len(), 1);
    assert_eq!(matched(&config, config.unowned, &[("docs/a", M)]).len(), 1);
    assert_eq!(matched(&config, config.named["ci"], &[(".github/workflows/build-push.yaml", M)]).len(), 1);
}

#[test]
fn a_pattern_knows_its_alias() {
    let config = read(STRUCTURED);
    let filter = config.filters.get(config.services["api-golang"].filter);
    let (_, _, first) = filter.patterns().next().unwrap();
    let slice = |span| config.source.slice(span);
    assert_eq!((slice(first.used), slice(first.defined)), ("*ci", ".github/workflows/build-push.yaml"));
}

#[test]
fn environments_are_the_usual_ones_or_those_of_the_file() {
    let usual = read("services:").environments;
    assert_eq!(
        usual.keys().collect::<Vec<_>>(),
        ["production", "staging", "preview", "development", "nightly", "local"]
    );
    assert_eq!((usual["preview"].push, usual["production"].push), (Push::OnRequest, Push::Allowed));
    let own =
        read("services:\nenvironments: {live: {on: [push, tag], branches: ['rel/**'], version: sha, push: false}}");
    assert_eq!(own.environments.keys().collect::<Vec<_>>(), ["live"]);
    let live = &own.environments["live"];
    let Branches::Like(branches) = &live.branches else { panic!("{:?}", live.branches) };
    assert_eq!((live.on.len(), branches[0].text(), live.push), (2, "rel/**", Push::OnRequest));
}

#[test]
fn the_root_can_be_a_service() {
    let config = read("services: {all: {path: .}}");
    let all = &config.services["all"];
    assert_eq!((all.path.as_ref().unwrap().is_root(), all.tag[0].prefix()), (true, "all@"));
    assert_eq!(matched(&config, all.filter, &[("x", M), (".y/z", M)]).len(), 2);
}

const A_AND_B: &str = "
x-common: &common [common/**]
services:
  a: {path: a, filters: [*common, 'a/**'], labels: {x: 1, y: 2}, retries: 1}
  b: {path: b, depends_on: [a]}
";

/// The services of `A_AND_B` whose definition an edit changes, and how.
fn changed_by(from: &str, to: &str) -> Vec<String> {
    assert!(A_AND_B.contains(from), "{from}");
    let (base, head) = (read(A_AND_B), read(&A_AND_B.replace(from, to)));
    let differences = |name| head.definitions().differences(base.definitions(), name).into_iter();
    head.services.keys().flat_map(|name| differences(name).map(move |how| format!("{name}: {}", word(&how)))).collect()
}

#[test]
fn what_cannot_change_a_result_is_no_part_of_a_definition() {
    for (from, to) in [
        ("services:", "# a comment\nservices:"),
        ("x: 1, y: 2", "y: 2, x: 1"),
        ("{path: a, filters: [*common, 'a/**']", "{filters: [*common, \"a/**\"], path: ./a/"),
        ("*common", "common/**"),
        ("retries: 1", "retries: 3, timeout: 5m, weight: 2, locks: [x], cache_from: [x], cache_to: [y]"),
        ("retries: 1", "description: other, matrix: {k: v}"),
        ("depends_on: [a]}", "depends_on: [a]}\n  c: {path: c}"),
    ] {
        let new = changed_by(from, to).into_iter().filter(|line| !line.ends_with("New")).collect::<Vec<_>>();
        assert_eq!(new, [""; 0], "{from} -> {to}");
    }
    let renamed = read(&A_AND_B.replace("&common", "&other").replace("*common", "*other"));
    assert_eq!(renamed.definitions(), read(A_AND_B).definitions());
}

#[test]
fn what_can_change_a_result_is_part_of_the_definition_of_that_service_alone() {
    for to in [
        "labels: {x: 2, y: 2}",
        "labels: {x: 1, y: 2}, tag: 'a-{{version}}'",
        "labels: {x: 1, y: 2}, style: sha",
        "labels: {x: 1, y: 2}, count: paths",
        "labels: {x: 1, y: 2}, image: i",
        "labels: {x: 1, y: 2}, tags: type=sha",
        "labels: {x: 1, y: 2}, flavor: latest=false",
        "labels: {x: 1, y: 2}, dockerfile: D",
        "labels: {x: 1, y: 2}, context: .",
        "labels: {x: 1, y: 2}, target: t",
        "labels: {x: 1, y: 2}, platforms: [linux/arm64]",
        "labels: {x: 1, y: 2}, build_args: {A: b}",
        "labels: {x: 1, y: 2}, secrets: ['id=a,env=B']",
        "labels: {x: 1, y: 2}, builder: task",
        "labels: {x: 1, y: 2}, run: [make]",
        "labels: {x: 1, y: 2}, env: {A: b}",
        "labels: {x: 1, y: 2}, global: false",
        "labels: {x: 1, y: 2}, exclude: ['**/*.md']",
        "labels: {x: 1, y: 2}, builder: none",
    ] {
        assert_eq!(changed_by("labels: {x: 1, y: 2}", to), ["a: Changed"], "{to}");
    }
    assert_eq!(changed_by("*common, 'a/**'", "'a/**', *common"), ["a: Changed"]);
    assert_eq!(changed_by("'a/**'", "deleted: 'a/**'"), ["a: Changed"]);
    assert_eq!(changed_by("'a/**'", "'!a/**'"), ["a: Changed"]);
    assert_eq!(changed_by(", depends_on: [a]", ""), [r#"b: DependencyRemoved(["a"])"#]);
}

#[test]
fn what_all_services_watch_is_part_of_the_definition_of_those_that_heed_it() {
    for (from, to) in [
        ("services:", "global: [go.mod]\nservices:"),
        ("services:", "defaults: {exclude: ['**/*.md']}\nservices:"),
        ("services:", "defaults: {platforms: [linux/arm64]}\nservices:"),
    ] {
        assert_eq!(changed_by(from, to), ["a: Changed", "b: Changed"], "{to}");
    }
    let aside = changed_by("services:\n  a: {", "global: [go.mod]\nservices:\n  a: {global: false, ");
    // `global: false` is an edit of its own.
    assert_eq!(aside, ["a: Changed", "b: Changed"]);
    let (before, after) =
        ("services: {a: {path: a, global: false}}", "global: [x]\nservices: {a: {path: a, global: false}}");
    let (before, after) = (read(before), read(after));
    assert_eq!(before.definitions(), after.definitions());
}

/// A difference in a word, whatever its keys.
fn word(difference: &Difference) -> String {
    match difference {
        Difference::Changed(_) => "Changed".to_owned(),
        other => format!("{other:?}"),
    }
}

/// How services differ from a configuration of another time.
fn differs_from_then(then: &str, now: &str) -> Vec<String> {
    let then = config::definitions(
        &SourceFile::new("then", then),
        Options::default(),
        &Discovered::default(),
        &BTreeSet::new(),
    );
    let (then, now) = (then.unwrap_or_else(|problem| panic!("{}", problem.message)), read(now));
    let differences = |name| now.definitions().differences(&then, name).into_iter();
    now.services.keys().flat_map(|name| differences(name).map(move |how| format!("{name}: {}", word(&how)))).collect()
}

#[test]
fn of_another_time_only_what_cannot_be_read_is_unknown() {
    let now = "global: [go.mod]\nservices: {a: {path: a, depends_on: [b]}, b: {path: b, global: false}}";
    for (from, to, changed) in [
        ("global", "newer: {k: v}\nglobal", &[][..]),
        ("global", "tasks: {}\nignore: [x]\nunowned: [y]\nfilters: {any: [x]}\nglobal", &[]),
        ("global", "environments: {production: {on: moon}}\nglobal", &[]),
        ("{path: a,", "{path: a, newer: 1,", &[]),
        ("{path: a,", "{path: a, style: newer,", &["a: Changed"]),
        ("[b]}", "[b, b, gone]}", &[r#"a: DependencyRemoved(["gone"])"#]),
        ("{path: b,", "{path: b, depends_on: [a],", &[r#"b: DependencyRemoved(["a"])"#]),
        ("{path: b,", "{filters: ['{'],", &["b: Changed"]),
        ("{path: b,", "{", &["b: Changed"]),
        ("[go.mod]", "[{newer: go.mod}]", &["a: Changed"]),
        ("global", "defaults: 7\nglobal", &["a: Changed", "b: Changed"]),
        ("global", "defaults: {retries: many}\nglobal", &["a: Changed", "b: Changed"]),
    ] {
        assert!(now.contains(from), "{from}");
        assert_eq!(differs_from_then(&now.replacen(from, to, 1), now), changed, "{to}");
    }
    let flat = differs_from_then("a: [x]\nb: ['{']\nc: {added: x}\nd: x", "a: x\nb: x\nc: {added: x}\nd: y");
    assert_eq!(flat, ["b: Changed", "d: Changed"]);
}

#[test]
fn of_another_time_syntax_is_an_error() {
    for text in ["a: [", "a: 1\na: 2", "1", "", "a: *x", "service: {a: {path: a}}"] {
        assert!(
            config::definitions(
                &SourceFile::new("then", text),
                Options::default(),
                &Discovered::default(),
                &BTreeSet::new()
            )
            .is_err(),
            "{text}"
        );
    }
}

#[test]
fn an_image_can_be_none() {
    let config = read(
        "defaults: {image: 'i/{{name}}'}\nservices: {a: {path: a, image: false}, b: {path: b, image: none}, c: {path: c, image: ~}, d: {path: d, builder: none}, e: {path: e}}",
    );
    let images: Vec<_> =
        config.services.values().map(|service| service.image.name.as_ref().map(ToString::to_string)).collect();
    assert_eq!(images, [None, None, None, None, Some("i/e".to_owned())]);
}

#[test]
fn exclude_takes_away_what_wildcards_match() {
    let config = read(
        "defaults: {exclude: ['**/*.md']}\nservices: {a: {path: a}, b: {filters: ['b/**', README.md, '!b/x.md']}, c: {path: c, exclude: []}}\nglobal: [NOTES.md]",
    );
    let paths =
        [("a/x", M), ("a/x.md", M), ("b/x", M), ("b/x.md", M), ("README.md", M), ("c/x.md", M), ("NOTES.md", M)];
    let of = |name: &str| matched(&config, config.services[name].filter, &paths);
    assert_eq!(
        (of("a"), of("b"), of("c")),
        (vec!["a/x".into()], vec!["README.md".into(), "b/x".into()], vec!["c/x.md".into()])
    );
    assert_eq!(matched(&config, config.global, &paths), ["NOTES.md"]);
}

#[test]
fn problems_stand_in_the_order_of_the_file_and_each_once() {
    let text = "
defaults: {timeout: 5}
x-l: &l [1]
services:
  a: {filters: *l, pth: x}
  b: {filters: *l, retries: 99}
";
    let source = SourceFile::new("filters.yaml", text);
    let problems = config::parse(&source, Options::default(), &Discovered::default()).unwrap_err().0;
    let at: Vec<String> =
        problems.iter().map(|problem| format!("{} {}", source.at(problem.labels[0].span), problem.code)).collect();
    assert_eq!(
        at,
        [
            "filters.yaml:2:21 bad-duration",
            "filters.yaml:3:10 wrong-type",
            "filters.yaml:5:20 unknown-key",
            "filters.yaml:6:29 out-of-range",
        ]
    );
    assert!(problems.iter().all(|problem| problem.severity == Severity::Error));
}

#[test]
fn the_schema_is_made_from_the_types() {
    let schema = config::schema();
    let service = &schema["$defs"]["Service"];
    assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
    assert_eq!(service["additionalProperties"], false);
    assert_eq!(service["properties"].as_object().unwrap().len(), 37);
    assert!(service["properties"]["path"]["description"].as_str().unwrap().starts_with("Its directory"));
    assert_eq!(schema["$defs"]["Structured"]["patternProperties"]["^x-"], true);
}
