//! The observed reads of builds, as published: `rebake observe` writes them, and `rebake check` reads them.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::model::diagnostic::LineColumn;
use crate::model::malformed_json::MalformedJson;

/// The files that builds were observed to read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[non_exhaustive]
pub struct Observed {
    /// The version of this format: 1.
    pub schema: u32,
    /// The commit that was checked out; absent if there was none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub commit: Option<String>,
    /// The services whose builds were observed.
    pub services: Vec<ObservedService>,
}

/// The files that the build of a service was observed to read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ObservedService {
    /// Its name.
    pub service: String,
    /// How the reads were found.
    pub means: ObservedBy,
    /// Why `inputs` may lack files that the build reads; absent if the build ran to its end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub partial: Option<String>,
    /// Descriptions of what the build may have read without being observed.
    #[serde(default)]
    pub unseen: Vec<String>,
    /// The tracked files that the build read, in the order of paths.
    pub inputs: Vec<ObservedInput>,
}

/// How the reads of a build are found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum ObservedBy {
    /// The build ran under a tracer.
    Traced,
    /// The reads were computed from the Dockerfile and its ignore file.
    Computed,
}

/// A tracked file that a build read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ObservedInput {
    /// Its path from the root of the repository.
    pub path: String,
    /// The command that read it first. If the reads were computed: the position in the Dockerfile, such as
    /// `api/Dockerfile:3:6`; or `the builder` for the Dockerfile itself and its ignore file.
    pub by: String,
}

/// Why a text is not an observation that this program can use.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ObservedError {
    /// The text is not JSON, or its JSON does not have the form of observed reads.
    #[error("this is not what `rebake observe --format json` writes: {0}")]
    Malformed(#[from] MalformedJson),
    /// The text has another schema, from another version of rebake.
    #[error("what was observed has schema {0}, and this rebake reads schema {SCHEMA}", SCHEMA = Observed::SCHEMA)]
    Schema(u32),
}

impl ObservedError {
    /// Returns the line and column of the problem in the text, if they are known.
    #[must_use]
    pub fn place(&self) -> Option<LineColumn> {
        if let Self::Malformed(malformed) = self { malformed.place } else { None }
    }

    /// Returns what to do about the error.
    #[must_use]
    pub fn help(&self) -> &'static str {
        "write it with `rebake observe SERVICE --format json`"
    }
}

impl ObservedService {
    /// Returns the paths of the files that were read.
    pub fn paths(&self) -> impl Iterator<Item = &str> {
        self.inputs.iter().map(|input| input.path.as_str())
    }
}

impl Observed {
    /// The version of the format that this program writes and reads.
    pub const SCHEMA: u32 = 1;

    /// Creates the document with these services.
    #[must_use]
    pub fn new(commit: Option<String>, services: Vec<ObservedService>) -> Self {
        Self { schema: Self::SCHEMA, commit, services }
    }

    /// Reads the document from its JSON text. Keys that this version does not know are ignored.
    ///
    /// # Errors
    /// When the text is not JSON, does not have the form of observed reads, or has another schema.
    pub fn read(text: &str) -> Result<Self, ObservedError> {
        #[derive(Deserialize)]
        struct Head {
            schema: u32,
        }
        let Head { schema } = serde_json::from_str(text).map_err(MalformedJson::from)?;
        if schema != Self::SCHEMA {
            return Err(ObservedError::Schema(schema));
        }
        Ok(serde_json::from_str(text).map_err(MalformedJson::from)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn later_versions_may_add_keys() {
        let text = r#"{"schema": 1, "new": 1, "services": [{"service": "a", "means": "traced", "unseen": [], "new": 2,
            "inputs": [{"path": "x", "by": "cat x", "new": 3}]}]}"#;
        let read = Observed::read(text).unwrap();
        assert_eq!(read.services[0].inputs, [ObservedInput { path: "x".to_owned(), by: "cat x".to_owned() }]);
        assert!(matches!(Observed::read(r#"{"schema": 2}"#), Err(ObservedError::Schema(2))));
        assert!(Observed::read("{}").is_err() && Observed::read(r#"{"schema": 1}"#).is_err());
    }
}
