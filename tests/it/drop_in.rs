//! The action in place of dorny/paths-filter: its entry script gives the outputs that that action gives, for random
//! histories, events, inputs and filters, of full and of shallow clones.
//!
//! `tests/oracle/paths_filter_action.mjs` is the original in our words; it says what we do otherwise on purpose, and the
//! tests below show each of those. All run node; with `REBAKE_ORACLE` naming a folder where `npm ci` ran for
//! `tests/oracle`, run `cargo test --test it drop_in -- --ignored`.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::io::{Read as _, Write as _};
use std::path::Path;

use rebake::model::name::CommitId;
use serde_json::{Value, json};

use crate::history::{Files, History};
use crate::on_github::ZERO;
use crate::random::{Random, for_seeds};
use crate::repo::Repo;
use crate::runner;

const ACTION: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/.github/action/main.mjs");
const ORACLE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/oracle/paths_filter_action.mjs");

/// A step of a workflow that runs an action in a clone.
#[derive(Clone)]
pub(crate) struct Step {
    variables: BTreeMap<String, String>,
    event: Value,
}

impl Step {
    pub(crate) fn new(event_name: &str, reference: &str, mut event: Value) -> Self {
        event["repository"] = json!({"default_branch": "main", "name": "r", "owner": {"login": "o"}});
        let mut step = Self { variables: BTreeMap::new(), event };
        step.set("GITHUB_ACTIONS", "true").set("GITHUB_EVENT_NAME", event_name).set("GITHUB_REF", reference);
        step.set("GITHUB_REPOSITORY", "o/r");
        let rebake = env!("CARGO_BIN_EXE_rebake");
        // What the runner fills in for inputs that a workflow leaves out.
        for (name, value) in [("list-files", "none"), ("initial-fetch-depth", "2"), ("predicate-quantifier", "some")] {
            step.input(name, value);
        }
        step.input("binary", rebake);
        step
    }

    pub(crate) fn set(&mut self, name: &str, value: &str) -> &mut Self {
        self.variables.insert(name.to_owned(), value.to_owned());
        self
    }

    pub(crate) fn input(&mut self, name: &str, value: &str) -> &mut Self {
        self.set(&format!("INPUT_{}", name.to_uppercase()), value)
    }

    pub(crate) fn event_key(&mut self, key: &str, value: Value) -> &mut Self {
        self.event[key] = value;
        self
    }

    /// Runs a script with node as the runner does, and returns the outputs; what it said where it failed.
    pub(crate) fn run(&self, script: &Path, clone: &Repo) -> Result<BTreeMap<String, String>, String> {
        let file = |name: &str| clone.dir().with_extension(name);
        std::fs::write(file("event.json"), self.event.to_string()).unwrap();
        std::fs::write(file("output"), "").unwrap();
        #[expect(clippy::disallowed_methods, reason = "where the oracle has its packages")]
        let oracle = std::env::var_os("REBAKE_ORACLE").unwrap_or_default();
        let output = clone
            .program("node")
            .arg(script)
            .envs(&self.variables)
            .env("GITHUB_SHA", clone.id("HEAD").to_string())
            .env("GITHUB_EVENT_PATH", file("event.json"))
            .env("GITHUB_OUTPUT", file("output"))
            .env("RUNNER_TEMP", clone.dir().parent().unwrap())
            .env("REBAKE_ORACLE", oracle)
            .output()
            .unwrap();
        if output.status.success() {
            Ok(runner::outputs(&std::fs::read_to_string(file("output")).unwrap()).unwrap())
        } else {
            let text = [output.stdout, output.stderr].concat();
            Err(String::from_utf8_lossy(&text).into_owned())
        }
    }

    /// What our action gives.
    pub(crate) fn ours(&self, clone: &Repo) -> Result<BTreeMap<String, String>, String> {
        self.run(Path::new(ACTION), clone)
    }

    /// What the original gives.
    pub(crate) fn theirs(&self, clone: &Repo) -> Result<BTreeMap<String, String>, String> {
        self.run(Path::new(ORACLE), clone)
    }
}

/// Equal as their readers see them: JSON is read, and ours is ASCII.
#[track_caller]
fn assert_covers(ours: &BTreeMap<String, String>, theirs: &BTreeMap<String, String>, what: &str) {
    for (name, value) in theirs {
        let ours = ours.get(name).unwrap_or_else(|| panic!("{name} is missing\n{what}"));
        let (a, b) = (serde_json::from_str::<Value>(ours), serde_json::from_str::<Value>(value));
        let equal = matches!((a, b), (Ok(a), Ok(b)) if a == b) || ours == value;
        assert!(equal, "{name}\nours:   {ours:?}\ntheirs: {value:?}\n{what}");
    }
}

/// A repository with a default branch, which may have merges, a branch off it, and tags on both.
pub(crate) struct Origin {
    pub(crate) repo: Repo,
    main: Vec<CommitId>,
    feature: Vec<CommitId>,
}

impl Origin {
    pub(crate) fn random(random: &mut Random) -> Self {
        let (mut history, mut files, mut time) = (History::default(), Files::default(), 1_000_000_000);
        let mut commit = |random: &mut Random, files: &mut Files, parents: &[usize]| {
            files.mutate(random);
            // A link to nowhere by no name cannot be checked out.
            files.0.values_mut().filter(|(_, content)| content.is_empty()).for_each(|(_, content)| content.push('x'));
            time += 60;
            history.commit(files, parents, time)
        };
        let mut main = vec![commit(random, &mut files, &[])];
        for _ in 0..2 + random.below(3) {
            let tip = *main.last().unwrap();
            if random.one_in(3) {
                let side = commit(random, &mut files.clone(), &[tip]);
                main.push(commit(random, &mut files, &[tip, side]));
            } else {
                main.push(commit(random, &mut files, &[tip]));
            }
        }
        let mut branched = files.clone();
        let fork = *random.pick(&main);
        let mut feature = vec![commit(random, &mut branched, &[fork])];
        for _ in 0..random.below(3) {
            let tip = *feature.last().unwrap();
            feature.push(commit(random, &mut branched, &[tip]));
        }
        let repo = Repo::new();
        let ids = history.import(&repo);
        let of = |numbers: &[usize]| numbers.iter().map(|number| ids[*number]).collect::<Vec<_>>();
        let (main, feature) = (of(&main), of(&feature));
        for (name, id) in [
            ("refs/heads/main", main.last()),
            ("refs/heads/feature/x", feature.last()),
            ("refs/heads/gh-readonly-queue/main/pr-1", feature.last()),
            ("refs/tags/a@1.0.0", Some(random.pick(&main))),
            ("refs/tags/v2", feature.last()),
        ] {
            repo.git(["update-ref", name, &id.unwrap().to_string()]);
        }
        Self { repo, main, feature }
    }

    /// A clone as actions/checkout makes it: a branch, or a detached tag.
    pub(crate) fn checkout(&self, reference: &str, depth: Option<u32>) -> Repo {
        let name = reference.trim_start_matches("refs/heads/").trim_start_matches("refs/tags/");
        let clone = match depth {
            None => self.repo.clone_with(["--branch", name]),
            Some(depth) => self.repo.clone_with([&format!("--depth={depth}"), "--branch", name]),
        };
        clone.git(["config", "remote.origin.fetch", "+refs/heads/*:refs/remotes/origin/*"]);
        clone
    }

    /// An event, and the inputs that go with it.
    pub(crate) fn step(&self, random: &mut Random) -> (Step, &'static str) {
        const MAIN: &str = "refs/heads/main";
        const FEATURE: &str = "refs/heads/feature/x";
        let before = |commits: &[CommitId], random: &mut Random| commits[random.below(commits.len())].to_string();
        let step = |name: &str, reference: &'static str, event: Value| (Step::new(name, reference, event), reference);
        match random.below(14) {
            0 => step("push", MAIN, json!({"before": before(&self.main, random)})),
            1 => step("push", MAIN, json!({"before": ZERO})),
            2 => step("push", FEATURE, json!({"before": before(&self.feature, random)})),
            3 => step("push", FEATURE, json!({"before": ZERO})),
            4 => {
                let before = if random.one_in(3) { ZERO.to_owned() } else { before(&self.feature, random) };
                let (mut step, reference) = step("push", FEATURE, json!({"before": before}));
                step.input("base", if random.one_in(2) { "feature/x" } else { "refs/heads/feature/x" });
                (step, reference)
            }
            5 => step("push", "refs/tags/a@1.0.0", json!({"before": ZERO})),
            6 => step("push", "refs/tags/v2", json!({"before": ZERO})),
            7 => step(
                "merge_group",
                "refs/heads/gh-readonly-queue/main/pr-1",
                json!({"action": "checks_requested", "merge_group": {
                    "base_sha": before(&self.main, random),
                    "head_sha": self.feature.last().unwrap().to_string(),
                }}),
            ),
            8 => step("workflow_dispatch", MAIN, json!({"inputs": {"service": "nobody", "version": "9.9.9"}})),
            9 => step("workflow_dispatch", FEATURE, json!({"inputs": null})),
            10 => step("schedule", MAIN, json!({"schedule": "0 0 * * *"})),
            11 => {
                let (mut step, reference) = step("push", MAIN, json!({"before": ZERO}));
                step.input("base", "HEAD");
                (step, reference)
            }
            12 => {
                let (mut step, reference) = step("push", FEATURE, json!({"before": ZERO}));
                step.input("base", &before(&self.main, random));
                (step, reference)
            }
            _ => {
                let (mut step, reference) = step("workflow_dispatch", MAIN, json!({"inputs": {}}));
                step.input("ref", "feature/x");
                (step, reference)
            }
        }
    }
}

/// Filters that often match the names of `history`.
const FILTERS: &[&str] = &[
    "a: 'a/**'\nany: ['**', 'new*']\n",
    "changes: ['*']\n\"10\": '**/b'\nb: ['b', 'b/**', '-x/**']\n",
    "added: [{added: ['**', '*/*']}]\ntouched: [{'modified|deleted': '**'}]\nany file: ['**']\n",
    "x: [\"**/*.b\", '**/A*', \"--all\"]\ny: ['!a/**']\n",
];

/// Something that is not committed, which `base: HEAD` is about.
fn soil(clone: &Repo) {
    clone.write("b.staged", "").write("untracked", "");
    clone.git(["add", "b.staged"]);
}

/// A step with random inputs in a random clone.
pub(crate) fn random_case(random: &mut Random, quantifiers: &[&'static str], lists: &[&'static str]) -> (Step, Repo) {
    let origin = Origin::random(random);
    let (mut step, reference) = origin.step(random);
    let depth = [None, None, Some(1), Some(2)][random.below(4)];
    let clone = origin.checkout(reference, depth);
    soil(&clone);
    let filters = *random.pick(FILTERS);
    if random.one_in(4) {
        clone.write("untracked filters.yml", filters);
        step.input("filters", "untracked filters.yml");
    } else {
        step.input("filters", filters);
    }
    let one_of = |random: &mut Random, words: &[&'static str]| words[random.below(words.len())];
    step.input("list-files", one_of(random, lists)).input("predicate-quantifier", one_of(random, quantifiers));
    (step, clone)
}

#[test]
#[ignore = "runs node; see the head of this file"]
fn random_steps_give_the_originals_outputs() {
    let (matched, cases) = (Cell::new(0), Cell::new(0));
    for_seeds(60, |random| {
        let quantifiers = ["some", "every", "some-with-excludes"];
        let (mut step, clone) = random_case(random, &quantifiers, &["none", "csv", "json", "shell", "escape", "JSON"]);
        let ours = step.ours(&clone).unwrap_or_else(|said| panic!("{said}\n{:#?}", step.variables));
        let theirs = step.set("AS_REBAKE", "1").theirs(&clone).unwrap();
        assert_covers(&ours, &theirs, &format!("{:#?}\n{}", step.variables, step.event));
        matched.set(matched.get() + usize::from(theirs.values().any(|value| value == "true")));
        cases.set(cases.get() + 1);
    });
    assert!(matched.get() * 3 > cases.get(), "a filter matches in {} of {} cases", matched.get(), cases.get());
}

/// The value of an output that both give: ours, and theirs.
fn both(step: &Step, clone: &Repo, output: &str) -> [String; 2] {
    [step.ours(clone), step.theirs(clone)].map(|outputs| outputs.unwrap()[output].clone())
}

/// A step with the one filter `x`.
fn filtering(event_name: &str, event: Value, filter: &str) -> Step {
    let mut step = Step::new(event_name, "refs/heads/main", event);
    step.input("filters", &format!("x: [{filter}]")).input("list-files", "csv");
    step
}

fn by_hand(filter: &str) -> Step {
    filtering("workflow_dispatch", json!({"inputs": {}}), filter)
}

/// The differences of docs/migration.md, in its order: our answer and the original's.
#[test]
#[ignore = "runs node; see the head of this file"]
fn the_differences_are_as_documented() {
    // A run by hand behind a merge: the original's `git log` says nothing of a merge.
    let origin = Repo::new();
    origin.write("a", "1").commit("first");
    origin.branch("side").write("b", "1").commit("main");
    origin.checkout("side").write("side/c", "1").commit("side");
    origin.checkout("main").merge(["side"]);
    assert_eq!(both(&by_hand("'**'"), &origin.clone_with([]), "x_files"), ["side/c", ""]);

    // A run by hand where the clone ends with the last commit: the original takes every file for added.
    origin.write("a", "2").commit("second");
    assert_eq!(both(&by_hand("'**'"), &origin.clone_shallow(1), "x_files"), ["a", "a,b,side/c"]);

    // A file that became a link is a modified one.
    let before = origin.id("HEAD");
    origin.symlink("b", "a").commit("link");
    let push = json!({"before": before.to_string()});
    let step = filtering("push", push, "{modified: '**'}");
    assert_eq!(both(&step, &origin.clone_with([]), "x_files"), ["a", ""]);

    // A backslash before a line break continues the line in a shell: the name would lose it.
    let before = origin.id("HEAD");
    origin.write("new\nline", "").commit("line");
    let mut step = filtering("push", json!({"before": before.to_string()}), "'**', '*'");
    step.input("list-files", "escape");
    assert_eq!(both(&step, &origin.clone_with([]), "x_files"), ["new$'\\n'line", "new\\\nline"]);

    // A first push with a directory below the repository: the original lists files as that directory sees them.
    let mut step = filtering("push", json!({"before": ZERO}), "'side/**'");
    step.input("working-directory", "side");
    assert_eq!(both(&step, &origin.clone_with([]), "x_files"), ["side/c", ""]);

    // A pull request without a token: the original compares with the tip that the event froze, and takes what the
    // target branch got meanwhile for changes of the request.
    let frozen = origin.id("HEAD~1");
    let clone = origin.clone_with([]);
    clone.checkout("HEAD~1").git(["switch", "--quiet", "--create", "topic"]);
    clone.write("topic", "").commit("topic");
    clone.git(["switch", "--quiet", "--detach", "origin/main"]);
    clone.merge(["topic"]);
    let (base, head) = (frozen.to_string(), clone.id("topic").to_string());
    let mut step = Step::new(
        "pull_request",
        "refs/pull/7/merge",
        json!({"pull_request": {"number": 7, "base": {"ref": "main", "sha": base}, "head": {"sha": head}}}),
    );
    step.input("filters", "x: ['**', '*']").input("list-files", "csv").set("GITHUB_BASE_REF", "main");
    assert_eq!(both(&step, &clone, "x_files"), ["topic", "\"new\nline\",topic"]);

    // A base that nobody has any more: the original fails, ours builds everything and says so.
    let step = filtering("push", json!({"before": "1".repeat(40)}), "'nothing/**'");
    let clone = origin.clone_with([]);
    assert!(step.theirs(&clone).is_err());
    assert_eq!(step.ours(&clone).unwrap()["x"], "true");
}

#[test]
#[ignore = "runs node; see the head of this file"]
fn the_files_of_a_fork_come_from_github() {
    let origin = Repo::new();
    origin.write("a", "1").commit("first");
    let rows = json!([
        {"status": "added", "filename": "new\nfile"}, {"status": "removed", "filename": "gone"},
        {"status": "renamed", "filename": "to", "previous_filename": "from"}, {"status": "changed", "filename": "mode"},
    ]);
    let none = json!([]);
    // GitHub tells 3,000 files at most; where it knows of more, any file may have changed.
    for (told, answers, files) in [(4, vec![&rows], "from gone mode new$'\\n'file to"), (5, vec![&rows, &none], "a")] {
        let (server, url) = serve_json(answers.into_iter().map(Value::to_string).collect());
        let mut step = Step::new(
            "pull_request_target",
            "refs/heads/main",
            json!({"pull_request": {"number": 7, "changed_files": told, "base": {"ref": "main"}}}),
        );
        step.input("filters", "x: ['**', '*']").input("list-files", "escape").input("token", "secret");
        step.set("GITHUB_API_URL", &url);
        assert_eq!(step.ours(&origin.clone_with([])).unwrap()["x_files"], files);
        let requests = server.join().unwrap();
        assert!(requests[0].starts_with("GET /repos/o/r/pulls/7/files?per_page=100&page=1 "), "{}", requests[0]);
        assert!(requests[0].to_lowercase().contains("authorization: bearer secret"), "{}", requests[0]);
    }
}

/// A pull request that changes `api/main.go`, as GitHub tells it.
fn told_by_github(event_name: &str) -> (Step, std::thread::JoinHandle<Vec<String>>) {
    let (server, url) = serve_json(vec![json!([{"status": "modified", "filename": "api/main.go"}]).to_string()]);
    let request = json!({"number": 7, "changed_files": 1, "base": {"ref": "main", "sha": "1".repeat(40)},
        "head": {"ref": "topic", "sha": "2".repeat(40)}});
    let mut step = Step::new(event_name, "refs/pull/7/merge", json!({"pull_request": request}));
    step.input("filters", "api: 'api/**'\nweb: 'web/**'").input("token", "secret").input("list-files", "json");
    step.set("GITHUB_API_URL", &url);
    (step, server)
}

#[test]
#[ignore = "runs node; see the head of this file"]
fn a_pull_request_needs_no_checkout() {
    let (somewhere, repo) = (tempfile::tempdir().unwrap(), Repo::new());
    repo.write("a", "").commit("first");
    for event in ["pull_request", "pull_request_target"] {
        let (mut step, server) = told_by_github(event);
        let outputs = step.input("working-directory", somewhere.path().to_str().unwrap()).ours(&repo).unwrap();
        assert_eq!(
            (&*outputs["api"], &*outputs["web"], &*outputs["api_files"]),
            ("true", "false", "[\"api/main.go\"]")
        );
        server.join().unwrap();
    }
    let mut step = Step::new("push", "refs/heads/main", json!({"before": ZERO}));
    let said = step.input("working-directory", somewhere.path().to_str().unwrap()).ours(&repo).unwrap_err();
    assert!(said.contains("run actions/checkout before this step"), "{said}");
}

/// As actions/checkout leaves it by itself, in a private repository without stored credentials.
#[test]
#[ignore = "runs node; see the head of this file"]
fn a_pull_request_whose_base_is_out_of_reach_is_asked_of_github() {
    let origin = Repo::new();
    origin.write("api/main.go", "1").write("web/a", "1").commit("first");
    origin.branch("topic").checkout("topic").write("api/main.go", "2").commit("topic");
    origin.checkout("main").write("web/a", "2").commit("second");
    origin.merge(["topic"]);
    let clone = origin.clone_shallow(1);
    clone.git(["remote", "set-url", "origin", "/nowhere"]);
    let (step, server) = told_by_github("pull_request");
    let outputs = step.ours(&clone).unwrap();
    assert_eq!((&*outputs["api"], &*outputs["web"], &*outputs["api_count"]), ("true", "false", "1"));
    server.join().unwrap();
}

/// GitHub's megabyte is for the outputs of a job; those of a step have no limit.
#[test]
#[ignore = "runs node; see the head of this file"]
fn a_long_list_of_files_is_no_failure() {
    let repo = Repo::new();
    let before = repo.write("other", "").commit("first");
    for number in 0..6000 {
        repo.write(
            format!("src/components/a-rather-usual-directory-name/with/some/depth/file-{number}.stories.tsx"),
            "",
        );
    }
    repo.commit("second");
    let mut step = filtering("push", json!({"before": before.to_string()}), "'src/**'");
    step.input("list-files", "json");
    let (ours, theirs) = (step.ours(&repo).unwrap(), step.theirs(&repo).unwrap());
    assert!(ours["x_files"].len() > 450_000);
    assert_covers(&ours, &theirs, "a long list");
}

/// Serves these answers, one a connection, and returns what was asked.
fn serve_json(answers: Vec<String>) -> (std::thread::JoinHandle<Vec<String>>, String) {
    let listener = std::net::TcpListener::bind((std::net::Ipv4Addr::LOCALHOST, 0)).unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let answer = move |body: &String| {
        let (mut stream, _) = listener.accept().unwrap();
        let mut buffer = [0; 4096];
        let read = stream.read(&mut buffer).unwrap();
        let head = "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Type: application/json\r\n";
        let text = format!("{head}Content-Length: {}\r\n\r\n{body}", body.len());
        stream.write_all(text.as_bytes()).unwrap();
        String::from_utf8_lossy(&buffer[..read]).into_owned()
    };
    (std::thread::spawn(move || answers.iter().map(answer).collect()), url)
}
