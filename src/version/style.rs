use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How a version is written between releases (spec section 7).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Style {
    /// `1.0.9-0047-188f7a2`.
    #[default]
    Extended,
    /// `1.0.10-dev.47.g188f7a2`.
    Next,
    /// `1.0.9-47-g188f7a2`.
    Describe,
    /// `1.0.10.dev47+g188f7a2`.
    Pep440,
    /// `1.0.10-0.20261121083000-188f7a2abcde`.
    Pseudo,
    /// `sha-188f7a2`.
    Sha,
    /// `1.0.9`, on the tag alone.
    Release,
}
