use std::fmt;

use serde_json::Value;

use crate::model::name::CommitId;

/// A fact about an event: the name of a value that an engine provides.
#[derive(Debug, Clone, Copy)]
pub(super) enum Fact {
    /// The environment variable with this name.
    Variable(&'static str),
    /// The value in the event file at this JSON pointer.
    Event(&'static str),
    /// The first of these facts that has a value.
    AnyOf(&'static [Fact]),
}

/// The values that an engine provides: its variables, and its event file if it has one.
///
/// A value with an empty text counts as absent.
pub(super) struct Facts<'a> {
    pub(super) variable: &'a dyn Fn(&str) -> Option<String>,
    pub(super) event: Value,
}

impl Facts<'_> {
    pub(super) fn text(&self, fact: Fact) -> Option<String> {
        let text = match fact {
            Fact::Variable(name) => (self.variable)(name),
            Fact::Event(pointer) => self.event.pointer(pointer).and_then(Value::as_str).map(str::to_owned),
            Fact::AnyOf(facts) => facts.iter().find_map(|fact| self.text(*fact)),
        };
        text.filter(|text| !text.is_empty())
    }

    /// Returns the value of a fact if it is a commit id, which may be all zeros. `None` for any other text, such as the
    /// word `HEAD` in `BUILDKITE_COMMIT` or Bitbucket's short ids.
    pub(super) fn commit(&self, fact: Fact) -> Option<CommitId> {
        self.text(fact)?.parse().ok()
    }

    /// Whether a fact is a commit id of zeros.
    pub(super) fn is_zero(&self, fact: Fact) -> bool {
        self.commit(fact).is_some_and(|commit| commit.is_zero())
    }

    /// Whether a fact is `true` or `1`, which CircleCI writes for `true` in variables.
    pub(super) fn is_true(&self, fact: Fact) -> bool {
        self.is(fact, &["true", "1"])
    }

    /// Whether a variable is set.
    pub(super) fn has(&self, variable: &'static str) -> bool {
        self.text(Fact::Variable(variable)).is_some()
    }

    /// Whether a fact is one of these words.
    pub(super) fn is(&self, fact: Fact, words: &[&str]) -> bool {
        self.text(fact).is_some_and(|text| words.contains(&text.as_str()))
    }

    pub(super) fn begins(&self, fact: Fact, prefix: &str) -> bool {
        self.text(fact).is_some_and(|text| text.starts_with(prefix))
    }

    /// Whether two facts are present and equal.
    pub(super) fn same(&self, one: Fact, other: Fact) -> bool {
        self.text(one).is_some_and(|text| self.text(other).is_some_and(|other| text == other))
    }

    /// Whether the event file has `true` at this JSON pointer.
    pub(super) fn flag(&self, pointer: &str) -> bool {
        self.event.pointer(pointer).and_then(Value::as_bool) == Some(true)
    }
}

impl fmt::Display for Fact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Variable(name) => write!(f, "`{name}`"),
            Self::Event(pointer) => write!(f, "`{}`", pointer.trim_start_matches('/').replace('/', ".")),
            Self::AnyOf(facts) => facts
                .iter()
                .enumerate()
                .try_for_each(|(at, fact)| write!(f, "{}{fact}", if at == 0 { "" } else { " or " })),
        }
    }
}
