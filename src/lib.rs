//! What must be rebuilt in a monorepo, why, what each result is called, and in what order.
//!
//! An hourglass, with the [`Plan`](plan::Plan) as its waist:
//!
//! ```text
//!    filters.yaml        CI event, flags              repository
//!         │ config            │ trigger                   │ git
//!         ▼                   ▼                           ▼
//!       Config            Trigger ──► base ──► Chosen ──► ChangeSet      analysis: pure values; after config
//!         ├── filters ───────────────────────► filter ──► Matches       it cannot fail, only git can
//!         ├── definitions, at base and head ──► definition ──► Differences
//!         ├── graph ─────────────────────────► affected ──► Affected
//!         ├── tag formats, history ───────────► version ──► Described
//!         └── services ──────────────────────► assemble ◄────────┘
//!                                                 │
//!                                             [  Plan  ]                 the only stage that is published; versioned
//!                                                 │
//!                                                 ▼
//!                                               emit ──► table, JSON, matrix, outputs of an engine
//! ```
//!
//! [`pipeline::plan`] is that picture as one function. The rooms below stand in the order in which they may look at
//! each other: a room looks at those above it, never at those below (ARCHITECTURE.md; `tests/it/layers.rs` holds it).
//!
//! # Example
//!
//! ```no_run
//! use std::path::Path;
//!
//! use rebake::{emit, git::Repository, pipeline, trigger::Trigger};
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

// Words.
pub mod name;
pub mod diagnostic;
pub mod template;
pub mod civil;
pub mod file;
pub mod mask;

// Analysis.
pub mod glob;
pub mod change;
pub mod tree;
pub mod filter;
pub mod graph;
pub mod definition;
pub mod version;
pub mod release;
pub mod image;
pub mod recipe;
pub mod record;
pub mod registry;
pub mod trigger;
pub mod config;
pub mod git;
pub mod base;
pub mod affected;
pub mod fingerprint;

// The waist.
pub mod plan;
pub mod why;

// What is made of a plan.
pub mod emit;
#[cfg(unix)]
pub mod exec;
pub mod verdict;

// The whole, and its rim.
pub mod pipeline;
pub mod cli;
