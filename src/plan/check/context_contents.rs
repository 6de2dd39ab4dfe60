use std::collections::BTreeMap;

use super::ground::Ground;
use crate::inputs::source::docker::{ContextEntry, ContextFiles};
use crate::model::name::RepoDir;
use crate::model::tree::Mode;

/// The files of the contexts of builds, each read once.
#[derive(Default)]
pub(super) struct Contexts<'a>(BTreeMap<RepoDir, Context<'a>>);

pub(super) struct Context<'a> {
    pub(super) files: ContextFiles<'a>,
    links: Vec<&'a [u8]>,
}

impl<'a> Contexts<'a> {
    pub(super) fn of(&mut self, ground: &Ground<'a>, directory: &RepoDir) -> &Context<'a> {
        self.0.entry(directory.clone()).or_insert_with(|| {
            let skipped = directory.join("").len();
            let listing = ground.listing();
            let within = if directory.is_root() { "" } else { directory.as_str() };
            let entries = || listing.below(within.as_bytes()).map(|position| listing.get(position));
            let links = entries().filter(|entry| entry.mode == Mode::SymbolicLink);
            Context {
                files: ContextFiles::new(
                    entries().map(|entry| ContextEntry { path: &entry.path[skipped..], link: None }),
                ),
                links: links.map(|entry| &entry.path[skipped..]).collect(),
            }
        })
    }
}

impl Context<'_> {
    /// Whether a source may mean something behind a link.
    pub(super) fn leads_on(&self, source: &str) -> bool {
        let is_through =
            |link: &&[u8]| source.as_bytes().strip_prefix(*link).is_some_and(|rest| rest.starts_with(b"/"));
        let is_link = |link: &&[u8]| source.as_bytes() == *link;
        self.links.iter().any(|link| is_through(link) || is_link(link))
    }
}
