//! The outputs that are made from a plan: text, pages, builds and a verdict.

pub mod emit;
pub mod pages;
#[cfg(all(unix, feature = "exec"))]
pub mod exec;
pub mod verdict;
