//! What `packaging/build` makes for each channel, installed into an empty environment: the program runs there.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::Instant;

use tempfile::TempDir;

use crate::repo::Repo;
use crate::source;

const VERSION: &str = env!("CARGO_PKG_VERSION");
const TARGET: &str = "x86_64-unknown-linux-gnu";

/// How large the program may be: 14 MiB.
const LIMIT: u64 = 14 << 20;

fn channels() -> PathBuf {
    Path::new(source::ROOT).join("target/dist/channels")
}

/// The wheel, whose name lists the platforms.
fn wheel() -> PathBuf {
    let entries = fs::read_dir(channels()).expect("packaging/build has run").map(|entry| entry.unwrap().path());
    let wheels: Vec<PathBuf> = entries.filter(|path| path.extension().is_some_and(|end| end == "whl")).collect();
    let [wheel] = &wheels[..] else { panic!("{wheels:?}") };
    wheel.clone()
}

/// Runs a command as on somebody's own machine: in CI without a known engine, every service is planned.
#[track_caller]
fn run(command: &mut Command) -> Output {
    let output = command.env_remove("CI").output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let said = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {said}");
    output
}

/// A repository in which a service has changed.
fn changed() -> Repo {
    let repo = Repo::new();
    repo.write("filters.yaml", "services: {api: {path: api}, web: {path: web}}\n")
        .write("api/a", "")
        .write("web/a", "");
    repo.commit("first");
    repo.write("api/a", "2").commit("second");
    repo
}

/// Asks a program that was installed what it is, and for a plan. It knows nothing but git.
#[track_caller]
fn works(channel: &str, start: Instant, program: &Path, args: &[&str]) {
    let installed = start.elapsed();
    let version = run(Command::new(program).args(args).arg("--version"));
    assert_eq!(String::from_utf8_lossy(&version.stdout).trim(), format!("rebake {VERSION}"));
    let repo = changed();
    let plan = run(Command::new(program).args(args).args(["plan", "--format", "names"]).current_dir(repo.dir()));
    assert_eq!(String::from_utf8_lossy(&plan.stdout), "api\n");
    println!(
        "{channel}: installed in {:.1} s, {:.1} s with two runs",
        installed.as_secs_f64(),
        start.elapsed().as_secs_f64()
    );
}

#[track_caller]
fn unpacked(into: &Path) -> PathBuf {
    run(Command::new("tar")
        .arg("-xzf")
        .arg(channels().join(format!("rebake-{TARGET}-v{VERSION}.tgz")))
        .arg("-C")
        .arg(into));
    into.join(format!("rebake-{TARGET}-v{VERSION}"))
}

#[test]
#[ignore = "needs what packaging/build makes: .ci/full runs it"]
fn the_program_is_one_static_file() {
    let folder = TempDir::new().unwrap();
    let program = unpacked(folder.path()).join("rebake");
    let linked = Command::new("ldd").arg(&program).output().unwrap();
    let linked = String::from_utf8_lossy(&linked.stdout).into_owned() + &String::from_utf8_lossy(&linked.stderr);
    assert!(linked.contains("statically linked") || linked.contains("not a dynamic executable"), "{linked}");
    let size = fs::metadata(&program).unwrap().len();
    println!("the program has {size} bytes");
    assert!(size <= LIMIT, "{size} bytes");
}

/// The archive has the name that Cargo.toml tells cargo-binstall, and the program where that says.
#[test]
#[ignore = "needs what packaging/build makes: .ci/full runs it"]
fn the_archive_is_found_by_binstall_and_runs() {
    let manifest: toml::Table = source::read("Cargo.toml").parse().unwrap();
    let binstall = &manifest["package"]["metadata"]["binstall"];
    let filled = |template: &str| {
        let mut text = template.to_owned();
        for (name, value) in [
            ("repo", env!("CARGO_PKG_REPOSITORY")),
            ("version", VERSION),
            ("name", "rebake"),
            ("target", TARGET),
            ("bin", "rebake"),
            ("binary-ext", ""),
        ] {
            text = text.replace(&format!("{{ {name} }}"), value);
        }
        text
    };
    let musl = &binstall["overrides"]["x86_64-unknown-linux-musl"];
    for keys in [binstall, musl] {
        let url = filled(keys["pkg-url"].as_str().unwrap());
        let name = url.rsplit_once('/').unwrap().1;
        assert!(url.starts_with(&format!("{}/releases/download/v{VERSION}/", env!("CARGO_PKG_REPOSITORY"))), "{url}");
        let start = Instant::now();
        let folder = TempDir::new().unwrap();
        run(Command::new("tar").arg("-xzf").arg(channels().join(name)).arg("-C").arg(folder.path()));
        let program = folder.path().join(filled(keys["bin-dir"].as_str().unwrap()));
        works("archive", start, &program, &[]);
    }
}

/// Man pages, and completions for three shells, below a prefix.
#[track_caller]
fn has_pages(prefix: &Path) {
    let manual = fs::read_to_string(prefix.join("share/man/man1/rebake-plan.1")).unwrap();
    assert!(manual.contains("rebake\\-plan") || manual.contains("rebake-plan"), "{manual}");
    for script in
        ["bash-completion/completions/rebake", "zsh/site-functions/_rebake", "fish/vendor_completions.d/rebake.fish"]
    {
        assert!(fs::read_to_string(prefix.join("share").join(script)).unwrap().contains("rebake"), "{script}");
    }
}

#[test]
#[ignore = "needs what packaging/build makes: .ci/full runs it"]
fn pip_installs_the_wheel() {
    let folder = TempDir::new().unwrap();
    let environment = folder.path().join("environment");
    run(Command::new("python3").args(["-m", "venv"]).arg(&environment));
    let start = Instant::now();
    let pip = ["install", "--no-index", "--quiet", "--disable-pip-version-check"];
    run(Command::new(environment.join("bin/pip")).args(pip).arg(wheel()));
    works("pip", start, &environment.join("bin/rebake"), &[]);
    has_pages(&environment);
    // One build for all: the same program in the archive.
    let archived = unpacked(folder.path());
    has_pages(&archived);
    assert!(fs::read(archived.join("rebake")).unwrap() == fs::read(environment.join("bin/rebake")).unwrap());
    run(Command::new(environment.join("bin/pip")).args(["uninstall", "--yes", "--quiet", "rebake"]));
    assert!(!environment.join("bin/rebake").exists());
}

#[test]
#[ignore = "needs what packaging/build makes, and uv: .ci/full runs it"]
fn uvx_runs_the_wheel() {
    let cache = TempDir::new().unwrap();
    let wheel = wheel();
    let cache = cache.path().to_str().unwrap();
    let args = ["--cache-dir", cache, "--offline", "--no-index", "--from", wheel.to_str().unwrap(), "rebake"];
    works("uvx", Instant::now(), Path::new("uvx"), &args);
}

fn npm(folder: &Path) -> Command {
    let mut npm = Command::new("npm");
    npm.current_dir(folder).args(["--offline", "--no-audit", "--no-fund", "--cache"]).arg(folder.join("cache"));
    npm
}

/// The package of the platform, and the one that people name.
fn packages() -> [PathBuf; 2] {
    [format!("rebake-cli-linux-x64-{VERSION}.tgz"), format!("rebake-cli-{VERSION}.tgz")]
        .map(|name| channels().join(name))
}

#[test]
#[ignore = "needs what packaging/build makes, and npm: .ci/full runs it"]
fn npm_installs_the_packages() {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("package.json"), "{}").unwrap();
    let start = Instant::now();
    run(npm(folder.path()).arg("install").args(packages()));
    works("npm", start, &folder.path().join("node_modules/.bin/rebake"), &[]);
    has_pages(&folder.path().join("node_modules/@rebake/cli"));
}

/// Where npm has left out the package of the platform, the command says so, and what to do.
#[test]
#[ignore = "needs what packaging/build makes, and npm: .ci/full runs it"]
fn without_its_program_the_npm_package_says_what_to_do() {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("package.json"), "{}").unwrap();
    run(npm(folder.path()).args(["install", "--omit=optional"]).arg(&packages()[1]));
    let program = folder.path().join("node_modules/.bin/rebake");
    let output = Command::new(&program).arg("plan").output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains("the package @rebake/cli-linux-x64 is not installed"), "{said}");
    assert!(said.contains(&format!("npm install --save-dev @rebake/cli-linux-x64@{VERSION}")), "{said}");
    let named = run(Command::new(&program).arg("--version").env("REBAKE_BINARY", env!("CARGO_BIN_EXE_rebake")));
    assert_eq!(String::from_utf8_lossy(&named.stdout).trim(), format!("rebake {VERSION}"));
}

/// The program's end is the shim's: its exit code, and its signal.
#[test]
#[ignore = "needs node: .ci/full runs it"]
fn the_npm_package_ends_as_its_program_does() {
    let shim = Path::new(source::ROOT).join("packaging/npm/cli/bin/rebake.mjs");
    let folder = TempDir::new().unwrap();
    let script = |text: &str| {
        use std::os::unix::fs::PermissionsExt as _;
        let path = folder.path().join("program");
        fs::write(&path, format!("#!/bin/sh\n{text}\n")).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        let mut node = Command::new("node");
        node.arg(&shim).args(["a b", "--x=$(y)"]).env("REBAKE_BINARY", path);
        node
    };
    let output = script("printf '%s|' \"$@\"; exit 3").output().unwrap();
    assert_eq!((output.status.code(), &*output.stdout), (Some(3), &b"a b|--x=$(y)|"[..]));
    let output = script("kill -9 $$").output().unwrap();
    assert_eq!(output.status.code(), Some(137));
    // Outside of a terminal, a signal to the shim reaches the program, which says when it may end.
    let mut node = script("trap 'echo told; exit 5' TERM; echo ready; sleep 20 & wait");
    let mut child = node.stdin(std::process::Stdio::null()).stdout(std::process::Stdio::piped()).spawn().unwrap();
    let mut lines = std::io::BufRead::lines(std::io::BufReader::new(child.stdout.take().unwrap()));
    assert_eq!(lines.next().unwrap().unwrap(), "ready");
    run(Command::new("kill").arg("-TERM").arg(child.id().to_string()));
    assert_eq!(lines.next().unwrap().unwrap(), "told");
    assert_eq!(child.wait().unwrap().code(), Some(5));
}

/// The image has the program and nothing else, and plans what is mounted into it.
#[test]
#[ignore = "needs what packaging/build makes, and buildah: .ci/full runs it"]
fn the_image_runs() {
    let folder = TempDir::new().unwrap();
    let buildah = || {
        let mut buildah = Command::new("buildah");
        buildah.args(["--storage-driver", "vfs", "--root"]).arg(folder.path().join("root"));
        buildah.arg("--runroot").arg(folder.path().join("run"));
        buildah
    };
    let start = Instant::now();
    let context = channels().join("image");
    let build =
        ["build", "--isolation", "chroot", "--target", "program", "--build-arg", "TARGETARCH=amd64", "--tag", "rebake"];
    run(buildah().args(build).arg(&context));
    let made = run(buildah().args(["from", "--pull-never", "rebake"]));
    let container = String::from_utf8(made.stdout).unwrap().trim().to_owned();
    let repo = changed();
    let mount = format!("{}:/work", repo.dir().display());
    let inside = |args: &[&str]| {
        let run_in = ["run", "--isolation", "chroot", "--volume", &mount, &container, "--", "/usr/local/bin/rebake"];
        let output = run(buildah().args(run_in).args(args));
        String::from_utf8(output.stdout).unwrap()
    };
    assert_eq!(inside(&["--version"]).trim(), format!("rebake {VERSION}"));
    assert_eq!(inside(&["plan", "--base", "HEAD~1", "--head", "HEAD", "--format", "names"]), "api\n");
    println!("image: {:.1} s with two runs", start.elapsed().as_secs_f64());
}

/// What cargo installs is the crate as it would be published.
#[test]
#[ignore = "compiles: .ci/full runs it"]
fn cargo_installs_it() {
    let folder = TempDir::new().unwrap();
    let start = Instant::now();
    // With what was compiled for the tests.
    let target = Path::new(source::ROOT).join("target");
    let mut cargo = Command::new("cargo");
    cargo.args(["install", "--path", source::ROOT, "--locked", "--offline", "--debug", "--root"]);
    run(cargo.arg(folder.path()).arg("--target-dir").arg(target));
    works("cargo", start, &folder.path().join("bin/rebake"), &[]);
}
