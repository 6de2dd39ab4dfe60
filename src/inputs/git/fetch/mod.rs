//! Fetches missing objects and refs by running git, which knows the credentials, the proxies and the protocols.
//!
//! After each fetch, the caller tries again to read the repository. So rebake fetches no more than it needs.

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

/// The options of `git fetch` that deepen a shallow clone step by step: by more and more commits, and finally to the
/// whole history.
const STEPS: [&str; 4] = ["--deepen=50", "--deepen=200", "--deepen=1000", "--unshallow"];

/// The state of fetching: what was fetched so far, and the time that is left. All handles of a repository share this
/// state, so nothing is fetched twice, and one time limit applies to all fetches together.
#[derive(Default)]
pub(super) struct Fetching {
    /// The time that all further fetches may take together; `None` if fetching is not allowed.
    left: Option<Duration>,
    tried: Vec<Missing>,
    /// The results of [`Repository::renew_refs`].
    renewed: BTreeMap<Missing, Freshness>,
    /// The remote's default branch. The cell is empty until the branch is requested.
    default_branch: OnceCell<Option<String>>,
    /// The number of [`STEPS`] that were taken.
    deepened: usize,
    troubles: Vec<FetchError>,
}

/// The reason why something could not be fetched.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FetchError {
    /// There is no remote.
    #[error("this repository has no remote to fetch {what} from")]
    NoRemote {
        /// What was to be fetched, such as `the tags`.
        what: String,
    },
    /// The program git cannot be started.
    #[error("{what} cannot be fetched, since git cannot be started: {reason}")]
    NoGit {
        /// What was to be fetched, such as `the tags`.
        what: String,
        /// The error of the system.
        reason: String,
    },
    /// The remote refused the fetch, or git failed.
    #[error("{what} cannot be fetched from `{}`: {}", shown_remote(remote), Escaped::new(reason))]
    Refused {
        /// What was to be fetched, such as `the tags`.
        what: String,
        /// The remote's name.
        remote: String,
        /// The message of git.
        reason: String,
    },
    /// The fetch did not finish within the time limit.
    #[error("{what} was not fetched from `{}` in time", shown_remote(remote))]
    Slow {
        /// What was to be fetched, such as `the tags`.
        what: String,
        /// The remote's name.
        remote: String,
    },
}

impl Repository {
    /// Allows fetching. All fetches together may take no longer than `limit`. Without this call, nothing is fetched.
    pub fn allow_fetching(&self, limit: Duration) {
        self.fetching().left = Some(limit);
    }

    /// Whether fetching is allowed.
    fn may_fetch(&self) -> bool {
        self.fetching().left.is_some()
    }

    /// Calls `ask` and returns its result. If `ask` fails since something is missing, this fetches the missing thing
    /// and calls `ask` again, until `ask` succeeds or no fetch can help.
    ///
    /// # Errors
    /// When the last call of `ask` fails.
    pub fn with_fetching<T, E: Lacking>(&self, mut ask: impl FnMut() -> Result<T, E>) -> Result<T, E> {
        loop {
            let answer = ask();
            let missing = answer.as_ref().err().and_then(Lacking::missing);
            if !missing.is_some_and(|missing| self.fetch_missing(&missing)) {
                return answer;
            }
        }
    }

    /// Fetches a missing thing, or a part of it. Returns whether something was fetched. If so, another attempt to read
    /// the repository may succeed.
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

    /// Returns the errors of fetches in order, and removes them from the list.
    #[must_use]
    pub fn take_fetch_troubles(&self) -> Vec<FetchError> {
        std::mem::take(&mut self.fetching().troubles)
    }

    /// Returns the newest error of a fetch that is still in the list; `None` if the list is empty.
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
            // Git itself fetches an object that a partial clone lacks. For a directory, it also fetches everything
            // below it.
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
                // This clone has the history of an older tip of the branch. A depth would cut this history off.
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

    /// Fetches more history of the commits in `behind`, and returns whether that succeeded. If the remote does not have
    /// all of these commits, this deepens the clone without naming commits.
    ///
    /// The tags in the fetched history are needed too; without them, the history seems to have no releases. Git fetches
    /// tags by itself if a fetch writes refs. So this writes the refs `refs/rebake/fetched/0` and so on. These refs
    /// also prevent git from deleting the commits.
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

    /// Runs `git fetch` for commits or refs of the remote. In a partial clone, the contents of files are not fetched;
    /// directories are always fetched, since plans read them.
    fn fetch_refs(&self, missing: &Missing, options: &[&str], what: &[String]) -> Result<(), FetchError> {
        self.fetch_refs_with(missing, options, what, "")
    }

    /// Does the same as [`Repository::fetch_refs`], with more refspecs in `input`, one per line.
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

    /// Runs git within the time that is left for fetching.
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

    /// Returns the remote that has the missing thing, by its name or address.
    fn remote_with(&self, missing: &Missing) -> String {
        match missing {
            Missing::Branch(branch) => branch.remote.clone(),
            Missing::Refs { remote, .. } => remote.clone(),
            _ => self.remote(),
        }
    }
}

impl FetchError {
    /// Returns the error for a fetch that failed with an error of the git program. `what` is the thing to fetch.
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

    /// Returns advice on what to do about the error.
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
