use std::path::Path;

use indexmap::IndexMap;

use super::build_locations::Locations;
use super::contexts::{Dependency, Supply, Ties};
use super::{BuilderError, shown};
use crate::model::name::Escaped;
use crate::model::recipe::Recipe;
use crate::model::template::{Part, Template};
use crate::naming::image::ImageName;
use crate::output::exec::CommandVariable;
use crate::output::exec::needed_services::{CommandArgument, local_tags};
use crate::plan::{Plan, PlannedService};

/// The build of an image, in a form that all builders share. Everything in it is checked, and every path is absolute.
#[derive(Debug)]
pub(super) struct Image<'a> {
    pub(super) service: &'a PlannedService,
    pub(super) recipe: &'a Recipe,
    pub(super) name: &'a str,
    pub(super) file: String,
    pub(super) context: String,
    /// Full references. They are pushed in this order, so a registry that has the last one has all.
    pub(super) tags: Vec<String>,
    /// The services that it is built from.
    pub(super) dependencies: &'a [Dependency<'a>],
    /// Whether another service of the run is built from it.
    pub(super) is_needed: bool,
    /// Build arguments by name. They are on the command line, since `HTTP_PROXY` or `DOCKER_HOST` in the environment
    /// would change the builder itself. None of them is a secret.
    pub(super) arguments: Vec<(String, CommandArgument)>,
    /// The named contexts from filters.yaml.
    contexts: Vec<(String, Context)>,
    /// Labels, each `key=value`.
    pub(super) labels: Vec<String>,
    /// The time of the files in the image, in seconds since 1970: `SOURCE_DATE_EPOCH` of the recipe, else the time of
    /// the commit.
    pub(super) epoch: Option<String>,
}

/// A named context from filters.yaml.
#[derive(Debug)]
enum Context {
    /// The image of the dependency with this name.
    Need(String),
    /// An address, or a directory.
    Place(CommandArgument),
}

impl<'a> Image<'a> {
    /// Checks the settings of a service for a builder of images. `files` are the names that the builder accepts for a
    /// Dockerfile.
    pub(super) fn new(
        plan: &Plan,
        service: &'a PlannedService,
        recipe: &'a Recipe,
        ties: Ties<'a>,
        source: &Locations,
        (builder, files): (&'static str, &[&str]),
        epoch: Option<i64>,
    ) -> Result<Self, BuilderError> {
        let name = service.image.as_deref();
        let name = name.ok_or_else(|| BuilderError::NoImage { service: shown(service), builder })?;
        // Nobody may push an official image of Docker Hub, and nothing is pushed there by accident.
        if service.push && ImageName::parse(name).is_ok_and(|name| name.is_local()) {
            return Err(BuilderError::LocalImage { service: shown(service), image: Escaped::new(name).to_string() });
        }
        Ok(Self {
            service,
            recipe,
            name,
            file: text(service, &source.file(service, recipe, files)?)?,
            context: text(service, &source.context(service, recipe)?)?,
            tags: tags(service),
            dependencies: ties.dependencies,
            is_needed: ties.is_needed,
            arguments: arguments(plan, service, recipe)?,
            contexts: contexts(plan, service, recipe, source)?,
            labels: labels(service)?,
            epoch: recipe
                .env
                .get(CommandVariable::SourceDateEpoch.name())
                .cloned()
                .or(epoch.map(|epoch| epoch.to_string())),
        })
    }

    /// Returns the command-line arguments that are the same for docker, buildah and podman. `contexts` are the named
    /// contexts to pass.
    pub(super) fn words(&self, contexts: IndexMap<String, CommandArgument>) -> Words {
        let mut words = Words::default();
        words.each("--target", &self.recipe.target);
        for (name, value) in &self.arguments {
            words.flag("--build-arg", value.clone().behind(&format!("{name}=")));
        }
        for (name, context) in contexts {
            words.flag("--build-context", context.behind(&format!("{name}=")));
        }
        words.each("--secret", &self.recipe.secrets);
        words.each("--label", &self.labels);
        for flag in &self.recipe.flags {
            words.word(flag);
        }
        words
    }

    /// Returns its named contexts from filters.yaml. `source` returns the context of a dependency.
    pub(super) fn contexts(
        &self,
        source: impl Fn(&Dependency) -> CommandArgument,
    ) -> IndexMap<String, CommandArgument> {
        let of = |context: &Context| match context {
            Context::Place(place) => place.clone(),
            Context::Need(service) => {
                let dependency = self.dependencies.iter().find(|dependency| dependency.service == service);
                dependency.map_or_else(|| CommandArgument::source(service), &source)
            }
        };
        self.contexts.iter().map(|(name, context)| (name.clone(), of(context))).collect()
    }

    /// Whether it depends on a service of this run whose image is not pushed.
    pub(super) fn takes_unpushed(&self) -> bool {
        self.dependencies.iter().any(|dependency| matches!(dependency.supply, Supply::Run { push: false, .. }))
    }

    /// Returns its platforms separated by commas; `None` for this machine's platform.
    pub(super) fn platforms(&self) -> Option<String> {
        (!self.service.platforms.is_empty()).then(|| self.service.platforms.join(","))
    }
}

/// The arguments of a command, under construction.
#[derive(Debug, Clone, Default)]
pub(super) struct Words(Vec<CommandArgument>);

impl Words {
    pub(super) fn of<const N: usize>(words: [&str; N]) -> Self {
        Self(words.map(CommandArgument::from).to_vec())
    }

    pub(super) fn word(&mut self, word: &str) {
        self.0.push(word.into());
    }

    pub(super) fn flag(&mut self, flag: &str, value: impl Into<CommandArgument>) {
        self.0.extend([flag.into(), value.into()]);
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
    type Item = CommandArgument;
    type IntoIter = std::vec::IntoIter<CommandArgument>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

fn tags(service: &PlannedService) -> Vec<String> {
    if service.push { service.pushed_references() } else { local_tags(service).into_owned() }
}

fn arguments(
    plan: &Plan,
    service: &PlannedService,
    recipe: &Recipe,
) -> Result<Vec<(String, CommandArgument)>, BuilderError> {
    let arguments = recipe.build_args.iter().map(|(name, template)| match filled(template, plan, service) {
        Some(value) => Ok((name.clone(), value)),
        None => Err(BuilderError::Argument { service: shown(service), key: "build_args", argument: name.clone() }),
    });
    arguments.collect()
}

/// Returns a template with the values of a service filled in; `None` if a value is not known. The images of
/// dependencies are filled in later, when the service is built.
fn filled(template: &Template, plan: &Plan, service: &PlannedService) -> Option<CommandArgument> {
    let value = |name: &str| match name {
        "name" => Some(service.service.clone()),
        "path" => service.path.clone(),
        "version" => service.version.clone(),
        "commit" => plan.range.head.clone(),
        "environment" => Some(plan.environment.clone()),
        _ => None,
    };
    template.parts().iter().try_fold(CommandArgument::from(""), |argument, part| {
        Some(argument.then(match part {
            Part::Text(text) => CommandArgument::from(text),
            Part::Name { name, .. } => match name.strip_prefix(Recipe::NEEDS) {
                Some(needed) => CommandArgument::reference(needed),
                None => CommandArgument::from(value(name)?),
            },
        }))
    })
}

fn contexts(
    plan: &Plan,
    service: &PlannedService,
    recipe: &Recipe,
    source: &Locations,
) -> Result<Vec<(String, Context)>, BuilderError> {
    let context = |(name, template): (&String, &Template)| {
        if let [Part::Name { name: needed, .. }] = template.parts()
            && let Some(needed) = needed.strip_prefix(Recipe::NEEDS)
        {
            return Ok((name.clone(), Context::Need(needed.to_owned())));
        }
        let unknown = || BuilderError::Argument { service: shown(service), key: "contexts", argument: name.clone() };
        let place = filled(template, plan, service).ok_or_else(unknown)?;
        let place = match place.text() {
            Some(directory) if !directory.contains("://") => {
                CommandArgument::from(text(service, &source.named_directory(service, &directory)?)?)
            }
            _ => place,
        };
        Ok((name.clone(), Context::Place(place)))
    };
    recipe.contexts.iter().map(context).collect()
}

fn labels(service: &PlannedService) -> Result<Vec<String>, BuilderError> {
    let label = |(key, value): (&String, &String)| {
        if key.is_empty() || key.contains('=') {
            let key = Escaped::new(key).to_string();
            return Err(BuilderError::Label { service: shown(service), key });
        }
        Ok(format!("{key}={value}"))
    };
    service.labels.iter().map(label).collect()
}

/// Returns a text as one field of CSV, with quotes if needed. Flags such as `--file` of buildah have values in CSV,
/// where a comma separates fields.
pub(super) fn as_csv(field: &str) -> String {
    if field.contains([',', '"', '\n', '\r']) {
        format!("\"{}\"", field.replace('"', "\"\""))
    } else {
        field.to_owned()
    }
}

/// Returns a path as the text of an argument.
///
/// # Errors
/// When the path is not UTF-8.
pub(super) fn text(service: &PlannedService, path: &Path) -> Result<String, BuilderError> {
    let text = path.to_str().map(str::to_owned);
    text.ok_or_else(|| BuilderError::NotUtf8 { service: shown(service), path: path.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_one_whatever_it_is_called() {
        assert_eq!(as_csv("/a b/it's"), "/a b/it's");
        assert_eq!(as_csv("/a,b/say \"hi\""), "\"/a,b/say \"\"hi\"\"\"");
    }
}
