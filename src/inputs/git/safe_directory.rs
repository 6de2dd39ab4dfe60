//! Checks whether git's rules allow the use of a repository that was found.

use std::path::Path;

use gix::bstr::ByteSlice as _;
use gix::config::source::Kind;

use super::{GitError, git_variables};

/// The supported extensions of the repository format, in lower case. Some of them do not matter to a program that only
/// reads.
const EXTENSIONS: [&str; 9] = [
    "compatobjectformat",
    "noop",
    "noop-v1",
    "objectformat",
    "partialclone",
    "preciousobjects",
    "refstorage",
    "relativeworktrees",
    "worktreeconfig",
];

/// Whether the environment marks a directory as safe although it belongs to another user.
pub(super) fn is_named(dir: &Path) -> bool {
    git_variables::safe_directories().iter().any(|safe| match safe.strip_suffix("/*") {
        _ if safe == "*" => true,
        Some(above) => dir.starts_with(above),
        None => dir == Path::new(safe) || Path::new(safe).canonicalize().is_ok_and(|safe| dir == safe),
    })
}

/// Fails if git would refuse to use a repository. If `GIT_DIR` names the repository, only its extensions are checked.
pub(super) fn check(dir: &Path, found: &gix::Repository) -> Result<(), GitError> {
    if !git_variables::names_the_repository() {
        check_ceilings(dir, found)?;
        check_bareness(dir, found)?;
    }
    check_extensions(found)
}

/// Whether references are stored in another format than files.
pub(super) fn keeps_references_elsewhere(found: &gix::Repository) -> bool {
    found.config_snapshot().string("extensions.refStorage").is_some_and(|format| format.as_bytes() != b"files")
}

/// Fails, as git does, if the repository is at a ceiling directory and the search for it began below that directory.
fn check_ceilings(dir: &Path, found: &gix::Repository) -> Result<(), GitError> {
    let real = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let dir_is_below = |root: &Path| real(dir) != *root && real(dir).starts_with(root);
    let roots = [found.workdir(), found.git_dir().parent()].into_iter().flatten().map(real);
    let mut ceilings = roots.filter(|root| git_variables::ceilings().iter().any(|ceiling| real(ceiling) == *root));
    if ceilings.any(|root| dir_is_below(&root)) {
        return Err(GitError::NotARepository { dir: dir.to_owned() });
    }
    Ok(())
}

/// Fails if `safe.bareRepository` requires that `GIT_DIR` names a bare repository, and the search found a git directory
/// whose name is not `.git`. Such a directory may come from a commit of a stranger.
fn check_bareness(dir: &Path, found: &gix::Repository) -> Result<(), GitError> {
    let config = found.config_snapshot();
    let rule = config.plumbing().string_filter("safe.bareRepository", |meta| meta.source.kind() != Kind::Repository);
    let real = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let (dir, git_dir) = (real(dir), real(found.git_dir()));
    let names: Vec<&str> = git_dir.components().filter_map(|name| name.as_os_str().to_str()).collect();
    let is_implied = names.last() == Some(&".git")
        || names.windows(2).any(|names| matches!(names, [".git", "worktrees" | "modules"]));
    if rule.is_some_and(|rule| rule.as_bytes() == b"explicit") && dir.starts_with(&git_dir) && !is_implied {
        return Err(GitError::BareRepository { dir, git_dir });
    }
    Ok(())
}

/// Fails if the repository has an unknown extension. Version 1 of the repository format requires that a program knows
/// all extensions of a repository.
fn check_extensions(found: &gix::Repository) -> Result<(), GitError> {
    let config = found.config_snapshot();
    if config.integer("core.repositoryFormatVersion").unwrap_or_default() < 1 {
        return Ok(());
    }
    for section in config.plumbing().sections_by_name("extensions").into_iter().flatten() {
        if section.meta().source.kind() != Kind::Repository {
            continue;
        }
        let subsection = section.header().subsection_name().map(|name| format!("{name}.")).unwrap_or_default();
        for name in section.value_names() {
            let extension = format!("{subsection}{name}");
            if !EXTENSIONS.contains(&extension.to_ascii_lowercase().as_str()) {
                return Err(GitError::Extension { extension });
            }
        }
    }
    match config.string("extensions.refStorage") {
        Some(format) if !matches!(format.as_bytes(), b"files" | b"reftable") => {
            Err(GitError::Extension { extension: format!("refStorage={format}") })
        }
        _ => Ok(()),
    }
}
