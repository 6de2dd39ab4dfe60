//! Reads Dockerfiles and their ignore files like BuildKit, to find the files of the context that a build can read, and
//! the images that it uses.
//!
//! [`Dockerfile::parse`] reads the text, [`Dockerfile::reads`] returns the sources in the context that a build copies
//! or mounts, and [`ContextReads::files`] returns the files that match these sources. This module opens no files.

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

pub use context_files::{ContextEntry, ContextFiles, before_wildcards};
pub use dockerfile::{Dockerfile, DockerfileStage};
pub use ignore_file::{IgnoreFile, ignore_files};
pub use instruction::{CopyInstruction, DockerfileInstruction, DockerfileWord, RefusedDockerfile, RunMount};
pub use listed_context::{ListedContext, ListedContexts};
pub use reads::{BuildRequest, ContextReads, ContextSource, ImageReference, ReferencedBy, Unresolved, UnresolvedRead};
