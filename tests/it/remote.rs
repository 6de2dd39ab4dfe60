//! Remotes on the loopback: a real one, and those that fail.

use std::io::Write as _;
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::http_server::{StandIn, answer};
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

/// Serves a repository over HTTP, by git's own `git http-backend`, as a web server runs it; returns its address. Where a
/// password is given, who asks must be `ada` and have it.
pub(crate) fn serve_http(repo: &Repo, password: Option<&'static str>) -> (StandIn, String) {
    let backend = format!("{}/git-http-backend", repo.git(["--exec-path"]));
    let root = repo.dir().parent().unwrap().to_owned();
    let server = StandIn::serve(move |request| {
        let login = password.map(|password| format!("Basic {}", STANDARD.encode(format!("ada:{password}"))));
        let told = request.header("authorization").unwrap_or_default();
        if login.is_some_and(|login| !login.eq_ignore_ascii_case(told)) {
            return answer(401, "WWW-Authenticate: Basic realm=\"git\"\r\n", "");
        }
        let (path, query) = request.path.split_once('?').unwrap_or((&request.path, ""));
        let mut program = Command::new(&backend)
            .env("GIT_PROJECT_ROOT", &root)
            .env("GIT_HTTP_EXPORT_ALL", "1")
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("GIT_CONFIG_SYSTEM", "/dev/null")
            .env("REQUEST_METHOD", &request.method)
            .env("PATH_INFO", path)
            .env("QUERY_STRING", query)
            .env("CONTENT_TYPE", request.header("content-type").unwrap_or_default())
            .env("CONTENT_LENGTH", request.body.len().to_string())
            .env("HTTP_CONTENT_ENCODING", request.header("content-encoding").unwrap_or_default())
            .env("GIT_PROTOCOL", request.header("git-protocol").unwrap_or_default())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        program.stdin.take().unwrap().write_all(&request.body).unwrap();
        let said = program.wait_with_output().unwrap().stdout;
        // The protocol of CGI: a status is a header, and there is none where all is well.
        let status = said.strip_prefix(b"Status: ").map_or("200", |rest| str::from_utf8(&rest[..3]).unwrap());
        [format!("HTTP/1.1 {status} x\r\nConnection: close\r\n").as_bytes(), &said].concat()
    });
    let url = format!("http://{}/{}", server.host, repo.dir().file_name().unwrap().to_str().unwrap());
    (server, url)
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
