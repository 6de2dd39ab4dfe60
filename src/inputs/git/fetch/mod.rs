//! Fetches what a clone lacks with the program git, which knows the credentials, the proxies and the protocols.
//!
//! The caller asks the repository again after each step, so that no more is fetched than the answer needs.

mod branches;
mod missing;
mod remote_tags;

pub use branches::Freshness;
pub use missing::{Lacking, Missing};
pub use remote_tags::RemoteTags;

use std::cell::OnceCell;
use std::collections::BTreeMap;
use std::sync::{MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::Repository;
use super::program::ProgramError;
use crate::model::name::{CommitId, Escaped};

/// How history is deepened: by ever more commits, in the end to its roots.
const STEPS: [&str; 4] = ["--deepen=50", "--deepen=200", "--deepen=1000", "--unshallow"];

/// What was fetched so far, and what may still be. It belongs to the repository: each thing is fetched once, within one
/// time limit for all of it.
#[derive(Default)]
pub(super) struct Fetching {
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
#[non_exhaustive]
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

impl Repository {
    /// Allows fetching what the clone lacks, for no longer than `limit` in all. Without that, nothing is fetched.
    pub fn allow_fetching(&self, limit: Duration) {
        self.fetching().left = Some(limit);
    }

    /// Whether a fetch may still bring something.
    fn may_fetch(&self) -> bool {
        self.fetching().left.is_some()
    }

    /// Asks until the answer needs nothing more that a fetch could bring.
    ///
    /// # Errors
    /// Those of the last answer.
    pub fn with_fetching<T, E: Lacking>(&self, mut ask: impl FnMut() -> Result<T, E>) -> Result<T, E> {
        loop {
            let answer = ask();
            let missing = answer.as_ref().err().and_then(Lacking::missing);
            if !missing.is_some_and(|missing| self.fetch_missing(&missing)) {
                return answer;
            }
        }
    }

    /// Fetches what is missing, or a part of it. Returns whether something came, so that asking again is worth it.
    pub fn fetch_missing(&self, missing: &Missing) -> bool {
        if !self.may_fetch() {
            return false;
        }
        match missing {
            Missing::History(behind) => self.deepen(missing, behind),
            _ if self.fetching().tried.contains(missing) => false,
            Missing::Branch(branch) => {
                self.fetching().tried.push(missing.clone());
                self.renew_branch(branch) == Freshness::Current
            }
            Missing::Commit(_) | Missing::Refs(_) | Missing::Tags | Missing::Object(_) => {
                self.fetching().tried.push(missing.clone());
                let brought = self.fetch_once(missing);
                self.note_trouble(brought)
            }
        }
    }

    /// Returns why something could not be fetched, in the order in which it was tried, each reason once.
    #[must_use]
    pub fn take_fetch_troubles(&self) -> Vec<FetchError> {
        std::mem::take(&mut self.fetching().troubles)
    }

    /// Returns why the last fetch failed, if one did.
    #[must_use]
    pub fn last_fetch_trouble(&self) -> Option<FetchError> {
        self.fetching().troubles.last().cloned()
    }

    /// The state is locked for a moment only, never while git runs.
    pub(super) fn fetching(&self) -> MutexGuard<'_, Fetching> {
        self.place.fetching.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn fetch_once(&self, missing: &Missing) -> Result<(), FetchError> {
        let depth: &[&str] = if self.is_shallow() { &["--no-tags", "--depth=1"] } else { &["--no-tags"] };
        match missing {
            // Git itself fetches what a partial clone lacks, a directory with all that is below it.
            Missing::Object(id) => {
                self.ask_remote(missing, &["cat-file".to_owned(), "-e".to_owned(), id.clone()], "").map(drop)
            }
            Missing::Branch(branch) => {
                let there = format!("refs/heads/{}", branch.name);
                if gix::refs::FullName::try_from(there.as_str()).is_err() {
                    return Err(self.fetch_refused(missing, "that is no name of a branch".to_owned()));
                }
                let here = branch.tracking();
                // What leads to an older tip of it is here, and stays: a depth would cut it off.
                let depth = if self.has_reference(&here) { &["--no-tags"] } else { depth };
                self.fetch_refs(missing, depth, &[format!("+{there}:{here}")])
            }
            Missing::Commit(commit) => self.fetch_refs(missing, depth, &[commit.to_string()]),
            Missing::Refs(prefixes) => {
                let specs: Vec<String> = prefixes.iter().map(|prefix| format!("+{prefix}*:{prefix}*")).collect();
                self.fetch_refs(missing, depth, &specs)
            }
            Missing::Tags => self.missing_tags().map(drop),
            Missing::History(_) => Ok(()),
        }
    }

    /// Takes the next step behind some commits; where the remote does not know all of them, behind what it has.
    ///
    /// The tags of what comes must come too: history without them would look like one without releases. Git brings them
    /// by itself where a fetch writes refs, so that it writes some, which also keep what was fetched.
    fn deepen(&self, missing: &Missing, behind: &[CommitId]) -> bool {
        let (true, Some(step)) = (self.is_shallow(), STEPS.get(self.fetching().deepened)) else { return false };
        self.fetching().deepened += 1;
        let options = if self.declines_tags(&self.remote()) { vec![*step, "--tags"] } else { vec![*step] };
        let refs = behind.iter().enumerate().map(|(at, commit)| format!("+{commit}:refs/rebake/fetched/{at}"));
        let refs: Vec<String> = refs.collect();
        let brought = self.fetch_refs(missing, &options, &refs).or_else(|_| self.fetch_refs(missing, &options, &[]));
        if brought.is_err() {
            self.fetching().deepened = STEPS.len();
        }
        self.note_trouble(brought)
    }

    fn note_trouble(&self, brought: Result<(), FetchError>) -> bool {
        brought.map_err(|trouble| self.fetching().troubles.push(trouble)).is_ok()
    }

    /// `git fetch` of the remote's commits. A partial clone stays one by its own configuration; directories are what a
    /// plan reads, so that none of them is left out.
    fn fetch_refs(&self, missing: &Missing, options: &[&str], what: &[String]) -> Result<(), FetchError> {
        self.fetch_refs_with(missing, options, what, "")
    }

    /// The same, with more refspecs on standard input, one a line.
    fn fetch_refs_with(
        &self,
        missing: &Missing,
        options: &[&str],
        what: &[String],
        input: &str,
    ) -> Result<(), FetchError> {
        let remote = self.remote_with(missing);
        if !self.knows_remote(&remote) {
            return Err(FetchError::NoRemote { what: missing.what() });
        }
        let quiet = ["fetch", "--quiet", "--no-write-fetch-head"];
        let filter: &[&str] = if self.partial_clone().is_some() { &["--filter=blob:none"] } else { &[] };
        let mut args: Vec<String> = [&quiet, options, filter].concat().into_iter().map(str::to_owned).collect();
        args.extend(["--end-of-options".to_owned(), remote]);
        args.extend_from_slice(what);
        self.ask_remote(missing, &args, input)?;
        self.refresh_references().map_err(|error| self.fetch_refused(missing, error.to_string()))
    }

    /// Runs git for what is missing, and returns what it answers.
    fn ask_remote(&self, missing: &Missing, args: &[String], input: &str) -> Result<Vec<u8>, FetchError> {
        match self.run_in_time(args, input.as_bytes()) {
            Ok(answer) => Ok(answer),
            Err(ProgramError::Refused(refusal)) => match refusal.reason() {
                Some(reason) => Err(self.fetch_refused(missing, reason.to_owned())),
                // A remote without any such ref is a failure without words.
                None if matches!(missing, Missing::Refs(_)) => Ok(Vec::new()),
                None => Err(self.fetch_refused(missing, "git says nothing".to_owned())),
            },
            Err(ProgramError::TimeLimit(_)) => {
                Err(FetchError::Slow { what: missing.what(), remote: self.remote_with(missing) })
            }
            Err(ProgramError::Start(error)) => {
                Err(FetchError::NoGit { what: missing.what(), reason: error.to_string() })
            }
        }
    }

    /// Runs git within the time that is left.
    fn run_in_time(&self, args: &[String], input: &[u8]) -> Result<Vec<u8>, ProgramError> {
        let limit = self.fetching().left.unwrap_or_default();
        let start = Instant::now();
        let ended = self.git(args).within(limit).run(input);
        self.fetching().left = Some(limit.saturating_sub(start.elapsed()));
        ended
    }

    fn fetch_refused(&self, missing: &Missing, reason: String) -> FetchError {
        FetchError::Refused { what: missing.what(), remote: self.remote_with(missing), reason }
    }

    /// The name of the remote that has what is missing.
    fn remote_with(&self, missing: &Missing) -> String {
        match missing {
            Missing::Branch(branch) => branch.remote.clone(),
            _ => self.remote(),
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
