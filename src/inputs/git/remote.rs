use super::Repository;
use crate::model::name::Escaped;

impl Repository {
    /// Returns the names of the remotes, sorted.
    #[must_use]
    pub(super) fn remote_names(&self) -> Vec<String> {
        self.gix.remote_names().iter().map(ToString::to_string).collect()
    }

    /// Returns the name of the remote that is used for fetching: the remote of a partial clone, else `origin`, else the
    /// only remote. If there is no such remote, returns `origin`, although it does not exist.
    #[must_use]
    pub fn remote(&self) -> String {
        let names = self.remote_names();
        let only = || names.first().filter(|_| names.len() == 1).cloned();
        let origin = || names.iter().find(|name| *name == "origin").cloned();
        let partial = self.partial_clone().map(|partial| partial.remote);
        partial.or_else(origin).or_else(only).unwrap_or_else(|| "origin".to_owned())
    }

    /// Whether there is a remote for fetching.
    pub(super) fn has_remote(&self) -> bool {
        self.knows_remote(&self.remote())
    }

    /// Whether this is the name of a remote, or an address or a path, which git accepts in place of a name.
    pub(super) fn is_remote(&self, remote: &str) -> bool {
        self.knows_remote(remote) || remote.contains(['/', ':'])
    }

    /// Whether there is a remote of this name.
    pub(super) fn knows_remote(&self, remote: &str) -> bool {
        self.remote_names().iter().any(|name| name == remote)
    }

    /// Whether the configuration says that fetches from the remote do not get tags (`git clone --no-tags`).
    pub(super) fn declines_tags(&self, remote: &str) -> bool {
        self.config(&format!("remote.{remote}.tagOpt")).as_deref() == Some("--no-tags")
    }

    /// Returns the configured address of `origin`, which may hold credentials; `None` if there is no such remote.
    #[must_use]
    pub fn remote_url(&self) -> Option<String> {
        let config = self.gix.config_snapshot();
        config.string("remote.origin.url").map(|url| url.to_string())
    }
}

/// Returns the name or address of a remote for messages. User and password are left out, as in git's own messages, and
/// the result is escaped.
#[must_use]
pub fn shown_remote(remote: &str) -> String {
    let (before, rest) = match remote.find("://") {
        Some(at) => remote.split_at(at + "://".len()),
        // Without `://`, only the form of scp (`git@host:path`) is an address; anything else is a path or a name.
        None if remote.split('/').next().is_some_and(|host| host.contains(':')) => ("", remote),
        None => return Escaped::new(remote).to_string(),
    };
    // In the form of scp, a colon ends the host. In a URL, the password may contain a colon.
    let end = if before.is_empty() { rest.find(':') } else { rest.find('/') }.unwrap_or(rest.len());
    let host = rest[..end].rfind('@').map_or(0, |at| at + 1);
    Escaped::new(&format!("{before}{}", &rest[host..])).to_string()
}

#[cfg(test)]
mod tests {
    use super::shown_remote;

    #[test]
    fn a_remote_is_shown_without_credentials() {
        for (remote, shown) in [
            ("https://user:pass@host.io:9/a@b.git", "https://host.io:9/a@b.git"),
            ("https://token@host.io/a.git", "https://host.io/a.git"),
            ("https://user:p@ss@host.io", "https://host.io"),
            ("ext::https://user:pass@host.io/a", "ext::https://host.io/a"),
            ("git@host.io:acme/a.git", "host.io:acme/a.git"),
            ("user@host.io:a@b", "host.io:a@b"),
            ("./a@b", "./a@b"),
            ("/srv/a@b:c", "/srv/a@b:c"),
            ("origin", "origin"),
            ("@odd/name", "@odd/name"),
            ("https://host.io/\u{202e}", "https://host.io/\\u{202e}"),
        ] {
            assert_eq!(shown_remote(remote), shown);
        }
    }
}
