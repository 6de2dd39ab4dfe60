use std::fs::{File, FileType, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// How long a write waits for a pipe that accepts no bytes.
const PATIENCE: Duration = Duration::from_secs(10);

/// How long opening a pipe waits for a reader.
const UNREAD: Duration = Duration::from_secs(2);

/// The pause between two attempts to open or to write.
const REST: Duration = Duration::from_millis(5);

/// A destination that passes bytes on and has no content to replace.
pub(super) enum Stream {
    /// The standard output of this process.
    Output,
    /// The standard error of this process.
    Error,
    /// A pipe, a terminal or another device, by its path.
    Named(PathBuf),
}

impl Stream {
    /// Returns the standard output or the standard error of this process if the path names it, such as `/dev/stdout`;
    /// `None` for any other path. If the stream is redirected to a file, bytes are written at the current position, and
    /// the file is not replaced.
    pub(super) fn of_this_process(path: &Path) -> Option<Self> {
        match path.to_str()? {
            "/dev/stdout" | "/dev/fd/1" | "/proc/self/fd/1" => Some(Self::Output),
            "/dev/stderr" | "/dev/fd/2" | "/proc/self/fd/2" => Some(Self::Error),
            _ => None,
        }
    }

    /// Returns the stream at a path that is not a regular file. Fails if the path is a directory or a disk.
    pub(super) fn of(path: &Path, kind: FileType) -> io::Result<Self> {
        if kind.is_dir() {
            return Err(io::ErrorKind::IsADirectory.into());
        }
        #[cfg(unix)]
        if std::os::unix::fs::FileTypeExt::is_block_device(&kind) {
            return Err(io::Error::other("this is a disk, which is not written over"));
        }
        Ok(Self::Named(path.to_owned()))
    }

    /// Opens the stream if it is a FIFO; else returns `None`. While the caller keeps the file open, the FIFO's reader
    /// sees no end of file.
    pub(super) fn hold(&self) -> io::Result<Option<File>> {
        match self {
            Self::Named(path) if is_fifo(path) => opened(path).map(Some),
            Self::Output | Self::Error | Self::Named(_) => Ok(None),
        }
    }

    /// Writes the bytes. If the reader has closed the pipe, this succeeds without writing the rest.
    pub(super) fn write(self, bytes: &[u8]) -> io::Result<()> {
        let written = match self {
            Self::Output => whole(io::stdout().lock(), bytes),
            Self::Error => whole(io::stderr().lock(), bytes),
            Self::Named(path) => opened(&path).and_then(|file| whole(file, bytes)),
        };
        written.or_else(|error| if error.kind() == io::ErrorKind::BrokenPipe { Ok(()) } else { Err(error) })
    }
}

#[cfg(unix)]
fn is_fifo(path: &Path) -> bool {
    use std::os::unix::fs::FileTypeExt as _;
    std::fs::metadata(path).is_ok_and(|found| found.file_type().is_fifo())
}

#[cfg(not(unix))]
fn is_fifo(_: &Path) -> bool {
    false
}

/// Opens a pipe or a device for writing. Fails if a pipe gets no reader within the time limit [`UNREAD`].
fn opened(path: &Path) -> io::Result<File> {
    let until = Instant::now() + UNREAD;
    loop {
        // Without `create`: if the pipe was removed, no regular file may take its place.
        match super::never_waiting(OpenOptions::new().append(true)).open(path) {
            Err(error) if is_unread(&error) && Instant::now() < until => std::thread::sleep(REST),
            Err(error) if is_unread(&error) => return Err(io::Error::other("nothing reads it")),
            opened => return opened,
        }
    }
}

/// Writes all bytes. Fails if no byte is accepted within the time limit [`PATIENCE`].
fn whole(mut out: impl Write, mut bytes: &[u8]) -> io::Result<()> {
    let mut until = Instant::now() + PATIENCE;
    while !bytes.is_empty() {
        match out.write(bytes) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(taken) => {
                bytes = &bytes[taken..];
                until = Instant::now() + PATIENCE;
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) if error.kind() == io::ErrorKind::WouldBlock && Instant::now() < until => {
                std::thread::sleep(REST);
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                return Err(io::Error::other("its reader takes nothing"));
            }
            Err(error) => return Err(error),
        }
    }
    out.flush()
}

#[cfg(unix)]
fn is_unread(error: &io::Error) -> bool {
    error.raw_os_error() == Some(rustix::io::Errno::NXIO.raw_os_error())
}

#[cfg(not(unix))]
fn is_unread(_: &io::Error) -> bool {
    false
}
