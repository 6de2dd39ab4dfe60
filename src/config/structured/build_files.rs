//! Files that a service is built from, besides those that `filters` match: its Dockerfile, ignore files, and context.

use crate::analysis::filter::{Effect, FilterEntry, Statuses};
use crate::config::problems::{Problems, shown};
use crate::config::raw::{self, BuildPath, Directory};
use crate::config::read::Field;
use crate::config::{Declared, DeclaredKind};
use crate::glob::Pattern;
use crate::model::diagnostic::Located;
use crate::model::name::{RepoDir, RepoDirError, RepoPath};
use crate::model::recipe::Builder;

/// The files and directories that a service's keys name, as paths from the root of the repository.
pub(super) struct Named {
    pub(super) dockerfile: Option<Located<String>>,
    pub(super) context: Option<Located<RepoDir>>,
    /// The named contexts that are directories.
    contexts: Vec<Located<RepoDir>>,
}

impl Named {
    /// Reads the keys that name files. Each path is relative to the service's path, or, with a leading `/`, to the
    /// root.
    pub(super) fn read(raw: &raw::Service, problems: &mut Problems<'_>) -> Self {
        if raw.path.is_broken() {
            return Self { dockerfile: None, context: None, contexts: Vec::new() };
        }
        let path = raw.path.value().map_or_else(RepoDir::root, |path| path.0.clone());
        Self {
            dockerfile: resolved(&raw.dockerfile, |text| path.resolve_file(text), problems),
            context: resolved(&raw.context, |text| path.resolve(text), problems),
            contexts: contexts(raw, &path, problems),
        }
    }

    /// Returns patterns that match everything below the named contexts that are directories.
    pub(super) fn below_contexts(&self, problems: &mut Problems<'_>) -> Vec<FilterEntry> {
        self.contexts.iter().filter_map(|context| entry(context, &below_directory(&context.value), problems)).collect()
    }

    /// Returns the files that the image's builder reads besides the files of the context: the ignore files of the
    /// Dockerfile and of the context, and the Dockerfile itself. If no key names a Dockerfile, all files are included
    /// that the builder would use as the Dockerfile.
    pub(super) fn files(&self, raw: &raw::Service, builder: Builder) -> Vec<Located<String>> {
        // A service without a path only has a Dockerfile if `dockerfile` names it, or if the service has a `builder`,
        // which looks for the Dockerfile at the root.
        let place = |file: &Located<String>| file.as_ref().map(|_| RepoDir::root());
        let Some(usual) = usual(raw).or_else(|| self.dockerfile.as_ref().map(place)) else { return Vec::new() };
        let dockerfiles: Vec<Located<String>> = match (&self.dockerfile, builder.dockerfiles()) {
            (Some(file), _) => vec![file.clone()],
            (None, names) => names.iter().map(|name| usual.as_ref().map(|path| path.join(name))).collect(),
        };
        let context = self.context.as_ref().unwrap_or(&usual);
        let mut files = Vec::new();
        for name in builder.ignore_files() {
            files.extend(dockerfiles.iter().map(|file| file.as_ref().map(|file| format!("{file}{name}"))));
            files.push(context.as_ref().map(|context| context.join(name)));
        }
        files.extend(dockerfiles);
        files
    }

    /// Returns `files`, and the directories that an image is built from. If the service has a `before` command, none of
    /// the paths has to exist, since this command may create them.
    pub(super) fn declared(
        &self,
        raw: &raw::Service,
        files: Vec<Located<String>>,
        context: DeclaredKind,
    ) -> Vec<Declared> {
        let needed = |key: &'static str| raw.before.value().is_none().then_some(key);
        let is_dockerfile =
            |file: &Located<String>| self.dockerfile.as_ref().is_some_and(|named| named.value == file.value);
        let file = |file: Located<String>| Declared {
            key: if is_dockerfile(&file) { needed("dockerfile") } else { None },
            path: file.map(RepoPath::from_git),
            what: DeclaredKind::File,
        };
        let directory = |directory: &Located<RepoDir>, what: DeclaredKind, key: Option<&'static str>| {
            let path = directory.as_ref().map(|directory| RepoPath::from_git(directory.as_str()));
            (!directory.value.is_root()).then_some(Declared { path, what, key })
        };
        let whole = match &self.context {
            Some(named) => directory(named, context, needed("context")),
            None => usual(raw).and_then(|usual| directory(&usual, context, None)),
        };
        let others =
            self.contexts.iter().filter_map(|named| directory(named, DeclaredKind::Directory, needed("contexts")));
        files.into_iter().map(file).chain(whole).chain(others).collect()
    }

    /// Returns the context if it has files outside of the service's path.
    pub(super) fn beyond(&self, path: &RepoDir) -> Option<&Located<RepoDir>> {
        self.context.as_ref().filter(|context| !path.holds(&context.value))
    }
}

/// Returns the pattern of everything below a service's path.
pub(super) fn below_path(path: &Located<Directory>, problems: &mut Problems<'_>) -> Vec<FilterEntry> {
    entry(path, &below_directory(&path.value.0), problems).into_iter().collect()
}

/// Returns filter entries that match these files, except for files in `whole`, a directory that the service's filter
/// matches as a whole. Files that do not exist are included, since their creation is a change.
pub(super) fn entries(
    files: &[Located<String>],
    whole: Option<&RepoDir>,
    problems: &mut Problems<'_>,
) -> Vec<FilterEntry> {
    let others = files.iter().filter(|file| whole.is_none_or(|whole| !whole.holds_file(&file.value)));
    others.filter_map(|file| entry(file, &literal(&file.value), problems)).collect()
}

/// Returns the directory in which a builder looks for its files: the service's path, or, if it has none, the root if a
/// key names a builder.
fn usual(raw: &raw::Service) -> Option<Located<RepoDir>> {
    let path = raw.path.given().map(|path| path.as_ref().map(|path| path.0.clone()));
    path.or_else(|| raw.builder.given().map(|builder| builder.as_ref().map(|_| RepoDir::root())))
}

/// Reads the directories among named contexts: those that are neither images nor addresses.
fn contexts(raw: &raw::Service, path: &RepoDir, problems: &mut Problems<'_>) -> Vec<Located<RepoDir>> {
    let mut found = Vec::new();
    for context in raw.contexts.value().into_iter().flat_map(|contexts| contexts.0.0.values()) {
        let text = context.value.value.0.text();
        if text.contains("://") || text.contains("{{") {
            continue;
        }
        match path.resolve(text) {
            Ok(directory) => found.push(context.value.as_ref().map(|_| directory)),
            Err(error) => problems.error("bad-path", error.to_string(), &context.value, "the directory of a context"),
        }
    }
    found
}

fn resolved<T>(
    field: &Field<BuildPath>,
    resolve: impl FnOnce(&str) -> Result<T, RepoDirError>,
    problems: &mut Problems<'_>,
) -> Option<Located<T>> {
    let written = field.given()?;
    match resolve(&written.value.0) {
        Ok(value) => Some(Located { value, used: written.used, defined: written.defined }),
        Err(error) => {
            let help = "write it relative to `path`, or with a leading `/` relative to the root of the repository";
            problems.error("bad-path", error.to_string(), written, help);
            None
        }
    }
}

/// Returns the filter entry of a pattern that was made from a path.
pub(super) fn entry<T>(at: &Located<T>, text: &str, problems: &mut Problems<'_>) -> Option<FilterEntry> {
    match Pattern::parse(text) {
        Ok(pattern) => {
            let pattern = Located { value: pattern, used: at.used, defined: at.defined };
            Some(FilterEntry { effect: Effect::Include, statuses: Statuses::ANY, pattern })
        }
        Err(error) => {
            let message = format!("no pattern can be made of this path: {}", shown(&error.message));
            problems.error("bad-path", message, at, "write `filters` for this service");
            None
        }
    }
}

/// Returns the pattern `<path>/**`, in which the path is literal.
pub(in crate::config) fn below_directory(path: &RepoDir) -> String {
    if path.is_root() { "**".to_owned() } else { below(&literal(path.as_str())) }
}

/// Returns a pattern that matches everything below each path that this pattern matches. The new pattern also matches
/// these paths themselves, unless this pattern ends in `*`.
pub(in crate::config) fn below(pattern: &str) -> String {
    [pattern, "/**"].concat()
}

/// Returns a pattern that matches this path alone.
pub(in crate::config) fn literal(path: &str) -> String {
    let is_special = |c: char| matches!(c, '*' | '?' | '[' | ']' | '{' | '}' | '(' | ')' | '|' | '"' | '^' | '$');
    let mut pattern = String::with_capacity(path.len());
    for (at, c) in path.char_indices() {
        if is_special(c) || (c == '!' && at == 0) {
            pattern.push('\\');
        }
        pattern.push(c);
    }
    pattern
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_in_a_pattern_means_itself() {
        for (path, pattern) in [
            (".", "**"),
            ("services/go/api", "services/go/api/**"),
            ("app/[id]", r"app/\[id\]/**"),
            ("!a/(b)/@c", r"\!a/\(b\)/@c/**"),
        ] {
            assert_eq!(below_directory(&RepoDir::parse(path).unwrap()), pattern);
        }
    }
}
