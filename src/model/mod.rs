//! Checked names and other basic values. Nothing in this module does input or output.

pub mod choice;
pub(crate) mod published_name;
pub mod name;
pub mod diagnostic;
pub mod change;
pub mod tree;
pub mod template;
pub mod calendar;
pub mod recipe;
pub mod job_settings;
pub mod built_ref;
pub mod malformed_json;
pub mod safe_json;
pub mod workflow_command;
pub mod mask;
pub mod shallow_clone;
