use super::next::Next;
use super::{Dependents, Line, NextVersion, ReleaseError, ReleasePosition, ReleaseRequest, Scope, TaggedRelease};
use crate::model::name::{ServiceName, TagName};
use crate::naming::version::{Bump, Commit, CommitReason, Decision, Stage, Version};

/// The next releases, in the order of the lines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReleasePlan {
    /// The lines that the plan is about.
    pub lines: Vec<PlannedRelease>,
}

/// A line, and whether it is released.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlannedRelease {
    /// The services that share this release.
    pub services: Vec<ServiceName>,
    /// The highest release at head or at an ancestor of head; `None` if there is none.
    pub current: Option<TaggedRelease>,
    /// The release after which commits are considered; `None` if all commits are considered.
    pub since: Option<TaggedRelease>,
    /// The commits after `since` that change files of the services, the newest first.
    pub changes: Vec<ReleaseChange>,
    /// Whether the line is to be released, and as which version.
    pub outcome: ReleaseOutcome,
    /// The highest stable release, on any branch, that is not lower than the next version, or else the highest such
    /// pre-release; `None` if there is none, or no next version.
    pub not_below: Option<TaggedRelease>,
}

/// A commit, and the bump that it requires.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReleaseChange {
    /// The commit.
    pub commit: Commit,
    /// The bump that it requires, and why.
    pub reason: CommitReason,
}

/// Whether a line is released.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReleaseOutcome {
    /// It is to be released.
    Due {
        /// The version.
        version: Version,
        /// The tag.
        tag: TagName,
        /// The reason.
        why: ReleaseReason,
        /// The release on another branch that already has the version that would have been the next. This version was
        /// skipped.
        taken: Option<TaggedRelease>,
    },
    /// It is already released at head.
    Already {
        /// The release.
        release: TaggedRelease,
    },
    /// There is nothing to release.
    Idle(Idle),
}

/// Why a line is to be released.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReleaseReason {
    /// Its commits require this bump.
    Commits(Bump),
    /// It was never released.
    First,
    /// This bump was requested.
    Asked(Bump),
    /// This version was requested.
    Given,
    /// A dependency of it is released.
    Dependency(ServiceName),
}

/// Why a line is not released.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Idle {
    /// It has no new commits.
    NoCommits,
    /// None of its commits requires a release.
    NothingAsked,
    /// It has new commits, but its calendar version cannot be derived from them.
    NoNext,
}
/// Plans the releases of lines. `commits` has, for each line, the commits since [`Line::since`] that change its files,
/// the newest first. `existing` are all tags, sorted.
///
/// # Errors
/// When a version is given, but not for exactly one line; when the given version is invalid, not higher than the
/// current one or released at another commit; when a line has no next version; or when git could not store a tag.
pub fn plan(
    lines: &[Line],
    commits: Vec<Vec<Commit>>,
    existing: &[TagName],
    request: &ReleaseRequest,
) -> Result<ReleasePlan, ReleaseError> {
    let asked = lines.iter().filter(|line| line.scope != Scope::Outside).count();
    if matches!(request.step, NextVersion::To(_)) && asked != 1 {
        return Err(ReleaseError::VersionOfMany { lines: asked });
    }
    let decisions: Vec<Decision> = lines.iter().zip(&commits).map(|(line, commits)| decision(line, commits)).collect();
    let mut existing = existing.to_vec();
    let mut outcomes: Vec<Option<ReleaseOutcome>> = vec![None; lines.len()];
    for (at, line) in lines.iter().enumerate().filter(|(_, line)| line.scope != Scope::Outside) {
        outcomes[at] = Some(outcome(line, &decisions[at], &mut existing, request)?);
    }
    if request.dependents == Dependents::Patch {
        spread(lines, &decisions, &mut outcomes, &mut existing, request)?;
    }
    let planned = lines.iter().zip(commits).zip(decisions).zip(outcomes);
    let planned = planned.filter_map(|(((line, commits), decision), outcome)| {
        let outcome = outcome?;
        let not_below = match &outcome {
            ReleaseOutcome::Due { version, .. } => line.not_below(version).cloned(),
            ReleaseOutcome::Already { .. } | ReleaseOutcome::Idle(_) => None,
        };
        Some(PlannedRelease {
            services: line.services.clone(),
            current: line.current().cloned(),
            since: line.since(request.pre.as_deref()).cloned(),
            changes: commits
                .into_iter()
                .zip(decision.reasons)
                .map(|(commit, reason)| ReleaseChange { commit, reason })
                .collect(),
            outcome,
            not_below,
        })
    });
    Ok(ReleasePlan { lines: planned.collect() })
}

fn decision(line: &Line, commits: &[Commit]) -> Decision {
    let stage = line.current().map_or(Stage::Initial, |current| Stage::of(&current.version));
    Decision::of(commits, stage)
}

fn outcome(
    line: &Line,
    decision: &Decision,
    existing: &mut Vec<TagName>,
    request: &ReleaseRequest,
) -> Result<ReleaseOutcome, ReleaseError> {
    let pre = request.pre.as_deref();
    if let NextVersion::To(text) = &request.step {
        let version = line.read(text)?;
        return match line.chosen(&version)? {
            Some(release) => Ok(ReleaseOutcome::Already { release: release.clone() }),
            None => due(line, Next { version, taken: None }, ReleaseReason::Given, existing),
        };
    }
    if let Some(release) = line.already(pre) {
        return Ok(ReleaseOutcome::Already { release: release.clone() });
    }
    let given = match request.step {
        NextVersion::Bump(bump) => Some(bump),
        NextVersion::Auto | NextVersion::To(_) => None,
    };
    if decision.reasons.is_empty() && (line.scope != Scope::Named || given.is_none()) {
        return Ok(ReleaseOutcome::Idle(Idle::NoCommits));
    }
    let (bump, why) = match (line.current(), given, decision.bump) {
        (None, ..) => (Bump::Patch, ReleaseReason::First),
        (Some(_), Some(bump), _) => (bump, ReleaseReason::Asked(bump)),
        (Some(_), None, Some(bump)) => (bump, ReleaseReason::Commits(bump)),
        (Some(_), None, None) => return Ok(ReleaseOutcome::Idle(Idle::NothingAsked)),
    };
    match line.next(bump, pre)? {
        Some(next) => due(line, next, why, existing),
        None if line.scope == Scope::Named => Err(ReleaseError::NoNext { service: line.services[0].clone() }),
        None => Ok(ReleaseOutcome::Idle(Idle::NoNext)),
    }
}

fn due(
    line: &Line,
    Next { version, taken }: Next,
    why: ReleaseReason,
    existing: &mut Vec<TagName>,
) -> Result<ReleaseOutcome, ReleaseError> {
    let tag = line.tag(&version, existing)?;
    // Git must be able to store the new tags beside each other, too.
    existing.insert(existing.partition_point(|other| *other < tag), tag.clone());
    Ok(ReleaseOutcome::Due { version, tag, why, taken })
}

/// Releases the direct and indirect dependents of released lines: with a higher patch number, or as their own commits
/// require. A line that is already released at head is treated as released, so that an interrupted release can be
/// continued.
fn spread(
    lines: &[Line],
    decisions: &[Decision],
    outcomes: &mut [Option<ReleaseOutcome>],
    existing: &mut Vec<TagName>,
    request: &ReleaseRequest,
) -> Result<(), ReleaseError> {
    let mut dependents = vec![Vec::new(); lines.len()];
    for (at, line) in lines.iter().enumerate() {
        line.depends_on.iter().for_each(|dependency| dependents[*dependency].push(at));
    }
    let mut waiting: Vec<usize> = (0..lines.len()).filter(|at| is_released(outcomes[*at].as_ref())).collect();
    while let Some(dependency) = waiting.pop() {
        for at in dependents[dependency].iter().copied() {
            let line = &lines[at];
            let Some(current) = line.current().filter(|_| !is_released(outcomes[at].as_ref())) else { continue };
            if current.reach == ReleasePosition::Head && !current.version.is_pre_release() {
                outcomes[at] = Some(ReleaseOutcome::Already { release: current.clone() });
            } else {
                // The line's own commits may require more than a patch.
                let bump = decisions[at].bump.unwrap_or(Bump::Patch);
                let Some(next) = line.next(bump, request.pre.as_deref())? else {
                    outcomes[at] = Some(ReleaseOutcome::Idle(Idle::NoNext));
                    continue;
                };
                let why = ReleaseReason::Dependency(lines[dependency].services[0].clone());
                outcomes[at] = Some(due(line, next, why, existing)?);
            }
            waiting.push(at);
        }
    }
    Ok(())
}

fn is_released(outcome: Option<&ReleaseOutcome>) -> bool {
    matches!(outcome, Some(ReleaseOutcome::Due { .. } | ReleaseOutcome::Already { .. }))
}
