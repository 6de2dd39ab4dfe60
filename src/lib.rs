//! What must be rebuilt in a monorepo, why, what each result is called, and in what order.

pub mod change;
pub mod diagnostic;
pub mod git;
pub mod glob;
pub mod name;
pub mod template;
pub mod version;
