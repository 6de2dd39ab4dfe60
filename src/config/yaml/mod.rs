//! Reads YAML 1.2 text into a tree in which every value knows where it is defined and where it is used.
//!
//! The text is read once, by events. The tree has a limited number of nodes, including those that aliases stand for,
//! and is at most [`composer::MAX_DEPTH`] deep, so code that walks it needs no limit of its own.

mod composer;
mod entries;
mod node;
mod syntax;
mod value;

pub(super) use composer::read;
pub(super) use node::{Content, Meaning, Node, Scalar, View};

#[cfg(test)]
mod tests;
