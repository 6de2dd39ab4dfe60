//! Creates or deletes several tags in one transaction.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use gix::refs::file::transaction::PackedRefs;
use gix::refs::transaction::{Change, LogChange, PreviousValue, RefEdit, RefLog};
use gix::refs::{FullName, Target};

use super::error::unlocking;
use super::mirror::Edit;
use super::{Repository, program};
use crate::model::name::{CommitId, Escaped, TagName};

/// An annotated tag to create.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewTag {
    /// Its name.
    pub name: TagName,
    /// The commit that it points to.
    pub commit: CommitId,
    /// Its message.
    pub message: String,
}

/// Whether tags are signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Signing {
    /// They are not signed.
    #[default]
    Unsigned,
    /// Git signs them, as its configuration says (`gpg.format`, `user.signingKey`).
    Signed,
}

/// A tag that was created.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MadeTag {
    /// Its name.
    pub name: TagName,
    object: gix::ObjectId,
}

/// Why tags could not be created or deleted.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TagError {
    /// Neither git's configuration nor the environment has a name and an email for the tagger.
    #[error("git has no name and email for the tagger")]
    NoIdentity,
    /// A tag object cannot be written.
    #[error("the tag {name} cannot be written: {reason}")]
    Object {
        /// The tag.
        name: TagName,
        /// The reason.
        reason: String,
    },
    /// Git could not sign.
    #[error("the tag {name} cannot be signed: {source}")]
    Sign {
        /// The tag.
        name: TagName,
        /// The error of git.
        source: program::ProgramError,
    },
    /// The refs cannot be changed, for example since one of them exists already, or since the disk is full.
    #[error("no tag was made: {reason}")]
    Refs {
        /// The reason.
        reason: String,
    },
    /// Another process is writing the refs, or was killed while writing them.
    #[error("no tag was made: the lock `{}` is there", Escaped::new(.lock.as_os_str().as_encoded_bytes()))]
    Locked {
        /// The lock file.
        lock: PathBuf,
    },
}

impl TagError {
    /// Returns advice on what to do about the error.
    #[must_use]
    pub fn help(&self) -> String {
        let advice = match self {
            Self::Locked { lock } => return unlocking(lock),
            Self::NoIdentity => "`git config user.name NAME` and `git config user.email ADDRESS`",
            Self::Object { .. } | Self::Refs { .. } => {
                "check that the disk has room, and that you may write to the repository"
            }
            Self::Sign { .. } => "see `git help tag` for the keys that `--sign` uses, or leave it out",
        };
        advice.to_owned()
    }
}

impl Repository {
    /// Creates annotated tags: all of them or none. Their refs appear at the same moment, when the new `packed-refs`
    /// replaces the old one. If the process is killed before that moment, it leaves unreferenced objects and locks. If
    /// it is killed later, all tags exist.
    ///
    /// # Errors
    /// When a tag exists already, git has no name and email for the tagger, a tag cannot be signed, a ref is locked, or
    /// an object or a ref cannot be written. Then no tag is created.
    pub fn create_tags(&self, tags: &[NewTag], signing: Signing) -> Result<Vec<MadeTag>, TagError> {
        let objects = match signing {
            Signing::Unsigned => tags.iter().map(|tag| self.write_tag(tag)).collect::<Result<Vec<_>, _>>()?,
            Signing::Signed => self.sign_tags(tags)?,
        };
        let made: Vec<MadeTag> =
            tags.iter().zip(objects).map(|(tag, object)| MadeTag { name: tag.name.clone(), object }).collect();
        self.change_tags(&made, |object| (None, Some(object)))?;
        Ok(made)
    }

    /// Deletes tags that [`Repository::create_tags`] has created: all of them or none.
    ///
    /// # Errors
    /// When one of the tags was changed after its creation, a ref is locked, or the refs cannot be written.
    pub fn delete_tags(&self, tags: &[MadeTag]) -> Result<(), TagError> {
        self.change_tags(tags, |object| (Some(object), None))
    }

    /// Changes the refs of tags. For the id of a tag object, `change` returns the old and the new value of the ref.
    fn change_tags(&self, tags: &[MadeTag], change: impl Fn(gix::ObjectId) -> FromTo) -> Result<(), TagError> {
        let edits = tags.iter().map(|tag| {
            let (from, to) = change(tag.object);
            Edit { name: [b"refs/tags/", tag.name.as_bytes()].concat(), from, to }
        });
        let edits: Vec<Edit> = edits.collect();
        let names: Vec<Vec<u8>> = edits.iter().map(|edit| edit.name.clone()).collect();
        let failed = |reason: String| match self.lock_of(names.iter().map(Vec::as_slice)) {
            Some(lock) => TagError::Locked { lock },
            None => TagError::Refs { reason },
        };
        if let Some(done) = self.edit_by_git(&edits, MESSAGE) {
            return done.map_err(|error| failed(error.to_string()));
        }
        let edits: Vec<RefEdit> = edits.into_iter().map(in_files).collect::<Result<_, _>>()?;
        let objects = Box::new(self.gix.objects.clone());
        let immediately = gix::lock::acquire::Fail::Immediately;
        let committer = self.gix.committer().transpose().map_err(|error| failed(chain(&error)))?;
        self.gix
            .refs
            .transaction()
            .packed_refs(PackedRefs::DeletionsAndNonSymbolicUpdatesRemoveLooseSourceReference(objects))
            .prepare(edits, immediately, immediately)
            .and_then(|transaction| transaction.commit(committer))
            .map_err(|error| failed(chain(&error)))?;
        Ok(())
    }

    fn write_tag(&self, tag: &NewTag) -> Result<gix::ObjectId, TagError> {
        let failed = |reason: String| TagError::Object { name: tag.name.clone(), reason };
        let tagger = self.gix.committer().ok_or(TagError::NoIdentity)?.and_then(|tagger| tagger.to_owned());
        let object = gix::objs::Tag {
            target: super::describe::object_id(&tag.commit),
            target_kind: gix::objs::Kind::Commit,
            name: tag.name.as_bytes().into(),
            tagger: Some(tagger.map_err(|error| failed(chain(&error)))?),
            message: tag.message.as_str().into(),
            signature: None,
        };
        let mut data = Vec::new();
        gix::objs::WriteTo::write_to(&object, &mut data).map_err(|error| failed(error.to_string()))?;
        match self.write_by_git("tag", &data) {
            Some(written) => written.map_err(|error| failed(error.to_string())),
            None => self.gix.write_object(&object).map(gix::Id::detach).map_err(|error| failed(chain(&error))),
        }
    }

    /// Makes git write signed tag objects into this repository, and their refs into a temporary repository. So this
    /// repository has no new ref before all tags are signed, and also none if a tag cannot be signed.
    fn sign_tags(&self, tags: &[NewTag]) -> Result<Vec<gix::ObjectId>, TagError> {
        let failed = |tag: &NewTag, source| TagError::Sign { name: tag.name.clone(), source };
        let Some(first) = tags.first() else { return Ok(Vec::new()) };
        let aside = tempfile::tempdir()
            .map_err(|error| TagError::Object { name: first.name.clone(), reason: error.to_string() })?;
        let format = format!("--object-format={}", self.gix.object_hash());
        let dir = aside.path().as_os_str();
        let init = program::git(["init", "--quiet", "--bare", "--template=", &format, "--"]).arg(dir);
        init.run(b"").map_err(|source| failed(first, source))?;
        let config = aside.path().join("config");
        borrow_config(&config, &self.place.common_dir.join("config"))
            .map_err(|error| TagError::Object { name: first.name.clone(), reason: error.to_string() })?;
        let git = |args: &[&str]| {
            let objects = &self.place.objects;
            program::git(args.iter().copied()).env("GIT_DIR", dir).env("GIT_OBJECT_DIRECTORY", objects)
        };
        let sign = |tag: &NewTag| {
            let name = String::from_utf8_lossy(tag.name.as_bytes()).into_owned();
            let commit = tag.commit.to_string();
            let created = git(&["tag", "--sign", "--cleanup=verbatim", "--file=-", "--", &name, &commit])
                .run(tag.message.as_bytes())
                .and_then(|_| {
                    git(&["rev-parse", "--verify", "--end-of-options", &format!("refs/tags/{name}")]).run(b"")
                });
            gix::ObjectId::from_hex(created.map_err(|source| failed(tag, source))?.trim_ascii())
                .map_err(|error| TagError::Object { name: tag.name.clone(), reason: error.to_string() })
        };
        tags.iter().map(sign).collect()
    }
}

/// The value of a reference before and after a change.
type FromTo = (Option<gix::ObjectId>, Option<gix::ObjectId>);

/// The message in the reflog of a tag.
const MESSAGE: &str = "tag";

/// Converts a change to gix's type.
fn in_files(Edit { name, from, to }: Edit) -> Result<RefEdit, TagError> {
    let expected =
        from.map_or(PreviousValue::MustNotExist, |from| PreviousValue::MustExistAndMatch(Target::Object(from)));
    let change = match to {
        Some(to) => Change::Update {
            log: LogChange { mode: RefLog::AndReference, force_create_reflog: false, message: MESSAGE.into() },
            expected,
            new: Target::Object(to),
        },
        None => Change::Delete { expected, log: RefLog::AndReference },
    };
    let name = FullName::try_from(gix::bstr::BString::from(name))
        .map_err(|error| TagError::Refs { reason: error.to_string() })?;
    Ok(RefEdit { change, name, deref: false })
}

/// Makes the configuration file of a bare repository include the configuration file of another repository.
fn borrow_config(config: &Path, other: &Path) -> std::io::Result<()> {
    let mut text = std::fs::read_to_string(config)?;
    let path = other.display().to_string().replace('\\', "\\\\").replace('"', "\\\"");
    let _ = write!(text, "[include]\n\tpath = \"{path}\"\n[core]\n\tbare = true\n\tworktree =\n");
    std::fs::write(config, text)
}

fn chain(error: &gix::Error) -> String {
    let mut texts: Vec<String> = Vec::new();
    for error in error.iter_errors() {
        let text = error.to_string();
        if texts.last() != Some(&text) {
            texts.push(text);
        }
    }
    texts.join(": ")
}
