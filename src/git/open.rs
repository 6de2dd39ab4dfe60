use std::path::Path;

/// A repository, opened for reading.
pub struct Repository {
    pub(super) gix: gix::Repository,
}

/// Why no repository could be opened.
#[derive(Debug, thiserror::Error)]
#[error("no git repository at {dir} or above it")]
pub struct OpenError {
    dir: String,
    #[source]
    source: Box<dyn std::error::Error + Send + Sync>,
}

impl Repository {
    /// Opens the repository that holds `dir`, as git would find it.
    ///
    /// # Errors
    /// When there is none.
    pub fn discover(dir: &Path) -> Result<Self, OpenError> {
        let mut trust = gix::sec::trust::Mapping::<gix::open::Options>::default();
        trust.full = trust.full.bail_if_untrusted(true);
        trust.reduced = trust.reduced.bail_if_untrusted(true);
        gix::ThreadSafeRepository::discover_with_environment_overrides_opts(
            dir,
            gix::discover::upwards::Options::default(),
            trust,
        )
        .map(|repository| Self { gix: repository.to_thread_local() })
        .map_err(|source| OpenError { dir: dir.display().to_string(), source: source.into() })
    }
}
