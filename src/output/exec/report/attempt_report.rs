use std::path::PathBuf;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{ServiceReport, lossy};
use crate::output::exec::outcome::Outcome;

/// The result of an attempt that was not the last.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[non_exhaustive]
pub struct AttemptReport {
    /// `failed` or `timed-out`.
    pub outcome: Outcome,
    /// When it began, in UTC and the format of RFC 3339: `2025-03-09T17:04:52.310Z`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub started: Option<String>,
    /// Its exit code; absent if a signal ended it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exit: Option<i32>,
    /// The number of the signal that ended it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signal: Option<i32>,
    /// How long it took, in seconds.
    pub seconds: f64,
    /// The path of its log.
    #[serde(default, skip_serializing_if = "Option::is_none", serialize_with = "lossy")]
    pub log: Option<PathBuf>,
    /// A message in addition to the exit code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
}

impl AttemptReport {
    /// Returns the last attempt at building a service, in the form in which the report lists earlier attempts.
    pub(in crate::output::exec) fn last_of(service: &ServiceReport) -> Self {
        let ServiceReport { outcome, started, exit, signal, seconds, log, message, .. } = service.clone();
        Self { outcome, started, exit, signal, seconds, log, message }
    }

    /// Returns the report of a service as if this attempt had been the only one.
    pub(super) fn of(&self, service: &ServiceReport) -> ServiceReport {
        let Self { outcome, started, exit, signal, seconds, log, message } = self.clone();
        ServiceReport {
            outcome,
            started,
            exit,
            signal,
            seconds,
            log,
            message,
            attempts: 1,
            earlier: Vec::new(),
            ..service.clone()
        }
    }
}
