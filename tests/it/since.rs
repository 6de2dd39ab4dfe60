//! Services with bases of their own, and a model of what was built.

use std::fmt::Write as _;

use std::collections::{BTreeMap, BTreeSet};

use rebake::analysis::base::{self, Compare, Since};
use rebake::inputs::trigger::Trigger;
use rebake::model::built_ref;
use rebake::model::name::CommitId;
use rebake::model::tree::Mode;
use rebake::plan::pipeline::{ConfigFile, Dead, Planned, Request, Unmatched, WorkspaceView, plan};
use snapbox::str;

use crate::history::{Files, History};
use crate::on_github::{causes, doubts, plan as plan_of};
use crate::random::{Random, for_seeds};
use crate::remote;
use crate::repo::Repo;

const CONFIG: &str = "\
services:
  api: { path: api, depends_on: [lib] }
  lib: { path: lib }
  web: { path: web }
";

fn repo() -> Repo {
    let repo = Repo::new();
    repo.write("filters.yaml", CONFIG).write("api/x", "").write("lib/x", "").write("web/x", "");
    repo.commit("first");
    repo
}

fn since(repo: &Repo, what: &str) -> crate::repo::Run {
    repo.rebake(["plan", "--since", what, "--head", "HEAD"]).success()
}

#[test]
fn a_failed_build_stays_due_whatever_is_pushed_meanwhile() {
    let repo = repo();
    since(&repo, "built").stdout(str![[r#"
5791a07: each service since it was last built
environment local

SERVICE  VERSION             WHY
lib      0.0.0-0001-5791a07  never built
api      0.0.0-0001-5791a07  never built
                             depends on lib
web      0.0.0-0001-5791a07  never built

3 of 3 services to rebuild, in 2 levels.

"#]]);
    repo.rebake(["record", "api", "lib", "web"]).success();
    since(&repo, "built").stdout(str![[r#"
5791a07: each service since it was last built
environment local

Nothing to rebuild: none of 3 services is affected.

"#]]);
    // The build of `web` fails; the next commit is about something else.
    repo.write("web/x", "broken").commit("web");
    repo.write("lib/x", "1").commit("lib");
    repo.rebake(["record", "lib"]).success();
    // `lib` is done, and `api` was built from the lib before it.
    since(&repo, "built").stdout(str![[r#"
91baf0c: each service since it was last built
environment local

SERVICE  VERSION             WHY
api      0.0.0-0003-91baf0c  depends on lib
web      0.0.0-0003-91baf0c  web/x modified, matches web/**  filters.yaml:4:16

2 of 3 services to rebuild.

"#]]);
}

#[test]
fn a_record_of_a_commit_that_is_gone_means_affected() {
    let repo = repo();
    repo.rebake(["record", "api", "lib", "web"]).success();
    let name = repo.dir().join(".git").join(built_ref::reference("local", "web"));
    std::fs::write(name, format!("{}\n", "12".repeat(20))).unwrap();
    let plan = repo.rebake(["plan", "--since", "built", "--head", "HEAD", "--strict"]).failure(3);
    plan.stdout(str![[r#"
5791a07: each service since it was last built
environment local

SERVICE  VERSION             WHY
web      0.0.0-0001-5791a07  the base is out of reach

1 of 3 services to rebuild.

"#]])
        .stderr(str![[r#"
warning[degraded]: `web` was last built at 1212121, which is not in this clone; so it counts as affected
 |
 = help: fetch it: `git fetch origin 1212121212121212121212121212121212121212`; a force-push may have dropped it

"#]]);
}

#[test]
fn records_are_those_of_all_runners_and_of_one_environment() {
    let origin = repo();
    let bare = origin.clone_with(["--bare"]);
    let [one, other] = [bare.clone_with([]), bare.clone_with([])];
    one.rebake(["record", "api", "lib", "web", "--environment=staging", "--push"]).success();
    let due = |environment: &str, fetch: &str| {
        let arguments = ["plan", "--since=built", "--head=HEAD", "--style=sha", "--format=names", environment, fetch];
        other.rebake(arguments).success().text().replace('\n', " ")
    };
    assert_eq!(due("--environment=staging", "--no-fetch"), "lib api web ");
    assert_eq!(due("--environment=production", "--fetch"), "lib api web ");
    assert_eq!(due("--environment=staging", "--fetch"), "");
    assert_eq!(due("--environment=production", "--no-fetch"), "lib api web ");
    // What was fetched stays.
    assert_eq!(due("--environment=staging", "--no-fetch"), "");
}

#[test]
fn built_refs_that_may_be_stale_are_a_doubt() {
    let origin = repo();
    let bare = origin.clone_with(["--bare"]);
    let clone = bare.clone_with([]);
    clone.rebake(["record", "api", "lib", "web", "--environment=staging", "--push"]).success();
    let plan = |more: &[&str]| {
        let plan = ["plan", "--since=built", "--head=HEAD", "--style=sha", "--format=names", "--environment=staging"];
        clone.rebake([&plan, more].concat())
    };
    plan(&["--fetch", "--strict"]).success().stdout("");
    clone.git(["remote", "set-url", "origin", &remote::unreachable()]);
    let run = plan(&["--fetch"]).success().stdout("lib\napi\nweb\n");
    let said = String::from_utf8(run.stderr).unwrap();
    assert!(
        said.contains("warning[degraded]: the built refs cannot be fetched, and those of this clone may be older"),
        "{said}"
    );
    assert!(said.contains("warning[not-fetched]"), "{said}");
    plan(&["--fetch", "--strict"]).failure(3);
    // What may not be fetched, and what is nowhere else, is what is here.
    plan(&["--no-fetch", "--strict"]).success().stdout("");
    clone.git(["remote", "remove", "origin"]);
    plan(&["--fetch"]).success().stdout("");
}

#[test]
fn a_built_ref_that_the_remote_has_no_more_is_a_doubt_in_ci() {
    let bare = repo().clone_with(["--bare"]);
    let clone = bare.clone_with([]);
    clone.rebake(["record", "api", "lib", "web", "--environment=staging", "--push"]).success();
    bare.git(["update-ref", "-d", "refs/rebake/built/staging/api"]);
    let plan = |clone: &Repo, ci: &str, more: &[&str]| {
        let plan = ["plan", "--since=built", "--head=HEAD", "--style=sha", "--format=names", "--environment=staging"];
        clone.rebake([&plan, more].concat()).env("CI", ci)
    };
    let fresh = bare.clone_with([]);
    plan(&fresh, "true", &[]).success().stdout("api\n");
    let run = plan(&clone, "true", &[]).success().stdout("api\n");
    let said = String::from_utf8(run.stderr).unwrap();
    assert!(said.contains("the remote does not have refs/rebake/built/staging/api"), "{said}");
    plan(&clone, "true", &["--strict"]).failure(3);
    // Nothing is deleted: what is here may not have been sent yet. At a terminal somebody may be about to.
    plan(&clone, "", &["--fetch"]).success().stdout("");
    plan(&clone, "true", &["--no-fetch"]).success().stdout("");
    // All of them.
    for service in ["lib", "web"] {
        bare.git(["update-ref", "-d", &format!("refs/rebake/built/staging/{service}")]);
    }
    plan(&clone, "true", &[]).success().stdout("lib\napi\nweb\n");
    // The next record mends it.
    clone.rebake(["record", "api", "lib", "web", "--environment=staging", "--push"]).success();
    plan(&clone, "true", &["--strict"]).success().stdout("");
}

#[test]
fn each_service_counts_from_its_own_release() {
    let repo = repo();
    repo.annotated_tag("api@1.0.0").tag("lib@1.0.0");
    repo.write("web/x", "1").commit("web");
    repo.tag("web@2.0.0");
    repo.write("lib/x", "1").commit("lib");
    repo.tag("lib@1.1.0");
    since(&repo, "release").stdout(str![[r#"
7b204b8: each service since its own release
environment local

SERVICE  VERSION             WHY
api      1.0.0-0002-7b204b8  depends on lib

1 of 3 services to rebuild.

"#]]);
    let json = repo.rebake(["plan", "--since", "release", "--head", "HEAD", "--format", "json"]).success();
    let plan: serde_json::Value = serde_json::from_slice(&json.stdout).unwrap();
    assert_eq!(plan["services"][0]["base"]["commit"], repo.id("api@1.0.0").to_string());
    assert_eq!(plan["services"][0]["base"]["source"], "its release api@1.0.0");
}

/// A workspace that last saw its remote before `api` was released with a change that is taken back since.
fn released_elsewhere() -> (Repo, Repo) {
    let source = repo();
    source.tag("api@1.0.0").tag("lib@1.0.0").tag("web@1.0.0");
    let remote = source.clone_with(["--bare"]);
    let workspace = remote.clone_with([]);
    source.git(["remote", "add", "origin", remote.dir().to_str().unwrap()]);
    source.write("api/x", "1").commit("a change");
    source.annotated_tag("api@1.1.0");
    source.write("api/x", "").commit("taken back");
    source.git(["push", "--quiet", "origin", "main", "--tags"]);
    // As runners fetch.
    workspace.git(["fetch", "--quiet", "--no-tags", "origin", "main"]);
    workspace.git(["checkout", "--quiet", "--detach", "FETCH_HEAD"]);
    (remote, workspace)
}

fn since_release_in_ci(workspace: &Repo, args: &[&str]) -> crate::repo::Rebake {
    let plan = ["plan", "--since", "release", "--environment", "local", "--style", "sha", "--format", "json"];
    workspace.rebake([&plan, args].concat()).env("CI", "true")
}

#[test]
fn releases_that_only_the_remote_has_are_fetched() {
    let (_, workspace) = released_elsewhere();
    let run = since_release_in_ci(&workspace, &["--no-fetch"]).success();
    assert_eq!(causes(&run), [""; 0]);
    let run = since_release_in_ci(&workspace, &[]).success().stderr("");
    assert_eq!(causes(&run), ["api: file api/x"]);
    assert_eq!(plan_of(&run)["services"][0]["base"]["source"], "its release api@1.1.0");
    assert_eq!(doubts(&run), [""; 0]);
    // One that another history has says nothing of this one, and brings none of it.
    let (remote, workspace) = released_elsewhere();
    let other = remote.git(["commit-tree", "-m", "other", "main^{tree}"]);
    remote.git(["tag", "web@9.0.0", &other]);
    assert_eq!(causes(&since_release_in_ci(&workspace, &[]).success()), ["api: file api/x"]);
    workspace.git_fails(["cat-file", "-e", &other]);
}

#[test]
fn tags_that_may_be_stale_are_a_doubt() {
    let (_, workspace) = released_elsewhere();
    workspace.git(["remote", "set-url", "origin", &remote::unreachable()]);
    let run = since_release_in_ci(&workspace, &[]).success();
    assert_eq!(
        causes(&run),
        ["lib: base-unreachable", "api: base-unreachable, dependency lib", "web: base-unreachable"]
    );
    let said = String::from_utf8(run.stderr).unwrap();
    assert!(said.contains("the tags cannot be fetched, and those of this clone may be older"), "{said}");
    assert!(said.contains("warning[not-fetched]: the tags cannot be fetched from `origin`: "), "{said}");
}

#[test]
fn a_release_that_stands_elsewhere_at_the_remote_is_a_doubt() {
    let (_, workspace) = released_elsewhere();
    workspace.git(["tag", "--force", "web@1.0.0", "HEAD"]);
    // What moves by itself is no release.
    workspace.tag("latest");
    let run = since_release_in_ci(&workspace, &[]).success();
    assert_eq!(causes(&run), ["api: file api/x", "web: base-unreachable"]);
    let degraded = plan_of(&run)["degraded"][0]["message"].as_str().unwrap().to_owned();
    let expected = "the tag web@1.0.0 points to another commit in this clone than on the remote, so the newest release of `web` is \
                    not known, and it counts as affected";
    assert_eq!(degraded, expected);
    // One that the remote has deleted.
    let (_, workspace) = released_elsewhere();
    workspace.tag("web@2.0.0");
    assert_eq!(causes(&since_release_in_ci(&workspace, &[]).success()), ["api: file api/x", "web: base-unreachable"]);
    // At a keyboard it may be about to be sent.
    let plan = ["plan", "--since=release", "--fetch", "--style=sha", "--format=json"];
    assert_eq!(causes(&workspace.rebake(plan).success()), ["api: file api/x"]);
}

const SERVICES: usize = 20;

/// What a commit of the model holds, in the model's own words.
#[derive(Clone, Default)]
struct World {
    /// Files by service, and what is shared.
    files: BTreeMap<String, String>,
    /// The part of each definition that counts.
    target: BTreeMap<usize, String>,
    depends_on: BTreeMap<usize, BTreeSet<usize>>,
    /// What does not count.
    comment: usize,
}

impl World {
    fn edit(&mut self, random: &mut Random) {
        let service = random.below(SERVICES);
        match random.below(12) {
            0 => _ = self.target.insert(service, format!("t{}", random.below(3))),
            1 => self.comment += 1,
            2 if service > 0 => {
                let dependency = random.below(service);
                let all = self.depends_on.entry(service).or_default();
                if !all.remove(&dependency) {
                    all.insert(dependency);
                }
            }
            3 => _ = self.files.insert("shared/x".into(), random.below(3).to_string()),
            4 => _ = self.files.insert("elsewhere".into(), random.below(3).to_string()),
            5 => _ = self.files.remove(&format!("s{service}/b")),
            _ => {
                let name = *random.pick(&["a", "b", "c/d"]);
                self.files.insert(format!("s{service}/{name}"), random.below(4).to_string());
            }
        }
    }

    /// All that the result of a service's build comes from.
    fn content(&self, service: usize) -> String {
        let own =
            |path: &str| path.starts_with(&format!("s{service}/")) || (service.is_multiple_of(5) && path == "shared/x");
        let files: Vec<_> = self.files.iter().filter(|(path, _)| own(path)).collect();
        let built_from: Vec<_> =
            self.built_from(service).map(|dependency| (dependency, self.content(dependency))).collect();
        format!("{files:?} {:?} {built_from:?}", self.target.get(&service))
    }

    fn built_from(&self, service: usize) -> impl Iterator<Item = usize> {
        self.depends_on.get(&service).into_iter().flatten().copied()
    }

    fn files(&self) -> Files {
        let mut files = Files::default();
        for (path, content) in &self.files {
            files.insert(path.as_bytes(), Mode::File, content.clone());
        }
        let mut config = format!("# {}\nservices:\n", self.comment);
        for service in 0..SERVICES {
            let shared = if service.is_multiple_of(5) { ", shared/*" } else { "" };
            let target = self.target.get(&service).map(|target| format!(", target: {target}")).unwrap_or_default();
            let depends: Vec<String> = self.built_from(service).map(|dependency| format!("s{dependency}")).collect();
            let depends = depends.join(", ");
            let _ = writeln!(
                config,
                "  s{service}: {{ path: s{service}, filters: ['s{service}/**'{shared}], depends_on: [{depends}]{target} }}"
            );
        }
        files.insert(b"filters.yaml", Mode::File, config);
        files
    }
}

fn since_built(repo: &Repo, head: &CommitId) -> Planned {
    let repository = repo.open();
    let file = ConfigFile::find(&repository, None, repo.dir(), Some(head)).unwrap();
    let (file, checked) = file.check(&repository, Some(head)).unwrap();
    let config = checked.unwrap().0;
    let base = base::RangeRequest {
        head: Some(head.to_string()),
        compare: Compare::Since(Since::Built),
        default_branch: None,
    };
    let request = Request { base, dead: Dead::Allow, unmatched: Unmatched::Ignore, ..Request::default() };
    plan(
        &WorkspaceView { repository: &repository, file: &file, config: &config, trigger: &Trigger::local() },
        &request,
        &mut |_| {},
    )
    .unwrap()
}

/// Forty steps a seed; `REBAKE_SEED=0..50` makes it two thousand.
#[test]
fn what_differs_from_what_was_built_is_planned() {
    for_seeds(2, |random: &mut Random| {
        let repo = Repo::new();
        let mut history = History::default();
        let mut worlds: Vec<World> = Vec::new();
        let mut heads = Vec::new();
        for step in 0..40 {
            // A force-push drops the last few commits for a new one.
            let parent = heads
                .last()
                .copied()
                .map(|last: usize| if random.one_in(6) { last.saturating_sub(1 + random.below(4)) } else { last });
            let mut world = parent.map_or_else(World::default, |parent| worlds[parent].clone());
            (0..=random.below(3)).for_each(|_| world.edit(random));
            let parents: Vec<usize> = parent.into_iter().collect();
            heads.push(history.commit(&world.files(), &parents, step));
            worlds.push(world);
        }
        let commits = history.import(&repo);
        let mut built: BTreeMap<usize, String> = BTreeMap::new();
        let mut planned_some = 0;
        for (world, head) in worlds.iter().zip(&commits) {
            let planned = since_built(&repo, head);
            let mut expected: BTreeSet<usize> =
                (0..SERVICES).filter(|service| built.get(service) != Some(&world.content(*service))).collect();
            // What is rebuilt is rebuilt with all that is built from it. Dependencies stand before dependents.
            for service in 0..SERVICES {
                if world.built_from(service).any(|dependency| expected.contains(&dependency)) {
                    expected.insert(service);
                }
            }
            let found: BTreeSet<usize> =
                planned.plan.services.iter().map(|service| service.service[1..].parse().unwrap()).collect();
            assert_eq!(found, expected, "at {head}");
            planned_some += usize::from(found.len() < SERVICES && !found.is_empty());
            let records = repo.open().refs_below(built_ref::PREFIX).unwrap();
            let bases: BTreeSet<CommitId> = records.into_values().collect();
            assert!(
                planned.work.tree_diffs <= bases.len(),
                "{} diffs for {} bases",
                planned.work.tree_diffs,
                bases.len()
            );
            // The run: some builds fail, some runs are cancelled half-way.
            let cancelled_after = if random.one_in(4) { random.below(found.len() + 1) } else { found.len() };
            for service in found.into_iter().take(cancelled_after) {
                if !random.one_in(5) {
                    let reference = built_ref::reference("local", &format!("s{service}"));
                    repo.open().put_refs(&[(reference, *head)]).unwrap();
                    built.insert(service, world.content(service));
                }
            }
        }
        assert!(planned_some > 10, "{planned_some}");
    });
}

/// Each service has a base of its own, and a thousand files changed since: of these it keeps its own.
#[test]
fn many_bases_keep_no_more_changes_than_the_plan_names() {
    const SERVICES: usize = 20;
    const FILES: usize = 50;
    let repo = Repo::new();
    let mut config = "filters:\n  every: [\"**\"]\nservices:\n  base: { path: base }\n".to_owned();
    for n in 0..SERVICES {
        writeln!(config, "  s{n}: {{ path: s{n}, depends_on: [base] }}").unwrap();
    }
    repo.write("filters.yaml", config);
    let write_all = |content: &str| {
        for n in 0..SERVICES * FILES {
            repo.write(format!("s{}/f{n}", n % SERVICES), content);
        }
    };
    write_all("1");
    repo.write("base/x", "1").commit("first");
    for n in 0..SERVICES {
        repo.write("other", n.to_string()).commit("another");
        let name = built_ref::reference("local", &format!("s{n}"));
        repo.open().put_refs(&[(name, repo.id("HEAD"))]).unwrap();
    }
    repo.open().put_refs(&[(built_ref::reference("local", "base"), repo.id("HEAD"))]).unwrap();
    write_all("2");
    (0..FILES).for_each(|n| _ = repo.write(format!("base/f{n}"), "").write(format!("unowned/f{n}"), ""));
    let head = repo.commit("last");
    let planned = since_built(&repo, &head);
    assert_eq!(planned.plan.services.len(), SERVICES + 1);
    for service in &planned.plan.services[1..] {
        let files = service.causes.iter().filter(|cause| cause.path.is_some()).count();
        assert_eq!((files, service.causes.len()), (FILES, FILES + 1), "its files, and what it is built from");
    }
    let all = SERVICES * FILES + 2 * FILES + 1;
    assert_eq!(planned.changes.as_slice().len(), all);
    assert_eq!(planned.plan.filters["every"].len(), all);
    // Each change once for whom it concerns, and one of `base` for each service.
    let most = all + SERVICES * (FILES + 1);
    assert!(
        planned.work.kept <= most,
        "{} changes were kept, of {} that were found",
        planned.work.kept,
        all * SERVICES
    );
}

/// One command serves a workflow's pushes, its release tags and its runs by hand.
#[test]
fn what_names_its_services_needs_no_base_of_their_own() {
    let repo = repo();
    repo.tag("api@1.0.0");
    let services = |run: crate::repo::Rebake| run.success().text();
    let on = |name: &str, reference: &str| {
        let event = repo.dir().with_extension("event.json");
        let said = r#"{"inputs": {"service": "web"}, "repository": {"default_branch": "main"}}"#;
        std::fs::write(&event, said).unwrap();
        repo.rebake(["plan", "--since", "built", "--format", "names"])
            .env("GITHUB_ACTIONS", "true")
            .env("GITHUB_EVENT_NAME", name)
            .env("GITHUB_REF", reference)
            .env("GITHUB_EVENT_PATH", event)
    };
    assert_eq!(services(on("push", "refs/heads/main")), "lib\napi\nweb\n");
    assert_eq!(services(on("push", "refs/tags/api@1.0.0")), "api\n");
    assert_eq!(services(on("workflow_dispatch", "refs/heads/main")), "web\n");
}
