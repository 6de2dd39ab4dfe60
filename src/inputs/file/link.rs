use std::fs;
use std::io;
use std::path::{Component, Path, PathBuf};

use crate::model::name::Escaped;

/// Fails if a path goes through a symbolic link in a work tree, since the link may be committed in the repository.
/// Links elsewhere are allowed: on some systems, `/tmp` is one.
pub(super) fn refuse(path: &Path) -> io::Result<()> {
    let mut reached = PathBuf::new();
    for component in std::path::absolute(path)?.components() {
        if component == Component::ParentDir {
            // As in the operating system, `..` after a link means the parent of the link's target.
            reached = reached.canonicalize()?;
            reached.pop();
            continue;
        }
        reached.push(component);
        if fs::symlink_metadata(&reached).is_ok_and(|found| found.is_symlink()) && can_be_committed(&reached) {
            let shown = Escaped::new(reached.as_os_str().as_encoded_bytes()).to_string();
            return Err(io::Error::other(format!(
                "`{shown}` is a symbolic link in a repository, which is not followed: remove it, or name another place"
            )));
        }
    }
    Ok(())
}

/// Whether a path lies in a work tree: below a directory with a `.git`, but not inside the `.git`.
fn can_be_committed(path: &Path) -> bool {
    let is_git = |component: Component| component.as_os_str() == ".git";
    let is_top = |directory: &Path| directory.join(".git").symlink_metadata().is_ok();
    !path.components().any(is_git) && path.ancestors().skip(1).any(is_top)
}
