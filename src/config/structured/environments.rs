use indexmap::IndexMap;

use crate::config::problems::{Problems, shown};
use crate::config::raw;
use crate::config::read::{Field, Map, Named};
use crate::config::{Branches, Environment, Push};
use crate::inputs::trigger::Kind;
use crate::model::diagnostic::Diagnostic;
use crate::naming::version::VersionStyle;

/// Returns the default environments. Only `production`, `staging` and `development` push images without `--push`.
pub(in crate::config) fn usual() -> IndexMap<String, Environment> {
    let environment = |on: &[Kind], branches: Branches, version: VersionStyle, push: Push| Environment {
        on: on.to_vec(),
        branches,
        version: Some(version),
        push,
    };
    let previewed = [Kind::PullRequest, Kind::MergeGroup, Kind::Push];
    let list = [
        ("production", environment(&[Kind::Tag], Branches::Any, VersionStyle::Release, Push::Allowed)),
        ("staging", environment(&[Kind::Push], Branches::Default, VersionStyle::Extended, Push::Allowed)),
        ("preview", environment(&previewed, Branches::Any, VersionStyle::Extended, Push::OnRequest)),
        ("development", environment(&[Kind::Manual], Branches::Any, VersionStyle::Extended, Push::Allowed)),
        ("nightly", environment(&[Kind::Schedule], Branches::Any, VersionStyle::Extended, Push::OnRequest)),
        ("local", environment(&[Kind::Local], Branches::Any, VersionStyle::Extended, Push::OnRequest)),
    ];
    list.into_iter().map(|(name, environment)| (name.to_owned(), environment)).collect()
}

/// Checks the environments of a file, which replace the default ones.
pub(super) fn check(
    written: &Field<Map<raw::Environment>>,
    problems: &mut Problems<'_>,
) -> IndexMap<String, Environment> {
    let Some(written) = written.value() else { return usual() };
    let mut taken: IndexMap<Kind, &Named<raw::Environment>> = IndexMap::new();
    let mut environments = IndexMap::new();
    for (name, named) in &written.0 {
        let environment = &named.value.value;
        let on: Vec<Kind> =
            environment.on.value().into_iter().flat_map(|kinds| &kinds.0).map(|kind| kind.value.0).collect();
        if on.is_empty() && !environment.on.is_broken() {
            let message = format!("the environment `{}` has no `on`", shown(name));
            let problem = Diagnostic::error("missing-key", message).located(problems.file(), &named.name, "never used");
            let kinds: Vec<&str> = Kind::ALL.into_iter().map(Kind::word).collect();
            problems.push(problem.help(format!("say which events it is for: {}", kinds.join(", "))));
            continue;
        }
        if let Some(earlier) = on.iter().map(|kind| taken.get(kind)).collect::<Option<Vec<_>>>()
            && let Some(earlier) = earlier.first()
        {
            let message = format!("the environment `{}` is never used", shown(name));
            let problem = Diagnostic::warning("unreachable-environment", message);
            let problem = problem.located(problems.file(), &named.name, "rebake uses the first that fits");
            problems.push(problem.label(problems.file(), earlier.at(), "takes its events first, on any branch"));
        }
        let branches: Vec<_> = environment
            .branches
            .value()
            .into_iter()
            .flat_map(|list| &list.0)
            .map(|item| item.value.0.clone())
            .collect();
        if branches.is_empty() && !environment.branches.is_broken() {
            for kind in &on {
                taken.entry(*kind).or_insert(named);
            }
        }
        let push = match environment.push.value() {
            Some(raw::Flag(false)) => Push::OnRequest,
            _ => Push::Allowed,
        };
        let branches = if branches.is_empty() { Branches::Any } else { Branches::Like(branches) };
        let version = environment.version.value().map(|style| style.0);
        environments.insert(name.clone(), Environment { on, branches, version, push });
    }
    environments
}
