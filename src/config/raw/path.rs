use schemars::JsonSchema;

use crate::config::problems::Problems;
use crate::config::read::{Read, literal};
use crate::config::yaml::View;
use crate::model::name::RepoDir;

/// A directory, relative to the root of the repository; `.` is the root.
#[derive(Debug, Clone, JsonSchema)]
#[schemars(transparent, inline)]
pub(in crate::config) struct Directory(#[schemars(with = "String")] pub(in crate::config) RepoDir);

/// The path of a file or a directory that a service is built from. It is relative to the service's path, or, with a
/// leading `/`, to the root of the repository.
#[derive(Debug, Clone, JsonSchema)]
#[schemars(transparent, inline)]
pub(in crate::config) struct BuildPath(pub(in crate::config) String);

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

impl Read for BuildPath {
    fn read(view: View<'_>, problems: &mut Problems<'_>) -> Option<Self> {
        // What it names depends on the service's path.
        literal(view, "a path", problems).map(|text| Self(text.to_owned()))
    }
}
