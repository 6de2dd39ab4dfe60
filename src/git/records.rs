use gix::refs::Target;
use gix::refs::transaction::{Change, LogChange, PreviousValue, RefEdit};

use super::object::commit_id;
use super::{Error, Repository};
use crate::name::CommitId;

/// What became of a ref that is to move forward.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moved {
    /// It is there now; none before where it is new.
    Forward(Option<CommitId>),
    /// It was there, or further ahead, and stays.
    Stays(CommitId),
    /// It stood at a commit that does not lead there: rewritten by a force-push, on another branch, or not in this
    /// clone. It is there now.
    Replaced(CommitId),
}

impl Repository {
    /// Returns the refs whose names begin with `prefix` (which ends with `/`) and that stand for an object, by name.
    ///
    /// # Errors
    /// When the refs cannot be read.
    pub fn refs_below(&self, prefix: &str) -> Result<Vec<(String, CommitId)>, Error> {
        let reading = || Error::reading(format!("the refs below {prefix}"));
        let references = self.gix.references().map_err(reading())?;
        let below = references.prefixed(prefix).map_err(reading())?;
        let direct = below.filter_map(Result::ok).filter_map(|reference| {
            let id = commit_id(reference.try_id()?.as_ref());
            Some((reference.name().as_bstr().to_string(), id))
        });
        Ok(direct.collect())
    }

    /// Moves a ref to a commit, forward only. Safe under many writers: who finds it moved meanwhile looks again.
    ///
    /// # Errors
    /// When this clone does not hold the commit, or the ref cannot be written.
    pub fn move_forward(&self, reference: &str, to: &CommitId) -> Result<Moved, Error> {
        let target = self.commit(to)?.id;
        loop {
            let moved = self.forward(self.reference_id(reference)?, to);
            let expected = match moved {
                Moved::Stays(_) => return Ok(moved),
                Moved::Forward(None) => PreviousValue::MustNotExist,
                Moved::Forward(Some(from)) | Moved::Replaced(from) => {
                    PreviousValue::MustExistAndMatch(Target::Object(object_id(&from)))
                }
            };
            let change = Change::Update {
                log: LogChange { message: "rebake: record".into(), ..LogChange::default() },
                expected: expected.clone(),
                new: Target::Object(target),
            };
            let what = format!("{reference} while moving it");
            let name = reference.try_into().map_err(Error::reading(what.clone()))?;
            match self.gix.edit_reference(RefEdit { change, name, deref: false }) {
                Ok(_) => return Ok(moved),
                // Somebody else was faster: what it is now decides anew.
                Err(_) if self.has_moved(reference, moved)? => {}
                Err(error) => return Err(Error::reading(what)(error)),
            }
        }
    }

    /// Returns what moving forward from one commit to another means.
    ///
    /// Where a shallow history leaves it open, the move is one forward: builds go forward far more often than back, and
    /// an older record only makes more to build.
    pub(super) fn forward(&self, from: Option<CommitId>, to: &CommitId) -> Moved {
        let Some(from) = from else { return Moved::Forward(None) };
        if from == *to {
            return Moved::Stays(from);
        }
        match (self.is_ancestor(&from, to), self.is_ancestor(to, &from)) {
            (_, Ok(true)) => Moved::Stays(from),
            (Ok(true), _) | (Err(Error::ShallowHistory { .. }), _) => Moved::Forward(Some(from)),
            _ => Moved::Replaced(from),
        }
    }

    fn has_moved(&self, reference: &str, since: Moved) -> Result<bool, Error> {
        let before = match since {
            Moved::Forward(from) => from,
            Moved::Replaced(from) | Moved::Stays(from) => Some(from),
        };
        Ok(self.reference_id(reference)? != before)
    }

    fn reference_id(&self, reference: &str) -> Result<Option<CommitId>, Error> {
        let found = self.gix.try_find_reference(reference).map_err(Error::reading(reference))?;
        Ok(found.and_then(|found| Some(commit_id(found.try_id()?.as_ref()))))
    }
}

fn object_id(commit: &CommitId) -> gix::ObjectId {
    gix::oid::from_bytes_unchecked(commit.as_bytes()).to_owned()
}
