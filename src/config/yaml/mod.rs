//! Reads YAML 1.2 text into a tree in which every value knows where it is defined, and where it is used.
//!
//! The text is read once, by events. The tree has at most [`composer::MAX_NODES`] nodes, aliases counted as what they
//! stand for, and is at most [`composer::MAX_DEPTH`] deep, so nothing that walks it needs a limit of its own.

mod composer;
mod entries;
mod node;
mod syntax;
mod value;

pub(super) use composer::read;
pub(super) use node::{Content, Meaning, Scalar, View};

#[cfg(test)]
mod tests;
