//! What must be rebuilt in a monorepo, why, what each result is called, and in what order.
//!
//! Everything that is read (filters.yaml, the CI event, the repository) flows into one value, the
//! [`Plan`](plan::Plan); everything that is made from it reads the plan alone. [`plan::pipeline::plan`] is that way as
//! one function.
//!
//! The modules below stand in the order in which they may use each other: a module uses those above it, never those
//! below. ARCHITECTURE.md has the picture and the table; `tests/it/layers.rs` holds the code to it.
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
//! # What stays as it is
//!
//! Semantic versioning covers the program's flags and exit codes, and the JSON of plans and reports, to which keys may be
//! added. Before 1.0 it does not cover this library: any release may change it.

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
