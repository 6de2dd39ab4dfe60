use std::fmt;

use bstr::{BStr, BString, ByteSlice as _};

use super::Escaped;

/// The path of a file in a repository, in git's form: bytes, relative to the root, with `/` between its parts on every
/// platform.
///
/// It may hold line breaks, quotes, and bytes that are not UTF-8. `Display` escapes them for people ([`Escaped`]);
/// [`RepoPath::as_bytes`] returns them as they are. Paths are ordered by their bytes, as in git's own lists.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RepoPath(BString);

impl RepoPath {
    /// Wraps the bytes of a path from git, without a check.
    #[must_use]
    pub fn from_git(bytes: impl Into<Vec<u8>>) -> Self {
        Self(BString::from(bytes.into()))
    }

    /// Returns the bytes of the path.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// Returns the part after the last `/`.
    #[must_use]
    pub fn file_name(&self) -> &[u8] {
        self.0.rsplit_once_str("/").map_or(self.as_bytes(), |(_, name)| name)
    }

    /// Returns the directories that contain the path, from the nearest to the farthest, without the root.
    pub fn ancestors(&self) -> impl Iterator<Item = &[u8]> {
        self.0.rfind_iter(b"/").map(|slash| &self.as_bytes()[..slash])
    }
}

impl AsRef<[u8]> for RepoPath {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Display for RepoPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&Escaped::new(self), f)
    }
}

impl fmt::Debug for RepoPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(BStr::new(&self.0), f)
    }
}

/// A directory of a repository as a configuration names it, such as a service's `path`: `services/go/api`, or the root.
///
/// [`RepoDir::as_str`] returns the only spelling of the directory. It is used wherever the directory is written or
/// compared.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RepoDir(String);

/// Why a text does not name a directory of the repository.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RepoDirError {
    /// The path is empty; the root is written `.`.
    #[error("the path is empty (write `.` for the root of the repository)")]
    Empty,
    /// The path begins with `/`, or with a drive letter.
    #[error("the path is absolute; paths are relative to the root of the repository")]
    Absolute,
    /// The path has a `..` part.
    #[error("the path has a `..` part; paths stay inside the repository")]
    Parent,
    /// The `..` parts of the path lead out of the repository.
    #[error("the path leads out of the repository")]
    Outside,
    /// The path names the root, where a file is expected.
    #[error("the path names no file")]
    NoFile,
    /// The path holds a backslash, which git never uses between directories.
    #[error("the path has a backslash; write `/` between directories on every platform")]
    Backslash,
    /// The path holds a control character.
    #[error("the path has a control character")]
    Control,
}

impl RepoDir {
    /// Returns the root of the repository.
    #[must_use]
    pub fn root() -> Self {
        Self(Self::ROOT.to_owned())
    }

    /// The root, as people and plans write it.
    const ROOT: &'static str = ".";

    /// Reads a directory as people write it, and normalises it: `./a//b/` and `a/./b` become `a/b`.
    ///
    /// # Errors
    /// When the text is empty or absolute, or contains a `..` part, a backslash or a control character.
    pub fn parse(text: &str) -> Result<Self, RepoDirError> {
        check_text(text)?;
        if text.starts_with('/') {
            return Err(RepoDirError::Absolute);
        }
        let parts: Vec<&str> = text.split('/').filter(|part| !matches!(*part, "" | ".")).collect();
        if parts.contains(&"..") {
            return Err(RepoDirError::Parent);
        }
        Ok(Self::of_parts(&parts))
    }

    fn of_parts(parts: &[&str]) -> Self {
        if parts.is_empty() { Self::root() } else { Self(parts.join("/")) }
    }

    /// Returns the directory that a text names. The text is relative to this directory, or, with a leading `/`, to the
    /// root of the repository. A `..` removes the part before it, even if that part is a symbolic link.
    ///
    /// # Errors
    /// When the text is empty, begins with a drive letter, leads out of the repository, or contains a backslash or a
    /// control character.
    pub fn resolve(&self, text: &str) -> Result<Self, RepoDirError> {
        check_text(text)?;
        let mut parts: Vec<&str> =
            if text.starts_with('/') || self.is_root() { Vec::new() } else { self.0.split('/').collect() };
        for part in text.split('/') {
            match part {
                "" | "." => {}
                ".." => _ = parts.pop().ok_or(RepoDirError::Outside)?,
                part => parts.push(part),
            }
        }
        Ok(Self::of_parts(&parts))
    }

    /// Returns the file that a text names, as [`RepoDir::resolve`] reads it.
    ///
    /// # Errors
    /// As for [`RepoDir::resolve`], and when the text can only name a directory, such as `docs/`.
    pub fn resolve_file(&self, text: &str) -> Result<String, RepoDirError> {
        let Self(file) = self.resolve(text)?;
        let last = text.rsplit('/').next().unwrap_or_default();
        if matches!(last, "" | "." | "..") { Err(RepoDirError::NoFile) } else { Ok(file) }
    }

    /// Returns the directory of the file that has this path from the root of the repository.
    #[must_use]
    pub fn of_file(path: &str) -> Self {
        path.rsplit_once('/').map_or_else(Self::root, |(directory, _)| Self(directory.to_owned()))
    }

    /// Whether `other` is this directory or lies below it.
    #[must_use]
    pub fn holds(&self, other: &Self) -> bool {
        self == other || self.holds_file(other.as_str())
    }

    /// Whether this is the root of the repository.
    #[must_use]
    pub fn is_root(&self) -> bool {
        self.0 == Self::ROOT
    }

    /// Returns the number of parts of its path; 0 for the root.
    #[must_use]
    pub fn depth(&self) -> usize {
        if self.is_root() { 0 } else { self.0.split('/').count() }
    }

    /// Returns the parts of the path; none for the root.
    pub fn parts(&self) -> impl Iterator<Item = &str> {
        self.0.split('/').filter(|_| !self.is_root())
    }

    /// Returns this directory and the directories that contain it, from the nearest to the root.
    pub fn and_above(&self) -> impl Iterator<Item = Self> + use<> {
        std::iter::successors(Some(self.clone()), |directory| {
            (!directory.is_root()).then(|| Self::of_file(directory.as_str()))
        })
    }

    /// Returns the canonical spelling: no trailing slash, `.` for the root.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the path as git has it: empty for the root.
    #[must_use]
    pub fn git_path(&self) -> &str {
        if self.is_root() { "" } else { &self.0 }
    }

    /// Whether the directory holds the file with this path, at any depth.
    #[must_use]
    pub fn holds_file(&self, path: &str) -> bool {
        self.is_root() || path.strip_prefix(&*self.0).is_some_and(|rest| rest.starts_with('/'))
    }

    /// Returns the path of the directory `below` relative to this directory; `None` if it does not lie below this
    /// directory.
    #[must_use]
    pub fn relative<'d>(&self, below: &'d Self) -> Option<&'d str> {
        if self.is_root() {
            Some(below.as_str()).filter(|_| !below.is_root())
        } else {
            below.0.strip_prefix(&*self.0)?.strip_prefix('/')
        }
    }

    /// Converts the path of a file relative to this directory into the file's path from the root of the repository.
    #[must_use]
    pub fn join(&self, file: &str) -> String {
        if self.is_root() { file.to_owned() } else { [self.0.as_str(), "/", file].concat() }
    }
}

/// Rejects a text that is no path in a repository: it is empty, begins with a drive letter, or contains a backslash or
/// a control character.
fn check_text(text: &str) -> Result<(), RepoDirError> {
    let drive = text.as_bytes().get(1) == Some(&b':') && text.as_bytes()[0].is_ascii_alphabetic();
    if text.is_empty() {
        Err(RepoDirError::Empty)
    } else if text.contains('\\') {
        Err(RepoDirError::Backslash)
    } else if text.chars().any(char::is_control) {
        Err(RepoDirError::Control)
    } else if drive {
        Err(RepoDirError::Absolute)
    } else {
        Ok(())
    }
}

impl fmt::Display for RepoDir {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn directories_are_tidied() {
        for (text, dir) in [("a/b", "a/b"), ("./a//b/", "a/b"), ("a/./b", "a/b"), (".", "."), ("./", ".")] {
            let parsed = RepoDir::parse(text).unwrap();
            assert_eq!((parsed.as_str(), parsed.to_string().as_str()), (dir, dir));
        }
    }

    #[test]
    fn directories_stay_inside() {
        for (text, error) in [
            ("", RepoDirError::Empty),
            ("/a", RepoDirError::Absolute),
            ("C:/a", RepoDirError::Absolute),
            ("a/../..", RepoDirError::Parent),
            ("a\\b", RepoDirError::Backslash),
            ("a\nb", RepoDirError::Control),
        ] {
            assert_eq!(RepoDir::parse(text), Err(error));
        }
    }

    #[test]
    fn paths_are_relative_to_a_directory_and_with_a_slash_to_the_root() {
        let resolve = |directory: &str, text: &str| RepoDir::parse(directory).unwrap().resolve(text);
        for (directory, text, dir) in [
            ("a/b", "docker", "a/b/docker"),
            ("a/b", ".", "a/b"),
            ("a/b", "../../docker/x/", "docker/x"),
            ("a/b", "/", "."),
            ("a/b", "/docker//./x", "docker/x"),
            (".", "docker", "docker"),
            (".", "/a/../b", "b"),
        ] {
            assert_eq!(resolve(directory, text).unwrap().to_string(), dir, "{directory} {text}");
        }
        assert_eq!(resolve("a/b", "../../../x"), Err(RepoDirError::Outside));
        assert_eq!(resolve("a/b", "/.."), Err(RepoDirError::Outside));
        assert_eq!(resolve("a", ""), Err(RepoDirError::Empty));
        assert_eq!(resolve("a", "b\\c"), Err(RepoDirError::Backslash));
        let file = |text: &str| RepoDir::parse("a").unwrap().resolve_file(text);
        assert_eq!(file("../docker/Dockerfile").unwrap(), "docker/Dockerfile");
        for text in ["docker/", ".", "/", "docker/.."] {
            assert_eq!(file(text), Err(RepoDirError::NoFile), "{text}");
        }
    }

    #[test]
    fn a_directory_holds_its_files_and_not_its_namesakes() {
        let dir = RepoDir::parse("svc/api").unwrap();
        assert!(dir.holds_file("svc/api/x"));
        assert!(!dir.holds_file("svc/api-golang/x"));
        assert!(!dir.holds_file("svc/api"));
        assert_eq!((RepoDir::of_file("svc/api/x"), RepoDir::of_file("x")), (dir, RepoDir::root()));
        assert!(RepoDir::parse(".").unwrap().holds_file("x"));
        let above =
            |path: &str| RepoDir::parse(path).unwrap().and_above().map(|dir| dir.to_string()).collect::<Vec<_>>();
        assert_eq!(above("a/b/c"), ["a/b/c", "a/b", "a", "."]);
        assert_eq!(
            (above("."), RepoDir::parse("a/b").unwrap().depth(), RepoDir::root().depth()),
            (vec![".".into()], 2, 0)
        );
    }

    #[test]
    fn ancestors_are_nearest_first() {
        let path = RepoPath::from_git("a/b/c");
        assert_eq!(path.ancestors().collect::<Vec<_>>(), [&b"a/b"[..], b"a"]);
        assert_eq!(path.file_name(), b"c");
    }
}
