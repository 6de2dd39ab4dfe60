//! filters.yaml of the structured shape as written: each key, its type, and the description that editors show. Single
//! values are checked here; what needs the whole file is checked in `structured`.

mod arguments;
mod branch_pattern;
mod condition;
mod contexts;
mod lines;
mod matrix;
mod path;
mod patterns;
mod reserved;
mod services;
mod template;
mod words;

pub(super) use arguments::{BuildArguments, Secret, Variables};
pub(super) use branch_pattern::BranchPattern;
pub(super) use condition::{Retries, TimeLimit, Weight};
pub(super) use contexts::{BuilderFlag, Contexts};
pub(super) use lines::Lines;
pub(super) use matrix::Matrix;
pub(super) use path::{BuildPath, Directory};
pub(super) use patterns::{Exclusion, Patterns, Place, pattern};
pub(super) use reserved::Reserved;
pub(super) use services::Services;
pub(super) use template::{ArgumentTemplate, ImageName, TagTemplate};
pub(super) use words::{Choice, Command, Flag, Platform};

use super::read::{List, Map, Text, mapping};
use crate::inputs::trigger::Kind;
use crate::model::recipe::Builder;
use crate::naming::version::{Count, Scheme, VersionStyle};

mapping! {
    /// What is built in this repository, and what affects it.
    struct File free "x-" {
        /// Named pattern lists. Each is an output of its own, and may hold an anchor for the filters of services;
        /// none is built.
        filters: Map<Patterns>,
        /// A match here affects every service that does not say `global: false`.
        global: Patterns,
        /// Paths that belong to no service. Nothing is excluded by it: a service whose patterns match such a path is
        /// affected all the same.
        unowned: Patterns,
        /// Any key of a service, for all services: a service's own value wins, mappings are merged.
        defaults: Service,
        /// What is built.
        services: Services,
        /// Where results go, by what asked; the first that fits is taken. These replace the usual ones: production
        /// for tags, staging for pushes to the default branch, preview for pull requests and other branches,
        /// development for manual runs, nightly for schedules, local. A kind that none names counts as a similar one:
        /// `schedule` as `push`, `merge_group` as `pull_request`, `release` as `tag`.
        environments: Map<Environment>,
        /// The former name of `unowned`.
        #[schemars(extend("deprecated" = true))]
        ignore: Patterns,
        /// Reserved for a later version.
        tasks: Reserved,
    }
}

mapping! {
    /// Something that is built: one image, one package, one result.
    struct Service {
        /// Its directory, relative to the root of the repository: build context, default filter `<path>/**`, and
        /// prefix of its release tags.
        path: Directory,
        /// The patterns of what affects it, in the order of .gitignore: a later `!pattern` takes back what earlier
        /// ones matched. `<path>/**` when absent.
        filters: Patterns,
        /// Patterns of paths that do not affect it: they are taken away from what its `filters`, or its path, match. A
        /// path that `filters` names without a wildcard stays, and so does what `global` matches.
        exclude: List<Exclusion>,
        /// The services that it is built from, and therefore after.
        depends_on: List<Text>,
        /// Whether the file's `global` patterns affect it; they do when absent.
        global: Flag,
        /// The format of its release tags, `{{path}}@{{version}}` when absent (`{{name}}@{{version}}` without a
        /// path). Of several, all are read and the first is written.
        tag: List<TagTemplate>,
        /// How the versions in its release tags are read and ordered: `semver`, which it is when absent, or `calver`
        /// for two to four dotted numbers such as `2026.04.1`.
        scheme: Choice<Scheme>,
        /// How its versions are written between releases.
        style: Choice<VersionStyle>,
        /// What the number in its versions counts: all commits since the release, or those that change its result; with
        /// `paths`, the version names the last such commit instead of HEAD.
        count: Choice<Count>,
        /// The image it becomes, without a tag: `ghcr.io/acme/{{name}}`; `false` for none.
        image: ImageName,
        /// The tags of its image, in the lines of docker/metadata-action's `tags`.
        tags: Lines,
        /// The flavor of its image's tags, in the lines of docker/metadata-action's `flavor`.
        flavor: Lines,
        /// Labels of its image besides the OCI ones.
        labels: Map<Text>,
        /// Its Dockerfile, relative to its path; with a leading `/`, to the root of the repository. It affects the
        /// service whatever `filters` say, and so does its ignore file.
        dockerfile: BuildPath,
        /// Its build context, relative to its path; with a leading `/`, to the root of the repository. Its path when
        /// absent. One that leads outside of the path is taken whole where there are no `filters`.
        context: BuildPath,
        /// The stage of the Dockerfile that is built.
        target: Text,
        /// The platforms it is built for.
        platforms: List<Platform>,
        /// Build arguments, which may hold `{{name}}`, `{{path}}`, `{{version}}`, `{{commit}}`, `{{environment}}`, and
        /// `{{needs.SERVICE}}`: the reference of the image that a service of `depends_on` has become. Everybody who has
        /// the image can read them.
        build_args: BuildArguments,
        /// What its Dockerfile may name in `FROM` and `COPY --from` beside its stages, by name: `needs.SERVICE`, an
        /// address such as `docker-image://node:20`, or a directory, relative to its path or, with a leading `/`, to the
        /// root of the repository.
        contexts: Contexts,
        /// Secrets for the build: `id=NAME,env=VARIABLE` or `id=NAME,src=FILE`.
        secrets: List<Secret>,
        /// Where layers are read from, in BuildKit's words. What would make services share a place is filled in:
        /// `type=gha` gets a scope for each, `type=registry` a reference below its image.
        cache_from: List<Text>,
        /// Where layers are written to, as in `cache_from`.
        cache_to: List<Text>,
        /// What is attested of the image, in BuildKit's words: `type=provenance,mode=max`, `type=sbom`.
        attest: List<Text>,
        /// What builds it; `none` for a library, which spreads its changes and is never a job.
        builder: Choice<Builder>,
        /// The command that builds it: a list is a program and its arguments, a string is the text of `sh -euc`.
        run: Command,
        /// A command that runs in its path before the builder, as in `run`.
        before: Command,
        /// More words for the builder: `[--ssh=default, --no-cache]`.
        flags: List<BuilderFlag>,
        /// Variables that its command gets.
        env: Variables,
        /// How long one attempt may take: `90s`, `10m`, `1h30m`.
        timeout: TimeLimit,
        /// How often a failed attempt is repeated, at most 10 times.
        retries: Retries,
        /// How many of the `--jobs` it takes.
        weight: Weight,
        /// Names of what only one build at a time may use, such as a database for tests or a port: of the services
        /// that name the same lock, one is built after the other.
        locks: List<Text>,
        /// Values that are handed on to the CI job as they are.
        matrix: Matrix,
        /// What people call it.
        description: Text,
    }
}

mapping! {
    /// Where results go.
    #[schemars(extend("required" = ["on"]))]
    struct Environment {
        /// The kinds of event it is for.
        on: List<Choice<Kind>>,
        /// Patterns of the branches it is for; any when absent.
        branches: List<BranchPattern>,
        /// How versions are written there. With `release` the environment is for releases: it alone writes the image
        /// tags of releases.
        version: Choice<VersionStyle>,
        /// Whether images may be pushed there; they may when absent.
        push: Flag,
    }
}
