//! The repository, read through gix. The only room that knows gix.

mod open;

pub use open::{OpenError, Repository};
