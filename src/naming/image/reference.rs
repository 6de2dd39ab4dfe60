use std::fmt;

use super::image_tag::ImageTag;
use crate::model::name::Escaped;

/// The name of an image without a tag: `ghcr.io/acme/api`. It consists of a registry and a repository.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ImageName(String);

/// Why a text is not the name of an image, and what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ImageNameError {
    /// It is empty.
    #[error("the name of an image may not be empty")]
    Empty,
    /// It begins like a URL.
    #[error("the name of an image must not begin with `{}://`; write `{}`", Escaped::new(.0), Escaped::new(.1))]
    Scheme(String, String),
    /// It has upper-case letters, which are only allowed in a registry's host.
    #[error("the name of an image must be in lower case; write `{}`", Escaped::new(.0))]
    UpperCase(String),
    /// It ends with a tag.
    #[error("the name of an image must not have a tag; write `{}`, and the tag in `tags`", Escaped::new(.0))]
    Tag(String),
    /// It ends with a digest.
    #[error("the name of an image must not have a digest; write `{}`", Escaped::new(.0))]
    Digest(String),
    /// The registry is not a host with an optional port.
    #[error("`{}` is not the host of a registry, such as `ghcr.io` or `localhost:5000`", Escaped::new(.0))]
    Host(String),
    /// A part between slashes is not allowed.
    #[error(
        "`{}` cannot be a part of an image's name: parts are lower-case letters and digits, with one `.`, one or two \
         `_`, or any number of `-` between them",
        Escaped::new(.0)
    )]
    Component(String),
    /// It consists of 64 hexadecimal digits, which are reserved for an image's id.
    #[error("64 hexadecimal digits are the id of an image, and cannot be its name")]
    Id,
    /// It is longer than registries and clients accept; this is its length.
    #[error("the name of an image has at most 255 characters; this one has {0}")]
    TooLong(usize),
}

impl ImageName {
    /// Checks the name of an image (the grammar of OCI distribution and of Docker's references).
    ///
    /// # Errors
    /// When a registry or Docker would refuse it.
    pub fn parse(text: &str) -> Result<Self, ImageNameError> {
        if text.is_empty() {
            return Err(ImageNameError::Empty);
        }
        if let Some((scheme, rest)) = text.split_once("://") {
            return Err(ImageNameError::Scheme(scheme.to_owned(), rest.to_owned()));
        }
        if let Some((name, _)) = text.split_once('@') {
            return Err(ImageNameError::Digest(name.to_owned()));
        }
        let (host, path) = match text.split_once('/') {
            // The first part is a host only if it looks like one: `acme/api` is on Docker Hub.
            Some((first, path)) if first == "localhost" || first.contains(['.', ':']) => (Some(first), path),
            _ => (None, text),
        };
        if let Some(host) = host.filter(|host| !is_host(host)) {
            return Err(ImageNameError::Host(host.to_owned()));
        }
        if let Some((_, tag)) = path.rsplit_once(':') {
            return Err(ImageNameError::Tag(text[..text.len() - tag.len() - 1].to_owned()));
        }
        if path.contains(|c: char| c.is_ascii_uppercase()) {
            let host = &text[..text.len() - path.len()];
            return Err(ImageNameError::UpperCase(format!("{host}{}", path.to_ascii_lowercase())));
        }
        if let Some(part) = path.split('/').find(|part| !is_component(part)) {
            return Err(ImageNameError::Component(part.to_owned()));
        }
        if text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(ImageNameError::Id);
        }
        if text.len() > 255 { Err(ImageNameError::TooLong(text.len())) } else { Ok(Self(text.to_owned())) }
    }

    /// Returns the name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the name in Docker's short form: without Docker Hub's host, and without the `library` of official
    /// images.
    #[must_use]
    pub fn familiar(&self) -> &str {
        let hosts = ["docker.io/", "index.docker.io/"];
        let name = hosts.iter().find_map(|host| self.0.strip_prefix(host)).unwrap_or(&self.0);
        name.strip_prefix("library/").unwrap_or(name)
    }

    /// Whether the name is for this machine only, so that nothing can be pushed under it: its host is `localhost`
    /// without a port, or it is one word, such as `api`, which names an official image in Docker Hub.
    #[must_use]
    pub fn is_local(&self) -> bool {
        self.0.starts_with("localhost/") || !self.familiar().contains('/')
    }

    /// Returns the tag in a reference to this image, `latest` if the reference has none. `None` if the reference is to
    /// another image or has a digest.
    #[must_use]
    pub fn tag_in<'t>(&self, reference: &'t str) -> Option<&'t str> {
        let start = reference.rfind('/').map_or(0, |slash| slash + 1);
        let (name, tag) = match reference[start..].split_once(':') {
            Some((last, tag)) => (&reference[..start + last.len()], tag),
            None => (reference, "latest"),
        };
        let other = Self::parse(name).ok()?;
        (other.familiar() == self.familiar() && ImageTag::parse(tag).is_ok()).then_some(tag)
    }

    /// Returns the full reference of the image with a tag: `ghcr.io/acme/api:1.0.9`.
    #[must_use]
    pub fn reference(&self, tag: &ImageTag) -> String {
        format!("{self}:{tag}")
    }
}

impl fmt::Display for ImageName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// The full reference of an image, `ghcr.io/acme/api:1.0.9`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Reference {
    /// The image.
    pub name: ImageName,
    /// One of its tags.
    pub tag: ImageTag,
}

impl Reference {
    /// Reads a full reference; `None` if the text is not a reference with a tag.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (name, tag) = text.rsplit_once(':')?;
        Some(Self { name: ImageName::parse(name).ok()?, tag: ImageTag::parse(tag).ok()? })
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.name.reference(&self.tag))
    }
}

/// Whether a text is a host name, an IPv4 address or an IPv6 address in brackets, with a port or without.
fn is_host(text: &str) -> bool {
    let (host, port) = match text.strip_prefix('[').and_then(|inside| inside.split_once(']')) {
        Some((address, "")) => return is_ipv6(address),
        Some((address, port)) => return is_ipv6(address) && port.strip_prefix(':').is_some_and(is_port),
        None => text.split_once(':').map_or((text, None), |(host, port)| (host, Some(port))),
    };
    let is_label = |label: &str| {
        !label.is_empty()
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    host.split('.').all(is_label) && port.is_none_or(is_port)
}

fn is_ipv6(text: &str) -> bool {
    text.parse::<std::net::Ipv6Addr>().is_ok()
}

fn is_port(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit()) && text.parse::<u16>().is_ok()
}

/// Whether a text has the form `[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*`.
fn is_component(text: &str) -> bool {
    let is_alphanumeric = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let is_separator = |run: &[u8]| matches!(run, b"." | b"_" | b"__") || run.iter().all(|byte| *byte == b'-');
    let bytes = text.as_bytes();
    let ends =
        bytes.first().zip(bytes.last()).is_some_and(|(first, last)| is_alphanumeric(*first) && is_alphanumeric(*last));
    ends && bytes.split(|byte| is_alphanumeric(*byte)).filter(|run| !run.is_empty()).all(is_separator)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_registries_take() {
        for name in [
            "api",
            "acme/api",
            "ghcr.io/acme/api-golang",
            "localhost/x",
            "localhost:5000/x",
            "127.0.0.1:5000/a/b/c",
            "[::1]:5000/x",
            "[fe80::1]/x",
            "Registry.Example.com/a.b_c__d---e/0",
            &format!("r.io/{}", "a".repeat(250)),
        ] {
            let parsed = ImageName::parse(name).unwrap_or_else(|error| panic!("{name}: {error}"));
            assert_eq!(parsed.reference(&ImageTag::parse("1").unwrap()), format!("{name}:1"));
        }
    }

    #[test]
    fn a_full_reference_has_a_tag() {
        for text in ["api:1", "r.io:5000/acme/api:1.0.9-x", "[::1]:5000/x:latest"] {
            assert_eq!(Reference::parse(text).unwrap().to_string(), text);
        }
        for text in ["api", "r.io:5000/acme/api", "api:", "api@sha256:00", ":1", "api:a/b"] {
            assert_eq!(Reference::parse(text), None, "{text}");
        }
    }

    #[test]
    fn a_reference_names_a_tag_of_an_image() {
        let tag = |name: &str, reference: &'static str| ImageName::parse(name).unwrap().tag_in(reference);
        assert_eq!(tag("r.io:5000/acme/base", "r.io:5000/acme/base"), Some("latest"));
        assert_eq!(tag("r.io:5000/acme/base", "r.io:5000/acme/base:main"), Some("main"));
        assert_eq!(tag("acme/base", "docker.io/acme/base:main"), Some("main"));
        assert_eq!(tag("docker.io/library/base", "base"), Some("latest"));
        for other in ["r.io/acme/base", "acme/base@sha256:00", "acme/base:x@sha256:00", "acme/base:", "acme/bas", ""] {
            assert_eq!(tag("acme/base", other), None, "{other}");
        }
    }

    #[test]
    fn a_name_of_this_machine_has_no_registry() {
        for (name, local) in [
            ("api", true),
            ("docker.io/library/api", true),
            ("localhost/acme/api", true),
            ("acme/api", false),
            ("localhost:5000/api", false),
            ("localhost.example/api", false),
        ] {
            assert_eq!(ImageName::parse(name).unwrap().is_local(), local, "{name}");
        }
    }

    #[test]
    fn other_names_are_refused_with_the_cure() {
        let text = str::to_owned;
        for (name, error) in [
            ("", ImageNameError::Empty),
            ("https://ghcr.io/a", ImageNameError::Scheme(text("https"), text("ghcr.io/a"))),
            ("ghcr.io/Acme/API", ImageNameError::UpperCase(text("ghcr.io/acme/api"))),
            ("API", ImageNameError::UpperCase(text("api"))),
            ("ghcr.io/acme/api:1.0", ImageNameError::Tag(text("ghcr.io/acme/api"))),
            ("api:1.0", ImageNameError::Tag(text("api"))),
            ("api@sha256:00", ImageNameError::Digest(text("api"))),
            ("local_host:5000/a", ImageNameError::Host(text("local_host:5000"))),
            ("localhost:/a", ImageNameError::Host(text("localhost:"))),
            ("localhost:+5/a", ImageNameError::Host(text("localhost:+5"))),
            ("[::g]:1/a", ImageNameError::Host(text("[::g]:1"))),
            ("-x.io/a", ImageNameError::Host(text("-x.io"))),
            ("./a", ImageNameError::Host(text("."))),
            ("ghcr.io/", ImageNameError::Component(text(""))),
            ("a//b", ImageNameError::Component(text(""))),
            ("/a", ImageNameError::Component(text(""))),
            ("a/b..c", ImageNameError::Component(text("b..c"))),
            ("a/b___c", ImageNameError::Component(text("b___c"))),
            ("a/b._c", ImageNameError::Component(text("b._c"))),
            ("a/-b", ImageNameError::Component(text("-b"))),
            ("a/b_", ImageNameError::Component(text("b_"))),
            ("größe", ImageNameError::Component(text("größe"))),
            ("a b", ImageNameError::Component(text("a b"))),
            (&"ab".repeat(32), ImageNameError::Id),
            (&"a".repeat(256), ImageNameError::TooLong(256)),
        ] {
            assert_eq!(ImageName::parse(name), Err(error), "{name:?}");
        }
    }

    #[test]
    fn messages_hold_no_escape_codes() {
        let error = ImageName::parse("a\u{1b}[2j").unwrap_err().to_string();
        assert!(error.starts_with(r"`a\x1b[2j` cannot be"), "{error}");
    }

    proptest::proptest! {
        /// Compares the check of components with the grammar of the specification.
        #[test]
        fn components_are_those_of_the_grammar(text in "[a-c0_.A-]{0,8}") {
            let grammar = regex::Regex::new(r"^[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*$").unwrap();
            proptest::prop_assert_eq!(is_component(&text), grammar.is_match(&text));
        }
    }
}
