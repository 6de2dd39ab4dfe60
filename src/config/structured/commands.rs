//! Services with a build command of their own.

use crate::config::problems::Problems;
use crate::config::raw;
use crate::model::diagnostic::{Diagnostic, Located};

/// Warns if a service with a `run` has a `dockerfile` or a `target`, which only a builder of images reads. Such keys in
/// `defaults` are not reported, since they are meant for other services.
pub(super) fn check(file: &raw::File, problems: &mut Problems<'_>) {
    for service in file.services.value().into_iter().flat_map(|services| services.0.values()) {
        let raw = &service.value.value;
        let Some(run) = raw.run.given() else { continue };
        let place = |at: Option<Located<()>>, key| at.map(|at| (key, at));
        let dockerfile = place(raw.dockerfile.given().map(|path| path.as_ref().map(|_| ())), "dockerfile");
        let target = place(raw.target.given().map(|stage| stage.as_ref().map(|_| ())), "target");
        for (key, at) in [dockerfile, target].into_iter().flatten() {
            let message = format!("`run` builds this service, so nothing reads its `{key}`");
            let problem = Diagnostic::warning("unread-key", message).located(problems.file(), &at, "");
            let problem = problem.label(problems.file(), run.defined, "its command");
            problems.push(problem.help(format!("leave `{key}` out, or `run`: then a builder of images reads it")));
        }
    }
}
