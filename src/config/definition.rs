use std::collections::BTreeMap;
use std::sync::Arc;

use indexmap::IndexMap;
use serde::Serialize;
use serde_json::Value;

use super::{Global, Service};
use crate::analysis::closure::WithDevelopment;
use crate::analysis::definition::Definition;
use crate::analysis::filter::{Effect, Filter, Statuses};
use crate::model::change::Status;
use crate::model::diagnostic::Located;
use crate::model::name::{RepoDir, ServiceName};
use crate::model::recipe::{Builder, Run};
use crate::model::template::Template;
use crate::naming::version::{Count, Scheme, VersionStyle};

/// All settings of a service that can change the result of its build. The fields are in alphabetical order, so that
/// equal settings give equal bytes. Most fields are left out when they are empty, so a new key of filters.yaml changes
/// no existing definition.
#[derive(Serialize)]
struct Canonical<'a> {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    attest: Vec<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    before: Option<Command<'a>>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    build_args: BTreeMap<&'a str, &'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    builder: Option<Builder>,
    #[serde(skip_serializing_if = "Option::is_none")]
    context: Option<&'a str>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    contexts: BTreeMap<&'a str, &'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    count: Option<Count>,
    #[serde(skip_serializing_if = "Option::is_none")]
    dockerfile: Option<&'a str>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    env: BTreeMap<&'a str, &'a str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    exclude: Vec<&'a str>,
    filters: Vec<Rule<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    flags: Vec<&'a str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    flavor: Vec<&'a str>,
    global: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    image: Option<String>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    labels: BTreeMap<&'a str, &'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    lockfile: Option<Lockfile<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    path: Option<&'a str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    platforms: Vec<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    run: Option<Command<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    scheme: Option<Scheme>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    secrets: Vec<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    style: Option<VersionStyle>,
    tag: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tags: Vec<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    target: Option<&'a str>,
}

/// The lockfile settings of a service that lockfiles affect by packages, not as files.
#[derive(Serialize)]
struct Lockfile<'a> {
    dev: bool,
    file: Option<&'a str>,
    package: Option<&'a str>,
}

#[derive(Serialize)]
struct Rule<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    effect: Option<&'static str>,
    patterns: Vec<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    statuses: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "lowercase")]
enum Command<'a> {
    Argv(&'a [String]),
    Shell(&'a str),
}

/// Returns the definition of a service.
pub(super) fn of(
    service: &Service,
    filter: &Filter,
    depends_on: Vec<ServiceName>,
    global: Option<&Arc<str>>,
) -> Definition {
    let heeded = global.filter(|_| service.global == Global::Affects);
    Definition { canonical: Some(canonical(service, filter)), global: heeded.cloned(), depends_on }
}

/// Adds the definitions of the services of a circle to the definition of the circle's library. The services of a circle
/// are built from each other, so each of these definitions can change the result of each service. If one of the
/// definitions cannot be read, the new definition of the library equals no other one.
pub(super) fn of_circle<'d>(
    library: &mut Definition,
    members: impl Iterator<Item = (&'d ServiceName, &'d Definition)>,
) {
    let members: Option<BTreeMap<&str, &str>> =
        members.map(|(name, member)| Some((name.as_str(), member.canonical.as_deref()?))).collect();
    let own = library.canonical.take().and_then(|own| serde_json::from_str::<BTreeMap<String, Value>>(&own).ok());
    library.canonical = own.zip(members).map(|(mut own, members)| {
        own.insert("circle".to_owned(), members.into_iter().map(|(name, member)| (name, member.to_owned())).collect());
        json(&own)
    });
}

/// Returns the `global` patterns as canonical JSON, or `None` if there are none.
pub(super) fn of_global(filter: &Filter) -> Option<Arc<str>> {
    let rules = rules(filter);
    (!rules.is_empty()).then(|| json(&rules).into())
}

fn json(value: &impl Serialize) -> String {
    serde_json::to_string(value).expect("texts, lists and maps with text keys are always JSON")
}

fn canonical(service: &Service, filter: &Filter) -> String {
    let recipe = &service.recipe;
    let canonical = Canonical {
        attest: recipe.attest.iter().map(String::as_str).collect(),
        before: recipe.before.as_ref().map(command),
        build_args: templates(&recipe.build_args),
        builder: recipe.builder,
        context: recipe.context.as_deref(),
        contexts: templates(&recipe.contexts),
        count: (service.count != Count::default()).then_some(service.count),
        dockerfile: recipe.dockerfile.as_deref(),
        env: sorted(&recipe.env),
        exclude: excluded(filter),
        filters: rules(filter),
        flags: recipe.flags.iter().map(String::as_str).collect(),
        flavor: lines(&service.image.written.flavor),
        global: service.global == Global::Affects,
        image: service.image.name.as_ref().map(ToString::to_string),
        labels: sorted(&service.image.written.labels),
        lockfile: service.closure().map(|closure| Lockfile {
            dev: closure.with == WithDevelopment::Yes,
            file: closure.file.as_deref(),
            package: closure.package.as_deref(),
        }),
        path: service.path.as_ref().map(RepoDir::as_str),
        platforms: service.platforms.iter().map(String::as_str).collect(),
        run: recipe.run.as_ref().map(command),
        scheme: (service.scheme != Scheme::default()).then_some(service.scheme),
        secrets: recipe.secrets.iter().map(String::as_str).collect(),
        style: service.style,
        tag: service.tag.iter().map(ToString::to_string).collect(),
        tags: lines(&service.image.written.tags),
        target: recipe.target.as_deref(),
    };
    json(&canonical)
}

fn command(run: &Run) -> Command<'_> {
    match run {
        Run::Argv(words) => Command::Argv(words),
        Run::Shell(text) => Command::Shell(text),
    }
}

fn templates(map: &IndexMap<String, Template>) -> BTreeMap<&str, &str> {
    map.iter().map(|(name, value)| (name.as_str(), value.text())).collect()
}

fn sorted(map: &IndexMap<String, String>) -> BTreeMap<&str, &str> {
    map.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect()
}

fn lines(lines: &[Located<String>]) -> Vec<&str> {
    lines.iter().map(|line| line.value.as_str()).collect()
}

/// Returns the patterns of `exclude`.
fn excluded(filter: &Filter) -> Vec<&str> {
    let Filter::Ordered(entries) = filter else { return Vec::new() };
    let excluded = entries.iter().filter(|entry| entry.effect == Effect::ExcludeWildcards);
    excluded.map(|entry| entry.pattern.value.text()).collect()
}

fn rules(filter: &Filter) -> Vec<Rule<'_>> {
    match filter {
        Filter::Ordered(entries) => entries
            .iter()
            .filter(|entry| matches!(entry.effect, Effect::Include | Effect::Exclude))
            .map(|entry| Rule {
                effect: (entry.effect == Effect::Exclude).then_some("exclude"),
                patterns: vec![entry.pattern.value.text()],
                statuses: statuses(entry.statuses),
            })
            .collect(),
        Filter::PathsFilter { rules, .. } => rules
            .iter()
            .map(|rule| Rule {
                effect: None,
                patterns: rule.patterns.iter().map(|pattern| pattern.value.text()).collect(),
                statuses: statuses(rule.statuses),
            })
            .collect(),
    }
}

/// Returns the letters of statuses, such as `AD`; `None` if all statuses are included.
fn statuses(statuses: Statuses) -> Option<String> {
    let letters = [Status::Added, Status::Modified, Status::Deleted];
    let letters = letters.into_iter().filter(|status| statuses.contains(*status)).map(Status::letter);
    (statuses != Statuses::ANY).then(|| letters.collect())
}
