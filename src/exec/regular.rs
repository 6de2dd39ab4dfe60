//! Files in a place that builds can write to. One may have put something else there, such as a FIFO without another end:
//! whoever opened that as a file would wait for ever.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use rustix::fs::OFlags;

/// Opens a file for reading.
///
/// # Errors
/// When it cannot be opened, or is no regular file.
pub(super) fn open(path: &Path) -> io::Result<File> {
    let file = never_waiting(OpenOptions::new().read(true)).open(path)?;
    if file.metadata()?.is_file() { Ok(file) } else { Err(io::Error::other("this is not a regular file")) }
}

/// Creates a file for writing, empty, or empties the one that is there.
///
/// # Errors
/// When it cannot be opened; a FIFO that nobody reads cannot.
pub(super) fn create(path: &Path) -> io::Result<File> {
    never_waiting(OpenOptions::new().write(true).create(true).truncate(true)).open(path)
}

/// To a regular file this flag means nothing.
fn never_waiting(options: &mut OpenOptions) -> &mut OpenOptions {
    options.custom_flags(OFlags::NONBLOCK.bits().cast_signed())
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;
    use std::process::Command;

    use super::*;

    #[test]
    fn nobody_waits_for_a_fifo() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("log");
        assert!(Command::new("mkfifo").arg(&path).status().unwrap().success());
        assert_eq!(open(&path).unwrap_err().to_string(), "this is not a regular file");
        create(&path).unwrap_err();
        // Where something reads, what it does not take is not waited for either.
        let _reader = never_waiting(OpenOptions::new().read(true)).open(&path).unwrap();
        let mut writer = create(&path).unwrap();
        let written = writer.write_all(&vec![0; 1 << 20]);
        assert_eq!(written.unwrap_err().kind(), io::ErrorKind::WouldBlock);
    }
}
