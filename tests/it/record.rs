//! Built refs: what a run may write down, here and on a remote that others write to at the same time.

use snapbox::str;

use crate::on_github::{causes, doubts};
use crate::repo::Repo;

const CONFIG: &str = "services:\n  api: { path: api }\n  acme/web: { path: web }\n  acme: { path: a }\n";

/// A repository with this many commits, oldest first.
fn repo(commits: usize) -> (Repo, Vec<String>) {
    let repo = Repo::new();
    repo.write("filters.yaml", CONFIG).write("api/x", "").write("web/x", "").write("a/x", "");
    let ids = (0..commits).map(|n| repo.write("api/n", n.to_string()).commit("next").to_string()).collect();
    (repo, ids)
}

/// A repository whose services write what they read into `.git/has`, `b` also what there is of `a`. Each commit gives `a`
/// and `b` new content.
fn builds(commits: &[(&str, &str)]) -> (Repo, Vec<String>) {
    let repo = Repo::new();
    let config = "services:\n  a: { path: a, run: sh build.sh }\n  b: { path: b, run: sh build.sh, depends_on: [a] }\n";
    repo.write("filters.yaml", config);
    repo.write("a/build.sh", "mkdir -p ../.git/has; cat x > ../.git/has/a\n. ./then.sh");
    repo.write("b/build.sh", "cat x ../.git/has/a > ../.git/has/b\n. ./then.sh");
    repo.write("a/then.sh", "").write("b/then.sh", "");
    let commit = |(a, b): &(&str, &str)| repo.write("a/x", a).write("b/x", b).commit("next").to_string();
    let ids = commits.iter().map(commit).collect();
    (repo, ids)
}

fn has(repo: &Repo, service: &str) -> String {
    std::fs::read_to_string(repo.dir().join(".git/has").join(service)).unwrap()
}

fn due(repo: &Repo) -> String {
    let plan = ["plan", "--since", "built", "--head", "HEAD", "--format", "names"];
    repo.rebake(plan).success().text().trim().replace('\n', " ")
}

fn reset(repo: &Repo, commit: &str) {
    repo.git(["reset", "--quiet", "--hard", commit]);
}

const BUILD: [&str; 4] = ["build", "--since", "built", "--record"];

#[test]
fn a_record_by_hand_moves_forward_only() {
    let (repo, ids) = repo(3);
    let record = |commit: &str| repo.rebake(["record", "api", "--commit", commit]);
    let at = || repo.git(["rev-parse", "refs/rebake/built/local/api"]);
    record(&ids[1]).success().stdout("").stderr("");
    assert_eq!(at(), ids[1]);
    record(&ids[2]).success().stdout("").stderr("");
    record(&ids[2]).success().stdout("").stderr(str![[r#"
note[recorded-already]: built at ffa9713 in local already: `api`

"#]]);
    record(&ids[0]).success().stdout("").stderr(str![[r#"
warning[superseded]: a later commit than b9f2bf0 was built in local, so these built refs are not moved: `api` at ffa9713
 |
 = help: if the environment really went back to the earlier commit, give `--allow-older`

"#]]);
    assert_eq!(at(), ids[2], "a record that is further ahead wins");
    reset(&repo, &ids[0]);
    let rewritten = repo.write("api/n", "rewritten").commit("force-pushed").to_string();
    record(&rewritten).failure(3).stdout("").stderr(str![[r#"
error[built-elsewhere]: these built refs of local are neither where they were seen nor between that and c9d14ae, so they are not moved: `api` at ffa9713
 |
 = help: plan again; or, if the environment has this commit, give `--allow-older`

"#]]);
    assert_eq!(at(), ids[2]);
    repo.rebake(["record", "api", "--allow-older"]).success().stderr("");
    assert_eq!(at(), rewritten);
    repo.rebake(["record", "acme/web", "acme", "--environment", "production"]).success();
    repo.rebake(["record", "--list"]).success().stdout(str![[r#"
local	api	c9d14ae9645bdda50fa22b58e6918cfee7df43ae
production	acme	c9d14ae9645bdda50fa22b58e6918cfee7df43ae
production	acme/web	c9d14ae9645bdda50fa22b58e6918cfee7df43ae

"#]]);
    repo.rebake(["record", "--list", "--environment", "local"]).success().stdout(str![[r#"
local	api	c9d14ae9645bdda50fa22b58e6918cfee7df43ae

"#]]);
    repo.rebake(["record", "apy"]).failure(2);
    repo.rebake(["record", "api", "--environment", "nowhere"]).failure(2);
}

#[test]
fn after_a_rollback_that_was_built_rolling_forward_builds_again() {
    let (repo, ids) = builds(&[("good", "1"), ("bad", "1")]);
    let to = |commit: &str| {
        reset(&repo, commit);
        repo.rebake(BUILD).success().stderr("");
        assert_eq!(due(&repo), "");
        has(&repo, "a")
    };
    assert_eq!(to(&ids[0]), "good");
    assert_eq!(to(&ids[1]), "bad");
    assert_eq!(to(&ids[0]), "good");
    reset(&repo, &ids[1]);
    assert_eq!(due(&repo), "a b");
    assert_eq!(to(&ids[1]), "bad");
    // The same with everything asked for, and by a plan that another command made.
    reset(&repo, &ids[0]);
    repo.rebake(["build", "--all", "--record"]).success();
    assert_eq!((due(&repo), has(&repo, "a")), (String::new(), "good".to_owned()));
    reset(&repo, &ids[1]);
    let plan = repo.rebake(["plan", "--since", "built", "--format", "json"]).success().text();
    repo.write("../plan.json", plan);
    repo.rebake(["build", "--plan", "../plan.json", "--record"]).success();
    assert_eq!((due(&repo), has(&repo, "a")), (String::new(), "bad".to_owned()));
}

#[test]
fn a_record_by_hand_goes_back_from_where_its_plan_saw_the_built_ref() {
    let (repo, ids) = repo(2);
    repo.rebake(["record", "api", "acme/web", "acme"]).success();
    reset(&repo, &ids[0]);
    let plan = repo.rebake(["plan", "--since", "built", "--head", "HEAD", "--format", "json"]).success().text();
    let json: serde_json::Value = serde_json::from_str(&plan).unwrap();
    assert_eq!(json["built"], serde_json::json!({ "api": ids[1] }), "only of what the plan is about");
    repo.write("../plan.json", plan);
    // Whatever is checked out meanwhile.
    reset(&repo, &ids[1]);
    repo.rebake(["record", "api", "--plan", "../plan.json"]).success().stderr("");
    assert_eq!(repo.git(["rev-parse", "refs/rebake/built/local/api"]), ids[0]);
    assert_eq!(due(&repo), "api");
}

#[test]
fn what_stands_on_a_due_dependency_is_not_recorded() {
    let (repo, _) = builds(&[("old", "1"), ("new", "1")]);
    reset(&repo, "HEAD~1");
    repo.rebake(BUILD).success();
    reset(&repo, "ORIG_HEAD");
    let only = |service: &'static str| repo.rebake([&BUILD[..], &["--only", service]].concat()).success();
    only("b").stderr(str![[r#"
note[left-out]: the dependency `a` is affected, but not asked for, so it is left out
 |
 = help: without `--only`, `rebake build b` builds `b` and its affected dependencies
warning[not-recorded]: not recorded at 105c7e8 in local, since a dependency is due and was not built, or another run has built it: `b` depends on `a`
 |
 = help: build the two together; until then the service stays due

"#]]);
    only("a").stderr("");
    assert_eq!((has(&repo, "a").as_str(), has(&repo, "b").as_str()), ("new", "1old"));
    assert_eq!(due(&repo), "b");
    repo.rebake(["record", "b"]).success().stderr("");
    assert_eq!(due(&repo), "");
    // By hand, and by jobs that each build one service of a plan, it is the same.
    repo.write("a/x", "newer").commit("newer");
    let plan = repo.rebake(["plan", "--since", "built", "--format", "json"]).success().text();
    repo.write("../plan.json", plan);
    let not_recorded = |run: crate::repo::Run| String::from_utf8(run.stderr).unwrap().contains("`b` depends on `a`");
    assert!(not_recorded(repo.rebake(["record", "b"]).success()));
    assert!(not_recorded(repo.rebake(["record", "b", "--plan", "../plan.json"]).success()));
    let job = |service: &str| repo.rebake(["build", "--plan", "../plan.json", "--only", service, "--record"]).success();
    assert!(not_recorded(job("b")));
    assert!(!not_recorded(job("a")) && !not_recorded(job("b")));
    assert_eq!((due(&repo).as_str(), has(&repo, "b").as_str()), ("", "1newer"));
}

#[test]
fn what_a_build_left_that_was_not_recorded_is_not_taken_for_what_was_there_before() {
    let (repo, ids) = builds(&[("old", "1"), ("new", "2")]);
    reset(&repo, &ids[0]);
    repo.rebake(BUILD).success();
    // The build of `b` stands on the old `a`, and the commit is taken back.
    reset(&repo, &ids[1]);
    repo.rebake([&BUILD[..], &["--only", "b"]].concat()).success();
    assert_eq!(has(&repo, "b"), "2old");
    reset(&repo, &ids[0]);
    let plan = repo.rebake(["plan", "--since", "built", "--head", "HEAD"]).success();
    plan.stdout(str![[r#"
bed9941: each service since it was last built
environment local

SERVICE  VERSION             WHY
b        0.0.0-0001-bed9941  its last build was not recorded

1 of 2 services to rebuild.

"#]]);
    repo.rebake(BUILD).success();
    assert_eq!((due(&repo).as_str(), has(&repo, "b").as_str()), ("", "1old"));
    // The build of `a` fails after it has written, and so does what is killed.
    for end in ["exit 1", "sleep 60"] {
        repo.write("a/x", "broken").write("a/then.sh", end).commit("broken");
        if end == "exit 1" {
            repo.rebake(BUILD).failure(1);
        } else {
            let mut run = repo.rebake(BUILD).start();
            while has(&repo, "a") != "broken" {
                std::thread::sleep(std::time::Duration::from_millis(10));
            }
            run.kill().unwrap();
            run.wait().unwrap();
        }
        assert_eq!(has(&repo, "a"), "broken");
        reset(&repo, &ids[0]);
        assert_eq!(due(&repo), "a b");
        repo.rebake(BUILD).success();
        assert_eq!((due(&repo).as_str(), has(&repo, "a").as_str()), ("", "old"));
    }
}

#[test]
fn a_build_that_moves_head_is_not_recorded() {
    let (repo, ids) = builds(&[("old", "1")]);
    let commit = "git -c user.name=A -c user.email=a@b commit -qam two";
    repo.write("a/then.sh", format!("echo new > x; {commit}")).commit("moves");
    let head = repo.id("HEAD").to_string();
    repo.rebake(["build", "--all", "--record", "--only", "a"]).success();
    let refs = repo.git(["for-each-ref", "--format=%(refname)", "refs/rebake"]);
    assert_eq!(refs, "refs/rebake/begun/local/a");
    assert_eq!(has(&repo, "a"), "old");
    assert_eq!(due(&repo), "a b");
    assert_ne!(repo.id("HEAD").to_string(), head);
    assert_ne!(ids[0], head);
}

#[test]
fn a_run_that_a_later_one_has_overtaken_builds_nothing() {
    let (repo, ids) = builds(&[("one", "1"), ("two", "1")]);
    reset(&repo, &ids[0]);
    let plan = repo.rebake(["plan", "--since", "built", "--format", "json"]).success().text();
    repo.write("../plan.json", plan);
    reset(&repo, &ids[1]);
    repo.rebake(BUILD).success();
    reset(&repo, &ids[0]);
    let late = ["build", "--plan", "../plan.json", "--record", "--report", ".git/report.json", "--jobs", "1"];
    repo.rebake(late).success().stderr("").stdout(str![[r#"
7cd4ad8 and the work tree: each service since it was last built
2 services to build, for the environment local

a superseded: 817677d was built, which comes after this commit
b superseded: 817677d was built, which comes after this commit

2 superseded

"#]]);
    assert_eq!(has(&repo, "a"), "two");
    let report = std::fs::read_to_string(repo.dir().join(".git/report.json")).unwrap();
    assert!(report.contains(r#""outcome": "superseded""#), "{report}");
    reset(&repo, &ids[1]);
    assert_eq!(due(&repo), "");
    // Where it is meant, it goes back.
    reset(&repo, &ids[0]);
    repo.rebake([&late[..], &["--allow-older"]].concat()).success();
    assert_eq!((has(&repo, "a").as_str(), due(&repo).as_str()), ("one", ""));
    let report = std::fs::read_to_string(repo.dir().join(".git/report.json")).unwrap();
    assert!(report.contains(r#""record": "recorded""#), "{report}");
}

#[test]
fn a_run_whose_built_refs_were_moved_to_another_branch_builds_nothing() {
    let (repo, ids) = builds(&[("one", "1"), ("two", "1")]);
    let plan = repo.rebake(["plan", "--since", "built", "--format", "json"]).success().text();
    repo.write("../plan.json", plan);
    reset(&repo, &ids[0]);
    repo.write("a/x", "other").commit("another branch");
    repo.rebake(BUILD).success();
    reset(&repo, &ids[1]);
    repo.rebake(["build", "--plan", "../plan.json", "--record"]).failure(3).stdout("").stderr(str![[r#"
error[built-elsewhere]: these built refs of local are neither where they were seen nor between that and 817677d, so they are not moved: `a` at d1a04b4, `b` at d1a04b4
 |
 = help: plan again; or, if the environment has this commit, give `--allow-older`

"#]]);
    assert_eq!(has(&repo, "a"), "other");
    repo.rebake(BUILD).success();
    assert_eq!((has(&repo, "a").as_str(), due(&repo).as_str()), ("two", ""));
}

#[test]
fn an_environment_that_does_not_push_has_no_built_refs() {
    let (repo, _) = builds(&[("one", "1"), ("two", "1")]);
    let note = str![[r#"
note[not-recorded]: nothing is recorded: `preview` does not push, so it has no built refs

"#]];
    repo.rebake(["record", "a", "--environment", "preview"]).success().stderr(note.clone());
    repo.rebake(["build", "--all", "--record", "--environment", "preview"]).success().stderr(note);
    repo.rebake(["record", "--list"]).success().stdout("");
    // Its plans are since what the event says.
    let plan = ["plan", "--since", "built", "--environment", "preview"];
    repo.rebake(plan).success().stdout(str![[r#"
7cd4ad8..817677d and the work tree: the last commit, since nothing is ahead of main (`preview` does not push, so it has no built refs)
environment preview

SERVICE  VERSION             WHY
a        0.0.0-0002-817677d  a/x modified, matches a/**  filters.yaml:2:14
b        0.0.0-0002-817677d  depends on a

2 of 2 services to rebuild, in 2 levels.

"#]]);
}

#[test]
fn what_a_remote_did_not_take_is_noted_here_and_can_be_sent() {
    let (repo, ids) = builds(&[("one", "1"), ("two", "1")]);
    let build = ["build", "--all", "--record", "--environment=staging", "--push", "--output=failures", "--only=a"];
    let run = repo.rebake(build).failure(3);
    let said = String::from_utf8(run.stderr).unwrap();
    assert!(said.contains("warning[not-reached]") && said.contains("error[not-sent]"), "{said}");
    let list = repo.rebake(["record", "--list"]).success().text();
    assert_eq!(list, format!("staging\ta\t{}\n", ids[1]));
    // A failed build counts for more.
    repo.write("a/then.sh", "exit 1").commit("broken");
    repo.rebake(build).failure(1);
    // The advice works as soon as the remote is there.
    let origin = Repo::init(["--bare"]);
    repo.git(["remote", "add", "origin", origin.dir().to_str().unwrap()]);
    let advice = said.split("push them: `").nth(1).unwrap().split('`').next().unwrap();
    repo.git(advice.split(' ').skip(1));
    assert_eq!(origin.git(["rev-parse", "refs/rebake/built/staging/a"]), ids[1]);
    // Another runner has been there since: the advice takes nothing back.
    let run = repo.rebake(["record", "a", "--push", "--environment=staging", "--commit", &ids[0]]).success();
    assert!(String::from_utf8(run.stderr).unwrap().contains("warning[superseded]"));
}

/// A job behind those that build records what their reports have as built; the builds need not be allowed to.
#[test]
fn a_job_of_its_own_records_what_reports_say() {
    let (repo, ids) = builds(&[("one", "1")]);
    let origin = Repo::init(["--bare"]);
    repo.git(["remote", "add", "origin", origin.dir().to_str().unwrap()]);
    repo.write("b/then.sh", "exit 1").commit("broken");
    let plan = repo.rebake(["plan", "--since", "built", "--format", "json"]).success().text();
    repo.write("../plan.json", plan);
    let job = |service| ["build", "--plan", "../plan.json", "--only", service, "--report"].map(str::to_owned);
    repo.rebake([&job("a")[..], &["../a.json".to_owned()]].concat()).success();
    repo.rebake([&job("b")[..], &["../b.json".to_owned()]].concat()).failure(1);
    let record = ["record", "--push", "--plan", "../plan.json", "--report", "../a.json", "../b.json"];
    repo.rebake(record).success();
    let recorded = |repo: &Repo| repo.git(["for-each-ref", "--format=%(refname) %(objectname)", "refs/rebake/built"]);
    assert_eq!(recorded(&origin), format!("refs/rebake/built/local/a {}", repo.id("HEAD")));
    assert_eq!(due(&repo), "b");
    // Reports of another run are none of this plan.
    repo.git(["checkout", "--quiet", &ids[0]]);
    repo.rebake(["build", "--all", "--only", "a", "--report", "../old.json"]).success();
    repo.git(["checkout", "--quiet", "main"]);
    repo.rebake(["record", "--plan", "../plan.json", "--report", "../old.json"]).failure(2).stderr(str![[r#"
error[mixed-reports]: ../old.json is for another commit than the plan: 7cd4ad8b81da0b4a42ce41fdcebecec80d4a2c52, not 8e77bc7ea1b91a553e812c96ba09e88834aeb0e3
 |
 = help: name the reports of this plan's builds

"#]]);
    repo.rebake(["record", "--report", "../a.json"]).failure(2);
    repo.rebake(["record", "a", "--plan", "../plan.json", "--report", "../a.json"]).failure(2);
}

#[test]
fn a_record_that_is_sent_takes_the_mark_of_this_clone_away_too() {
    let (repo, _) = builds(&[("one", "1")]);
    let origin = Repo::init(["--bare"]);
    repo.git(["remote", "add", "origin", origin.dir().to_str().unwrap()]);
    repo.rebake(BUILD).success();
    repo.write("a/x", "two").commit("a");
    repo.rebake([&BUILD[..], &["--only", "b"]].concat()).success();
    let mark = || repo.git(["for-each-ref", "--format=%(refname)", "refs/rebake/begun"]);
    assert_eq!(mark().trim(), "refs/rebake/begun/local/b");
    let plan = repo.rebake(["plan", "--since", "built", "--format", "json"]).success().text();
    repo.write("../plan.json", plan);
    repo.rebake(["record", "a", "b", "--plan", "../plan.json", "--push"]).success();
    assert_eq!((mark().as_str(), due(&repo).as_str()), ("", ""));
    // What is not recorded keeps its mark, also where the remote has none.
    repo.write("a/then.sh", "exit 1").commit("broken");
    repo.rebake(BUILD).failure(1);
    let kept = mark();
    assert!(kept.contains("begun/local/a"), "{kept}");
    repo.rebake(["record", "b", "--push"]).success();
    assert_eq!(mark(), kept);
}

/// A run of an earlier plan builds on after a later run has recorded and taken the marks away: were it killed then, the
/// marks would tell of it.
#[test]
fn a_run_marks_again_what_another_has_recorded_before_it_builds_that() {
    let (repo, _) = builds(&[("one", "1")]);
    repo.write("a/then.sh", "git update-ref -d refs/rebake/begun/local/b");
    repo.write("b/then.sh", "git for-each-ref '--format=%(refname)' refs/rebake/begun >../.git/has/marks");
    repo.commit("then");
    repo.rebake(BUILD).success();
    assert_eq!(has(&repo, "marks"), "refs/rebake/begun/local/a\nrefs/rebake/begun/local/b\n");
    // Which of the two results is there is not known.
    assert_eq!(due(&repo), "b");
    repo.rebake(BUILD).success();
    assert_eq!(due(&repo), "");
}

#[test]
fn ten_writers_at_once_leave_the_newest_record() {
    let (repo, ids) = repo(10);
    let bare = repo.clone_with(["--bare"]);
    let clones: Vec<Repo> = ids.iter().map(|_| bare.clone_with([])).collect();
    std::thread::scope(|scope| {
        for (clone, id) in clones.iter().zip(&ids) {
            let run = clone.rebake(["record", "api", "acme/web", "--commit", id, "--environment", "staging", "--push"]);
            scope.spawn(move || run.success());
        }
    });
    for name in ["api", "acme%2fweb"] {
        assert_eq!(bare.git(["rev-parse", &format!("refs/rebake/built/staging/{name}")]), ids[9]);
    }
    // The last one to come is behind, and does not take the record back.
    clones[0].rebake(["record", "api", "--commit", &ids[3], "--environment", "staging", "--push"]).success();
    assert_eq!(bare.git(["rev-parse", "refs/rebake/built/staging/api"]), ids[9]);
}

#[test]
fn ten_writers_at_once_in_one_clone_leave_the_newest_record() {
    let (repo, ids) = repo(10);
    for environment in ["local", "staging", "production", "development"] {
        std::thread::scope(|scope| {
            for id in &ids {
                let run = repo.rebake(["record", "api", "--commit", id, "--environment", environment]);
                scope.spawn(move || run.success());
            }
        });
    }
    let listed = repo.rebake(["record", "--list"]).success().text();
    assert_eq!(listed.lines().filter(|line| line.ends_with(&ids[9])).count(), 4, "{listed}");
}

#[test]
fn jobs_in_clones_of_their_own_share_what_the_remote_knows() {
    let (origin, _) = builds(&[("one", "1")]);
    let bare = origin.clone_with(["--bare"]);
    let environment = ["--environment=staging", "--push"];
    let clone = |depth: u32| bare.clone_shallow(depth);
    let first = clone(1);
    first.rebake([&BUILD[..], &environment, &["--fetch"]].concat()).success();
    assert_eq!(bare.git(["for-each-ref", "--format=%(refname)", "refs/rebake"]).lines().count(), 2);
    // `b` changed, `a` did not: that is known from the plan, and the job fetches nothing.
    origin.write("b/x", "2").commit("b");
    origin.git(["push", "--quiet", bare.dir().to_str().unwrap(), "main"]);
    let planner = clone(1);
    let plan = ["plan", "--since=built", "--environment=staging", "--push", "--fetch", "--format=json"];
    let text = planner.rebake(plan).success().text();
    let job = clone(1);
    job.write("../plan.json", text);
    job.write(".git/has/a", "one");
    job.rebake(["build", "--plan=../plan.json", "--record", "--no-fetch"]).success().stderr("");
    let head = job.id("HEAD").to_string();
    assert_eq!(bare.git(["rev-parse", "refs/rebake/built/staging/b"]), head);
    assert_eq!(bare.git(["for-each-ref", "refs/rebake/begun"]), "");
    // Without the plan it is compared.
    origin.write("b/x", "3").commit("b");
    origin.git(["push", "--quiet", bare.dir().to_str().unwrap(), "main"]);
    let by_hand = clone(1);
    by_hand.rebake(["record", "b", "--environment=staging", "--push", "--fetch"]).success().stderr("");
    assert_eq!(bare.git(["rev-parse", "refs/rebake/built/staging/b"]), by_hand.id("HEAD").to_string());
}

#[test]
fn a_shallow_clone_moves_a_record_forward() {
    let (repo, ids) = repo(3);
    let bare = repo.clone_with(["--bare"]);
    repo.git(["push", "--quiet", bare.dir().to_str().unwrap(), &format!("{}:refs/rebake/built/local/api", ids[0])]);
    let clone = bare.clone_shallow(1);
    // Nothing was replaced, as far as anybody can tell.
    clone.rebake(["record", "api", "--push"]).success().stderr("");
    assert_eq!(bare.git(["rev-parse", "refs/rebake/built/local/api"]), ids[2]);
}

#[test]
fn a_path_that_nothing_matches_is_warned_of_once() {
    let (repo, _) = repo(1);
    repo.rebake(["record", "api", "acme/web", "acme"]).success();
    repo.write("docs/x", "").write("api/n", "1").commit("docs");
    let plan = |flags: &[&str]| repo.rebake([&["plan", "--since", "built", "--head", "HEAD"], flags].concat());
    let warned = |run: crate::repo::Run| String::from_utf8(run.stderr).unwrap().contains("docs/x");
    assert!(warned(plan(&[]).success()));
    repo.rebake(["record", "api"]).success();
    repo.write("api/n", "2").commit("api");
    assert!(!warned(plan(&[]).success()));
    // Those that were last built before it stay affected, where it is to affect all.
    assert_eq!(plan(&["--unmatched=all", "--format=names"]).success().text(), "api\nacme/web\nacme\n");
}

/// What a reference of a clone holds.
fn put(repo: &Repo, service: &str, text: &str) {
    repo.write(format!(".git/{}", rebake::model::built_ref::reference("local", service)), text);
}

#[test]
fn a_damaged_built_ref_is_no_record_and_is_mended() {
    for garbage in ["garbage\n", "", "ref: refs/heads/main\n"] {
        let (repo, _) = builds(&[("old", "1")]);
        repo.rebake(BUILD).success();
        assert_eq!(due(&repo), "");
        put(&repo, "a", garbage);
        let plan = ["plan", "--since", "built", "--style", "sha", "--format", "json"];
        let run = repo.rebake(plan).success();
        assert_eq!(doubts(&run), ["built-ref"], "{garbage:?}");
        assert_eq!(causes(&run), ["a: no-record", "b: dependency a"], "{garbage:?}");
        repo.rebake(BUILD).success();
        assert_eq!(due(&repo), "", "{garbage:?}");
        // By hand too.
        put(&repo, "a", garbage);
        repo.rebake(["record", "a", "b"]).success();
        assert_eq!(due(&repo), "", "{garbage:?}");
    }
    // A commit that is not here, and what is no commit.
    let (repo, _) = builds(&[("old", "1")]);
    let blob = repo.git(["rev-parse", "HEAD:a/x"]);
    for id in ["12".repeat(20), blob] {
        repo.rebake(["record", "a", "b", "--allow-older"]).success();
        put(&repo, "a", &format!("{id}\n"));
        let run = repo.rebake(["plan", "--since", "built", "--style", "sha", "--format", "json"]).success();
        assert_eq!(doubts(&run), ["base-unreachable"], "{id}");
        assert_eq!(causes(&run), ["a: base-unreachable", "b: dependency a"], "{id}");
        repo.rebake(BUILD).success();
        assert_eq!(due(&repo), "", "{id}");
    }
}

#[test]
fn what_cannot_be_fetched_as_a_run_is_recorded_is_told() {
    let (repo, _) = builds(&[("old", "1")]);
    repo.rebake(["record", "a", "b"]).success();
    put(&repo, "a", &format!("{}\n", "12".repeat(20)));
    repo.git(["remote", "add", "origin", &crate::remote::unreachable()]);
    let run = repo.rebake(["record", "b", "--fetch"]).success();
    let said = String::from_utf8(run.stderr).unwrap();
    assert!(said.contains("`b` depends on `a`"), "{said}");
    assert!(said.contains("warning[not-fetched]: what is below refs/rebake/built/local/ and "), "{said}");
}

#[test]
fn what_is_sent_to_a_remote_is_compared_with_what_that_remote_has() {
    let (origin, _) = builds(&[("one", "1")]);
    let bare = origin.clone_with(["--bare"]);
    let environment = ["--environment=staging", "--push", "--fetch"];
    let remote = ["--remote=up/stream"];
    let build = [&BUILD[..], &environment, &remote, &["--style=sha"]].concat();
    // A clone of the last commit, which knows the remote by another name; `origin` is nowhere.
    let clone = || {
        let clone = bare.clone_shallow(1);
        clone.git(["remote", "rename", "origin", "up/stream"]);
        clone.git(["remote", "add", "origin", &crate::remote::unreachable()]);
        clone
    };
    let at = |service: &str| bare.git(["rev-parse", &format!("refs/rebake/built/staging/{service}")]);
    clone().rebake(&build).success();
    assert_eq!((at("a"), at("b")), (origin.id("main").to_string(), origin.id("main").to_string()));
    for verb in [
        [&["record", "b"], &environment[..], &remote].concat(),
        build,
        // By its address.
        [&["record", "b"], &environment[..], &["--remote", bare.dir().to_str().unwrap()]].concat(),
    ] {
        // `a` is as it was built, at a commit that the clone has not.
        let next = origin.write("b/x", verb.concat()).commit("b").to_string();
        origin.git(["push", "--quiet", bare.dir().to_str().unwrap(), "main"]);
        let clone = clone();
        clone.write(".git/has/a", "one");
        let run = clone.rebake(&verb).success();
        assert_eq!(at("b"), next, "{verb:?}: {}", String::from_utf8_lossy(&run.stderr));
        assert_ne!(at("a"), next, "{verb:?}");
    }
}

#[test]
fn what_a_built_ref_stands_at_is_told_where_it_cannot_be_fetched() {
    let (repo, ids) = repo(2);
    let origin = repo.clone_with(["--bare"]);
    repo.git(["remote", "add", "origin", origin.dir().to_str().unwrap()]);
    // A commit of another clone, of which the remote has lost the files.
    let lost = origin.git_bytes(["hash-object", "-w", "--stdin"], b"lost");
    let lost = String::from_utf8(lost).unwrap().trim().to_owned();
    let tree = origin.git_bytes(["mktree"], format!("100644 blob {lost}\tx\n").as_bytes());
    let tree = String::from_utf8(tree).unwrap().trim().to_owned();
    let commit = origin.git(["commit-tree", &tree, "-p", &ids[0], "-m", "elsewhere"]);
    origin.git(["update-ref", "refs/rebake/built/staging/api", &commit]);
    std::fs::remove_file(origin.dir().join("objects").join(&lost[..2]).join(&lost[2..])).unwrap();
    let run = repo.rebake(["record", "api", "--push", "--environment=staging"]).failure(3);
    let said = String::from_utf8(run.stderr).unwrap();
    assert!(said.contains(&format!("warning[not-fetched]: commit {} cannot be fetched", &commit[..7])), "{said}");
    assert!(said.contains("error[built-elsewhere]"), "{said}");
}

#[test]
fn a_lock_that_a_killed_run_left_is_named() {
    let (repo, _) = builds(&[("one", "1"), ("two", "2")]);
    for (lock, verb, reference) in [
        ("refs/rebake/built/local/a.lock", &["record", "a"][..], "refs/rebake/built/local/a"),
        ("refs/rebake/begun/local/a.lock", &["build", "--all", "--record"], "refs/rebake/begun/local/a"),
        ("packed-refs.lock", &["build", "--all", "--record"], "refs/rebake/begun/local/a"),
    ] {
        let lock = repo.dir().join(".git").join(lock);
        std::fs::create_dir_all(lock.parent().unwrap()).unwrap();
        std::fs::write(&lock, "").unwrap();
        let run = repo.rebake(verb).failure(3);
        let (said, lock) = (String::from_utf8(run.stderr).unwrap(), lock.display());
        assert!(
            said.contains(&format!("error[git]: cannot write {reference}: the lock `{lock}` is there\n")),
            "{said}"
        );
        assert!(said.contains(&format!("if one was killed, `rm {lock}`\n")), "{said}");
        std::fs::remove_file(lock.to_string()).unwrap();
        repo.rebake(verb).success();
    }
}

/// Settings of a user that delete what is not at the remote, or send and fetch more than was asked for.
const SETTINGS: [(&str, &str); 12] = [
    ("fetch.prune", "true"),
    ("fetch.pruneTags", "true"),
    ("remote.origin.prune", "true"),
    ("remote.origin.pruneTags", "true"),
    ("push.followTags", "true"),
    ("push.recurseSubmodules", "check"),
    ("submodule.recurse", "true"),
    ("remote.origin.mirror", "true"),
    ("push.default", "nothing"),
    ("push.autoSetupRemote", "true"),
    ("push.useForceIfIncludes", "true"),
    ("fetch.all", "true"),
];

#[test]
fn a_users_settings_of_fetches_delete_no_marks_and_no_built_refs() {
    let (repo, _) = builds(&[("one", "1")]);
    let origin = repo.clone_with(["--bare"]);
    repo.git(["remote", "add", "origin", origin.dir().to_str().unwrap()]);
    repo.git(["config", "remote.origin.fetch", "+refs/*:refs/*"]);
    repo.rebake(BUILD).success();
    repo.write("a/then.sh", "exit 1").commit("broken");
    repo.rebake(BUILD).failure(1);
    repo.git(["revert", "--no-edit", "HEAD"]);
    repo.tag("mine");
    for (key, value) in SETTINGS {
        repo.git(["config", key, value]);
    }
    let refs = || repo.git(["for-each-ref", "--format=%(refname)", "refs/rebake", "refs/tags"]);
    let before = refs();
    assert!(before.contains("refs/rebake/begun/local/a\n") && before.contains("refs/tags/mine"), "{before}");
    let plan = ["plan", "--since", "built", "--head", "HEAD", "--format", "names", "--fetch"];
    repo.rebake(plan).success().stdout("a\nb\n");
    assert_eq!(refs(), before);
    repo.rebake(["plan", "--since", "release", "--head", "HEAD", "--fetch"]).success();
    assert_eq!(refs(), before);
}

#[test]
fn a_users_settings_of_pushes_send_no_more_than_the_record() {
    let (repo, _) = builds(&[("one", "1")]);
    let module = Repo::new();
    module.write("x", "1").commit("module");
    let url = format!("file://{}", module.dir().display());
    repo.git(["submodule", "--quiet", "add", &url, "lib"]);
    repo.commit("with a submodule whose commit is nowhere else");
    repo.git(["-C", "lib", "commit", "--quiet", "--allow-empty", "--message", "not sent"]);
    repo.commit("next");
    let origin = Repo::init(["--bare"]);
    repo.git(["remote", "add", "origin", origin.dir().to_str().unwrap()]);
    repo.git(["push", "--quiet", "origin", "main"]);
    repo.annotated_tag("secret").annotated_tag("api@1.0.0").branch("mine");
    for (key, value) in SETTINGS {
        repo.git(["config", key, value]);
    }
    repo.rebake(["record", "a", "b", "--push"]).success().stderr("");
    let refs = origin.git(["for-each-ref", "--format=%(refname)"]);
    assert_eq!(refs, "refs/heads/main\nrefs/rebake/built/local/a\nrefs/rebake/built/local/b");
}

#[test]
fn the_advice_sends_the_marks_of_what_failed_too() {
    for web_is_built in [true, false] {
        let (repo, _) = builds(&[("one", "1")]);
        let origin = repo.clone_with(["--bare"]);
        let url = origin.dir().to_str().unwrap();
        let environment = ["--environment=staging", "--push"];
        repo.git(["remote", "add", "origin", url]);
        repo.rebake([&BUILD[..], &environment].concat()).success();
        repo.write("a/then.sh", "exit 1").write("b/then.sh", if web_is_built { "" } else { "exit 1" });
        repo.write(
            "filters.yaml",
            "services:\n  a: { path: a, run: sh build.sh }\n  b: { path: b, run: sh build.sh }\n",
        );
        repo.write("b/x", "two").commit("broken");
        repo.git(["remote", "set-url", "origin", &crate::remote::unreachable()]);
        let said = String::from_utf8(repo.rebake([&BUILD[..], &environment].concat()).failure(1).stderr).unwrap();
        repo.git(["remote", "set-url", "origin", url]);
        let advice = said.split("push them: `").nth(1).unwrap_or_else(|| panic!("{said}")).split('`').next().unwrap();
        repo.git(advice.split(' ').skip(1));
        repo.git(["revert", "--no-edit", "HEAD"]);
        repo.git(["push", "--quiet", "origin", "main"]);
        let plan = ["plan", "--since=built", "--environment=staging", "--fetch", "--format=names"];
        let due = origin.clone_with([]).rebake(plan).success().text();
        // `b` was built otherwise than it is now; `a` failed, and nobody knows what there is of it.
        assert_eq!(due, "a\nb\n", "{said}");
    }
}

#[test]
fn the_credentials_of_a_remote_are_not_shown() {
    let (repo, _) = builds(&[("one", "1")]);
    let remote = ["--remote", "https://someone:hidden@127.0.0.1:9/z.git"];
    for verb in [
        &["record", "a", "--push", "--environment=staging"][..],
        &["build", "--all", "--record", "--push", "--environment=staging"],
        &["release", "a", "--bump=minor", "--push", "--yes"],
    ] {
        let run = repo.rebake([verb, &remote].concat()).failure(3);
        let said = [run.stdout, run.stderr].concat();
        let said = String::from_utf8(said).unwrap();
        assert!(said.contains("127.0.0.1:9/z.git"), "{said}");
        assert!(!said.contains("hidden") && !said.contains("someone"), "{said}");
    }
}
