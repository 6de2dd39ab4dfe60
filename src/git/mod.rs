//! The repository, read through gix. The only room that knows gix.

mod describe;
mod history;
mod open;
mod tags;

pub use history::{DescribeOptions, Descriptions, HistoryError, Parents, StopRule, Work};
pub use open::{OpenError, Repository};
pub use tags::Tag;
