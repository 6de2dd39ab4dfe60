//! Writes all files that rebake writes, and opens the files that builds write.
//!
//! At a path where rebake writes, the repository can have a symbolic link, and a build can have created a FIFO. So
//! symbolic links in a repository are not followed, and opening a FIFO does not wait forever. A run can also end at any
//! time, so [`replace`] writes a regular file whole or not at all where the file system permits it.

mod link;
mod sink;
#[cfg(test)]
mod tests;

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use sink::Stream;

/// Opens a regular file for reading.
///
/// # Errors
/// When the file cannot be opened, or is not a regular file but, for example, a pipe or a device.
pub fn open(path: &Path) -> io::Result<File> {
    let file = never_waiting(OpenOptions::new().read(true)).open(path)?;
    if file.metadata()?.is_file() { Ok(file) } else { Err(io::Error::other("this is not a regular file")) }
}

/// Creates a regular file, or empties an existing one, for a caller that writes it in pieces.
///
/// # Errors
/// When the file cannot be opened for writing, the path is a symbolic link, or it is a FIFO without a reader.
pub fn create(path: &Path) -> io::Result<File> {
    never_following(OpenOptions::new().write(true).create(true).truncate(true)).open(path)
}

/// Creates a file without a name on the disk of a directory, for reading and writing. No other program can remove it,
/// and nothing is left of it when it is closed.
///
/// # Errors
/// When the file cannot be created.
pub fn without_name(directory: &Path) -> io::Result<File> {
    tempfile::tempfile_in(directory)
}

/// Creates a directory and its parents.
///
/// # Errors
/// When the directory cannot be created, or the path goes through a symbolic link in a repository.
pub fn make_directory(path: &Path) -> io::Result<()> {
    link::refuse(path)?;
    fs::create_dir_all(path)
}

/// Checks early whether [`replace`] can write to a path, before there is anything to write. The caller keeps the result
/// until it has written: if the path is a FIFO, the FIFO's reader sees no end of file before then.
///
/// # Errors
/// When the path goes through a symbolic link in a repository, the file's directory does not exist, a FIFO has no
/// reader, or the path is a directory or a disk.
pub fn check(path: &Path) -> io::Result<Writable> {
    match Target::of(path)? {
        Target::Regular(file) => fs::metadata(directory(&file)).map(|_| Writable(None)),
        Target::Stream(stream) => stream.hold().map(Writable),
    }
}

/// The result of [`check`]. If the path is a FIFO, this value holds the FIFO open.
#[derive(Debug)]
#[must_use = "the reader of a pipe goes away with it"]
pub struct Writable(#[expect(dead_code, reason = "it is held open")] Option<File>);

/// Writes a text to a path. A regular file is replaced whole or not at all. If the file system does not permit a
/// replacement, the file is overwritten in place. If there is a pipe or a device at the path, the text is written to
/// that pipe or device.
///
/// # Errors
/// When the file, pipe or device cannot be written, or the path goes through a symbolic link in a repository.
pub fn replace(path: &Path, text: &str) -> io::Result<()> {
    match Target::of(path)? {
        Target::Regular(file) => replace_regular(&file, text.as_bytes()),
        Target::Stream(stream) => stream.write(text.as_bytes()),
    }
}

/// Appends lines to a file, in one write. If the file does not end with a line break, a line break is written first.
///
/// # Errors
/// As for [`replace`].
pub fn append(path: &Path, text: &str) -> io::Result<()> {
    match Target::of(path)? {
        Target::Regular(file) => {
            let mut file = never_following(OpenOptions::new().read(true).append(true).create(true)).open(file)?;
            let line_break = if ends_in_open_line(&mut file)? { "\n" } else { "" };
            file.write_all([line_break, text].concat().as_bytes())
        }
        Target::Stream(stream) => stream.write(text.as_bytes()),
    }
}

fn ends_in_open_line(file: &mut File) -> io::Result<bool> {
    if file.seek(SeekFrom::End(0))? == 0 {
        return Ok(false);
    }
    file.seek(SeekFrom::End(-1))?;
    let mut last = [0];
    file.read_exact(&mut last)?;
    Ok(last != *b"\n")
}

/// The file, pipe or device that a path names.
enum Target {
    /// A regular file, which need not exist yet. If the path ends with a symbolic link, this is the link's target.
    Regular(PathBuf),
    /// A pipe, a terminal or another device. It passes bytes on and has no content to replace.
    Stream(Stream),
}

impl Target {
    fn of(path: &Path) -> io::Result<Self> {
        if let Some(stream) = Stream::of_this_process(path) {
            return Ok(Self::Stream(stream));
        }
        link::refuse(path)?;
        match fs::metadata(path) {
            Ok(found) if found.is_file() => Ok(Self::Regular(path.canonicalize()?)),
            Ok(found) => Stream::of(path, found.file_type()).map(Self::Stream),
            // A dangling link that is not in a repository is allowed: its target is created.
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                Ok(Self::Regular(fs::read_link(path).map_or_else(|_| path.to_owned(), |end| directory(path).join(end))))
            }
            Err(error) => Err(error),
        }
    }
}

fn replace_regular(file: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut options = tempfile::Builder::new();
    match fs::metadata(file) {
        Ok(found) => options.permissions(found.permissions()),
        Err(_) => usual(&mut options),
    };
    let written = options.tempfile_in(directory(file)).and_then(|mut temporary| {
        temporary.write_all(bytes)?;
        temporary.persist(file).map(drop).map_err(|error| error.error)
    });
    match written {
        // A file may be writable although its directory is not, and a file that is a mount point cannot be replaced.
        // Both are overwritten in place.
        Err(error) if is_bound(&error) && file.is_file() => create(file)?.write_all(bytes),
        written => written,
    }
}

fn is_bound(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem | io::ErrorKind::ResourceBusy
    )
}

fn directory(file: &Path) -> &Path {
    file.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Gives a new file the permissions that the process's umask allows.
#[cfg(unix)]
fn usual<'a, 'b>(options: &'a mut tempfile::Builder<'b, 'b>) -> &'a mut tempfile::Builder<'b, 'b> {
    use std::os::unix::fs::PermissionsExt as _;
    options.permissions(fs::Permissions::from_mode(0o666))
}

#[cfg(not(unix))]
fn usual<'a, 'b>(options: &'a mut tempfile::Builder<'b, 'b>) -> &'a mut tempfile::Builder<'b, 'b> {
    options
}

/// Prevents opening a FIFO from waiting for the other end. If a FIFO has no reader, opening it for writing fails;
/// opening it for reading always succeeds at once. Regular files are not affected.
#[cfg(unix)]
fn never_waiting(options: &mut OpenOptions) -> &mut OpenOptions {
    use std::os::unix::fs::OpenOptionsExt as _;
    options.custom_flags(rustix::fs::OFlags::NONBLOCK.bits().cast_signed())
}

#[cfg(unix)]
fn never_following(options: &mut OpenOptions) -> &mut OpenOptions {
    use std::os::unix::fs::OpenOptionsExt as _;
    options.custom_flags((rustix::fs::OFlags::NONBLOCK | rustix::fs::OFlags::NOFOLLOW).bits().cast_signed())
}

#[cfg(not(unix))]
fn never_waiting(options: &mut OpenOptions) -> &mut OpenOptions {
    options
}

#[cfg(not(unix))]
fn never_following(options: &mut OpenOptions) -> &mut OpenOptions {
    options
}
