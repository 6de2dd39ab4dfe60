//! A client of the OCI distribution API. It asks registries whether images exist, reads the labels of images, and adds
//! tags to images. An image counts as existing only if the registry's answer is complete and valid. After an answer of
//! 404 it counts as missing. After any other answer, it is unknown whether the image exists, and the reason is
//! reported.
//!
//! Registries are not trusted: answers are limited in time and size, and digests are verified. Credentials are only
//! sent to the registry and to its token server, over HTTPS or to this machine itself.

mod address;
mod challenge;
mod client;
mod credentials;
mod digest;
mod labels;
mod registry_failure;
mod manifest;
mod platform;
mod session;
mod tagging;
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
pub use labels::ImageLabels;
pub use registry_failure::{RegistryFailure, RegistryProblem};
pub use tagging::{TagOutcome, Tagged, Tagging};
pub use tls::NoTls;

use crate::naming::image::Reference;
use address::{Access, Address};
use client::Client;
use credentials::Store;
use session::Session;

/// How many requests run at once.
const AT_ONCE: usize = 8;

/// A question to a registry: whether it has an image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// The image that may exist.
    pub reference: Reference,
    /// The platforms that the image must have. If this is empty, any platform is enough.
    pub platforms: Vec<String>,
}

/// Whether an image exists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ImagePresence {
    /// The image exists, for every requested platform.
    Exists {
        /// The image's digest, `sha256:…`.
        digest: String,
    },
    /// The image does not exist, or not for every platform.
    Missing,
    /// It is not known whether the image exists.
    Unknown(RegistryFailure),
}

/// A client for all registries, with its credentials.
pub struct Registries {
    client: Client,
    store: Store,
    /// The registries that do not answer, each with the reason. They get no more requests.
    silent: Mutex<BTreeMap<String, RegistryProblem>>,
}

impl Registries {
    /// Creates a client that uses these credential files of Docker or Podman. Earlier files take precedence; missing
    /// files are ignored. All questions together take no longer than `limit`.
    #[must_use]
    pub fn new(credentials: &[PathBuf], limit: Duration) -> Self {
        Self { client: Client::new(limit), store: Store::read(credentials), silent: Mutex::default() }
    }

    /// Asks whether images exist. Several questions are asked at the same time. The answers are in the order of the
    /// questions. No registry is asked for an image with a name for this machine only.
    #[must_use]
    pub fn ask(&self, questions: &[Question]) -> Vec<ImagePresence> {
        at_once(questions, |question| self.answer(question))
    }

    /// Adds tags to images. Several images get their tags at the same time. Returns the outcomes in the order of the
    /// images.
    #[must_use]
    pub fn tag(&self, images: &[Tagging]) -> Vec<Tagged> {
        at_once(images, |image| {
            let address = Address::of(&image.name);
            let registry = address.registry.clone();
            if let Some(reason) = self.silence(&registry) {
                return Tagged::Unread(RegistryFailure { registry, reason });
            }
            let tagged = Session::new(&self.client, &self.store, address, Access::Write).tag(image, &registry);
            if let Tagged::Unread(failure) = &tagged {
                self.note_silence(failure);
            }
            tagged
        })
    }

    /// Reads the labels of images, several images at the same time. Returns the answers in the order of the references.
    /// No registry is asked for an image with a name for this machine only.
    #[must_use]
    pub fn labels(&self, images: &[Reference]) -> Vec<ImageLabels> {
        at_once(images, |image| {
            if image.name.is_local() {
                return ImageLabels::Missing;
            }
            let address = Address::of(&image.name);
            let registry = address.registry.clone();
            let read = match self.silence(&registry) {
                Some(reason) => Err(reason),
                None => Session::new(&self.client, &self.store, address, Access::Read).labels(&image.tag),
            };
            read.unwrap_or_else(|reason| {
                let failure = RegistryFailure { registry, reason };
                self.note_silence(&failure);
                ImageLabels::Unknown(failure)
            })
        })
    }

    fn answer(&self, question: &Question) -> ImagePresence {
        if question.reference.name.is_local() {
            return ImagePresence::Missing;
        }
        let address = Address::of(&question.reference.name);
        let registry = address.registry.clone();
        let asked = match self.silence(&registry) {
            Some(reason) => Err(reason),
            None => Session::new(&self.client, &self.store, address, Access::Read).ask(question),
        };
        asked.unwrap_or_else(|reason| {
            let failure = RegistryFailure { registry, reason };
            self.note_silence(&failure);
            ImagePresence::Unknown(failure)
        })
    }

    /// Returns the reason why a registry gets no more requests; `None` if it may get requests.
    fn silence(&self, registry: &str) -> Option<RegistryProblem> {
        self.silent.lock().unwrap_or_else(PoisonError::into_inner).get(registry).cloned()
    }

    fn note_silence(&self, failure: &RegistryFailure) {
        if failure.reason.is_silence() {
            let mut silent = self.silent.lock().unwrap_or_else(PoisonError::into_inner);
            silent.entry(failure.registry.clone()).or_insert_with(|| failure.reason.clone());
        }
    }
}

/// Calls a function with each item, on up to [`AT_ONCE`] threads. Returns the results in the order of the items.
fn at_once<T: Sync, R: Send>(all: &[T], each: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let next = AtomicUsize::new(0);
    let results: Mutex<BTreeMap<usize, R>> = Mutex::default();
    thread::scope(|scope| {
        for _ in 0..AT_ONCE.min(all.len()) {
            scope.spawn(|| {
                loop {
                    let at = next.fetch_add(1, Ordering::Relaxed);
                    let Some(one) = all.get(at) else { return };
                    let result = each(one);
                    results.lock().unwrap_or_else(PoisonError::into_inner).insert(at, result);
                }
            });
        }
    });
    results.into_inner().unwrap_or_else(PoisonError::into_inner).into_values().collect()
}
