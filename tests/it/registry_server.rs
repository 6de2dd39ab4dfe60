//! A registry that answers as a test wants it to, and images to be pushed into a real one.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use sha2::{Digest as _, Sha256};

/// A request as it came.
#[derive(Debug, Clone, Default)]
pub(crate) struct Request {
    pub(crate) method: String,
    pub(crate) path: String,
    /// Names in lower case.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
}

impl Request {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

/// An answer, byte for byte.
pub(crate) type Answer = Vec<u8>;

/// Returns an answer with a status and headers, each with its line break.
pub(crate) fn answer(status: u16, headers: &str, body: &str) -> Answer {
    format!("HTTP/1.1 {status} x\r\nContent-Length: {}\r\nConnection: close\r\n{headers}\r\n{body}", body.len())
        .into_bytes()
}

/// A server that answers as it is told, for as long as it lives.
pub(crate) struct StandIn {
    /// Its host and port.
    pub(crate) host: String,
    asked: Arc<Mutex<Vec<Request>>>,
    most: Arc<AtomicUsize>,
}

impl StandIn {
    /// Answers each request by a function. An answer to HEAD loses its body on the way.
    pub(crate) fn serve(answer: impl Fn(&Request) -> Answer + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let host = format!("127.0.0.1:{}", listener.local_addr().unwrap().port());
        let stand_in = Self { host, asked: Arc::default(), most: Arc::default() };
        let (asked, most, answer) = (Arc::clone(&stand_in.asked), Arc::clone(&stand_in.most), Arc::new(answer));
        let now = Arc::new(AtomicUsize::new(0));
        // It ends with the test's process.
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (asked, most) = (Arc::clone(&asked), Arc::clone(&most));
                let (answer, now) = (Arc::clone(&answer), Arc::clone(&now));
                std::thread::spawn(move || {
                    most.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                    let request = read(&stream);
                    asked.lock().unwrap().push(request.clone());
                    let mut bytes = answer(&request);
                    if request.method == "HEAD"
                        && let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n")
                    {
                        bytes.truncate(end + 4);
                    }
                    now.fetch_sub(1, Ordering::SeqCst);
                    let _ = (&stream).write_all(&bytes);
                });
            }
        });
        stand_in
    }

    /// What it was asked so far.
    pub(crate) fn asked(&self) -> Vec<Request> {
        self.asked.lock().unwrap().clone()
    }

    /// How many requests it had at once, at most.
    pub(crate) fn most_at_once(&self) -> usize {
        self.most.load(Ordering::SeqCst)
    }
}

fn read(stream: &TcpStream) -> Request {
    let mut reader = BufReader::new(stream);
    let mut line = || {
        let mut line = String::new();
        let _ = reader.read_line(&mut line);
        line.trim_end().to_owned()
    };
    let first = line();
    let mut words = first.split(' ').map(str::to_owned);
    let mut request = Request {
        method: words.next().unwrap_or_default(),
        path: words.next().unwrap_or_default(),
        ..Request::default()
    };
    while let Some((name, value)) = line().split_once(": ") {
        request.headers.push((name.to_ascii_lowercase(), value.to_owned()));
    }
    let length = request.header("content-length").map_or(0, |length| length.parse().unwrap());
    let mut body = vec![0; length];
    reader.read_exact(&mut body).unwrap();
    request.body = String::from_utf8(body).unwrap();
    request
}

/// Returns the digest of a content, as registries write it.
pub(crate) fn digest(content: &str) -> String {
    let hex = |text: String, byte: &u8| text + &format!("{byte:02x}");
    Sha256::digest(content).iter().fold("sha256:".to_owned(), hex)
}

/// The one who may log in to a registry that [`HTPASSWD`] guards, and the password.
pub(crate) const LOGIN: (&str, &str) = ("ci", "s3cret");

/// `ci:s3cret`, hashed with bcrypt.
pub(crate) const HTPASSWD: &str = "ci:$2y$05$AA0CM6k8fY6mt4Q7scoP6ub7gV8QInaRRxh5AiO5xymyJ8b8owas.\n";

/// What an image is pushed into.
pub(crate) struct Target<'a> {
    /// The registry's host and port.
    pub(crate) host: &'a str,
    /// Who pushes.
    pub(crate) login: Option<(&'a str, &'a str)>,
}

impl Target<'_> {
    /// Pushes a manifest under a tag, and all that it is made of.
    pub(crate) fn push(&self, repository: &str, tag: &str, image: &Image) -> String {
        for blob in &image.blobs {
            let (status, headers) = self.send("POST", &format!("/v2/{repository}/blobs/uploads/"), "", "");
            assert_eq!(status, 202, "{headers}");
            let location = headers.lines().find_map(|line| line.strip_prefix("Location: ")).unwrap().trim();
            let path = location.strip_prefix(&format!("http://{}", self.host)).unwrap_or(location);
            let path = format!("{path}&digest={}", digest(blob));
            assert_eq!(self.send("PUT", &path, "application/octet-stream", blob).0, 201);
        }
        for (media_type, manifest) in &image.parts {
            let path = format!("/v2/{repository}/manifests/{}", digest(manifest));
            assert_eq!(self.send("PUT", &path, media_type, manifest).0, 201);
        }
        let (media_type, manifest) = &image.manifest;
        let path = format!("/v2/{repository}/manifests/{tag}");
        assert_eq!(self.send("PUT", &path, media_type, manifest).0, 201);
        digest(manifest)
    }

    fn send(&self, method: &str, path: &str, media_type: &str, body: &str) -> (u16, String) {
        use base64::Engine as _;
        let login = self.login.map_or(String::new(), |(name, password)| {
            let encoded = base64::engine::general_purpose::STANDARD.encode(format!("{name}:{password}"));
            format!("Authorization: Basic {encoded}\r\n")
        });
        let mut stream = TcpStream::connect(self.host).unwrap();
        let host = self.host;
        write!(
            stream,
            "{method} {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n{login}Content-Type: {media_type}\r\n\
             Content-Length: {}\r\n\r\n{body}",
            body.len()
        )
        .unwrap();
        let mut text = String::new();
        stream.read_to_string(&mut text).unwrap();
        (text.split(' ').nth(1).unwrap().parse().unwrap(), text)
    }
}

/// An image as a registry has it.
pub(crate) struct Image {
    /// Its media type and its manifest.
    pub(crate) manifest: (&'static str, String),
    /// The manifests that it lists.
    pub(crate) parts: Vec<(&'static str, String)>,
    /// What they name.
    pub(crate) blobs: Vec<String>,
}

pub(crate) const OCI: &str = "application/vnd.oci.image.manifest.v1+json";
pub(crate) const OCI_INDEX: &str = "application/vnd.oci.image.index.v1+json";
pub(crate) const DOCKER: &str = "application/vnd.docker.distribution.manifest.v2+json";
pub(crate) const DOCKER_LIST: &str = "application/vnd.docker.distribution.manifest.list.v2+json";

impl Image {
    /// An image for one platform, without layers.
    pub(crate) fn of(media_type: &'static str, architecture: &str) -> Self {
        let config =
            format!(r#"{{"os":"linux","architecture":"{architecture}","rootfs":{{"type":"layers","diff_ids":[]}}}}"#);
        let config_type = match media_type {
            DOCKER => "application/vnd.docker.container.image.v1+json",
            _ => "application/vnd.oci.image.config.v1+json",
        };
        let manifest = serde_json::json!({
            "schemaVersion": 2, "mediaType": media_type, "layers": [],
            "config": {"mediaType": config_type, "size": config.len(), "digest": digest(&config)},
        });
        Self { manifest: (media_type, manifest.to_string()), parts: Vec::new(), blobs: vec![config] }
    }

    /// An index of images for several platforms.
    pub(crate) fn index(media_type: &'static str, architectures: &[&str]) -> Self {
        let part_type = if media_type == DOCKER_LIST { DOCKER } else { OCI };
        let images: Vec<Self> = architectures.iter().map(|architecture| Self::of(part_type, architecture)).collect();
        let listed: Vec<_> = images
            .iter()
            .zip(architectures)
            .map(|(image, architecture)| {
                let manifest = &image.manifest.1;
                serde_json::json!({
                    "mediaType": part_type, "size": manifest.len(), "digest": digest(manifest),
                    "platform": {"os": "linux", "architecture": architecture},
                })
            })
            .collect();
        let manifest = serde_json::json!({"schemaVersion": 2, "mediaType": media_type, "manifests": listed});
        let (parts, blobs): (Vec<_>, Vec<_>) = images.into_iter().map(|image| (image.manifest, image.blobs)).unzip();
        Self { manifest: (media_type, manifest.to_string()), parts, blobs: blobs.concat() }
    }
}
