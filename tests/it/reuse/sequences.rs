//! A model of releases and environments over time: behind each tag are the bytes that a clean build makes of the commit
//! that the tag stands for.
//!
//! Builds are forced, fail in part, are shared by two jobs, build older commits long after newer ones, are released, run
//! again, and rolled back, while the registry forgets. No two builds make the same bytes, so that a tag which moved is
//! seen. Fifteen steps a seed; `REBAKE_SEED=0..1000` makes it 15,000.

mod images;

use std::cell::RefCell;
use std::collections::BTreeMap;

use serde_json::Value;

use crate::random::{Random, for_seeds};
use crate::repo::{Rebake, Repo};
use images::{Images, SERVICES};

const STEPS: usize = 15;

/// What was done over all seeds.
type Figures = BTreeMap<&'static str, usize>;

#[test]
fn behind_each_tag_is_a_clean_build_of_its_commit() {
    let figures: RefCell<Figures> = RefCell::default();
    for_seeds(3, |random| {
        let mut sequence = Sequence::new(random);
        for _ in 0..STEPS {
            let done = sequence.step(random);
            *figures.borrow_mut().entry(done).or_default() += 1;
            *figures.borrow_mut().entry("tags compared").or_default() += sequence.check(done);
        }
    });
    println!("{:?}", figures.into_inner());
}

/// A repository on main, its registry, and what its tags stand for.
struct Sequence {
    repo: Repo,
    images: Images,
    /// The commits, the oldest first; the last one is main's.
    commits: Vec<String>,
    releases: usize,
}

impl Sequence {
    fn new(random: &mut Random) -> Self {
        let images = Images::new();
        let origin = Repo::new();
        origin.write("filters.yaml", images.filters()).write("make", images.script());
        for service in SERVICES {
            origin.write(format!("{service}/x"), random.below(3).to_string());
        }
        origin.commit("first");
        let repo = origin.clone_with([]);
        repo.git(["config", "push.default", "nothing"]);
        let commits = vec![repo.id("HEAD").to_string()];
        let mut sequence = Self { repo, images, commits, releases: 0 };
        sequence.images.note(&sequence.repo, &sequence.commits[0]);
        sequence
    }

    /// Does something, and returns what.
    fn step(&mut self, random: &mut Random) -> &'static str {
        self.repo.git(["checkout", "--quiet", "main"]);
        match random.below(12) {
            0..=3 => {
                self.commit(random);
                let force = random.pick(&["", "", "--force=base", "--force=api"]);
                self.push("build", &[force], random.pick::<&str>(&["", "", "api", "web"]));
                "push"
            }
            4 | 5 => {
                self.release(random);
                "release"
            }
            6 => {
                self.jobs(random);
                "two jobs"
            }
            7 => {
                self.overtaken(random);
                "overtaken"
            }
            8 => {
                let commit = random.pick(&self.commits).clone();
                self.repo.git(["checkout", "--quiet", "--detach", &commit]);
                self.push("build", &["--allow-older"], "");
                "rollback"
            }
            9 => {
                self.push("promote", &[], "");
                "promote"
            }
            _ => {
                self.images.forget(random);
                "retention"
            }
        }
    }

    /// Changes something, or takes it back.
    fn commit(&mut self, random: &mut Random) {
        for _ in 0..=random.below(2) {
            self.repo.write(format!("{}/x", random.pick(&SERVICES)), random.below(3).to_string());
        }
        self.repo.commit("next");
        let commit = self.repo.id("HEAD").to_string();
        self.images.note(&self.repo, &commit);
        self.commits.push(commit);
    }

    /// Runs what a push of the checked-out commit to main runs, where the build of a service fails.
    fn push(&self, verb: &str, flags: &[&str], broken: &str) {
        let asked =
            if verb == "build" { vec![verb, "--since=built", "--skip-existing"] } else { vec![verb, "--since=built"] };
        let flags = flags.iter().copied().filter(|flag| !flag.is_empty());
        let args: Vec<&str> = asked.into_iter().chain(["--record"]).chain(flags).collect();
        self.rebake(&args).env("BROKEN", broken).code();
    }

    /// Runs rebake as GitHub does for a push to main of the commit that is checked out.
    fn rebake(&self, args: &[&str]) -> Rebake {
        let commit = self.repo.id("HEAD").to_string();
        self.repo
            .rebake(args)
            .env("CI", "true")
            .env("GITHUB_ACTIONS", "true")
            .env("GITHUB_EVENT_NAME", "push")
            .env("GITHUB_REF", "refs/heads/main")
            .env("GITHUB_REF_NAME", "main")
            .env("GITHUB_REF_TYPE", "branch")
            .env("GITHUB_SHA", commit)
    }

    /// Releases a service, or runs its last release again.
    fn release(&mut self, random: &mut Random) {
        let service = random.pick(&SERVICES);
        if self.releases == 0 || random.one_in(2) {
            self.releases += 1;
            self.repo.tag(&format!("{service}@1.0.{}", self.releases));
            self.repo.git(["push", "--quiet", "origin", "--tags"]);
        }
        let tags = self.repo.git(["tag", "--list"]);
        let tag = *random.pick(&tags.lines().collect::<Vec<_>>());
        self.repo.git(["checkout", "--quiet", "--detach", tag]);
        let broken = random.pick(&["", "", "base", "api"]);
        super::at_tag(&self.repo, tag, &["build", "--skip-existing", "--record"]).env("BROKEN", *broken).code();
    }

    /// Plans once, and builds in two jobs.
    fn jobs(&mut self, random: &mut Random) {
        self.commit(random);
        let plan = self.plan();
        let job = |only: &str, broken: &str| {
            let only = format!("--only={only}");
            let args = ["build", "--plan", &plan, &only, "--skip-existing", "--record"];
            self.rebake(&args).env("BROKEN", broken).code();
        };
        job("base", random.pick::<&str>(&["", "", "base"]));
        job("api,web", random.pick::<&str>(&["", "", "web"]));
    }

    /// Plans a commit, and builds it when a later one is built already.
    fn overtaken(&mut self, random: &mut Random) {
        let before = self.commits.len() - 1;
        self.commit(random);
        let plan = self.plan();
        let older = self.commits[before + 1].clone();
        self.commit(random);
        self.push("build", &[], "");
        self.repo.git(["checkout", "--quiet", "--detach", &older]);
        self.rebake(&["build", "--plan", &plan, "--skip-existing", "--record"]).code();
    }

    /// Saves a plan of the checked-out commit for staging.
    fn plan(&self) -> String {
        let file = self.repo.dir().join(".git/plan.json");
        let args = ["plan", "--since=built", "--format=json", "--skip-existing"];
        std::fs::write(&file, &self.rebake(&args).success().stdout).unwrap();
        file.to_str().unwrap().to_owned()
    }

    /// Compares what is behind each tag with what a clean build makes; returns how many tags there are.
    fn check(&mut self, done: &str) -> usize {
        let listed = self.repo.git(["ls-remote", "origin", "refs/rebake/built/staging/*"]);
        let mut built: BTreeMap<&str, &str> = BTreeMap::new();
        for line in listed.lines() {
            let (commit, reference) = line.split_once('\t').unwrap();
            built.insert(reference.rsplit_once('/').unwrap().1, commit);
        }
        let released = self.repo.git(["for-each-ref", "--format=%(refname:short) %(objectname)", "refs/tags"]);
        let mut compared = 0;
        for service in SERVICES {
            for tag in self.images.tags(service) {
                let named = format!("{service}@{tag} ");
                let release = released.lines().find_map(|line| line.strip_prefix(&named));
                let commit = match release {
                    Some(commit) => commit.to_owned(),
                    None if tag == "main" => built.get(service).map(ToString::to_string).unwrap_or_default(),
                    None if tag.starts_with("fp") => String::new(),
                    None => {
                        let short = tag.rsplit_once('-').map_or(tag.as_str(), |(_, short)| short);
                        self.commits.iter().find(|commit| commit.starts_with(short)).unwrap().clone()
                    }
                };
                compared += 1;
                if let Err(why) = self.images.compare(service, &tag, &commit, release.is_some()) {
                    panic!("after {done}: {service}:{tag} of {commit}: {why}\n{built:#?}");
                }
            }
        }
        compared
    }
}

/// The value of a key in a JSON object.
fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value[key].as_str().unwrap_or_default()
}
