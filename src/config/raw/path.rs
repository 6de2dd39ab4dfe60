use schemars::JsonSchema;

use crate::config::problems::Problems;
use crate::config::read::{Read, literal};
use crate::config::yaml::View;
use crate::name::RepoDir;

/// A directory, relative to the root of the repository; `.` is the root.
#[derive(Debug, Clone, JsonSchema)]
#[schemars(transparent, inline)]
pub(in crate::config) struct Directory(#[schemars(with = "String")] pub(in crate::config) RepoDir);

/// The name of a file, maybe in a directory.
#[derive(Debug, Clone, JsonSchema)]
#[schemars(transparent, inline)]
pub(in crate::config) struct FileName(pub(in crate::config) String);

impl Read for Directory {
    fn read(view: View<'_>, problems: &mut Problems<'_>) -> Option<Self> {
        let text = literal(view, "a path", problems)?;
        match RepoDir::parse(text) {
            Ok(directory) => Some(Self(directory)),
            Err(error) => {
                problems.error("bad-path", error.to_string(), &view.locate(()), "");
                None
            }
        }
    }
}

impl Read for FileName {
    fn read(view: View<'_>, problems: &mut Problems<'_>) -> Option<Self> {
        let text = literal(view, "the name of a file", problems)?;
        if text.is_empty() || text.chars().any(char::is_control) {
            problems.error("bad-path", "this is not the name of a file", &view.locate(()), "");
            return None;
        }
        Some(Self(text.to_owned()))
    }
}
