//! The credentials that `docker login` and `podman login` store, in files and with credential helpers.

mod auth_file;
mod helper;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use super::address::Address;
use super::client::Secret;
use auth_file::File;
use helper::HelperError;

/// The credentials for a registry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Credentials {
    /// A name and a password.
    Password {
        /// The name.
        name: String,
        /// The password.
        password: Secret,
    },
    /// A token that a token server accepts instead of a password.
    IdentityToken(Secret),
    /// A token for the registry itself.
    RegistryToken(Secret),
}

/// All stored credentials. The files are read when this value is created; a helper runs when its credentials are first
/// needed.
pub(super) struct Store {
    files: Vec<File>,
    troubles: Vec<String>,
    /// The answers of helpers, by helper and server, so that a helper runs once per server.
    answers: Mutex<BTreeMap<(String, String), HelperAnswer>>,
}

/// A helper's answer about a server: the credentials, or `None` if the helper has none.
type HelperAnswer = Result<Option<Credentials>, HelperError>;

/// The credentials that were found for a registry.
#[derive(Debug)]
pub(super) struct Found {
    /// The credentials, or `None` if there are none.
    pub(super) credentials: Option<Credentials>,
    /// Problems with credential files or helpers. They may be the reason why there are no credentials.
    pub(super) troubles: Vec<String>,
}

impl Store {
    /// Reads the credential files at these paths. Missing files are ignored. Earlier files take precedence.
    pub(super) fn read(paths: &[PathBuf]) -> Self {
        let mut store = Self { files: Vec::new(), troubles: Vec::new(), answers: Mutex::default() };
        for path in paths {
            match File::read(path) {
                Ok(file) => store.files.extend(file),
                Err(error) => store.troubles.push(error.to_string()),
            }
        }
        store
    }

    /// Returns the credentials for a registry from the first file that has any. In each file, the credential helper
    /// takes precedence over credentials in the file itself. Each helper may take as long as `limit`.
    pub(super) fn find(&self, address: &Address, limit: Duration) -> Found {
        let mut found = Found { credentials: None, troubles: self.troubles.clone() };
        for file in &self.files {
            if let Some(helper) = file.helper(address) {
                match self.ask(helper, address.server(), limit) {
                    Ok(Some(credentials)) => return Found { credentials: Some(credentials), ..found },
                    Ok(None) => {}
                    Err(error) => found.troubles.push(error.to_string()),
                }
            }
            match file.credentials(address) {
                Some(Ok(credentials)) => return Found { credentials: Some(credentials), ..found },
                Some(Err(error)) => found.troubles.push(error.to_string()),
                None => {}
            }
        }
        found
    }

    fn ask(&self, helper: &str, server: &str, limit: Duration) -> HelperAnswer {
        // The lock is held while the helper runs, so that callers in other threads wait for its answer.
        let mut answers = self.answers.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (helper.to_owned(), server.to_owned());
        answers.entry(key).or_insert_with(|| helper::ask(helper, server, limit)).clone()
    }
}
