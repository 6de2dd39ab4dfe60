use super::url::{Url, is_loopback};
use crate::naming::image::ImageName;

/// The address of an image: a registry, and a repository in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Address {
    /// The registry's usual name: `ghcr.io`, `docker.io`, `localhost:5000`.
    pub(super) registry: String,
    /// The repository: `acme/api`.
    pub(super) repository: String,
}

/// The access to a repository that a session needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Access {
    /// Images are read.
    Read,
    /// Images are read, and tags are added.
    Write,
}

/// Docker Hub, the registry of image names without a host.
const HUB: &str = "docker.io";

/// The host names of Docker Hub.
const HUB_NAMES: [&str; 3] = ["docker.io", "index.docker.io", "registry-1.docker.io"];

impl Address {
    /// Returns the address of an image, reading its name as Docker does. A name without a host is on Docker Hub. A name
    /// on Docker Hub without an owner is one of Docker's own images: `nginx` is `library/nginx`.
    pub(super) fn of(image: &ImageName) -> Self {
        let text = image.as_str();
        let (registry, repository) = match text.split_once('/') {
            Some((host, rest)) if host == "localhost" || host.contains(['.', ':']) => (canonical(host), rest),
            _ => (HUB.to_owned(), text),
        };
        let repository = if registry == HUB && !repository.contains('/') {
            format!("library/{repository}")
        } else {
            repository.to_owned()
        };
        Self { registry, repository }
    }

    /// Returns the URL of a path in the repository, such as `manifests/1.0`; `None` if rebake may not request it.
    pub(super) fn url(&self, what: &str) -> Option<Url> {
        let host = if self.registry == HUB { "registry-1.docker.io" } else { &self.registry };
        let scheme = if is_loopback(&self.registry) { "http" } else { "https" };
        Url::parse(&format!("{scheme}://{host}/v2/{}/{what}", self.repository))
    }

    /// Returns the scope of a token for access to the repository, such as `repository:acme/api:pull`.
    pub(super) fn scope(&self, access: Access) -> String {
        let actions = match access {
            Access::Read => "pull",
            Access::Write => "pull,push",
        };
        format!("repository:{}:{actions}", self.repository)
    }

    /// Returns the name by which credential stores know the registry. For Docker Hub it is a URL, for historical
    /// reasons.
    pub(super) fn server(&self) -> &str {
        if self.registry == HUB { "https://index.docker.io/v1/" } else { &self.registry }
    }
}

/// Returns the canonical name of a registry: a host in lower case, and one name for Docker Hub.
pub(super) fn canonical(host: &str) -> String {
    let host = host.to_ascii_lowercase();
    if HUB_NAMES.contains(&host.as_str()) { HUB.to_owned() } else { host }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_as_docker_does() {
        for (image, registry, url) in [
            ("api", "docker.io", "https://registry-1.docker.io/v2/library/api/tags"),
            ("acme/api", "docker.io", "https://registry-1.docker.io/v2/acme/api/tags"),
            ("index.docker.io/acme/api", "docker.io", "https://registry-1.docker.io/v2/acme/api/tags"),
            ("ghcr.io/acme/a/b", "ghcr.io", "https://ghcr.io/v2/acme/a/b/tags"),
            ("R.io:8443/api", "r.io:8443", "https://r.io:8443/v2/api/tags"),
            ("localhost/api", "localhost", "http://localhost/v2/api/tags"),
            ("127.0.0.1:5000/api", "127.0.0.1:5000", "http://127.0.0.1:5000/v2/api/tags"),
            ("[::1]:5000/api", "[::1]:5000", "http://[::1]:5000/v2/api/tags"),
            ("10.0.0.1:5000/api", "10.0.0.1:5000", "https://10.0.0.1:5000/v2/api/tags"),
        ] {
            let address = Address::of(&ImageName::parse(image).unwrap());
            assert_eq!(address.registry, registry, "{image}");
            assert_eq!(address.url("tags"), Url::parse(url), "{image}");
            assert!(address.url("tags").is_some(), "{image}");
        }
    }
}
