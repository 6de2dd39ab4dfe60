use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use serde_json::Value;
use sha2::{Digest as _, Sha256};

use super::text;
use super::tokens::Tokens;

/// All kinds of manifest. Without one of them, the registry answers with another manifest, or with 404.
const ACCEPT: &str = "application/vnd.oci.image.index.v1+json, application/vnd.oci.image.manifest.v1+json, \
                      application/vnd.docker.distribution.manifest.list.v2+json, \
                      application/vnd.docker.distribution.manifest.v2+json";

/// Debian's docker-registry, on a port that the kernel picks. It ends with the value.
pub(crate) struct Registry {
    child: Child,
    /// `127.0.0.1:PORT`.
    pub(crate) address: String,
    directory: tempfile::TempDir,
}

struct Response {
    status: u16,
    /// The value of `Docker-Content-Digest`.
    digest: Option<String>,
    body: Vec<u8>,
}

impl Registry {
    pub(crate) fn start() -> Self {
        Self::start_with(tempfile::tempdir().unwrap(), &serde_json::json!({}))
    }

    /// Starts one that lets those in whom a file of htpasswd's names. It takes bcrypt's hashes alone.
    pub(crate) fn guarded(htpasswd: &str) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("htpasswd");
        fs::write(&file, htpasswd).unwrap();
        Self::start_with(directory, &serde_json::json!({"auth": {"htpasswd": {"realm": "test", "path": file}}}))
    }

    /// Starts one with the same content that lets nobody in without a token.
    pub(super) fn with_tokens(&self) -> (Self, Tokens) {
        let directory = tempfile::tempdir().unwrap();
        let tokens = Tokens::serve(directory.path());
        let mut settings = tokens.settings(directory.path());
        settings["storage"] = serde_json::json!({"filesystem": {"rootdirectory": self.directory.path().join("data")}});
        (Self::start_with(directory, &settings), tokens)
    }

    fn start_with(directory: tempfile::TempDir, more: &Value) -> Self {
        let (config, log) = (directory.path().join("config.yml"), directory.path().join("log"));
        let mut settings = serde_json::json!({
            "version": 0.1,
            "log": {"level": "info", "accesslog": {"disabled": true}},
            "storage": {"filesystem": {"rootdirectory": directory.path().join("data")}},
            "http": {"addr": "127.0.0.1:0", "secret": "test"},
        });
        settings.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        fs::write(&config, settings.to_string()).unwrap();
        let output = fs::File::create(&log).unwrap();
        let mut command = Command::new("docker-registry");
        command.arg("serve").arg(&config).stdin(Stdio::null()).stdout(Stdio::null()).stderr(output);
        let mut registry = Self {
            child: command.spawn().expect("docker-registry is installed: .ci/full does that"),
            address: String::new(),
            directory,
        };
        let since = Instant::now();
        while registry.address.is_empty() {
            let said = fs::read_to_string(&log).unwrap();
            assert!(registry.child.try_wait().unwrap().is_none(), "the registry ended: {said}");
            assert!(since.elapsed() < Duration::from_secs(20), "the registry does not listen: {said}");
            if let Some((_, rest)) = said.split_once("listening on 127.0.0.1:") {
                let port: String = rest.chars().take_while(char::is_ascii_digit).collect();
                registry.address = format!("127.0.0.1:{port}");
            }
            sleep(Duration::from_millis(10));
        }
        registry
    }

    /// Returns the manifest, or the index, that a tag or digest names, and its digest, which is that of its bytes.
    #[track_caller]
    pub(super) fn manifest(&self, repository: &str, reference: &str) -> (Value, String) {
        let response = self.get(&format!("/v2/{repository}/manifests/{reference}"));
        assert_eq!(response.status, 200, "{repository} {reference}: {}", String::from_utf8_lossy(&response.body));
        let digest = sha256(&response.body);
        assert_eq!(response.digest.as_ref(), Some(&digest), "{repository} {reference}");
        (serde_json::from_slice(&response.body).unwrap(), digest)
    }

    /// Returns the configuration of a manifest's image: labels, environment.
    #[track_caller]
    pub(super) fn config(&self, repository: &str, manifest: &Value) -> Value {
        serde_json::from_slice(&self.blob(repository, text(&manifest["config"]["digest"]))).unwrap()
    }

    #[track_caller]
    pub(super) fn blob(&self, repository: &str, digest: &str) -> Vec<u8> {
        let response = self.get(&format!("/v2/{repository}/blobs/{digest}"));
        assert_eq!((response.status, sha256(&response.body)), (200, digest.to_owned()));
        response.body
    }

    /// Returns the tags of a repository, sorted; none when there is no such repository.
    pub(super) fn tags(&self, repository: &str) -> Vec<String> {
        let response = self.get(&format!("/v2/{repository}/tags/list"));
        if response.status == 404 {
            return Vec::new();
        }
        let list: Value = serde_json::from_slice(&response.body).unwrap();
        let mut tags: Vec<String> = list["tags"].as_array().unwrap().iter().map(|tag| text(tag).to_owned()).collect();
        tags.sort();
        tags
    }

    /// Gives the image of a tag another tag.
    #[track_caller]
    pub(super) fn tag(&self, repository: &str, tag: &str, other: &str) {
        let body = self.get(&format!("/v2/{repository}/manifests/{tag}")).body;
        let kind = serde_json::from_slice::<Value>(&body).unwrap()["mediaType"].clone();
        let kind = kind.as_str().unwrap_or("application/vnd.oci.image.manifest.v1+json");
        let mut stream = TcpStream::connect(&self.address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        let path = format!("/v2/{repository}/manifests/{other}");
        let (host, length) = (&self.address, body.len());
        write!(
            stream,
            "PUT {path} HTTP/1.0\r\nHost: {host}\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\n\r\n"
        )
        .unwrap();
        stream.write_all(&body).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        assert!(answer.split(' ').nth(1) == Some("201"), "{answer}");
    }

    fn get(&self, path: &str) -> Response {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        // By this version the body ends with the connection.
        write!(stream, "GET {path} HTTP/1.0\r\nHost: {}\r\nAccept: {ACCEPT}\r\n\r\n", self.address).unwrap();
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes).unwrap();
        let end = bytes.windows(4).position(|four| four == b"\r\n\r\n").unwrap();
        let head = std::str::from_utf8(&bytes[..end]).unwrap();
        let value = |line: &str| line.to_ascii_lowercase().strip_prefix("docker-content-digest: ").map(str::to_owned);
        Response {
            status: head.split(' ').nth(1).unwrap().parse().unwrap(),
            digest: head.lines().find_map(value),
            body: bytes[end + 4..].to_vec(),
        }
    }
}

impl Drop for Registry {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().fold("sha256:".to_owned(), |digest, byte| format!("{digest}{byte:02x}"))
}
