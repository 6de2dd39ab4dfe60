//! Where filters.yaml is found, and read.

use std::io::Read as _;
use std::path::{Path, PathBuf};

use crate::config::{self, Config, Options};
use crate::diagnostic::Diagnostic;
use crate::git::{self, Repository};
use crate::name::{CommitId, Escaped, RepoPath};

/// Where the file is looked for, at the root of the repository (spec section 2).
const PLACES: [&str; 4] = ["filters.yaml", "filters.yml", ".github/filters.yaml", ".github/filters.yml"];

/// The configuration's text, and where it came from.
#[derive(Debug, Clone)]
pub struct ConfigFile {
    /// The name that people know it by: as given, else relative to the root of the repository.
    pub name: String,
    /// Its content.
    pub bytes: Vec<u8>,
    /// Its path in the repository; none where it lies outside.
    pub in_repository: Option<RepoPath>,
    /// What the file does not say itself.
    pub options: Options,
}

/// Why there is no configuration.
#[derive(Debug, thiserror::Error)]
pub enum ConfigFileError {
    /// It is at none of the usual places.
    #[error("there is no filters.yaml at the root of the repository, nor in its .github")]
    NotFound,
    /// It cannot be read.
    #[error("cannot read {}: {source}", Escaped::new(path.display().to_string().as_bytes()))]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// The repository cannot be read.
    #[error(transparent)]
    Git(#[from] git::Error),
}

impl ConfigFile {
    /// Reads the file that somebody named, relative to `from`; else the first that stands at one of the usual places:
    /// of the work tree, or of `at`'s tree where the question is about another commit, or where there is no work tree.
    ///
    /// # Errors
    /// When there is none, or it cannot be read.
    pub fn find(
        repository: &Repository,
        named: Option<&Path>,
        from: &Path,
        at: Option<&CommitId>,
    ) -> Result<Self, ConfigFileError> {
        match (named, repository.work_dir(), at) {
            (Some(path), work_dir, _) => Self::named(path, from, work_dir),
            (None, Some(root), None) => Self::in_work_tree(root),
            (None, None, None) => {
                let head = repository.head()?;
                head.commit().ok_or(ConfigFileError::NotFound).and_then(|commit| Self::in_tree(repository, commit))
            }
            (None, _, Some(commit)) => Self::in_tree(repository, commit),
        }
    }

    fn named(path: &Path, from: &Path, work_dir: Option<&Path>) -> Result<Self, ConfigFileError> {
        let full = from.join(path);
        let unreadable = |source| ConfigFileError::Unreadable { path: path.to_owned(), source };
        let bytes = read(&full).map_err(unreadable)?;
        let real = full.canonicalize().map_err(unreadable)?;
        let in_repository = work_dir
            .and_then(|root| root.canonicalize().ok())
            .and_then(|root| real.strip_prefix(root).map(Path::to_owned).ok())
            .map(|inside| repo_path(&inside));
        Ok(Self { name: path.display().to_string(), bytes, in_repository, options: Options::default() })
    }

    fn in_work_tree(root: &Path) -> Result<Self, ConfigFileError> {
        for place in PLACES {
            let path = root.join(place);
            match read(&path) {
                Ok(bytes) => {
                    let in_repository = Some(RepoPath::from_git(place));
                    return Ok(Self { name: place.to_owned(), bytes, in_repository, options: Options::default() });
                }
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
                Err(source) => return Err(ConfigFileError::Unreadable { path, source }),
            }
        }
        Err(ConfigFileError::NotFound)
    }

    fn in_tree(repository: &Repository, commit: &CommitId) -> Result<Self, ConfigFileError> {
        for place in PLACES {
            let path = RepoPath::from_git(place);
            if let Some(file) = repository.file_at(commit, &path)? {
                let bytes = file.read()?;
                return Ok(Self {
                    name: place.to_owned(),
                    bytes,
                    in_repository: Some(path),
                    options: Options::default(),
                });
            }
        }
        Err(ConfigFileError::NotFound)
    }

    /// Reads what the file says: a configuration exactly when none of the problems is an error.
    #[must_use]
    pub fn parse(&self) -> (Option<Config>, Vec<Diagnostic>) {
        match config::source(&self.name, &self.bytes) {
            Ok(source) => config::parse(&source, self.options),
            Err(problem) => (None, vec![problem]),
        }
    }

    /// Returns the same file with the content of another time.
    pub(super) fn with(&self, bytes: Vec<u8>) -> Self {
        Self { bytes, ..self.clone() }
    }
}

/// Reads no more of a file than tells that it is too large to be a configuration.
fn read(path: &Path) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    std::fs::File::open(path)?.take(config::MAX_BYTES as u64 + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn repo_path(path: &Path) -> RepoPath {
    let parts: Vec<_> = path.components().map(|part| part.as_os_str().to_string_lossy()).collect();
    RepoPath::from_git(parts.join("/"))
}
