//! filters.yaml of the structured shape as written: each key, its type, and the description that editors show. This
//! module checks single values; `structured` checks rules that involve several values.

mod arguments;
mod branch_pattern;
mod condition;
mod contexts;
mod generated_jobs;
mod job_value;
mod lines;
mod lockfile_key;
mod matrix;
mod path;
mod patterns;
mod reserved;
mod services;
mod template;
mod words;

pub(super) use arguments::{BuildArguments, Secret, Variables, is_secret, is_variable_name};
pub(super) use branch_pattern::BranchPattern;
pub(super) use condition::{Retries, TimeLimit, Weight};
pub(super) use contexts::{BuilderFlag, Context, Contexts, is_context_name};
pub(super) use generated_jobs::GeneratedJobs;
pub(super) use lines::Lines;
pub(super) use lockfile_key::{LockfileKey, LockfilePath};
pub(super) use matrix::Matrix;
pub(super) use path::{BuildPath, Directory};
pub(super) use patterns::{Exclusion, Patterns, Place, pattern};
pub(super) use reserved::Reserved;
pub(super) use services::Services;
pub(super) use template::{ArgumentTemplate, ImageName, TagTemplate};
pub(super) use words::{Choice, Command, Flag, Platform};

use super::read::{List, Map, Text, mapping};
use crate::inputs::source::Ecosystem;
use crate::inputs::trigger::Kind;
use crate::model::recipe::{Builder, Promote};
use crate::naming::version::{Count, Scheme, VersionStyle};

mapping! {
    /// What is built in this repository, and what affects it.
    struct File free "x-" {
        /// Named lists of patterns. Each list has its own outputs, and is not built. A list may have a YAML anchor, so
        /// that services can use it in their `filters`.
        #[schemars(extend("examples" = [{"docs": ["docs/**", "*.md"]}]))]
        filters: Map<Patterns>,
        /// Patterns of files that affect every service, except for services with `global: false`.
        #[schemars(extend("default" = [], "examples" = [["rust-toolchain.toml"]]))]
        global: Patterns,
        /// Paths that belong to no service, so rebake does not report their changes as unmatched. They are not
        /// excluded: a service whose patterns match such a path is affected.
        #[schemars(extend("default" = [], "examples" = [["docs/**", "*.md"]]))]
        unowned: Patterns,
        /// Defaults for the keys of all services. A service's own value replaces a default, and mappings are merged.
        #[schemars(extend("examples" = [{"image": "ghcr.io/acme/{{name}}", "exclude": ["**/*.md"]}]))]
        defaults: Service,
        /// The services: everything that is built.
        #[schemars(extend(
            "examples" = [{"api": {"path": "services/api", "depends_on": ["migrator"]}, "migrator": {"path": "services/migrator"}}],
        ))]
        services: Services,
        /// Ecosystems, such as `cargo`. When rebake plans, it reads the manifests of their packages. A service with a
        /// package's directory as its `path` gets the package's dependencies. A package without such a service becomes
        /// a library.
        #[schemars(extend("default" = [], "examples" = [["cargo", "npm"]]))]
        workspaces: List<Choice<Ecosystem>>,
        /// Where results go, depending on the event. The first environment that fits the event is used. The
        /// environments of this file replace the default ones: production for tags, staging for pushes to the default
        /// branch, preview for pull requests and other branches, development for manual runs, nightly for schedules,
        /// local. If no environment names the kind of an event, the event is treated as one of a similar kind:
        /// `schedule` as `push`, `merge_group` as `pull_request`, `release` as `tag`.
        #[schemars(extend(
            "examples" = [{"production": {"on": "tag", "version": "release"}, "staging": {"on": "push", "branches": ["main"]}, "local": {"on": "local", "push": false}}],
        ))]
        environments: Map<Environment>,
        /// The former name of `unowned`.
        #[schemars(extend("deprecated" = true))]
        #[schemars(extend("examples" = [["docs/**"]]))]
        ignore: Patterns,
        /// Reserved for a later version.
        tasks: Reserved,
    }
}

mapping! {
    /// Something that is built: one image, one package, one result.
    struct Service {
        /// Its directory, relative to the root of the repository. It is the default build context, gives the default
        /// filter `<path>/**`, and is the default prefix of its release tags.
        #[schemars(extend("examples" = ["services/api"]))]
        path: Directory,
        /// The patterns of the files that affect it. They are read in order, as in .gitignore: a later `!pattern`
        /// excludes paths that earlier patterns matched. `<path>/**` when absent.
        #[schemars(extend("examples" = [["services/api/**", "lib/**", "!**/*_test.go"]]))]
        filters: Patterns,
        /// Patterns of paths that do not affect it, although its `filters` or its path match them. A path that
        /// `filters` name without a wildcard still affects it, and so does one that `global` matches.
        #[schemars(extend("default" = [], "examples" = [["**/*.md", "docs/**"]]))]
        exclude: List<Exclusion>,
        /// How lockfiles affect it. `whole` (when absent): as files that its patterns match. `auto`: by the packages
        /// that its package gets from the lockfiles in its path and above it. The path of a lockfile: by the packages
        /// that its package gets from that lockfile. `false`: like `whole`, but without findings of `rebake check`.
        #[schemars(extend("default" = "whole", "examples" = ["auto"]))]
        lockfile: LockfileKey,
        /// The services that it is built from. They are built first.
        #[schemars(extend("default" = [], "examples" = [["migrator", "common"]]))]
        depends_on: List<Text>,
        /// Whether the file's `global` patterns affect it; they do when absent.
        #[schemars(extend("default" = true, "examples" = [false]))]
        global: Flag,
        /// The format of its release tags, `{{path}}@{{version}}` when absent (`{{name}}@{{version}}` without a path).
        /// With several formats, rebake reads tags of all and writes tags of the first.
        #[schemars(extend("default" = "{{path}}@{{version}}", "examples" = ["{{name}}@{{version}}"]))]
        tag: List<TagTemplate>,
        /// How the versions in its release tags are read and ordered: `semver` (when absent), or `calver` for two to
        /// four dotted numbers such as `2026.04.1`.
        #[schemars(extend("default" = "semver", "examples" = ["calver"]))]
        scheme: Choice<Scheme>,
        /// The style of its versions between releases.
        #[schemars(extend("examples" = ["next"]))]
        style: Choice<VersionStyle>,
        /// Which commits the number in its versions counts: all commits since the last release, or only commits that
        /// change its result. With `paths`, the version names the last such commit instead of HEAD.
        #[schemars(extend("default" = "commits", "examples" = ["paths"]))]
        count: Choice<Count>,
        /// The name of its image, without a tag: `ghcr.io/acme/{{name}}`; `false` for no image.
        #[schemars(extend("default" = false, "examples" = ["ghcr.io/acme/{{name}}"]))]
        image: ImageName,
        /// The tags of its image, written as the lines of docker/metadata-action's `tags`.
        #[schemars(extend(
            "default" = ["type=raw,value={{version}}"],
            "examples" = [["type=raw,value={{version}}", "type=semver,pattern={{major}}.{{minor}}", "type=ref,event=branch"]],
        ))]
        tags: Lines,
        /// The flavor of its image's tags, written as the lines of docker/metadata-action's `flavor`.
        #[schemars(extend("default" = [], "examples" = [["latest=false"]]))]
        flavor: Lines,
        /// Labels of its image besides the OCI ones.
        #[schemars(extend("default" = {}, "examples" = [{"org.opencontainers.image.licenses": "MIT"}]))]
        labels: Map<Text>,
        /// Whether an existing image of the same content is used in place of a build: `auto` (when absent), if that
        /// image was built with the same version, commit and environment, as far as its build can see them; `always`;
        /// or `never`.
        #[schemars(extend("default" = "auto", "examples" = ["always"]))]
        promote: Choice<Promote>,
        /// Its Dockerfile, relative to its path or, with a leading `/`, to the root of the repository. The Dockerfile
        /// and its ignore file affect the service even if `filters` do not match them.
        #[schemars(extend("default" = "Dockerfile", "examples" = ["docker/prod.Dockerfile"]))]
        dockerfile: BuildPath,
        /// Its build context, relative to its path or, with a leading `/`, to the root of the repository. When absent,
        /// the context is the path itself. If the context is outside of the path, the files that its Dockerfile copies
        /// from there affect the service, unless there are `filters`.
        #[schemars(extend("default" = ".", "examples" = ["/"]))]
        context: BuildPath,
        /// The stage of the Dockerfile that is built.
        #[schemars(extend("examples" = ["prod"]))]
        target: Text,
        /// The platforms it is built for.
        #[schemars(extend("default" = [], "examples" = [["linux/amd64", "linux/arm64"]]))]
        platforms: List<Platform>,
        /// Build arguments, which may hold `{{name}}`, `{{path}}`, `{{version}}`, `{{commit}}`, `{{environment}}`, and
        /// `{{needs.SERVICE}}`, the reference of the image of a service in `depends_on`. Everyone who has the
        /// built image can read the build arguments.
        #[schemars(extend("default" = {}, "examples" = [{"VERSION": "{{version}}", "BASE": "{{needs.migrator}}"}]))]
        build_args: BuildArguments,
        /// Named contexts, which its Dockerfile may use in `FROM` and `COPY --from`. Each is `needs.SERVICE`, an
        /// address such as `docker-image://node:20`, or a directory, relative to its path or, with a leading `/`, to
        /// the root of the repository.
        #[schemars(extend("default" = {}, "examples" = [{"node": "docker-image://node:20", "common": "/libs/common"}]))]
        contexts: Contexts,
        /// Secrets for the build: `id=NAME,env=VARIABLE` or `id=NAME,src=FILE`.
        #[schemars(extend("default" = [], "examples" = [["id=npm,env=NPM_TOKEN"]]))]
        secrets: List<Secret>,
        /// Where the builder reads cached layers, in BuildKit's syntax. rebake keeps the caches of services apart: it
        /// adds a scope for `type=gha`, and a reference below the image for `type=registry`.
        #[schemars(extend("default" = [], "examples" = [["type=registry"]]))]
        cache_from: List<Text>,
        /// Where the builder writes cached layers, as in `cache_from`.
        #[schemars(extend("default" = [], "examples" = [["type=registry,mode=max"]]))]
        cache_to: List<Text>,
        /// The attestations of the image, in BuildKit's syntax: `type=provenance,mode=max`, `type=sbom`.
        #[schemars(extend("default" = [], "examples" = [["type=provenance,mode=max", "type=sbom"]]))]
        attest: List<Text>,
        /// The builder; `none` for a library, which passes its changes on to dependents and is never a job.
        #[schemars(extend("examples" = ["podman"]))]
        builder: Choice<Builder>,
        /// The command that builds it. A list is a program and its arguments; a string is the text of `sh -euc`.
        #[schemars(extend("examples" = ["make image"]))]
        run: Command,
        /// A command that runs in its path before the builder, written as in `run`.
        #[schemars(extend("examples" = ["make generate"]))]
        before: Command,
        /// Further arguments for the builder: `[--ssh=default, --no-cache]`.
        #[schemars(extend("default" = [], "examples" = [["--ssh=default", "--no-cache"]]))]
        flags: List<BuilderFlag>,
        /// Variables for its command.
        #[schemars(extend("default" = {}, "examples" = [{"CGO_ENABLED": "0"}]))]
        env: Variables,
        /// How long one attempt may take: `90s`, `10m`, `1h30m`.
        #[schemars(extend("examples" = ["30m"]))]
        timeout: TimeLimit,
        /// How often to repeat a failed attempt, at most 10 times.
        #[schemars(extend("default" = 0, "examples" = [2]))]
        retries: Retries,
        /// The number of parallel jobs (`--jobs`) that its build takes up.
        #[schemars(extend("default" = 1, "examples" = [4]))]
        weight: Weight,
        /// Names of locks, for resources that only one build at a time may use, such as a test database or a port.
        /// Services with a lock of the same name are built one after the other.
        #[schemars(extend("default" = [], "examples" = [["database"]]))]
        locks: List<Text>,
        /// Values that are passed on to the CI job unchanged.
        #[schemars(extend("default" = {}, "examples" = [{"runner": "arm64"}]))]
        matrix: Matrix,
        /// Keys of its jobs in the pipelines that rebake generates, by engine, such as `{gitlab: {tags: [arm64]}}`:
        /// where a job runs, in which image, and what it prepares.
        #[schemars(extend("default" = {}, "examples" = [{"gitlab": {"tags": ["arm64"]}}]))]
        ci: GeneratedJobs,
        /// A description for people.
        #[schemars(extend("examples" = ["The public API"]))]
        description: Text,
    }
}

mapping! {
    /// The lockfile that decides which packages a package gets.
    struct LockfileOf {
        /// The path of the lockfile from the root of the repository. When absent, the lockfiles in the service's path,
        /// in the package's directory, and above these.
        #[schemars(extend("examples" = ["pnpm-lock.yaml"]))]
        file: LockfilePath,
        /// The package's name, or its directory from the root of the repository; the package in the service's path when
        /// absent.
        #[schemars(extend("examples" = ["apps/site"]))]
        package: Text,
        /// Whether the development dependencies of workspace packages affect the service, if the lockfile marks them;
        /// they do when absent.
        #[schemars(extend("default" = true, "examples" = [false]))]
        dev: Flag,
    }
}

mapping! {
    /// An environment: which versions results get and whether images are pushed, for some kinds of events.
    #[schemars(extend("required" = ["on"]))]
    struct Environment {
        /// The kinds of event that it is for.
        #[schemars(extend("examples" = [["pull_request", "merge_group"]]))]
        on: List<Choice<Kind>>,
        /// Patterns of the branches that it is for; any branch when absent.
        #[schemars(extend("examples" = [["main", "release/**"]]))]
        branches: List<BranchPattern>,
        /// The style of versions in this environment. With `release` the environment is for releases, and only such an
        /// environment writes the image tags of releases.
        #[schemars(extend("examples" = ["release"]))]
        version: Choice<VersionStyle>,
        /// Whether images may be pushed in this environment; they may when absent.
        #[schemars(extend("default" = true, "examples" = [false]))]
        push: Flag,
    }
}
