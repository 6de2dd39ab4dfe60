//! What lies outside of the program: files, the repository, the trigger and registries.

pub mod file;
pub mod git;
pub mod lockfile;
pub mod source;
pub mod trigger;
#[cfg(feature = "registry")]
pub mod registry;
