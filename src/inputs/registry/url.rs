use std::fmt;
use std::net::IpAddr;

use ureq::http::Uri;

/// An address that rebake may request: HTTPS, or plain HTTP on this machine. Docker allows the same kinds of addresses
/// for registries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Url {
    uri: Uri,
    host: String,
    port: u16,
}

impl Url {
    /// Reads an absolute address. `None` if it is neither HTTPS nor plain HTTP on this machine, or if it contains a
    /// user.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let uri: Uri = text.parse().ok()?;
        let authority = uri.authority().filter(|authority| !authority.as_str().contains('@'))?;
        let host = authority.host().to_ascii_lowercase();
        let standard = match uri.scheme_str()? {
            "https" => 443,
            "http" if is_loopback(&host) => 80,
            _ => return None,
        };
        let port = authority.port_u16().unwrap_or(standard);
        Some(Self { uri, host, port })
    }

    /// Returns the address in a `Location` header, which may be relative to this address; `None` if it may not be
    /// requested.
    pub(super) fn join(&self, location: &str) -> Option<Self> {
        let location = location.split('#').next().unwrap_or_default();
        if location.contains("://") && !location.starts_with(['/', '?']) {
            return Self::parse(location);
        }
        let (scheme, path) = (self.uri.scheme_str()?, self.uri.path());
        let authority = self.uri.authority()?;
        match location {
            "" => None,
            text if text.starts_with("//") => Self::parse(&format!("{scheme}:{text}")),
            text if text.starts_with('/') => Self::parse(&format!("{scheme}://{authority}{text}")),
            text if text.starts_with('?') => Self::parse(&format!("{scheme}://{authority}{path}{text}")),
            text => {
                let directory = &path[..=path.rfind('/')?];
                Self::parse(&format!("{scheme}://{authority}{directory}{text}"))
            }
        }
    }

    /// Whether this address and another have the same origin (scheme, host and port), so that they may get the same
    /// secrets.
    pub(super) fn has_origin_of(&self, other: &Self) -> bool {
        (self.uri.scheme(), &self.host, self.port) == (other.uri.scheme(), &other.host, other.port)
    }

    /// Whether the server is on this machine.
    pub(super) fn is_loopback(&self) -> bool {
        is_loopback(&self.host)
    }

    /// Whether the address is plain HTTP, without TLS.
    pub(super) fn is_plain(&self) -> bool {
        self.uri.scheme_str() == Some("http")
    }

    /// Returns the address with parameters such as `a=1&b=2` added to its query.
    pub(super) fn with_query(&self, query: &str) -> Option<Self> {
        let separator = if self.uri.query().is_some() { '&' } else { '?' };
        Self::parse(&format!("{}{separator}{query}", self.uri))
    }

    /// Returns the address in the type of the HTTP library.
    pub(super) fn uri(&self) -> &Uri {
        &self.uri
    }

    /// Returns the server's name, for messages.
    pub(super) fn host(&self) -> &str {
        &self.host
    }
}

/// Writes only the server, since the rest may contain a signature that gives access to storage.
impl fmt::Display for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.uri.authority().map_or(self.host.as_str(), ureq::http::uri::Authority::as_str))
    }
}

/// Whether a host, with a port or without, is on this machine: `localhost`, `127.0.0.0/8` and `[::1]`.
pub(super) fn is_loopback(host: &str) -> bool {
    let name = match host.strip_prefix('[').and_then(|inside| inside.split_once(']')) {
        Some((address, _)) => address,
        None => host.split(':').next().unwrap_or(host),
    };
    name == "localhost" || name.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_text_stays_on_this_machine() {
        for good in ["https://r.io/v2/", "http://localhost:5000/v2/", "http://127.9.9.9/x", "http://[::1]:5000/x"] {
            assert!(Url::parse(good).is_some(), "{good}");
        }
        for bad in [
            "http://r.io/v2/",
            "http://localhost.r.io/",
            "http://127.0.0.1.r.io/",
            "https://u:p@r.io/",
            "file:///etc/passwd",
            "/v2/",
            "",
            "https://",
            "https://r.io/a b",
        ] {
            assert!(Url::parse(bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn a_location_is_read_as_browsers_do() {
        let from = Url::parse("https://r.io:444/v2/a/blobs/x?y").unwrap();
        for (location, to) in [
            ("https://cdn.io/x?s=1", "https://cdn.io/x?s=1"),
            ("//cdn.io/x", "https://cdn.io/x"),
            ("/z", "https://r.io:444/z"),
            ("?z", "https://r.io:444/v2/a/blobs/x?z"),
            ("z#f", "https://r.io:444/v2/a/blobs/z"),
            ("/back?to=https://r.io", "https://r.io:444/back?to=https://r.io"),
        ] {
            assert_eq!(from.join(location), Url::parse(to), "{location}");
            assert!(Url::parse(to).is_some());
        }
        for refused in ["http://r.io/x", "", "ftp://r.io/x", "//"] {
            assert_eq!(from.join(refused), None, "{refused}");
        }
    }

    #[test]
    fn an_origin_is_scheme_host_and_port() {
        let same = |a: &str, b: &str| Url::parse(a).unwrap().has_origin_of(&Url::parse(b).unwrap());
        assert!(same("https://R.io/a", "https://r.io:443/b"));
        assert!(!same("https://r.io/a", "https://r.io:8443/a"));
        assert!(!same("https://r.io/a", "https://cdn.r.io/a"));
        assert!(!same("https://localhost:5000/a", "http://localhost:5000/a"));
    }
}
