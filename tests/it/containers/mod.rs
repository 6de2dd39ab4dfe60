//! Images built and pushed for real, by each builder, into a registry that the test starts for itself; what came of it
//! is read from the registry over HTTP, by the digests of the report.
//!
//! Nothing can be pulled here: images are made `FROM scratch`, of a static program that is compiled on the spot.

mod bake;
mod capstone;
mod context;
mod dependencies;
mod docker;
mod odd;
pub(crate) mod registry;
mod reused;
mod same;
mod tokens;

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::repo::{Rebake, Repo};
use registry::Registry;

/// Where container tools may keep what they keep, and how they reach the registry: nobody's own configuration.
struct Engine {
    directory: tempfile::TempDir,
}

impl Engine {
    fn new(registry: &Registry) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let insecure = format!("[[registry]]\nlocation = \"{}\"\ninsecure = true\n", registry.address);
        std::fs::write(directory.path().join("registries.conf"), insecure).unwrap();
        std::fs::write(directory.path().join("auth.json"), "{}").unwrap();
        let store = |name: &str| directory.path().join(name).to_str().unwrap().to_owned();
        let storage =
            format!("[storage]\ndriver = \"vfs\"\ngraphroot = {:?}\nrunroot = {:?}\n", store("root"), store("run"));
        std::fs::write(directory.path().join("storage.conf"), storage).unwrap();
        Self { directory }
    }

    /// Logs in to the registry, for buildah, podman, skopeo and rebake.
    fn log_in(&self, registry: &Registry, login: &str) {
        use base64::Engine as _;
        let encoded = base64::engine::general_purpose::STANDARD.encode(login);
        let logins = serde_json::json!({"auths": {&registry.address: {"auth": encoded}}});
        std::fs::write(self.path("auth.json"), logins.to_string()).unwrap();
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// Lets a command use buildah and podman, with what is not to be found in the user's store. Layers are copied
    /// (`vfs`), since a machine for tests may already stand on an overlay, on which there can be no second one.
    fn lend(&self, rebake: Rebake) -> Rebake {
        rebake
            .env("CONTAINERS_REGISTRIES_CONF", self.path("registries.conf"))
            .env("CONTAINERS_STORAGE_CONF", self.path("storage.conf"))
            .env("REGISTRY_AUTH_FILE", self.path("auth.json"))
            .env("BUILDAH_ISOLATION", "chroot")
            .env("STORAGE_DRIVER", "vfs")
            .env("TMPDIR", self.directory.path())
    }
}

/// Compiles a program that needs nothing of a system, to be all that an image holds: it prints a greeting, and hands
/// on what a build has as the secret `token`.
fn hello(directory: &Path) -> Vec<u8> {
    let source = directory.join("hello.rs");
    let program = r#"
        fn main() {
            println!("hello");
            if let Ok(token) = std::fs::read("/run/secrets/token") {
                std::fs::write("/told", token).expect("the root of an image can be written");
            }
        }
    "#;
    std::fs::write(&source, program).unwrap();
    let mut rustc = Command::new("rustc");
    rustc.args(["--edition=2024", "-Copt-level=s", "-Cstrip=symbols", "-Cpanic=abort", "-Ctarget-feature=+crt-static"]);
    assert!(rustc.arg("--out-dir").arg(directory).arg(&source).status().unwrap().success());
    std::fs::read(directory.join("hello")).unwrap()
}

/// The services of a report, in its order.
fn report(repo: &Repo, file: &str) -> Vec<Value> {
    let text = std::fs::read_to_string(repo.dir().join(file)).unwrap();
    serde_json::from_str::<Value>(&text).unwrap()["services"].as_array().unwrap().clone()
}

/// What became of the services, by a report: `api failed`.
fn outcomes(services: &[Value]) -> Vec<String> {
    services.iter().map(|service| format!("{} {}", text(&service["service"]), text(&service["outcome"]))).collect()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("a text: {value}"))
}
