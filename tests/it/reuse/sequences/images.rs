//! What services are built to, in the model's own words, and what the registry has.

use std::collections::BTreeMap;

use serde_json::Value;

use super::text;
use crate::random::Random;
use crate::registry_server::OCI;
use crate::repo::Repo;
use crate::small_registry::SmallRegistry;

/// `api` is built from `base`; `web` is bound to its version and its environment.
pub(super) const SERVICES: [&str; 3] = ["base", "api", "web"];

/// Builds `$REBAKE_SERVICE`: an image that says what is in it and is never made twice, pushed by what rebake asks for.
const MAKE: &str = r#"
test "$BROKEN" != "$REBAKE_SERVICE"
content="$REBAKE_SERVICE=$(cat x)"
case $REBAKE_SERVICE in
  api) content="$content of ${REBAKE_NEEDS#*\"ref\":\"}"; content="${content%%\"*}" ;;
  web) content="$content $REBAKE_VERSION $REBAKE_ENVIRONMENT" ;;
esac
put() {
  exec 3<>/dev/tcp/HOST
  printf 'PUT /v2/acme/%s/%s HTTP/1.1\r\nContent-Type: TYPE\r\nContent-Length: %d\r\n\r\n%s' "$REBAKE_SERVICE" "$1" "${#2}" "$2" >&3
  read -r answer <&3
  case $answer in *201*) ;; *) exit 4 ;; esac
}
config="{\"os\":\"linux\",\"architecture\":\"amd64\",\"config\":{\"Labels\":{\"rebake.service\":\"$REBAKE_SERVICE\",\"rebake.commit\":\"$REBAKE_COMMIT\"}}}"
digest=sha256:$(printf %s "$config" | sha256sum | cut -d' ' -f1)
put "blobs/$digest" "$config"
manifest="{\"schemaVersion\":2,\"mediaType\":\"TYPE\",\"config\":{\"digest\":\"$digest\"},\"layers\":[],\"annotations\":{\"content\":\"$content\",\"once\":\"$REBAKE_BUILD_ID\"}}"
for tag in $REBAKE_TAGS $REBAKE_CONTENT_TAG; do
  put "manifests/${tag##*:}" "$manifest"
done
echo "digest=sha256:$(printf %s "$manifest" | sha256sum | cut -d' ' -f1)" >"$REBAKE_OUTPUT"
"#;

/// The registry, and what a clean build makes of each commit.
pub(super) struct Images {
    registry: SmallRegistry,
    /// What the file of each service holds, by commit.
    files: BTreeMap<(String, &'static str), String>,
    /// The content behind each content tag when it was seen first.
    contents: BTreeMap<(&'static str, String), String>,
    /// The digest behind each release when it was seen first.
    releases: BTreeMap<(&'static str, String), String>,
}

impl Images {
    pub(super) fn new() -> Self {
        let (files, contents, releases) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
        Self { registry: SmallRegistry::start(), files, contents, releases }
    }

    pub(super) fn filters(&self) -> String {
        format!(
            "environments:\n  production: {{ on: tag, version: release }}\n  staging: {{ on: push, branches: [main] }}\n  \
             local: {{ on: local, push: false }}\n\
             defaults: {{ image: '{}/acme/{{{{name}}}}', run: 'bash -eu ../make', tag: '{{{{name}}}}@{{{{version}}}}', \
             tags: ['type=raw,value={{{{version}}}}', 'type=ref,event=branch'] }}\n\
             services:\n  base: {{ path: base, promote: always }}\n  \
             api: {{ path: api, promote: always, depends_on: [base] }}\n  web: {{ path: web }}\n",
            self.registry.host()
        )
    }

    pub(super) fn script(&self) -> String {
        MAKE.replace("HOST", &self.registry.host().replace(':', "/")).replace("TYPE", OCI)
    }

    /// Notes what a commit holds.
    pub(super) fn note(&mut self, repo: &Repo, commit: &str) {
        for service in SERVICES {
            let content = std::fs::read_to_string(repo.dir().join(service).join("x")).unwrap();
            self.files.insert((commit.to_owned(), service), content);
        }
    }

    pub(super) fn tags(&self, service: &str) -> Vec<String> {
        self.registry.tags(&format!("acme/{service}"))
    }

    /// Forgets a tag or two that no environment runs.
    pub(super) fn forget(&self, random: &mut Random) {
        for _ in 0..=random.below(2) {
            let service = *random.pick(&SERVICES);
            let tags: Vec<String> = self.tags(service).into_iter().filter(|tag| tag.starts_with("fp")).collect();
            if !tags.is_empty() {
                self.registry.forget(&format!("acme/{service}"), &tags[random.below(tags.len())]);
            }
        }
    }

    /// Compares what is behind a tag with what a clean build makes of a commit.
    pub(super) fn compare(
        &mut self,
        service: &'static str,
        tag: &str,
        commit: &str,
        is_release: bool,
    ) -> Result<(), String> {
        let digest = self.registry.at(&format!("acme/{service}"), tag).unwrap();
        let content = self.content(service, &digest);
        let key = (service, tag.to_owned());
        if is_release {
            let first = self.releases.entry(key.clone()).or_insert_with(|| digest.clone());
            if *first != digest {
                return Err("a release moved".to_owned());
            }
        }
        if tag.starts_with("fp") {
            let first = self.contents.entry(key).or_insert_with(|| content.clone());
            return if *first == content { Ok(()) } else { Err(format!("{content} instead of {first}")) };
        }
        let Some(file) = self.files.get(&(commit.to_owned(), service)) else {
            return Err("the tag stands for no commit".to_owned());
        };
        let mut clean = format!("{service}={file}");
        match service {
            "api" => clean = format!("{clean} of base={}", self.files[&(commit.to_owned(), "base")]),
            "web" if is_release => clean = format!("{clean} {tag} production"),
            "web" => {
                // It says the version that it was built as, which names the commit.
                let (words, environment) = content.rsplit_once(' ').unwrap();
                let version = words.rsplit_once(' ').unwrap().1;
                if environment != "staging" || !commit.starts_with(version.rsplit_once('-').unwrap().1) {
                    return Err(content);
                }
                clean = format!("{clean} {version} staging");
            }
            _ => {}
        }
        if content == clean { Ok(()) } else { Err(format!("{content} instead of {clean}")) }
    }

    /// What an image says is in it, with what it is built from.
    fn content(&self, service: &str, digest: &str) -> String {
        let manifest = self.registry.manifest(&format!("acme/{service}"), digest).unwrap();
        let manifest: Value = serde_json::from_str(&manifest).unwrap();
        let content = text(&manifest["annotations"], "content").to_owned();
        match content.split_once(" of ") {
            Some((own, reference)) => {
                format!("{own} of {}", self.content("base", reference.split_once('@').map_or("", |(_, digest)| digest)))
            }
            None => content,
        }
    }
}
