//! Names of the two kinds of refs that builds write. A built ref records the commit at which a service was last built.
//! A begun ref marks that a build of a service has begun.
//!
//! The names are `refs/rebake/built/<environment>/<service>` and `refs/rebake/begun/<environment>/<service>`.
//! Characters of names that git refuses in a ref (`a.lock`), and slashes (`@acme/web`), are percent-encoded, so that
//! different names give different refs.

use std::fmt::Write as _;

/// The prefix of all built refs.
pub const PREFIX: &str = "refs/rebake/built/";

/// The prefix of all begun refs, which mark builds that have begun.
const BEGUN: &str = "refs/rebake/begun/";

/// Returns the full name of a service's built ref.
#[must_use]
pub fn reference(environment: &str, service: &str) -> String {
    format!("{}{}", prefix(environment), encoded(service))
}

/// Returns the full name of a service's begun ref, which marks that a build has begun and is not yet recorded.
#[must_use]
pub fn begun(environment: &str, service: &str) -> String {
    format!("{}{}", begun_prefix(environment), encoded(service))
}

/// Returns the prefix of an environment's begun refs.
#[must_use]
pub fn begun_prefix(environment: &str) -> String {
    format!("{BEGUN}{}/", encoded(environment))
}

/// Returns the prefix of an environment's built refs.
#[must_use]
pub fn prefix(environment: &str) -> String {
    format!("{PREFIX}{}/", encoded(environment))
}

/// Returns the environment and the service that a built ref names; `None` for any other ref.
#[must_use]
pub fn parse(reference: &str) -> Option<(String, String)> {
    let (environment, service) = reference.strip_prefix(PREFIX)?.split_once('/')?;
    Some((decoded(environment)?, decoded(service)?))
}

/// Encodes one part of a ref's name. Letters, digits and `_ - @` stay as they are, and so does a dot where git accepts
/// one. Every other byte is percent-encoded. An empty text becomes `%`.
fn encoded(text: &str) -> String {
    if text.is_empty() {
        return "%".to_owned();
    }
    let mut name = String::new();
    for (at, byte) in text.bytes().enumerate() {
        let rest = &text.as_bytes()[at + 1..];
        let stays = match byte {
            b'.' => at > 0 && !rest.is_empty() && rest[0] != b'.' && rest != b"lock",
            b'_' | b'-' | b'@' => true,
            byte => byte.is_ascii_alphanumeric(),
        };
        if stays {
            name.push(char::from(byte));
        } else {
            let _ = write!(name, "%{byte:02x}");
        }
    }
    name
}

fn decoded(name: &str) -> Option<String> {
    if name == "%" {
        return Some(String::new());
    }
    let mut bytes = Vec::new();
    let mut rest = name;
    while let Some((plain, code)) = rest.split_once('%') {
        bytes.extend_from_slice(plain.as_bytes());
        bytes.push(u8::from_str_radix(code.get(..2)?, 16).ok()?);
        rest = &code[2..];
    }
    bytes.extend_from_slice(rest.as_bytes());
    String::from_utf8(bytes).ok().filter(|text| encoded(text) == name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn names_that_git_takes_stay_readable() {
        for (service, name) in [
            ("api-golang", "api-golang"),
            ("v1.api", "v1.api"),
            ("@acme/web", "@acme%2fweb"),
            ("a.lock", "a%2elock"),
            ("a..b", "a%2e.b"),
            ("a.", "a%2e"),
            ("100%", "100%25"),
            ("", "%"),
        ] {
            assert_eq!(reference("production", service), format!("refs/rebake/built/production/{name}"));
        }
        assert_eq!(parse("refs/heads/x"), None);
        assert_eq!(parse("refs/rebake/built/a/%zz"), None);
    }

    proptest! {
        #[test]
        fn every_name_comes_back(environment in any::<String>(), service in ".*|[a-z./@%]{0,9}(\\.lock)?") {
            let name = reference(&environment, &service);
            let part = name.rsplit('/').next().unwrap();
            prop_assert!(!part.starts_with('.') && !part.ends_with('.') && !part.ends_with(".lock") && !part.contains(".."));
            prop_assert!(part.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-@%".contains(&byte)));
            prop_assert_eq!(parse(&name), Some((environment, service)));
        }
    }
}
