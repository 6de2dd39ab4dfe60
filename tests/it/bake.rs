//! The file for `docker buildx bake`.

use serde_json::{Value, json};
use snapbox::str;

use crate::plan::capstone;
use crate::repo::Repo;

#[test]
fn capstone_as_a_file_for_bake() {
    let repo = capstone();
    repo.rebake(["plan", "--format", "bake"]).success().stdout(str![[r#"
{
  "group": {
    "default": {
      "targets": [
        "migrator",
        "api-golang"
      ]
    }
  },
  "target": {
    "migrator": {
      "context": "services/other/migrator",
      "dockerfile": "Dockerfile",
      "args": {
        "VERSION": "1.2.0-0001-ebe1ed6"
      },
      "tags": [
        "ghcr.io/acme/migrator:1.2.0-0001-ebe1ed6"
      ],
      "labels": {
        "org.opencontainers.image.created": "2001-02-03T04:05:14Z",
        "org.opencontainers.image.revision": "ebe1ed66e20db87ec64130a0782ab18171c79a63",
        "org.opencontainers.image.title": "migrator",
        "org.opencontainers.image.version": "1.2.0-0001-ebe1ed6",
        "rebake.commit": "ebe1ed66e20db87ec64130a0782ab18171c79a63",
        "rebake.service": "migrator"
      }
    },
    "api-golang": {
      "context": "services/go/api-golang",
      "contexts": {
        "ghcr.io/acme/migrator": "target:migrator"
      },
      "dockerfile": "Dockerfile",
      "args": {
        "VERSION": "1.0.9-0001-ebe1ed6"
      },
      "tags": [
        "ghcr.io/acme/api-golang:1.0.9-0001-ebe1ed6"
      ],
      "labels": {
        "org.opencontainers.image.created": "2001-02-03T04:05:14Z",
        "org.opencontainers.image.revision": "ebe1ed66e20db87ec64130a0782ab18171c79a63",
        "org.opencontainers.image.title": "api-golang",
        "org.opencontainers.image.version": "1.0.9-0001-ebe1ed6",
        "rebake.commit": "ebe1ed66e20db87ec64130a0782ab18171c79a63",
        "rebake.service": "api-golang"
      }
    }
  }
}

"#]]);
    repo.rebake(["plan", "--format", "bake", "--only", "api-node", "--all", "--push"]).success().stdout(str![[r#"
{
  "group": {
    "default": {
      "targets": [
        "api-node"
      ]
    }
  },
  "target": {
    "api-node": {
      "context": "services/node/api-node",
      "dockerfile": "Dockerfile",
      "args": {
        "VERSION": "2.1.0-0001-ebe1ed6"
      },
      "tags": [
        "ghcr.io/acme/api-node:2.1.0-0001-ebe1ed6",
        "ghcr.io/acme/api-node:fp2-tcryoabqpqv3jammzzwjbpmdfv-gscvvoi6gzhwb"
      ],
      "labels": {
        "org.opencontainers.image.created": "2001-02-03T04:05:14Z",
        "org.opencontainers.image.revision": "ebe1ed66e20db87ec64130a0782ab18171c79a63",
        "org.opencontainers.image.title": "api-node",
        "org.opencontainers.image.version": "2.1.0-0001-ebe1ed6",
        "rebake.commit": "ebe1ed66e20db87ec64130a0782ab18171c79a63",
        "rebake.service": "api-node"
      },
      "output": [
        "type=registry"
      ]
    }
  }
}

"#]]);
    repo.rebake(["plan", "--format", "bake", "--base", "HEAD"]).success().stdout(str![[r#"
{
  "group": {
    "default": {
      "targets": []
    }
  }
}

"#]]);
}

/// A service that needs another one, each with all that can be said of it.
fn rich() -> Repo {
    let repo = Repo::new();
    let service = json!({
        "image": "docker.io/acme/base", "path": "base", "tags": ["type=raw,value={{version}}", "type=raw,value=latest"],
        "dockerfile": "docker/prod.Dockerfile", "context": "/", "target": "prod", "build_args": {"V": "${V} {{version}}"},
        "secrets": ["id=npm,env=NPM", "id=key,src=key.pem"], "cache_from": ["type=gha"], "attest": ["type=sbom"],
        "cache_to": ["type=gha,mode=max", "type=local,dest=layers"], "platforms": ["linux/amd64", "linux/arm64"],
        "labels": {"${K}": "%{ if true }${HOME} $$${x}"},
    });
    let config = json!({"services": {
        "acme/base": service,
        "web": {"path": "github.com/web", "image": "ghcr.io/acme/web", "depends_on": ["acme/base"]},
        "tool": {"path": "tool", "run": "true"},
    }});
    repo.write("filters.yaml", config.to_string()).write("base/docker/prod.Dockerfile", "FROM scratch AS prod\n");
    repo.write("github.com/web/Dockerfile", "FROM acme/base\n").write("tool/x", "").commit("All that can be said");
    repo
}

#[test]
fn all_that_can_be_said_of_an_image() {
    let repo = rich();
    repo.rebake(["plan", "--all", "--format", "bake", "--only", "acme/base,web"]).success().stdout(str![[r#"
{
  "group": {
    "default": {
      "targets": [
        "acme-base",
        "web"
      ]
    }
  },
  "target": {
    "acme-base": {
      "context": ".",
      "dockerfile": "base/docker/prod.Dockerfile",
      "target": "prod",
      "args": {
        "V": "$${V} 0.0.0-0001-63bf116"
      },
      "tags": [
        "docker.io/acme/base:0.0.0-0001-63bf116",
        "docker.io/acme/base:latest"
      ],
      "labels": {
        "$${K}": "%%{ if true }$${HOME} $$$${x}",
        "org.opencontainers.image.created": "2001-02-03T04:05:08Z",
        "org.opencontainers.image.revision": "63bf116a92a7d215c268ce862e809478c71f61f7",
        "org.opencontainers.image.title": "acme/base",
        "org.opencontainers.image.version": "0.0.0-0001-63bf116",
        "rebake.commit": "63bf116a92a7d215c268ce862e809478c71f61f7",
        "rebake.service": "acme/base"
      },
      "platforms": [
        "linux/amd64",
        "linux/arm64"
      ],
      "secret": [
        "id=npm,env=NPM",
        "id=key,src=base/key.pem"
      ],
      "cache-from": [
        "type=gha,scope=acme/base"
      ],
      "cache-to": [
        "type=gha,mode=max,scope=acme/base",
        "type=local,dest=base/layers"
      ],
      "attest": [
        "type=sbom"
      ]
    },
    "web": {
      "context": "[ROOT]/github.com/web",
      "contexts": {
        "acme/base": "target:acme-base"
      },
      "dockerfile": "Dockerfile",
      "tags": [
        "ghcr.io/acme/web:0.0.0-0001-63bf116"
      ],
      "labels": {
        "org.opencontainers.image.created": "2001-02-03T04:05:08Z",
        "org.opencontainers.image.revision": "63bf116a92a7d215c268ce862e809478c71f61f7",
        "org.opencontainers.image.title": "web",
        "org.opencontainers.image.version": "0.0.0-0001-63bf116",
        "rebake.commit": "63bf116a92a7d215c268ce862e809478c71f61f7",
        "rebake.service": "web"
      }
    }
  }
}

"#]]);
}

#[test]
fn what_exists_is_taken_by_its_digest() {
    let repo = rich();
    let plan = repo.rebake(["plan", "--all", "--format", "json", "--only", "acme/base,web"]).success().text();
    let mut plan: Value = serde_json::from_str(&plan).unwrap();
    let digest = format!("sha256:{}", "0".repeat(64));
    plan["services"][0]["exists"] = json!({"reference": "docker.io/acme/base:fp2-x", "digest": digest});
    let run = repo.rebake(["plan", "--plan", "-", "--format", "bake"]).stdin(plan.to_string()).success();
    let file: Value = serde_json::from_str(&run.text()).unwrap();
    assert_eq!(file["group"]["default"]["targets"], json!(["web"]));
    assert_eq!(file["target"]["web"]["contexts"]["acme/base"], format!("docker-image://docker.io/acme/base@{digest}"));
}

#[test]
fn what_bake_cannot_build_is_refused() {
    let repo = rich();
    let run = |args: &[&str]| repo.rebake([&["plan", "--all", "--format", "bake"], args].concat());
    run(&["--only", "tool"]).failure(2).stdout("").stderr(str![[r#"
error[builder]: `tool` is not built from a Dockerfile, and bake builds nothing else
 --> filters.yaml:1:486
  |
1 | ...ersion}}","type=raw,value=latest"],"target":"prod"},"tool":{"path":"tool","run":"true"},"web":{"depends_on":["...
  |                                                        ^^^^^^
  |
  = help: leave it out with `--only`, or build it with `rebake build`

"#]]);
}
