//! A server of tokens for Docker's registry: it signs what the registry itself verifies.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use crate::http_server::{Answer, Request, StandIn, answer};

/// The one who gets tokens, and the password.
pub(super) const LOGIN: &str = "ci:s3cret";

/// The service and the issuer that tokens name.
const SERVICE: &str = "test";

/// A server that gives tokens to those who log in as [`LOGIN`], each for the scopes that it is asked for.
pub(super) struct Tokens {
    server: StandIn,
}

impl Tokens {
    /// Starts one. Its key and its certificate are files of a directory.
    pub(super) fn serve(directory: &Path) -> Self {
        let (key, certificate) = (directory.join("key.pem"), directory.join("certificate.pem"));
        let mut make = Command::new("openssl");
        make.args(["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", "/CN=test", "-keyout"]);
        assert!(make.arg(&key).arg("-out").arg(&certificate).stderr(Stdio::null()).status().unwrap().success());
        let chain = std::fs::read_to_string(&certificate).unwrap();
        let chain: String = chain.lines().filter(|line| !line.starts_with("-----")).collect();
        let key = key.clone();
        Self { server: StandIn::serve(move |request| given(request, &key, &chain)) }
    }

    /// Returns the part of a registry's configuration by which it sends everyone here.
    pub(super) fn settings(&self, directory: &Path) -> Value {
        let realm = format!("http://{}/token", self.server.host);
        let bundle = directory.join("certificate.pem");
        json!({"auth": {"token": {"realm": realm, "service": SERVICE, "issuer": SERVICE, "rootcertbundle": bundle}}})
    }

    /// Returns the scopes that were asked for, each once, in order.
    pub(super) fn scopes(&self) -> Vec<String> {
        let mut scopes: Vec<String> = self.server.asked().iter().flat_map(scopes).collect();
        scopes.sort();
        scopes.dedup();
        scopes
    }
}

/// Returns the scopes of a request, in its address or in its form.
fn scopes(request: &Request) -> Vec<String> {
    let form = String::from_utf8_lossy(&request.body).into_owned();
    let query = request.path.split_once('?').map_or("", |(_, query)| query).to_owned();
    let of = |text: &str| {
        let values = text.split('&').filter_map(|pair| pair.strip_prefix("scope="));
        let decoded = values.map(|value| value.replace("%3A", ":").replace("%2F", "/").replace("%2C", ","));
        decoded.flat_map(|value| value.split(['+', ' ']).map(str::to_owned).collect::<Vec<_>>()).collect::<Vec<_>>()
    };
    [of(&query), of(&form)].concat()
}

fn given(request: &Request, key: &Path, chain: &str) -> Answer {
    let login = format!("Basic {}", STANDARD.encode(LOGIN));
    if request.header("authorization") != Some(&login) {
        return answer(401, "", "");
    }
    let access = scopes(request).into_iter().filter_map(|scope| {
        let (kind, rest) = scope.split_once(':')?;
        let (name, actions) = rest.rsplit_once(':')?;
        Some(json!({"type": kind, "name": name, "actions": actions.split(',').collect::<Vec<_>>()}))
    });
    #[expect(clippy::disallowed_methods, reason = "the registry compares the times of a token with the present")]
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    let claims = json!({
        "iss": SERVICE, "sub": "ci", "aud": SERVICE, "iat": now, "nbf": now - 60, "exp": now + 600,
        "jti": now.to_string(), "access": access.collect::<Vec<_>>(),
    });
    let head = json!({"typ": "JWT", "alg": "RS256", "x5c": [chain]});
    let signed = [head, claims].map(|part| URL_SAFE_NO_PAD.encode(part.to_string())).join(".");
    let signature = URL_SAFE_NO_PAD.encode(sign(signed.as_bytes(), key));
    let token = format!("{signed}.{signature}");
    let body = json!({"token": token, "access_token": token, "expires_in": 600}).to_string();
    answer(200, "Content-Type: application/json\r\n", &body)
}

fn sign(text: &[u8], key: &Path) -> Vec<u8> {
    use std::io::Write as _;
    let mut command = Command::new("openssl");
    command.args(["dgst", "-sha256", "-sign"]).arg(key).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(text).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    output.stdout
}
