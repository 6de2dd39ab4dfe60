//! Patterns in picomatch's dialect with `{dot: true}`, and an index over thousands of patterns.
//!
//! Most patterns are simple: their text alone is enough to match paths (`simple`). Any other pattern is read by
//! picomatch's rules (`parse`) into the words of a regular expression (`term`), from which `expression_tree` builds a
//! tree. Two engines match trees, with the same results: `machine` can match every tree; `linear` matches patterns that
//! are used often with the crate `regex`, which is about twenty times faster but cannot express every tree.
//! [`GlobIndex`] files patterns by the segments that they require of a path (`key`), and tries only the few patterns
//! that could match.
//!
//! # Limits
//!
//! A pattern has at most 65,536 bytes, and at most 100 nested groups; more is an error. Braces are alternatives and are
//! never expanded, so a pattern takes memory in proportion to its length. A match in `machine` enters each state at
//! most once at each character, and so takes at most (characters + 1) × states steps. After 5,000,000 steps, matching
//! gives up with [`Verdict::Doubt`].
//!
//! # Where this differs from picomatch 4.0.7
//!
//! If picomatch cannot read a pattern, the pattern never matches there, and no message says so; here it is an error.
//! The other rows are patterns in which JavaScript's regular expressions see something that the author of the pattern
//! cannot have meant.
//!
//! | pattern | path | picomatch 4 | here | why |
//! | --- | --- | --- | --- | --- |
//! | `a{b` | `ab` | no | error | the brace is never closed; the expression cannot be read |
//! | `a[]{b}c` | `a` | no | error | the same with a bracket |
//! | `[z-a]*` | `z` | no | error | a range that is out of order cannot be read; without a wildcard the text is a path |
//! | `{[a]..c}` | `a` | no | error | a range that ends in a class |
//! | `a\` | `a` | no | error | nothing follows the backslash |
//! | `(a*+)` | `a` | no | error | `*` takes any number already, and cannot be repeated |
//! | `a))(` | `a)` | yes | error | closes a group that is not open |
//! | `+(a` | `(:a` | yes | error | the group is never closed, and half of it is taken for text |
//! | `(a)\1` | `aa` | yes | error | a back-reference: not possible in linear time, and hardly intended |
//! | `(?<n>a)` | `a` | yes | error | names and lookbehind, likewise |
//! | `?` | `🚀` | no | yes | a character is a character, not half of one in UTF-16 |
//! | `??` | `🚀` | yes | no | the same |
//! | `[^a]` | `🚀` | no | yes | the same |
//! | `*(!(f))` | `aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa/b` | too long | no | time is linear here |
//!
//! # Where picomatch 2.3.1 differs from both
//!
//! dorny/paths-filter v4 still uses picomatch 2.3.1.
//!
//! | pattern | path | picomatch 2.3.1 | here | why |
//! | --- | --- | --- | --- | --- |
//! | `services/{a..c}/Cargo.toml` | `services/a/Cargo.toml` | no | yes | it loses the text before a dot |
//! | `[[:alpha:]]/a.b` | `x/a.b` | no | yes | the same |
//! | `+(+(a))` | `aa` | yes | no | 4 reads a repeated group inside another one as literal text |

mod below;
mod error;
mod explain;
mod expression;
mod index;
mod key;
mod linear;
mod machine;
mod pattern;
mod search;
mod parse;
mod character_set;
mod simple;
mod subject;
mod term;
mod expression_tree;

pub use below::is_at_or_below;
pub use error::PatternError;
pub use explain::Explanation;
pub use index::{GlobIndex, Hit};
pub use pattern::{Pattern, Verdict};
pub use search::GlobSearch;
