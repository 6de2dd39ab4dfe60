//! The integration tests: one binary, one builder of repositories ([`repo::Repo`]), truth from git itself.

#![expect(clippy::unwrap_used, reason = "in a test every failure is a bug, and the place says which")]
#![expect(clippy::needless_raw_string_hashes, reason = "snapbox writes its snapshots so")]
#![expect(clippy::print_stdout, reason = "a random test says its seed and what it found")]

mod act;
mod action;
mod bake;
mod build;
mod causes;
mod ci_folder;
mod ci_info;
mod config;
mod config_errors;
mod config_hostile;
mod config_place;
mod containers;
mod dead;
mod describe;
mod docs;
mod drop_in;
mod drop_in_original;
mod engines;
mod engines_hostile;
mod events;
#[cfg(unix)]
mod exec;
mod fetch;
mod fingerprint;
mod git_diff;
mod git_elsewhere;
mod git_entries;
mod git_merge_base;
mod git_open;
mod git_revision;
mod git_status;
mod github_output;
mod glob_command;
mod guide;
mod history;
mod http_server;
mod image_tags;
mod inputs;
mod invisible;
mod layers;
mod links;
mod metadata_action;
mod migration;
mod model;
mod on_github;
mod paths_filter;
mod picomatch;
mod plan;
mod private_remote;
mod plan_errors;
mod push_rules;
mod random;
mod range;
mod record;
mod registry;
mod registry_server;
mod release;
mod remote;
mod repo;
mod runner;
mod scenarios;
mod since;
mod source;
mod styles;
mod submodules;
mod tidy;
mod validators;
mod verdict;
mod version;
mod why;
mod work_tree;
mod workflows;
