//! Determines which changes count, and which services they affect.

pub mod filter;
pub mod graph;
pub mod closure;
pub mod definition;
pub mod affected;
pub mod fingerprint;
pub mod base;
pub mod discover;
pub mod observe;
