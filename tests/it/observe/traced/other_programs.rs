//! What other programs read for a build: it cannot be seen.

use std::os::unix::net::UnixListener;

use super::{observe, observed, repo};

#[test]
#[ignore = "needs strace and python3: .ci/run runs it"]
fn what_other_programs_read_is_not_seen_and_said() {
    let repo = repo(
        "cat main\n/usr/bin/python3 -c \"import socket; socket.socket(socket.AF_UNIX).connect('../.git/daemon.sock')\"",
        &[("api/main", "")],
    );
    let _daemon = UnixListener::bind(repo.dir().join(".git/daemon.sock")).unwrap();
    let seen = observed(observe(&repo), 0);
    assert!(seen["unseen"][0].as_str().unwrap().contains("what the program behind the socket "), "{seen:#}");
    let said = repo.rebake(["observe", "api"]).success().text();
    assert!(said.contains("all that were seen are covered") && said.contains("not seen: "), "{said}");
}

#[test]
#[ignore = "needs strace and python3: .ci/run runs it"]
fn daemons_are_known_by_any_address() {
    let repo = repo("/usr/bin/python3 ask.py", &[("api/ask.py", "")]);
    let daemon = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = daemon.local_addr().unwrap().port();
    let program = "import socket
own = socket.socket(); own.bind(('127.0.0.1', 0)); own.listen(); own.getsockname()
socket.socket().connect(own.getsockname())
s = socket.socket(socket.AF_INET6); s.setblocking(False); s.connect_ex(('::ffff:127.0.0.1', PORT))
";
    repo.write("api/ask.py", program.replace("PORT", &port.to_string()));
    let seen = observed(observe(&repo), 0);
    assert_eq!(
        seen["unseen"],
        serde_json::json!([format!("what the program behind port {port} of this machine reads")])
    );
}

#[test]
#[ignore = "needs strace and python3: .ci/run runs it"]
fn programs_of_the_build_are_no_daemons() {
    let program = "import os, socket
own = socket.socket(socket.AF_UNIX); own.bind('out.sock'); own.listen()
socket.socket(socket.AF_UNIX).connect(os.getcwd() + '/out.sock')
";
    let repo = repo("/usr/bin/python3 ask.py", &[("api/ask.py", program)]);
    assert_eq!(observed(observe(&repo), 0)["unseen"], serde_json::json!([]));
}

#[test]
#[ignore = "needs strace and python3: .ci/run runs it"]
fn a_connection_that_is_refused_is_none() {
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = closed.local_addr().unwrap().port();
    drop(closed);
    let program = "import select, socket
s = socket.socket(); s.setblocking(False); s.connect_ex(('127.0.0.1', PORT))
select.select([], [s], [], 9); assert s.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
";
    let repo = repo("/usr/bin/python3 ask.py", &[("api/ask.py", program.replace("PORT", &port.to_string()).as_str())]);
    assert_eq!(observed(observe(&repo), 0)["unseen"], serde_json::json!([]));
}
