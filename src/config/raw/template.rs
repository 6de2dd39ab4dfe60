use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator};

use crate::config::problems::{Problems, shown};
use crate::config::read::{Read, Text, literal};
use crate::config::yaml::View;
use crate::model::diagnostic::Diagnostic;
use crate::model::recipe::Recipe;
use crate::model::template::{Template, TemplateError};
use crate::naming::version::{TagFormat, TagFormatError};

/// The format of a release tag: `{{path}}@{{version}}`.
#[derive(Debug, Clone, JsonSchema)]
#[schemars(transparent, inline)]
pub(in crate::config) struct TagTemplate(#[schemars(with = "String")] pub(in crate::config) TagFormat);

/// The name of an image without a tag: `ghcr.io/acme/{{name}}`; `None` for `false` or `none`.
#[derive(Debug, Clone)]
pub(in crate::config) struct ImageName(pub(in crate::config) Option<Template>);

/// The value of a build argument: `{{version}}`.
#[derive(Debug, Clone, JsonSchema)]
#[schemars(transparent, inline)]
pub(in crate::config) struct ArgumentTemplate(#[schemars(with = "Text")] pub(in crate::config) Template);

impl Read for ArgumentTemplate {
    fn read(view: View<'_>, problems: &mut Problems<'_>) -> Option<Self> {
        let text = literal(view, "a text", problems)?;
        argument(view, text, problems).map(Self)
    }
}

/// Reads a value that may contain placeholders for [`Recipe::VALUES`] and for the images of dependencies.
pub(super) fn argument(view: View<'_>, text: &str, problems: &mut Problems<'_>) -> Option<Template> {
    let template = Template::parse(text, Recipe::offers);
    template.map_err(|error| problems.push(problem(view, &error, Recipe::VALUES, problems))).ok()
}

impl Read for TagTemplate {
    fn read(view: View<'_>, problems: &mut Problems<'_>) -> Option<Self> {
        let text = literal(view, "the format of a tag", problems)?;
        match TagFormat::parse(text) {
            Ok(format) => Some(Self(format)),
            Err(TagFormatError::Template(error)) => {
                problems.push(problem(view, &error, &["path", "name", "version"], problems));
                None
            }
            Err(error @ (TagFormatError::NoVersion | TagFormatError::SecondVersion { .. })) => {
                let at = view.locate_part(problems.file(), error.offset()..text.len());
                let problem = Diagnostic::error("tag-without-version", error.to_string());
                problems.push(problem.located(problems.file(), &at, "").help("such as `{{path}}@{{version}}`"));
                None
            }
        }
    }
}

const IMAGE: &[&str] = &["name", "path"];

impl ImageName {
    /// Whether the name of an image may contain a placeholder of this name.
    pub(in crate::config) fn offers(name: &str) -> bool {
        IMAGE.contains(&name)
    }
}

impl Read for ImageName {
    fn read(view: View<'_>, problems: &mut Problems<'_>) -> Option<Self> {
        let text = literal(view, "the name of an image", problems)?;
        if matches!(text, "false" | "none") {
            return Some(Self(None));
        }
        if text.eq_ignore_ascii_case("true") {
            let problem = Diagnostic::error("bad-image", format!("`{}` names no image", shown(text)));
            let problem = problem.located(problems.file(), &view.locate(()), "");
            problems.push(problem.help("write the name, such as `ghcr.io/acme/{{name}}`, or `false` for no image"));
            return None;
        }
        let template = match Template::parse(text, Self::offers) {
            Ok(template) => template,
            Err(error) => {
                problems.push(problem(view, &error, IMAGE, problems));
                return None;
            }
        };
        let tag = text.rfind('/').map_or(0, |slash| slash + 1);
        if let Some(colon) = text[tag..].find([':', '@']) {
            let file = problems.file();
            let problem = Diagnostic::error("image-with-tag", "the image has a tag or a digest");
            let problem = problem.located(file, &view.locate_part(file, tag + colon..text.len()), "from here on");
            problems.push(problem.help("leave it off, and say in `tags` which tags the image gets"));
            return None;
        }
        Some(Self(Some(template)))
    }
}

impl JsonSchema for ImageName {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "ImageName".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        schemars::json_schema!({ "anyOf": [{ "type": "string" }, { "const": false }] })
    }
}

fn problem(view: View<'_>, error: &TemplateError, offered: &[&str], problems: &Problems<'_>) -> Diagnostic {
    let file = problems.file();
    let (text, start) = (view.text(), error.offset());
    let end = text[start..].find("}}").map_or(text.len(), |braces| start + braces + "}}".len());
    let at = view.locate_part(file, start..end);
    let problem = Diagnostic::error("bad-template", shown(&error.to_string())).located(file, &at, "");
    let meant = match error {
        TemplateError::Unknown { name, .. } => problems.did_you_mean(name, offered.iter().copied()),
        TemplateError::Unclosed { .. } => return problem.help("close it with `}}`"),
        TemplateError::NotAName { .. } | TemplateError::NotAnArgument { .. } | TemplateError::Arguments { .. } => None,
    };
    if let Some(meant) = meant {
        return problem.help(format!("did you mean `{{{{{meant}}}}}`?"));
    }
    let names: Vec<String> = offered.iter().map(|name| format!("`{{{{{name}}}}}`")).collect();
    problem.help(format!("the names here are {}", names.join(", ")))
}
