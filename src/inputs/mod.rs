//! Access to everything outside of the program: files, the git repository, the CI event, image registries, and traces
//! of builds.

pub mod file;
pub mod git;
pub mod lockfile;
pub mod source;
pub mod trace;
pub mod trigger;
#[cfg(feature = "registry")]
pub mod registry;
