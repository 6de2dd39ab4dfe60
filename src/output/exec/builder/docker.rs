//! `docker buildx build`: BuildKit, on this machine or another one.

use std::path::Path;

use super::contexts::{Lookup, Visibility, named};
use super::image_build::{Image, Words, as_csv, text};
use super::{BuildPlace, BuilderError, Driver, cache};
use crate::model::recipe::Builder;
use crate::output::exec::needed_services::Kept;
use crate::output::exec::service_build::{DigestSource, Step};

/// Docker's name in messages, and the file names that it accepts for a Dockerfile.
pub(super) const DOCKER: (&str, &[&str]) = ("docker", Builder::Docker.dockerfiles());

/// Returns the commands of a build, where they write the digest ([`DigestSource`]), and where the image is stored after
/// the build ([`Kept`]).
///
/// The builder decides where it stores an image that is not pushed: in docker's engine, or only in the builder's own
/// cache. Other builds cannot read that cache, so an image that they need is also written to a directory.
pub(super) fn build(
    image: &Image,
    scratch: &Path,
    place: BuildPlace,
) -> Result<(Vec<Step>, DigestSource, Kept), BuilderError> {
    let recipe = image.recipe;
    let visibility = match place.driver {
        Driver::Engine => Visibility::Engine,
        Driver::Apart => Visibility::Layouts,
    };
    let mut words = Words::of(["buildx", "build"]);
    if let Some(name) = place.buildx {
        words.flag("--builder", name);
    }
    words.flag("--file", &image.file);
    let mut words = words.and(image.words(named(image, Lookup::Reference, |dependency| dependency.source(visibility))));
    words.each("--platform", &image.platforms());
    words.each(
        "--cache-from",
        &recipe.cache_from.iter().map(|entry| cache::for_docker(entry, image)).collect::<Vec<_>>(),
    );
    words.each("--cache-to", &recipe.cache_to.iter().map(|entry| cache::for_docker(entry, image)).collect::<Vec<_>>());
    words.each("--attest", &recipe.attest);
    words.each("--tag", &image.tags);
    let kept = match (image.service.push, place.driver) {
        (true, _) => Kept::Registry,
        (false, Driver::Engine) => Kept::Engine,
        (false, Driver::Apart) if image.is_needed => Kept::Layout,
        (false, Driver::Apart) => Kept::Nowhere,
    };
    let digest = match kept {
        Kept::Registry | Kept::Layout => DigestSource::Metadata,
        Kept::Engine | Kept::Store | Kept::Elsewhere | Kept::Nowhere => DigestSource::Nowhere,
    };
    match kept {
        Kept::Registry => words.word("--push"),
        Kept::Layout => {
            let layout = text(image.service, &scratch.join(Kept::LAYOUT))?;
            words.flag("--output", format!("type=oci,tar=false,{}", as_csv(&format!("dest={layout}"))));
        }
        Kept::Engine | Kept::Store | Kept::Elsewhere | Kept::Nowhere => {}
    }
    if digest == DigestSource::Metadata {
        words.flag("--metadata-file", text(image.service, &scratch.join(DigestSource::METADATA))?);
    }
    words.word(&image.context);
    Ok((vec![Step::new("docker", words)], digest, kept))
}

#[cfg(test)]
mod tests {
    use super::super::tests::{images, rich};
    use super::*;
    use crate::model::recipe::Recipe;

    const FILE: &str = "services/api/docker/prod.Dockerfile";

    #[test]
    fn all_that_can_be_said_is_one_command() {
        let texts = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
        let recipe = Recipe {
            cache_from: texts(&["type=gha", "type=registry", "acme/layers", "type=s3,region=eu,bucket=b"]),
            cache_to: texts(&["type=gha,mode=max,scope=all", "type=registry,ref=acme/x", "type=local,dest=/tmp/x"]),
            attest: texts(&["type=provenance,mode=max", "type=sbom"]),
            ..rich(None)
        };
        let (commands, digest) = images(&recipe, &[FILE], |_| {}).unwrap();
        assert_eq!(
            commands,
            ["docker buildx|build|--builder|remote|--file|ROOT/services/api/docker/prod.Dockerfile|--target|prod\
              |--build-arg|VERSION=v1.0.1-0002-abc|--build-arg|HTTP_PROXY=http://proxy $(id)\
              |--secret|id=npm,env=NPM_TOKEN|--secret|id=key,src=key.pem|--label|a=x\ny|--label|b=z\
              |--platform|linux/amd64,linux/arm64\
              |--cache-from|type=gha,scope=acme/api|--cache-from|type=registry,ref=ghcr.io/acme/api:buildcache\
              |--cache-from|acme/layers|--cache-from|type=s3,region=eu,bucket=b,name=acme/api\
              |--cache-to|type=gha,mode=max,scope=all|--cache-to|type=registry,ref=acme/x\
              |--cache-to|type=local,dest=/tmp/x|--attest|type=provenance,mode=max|--attest|type=sbom\
              |--tag|ghcr.io/acme/api:1|--tag|ghcr.io/acme/api:latest\
              |--tag|ghcr.io/acme/api:fp2-4oymiquy7qobjgx36tejs35zeq\
              |--push|--metadata-file|/logs/acme+api/metadata.json|ROOT"]
        );
        assert_eq!(digest, DigestSource::Metadata);
    }

    #[test]
    fn it_builds_what_has_a_dockerfile_and_says_nothing_else() {
        let (commands, digest) = images(&Recipe::default(), &["services/api/Dockerfile"], |service| {
            service.push = false;
            service.platforms.clear();
            service.labels.clear();
        })
        .unwrap();
        assert_eq!(
            commands,
            ["docker buildx|build|--builder|remote|--file|ROOT/services/api/Dockerfile\
              |--tag|ghcr.io/acme/api:1|--tag|ghcr.io/acme/api:latest|ROOT/services/api"]
        );
        assert_eq!(digest, DigestSource::Nowhere);
        let without_path = images(&Recipe::default(), &["Dockerfile"], |service| service.path = None);
        assert!(matches!(without_path, Err(BuilderError::NoRecipe(_))));
    }

    #[test]
    fn what_cannot_be_told_to_a_builder_is_refused() {
        let error = |change: fn(&mut crate::plan::PlannedService)| images(&rich(None), &[FILE], change).unwrap_err();
        let told = |error: BuilderError| (error.to_string(), error.help().is_some());
        let no_image = "`acme/api` is built by docker, and has no name for its image".to_owned();
        assert_eq!(told(error(|service| service.image = None)), (no_image, true));
        let no_version = "`acme/api`: the value of `VERSION` is not known to the plan".to_owned();
        assert_eq!(told(error(|service| service.version = None)), (no_version, true));
        for key in ["", "a=b", "="] {
            let change = |service: &mut crate::plan::PlannedService| {
                service.labels.insert(key.to_owned(), "x".to_owned());
            };
            assert!(matches!(images(&rich(None), &[FILE], change), Err(BuilderError::Label { .. })), "{key}");
        }
        assert!(matches!(images(&rich(None), &[], |_| {}), Err(BuilderError::Missing { .. })));
        let away = Recipe { dockerfile: Some("../../../../../../../../etc/passwd".to_owned()), ..Recipe::default() };
        assert!(matches!(images(&away, &[], |_| {}), Err(BuilderError::Outside { .. })));
    }
}
