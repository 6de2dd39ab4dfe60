use super::Repository;

impl Repository {
    /// Returns the names of the remotes, sorted.
    #[must_use]
    pub(super) fn remote_names(&self) -> Vec<String> {
        self.gix.remote_names().iter().map(ToString::to_string).collect()
    }

    /// Whether the clone was made so that fetches from the remote bring no tags (`git clone --no-tags`).
    pub(super) fn declines_tags(&self, remote: &str) -> bool {
        self.config(&format!("remote.{remote}.tagOpt")).as_deref() == Some("--no-tags")
    }

    /// Returns the address that `origin` is fetched from, as the configuration has it; it may hold credentials. None
    /// where there is no such remote.
    #[must_use]
    pub fn remote_url(&self) -> Option<String> {
        let config = self.gix.config_snapshot();
        config.string("remote.origin.url").map(|url| url.to_string())
    }
}
