//! rebake as its users meet it.

mod config;
mod config_errors;
mod config_hostile;
