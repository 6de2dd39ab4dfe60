use std::collections::{BTreeMap, BTreeSet};

use super::super::declared_build::Filled;
use super::super::{BuildContext, BuildTarget, DeclaredAt, DeclaredBuild, DockerfileOf, NamedContext};
use super::interpolation::{filled, sure};
use super::{Compose, ComposeBuild, ComposeService, LongBuild};
use crate::model::name::RepoDir;

/// The build settings of a service. A setting is `None` if the service does not have it.
pub(super) struct Settings {
    is_built: bool,
    context: Option<BuildContext>,
    dockerfile: Option<Instructions>,
    target: Option<Filled>,
    arguments: BTreeMap<String, Option<String>>,
    likely: BTreeMap<String, String>,
    contexts: BTreeMap<String, NamedContext>,
    /// The `.env` files whose variables the other settings use.
    variables: BTreeSet<String>,
    image: Option<String>,
    tags: Vec<String>,
}

/// The Dockerfile of a service, by its text or its path.
enum Instructions {
    Inline(String),
    /// The path of a file, relative to the context.
    File(Filled),
}

impl Settings {
    pub(super) fn of(compose: &Compose, service: &ComposeService) -> Self {
        let Compose { directory, variables, .. } = compose;
        let filled = |text: &str| filled(text, variables);
        let LongBuild { context, dockerfile, dockerfile_inline, target, args, additional_contexts, tags } =
            match service.build.clone() {
                None => LongBuild::default(),
                Some(ComposeBuild::Context(context)) => LongBuild { context: Some(context), ..LongBuild::default() },
                Some(ComposeBuild::Build(build)) => *build,
            };
        let uses_variables = {
            let pairs = [&args, &additional_contexts].into_iter().flat_map(|pairs| pairs.clone().texts());
            let texts = [&context, &dockerfile, &target].into_iter().flatten().cloned().map(Some);
            // A value that is not written is that of a variable with the same name.
            pairs.map(|(_, value)| value).chain(texts).any(|text| text.is_none_or(|text| sure(&text).is_none()))
        };
        let named = |(name, context): (String, Option<String>)| {
            Some((name, NamedContext::of(directory, filled(&context?), "service:")))
        };
        let likely = |(name, value): (String, Option<String>)| {
            let value = match value {
                Some(value) => filled(&value).known(),
                None => variables.get(&name).cloned(),
            };
            Some((name, value?))
        };
        let likely = args.clone().texts().into_iter().filter_map(likely).collect();
        let file = dockerfile.map(|text| Instructions::File(filled(&text)));
        Self {
            is_built: service.build.is_some(),
            context: context.map(|text| BuildContext::of(directory, filled(&text))),
            dockerfile: dockerfile_inline.map(Instructions::Inline).or(file),
            target: target.as_deref().map(filled),
            arguments: args
                .texts()
                .into_iter()
                .map(|(name, value)| (name, value.and_then(|value| sure(&value))))
                .collect(),
            likely,
            contexts: additional_contexts.texts().into_iter().filter_map(named).collect(),
            variables: compose.env_file.iter().filter(|_| uses_variables).cloned().collect(),
            image: service.image.clone(),
            tags,
        }
    }

    /// Returns the settings of a service that cannot be read: the context is not known, and other settings are missing.
    pub(super) fn unknown(name: &str) -> Self {
        Self {
            is_built: false,
            context: Some(BuildContext::Unknown(name.to_owned())),
            dockerfile: None,
            target: None,
            arguments: BTreeMap::new(),
            likely: BTreeMap::new(),
            contexts: BTreeMap::new(),
            variables: BTreeSet::new(),
            image: None,
            tags: Vec::new(),
        }
    }

    /// Returns these settings. Missing settings are taken from `base`.
    pub(super) fn over(self, base: Self) -> Self {
        Self {
            is_built: self.is_built || base.is_built,
            context: self.context.or(base.context),
            dockerfile: self.dockerfile.or(base.dockerfile),
            target: self.target.or(base.target),
            arguments: base.arguments.into_iter().chain(self.arguments).collect(),
            likely: base.likely.into_iter().chain(self.likely).collect(),
            contexts: base.contexts.into_iter().chain(self.contexts).collect(),
            variables: self.variables.into_iter().chain(base.variables).collect(),
            image: self.image.or(base.image),
            tags: if self.tags.is_empty() { base.tags } else { self.tags },
        }
    }

    pub(super) fn build(self, name: String, at: DeclaredAt) -> Option<DeclaredBuild> {
        let directory = RepoDir::of_file(at.file.name());
        let context = self.context.unwrap_or(BuildContext::Directory(directory));
        let dockerfile = match self.dockerfile {
            Some(Instructions::Inline(text)) => DockerfileOf::Inline(text),
            Some(Instructions::File(text)) => context.dockerfile(Some(text)),
            None => context.dockerfile(None),
        };
        let build = DeclaredBuild {
            name,
            at,
            context,
            dockerfile,
            target: BuildTarget::of(self.target),
            arguments: self.arguments,
            likely: self.likely,
            contexts: self.contexts,
            variables: self.variables,
            images: self.image.into_iter().chain(self.tags).collect(),
        };
        self.is_built.then_some(build)
    }
}
