//! What is made from a plan: text, builds and a verdict.

pub mod emit;
#[cfg(unix)]
pub mod exec;
pub mod verdict;
