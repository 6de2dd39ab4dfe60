//! Converts the paths that other programs write to the form that git uses.

use std::path::Path;

use crate::model::name::{Escaped, RepoPath};

/// Returns a path relative to the root of the repository: without `./`, doubled slashes and, if it is absolute, the
/// root of the work tree.
///
/// # Errors
/// When the path is outside of the work tree, contains `..` or `.git`, ends with a slash, or is empty.
pub(super) fn in_repository(given: &[u8], root: Option<&Path>) -> Result<RepoPath, String> {
    let refuse = |why: &str| Err(format!("`{}` {why}", Escaped::new(given)));
    let inside = match given.strip_prefix(b"/") {
        None => given,
        Some(_) => match root.and_then(|root| below(given, root.as_os_str().as_encoded_bytes())) {
            Some(inside) => inside,
            None => return refuse("is an absolute path outside of the work tree"),
        },
    };
    if inside.ends_with(b"/") {
        return refuse("is a directory, and git has files");
    }
    let parts: Vec<&[u8]> = inside.split(|byte| *byte == b'/').filter(|part| !matches!(*part, b"" | b".")).collect();
    if parts.contains(&&b".."[..]) {
        return refuse("leads upwards, and paths count from the root of the repository");
    }
    if parts.is_empty() {
        return refuse("is no file");
    }
    if parts.iter().any(|part| part.eq_ignore_ascii_case(b".git")) {
        return refuse("lies in a `.git`, of which git tracks nothing");
    }
    Ok(RepoPath::from_git(parts.join(&b'/')))
}

fn below<'a>(path: &'a [u8], root: &[u8]) -> Option<&'a [u8]> {
    path.strip_prefix(root)?.strip_prefix(b"/")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(given: &str) -> Result<String, String> {
        in_repository(given.as_bytes(), Some(Path::new("/work/repo"))).map(|path| path.to_string())
    }

    #[test]
    fn what_means_a_file_of_the_repository_is_that_file() {
        for given in ["api/x", "./api/x", "api//x", "././api/./x", "/work/repo/api/x", "/work/repo//api/./x"] {
            assert_eq!(read(given).unwrap(), "api/x", "{given}");
        }
        assert_eq!(read(" a b ").unwrap(), " a b ");
        assert_eq!(read(".github/x").unwrap(), ".github/x");
    }

    #[test]
    fn what_git_cannot_have_is_refused() {
        for given in
            ["/etc/passwd", "/work/repository/x", "/", "../x", "api/../x", "api/", ".", "./", ".git/index", "a/.GIT/x"]
        {
            assert!(read(given).is_err(), "{given}");
        }
        assert!(in_repository(b"/work/repo/x", None).is_err());
    }
}
