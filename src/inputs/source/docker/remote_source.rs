//! Sources of `ADD` that are addresses and not paths in the context.

/// Whether a source is the address of a file or of a git repository. `github.com/acme/web`, without a scheme, is not an
/// address but a path.
pub(super) fn is_remote(source: &str) -> bool {
    if let Some((scheme, _)) = source.split_once("://")
        && !scheme.is_empty()
        && scheme.chars().all(|c| c.is_ascii_alphanumeric())
    {
        return ["http", "https"].contains(&scheme) || ["ssh", "git"].contains(&&*scheme.to_ascii_lowercase());
    }
    is_scp(source)
}

/// Whether a source is an address, whatever its variables hold: its text before the first variable has the beginning of
/// one, as in `https://acme.org/$VERSION.tgz`.
pub(super) fn begins_remote(word: &str) -> bool {
    let word = word.trim_start_matches(['"', '\'']);
    let before = word.split(['$', '\\', '"', '\'']).next().unwrap_or_default();
    before.contains("://") && is_remote(before)
}

/// Whether a source has the form of `git@github.com:acme/web.git`: a user, a host and a path.
fn is_scp(source: &str) -> bool {
    let Some((host, _)) = source.split_once(':') else { return false };
    let Some((user, host)) = host.split_once('@') else { return false };
    let is_name = |name: &str, other: &str| {
        !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || other.contains(c))
    };
    is_name(user, "_") && is_name(host, ".")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_told_from_paths() {
        for source in ["https://a.b/c", "SSH://a", "git@github.com:a/b.git#main", "ssh://git@a/b", "git://a/b"] {
            assert!(is_remote(source), "{source}");
        }
        for source in ["a", "a:b", "github.com/a/b", "ftp://a/b", "./https://a", "a@b", "x/a@b:c", "@a:b", "HTTP://a"] {
            assert!(!is_remote(source), "{source}");
        }
        for source in ["https://a.b/$X/c", "\"https://a.b/v${X}.jar\"", "ssh://$HOST/a"] {
            assert!(begins_remote(source), "{source}");
        }
        for source in ["$X://a", "https:$X", "a/$X", "ht${X}tps://a", "\\https://a", "git@$X:a"] {
            assert!(!begins_remote(source), "{source}");
        }
    }
}
