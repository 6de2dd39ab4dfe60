use super::{Bump, Version};
use crate::model::name::CommitId;

/// The facts about one commit of a service. The next version depends on them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Commit {
    /// Its id.
    pub id: CommitId,
    /// Its whole message.
    pub message: String,
    /// How many parents it has; a merge has two or more.
    pub parents: usize,
}

/// The kind of a commit, which decides about the next version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Weight {
    /// `feat!: …` or any other type with `!`, or a footer `BREAKING CHANGE: …`.
    Breaking,
    /// `feat: …`.
    Feature,
    /// `fix: …`, `perf: …`, and every other type; also a revert of a released commit.
    Fix,
    /// It does not follow Conventional Commits, so its kind is not known.
    Unlabelled,
    /// `docs`, `style`, `test`, `chore`, `ci`: no reason for a release.
    Housekeeping,
    /// A merge. It requires no bump itself, but the commits that it brings in may require one.
    Merge,
    /// It reverts commits that are not released yet.
    Reverts,
    /// It was reverted before it was released.
    Reverted,
}

/// The kind of one commit, and the bump that it requires.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CommitReason {
    /// The commit.
    pub commit: CommitId,
    /// Its kind.
    pub weight: Weight,
    /// The bump that it requires, if any.
    pub bump: Option<Bump>,
}

/// The bump that a service's commits require together, and the bump that each commit requires.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// The highest bump that any of the commits requires; `None` if no commit requires one.
    pub bump: Option<Bump>,
    /// One reason for each commit, in the order of the commits.
    pub reasons: Vec<CommitReason>,
}

/// The stage of a service: before version 1.0.0, or from version 1.0.0 on (SemVer, item 4: in `0.y.z` anything may
/// change).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// `0.y.z`: a breaking change raises the minor number. Only people decide about `1.0.0`.
    Initial,
    /// `1.0.0` and later.
    Stable,
}

impl Stage {
    /// Returns the stage of a service whose last release is `release`.
    #[must_use]
    pub fn of(release: &Version) -> Self {
        match release {
            Version::Semver(release) if release.major == 0 => Self::Initial,
            Version::Semver(_) | Version::Calver(_) => Self::Stable,
        }
    }
}

impl Weight {
    /// Returns the bump that such a commit requires.
    #[must_use]
    pub fn bump(self, stage: Stage) -> Option<Bump> {
        match self {
            Self::Breaking if stage == Stage::Initial => Some(Bump::Minor),
            Self::Breaking => Some(Bump::Major),
            Self::Feature => Some(Bump::Minor),
            Self::Fix | Self::Unlabelled => Some(Bump::Patch),
            Self::Housekeeping | Self::Merge | Self::Reverts | Self::Reverted => None,
        }
    }

    /// Returns the kind of a commit with this message, by the rules of Conventional Commits 1.0.0: `type(scope)!:
    /// description`, and footers.
    #[must_use]
    pub fn of_message(message: &str) -> Self {
        let subject = message.lines().next().unwrap_or_default();
        let Some((kind, breaking)) = subject.split_once(':').and_then(|(head, _)| kind(head)) else {
            return if breaks(message) { Self::Breaking } else { Self::Unlabelled };
        };
        if breaking || breaks(message) {
            return Self::Breaking;
        }
        match kind.to_ascii_lowercase().as_str() {
            "feat" | "feature" => Self::Feature,
            "docs" | "doc" | "style" | "test" | "tests" | "chore" | "ci" => Self::Housekeeping,
            _ => Self::Fix,
        }
    }
}

/// Splits `type(scope)!` into the type and whether there is a `!`; `None` if the text does not have this form.
fn kind(head: &str) -> Option<(&str, bool)> {
    let (head, breaking) = head.strip_suffix('!').map_or((head, false), |head| (head, true));
    let kind = match head.split_once('(') {
        None => head,
        Some((kind, scope)) => scope.strip_suffix(')').map(|_| kind)?,
    };
    let is_word = kind.starts_with(|c: char| c.is_ascii_alphabetic())
        && kind.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_');
    is_word.then_some((kind, breaking))
}

/// Whether a line below the subject begins with `BREAKING CHANGE:` or `BREAKING-CHANGE:`, in capitals. A ` #` may
/// replace the colon.
fn breaks(message: &str) -> bool {
    let is_footer = |line: &str| {
        let rest = line.strip_prefix("BREAKING CHANGE").or_else(|| line.strip_prefix("BREAKING-CHANGE"));
        rest.is_some_and(|rest| rest.starts_with(':') || rest.starts_with(" #"))
    };
    message.lines().skip(1).any(is_footer)
}

/// Returns the ids of reverted commits, from the lines that `git revert` writes: `This reverts commit ID.`
fn reverted(message: &str) -> impl Iterator<Item = &str> {
    message.lines().filter_map(|line| {
        let rest = line.trim_start().strip_prefix("This reverts commit ")?;
        let id = &rest[..rest.find(|c: char| !c.is_ascii_hexdigit()).unwrap_or(rest.len())];
        (id.len() >= 7).then_some(id)
    })
}

impl Decision {
    /// Returns the bump that the commits since a service's last release require. `commits` has the newest first.
    ///
    /// A commit and its revert cancel each other, and a revert of the revert restores the commit. A revert of a
    /// released commit is treated as a fix.
    #[must_use]
    pub fn of(commits: &[Commit], stage: Stage) -> Self {
        let mut taken_back = vec![false; commits.len()];
        let mut reasons = Vec::with_capacity(commits.len());
        for (index, commit) in commits.iter().enumerate() {
            let weight = if taken_back[index] { Weight::Reverted } else { weigh(commits, index, &mut taken_back) };
            reasons.push(CommitReason { commit: commit.id, weight, bump: weight.bump(stage) });
        }
        Self { bump: reasons.iter().filter_map(|reason| reason.bump).max(), reasons }
    }
}

/// Returns the kind of a commit that was not reverted, and marks in `taken_back` the older commits that this commit
/// reverts.
fn weigh(commits: &[Commit], index: usize, taken_back: &mut [bool]) -> Weight {
    let commit = &commits[index];
    if commit.parents > 1 {
        return Weight::Merge;
    }
    let mut ids = reverted(&commit.message).peekable();
    if ids.peek().is_none() {
        return Weight::of_message(&commit.message);
    }
    let mut released = false;
    for id in ids {
        let older = commits.iter().enumerate().skip(index + 1);
        match older.into_iter().find(|(_, older)| older.id.to_string().starts_with(&id.to_ascii_lowercase())) {
            Some((older, _)) => taken_back[older] = true,
            None => released = true,
        }
    }
    if released { Weight::Fix } else { Weight::Reverts }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_read() {
        use Weight::{Breaking, Feature, Fix, Housekeeping, Unlabelled};
        for (message, weight) in [
            ("feat: x", Feature),
            ("Feat(api): x", Feature),
            ("feat!: x", Breaking),
            ("feat(api)!: x", Breaking),
            ("chore!: drop node 18", Breaking),
            ("fix: x", Fix),
            ("perf(core): x", Fix),
            ("refactor: x", Fix),
            ("build(deps): x", Fix),
            ("docs: x", Housekeeping),
            ("test(api): x", Housekeeping),
            ("chore(deps): x", Housekeeping),
            ("fix: x\n\nlong\n\nBREAKING CHANGE: y", Breaking),
            ("fix: x\n\nBREAKING-CHANGE: y", Breaking),
            ("fix: x\n\nBREAKING CHANGE #12", Breaking),
            ("Rewrite\n\nBREAKING CHANGE: y", Breaking),
            ("fix: BREAKING CHANGE: x", Fix),
            ("fix: x\n\nno BREAKING CHANGE: here", Fix),
            ("fix: x\n\nbreaking change: y", Fix),
            ("fix: x\n\nBREAKING CHANGES are listed", Fix),
            ("Update the readme", Unlabelled),
            ("two words: x", Unlabelled),
            ("feat(api: x", Unlabelled),
            ("feat (api): x", Unlabelled),
            (": x", Unlabelled),
            ("", Unlabelled),
        ] {
            assert_eq!(Weight::of_message(message), weight, "{message:?}");
        }
    }

    fn commits(messages: &[&str]) -> Vec<Commit> {
        let commit = |(number, message): (usize, &&str)| Commit {
            id: id(number),
            message: (*message).to_owned(),
            parents: if message.starts_with("Merge") { 2 } else { 1 },
        };
        messages.iter().enumerate().map(commit).collect()
    }

    fn id(number: usize) -> CommitId {
        format!("{number:040x}").replace('0', "a").parse().unwrap()
    }

    fn decide(messages: &[&str]) -> (Option<Bump>, Vec<Weight>) {
        let decision = Decision::of(&commits(messages), Stage::Stable);
        (decision.bump, decision.reasons.iter().map(|reason| reason.weight).collect())
    }

    #[test]
    fn the_highest_wins() {
        use Weight::{Breaking, Feature, Fix, Housekeeping, Merge};
        let messages = ["Merge branch 'x'", "docs: x", "fix: x", "feat: x", "fix!: x"];
        assert_eq!(decide(&messages), (Some(Bump::Major), vec![Merge, Housekeeping, Fix, Feature, Breaking]));
        assert_eq!(decide(&messages[..4]).0, Some(Bump::Minor));
        assert_eq!(decide(&messages[..3]).0, Some(Bump::Patch));
        assert_eq!(decide(&messages[..2]).0, None);
        assert_eq!(decide(&[]).0, None);
    }

    #[test]
    fn before_one_a_breaking_change_raises_the_minor_number() {
        assert_eq!(Decision::of(&commits(&["feat!: x"]), Stage::Initial).bump, Some(Bump::Minor));
        assert_eq!(Decision::of(&commits(&["fix: x"]), Stage::Initial).bump, Some(Bump::Patch));
    }

    #[test]
    fn reverts_take_commits_away() {
        use Weight::{Feature, Fix, Reverted, Reverts};
        let revert = |number| format!("Revert \"feat: x\"\n\nThis reverts commit {}.", id(number));
        assert_eq!(decide(&[&revert(1), "feat: x", "fix: y"]), (Some(Bump::Patch), vec![Reverts, Reverted, Fix]));
        let again = [&revert(1), &revert(2), "feat: x"];
        assert_eq!(decide(&again), (Some(Bump::Minor), vec![Reverts, Reverted, Feature]));
        assert_eq!(decide(&[&revert(99), "docs: x"]).0, Some(Bump::Patch));
        let short = format!("revert: x\n\nThis reverts commit {}.", id(1).short(8));
        assert_eq!(decide(&[&short, "feat!: x"]), (None, vec![Reverts, Reverted]));
    }
}
