//! What BuildKit asks its client for of a context, as the kernel sees it: each file that the client opens.
//!
//! Each build has a context of its own in a new place, since of one that it knows a builder asks for what differs.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Mutex;

use super::docker::Daemon;
use crate::docker_context::{Case, STORED, cases, random};
use crate::random::for_seeds;

/// The image that the daemon has for each that is named: with one file, and no variables.
const IMAGE: &str = "rebake-image:1";

/// Starts a daemon that has the image.
fn start() -> Daemon {
    let daemon = Daemon::start_newer();
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("Dockerfile"), "FROM scratch\nCOPY Dockerfile /first/\n").unwrap();
    let mut command = daemon.command("docker");
    command.args(["buildx", "build", "--quiet", "--tag", IMAGE]).arg(directory.path());
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    daemon
}

/// What came of a build.
struct Built {
    /// The files of the context that were opened, if it was sent.
    opened: Option<Vec<String>>,
    /// The files in what was built, where that was asked for.
    files: Vec<String>,
}

/// Asks the builder for a case.
fn ask(daemon: &Daemon, case: &mut Case) {
    case.received = build(daemon, case, false).opened;
    let ignores = [&case.own_ignore, &case.ignore].into_iter().flatten();
    if ignores.into_iter().any(|text| text.contains('!')) {
        let all = Case { dockerfile: "FROM scratch\nCOPY . /\n".to_owned(), target: None, ..case.clone() };
        let Built { opened, files } = build(daemon, &all, true);
        let opened = opened.unwrap_or_default();
        case.emptied =
            case.files.iter().filter(|file| files.contains(file) && !opened.contains(file)).cloned().collect();
    }
}

/// Writes the files of a case, and builds it. A tracer fails now and then, and the build with it.
fn build(daemon: &Daemon, case: &Case, keep: bool) -> Built {
    let built = (0..3).find_map(|_| attempt(daemon, case, keep));
    built.unwrap_or_else(|| panic!("no build is to be had of {case:#?}"))
}

fn attempt(daemon: &Daemon, case: &Case, keep: bool) -> Option<Built> {
    let directory = tempfile::tempdir().unwrap();
    let root = directory.path().canonicalize().unwrap();
    let context = root.join("context");
    lay_out(case, &root);
    let mut command = daemon.command("strace");
    command.args(["-f", "--seccomp-bpf", "-e", "trace=openat,open", "-y", "-xx", "-s", "4096", "-o"]);
    command.arg(root.join("trace")).args(["docker", "buildx", "build", "--progress=plain", "--output"]);
    command.arg(if keep {
        format!("type=tar,dest={}", root.join("out").display())
    } else {
        "type=cacheonly".to_owned()
    });
    command.env("BUILDX_GIT_INFO", "false").env("BUILDX_NO_DEFAULT_ATTESTATIONS", "1");
    for image in &case.images {
        command.arg("--build-context").arg(format!("{image}=docker-image://{IMAGE}"));
    }
    for (name, value) in &case.arguments {
        command.arg("--build-arg").arg(format!("{name}={value}"));
    }
    if let Some(target) = &case.target {
        command.arg("--target").arg(target);
    }
    command.arg("--file").arg(root.join("Dockerfile")).arg(&context);
    let output = command.stdin(Stdio::null()).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    if !output.status.success() && !said.contains("ERROR") {
        println!("{said}");
        return None;
    }
    let opened = opened(&std::fs::read_to_string(root.join("trace")).unwrap(), context.to_str().unwrap());
    let files = if root.join("out").exists() { listed(&root.join("out")) } else { Vec::new() };
    Some(Built { opened: is_sent(&said).then(|| opened.into_iter().collect()), files })
}

/// Writes the files of a case.
fn lay_out(case: &Case, root: &Path) {
    let context = root.join("context");
    std::fs::create_dir(&context).unwrap();
    let write = |path: &Path, text: &str| {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    };
    case.files.iter().for_each(|file| write(&context.join(file), file));
    for (link, to) in &case.links {
        let link = context.join(link);
        std::fs::create_dir_all(link.parent().unwrap()).unwrap();
        std::os::unix::fs::symlink(to, link).unwrap();
    }
    write(&root.join("Dockerfile"), &case.dockerfile);
    for (path, text) in [("Dockerfile.dockerignore", &case.own_ignore), ("context/.dockerignore", &case.ignore)] {
        if let Some(text) = text {
            write(&root.join(path), text);
        }
    }
}

/// Whether the whole context was sent, by what BuildKit says; one that needs none is complete too.
fn is_sent(said: &str) -> bool {
    let step = said.lines().find_map(|line| line.strip_suffix(" [internal] load build context"));
    match step {
        Some(step) => said.lines().any(|line| line.starts_with(&format!("{step} DONE"))),
        None => !said.contains("ERROR"),
    }
}

/// Returns the files in an archive.
fn listed(archive: &Path) -> Vec<String> {
    let output =
        Command::new("tar").args(["--list", "--quoting-style=literal", "--file"]).arg(archive).output().unwrap();
    String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect()
}

/// Returns the files below a directory that were opened to be read.
fn opened(trace: &str, below: &str) -> BTreeSet<String> {
    let successes = trace.lines().filter(|line| !line.contains("O_DIRECTORY") && line.contains(" = "));
    let paths = successes.filter_map(|line| {
        let (_, path) = line.rsplit_once(" = ")?.1.split_once('<')?;
        Some(unescaped(path.strip_suffix('>')?))
    });
    let inside = paths.filter_map(|path| Some(path.strip_prefix(below)?.strip_prefix('/')?.to_owned()));
    // The ignore file is asked for by itself too.
    inside.filter(|path| path != ".dockerignore" && Path::new(below).join(path).is_file()).collect()
}

/// Reads the bytes of a path that is written in hexadecimal.
fn unescaped(text: &str) -> String {
    let bytes = text.split("\\x").skip(1).map(|byte| u8::from_str_radix(byte, 16).unwrap());
    String::from_utf8(bytes.collect()).unwrap()
}

/// Asks two builders for the cases. One that ends over a case has refused it.
fn answered(cases: Vec<Case>) -> Vec<Case> {
    let next = Mutex::new(cases.into_iter().enumerate());
    let done = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                let mut daemon = start();
                while let Some((at, mut case)) = { next.lock().unwrap().next() } {
                    ask(&daemon, &mut case);
                    if daemon.has_ended() {
                        println!("the builder ended over `{}`", case.name);
                        case.received = None;
                        daemon = start();
                    }
                    done.lock().unwrap().push((at, case));
                }
            });
        }
    });
    let mut done = done.into_inner().unwrap();
    done.sort_by_key(|(at, _)| *at);
    done.into_iter().map(|(_, case)| case).collect()
}

#[test]
#[ignore = "needs dockerd of Docker 23 or later, docker buildx and strace: .ci/full runs it"]
fn a_build_reads_what_buildkit_asks_for() {
    let mut all = cases::all();
    let randoms = Mutex::new(Vec::new());
    for_seeds(500, |random| {
        let mut randoms = randoms.lock().unwrap();
        let name = format!("random {}", randoms.len());
        randoms.push(random::case(random, name));
    });
    all.extend(randoms.into_inner().unwrap());
    let all = answered(all);
    #[expect(clippy::disallowed_methods, reason = "tests are steered by variables of their own")]
    if std::env::var_os("REBAKE_BLESS").is_some() {
        let lines: String = all.iter().map(|case| serde_json::to_string(case).unwrap() + "\n").collect();
        std::fs::write(STORED, lines).unwrap();
    }
    let refused = all.iter().filter(|case| case.received.is_none()).count();
    let widened = all.iter().filter(|case| case.hold()).count();
    println!("{} builds, {refused} refused, {widened} of which we say more", all.len());
}
