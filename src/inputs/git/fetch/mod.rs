//! Fetches missing objects and refs by running git, which knows the credentials, the proxies and the protocols.
//!
//! The caller reads the repository again after each step, so rebake fetches no more than the result needs.

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

use super::program::ProgramError;
use super::{Repository, shown_remote};
use crate::model::name::{CommitId, Escaped};

/// The steps of deepening history: by more and more commits, and finally to its roots.
const STEPS: [&str; 4] = ["--deepen=50", "--deepen=200", "--deepen=1000", "--unshallow"];

/// The state of fetching: what was fetched so far, and how much time is left. It belongs to the repository, so each
/// thing is fetched once, within one time limit.
#[derive(Default)]
pub(super) struct Fetching {
    /// How long all further fetches may take; `None` if fetching is not allowed.
    left: Option<Duration>,
    tried: Vec<Missing>,
    /// The refs of the remote that were fetched.
    renewed: BTreeMap<Missing, Freshness>,
    /// The remote's default branch, once it was requested.
    default_branch: OnceCell<Option<String>>,
    /// How many of the [`STEPS`] were taken.
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
        /// The error of the system.
        reason: String,
    },
    /// The remote, or git, refused.
    #[error("{what} cannot be fetched from `{}`: {}", shown_remote(remote), Escaped::new(reason))]
    Refused {
        /// What was to be fetched.
        what: String,
        /// The remote's name.
        remote: String,
        /// The message of git.
        reason: String,
    },
    /// It took too long.
    #[error("{what} was not fetched from `{}` in time", shown_remote(remote))]
    Slow {
        /// What was to be fetched.
        what: String,
        /// The remote's name.
        remote: String,
    },
}

impl Repository {
    /// Allows fetching, for no longer than `limit` in all. Without this call nothing is fetched.
    pub fn allow_fetching(&self, limit: Duration) {
        self.fetching().left = Some(limit);
    }

    /// Whether fetching is allowed.
    fn may_fetch(&self) -> bool {
        self.fetching().left.is_some()
    }

    /// Calls `ask`, and fetches what its error reports as missing, until it succeeds or no fetch can help.
    ///
    /// # Errors
    /// Those of the last call.
    pub fn with_fetching<T, E: Lacking>(&self, mut ask: impl FnMut() -> Result<T, E>) -> Result<T, E> {
        loop {
            let answer = ask();
            let missing = answer.as_ref().err().and_then(Lacking::missing);
            if !missing.is_some_and(|missing| self.fetch_missing(&missing)) {
                return answer;
            }
        }
    }

    /// Fetches a missing thing, or a part of it. Returns whether something was fetched, so that another attempt may
    /// succeed.
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
            Missing::Commit(_) | Missing::Refs { .. } | Missing::Tags | Missing::Object(_) | Missing::Objects(_) => {
                self.fetching().tried.push(missing.clone());
                let brought = self.fetch_once(missing);
                self.note_trouble(brought)
            }
        }
    }

    /// Returns the errors of fetching, in order, each once.
    #[must_use]
    pub fn take_fetch_troubles(&self) -> Vec<FetchError> {
        std::mem::take(&mut self.fetching().troubles)
    }

    /// Returns why the last fetch failed, if one did.
    #[must_use]
    pub fn last_fetch_trouble(&self) -> Option<FetchError> {
        self.fetching().troubles.last().cloned()
    }

    /// Returns the locked state. The lock is held for a moment only, never while git runs.
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
            // These are the options with which git itself fetches what a partial clone lacks, but for all objects at
            // once.
            Missing::Objects(ids) => {
                let words = ["-c", "fetch.negotiationAlgorithm=noop", "fetch", "--quiet", "--no-tags"];
                let more = ["--no-write-fetch-head", "--recurse-submodules=no", "--filter=blob:none", "--stdin"];
                let mut args: Vec<String> = words.into_iter().chain(more).map(str::to_owned).collect();
                args.extend(["--end-of-options".to_owned(), self.remote_with(missing)]);
                self.ask_remote(missing, &args, &(ids.join("\n") + "\n")).map(drop)
            }
            Missing::Branch(branch) => {
                let there = format!("refs/heads/{}", branch.name);
                if gix::refs::FullName::try_from(there.as_str()).is_err() {
                    return Err(self.fetch_refused(missing, "that is not a valid branch name".to_owned()));
                }
                let here = branch.tracking();
                // This clone has the history of an older tip of the branch. A depth would cut it off.
                let depth = if self.has_reference(&here) { &["--no-tags"] } else { depth };
                self.fetch_refs(missing, depth, &[format!("+{there}:{here}")])
            }
            Missing::Commit(commit) => self.fetch_refs(missing, depth, &[commit.to_string()]),
            Missing::Refs { prefixes, .. } => {
                let specs: Vec<String> = prefixes.iter().map(|prefix| format!("+{prefix}*:{prefix}*")).collect();
                self.fetch_refs(missing, depth, &specs)
            }
            Missing::Tags => self.missing_tags().map(drop),
            Missing::History(_) => Ok(()),
        }
    }

    /// Fetches the next part of the history beyond some commits. If the remote does not know all of them, it deepens
    /// without naming any.
    ///
    /// The tags of these commits must be fetched too: without them history seems to have no releases. Git adds tags by
    /// itself when a fetch writes refs, so it writes some, which also keep the commits.
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

    pub(in crate::inputs::git) fn note_trouble(&self, brought: Result<(), FetchError>) -> bool {
        brought.map_err(|trouble| self.fetching().troubles.push(trouble)).is_ok()
    }

    /// Runs `git fetch` for commits of the remote. A partial clone stays partial, by its own configuration, except that
    /// directories are always fetched, since plans read them.
    fn fetch_refs(&self, missing: &Missing, options: &[&str], what: &[String]) -> Result<(), FetchError> {
        self.fetch_refs_with(missing, options, what, "")
    }

    /// Runs the same with more refspecs on standard input, one per line.
    fn fetch_refs_with(
        &self,
        missing: &Missing,
        options: &[&str],
        what: &[String],
        input: &str,
    ) -> Result<(), FetchError> {
        let remote = self.remote_with(missing);
        if !self.is_remote(&remote) {
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

    /// Runs a git command that connects to the remote, and returns its output.
    fn ask_remote(&self, missing: &Missing, args: &[String], input: &str) -> Result<Vec<u8>, FetchError> {
        match self.run_in_time(args, input.as_bytes()) {
            // Git fails without a message if the remote has no such ref.
            Err(ProgramError::Refused(refusal))
                if refusal.reason().is_none() && matches!(missing, Missing::Refs { .. }) =>
            {
                Ok(Vec::new())
            }
            answer => answer.map_err(|error| FetchError::of(missing.what(), &self.remote_with(missing), error)),
        }
    }

    /// Runs git within the remaining time.
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

    /// Returns the name of the remote that has what is missing.
    fn remote_with(&self, missing: &Missing) -> String {
        match missing {
            Missing::Branch(branch) => branch.remote.clone(),
            Missing::Refs { remote, .. } => remote.clone(),
            _ => self.remote(),
        }
    }
}

impl FetchError {
    /// Returns the error for something that the git program did not fetch from a remote.
    pub(in crate::inputs::git) fn of(what: String, remote: &str, error: ProgramError) -> Self {
        let remote = remote.to_owned();
        match error {
            ProgramError::Refused(refusal) => {
                Self::Refused { what, remote, reason: refusal.reason().unwrap_or("git says nothing").to_owned() }
            }
            ProgramError::TimeLimit(_) => Self::Slow { what, remote },
            ProgramError::Start(error) => Self::NoGit { what, reason: error.to_string() },
        }
    }

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
