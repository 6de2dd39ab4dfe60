//! Finds the content tags of a plan, by which images of the same content are found again. Decides whether the event may
//! write them.

use std::collections::BTreeMap;

use super::resolved_request::ResolvedRequest;
use super::{PushRequest, WorkspaceView, push_rules};
use crate::analysis::base::{self, Tip};
use crate::analysis::fingerprint::{Binding, Fingerprint};
use crate::config::{Branches, Config, Environment, Push, Service};
use crate::glob::Verdict;
use crate::inputs::git::Repository;
use crate::inputs::trigger::{Kind, Origin};
use crate::model::diagnostic::{Diagnostic, Severity};
use crate::model::name::{CommitId, Listed, RepoPath, ServiceId};
use crate::model::recipe::{Builder, Promote, Recipe};
use crate::naming::image::ImageTag;
use crate::naming::version::{Parsed, Purpose};
use crate::plan::{Names, Pushes};

/// The greatest number of services that a note names.
const NAMED: usize = 5;

/// The facts of a plan on which its content tags depend.
pub(super) struct Built<'a> {
    /// The request, with names resolved.
    pub(super) asked: &'a ResolvedRequest,
    /// The environment's name.
    pub(super) environment: &'a str,
    /// The environment.
    pub(super) settings: &'a Environment,
    /// The tip of the range.
    pub(super) tip: &'a Tip,
    /// Whether the command line requires or forbids a push.
    pub(super) push: PushRequest,
}

/// The content tags of a plan.
pub(super) struct Content {
    /// How the image of each planned service is found again, in the order of the services.
    pub(super) reuse: Vec<Reuse>,
    /// Whether results may be pushed.
    pub(super) push: bool,
    /// Which image references builds push.
    pub(super) pushes: Pushes,
    /// The note that some images are not pushed, if there is one.
    pub(super) note: Option<Diagnostic>,
}

/// How an image of a service is found again.
#[derive(Debug, Clone, Default)]
pub(super) struct Reuse {
    /// The content tag; `None` if the service has no image, or if its content is not known or belongs to no commit.
    pub(super) content_tag: Option<ImageTag>,
    /// Whether the service is built even if an image with that tag exists: `--force` requires it, or a value on which
    /// its image depends, such as the version of a dependency, is not known here.
    pub(super) rebuild: bool,
}

/// Finds the values on which the images of a plan depend: the version, the commit and the environment if the builds can
/// see these values, and the labels that vary.
struct Bindings<'a> {
    workspace: &'a WorkspaceView<'a>,
    /// The environment's name.
    environment: &'a str,
    /// The commit that is built.
    commit: &'a CommitId,
    /// The planned services, with the names of their results.
    planned: BTreeMap<ServiceId, &'a Names>,
}

/// The bindings that the dependents of a service inherit. A binding is the set of values, such as the version, that an
/// image depends on.
#[derive(Debug, Clone, Default)]
struct InheritedBindings {
    /// The suffixes that these bindings give the content tags of the images, by service.
    suffixes: BTreeMap<String, String>,
    is_doubtful: bool,
}

/// Returns the content tags of planned services. `names` and `fingerprints` have the names and the fingerprints of the
/// services, in the order of the services.
pub(super) fn of(
    workspace: &WorkspaceView,
    built: &Built,
    planned: &[ServiceId],
    names: &[Names],
    fingerprints: &[Option<Fingerprint>],
) -> Content {
    let push = push_rules::push(built.settings, workspace.trigger, built.push, built.tip);
    let Some(commit) = &built.tip.commit else {
        return Content { reuse: vec![Reuse::default(); planned.len()], push, pushes: Pushes::All, note: None };
    };
    let called = planned.iter().copied().zip(names).collect();
    let bindings = Bindings { workspace, environment: built.environment, commit, planned: called };
    let mut reuse = bindings.reuse(planned, fingerprints);
    let mut insisted = built.asked.insisted.clone();
    workspace.config.graph.add_dependents(&mut insisted);
    for (service, reuse) in planned.iter().zip(&mut reuse) {
        reuse.rebuild |= insisted.contains(service);
    }
    let has_content = push && reuse.iter().any(|reuse| reuse.content_tag.is_some());
    let pushes = if has_content { pushes(workspace, built, commit) } else { Pushes::All };
    let note = (pushes == Pushes::Tags).then(|| unpushed(planned, names, workspace.config)).flatten();
    Content { reuse, push, pushes, note }
}

impl Bindings<'_> {
    /// Returns how the images of services with these fingerprints are found again, in the same order.
    fn reuse(&self, services: &[ServiceId], fingerprints: &[Option<Fingerprint>]) -> Vec<Reuse> {
        if fingerprints.iter().all(Option::is_none) {
            return vec![Reuse::default(); services.len()];
        }
        let inherited = self.inherited(services);
        let reuse = |(service, fingerprint): (&ServiceId, &Option<Fingerprint>)| {
            let definition = self.service(*service);
            let of_own = &inherited[service];
            let suffix = of_own.suffixes.get(definition.name.value.as_str()).map(String::as_str);
            let fingerprint = fingerprint.as_ref().filter(|_| has_image(definition))?;
            let content_tag = ImageTag::of_content(&fingerprint.to_string(), suffix);
            Some(Reuse { content_tag, rebuild: of_own.is_doubtful })
        };
        let fingerprints = fingerprints.iter().chain(std::iter::repeat(&None));
        services.iter().zip(fingerprints).map(|both| reuse(both).unwrap_or_default()).collect()
    }

    /// Returns, for each of these services and each service that they are built from, the bindings that its dependents
    /// inherit.
    fn inherited(&self, services: &[ServiceId]) -> BTreeMap<ServiceId, InheritedBindings> {
        let graph = &self.workspace.config.graph;
        let wanted = graph.with_dependencies(services);
        let mut all: BTreeMap<ServiceId, InheritedBindings> = BTreeMap::new();
        for service in graph.build_order().iter().filter(|service| wanted[service.0]) {
            let definition = self.service(*service);
            let mut inherited = InheritedBindings::default();
            for dependency in graph.dependencies(*service).iter().filter_map(|dependency| all.get(dependency)) {
                inherited.suffixes.extend(dependency.suffixes.clone());
                inherited.is_doubtful |= dependency.is_doubtful;
            }
            // Dependents of a library, or of a service without an image, inherit the bindings of its dependencies.
            if has_image(definition) {
                inherited = match definition.promote {
                    Promote::Always => InheritedBindings::default(),
                    Promote::Auto | Promote::Never => self.bound(*service, &inherited),
                };
            }
            all.insert(*service, inherited);
        }
        all
    }

    /// Returns the bindings that dependents inherit from a service with an image. `needs` are the bindings that the
    /// service inherits itself.
    fn bound(&self, service: ServiceId, needs: &InheritedBindings) -> InheritedBindings {
        let definition = self.service(service);
        let sees = Sees::of(definition, || self.context_holds_git(definition));
        let names = self.planned.get(&service).copied();
        let mut binding = Binding::default();
        let mut is_doubtful = needs.is_doubtful;
        if sees.version {
            let version = names.and_then(|names| names.version.as_deref());
            is_doubtful |= version.is_none();
            binding.add("version", "", version.unwrap_or_default());
        }
        if sees.commit || is_doubtful {
            binding.add("commit", "", &self.commit.to_string());
        }
        if sees.environment || is_doubtful {
            binding.add("environment", "", self.environment);
        }
        for key in definition.image.labels.varying() {
            let value = names.and_then(|names| names.labels.get(key));
            is_doubtful |= value.is_none();
            binding.add("label", key, value.map(String::as_str).unwrap_or_default());
        }
        for (needed, suffix) in &needs.suffixes {
            binding.add("needs", needed, suffix);
        }
        let name = definition.name.value.as_str().to_owned();
        InheritedBindings { suffixes: binding.suffix().map(|suffix| (name, suffix)).into_iter().collect(), is_doubtful }
    }

    /// Whether a build context of a service is the root of the repository and `.git` is not ignored there, so that the
    /// build can see `.git`.
    fn context_holds_git(&self, service: &Service) -> bool {
        let recipe = &service.recipe;
        let path = service.path.as_ref().map_or("", |path| path.git_path());
        let is_root = |directory: &str| directory.is_empty() || directory == ".";
        let is_named = recipe.contexts.values().any(|context| {
            let text = context.text();
            !text.contains("://") && !text.contains("{{") && leads_to_root(path, text)
        });
        let context = recipe.context.as_deref().unwrap_or(path);
        is_named || is_root(context) && !self.ignores_git(service, path)
    }

    /// Whether a service whose context is the root has ignore files, and all of them exclude `.git`.
    fn ignores_git(&self, service: &Service, path: &str) -> bool {
        let Some(builder) = service.recipe.image_builder() else { return false };
        let in_path = |name: &&str| if path.is_empty() { (*name).to_owned() } else { format!("{path}/{name}") };
        let dockerfiles = match &service.recipe.dockerfile {
            Some(file) => vec![file.clone()],
            None => builder.dockerfiles().iter().map(in_path).collect(),
        };
        let ignores = builder.ignore_files();
        let beside = dockerfiles.iter().flat_map(|file| ignores.iter().map(move |ignore| format!("{file}{ignore}")));
        let files = beside.chain(ignores.iter().map(|ignore| (*ignore).to_owned()));
        let read = |file: String| self.workspace.repository.file_at(self.commit, &RepoPath::from_git(file)).ok()?;
        let texts: Option<Vec<Vec<u8>>> = files.filter_map(read).map(|file| file.read().ok()).collect();
        texts.is_some_and(|texts| !texts.is_empty() && texts.iter().all(|text| leaves_git_out(text)))
    }

    fn service(&self, service: ServiceId) -> &Service {
        &self.workspace.config.services[service.0]
    }
}

/// The values that the build of an image can see.
#[derive(Debug, Clone, Copy, Default)]
struct Sees {
    version: bool,
    commit: bool,
    environment: bool,
}

impl Sees {
    fn of(service: &Service, context_holds_git: impl FnOnce() -> bool) -> Self {
        let recipe = &service.recipe;
        // A command gets the version, the commit and the environment's name as environment variables.
        if recipe.run.is_some() || recipe.before.is_some() || recipe.builder == Some(Builder::Task) {
            return Self { version: true, commit: true, environment: true };
        }
        let has_git = context_holds_git();
        Self {
            version: has_git || names(recipe, "version"),
            commit: has_git || names(recipe, "commit"),
            environment: names(recipe, "environment"),
        }
    }
}

/// Whether a build argument or a named context uses a value.
fn names(recipe: &Recipe, value: &str) -> bool {
    recipe
        .build_args
        .values()
        .chain(recipe.contexts.values())
        .any(|template| template.names().any(|name| name == value))
}

fn has_image(service: &Service) -> bool {
    service.image.name.is_some() && !service.is_library()
}

/// Whether a directory is the root of the repository. `directory` is relative to `path`, or to the root if it has a
/// leading `/`.
fn leads_to_root(path: &str, directory: &str) -> bool {
    let whole = match directory.strip_prefix('/') {
        Some(from_root) => from_root.to_owned(),
        None => format!("{path}/{directory}"),
    };
    let mut depth = 0_usize;
    for part in whole.split('/') {
        match part {
            "" | "." => {}
            ".." => depth = depth.saturating_sub(1),
            _ => depth += 1,
        }
    }
    depth == 0
}

/// Whether an ignore file excludes `.git` in the root of a context. Only simple patterns are recognised.
fn leaves_git_out(text: &[u8]) -> bool {
    let text = String::from_utf8_lossy(text);
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    let mut is_out = false;
    for line in lines {
        if let Some(kept) = line.strip_prefix('!') {
            is_out &= !kept.contains(".git") && !kept.trim_start_matches(['/', '.']).starts_with(['*', '?', '[']);
            continue;
        }
        let pattern = line.trim_start_matches("./").trim_start_matches('/').trim_end_matches('/');
        is_out |= matches!(pattern, ".git" | "**/.git" | "*" | "**" | ".*" | ".git*");
    }
    is_out
}

/// Returns which image references the builds of an event push.
fn pushes(workspace: &WorkspaceView, built: &Built, head: &CommitId) -> Pushes {
    let WorkspaceView { repository, trigger, .. } = *workspace;
    // Runs for other events must not reuse images that contain the changes of a pull request.
    if matches!(trigger.kind, Kind::PullRequest | Kind::MergeGroup) || trigger.origin != Origin::Own {
        return Pushes::Tags;
    }
    if built.settings.purpose() == Purpose::Releases {
        return Pushes::Content;
    }
    let given = built.asked.base.default_branch.as_deref();
    let usual = || Some(repository.branch_of(&repository.default_branch(None)?.name.to_string())?.branch.name);
    let default_branch = base::default_branch(repository, trigger, given).or_else(usual);
    let is_named = |branch: &str| default_branch.as_deref() == Some(branch) || pushes_from(workspace.config, branch);
    let is_of_event =
        trigger.branch().is_some_and(is_named) && trigger.subject.commit().is_some_and(|commit| commit == head);
    let may = is_of_event || is_on(repository, is_named, head) || is_release(workspace, head);
    if may { Pushes::All } else { Pushes::Tags }
}

/// Returns the note about images that are not pushed: they have no tag but the content tag, which the event may not
/// write.
fn unpushed(planned: &[ServiceId], names: &[Names], config: &Config) -> Option<Diagnostic> {
    let is_untagged = |(service, names): &(&ServiceId, &Names)| {
        let is_named = names.version.is_some() && names.unnamed.is_none();
        has_image(&config.services[service.0]) && is_named && names.tags.iter().all(|tag| names.fixed.contains(tag))
    };
    let untagged = planned.iter().zip(names).filter(is_untagged);
    let untagged: Vec<String> = untagged.map(|(service, _)| format!("`{}`", config.graph.name(*service))).collect();
    let message = format!(
        "not pushed, since no tag is left but that of the content, which only builds of commits on the default branch, on \
         a branch of an environment that pushes, or of releases write: {}",
        Listed::new(&untagged, NAMED)
    );
    (!untagged.is_empty()).then(|| Diagnostic::new(Severity::Note, "not-pushed", message))
}

/// Whether a branch matches the branch patterns of an environment that pushes.
fn pushes_from(config: &Config, branch: &str) -> bool {
    config.environments.values().filter(|environment| environment.push == Push::Allowed).any(|environment| {
        let Branches::Like(patterns) = &environment.branches else { return false };
        patterns.iter().any(|pattern| pattern.matches(branch.as_bytes()) == Verdict::Yes)
    })
}

/// Whether a commit is on a local or remote-tracking branch that `is_named` accepts. `false` if git cannot tell.
fn is_on(repository: &Repository, is_named: impl Fn(&str) -> bool, head: &CommitId) -> bool {
    let remote = repository.branch_there("").tracking();
    ["refs/heads/", remote.as_str()].into_iter().any(|prefix| {
        let branches = repository.refs_below(prefix).unwrap_or_default();
        let named = branches.iter().filter(|(name, _)| name.strip_prefix(prefix).is_some_and(&is_named));
        named.into_iter().any(|(_, tip)| repository.is_ancestor(head, tip).unwrap_or(false))
    })
}

/// Whether a commit has a release tag of any service.
fn is_release(workspace: &WorkspaceView, head: &CommitId) -> bool {
    let tags = workspace.repository.tags().unwrap_or_default();
    let is_release = |name| matches!(workspace.config.release_tags().parse(name), Parsed::Release { .. });
    tags.iter().any(|tag| tag.object() == *head && is_release(&tag.name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn git_is_left_out_where_that_is_plain_to_see() {
        for text in [".git", "/.git/\n", "node_modules\n.git\n!src", "*\n!src\n!go.mod", "**/.git", "# x\n  .git  "] {
            assert!(leaves_git_out(text.as_bytes()), "{text}");
        }
        for text in ["", ".gitignore", "# .git", "git", ".git\n!.git", "*\n!*.go\n", ".git/objects", "*\n!.git/HEAD"] {
            assert!(!leaves_git_out(text.as_bytes()), "{text}");
        }
    }

    #[test]
    fn directories_are_seen_from_the_path() {
        for (path, directory, root) in [
            ("", ".", true),
            ("", "/", true),
            ("services/api", "/", true),
            ("services/api", "../..", true),
            ("services/api", "..", false),
            ("services/api", "/libs", false),
            ("", "./x/..", true),
        ] {
            assert_eq!(leads_to_root(path, directory), root, "{path} {directory}");
        }
    }
}
