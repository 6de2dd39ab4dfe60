//! A mirror of a git directory, for gix. gix cannot read some git directories as git does: either the references are in
//! a reftable instead of files, or gix does not look in all places where git finds objects. For such a git directory,
//! gix reads the mirror, which has copies of the references, and links to everything else.
//!
//! gix only reads the mirror. To write, rebake runs git in the repository itself.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use gix::bstr::ByteSlice as _;
use tempfile::TempDir;

use super::git_variables::ObjectDirectories;
use super::program::{ProgramError, git_in};
use super::{GitError, Repository};
use crate::model::name::unquoted;

/// A mirror in a temporary directory. The directory is removed when this value is dropped.
pub(super) struct Mirror {
    dir: TempDir,
}

/// A change of one reference.
pub(super) struct Edit {
    /// The full name of the reference.
    pub(super) name: Vec<u8>,
    /// The present value; `None` if the reference does not exist.
    pub(super) from: Option<gix::ObjectId>,
    /// The new value; `None` to delete the reference.
    pub(super) to: Option<gix::ObjectId>,
}

/// The entries of a git directory to which the mirror has no links. In place of these entries, the mirror has its own
/// files.
const COPIED: [&str; 5] = ["HEAD", "refs", "packed-refs", "reftable", "objects"];

/// How many alternates may be chained, as in git.
const MAX_DEPTH: usize = 5;

impl Mirror {
    /// Creates the mirror of a git directory. `common_dir` is the git directory that all work trees of the repository
    /// share. The mirror has the entries of both directories.
    pub(super) fn of(git_dir: &Path, common_dir: &Path, objects: &ObjectDirectories) -> io::Result<Self> {
        let dir = tempfile::Builder::new().prefix("rebake-").tempdir()?;
        let root = dir.path();
        for from in [git_dir, common_dir] {
            for entry in fs::read_dir(from)? {
                let entry = entry?;
                let (name, link) = (entry.file_name(), root.join(entry.file_name()));
                let is_own = COPIED.iter().any(|copied| name == OsStr::new(copied)) || name == "commondir";
                if !is_own && link.symlink_metadata().is_err() {
                    link_to(&entry.path(), &link)?;
                }
            }
        }
        // A fetch may create `shallow` later.
        if root.join("shallow").symlink_metadata().is_err() {
            link_to(&common_dir.join("shallow"), &root.join("shallow"))?;
        }
        let own = objects.own.clone().unwrap_or_else(|| common_dir.join("objects"));
        gather_objects(&own, &objects.more, root)?;
        Ok(Self { dir })
    }

    pub(super) fn dir(&self) -> &Path {
        self.dir.path()
    }

    /// Copies the references into files of the mirror. The references are read by running git in the directory `from`.
    pub(super) fn copy_references(&self, from: &Path, options: &[String]) -> Result<(), GitError> {
        let failed =
            |source| GitError::Program { what: "the references".to_owned(), command: "git for-each-ref", source };
        let git = |args: &[&str]| git_in(from, options, args).read_only().run_to_end(b"").map_err(failed);
        let listed = git(&["for-each-ref", "--format=%(objectname) %(refname) %(*objectname) %(symref)"])?;
        if let Some(refusal) = listed.refusal {
            return Err(failed(ProgramError::Refused(refusal)));
        }
        let branch = git(&["symbolic-ref", "--quiet", "HEAD"])?.output;
        let head = match branch.trim_end() {
            b"" => git(&["rev-parse", "--quiet", "--verify", "HEAD"])?.output,
            branch => [b"ref: ", branch].concat(),
        };
        self.write_references(&listed.output, head.trim_end())
            .map_err(GitError::reading("the references, while copying them"))
    }

    fn write_references(&self, listed: &[u8], head: &[u8]) -> io::Result<()> {
        let root = self.dir();
        let refs = root.join("refs");
        if refs.exists() {
            fs::remove_dir_all(&refs)?;
        }
        fs::create_dir(&refs)?;
        let mut packed = b"# pack-refs with: peeled fully-peeled sorted \n".to_vec();
        for line in listed.lines() {
            let mut words = line.splitn(4, |byte| *byte == b' ');
            let mut word = || words.next().unwrap_or_default();
            let (id, name, peeled, target) = (word(), word(), word(), word());
            if !target.is_empty() {
                let file = root.join(gix::path::from_bstr(name.as_bstr()).map_err(io::Error::other)?);
                fs::create_dir_all(file.parent().unwrap_or(root))?;
                fs::write(file, [b"ref: ", target, b"\n"].concat())?;
                continue;
            }
            packed.extend([id, b" ", name, b"\n"].concat());
            if !peeled.is_empty() {
                packed.extend([b"^", peeled, b"\n"].concat());
            }
        }
        fs::write(root.join("HEAD"), [head, b"\n"].concat())?;
        // The file is replaced, not rewritten, so that a reader notices the change.
        fs::write(root.join("packed-refs.new"), packed)?;
        fs::rename(root.join("packed-refs.new"), root.join("packed-refs"))
    }
}

impl Repository {
    /// Copies the references again, if the repository has a mirror.
    pub(super) fn refresh_references(&self) -> Result<(), GitError> {
        let Some(mirror) = &self.place.mirror else { return Ok(()) };
        mirror.copy_references(self.root(), &self.git_options)
    }

    /// Changes references by running git: all of them or none. Returns `None`, without a change, if there is no mirror.
    pub(super) fn edit_by_git(&self, edits: &[Edit], message: &str) -> Option<Result<(), ProgramError>> {
        self.place.mirror.as_ref()?;
        let mut lines = Vec::new();
        let none = self.gix.object_hash().null();
        for Edit { name, from, to } in edits {
            let (from, to) = (from.unwrap_or(none).to_string(), to.unwrap_or(none).to_string());
            lines.extend([b"update ", &name[..], b" ", to.as_bytes(), b" ", from.as_bytes(), b"\n"].concat());
        }
        let done = self.git(["update-ref", "-m", message, "--stdin"]).run(&lines).map(drop);
        // The change is done, so an error of the copy is not an error of the change.
        let _ = self.refresh_references();
        Some(done)
    }

    /// Writes an object by running git, and returns its id. Returns `None`, without writing, if there is no mirror.
    pub(super) fn write_by_git(&self, kind: &str, data: &[u8]) -> Option<Result<gix::ObjectId, ProgramError>> {
        self.place.mirror.as_ref()?;
        let written = self.git(["hash-object", "-w", "--stdin", "-t", kind]).run(data);
        Some(written.map(|id| gix::ObjectId::from_hex(id.trim_end()).unwrap_or(self.gix.object_hash().null())))
    }
}

/// Creates the directory `objects` in the mirror, with links to the contents of all directories where git reads
/// objects. The lists of alternates in these directories are left out, since the alternates are already among the
/// directories.
fn gather_objects(own: &Path, more: &[PathBuf], root: &Path) -> io::Result<()> {
    let mut known = BTreeSet::new();
    let mut found = Vec::new();
    for directory in std::iter::once(own).chain(more.iter().map(PathBuf::as_path)) {
        gather(directory, 0, &mut known, &mut found);
    }
    let mut list = String::new();
    for (number, directory) in found.iter().enumerate() {
        let stand_in = root.join(format!("objects-{number}"));
        fs::create_dir_all(stand_in.join("info"))?;
        for name in (0..=0xff).map(|byte| format!("{byte:02x}")).chain(["pack".to_owned()]) {
            link_to(&directory.join(&name), &stand_in.join(&name))?;
        }
        list.extend([stand_in.to_string_lossy().as_ref(), "\n"]);
    }
    let info = root.join("objects/info");
    fs::create_dir_all(&info)?;
    fs::create_dir_all(root.join("objects/pack"))?;
    for name in ["commit-graph", "commit-graphs"] {
        if own.join("info").join(name).exists() {
            link_to(&own.join("info").join(name), &info.join(name))?;
        }
    }
    fs::write(info.join("alternates"), list)
}

/// Adds an object directory and its alternates to `found`, each once. Like git, this ignores directories that do not
/// exist.
fn gather(directory: &Path, depth: usize, known: &mut BTreeSet<PathBuf>, found: &mut Vec<PathBuf>) {
    let Ok(real) = directory.canonicalize() else { return };
    if depth > MAX_DEPTH || !real.is_dir() || !known.insert(real.clone()) {
        return;
    }
    let named = fs::read(real.join("info/alternates")).unwrap_or_default();
    found.push(real.clone());
    for line in named.lines().filter(|line| !line.is_empty() && !line.starts_with(b"#")) {
        let Some(path) = unquoted(line) else { continue };
        if let Ok(path) = gix::path::from_bstr(path.as_bstr()) {
            gather(&real.join(path), depth + 1, known, found);
        }
    }
}

#[cfg(unix)]
fn link_to(target: &Path, link: &Path) -> io::Result<()> {
    std::os::unix::fs::symlink(target, link)
}

#[cfg(not(unix))]
fn link_to(_: &Path, _: &Path) -> io::Result<()> {
    Err(io::Error::new(io::ErrorKind::Unsupported, "this system allows symbolic links to administrators only"))
}
