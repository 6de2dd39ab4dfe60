use super::Error;
use crate::config::{Branches, Config, Environment, Shape};
use crate::glob::Verdict;
use crate::inputs::trigger::{Kind, Trigger};
use crate::model::name::nearest;

/// Returns the chosen environment; if none is chosen, the first one that fits the trigger.
///
/// If no environment fits the kind of the event, the event counts as one of a similar kind: a release as a tag, a merge
/// group as a pull request, a schedule or a deletion as a push. `default_branch` returns the name of the default
/// branch; it is called only if the result depends on that name.
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
    /// The event has no branch.
    NoBranch,
    /// The event has this branch, which is the default branch.
    Default(&'a str),
    /// The event has this branch, which is not the default branch.
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{self, Options};
    use crate::model::diagnostic::SourceFile;

    const USUAL: &str = "services: {api: {path: api}}";
    const OWN: &str = "
environments:
  preview: {on: [push, pull_request], branches: ['feature/**']}
  review: {on: [pull_request]}
services: {api: {path: api}}
";

    /// Returns the name of the environment for an event on a branch, where `main` is the default branch.
    fn on(file: &str, kind: Kind, branch: Option<&str>) -> Result<String, Error> {
        chosen(file, &event(kind, branch), None, || Some("main".to_owned()))
    }

    fn event(kind: Kind, branch: Option<&str>) -> Trigger {
        Trigger { kind, reference: branch.map(|branch| format!("refs/heads/{branch}")), ..Trigger::local() }
    }

    fn chosen(
        file: &str,
        trigger: &Trigger,
        name: Option<&str>,
        default_branch: impl FnOnce() -> Option<String>,
    ) -> Result<String, Error> {
        let (config, _) = config::parse(
            &SourceFile::new("filters.yaml", file),
            Options::default(),
            &crate::analysis::discover::Discovered::default(),
        )
        .unwrap();
        choose(&config, trigger, name, default_branch).map(|(name, _)| name.to_owned())
    }

    #[test]
    fn the_first_environment_that_fits_is_chosen() {
        for (file, kind, branch, expected) in [
            (USUAL, Kind::Push, Some("main"), "staging"),
            (USUAL, Kind::Push, Some("x"), "preview"),
            (USUAL, Kind::PullRequest, None, "preview"),
            (USUAL, Kind::Schedule, Some("main"), "nightly"),
            // Events that no environment names count as the most similar kind.
            (USUAL, Kind::Release, None, "production"),
            (USUAL, Kind::Delete, Some("main"), "staging"),
            (OWN, Kind::Push, Some("feature/x"), "preview"),
            (OWN, Kind::PullRequest, Some("feature/x"), "preview"),
            (OWN, Kind::PullRequest, Some("x"), "review"),
            (OWN, Kind::MergeGroup, None, "review"),
        ] {
            assert_eq!(on(file, kind, branch).unwrap(), expected, "{kind:?} {branch:?}");
        }
        assert!(matches!(on(OWN, Kind::Push, Some("x")), Err(Error::NoEnvironment { kind: Kind::Push })));
        assert!(matches!(on(OWN, Kind::Manual, None), Err(Error::NoEnvironment { kind: Kind::Manual })));
    }

    #[test]
    fn the_default_branch_is_asked_for_only_where_it_matters() {
        let asked = || panic!("it does not matter");
        assert_eq!(chosen(USUAL, &event(Kind::PullRequest, Some("x")), None, asked).unwrap(), "preview");
        assert_eq!(chosen(OWN, &event(Kind::PullRequest, Some("x")), None, asked).unwrap(), "review");
        assert_eq!(chosen(USUAL, &event(Kind::Push, Some("x")), Some("production"), asked).unwrap(), "production");
        let unknown = chosen(USUAL, &event(Kind::Push, Some("x")), None, || None);
        assert!(matches!(unknown, Err(Error::NoDefaultBranch { branch }) if branch == "x"));
    }

    #[test]
    fn an_unknown_name_gets_the_nearest_one() {
        let answer = chosen(USUAL, &Trigger::local(), Some("prodution"), || None);
        let Err(Error::UnknownEnvironment { nearest, .. }) = answer else { panic!("{answer:?}") };
        assert_eq!(nearest.as_deref(), Some("production"));
    }
}
