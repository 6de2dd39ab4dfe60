//! Ignore files, which name the files of a context that are not sent to the builder.

use std::collections::BTreeMap;

use super::path_pattern::{BadPattern, PathPattern};

/// The patterns of a `.dockerignore`, as the builder reads them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct IgnoreFile {
    rules: Vec<Rule>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Rule {
    pattern: PathPattern,
    /// Whether the rule begins with `!`: the files that it matches are sent even if an earlier rule ignores them.
    excepts: bool,
}

/// Returns the paths of the two possible ignore files. The first is beside the Dockerfile, such as
/// `Dockerfile.dockerignore`. The second is `.dockerignore` in the context. The builder uses the first one that exists.
#[must_use]
pub fn ignore_files(dockerfile: &str, context: &str) -> [String; 2] {
    let at_root = context.is_empty() || context == ".";
    let of_context = if at_root { ".dockerignore".to_owned() } else { format!("{context}/.dockerignore") };
    [format!("{dockerfile}.dockerignore"), of_context]
}

impl IgnoreFile {
    /// Reads the text of an ignore file. `None` if the builder refuses it, or if the builder reads a pattern in a way
    /// that is not supported here.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let mut rules = Vec::new();
        for line in text.lines().filter(|line| !line.starts_with('#')).map(str::trim).filter(|line| !line.is_empty()) {
            let (excepts, line) = line.strip_prefix('!').map_or((false, line), |rest| (true, rest.trim()));
            if line.is_empty() {
                return None;
            }
            let clean = clean(line);
            let relative = clean.strip_prefix('/').filter(|rest| !rest.is_empty()).unwrap_or(&clean);
            // The builder parses the resulting pattern once more, so `/!a` is an exception too.
            rules.push(rule(&format!("{}{relative}", if excepts { "!" } else { "" })).ok()?);
        }
        Some(Self { rules })
    }

    /// Returns a checker for many paths.
    pub(super) fn checker(&self) -> IgnoreChecker {
        IgnoreChecker { file: self.clone(), directories: BTreeMap::new() }
    }
}

fn rule(text: &str) -> Result<Rule, BadPattern> {
    let text = clean(text.trim());
    let (excepts, text) = text.strip_prefix('!').map_or((false, &*text), |rest| (true, rest));
    if text.is_empty() {
        return Err(BadPattern);
    }
    Ok(Rule { pattern: PathPattern::parse(text.as_bytes())?, excepts })
}

/// Returns the shortest path that is equivalent, like Go's `filepath.Clean`: `a/c` for `./a/b/../c`.
pub(super) fn clean(path: &str) -> String {
    let rooted = path.starts_with('/');
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|last| *last != "..") => _ = parts.pop(),
            ".." if rooted => {}
            part => parts.push(part),
        }
    }
    match (rooted, parts.join("/")) {
        (true, rest) => format!("/{rest}"),
        (false, rest) if rest.is_empty() => ".".to_owned(),
        (false, rest) => rest,
    }
}

/// Checks many paths against an ignore file. It keeps the results for directories.
pub(super) struct IgnoreChecker {
    file: IgnoreFile,
    /// Which rules match a directory or one above it, by the directory's path.
    directories: BTreeMap<Vec<u8>, Vec<bool>>,
}

impl IgnoreChecker {
    /// Whether a file is ignored, so that it is not sent to the builder. As in the builder, a rule that matches a
    /// directory matches everything below it.
    pub(super) fn ignores(&mut self, path: &[u8]) -> bool {
        if self.file.rules.is_empty() {
            return false;
        }
        let mut met = vec![false; self.file.rules.len()];
        let slashes: Vec<usize> =
            path.iter().enumerate().filter(|(_, byte)| **byte == b'/').map(|(at, _)| at).collect();
        // The nearest directory whose result is known. The directories below it follow.
        let known = slashes.iter().rposition(|slash| self.directories.contains_key(&path[..*slash]));
        if let Some(known) = known {
            met.clone_from(&self.directories[&path[..slashes[known]]]);
        }
        for slash in &slashes[known.map_or(0, |known| known + 1)..] {
            met = self.check(&path[..*slash], &met).1;
            self.directories.insert(path[..*slash].to_vec(), met.clone());
        }
        self.check(path, &met).0
    }

    /// Returns whether a path is ignored, and which rules match it. `above` says which rules match its directory.
    fn check(&self, path: &[u8], above: &[bool]) -> (bool, Vec<bool>) {
        let mut ignored = false;
        let met = self.file.rules.iter().zip(above).map(|(rule, above)| {
            let matches = *above || (rule.excepts == ignored && rule.pattern.matches(path));
            if matches {
                ignored = !rule.excepts;
            }
            matches
        });
        let met = met.collect();
        (ignored, met)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn left(ignore: &str, paths: &[&str]) -> Vec<String> {
        let file = IgnoreFile::parse(ignore).unwrap();
        let mut checker = file.checker();
        paths.iter().filter(|path| !checker.ignores(path.as_bytes())).map(|path| (*path).to_owned()).collect()
    }

    #[test]
    fn later_rules_win_and_directories_take_all_below_along() {
        let paths = ["a", "b/c", "b/d/e", "b/d/f.md", "g.md"];
        for (ignore, expected) in [
            ("\u{feff}# c\n\n /a/ \n", &["b/c", "b/d/e", "b/d/f.md", "g.md"][..]),
            ("b", &["a", "g.md"]),
            ("b\n!b/d\n", &["a", "b/d/e", "b/d/f.md", "g.md"]),
            ("*\n! b/../b/c\n", &["b/c"]),
            ("**/*.md\n!g.md", &["a", "b/c", "b/d/e", "g.md"]),
            ("!a\na", &["b/c", "b/d/e", "b/d/f.md", "g.md"]),
            // An exception only applies to a path that an earlier rule ignores, which is not the case for `b` itself.
            ("*/d\n!b\n", &["a", "b/c", "g.md"]),
            (" #a\n", &paths),
            (".", &paths),
        ] {
            assert_eq!(left(ignore, &paths), expected, "{ignore:?}");
        }
        assert_eq!(IgnoreFile::parse("!"), None);
        assert_eq!(IgnoreFile::parse("[a"), None);
    }

    #[test]
    fn paths_are_cleaned_as_in_go() {
        for (path, cleaned) in
            [("", "."), ("/", "/"), ("a//b/./c/", "a/b/c"), ("a/../..", ".."), ("/../a", "/a"), ("../../a", "../../a")]
        {
            assert_eq!(clean(path), cleaned);
        }
    }

    #[test]
    fn the_file_beside_the_dockerfile_goes_first() {
        let files = |dockerfile, context| ignore_files(dockerfile, context);
        assert_eq!(files("a/Dockerfile", "."), ["a/Dockerfile.dockerignore", ".dockerignore"]);
        assert_eq!(files("Dockerfile", "a/b"), ["Dockerfile.dockerignore", "a/b/.dockerignore"]);
    }
}
