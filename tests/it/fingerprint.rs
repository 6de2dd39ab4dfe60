//! Fingerprints: known texts, what changes them and what does not, and a work tree that git agrees with.

use std::cell::Cell;
use std::collections::BTreeSet;
use std::fmt::Write as _;

use rebake::analysis::base::{self, Compare};
use rebake::analysis::discover::Discovered;
use rebake::analysis::filter::members;
use rebake::analysis::fingerprint::{Fingerprints, HashInput};
use rebake::config::{self, Config, Global, Options};
use rebake::inputs::trigger::Trigger;
use rebake::model::change::ChangeSet;
use rebake::model::diagnostic::SourceFile;
use rebake::model::name::{CommitId, ServiceId};
use rebake::model::tree::Mode;
use rebake::plan::pipeline::{
    ConfigFile, Discovery, Files as Listed, LockfileCache, Moment, Request, Snapshot, WorkspaceView, plan,
};
use snapbox::str;

use crate::history::{Files, History};
use crate::random::{Random, for_seeds};
use crate::repo::Repo;

const CONFIG: &str = "\
global: [rust-toolchain.toml]
services:
  api:
    path: services/api
    filters: [\"services/api/**\", \"!**/*.md\"]
    depends_on: [lib]
  lib:
    path: lib
    global: false
";

fn repo(args: &[&str]) -> Repo {
    let repo = match args {
        [] => Repo::new(),
        [format] => Repo::init([*format]),
        _ => unreachable!("one argument at most"),
    };
    repo.write("filters.yaml", CONFIG)
        .write("rust-toolchain.toml", "1")
        .write("services/api/main.rs", "fn main() {}\n");
    repo.write("services/api/README.md", "# api\n")
        .write("lib/a.rs", "")
        .write("lib/run", "#!/bin/sh\n")
        .chmod_x("lib/run");
    repo.symlink("a.rs", "lib/link").write("other", "");
    repo.commit("first");
    repo
}

#[test]
fn the_same_content_gives_the_same_text_forever() {
    let run = repo(&[]).rebake(["fingerprint", "--at", "HEAD", "--explain"]).success();
    run.stdout(str![[r#"
api  fp2-bddzdc6zx4uj42gnedxzf3t26r
  format fp2 sha1
  service api
  file 100644 56a6051ca2b02b04ef92d5150c9ef600403cb1de rust-toolchain.toml
  file 100644 f328e4d9d04c31d0d70d16d21a07d1613be9d577 services/api/main.rs
  definition {"filters":[{"patterns":["services/api/**"]},{"effect":"exclude","patterns":["**/*.md"]}],"global":true,"path":"services/api","tag":["services/api@[0-9]*"]}
  global [{"patterns":["rust-toolchain.toml"]}]
  dependency lib fp2-hlobq2b6gobjsiqz3yqs2ttft7
lib  fp2-hlobq2b6gobjsiqz3yqs2ttft7
  format fp2 sha1
  service lib
  directory 040000 48b8359c06f1c419e91074b0e153a8cf4f8b9428 lib/
  file 100644 e69de29bb2d1d6434b8b29ae775ad8c2e48c5391 lib/a.rs
  file 120000 a05d04987e638b6c06b48558a849432385adbad0 lib/link
  file 100755 1a2485251c33a70432394c93fb89330ef214bfc9 lib/run
  definition {"filters":[{"patterns":["lib/**"]}],"global":false,"path":"lib","tag":["lib@[0-9]*"]}

"#]]);
    repo(&["--object-format=sha256"]).rebake(["fingerprint"]).success().stdout(str![[r#"
api  fp2-v4cowreswlgpyltjjui5qaccuv
lib  fp2-dhq6ixeiwha2rviz5g2natcbls

"#]]);
}

#[test]
fn what_differs_between_two_commits_is_listed() {
    let repo = repo(&[]);
    repo.branch("before");
    repo.write("services/api/main.rs", "x")
        .write("services/api/new.rs", "")
        .write("services/api/README.md", "")
        .remove("lib/link");
    repo.write("filters.yaml", CONFIG.replace("global: false", "global: true"));
    repo.commit("second");
    let diff = |service: &str| repo.rebake(["fingerprint", "--diff", "before", "HEAD", service]).success();
    diff("api").stdout(str![[r#"
~ file 100644 c1b0730e0133447badcfd47fd144e254807b06e1 services/api/main.rs
+ file 100644 e69de29bb2d1d6434b8b29ae775ad8c2e48c5391 services/api/new.rs
~ dependency lib fp2-ijqy7zauaow4zjmi4m7vtcw372

"#]]);
    diff("lib").stdout(str![[r#"
- file 120000 a05d04987e638b6c06b48558a849432385adbad0 lib/link
+ file 100644 56a6051ca2b02b04ef92d5150c9ef600403cb1de rust-toolchain.toml
~ definition global: true, which was false
+ global [{"patterns":["rust-toolchain.toml"]}]

"#]]);
    diff("api").stderr(str![[r#"
note[dependency]: the dependency `lib` differs
 |
 = help: `rebake fingerprint --diff before HEAD lib` lists its inputs

"#]]);
    let all = repo.rebake(["fingerprint", "--diff", "before", "HEAD"]).success().stderr("").text();
    assert!(all.contains("lib\n  - file 120000") && all.contains("api\n  ~ file"), "{all}");
    repo.rebake(["fingerprint", "--diff", "HEAD", "HEAD", "api"]).success().stdout("");
    repo.rebake(["fingerprint", "--diff", "HEAD", "HEAD", "apy"]).failure(2).stderr(str![[r#"
error[unknown-service]: there is no service `apy`
 |
 = help: did you mean `api`?

"#]]);
}

#[test]
fn a_commit_without_filters_yaml_has_no_fingerprints() {
    let repo = Repo::new();
    repo.write("api/x", "").commit("before");
    repo.tag("before").write("filters.yaml", "services: {api: {path: api}}\n").commit("after");
    for args in [&["--diff", "before", "HEAD"][..], &["--at", "before"]] {
        let args = [&["fingerprint"], args].concat();
        repo.rebake(args).failure(2).stdout("").stderr(str![[r#"
error[no-config]: there is no filters.yaml at the root of the repository, nor in its .github, at commit cba02b3
 |
 = help: that commit does not have it: name a file for all commits with `-c FILE`
 = help: `--discover` derives services from the repository's own files, such as package.json
 = help: `rebake init --write` writes a filters.yaml of what these declare

"#]]);
    }
}

#[test]
fn a_plan_carries_the_fingerprints_that_the_verb_tells() {
    let repo = repo(&[]);
    let plan = repo.rebake(["plan", "--all", "--head", "HEAD", "--format", "json"]).success();
    let plan: serde_json::Value = serde_json::from_slice(&plan.stdout).unwrap();
    let verb = repo.rebake(["fingerprint", "--format", "json"]).success();
    let verb: serde_json::Value = serde_json::from_slice(&verb.stdout).unwrap();
    for service in plan["services"].as_array().unwrap() {
        let same = verb["services"].as_array().unwrap().iter().find(|other| other["service"] == service["service"]);
        assert_eq!(same.unwrap()["fingerprint"], service["fingerprint"]);
        assert!(service["fingerprint"].as_str().unwrap().starts_with("fp2-"));
    }
}

/// The fingerprints at HEAD with the work tree on top, as `name text` lines.
fn dirty(repo: &Repo) -> Vec<String> {
    let run = repo.rebake(["fingerprint"]).success();
    String::from_utf8(run.stdout).unwrap().lines().map(str::to_owned).collect()
}

#[test]
fn a_work_tree_has_the_fingerprint_that_its_commit_will_have() {
    let repo = repo(&[]);
    repo.write(".gitattributes", "*.txt text eol=crlf\n").write("lib/t.txt", "a\r\nb\r\n");
    repo.commit("attributes");
    let clean = dirty(&repo);
    assert!(clean.iter().all(|line| !line.ends_with("-dirty")), "{clean:?}");
    repo.write("other", "x").write("services/api/README.md", "x");
    assert_eq!(dirty(&repo), clean, "what no service matches makes none dirty");
    repo.write("lib/t.txt", "a\r\nc\r\n").write("lib/new", "untracked").remove("lib/a.rs").symlink("run", "lib/link");
    repo.write("services/api/main.rs", "").chmod_x("services/api/main.rs");
    let before = dirty(&repo);
    assert!(before.iter().all(|line| line.ends_with("-dirty")), "{before:?}");
    repo.commit("all of it");
    let after = dirty(&repo);
    assert_eq!(before, after.iter().map(|line| format!("{line}-dirty")).collect::<Vec<_>>());
    assert_ne!(after, clean);
}

#[test]
fn what_is_built_from_something_dirty_is_dirty() {
    let repo = repo(&[]);
    let clean = dirty(&repo);
    repo.write("lib/a.rs", "x");
    let before = dirty(&repo);
    assert!(before.iter().all(|line| line.ends_with("-dirty")), "{before:?}");
    assert!(before.iter().zip(&clean).all(|(before, clean)| !before.starts_with(clean)), "{before:?}");
    // The other way round nothing spreads.
    repo.git(["checkout", "--quiet", "lib"]);
    repo.write("services/api/main.rs", "x");
    assert_eq!(dirty(&repo)[1], clean[1]);
}

#[test]
fn a_service_that_is_asked_about_alone_has_the_global_directories_too() {
    let repo = Repo::new();
    repo.write("filters.yaml", "global: [ci/**]\nservices:\n  a: { path: a }\n  b: { path: b, global: false }\n");
    repo.write("ci/x", "").write("a/x", "").write("b/x", "").commit("first");
    let first = dirty(&repo);
    let alone = repo.rebake(["fingerprint", "a"]).success().text();
    assert_eq!(alone.trim_end(), first[0]);
    repo.write("ci/x", "1").commit("second");
    let second = dirty(&repo);
    assert_ne!(second[0], first[0]);
    assert_eq!(second[1], first[1]);
}

#[test]
fn a_definition_that_no_commit_has_is_dirty() {
    let repo = repo(&[]);
    let clean = dirty(&repo);
    repo.write("filters.yaml", CONFIG.replace("global: false", "global: true"));
    assert!(dirty(&repo).iter().all(|line| line.ends_with("-dirty")));
    // From outside of the repository it is nobody's commit, and as it is.
    repo.git(["checkout", "--quiet", "filters.yaml"]);
    std::fs::write(repo.dir().with_file_name("outside.yaml"), CONFIG).unwrap();
    let run = repo.rebake(["fingerprint", "-c", "../outside.yaml"]).success();
    assert_eq!(run.text().lines().collect::<Vec<_>>(), clean);
}

#[test]
fn the_order_of_filters_yaml_counts_for_nothing() {
    let repo = Repo::new();
    let services = ["a: { path: a }", "b: { path: b }", "c: { path: c, depends_on: [a, b] }"];
    let texts = |order: [usize; 3], depends_on: &str| {
        let services: String = order.map(|at| format!("  {}\n", services[at])).concat();
        repo.write("filters.yaml", format!("services:\n{services}").replace("a, b", depends_on));
        repo.write("a/x", "").write("b/x", "").write("c/x", "").commit("order");
        let mut texts = dirty(&repo);
        texts.sort();
        texts
    };
    let first = texts([0, 1, 2], "a, b");
    assert_eq!(texts([1, 0, 2], "a, b"), first);
    assert_eq!(texts([2, 1, 0], "b, a"), first);
}

#[test]
fn dead_filters_are_told_with_where_the_files_went() {
    let repo = repo(&[]);
    repo.git(["mv", "services/api", "services/gateway"]);
    repo.commit("moved");
    let plan =
        |dead: &str| repo.rebake(["plan", "--base", "HEAD~1", "--head", "HEAD", "--dead", dead, "--format", "names"]);
    plan("by-shape").failure(2).stdout("").stderr(str![[r#"
error[dead-filter]: the patterns of `api` match no tracked file, so nothing can ever affect it
 --> filters.yaml:5:15
  |
5 |     filters: ["services/api/**", "!**/*.md"]
  |               ^^^^^^^^^^^^^^^^^ matches nothing
  |
  = help: its files moved: write `services/gateway` for `services/api`

"#]]);
    plan("allow").success().stdout("api\n");
    plan("warn").success().stdout("api\n");
    repo.write("filters.yaml", "api: [services/api/**]\n");
    repo.commit("flat");
    repo.rebake(["plan", "--base", "HEAD~2", "--head", "HEAD", "--format", "names"]).success().stdout("api\n").stderr(
        str![[r#"
warning[unmatched]: 2 changed paths match no filter: services/gateway/README.md, services/gateway/main.rs
 |
 = help: add a filter that matches them, or ignore such paths with `--unmatched ignore`

warning[dead-filter]: the patterns of `api` match no tracked file, so nothing can ever affect it
 --> filters.yaml:1:7
  |
1 | api: [services/api/**]
  |       ^^^^^^^^^^^^^^^ matches nothing
  |
  = help: its files moved: write `services/gateway` for `services/api`

"#]],
    );
}

#[test]
fn each_of_many_dead_filters_is_told_where_its_own_files_went() {
    let repo = Repo::new();
    let mut file = "services:\n".to_owned();
    for name in ["a", "b", "gone", "like-all"] {
        let _ = writeln!(file, "  {name}: {{ path: {name}, filters: [\"{name}/**\"] }}");
        // What is everywhere tells nothing.
        repo.write(format!("{name}/LICENSE"), "free");
    }
    (0..20).for_each(|number| {
        repo.write(format!("lib/{number}/LICENSE"), "free");
    });
    repo.write("filters.yaml", &file).write("a/x", "of a").write("b/x", "of b").write("gone/x", "of gone");
    repo.commit("base");
    repo.git(["mv", "a", "new-a"]);
    repo.git(["mv", "b", "new-b"]);
    repo.git(["mv", "like-all", "new-all"]);
    repo.git(["rm", "-rq", "gone"]);
    repo.commit("moved");
    let plan = "plan --base HEAD~1 --head HEAD --dead warn --unmatched ignore --direct";
    repo.rebake(plan.split(' ')).success().stderr(str![[r#"
warning[dead-filter]: the patterns of `a` match no tracked file, so nothing can ever affect it
 --> filters.yaml:2:27
  |
2 |   a: { path: a, filters: ["a/**"] }
  |                           ^^^^^^ matches nothing
  |
  = help: its files moved: write `new-a` for `a`

warning[dead-filter]: the patterns of `b` match no tracked file, so nothing can ever affect it
 --> filters.yaml:3:27
  |
3 |   b: { path: b, filters: ["b/**"] }
  |                           ^^^^^^ matches nothing
  |
  = help: its files moved: write `new-b` for `b`

warning[dead-filter]: the patterns of `gone` match no tracked file, so nothing can ever affect it
 --> filters.yaml:4:33
  |
4 |   gone: { path: gone, filters: ["gone/**"] }
  |                                 ^^^^^^^^^ matches nothing
  |
  = help: correct the patterns, or remove the service; with `--dead allow` this is no error

warning[dead-filter]: the patterns of `like-all` match no tracked file, so nothing can ever affect it
 --> filters.yaml:5:41
  |
5 |   like-all: { path: like-all, filters: ["like-all/**"] }
  |                                         ^^^^^^^^^^^^^ matches nothing
  |
  = help: correct the patterns, or remove the service; with `--dead allow` this is no error

"#]]);
}

/// A configuration over the paths of random trees.
fn random_config(random: &mut Random) -> String {
    // Every other configuration has no status words.
    let words = if random.one_in(2) { 9 } else { 7 };
    let patterns = ["a/**", "**/b", "A/**", "a", "!**/a.b", "'*'", "a0/*", "{added: 'b/**'}", "{deleted: '!a/**'}"];
    let built = ["run: x", "dockerfile: /A", "dockerfile: /a0, context: /a", "builder: buildah, dockerfile: /--all"];
    let mut text = String::from("global: ['-x/**']\nservices:\n");
    for service in 0..6 {
        let mut filters = vec!["'**/a-b'".to_owned()];
        for _ in 0..=random.below(3) {
            let pattern = *random.pick(&patterns[..words]);
            filters.push(if pattern.starts_with(['{', '\'']) { pattern.to_owned() } else { format!("'{pattern}'") });
        }
        let depends =
            if service > 0 && random.one_in(3) { format!("[s{}]", random.below(service)) } else { "[]".to_owned() };
        let global = !random.one_in(3);
        let filters = filters.join(", ");
        let _ = writeln!(
            text,
            "  s{service}: {{ filters: [{filters}], depends_on: {depends}, global: {global}, {} }}",
            random.pick(&built)
        );
    }
    text
}

fn texts(repo: &Repo, file: &ConfigFile, config: &Config, commit: &CommitId) -> Vec<String> {
    let services: Vec<_> = config.graph.services().collect();
    let none = ChangeSet::default();
    let moment = Moment { commit, on_top: &none, files: Listed::InPart };
    let snapshot = Snapshot::read(&repo.open(), file, config, &services, moment).unwrap();
    let content = snapshot.content(config);
    let found = Fingerprints::of(&content, &services);
    services.iter().map(|service| found.get(*service).unwrap().to_string()).collect()
}

#[test]
fn affected_exactly_where_the_fingerprint_differs() {
    for_seeds(6, |random: &mut Random| {
        let repo = Repo::new();
        let text = random_config(random);
        let file = ConfigFile {
            name: "f.yaml".into(),
            bytes: text.clone().into(),
            in_repository: None,
            options: Options::default(),
            discovery: Discovery::default(),
            lockfiles: LockfileCache::default(),
        };
        let config = checked(&file);
        let mut history = History::default();
        let mut files = Files::default();
        for time in 0..15 {
            files.mutate(random);
            if random.one_in(3) {
                files.insert(random.pick(&["A", "a0", "--all"]).as_bytes(), Mode::File, random.below(9).to_string());
            }
            history.commit(&files, &[], time);
        }
        let commits = history.import(&repo);
        let (mut seen, mut inputs) = ([0, 0], 0);
        for pair in commits.windows(2) {
            let compare = Compare::Revision(base::End { revision: pair[0].to_string(), from: base::From::Base });
            let base = base::RangeRequest { head: Some(pair[1].to_string()), compare, default_branch: None };
            let request = Request { base, dead: rebake::plan::pipeline::Dead::Allow, ..Request::default() };
            let planned = plan(
                &WorkspaceView { repository: &repo.open(), file: &file, config: &config, trigger: &Trigger::local() },
                &request,
                &mut |_| {},
            )
            .unwrap()
            .plan;
            let causes = || planned.services.iter().flat_map(|service| &service.causes);
            inputs += causes().filter(|cause| cause.at.is_some() && cause.pattern.is_none()).count();
            let (before, after) = (texts(&repo, &file, &config, &pair[0]), texts(&repo, &file, &config, &pair[1]));
            for (at, name) in config.services.keys().enumerate() {
                let affected = planned.service(name.as_str()).is_some();
                let differs = before[at] != after[at];
                seen[usize::from(affected)] += 1;
                // A status word can leave a change out that the content shows; nothing can affect without it.
                assert!(!affected || differs, "{name} is affected, and has the same fingerprint\n{text}");
                let words = text.lines().any(|line| line.contains("added") || line.contains("deleted"));
                assert!(affected || !differs || words, "{name} is not affected, and its fingerprint differs\n{text}");
            }
        }
        assert!(seen.iter().all(|count| *count > 0) && inputs > 0, "{seen:?} {inputs}");
    });
}

/// What a random service of the structured shape looks out for: whole directories, parts, exclusions, nested ones.
fn random_patterns(random: &mut Random) -> String {
    let patterns =
        ["**", "a/**", "a/b/**", "A/**", "b/**", "a", "a/b", "a/*", "**/b", "*/a/**", "a0/a.b", "-x/**", "a/**/*.b"];
    let excluded = ["a/b/**", "a/b", "**/a.b", "a/a/b/**", "b/*", "A/**", "**/a/**", "a0/**"];
    let mut list = Vec::new();
    for _ in 0..=random.below(3) {
        list.push(format!("\"{}\"", random.pick(&patterns)));
        if random.one_in(3) {
            list.push(format!("\"!{}\"", random.pick(&excluded)));
        }
    }
    let exclude = if random.one_in(3) { format!(", exclude: [\"{}\"]", random.pick(&excluded)) } else { String::new() };
    format!("filters: [{}]{exclude}, global: {}", list.join(", "), random.one_in(2))
}

/// Whether a path has a line break, which no `**` of a flat file takes.
fn has_line_break(path: &[u8]) -> bool {
    path.contains(&b'\n')
}

#[test]
fn fingerprints_are_equal_exactly_where_all_that_belongs_is_equal() {
    let wholes = Cell::new(0);
    for_seeds(12, |random: &mut Random| {
        let repo = Repo::new();
        let is_flat = random.one_in(4);
        let mut text = if is_flat { String::new() } else { "global: [b/a/**, A]\nservices:\n".to_owned() };
        for service in 0..8 {
            if is_flat {
                let patterns = ["a/**", "a/b/**", "**", "b", "**/a.b", "-x/**", "!a/**"];
                let _ = writeln!(text, "s{service}: [\"{}\", \"{}\"]", random.pick(&patterns), random.pick(&patterns));
            } else {
                let _ = writeln!(text, "  s{service}: {{ path: p{service}, {} }}", random_patterns(random));
            }
        }
        let file = ConfigFile {
            name: "f.yaml".into(),
            bytes: text.clone().into(),
            in_repository: None,
            options: Options::default(),
            discovery: Discovery::default(),
            lockfiles: LockfileCache::default(),
        };
        let config = checked(&file);
        let (mut history, mut files) = (History::default(), Files::default());
        let mut before = files.clone();
        for time in 0..20 {
            // What comes back is equal again.
            if random.one_in(4) {
                files = before.clone();
            }
            before = files.clone();
            files.mutate(random);
            history.commit(&files, &[], time);
        }
        let git = repo.open();
        let commits = history.import(&repo);
        let services: Vec<_> = config.graph.services().collect();
        let none = ChangeSet::default();
        let seen: Vec<Vec<(String, Vec<String>)>> = commits
            .iter()
            .map(|commit| {
                let all = git.entries(commit).unwrap();
                let found = members(&config.filters, all.len(), |at| (all.get(at).path, all.get(at).extent()));
                let moment = Moment { commit, on_top: &none, files: Listed::InPart };
                let snapshot = Snapshot::read(&git, &file, &config, &services, moment).unwrap();
                let content = snapshot.content(&config);
                let prints = Fingerprints::of(&content, &services);
                let of_service = |service: &ServiceId| {
                    let definition = &config.services[service.0];
                    let global = (definition.global == Global::Affects).then_some(config.global);
                    let filters = definition.own_filters().chain(global);
                    let positions: BTreeSet<usize> = filters.flat_map(|filter| found.of(filter)).copied().collect();
                    let broken = |at: &usize| is_flat && has_line_break(all.get(*at).path);
                    let belongs = positions.into_iter().filter(|at| !broken(at)).map(|at| format!("{:?}", all.get(at)));
                    let whole = prints.records(*service).filter(|record| matches!(record, HashInput::Directory(_)));
                    wholes.set(wholes.get() + whole.count());
                    // Whoever else is asked about changes nothing.
                    let alone = Snapshot::read(&git, &file, &config, &[*service], moment).unwrap();
                    let content = alone.content(&config);
                    let alone = Fingerprints::of(&content, &[*service]);
                    assert!(alone.records(*service).eq(prints.records(*service)), "s{}\n{text}", service.0);
                    (prints.get(*service).unwrap().to_string(), belongs.collect())
                };
                services.iter().map(of_service).collect()
            })
            .collect();
        for (one, other) in seen.iter().flat_map(|one| seen.iter().map(move |other| (one, other))) {
            for (at, ((print, belongs), (other_print, other_belongs))) in one.iter().zip(other).enumerate() {
                assert!(belongs == other_belongs || print != other_print, "s{at}: another content\n{text}");
                // With a directory a flat file takes what has a line break in its name.
                assert!(is_flat || belongs != other_belongs || print == other_print, "s{at}: the same content\n{text}");
            }
        }
    });
    assert!(wholes.get() > 100, "{}", wholes.get());
}

/// Returns the configuration in a file that names no ecosystem.
fn checked(file: &ConfigFile) -> Config {
    let text = String::from_utf8_lossy(&file.bytes);
    let source = SourceFile::new(&*file.name, &*text);
    let checked = config::parse(&source, file.options, &Discovered::default());
    checked.unwrap_or_else(|problems| panic!("{text}\n{problems:?}")).0
}

/// How many directories are read for the fingerprints of all services.
fn read(repo: &Repo, services: &str) -> usize {
    let bytes = format!("services:\n{services}").into_bytes();
    let file = ConfigFile {
        name: "f.yaml".into(),
        bytes,
        in_repository: None,
        options: Options::default(),
        discovery: Discovery::default(),
        lockfiles: LockfileCache::default(),
    };
    let config = checked(&file);
    let services: Vec<_> = config.graph.services().collect();
    let (head, none) = (repo.git(["rev-parse", "HEAD"]).parse().unwrap(), ChangeSet::default());
    let moment = Moment { commit: &head, on_top: &none, files: Listed::InPart };
    Snapshot::read(&repo.open(), &file, &config, &services, moment).unwrap().directories_read()
}

#[test]
fn what_is_taken_whole_is_not_read() {
    let repo = Repo::new();
    let mut all = String::new();
    for service in 0..20 {
        for file in ["src/a.rs", "src/deep/b.rs", "gen/c/d", "README.md"] {
            repo.write(format!("services/s{service}/{file}"), "x");
        }
        let _ = writeln!(all, "  s{service}: {{ path: services/s{service} }}");
    }
    repo.write("libs/a/b", "").write("libs/c/d/e", "").write("Cargo.lock", "").commit("first");
    assert_eq!(read(&repo, &all), 2, "the root and the directory of the services");
    assert_eq!(read(&repo, "  a: { filters: [libs/**, Cargo.lock] }\n"), 1);
    assert_eq!(read(&repo, "  a: { filters: ['**'] }\n"), 0);
    assert_eq!(read(&repo, "  a: { filters: [Cargo.lock] }\n"), 1);
    assert_eq!(read(&repo, "  a: { filters: [services/s1/**], exclude: [libs/**, services/s2/**/*.md] }\n"), 2);
    let split = "  a: { filters: [services/s1/**], exclude: [services/s1/gen/**] }\n";
    assert_eq!(read(&repo, split), 3, "of the service its own directory alone");
    let partly = "  a: { filters: [services/s1/**], exclude: ['**/*.md'] }\n";
    assert_eq!(read(&repo, partly), 7, "all of the service, and nothing else");
    assert_eq!(read(&repo, "  a: { filters: ['services/s1/**', 'services/s1/src/*.rs'] }\n"), 2);
}
