use crate::git;

/// Something that is not known and widened the plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Doubt {
    /// What kind, a stable word such as `base-unreachable`.
    pub kind: &'static str,
    /// What is not known, and what was done about it; a sentence without a full stop.
    pub message: String,
    /// How to have it certain next time.
    pub help: Option<String>,
}

impl Doubt {
    /// Returns the doubt that a base is out of reach, for the reason that git gives.
    pub(super) fn base_unreachable(error: &git::Error) -> Self {
        Self {
            kind: "base-unreachable",
            message: format!("{error}; so every service counts as affected"),
            help: error.help().into_iter().next(),
        }
    }

    /// Returns the doubt that there is no base, for this reason.
    pub(super) fn no_base(reason: &str, help: &str) -> Self {
        Self {
            kind: "base-unreachable",
            message: format!("{reason}; so every service counts as affected"),
            help: Some(help.to_owned()),
        }
    }
}
