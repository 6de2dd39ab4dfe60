//! Finds what must be rebuilt in a monorepo, why and in what order, and what each result is called.
//!
//! rebake reads filters.yaml, the CI event and the repository, and makes one value from them: the [`Plan`](plan::Plan).
//! All output is made from the plan alone. [`plan::pipeline::plan`] is the function that makes a plan.
//!
//! The modules below are listed from the lowest layer to the highest: a module may use the modules above it in this
//! list, and never those below it. ARCHITECTURE.md shows the modules in a picture and a table, and `tests/it/layers.rs`
//! checks that the code follows the table.
//!
//! # Example
//!
//! ```no_run
//! use rebake::output::emit::{Palette, Room, table};
//! use rebake::{Request, Workspace};
//!
//! let planned = Workspace::open(".")?.plan(&Request::default())?;
//! print!("{}", table(&planned.plan, Palette::Plain, Room::Unlimited));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Stability
//!
//! Semantic versioning covers the program's flags and exit codes, and the JSON of plans and reports. Keys may be added
//! to that JSON. Before 1.0, semantic versioning does not cover this library: any release may change its API.

pub mod model;
pub mod glob;
pub mod naming;
pub mod inputs;
pub mod analysis;
pub mod config;
pub mod plan;
pub mod output;
#[cfg(feature = "cli")]
mod cli;

#[cfg(feature = "cli")]
#[doc(hidden)]
pub use cli::{Exit, Variable, main, snippet};

pub use plan::pipeline::{Planned, Request, Workspace};
