//! The file into which the tracer writes.

use std::fs::File;
use std::os::fd::AsRawFd as _;
use std::path::{Path, PathBuf};

use crate::cli::failure::Failure;
use crate::inputs::file;

/// The file that the tracer of one build writes into. It has no name, so a build cannot remove it, and the system
/// removes it when this program ends in any way.
#[derive(Debug)]
pub(super) struct TraceFile(File);

impl TraceFile {
    /// Creates the file on the disk of a run's logs.
    pub(super) fn create(logs: &Path) -> Result<Self, Failure> {
        let failure = |error: std::io::Error| Failure::file(&logs.display().to_string(), &error);
        file::make_directory(logs).map_err(failure)?;
        file::without_name(logs).map(Self).map_err(failure)
    }

    /// Returns a path of the file, which other programs can open while this value exists.
    pub(super) fn path(&self) -> PathBuf {
        PathBuf::from(format!("/proc/{}/fd/{}", std::process::id(), self.0.as_raw_fd()))
    }

    /// Returns the file, to read it.
    pub(super) fn file(&self) -> &File {
        &self.0
    }
}
