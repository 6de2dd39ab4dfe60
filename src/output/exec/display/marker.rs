use std::io::{self, Write};

use crate::model::workflow_command::command;

/// The CI engine that shows the output of the run. Each engine has its own markers for foldable groups.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum LogEngine {
    /// No engine, or an engine without groups.
    #[default]
    Plain,
    /// GitHub Actions, and Gitea and Forgejo.
    GitHub,
    /// GitLab CI.
    GitLab,
    /// Buildkite.
    Buildkite,
    /// Azure Pipelines.
    Azure,
}

/// Whether a group is folded away at first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fold {
    /// All went well, so the group is folded.
    Closed,
    /// Something failed, so the group is not folded. If an engine folds every group, a heading is written in place of a
    /// group.
    Open,
}

impl LogEngine {
    /// Begins a group. `number` is unique in the run; the title is cleaned and has no line break.
    pub(super) fn begin(self, number: usize, title: &str, fold: Fold, out: &mut dyn Write) -> io::Result<()> {
        match (self, fold) {
            (Self::GitHub, Fold::Closed) => writeln!(out, "{}", command("group", &[], title)),
            (Self::Azure, Fold::Closed) => writeln!(out, "##[group]{title}"),
            (Self::Azure, Fold::Open) => writeln!(out, "##[section]{title}"),
            // GitLab shows the difference between the time stamps of start and end as the duration. The first may be
            // zero.
            (Self::GitLab, Fold::Closed) => {
                writeln!(out, "\x1b[0Ksection_start:0:rebake_{number}[collapsed=true]\r\x1b[0K{title}")
            }
            (Self::GitLab, Fold::Open) => writeln!(out, "\x1b[0Ksection_start:0:rebake_{number}\r\x1b[0K{title}"),
            (Self::Buildkite, Fold::Closed) => writeln!(out, "--- {title}"),
            (Self::Buildkite, Fold::Open) => writeln!(out, "+++ {title}"),
            (Self::Plain, _) | (Self::GitHub, Fold::Open) => writeln!(out, "== {title}"),
        }
    }

    /// Ends the group. `seconds` is the duration of its build.
    pub(super) fn end(self, number: usize, seconds: f64, fold: Fold, out: &mut dyn Write) -> io::Result<()> {
        match (self, fold) {
            (Self::GitHub, Fold::Closed) => writeln!(out, "::endgroup::"),
            (Self::Azure, Fold::Closed) => writeln!(out, "##[endgroup]"),
            (Self::GitLab, _) => writeln!(out, "\x1b[0Ksection_end:{seconds:.0}:rebake_{number}\r\x1b[0K"),
            // A Buildkite group ends where the next begins.
            (Self::Plain | Self::Buildkite, _) | (Self::GitHub | Self::Azure, Fold::Open) => Ok(()),
        }
    }
}
