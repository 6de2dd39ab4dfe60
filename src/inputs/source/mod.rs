//! Files that declare services and what they are built from.

pub mod go;
pub mod python;

mod toml_place;
