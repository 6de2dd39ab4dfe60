//! The state of the machine of a build: its links, its programs, its addresses.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs;
use std::io::Read as _;
use std::net::{IpAddr, UdpSocket};
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::path::{Path, PathBuf};

use crate::analysis::observe::BuildMachine;
use crate::inputs::file;

/// This machine. Each link and each beginning of a file is looked up only once.
#[derive(Default)]
pub(super) struct ThisMachine {
    links: RefCell<BTreeMap<Vec<u8>, Option<Vec<u8>>>>,
    beginnings: RefCell<BTreeMap<Vec<u8>, Option<Vec<u8>>>>,
}

/// How much of a file Linux reads to see whether it is a script.
const BEGINNING: u64 = 256;

impl BuildMachine for ThisMachine {
    fn link(&self, path: &[u8]) -> Option<Vec<u8>> {
        // The target of these links depends on the process that reads them.
        if path.starts_with(b"/proc/") || path.starts_with(b"/dev/fd") {
            return None;
        }
        let look_up = || Some(fs::read_link(as_path(path)).ok()?.into_os_string().into_vec());
        self.links.borrow_mut().entry(path.to_vec()).or_insert_with(look_up).clone()
    }

    fn beginning(&self, path: &[u8]) -> Option<Vec<u8>> {
        let look_up = || {
            let mut beginning = Vec::new();
            file::open(as_path(path)).ok()?.take(BEGINNING).read_to_end(&mut beginning).ok()?;
            Some(beginning)
        };
        self.beginnings.borrow_mut().entry(path.to_vec()).or_insert_with(look_up).clone()
    }

    fn has_address(&self, address: IpAddr) -> bool {
        // A machine can only bind its own addresses.
        UdpSocket::bind((address, 0)).is_ok()
    }
}

/// Returns the targets of the symbolic links below a directory, by the links' paths from that directory. `.git`
/// directories are left out.
pub(super) fn links_below(root: &Path) -> BTreeMap<Vec<u8>, Vec<u8>> {
    let mut links = BTreeMap::new();
    let mut directories = vec![PathBuf::new()];
    while let Some(directory) = directories.pop() {
        // A directory that cannot be listed here cannot be listed by the build either.
        for entry in fs::read_dir(root.join(&directory)).into_iter().flatten().flatten() {
            let (path, Ok(kind)) = (directory.join(entry.file_name()), entry.file_type()) else { continue };
            if kind.is_symlink() {
                let target = fs::read_link(root.join(&path)).map(|target| target.into_os_string().into_vec());
                links.extend(target.ok().map(|target| (path.into_os_string().into_vec(), target)));
            } else if kind.is_dir() && entry.file_name() != ".git" {
                directories.push(path);
            }
        }
    }
    links
}

fn as_path(path: &[u8]) -> &Path {
    Path::new(OsStr::from_bytes(path))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn links_are_found_and_not_followed() {
        let directory = tempfile::tempdir().unwrap();
        let root = directory.path();
        for (target, link) in [("x/a", "l"), ("..", "x/up"), ("gone", "x/y/l"), ("..", ".git/l")] {
            let link = root.join(link);
            file::make_directory(link.parent().unwrap()).unwrap();
            symlink(target, link).unwrap();
        }
        let links = links_below(root);
        let links: Vec<String> = links
            .iter()
            .map(|(link, target)| format!("{} -> {}", String::from_utf8_lossy(link), String::from_utf8_lossy(target)))
            .collect();
        assert_eq!(links, ["l -> x/a", "x/up -> ..", "x/y/l -> gone"]);
    }

    #[test]
    fn a_machine_has_its_own_addresses() {
        let has = |address: &str| ThisMachine::default().has_address(address.parse().unwrap());
        assert!(has("127.0.0.2"));
        assert!(!has("192.0.2.1"));
    }
}
