//! The report of a run. rebake writes it as JSON and as `JUnit`, and reads the JSON again to build the services that
//! did not succeed.

mod attempt_report;
mod report_head;
mod built_images;
mod junit;
mod markdown;
#[cfg(test)]
mod tests;

use std::path::PathBuf;

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize, Serializer};

pub use attempt_report::AttemptReport;
pub use built_images::{checksums, deploy_matrix, images};
pub use junit::junit;
pub use markdown::markdown;
pub use report_head::ReportHead;

use super::outcome::Outcome;
use crate::model::diagnostic::LineColumn;
use crate::model::malformed_json::MalformedJson;
use crate::model::safe_json;

/// The version of the report's JSON that this program writes and reads.
pub const SCHEMA: u32 = 1;

/// The report of a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[non_exhaustive]
pub struct Report {
    /// The version of this format: 1.
    pub schema: u32,
    /// The run as a whole.
    #[serde(flatten)]
    pub head: ReportHead,
    /// The services, in the order of the plan.
    pub services: Vec<ServiceReport>,
}

impl Default for Report {
    /// Returns the report of a run without services.
    fn default() -> Self {
        Self { schema: SCHEMA, head: ReportHead::default(), services: Vec::new() }
    }
}

/// The result of one service.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[non_exhaustive]
pub struct ServiceReport {
    /// Its name.
    pub service: String,
    /// Its outcome.
    pub outcome: Outcome,
    /// The services that it had to wait for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub needs: Vec<String>,
    /// The services that this run did not build, and whose existing images it was built on.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub built_on: Vec<String>,
    /// How many attempts were made.
    pub attempts: u32,
    /// When the last attempt began, in UTC and the format of RFC 3339: `2025-03-09T17:04:52.310Z`; absent if there was
    /// none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub started: Option<String>,
    /// The exit code of the last attempt; absent if a signal ended it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exit: Option<i32>,
    /// The number of the signal that ended the last attempt.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signal: Option<i32>,
    /// How long the last attempt took, in seconds.
    pub seconds: f64,
    /// The failed attempts before the last one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub earlier: Vec<AttemptReport>,
    /// The path of the log of the last attempt.
    #[serde(default, skip_serializing_if = "Option::is_none", serialize_with = "lossy")]
    pub log: Option<PathBuf>,
    /// The fingerprint of its content.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fingerprint: Option<String>,
    /// Its content tag, by which an image of the same content is found again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content_tag: Option<String>,
    /// Its version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// The image, without a tag.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image: Option<String>,
    /// Full image references; tags alone if there is no image.
    pub tags: Vec<String>,
    /// Tags, as full image references, that wait for the record of the build: `rebake record` puts them then. The image
    /// may have some of them already.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub held_tags: Vec<String>,
    /// Whether the result was to be pushed.
    #[serde(default, skip_serializing_if = "is_false")]
    pub push: bool,
    /// The digest of the image, `sha256:…`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub digest: Option<String>,
    /// The service whose failure blocked it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub blocked_by: Option<String>,
    /// Whether it left processes behind, which were killed.
    #[serde(default, skip_serializing_if = "is_false")]
    pub leaky: bool,
    /// A message in addition to the exit code, such as the reason why the build could not be started.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// Whether the build was recorded, with `--record` or by `rebake record`. With `--record-later`, only
    /// `doubtful`: it must not be recorded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub record: Option<RecordOutcome>,
}

/// Whether a build was recorded for `--since built`: whether the built ref of the service, a git ref at the commit of
/// its last build, was moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum RecordOutcome {
    /// Its built ref is at this commit.
    Recorded,
    /// Its built ref is at this commit in this clone, but was not pushed.
    NotSent,
    /// Its built ref is at a later commit already, so this run did not move the ref.
    Superseded,
    /// Another run moved its built ref meanwhile, so this run did not move the ref.
    Elsewhere,
    /// It was not recorded, since one of its dependencies still has to be built.
    StandsOnDue,
    /// It was not recorded, since the commit or the service's files changed during the build.
    Doubtful,
    /// Its built ref was moved, and then moved back, since a tag could not be added to its image.
    TakenBack,
}

/// Why a text is not a report that this program can use.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReportError {
    /// It is not JSON, or lacks a required part.
    #[error("this is not a report: {0}")]
    NotAReport(#[from] MalformedJson),
    /// It was written by a version of rebake whose reports have another format.
    #[error("the report has schema {found}, and this rebake reads schema {SCHEMA}")]
    Schema {
        /// The schema in the text.
        found: u32,
    },
}

impl ReportError {
    /// Returns the line and column of the problem in the text, if they are known.
    #[must_use]
    pub fn place(&self) -> Option<LineColumn> {
        if let Self::NotAReport(malformed) = self { malformed.place } else { None }
    }

    /// Returns what the user can do about the error.
    #[must_use]
    pub fn help(&self) -> &'static str {
        match self {
            Self::NotAReport(_) => "write it with `rebake build --report FILE`",
            Self::Schema { .. } => "make the report and use it with the same version of rebake",
        }
    }
}

impl Report {
    /// Reads a saved report. The report is not trusted: none of its text is run as a command.
    ///
    /// # Errors
    /// When the text is not JSON, lacks a required part, or has another schema.
    pub fn read(text: &str) -> Result<Self, ReportError> {
        #[derive(Deserialize)]
        struct Head {
            schema: u32,
        }
        let Head { schema } = serde_json::from_str(text).map_err(MalformedJson::from)?;
        if schema != SCHEMA {
            return Err(ReportError::Schema { found: schema });
        }
        Ok(serde_json::from_str(text).map_err(MalformedJson::from)?)
    }

    /// Returns the names of its services and of the environment.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.services.iter().map(|service| service.service.as_str()).chain(self.head.environment.as_deref())
    }

    /// Returns the services for which something is left to do, in order. `--rerun` builds them.
    pub fn unsuccessful(&self) -> impl Iterator<Item = &ServiceReport> {
        self.services.iter().filter(|service| !service.outcome.is_success())
    }

    /// Returns the services whose results exist, in order.
    pub fn successful(&self) -> impl Iterator<Item = &ServiceReport> {
        self.services.iter().filter(|service| service.outcome.has_result())
    }

    /// Returns this report of a rerun, completed with the entries of an earlier report for the services that were not
    /// built again.
    #[must_use]
    pub fn over(self, earlier: Self) -> Self {
        let earlier_is_empty = earlier.services.is_empty() && earlier.head == ReportHead::default();
        let mut services: IndexMap<String, ServiceReport> =
            earlier.services.into_iter().map(|service| (service.service.clone(), service)).collect();
        services.extend(self.services.into_iter().map(|service| (service.service.clone(), service)));
        let head = if earlier_is_empty { self.head } else { self.head.both(earlier.head) };
        Self { schema: SCHEMA, head, services: services.into_values().collect() }
    }

    /// Returns this report and that of another job of the same plan as one. Both may list a service: one job built it as
    /// its own, and the other because it needed it. A failure in one of the two jobs is the outcome.
    #[must_use]
    pub fn beside(mut self, mut other: Self) -> Self {
        let weight = |service: &ServiceReport| {
            let is_left = service.outcome.is_failure() || service.outcome == Outcome::Cancelled;
            let outcome = match service.outcome {
                _ if is_left && service.attempts > 0 => 2,
                outcome if outcome.has_result() => 1,
                _ => 0,
            };
            let is_doubtful = service.record == Some(RecordOutcome::Doubtful);
            (outcome, is_doubtful, service.tags.len() + service.held_tags.len())
        };
        let mut twins: IndexMap<String, &mut ServiceReport> =
            other.services.iter_mut().map(|service| (service.service.clone(), service)).collect();
        for service in &mut self.services {
            if let Some(twin) = twins.get_mut(&service.service)
                && weight(twin) > weight(service)
            {
                std::mem::swap(service, *twin);
            }
        }
        self.over(other)
    }

    /// Whether nothing is left to do for any service.
    #[must_use]
    pub fn is_success(&self) -> bool {
        self.unsuccessful().next().is_none()
    }

    /// Returns the names of the services that the failure of `service` blocked, in order.
    pub fn blocked_by(&self, service: &str) -> impl Iterator<Item = &str> {
        let blocked = move |other: &&ServiceReport| other.blocked_by.as_deref() == Some(service);
        self.services.iter().filter(blocked).map(|other| other.service.as_str())
    }

    /// Returns the JSON text of the report, with a final line break.
    #[must_use]
    pub fn to_json(&self) -> String {
        safe_json::document(self)
    }

    /// Returns the JSON Schema of the report, draft 2020-12.
    #[must_use]
    pub fn schema() -> serde_json::Value {
        schemars::schema_for!(Report).to_value()
    }
}

impl ServiceReport {
    /// Whether it succeeded after a failed attempt.
    #[must_use]
    pub fn is_flaky(&self) -> bool {
        self.outcome.is_success() && self.attempts > 1
    }

    /// Returns the digest of its image if it has the form `sha256:` and 64 lower-case hexadecimal digits. The form is
    /// checked because a report may come from anywhere.
    #[must_use]
    pub fn checked_digest(&self) -> Option<&str> {
        let digest = self.digest.as_deref()?;
        let hex = digest.strip_prefix("sha256:")?;
        let is_hex = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
        (hex.len() == 64 && hex.bytes().all(is_hex)).then_some(digest)
    }

    /// Returns its result in a few words, `exit 1, 2 attempts`; empty if there is nothing to say.
    #[must_use]
    pub fn how(&self) -> String {
        let mut words = Vec::new();
        match (self.exit, self.signal) {
            (Some(0), _) | (None, None) => {}
            (Some(code), _) => words.push(format!("exit {code}")),
            (None, Some(signal)) => words.push(format!("signal {signal}")),
        }
        if self.is_flaky() {
            words.push("flaky".to_owned());
        }
        if self.attempts > 1 {
            words.push(format!("{} attempts", self.attempts));
        }
        if self.leaky {
            words.push("left processes behind".to_owned());
        }
        words.join(", ")
    }
}

/// Writes a path with U+FFFD for bytes that are not UTF-8, so that a report can always be written.
#[expect(clippy::ref_option, reason = "serde wants it so")]
fn lossy<S: Serializer>(path: &Option<PathBuf>, serializer: S) -> Result<S::Ok, S::Error> {
    path.as_ref().map(|path| path.to_string_lossy()).serialize(serializer)
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde wants it so")]
fn is_false(value: &bool) -> bool {
    !value
}
