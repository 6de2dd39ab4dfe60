//! `buildah build`, and a `buildah push` for each tag.

use std::path::Path;
use std::process::{Command, Stdio};

use super::contexts::{Lookup, Visibility, named};
use super::image_build::{Image, Words, as_csv, text};
use super::{BuilderError, cache, shown};
use crate::model::name::Escaped;
use crate::model::recipe::Builder;
use crate::output::exec::needed_services::{Kept, NeededServices};
use crate::output::exec::outcome::Outcome;
use crate::output::exec::service_build::{Build, DigestSource, Step};

/// Buildah's name in messages, and the file names that it accepts for a Dockerfile.
pub(super) const BUILDAH: (&str, &[&str]) = ("buildah", Builder::Buildah.dockerfiles());

/// The directory in a build's scratch directory where buildah stores images that are pushed.
const STORE: &str = "store";

/// Returns the commands of a build, where they write the digest ([`DigestSource`]), and where the image is stored after
/// the build ([`Kept`]).
///
/// An image that is pushed is built in a store of its own, which is removed afterwards. In a shared store, names of
/// other builds get into the image, so the same input gives different digests. An image that is not pushed is built in
/// the user's store, where `podman run` finds it.
pub(super) fn build(image: &Image, scratch: &Path) -> Result<(Vec<Step>, DigestSource, Kept), BuilderError> {
    if !image.service.push {
        let words = built(image, BUILDAH.0, Visibility::Store, scratch)?;
        return Ok((vec![Step::new("buildah", words)], DigestSource::Nowhere, Kept::Store));
    }
    let empty = Words::of(["rmi", "--all", "--force"]);
    let mut commands = Vec::new();
    if list(image).is_some() {
        // A failed attempt may have left an image list, to which this attempt would add.
        commands.push(empty.clone());
    }
    commands.push(built(image, BUILDAH.0, Visibility::Nothing, scratch)?);
    commands.extend(pushed(image, scratch)?);
    commands.push(empty);
    let store = text(image.service, &scratch.join(STORE))?;
    Ok((commands.into_iter().map(|words| in_store(&store, words)).collect(), DigestSource::File, Kept::Registry))
}

/// Removes the store that belongs to a single build. If the build did not succeed, buildah empties the store first: it
/// unmounts file systems that a killed build left mounted, and removes files that belong to other users.
pub(super) fn tidy(build: &Build, outcome: Outcome) {
    let store = build.scratch.join(STORE);
    let Some(path) = store.to_str().filter(|_| store.is_dir()) else { return };
    let rest = [Words::of(["rm", "--all"]), Words::of(["rmi", "--all", "--force"])];
    let is_empty = outcome.is_success() || rest.into_iter().all(|words| is_done(build, in_store(path, words)));
    if is_empty {
        // If this fails, the store stays in the run's directory, which is removed later.
        let _ = std::fs::remove_dir_all(&store);
    }
}

/// Runs a command of a build silently, and returns whether it succeeded.
fn is_done(build: &Build, step: Step) -> bool {
    let Ok(arguments) = step.fill(&NeededServices::default()) else { return false };
    let mut command = Command::new(step.program);
    command.args(arguments).envs(build.environment.iter().map(|(name, value)| (name, value)));
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}

fn in_store(store: &str, words: Words) -> Step {
    let (root, run) = (format!("{store}/root"), format!("{store}/run"));
    Step::new("buildah", Words::of(["--root", &root, "--runroot", &run]).and(words))
}

/// Returns the name of the local image list that is pushed, with one image for each platform. `None` if the image is
/// not pushed, or is built for a single platform. The name differs from the image's tags, since one of these may be the
/// name of a local image.
pub(super) fn list(image: &Image) -> Option<String> {
    (image.service.push && image.service.platforms.len() > 1).then(|| format!("{}:rebake-list", image.name))
}

/// Returns the arguments that build an image, for both buildah and podman.
pub(super) fn built(
    image: &Image,
    builder: &'static str,
    visibility: Visibility,
    scratch: &Path,
) -> Result<Words, BuilderError> {
    let recipe = image.recipe;
    if let Some(attestation) = recipe.attest.first() {
        let (service, value) = (shown(image.service), Escaped::new(attestation).to_string());
        return Err(BuilderError::Unknown { service, builder, key: "attest", value });
    }
    let contexts = named(image, Lookup::Text, |dependency| dependency.source(visibility));
    let mut words = Words::of(["build", "--file", &as_csv(&image.file)]).and(image.words(contexts));
    if image.is_needed && !image.service.push && image.service.platforms.len() < 2 {
        words.flag("--iidfile", text(image.service, &scratch.join(Kept::ID))?);
    }
    if image.takes_unpushed() {
        // Otherwise the builder would prefer an older image of the same name from a registry to the one that was just
        // built.
        words.word("--pull=false");
    }
    words.each("--platform", &image.platforms());
    if image.service.push {
        // An image that is not pushed stays in a store with other images. With a fixed time, equal images would
        // conflict there.
        words.each("--timestamp", &image.epoch);
    }
    let caches = [("--cache-from", "cache_from", &recipe.cache_from), ("--cache-to", "cache_to", &recipe.cache_to)];
    for (flag, key, entries) in caches {
        for entry in entries {
            words.flag(flag, &cache::for_buildah(entry, (builder, key), image)?);
        }
    }
    if !(recipe.cache_from.is_empty() && recipe.cache_to.is_empty()) {
        words.word("--layers");
    } else if list(image).is_some() {
        // After `FROM scratch`, podman 4.3 would use the layers of one platform for the next one.
        words.word("--layers=false");
    }
    match list(image) {
        Some(list) => words.flag("--manifest", &list),
        None => words.each("--tag", &image.tags),
    }
    words.word(&image.context);
    Ok(words)
}

/// Returns the arguments of the commands that push the image: one command for each tag, in order. The first one writes
/// the digest to a file.
pub(super) fn pushed(image: &Image, scratch: &Path) -> Result<Vec<Words>, BuilderError> {
    let list = list(image);
    let mut commands = Vec::new();
    for (index, tag) in image.tags.iter().enumerate() {
        let (mut words, made) = match &list {
            Some(list) => (Words::of(["manifest", "push", "--all"]), list),
            None => (Words::of(["push"]), tag),
        };
        if index == 0 {
            words.flag("--digestfile", text(image.service, &scratch.join(DigestSource::FILE))?);
        }
        commands.push(words.and(Words::of(["--", made, &format!("docker://{tag}")])));
    }
    Ok(commands)
}

#[cfg(test)]
mod tests {
    use super::super::tests::{images, rich};
    use super::*;
    use crate::model::recipe::{Builder, Recipe};
    use crate::plan::PlannedService;

    const FILE: &str = "services/api/docker/prod.Dockerfile";
    const STORE: &str = "buildah --root|/logs/acme+api/store/root|--runroot|/logs/acme+api/store/run|";

    fn recipe(builder: Builder) -> Recipe {
        let cache = |entry: &str| vec![entry.to_owned()];
        Recipe { cache_from: cache("type=registry"), cache_to: cache("acme/layers"), ..rich(Some(builder)) }
    }

    #[test]
    fn an_image_that_is_pushed_has_a_store_of_its_own() {
        let one = |service: &mut PlannedService| service.platforms = vec!["linux/arm64".to_owned()];
        let (commands, digest) = images(&recipe(Builder::Buildah), &[FILE], one).unwrap();
        let expected = [
            "build|--file|ROOT/services/api/docker/prod.Dockerfile|--target|prod\
             |--build-arg|VERSION=v1.0.1-0002-abc|--build-arg|HTTP_PROXY=http://proxy $(id)\
             |--secret|id=npm,env=NPM_TOKEN|--secret|id=key,src=key.pem|--label|a=x\ny|--label|b=z\
             |--platform|linux/arm64|--cache-from|ghcr.io/acme/api/cache|--cache-to|acme/layers|--layers\
             |--tag|ghcr.io/acme/api:1|--tag|ghcr.io/acme/api:latest\
             |--tag|ghcr.io/acme/api:fp2-4oymiquy7qobjgx36tejs35zeq|ROOT",
            "push|--digestfile|/logs/acme+api/digest|--|ghcr.io/acme/api:1|docker://ghcr.io/acme/api:1",
            "push|--|ghcr.io/acme/api:latest|docker://ghcr.io/acme/api:latest",
            "push|--|ghcr.io/acme/api:fp2-4oymiquy7qobjgx36tejs35zeq|docker://ghcr.io/acme/api:fp2-4oymiquy7qobjgx36tejs35zeq",
            "rmi|--all|--force",
        ];
        assert_eq!(commands, expected.map(|command| format!("{STORE}{command}")));
        assert_eq!(digest, DigestSource::File);
    }

    #[test]
    fn images_of_several_platforms_are_pushed_as_a_list() {
        let quiet = |service: &mut PlannedService| service.labels.clear();
        let plain = |builder| Recipe { builder: Some(builder), ..Recipe::default() };
        let (commands, _) = images(&plain(Builder::Buildah), &["services/api/Containerfile", FILE], quiet).unwrap();
        let build = "build|--file|ROOT/services/api/Containerfile|--platform|linux/amd64,linux/arm64|--layers=false\
                     |--manifest|ghcr.io/acme/api:rebake-list|ROOT/services/api";
        let first = "manifest|push|--all|--digestfile|/logs/acme+api/digest|--|ghcr.io/acme/api:rebake-list\
                     |docker://ghcr.io/acme/api:1";
        let second = "manifest|push|--all|--|ghcr.io/acme/api:rebake-list|docker://ghcr.io/acme/api:latest";
        let third = "manifest|push|--all|--|ghcr.io/acme/api:rebake-list|docker://ghcr.io/acme/api:fp2-4oymiquy7qobjgx36tejs35zeq";
        let expected = ["rmi|--all|--force", build, first, second, third, "rmi|--all|--force"];
        assert_eq!(commands, expected.map(|command| format!("{STORE}{command}")));
        let (commands, digest) = images(&plain(Builder::Podman), &["services/api/Containerfile"], quiet).unwrap();
        let remove = "manifest|rm|ghcr.io/acme/api:rebake-list";
        let create = "manifest|create|--amend|ghcr.io/acme/api:rebake-list";
        let expected = [create, remove, build, first, second, third, remove];
        assert_eq!(commands, expected.map(|command| format!("podman {command}")));
        assert_eq!(digest, DigestSource::File);
    }

    #[test]
    fn an_image_that_stays_here_goes_into_the_users_own_store() {
        for (builder, name) in [(Builder::Buildah, "buildah"), (Builder::Podman, "podman")] {
            let plain = Recipe { builder: Some(builder), ..Recipe::default() };
            let (commands, digest) = images(&plain, &["services/api/Dockerfile"], |service| {
                service.push = false;
                service.labels.clear();
            })
            .unwrap();
            let expected = "build|--file|ROOT/services/api/Dockerfile|--platform|linux/amd64,linux/arm64\
                            |--tag|ghcr.io/acme/api:1|--tag|ghcr.io/acme/api:latest|ROOT/services/api";
            assert_eq!(commands, [format!("{name} {expected}")]);
            assert_eq!(digest, DigestSource::Nowhere);
        }
    }

    #[test]
    fn what_only_buildkit_can_do_is_refused() {
        let gha = Recipe { cache_to: vec!["type=gha".to_owned()], ..recipe(Builder::Podman) };
        let attest = Recipe { attest: vec!["type=sbom".to_owned()], ..recipe(Builder::Buildah) };
        let told = |recipe: &Recipe| images(recipe, &[FILE], |_| {}).unwrap_err().to_string();
        assert_eq!(told(&gha), "`acme/api`: podman does not know `type=gha` in `cache_to`");
        assert_eq!(told(&attest), "`acme/api`: buildah does not know `type=sbom` in `attest`");
    }
}
