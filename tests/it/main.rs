//! rebake as its users meet it.

mod config_errors;
