//! `podman build`, and a `podman push` for each tag.

use std::path::Path;

use super::BuilderError;
use super::buildah::{built, list, pushed};
use super::contexts::Sight;
use super::image_build::{Image, Words};
use crate::model::recipe::Builder;
use crate::output::exec::needed_services::Kept;
use crate::output::exec::service_build::{DigestSource, Step};

/// Its name in messages, and the file names that it accepts for a Dockerfile.
pub(super) const PODMAN: (&str, &[&str]) = ("podman", Builder::Podman.dockerfiles());

/// Returns the commands, where they write the digest, and where the image is afterwards.
///
/// It uses the user's own store. (Podman cannot use a store of its own as buildah does, since the path of one is
/// limited to 50 characters.)
pub(super) fn build(image: &Image, scratch: &Path) -> Result<(Vec<Step>, DigestSource, Kept), BuilderError> {
    let mut commands = vec![built(image, PODMAN.0, Sight::Store, scratch)?];
    let (mut digest, mut kept) = (DigestSource::Nowhere, Kept::Store);
    if image.service.push {
        commands.extend(pushed(image, scratch)?);
        (digest, kept) = (DigestSource::File, Kept::Registry);
    }
    if let Some(list) = list(image) {
        // To a list that an earlier build left, podman would add, and only one that is there can be removed.
        let remove = Words::of(["manifest", "rm", &list]);
        commands.splice(0..0, [Words::of(["manifest", "create", "--amend", &list]), remove.clone()]);
        commands.push(remove);
    }
    Ok((commands.into_iter().map(|words| Step::new("podman", words)).collect(), digest, kept))
}
