use schemars::JsonSchema;

use super::{Place, pattern};
use crate::config::problems::Problems;
use crate::config::read::{Read, literal};
use crate::config::yaml::View;
use crate::glob::Pattern;
use crate::model::diagnostic::Diagnostic;

/// A pattern for the names of branches: `main`, `release/**`.
#[derive(Debug, Clone, JsonSchema)]
#[schemars(transparent, inline)]
pub(in crate::config) struct BranchPattern(#[schemars(with = "String")] pub(in crate::config) Pattern);

impl Read for BranchPattern {
    fn read(view: View<'_>, problems: &mut Problems<'_>) -> Option<Self> {
        literal(view, "the name of a branch, or a pattern", problems)?;
        let pattern = pattern(view, Place::Start, problems)?.value;
        if pattern.is_negated() {
            let problem = Diagnostic::error("negated-branch", "a pattern for branches begins with `!`");
            let problem = problem.located(problems.file(), &view.locate(()), "matches every other branch");
            problems.push(problem.help("name the branches that it is for; the first environment that fits is used"));
            return None;
        }
        Some(Self(pattern))
    }
}
