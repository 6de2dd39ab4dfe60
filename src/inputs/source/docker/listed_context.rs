use std::collections::BTreeMap;

use super::context_files::{ContextEntry, ContextFiles};
use super::ignore_file::clean;
use crate::model::name::RepoDir;
use crate::model::tree::{Listing, Mode};

/// The build contexts in a listing, each computed once.
#[derive(Default)]
pub struct ListedContexts<'a>(BTreeMap<RepoDir, ListedContext<'a>>);

/// The files of a context, from a listing of the repository. The targets of symbolic links are not known.
pub struct ListedContext<'a> {
    /// The files, including links.
    pub files: ContextFiles<'a>,
    /// The number of the files.
    pub count: usize,
    /// The symbolic links. Each counts as a link to the whole context, since its target is not known.
    links: ContextFiles<'a>,
    /// The paths of the links, in the order of their bytes.
    link_paths: Vec<&'a [u8]>,
}

impl<'a> ListedContexts<'a> {
    /// Returns the context in a directory.
    pub fn of(&mut self, listing: &'a Listing, directory: &RepoDir) -> &ListedContext<'a> {
        self.0.entry(directory.clone()).or_insert_with(|| ListedContext::of(listing, directory))
    }
}

impl<'a> ListedContext<'a> {
    fn of(listing: &'a Listing, directory: &RepoDir) -> Self {
        let within = if directory.is_root() { "" } else { directory.as_str() };
        let skipped = directory.join("").len();
        let entries = || {
            listing.below(within.as_bytes()).map(|position| {
                let entry = listing.get(position);
                (&entry.path[skipped..], entry.mode)
            })
        };
        let link_paths: Vec<&[u8]> =
            entries().filter(|(_, mode)| *mode == Mode::SymbolicLink).map(|(path, _)| path).collect();
        Self {
            files: ContextFiles::new(entries().map(|(path, _)| ContextEntry { path, link: None })),
            count: entries().count(),
            links: ContextFiles::new(link_paths.iter().map(|path| ContextEntry { path, link: Some(b"/") })),
            link_paths,
        }
    }

    /// Whether a source matches a symbolic link, or a path through a symbolic link. The source may have wildcards.
    /// `false` if the source is the whole context.
    #[must_use]
    pub fn leads_on(&self, source: &str) -> bool {
        clean(source) != "." && self.links.leads_on(source)
    }

    /// Whether a file of the context is a symbolic link.
    #[must_use]
    pub fn is_link(&self, path: &[u8]) -> bool {
        self.link_paths.binary_search(&path).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::tree::ObjectId;

    #[test]
    fn sources_with_wildcards_may_mean_links() {
        let id = ObjectId::from_bytes(&[1; 20]).unwrap();
        let mut listing = Listing::default();
        for (path, mode) in [("a.txt", Mode::File), ("libx", Mode::SymbolicLink), ("liby/f", Mode::File)] {
            listing.push(mode, id, [b"svc/", path.as_bytes()]);
        }
        let mut contexts = ListedContexts::default();
        let context = contexts.of(&listing, &RepoDir::parse("svc").unwrap());
        for (source, leads_on) in [
            ("libx", true),
            ("libx/f", true),
            ("li*", true),
            ("lib?/f", true),
            ("liby", false),
            ("*.txt", false),
            (".", false),
            ("", false),
        ] {
            assert_eq!(context.leads_on(source), leads_on, "{source}");
        }
        assert!(context.is_link(b"libx") && !context.is_link(b"liby/f"));
        assert_eq!(context.count, 3);
    }
}
