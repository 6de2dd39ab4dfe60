//! Images to be pushed into a registry, and a registry behind HTTPS.

use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::Arc;

use sha2::{Digest as _, Sha256};

use crate::http_server::{Answer, Request, read};

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

    /// Gives the image these labels, in place of others.
    pub(crate) fn label(&mut self, labels: &serde_json::Value) {
        let mut config: serde_json::Value = serde_json::from_str(&self.blobs[0]).unwrap();
        config["config"] = serde_json::json!({"Labels": labels});
        self.blobs = vec![config.to_string()];
        let mut manifest: serde_json::Value = serde_json::from_str(&self.manifest.1).unwrap();
        manifest["config"]["digest"] = digest(&self.blobs[0]).into();
        manifest["config"]["size"] = self.blobs[0].len().into();
        self.manifest.1 = manifest.to_string();
    }

    /// An index of images for several platforms.
    pub(crate) fn index(media_type: &'static str, architectures: &[&str]) -> Self {
        let part_type = if media_type == DOCKER_LIST { DOCKER } else { OCI };
        let images = architectures.iter().map(|architecture| Self::of(part_type, architecture)).collect();
        Self::listing(media_type, architectures, images)
    }

    /// The same with labels, those of each platform.
    pub(crate) fn labelled_index(media_type: &'static str, labelled: &[(&str, serde_json::Value)]) -> Self {
        let part_type = if media_type == DOCKER_LIST { DOCKER } else { OCI };
        let image = |(architecture, labels): &(&str, serde_json::Value)| {
            let mut image = Self::of(part_type, architecture);
            image.label(labels);
            image
        };
        let architectures: Vec<&str> = labelled.iter().map(|(architecture, _)| *architecture).collect();
        Self::listing(media_type, &architectures, labelled.iter().map(image).collect())
    }

    fn listing(media_type: &'static str, architectures: &[&str], images: Vec<Self>) -> Self {
        let part_type = if media_type == DOCKER_LIST { DOCKER } else { OCI };
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

/// A proxy that leads to one registry, whichever is asked for, and speaks HTTPS in its place. It answers as it is told.
///
/// The certificate is for `registry.test`, by the authority in `tests/data/registry/ca.pem`.
pub(crate) fn serve_https(answer: impl Fn(&Request) -> Answer + Send + Sync + 'static) -> String {
    use rustls::pki_types::pem::PemObject as _;
    use rustls::pki_types::{CertificateDer, PrivateKeyDer};
    let file = |name: &str| format!("{}/tests/data/registry/{name}", env!("CARGO_MANIFEST_DIR"));
    let certificate = CertificateDer::from_pem_file(file("cert.pem")).unwrap();
    let key = PrivateKeyDer::from_pem_file(file("key.pem")).unwrap();
    let config = rustls::ServerConfig::builder_with_provider(Arc::new(rustls_graviola::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)
        .unwrap();
    let config = Arc::new(config);
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let proxy = format!("http://127.0.0.1:{}", listener.local_addr().unwrap().port());
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let connect = read(&stream);
            assert_eq!(connect.method, "CONNECT");
            let _ = (&stream).write_all(b"HTTP/1.1 200 x\r\n\r\n");
            let connection = rustls::ServerConnection::new(Arc::clone(&config)).unwrap();
            let mut stream = rustls::StreamOwned::new(connection, stream);
            // A client that does not trust the certificate is gone.
            if stream.conn.complete_io(&mut stream.sock).is_ok() {
                let request = Request { path: connect.path, ..read(&mut stream) };
                let _ = stream.write_all(&answer(&request));
                stream.conn.send_close_notify();
                let _ = stream.flush();
            }
        }
    });
    proxy
}
