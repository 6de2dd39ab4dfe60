use schemars::JsonSchema;

use super::template::argument;
use crate::config::problems::{Problems, shown};
use crate::config::read::{Map, Read, Text, literal};
use crate::config::yaml::View;
use crate::model::diagnostic::Diagnostic;
use crate::model::recipe::Recipe;
use crate::model::template::Template;

/// Named build contexts. A Dockerfile may use their names in `FROM` and `COPY --from`, as it uses the names of stages.
#[derive(Debug, Clone, Default, JsonSchema)]
#[schemars(transparent, inline)]
pub(in crate::config) struct Contexts(pub(in crate::config) Map<Context>);

/// The image of a dependency (`needs.base`), an address (`docker-image://node:20`), or a directory.
#[derive(Debug, Clone, JsonSchema)]
#[schemars(transparent, inline)]
pub(in crate::config) struct Context(#[schemars(with = "Text")] pub(in crate::config) Template);

/// An argument for the builder.
#[derive(Debug, Clone, JsonSchema)]
#[schemars(transparent, inline)]
pub(in crate::config) struct BuilderFlag(#[schemars(with = "Text")] pub(in crate::config) String);

impl Read for Contexts {
    fn read(view: View<'_>, problems: &mut Problems<'_>) -> Option<Self> {
        let contexts = Map::<Context>::read(view, problems)?;
        let mut good = true;
        for (name, context) in contexts.0.iter().filter(|(name, _)| !is_context_name(name)) {
            let message = format!("`{}` cannot be the name of a context", shown(name));
            problems.error("bad-context", message, &context.name, "expected a name such as `base`, or an image");
            good = false;
        }
        good.then_some(Self(contexts))
    }

    fn over(self, defaults: &Self) -> Self {
        Self(self.0.over(&defaults.0))
    }
}

/// Whether a name is valid for a context.
pub(in crate::config) fn is_context_name(name: &str) -> bool {
    !name.is_empty() && !name.contains('=') && !name.chars().any(|c| c.is_whitespace() || c.is_control())
}

impl Context {
    /// Returns the context of a text that was made from a declared build; `None` if it has unknown placeholders.
    pub(in crate::config) fn parse(text: &str) -> Option<Self> {
        Self::of_need(text).or_else(|| Template::parse(text, Recipe::offers).ok().map(Self))
    }

    /// Returns the image of a dependency if the text is `needs.SERVICE`; `None` for any other text.
    fn of_need(text: &str) -> Option<Self> {
        if !text.starts_with(Recipe::NEEDS) || text.contains('{') {
            return None;
        }
        Template::parse(&format!("{{{{{text}}}}}"), Recipe::offers).ok().map(Self)
    }
}

impl Read for Context {
    fn read(view: View<'_>, problems: &mut Problems<'_>) -> Option<Self> {
        let text = literal(view, "a context", problems)?;
        if let Some(need) = Self::of_need(text) {
            return Some(need);
        }
        let template = argument(view, text, problems)?;
        // `node:20` is an image: a directory hardly has such a name.
        let looks_like_image = !text.contains("://") && !text.contains("{{") && text.contains(':');
        if text.is_empty() || text.chars().any(char::is_control) || looks_like_image {
            let problem = Diagnostic::error("bad-context", format!("`{}` is not a context", shown(text)));
            let problem = problem.located(problems.file(), &view.locate(()), "");
            let help = "write `needs.SERVICE`, an address such as `docker-image://node:20`, or a directory";
            problems.push(problem.help(help));
            return None;
        }
        Some(Self(template))
    }
}

/// The flags that rebake sets itself, each with the key of filters.yaml that controls it.
const OWN: &[(&str, &str)] = &[
    ("--build-arg", "`build_args`"),
    ("--build-context", "`contexts`"),
    ("--builder", "`rebake build --builder`"),
    ("--cache-from", "`cache_from`"),
    ("--cache-to", "`cache_to`"),
    ("--attest", "`attest`"),
    ("--file", "`dockerfile`"),
    ("-f", "`dockerfile`"),
    ("--iidfile", "nothing: it is rebake's own"),
    ("--digestfile", "nothing: it is rebake's own"),
    ("--label", "`labels`"),
    ("--manifest", "nothing: it is rebake's own"),
    ("--metadata-file", "nothing: it is rebake's own"),
    ("--platform", "`platforms`"),
    ("--push", "the environment's `push`, or `rebake build --push`"),
    ("--secret", "`secrets`"),
    ("--tag", "`image` and `tags`"),
    ("-t", "`image` and `tags`"),
    ("--target", "`target`"),
];

impl Read for BuilderFlag {
    fn read(view: View<'_>, problems: &mut Problems<'_>) -> Option<Self> {
        let text = literal(view, "a flag of the builder", problems)?;
        let flag = text.split('=').next().unwrap_or_default();
        let own = OWN.iter().find(|(own, _)| *own == flag);
        let problem = if let Some((flag, instead)) = own {
            let problem = Diagnostic::error("own-flag", format!("`{flag}` is a flag that rebake sets itself"));
            problem.help(format!("leave it out, and use {instead}"))
        } else if text.is_empty() || text == "--" || text.contains('\0') {
            Diagnostic::error("bad-flag", format!("`{}` is not a flag of a builder", shown(text)))
        } else if text.starts_with('-') && text.contains(' ') && !text.contains('=') {
            let words: Vec<String> = text.split_whitespace().map(|word| format!("\"{}\"", shown(word))).collect();
            let problem = Diagnostic::error("bad-flag", format!("`{}` is several words in one", shown(text)));
            problem.help(format!("write a list of words: [{}]", words.join(", ")))
        } else {
            return Some(Self(text.to_owned()));
        };
        let located = problem.located(problems.file(), &view.locate(()), "");
        problems.push(located);
        None
    }
}
