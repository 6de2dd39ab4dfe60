//! Checked names of services, paths, commits and tags.
//!
//! A value of one of these types has been checked once and need not be checked again. Names come from the repository
//! and may hold characters that harm a terminal or a log, so they are printed as [`Escaped`]. `Display` of
//! [`RepoPath`], [`ServiceName`] and [`TagName`] escapes them.

mod commit;
mod escape;
mod listed;
mod nearest;
mod step_output;
mod path;
mod service;
mod shell;
mod tag;

pub use commit::{CommitId, CommitIdError};
pub use escape::{Escaped, escaped_lines, for_terminal, in_quotes, is_visible, quoted, unquoted};
pub use listed::Listed;
pub use nearest::nearest;
pub use path::{RepoDir, RepoDirError, RepoPath};
pub use service::{ServiceId, ServiceName, ServiceNameError};
pub use shell::{shell_lines, shell_word};
pub use step_output::{
    AzureLevelOutput, BuildOutput, FilterOutput, LevelOutput, OWN_PREFIX, OutputName, PlanOutput, ServiceOutput,
    is_own_output, outputs_in_common, slug,
};
pub use tag::{TagName, TagNameError};
