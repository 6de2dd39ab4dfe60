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
//! use std::path::Path;
//!
//! use rebake::{output::emit, inputs::git::Repository, plan::pipeline, inputs::trigger::Trigger};
//!
//! let here = Path::new(".");
//! let repository = Repository::discover(here)?;
//! let file = pipeline::ConfigFile::find(&repository, None, here, None)?;
//! let (Some(config), _) = file.parse() else {
//!     return Err("filters.yaml has errors".into());
//! };
//! let request = pipeline::Request::default();
//! let planned = pipeline::plan(&repository, &file, &config, &Trigger::local(), &request, &mut |_| {})?;
//! print!("{}", emit::table(&planned.plan, emit::Palette::Plain));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

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
pub use cli::{main, render};
