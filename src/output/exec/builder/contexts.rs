//! Named contexts. They make a builder use the image of a dependency wherever the Dockerfile names this image.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use indexmap::IndexMap;

use super::image_build::Image;
use crate::inputs::source::docker::Dockerfile;
use crate::naming::image::{FloatingTags, ImageName};
use crate::output::exec::needed_services::{CommandArgument, Kept, NeededImage};

/// A service that another one is built from: the names of its image in a Dockerfile, and where the image comes from.
#[derive(Debug, Clone)]
pub struct Dependency<'a> {
    /// Its name.
    pub service: &'a str,
    /// Its image, without a tag.
    pub image: ImageName,
    /// The tags that move from image to image, such as `latest`. A Dockerfile that names the image with such a tag is
    /// built from the current image.
    pub tags: FloatingTags,
    /// Where its image comes from.
    pub supply: Supply,
}

/// The dependencies of a service, and whether another service of the run depends on it.
#[derive(Debug, Clone, Copy, Default)]
pub struct Ties<'a> {
    /// The services that it is built from.
    pub dependencies: &'a [Dependency<'a>],
    /// Whether another service of the run is built from it.
    pub is_needed: bool,
}

/// Where the image of a dependency comes from.
#[derive(Debug, Clone)]
pub enum Supply {
    /// A build of this run.
    Run {
        /// Where the build stores its image.
        kept: Kept,
        /// Whether the build pushes its image.
        push: bool,
        /// The first reference of its image.
        tag: Option<String>,
    },
    /// An existing image.
    Existing(NeededImage),
}

/// The unpushed images that a builder can use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Visibility {
    /// Images in docker's engine.
    Engine,
    /// Only OCI layouts: the builder is BuildKit outside of docker's engine.
    Layouts,
    /// Images in the user's store of buildah and podman.
    Store,
    /// None: the builder has a store of its own.
    Nothing,
}

/// How a builder looks up a named context.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lookup {
    /// As BuildKit does: by the short form of a reference, without `:latest`, after build arguments are filled in.
    Reference,
    /// As buildah does: by the exact text in the Dockerfile; in `FROM`, before build arguments are filled in.
    Text,
    /// As BuildKit does, with a target of bake as the context. If one target has several names, buildx 0.13 uses only
    /// the last of them, so only names that the Dockerfile contains are passed.
    Target,
}

impl Dependency<'_> {
    /// Returns the value of the named context that has the image of this dependency. If the builder cannot see the
    /// image, the value is a reference that cannot exist. So a build that needs the image fails, and does not use an
    /// older image of the same name.
    pub(super) fn source(&self, visibility: Visibility) -> CommandArgument {
        let is_seen = match &self.supply {
            Supply::Existing(_) => true,
            Supply::Run { kept, push, .. } => match kept {
                Kept::Registry => true,
                Kept::Engine => visibility == Visibility::Engine,
                Kept::Layout => visibility == Visibility::Layouts,
                Kept::Store => visibility == Visibility::Store,
                Kept::Elsewhere => *push || matches!(visibility, Visibility::Engine | Visibility::Store),
                Kept::Nowhere => false,
            },
        };
        if is_seen {
            return CommandArgument::source(self.service);
        }
        let tag: String = self
            .service
            .chars()
            .map(|c| if c.is_ascii_alphanumeric() || c == '.' { c } else { '-' })
            .take(100)
            .collect();
        CommandArgument::from(format!(
            "docker-image://rebake.invalid/not-pushed-and-out-of-reach-of-this-builder:x{tag}"
        ))
    }

    /// Whether a Dockerfile that contains this reference is built from the service's current image: the reference has
    /// the image's name and one of [`Dependency::tags`].
    fn is_meant_by(&self, reference: &str) -> bool {
        self.image.tag_in(reference).is_some_and(|tag| self.tags.contains(tag))
    }

    /// Returns all references with which a Dockerfile could name the current image of this dependency, as far as they
    /// are known without the Dockerfile.
    fn references(&self, lookup: Lookup) -> Vec<String> {
        let familiar = self.image.familiar();
        let names = match lookup {
            Lookup::Reference | Lookup::Target => vec![familiar.to_owned()],
            Lookup::Text => {
                let hub = ["docker.io/", "docker.io/library/"].map(|host| format!("{host}{familiar}"));
                let same = |name: &String| ImageName::parse(name).is_ok_and(|name| name.familiar() == familiar);
                let names = [self.image.as_str().to_owned(), familiar.to_owned()].into_iter();
                names.chain(hub).filter(same).collect()
            }
        };
        let of = |name: String| {
            let tags = self.tags.known().filter(|tag| lookup == Lookup::Text || *tag != "latest");
            let tagged: Vec<String> = tags.map(|tag| format!("{name}:{tag}")).collect();
            std::iter::once(name).chain(tagged)
        };
        names.into_iter().flat_map(of).collect()
    }

    /// Returns the first tag of the dependency's image if this run builds the image and does not push it.
    fn own_tag(&self) -> Option<&str> {
        match &self.supply {
            Supply::Run { push: false, tag, .. } => tag.as_deref(),
            Supply::Run { .. } | Supply::Existing(_) => None,
        }
    }
}

/// Returns the named contexts of an image: those in filters.yaml, and one for each reference with which its Dockerfile
/// could name the image of a dependency. `source` returns the value of the context with a dependency's image.
pub(super) fn named(
    image: &Image,
    lookup: Lookup,
    source: impl Fn(&Dependency) -> CommandArgument,
) -> IndexMap<String, CommandArgument> {
    let file = read(image.file.as_ref());
    let mut contexts = image.contexts(&source);
    let given: BTreeMap<String, Option<String>> =
        image.arguments.iter().map(|(name, value)| (name.clone(), value.text())).collect();
    let images = file.as_ref().map(|file| file.images(&given)).unwrap_or_default();
    let words: Vec<(&str, &str)> =
        images.iter().filter_map(|image| Some((&*image.written, image.reference.as_deref()?))).collect();
    for dependency in image.dependencies {
        let meant = words.iter().filter(|(_, reference)| dependency.is_meant_by(reference));
        let meant = meant.flat_map(|(raw, reference)| match lookup {
            Lookup::Reference | Lookup::Target => vec![short(dependency, reference)],
            Lookup::Text => vec![unquoted(raw).to_owned(), (*reference).to_owned()],
        });
        let meant: Vec<String> = meant.collect();
        let names = match lookup {
            Lookup::Target if meant.is_empty() || image.recipe.needs().any(|need| need == dependency.service) => {
                [vec![dependency.image.familiar().to_owned()], meant].concat()
            }
            Lookup::Target => meant,
            Lookup::Reference | Lookup::Text => {
                let own = dependency.own_tag().map(str::to_owned);
                dependency.references(lookup).into_iter().chain(meant).chain(own).collect()
            }
        };
        for name in names {
            if !file.as_ref().is_some_and(|file| file.has_stage(&name)) {
                contexts.entry(name).or_insert_with(|| source(dependency));
            }
        }
    }
    contexts
}

fn unquoted(word: &str) -> &str {
    let inside = |quote: char| word.strip_prefix(quote)?.strip_suffix(quote);
    inside('"').or_else(|| inside('\'')).unwrap_or(word)
}

/// The most bytes that are read from a Dockerfile. Real Dockerfiles are shorter.
const LIMIT: u64 = 1 << 20;

/// Reads a Dockerfile; `None` if it cannot be read or builders refuse it. The builder will report the problem.
fn read(path: &Path) -> Option<Dockerfile> {
    let mut bytes = Vec::new();
    File::open(path).ok()?.take(LIMIT).read_to_end(&mut bytes).ok()?;
    Dockerfile::parse(&String::from_utf8_lossy(&bytes)).ok()
}

/// Returns a reference to a dependency's image in the short form by which BuildKit looks up named contexts.
fn short(dependency: &Dependency, reference: &str) -> String {
    match dependency.image.tag_in(reference) {
        None | Some("latest") => dependency.image.familiar().to_owned(),
        Some(tag) => format!("{}:{tag}", dependency.image.familiar()),
    }
}
