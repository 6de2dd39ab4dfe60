//! Where the tracer writes.

use std::fs::{self, File, OpenOptions};
use std::os::fd::AsRawFd as _;
use std::path::{Path, PathBuf};

use crate::cli::failure::Failure;
use crate::inputs::file;

/// The file that the tracer of one build writes into. It has no name, so a build cannot remove it, and nothing is left
/// of it however this program ends.
#[derive(Debug)]
pub(super) struct TraceFile(File);

impl TraceFile {
    /// Creates the file on the disk of a run's logs. `build` is the number of the build.
    pub(super) fn create(logs: &Path, build: usize) -> Result<Self, Failure> {
        let path = logs.join(format!("trace-{build}"));
        let failure = |error: &std::io::Error| Failure::file(&path.display().to_string(), error);
        file::make_directory(logs).map_err(|error| failure(&error))?;
        let created = OpenOptions::new().read(true).write(true).create_new(true).open(&path);
        let created = created.map_err(|error| failure(&error))?;
        fs::remove_file(&path).map_err(|error| failure(&error))?;
        Ok(Self(created))
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
