//! A client of the OCI distribution API that asks whether an image with the same content exists. Only a certain yes
//! counts. A 404 means no; any other answer means no, with a reason.
//!
//! Registries are not trusted: answers are limited in time and size, and digests are verified. Credentials are only
//! sent to the registry and to its token server, over HTTPS or on the loopback.

mod address;
mod challenge;
mod client;
mod credentials;
mod digest;
mod registry_failure;
mod manifest;
mod platform;
mod session;
mod tls;
mod bearer_token;
mod url;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Duration;

pub use client::NoAnswer;
pub use registry_failure::{RegistryFailure, RegistryProblem};
pub use tls::NoTls;

use crate::naming::image::Reference;
use address::Address;
use client::Client;
use credentials::Store;
use session::Session;

/// How many requests run at once.
const AT_ONCE: usize = 8;

/// A question to a registry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// The image that may exist.
    pub reference: Reference,
    /// The platforms that the image must have; empty for any.
    pub platforms: Vec<String>,
}

/// Whether an image exists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ImagePresence {
    /// It exists, for every platform that was asked about.
    Exists {
        /// Its digest, `sha256:…`.
        digest: String,
    },
    /// It does not exist, or not for every platform.
    Missing,
    /// It is not known.
    Unknown(RegistryFailure),
}

/// A client for all registries, with its credentials.
pub struct Registries {
    client: Client,
    store: Store,
    /// The registries that do not answer, and why. They are not asked again.
    silent: Mutex<BTreeMap<String, RegistryProblem>>,
}

impl Registries {
    /// Creates a client that uses these credential files of Docker or Podman. Earlier files take precedence; missing
    /// files are ignored. All questions together take no longer than `limit`.
    #[must_use]
    pub fn new(credentials: &[PathBuf], limit: Duration) -> Self {
        Self { client: Client::new(limit), store: Store::read(credentials), silent: Mutex::default() }
    }

    /// Asks whether images exist, several at once. The answers are in the order of the questions.
    #[must_use]
    pub fn ask(&self, questions: &[Question]) -> Vec<ImagePresence> {
        let next = AtomicUsize::new(0);
        let answers: Mutex<BTreeMap<usize, ImagePresence>> = Mutex::default();
        thread::scope(|scope| {
            for _ in 0..AT_ONCE.min(questions.len()) {
                scope.spawn(|| {
                    loop {
                        let at = next.fetch_add(1, Ordering::Relaxed);
                        let Some(question) = questions.get(at) else { return };
                        let answer = self.answer(question);
                        answers.lock().unwrap_or_else(PoisonError::into_inner).insert(at, answer);
                    }
                });
            }
        });
        answers.into_inner().unwrap_or_else(PoisonError::into_inner).into_values().collect()
    }

    fn answer(&self, question: &Question) -> ImagePresence {
        let address = Address::of(&question.reference.name);
        let registry = address.registry.clone();
        let silent = || self.silent.lock().unwrap_or_else(PoisonError::into_inner);
        let known = silent().get(&registry).cloned();
        let asked = match known {
            Some(reason) => Err(reason),
            None => Session::new(&self.client, &self.store, address).ask(question),
        };
        asked.unwrap_or_else(|reason| {
            if reason.is_silence() {
                silent().entry(registry.clone()).or_insert_with(|| reason.clone());
            }
            ImagePresence::Unknown(RegistryFailure { registry, reason })
        })
    }
}
