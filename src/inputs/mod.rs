//! What lies outside of the program: files, the repository, the trigger, registries, and what a traced build did.

pub mod file;
pub mod git;
pub mod lockfile;
pub mod source;
pub mod trace;
pub mod trigger;
#[cfg(feature = "registry")]
pub mod registry;
