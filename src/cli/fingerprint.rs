//! `rebake fingerprint`.

use std::borrow::Cow;
use std::fmt::Write as _;

use clap::{Args, ValueEnum};

use super::exit::Exit;
use super::failure::Failure;
use super::flags::GeneralArgs;
use super::printing::Output;
use super::workspace::{self, WithoutConfig};
use crate::analysis::base::Doubt;
use crate::analysis::fingerprint::{Fingerprints, differences};
use crate::config::Config;
use crate::inputs::git::{self, Repository, WorkTree};
use crate::model::diagnostic::{Diagnostic, Severity};
use crate::model::name::{CommitId, Escaped, ServiceId, ServiceName};
use crate::model::safe_json;
use crate::output::emit::Column;
use crate::plan::pipeline::Workspace;
use crate::plan::pipeline::{Files, Moment, Snapshot, follow_links, with_local_sources};

const EXAMPLES: &str = "\
Examples:
  rebake fingerprint                       every service, uncommitted changes included
  rebake fingerprint api --at v1.2.0       at v1.2.0
  rebake fingerprint api --explain         its inputs
  rebake fingerprint --diff main HEAD api  the inputs that differ";

/// Print a hash of everything that affects each service's build
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct FingerprintArgs {
    /// Services, by name or path [default: all]
    #[arg(value_name = "SERVICE")]
    services: Vec<String>,
    /// Use this commit instead of HEAD and the work tree
    #[arg(long, value_name = "REV", allow_hyphen_values = true)]
    at: Option<String>,
    /// List the inputs of each fingerprint
    #[arg(long)]
    explain: bool,
    /// List inputs that differ between two commits: `+` only in the second, `-` only in the first, `~` changed
    #[arg(long, num_args = 2, value_names = ["REV", "REV"], allow_hyphen_values = true, conflicts_with_all = ["at", "explain"])]
    diff: Vec<String>,
    /// Output format
    #[arg(long, value_name = "FORMAT", default_value = "table")]
    format: Format,
}

/// The formats.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// Text
    Table,
    /// One JSON object
    Json,
}

pub(crate) fn run(general: &GeneralArgs, args: &FingerprintArgs, output: &Output) -> Result<Exit, Failure> {
    let look = |revision: Option<&String>| -> Result<Look, Failure> {
        let workspace = workspace::open(general, revision.map(String::as_str), None, WithoutConfig::Refuse, output)?;
        let services = match &args.services[..] {
            [] => workspace.config.graph.services().collect(),
            named => workspace.services(named)?,
        };
        let Workspace { repository, file, config, .. } = workspace;
        let asked = revision.map(|revision| repository.resolve(revision)).transpose()?;
        let (commit, on_top) = content(&repository, asked)?;
        let WorkTree { changes, unsure } = on_top;
        let followed = follow_links(&repository, &config, &services, Some(&commit), &changes)?.config;
        let followed = match with_local_sources(&repository, &file, followed, &services, Some(&commit), &changes)? {
            Cow::Owned(followed) => Some(followed),
            Cow::Borrowed(_) => None,
        };
        let config = followed.unwrap_or(config);
        let files = if args.explain || !args.diff.is_empty() { Files::All } else { Files::InPart };
        let moment = Moment { commit: &commit, on_top: &changes, files };
        let snapshot = Snapshot::read(&repository, &file, &config, &services, moment)?;
        let doubts = [&unsure, snapshot.unsure()].map(Doubt::of_work_tree);
        for doubt in doubts.into_iter().flatten().take(1) {
            output.say(&[Diagnostic::warning(doubt.kind, doubt.message)]);
        }
        Ok(Look { config, services, snapshot })
    };
    let text = if let [before, after] = &args.diff[..] {
        let (earlier, later) = (look(Some(before))?, look(Some(after))?);
        let (text, built_from) = diff(&earlier, &later, args);
        if let Some(dependency) = built_from {
            let message = format!("the dependency `{dependency}` differs");
            let command =
                format!("`rebake fingerprint --diff {} {} {dependency}`", Escaped::new(before), Escaped::new(after));
            output.say(&[
                Diagnostic::new(Severity::Note, "dependency", message).help(format!("{command} lists its inputs"))
            ]);
        }
        text
    } else {
        let look = look(args.at.as_ref())?;
        match args.format {
            Format::Table => look.table(args.explain),
            Format::Json => look.json(args.explain),
        }
    };
    output.data(&text)?;
    Ok(Exit::Done)
}

/// Returns the requested commit; without one, HEAD with the work tree on top.
fn content(repository: &Repository, asked: Option<CommitId>) -> Result<(CommitId, WorkTree), git::GitError> {
    match asked {
        Some(commit) => Ok((commit, WorkTree::default())),
        None if repository.work_dir().is_some() => Ok((repository.resolve("HEAD")?, repository.work_tree()?)),
        None => Ok((repository.resolve("HEAD")?, WorkTree::default())),
    }
}

/// The configuration and the content at one commit, or of the work tree.
struct Look {
    config: Config,
    services: Vec<ServiceId>,
    snapshot: Snapshot,
}

impl Look {
    fn table(&self, explain: bool) -> String {
        let content = self.snapshot.content(&self.config);
        let found = Fingerprints::of(&content, &self.services);
        let name = |service: ServiceId| self.config.graph.name(service).to_string();
        let names = Column::of(self.services.iter().map(|service| name(*service)));
        let mut text = String::new();
        for service in &self.services {
            let Some(fingerprint) = found.get(*service) else { continue };
            let _ = writeln!(text, "{}  {fingerprint}", names.pad(&name(*service)));
            if explain {
                found.records_and_files(*service).for_each(|record| {
                    let _ = writeln!(text, "  {record}");
                });
            }
        }
        text
    }

    fn json(&self, explain: bool) -> String {
        let content = self.snapshot.content(&self.config);
        let found = Fingerprints::of(&content, &self.services);
        let service = |service: &ServiceId| {
            let mut value = serde_json::json!({
                "service": self.config.graph.name(*service).as_str(),
                "fingerprint": found.get(*service).map(ToString::to_string),
            });
            if explain {
                value["records"] = found.records_and_files(*service).map(|record| record.to_string()).collect();
            }
            value
        };
        let services: Vec<_> = self.services.iter().map(service).collect();
        safe_json::line(&serde_json::json!({ "services": services })) + "\n"
    }
}

/// Returns the inputs that differ between two commits, service by service, as text or JSON. Also returns the first
/// dependency that differs and is not one of these services.
fn diff(before: &Look, after: &Look, args: &FingerprintArgs) -> (String, Option<ServiceName>) {
    let (content_before, content_after) =
        (before.snapshot.content(&before.config), after.snapshot.content(&after.config));
    let found_before = Fingerprints::of(&content_before, &before.services);
    let found_after = Fingerprints::of(&content_after, &after.services);
    let mut text = String::new();
    let mut services = Vec::new();
    let mut opaque = None;
    let fingerprint = |look: &Look, found: &Fingerprints, name: &ServiceName| {
        look.config.graph.id(name.as_str()).and_then(|id| found.get(id)).map(ToString::to_string)
    };
    let differ =
        |name: &ServiceName| fingerprint(before, &found_before, name) != fingerprint(after, &found_after, name);
    for service in &after.services {
        let name = after.config.graph.name(*service);
        let then = before.config.graph.id(name.as_str()).filter(|then| found_before.get(*then).is_some());
        let records_before = then.into_iter().flat_map(|then| found_before.records_and_files(then));
        let found = differences(records_before, found_after.records_and_files(*service));
        // A single requested service needs no heading.
        let indent = if after.services.len() > 1 { "  " } else { "" };
        if !indent.is_empty() && !found.is_empty() {
            let _ = writeln!(text, "{name}");
        }
        for difference in &found {
            let _ = writeln!(text, "{indent}{difference}");
        }
        let dependencies =
            after.config.graph.dependencies(*service).into_iter().filter(|other| !after.services.contains(other));
        opaque = opaque
            .or_else(|| dependencies.map(|other| after.config.graph.name(other)).find(|name| differ(name)).cloned());
        services.push(serde_json::json!({
            "service": name.as_str(),
            "before": then.and_then(|then| found_before.get(then)).map(ToString::to_string),
            "after": found_after.get(*service).map(ToString::to_string),
            "differences": found.iter().map(ToString::to_string).collect::<Vec<_>>(),
        }));
    }
    let text = match args.format {
        Format::Table => text,
        Format::Json => safe_json::line(&serde_json::json!({ "services": services })) + "\n",
    };
    (text, opaque)
}
