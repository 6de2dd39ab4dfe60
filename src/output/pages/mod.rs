//! Pages for a browser: each is one file that needs nothing else, and the same input gives the same bytes.
//!
//! A page works without its script, which only adds conveniences: search, focus, a panel. The template language escapes
//! text from a repository for HTML; [`Escaped`](crate::model::name::Escaped) escapes control characters in it.

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
