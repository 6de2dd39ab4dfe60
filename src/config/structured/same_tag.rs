use std::collections::BTreeMap;

use indexmap::IndexMap;

use crate::config::Service;
use crate::config::problems::{Problems, shown};
use crate::model::diagnostic::Diagnostic;
use crate::model::name::ServiceName;
use crate::naming::image::ImageName;

/// Checks that no two services with the same image name use the same tag. Otherwise each push would replace the other
/// service's image, even in separate runs.
pub(super) fn check(services: &IndexMap<ServiceName, Service>, problems: &mut Problems<'_>) {
    let mut owners: BTreeMap<(&ImageName, String), &Service> = BTreeMap::new();
    let mut images: BTreeMap<&ImageName, usize> = BTreeMap::new();
    let named = || services.values().filter_map(|service| Some((service.image.name.as_ref()?, service)));
    for (image, _) in named() {
        *images.entry(image).or_default() += 1;
    }
    for (image, service) in named().filter(|(image, _)| images.get(image).is_some_and(|count| *count > 1)) {
        let forms: Vec<(Option<usize>, String)> = service.image.rules.forms(service.name.value.as_str()).collect();
        let clash = forms.iter().find_map(|(line, form)| Some((*line, *owners.get(&(image, form.clone()))?)));
        if let Some((line, other)) = clash {
            problem(service, line, other, image, problems);
        }
        for (_, form) in forms {
            owners.entry((image, form)).or_insert(service);
        }
    }
}

const LATEST: &str = "put `{{name}}` into their `image`; or write `flavor: [\"suffix=-{{name}},onlatest=true\"]` in place \
    of suffixes in `tags`; or leave `latest` out: `flavor: [latest=false]`";

/// Adds the problem that two services give an image the same tag: by a line of `tags`, or without one the tag `latest`.
fn problem(service: &Service, line: Option<usize>, other: &Service, image: &ImageName, problems: &mut Problems<'_>) {
    let (by, help) = match line {
        Some(line) => {
            let line = service.image.written.tags.get(line);
            let line = line.map_or("the version alone".to_owned(), |line| format!("`{}`", shown(&line.value)));
            (format!("tagged by {line}"), "put `{{name}}` into their `image`, or into each line of `tags`")
        }
        None => ("their releases tagged `latest`".to_owned(), LATEST),
    };
    let message = format!("`{}` and `{}` both push `{image}`, {by}", other.name.value, service.name.value);
    let problem = Diagnostic::error("same-tag", message);
    let problem = problem.located(problems.file(), &service.name, "the one that is pushed last replaces the other");
    let problem = problem.label(problems.file(), other.name.defined, "the other one");
    problems.push(problem.help(help));
}
