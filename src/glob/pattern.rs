use super::PatternError;
use super::key::Demands;
use super::machine::{GaveUp, Machine};
use super::read::read;
use super::set::ends_line;
use super::tree::Node;
use bstr::ByteSlice as _;
use std::fmt;
use std::sync::{Arc, OnceLock};

/// The steps that one match may take.
const MAX_STEPS: usize = 10_000_000;

/// A pattern as somebody wrote it, ready to match. Cheap to clone.
#[derive(Clone)]
pub struct Pattern(Arc<Inner>);

struct Inner {
    text: String,
    negated: bool,
    tree: Node,
    machine: OnceLock<Machine>,
}

/// Whether a path matches a pattern.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It does not.
    No,
    /// It does.
    Yes,
    /// Matching gave up at its limit. Whoever asks counts it as a match and says so: doubt widens.
    Doubt,
}

impl Pattern {
    /// Reads a pattern.
    ///
    /// # Errors
    /// When it cannot be read: it is empty or too long, groups stand too deep in each other, something is never
    /// closed, or picomatch would make an expression of it that never matches.
    pub fn parse(text: &str) -> Result<Self, PatternError> {
        let reading = read(text)?;
        let tree = Node::build(&reading.terms)?;
        let (text, negated) = (text.to_owned(), reading.negated);
        Ok(Self(Arc::new(Inner { text, negated, tree, machine: OnceLock::new() })))
    }

    /// Returns the pattern as it was written.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.0.text
    }

    /// Whether picomatch calls the pattern negated: it begins with an odd number of `!` that no `(` follows.
    #[must_use]
    pub fn is_negated(&self) -> bool {
        self.0.negated
    }

    /// Returns a directory in which, or at which, everything lies that the pattern matches: `services/api` for
    /// `services/api/**`, empty for the root where the pattern says less.
    #[must_use]
    pub fn directory(&self) -> &str {
        // Characters that mean themselves wherever they stand; `@` and `+` do without a parenthesis.
        let plain = |c: char| c.is_ascii_alphanumeric() || "._-@+".contains(c);
        let mut end = 0;
        for (slash, _) in self.text().match_indices('/') {
            let segment = self.text()[end..slash].trim_start_matches('/');
            if segment.is_empty() || matches!(segment, "." | "..") || !segment.chars().all(plain) {
                break;
            }
            end = slash;
        }
        &self.text()[..end]
    }

    pub(super) fn tree(&self) -> &Node {
        &self.0.tree
    }

    /// What a path must have so that the pattern can match it. A negated pattern matches what has nothing of it.
    pub(super) fn demands(&self) -> Demands {
        if self.is_negated() { Demands::default() } else { Demands::of(&self.0.tree) }
    }

    /// Returns whether a path matches, by picomatch's rules with `{dot: true}`.
    ///
    /// What is not UTF-8 in a path counts as U+FFFD, as it does for JavaScript.
    #[must_use]
    pub fn matches(&self, path: &[u8]) -> Verdict {
        self.matches_text(&path.to_str_lossy())
    }

    pub(super) fn matches_text(&self, path: &str) -> Verdict {
        let Inner { text, negated, tree, machine } = &*self.0;
        if path.is_empty() {
            return Verdict::No;
        }
        if path == text {
            return Verdict::Yes;
        }
        // A negated expression ends in `.*`, which takes no line break.
        if *negated && path.contains(ends_line) {
            return Verdict::No;
        }
        match machine.get_or_init(|| Machine::new(tree)).run(path, MAX_STEPS) {
            Ok(run) if run.matches != *negated => Verdict::Yes,
            Ok(_) => Verdict::No,
            Err(GaveUp) => Verdict::Doubt,
        }
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

    #[test]
    fn a_directory_is_what_stands_before_anything_special() {
        for (text, directory) in [
            ("services/api/**", "services/api"),
            ("services/api/*.rs", "services/api"),
            ("services/{a,b}/**", "services"),
            ("packages/@acme/web/src/?", "packages/@acme/web/src"),
            ("a/@(b|c)/d", "a"),
            ("Cargo.lock", ""),
            ("a/b", "a"),
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
