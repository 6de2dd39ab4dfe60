use std::io::{Read as _, Write as _};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use serde::Deserialize;

use super::Credentials;
use crate::inputs::registry::client::Secret;
use crate::model::name::Escaped;

/// The largest number of bytes that are read of a helper's output.
const LARGEST: u64 = 1 << 20;

/// The message of a helper that has no credentials for a server (from docker-credential-helpers). The helper also exits
/// with an error then.
const NONE: &str = "credentials not found in native keychain";

/// Why a helper gave no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum HelperError {
    /// The helper's name has characters with which it could be the path of another program.
    #[error("`{}` is not the name of a credential helper", Escaped::new(.0))]
    Name(String),
    /// The helper cannot be started.
    #[error("`docker-credential-{helper}` cannot be started: {reason}")]
    Start {
        /// The helper's name.
        helper: String,
        /// The error of the system.
        reason: String,
    },
    /// The helper took too long, and was killed.
    #[error("`docker-credential-{helper}` gave no answer within {} seconds", .limit.as_secs())]
    TimedOut {
        /// The helper's name.
        helper: String,
        /// How long it was allowed to take.
        limit: Duration,
    },
    /// The helper failed, or its output is malformed. The output is not shown, since it may be secret.
    #[error("`docker-credential-{0} get` failed; run it by hand to see why")]
    Failed(String),
}

/// Runs `docker-credential-<helper> get`, and returns the helper's credentials for a server; `None` if it has none.
/// Kills a helper that takes longer than `limit`.
pub(super) fn ask(helper: &str, server: &str, limit: Duration) -> Result<Option<Credentials>, HelperError> {
    let is_word = |byte: u8| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte);
    if !helper.bytes().all(is_word) {
        return Err(HelperError::Name(helper.to_owned()));
    }
    let start = |error: std::io::Error| HelperError::Start { helper: helper.to_owned(), reason: error.to_string() };
    let mut child = Command::new(format!("docker-credential-{helper}"))
        .arg("get")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .map_err(start)?;
    if let Some(mut stdin) = child.stdin.take() {
        // A helper that does not read closes the pipe early. That is no error, since only its output decides.
        let _ = stdin.write_all(server.as_bytes());
    }
    let (sender, receiver) = mpsc::channel();
    if let Some(stdout) = child.stdout.take() {
        thread::spawn(move || {
            let mut output = Vec::new();
            let _ = stdout.take(LARGEST).read_to_end(&mut output);
            let _ = sender.send(output);
        });
    }
    let Ok(output) = receiver.recv_timeout(limit) else {
        // A helper that has just ended cannot be killed, which is no error.
        let _ = child.kill();
        let _ = child.wait();
        return Err(HelperError::TimedOut { helper: helper.to_owned(), limit });
    };
    // A helper that has closed its output is about to exit.
    let well = match child.try_wait().map_err(start)? {
        Some(status) => status.success(),
        None => wait_briefly(&mut child).map_err(start)?,
    };
    read(&output, well).map_err(|()| HelperError::Failed(helper.to_owned()))
}

/// Whether a helper that has closed its output exits successfully within a second. A helper that still runs then is
/// killed.
fn wait_briefly(child: &mut Child) -> std::io::Result<bool> {
    for _ in 0..100 {
        thread::sleep(Duration::from_millis(10));
        if let Some(status) = child.try_wait()? {
            return Ok(status.success());
        }
    }
    let _ = child.kill();
    child.wait().map(|_| false)
}

fn read(output: &[u8], well: bool) -> Result<Option<Credentials>, ()> {
    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct Answer {
        username: String,
        secret: String,
    }
    if !well {
        return if String::from_utf8_lossy(output).trim() == NONE { Ok(None) } else { Err(()) };
    }
    let Answer { username, secret } = serde_json::from_slice(output).map_err(|_| ())?;
    let secret = Secret(secret);
    Ok(Some(match username.as_str() {
        "<token>" => Credentials::IdentityToken(secret),
        _ => Credentials::Password { name: username, password: secret },
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_helpers_say() {
        let secret = || Secret("s3cret".to_owned());
        let output = |user: &str| format!(r#"{{"ServerURL": "r.io", "Username": "{user}", "Secret": "s3cret"}}"#);
        let password = Credentials::Password { name: "ada".to_owned(), password: secret() };
        assert_eq!(read(output("ada").as_bytes(), true), Ok(Some(password)));
        assert_eq!(read(output("<token>").as_bytes(), true), Ok(Some(Credentials::IdentityToken(secret()))));
        assert_eq!(read(b"credentials not found in native keychain\n", false), Ok(None));
        assert_eq!(read(b"the keychain is locked", false), Err(()));
        assert_eq!(read(b"", true), Err(()));
    }

    #[test]
    fn a_name_is_no_path() {
        for name in ["../x", "a b", "/bin/sh", "x\n"] {
            assert_eq!(ask(name, "r.io", Duration::ZERO), Err(HelperError::Name(name.to_owned())));
        }
        let missing = ask("no-such-helper-of-anybody", "r.io", Duration::from_secs(1)).unwrap_err();
        assert!(matches!(missing, HelperError::Start { .. }), "{missing}");
    }
}
