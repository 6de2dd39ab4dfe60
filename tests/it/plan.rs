//! `rebake plan` from end to end: three changes of the capstone example, what is compared, causes, formats.

use std::path::Path;

use serde_json::{Value, json};
use snapbox::str;

use crate::repo::{Rebake, Repo};

/// The capstone example as a repository: released at these versions, with a commit on top that changes a migration.
pub(crate) fn capstone() -> Repo {
    let repo = Repo::new();
    copy(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/examples/capstone")), repo.dir());
    repo.commit("Five services");
    for tag in ["services/node/api-node@2.1.0", "services/go/api-golang@1.0.9", "services/other/migrator@1.2.0"] {
        repo.annotated_tag(tag);
    }
    repo.write("services/other/migrator/migrations/0002_orders.sql", "CREATE TABLE orders (id BIGINT);\n");
    repo.commit("Add orders");
    repo
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let (entry, target) = entry.map(|entry| (entry.path(), to.join(entry.file_name()))).unwrap();
        if entry.is_dir() { copy(&entry, &target) } else { std::fs::copy(entry, target).map(drop).unwrap() }
    }
}

/// A command as it runs in a step of GitHub Actions.
fn on_github(repo: &Repo, args: &[&str], event: &str, reference: &str, payload: &Value) -> Rebake {
    let file = repo.dir().join(".git/event.json");
    std::fs::write(&file, payload.to_string()).unwrap();
    repo.rebake(args)
        .env("GITHUB_ACTIONS", "true")
        .env("GITHUB_EVENT_NAME", event)
        .env("GITHUB_REF", reference)
        .env("GITHUB_SHA", repo.id("HEAD").to_string())
        .env("GITHUB_EVENT_PATH", file)
}

/// Three services: web depends on api, docs on nothing.
fn three() -> Repo {
    let repo = Repo::new();
    repo.write(
        "filters.yaml",
        "global: [go.mod]\nunowned: ['*.txt']\nservices:\n  api: {path: api}\n  web: {path: web, depends_on: [api]}\n  docs: {path: docs, global: false}\n",
    );
    for service in ["api", "web", "docs"] {
        repo.write(format!("{service}/main"), service);
    }
    repo.commit("first");
    repo
}

/// What a plan says of its services: `name: kind kind`.
fn causes(run: &crate::repo::Run) -> Vec<String> {
    let plan: Value = serde_json::from_str(&run.text()).unwrap();
    let kinds = |service: &Value| -> Vec<String> {
        service["causes"].as_array().unwrap().iter().map(|cause| cause["kind"].as_str().unwrap().to_owned()).collect()
    };
    let services = plan["services"].as_array().unwrap().iter();
    services.map(|service| format!("{}: {}", service["service"].as_str().unwrap(), kinds(service).join(" "))).collect()
}

#[test]
fn a_push_to_main_plans_what_changed_for_staging() {
    let repo = capstone();
    let payload = json!({"before": repo.id("HEAD~1").to_string(), "repository": {"default_branch": "main"}});
    let run = on_github(&repo, &["plan"], "push", "refs/heads/main", &payload).success();
    run.stderr("").stdout(str![[r#"
ae50ffa..ebe1ed6: since the push before this one
environment staging

SERVICE     VERSION             WHY
migrator    1.2.0-0001-ebe1ed6  services/other/migrator/migrations/0002_orders.sql added, matches services/other/migrator/**  filters.yaml:7:7
api-golang  1.0.9-0001-ebe1ed6  services/other/migrator/migrations/0002_orders.sql added, matches services/other/migrator/**  filters.yaml:7:7
                                depends on migrator

2 of 5 services to rebuild, in 2 levels.

"#]]);
}

#[test]
fn a_release_tag_plans_that_service_alone_for_production() {
    let repo = capstone();
    repo.checkout("services/go/api-golang@1.0.9");
    let tag = "refs/tags/services/go/api-golang@1.0.9";
    let run = on_github(&repo, &["plan"], "push", tag, &json!({})).success();
    run.stderr("").stdout(str![[r#"
ae50ffa: the tag services/go/api-golang@1.0.9
environment production

SERVICE     VERSION  WHY
api-golang  1.0.9    asked for

1 of 5 services to rebuild.

"#]]);
    on_github(&repo, &["plan"], "push", "refs/tags/services/go/api-golan@1.0.9", &json!({}))
        .success()
        .stdout(str![[r#"
ae50ffa: the tag services/go/api-golan@1.0.9
environment production

Nothing to rebuild: none of 5 services is affected.

"#]])
        .stderr(str![[r"
warning[tag-of-no-service]: the tag `services/go/api-golan@1.0.9` is not a release tag of any service, so nothing is planned
 |
 = help: did you mean `services/go/api-golang@` and a version?

"]]);
}

#[test]
fn a_run_by_hand_plans_the_service_that_it_names_for_development() {
    let repo = capstone();
    let payload = json!({"inputs": {"service": "services/go/api-golang", "version": "7.0.0"}});
    let run = on_github(&repo, &["plan", "--format", "matrix"], "workflow_dispatch", "refs/heads/main", &payload);
    run.success().stderr("").stdout(str![[r#"
{"include":[{"environment":"development","path":"services/go/api-golang","service":"api-golang","tag":"7.0.0","version":"7.0.0"}]}

"#]]);
    let payload = json!({"inputs": {"service": "api-golan"}});
    let run = on_github(&repo, &["plan"], "workflow_dispatch", "refs/heads/main", &payload);
    run.failure(2).stdout("").stderr(str![[r"
error[unknown-service]: there is no service `api-golan`
 |
 = help: did you mean `api-golang`?

"]]);
}

#[test]
fn outside_of_ci_the_work_tree_counts() {
    let repo = three();
    repo.rebake(["plan"])
        .success()
        .stdout(str![[r#"
4356094 and the work tree: the last commit, since nothing is ahead of main
environment local

SERVICE  VERSION             WHY
api      0.0.0-0001-4356094  api/main added, matches api/**  filters.yaml:4:15
                             new service
web      0.0.0-0001-4356094  web/main added, matches web/**  filters.yaml:5:15
                             new service
                             depends on api
docs     0.0.0-0001-4356094  docs/main added, matches docs/**  filters.yaml:6:16
                             new service

3 of 3 services to rebuild, in 2 levels.

"#]])
        .stderr("");
    repo.write("web/new", "");
    repo.rebake(["plan"])
        .success()
        .stdout(str![[r#"
4356094 and the work tree: since the merge base with main
environment local

SERVICE  VERSION                   WHY
web      0.0.0-0001-4356094-dirty  web/new added, matches web/**  filters.yaml:5:15

1 of 3 services to rebuild.

"#]])
        .stderr("");
}

#[test]
fn what_stands_on_a_branch_is_compared_with_the_default_branch() {
    let repo = three();
    repo.branch("topic").checkout("topic").write("api/main", "new").commit("change api");
    repo.write("docs/draft", "untracked").write("note.txt", "ignored");
    repo.rebake(["plan"])
        .success()
        .stdout(str![[r#"
4356094..5b8c1b8 and the work tree: since the merge base with main
environment local

SERVICE  VERSION                   WHY
api      0.0.0-0002-5b8c1b8        api/main modified, matches api/**  filters.yaml:4:15
web      0.0.0-0002-5b8c1b8        depends on api
docs     0.0.0-0002-5b8c1b8-dirty  docs/draft added, matches docs/**  filters.yaml:6:16

3 of 3 services to rebuild, in 2 levels.

"#]])
        .stderr("");
    let run = repo.rebake(["plan", "--head", "HEAD", "--format", "json"]).success();
    assert_eq!(causes(&run), ["api: file", "web: dependency"]);
}

#[test]
fn causes_tell_what_changed() {
    let repo = three();
    let json = ["plan", "--base", "HEAD~1", "--format", "json"];
    repo.write("go.mod", "1").commit("global");
    assert_eq!(causes(&repo.rebake(json).success()), ["api: global", "web: global dependency"]);
    repo.write(
        "filters.yaml",
        "# docs is gone, api has a target, web stands alone\nglobal: [go.mod]\nunowned: ['*.txt']\nservices:\n  api: {path: api, target: x}\n  web: {path: web}\n  new: {path: new}\n",
    );
    repo.write("new/main", "").commit("redefine");
    let run = repo.rebake(json).success();
    assert_eq!(causes(&run), ["api: definition", "web: dependency-removed", "new: file new-service"]);
    let plan: Value = serde_json::from_str(&run.text()).unwrap();
    assert_eq!(plan["removed"], json!(["docs"]));
    let text = std::fs::read_to_string(repo.dir().join("filters.yaml")).unwrap();
    repo.write("filters.yaml", text.replace("# docs is gone, ", "# ")).commit("comment");
    assert_eq!(causes(&repo.rebake(json).success()), [""; 0]);
}

#[test]
fn services_can_be_forced_left_out_and_all_asked_for() {
    let repo = three();
    let run = |args: &[&str]| causes(&repo.rebake([&["plan", "--format", "json"], args].concat()).success());
    let base = ["--base", "HEAD"];
    assert_eq!(run(&[&base[..], &["--force", "api"]].concat()), ["api: forced", "web: dependency"]);
    assert_eq!(run(&["--all", "--only", "web,docs"]), ["web: forced dependency", "docs: forced"]);
    assert_eq!(run(&["--all"]), ["api: forced", "web: forced dependency", "docs: forced"]);
}

#[test]
fn changes_can_come_from_outside() {
    let repo = three();
    let run = |input: &[u8]| repo.rebake(["plan", "--changed", "-", "--format", "names"]).stdin(input).success();
    run(b"docs/x\nstray.md\n").stdout("docs\n").stderr(str![[r#"
warning[unmatched]: 1 changed path matches no filter: stray.md
 |
 = help: add them to a service's `filters`, or to `unowned` if they belong to no service

"#]]);
    run(b"D\0api/a\nb\0R100\0x.txt\0docs/y\0").stdout("api\nweb\ndocs\n");
}

#[test]
fn a_path_that_nothing_matches_is_said_or_refused_or_affects_all() {
    let repo = three();
    let run = |what| {
        repo.rebake(["plan", "--changed", "-", "--format", "names", "--unmatched", what]).stdin("stray\na.txt\n")
    };
    run("ignore").success().stdout("").stderr("");
    run("error").failure(2).stdout("").stderr(str![[r#"
error[unmatched]: 1 changed path matches no filter: stray
 |
 = help: add them to a service's `filters`, or to `unowned` if they belong to no service

"#]]);
    run("all").success().stdout("api\nweb\ndocs\n");
}

#[test]
fn a_saved_plan_is_the_plan() {
    let repo = three();
    repo.write("api/main", "2").commit("second");
    let json = repo.rebake(["plan", "--base", "HEAD~1", "--head", "HEAD", "--format", "json"]).success();
    let again = repo.rebake(["plan", "--base", "HEAD~1", "--head", "HEAD", "--format", "json"]).success();
    assert_eq!(json.text(), again.text());
    repo.write("plan.json", json.text());
    repo.rebake(["plan", "--plan", "plan.json", "--format", "json"]).success().stdout(json.text());
    repo.rebake(["plan", "--plan", "plan.json"]).success().stdout(str![[r#"
4356094..d57bbca: since the merge base with HEAD~1
environment local

SERVICE  VERSION             WHY
api      0.0.0-0002-d57bbca  api/main modified, matches api/**  filters.yaml:4:15
web      0.0.0-0002-d57bbca  depends on api

2 of 3 services to rebuild, in 2 levels.

"#]]);
    repo.rebake(["plan", "--plan", "plan.json", "--format", "paths", "-z"]).success().stdout("api\0web\0");
    repo.rebake(["plan", "--plan", "plan.json", "--format", "matrix", "--fields", "service,level,needs"])
        .success()
        .stdout(str![[r#"
{"include":[{"level":0,"needs":[],"service":"api"},{"level":1,"needs":["api"],"service":"web"}]}

"#]]);
    repo.rebake(["plan", "--plan", "plan.json", "--exit-code", "--format", "names"]).failure(1).stdout("api\nweb\n");
    repo.rebake(["plan", "--plan", "plan.json", "--format", "matrix", "--fields", "sevice"])
        .failure(2)
        .stdout("")
        .stderr(str![[r#"
error[fields]: there is no field `sevice`, did you mean `service`?
 |
 = help: the fields are `service`, `path`, `version`, `tag`, `environment`, `image`, `tags`, `labels`, `platforms`, `push`, `level`, `needs`, `fingerprint`, `seconds`

"#]]);
    repo.write("other.json", json.text().replace("\"schema\": 1", "\"schema\": 9"));
    repo.rebake(["plan", "--plan", "other.json"]).failure(2).stdout("").stderr(str![[r"
error[plan]: other.json: the plan has schema 9, and this rebake reads schema 1
 |
 = help: make the plan and use it with the same version of rebake

"]]);
}

#[test]
fn a_flat_file_answers_as_paths_filter_does() {
    let repo = Repo::new();
    repo.write("filters.yaml", "shared: &shared [lib/**]\nweb: [*shared, web/**]\ndeleted: [{deleted: '**'}]\n");
    repo.write("lib/a", "1").write("web/a", "1").commit("first");
    repo.write("lib/a", "2").remove("web/a").commit("second");
    let run = repo.rebake(["plan", "--base", "HEAD~1", "--head", "HEAD", "--format", "json"]).success();
    let plan: Value = serde_json::from_str(&run.text()).unwrap();
    let filters = json!({"shared": ["lib/a"], "web": ["lib/a", "web/a"], "deleted": ["web/a"]});
    assert_eq!(plan["filters"], filters);
    assert_eq!(causes(&run), ["shared: file", "web: file file", "deleted: file"]);
}

#[test]
fn a_wide_name_keeps_the_columns() {
    let repo = Repo::new();
    repo.write("filters.yaml", "服务服务: ['**']\nweb: ['**']\n").commit("first");
    let text = repo.rebake(["plan", "--all"]).success().text();
    let versions: Vec<&str> = text.lines().filter_map(|line| line.split_once("0.0.0")).map(|(name, _)| name).collect();
    assert_eq!(versions, ["服务服务  ", "web       "], "{text}");
}

#[test]
fn affected_of_a_union_is_the_union_of_affected() {
    crate::random::for_seeds(10, |random| {
        let repo = three();
        let paths = ["api/a", "web/b", "docs/c", "go.mod", "x.txt", "stray", "filters.yaml"];
        let mut pick = || -> Vec<&str> { paths.into_iter().filter(|_| random.one_in(3)).collect() };
        let (a, b) = (pick(), pick());
        let plan = |changed: &[&str]| -> Vec<String> {
            let args = ["plan", "--changed", "-", "--format", "names", "--unmatched", "ignore"];
            let run = repo.rebake(args).stdin(changed.join("\n")).success();
            run.text().lines().map(str::to_owned).collect()
        };
        let (of_a, of_b, of_both) = (plan(&a), plan(&b), plan(&[a.clone(), b.clone()].concat()));
        let union: Vec<String> = ["api", "web", "docs"]
            .map(str::to_owned)
            .into_iter()
            .filter(|s| of_a.contains(s) || of_b.contains(s))
            .collect();
        assert_eq!(of_both, union, "{a:?} and {b:?}");
    });
}

#[test]
fn that_nothing_can_be_planned_is_said() {
    let repo = Repo::new();
    repo.write("filters.yaml", "services: {}\n").commit("first");
    repo.rebake(["plan", "--format", "names"]).success().stdout("").stderr(str![[r#"
warning[no-services]: the configuration has no services, so nothing is planned
 |
 = help: name one below `services`, with the `path` of what it is built from

"#]]);
    repo.write("filters.yaml", "services:\n  lib: {path: lib, builder: none}\n  api: {path: api, depends_on: [lib]}\n");
    repo.write("lib/x", "").write("api/x", "").commit("second");
    let by_hand = repo.rebake(["plan", "--format", "names"]).env("CI", "true").env("BUILDKITE", "true");
    let by_hand = by_hand.env("BUILDKITE_SOURCE", "ui").env("BUILDKITE_BRANCH", "main");
    let by_hand = by_hand.env("BUILDKITE_COMMIT", repo.id("HEAD").to_string()).env("REBAKE_INPUT_SERVICE", "lib");
    by_hand.env("BUILDKITE_PIPELINE_DEFAULT_BRANCH", "main").success().stdout("").stderr(str![[r#"
warning[only-libraries]: only libraries are asked for (`lib`), which have no jobs, so nothing is built
 |
 = help: ask for a service that is built from them

"#]]);
    repo.rebake(["plan", "lib", "--format", "names"]).success().stdout("").stderr(str![[r#"
warning[only-libraries]: only libraries are asked for (`lib`), which have no jobs, so nothing is built
 |
 = help: ask for a service that is built from them

"#]]);
    repo.rebake(["plan", "api", "--all", "--style", "sha", "--format", "names"]).success().stderr("");
}

#[test]
fn every_verb_reads_a_path_from_the_directory_at_hand() {
    let repo = Repo::new();
    repo.write(
        "filters.yaml",
        "services: {root: {path: .}, api: {path: services/api, run: 'true'}, web: {path: web}}\n",
    );
    repo.write("services/api/a", "").write("web/w", "").commit("first");
    let saved = repo.rebake(["plan", "--all", "--format", "json"]).success().text();
    repo.write(".git/plan.json", saved);
    for from in ["services/api", "web"] {
        for path in [".", "./", "../../services/api"] {
            let path = if from == "web" { "../services/api" } else { path };
            for (verb, named) in [
                (&["plan", "--all", "--format", "names"][..], &[path][..]),
                (&["plan", "--all", "--format", "names"], &["--only", path]),
                (&["plan", "--format", "names", "--unmatched", "ignore"], &["--force", path, "--only", path]),
                (&["why", "--all"], &[path]),
                (&["why", "--plan", "../../.git/plan.json"], &[path]),
                (&["fingerprint"], &[path]),
                (&["version"], &[path]),
                (&["release"], &[path]),
                (&["build", "--all", "--dry-run"], &[path]),
                (&["build", "--all", "--dry-run"], &["--only", path]),
                (&["build", "--dry-run", "--plan", "../../.git/plan.json"], &["--only", path]),
                (&["build", "--dry-run", "--plan", "../../.git/plan.json"], &[path]),
            ] {
                let verb = verb.iter().map(|word| if from == "web" { word.trim_start_matches("../") } else { word });
                let verb: Vec<String> = verb
                    .map(|word| if from == "web" { word.replace(".git/", "../.git/") } else { word.to_owned() })
                    .chain(named.iter().map(|word| (*word).to_owned()))
                    .collect();
                let told = repo.rebake(&verb).dir(from).success().text();
                assert!(told.contains("api") && !told.contains("web") && !told.contains("root"), "{verb:?}: {told}");
            }
        }
    }
    repo.rebake(["record", ".", "--environment", "local"]).dir("services/api").success();
    repo.rebake(["plan", "./none"]).dir("web").failure(2).stdout("").stderr(str![[r#"
error[unknown-service]: there is no service `web/none`
 |
 = help: the services are `root`, `api`, `web`; each can also be named by its `path`

"#]]);
    repo.rebake(["plan", "../.."]).dir("web").failure(2);
    repo.rebake(["plan", ""]).failure(2);
    let why = |path: &str| repo.rebake(["why", "--file", path]).dir("web").success().text();
    assert_eq!(why(repo.dir().join("services/api/none").to_str().unwrap()), why("services/api/none"));
    repo.rebake(["why", "--file", "/none"]).failure(2).stdout("").stderr(str![[r#"
error[path]: `/none` leads out of the repository
 |
 = help: write the path from the root of the repository

"#]]);
    repo.rebake(["why", "--file", "../../x"]).dir("web").failure(2).stdout("").stderr(str![[r#"
error[path]: `../../x` leads out of the repository
 |
 = help: write the path from the root of the repository

"#]]);
}

#[test]
fn verbose_says_when_each_step_begins() {
    let repo = Repo::new();
    repo.write("filters.yaml", "services: {api: {path: api}}\n").write("api/x", "").commit("first");
    let run = repo.rebake(["plan", "--verbose"]).success();
    let told = String::from_utf8_lossy(&run.stderr).into_owned();
    let began = |line: &str| {
        let (seconds, step) = line.strip_prefix("rebake: [")?.split_once("s] ")?;
        step.strip_suffix('…')?;
        seconds.parse::<f64>().ok()
    };
    let times: Option<Vec<f64>> = told.lines().map(began).collect();
    assert!(times.is_some_and(|times| times.len() > 1 && times.is_sorted()), "{told}");
    assert!(!run.text().contains('…'));
}

/// What other programs take has a tip.
#[test]
fn flags_of_other_programs_have_a_tip() {
    let repo = Repo::new();
    for (args, tip) in [
        (&["plan", "--affected"][..], "tip: leave it out"),
        (&["build", "--affected"], "tip: leave it out"),
        (&["release", "--dry-run"], "tip: leave it out: without `--yes` nothing is made"),
        (&["build", "--parallel", "2"], "tip: write `--jobs N`"),
        (&["build", "--retry"], "tip: to build again what failed, write `--rerun REPORT`"),
        (&["plan", "--since", "main"], "tip: to compare with a branch or a commit, write `--base REV`"),
        (&["why", "api", "--since", "HEAD~1"], "tip: to compare with a branch or a commit, write `--base REV`"),
    ] {
        let told = repo.rebake(args.iter().copied()).failure(2).stdout("");
        let told = String::from_utf8_lossy(&told.stderr).into_owned();
        assert!(told.contains(tip) && told.matches("tip:").count() == 1, "{told}");
    }
}

#[test]
fn commands_of_other_programs_have_a_tip() {
    let repo = Repo::new();
    for (command, tip) in [
        ("affected", "tip: to see what would be rebuilt, write `rebake plan`"),
        ("completion", "tip: write `rebake completions SHELL`"),
        ("explain", "tip: write `rebake why SERVICE`"),
        ("lint", "tip: write `rebake check`"),
        ("retry", "tip: write `rebake build --rerun REPORT`"),
        ("validate", "tip: write `rebake check`"),
    ] {
        let told = repo.rebake([command]).failure(2).stdout("");
        let told = String::from_utf8_lossy(&told.stderr).into_owned();
        assert!(told.contains(tip) && told.matches("tip:").count() == 1, "{told}");
    }
    let told = repo.rebake(["plam"]).failure(2);
    assert!(String::from_utf8_lossy(&told.stderr).contains("'plan'"));
}

#[test]
fn the_command_help_takes_the_flag_help_as_the_others_do() {
    let repo = Repo::new();
    let help = |args: &[&str]| repo.rebake(args).success().stderr("").text();
    for flag in ["--help", "-h"] {
        let own = help(&["help", flag]);
        assert!(own.contains("Usage: rebake help [COMMAND]"), "{own}");
        assert_eq!(help(&["help", "plan", flag]), help(&["help", "plan"]));
    }
    repo.rebake(["help", "--hepl"]).failure(2).stdout("");
}

#[test]
#[cfg(unix)]
fn a_help_text_that_nobody_reads_to_its_end_is_no_bug() {
    let repo = Repo::new();
    let program = env!("CARGO_BIN_EXE_rebake");
    // The reader is gone before the first byte comes.
    let script = format!("{{ sleep 0.2; '{program}' plan --help; echo $? >&3; }} 3>ended | true; cat ended");
    let shell = std::process::Command::new("sh").args(["-c", &script]).current_dir(repo.dir()).output().unwrap();
    let ended = || std::fs::read_to_string(repo.dir().join("ended")).unwrap();
    assert_eq!((String::from_utf8_lossy(&shell.stderr).as_ref(), ended().as_str()), ("", "0\n"));
}

#[test]
fn json_is_a_format() {
    let repo = Repo::new();
    let told = repo.rebake(["plan", "--json"]).failure(2).stdout("");
    let told = String::from_utf8_lossy(&told.stderr).into_owned();
    assert!(told.contains("tip: write `--format json`") && !told.contains("-- --json"), "{told}");
    let told = repo.rebake(["record", "--json"]).failure(2);
    assert!(!String::from_utf8_lossy(&told.stderr).contains("--format"));
}

#[test]
fn a_service_that_is_named_and_not_affected_is_no_silent_gap() {
    let repo = Repo::new();
    let config = "services:\n  lib: {path: lib}\n  web: {path: web}\n";
    repo.write("filters.yaml", config).write("lib/a", "1").write("web/a", "1").commit("first");
    repo.write("web/a", "2").commit("second");
    let run = repo.rebake(["plan", "lib", "web"]).success();
    let said = String::from_utf8_lossy(&run.stderr).into_owned();
    assert!(said.contains("warning[not-affected]: `lib` is not affected, so it is left out"), "{said}");
    assert!(!said.contains("`web`"), "{said}");
    let text = repo.rebake(["plan", "lib"]).success().text();
    assert!(text.contains("Nothing to rebuild: nothing that was asked for is affected."), "{text}");
}

#[test]
fn a_revision_in_place_of_a_service_is_told_where_it_belongs() {
    let repo = capstone();
    let run = repo.rebake(["plan", "main"]).failure(2);
    let said = String::from_utf8_lossy(&run.stderr).into_owned();
    assert!(said.contains("error[unknown-service]: there is no service `main`"), "{said}");
    assert!(said.contains("`--base`, `--head` and `--at` take revisions"), "{said}");
}
