//! Decides whether results are pushed, and by which configuration. For a pull request, this is the configuration at its
//! base, since the author may have changed the configuration at head.

use std::borrow::Cow;
use std::collections::BTreeSet;

use super::{Error, Request, WorkspaceView, base_config, environment, has_built_refs};
use crate::analysis::base::{self, Compare, Doubt, Tip};
use crate::config::{self, Config, Environment, Push, Service};
use crate::inputs::trigger::{Kind, Origin, Trigger};
use crate::model::diagnostic::{Diagnostic, Diagnostics, Severity};
use crate::model::name::{Escaped, Listed, ServiceId};

/// The greatest number of services that a note names.
const NAMED: usize = 5;

/// Whether the command line requires or forbids a push.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum PushRequest {
    /// Neither: the environment and the trigger decide.
    #[default]
    AsConfigured,
    /// `--push` requires it.
    Asked,
    /// It is forbidden, by `--no-push` or by `ACT=true`, which means a rehearsal on a developer's machine.
    RuledOut,
}

/// Returns whether results may be pushed. Without `--push` or `--no-push`, they are pushed only in an environment that
/// allows it, but not from pull requests, from events that run untrusted code, from a dirty tree, or outside of CI.
pub(super) fn push(environment: &Environment, trigger: &Trigger, request: PushRequest, tip: &Tip) -> bool {
    match request {
        PushRequest::Asked => true,
        PushRequest::RuledOut => false,
        PushRequest::AsConfigured => {
            environment.push == Push::Allowed
                && !matches!(trigger.kind, Kind::PullRequest | Kind::MergeGroup | Kind::Local)
                && trigger.origin == Origin::Own
                && tip.on_top.is_empty()
        }
    }
}

/// The configuration by which images are named and pushed, and the services that are not pushed.
pub struct PushRules<'a> {
    /// Head's configuration. For a pull request or a merge group with `--push`, it has the environments, image names
    /// and tag rules of base.
    pub(super) config: Cow<'a, Config>,
    /// The name of the environment that this configuration chooses.
    pub(super) environment: String,
    unpushed: BTreeSet<ServiceId>,
    /// A description of base for messages, such as `base 188f7a2`; empty if base's configuration is not used.
    base: String,
    /// The note that nothing is pushed, if there is one.
    pub(super) note: Option<Diagnostic>,
    /// The doubt because of which nothing is pushed, if there is one.
    pub(super) doubt: Option<Doubt>,
}

impl<'a> PushRules<'a> {
    /// Returns the rules for an event. `environment` is the one that head's configuration chooses. Base is read only
    /// for a pull request or a merge group with `--push`, since without `--push` nothing is pushed for these events.
    ///
    /// # Errors
    /// When the event's base cannot be chosen.
    pub fn of(workspace: &WorkspaceView<'a>, request: &Request, environment: &str) -> Result<Self, Error> {
        let WorkspaceView { repository, file, config, trigger } = *workspace;
        let head = Self {
            config: Cow::Borrowed(config),
            environment: environment.to_owned(),
            unpushed: BTreeSet::new(),
            base: String::new(),
            note: None,
            doubt: None,
        };
        let is_request = matches!(trigger.kind, Kind::PullRequest | Kind::MergeGroup);
        // The files that declare the services may have been changed by the pull request.
        if is_request && request.push == PushRequest::Asked && file.is_derived() {
            return Ok(head.nothing("no filters.yaml at the base says what is pushed"));
        }
        // If the file is outside of the repository, the pull request cannot have changed it.
        if !is_request || request.push != PushRequest::Asked || file.in_repository.is_none() {
            return Ok(head);
        }
        let asked = base::RangeRequest { compare: Compare::Auto, ..request.base.clone() };
        let (range, _) = base::choose(repository, trigger, &asked)?;
        let Some(base) = range.comparison.base() else {
            return Ok(head.unknown("the base of this event is not known"));
        };
        let named = format!("base {}", base.short(7));
        let bytes = match base_config::Reader::new(repository, file).text(&base) {
            Ok(Some(bytes)) if bytes == file.bytes => return Ok(head),
            Ok(Some(bytes)) => bytes,
            Ok(None) => return Ok(head.nothing(&format!("{named} has no configuration"))),
            Err(error) => {
                return Ok(head.unknown(&format!("the configuration at {named} cannot be read ({error})")));
            }
        };
        let source = config::decode(&file.name, &bytes).map_err(|problem| Diagnostics(vec![problem]));
        let then = match source.and_then(|source| config::parse(&source, file.options, file.discovery.found())) {
            Ok((then, _)) => then,
            Err(Diagnostics(problems)) => {
                let problem = problems.into_iter().find(Diagnostic::is_error).map(|error| error.message);
                let problem = problem.unwrap_or_default();
                return Ok(head.unknown(&format!("the configuration at {named} cannot be read ({problem})")));
            }
        };
        let default_branch = || base::default_branch(repository, trigger, request.base.default_branch.as_deref());
        let chosen = environment::choose(&then, trigger, request.environment.as_deref(), default_branch);
        match chosen {
            Ok((chosen, _)) if then.environments.contains_key(environment) => {
                let chosen = chosen.to_owned();
                Ok(head.of_base(named, &then, chosen))
            }
            _ => {
                Ok(head.nothing(&format!("{named} has no environment `{}` for this event", Escaped::new(environment))))
            }
        }
    }

    /// Replaces the environments by those of base, and the image names and tag rules of services by those of base.
    /// Services that base does not push are not pushed.
    fn of_base(mut self, base: String, then: &Config, environment: String) -> Self {
        let config = self.config.to_mut();
        config.environments.clone_from(&then.environments);
        for (position, (name, service)) in config.services.iter_mut().enumerate() {
            match then.services.get(name).filter(|then| has_image_of(service, then)) {
                Some(then) => {
                    service.image.rules = then.image.rules.clone();
                    if service.image.name.is_some() {
                        service.image.name.clone_from(&then.image.name);
                    }
                }
                None => _ = self.unpushed.insert(ServiceId(position)),
            }
        }
        Self { environment, base, ..self }
    }

    fn nothing(self, reason: &str) -> Self {
        let message = format!("{reason}, so nothing is pushed");
        let note = Some(Diagnostic::new(Severity::Note, "not-pushed", message));
        Self { unpushed: self.config.graph.services().collect(), note, ..self }
    }

    fn unknown(self, reason: &str) -> Self {
        let doubt = Doubt {
            kind: "config-at-base",
            message: format!("{reason}, so nothing is pushed"),
            help: Some("fetch the whole history, and correct the configuration of the target branch".to_owned()),
            cure: None,
        };
        Self { unpushed: self.config.graph.services().collect(), doubt: Some(doubt), ..self }
    }

    /// Returns the configuration by which images are named.
    #[must_use]
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// Whether the configuration differs from head's.
    #[must_use]
    pub fn are_of_base(&self) -> bool {
        matches!(self.config, Cow::Owned(_))
    }

    /// Whether an environment is the one of this event and has built refs.
    #[must_use]
    pub fn has_built_refs(&self, environment: &str) -> bool {
        let is_known = self.note.is_none() && self.doubt.is_none() && self.environment == environment;
        is_known && has_built_refs(&self.config, environment)
    }

    /// Whether a service may be pushed.
    #[must_use]
    pub fn push(&self, service: ServiceId) -> bool {
        !self.unpushed.contains(&service)
    }

    /// Returns the note about planned services that are not pushed, if there are any.
    pub(super) fn note(&self, planned: &[ServiceId]) -> Option<Diagnostic> {
        if self.note.is_some() || self.doubt.is_some() {
            return self.note.clone();
        }
        let is_unpushed = |id: &&ServiceId| !self.push(**id) && !self.config.services[id.0].is_library();
        let name = |service: &ServiceId| format!("`{}`", self.config.graph.name(*service));
        let unpushed: Vec<String> = planned.iter().filter(is_unpushed).map(name).collect();
        let named = Listed::new(&unpushed, NAMED);
        let message = format!("not pushed, since {} does not push these services: {named}", self.base);
        (!unpushed.is_empty()).then(|| Diagnostic::new(Severity::Note, "not-pushed", message))
    }
}

/// Whether a service at base is not a library, and has an image if the service at head has one.
fn has_image_of(head: &Service, base: &Service) -> bool {
    !base.is_library() && (head.image.name.is_none() || base.image.name.is_some())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Branches;
    use crate::model::change::{Change, ChangeSet, HeadState, Status};
    use crate::model::name::RepoPath;

    fn tip(changed: &[&str]) -> Tip {
        let change = |path: &&str| Change::new(RepoPath::from_git(*path), Status::Modified);
        let on_top = ChangeSet::new(changed.iter().map(change).collect());
        Tip { commit: None, state: HeadState::WorkTree, on_top }
    }

    #[test]
    fn only_the_own_code_of_a_clean_commit_is_pushed() {
        let environment = |push| Environment { on: vec![Kind::Push], branches: Branches::Any, version: None, push };
        let trigger = |kind, origin| Trigger { kind, origin, ..Trigger::local() };
        for (kind, origin, changed, allowed, expected) in [
            (Kind::Push, Origin::Own, &[][..], Push::Allowed, true),
            (Kind::Tag, Origin::Own, &[], Push::Allowed, true),
            (Kind::Push, Origin::Own, &[], Push::OnRequest, false),
            (Kind::Push, Origin::Own, &["a"], Push::Allowed, false),
            (Kind::Push, Origin::Fork, &[], Push::Allowed, false),
            (Kind::Push, Origin::Privileged, &[], Push::Allowed, false),
            (Kind::PullRequest, Origin::Own, &[], Push::Allowed, false),
            (Kind::MergeGroup, Origin::Own, &[], Push::Allowed, false),
            (Kind::Local, Origin::Own, &[], Push::Allowed, false),
        ] {
            let (environment, trigger, tip) = (environment(allowed), trigger(kind, origin), tip(changed));
            let answer = |request| push(&environment, &trigger, request, &tip);
            assert_eq!(answer(PushRequest::AsConfigured), expected, "{kind:?} {origin:?} {changed:?} {allowed:?}");
            assert!(answer(PushRequest::Asked));
            assert!(!answer(PushRequest::RuledOut));
        }
    }
}
