/// One challenge in `WWW-Authenticate` (RFC 9110, section 11.6.1): a way to authenticate that the server offers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Challenge {
    /// A name and a password.
    Basic,
    /// A token from a token server ("token authentication" of the distribution specification).
    Bearer {
        /// The address of the token server.
        realm: String,
        /// The service that the token is for.
        service: Option<String>,
        /// The scope of the token.
        scope: Option<String>,
    },
}

impl Challenge {
    /// Reads one `WWW-Authenticate` header, which may hold several challenges. Ignores challenges with other schemes
    /// than `Basic` and `Bearer`, and everything after a syntax error.
    pub(super) fn parse(header: &str) -> Vec<Self> {
        let mut reader = Reader { rest: header };
        let mut found = Vec::new();
        reader.separators();
        while let Some(scheme) = reader.token() {
            let Some(parameters) = reader.parameters() else { break };
            found.extend(Self::of(scheme, &parameters));
        }
        found
    }

    fn of(scheme: &str, parameters: &[(String, String)]) -> Option<Self> {
        let value = |name: &str| {
            parameters.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.clone())
        };
        if scheme.eq_ignore_ascii_case("basic") {
            Some(Self::Basic)
        } else if scheme.eq_ignore_ascii_case("bearer") {
            Some(Self::Bearer { realm: value("realm")?, service: value("service"), scope: value("scope") })
        } else {
            None
        }
    }
}

struct Reader<'a> {
    rest: &'a str,
}

impl<'a> Reader<'a> {
    /// Skips the separators between elements of a list.
    fn separators(&mut self) {
        self.rest = self.rest.trim_start_matches([' ', '\t', ',']);
    }

    fn blanks(&mut self) {
        self.rest = self.rest.trim_start_matches([' ', '\t']);
    }

    fn eat(&mut self, c: char) -> bool {
        let rest = self.rest.strip_prefix(c);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }

    fn token(&mut self) -> Option<&'a str> {
        let is_token = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c);
        let (token, rest) = self.rest.split_at(self.rest.find(|c| !is_token(c)).unwrap_or(self.rest.len()));
        self.rest = rest;
        (!token.is_empty()).then_some(token)
    }

    /// Reads a challenge's parameters up to the next scheme; `None` after a syntax error. If the challenge has a single
    /// value without a name (`token68`) in place of parameters, skips that value.
    fn parameters(&mut self) -> Option<Vec<(String, String)>> {
        self.blanks();
        let mut found = Vec::new();
        if let Some(rest) = after_token68(self.rest) {
            self.rest = rest.trim_start_matches([' ', '\t', ',']);
            return Some(found);
        }
        loop {
            self.separators();
            let before = self.rest;
            let Some(name) = self.token() else {
                return self.rest.is_empty().then_some(found);
            };
            self.blanks();
            if !self.eat('=') {
                self.rest = before;
                return Some(found);
            }
            self.blanks();
            let value = if self.eat('"') { self.quoted()? } else { self.token()?.to_owned() };
            found.push((name.to_owned(), value));
        }
    }

    /// Reads up to the closing quotation mark; `None` if there is none.
    fn quoted(&mut self) -> Option<String> {
        let mut value = String::new();
        let mut chars = self.rest.char_indices();
        while let Some((at, c)) = chars.next() {
            match c {
                '"' => {
                    self.rest = &self.rest[at + 1..];
                    return Some(value);
                }
                '\\' => value.push(chars.next()?.1),
                c => value.push(c),
            }
        }
        None
    }
}

/// Returns the text after a `token68`, if the challenge has one in place of parameters; `None` for any other challenge.
fn after_token68(text: &str) -> Option<&str> {
    let is_token68 = |c: char| c.is_ascii_alphanumeric() || "-._~+/".contains(c);
    let rest = text.trim_start_matches(is_token68);
    let after = rest.trim_start_matches('=').trim_start_matches([' ', '\t']);
    (rest.len() < text.len() && (after.is_empty() || after.starts_with(','))).then_some(after)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn bearer(realm: &str, service: Option<&str>, scope: Option<&str>) -> Challenge {
        let owned = |text: Option<&str>| text.map(str::to_owned);
        Challenge::Bearer { realm: realm.to_owned(), service: owned(service), scope: owned(scope) }
    }

    #[test]
    fn challenges_of_real_registries() {
        let hub = r#"Bearer realm="https://auth.docker.io/token",service="registry.docker.io",scope="repository:acme/api:pull""#;
        let expected =
            bearer("https://auth.docker.io/token", Some("registry.docker.io"), Some("repository:acme/api:pull"));
        assert_eq!(Challenge::parse(hub), [expected]);
        assert_eq!(Challenge::parse(r#"Basic realm="ci""#), [Challenge::Basic]);
        // The challenges of Amazon, Azure and GitLab.
        let ecr = r#"Basic realm="https://1.dkr.ecr.eu-west-1.amazonaws.com/",service="ecr.amazonaws.com""#;
        assert_eq!(Challenge::parse(ecr), [Challenge::Basic]);
        let gitlab = r#"Bearer realm="https://gitlab.com/jwt/auth",service="container_registry",scope="repository:a:pull",error="invalid_token""#;
        let expected = bearer("https://gitlab.com/jwt/auth", Some("container_registry"), Some("repository:a:pull"));
        assert_eq!(Challenge::parse(gitlab), [expected]);
    }

    #[test]
    fn the_grammar_of_lists_quotes_and_blanks() {
        for (header, expected) in [
            ("", vec![]),
            (" , ", vec![]),
            ("basic", vec![Challenge::Basic]),
            ("Negotiate, Basic realm=x", vec![Challenge::Basic]),
            ("Negotiate YWJj/+==, Basic", vec![Challenge::Basic]),
            ("NTLM abc, BEARER realm=r", vec![bearer("r", None, None)]),
            (
                r#"Digest qop="a,b", nonce=1 , , Bearer Realm = "a \"b\" c" , service=s"#,
                vec![bearer("a \"b\" c", Some("s"), None)],
            ),
            (
                r#"Basic realm="x", Bearer realm="y", scope="a b""#,
                vec![Challenge::Basic, bearer("y", None, Some("a b"))],
            ),
            // Without `realm`, there is no server to get a token from.
            (r#"Bearer service="s""#, vec![]),
            // A broken challenge, and everything after it, is ignored.
            (r#"Basic, Bearer realm="y"#, vec![Challenge::Basic]),
            (r#"Bearer realm="y\"#, vec![]),
            ("Bearer realm=,Basic", vec![Challenge::Basic]),
            ("{}", vec![]),
        ] {
            assert_eq!(Challenge::parse(header), expected, "{header}");
        }
    }

    proptest! {
        #[test]
        fn no_header_is_too_strange(header in r#"([A-Za-z]{1,8}|[ ,="\\/é\t]|realm|Bearer){0,24}"#) {
            Challenge::parse(&header);
        }

        #[test]
        fn what_is_quoted_comes_back(realm in any::<String>()) {
            let quoted = realm.replace('\\', r"\\").replace('"', "\\\"");
            let header = format!("Digest a=b, Bearer realm=\"{quoted}\", Basic");
            prop_assert_eq!(Challenge::parse(&header), [bearer(&realm, None, None), Challenge::Basic]);
        }
    }
}
