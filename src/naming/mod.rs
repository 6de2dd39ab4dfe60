//! Names of results: versions, image tags and releases.

pub mod version;
pub mod image;
pub mod release;
