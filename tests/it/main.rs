//! The integration tests: one binary, one builder of repositories ([`repo::Repo`]), truth from git itself.

#![expect(clippy::unwrap_used, reason = "in a test every failure is a bug, and the place says which")]

mod exec;
