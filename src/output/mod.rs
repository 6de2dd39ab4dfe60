//! What is made from a plan: text, builds and a verdict.

pub mod emit;
#[cfg(all(unix, feature = "exec"))]
pub mod exec;
pub mod verdict;
