//! Checked words and values; nothing here reads or writes anything.

pub mod name;
pub mod diagnostic;
pub mod change;
pub mod tree;
pub mod template;
pub mod civil;
pub mod recipe;
pub mod record;
pub mod mask;
