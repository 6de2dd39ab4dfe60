//! How discovered services are built, in the words of filters.yaml. The derived configuration and the draft of a file
//! both take the keys from here.

use std::collections::{BTreeMap, BTreeSet};

use super::raw::{is_context_name, is_secret, is_variable_name};
use crate::analysis::discover::{Discovered, DiscoveredEdge};
use crate::inputs::source::{BuildContext, BuildTarget, DeclaredAt, DeclaredBuild, DockerfileOf, NamedContext};
use crate::model::name::{Escaped, RepoDir, slug};
use crate::model::recipe::Recipe;
use crate::naming::image::ImageName;

/// How a discovered service is built: the keys of its service in filters.yaml. A key is absent if its default has the
/// same meaning.
#[derive(Debug, Clone)]
pub struct DiscoveredBuild {
    /// The name of its image.
    pub(super) image: DiscoveredImage,
    /// Its context, with a leading `/`.
    pub(super) context: Option<String>,
    /// Its Dockerfile, with a leading `/`.
    pub(super) dockerfile: Option<String>,
    /// The stage that is built.
    pub(super) target: Option<String>,
    /// Its build arguments, by name.
    pub(super) build_args: BTreeMap<String, String>,
    /// Its named contexts, by name.
    pub(super) contexts: BTreeMap<String, String>,
    /// Where the build is declared.
    pub(super) at: DeclaredAt,
    /// What the repository declares about builds of this service, but the keys leave out. Each item is a phrase, and
    /// names in it are escaped.
    pub(super) left_out: Vec<String>,
    /// Further declarations of the same build, each as a phrase.
    pub(super) repeated: Vec<String>,
}

/// The name of the image of a discovered service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum DiscoveredImage {
    /// The name that a file of the repository declares, and no other service has.
    Declared(ImageName),
    /// [`LOCAL_IMAGE`], with the name of the service.
    Local,
    /// A name in the same place, for a service whose own name cannot be a part of the name of an image.
    LocalAs(String),
}

/// The name of an image that no file names, as a template of filters.yaml. No registry has images of this host, so a
/// build takes no image of somebody else for it.
pub(super) const LOCAL_IMAGE: &str = "localhost/{{name}}";

impl DiscoveredBuild {
    /// Returns what the repository declares about builds of the service, but rebake leaves out. Each item is a phrase.
    #[must_use]
    pub fn left_out(&self) -> &[String] {
        &self.left_out
    }

    /// Returns the value of the key `image`.
    pub(super) fn image(&self) -> &str {
        match &self.image {
            DiscoveredImage::Declared(name) => name.as_str(),
            DiscoveredImage::Local => LOCAL_IMAGE,
            DiscoveredImage::LocalAs(name) => name,
        }
    }
}

/// Returns how each discovered service is built, in the order of the services; `None` if no Dockerfile of it is known.
/// If a service has several builds, this is the first that has a Dockerfile of its own.
#[must_use]
pub fn discovered_builds(found: &Discovered) -> Vec<Option<DiscoveredBuild>> {
    let all = Builds::of(found);
    let images = all.images();
    (0..images.len()).map(|service| all.build(service, &images)).collect()
}

/// The declared builds of all discovered services.
struct Builds<'f> {
    found: &'f Discovered,
    /// The builds of each service, in the order of their files.
    of: Vec<Vec<&'f DeclaredBuild>>,
    /// The build of each service that rebake carries out; `None` if no build has a Dockerfile of its own.
    first: Vec<Option<&'f DeclaredBuild>>,
    /// For each service, the position of its circle; `None` if it is in no circle.
    circle: Vec<Option<usize>>,
}

impl<'f> Builds<'f> {
    fn of(found: &'f Discovered) -> Self {
        let mut of: Vec<Vec<&DeclaredBuild>> = vec![Vec::new(); found.services.len()];
        for (service, build) in &found.builds {
            of[*service].push(build);
        }
        let first = of.iter().map(|builds| builds.iter().copied().find(|build| has_file(build))).collect();
        let mut circle = vec![None; found.services.len()];
        for (number, members) in found.circles.iter().enumerate() {
            for member in members {
                circle[*member] = Some(number);
            }
        }
        Self { found, of, first, circle }
    }

    /// Returns how a service is built. `images` has the image of each service.
    fn build(&self, service: usize, images: &[Option<DiscoveredImage>]) -> Option<DiscoveredBuild> {
        let first = self.first[service]?;
        let mut keys = keys(&self.found.services[service].directory, first, images[service].clone()?);
        for (name, context) in &first.contexts {
            let value = match context {
                // filters.yaml would read a colon as that of an image's tag.
                NamedContext::Directory(directory) => Some(from_root(directory.git_path()))
                    .filter(|path| !path.contains(|c: char| c == ':' || c.is_control())),
                NamedContext::Build(other) => self.built_beside(service, other),
                NamedContext::Image(image) => Some(format!("docker-image://{image}")),
                NamedContext::Elsewhere | NamedContext::Unknown(_) => None,
            };
            match value.filter(|value| is_context_name(name) && is_plain(value)) {
                Some(value) => _ = keys.contexts.insert(name.clone(), value),
                None => keys.left_out.push(format!("contexts: {} ({})", Escaped::new(name), first.at)),
            }
        }
        for (reference, value) in self.base_images(service, images) {
            keys.contexts.entry(reference).or_insert(value);
        }
        for other in self.of[service].iter().filter(|other| !std::ptr::eq(**other, first)) {
            let target = match &other.target {
                BuildTarget::Stage(stage) => format!(", target {}", Escaped::new(stage)),
                BuildTarget::Last | BuildTarget::Unknown => String::new(),
            };
            let text = format!("also built: {}{target} ({})", Escaped::new(&other.name), other.at);
            if is_same(first, other) { &mut keys.repeated } else { &mut keys.left_out }.push(text);
        }
        Some(keys)
    }

    /// Returns the value of a named context that is the result of another build of the same file; `None` if rebake does
    /// not carry out that build, or not before this one.
    fn built_beside(&self, service: usize, name: &str) -> Option<String> {
        let file = self.first[service]?.at.file.name();
        let is_it = |(_, build): &&(usize, DeclaredBuild)| build.name == name && build.at.file.name() == file;
        let (other, build) = self.found.builds.iter().find(is_it)?;
        let is_built = self.first[*other].is_some_and(|first| is_same(first, build));
        if is_built { self.need(service, *other) } else { None }
    }

    /// Returns named contexts for the images of other services that the Dockerfile of a service names by a reference
    /// that their builds declare. rebake knows only the names that it gives images itself, and gives other tags.
    fn base_images(&self, service: usize, images: &[Option<DiscoveredImage>]) -> BTreeMap<String, String> {
        let Some(DockerfileOf::File(dockerfile)) = self.first[service].map(|build| &build.dockerfile) else {
            return BTreeMap::new();
        };
        let from = self.found.edges.partition_point(|edge| edge.from < service);
        let edges = self.found.edges[from..].iter().take_while(|edge| edge.from == service);
        let context = |edge: &DiscoveredEdge| {
            let written = edge.at.file.slice(edge.at.span);
            let reference = written.strip_prefix("--from=").unwrap_or(written);
            let first = self.first[edge.to].filter(|_| edge.at.file.name() == dockerfile)?;
            let mut same = self.of[edge.to].iter().filter(|build| is_same(first, build));
            if !same.any(|build| build.images.iter().any(|image| image == reference)) {
                return None;
            }
            let name = plain_name(reference)?;
            let key = match name.tag_in(reference)? {
                "latest" if images[edge.to] == Some(DiscoveredImage::Declared(name.clone())) => return None,
                "latest" => name.familiar().to_owned(),
                tag => format!("{}:{tag}", name.familiar()),
            };
            Some((key, self.need(service, edge.to)?))
        };
        edges.filter_map(context).collect()
    }

    /// Returns the value of a named context with the image of another service; `None` if the service does not depend on
    /// it directly.
    fn need(&self, service: usize, other: usize) -> Option<String> {
        let is_in_circle = self.circle[service].is_some() && self.circle[service] == self.circle[other];
        let name = self.found.services[other].name.as_str();
        (service != other && !is_in_circle).then(|| format!("{}{name}", Recipe::NEEDS))
    }

    /// Returns the name of the image of each service that is built. A name that several services would have is left to
    /// none of them.
    fn images(&self) -> Vec<Option<DiscoveredImage>> {
        let declared = |(builds, first): (&Vec<&DeclaredBuild>, Option<&DeclaredBuild>)| {
            let first = first?;
            let same = builds.iter().filter(|build| is_same(first, build));
            same.flat_map(|build| &build.images).find_map(|image| plain_name(image))
        };
        let declared: Vec<Option<ImageName>> = self.of.iter().zip(self.first.iter().copied()).map(declared).collect();
        let local = |service: usize| {
            let name = self.found.services[service].name.as_str();
            if let Ok(image) = ImageName::parse(&LOCAL_IMAGE.replace("{{name}}", name)) {
                (DiscoveredImage::Local, image.as_str().to_owned())
            } else {
                let name = LOCAL_IMAGE.replace("{{name}}", &slug(name));
                (DiscoveredImage::LocalAs(name.clone()), name)
            }
        };
        let locals: BTreeSet<String> = (0..declared.len()).map(|service| local(service).1).collect();
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        for name in declared.iter().flatten() {
            *counts.entry(name.familiar()).or_default() += 1;
        }
        let image = |(service, name): (usize, &Option<ImageName>)| {
            self.first[service]?;
            let own = name.as_ref().filter(|name| counts[name.familiar()] == 1 && !locals.contains(name.as_str()));
            Some(own.map_or_else(|| local(service).0, |name| DiscoveredImage::Declared(name.clone())))
        };
        declared.iter().enumerate().map(image).collect()
    }
}

/// Whether the Dockerfile of a build and its context have paths that filters.yaml can name.
fn has_file(build: &DeclaredBuild) -> bool {
    let can_name = |path: &str| RepoDir::root().resolve(path).is_ok();
    match (&build.dockerfile, &build.context) {
        (DockerfileOf::File(file), BuildContext::Directory(context)) => can_name(file) && can_name(context.as_str()),
        _ => false,
    }
}

/// Whether two builds make the same image.
fn is_same(one: &DeclaredBuild, other: &DeclaredBuild) -> bool {
    (&one.context, &one.dockerfile, &one.target) == (&other.context, &other.dockerfile, &other.target)
        && (&one.arguments, &one.contexts) == (&other.arguments, &other.contexts)
}

/// Returns the keys of a service with a build, without its named contexts.
fn keys(directory: &RepoDir, build: &DeclaredBuild, image: DiscoveredImage) -> DiscoveredBuild {
    let mut left_out = Vec::new();
    let context = match &build.context {
        BuildContext::Directory(context) if context != directory => Some(from_root(context.git_path())),
        BuildContext::Directory(_) | BuildContext::Elsewhere | BuildContext::Unknown(_) => None,
    };
    let dockerfile = match &build.dockerfile {
        DockerfileOf::File(path) if *path != directory.join("Dockerfile") => Some(from_root(path)),
        DockerfileOf::File(_) | DockerfileOf::Inline(_) | DockerfileOf::Unknown(_) => None,
    };
    let target = match &build.target {
        BuildTarget::Last => None,
        BuildTarget::Stage(name) => Some(name.clone()),
        BuildTarget::Unknown => {
            left_out.push(format!("target: known only when it is built ({})", build.at));
            None
        }
    };
    let mut build_args = BTreeMap::new();
    for (name, value) in &build.arguments {
        let shown = Escaped::new(name);
        match value {
            _ if is_secret(name) => left_out.push(format!("build_args: {shown} looks like a secret ({})", build.at)),
            Some(value) if is_variable_name(name) && is_plain(value) => {
                build_args.insert(name.clone(), value.clone());
            }
            Some(_) => left_out.push(format!("build_args: {shown} ({})", build.at)),
            None => left_out.push(format!("build_args: {shown} is known only when it is built ({})", build.at)),
        }
    }
    let contexts = BTreeMap::new();
    let (at, repeated) = (build.at.clone(), Vec::new());
    DiscoveredBuild { image, context, dockerfile, target, build_args, contexts, at, left_out, repeated }
}

/// Returns a path of the repository as a key of filters.yaml has it, from the root.
fn from_root(path: &str) -> String {
    format!("/{path}")
}

/// Whether a value means itself in filters.yaml: it has no placeholder, and no character that no argument can have.
fn is_plain(value: &str) -> bool {
    !value.contains("{{") && !value.contains('\0')
}

/// Returns the name in the reference of an image, without tag and digest; `None` if the name has variables, cannot be the
/// name of an image, or means something else in filters.yaml.
fn plain_name(reference: &str) -> Option<ImageName> {
    let name = reference.split('@').next()?;
    let last = name.rfind('/').map_or(0, |slash| slash + 1);
    let end = name[last..].find(':').map_or(name.len(), |colon| last + colon);
    let is_word = |name: &ImageName| !matches!(name.as_str(), "none" | "false" | "true");
    ImageName::parse(&name[..end]).ok().filter(is_word)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::discover::discover;
    use crate::inputs::source::{Ecosystem, SourceTree};

    /// Returns the builds of these files, each as its service and its keys.
    fn builds(files: &[(&str, &str)]) -> Vec<String> {
        let found = discover(&SourceTree::of_texts(files), &Ecosystem::ALL);
        let shown = |build: &DiscoveredBuild| {
            let keys = [("context", &build.context), ("dockerfile", &build.dockerfile), ("target", &build.target)];
            let keys = keys.into_iter().filter_map(|(key, value)| Some(format!(" {key}={}", value.as_ref()?)));
            let args = build.build_args.iter().map(|(name, value)| format!(" {name}:{value}"));
            let contexts = build.contexts.iter().map(|(name, value)| format!(" {name}<-{value}"));
            let left_out = build.left_out.iter().map(|left| format!(" ! {left}"));
            let repeated = build.repeated.iter().map(|other| format!(" # {other}"));
            let parts: String = keys.chain(args).chain(contexts).chain(left_out).chain(repeated).collect();
            format!("{}{parts}", build.image())
        };
        let services = found.services.iter().map(|service| service.name.as_str());
        let builds = discovered_builds(&found);
        let lines = services.zip(&builds).map(|(service, build)| {
            format!("{service}: {}", build.as_ref().map_or_else(|| "not built".to_owned(), shown))
        });
        lines.collect()
    }

    #[test]
    fn a_build_has_what_compose_declares() {
        let compose = "services:\n  api:\n    image: acme/api:${TAG:-dev}\n    build:\n      context: .\n      dockerfile: api/My Dockerfile\n\
                       \x20     target: prod\n      args: {A: x, B: '${B}', TOKEN: x, C: '{{version}}'}\n\
                       \x20     additional_contexts: {lib: ./lib, base: 'service:base', alpine: 'docker-image://alpine:3', git: 'https://x/y.git'}\n\
                       \x20 base: {build: base}\n  same: {build: base}\n  other: {build: {context: base, target: dev}}\n\
                       \x20 text: {build: {context: text, dockerfile_inline: FROM scratch}}\n";
        let files = [
            ("compose.yaml", compose),
            ("api/My Dockerfile", "FROM base\n"),
            ("base/Dockerfile", "FROM scratch\n"),
            ("lib/x", ""),
            ("text/x", ""),
        ];
        assert_eq!(
            builds(&files),
            [
                "api: acme/api context=/ dockerfile=/api/My Dockerfile target=prod A:x alpine<-docker-image://alpine:3 \
                 base<-needs.base lib<-/lib ! build_args: B is known only when it is built (compose.yaml:5:16) \
                 ! build_args: C (compose.yaml:5:16) ! build_args: TOKEN looks like a secret (compose.yaml:5:16) \
                 ! contexts: git (compose.yaml:5:16)",
                "base: localhost/{{name}} ! also built: other, target dev (compose.yaml:12:28) # also built: same (compose.yaml:11:17)",
                "text: not built",
            ]
        );
    }

    #[test]
    fn an_image_has_a_name_of_its_own() {
        let compose = "services:\n  a: {build: a, image: 'acme/app:a'}\n  b: {build: b, image: 'acme/app:b'}\n\
                       \x20 c: {build: c, image: '${R}/c'}\n  d: {build: d, image: ACME/d}\n  e: {build: e, image: localhost/a}\n\
                       \x20 f: {build: f, image: 'r.io:5000/f:1@sha256:00'}\n  none: {build: none, image: none}\n";
        let dockerfile = "FROM scratch\n";
        let files = [
            ("compose.yaml", compose),
            ("a/Dockerfile", dockerfile),
            ("b/Dockerfile", dockerfile),
            ("c/Dockerfile", dockerfile),
            ("d/Dockerfile", dockerfile),
            ("e/Dockerfile", dockerfile),
            ("f/Dockerfile", dockerfile),
            ("none/Dockerfile", dockerfile),
            ("G_/Dockerfile", dockerfile),
            ("x/é/Dockerfile", dockerfile),
        ];
        assert_eq!(
            builds(&files),
            [
                "G_: localhost/g",
                "a: localhost/{{name}}",
                "b: localhost/{{name}}",
                "c: localhost/{{name}}",
                "d: localhost/{{name}}",
                "e: localhost/{{name}}",
                "f: r.io:5000/f",
                "none: localhost/{{name}}",
                "x/-: localhost/x",
            ]
        );
    }

    #[test]
    fn a_dockerfile_names_what_another_build_makes() {
        let compose = "services:\n  base: {build: base, image: 'acme/base:dev'}\n  app: {build: app, image: 'acme/x:app'}\n\
                       \x20 job: {build: job, image: 'acme/x:job'}\n  last: {build: last}\n";
        let files = [
            ("compose.yaml", compose),
            ("base/Dockerfile", "FROM scratch\n"),
            ("app/Dockerfile", "FROM acme/base:dev\n"),
            ("job/Dockerfile", "FROM scratch\nCOPY --from=acme/base:dev x x\n"),
            ("last/Dockerfile", "FROM acme/x:app\n"),
        ];
        assert_eq!(
            builds(&files),
            [
                "app: localhost/{{name}} acme/base:dev<-needs.base",
                "base: acme/base",
                "job: localhost/{{name}} acme/base:dev<-needs.base",
                "last: localhost/{{name}} acme/x:app<-needs.app",
            ]
        );
    }
}
