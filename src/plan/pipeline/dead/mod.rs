//! Services whose patterns match no file. Such a service is never affected through its own patterns.

mod filters_without_files;
mod renamed;
mod spelling;

use super::Error;
use super::moved_directory::Moved;
use crate::analysis::base::Range;
use crate::config::{Config, ServiceOrigin, Shape};
use crate::inputs::git::{self, Repository};
use crate::model::choice::Choice;
use crate::model::diagnostic::Diagnostic;
use crate::model::name::{Escaped, ServiceId};

/// What to do about a service whose patterns match no tracked file (`--dead`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Dead {
    /// It is an error in the structured shape, and a warning in the flat shape or for a discovered service.
    #[default]
    ByShape,
    /// It is an error.
    Error,
    /// It is a warning.
    Warn,
    /// It causes no message.
    Allow,
}

impl Choice for Dead {
    const CHOICES: &'static [(Self, &'static str, &'static str)] = &[
        (
            Self::ByShape,
            "by-shape",
            "Fail for a service that filters.yaml lists in `services`; warn for one that was discovered or comes from a paths-filter file",
        ),
        (Self::Error, "error", "Fail"),
        (Self::Warn, "warn", "Warn"),
        (Self::Allow, "allow", "Plan it without a warning"),
    ];
}

/// The trees that are searched for files of services: those of head and base.
pub(super) struct Trees<'a> {
    pub(super) repository: &'a Repository,
    pub(super) range: &'a Range,
}

impl Trees<'_> {
    /// Returns the services whose patterns match no file of head with the changes on top. Returns none if a tree is
    /// missing in this clone, since trees are not fetched for this.
    fn dead(&self, config: &Config) -> Result<Vec<ServiceId>, git::GitError> {
        let wanted = config.services.values().map(|service| service.filter);
        let tip = &self.range.tip;
        let without = match filters_without_files::without_files(
            self.repository,
            &config.filters,
            wanted,
            tip.commit.as_ref(),
            &tip.on_top,
        ) {
            Err(git::GitError::MissingTree { .. }) => return Ok(Vec::new()),
            without => without?,
        };
        let is_dead = |service: &ServiceId| without.contains(&config.services[service.0].filter);
        Ok(config.graph.services().filter(is_dead).collect())
    }
}

/// Returns warnings about the services without files, whether affected or not. If `among` is not empty, only the
/// services that it names count.
///
/// # Errors
/// When the policy makes one of these services an error, or git fails.
pub(super) fn say(
    config: &Config,
    (policy, among): (Dead, &[String]),
    trees: &Trees,
    moved: &[Moved],
) -> Result<Vec<Diagnostic>, Error> {
    if policy == Dead::Allow {
        return Ok(Vec::new());
    }
    // Discovered services have no patterns that a person could correct.
    let is_written = |service: ServiceId| config.services[service.0].origin == ServiceOrigin::Written;
    let is_error = |service: ServiceId| match policy {
        Dead::Error => true,
        Dead::ByShape => config.shape == Shape::Structured && is_written(service),
        Dead::Warn | Dead::Allow => false,
    };
    let mut dead = trees.dead(config)?;
    dead.retain(|service| among.is_empty() || among.iter().any(|name| name == config.graph.name(*service).as_str()));
    if dead.is_empty() {
        return Ok(Vec::new());
    }
    let renamed = renamed::renamed(trees, config, &dead)?;
    let meant = spelling::meant(trees, config, &dead)?;
    let mut said = Vec::new();
    for ((service, renamed), meant) in dead.iter().zip(renamed).zip(meant) {
        let name = config.graph.name(*service);
        let severity: fn(_, String) -> _ = if is_error(*service) { Diagnostic::error } else { Diagnostic::warning };
        let problem = severity(
            "dead-filter",
            format!("the patterns of `{name}` match no tracked file, so nothing can ever affect it"),
        );
        let first = config.filters.get(config.services[service.0].filter).patterns().next();
        let problem = match first {
            Some((_, _, pattern)) => problem.located(&config.source, pattern, "matches nothing"),
            None => problem.located(&config.source, &config.services[service.0].name, "has no patterns"),
        };
        // Contents prove more than names do. But no tree has the contents of files that only the work tree moved.
        let uncommitted = moved.iter().filter(|_| !trees.range.tip.on_top.is_empty());
        let by_name = || uncommitted.clone().find(|moved| moved.service() == name).map(ToString::to_string);
        let help = match (renamed, meant) {
            (Some((from, to)), _) => {
                format!("its files moved: write `{}` for `{}`", Escaped::new(&to), Escaped::new(&from))
            }
            (None, Some((from, to))) => format!("write `{}` for `{}`", Escaped::new(&to), Escaped::new(&from)),
            (None, None) => by_name().unwrap_or_else(|| {
                let advice = if is_written(*service) {
                    "correct the patterns, or remove the service; with `--dead allow` this is no error"
                } else {
                    "it was discovered: see what `exclude` takes away; with `--dead allow` this is not said"
                };
                advice.to_owned()
            }),
        };
        said.push(problem.help(help));
    }
    if said.iter().any(Diagnostic::is_error) {
        return Err(Error::Dead { problems: said });
    }
    Ok(said)
}
