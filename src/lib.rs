//! Finds what must be rebuilt in a monorepo, why and in what order, and what each result is called.
//!
//! Everything that is read (filters.yaml, the CI event, the repository) flows into one value, the [`Plan`](plan::Plan);
//! everything that is made from it reads the plan alone. [`plan::pipeline::plan`] is the function that makes a plan.
//!
//! The modules below stand in the order in which they may use each other: a module uses those above it, never those
//! below. ARCHITECTURE.md shows the modules in a picture and a table, and `tests/it/layers.rs` checks that the code
//! follows the table.
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
//! to that JSON. Before 1.0 it does not cover this library: any release may change it.

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
pub use cli::{main, snippet};

pub use plan::pipeline::{Planned, Request, Workspace};
