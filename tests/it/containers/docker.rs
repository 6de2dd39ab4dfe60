//! The same day by `docker buildx build`, with a daemon of the test's own.

use std::os::unix::fs::symlink;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use super::capstone::day;
use super::odd::{comes_out_as_it_went_in, odd_for_docker};
use super::registry::Registry;
use crate::repo::{Rebake, Repo};

/// Debian's dockerd on a private socket, without a network. It ends with the value.
pub(super) struct Daemon {
    child: Child,
    directory: tempfile::TempDir,
}

impl Daemon {
    pub(super) fn start() -> Self {
        Self::start_by(Command::new("dockerd"))
    }

    /// Starts one that knows named contexts, which Docker has since 23: Debian's of trixie, beside the installed one.
    pub(super) fn start_newer() -> Self {
        #[expect(clippy::disallowed_methods, reason = ".ci/full says where it has unpacked it")]
        let (unpacked, path) = (std::env::var("REBAKE_DOCKER"), std::env::var("PATH").unwrap_or_default());
        let unpacked = unpacked.expect(".ci/full unpacks docker.io of trixie");
        let mut command = Command::new(format!("{unpacked}/usr/sbin/dockerd"));
        command.env("PATH", format!("{unpacked}/usr/bin:{path}"));
        Self::start_by(command)
    }

    fn start_by(mut command: Command) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let path = |name: &str| directory.path().join(name);
        std::fs::create_dir_all(path("config/cli-plugins")).unwrap();
        #[expect(clippy::disallowed_methods, reason = ".ci/full says where it has unpacked buildx")]
        if let Some(buildx) = std::env::var_os("REBAKE_BUILDX") {
            symlink(buildx, path("config/cli-plugins/docker-buildx")).unwrap();
        }
        let log = std::fs::File::create(path("log")).unwrap();
        command.args(["--bridge=none", "--iptables=false", "--ip6tables=false", "--storage-driver=vfs"]);
        for (flag, name) in [("--data-root", "data"), ("--exec-root", "exec"), ("--pidfile", "pid")] {
            command.arg(flag).arg(path(name));
        }
        command.arg("--host").arg(socket(&directory)).stdin(Stdio::null()).stdout(Stdio::null()).stderr(log);
        let child = command.spawn().expect("dockerd is installed: .ci/full does that");
        let mut daemon = Self { child, directory };
        let since = Instant::now();
        while !daemon.directory.path().join("socket").exists() {
            let log = std::fs::read_to_string(daemon.directory.path().join("log")).unwrap();
            assert!(daemon.child.try_wait().unwrap().is_none(), "dockerd ended: {log}");
            assert!(since.elapsed() < Duration::from_secs(60), "dockerd does not listen: {log}");
            sleep(Duration::from_millis(20));
        }
        daemon
    }

    /// Returns a command that knows the daemon.
    pub(super) fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command.env("DOCKER_HOST", socket(&self.directory)).env("DOCKER_CONFIG", self.directory.path().join("config"));
        command
    }

    /// Whether it has ended by itself.
    pub(super) fn has_ended(&mut self) -> bool {
        self.child.try_wait().unwrap().is_some()
    }

    pub(super) fn lend(&self, rebake: Rebake) -> Rebake {
        rebake.env("DOCKER_HOST", socket(&self.directory)).env("DOCKER_CONFIG", self.directory.path().join("config"))
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        // By this signal it ends its containerd too.
        let _ = kill_process(Pid::from_child(&self.child), Signal::TERM);
        let _ = self.child.wait();
    }
}

fn socket(directory: &tempfile::TempDir) -> String {
    format!("unix://{}", directory.path().join("socket").display())
}

#[test]
#[ignore = "needs dockerd of Docker 23 or later, docker buildx and docker-registry: .ci/full runs it"]
fn a_day_with_docker() {
    let registry = Registry::start();
    let daemon = Daemon::start_newer();
    day(&registry, "docker", |rebake| daemon.lend(rebake));
}

#[test]
#[ignore = "needs dockerd, docker buildx and docker-registry: .ci/full runs it"]
fn odd_values_with_docker() {
    let registry = Registry::start();
    let daemon = Daemon::start();
    let repo = odd_for_docker(&registry);
    comes_out_as_it_went_in(&registry, &repo, |rebake| daemon.lend(rebake));
}

/// Without a filters.yaml, an image is built as compose declares it, from what the image that it names has become.
#[test]
#[ignore = "needs dockerd of Docker 23 or later and docker buildx: .ci/full runs it"]
fn what_compose_declares_is_built() {
    let daemon = Daemon::start_newer();
    let repo = Repo::new();
    let compose = "services:\n  base: {build: base, image: 'acme/base:dev'}\n\
                   \x20 nginx: {build: nginx, image: '${REGISTRY}/nginx'}\n\
                   \x20 app: {build: {context: ., dockerfile: my app/app Dockerfile, args: [MODE=a b], additional_contexts: ['web=service:nginx']}}\n";
    repo.write("compose.yaml", compose)
        .write("base/Dockerfile", "FROM scratch\nCOPY . /\nLABEL of=base\n")
        .write("nginx/Dockerfile", "FROM scratch\nCOPY . /of-nginx/\n")
        .write("my app/app Dockerfile", "FROM acme/base:dev\nARG MODE\nLABEL mode=$MODE\nCOPY --from=web /of-nginx /\n")
        .write("ui/package.json", r#"{"name": "ui"}"#)
        .commit("first");
    daemon.lend(repo.rebake(["build", "--all"])).success();
    let ask = |args: &[&str]| {
        let output = daemon.command("docker").args(args).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    };
    let listed = ask(&["images", "--format", "{{.Repository}} {{.Tag}}"]);
    let mut names: Vec<(&str, &str)> = listed.lines().filter_map(|line| line.split_once(' ')).collect();
    names.sort_unstable();
    assert_eq!(
        names.iter().map(|(name, _)| *name).collect::<Vec<_>>(),
        ["acme/base", "localhost/my-app", "localhost/nginx"]
    );
    let app = format!("localhost/my-app:{}", names[1].1);
    let labels = ask(&["inspect", "--format", "{{.Config.Labels.of}} {{.Config.Labels.mode}}", &app]);
    assert_eq!(labels, "base a b\n");
}
