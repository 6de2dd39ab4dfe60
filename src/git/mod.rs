//! The repository, read through gix. The only room that knows gix.
//!
//! Nothing here writes but `release`, which makes tags, and nothing talks to a network but `push`, through the git
//! program. What the answers claim to equal is named at each
//! method: `git diff`, `git status`, `git merge-base`, `git ls-tree`. Replace refs (`git replace`) are followed,
//! as git does; the older grafts file (`.git/info/grafts`) is not read.

mod ancestry;
mod describe;
mod diff;
mod error;
mod head;
mod history;
mod index;
mod object;
mod open;
mod program;
mod push;
mod reachable;
mod release;
mod remote;
mod revision;
mod status;
mod tags;
mod tree;

pub use error::Error;
pub use head::{DefaultBranch, Head, RefName};
pub use history::{DescribeOptions, Descriptions, HistoryError, Parents, StopRule, Work};
pub use open::{PartialClone, Repository};
pub use program::ProgramError;
pub use push::RemoteError;
pub use release::{MadeTag, NewTag, Signing, TagError};
pub use tags::Tag;
pub use tree::FileAt;
