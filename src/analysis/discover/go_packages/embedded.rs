//! The files that a package embeds with `//go:embed`.

use super::super::Area;
use crate::glob::{Pattern, Verdict};
use crate::inputs::source::SourceTree;
use crate::model::name::RepoDir;

/// Returns the files and whole directories that a pattern of `//go:embed` names in its package's directory. If the
/// pattern cannot be read, returns everything below the directory.
pub(super) fn areas(tree: &SourceTree, directory: &RepoDir, pattern: &str) -> Vec<Area> {
    let pattern = pattern.strip_prefix("all:").unwrap_or(pattern);
    let Ok(pattern) = Pattern::parse(&picomatch(&directory.join(pattern))) else {
        return vec![Area::Below(directory.clone())];
    };
    let mut areas: Vec<Area> = Vec::new();
    for position in tree.listing().below(directory.git_path().as_bytes()) {
        let Ok(path) = std::str::from_utf8(tree.listing().get(position).path) else { continue };
        // The outermost directory that matches stands for everything below it.
        let ends = path.match_indices('/').map(|(at, _)| at).filter(|at| *at > directory.git_path().len());
        let directories = ends.map(|end| &path[..end]);
        let fits = |path: &&str| pattern.matches(path.as_bytes()) != Verdict::No;
        let area = match directories.clone().find(fits).map(RepoDir::parse) {
            Some(directory) => directory.ok().map(Area::Below),
            None => fits(&path).then(|| Area::File(path.to_owned())),
        };
        if let Some(area) = area.filter(|area| areas.last() != Some(area)) {
            areas.push(area);
        }
    }
    areas
}

/// Rewrites a pattern of Go's `path.Match` as a pattern of picomatch.
fn picomatch(pattern: &str) -> String {
    let mut text = String::with_capacity(pattern.len());
    let mut chars = pattern.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\\' => text.extend([Some('\\'), chars.next()].into_iter().flatten()),
            // Two stars mean the same as one, since neither matches a slash.
            '*' if chars.peek() == Some(&'*') => {}
            '*' | '?' | '[' | ']' | '/' => text.push(c),
            c if c.is_alphanumeric() || "-_.^".contains(c) => text.push(c),
            c => text.extend(['\\', c]),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_name_files_and_directories() {
        let files = ["p/a.html", "p/b.txt", "p/static/x.css", "p/static/deep/y", "p/{c}.txt", "p/t/a.html", "q/a.html"];
        let tree = SourceTree::of_texts(&files.map(|path| (path, "")));
        let dir = |path: &str| RepoDir::parse(path).unwrap();
        let file = |path: &str| Area::File(path.to_owned());
        let of = |pattern: &str| areas(&tree, &dir("p"), pattern);
        assert_eq!(of("*.html"), [file("p/a.html")]);
        assert_eq!(of("static"), [Area::Below(dir("p/static"))]);
        assert_eq!(of("all:static/*"), [Area::Below(dir("p/static/deep")), file("p/static/x.css")]);
        assert_eq!(of("*/*.html"), [file("p/t/a.html")]);
        assert_eq!(of("{c}.txt"), [file("p/{c}.txt")]);
        assert_eq!(of("[ab].*"), [file("p/a.html"), file("p/b.txt")]);
        assert_eq!(of("no"), []);
        assert_eq!(areas(&tree, &RepoDir::root(), "q"), [Area::Below(dir("q"))]);
    }
}
