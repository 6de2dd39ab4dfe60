//! What a result is called: versions, image tags and releases.

pub mod version;
pub mod image;
pub mod release;
