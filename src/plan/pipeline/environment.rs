use super::Error;
use crate::config::{Branches, Config, Environment, Shape};
use crate::glob::Verdict;
use crate::inputs::trigger::{Kind, Trigger};
use crate::model::name::nearest;

/// Returns the first environment that fits the trigger, or the chosen one.
///
/// An event that no environment names counts as the most similar kind: a release as its tag, a merge group as a pull
/// request, a schedule or a deletion as a push. `default_branch` returns the name of the default branch; it is called
/// only if the answer depends on it.
pub(super) fn choose<'a>(
    config: &'a Config,
    trigger: &Trigger,
    chosen: Option<&str>,
    default_branch: impl FnOnce() -> Option<String>,
) -> Result<(&'a str, &'a Environment), Error> {
    if let Some(name) = chosen {
        return match config.environments.get_key_value(name) {
            Some((name, environment)) => Ok((name, environment)),
            None => Err(Error::UnknownEnvironment {
                name: name.to_owned(),
                nearest: nearest(name, config.environments.keys().map(String::as_str)).map(str::to_owned),
                known: config.environments.keys().cloned().collect(),
            }),
        };
    }
    let kin = match trigger.kind {
        Kind::Release => Kind::Tag,
        Kind::MergeGroup => Kind::PullRequest,
        Kind::Schedule | Kind::Delete => Kind::Push,
        itself => itself,
    };
    let first = |on: On| {
        let fits = |kind| config.environments.iter().find(|(_, environment)| fits(environment, kind, on));
        let (name, environment) = [trigger.kind, kin].into_iter().find_map(fits)?;
        Some((name.as_str(), environment))
    };
    let found = match trigger.branch() {
        None => first(On::NoBranch),
        Some(branch) => {
            let (default, other) = (first(On::Default(branch)), first(On::Other(branch)));
            if default.map(|(name, _)| name) == other.map(|(name, _)| name) {
                other
            } else {
                match default_branch() {
                    Some(name) if name == branch => default,
                    // A flat file pushes nothing anywhere.
                    None if config.shape == Shape::Structured => {
                        return Err(Error::NoDefaultBranch { branch: branch.to_owned() });
                    }
                    Some(_) | None => other,
                }
            }
        }
    };
    found.ok_or(Error::NoEnvironment { kind: trigger.kind })
}

/// The branch of an event.
#[derive(Clone, Copy)]
enum On<'a> {
    /// None.
    NoBranch,
    /// The default branch.
    Default(&'a str),
    /// Another one.
    Other(&'a str),
}

fn fits(environment: &Environment, kind: Kind, on: On) -> bool {
    let on_branch = match (&environment.branches, on) {
        (Branches::Any, _) | (Branches::Default, On::Default(_)) => true,
        (Branches::Default | Branches::Like(_), On::NoBranch) | (Branches::Default, On::Other(_)) => false,
        (Branches::Like(patterns), On::Default(branch) | On::Other(branch)) => {
            patterns.iter().any(|pattern| pattern.matches(branch.as_bytes()) != Verdict::No)
        }
    };
    environment.on.contains(&kind) && on_branch
}
