//! Tokens for a registry from its token server ("token authentication" of the distribution specification).

use std::fmt::Write as _;

use serde::Deserialize;
use ureq::http::Method;

use super::client::{Client, Content, HttpRequest, HttpResponse, Secret};
use super::credentials::Credentials;
use super::registry_failure::RegistryProblem;
use super::session::basic;
use super::url::Url;

/// The token server that a registry names in its challenge, and the parameters of a request to it.
pub(super) struct Offer<'a> {
    pub(super) realm: &'a str,
    pub(super) service: Option<&'a str>,
    /// The access that the token gives, such as `repository:acme/api:pull`.
    pub(super) scope: String,
}

/// Gets a token from the token server, with credentials or anonymously.
pub(super) fn get(
    client: &Client,
    registry: &Url,
    offer: &Offer<'_>,
    credentials: Option<&Credentials>,
) -> Result<Secret, RegistryProblem> {
    let realm = Url::parse(offer.realm).ok_or(RegistryProblem::Challenge)?;
    // A registry elsewhere may not direct requests to a server on this machine.
    if realm.is_loopback() && !registry.is_loopback() {
        return Err(RegistryProblem::Challenge);
    }
    let mut fields = vec![("scope", offer.scope.as_str())];
    fields.extend(offer.service.map(|service| ("service", service)));
    let answered = match credentials {
        Some(Credentials::IdentityToken(token)) => {
            fields.extend([("grant_type", "refresh_token"), ("client_id", "rebake"), ("refresh_token", &token.0)]);
            let form = Secret(encoded(&fields));
            ask(
                client,
                HttpRequest { method: Method::POST, content: Content::Form(&form), ..get_request(realm.clone(), None) },
            )
        }
        other => {
            let authorization = match other {
                Some(Credentials::Password { name, password }) => Some(basic(name, password)),
                _ => None,
            };
            let url = realm.with_query(&encoded(&fields)).ok_or(RegistryProblem::Challenge)?;
            ask(client, get_request(url, authorization.as_ref()))
        }
    }?;
    match answered.status {
        200 => read(&answered.body).ok_or(RegistryProblem::Nonsense("there is no token in it")),
        status @ (400 | 401 | 403) => Err(RegistryProblem::Refused { status, troubles: Vec::new() }),
        status => Err(RegistryProblem::Status(status)),
    }
}

fn get_request(url: Url, authorization: Option<&Secret>) -> HttpRequest<'_> {
    HttpRequest { method: Method::GET, url, accept: "application/json", authorization, content: Content::Nothing }
}

fn ask(client: &Client, asked: HttpRequest<'_>) -> Result<HttpResponse, RegistryProblem> {
    let server = asked.url.host().to_owned();
    client.ask(asked).map_err(|answer| RegistryProblem::NoToken { server, answer })
}

/// Returns the token in an answer: the field `token`, or else `access_token`. `None` if there is no valid token.
fn read(body: &[u8]) -> Option<Secret> {
    #[derive(Deserialize)]
    struct Answer {
        #[serde(default)]
        token: String,
        #[serde(default)]
        access_token: String,
    }
    let Answer { token, access_token } = serde_json::from_slice(body).ok()?;
    let token = if token.is_empty() { access_token } else { token };
    // A token may only have visible ASCII characters. Other characters, such as a line break, could add a second header
    // to a request.
    (!token.is_empty() && token.bytes().all(|byte| byte.is_ascii_graphic())).then_some(Secret(token))
}

/// Encodes fields as a form or as the query of a URL: `scope=a&service=b`.
fn encoded(fields: &[(&str, &str)]) -> String {
    let mut text = String::new();
    for (name, value) in fields {
        if !text.is_empty() {
            text.push('&');
        }
        text.push_str(name);
        text.push('=');
        for byte in value.bytes() {
            if byte.is_ascii_alphanumeric() || b"-._~:/".contains(&byte) {
                text.push(char::from(byte));
            } else {
                let _ = write!(text, "%{byte:02X}");
            }
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_has_two_names() {
        let token = |text: &str| read(text.as_bytes()).map(|Secret(token)| token);
        assert_eq!(token(r#"{"token": "a", "expires_in": 300}"#).unwrap(), "a");
        assert_eq!(token(r#"{"access_token": "b"}"#).unwrap(), "b");
        assert_eq!(token(r#"{"token": "", "access_token": "b"}"#).unwrap(), "b");
        for none in ["{}", "", "<html>", r#"{"token": 1}"#, r#"{"token": "a\r\nHost: x"}"#] {
            assert_eq!(token(none), None, "{none}");
        }
    }

    #[test]
    fn a_field_cannot_become_two() {
        let fields = [("scope", "repository:a/b:pull"), ("service", "a&b=c d+é")];
        assert_eq!(encoded(&fields), "scope=repository:a/b:pull&service=a%26b%3Dc%20d%2B%C3%A9");
    }
}
