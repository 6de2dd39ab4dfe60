//! A remote that is private: a server that asks for credentials, as the clone of a workflow meets it whose checkout
//! left none behind.

use std::io::Write as _;
use std::process::{Command, Stdio};

use crate::http_server::{Answer, Request, StandIn, answer};
use crate::repo::Repo;

/// `x-access-token:it's $(secret)`, in base64.
const AUTHORIZATION: &str = "Basic eC1hY2Nlc3MtdG9rZW46aXQncyAkKHNlY3JldCk=";
const TOKEN: &str = "it's $(secret)";

/// Serves the repository at `dir` by git's own program for HTTP, to clients with the token alone.
fn serve(dir: &std::path::Path) -> StandIn {
    let project = dir.to_owned();
    StandIn::serve(move |request| match request.header("authorization") {
        Some(AUTHORIZATION) => http_backend(&project, request),
        _ => answer(401, "WWW-Authenticate: Basic realm=\"private\"\r\n", ""),
    })
}

fn http_backend(project: &std::path::Path, request: &Request) -> Answer {
    let (path, query) = request.path.split_once('?').unwrap_or((&request.path, ""));
    let mut backend = Command::new("git");
    backend.arg("http-backend").env("GIT_PROJECT_ROOT", project).env("GIT_HTTP_EXPORT_ALL", "1");
    backend.env("REQUEST_METHOD", &request.method).env("PATH_INFO", path).env("QUERY_STRING", query);
    backend.env("REMOTE_USER", "x").env("CONTENT_LENGTH", request.body.len().to_string());
    for (name, header) in [
        ("CONTENT_TYPE", "content-type"),
        ("HTTP_CONTENT_ENCODING", "content-encoding"),
        ("GIT_PROTOCOL", "git-protocol"),
    ] {
        backend.env(name, request.header(header).unwrap_or_default());
    }
    let mut backend = backend.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    backend.stdin.take().unwrap().write_all(&request.body).unwrap();
    let output = backend.wait_with_output().unwrap().stdout;
    let end = output.windows(4).position(|four| four == b"\r\n\r\n").unwrap();
    let headers = String::from_utf8_lossy(&output[..end]);
    let status = headers.lines().find_map(|line| line.strip_prefix("Status: ")).unwrap_or("200 OK");
    let length = output.len() - end - 4;
    let head = format!("HTTP/1.1 {status}\r\nContent-Length: {length}\r\nConnection: close\r\n{headers}\r\n\r\n");
    [head.as_bytes(), &output[end + 4..]].concat()
}

/// A clone without blobs of a private repository whose services were built for staging, then one of them and a comment
/// of filters.yaml changed.
fn clone() -> (StandIn, Repo, Repo) {
    let origin = Repo::new();
    origin.git(["config", "uploadpack.allowFilter", "true"]);
    origin.git(["config", "uploadpack.allowAnySHA1InWant", "true"]);
    origin.git(["config", "http.receivepack", "true"]);
    let filters = "services:\n  api: {path: api}\n  web: {path: web}\nenvironments:\n  staging: {on: push}\n";
    origin.write("filters.yaml", filters).write("api/a", "1").write("web/a", "1").commit("first");
    origin.rebake(["record", "api", "web", "--environment", "staging"]).success();
    origin.write("filters.yaml", format!("# more\n{filters}")).write("api/a", "2").commit("second");
    let server = serve(origin.dir());
    let clone = origin.clone_with(["--filter=blob:none"]);
    clone.git(["remote", "set-url", "origin", &format!("http://{}/.git", server.host)]);
    (server, origin, clone)
}

#[test]
fn a_token_plans_as_much_as_stored_credentials() {
    let (_server, _origin, clone) = clone();
    let plan = ["plan", "--since", "built", "--environment", "staging", "--fetch", "--format", "names"];
    clone.rebake(plan).success().stdout("api\nweb\n");
    let run = clone.rebake([&plan[..], &["--token-env", "FORGE_TOKEN"]].concat()).env("FORGE_TOKEN", TOKEN).success();
    run.stdout("api\n").stderr("");
}

#[test]
fn a_token_pushes_what_was_built() {
    let (_server, origin, clone) = clone();
    let record = ["record", "api", "--environment", "staging", "--push", "--token-env", "FORGE_TOKEN"];
    clone.rebake(record).env("FORGE_TOKEN", TOKEN).success();
    assert_eq!(origin.id("refs/rebake/built/staging/api"), clone.id("HEAD"));
}

#[test]
fn a_variable_without_a_token_is_an_error() {
    let (_server, origin, clone) = clone();
    let saved = origin.rebake(["plan", "--all", "--environment", "staging", "--format", "json"]).success().text();
    clone.write("plan.json", saved);
    for name in ["FORGE_TOKEN", "A-B", "$(touch pwned)"] {
        for more in [&[][..], &["--plan", "plan.json", "--format", "gitlab"]] {
            let run = clone.rebake([&["plan", "--token-env", name][..], more].concat()).failure(2);
            let error = String::from_utf8(run.stderr.clone()).unwrap();
            // Somebody may give the token instead of a name.
            assert!(!error.contains(name), "{error}");
        }
    }
}

/// Whoever listens on the way must not learn the token.
#[test]
fn a_server_elsewhere_that_speaks_plain_http_is_told_no_token() {
    let (_server, _origin, clone) = clone();
    let proxy = StandIn::serve(|_| answer(401, "WWW-Authenticate: Basic realm=\"private\"\r\n", ""));
    clone.git(["remote", "set-url", "origin", "http://203.0.113.1/private.git"]);
    clone.git(["config", "http.proxy", &format!("http://{}", proxy.host)]);
    let plan = ["plan", "--since", "built", "--environment", "staging", "--fetch", "--token-env", "FORGE_TOKEN"];
    clone.rebake(plan).env("FORGE_TOKEN", TOKEN).success();
    let asked = proxy.asked();
    assert!(!asked.is_empty() && asked.iter().all(|request| request.header("authorization").is_none()), "{asked:?}");
}
