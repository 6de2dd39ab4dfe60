//! Pages for a browser: each is one file that needs nothing else, and the same input gives the same bytes.
//!
//! A page works without its script, which adds what is convenient: search, focus, a panel. Text from a repository is
//! escaped by the template language; what a terminal would obey is escaped by [`Escaped`](crate::model::name::Escaped).

mod document;
mod graph_page;
mod graph_picture;
mod layout;
#[cfg(all(unix, feature = "exec"))]
mod timeline;
#[cfg(all(unix, feature = "exec"))]
mod timings_page;

pub use graph_page::graph;
#[cfg(all(unix, feature = "exec"))]
pub use timings_page::timings;
