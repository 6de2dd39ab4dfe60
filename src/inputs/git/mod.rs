//! The git repository, read through gix. No other module names gix.
//!
//! Nothing here writes but `swap` and its kin (built refs) and `release` (tags), and nothing talks to a network but [`Repository::with_fetching`] and its kin
//! and what pushes, by the program git. What the answers claim to equal is named at each
//! method: `git diff`, `git status`, `git merge-base`, `git ls-tree`. Replace refs (`git replace`) are followed,
//! as git does; where there is the older grafts file (`.git/info/grafts`), questions of history are refused.

mod ancestry;
mod branch;
mod describe;
mod diff;
mod earlier;
mod edit;
mod environment;
mod error;
mod fetch;
mod follow;
mod head;
mod history;
mod keep;
mod listing;
mod mirror;
mod object;
mod open;
mod program;
mod push_records;
mod push_tags;
mod reachable;
mod records;
mod release;
mod remote;
mod rename;
mod revision;
mod settings;
mod sparse;
mod status;
mod submodules;
mod tags;
mod token;
mod tree;
mod trust;
mod unsure;
mod work_tree;
mod written;

pub use branch::{OfBranch, RemoteBranch};
pub use diff::Differ;
pub use earlier::{Earlier, Had};
pub use edit::RootTree;
pub use error::Error;
pub use fetch::{FetchError, Freshness, Lacking, Missing, RemoteTags};
pub use follow::{Lead, Leads, Stands, WorkTreeFile};
pub use head::{DefaultBranch, Head, RefName};
pub use history::{DescribeOptions, Descriptions, HistoryError, Parents, StopRule, WalkCounts};
pub use listing::Survey;
pub use open::{PartialClone, Repository};
pub use program::ProgramError;
pub use push_tags::RemoteError;
pub use records::{MovableFrom, RefsBelow, Swap, Swapped};
pub use release::{MadeTag, NewTag, Signing, TagError};
pub use rename::Renamed;
pub use status::WorkTree;
pub use tags::Tag;
pub use token::TokenVariable;
pub use tree::FileAt;
pub use unsure::Unsure;
pub use work_tree::OnTop;
