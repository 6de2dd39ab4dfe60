//! Reads YAML 1.2 text into a tree in which every value has the place where it is defined and the place where it is
//! used.
//!
//! The text is read once, as a stream of parser events. The tree has a limited number of nodes, including those that
//! aliases add, and is at most [`composer::MAX_DEPTH`] deep, so code that walks the tree needs no limit of its own.

mod composer;
mod entries;
mod node;
mod syntax;
mod value;

pub(super) use composer::read;
pub(super) use node::{Content, Meaning, Node, Scalar, View};

#[cfg(test)]
mod tests;
