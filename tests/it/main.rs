//! The integration tests, in one binary.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on panics")]
#![expect(clippy::print_stdout, reason = "a random test says its seed and what it found")]

mod picomatch;
