use std::fs::File;
use std::io::{self, Read, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use crate::inputs::file;
use crate::model::mask::{Mask, Masked};

/// How many bytes are read at a time: the size of a pipe.
const CHUNK: usize = 64 * 1024;

/// The output of an attempt, in a file, with secrets masked. [`Log::length`] tells readers how much of the file they
/// can read.
///
/// The output is only in the file, so that a gigabyte of it takes no memory and readers may be slow. Cheap to clone.
#[derive(Clone)]
pub(in crate::output::exec) struct Log(Arc<Shared>);

struct Shared {
    path: PathBuf,
    file: File,
    length: AtomicU64,
    /// Whether the reader has been notified of bytes that it has not read yet.
    notified: AtomicBool,
    incomplete: AtomicBool,
    mask: Mask,
    notify: Box<dyn Fn(&Log) + Send + Sync>,
}

impl Log {
    /// Creates the log and its file. `notify` is called when the file has grown, and then not again before
    /// [`Log::length`] is called.
    pub(in crate::output::exec) fn create(
        path: PathBuf,
        mask: Mask,
        notify: impl Fn(&Self) + Send + Sync + 'static,
    ) -> io::Result<Self> {
        let file = file::create(&path)?;
        Ok(Self(Arc::new(Shared {
            path,
            file,
            length: AtomicU64::new(0),
            notified: AtomicBool::new(false),
            incomplete: AtomicBool::new(false),
            mask,
            notify: Box::new(notify),
        })))
    }

    /// Returns the path of the file.
    pub(in crate::output::exec) fn path(&self) -> &Path {
        &self.0.path
    }

    /// Returns the length of the file, and enables the notification about further bytes.
    pub(in crate::output::exec) fn length(&self) -> u64 {
        // The flag is cleared first. So bytes that are written in between cause two notifications, and never none.
        self.0.notified.store(false, Ordering::SeqCst);
        self.0.length.load(Ordering::SeqCst)
    }

    /// Whether output was lost because the file could not be written.
    pub(in crate::output::exec) fn is_incomplete(&self) -> bool {
        self.0.incomplete.load(Ordering::SeqCst)
    }

    /// Appends a message of rebake, on a line of its own.
    pub(in crate::output::exec) fn note(&self, message: &str) {
        self.append(self.0.mask.text(&format!("rebake: {message}\n")).as_bytes());
    }

    /// Copies the output of a process to the file until all writers have closed the output.
    ///
    /// If the file cannot be written (a full disk), the output is still read, so that the build does not hang.
    pub(super) fn copy(&self, mut output: impl Read) {
        let mut chunk = vec![0; CHUNK];
        let mut masked = Masked::new(self.0.mask.clone());
        loop {
            match output.read(&mut chunk) {
                Ok(0) => break,
                Ok(length) => self.append(&masked.push(&chunk[..length])),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(_) => break,
            }
        }
        self.append(&masked.finish());
    }

    fn append(&self, bytes: &[u8]) {
        if bytes.is_empty() {
            return;
        }
        match (&self.0.file).write_all(bytes) {
            Ok(()) => {
                self.0.length.fetch_add(bytes.len() as u64, Ordering::SeqCst);
                if !self.0.notified.swap(true, Ordering::SeqCst) {
                    (self.0.notify)(self);
                }
            }
            Err(_) => self.0.incomplete.store(true, Ordering::SeqCst),
        }
    }
}
