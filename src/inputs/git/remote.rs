use super::Repository;

impl Repository {
    /// Returns the names of the remotes, sorted.
    #[must_use]
    pub(super) fn remote_names(&self) -> Vec<String> {
        self.gix.remote_names().iter().map(ToString::to_string).collect()
    }

    /// Returns the name of the remote that is fetched from: that of a partial clone, else `origin`, else the only one
    /// there is.
    pub(super) fn remote(&self) -> String {
        let names = self.remote_names();
        let only = || names.first().filter(|_| names.len() == 1).cloned();
        let origin = || names.iter().find(|name| *name == "origin").cloned();
        let partial = self.partial_clone().map(|partial| partial.remote);
        partial.or_else(origin).or_else(only).unwrap_or_else(|| "origin".to_owned())
    }

    /// Whether there is one to fetch from.
    pub(super) fn has_remote(&self) -> bool {
        self.knows_remote(&self.remote())
    }

    /// Whether there is a remote of this name.
    pub(super) fn knows_remote(&self, remote: &str) -> bool {
        self.remote_names().iter().any(|name| name == remote)
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
