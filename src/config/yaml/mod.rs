//! Reads YAML 1.2 text into a tree in which every value knows where it is defined, and where it is used.
//!
//! The text is read once, by events. The tree has at most [`build::MAX_NODES`] nodes, aliases counted as what they
//! stand for, and is at most [`build::MAX_DEPTH`] deep, so nothing that walks it needs a limit of its own.

mod build;
mod entries;
mod node;
mod syntax;
mod value;

pub(super) use build::read;
pub(super) use node::{Content, Meaning, Scalar, View};

#[cfg(test)]
mod tests;
