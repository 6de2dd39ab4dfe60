//! The directories that the tracer writes into.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::cli::failure::Failure;
use crate::inputs::file;
use crate::inputs::trace::{ProcessTrace, read_traces};

/// The directories that the tracer writes into while builds run. They are removed when the value is dropped.
#[derive(Debug)]
pub(super) struct TraceDirectories {
    root: PathBuf,
}

impl TraceDirectories {
    /// Creates the directories beside the logs of a run. Old logs are removed later, so even if this program is killed,
    /// nothing stays for ever.
    pub(super) fn create(logs: &Path) -> Result<Self, Failure> {
        let root = std::path::absolute(logs).unwrap_or_else(|_| logs.to_owned()).join("traces");
        make(&root)?;
        Ok(Self { root })
    }

    /// Makes the directory of one build.
    pub(super) fn of(&self, build: usize) -> Result<PathBuf, Failure> {
        let directory = self.root.join(build.to_string());
        make(&directory)?;
        Ok(directory)
    }

    /// Reads the trace of one build.
    pub(super) fn read(&self, build: usize, root: &[u8]) -> io::Result<Vec<ProcessTrace>> {
        read_traces(&self.root.join(build.to_string()), root)
    }
}

fn make(directory: &Path) -> Result<(), Failure> {
    file::make_directory(directory).map_err(|error| Failure::file(&directory.display().to_string(), &error))
}

impl Drop for TraceDirectories {
    fn drop(&mut self) {
        // If this fails, the directories are removed with the logs later.
        let _ = fs::remove_dir_all(&self.root);
    }
}
