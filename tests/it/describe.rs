//! `Repository::describe` against the installed `git describe`, on random histories. Git is told by `--exclude` which tags
//! are no releases, or not the ones that count on their commit.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
#![expect(clippy::print_stdout, reason = "tells the seeds and counts of a run")]

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use rebake::inputs::git::{DescribeOptions, Descriptions, HistoryError, Parents, Repository, StopRule};
use rebake::model::name::{CommitId, TagName};
use rebake::naming::version::{Described, Scheme, TagPattern, Trust};

/// What is described in every random repository: some prefixes begin like others, one service has two, and the versions
/// of one are calendar versions.
const SERVICES: &[&[&str]] = &[
    &["a@"],
    &["a-b@"],
    &["svc/go/a@"],
    &["svc/v"],
    &["@x/y@"],
    &["b-v"],
    &["none@"],
    &["b-v", "svc/v"],
    &["v"],
    &[CALENDAR],
];

const CALENDAR: &str = "cal@";

fn pattern(prefix: &str) -> TagPattern {
    TagPattern::new(prefix, "").of_scheme(if prefix == CALENDAR { Scheme::Calver } else { Scheme::Semver })
}

/// How the clocks of a random history went.
#[derive(Debug, Clone, Copy)]
enum Clocks {
    /// Every commit is newer than the last one.
    Right,
    /// Many commits share a second.
    Coarse,
    /// Some are wrong by far.
    Skewed,
    /// All dates are random, and few.
    Wild,
}

const CLOCKS: [Clocks; 4] = [Clocks::Right, Clocks::Coarse, Clocks::Skewed, Clocks::Wild];

/// Seeds of histories that each told a broken rule from git's: the order of commits of one second; what is exact in a
/// shallow clone; and with git 2.48 or later, the commit that is put back at the stop, and a stop that tags which were
/// not fetched would delay.
const REMARKABLE: [u64; 4] = [5, 21, 33, 2012];

#[test]
fn random_histories_are_described_as_git_does() {
    let wanted = setting("REBAKE_FUZZ").unwrap_or(300);
    let mut compared: usize = REMARKABLE.map(compare_random).into_iter().sum();
    let mut seed = setting("REBAKE_SEED").unwrap_or(1);
    while compared < wanted {
        compared += compare_random(seed);
        seed += 1;
    }
    println!("{compared} comparisons, seeds below {seed}, {:?}", installed_rule());
}

#[test]
#[ignore = "needs REBAKE_REPO, the path of a repository with release tags"]
fn a_real_repository_is_described_as_git_does() {
    let path: PathBuf = setting("REBAKE_REPO").expect("REBAKE_REPO");
    let repo = Repo { path: path.clone() };
    let repository = Repository::discover(&path).unwrap();
    let prefixes: std::collections::BTreeSet<String> = repository
        .tags()
        .unwrap()
        .iter()
        .filter_map(|tag| {
            let name = tag.name.to_str()?;
            let version = name.char_indices().find(|(at, _)| semver::Version::parse(&name[*at..]).is_ok())?.0;
            Some(name[..version].to_owned())
        })
        .collect();
    let wanted: Vec<_> = prefixes.iter().map(|prefix| vec![TagPattern::new(prefix.as_str(), "")]).collect();
    let mut compared = 0;
    for back in [0, 1, 7, 50, 100, 200, 333, 500, 1000, 2000, 3000] {
        let Ok(head) = repo.try_git(&["rev-parse", "--verify", "-q", &format!("HEAD~{back}^{{commit}}")]) else {
            continue;
        };
        compared += repo.compare(&head, &wanted, Parents::All, &format!("HEAD~{back}"));
    }
    println!("{} prefixes, {compared} comparisons", prefixes.len());
}

#[expect(clippy::disallowed_methods, reason = "long runs are asked for by hand")]
fn setting<T: std::str::FromStr>(name: &str) -> Option<T> {
    std::env::var(name).ok()?.parse().ok()
}

/// A release, then a fix of an older one merged back: `1.1.0` stands on six commits, `1.0.1` on two.
const MERGED_BACK: &str = "\
commit refs/heads/main 1 100
commit refs/heads/main 2 101 1
commit refs/heads/main 3 102 2
commit refs/heads/main 4 103 3
commit refs/heads/main 5 104 4
commit refs/heads/main 6 105 5
commit refs/heads/fix 7 200 1
commit refs/heads/main 8 201 6 7
commit refs/heads/main 9 202 8
commit refs/heads/main 10 203 9
tag svc@1.1.0 6
tag svc@1.0.1 7
";

#[test]
fn the_two_stop_rules_differ_where_a_fix_is_merged_back() {
    let dir = tempfile::tempdir().unwrap();
    let repo = Repo::drawn(dir.path(), MERGED_BACK);
    let describe = |stop| {
        let options = DescribeOptions { stop, ..DescribeOptions::default() };
        repo.describe(&[vec![TagPattern::new("svc@", "")]], options).services[0].clone()
    };
    for (rule, tag, distance) in [(StopRule::Git247, "svc@1.1.0", 4), (StopRule::Git248, "svc@1.0.1", 8)] {
        let found = describe(rule);
        assert_eq!((found.tag.unwrap().to_str(), found.distance), (Some(tag), distance), "{rule:?}");
    }
}

#[test]
fn the_walk_is_one_and_no_longer_than_needed() {
    let dir = tempfile::tempdir().unwrap();
    let mut drawing = String::from("commit refs/heads/main 1 1\n");
    for mark in 2..=2000 {
        let _ = writeln!(drawing, "commit refs/heads/main {mark} {mark} {}", mark - 1);
    }
    let services = 300;
    for service in 0..services {
        let _ = writeln!(drawing, "tag s{service}@1.0.0 {}", 1999 - service % 100);
    }
    let repo = Repo::drawn(dir.path(), &drawing);
    let pattern = |service| vec![TagPattern::new(format!("s{service}@"), "")];
    let wanted: Vec<_> = (0..services).map(pattern).collect();

    let one = repo.describe(&[pattern(99)], DescribeOptions::default()).work;
    let all = repo.describe(&wanted, DescribeOptions::default()).work;
    assert_eq!(one.commits, all.commits, "services cost no commits");
    assert!(all.commits < 200, "{all:?}");
    assert_eq!((all.passes, all.replays), (1, 0));

    let untagged = repo.describe(&[pattern(services)], DescribeOptions::default());
    assert_eq!((untagged.services[0].distance, untagged.work.commits), (2000, 2000));
    assert_eq!((untagged.work.objects, untagged.work.passes), (2000, 0));
    repo.git(&["commit-graph", "write", "--reachable"]);
    assert_eq!(repo.describe(&wanted, DescribeOptions::default()).work.objects, 0);
}

#[test]
fn a_renamed_tag_goes_by_its_ref_and_one_that_is_not_utf_8_is_ignored() {
    let dir = tempfile::tempdir().unwrap();
    let repo = Repo::drawn(dir.path(), "commit refs/heads/main 1 1\ncommit refs/heads/main 2 2 1\n");
    repo.git(&["tag", "-a", "-m", "x", "old@1.0.0", "main~1"]);
    let object = repo.git(&["rev-parse", "refs/tags/old@1.0.0"]);
    repo.git(&["update-ref", "refs/tags/new@1.0.0", &object]);
    let packed = repo.path.join("packed-refs");
    repo.git(&["pack-refs", "--all"]);
    let mut refs = std::fs::read(&packed).unwrap();
    refs.extend_from_slice(format!("{} refs/tags/x@1", repo.git(&["rev-parse", "main"])).as_bytes());
    refs.extend_from_slice(b"\xff\n");
    std::fs::write(&packed, refs).unwrap();
    let wanted = ["new@", "x@"].map(|prefix| vec![TagPattern::new(prefix, "")]);
    let found = repo.describe(&wanted, DescribeOptions::default()).services;
    let found: Vec<_> = found.iter().map(|found| (found.tag.as_ref().map(TagName::as_bytes), found.distance)).collect();
    // What is no text is no version of any scheme.
    assert_eq!(found, [(Some(&b"new@1.0.0"[..]), 1), (None, 2)]);
}

#[test]
fn a_commit_graph_does_not_lead_below_the_boundary_of_a_shallow_clone() {
    let dir = tempfile::tempdir().unwrap();
    let repo = Repo::drawn(dir.path(), MERGED_BACK);
    repo.git(&["commit-graph", "write", "--reachable"]);
    std::fs::write(dir.path().join("shallow"), repo.git(&["rev-parse", "main~2"]) + "\n").unwrap();
    let found = repo.describe(&[vec![TagPattern::new("svc@", "")]], DescribeOptions::default()).services;
    assert_eq!((found[0].tag.as_ref(), found[0].distance, found[0].trust), (None, 3, Trust::Shallow));
}

#[test]
fn what_is_no_commit_is_an_error() {
    let dir = tempfile::tempdir().unwrap();
    let repo = Repo::drawn(dir.path(), "commit refs/heads/main 1 1\n");
    let repository = Repository::discover(dir.path()).unwrap();
    let describe = |id: &str| repository.describe(&id.parse().unwrap(), &[], DescribeOptions::default()).unwrap_err();
    assert!(matches!(describe(&repo.git(&["rev-parse", "main^{tree}"])), HistoryError::Broken { .. }));
    assert!(matches!(describe(&"1".repeat(40)), HistoryError::Missing { .. }));
}

#[test]
fn a_shallow_clone_does_not_tell_the_commits_since_a_release_below_it() {
    let (whole, shallow) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    Repo::drawn(whole.path(), MERGED_BACK);
    let url = format!("file://{}", whole.path().display());
    let repo = Repo { path: shallow.path().to_owned() };
    repo.git(&["clone", "-q", "--bare", "--depth=2", &url, "."]);
    let repository = Repository::discover(shallow.path()).unwrap();
    let head: CommitId = repo.git(&["rev-parse", "HEAD"]).parse().unwrap();
    let since =
        |release| repository.commits_since(&head, &[release], Parents::All, |_, _| Ok::<_, HistoryError>(vec![0]));
    assert!(matches!(since(None), Err(HistoryError::TooShallow { .. })));
    assert_eq!(since(Some(head)).unwrap(), [vec![]]);
}

fn compare_random(seed: u64) -> usize {
    let mut random = Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
    let clocks = CLOCKS[usize::try_from(seed % 4).unwrap()];
    let dir = tempfile::tempdir().unwrap();
    let repo = Repo::random(dir.path(), &mut random, clocks);
    let wanted: Vec<_> =
        SERVICES.iter().map(|prefixes| prefixes.iter().map(|prefix| pattern(prefix)).collect::<Vec<_>>()).collect();
    let commits: Vec<String> = repo.git(&["log", "--all", "--format=%H"]).lines().map(str::to_owned).collect();
    let mut compared = 0;
    for round in 0..4 {
        let head = if round == 0 { repo.git(&["rev-parse", "HEAD"]) } else { random.of(&commits).to_owned() };
        let parents = if random.chance(4) { Parents::First } else { Parents::All };
        let note = format!("seed {seed}, {clocks:?}, round {round}");
        let tags: Vec<String> = repo.git(&["tag"]).lines().map(str::to_owned).collect();
        let pushed = (random.chance(2) && !tags.is_empty()).then(|| random.of(&tags).to_owned());
        compared += repo.compare_pushed(&head, &wanted, parents, pushed.as_deref(), &note);
        repo.compare_since(&head, &wanted, parents, &note);
        match round {
            // A graph of a part of history, so that the rest has to be read from objects; then of all.
            0 => repo.feed(&["commit-graph", "write", "--stdin-commits"], random.of(&commits).as_bytes()),
            1 => drop(repo.git(&["commit-graph", "write", "--reachable"])),
            2 => drop(repo.git(&["pack-refs", "--all"])),
            _ => {}
        }
    }
    compared + compare_shallow(&repo, &wanted, 1 + random.below(12), seed)
}

/// In a shallow clone the answers are git's there; and those that are called exact are those of the whole clone.
fn compare_shallow(whole: &Repo, wanted: &[Vec<TagPattern>], depth: usize, seed: u64) -> usize {
    let dir = tempfile::tempdir().unwrap();
    let url = format!("file://{}", whole.path.display());
    let target = dir.path().to_str().unwrap();
    whole.git(&["clone", "-q", "--bare", &format!("--depth={depth}"), &url, target]);
    let repo = Repo { path: dir.path().to_owned() };
    let head = repo.git(&["rev-parse", "HEAD"]);
    // A clone brings no replacements along, and only the tags of its branch, even where it is deep enough to be whole.
    if !whole.git(&["replace", "--list"]).is_empty() || !repo.path.join("shallow").exists() {
        return repo.compare(&head, wanted, Parents::All, &format!("seed {seed}, depth {depth}"));
    }
    let truth = whole.described(&head, wanted, Parents::All).services;
    for (found, truth) in repo.described(&head, wanted, Parents::All).services.iter().zip(&truth) {
        if found.trust == Trust::Exact {
            assert_eq!(found, truth, "seed {seed}: a wrong answer at depth {depth} is called exact");
        }
    }
    repo.compare(&head, wanted, Parents::All, &format!("seed {seed}, depth {depth}"))
}

fn installed_rule() -> StopRule {
    let version = Command::new("git").arg("--version").output().unwrap().stdout;
    let version = String::from_utf8(version).unwrap();
    let mut numbers = version.split(|c: char| !c.is_ascii_digit()).filter_map(|part| part.parse::<u32>().ok());
    let version = (numbers.next().unwrap(), numbers.next().unwrap());
    if version >= (2, 48) { StopRule::Git248 } else { StopRule::Git247 }
}

/// A repository on disk, and git run in it without anybody's configuration.
struct Repo {
    path: PathBuf,
}

impl Repo {
    fn random(path: &Path, random: &mut Random, clocks: Clocks) -> Self {
        let repo = Self { path: path.to_owned() };
        repo.git(&["init", "-q", "--bare", "."]);
        let count = if random.chance(8) { 60 + random.below(200) } else { 5 + random.below(50) };
        let mut import = String::new();
        let mut clock = 1_700_000_000_u64;
        for mark in 1..=count {
            clock += match clocks {
                Clocks::Right => 1 + random.below(1000) as u64,
                Clocks::Coarse => u64::from(random.chance(4)),
                Clocks::Skewed => 1 + random.below(10) as u64,
                Clocks::Wild => 0,
            };
            let date = match clocks {
                Clocks::Skewed if random.chance(6) => clock - 50 + random.below(100) as u64,
                Clocks::Wild => clock + random.below(6) as u64,
                _ => clock,
            };
            // Each commit is on a branch of its own, so that all are kept.
            let _ =
                write!(import, "commit refs/heads/b{mark}\nmark :{mark}\ncommitter C <c@c> {date} +0000\ndata 1\nx\n");
            for (nth, parent) in random.parents(mark).into_iter().enumerate() {
                let _ = writeln!(import, "{} :{parent}", if nth == 0 { "from" } else { "merge" });
            }
            import.push('\n');
        }
        let mut names = 0;
        for prefix in SERVICES.iter().flat_map(|prefixes| prefixes.iter()).filter(|prefix| **prefix != "none@") {
            let tags = if random.chance(3) { 8 + random.below(12) } else { random.below(5) };
            for _ in 0..tags {
                names += 1;
                let name = format!("{prefix}{}", random.version(names));
                let mark = 1 + random.below(count);
                if random.chance(2) {
                    let _ = write!(import, "reset refs/tags/{name}\nfrom :{mark}\n\n");
                } else {
                    let date = 1_700_000_000 + random.below(4);
                    let _ = write!(import, "tag {name}\nfrom :{mark}\ntagger T <t@t> {date} +0000\ndata 1\nx\n");
                }
            }
        }
        let _ = write!(import, "reset refs/heads/main\nfrom :{}\n\n", count - random.below(3).min(count - 1));
        repo.feed(&["fast-import", "--quiet", "--force"], import.as_bytes());
        repo.git(&["symbolic-ref", "HEAD", "refs/heads/main"]);
        repo.add_odd_tags(random);
        repo
    }

    /// Makes the repository of a drawing: lines `commit REF MARK SECONDS PARENT…` and `tag NAME MARK`.
    fn drawn(path: &Path, drawing: &str) -> Self {
        let repo = Self { path: path.to_owned() };
        repo.git(&["init", "-q", "--bare", "."]);
        repo.git(&["symbolic-ref", "HEAD", "refs/heads/main"]);
        let mut import = String::new();
        for line in drawing.lines() {
            let words: Vec<&str> = line.split(' ').collect();
            match words.as_slice() {
                ["commit", branch, mark, seconds, parents @ ..] => {
                    let _ =
                        write!(import, "commit {branch}\nmark :{mark}\ncommitter C <c@c> {seconds} +0000\ndata 1\nx\n");
                    for (nth, parent) in parents.iter().enumerate() {
                        let _ = writeln!(import, "{} :{parent}", if nth == 0 { "from" } else { "merge" });
                    }
                }
                ["tag", name, mark] => {
                    let _ = write!(import, "reset refs/tags/{name}\nfrom :{mark}\n\n");
                }
                _ => panic!("{line}"),
            }
        }
        repo.feed(&["fast-import", "--quiet", "--force"], import.as_bytes());
        repo
    }

    fn describe(&self, wanted: &[Vec<TagPattern>], options: DescribeOptions) -> Descriptions {
        let head = self.git(&["rev-parse", "HEAD"]).parse().unwrap();
        Repository::discover(&self.path).unwrap().describe(&head, wanted, options).unwrap()
    }

    /// Adds tags of tags, of a tree and of a blob, and a replaced commit.
    fn add_odd_tags(&self, random: &mut Random) {
        let tags: Vec<String> = self.git(&["tag"]).lines().map(str::to_owned).collect();
        if !tags.is_empty() {
            for number in 0..random.below(3) {
                self.git(&["tag", "-a", "-m", "x", &format!("a@9.0.{number}"), random.of(&tags)]);
            }
        }
        if random.chance(3) {
            self.git(&["tag", "a-b@1.0.1000", "HEAD^{tree}"]);
            self.git(&["tag", "-a", "-m", "x", "a-b@1.0.1001", "HEAD^{tree}"]);
        }
        if random.chance(5) {
            let commits: Vec<String> = self.git(&["log", "--format=%H", "-n20"]).lines().map(str::to_owned).collect();
            // Git refuses where the commit has no parents anyway.
            let _ = self.try_git(&["replace", "--graft", random.of(&commits)]);
        }
    }

    /// Describes with both programs and returns how many answers were compared.
    fn compare(&self, head: &str, wanted: &[Vec<TagPattern>], parents: Parents, note: &str) -> usize {
        self.compare_pushed(head, wanted, parents, None, note)
    }

    fn compare_pushed(
        &self,
        head: &str,
        wanted: &[Vec<TagPattern>],
        parents: Parents,
        pushed: Option<&str>,
        note: &str,
    ) -> usize {
        let tags = self.tags();
        let found = self.described_pushed(head, wanted, parents, pushed);
        for (patterns, found) in wanted.iter().zip(&found.services) {
            let note = format!("{note}: {patterns:?} at {head} in {}, pushed {pushed:?}", self.path.display());
            let sorted = Sorted::of(&tags, patterns, pushed);
            let expected = self.git_describe(head, patterns, &sorted.without(&sorted.releases), parents);
            let tag = found.tag.as_ref().map(|tag| tag.to_str().unwrap().to_owned());
            let mut answer = (tag, found.distance);
            if answer != expected {
                answer.0 = answer.0.map(|tag| self.name_in_object(&tag).unwrap_or(tag));
            }
            assert_eq!(answer, expected, "{note}");
            if found.trust == Trust::Exact {
                let almost = self.git_describe(head, patterns, &sorted.without(&sorted.almost), parents);
                let is_nearer = almost.0.is_some() && almost.1 < expected.1;
                assert_eq!(found.unread.is_some(), is_nearer, "{note}: {almost:?} and {expected:?}");
            }
        }
        found.services.len()
    }

    /// Returns all tags and what they stand for.
    fn tags(&self) -> Vec<(String, String)> {
        let names =
            self.git(&["for-each-ref", "refs/tags", "--format=%(refname:strip=2) %(objectname) %(*objectname)"]);
        let tag = |line: &str| {
            let mut words = line.split(' ');
            let name = words.next().unwrap().to_owned();
            // Of a tag of a tag older gits say the one in between.
            let object = self.git(&["rev-parse", &format!("refs/tags/{name}^{{}}")]);
            (name, object)
        };
        names.lines().map(tag).collect()
    }

    /// Compares the commits since each service's release with `git rev-list TAG..HEAD`.
    fn compare_since(&self, head: &str, wanted: &[Vec<TagPattern>], parents: Parents, note: &str) {
        let repository = Repository::discover(&self.path).unwrap();
        let tags = repository.tags().unwrap();
        let found = self.described(head, wanted, parents).services;
        let release = |found: &Described| {
            let name = found.tag.as_ref()?;
            tags.iter().find(|tag| tag.name == *name).map(rebake::inputs::git::Tag::object)
        };
        let since: Vec<_> = found.iter().map(release).collect();
        let all: Vec<usize> = (0..since.len()).collect();
        let touched = |_: Option<&CommitId>, _: &CommitId| Ok::<_, HistoryError>(all.clone());
        let commits = repository.commits_since(&head.parse().unwrap(), &since, parents, touched).unwrap();
        for ((found, commits), patterns) in since.iter().zip(&commits).zip(wanted) {
            let exclude = found.map(|release| format!("^{release}"));
            let first = (parents == Parents::First).then_some("--first-parent");
            let args: Vec<&str> =
                ["rev-list"].into_iter().chain(first).chain([head]).chain(exclude.as_deref()).collect();
            let output = self.git(&args);
            let mut expected: Vec<CommitId> = output.lines().map(|id| id.parse().unwrap()).collect();
            let mut commits = commits.clone();
            expected.sort_unstable();
            commits.sort_unstable();
            assert_eq!(commits, expected, "{note}: since the release of {patterns:?} at {head}");
        }
    }

    /// Returns the name that a tag object gives itself, where that is not the name of its ref: what git prints.
    fn name_in_object(&self, tag: &str) -> Option<String> {
        let object = self.try_git(&["cat-file", "tag", &format!("refs/tags/{tag}")]).ok()?;
        let name = object.lines().find_map(|line| line.strip_prefix("tag "))?;
        (name != tag).then(|| {
            println!("misnamed: refs/tags/{tag} calls itself {name}");
            name.to_owned()
        })
    }

    fn described(&self, head: &str, wanted: &[Vec<TagPattern>], parents: Parents) -> Descriptions {
        self.described_pushed(head, wanted, parents, None)
    }

    fn described_pushed(
        &self,
        head: &str,
        wanted: &[Vec<TagPattern>],
        parents: Parents,
        pushed: Option<&str>,
    ) -> Descriptions {
        let head: CommitId = head.parse().unwrap();
        let pushed = pushed.map(TagName::from_git);
        let options = DescribeOptions { parents, stop: installed_rule(), pushed: pushed.as_ref() };
        let descriptions = Repository::discover(&self.path).unwrap().describe(&head, wanted, options).unwrap();
        assert!(descriptions.services.iter().all(|Described { commit, .. }| *commit == head));
        descriptions
    }

    /// Returns tag and distance as git has them; without a tag the number of commits.
    fn git_describe(
        &self,
        head: &str,
        patterns: &[TagPattern],
        exclude: &[String],
        parents: Parents,
    ) -> (Option<String>, u32) {
        let exclude: Vec<String> = exclude.iter().map(|tag| format!("--exclude={tag}")).collect();
        let matches: Vec<String> = patterns.iter().map(|pattern| format!("--match={pattern}")).collect();
        let first = (parents == Parents::First).then_some("--first-parent");
        let mut args = vec!["describe", "--tags", "--long", "--abbrev=40"];
        args.extend(first);
        args.extend(matches.iter().chain(&exclude).map(String::as_str));
        args.push(head);
        if let Ok(line) = self.try_git(&args) {
            let mut parts = line.rsplitn(3, '-');
            let _id = parts.next();
            let distance = parts.next().unwrap().parse().unwrap();
            (parts.next().map(str::to_owned), distance)
        } else {
            let mut args = vec!["rev-list", "--count"];
            args.extend(first);
            args.push(head);
            (None, self.git(&args).parse().unwrap())
        }
    }

    fn git(&self, args: &[&str]) -> String {
        self.try_git(args).unwrap_or_else(|error| panic!("git {args:?}: {error}"))
    }

    fn try_git(&self, args: &[&str]) -> Result<String, String> {
        let output = self.command(args).output().unwrap();
        if output.status.success() {
            Ok(String::from_utf8(output.stdout).unwrap().trim_end().to_owned())
        } else {
            Err(String::from_utf8_lossy(&output.stderr).into_owned())
        }
    }

    fn feed(&self, args: &[&str], input: &[u8]) {
        let mut child = self.command(args).stdin(Stdio::piped()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(input).unwrap();
        assert!(child.wait().unwrap().success());
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new("git");
        command.arg("-C").arg(&self.path).args(args).stderr(Stdio::piped());
        for (name, value) in [
            ("GIT_CONFIG_NOSYSTEM", "1"),
            ("GIT_CONFIG_GLOBAL", "/dev/null"),
            ("GIT_AUTHOR_NAME", "A"),
            ("GIT_AUTHOR_EMAIL", "a@a"),
            ("GIT_COMMITTER_NAME", "C"),
            ("GIT_COMMITTER_EMAIL", "c@c"),
            ("GIT_COMMITTER_DATE", "1700000002 +0000"),
            ("GIT_AUTHOR_DATE", "1700000002 +0000"),
        ] {
            command.env(name, value);
        }
        command
    }
}

/// The tags that fit the patterns of a service, by rules of this test's own.
struct Sorted {
    all: Vec<String>,
    /// Of the tags of one object that are releases the one that counts.
    releases: Vec<String>,
    almost: Vec<String>,
}

impl Sorted {
    fn of(tags: &[(String, String)], patterns: &[TagPattern], pushed: Option<&str>) -> Self {
        let (mut all, mut almost) = (Vec::new(), Vec::new());
        let mut best: std::collections::BTreeMap<&str, (Order, &str)> = std::collections::BTreeMap::new();
        for (name, object) in tags {
            let rest = |pattern: &TagPattern| {
                let rest = name.strip_prefix(pattern.prefix())?;
                rest.starts_with(|c: char| c.is_ascii_digit()).then(|| (rest.to_owned(), pattern.scheme()))
            };
            let Some((rest, scheme)) = patterns.iter().find_map(rest) else { continue };
            all.push(name.clone());
            let numbers: Option<Vec<u64>> = rest.split('.').map(|number| number.parse().ok()).collect();
            let numbers = numbers.filter(|numbers| (2..=4).contains(&numbers.len()));
            let semver = semver::Version::parse(&rest).ok();
            let is_pushed = Some(name.as_str()) == pushed;
            let order = match scheme {
                Scheme::Semver => {
                    semver.clone().map(|version| (is_pushed, version.pre.is_empty(), Some(version), None))
                }
                Scheme::Calver => numbers.clone().map(|numbers| (is_pushed, true, None, Some((numbers, rest)))),
                other => panic!("{other:?}"),
            };
            match order {
                None if numbers.is_some() || semver.is_some() || name.ends_with("-rc.0.almost") => {
                    almost.push(name.clone());
                }
                Some(order) if best.get(object.as_str()).is_none_or(|(best, _)| order > *best) => {
                    best.insert(object, (order, name));
                }
                Some(_) | None => {}
            }
        }
        Self { all, releases: best.into_values().map(|(_, name)| name.to_owned()).collect(), almost }
    }

    fn without(&self, kept: &[String]) -> Vec<String> {
        self.all.iter().filter(|tag| !kept.contains(tag)).cloned().collect()
    }
}

/// Pushed, stable, and the version of either scheme.
type Order = (bool, bool, Option<semver::Version>, Option<(Vec<u64>, String)>);

/// A small generator (xorshift64*), so that a seed means the same history everywhere.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        usize::try_from(self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33).unwrap() % limit
    }

    /// Whether the one chance in `of` came.
    fn chance(&mut self, of: usize) -> bool {
        self.below(of) == 0
    }

    fn of<'a>(&mut self, values: &'a [String]) -> &'a str {
        &values[self.below(values.len())]
    }

    /// Returns parents among earlier commits: mostly one, sometimes two or more, rarely none.
    fn parents(&mut self, mark: usize) -> Vec<usize> {
        if mark == 1 || self.chance(60) {
            return Vec::new();
        }
        let count = match self.below(12) {
            0..=7 => 1,
            8..=10 => 2,
            _ => 3 + self.below(3),
        };
        let mut parents = Vec::new();
        for _ in 0..count {
            let parent = mark - 1 - self.below((mark - 1).min(8));
            if !parents.contains(&parent) {
                parents.push(parent);
            }
        }
        parents
    }

    fn version(&mut self, number: usize) -> String {
        match self.below(14) {
            0 => format!("1.{number}.0-rc.{}", self.below(3)),
            1 => format!("{number}"),
            2 => format!("{number}.0.0-x-12-gabcdef0"),
            3 => format!("24.0{}.{number}", self.below(10)),
            4 => format!("{}.{number}", self.below(30)),
            5 => format!("0{number}.1.1-rc.0.almost"),
            6 => format!("{number}-event"),
            7 => format!("1.0.{number}+b{}", self.below(3)),
            _ => format!("{}.{number}.{}", self.below(3), self.below(12)),
        }
    }
}
