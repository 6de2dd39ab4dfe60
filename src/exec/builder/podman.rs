//! `podman build`, and a `podman push` for each tag.

use std::path::Path;

use super::BuilderError;
use super::buildah::{built, is_list, pushed};
use super::image::{Image, Words};
use crate::exec::build::{DigestSource, Step};

/// How it calls itself in messages, and the names that it gives a Dockerfile.
pub(super) const PODMAN: (&str, &[&str]) = ("podman", &["Containerfile", "Dockerfile"]);

/// Returns the commands, and where they tell the digest.
///
/// All is done in the user's own store. (A store of its own, as buildah gets, is beyond podman: the path of one may
/// have 50 characters.)
pub(super) fn build(image: &Image, scratch: &Path) -> Result<(Vec<Step>, DigestSource), BuilderError> {
    let mut commands = Vec::new();
    if let (true, Some(first)) = (is_list(image), image.tags.first()) {
        // To a list that is there already, podman would add.
        commands.push(Words::of(["rmi", "--force", "--ignore", "--", first]));
    }
    commands.push(built(image, PODMAN.0)?);
    let digest = if image.service.push {
        commands.extend(pushed(image, scratch)?);
        DigestSource::File
    } else {
        DigestSource::Nowhere
    };
    Ok((commands.into_iter().map(|words| Step::new("podman", words)).collect(), digest))
}
