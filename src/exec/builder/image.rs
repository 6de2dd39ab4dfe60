use std::path::Path;

use super::source::Source;
use super::{BuilderError, shown};
use crate::name::Escaped;
use crate::plan::{Plan, Service};
use crate::recipe::Recipe;

/// An image to be built, in words that all builders share: everything is checked, and every path absolute.
#[derive(Debug)]
pub(super) struct Image<'a> {
    pub(super) service: &'a Service,
    pub(super) recipe: &'a Recipe,
    pub(super) name: &'a str,
    pub(super) file: String,
    pub(super) context: String,
    /// Full references. One that is pushed has the fingerprint's last (`--skip-existing`, spec section 13): where it
    /// is, all others are.
    pub(super) tags: Vec<String>,
    /// `NAME=value` each. They stand in the command line: in the environment, `HTTP_PROXY` or `DOCKER_HOST` would
    /// mean something to the builder itself. No secret is among them.
    pub(super) arguments: Vec<String>,
    /// `key=value` each.
    pub(super) labels: Vec<String>,
}

impl<'a> Image<'a> {
    /// Checks what a builder of images is told; `files` are the names that it gives a Dockerfile.
    pub(super) fn new(
        plan: &Plan,
        service: &'a Service,
        recipe: &'a Recipe,
        source: &Source,
        (builder, files): (&'static str, &[&str]),
    ) -> Result<Self, BuilderError> {
        let name = service.image.as_deref();
        let name = name.ok_or_else(|| BuilderError::NoImage { service: shown(service), builder })?;
        Ok(Self {
            service,
            recipe,
            name,
            file: text(service, &source.file(service, recipe, files)?)?,
            context: text(service, &source.context(service, recipe)?)?,
            tags: tags(service),
            arguments: arguments(plan, service, recipe)?,
            labels: labels(service)?,
        })
    }

    /// Returns the words that docker, buildah and podman all understand.
    pub(super) fn words(&self) -> Words {
        let mut words = Words::default();
        words.each("--target", &self.recipe.target);
        words.each("--build-arg", &self.arguments);
        words.each("--secret", &self.recipe.secrets);
        words.each("--label", &self.labels);
        words
    }

    /// Returns its platforms as one word; none where it is built for the machine at hand.
    pub(super) fn platforms(&self) -> Option<String> {
        (!self.service.platforms.is_empty()).then(|| self.service.platforms.join(","))
    }
}

/// The arguments of a command, as they come together.
#[derive(Debug, Clone, Default)]
pub(super) struct Words(Vec<String>);

impl Words {
    pub(super) fn of<const N: usize>(words: [&str; N]) -> Self {
        Self(words.map(str::to_owned).to_vec())
    }

    pub(super) fn word(&mut self, word: &str) {
        self.0.push(word.to_owned());
    }

    pub(super) fn flag(&mut self, flag: &str, value: &str) {
        self.0.extend([flag.to_owned(), value.to_owned()]);
    }

    /// Adds the flag once for each value.
    pub(super) fn each<'v>(&mut self, flag: &str, values: impl IntoIterator<Item = &'v String>) {
        values.into_iter().for_each(|value| self.flag(flag, value));
    }

    pub(super) fn and(mut self, more: Self) -> Self {
        self.0.extend(more.0);
        self
    }
}

impl IntoIterator for Words {
    type Item = String;
    type IntoIter = std::vec::IntoIter<String>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

fn tags(service: &Service) -> Vec<String> {
    let content = service.content_reference().filter(|_| service.push);
    service.tags.iter().cloned().chain(content.map(|reference| reference.to_string())).collect()
}

fn arguments(plan: &Plan, service: &Service, recipe: &Recipe) -> Result<Vec<String>, BuilderError> {
    let value = |name: &str| match name {
        "name" => Some(service.service.clone()),
        "path" => service.path.clone(),
        "version" => service.version.clone(),
        "commit" => plan.range.head.clone(),
        "environment" => Some(plan.environment.clone()),
        _ => None,
    };
    let arguments = recipe.build_args.iter().map(|(name, template)| match template.render(value) {
        Ok(value) => Ok(format!("{name}={value}")),
        Err(_) => Err(BuilderError::Argument { service: shown(service), argument: name.clone() }),
    });
    arguments.collect()
}

fn labels(service: &Service) -> Result<Vec<String>, BuilderError> {
    let label = |(key, value): (&String, &String)| {
        if key.is_empty() || key.contains('=') {
            let key = Escaped::new(key).to_string();
            return Err(BuilderError::Label { service: shown(service), key });
        }
        Ok(format!("{key}={value}"))
    };
    service.labels.iter().map(label).collect()
}

/// Returns a path as an argument.
pub(super) fn text(service: &Service, path: &Path) -> Result<String, BuilderError> {
    let text = path.to_str().map(str::to_owned);
    text.ok_or_else(|| BuilderError::NotUtf8 { service: shown(service), path: path.to_owned() })
}
