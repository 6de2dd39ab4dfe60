//! Messages about the built refs of a run.

use crate::inputs::git::{RemoteError, Swapped, shown_remote};
use crate::model::built_ref;
use crate::model::diagnostic::{Diagnostic, Severity};
use crate::model::name::{CommitId, Escaped, Listed, ServiceId, ServiceName};
use crate::plan::pipeline::{Recorded, Recording, Written};

/// How many services a message names.
const NAMED: usize = 5;

/// Returns the messages about built refs, one for each kind of outcome. A moved built ref needs no message. The caller
/// prints the message about services whose files may have changed during their builds, with [`doubtful`].
pub(crate) fn diagnostics(written: &Written, recording: &Recording) -> Vec<Diagnostic> {
    let (environment, commit) = (Escaped::new(recording.environment).to_string(), recording.commit.short(7));
    let mut kinds = Kinds::default();
    for (service, recorded) in &written.services {
        let name = recording.config.graph.name(*service).as_str();
        let at = |at: &CommitId| format!("`{name}` at {}", at.short(7));
        match recorded {
            // A moved built ref needs no message. The caller prints the message about doubtful services, since it knows
            // what changed.
            Recorded::Swapped(Swapped::Moved(_)) | Recorded::Doubtful => {}
            Recorded::Swapped(Swapped::There) => kinds.there.push(format!("`{name}`")),
            Recorded::Swapped(Swapped::Superseded(by)) => kinds.superseded.push(at(by)),
            Recorded::Swapped(Swapped::Elsewhere(stays)) => kinds.elsewhere.push((*service, *stays)),
            Recorded::StandsOn(on) => {
                kinds.held.push(format!("`{name}` depends on `{}`", recording.config.graph.name(*on)));
            }
            Recorded::NotSent(seen) => {
                let reference = built_ref::reference(recording.environment, name);
                let lease = seen.map(|seen| seen.to_string()).unwrap_or_default();
                kinds.leases.push(format!("--force-with-lease={reference}:{lease}"));
                kinds.not_sent.push(format!("{}:{reference}", recording.commit));
            }
        }
    }
    let mut said = Vec::new();
    if !kinds.there.is_empty() {
        let message = format!("built at {commit} in {environment} already: {}", Listed::new(&kinds.there, NAMED));
        said.push(Diagnostic::new(Severity::Note, "recorded-already", message));
    }
    if !kinds.superseded.is_empty() {
        let message = format!(
            "a later commit than {commit} was built in {environment}, so these built refs are not moved: {}",
            Listed::new(&kinds.superseded, NAMED)
        );
        said.push(
            Diagnostic::warning("superseded", message)
                .help("if the environment really went back to the earlier commit, give `--allow-older`"),
        );
    }
    if !kinds.held.is_empty() {
        let message = format!(
            "not recorded at {commit} in {environment}, since a dependency is due and was not built, or another run has \
             built it: {}",
            Listed::new(&kinds.held, NAMED)
        );
        said.push(
            Diagnostic::warning("not-recorded", message)
                .help("build the two together; until then the service stays due"),
        );
    }
    let contested = written.contested.iter().map(|service| format!("`{}`", recording.config.graph.name(*service)));
    let contested: Vec<String> = contested.collect();
    if !contested.is_empty() {
        let message = format!(
            "recorded in {environment} and still due, since another run has built them meanwhile: {}",
            Listed::new(&contested, NAMED)
        );
        said.push(Diagnostic::new(Severity::Note, "still-due", message));
    }
    if !kinds.elsewhere.is_empty() {
        said.push(elsewhere(&kinds.elsewhere, recording));
    }
    if let Some(trouble) = &written.trouble {
        let error = Diagnostic::error("not-sent", format!("the built refs are in this clone only: {trouble}"));
        // Without the marks at the remote, other clones would not build the services that failed here.
        let marks = written.marks.iter().map(|(mark, token)| format!("+{token}:{mark}"));
        let specs: Vec<String> = kinds.not_sent.into_iter().chain(marks).collect();
        said.push(match &recording.remote {
            Some(remote) if !specs.is_empty() => {
                let remote = shown_remote(remote);
                let words = ["git push --no-follow-tags".to_owned()].into_iter().chain(kinds.leases).chain([remote]);
                error.help(format!("push them: `{}`", words.chain(specs).collect::<Vec<_>>().join(" ")))
            }
            _ => error,
        });
    }
    said
}

/// Returns the error that other runs have moved built refs to commits from which this run must not move them.
pub(crate) fn elsewhere(services: &[(ServiceId, CommitId)], recording: &Recording) -> Diagnostic {
    let name = |service: &ServiceId| recording.config.graph.name(*service);
    let at: Vec<String> =
        services.iter().map(|(service, at)| format!("`{}` at {}", name(service), at.short(7))).collect();
    let message = format!(
        "these built refs of {} are neither where they were seen nor between that and {}, so they are not moved: {}",
        Escaped::new(recording.environment),
        recording.commit.short(7),
        Listed::new(&at, NAMED)
    );
    Diagnostic::error("built-elsewhere", message)
        .help("plan again; or, if the environment has this commit, give `--allow-older`")
}

#[derive(Default)]
struct Kinds {
    there: Vec<String>,
    superseded: Vec<String>,
    held: Vec<String>,
    elsewhere: Vec<(ServiceId, CommitId)>,
    leases: Vec<String>,
    not_sent: Vec<String>,
}

/// Whether built refs or marks could not be written at the remote, or a built ref was left where another run had moved
/// it. No later run resolves these problems by itself.
pub(crate) fn is_refused(written: &Written) -> bool {
    let is_elsewhere = |recorded: &Recorded| matches!(recorded, Recorded::Swapped(Swapped::Elsewhere(_)));
    written.trouble.is_some() || written.services.values().any(is_elsewhere)
}

/// Returns the message that an environment has no built refs.
pub(crate) fn without(environment: &str) -> Diagnostic {
    let message =
        format!("nothing is recorded: `{}` does not push, so it has no built refs", Escaped::new(environment));
    Diagnostic::new(Severity::Note, "not-recorded", message)
}

/// Returns the warning that services are not recorded, since something changed while they were built.
pub(crate) fn doubtful(services: &[(&String, &String)], recording: &Recording) -> Diagnostic {
    let named: Vec<String> =
        services.iter().map(|(service, what)| format!("`{}` ({what})", Escaped::new(service))).collect();
    let message = format!(
        "not recorded at {} in {}, since their files may have changed during the build: {}",
        recording.commit.short(7),
        Escaped::new(recording.environment),
        Listed::new(&named, NAMED)
    );
    Diagnostic::warning("not-recorded", message).help(
        "build again; where builds make such files, keep them out of git (.gitignore) or of the service (`exclude`)",
    )
}

/// Returns the message that services are not recorded, since the run does not push their images. In an environment that
/// pushes images, built refs record only pushed images.
pub(crate) fn not_pushed(environment: &str, services: &[&str]) -> Diagnostic {
    let named: Vec<String> = services.iter().map(|service| format!("`{}`", Escaped::new(service))).collect();
    let message = format!(
        "not recorded in {}, since this run does not push them: {}",
        Escaped::new(environment),
        Listed::new(&named, NAMED)
    );
    Diagnostic::new(Severity::Note, "not-recorded", message)
}

/// Returns the message that a library has no built ref.
pub(crate) fn library(name: &ServiceName) -> Diagnostic {
    let message = format!("`{name}` is a library, which is built with what depends on it, so it is not recorded");
    Diagnostic::new(Severity::Note, "not-recorded", message)
}

/// Returns the warning that builds could not be marked as begun at the remote.
pub(crate) fn unmarked(trouble: &RemoteError) -> Diagnostic {
    if !trouble.is_refusal() {
        return Diagnostic::warning("not-reached", trouble.to_string());
    }
    Diagnostic::warning("not-marked", trouble.to_string())
        .help("allow this run to write `refs/rebake/begun/*`: without marks, a build that fails half-way is not known to other clones")
}
