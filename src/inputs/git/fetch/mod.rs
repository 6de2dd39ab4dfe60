//! Fetches what a clone lacks with the program git, which knows the credentials, the proxies and the protocols.
//!
//! The caller asks the repository again after each step, so that no more is fetched than the answer needs.

mod branches;
mod missing;
mod tags;

pub use branches::Freshness;
pub use missing::{Lacking, Missing};
pub use tags::RemoteTags;

use std::cell::OnceCell;
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use super::Repository;
use super::program::ProgramError;
use crate::model::name::{CommitId, Escaped};

/// How history is deepened: by ever more commits, in the end to its roots.
const STEPS: [&str; 4] = ["--deepen=50", "--deepen=200", "--deepen=1000", "--unshallow"];

/// Fetches what a clone lacks, each thing once, within one time limit for all of it.
pub struct Fetch<'a> {
    repository: &'a Repository,
    /// How long all fetches together may still take; none where fetching is not allowed.
    left: Option<Duration>,
    tried: Vec<Missing>,
    /// The refs of the remote that were asked for.
    renewed: BTreeMap<Missing, Freshness>,
    /// The remote's default branch, once it was asked for.
    default_branch: OnceCell<Option<String>>,
    /// The steps that were taken.
    deepened: usize,
    troubles: Vec<FetchError>,
}

/// Why something could not be fetched.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FetchError {
    /// There is no remote.
    #[error("this repository has no remote to fetch {what} from")]
    NoRemote {
        /// What was to be fetched.
        what: String,
    },
    /// The program git cannot be started.
    #[error("{what} cannot be fetched, since git cannot be started: {reason}")]
    NoGit {
        /// What was to be fetched.
        what: String,
        /// What the system says.
        reason: String,
    },
    /// The remote, or git, refused.
    #[error("{what} cannot be fetched from `{}`: {}", Escaped::new(remote), Escaped::new(reason))]
    Refused {
        /// What was to be fetched.
        what: String,
        /// The remote's name.
        remote: String,
        /// What git says.
        reason: String,
    },
    /// It took too long.
    #[error("{what} was not fetched from `{}` in time", Escaped::new(remote))]
    Slow {
        /// What was to be fetched.
        what: String,
        /// The remote's name.
        remote: String,
    },
}

impl<'a> Fetch<'a> {
    /// Fetches into a repository, for no longer than `limit` in all; never, where there is none.
    #[must_use]
    pub fn new(repository: &'a Repository, limit: Option<Duration>) -> Self {
        Self {
            repository,
            left: limit,
            tried: Vec::new(),
            renewed: BTreeMap::new(),
            default_branch: OnceCell::new(),
            deepened: 0,
            troubles: Vec::new(),
        }
    }

    /// Asks until the answer needs nothing more that a fetch could bring.
    ///
    /// # Errors
    /// Those of the last answer.
    pub fn until<T, E: Lacking>(&mut self, mut ask: impl FnMut() -> Result<T, E>) -> Result<T, E> {
        loop {
            let answer = ask();
            let missing = answer.as_ref().err().and_then(Lacking::missing);
            if !missing.is_some_and(|missing| self.bring(&missing)) {
                return answer;
            }
        }
    }

    /// Fetches what is missing, or a part of it. Returns whether something came, so that asking again is worth it.
    pub fn bring(&mut self, missing: &Missing) -> bool {
        if self.left.is_none() {
            return false;
        }
        match missing {
            Missing::History(behind) => self.deepen(missing, behind),
            _ if self.tried.contains(missing) => false,
            Missing::Branch(branch) => {
                self.tried.push(missing.clone());
                self.refresh(branch) == Freshness::Current
            }
            Missing::Commit(_) | Missing::Refs(_) | Missing::Tags | Missing::Object(_) => {
                self.tried.push(missing.clone());
                let brought = self.once(missing);
                self.said(brought)
            }
        }
    }

    /// Returns why something could not be fetched, in the order in which it was tried.
    #[must_use]
    pub fn troubles(&self) -> &[FetchError] {
        &self.troubles
    }

    fn once(&mut self, missing: &Missing) -> Result<(), FetchError> {
        let depth: &[&str] = if self.repository.is_shallow() { &["--no-tags", "--depth=1"] } else { &["--no-tags"] };
        match missing {
            // Git itself fetches what a partial clone lacks, a directory with all that is below it.
            Missing::Object(id) => {
                self.ask(missing, &["cat-file".to_owned(), "-e".to_owned(), id.clone()], "").map(drop)
            }
            Missing::Branch(branch) => {
                let there = format!("refs/heads/{}", branch.name);
                if gix::refs::FullName::try_from(there.as_str()).is_err() {
                    return Err(self.refused(missing, "that is no name of a branch".to_owned()));
                }
                let here = branch.tracking();
                // What leads to an older tip of it is here, and stays: a depth would cut it off.
                let depth = if self.repository.has_reference(&here) { &["--no-tags"] } else { depth };
                self.fetch(missing, depth, &[format!("+{there}:{here}")])
            }
            Missing::Commit(commit) => self.fetch(missing, depth, &[commit.to_string()]),
            Missing::Refs(prefixes) => {
                let specs: Vec<String> = prefixes.iter().map(|prefix| format!("+{prefix}*:{prefix}*")).collect();
                self.fetch(missing, depth, &specs)
            }
            Missing::Tags => self.missing_tags().map(drop),
            Missing::History(_) => Ok(()),
        }
    }

    /// Takes the next step behind some commits; where the remote does not know all of them, behind what it has.
    ///
    /// The tags of what comes must come too: history without them would look like one without releases. Git brings them
    /// by itself where a fetch writes refs, so that it writes some, which also keep what was fetched.
    fn deepen(&mut self, missing: &Missing, behind: &[CommitId]) -> bool {
        let (true, Some(step)) = (self.repository.is_shallow(), STEPS.get(self.deepened)) else { return false };
        self.deepened += 1;
        let options =
            if self.repository.declines_tags(&self.repository.remote()) { vec![*step, "--tags"] } else { vec![*step] };
        let refs = behind.iter().enumerate().map(|(at, commit)| format!("+{commit}:refs/rebake/fetched/{at}"));
        let refs: Vec<String> = refs.collect();
        let brought = self.fetch(missing, &options, &refs).or_else(|_| self.fetch(missing, &options, &[]));
        if brought.is_err() {
            self.deepened = STEPS.len();
        }
        self.said(brought)
    }

    fn said(&mut self, brought: Result<(), FetchError>) -> bool {
        brought.map_err(|trouble| self.troubles.push(trouble)).is_ok()
    }

    /// `git fetch` of the remote's commits. A partial clone stays one by its own configuration; directories are what a
    /// plan reads, so that none of them is left out.
    fn fetch(&mut self, missing: &Missing, options: &[&str], what: &[String]) -> Result<(), FetchError> {
        self.fetch_with(missing, options, what, "")
    }

    /// The same, with more refspecs on standard input, one a line.
    fn fetch_with(
        &mut self,
        missing: &Missing,
        options: &[&str],
        what: &[String],
        input: &str,
    ) -> Result<(), FetchError> {
        let remote = self.remote_of(missing);
        if !self.repository.knows_remote(&remote) {
            return Err(FetchError::NoRemote { what: missing.what() });
        }
        let quiet = ["fetch", "--quiet", "--no-write-fetch-head", "--no-auto-maintenance", "--no-recurse-submodules"];
        let filter: &[&str] = if self.repository.partial_clone().is_some() { &["--filter=blob:none"] } else { &[] };
        let mut args: Vec<String> = [&quiet, options, filter].concat().into_iter().map(str::to_owned).collect();
        args.extend(["--end-of-options".to_owned(), remote]);
        args.extend_from_slice(what);
        self.ask(missing, &args, input)?;
        self.repository.refresh_references().map_err(|error| self.refused(missing, error.to_string()))
    }

    /// Runs git for what is missing, and returns what it answers.
    fn ask(&mut self, missing: &Missing, args: &[String], input: &str) -> Result<Vec<u8>, FetchError> {
        match self.run(args, input.as_bytes()) {
            Ok(answer) => Ok(answer),
            Err(ProgramError::Refused(refusal)) => match refusal.reason() {
                Some(reason) => Err(self.refused(missing, reason.to_owned())),
                // A remote without any such ref is a failure without words.
                None if matches!(missing, Missing::Refs(_)) => Ok(Vec::new()),
                None => Err(self.refused(missing, "git says nothing".to_owned())),
            },
            Err(ProgramError::TimeLimit(_)) => {
                Err(FetchError::Slow { what: missing.what(), remote: self.remote_of(missing) })
            }
            Err(ProgramError::Start(error)) => {
                Err(FetchError::NoGit { what: missing.what(), reason: error.to_string() })
            }
        }
    }

    /// Runs git within the time that is left.
    fn run(&mut self, args: &[String], input: &[u8]) -> Result<Vec<u8>, ProgramError> {
        let limit = self.left.unwrap_or_default();
        let start = Instant::now();
        let ended = self.repository.git(args).within(limit).run(input);
        self.left = Some(limit.saturating_sub(start.elapsed()));
        ended
    }

    fn refused(&self, missing: &Missing, reason: String) -> FetchError {
        FetchError::Refused { what: missing.what(), remote: self.remote_of(missing), reason }
    }

    /// The name of the remote that has what is missing.
    fn remote_of(&self, missing: &Missing) -> String {
        match missing {
            Missing::Branch(branch) => branch.remote.clone(),
            _ => self.repository.remote(),
        }
    }
}

impl FetchError {
    /// Returns what to do about it.
    #[must_use]
    pub fn help(&self) -> &'static str {
        match self {
            Self::NoRemote { .. } => "add one: `git remote add origin URL`",
            Self::NoGit { .. } => "install git, or fetch before rebake runs and give it `--no-fetch`",
            Self::Refused { .. } => "see whether `git fetch` works here; in CI, `--token-env NAME` gives git a token",
            Self::Slow { .. } => "give it more time with `--fetch-timeout SECONDS`, or fetch before rebake runs",
        }
    }
}
