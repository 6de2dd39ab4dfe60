//! `podman build`, and a `podman push` for each tag.

use std::path::Path;

use super::BuilderError;
use super::buildah::{built, list, pushed};
use super::contexts::Visibility;
use super::image_build::{Image, Words};
use crate::model::recipe::Builder;
use crate::output::exec::needed_services::Kept;
use crate::output::exec::service_build::{DigestSource, Step};

/// Podman's name in messages, and the file names that it accepts for a Dockerfile.
pub(super) const PODMAN: (&str, &[&str]) = ("podman", Builder::Podman.dockerfiles());

/// Returns the commands of a build, where they write the digest ([`DigestSource`]), and where the image is stored after
/// the build ([`Kept`]).
///
/// The image is built in the user's own store. (A store for each build, as with buildah, is not possible: podman limits
/// the path of a store to 50 characters.)
pub(super) fn build(image: &Image, scratch: &Path) -> Result<(Vec<Step>, DigestSource, Kept), BuilderError> {
    let mut commands = vec![built(image, PODMAN.0, Visibility::Store, scratch)?];
    let (mut digest, mut kept) = (DigestSource::Nowhere, Kept::Store);
    if image.service.push {
        commands.extend(pushed(image, scratch)?);
        (digest, kept) = (DigestSource::File, Kept::Registry);
    }
    if let Some(list) = list(image) {
        // Podman would add to a list that an earlier build left, so the list is removed first. Only an existing list
        // can be removed, so it is created before.
        let remove = Words::of(["manifest", "rm", &list]);
        commands.splice(0..0, [Words::of(["manifest", "create", "--amend", &list]), remove.clone()]);
        commands.push(remove);
    }
    Ok((commands.into_iter().map(|words| Step::new("podman", words)).collect(), digest, kept))
}
