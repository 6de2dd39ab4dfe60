//! The integration tests: one binary, so that it is linked once.

#![expect(clippy::unwrap_used, reason = "in a test every failure is a bug, and the place says which")]

mod events;
