//! Go's modules, workspaces and source files.

mod cursor;
mod directives;
mod literal;
mod module;
mod source_file;

pub use module::{GoModule, GoReplace, GoWork};
pub use source_file::GoSource;
