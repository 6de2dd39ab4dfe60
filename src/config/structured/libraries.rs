//! Libraries: services that nothing builds.

use crate::config::problems::Problems;
use crate::config::raw;
use crate::config::read::Field;
use crate::model::diagnostic::{Diagnostic, Located};
use crate::model::recipe::Builder;

/// Reports keys of a library that only a build reads. Such keys in `defaults` are not reported, since they are meant
/// for other services.
pub(super) fn check(file: &raw::File, problems: &mut Problems<'_>) {
    let usual = file.defaults.value().and_then(|defaults| defaults.builder.given());
    for service in file.services.value().into_iter().flat_map(|services| services.0.values()) {
        let raw = &service.value.value;
        let builder = match (&raw.builder, &raw.run) {
            (Field::Given(own), _) => Some(&**own),
            (Field::Absent, Field::Absent) => usual,
            _ => None,
        };
        let Some(builder) = builder.filter(|builder| builder.value.0 == Builder::Nothing) else { continue };
        for (key, at) in for_builds(raw) {
            let message = format!("nothing builds this service, so nothing reads its `{key}`");
            let problem = Diagnostic::error("library-with-build", message).located(problems.file(), &at, "");
            let problem = problem.label(problems.file(), builder.defined, "`none` is a library");
            problems.push(problem.help(format!("leave `{key}` out, or give the service another `builder`")));
        }
    }
}

/// Returns the keys of a service that only a build reads.
fn for_builds(raw: &raw::Service) -> impl Iterator<Item = (&'static str, Located<()>)> {
    let image = raw.image.given().filter(|image| image.value.0.is_some());
    let keys = [
        ("image", image.map(place)),
        ("tags", raw.tags.given().map(place)),
        ("flavor", raw.flavor.given().map(place)),
        ("dockerfile", raw.dockerfile.given().map(place)),
        ("target", raw.target.given().map(place)),
        ("build_args", raw.build_args.given().map(place)),
        ("before", raw.before.given().map(place)),
        ("flags", raw.flags.given().map(place)),
        ("secrets", raw.secrets.given().map(place)),
        ("cache_from", raw.cache_from.given().map(place)),
        ("cache_to", raw.cache_to.given().map(place)),
        ("attest", raw.attest.given().map(place)),
    ];
    keys.into_iter().filter_map(|(key, at)| Some((key, at?)))
}

fn place<T>(value: &Located<T>) -> Located<()> {
    value.as_ref().map(|_| ())
}
