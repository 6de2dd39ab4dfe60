use std::fmt::Write as _;

use super::{GitError, Repository};

/// The name of an environment variable that holds a token for the remotes. Git itself reads the variable when a remote
/// asks for credentials, so the token is never in an argument or a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenVariable(String);

impl TokenVariable {
    /// Returns the variable of this name; `None` if the name is empty, begins with a digit, or has other characters
    /// than ASCII letters, digits and `_`.
    #[must_use]
    pub fn new(name: &str) -> Option<Self> {
        let is_word = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        (is_word && name.starts_with(|first: char| !first.is_ascii_digit())).then(|| Self(name.to_owned()))
    }
}

impl Repository {
    /// Makes git answer with this token when a remote of the repository asks for credentials. Stored credentials are
    /// tried first. The token is only sent over HTTPS, or over HTTP to a remote on this machine.
    ///
    /// # Errors
    /// When the address of a remote cannot be read from git's configuration.
    pub fn with_token(mut self, token: &TokenVariable) -> Result<Self, GitError> {
        // Servers of git repositories accept this user name, or any name, together with a token.
        let helper = format!(
            r#"!f() {{ test "$1" != get || printf 'username=x-access-token\npassword=%s\n' "${}"; }}; f"#,
            token.0
        );
        for remote in self.remote_names() {
            let Some(server) = self.server(&remote)? else { continue };
            self.git_options.extend(["-c".to_owned(), format!("credential.{server}.helper={helper}")]);
        }
        Ok(self)
    }

    /// Returns the scheme, host and port of a remote, such as `https://example.com:8443`; `None` if the remote must not
    /// get the token.
    fn server(&self, remote: &str) -> Result<Option<String>, GitError> {
        let found = self.gix.find_remote(remote).map_err(GitError::reading("the remotes"))?;
        let Some(url) = found.url(gix::remote::Direction::Fetch) else { return Ok(None) };
        let Some(host) = url.host().filter(|host| !host.contains('=')) else { return Ok(None) };
        let is_here = matches!(host, "localhost" | "127.0.0.1" | "[::1]");
        let scheme = match url.scheme {
            gix::url::Scheme::Https => "https",
            gix::url::Scheme::Http if is_here => "http",
            _ => return Ok(None),
        };
        let mut server = format!("{scheme}://{host}");
        if let Some(port) = url.port {
            let _ = write!(server, ":{port}");
        }
        Ok(Some(server))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_variable_has_a_name_that_a_shell_takes() {
        assert!(TokenVariable::new("GITHUB_TOKEN").is_some() && TokenVariable::new("_a1").is_some());
        for name in ["", "1A", "A-B", "A$(x)", "A\"", "Ä"] {
            assert_eq!(TokenVariable::new(name), None, "{name}");
        }
    }
}
