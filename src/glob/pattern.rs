use super::PatternError;
use super::expression::Expression;
use super::expression_tree::Node;
use super::key::{self, Demand};
use super::machine::GaveUp;
use super::simple::{self, Simple};
use super::subject::Subject;
use std::borrow::Borrow;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::{Arc, OnceLock};

/// A pattern with its text, ready to match. Cheap to clone.
#[derive(Clone)]
pub struct Pattern(Arc<Inner>);

struct Inner {
    text: String,
    /// The simple form of the text, which is enough to match plain paths; `None` if the text is not simple.
    simple: Option<Simple>,
    /// The parsed text. The text of a simple pattern is only parsed when this is first needed.
    expression: OnceLock<Box<Expression>>,
}

/// Whether a path matches a pattern.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// The path does not match.
    No,
    /// The path matches.
    Yes,
    /// It is not certain whether the path matches: matching gave up at its limit, or the path may have matching files
    /// below it ([`Pattern::matches_or_leads_below`]). Callers must count this as a match, so that no match is missed.
    Doubt,
}

impl Pattern {
    /// Reads a pattern.
    ///
    /// Every path matches the pattern with the same text. So a text is taken literally if it has no wildcard and its
    /// brackets are not valid: `app/[user-id]/page.tsx`.
    ///
    /// # Errors
    /// When the text is empty or too long; when a group is nested too deep, never closed, or closed without being open;
    /// when the text has a back-reference, a named group or a lookbehind; or when JavaScript cannot read the regular
    /// expression that picomatch makes of it.
    pub fn parse(text: &str) -> Result<Self, PatternError> {
        let simple = Simple::read(text);
        let expression = if simple.is_some() { OnceLock::new() } else { OnceLock::from(Box::new(read(text)?)) };
        Ok(Self(Arc::new(Inner { text: text.to_owned(), simple, expression })))
    }

    /// Whether the text is taken literally because its brackets are not valid, as in `app/[user-id]`. The pattern then
    /// only matches the path with the same text.
    #[must_use]
    pub fn is_spelled_out(&self) -> bool {
        self.0.simple.is_none() && self.expression().spelled_out
    }

    /// Returns the pattern as it was written.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.0.text
    }

    /// Whether the pattern has a wildcard: `*`, `?`, or a negated or repeated group, without a backslash before it.
    #[must_use]
    pub fn has_wildcard(&self) -> bool {
        let mut rest = self.text();
        while let Some(at) = rest.find(['\\', '*', '?', '!', '+']) {
            let behind = &rest[at + 1..];
            match rest.as_bytes()[at] {
                b'\\' => rest = behind.get(behind.chars().next().map_or(0, char::len_utf8)..).unwrap_or_default(),
                b'!' | b'+' if !behind.starts_with('(') => rest = behind,
                _ => return true,
            }
        }
        false
    }

    /// Whether the pattern is negated: it begins with an odd number of `!`, and no `(` follows them.
    #[must_use]
    pub fn is_negated(&self) -> bool {
        self.0.simple.is_none() && self.expression().negated
    }

    /// Whether the pattern only matches the path with exactly the same text.
    pub(super) fn is_literal(&self) -> bool {
        self.0.simple.is_some_and(|simple| simple.is_literal(self.text()))
    }

    /// Returns a directory that contains everything that the pattern matches: `services/api` for `services/api/**`, the
    /// path itself for a literal pattern, and the empty text (the root) if nothing narrower is known.
    #[must_use]
    pub fn directory(&self) -> &str {
        // Characters that are literal at every place. `@` and `+` are literal here, since no parenthesis can follow
        // them.
        let is_plain = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-' | b'@' | b'+');
        let mut end = 0;
        for segment in self.text().as_bytes().split(|byte| *byte == b'/') {
            if matches!(segment, b"" | b"." | b"..") || !segment.iter().all(is_plain) {
                break;
            }
            end += usize::from(end > 0) + segment.len();
        }
        &self.text()[..end]
    }

    /// Returns the directory if the pattern matches exactly that path and everything below it: `services/api` for
    /// `services/api/**`, and the empty text for the root; `None` if the pattern may match less.
    #[must_use]
    pub fn whole_directory(&self) -> Option<&str> {
        if self.text() == "**" {
            return Some("");
        }
        let directory = self.directory();
        (!directory.is_empty() && self.text().strip_suffix("/**") == Some(directory)).then_some(directory)
    }

    /// Returns the text if it is simple, so that plain paths can be matched with the text alone.
    pub(super) fn simple_text(&self) -> Option<&str> {
        self.0.simple.map(|_| &*self.0.text)
    }

    pub(super) fn tree(&self) -> &Node {
        &self.expression().tree
    }

    fn expression(&self) -> &Expression {
        let Inner { text, expression, .. } = &*self.0;
        expression.get_or_init(|| Box::new(Expression::read(text).expect("a simple text can always be read")))
    }

    /// Returns the segments that a path must have so that the pattern matches it; empty for a negated pattern.
    pub(super) fn demands(&self) -> Vec<Demand<'_>> {
        if self.0.simple.is_some() {
            simple::demands(&self.0.text)
        } else if self.is_negated() {
            Vec::new()
        } else {
            key::demands(self.tree())
        }
    }

    /// Returns whether a path matches, by picomatch's rules with `{dot: true}`.
    ///
    /// Bytes of a path that are not UTF-8 count as U+FFFD, as in JavaScript.
    #[must_use]
    pub fn matches(&self, path: &[u8]) -> Verdict {
        self.matches_subject(&Subject::new(path))
    }

    pub(super) fn matches_subject(&self, path: &Subject<'_>) -> Verdict {
        let Inner { text, simple, .. } = &*self.0;
        if path.text.is_empty() {
            return Verdict::No;
        }
        if path.text == *text {
            return Verdict::Yes;
        }
        let takes = match simple.filter(|_| path.plain) {
            Some(simple) => Ok(simple.takes(text, &path.text)),
            None => self.expression().takes(path),
        };
        match takes {
            Ok(true) => Verdict::Yes,
            Ok(false) => Verdict::No,
            Err(GaveUp) => Verdict::Doubt,
        }
    }
}

/// Reads a text that is not simple.
fn read(text: &str) -> Result<Expression, PatternError> {
    Expression::read(text).or_else(|error| match error {
        error if !error.in_brackets => Err(error),
        _ if !text.contains(['*', '?']) => Ok(Expression::spelled_out(text)),
        error => {
            let brackets = text.get(error.offset..).and_then(|rest| rest.get(..=rest.find(']')?)).unwrap_or_default();
            let name = brackets.trim_matches(['[', ']']);
            let meant = error.help.clone().unwrap_or_default();
            Err(error.help(format!("write `\\[{name}\\]` for what is called `{brackets}`; for a range, {meant}")))
        }
    })
}

/// Patterns are equal when their texts are.
impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        self.text() == other.text()
    }
}

impl Eq for Pattern {}

impl Hash for Pattern {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.text().hash(state);
    }
}

impl Borrow<str> for Pattern {
    fn borrow(&self) -> &str {
        self.text()
    }
}

impl fmt::Debug for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Pattern({:?})", self.text())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::glob::expression::SELDOM;
    use proptest::prelude::*;

    fn parse(text: &str) -> Pattern {
        Pattern::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"))
    }

    #[test]
    fn patterns_match_what_picomatch_matches() {
        for (pattern, matching, other) in [
            ("src/a.rs", "src/a.rs", "src/b.rs"),
            ("**", "a/.b/c", "a/../c"),
            ("*", ".env", "a/b"),
            ("**/*.md", "README.md docs/a.md", "README.mdx"),
            ("**.md", "docs/a.md a.md", "a.txt"),
            ("src/**.ts", "src/a.ts", "src/a/b.ts"),
            ("dir/**", "dir dir/a dir/a/b dir/", "dirs dir/.. a/dir"),
            ("dir/*", "dir/a dir/.a", "dir dir/a/b dir/."),
            ("dir/", "dir/", "dir dir/a"),
            ("a/**/b", "a/b a/x/b a/x/y/b", "ab a/xb"),
            ("a/**/?(b)", "a a/ a/b a/x/b", "ab a/x"),
            ("./a", "a ./a", "b/a"),
            ("app/[id]/page.tsx", "app/[id]/page.tsx app/i/page.tsx", "app/x/page.tsx"),
            ("app/[id]/**", "app/[id]/x app/d/x", "app/e/x"),
            ("app/(auth)/a", "app/auth/a app/(auth)/a", "app/b/a"),
            ("app/\\(auth\\)/**", "app/(auth)/a", "app/auth/a"),
            ("@modal/x", "@modal/x", "modal/x"),
            // If two branches begin with the same character, picomatch reads the group as literal text. It sees `🚀` as
            // two characters.
            ("*(b|b|a)x", "*(b|b|a)x", "ax"),
            ("*(🚀|🚀|a)x", "ax x aax", "bx"),
            ("[!a]", "! a", "b"),
            ("[^a]b", "bb", "ab /b"),
            ("[[:digit:]]x", "1x", "ax"),
            ("{a,b}/c", "a/c b/c", "c/c {a,b}"),
            ("{a}", "{a}", "a"),
            ("v{1..3}", "v1 v2 v3", "v4 v{1..3"),
            ("{1..10}", "1 0", "2 10"),
            ("x.{js,t{s,sx}}", "x.js x.ts x.tsx", "x.t"),
            ("@(a|b).go", "a.go b.go", "ab.go"),
            ("+(a|b)c", "ac abbac", "c"),
            ("?(a)b", "b ab", "aab"),
            ("*(ab)c", "c abc ababc", "ac"),
            ("!(docs)/**", "src/a src", "docs/a"),
            ("!(*.md)", "a.rs", "a.md"),
            ("!(**/*.md)", "a/b.rs README.md", "a/b.md"),
            ("!src/**", "a b/src", "src/a src"),
            ("!!a", "a", "b"),
            ("!x", "!x y", "x"),
            ("\"a*b\"/c", "\"a*b\"/c a*b/c", "axb/c"),
            ("/\"a*b\"", "/a*b", "/axb"),
            ("a\\*b", "a*b", "axb"),
            ("a?c", "abc a.c", "a/c ac"),
            ("c++/a", "c++/a", "ccc/a"),
            ("*.*", "a.b", "a."),
            ("***", "a", "a/b"),
            ("**/**", "a/b a", "a/.."),
        ] {
            for path in matching.split(' ') {
                assert_eq!(parse(pattern).matches(path.as_bytes()), Verdict::Yes, "{pattern} matches {path}");
            }
            for path in other.split(' ') {
                assert_eq!(parse(pattern).matches(path.as_bytes()), Verdict::No, "{pattern} does not match {path}");
            }
        }
    }

    #[test]
    fn brackets_that_cannot_be_read_are_a_paths_own() {
        for text in ["app/[user-id]/page.tsx", "[...not-found]", "(app)/[[...user-id]]/x", "!a/[z-b]", "[z-a]{b,c}"] {
            let pattern = parse(text);
            assert!(pattern.is_spelled_out() && !pattern.is_negated(), "{text}");
            assert_eq!(pattern.matches(text.as_bytes()), Verdict::Yes, "{text}");
            for path in ["app/u/page.tsx", "a/z", "b", "zb", "page.tsx"] {
                assert_eq!(pattern.matches(path.as_bytes()), Verdict::No, "{text} {path}");
            }
        }
        assert!(!parse("app/[id]/page.tsx").is_spelled_out());
        let error = Pattern::parse("app/[user-id]/**").unwrap_err();
        assert_eq!(
            error.help.unwrap(),
            r"write `\[user-id\]` for what is called `[user-id]`; for a range, write `i-r`"
        );
    }

    #[test]
    fn a_wildcard_is_more_than_what_is_spelled_out() {
        for text in ["*", "a/**", "a?", "!(a)", "+(a)", r"a\\*"] {
            assert!(parse(text).has_wildcard(), "{text}");
        }
        for text in ["a", "a/{b,c}", "app/[id]/(x)/+page.ts", r"a\*b\?", "a!b", "ä\\ä"] {
            assert!(!parse(text).has_wildcard(), "{text}");
        }
    }

    #[test]
    fn names_are_bytes() {
        assert_eq!(parse("src/**").matches(b"src/a\nb"), Verdict::No);
        assert_eq!(parse("src/*").matches(b"src/a\nb"), Verdict::Yes);
        assert_eq!(parse("!a").matches(b"b\nc"), Verdict::No);
        assert_eq!(parse("a?b").matches(b"a\xffb"), Verdict::Yes);
        assert_eq!(parse("**").matches(b""), Verdict::No);
    }

    #[test]
    fn mistakes_have_a_place() {
        for (text, offset, message) in [
            ("", 0, "the pattern is empty"),
            ("a/{b", 2, "`{` is never closed"),
            ("./a/{b", 4, "`{` is never closed"),
            ("ä/[z-a]*", 3, "the range `z-a` is out of order"),
            ("ab/(*+)", 5, "there is nothing here to repeat"),
            ("a/(b)\\1", 5, "`\\1` refers to a group, which patterns here do not have"),
            ("a/(?<n>b)", 2, "a group begins with `(?`"),
            ("x\\", 1, "nothing follows `\\`"),
        ] {
            let error = Pattern::parse(text).unwrap_err();
            assert_eq!((error.message.as_str(), error.offset), (message, offset), "{text}");
        }
    }

    #[test]
    fn limits_are_errors_with_a_place() {
        let long = "a".repeat(65_537);
        assert_eq!(Pattern::parse(&long).unwrap_err().offset, 65_536);
        assert!(Pattern::parse(&long[1..]).is_ok());
        for (open, close, offset) in [("(", ")", 100), ("{a,", "}", 300), ("@(", ")", 201), ("!(", ")", 200)] {
            let nested = |depth: usize| format!("{}b{}", open.repeat(depth), close.repeat(depth));
            assert!(Pattern::parse(&nested(100)).is_ok(), "{open}");
            let error = Pattern::parse(&nested(101)).unwrap_err();
            assert_eq!(error.message, "more than 100 nested groups");
            assert_eq!(error.offset, offset, "{open}");
        }
    }

    #[test]
    fn a_match_that_takes_too_long_is_doubt() {
        let pattern = parse(&format!("{{{}}}", vec!["x*a*b*"; 9_000].join(",")));
        assert_eq!(pattern.matches("ab".repeat(5_000).as_bytes()), Verdict::Doubt);
        assert_eq!(pattern.matches(b"xab"), Verdict::Yes);
    }

    #[test]
    fn a_pattern_that_is_asked_often_answers_the_same() {
        let pattern = parse("src/**/*.[r]s");
        for _ in 0..2 * SELDOM {
            assert_eq!(pattern.matches(b"src/a/b.rs"), Verdict::Yes);
            assert_eq!(pattern.matches(b"src/a/b\n.rs"), Verdict::Yes);
            assert_eq!(pattern.matches(b"src/../b.rs"), Verdict::No);
        }
        assert!(pattern.expression().linear.get().is_some_and(Option::is_some));
    }

    proptest! {
        #[test]
        fn no_text_breaks_the_reader(text in r#"[a.*?!+@(){}\[\]|/,\\"^$:<=0é-]{0,24}"#, path in "[a./é\n]{0,12}") {
            if let Ok(pattern) = Pattern::parse(&text) {
                let _ = pattern.matches(path.as_bytes());
                let _ = pattern.explain().to_string();
                prop_assert_eq!(pattern.text(), text);
            } else if let Err(error) = Pattern::parse(&text) {
                prop_assert!(error.offset <= text.len());
            }
        }
    }

    #[test]
    fn a_directory_is_what_stands_before_anything_special() {
        for (text, directory) in [
            ("services/api/**", "services/api"),
            ("services/api/*.rs", "services/api"),
            ("services/{a,b}/**", "services"),
            ("packages/@acme/web/src/?", "packages/@acme/web/src"),
            ("a/@(b|c)/d", "a"),
            ("Cargo.lock", "Cargo.lock"),
            ("a/b", "a/b"),
            ("./a/b", ""),
            ("!a/b/**", ""),
            ("a\\*/b", ""),
            ("**/x", ""),
        ] {
            assert_eq!(Pattern::parse(text).unwrap().directory(), directory, "{text}");
        }
    }

    #[test]
    fn nothing_outside_of_its_directory_matches() {
        let paths = ["a", "a/b", "a/b/c", "a/b/c/d", "b/c", "a/bb/c", "x/a/b/c", "a/.b/c", "A/b/c", "a//b/c", "a/+/c"];
        for text in
            ["a/b/**", "a/b/*", "a/b", "a/b/", "a/b/**/c", "a/b/{c,d}", "a/b/../c", "a//b/c", "a/+/c", "a/b/!(c)"]
        {
            let pattern = Pattern::parse(text).unwrap();
            let directory = pattern.directory();
            for path in paths {
                let inside = directory.is_empty()
                    || path.strip_prefix(directory).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
                assert!(inside || pattern.matches(path.as_bytes()) == Verdict::No, "{text} matches {path}");
            }
        }
    }
}
