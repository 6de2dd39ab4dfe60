//! The rules that find what is wrong or missing in filters. Each rule has a file of its own.
//!
//! A rule is a pure function from the files of a repository ([`SourceTree`]), the services that these files declare
//! ([`Discovered`]) and the filters ([`FilterSet`]) to [`Finding`]s. A finding is an error only if the filters
//! certainly miss a change.

mod dead_pattern;
mod exports;
mod filter_set;
mod finding;
mod gates;
mod ground;
mod ignore_comment;
mod image_builds;
mod image_inputs;
mod lone_manifest;
mod mend;
mod pinned_image;
mod positions;
mod proposed_patterns;
mod read_patterns;
mod rule;
#[cfg(test)]
mod tests;
mod uncovered_copy;
mod uncovered_dockerfile;
mod uncovered_link;
mod uncovered_read;
mod uncovered_workflow;
mod unlisted_dependency;
mod unmatched_tag;
mod unowned_file;
mod unread_builds;
mod unread_files;
mod unread_filter;
mod unstarted_workflow;
mod workflow_expression;
mod written_patterns;

pub use filter_set::{FilterPlace, FilterSet, quantifier};
pub use finding::{Finding, Findings, Fix};
pub use mend::mended;
pub use rule::CheckRule;
pub use uncovered_read::ReadCoverage;
pub use unread_files::{OwnReads, UnreadFiles};

use std::collections::BTreeMap;

use crate::analysis::discover::Discovered;
use crate::config::LockfileUse;
use crate::inputs::source::{SourceTree, Workflow, is_action_file, is_workflow_file};
use crate::model::diagnostic::SourceFile;
use crate::model::name::ServiceName;
use crate::plan::observed::{Observed, ObservedInput};
use ground::Ground;

/// Returns the readable workflows of a tree, and its composite actions that filter paths, by their paths. Discovery
/// reports why other workflows cannot be read.
#[must_use]
pub fn workflows(tree: &SourceTree) -> BTreeMap<String, Workflow> {
    let read = |file: &SourceFile| match file.name() {
        path if is_workflow_file(path) => Workflow::read(file).ok(),
        path if is_action(path) => Workflow::read_action(file).ok().filter(|action| !action.path_filters.is_empty()),
        _ => None,
    };
    tree.texts().filter_map(|file| Some((file.name().to_owned(), read(file)?))).collect()
}

/// Whether a path is that of the file of an action.
fn is_action(path: &str) -> bool {
    is_action_file(path.rsplit('/').next().unwrap_or_default())
}

/// The input of the rules.
#[derive(Debug, Clone, Copy)]
pub struct Checked<'a> {
    /// The files.
    pub tree: &'a SourceTree,
    /// The targets of the symbolic links among the files, by the paths of the links.
    pub links: &'a BTreeMap<String, String>,
    /// The services and builds that the files declare.
    pub found: &'a Discovered,
    /// The workflows and composite actions among the files, by their paths.
    pub workflows: &'a BTreeMap<String, Workflow>,
    /// The filters.
    pub sets: &'a [FilterSet],
    /// The observed reads of builds, if there are any.
    pub observed: Option<&'a Observed>,
}

/// Returns all findings of the rules, in the order of files and of positions in a file.
#[must_use]
pub fn check(checked: &Checked<'_>) -> Findings {
    let ground = Ground::of(checked);
    let (builds, unchecked) = image_builds::all(&ground);
    let written = written_patterns::all(&ground);
    let copied = uncovered_copy::check(&ground, &builds);
    let mut findings = Vec::new();
    for rule in CheckRule::ALL {
        findings.extend(match rule {
            CheckRule::DeadPattern => dead_pattern::check(&ground, &written),
            CheckRule::UncoveredCopy => copied.clone(),
            // `uncovered_copy` and `dead_pattern`, which are called above, return the findings of these two rules too.
            CheckRule::ExcludedCopy | CheckRule::BareDirectory => Vec::new(),
            CheckRule::UncoveredDockerfile => uncovered_dockerfile::check(&ground, &builds),
            CheckRule::UnlistedImage => {
                let unlisted = unlisted_dependency::images(&ground);
                unlisted.into_iter().chain(pinned_image::check(&ground, &builds)).collect()
            }
            CheckRule::UnlistedPackage => unlisted_dependency::packages(&ground),
            CheckRule::UncoveredLockfile => unlisted_dependency::lockfiles(&ground, &copied),
            CheckRule::UncoveredWorkflow => uncovered_workflow::check(&ground, &builds),
            CheckRule::UnownedFile => unowned_file::check(&ground),
            CheckRule::WideningNegation => as_read(checked.sets, rule, "negation-widens"),
            CheckRule::UnmatchedTag => unmatched_tag::check(&ground),
            CheckRule::SharedTag => as_read(checked.sets, rule, "same-tag"),
            CheckRule::UnstartedWorkflow => unstarted_workflow::check(&ground),
            CheckRule::UnreadFilter => unread_filter::check(&ground),
            CheckRule::UncoveredLink => uncovered_link::check(&ground),
            CheckRule::UncoveredRead => {
                checked.observed.map(|observed| uncovered_read::check(&ground, observed)).unwrap_or_default()
            }
        });
    }
    findings.retain(|finding| !ignore_comment::is_ignored(finding) && !is_about_read_lockfile(checked, finding));
    findings.sort_by_cached_key(Finding::place);
    Findings { all: findings, unchecked }
}

/// Returns the observed reads of builds, compared with the patterns that cover them.
#[must_use]
pub fn coverage(checked: &Checked<'_>) -> Vec<ReadCoverage> {
    checked.observed.map(|observed| uncovered_read::coverage(&Ground::of(checked), observed)).unwrap_or_default()
}

/// The inputs of a service's image, according to its Dockerfile.
#[derive(Debug, Clone, Default)]
pub struct ImageInputs {
    /// The files, in the order of paths.
    pub inputs: Vec<ObservedInput>,
    /// Descriptions of further inputs that are not known before the build.
    pub unseen: Vec<String>,
}

/// Returns the inputs of services' images, by service.
#[must_use]
pub fn image_inputs(checked: &Checked<'_>) -> BTreeMap<ServiceName, ImageInputs> {
    let ground = Ground::of(checked);
    image_inputs::all(&ground, &image_builds::all(&ground).0)
}

/// Whether a finding is about a lockfile that needs no pattern, because of the key `lockfile` of its service: the
/// service compares the packages of the lockfile, or exempts the lockfile.
fn is_about_read_lockfile(checked: &Checked<'_>, finding: &Finding) -> bool {
    let name = finding.service.as_ref().filter(|_| finding.rule == CheckRule::UncoveredLockfile);
    // Two files of filters may have services of one name. The first label is in the file of the finding's own.
    let file = finding.problem.labels.first().map(|label| label.file.name());
    let is_of = |set: &&FilterSet| Some(set.config.source.name()) == file;
    let own: Vec<&FilterSet> = checked.sets.iter().filter(is_of).collect();
    let sets = if own.is_empty() { checked.sets.iter().collect() } else { own };
    let is_read = |name: &ServiceName| {
        let mut services = sets.iter().filter_map(|set| set.config.services.get(name.as_str()));
        services.any(|service| match &service.lockfile {
            LockfileUse::Whole => false,
            LockfileUse::Unchecked => true,
            LockfileUse::Closure(closure) => closure.file.as_ref().is_none_or(|file| checked.tree.has(file)),
        })
    };
    name.is_some_and(is_read)
}

/// Returns findings of a rule: one for each warning with this code that was found when the filters were read.
fn as_read(sets: &[FilterSet], rule: CheckRule, code: &str) -> Vec<Finding> {
    let said = sets.iter().flat_map(|set| &set.warnings).filter(|problem| problem.code == code);
    said.map(|problem| Finding::as_read(rule, problem)).collect()
}
