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
//! [`plan::pipeline::plan`] is that picture as one function. The modules below stand in the order in which they may look
//! at each other: a module looks at those above it, never at those below (ARCHITECTURE.md has the table;
//! `tests/it/layers.rs` holds the code to it).
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
pub mod cli;
