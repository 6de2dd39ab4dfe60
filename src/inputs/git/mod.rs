//! The git repository, read through gix. No other module names gix.
//!
//! rebake writes only built refs, marks of builds, tags, fetched objects and refs, and the list of files that it wrote.
//! Only fetching and pushing use the network, by running git. If a git command returns the same result as a method,
//! such as `git diff` or `git merge-base`, the comment of the method names the command. Replace refs (`git replace`)
//! are followed, as in git. If there is a grafts file (`.git/info/grafts`), methods that read history return an error.

mod access_token;
mod ancestry;
mod branch;
mod file_contents;
mod built_refs;
mod describe;
mod diff;
mod earlier_files;
mod edited_tree;
mod error;
mod fetch;
mod former_path;
mod git_variables;
mod given_path;
mod head;
mod history;
mod listing;
mod mirror;
mod object;
mod object_cache;
mod open;
mod own_files;
mod program;
mod push_built_refs;
mod push_tags;
mod reachable;
mod ref_lock;
mod remote;
mod revision;
mod revision_error;
mod safe_directory;
mod sparse;
mod status;
mod submodules;
mod symlinks;
mod tag_changes;
mod tags;
mod tracked_files;
mod tree;
mod unreadable;
mod user_config;
mod work_tree;

pub use access_token::TokenVariable;
pub use branch::{BranchRevision, RemoteBranch};
pub use built_refs::{MovableFrom, RefsBelow, Swap, Swapped};
pub use diff::Differ;
pub use earlier_files::{EarlierFiles, HadFile};
pub use edited_tree::RootTree;
pub use error::GitError;
pub use fetch::{FetchError, Freshness, Lacking, Missing, RemoteTags};
pub use former_path::Renamed;
pub use head::{DefaultBranch, Head, RefName};
pub use history::{DescribeOptions, Descriptions, HistoryError, Parents, StopRule, WalkCounts};
pub use listing::Survey;
pub use open::{PartialClone, Repository};
pub use program::{ProgramError, git_programs};
pub use push_tags::{MOST_TAGS, RemoteError};
pub use remote::shown_remote;
pub use revision_error::{RevisionError, RevisionFault};
pub use status::WorkTree;
pub use symlinks::{PathKind, ResolvedPath, ResolvedPaths, WorkTreeFile};
pub use tag_changes::{MadeTag, NewTag, Signing, TagError};
pub use tags::Tag;
pub use tracked_files::TrackedFiles;
pub use tree::FileAt;
pub use unreadable::Unsure;
pub use work_tree::TreeWithChanges;
