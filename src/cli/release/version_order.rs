//! Checks that next versions are higher than all existing releases.

use super::ReleaseArgs;
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::printing::Output;
use crate::inputs::git::{Head, Repository};
use crate::inputs::trigger::Trigger;
use crate::model::diagnostic::{Diagnostic, Severity};
use crate::model::name::ServiceName;
use crate::naming::release::{self, PlannedRelease, ReleaseOutcome, ReleasePlan};

/// Warns of each next version that is not higher than all releases of its services. The default branch should have the
/// highest releases, so if the run makes tags there, the warnings are returned as an error. They stay warnings if none
/// of these releases is stable, or if the command line gives the version.
pub(super) fn check(
    repository: &Repository,
    trigger: &Trigger,
    plan: &ReleasePlan,
    args: &ReleaseArgs,
    output: &Output,
) -> Result<(), Failure> {
    let below: Vec<(&PlannedRelease, &release::TaggedRelease)> =
        plan.lines.iter().filter_map(|line| Some((line, line.not_below.as_ref()?))).collect();
    let is_stable = below.iter().any(|(_, release)| !release.version.is_pre_release());
    let refuses = args.yes && args.version.is_none() && is_stable && is_on_default_branch(repository, trigger)?;
    let severity = if refuses { Severity::Error } else { Severity::Warning };
    let diagnostics: Vec<Diagnostic> =
        below.iter().filter_map(|(line, release)| said(severity, line, release)).collect();
    if refuses {
        return Err(Failure { exit: Exit::Usage, diagnostics });
    }
    output.say(&diagnostics);
    Ok(())
}

fn said(severity: Severity, line: &PlannedRelease, release: &release::TaggedRelease) -> Option<Diagnostic> {
    let ReleaseOutcome::Due { version, .. } = &line.outcome else { return None };
    let services = line.services.iter().map(ServiceName::to_string).collect::<Vec<_>>().join(", ");
    let message = format!("{services} {version} would not be higher than {}, which is on another branch", release.tag);
    Some(
        Diagnostic::new(severity, "not-above", message)
            .help("merge that release into this branch, or name the version with `--version`"),
    )
}

/// Whether the default branch is checked out or, if `HEAD` is detached, whether the event is about the default branch.
fn is_on_default_branch(repository: &Repository, trigger: &Trigger) -> Result<bool, Failure> {
    let here = match repository.head()? {
        Head::Branch { name, .. } | Head::Unborn { branch: name } => Some(name.as_bytes().to_vec()),
        Head::Detached { .. } => trigger.branch().map(|branch| branch.as_bytes().to_vec()),
    };
    let default = match &trigger.default_branch {
        Some(name) => Some(name.as_bytes().to_vec()),
        None => repository.default_branch(None).map(|default| {
            let name = default.name.as_bytes();
            name.strip_prefix(b"origin/").unwrap_or(name).to_vec()
        }),
    };
    Ok(here.is_some() && here == default)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::name::{CommitId, TagName};
    use crate::naming::release::{Idle, ReleasePosition, ReleaseReason, TaggedRelease};
    use crate::naming::version::Scheme;

    #[test]
    fn only_a_release_that_is_due_can_be_too_low() {
        let release = |version: &str| TaggedRelease {
            tag: TagName::parse(&format!("v{version}")).unwrap(),
            version: Scheme::Semver.read(version).unwrap(),
            commit: "1".repeat(40).parse::<CommitId>().unwrap(),
            reach: ReleasePosition::Elsewhere,
        };
        let TaggedRelease { tag, version, .. } = release("1.2.0");
        let line = |outcome| PlannedRelease {
            services: ["api", "web"].map(|name| ServiceName::parse(name).unwrap()).to_vec(),
            current: None,
            since: None,
            changes: Vec::new(),
            outcome,
            not_below: Some(release("2.0.0")),
        };
        let due = line(ReleaseOutcome::Due { version, tag, why: ReleaseReason::First, taken: None });
        let warning = said(Severity::Warning, &due, &release("2.0.0")).unwrap();
        assert_eq!(warning.message, "api, web 1.2.0 would not be higher than v2.0.0, which is on another branch");
        let idle = line(ReleaseOutcome::Idle(Idle::NoCommits));
        assert!(said(Severity::Warning, &idle, &release("2.0.0")).is_none());
    }
}
