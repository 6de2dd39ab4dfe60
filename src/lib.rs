//! What must be rebuilt in a monorepo, why, what each result is called, and in what order.

pub mod affected;
pub mod change;
pub mod config;
pub mod definition;
pub mod diagnostic;
pub mod emit;
pub mod exec;
pub mod filter;
pub mod git;
pub mod glob;
pub mod graph;
pub mod name;
pub mod plan;
pub mod recipe;
pub mod template;
pub mod trigger;
pub mod version;
