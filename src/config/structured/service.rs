use indexmap::IndexMap;

use super::{build_files, checked_name, image, tags};
use crate::analysis::closure::WithDevelopment;
use crate::analysis::filter::{Effect, Filter, FilterEntry, Filters, Statuses};
use crate::config::problems::{Problems, shown};
use crate::config::raw;
use crate::config::read::{Field, List, Map, Named, Text};
use crate::config::{DeclaredKind, Global, KeyPlaces, LockedClosure, LockfileUse, Service, ServiceOrigin};
use crate::model::diagnostic::{Diagnostic, Located};
use crate::model::name::RepoDir;
use crate::model::recipe::{Promote, Recipe};
use crate::model::template::Part;
use crate::naming::version::Count;

/// A validated service. Its filter and dependency ids are placeholders until `structured::read` assigns them.
pub(super) struct Checked {
    pub(super) filter: Filter,
    /// Entries for the files that its image is built from, whether or not `filter` matches them.
    pub(super) inputs: Vec<FilterEntry>,
    /// The names in its `depends_on`.
    pub(super) depends_on: Vec<Located<Text>>,
    pub(super) service: Service,
}

/// Checks the keys of a service against each other, and returns the checked service; `None` if the name, `filters`,
/// `path` or `exclude` has an error.
pub(super) fn check(name: &str, mut named: Named<Box<raw::Service>>, problems: &mut Problems<'_>) -> Option<Checked> {
    image_has_path(name, &named, problems);
    one_builder(&named.value.value, problems);
    flags_have_builder(&named.value.value, problems);
    let files = build_files::Named::read(&named.value.value, problems);
    let recipe = recipe(&named.value.value, &files);
    let has_filters = named.value.value.filters.value().is_some();
    let wide_context = wide_context(&named.value.value, &recipe, &files).cloned();
    let context = if has_filters || wide_context.is_some() { DeclaredKind::Listed } else { DeclaredKind::Directory };
    let keys = KeyPlaces::of(&named.value.value);
    let mut entries = entries(name, &mut named, problems)?;
    let excluded = excluded(&named.value.value)?;
    let takes_all = !has_filters && excluded.is_empty();
    entries.extend(excluded);
    let filter = Filter::Ordered(entries);
    let raw = &named.value.value;
    let built_from = recipe.image_builder().map(|builder| files.files(raw, builder));
    let whole = raw.path.value().map(|path| &path.0).filter(|_| takes_all);
    let mut inputs = build_files::entries(built_from.as_deref().unwrap_or_default(), whole, problems);
    inputs.extend(files.below_contexts(problems));
    let declared = built_from.map(|built_from| files.declared(raw, built_from, context)).unwrap_or_default();
    let checked = checked_name(name)?;
    let service = Service {
        tag: tags::patterns(&checked, raw),
        name: Located { value: checked, used: named.name.used, defined: named.name.defined },
        path: raw.path.value().map(|path| path.0.clone()),
        origin: ServiceOrigin::default(),
        filter: Filters::id(0),
        inputs: None,
        circle: None,
        declared,
        dockerfile: files.dockerfile,
        context: files.context,
        wide_context,
        lockfile: lockfile(raw),
        global: match raw.global.value() {
            Some(raw::Flag(false)) => Global::OptsOut,
            _ => Global::Affects,
        },
        depends_on: Vec::new(),
        scheme: tags::scheme(raw),
        style: raw.style.value().map(|style| style.0),
        count: raw.count.value().map_or(Count::default(), |count| count.0),
        image: image::check(name, &named, problems),
        platforms: strings(&raw.platforms, |platform| &platform.0),
        promote: raw.promote.value().map_or(Promote::default(), |promote| promote.0),
        matrix: raw.matrix.value().map(|matrix| matrix.0.clone()).unwrap_or_default(),
        ci: raw.ci.value().map(|settings| settings.0.clone()).unwrap_or_default(),
        description: raw.description.value().map(|text| text.0.clone()),
        recipe,
        keys,
    };
    let depends_on = raw.depends_on.value().map(|list| list.0.clone()).unwrap_or_default();
    Some(Checked { filter, inputs, depends_on, service })
}

/// Returns how lockfiles affect a service.
fn lockfile(raw: &raw::Service) -> LockfileUse {
    match raw.lockfile.value() {
        None | Some(raw::LockfileKey::Whole) => LockfileUse::Whole,
        Some(raw::LockfileKey::Unchecked) => LockfileUse::Unchecked,
        Some(raw::LockfileKey::Auto) => LockfileUse::Closure(LockedClosure::default()),
        Some(raw::LockfileKey::Of(of)) => LockfileUse::Closure(LockedClosure {
            file: of.file.value().map(|file| file.0.clone()),
            package: of.package.value().map(|package| package.0.clone()),
            with: match of.dev.value() {
                Some(raw::Flag(false)) => WithDevelopment::No,
                Some(raw::Flag(true)) | None => WithDevelopment::Yes,
            },
        }),
    }
}

/// Returns the build context of a service's image if the context has files outside of the service's path and the
/// service has no `filters`.
fn wide_context<'f>(
    raw: &raw::Service,
    recipe: &Recipe,
    files: &'f build_files::Named,
) -> Option<&'f Located<RepoDir>> {
    let path = raw.path.value().filter(|_| raw.filters.value().is_none() && recipe.image_builder().is_some())?;
    files.beyond(&path.0)
}

fn recipe(raw: &raw::Service, files: &build_files::Named) -> Recipe {
    Recipe {
        builder: raw.builder.value().map(|builder| builder.0),
        run: raw.run.value().map(|command| command.0.clone()),
        dockerfile: files.dockerfile.as_ref().map(|file| file.value.clone()),
        context: files.context.as_ref().map(|directory| directory.value.as_str().to_owned()),
        target: raw.target.value().map(|text| text.0.clone()),
        build_args: raw.build_args.value().map(|arguments| values(&arguments.0, |value| &value.0)).unwrap_or_default(),
        contexts: raw.contexts.value().map(|contexts| values(&contexts.0, |value| &value.0)).unwrap_or_default(),
        before: raw.before.value().map(|command| command.0.clone()),
        flags: strings(&raw.flags, |flag| &flag.0),
        secrets: strings(&raw.secrets, |secret| &secret.0),
        cache_from: strings(&raw.cache_from, |text| &text.0),
        cache_to: strings(&raw.cache_to, |text| &text.0),
        attest: strings(&raw.attest, |text| &text.0),
        env: raw.env.value().map(|variables| texts(&variables.0)).unwrap_or_default(),
        timeout: raw.timeout.value().map(|limit| limit.0),
        retries: raw.retries.value().map_or(0, |retries| retries.0),
        weight: raw.weight.value().map_or(1, |weight| weight.0),
        locks: strings(&raw.locks, |lock| &lock.0),
    }
}

pub(super) fn texts(map: &Map<Text>) -> IndexMap<String, String> {
    values(map, |text| &text.0)
}

fn values<T, V: Clone>(map: &Map<T>, value: impl Fn(&T) -> &V) -> IndexMap<String, V> {
    map.0.iter().map(|(name, named)| (name.clone(), value(&named.value.value).clone())).collect()
}

fn strings<T>(list: &Field<List<T>>, text: impl Fn(&T) -> &String) -> Vec<String> {
    list.value().into_iter().flat_map(|list| &list.0).map(|item| text(&item.value).clone()).collect()
}

/// Moves the entries of a service's `filters` out of `named`, and returns them. If the service has no `filters`,
/// returns one entry for everything below its path. Returns `None` if the service has neither of these keys, an empty
/// list, or a value that cannot be read.
fn entries(name: &str, named: &mut Named<Box<raw::Service>>, problems: &mut Problems<'_>) -> Option<Vec<FilterEntry>> {
    let raw = &mut named.value.value;
    let (message, at) = match (std::mem::take(&mut raw.filters), &raw.path) {
        (Field::Broken, _) | (Field::Absent, Field::Broken) => return None,
        (Field::Given(patterns), _) if patterns.value.0.is_empty() => {
            ("has an empty list of filters", patterns.map(|_| ()))
        }
        (Field::Given(patterns), _) => return Some(patterns.value.0),
        (Field::Absent, Field::Given(path)) => return Some(build_files::below_path(path, problems)),
        (Field::Empty, _) | (Field::Absent, Field::Absent | Field::Empty) => {
            ("has neither a path nor filters", named.name.clone())
        }
    };
    let problem = Diagnostic::error("nothing-affects", format!("the service `{}` {message}", shown(name)));
    let problem = problem.located(problems.file(), &at, "no change would ever affect it");
    problems.push(problem.help("give it a `path`, or the patterns of what affects it in `filters`"));
    None
}

/// Returns the filter entries of `exclude`, which are applied after all others.
fn excluded(raw: &raw::Service) -> Option<Vec<FilterEntry>> {
    let entry = |exclusion: &Located<raw::Exclusion>| FilterEntry {
        effect: Effect::ExcludeWildcards,
        statuses: Statuses::ANY,
        pattern: exclusion.as_ref().map(|exclusion| exclusion.0.clone()),
    };
    match &raw.exclude {
        Field::Broken => None,
        Field::Absent | Field::Empty => Some(Vec::new()),
        Field::Given(list) => Some(list.value.0.iter().map(entry).collect()),
    }
}

fn image_has_path(name: &str, named: &Named<Box<raw::Service>>, problems: &mut Problems<'_>) {
    let raw = &named.value.value;
    let Some(image) = raw.image.given() else { return };
    let Some(template) = &image.value.0 else { return };
    let uses_path = template.parts().iter().any(|part| matches!(part, Part::Name { name, .. } if name == "path"));
    if uses_path && !raw.path.is_broken() && raw.path.value().is_none_or(|path| path.0.is_root()) {
        let message = format!("the service `{}` has no path for the `{{{{path}}}}` of its image", shown(name));
        let problem = Diagnostic::error("image-without-path", message);
        let problem = problem.located(problems.file(), &named.name, "no `path`, or the root");
        let problem = problem.label(problems.file(), image.defined, "the name of its image");
        problems.push(problem.help("give it a path, or an `image` of its own"));
    }
}

fn one_builder(raw: &raw::Service, problems: &mut Problems<'_>) {
    if let (Some(run), Some(builder)) = (raw.run.given(), raw.builder.given()) {
        let problem = Diagnostic::error("two-builders", "both `run` and `builder` say what builds this service");
        let problem = problem.located(problems.file(), run, "its command");
        problems.push(problem.label(problems.file(), builder.defined, "its builder").help("keep one of them"));
    }
}

fn flags_have_builder(raw: &raw::Service, problems: &mut Problems<'_>) {
    if let (Some(run), Some(flags)) = (raw.run.given(), raw.flags.given()) {
        let problem = Diagnostic::error("flags-without-builder", "`flags` are for a builder, and `run` uses none");
        let problem = problem.located(problems.file(), flags, "no builder gets them");
        problems.push(problem.label(problems.file(), run.defined, "its command").help("write them into the command"));
    }
}
