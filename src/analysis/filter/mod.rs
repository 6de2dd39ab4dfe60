//! Which changes each filter matches, and by which pattern.
//!
//! A [`Filter`] is a list of patterns with a rule for reading it; [`Filters`] are all filters of a configuration,
//! compiled together, so that a path is only matched with the few patterns that could match it.

mod cover;
mod evaluate;
mod members;
mod filters;

pub use cover::Cover;
pub use evaluate::{Match, Matches, matches, matches_of};
pub use filters::{FilterId, Filters};
pub use members::{Members, members, members_of_listing};

use crate::glob::Pattern;
use crate::model::change::Status;
use crate::model::choice::Choice;
use crate::model::diagnostic::Located;

/// How many paths a thread matches at once. Matching fewer takes less time than waking a thread.
const CHUNK: usize = 256;

/// A list of patterns, and the rule by which it is read.
#[derive(Debug, Clone)]
pub enum Filter {
    /// The structured shape: as in .gitignore, the last pattern that matches decides.
    Ordered(Vec<FilterEntry>),
    /// The flat shape: as dorny/paths-filter v4 reads it.
    PathsFilter {
        /// How the rules are combined.
        quantifier: Quantifier,
        /// The rules, in the order of the file.
        rules: Vec<FlatRule>,
    },
}

/// A pattern of an ordered list.
#[derive(Debug, Clone)]
pub struct FilterEntry {
    /// The effect of a match.
    pub effect: Effect,
    /// The statuses of changes that it applies to.
    pub statuses: Statuses,
    /// The pattern, without the `!` of an exclusion.
    pub pattern: Located<Pattern>,
}

/// The effect of a match of a pattern in an ordered list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// The change matches, unless a later pattern excludes it.
    Include,
    /// The change does not match, unless a later pattern includes it: the pattern was written with a leading `!`.
    Exclude,
    /// The change does not match, unless a later pattern, or a pattern without a wildcard, includes it: the pattern is
    /// one of a service's `exclude`.
    ExcludeWildcards,
    /// The path is a lockfile of which only the service's packages count. The match has the same effect as with
    /// `ExcludeWildcards`. rebake adds such a pattern itself.
    Lockfile,
    /// The path belongs to another service. The match has the same effect as with `Exclude`. rebake adds such a pattern
    /// itself, from discovery. The pattern is not part of this service's definition. So a new service affects this
    /// service only if it takes over files of this service.
    Cede,
}

impl Effect {
    /// Returns the effect of an entry of an ordered list, and its pattern without the `!` of an exclusion; `None` if
    /// the text begins with `!!`, since an exclusion cannot be negated. `!(a)` is a pattern, and not an exclusion.
    #[must_use]
    pub fn of(text: &str) -> Option<(Self, &str)> {
        let is_mark = |text: &str| text.starts_with('!') && !text.starts_with("!(");
        match text.get(1..).filter(|_| is_mark(text)) {
            None => Some((Self::Include, text)),
            Some(rest) if is_mark(rest) => None,
            Some(rest) => Some((Self::Exclude, rest)),
        }
    }
}

/// A rule of a flat filter. It applies to changes with one of its statuses, and matches if any of its patterns matches.
#[derive(Debug, Clone)]
pub struct FlatRule {
    /// The statuses of changes that it applies to.
    pub statuses: Statuses,
    /// The patterns. Only a rule with a status word can have several.
    pub patterns: Vec<Located<Pattern>>,
}

/// How the rules of a flat filter are combined (`--quantifier`, paths-filter's `predicate-quantifier`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Quantifier {
    /// A change matches when any rule matches.
    #[default]
    Some,
    /// A change matches when every rule matches; always when there are no rules.
    Every,
    /// A change matches when a rule matches, unless a negated pattern anywhere in the filter excludes it.
    SomeWithExcludes,
}

impl Choice for Quantifier {
    const CHOICES: &'static [(Self, &'static str, &'static str)] = &[
        (Self::Some, "some", "A file counts if any rule matches it"),
        (Self::Every, "every", "A file counts if all rules match it"),
        (Self::SomeWithExcludes, "some-with-excludes", "A file counts if any rule matches it and no negated rule does"),
    ];
}

/// A set of statuses. A type change counts as a modification, and a path that cannot be read as every status.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Statuses {
    added: bool,
    modified: bool,
    deleted: bool,
}

impl Statuses {
    /// Every status.
    pub const ANY: Self = Self { added: true, modified: true, deleted: true };
    /// No status at all: a rule with only unknown words never matches.
    pub const NONE: Self = Self { added: false, modified: false, deleted: false };

    /// Returns the set for a status word of filters.yaml; `None` for any other word.
    #[must_use]
    pub fn word(word: &str) -> Option<Self> {
        match word {
            "added" => Some(Self { added: true, ..Self::NONE }),
            "modified" => Some(Self { modified: true, ..Self::NONE }),
            "deleted" => Some(Self { deleted: true, ..Self::NONE }),
            _ => None,
        }
    }

    /// Returns the statuses that are in at least one of the two sets.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        Self {
            added: self.added || other.added,
            modified: self.modified || other.modified,
            deleted: self.deleted || other.deleted,
        }
    }

    /// Whether the set has this status.
    #[must_use]
    pub fn contains(self, status: Status) -> bool {
        match status {
            Status::Added => self.added,
            Status::Modified | Status::TypeChanged => self.modified,
            Status::Deleted => self.deleted,
            Status::Unread => self != Self::NONE,
        }
    }
}
