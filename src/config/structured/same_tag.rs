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
        let forms: Vec<(usize, String)> = service.image.rules.forms(service.name.value.as_str()).collect();
        let clash = forms.iter().find_map(|(line, form)| Some((*line, *owners.get(&(image, form.clone()))?)));
        if let Some((line, other)) = clash {
            problem(service, line, other, image, problems);
        }
        for (_, form) in forms {
            owners.entry((image, form)).or_insert(service);
        }
    }
}

fn problem(service: &Service, line: usize, other: &Service, image: &ImageName, problems: &mut Problems<'_>) {
    let usual = "the version alone".to_owned();
    let line = service.image.written.tags.get(line).map_or(usual, |line| format!("`{}`", shown(&line.value)));
    let message = format!("`{}` and `{}` both push `{image}`, tagged by {line}", other.name.value, service.name.value);
    let problem = Diagnostic::error("same-tag", message);
    let problem = problem.located(problems.file(), &service.name, "the one that is pushed last replaces the other");
    let problem = problem.label(problems.file(), other.name.defined, "the other one");
    problems.push(problem.help("put `{{name}}` into their `image`, or into each line of `tags`"));
}
