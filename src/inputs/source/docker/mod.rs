//! Dockerfiles and their ignore files, read as BuildKit reads them: which files of its context a build can read, and
//! which images it uses.
//!
//! [`Dockerfile::parse`] reads the text, [`Dockerfile::reads`] returns the sources that a build of it takes from its
//! context, and [`ContextReads::files`] returns the files that match these. All of it is pure: no file is opened here.

mod context_files;
mod dockerfile;
mod follow_links;
mod heredoc;
mod ignore_file;
mod instruction;
mod listed_context;
mod logical_line;
mod mount;
mod path_pattern;
mod reached_stages;
mod reads;
mod remote_source;
mod scope;
mod shell_lexer;
mod shell_variable;
mod split;
mod substitution;
#[cfg(test)]
mod tests;

pub use context_files::{ContextEntry, ContextFiles};
pub use dockerfile::{Dockerfile, DockerfileStage};
pub use ignore_file::{IgnoreFile, ignore_files};
pub use instruction::{CopyInstruction, DockerfileInstruction, DockerfileWord, RefusedDockerfile, RunMount};
pub use listed_context::{ListedContext, ListedContexts};
pub use reads::{BuildRequest, ContextReads, ContextSource, ImageReference, ReferencedBy, Unresolved, UnresolvedRead};
