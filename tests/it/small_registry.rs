//! A registry in memory: manifests, tags and blobs of any repository. A test may put a fault in the way of a request.

use std::collections::BTreeMap;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};

use crate::http_server::{Answer, Request, StandIn, answer};
use crate::registry_server::{Image, digest};

/// What happens instead of an answer, or beside it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// An answer with this status; nothing is done.
    Status(u16),
    /// The connection ends; nothing is done.
    DroppedBefore,
    /// The connection ends when all is done.
    DroppedAfter,
    /// What was put is soon replaced by another run.
    Overtaken,
}

impl Fault {
    pub(crate) const ALL: [Self; 9] = [
        Self::Status(401),
        Self::Status(403),
        Self::Status(404),
        Self::Status(429),
        Self::Status(500),
        Self::Status(503),
        Self::DroppedBefore,
        Self::DroppedAfter,
        Self::Overtaken,
    ];
}

/// Manifests by repository and digest, tags by repository and name, blobs by digest.
#[derive(Default)]
struct Kept {
    manifests: BTreeMap<(String, String), (String, String)>,
    tags: BTreeMap<(String, String), String>,
    blobs: BTreeMap<String, String>,
    /// The number of the request that goes wrong, and how.
    fault: Option<(usize, Fault)>,
    asked: usize,
    /// The tag that is put late, once: what tells that it is asked for, and what lets it go on.
    late: Option<(String, Sender<()>, Receiver<()>)>,
    /// Whether it wants a token for what is done, which its own server gives.
    is_guarded: bool,
}

/// The registry. It ends with the test's process.
pub(crate) struct SmallRegistry {
    stand_in: StandIn,
    kept: Arc<Mutex<Kept>>,
}

impl SmallRegistry {
    pub(crate) fn start() -> Self {
        let kept: Arc<Mutex<Kept>> = Arc::default();
        let shared = Arc::clone(&kept);
        let serve = move |request: &Request| {
            let late = shared.lock().unwrap().late_for(request);
            if let Some((_, reached, go_on)) = late {
                let _ = reached.send(());
                let _ = go_on.recv();
            }
            shared.lock().unwrap().answer(request)
        };
        Self { stand_in: StandIn::serve(serve), kept }
    }

    /// Starts one that wants a token, which the user `ci` gets for reading and writing, and others for reading.
    pub(crate) fn guarded() -> Self {
        let registry = Self::start();
        registry.kept.lock().unwrap().is_guarded = true;
        registry
    }

    /// Its host and port.
    pub(crate) fn host(&self) -> &str {
        &self.stand_in.host
    }

    /// Has an image, under a tag; returns its digest.
    pub(crate) fn push(&self, repository: &str, tag: &str, image: &Image) -> String {
        let mut kept = self.kept.lock().unwrap();
        for (media_type, manifest) in image.parts.iter().chain([&image.manifest]) {
            let key = (repository.to_owned(), digest(manifest));
            kept.manifests.insert(key, ((*media_type).to_owned(), manifest.clone()));
        }
        kept.blobs.extend(image.blobs.iter().map(|blob| (digest(blob), blob.clone())));
        let digest = digest(&image.manifest.1);
        kept.tags.insert((repository.to_owned(), tag.to_owned()), digest.clone());
        digest
    }

    /// The digest of what has a tag.
    pub(crate) fn at(&self, repository: &str, tag: &str) -> Option<String> {
        self.kept.lock().unwrap().tags.get(&(repository.to_owned(), tag.to_owned())).cloned()
    }

    /// What a repository has by a digest.
    pub(crate) fn manifest(&self, repository: &str, digest: &str) -> Option<String> {
        let kept = self.kept.lock().unwrap();
        kept.manifests.get(&(repository.to_owned(), digest.to_owned())).map(|(_, manifest)| manifest.clone())
    }

    /// Whether a repository has what has a digest.
    pub(crate) fn has(&self, repository: &str, digest: &str) -> bool {
        self.kept.lock().unwrap().manifests.contains_key(&(repository.to_owned(), digest.to_owned()))
    }

    /// Forgets a tag, as retention does.
    pub(crate) fn forget(&self, repository: &str, tag: &str) {
        self.kept.lock().unwrap().tags.remove(&(repository.to_owned(), tag.to_owned()));
    }

    /// Forgets everything.
    pub(crate) fn clear(&self) {
        *self.kept.lock().unwrap() = Kept::default();
    }

    /// The tags of a repository, in the order of the alphabet.
    pub(crate) fn tags(&self, repository: &str) -> Vec<String> {
        let kept = self.kept.lock().unwrap();
        kept.tags.keys().filter(|(of, _)| of == repository).map(|(_, tag)| tag.clone()).collect()
    }

    /// Lets a request go wrong, counted from 0 and from now.
    pub(crate) fn fail(&self, request: usize, fault: Fault) {
        let mut kept = self.kept.lock().unwrap();
        (kept.asked, kept.fault) = (0, Some((request, fault)));
    }

    /// Lets a tag be put late, once: after the request is there, and the test lets it go on.
    pub(crate) fn put_late(&self, tag: &str) -> Late {
        let ((reached, is_reached), (go_on, goes_on)) = (channel(), channel());
        self.kept.lock().unwrap().late = Some((tag.to_owned(), reached, goes_on));
        Late { is_reached, go_on }
    }

    /// How many requests there were since `fail`, and what they were.
    pub(crate) fn asked(&self) -> Vec<Request> {
        self.stand_in.asked()
    }
}

/// A tag that is put late.
pub(crate) struct Late {
    is_reached: Receiver<()>,
    go_on: Sender<()>,
}

impl Late {
    /// Waits for the request.
    pub(crate) fn wait(&self) {
        self.is_reached.recv().unwrap();
    }

    /// Lets it be answered.
    pub(crate) fn go_on(self) {
        self.go_on.send(()).unwrap();
    }
}

impl Kept {
    /// Takes what holds a request back, if anything does.
    fn late_for(&mut self, request: &Request) -> Option<(String, Sender<()>, Receiver<()>)> {
        let (_, tag) = tag_of(request).filter(|_| request.method == "PUT")?;
        self.late.take_if(|(late, ..)| *late == tag)
    }

    fn answer(&mut self, request: &Request) -> Answer {
        let number = self.asked;
        self.asked += 1;
        let fault = self.fault.filter(|(at, _)| *at == number).map(|(_, fault)| fault);
        match fault {
            Some(Fault::Status(401)) => return answer(401, "WWW-Authenticate: Basic realm=\"x\"\r\n", ""),
            Some(Fault::Status(status)) => return answer(status, "Retry-After: 0\r\n", ""),
            Some(Fault::DroppedBefore) => return Vec::new(),
            Some(Fault::DroppedAfter | Fault::Overtaken) | None => {}
        }
        if let Some(refused) = self.refused(request) {
            return refused;
        }
        let answered = self.serve(request);
        match fault {
            Some(Fault::DroppedAfter) => Vec::new(),
            Some(Fault::Overtaken) => {
                if let Some((repository, tag)) = tag_of(request).filter(|_| request.method == "PUT") {
                    let other = Image::of(crate::registry_server::OCI, "other").manifest.1;
                    let key = (repository.clone(), digest(&other));
                    self.manifests.insert(key, (crate::registry_server::OCI.to_owned(), other.clone()));
                    self.tags.insert((repository, tag), digest(&other));
                }
                answered
            }
            Some(Fault::Status(_) | Fault::DroppedBefore) | None => answered,
        }
    }

    /// Gives tokens, and asks for one.
    fn refused(&self, request: &Request) -> Option<Answer> {
        if !self.is_guarded {
            return None;
        }
        if let Some(query) = request.path.strip_prefix("/token?") {
            // `ci:s3cret`, in base 64.
            let is_known = request.header("authorization") == Some("Basic Y2k6czNjcmV0");
            let token = if is_known && query.contains("pull%2Cpush") { "writes" } else { "reads" };
            return Some(answer(200, "", &format!(r#"{{"token": "{token}"}}"#)));
        }
        let may = match request.header("authorization") {
            Some("Bearer writes") => true,
            Some("Bearer reads") => request.method != "PUT",
            _ => false,
        };
        let host = request.header("host").unwrap_or_default();
        let actions = if request.method == "PUT" { "pull,push" } else { "pull" };
        let challenge = format!(
            "WWW-Authenticate: Bearer realm=\"http://{host}/token\",service=\"x\",scope=\"repository:acme/api:{actions}\"\r\n"
        );
        (!may).then(|| answer(401, &challenge, ""))
    }

    fn serve(&mut self, request: &Request) -> Answer {
        if let Some((_, named)) = request.path.rsplit_once("/blobs/") {
            if request.method == "PUT" {
                self.blobs.insert(named.to_owned(), String::from_utf8(request.body.clone()).unwrap());
                return answer(201, "", "");
            }
            return match self.blobs.get(named) {
                Some(blob) => answer(200, "", blob),
                None => answer(404, "", ""),
            };
        }
        let Some((repository, named)) = tag_of(request) else { return answer(404, "", "") };
        if request.method == "PUT" {
            let manifest = String::from_utf8(request.body.clone()).unwrap();
            let (media_type, digest) =
                (request.header("content-type").unwrap_or_default().to_owned(), digest(&manifest));
            self.manifests.insert((repository.clone(), digest.clone()), (media_type, manifest));
            self.tags.insert((repository, named), digest.clone());
            return answer(201, &format!("Docker-Content-Digest: {digest}\r\n"), "");
        }
        let digest =
            if named.contains(':') { Some(named) } else { self.tags.get(&(repository.clone(), named)).cloned() };
        match digest.and_then(|digest| Some((self.manifests.get(&(repository, digest.clone()))?, digest))) {
            Some(((media_type, manifest), digest)) => {
                let headers = format!("Content-Type: {media_type}\r\nDocker-Content-Digest: {digest}\r\n");
                answer(200, &headers, manifest)
            }
            None => answer(404, "", r#"{"errors":[{"code":"MANIFEST_UNKNOWN"}]}"#),
        }
    }
}

/// The repository and the tag, or the digest, that a request is about.
fn tag_of(request: &Request) -> Option<(String, String)> {
    let (repository, tag) = request.path.strip_prefix("/v2/")?.rsplit_once("/manifests/")?;
    Some((repository.to_owned(), tag.to_owned()))
}
