/// Returns the web address of a repository, from the address of its remote: `https://github.com/acme/shop` for
/// `git@github.com:acme/shop.git`.
///
/// User names and passwords are removed, since labels are public. `None` if the remote has no web address, such as a
/// path on this machine.
#[must_use]
pub fn source_url(remote: &str) -> Option<String> {
    let remote = remote.trim();
    if remote.chars().any(|c| c.is_control() || c.is_whitespace()) {
        return None;
    }
    let (scheme, rest) = match remote.split_once("://") {
        Some((scheme @ ("https" | "http"), rest)) => (scheme, rest),
        Some(("ssh" | "git" | "git+ssh", rest)) => ("https", rest),
        Some(_) => return None,
        // The form of scp, `host:path`. Git reads a remote in this form only if no slash stands before the colon.
        None => {
            let (host, path) = remote.split_once(':').filter(|(host, _)| !host.contains('/') && host.len() > 1)?;
            return address("https", without_user(host), path);
        }
    };
    let (authority, path) = rest.split_once('/')?;
    let host = without_user(authority);
    // The port of ssh is not that of the web server.
    let host = if remote.starts_with("http") { host } else { host.split(':').next().unwrap_or(host) };
    address(scheme, host, path)
}

fn without_user(authority: &str) -> &str {
    authority.rsplit_once('@').map_or(authority, |(_, host)| host)
}

fn address(scheme: &str, host: &str, path: &str) -> Option<String> {
    let path = path.trim_matches('/');
    let path = path.split(['?', '#']).next().unwrap_or_default();
    let path = path.strip_suffix(".git").unwrap_or(path);
    (!host.is_empty() && !path.is_empty()).then(|| format!("{scheme}://{host}/{path}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn remotes_become_addresses() {
        for (remote, url) in [
            ("git@github.com:acme/shop.git", Some("https://github.com/acme/shop")),
            ("https://github.com/acme/shop", Some("https://github.com/acme/shop")),
            ("https://user:token@github.com/acme/shop.git/", Some("https://github.com/acme/shop")),
            ("https://x-access-token:a@b@github.com/a/b?token=c", Some("https://github.com/a/b")),
            ("ssh://git@git.acme.com:2222/a/b.git", Some("https://git.acme.com/a/b")),
            ("http://git.acme.com:3000/a/b.git", Some("http://git.acme.com:3000/a/b")),
            ("/srv/git/shop.git", None),
            ("../shop", None),
            ("./a:b", None),
            (r"C:\git\shop", None),
            ("file:///srv/shop.git", None),
            ("https://github.com", None),
            ("https://x/a\nb", None),
            ("", None),
        ] {
            assert_eq!(source_url(remote).as_deref(), url, "{remote}");
        }
    }
}
