use super::{Services, dependencies};
use crate::config::problems::{Problems, shown};
use crate::config::raw;
use crate::model::diagnostic::{Diagnostic, Located};
use crate::model::recipe::Recipe;
use crate::model::template::Template;

/// Checks the placeholders for images of other services: `{{needs.base}}` requires that the service has `base` in its
/// `depends_on`, and that `base` has an image.
pub(super) fn check(services: &Services, problems: &mut Problems<'_>) {
    for service in services.values() {
        let raw = &service.value.value;
        let arguments = raw.build_args.value().into_iter().flat_map(|arguments| arguments.0.0.values());
        let arguments = arguments.map(|argument| argument.value.as_ref().map(|value| &value.0));
        let contexts = raw.contexts.value().into_iter().flat_map(|contexts| contexts.0.0.values());
        let contexts: Vec<Located<&Template>> =
            contexts.map(|context| context.value.as_ref().map(|value| &value.0)).collect();
        for context in &contexts {
            misspelt(context, raw, services, problems);
        }
        for template in arguments.chain(contexts).collect::<Vec<Located<&Template>>>() {
            let names = template.value.names().filter_map(|name| name.strip_prefix(Recipe::NEEDS));
            for name in names.collect::<Vec<_>>() {
                if let Some(problem) = problem(name, &template, raw, services, problems) {
                    problems.push(problem);
                }
            }
        }
    }
}

/// Reports a context that looks like a misspelt `needs.SERVICE`, such as `nedes.base`. A directory of that name can be
/// written `./nedes.base`.
fn misspelt(at: &Located<&Template>, raw: &raw::Service, services: &Services, problems: &mut Problems<'_>) {
    let text = at.value.text();
    let Some((word, name)) = text.split_once('.') else { return };
    let needs = Recipe::NEEDS.trim_end_matches('.');
    if word.is_empty() || text.contains("://") || text.contains("{{") || problems.did_you_mean(word, [needs]).is_none()
    {
        return;
    }
    let listed = dependencies::listed(raw);
    let known = listed.iter().map(|dependency| dependency.value.0.as_str());
    let Some(meant) =
        services.get_key_value(name).map(|(name, _)| name.as_str()).or_else(|| problems.did_you_mean(name, known))
    else {
        return;
    };
    let message = format!("`{}` is not an image of a dependency", shown(text));
    let problem = Diagnostic::error("unknown-need", message).located(problems.file(), at, "");
    let problem = problem.help(format!("did you mean `needs.{}`?", shown(meant)));
    problems.push(problem.help(format!("a directory of that name is written `./{}`", shown(text))));
}

fn problem(
    name: &str,
    at: &Located<&Template>,
    raw: &raw::Service,
    services: &Services,
    problems: &Problems<'_>,
) -> Option<Diagnostic> {
    let listed = dependencies::listed(raw);
    let Some(needed) = services.get(name).filter(|_| listed.iter().any(|dependency| dependency.value.0 == name)) else {
        let message = format!("`needs.{}` names no service of `depends_on`", shown(name));
        let problem = Diagnostic::error("unknown-need", message).located(problems.file(), at, "");
        let known = listed.iter().map(|dependency| dependency.value.0.as_str());
        return Some(match problems.did_you_mean(name, known) {
            Some(meant) => problem.help(format!("did you mean `needs.{}`?", shown(meant))),
            None => problem.help(format!("add `{}` to the service's `depends_on`", shown(name))),
        });
    };
    if needed.value.value.image.given().is_some() {
        return None;
    }
    let message = format!("the service `{}` has no image that `needs.{}` could name", shown(name), shown(name));
    let problem = Diagnostic::error("need-without-image", message).located(problems.file(), at, "");
    Some(problem.help(format!("give `{}` an `image`", shown(name))))
}
