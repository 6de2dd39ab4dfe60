//! Remotes on the loopback: a real one, and those that fail.

use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use crate::repo::Repo;

/// A `git daemon` that serves a repository until it is dropped.
pub(crate) struct Remote {
    daemon: Child,
    /// The address of the repository.
    pub(crate) url: String,
}

impl Remote {
    /// Serves a repository.
    pub(crate) fn serve(repo: &Repo) -> Self {
        let programs = repo.git(["--exec-path"]);
        let port = free_port();
        // Not by `git daemon`, which would be its parent and could be killed without it.
        let daemon = Command::new(format!("{programs}/git-daemon"))
            .args(["--listen=127.0.0.1", &format!("--port={port}"), "--reuseaddr", "--export-all"])
            .arg(format!("--base-path={}", repo.dir().parent().unwrap().display()))
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("GIT_CONFIG_SYSTEM", "/dev/null")
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let remote = Self {
            daemon,
            url: format!("git://127.0.0.1:{port}/{}", repo.dir().file_name().unwrap().to_str().unwrap()),
        };
        while TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_err() {
            std::thread::sleep(Duration::from_millis(10));
        }
        remote
    }
}

impl Drop for Remote {
    fn drop(&mut self) {
        let _ = self.daemon.kill();
        let _ = self.daemon.wait();
    }
}

/// An address at which nobody listens.
pub(crate) fn unreachable() -> String {
    format!("git://127.0.0.1:{}/repo", free_port())
}

/// An address at which somebody listens and never answers, for as long as the listener lives.
pub(crate) fn silent() -> (TcpListener, String) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let url = format!("git://127.0.0.1:{}/repo", listener.local_addr().unwrap().port());
    (listener, url)
}

fn free_port() -> u16 {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap().port()
}
