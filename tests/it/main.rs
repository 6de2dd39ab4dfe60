//! The integration tests, one binary.

mod describe;
mod styles;
