//! Changed paths from outside of the repository (`--changed`).

mod encoding;
mod git_path;

use std::io::Read as _;
use std::path::Path;

use super::exit::Exit;
use super::failure::Failure;
use crate::model::change::{Change, ChangeSet, Status};
use crate::model::name::{RepoPath, unquoted};

/// Reads changes from a file, or from standard input (`-`).
///
/// Paths are separated by newlines, or by NUL if the text has one. A status letter may precede a path, as in the output
/// of `git diff --name-status`: letter, tab, path; with `-z`: letter, NUL, path. A path without a letter counts as
/// modified. Paths may be quoted as git quotes them. A rename counts as a delete and an add, a copy as an add. `root`
/// is the root of the work tree.
pub(crate) fn read(file: &Path, root: Option<&Path>) -> Result<ChangeSet, Failure> {
    let read = |bytes: Vec<u8>| {
        let bytes = encoding::decoded(bytes)?;
        if bytes.contains(&0) { nul_separated(&bytes, root) } else { lines(&bytes, root) }
    };
    let changes = read(read_bytes(file)?);
    let changes = changes.map_err(|reason| {
        Failure::new(Exit::Usage, "changed", format!("cannot read the changes in {}: {reason}", file.display()))
            .help("give one path per line, or the output of `git diff --name-status -z`")
    })?;
    Ok(ChangeSet::new(changes))
}

/// Reads a text file, or standard input (`-`).
pub(crate) fn read_text(file: &Path) -> Result<String, Failure> {
    String::from_utf8(read_bytes(file)?)
        .map_err(|_| Failure::new(Exit::Usage, "file", format!("{} is not UTF-8", file.display())))
}

fn read_bytes(file: &Path) -> Result<Vec<u8>, Failure> {
    let read = || {
        if file == Path::new("-") {
            let mut bytes = Vec::new();
            std::io::stdin().lock().read_to_end(&mut bytes).map(|_| bytes)
        } else {
            std::fs::read(file)
        }
    };
    read().map_err(|error| Failure::file(&format!("cannot read {}", file.display()), &error))
}

fn lines(bytes: &[u8], root: Option<&Path>) -> Result<Vec<Change>, String> {
    let mut changes = Vec::new();
    for line in bytes.split(|byte| *byte == b'\n') {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let mut words = line.split(|byte| *byte == b'\t');
        match (words.next().and_then(Letter::read), words.next(), words.next()) {
            _ if line.is_empty() => {}
            (Some(letter), Some(path), second) => {
                letter.push(&mut changes, path_of(path, root)?, second.map(|path| path_of(path, root)).transpose()?)?;
            }
            _ => changes.push(Change::new(path_of(line, root)?, Status::Modified)),
        }
    }
    Ok(changes)
}

fn nul_separated(bytes: &[u8], root: Option<&Path>) -> Result<Vec<Change>, String> {
    let mut items = bytes.strip_suffix(b"\0").unwrap_or(bytes).split(|byte| *byte == 0).peekable();
    let with_letters = items.peek().copied().and_then(Letter::read).is_some();
    let mut changes = Vec::new();
    while let Some(item) = items.next() {
        let path = |item: &[u8]| git_path::in_repository(item, root);
        if with_letters {
            let letter =
                Letter::read(item).ok_or_else(|| format!("{} is not a status letter", RepoPath::from_git(item)))?;
            let first = items.next().ok_or("the last path is missing")?;
            let second = if letter.has_two_paths() { items.next() } else { None };
            letter.push(&mut changes, path(first)?, second.map(path).transpose()?)?;
        } else if !item.is_empty() {
            changes.push(Change::new(path(item)?, Status::Modified));
        }
    }
    Ok(changes)
}

fn path_of(text: &[u8], root: Option<&Path>) -> Result<RepoPath, String> {
    let bytes = unquoted(text).ok_or_else(|| format!("the quotes of {} are broken", RepoPath::from_git(text)))?;
    git_path::in_repository(&bytes, root)
}

/// A status letter of `git diff --name-status`, without its score.
#[derive(Clone, Copy)]
enum Letter {
    One(Status),
    Renamed,
    Copied,
}

impl Letter {
    fn read(word: &[u8]) -> Option<Self> {
        let (letter, score) = word.split_first()?;
        if !score.iter().all(u8::is_ascii_digit) {
            return None;
        }
        Some(match letter {
            b'A' => Self::One(Status::Added),
            b'M' | b'U' | b'X' | b'B' => Self::One(Status::Modified),
            b'D' => Self::One(Status::Deleted),
            b'T' => Self::One(Status::TypeChanged),
            b'R' => Self::Renamed,
            b'C' => Self::Copied,
            _ => return None,
        })
    }

    fn has_two_paths(self) -> bool {
        matches!(self, Self::Renamed | Self::Copied)
    }

    fn push(self, changes: &mut Vec<Change>, first: RepoPath, second: Option<RepoPath>) -> Result<(), String> {
        match (self, second) {
            (Self::One(status), _) => changes.push(Change::new(first, status)),
            (_, None) => return Err(format!("the second path of {first} is missing")),
            (Self::Renamed, Some(second)) => {
                changes.push(Change::new(first, Status::Deleted));
                changes.push(Change::new(second, Status::Added));
            }
            (Self::Copied, Some(second)) => changes.push(Change::new(second, Status::Added)),
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(changes: Result<Vec<Change>, String>) -> Vec<String> {
        changes.unwrap().iter().map(|change| format!("{} {}", change.status.letter(), change.path)).collect()
    }

    fn lines_of(bytes: &[u8]) -> Result<Vec<Change>, String> {
        lines(bytes, None)
    }

    fn nuls_of(bytes: &[u8]) -> Result<Vec<Change>, String> {
        nul_separated(bytes, None)
    }

    #[test]
    fn lines_are_paths_or_name_status() {
        assert_eq!(shown(lines_of(b"a b\r\n\nM\tc\nA\t\"d\\303\\244\"\n")), ["M a b", "M c", "A dä"]);
        assert_eq!(shown(lines_of(b"R100\told\tnew\nC75\tx\ty\nT\tt\n")), ["D old", "A new", "A y", "T t"]);
        assert_eq!(shown(lines_of(b"MAINTAINERS\n")), ["M MAINTAINERS"]);
        assert!(lines_of(b"\"open\n").is_err());
    }

    #[test]
    fn nul_separates_names_that_lines_cannot() {
        assert_eq!(shown(nuls_of(b"a\nb\0c\0")), ["M a\\nb", "M c"]);
        assert_eq!(shown(nuls_of(b"M\0a\nb\0R100\0old\0new\0")), ["M a\\nb", "D old", "A new"]);
        assert!(nuls_of(b"M\0a\0D\0").is_err());
    }
}
