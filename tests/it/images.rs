//! The image of every service, for a deployment.

use serde_json::{Value, json};
use snapbox::str;

use crate::registry_server::{Image, OCI};
use crate::repo::{Rebake, Repo};
use crate::small_registry::{Fault, SmallRegistry};

/// Three services whose commands say that they have pushed what `$DIGEST` says.
struct Shop {
    registry: SmallRegistry,
    repo: Repo,
    made: std::cell::Cell<u32>,
}

impl Shop {
    fn new() -> Self {
        let registry = SmallRegistry::start();
        let repo = Repo::new();
        let filters = format!(
            "defaults:\n  image: '{}/acme/{{{{name}}}}'\n  run: 'echo digest=$DIGEST >\"$REBAKE_OUTPUT\"'\n  \
             tags: ['type=raw,value={{{{version}}}}', 'type=raw,value=main']\n\
             services:\n  api: {{path: api}}\n  web: {{path: web}}\n  cli: {{path: cli}}\n  lib: {{path: lib, image: false}}\n",
            registry.host()
        );
        repo.write("filters.yaml", filters);
        for service in ["api", "web", "cli", "lib"] {
            repo.write(format!("{service}/x"), "1");
        }
        repo.commit("first");
        // Built refs are pushed with images.
        let repo = repo.clone_with([]);
        Self { registry, repo, made: std::cell::Cell::new(0) }
    }

    fn rebake(&self, args: &[&str]) -> Rebake {
        self.repo.rebake(args)
    }

    /// An image that nothing else is.
    fn image(&self, labels: &Value) -> Image {
        self.made.set(self.made.get() + 1);
        let mut image = Image::of(OCI, "amd64");
        let mut labels = labels.clone();
        labels["number"] = self.made.get().to_string().into();
        image.label(&labels);
        image
    }

    /// Builds what is due for staging, and has the registry take what the builds would have pushed; returns its digest.
    fn build(&self) -> String {
        let image = self.image(&json!({}));
        let digest = ["api", "web", "cli"].map(|name| self.registry.push(&format!("acme/{name}"), "made", &image));
        let args =
            ["build", "--since=built", "--record", "--environment=staging", "--push", "--report=.git/report.json"];
        self.rebake(&args).env("DIGEST", &digest[0]).success();
        let report: Value =
            serde_json::from_slice(&std::fs::read(self.repo.dir().join(".git/report.json")).unwrap()).unwrap();
        for service in report["services"].as_array().unwrap().iter().filter(|service| service["image"].is_string()) {
            let name = format!("acme/{}", service["service"].as_str().unwrap());
            self.registry.push(&name, service["content_tag"].as_str().unwrap(), &image);
        }
        digest[0].clone()
    }

    /// The images of staging.
    fn images(&self, args: &[&str]) -> Rebake {
        self.rebake(&[&["images", "--environment=staging", "--registry-timeout=20"], args].concat())
    }

    fn listed(&self, args: &[&str]) -> Vec<(String, String, String)> {
        let run = self.images(&[&["--format=json"], args].concat()).success();
        let images: Vec<Value> = serde_json::from_slice(&run.stdout).unwrap();
        let text = |image: &Value, key: &str| image[key].as_str().unwrap().to_owned();
        images
            .iter()
            .map(|image| {
                let behind = if image["behind"] == true { " behind" } else { "" };
                (text(image, "service"), text(image, "digest"), text(image, "found") + behind)
            })
            .collect()
    }
}

fn row(service: &str, digest: &str, found: &str) -> (String, String, String) {
    (service.to_owned(), digest.to_owned(), found.to_owned())
}

#[test]
fn every_service_is_listed_whatever_the_last_push_built() {
    let shop = Shop::new();
    let first = shop.build();
    shop.repo.write("web/x", "2").commit("second");
    let second = shop.build();
    shop.repo.write("cli/x", "2").write("README.md", "").commit("third");
    let third = shop.build();
    let expected = [row("api", &first, "built"), row("web", &second, "built"), row("cli", &third, "built")];
    assert_eq!(shop.listed(&[]), expected);
    for (service, digest, _) in expected {
        assert!(shop.registry.has(&format!("acme/{service}"), &digest), "{service}");
    }
    // An earlier commit has the images of its own content.
    assert_eq!(
        shop.listed(&["--at=HEAD~2"]),
        [row("api", &first, "built"), row("web", &first, "exists"), row("cli", &first, "exists")]
    );
}

#[test]
fn what_is_behind_is_accepted_only_where_a_tag_is_named() {
    let shop = Shop::new();
    let first = shop.build();
    shop.repo.write("web/x", "2").commit("second");
    let run = shop.images(&[]).failure(1);
    let said = String::from_utf8(run.stderr.clone()).unwrap();
    assert!(said.contains("error[behind]: built of other content than "), "{said}");
    // The tag that is named counts, not what else is behind.
    let other = shop.registry.push("acme/web", "main", &shop.image(&json!({})));
    assert_ne!(other, first);
    assert_eq!(
        shop.listed(&["--fallback=main"]),
        [row("api", &first, "built"), row("web", &other, "published behind"), row("cli", &first, "built")]
    );
    shop.images(&["--fallback=nosuch"]).failure(1);
}

#[test]
fn an_image_is_found_by_its_content_and_by_the_tag_that_moves() {
    let shop = Shop::new();
    let plan = |args: &[&str]| {
        let args = [&["plan", "--all", "--head=HEAD", "--environment=staging", "--format=json"], args].concat();
        serde_json::from_slice::<Value>(&shop.rebake(&args).success().stdout).unwrap()
    };
    let content = plan(&[])["services"][0]["content_tag"].as_str().unwrap().to_owned();
    let exists = shop.registry.push("acme/api", &content, &shop.image(&json!({})));
    let head = shop.repo.id("HEAD").to_string();
    let web =
        shop.image(&json!({"rebake.service": "web", "rebake.commit": head, "org.opencontainers.image.version": "7"}));
    let web = shop.registry.push("acme/web", "main", &web);
    // What another service's labels are inherited from says nothing.
    let cli = shop.image(&json!({"rebake.service": "web", "rebake.commit": head}));
    let cli = shop.registry.push("acme/cli", "main", &cli);
    let run = shop.images(&["--format=json"]).failure(1);
    let said = String::from_utf8(run.stderr.clone()).unwrap();
    assert!(said.contains("error[no-image]: no image of ") && said.contains(" is found for `cli` ("), "{said}");
    assert!(!said.contains("`lib`"), "{said}");
    let found = [row("api", &exists, "exists"), row("web", &web, "published"), row("cli", &cli, "published behind")];
    assert_eq!(shop.listed(&["--fallback=main"]), found);
    // A registry that does not answer is another thing than a missing image.
    shop.registry.fail(0, Fault::Status(500));
    shop.images(&["--format=json"]).failure(3);
}

#[test]
fn a_report_comes_first_and_each_format_names_digests() {
    let shop = Shop::new();
    shop.build();
    let fingerprints = shop.rebake(&["fingerprint", "--at=HEAD", "--format=json"]).success().text();
    let fingerprints: Value = serde_json::from_str(&fingerprints).unwrap();
    let of_service = |place: usize| {
        let fingerprint = &fingerprints["services"][place];
        json!({
            "service": fingerprint["service"], "fingerprint": fingerprint["fingerprint"], "outcome": "succeeded",
            "image": format!("{}/acme/{}", shop.registry.host(), fingerprint["service"].as_str().unwrap()), "push": true,
            "attempts": 1, "seconds": 1, "version": "9", "tags": [], "digest": format!("sha256:{}", "7".repeat(64)),
        })
    };
    let services = [0, 1, 2].map(of_service);
    let report = json!({"schema": 1, "environment": "staging", "services": services});
    shop.repo.write(".git/named.json", report.to_string());
    let shown = |format: &str| {
        let text = shop.images(&["--report=.git/named.json", format]).success().text();
        text.replace(shop.registry.host(), "r.io")
    };
    snapbox::assert_data_eq!(
        shown("--format=table"),
        str![[r#"
SERVICE  VERSION  FOUND   IMAGE
api      9        report  r.io/acme/api@sha256:777777777777
web      9        report  r.io/acme/web@sha256:777777777777
cli      9        report  r.io/acme/cli@sha256:777777777777

"#]]
    );
    snapbox::assert_data_eq!(
        shown("--format=env"),
        str![[r#"
API_IMAGE=r.io/acme/api@sha256:7777777777777777777777777777777777777777777777777777777777777777
WEB_IMAGE=r.io/acme/web@sha256:7777777777777777777777777777777777777777777777777777777777777777
CLI_IMAGE=r.io/acme/cli@sha256:7777777777777777777777777777777777777777777777777777777777777777

"#]]
    );
    snapbox::assert_data_eq!(
        shown("--format=kustomize"),
        str![[r#"
apiVersion: kustomize.config.k8s.io/v1alpha1
kind: Component
images:
  - name: "r.io/acme/api"
    digest: sha256:7777777777777777777777777777777777777777777777777777777777777777
  - name: "r.io/acme/web"
    digest: sha256:7777777777777777777777777777777777777777777777777777777777777777
  - name: "r.io/acme/cli"
    digest: sha256:7777777777777777777777777777777777777777777777777777777777777777

"#]]
    );
    let of = |format: &str| {
        let text = shop.rebake(&["report", ".git/named.json", "--format", format]).success().text();
        text.replace(shop.registry.host(), "r.io")
    };
    snapbox::assert_data_eq!(
        of("checksums"),
        str![[r#"
7777777777777777777777777777777777777777777777777777777777777777  r.io/acme/api
7777777777777777777777777777777777777777777777777777777777777777  r.io/acme/web
7777777777777777777777777777777777777777777777777777777777777777  r.io/acme/cli

"#]]
    );
    snapbox::assert_data_eq!(
        of("matrix"),
        str![[r#"
{"include":[{"digest":"sha256:7777777777777777777777777777777777777777777777777777777777777777","environment":"staging","image":"r.io/acme/api","service":"api","version":"9"},{"digest":"sha256:7777777777777777777777777777777777777777777777777777777777777777","environment":"staging","image":"r.io/acme/web","service":"web","version":"9"},{"digest":"sha256:7777777777777777777777777777777777777777777777777777777777777777","environment":"staging","image":"r.io/acme/cli","service":"cli","version":"9"}]}

"#]]
    );
}
