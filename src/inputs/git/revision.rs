use gix::bstr::ByteSlice as _;
use gix::objs::Kind;
use gix::revision::spec::parse::{self, ObjectKindHint};

use super::object::commit_id;
use super::{GitError, Head, Repository, RevisionError, RevisionFault};
use crate::model::name::{CommitId, Escaped, nearest};

/// Returns the error for a revision that names no commit.
fn refused(revision: &str, fault: RevisionFault) -> GitError {
    GitError::Revision(RevisionError { revision: revision.to_owned(), fault })
}

impl Repository {
    /// Returns the commit that a revision names, in the syntax of `git rev-parse`: a branch, a tag, an id or the
    /// beginning of an id, `HEAD~2`, `v1^{}`, `@{upstream}`. A tag is resolved to its commit. If a branch and a tag
    /// have the same name, the revision names the tag, as in git. If neither exists, a short name stands for the
    /// remote-tracking branch of this name, as in `git checkout`.
    ///
    /// # Errors
    /// When the revision names no commit in this clone. [`GitError`] and [`RevisionFault`] have a variant for each
    /// reason.
    pub fn resolve(&self, revision: &str) -> Result<CommitId, GitError> {
        if revision.starts_with('-') {
            return Err(refused(revision, RevisionFault::LeadingDash));
        }
        let hint = parse::Options { object_kind_hint: Some(ObjectKindHint::Committish), ..parse::Options::default() };
        let parse = |revision: &str| gix::revision::Spec::from_bstr(revision, &self.gix, hint);
        let by_git = || revision.contains("@{").then(|| self.by_git(revision)).flatten();
        // A mirror has no reflogs, which are needed for the earlier values of a branch.
        if self.place.mirror.is_some()
            && let Some(id) = by_git()
        {
            return self.peel(revision, id);
        }
        let spec = parse(revision).or_else(|error| self.tracking(revision).map_or(Err(error), |branch| parse(&branch)));
        if spec.is_err()
            && let Some(id) = by_git()
        {
            return self.peel(revision, id);
        }
        match spec.map_err(|error| self.unresolved(revision, &error))?.detach() {
            gix::revision::plumbing::Spec::Include(id) => self.peel(revision, id),
            _ => Err(refused(revision, RevisionFault::Range)),
        }
    }

    /// Resolves a revision by running git, which knows more forms than gix, such as `main@{push}`; `None` if git fails.
    fn by_git(&self, revision: &str) -> Option<gix::ObjectId> {
        let answer = self.git(["rev-parse", "--quiet", "--verify", revision]).read_only().run(b"").ok()?;
        gix::ObjectId::from_hex(answer.trim_end()).ok()
    }

    /// Returns the commit with an id, or the commit to which the tag object with this id points, directly or through
    /// other tag objects.
    fn peel(&self, revision: &str, mut id: gix::ObjectId) -> Result<CommitId, GitError> {
        let reading = || GitError::reading(format!("the revision `{}`", Escaped::new(revision)));
        loop {
            let Some(object) = self.gix.try_find_object(id).map_err(reading())? else {
                return Err(self.missing(revision, id));
            };
            match object.kind {
                Kind::Commit => return Ok(commit_id(&id)),
                Kind::Tag => id = object.try_into_tag().map_err(reading())?.target_id().map_err(reading())?.detach(),
                kind @ (Kind::Tree | Kind::Blob) => {
                    return Err(refused(revision, RevisionFault::NotACommit { kind: kind.to_string() }));
                }
            }
        }
    }

    /// Returns the error for a revision that needs an object which is not in this clone. `id` is the id of the object.
    fn missing(&self, revision: &str, id: gix::ObjectId) -> GitError {
        if self.is_shallow() && revision.contains(['~', '^']) {
            self.beyond_shallow(revision)
        } else {
            GitError::MissingCommit { commit: commit_id(&id), shallow: self.is_shallow() }
        }
    }

    fn beyond_shallow(&self, revision: &str) -> GitError {
        let from = revision.split(['~', '^']).next().and_then(|from| self.resolve(from).ok());
        refused(revision, RevisionFault::BeyondShallow { behind: from.into_iter().collect() })
    }

    fn unresolved(&self, given: &str, error: &gix::Error) -> GitError {
        let known = error.iter_errors().find_map(|error| error.downcast_ref::<parse::Error>());
        if let Some(parse::Error::AmbiguousPrefix { candidates, .. }) = known {
            let shown = |(id, info): &(_, _)| Escaped::new(&format!("{id} ({info})")).to_string();
            return refused(given, RevisionFault::Ambiguous { candidates: candidates.iter().map(shown).collect() });
        }
        if let Ok(Head::Unborn { branch }) = self.head()
            && matches!(given.split(['~', '^', '@', ':']).next(), Some("HEAD" | ""))
        {
            return GitError::NoCommitYet { branch };
        }
        if let Ok(commit) = given.parse::<CommitId>() {
            return GitError::MissingCommit { commit, shallow: self.is_shallow() };
        }
        if let Some(parse::Error::MissingReference { .. }) = known {
            let (similar, branch) = (self.similar_name(given), self.branch_elsewhere(given));
            return refused(given, RevisionFault::Unknown { similar, branch });
        }
        if self.is_shallow() && given.contains(['~', '^']) {
            return self.beyond_shallow(given);
        }
        match self.damage_at(given) {
            Some(damage) => damage,
            None if error.is_corrupted() => GitError::reading(format!("what `{}` leads to", Escaped::new(given)))(
                error.probable_cause().to_string(),
            ),
            None => refused(given, RevisionFault::Unresolvable { reason: error.probable_cause().to_string() }),
        }
    }

    /// Returns the error if the object that a revision starts from cannot be read; else `None`.
    fn damage_at(&self, given: &str) -> Option<GitError> {
        let name = match given.split(['~', '^', '@', ':']).next()? {
            "" => "HEAD",
            name => name,
        };
        let mut reference = self.gix.try_find_reference(name).ok()??;
        while let Some(next) = reference.follow() {
            reference = next.ok()?;
        }
        let id = reference.try_id()?.detach();
        match self.gix.try_find_object(id) {
            Ok(Some(_)) => None,
            Ok(None) => Some(self.missing(given, id)),
            Err(error) => {
                Some(GitError::reading(format!("commit {id}, to which `{}` leads", Escaped::new(name)))(error))
            }
        }
    }

    /// Returns the branch or tag whose name is most similar to a mistyped name, escaped.
    fn similar_name(&self, mistyped: &str) -> Option<String> {
        let references = self.gix.references().ok()?;
        let names: Vec<String> = references
            .all()
            .ok()?
            .flatten()
            .filter_map(|reference| {
                let name = reference.name().as_bstr();
                let prefixes = ["refs/heads/", "refs/tags/", "refs/remotes/"];
                let short = prefixes.iter().find_map(|prefix| name.strip_prefix(prefix.as_bytes()))?;
                Some(Escaped::new(short).to_string())
            })
            .collect();
        nearest(mistyped, names.iter().map(String::as_str)).map(str::to_owned)
    }
}
