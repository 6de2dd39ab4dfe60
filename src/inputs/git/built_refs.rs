use std::collections::BTreeMap;

use gix::refs::Target;
use gix::refs::transaction::{Change, LogChange, PreviousValue, RefEdit, RefLog};

use super::mirror::Edit;
use super::object::commit_id;
use super::{GitError, Repository};
use crate::model::name::CommitId;

/// A move of a ref to a commit, by compare-and-swap.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Swap {
    /// The full name of the ref.
    pub reference: String,
    /// The commit to which it moves.
    pub to: CommitId,
    /// The commits from which the ref may move.
    pub from: MovableFrom,
}

/// The commits from which a ref may move.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MovableFrom {
    /// The commit at which the ref was seen, and all commits that descend from it and are ancestors of the new commit.
    /// `None` means that the ref did not exist when it was read. Then it may move from all ancestors of the new commit.
    Seen(Option<CommitId>),
    /// Any commit.
    Anywhere,
}

/// The result of a swap.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Swapped {
    /// The ref is at the new commit now. Before, it was at this commit; `None` if the ref is new.
    Moved(Option<CommitId>),
    /// The ref was already at the new commit.
    There,
    /// The ref was not moved, since it is at this descendant of the new commit.
    Superseded(CommitId),
    /// The ref was not moved, since it is at this commit, which is not one of the commits from which the ref may move,
    /// and does not descend from the new commit.
    Elsewhere(CommitId),
}

impl Swapped {
    /// Whether the ref is at the new commit.
    #[must_use]
    pub fn holds(self) -> bool {
        matches!(self, Self::Moved(_) | Self::There)
    }
}

/// The refs whose names begin with a prefix.
#[derive(Debug, Default)]
pub struct RefsBelow {
    /// The ids of the objects to which the undamaged refs point, by the full name of the ref.
    pub refs: BTreeMap<String, CommitId>,
    /// Descriptions of the other refs, which are damaged or symbolic.
    pub damaged: Vec<String>,
}

/// The message in the reflog when a ref is written.
const MESSAGE: &str = "rebake: record";

impl Repository {
    /// Returns the refs whose names begin with `prefix`, and the ids of the objects to which they point. `prefix` ends
    /// with `/`. Damaged and symbolic refs are left out.
    ///
    /// # Errors
    /// When the refs cannot be read.
    pub fn refs_below(&self, prefix: &str) -> Result<BTreeMap<String, CommitId>, GitError> {
        Ok(self.refs_with_damage(prefix)?.refs)
    }

    /// Returns the refs whose names begin with `prefix`, and descriptions of the damaged and symbolic refs among them.
    ///
    /// # Errors
    /// When the refs cannot be read.
    pub fn refs_with_damage(&self, prefix: &str) -> Result<RefsBelow, GitError> {
        let reading = || GitError::reading(format!("the refs below {prefix}"));
        let references = self.gix.references().map_err(reading())?;
        let mut below = RefsBelow::default();
        for reference in references.prefixed(prefix).map_err(reading())? {
            match reference {
                Ok(reference) => {
                    let name = reference.name().as_bstr().to_string();
                    match reference.try_id() {
                        Some(id) => _ = below.refs.insert(name, commit_id(id.as_ref())),
                        None => below.damaged.push(format!("{name} is a symbolic reference")),
                    }
                }
                Err(error) => below.damaged.push(error.to_string()),
            }
        }
        Ok(below)
    }

    /// Moves a ref if it is at one of the commits from which it may move ([`MovableFrom`]). Several writers can do this
    /// at once: if another writer changes the ref meanwhile, this starts again with the new value.
    ///
    /// # Errors
    /// When this clone does not have the new commit, or the ref cannot be written.
    pub fn swap(&self, swap: &Swap) -> Result<Swapped, GitError> {
        self.commit(&swap.to)?;
        loop {
            let at = self.reference_id(&swap.reference);
            let swapped = self.judge(swap, at);
            let Swapped::Moved(from) = swapped else { return Ok(swapped) };
            match self.write(&swap.reference, from, Some(&swap.to)) {
                Ok(()) => return Ok(swapped),
                // Another writer was faster: the new value decides.
                Err(_) if self.reference_id(&swap.reference) != at => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// Returns the result that [`Repository::swap`] has if the ref is at the commit `at`, without moving the ref. `at`
    /// is `None` if the ref does not exist.
    ///
    /// In a shallow clone, history that is missing is fetched. If it cannot be fetched, it may be unknown whether `at`
    /// is an ancestor of the new commit. Then the ref may move: the service was built at the new commit, so at worst
    /// rebake later builds too much.
    #[must_use]
    pub fn judge(&self, swap: &Swap, at: Option<CommitId>) -> Swapped {
        let Some(at) = at else { return Swapped::Moved(None) };
        if at == swap.to {
            return Swapped::There;
        }
        let seen = match swap.from {
            MovableFrom::Anywhere => return Swapped::Moved(Some(at)),
            MovableFrom::Seen(seen) if seen == Some(at) => return Swapped::Moved(Some(at)),
            MovableFrom::Seen(seen) => seen,
        };
        let is_ancestor = |one: &CommitId, other: &CommitId| self.with_fetching(|| self.is_ancestor(one, other));
        if matches!(is_ancestor(&swap.to, &at), Ok(true)) {
            return Swapped::Superseded(at);
        }
        let comes_from_seen = seen.is_none_or(|seen| !matches!(is_ancestor(&seen, &at), Ok(false)));
        match is_ancestor(&at, &swap.to) {
            Ok(true) | Err(GitError::ShallowHistory { .. }) if comes_from_seen => Swapped::Moved(Some(at)),
            _ => Swapped::Elsewhere(at),
        }
    }

    /// Sets refs to commits, whatever their old values are.
    ///
    /// # Errors
    /// When a ref cannot be written.
    pub fn put_refs(&self, refs: &[(String, CommitId)]) -> Result<(), GitError> {
        refs.iter().try_for_each(|(reference, to)| {
            loop {
                let at = self.reference_id(reference);
                match self.write(reference, at, Some(to)) {
                    Err(error) if self.reference_id(reference) == at => return Err(error),
                    Err(_) => {}
                    Ok(()) => return Ok(()),
                }
            }
        })
    }

    /// Writes a blob that names a run, and returns its id. The refs with which the run marks its builds point to this
    /// blob.
    ///
    /// # Errors
    /// When the blob cannot be written.
    pub fn token(&self, run: &str) -> Result<CommitId, GitError> {
        let text = format!("a run of rebake: {run}\n");
        if let Some(written) = self.write_by_git("blob", text.as_bytes()) {
            return written.map(|id| commit_id(&id)).map_err(GitError::writing("the mark of a build"));
        }
        let id = self.gix.write_blob(text).map_err(GitError::writing("the mark of a build"))?;
        Ok(commit_id(&id))
    }

    /// Deletes each ref that still has the given value. A ref with another value is kept.
    ///
    /// # Errors
    /// When a ref cannot be deleted.
    pub fn take_refs(&self, refs: &[(String, CommitId)]) -> Result<(), GitError> {
        refs.iter().try_for_each(|(reference, at)| {
            while self.reference_id(reference) == Some(*at) {
                match self.write(reference, Some(*at), None) {
                    Err(error) if self.reference_id(reference) == Some(*at) => return Err(error),
                    Ok(()) | Err(_) => {}
                }
            }
            Ok(())
        })
    }

    /// Changes a ref from one value to another. `None` stands for a ref that does not exist.
    fn write(&self, reference: &str, from: Option<CommitId>, to: Option<&CommitId>) -> Result<(), GitError> {
        let edit = Edit { name: reference.into(), from: from.as_ref().map(object_id), to: to.map(object_id) };
        let written = match self.edit_by_git(&[edit], MESSAGE) {
            Some(written) => written.map_err(GitError::writing(reference)),
            None => self.write_file(reference, from, to),
        };
        written.map_err(|error| match self.lock_of([reference.as_bytes()]) {
            Some(lock) => GitError::Locked { reference: reference.to_owned(), lock },
            None => error,
        })
    }

    /// Changes a ref through gix, which stores refs as files.
    fn write_file(&self, reference: &str, from: Option<CommitId>, to: Option<&CommitId>) -> Result<(), GitError> {
        let expected = match from {
            Some(from) => PreviousValue::MustExistAndMatch(Target::Object(object_id(&from))),
            None => match self.gix.try_find_reference(reference) {
                // A symbolic reference has no id of its own, so the edit requires that its target is unchanged.
                Ok(Some(found)) if found.try_id().is_none() => {
                    PreviousValue::MustExistAndMatch(found.target().into_owned())
                }
                Ok(_) | Err(_) => PreviousValue::MustNotExist,
            },
        };
        let change = match to {
            Some(to) => Change::Update {
                log: LogChange { message: MESSAGE.into(), ..LogChange::default() },
                expected,
                new: Target::Object(object_id(to)),
            },
            None => Change::Delete { expected, log: RefLog::AndReference },
        };
        let name = reference.try_into().map_err(GitError::writing(reference))?;
        self.gix.edit_reference(RefEdit { change, name, deref: false }).map(drop).map_err(GitError::writing(reference))
    }

    /// Returns the id of the object to which a reference points; `None` if the reference is missing, damaged or
    /// symbolic. A damaged reference can be overwritten.
    #[must_use]
    pub fn reference_id(&self, reference: &str) -> Option<CommitId> {
        let found = self.gix.try_find_reference(reference).ok()??;
        Some(commit_id(found.try_id()?.as_ref()))
    }
}

fn object_id(commit: &CommitId) -> gix::ObjectId {
    gix::oid::from_bytes_unchecked(commit.as_bytes()).to_owned()
}
