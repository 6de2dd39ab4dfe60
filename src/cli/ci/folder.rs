//! The files that `--ci` writes for later steps, on engines that read files.

use std::path::{Path, PathBuf};

use crate::cli::failure::Failure;
use crate::cli::printing::{Output, unwritable};
use crate::inputs::file;
use crate::inputs::trigger::Engine;
use crate::output::emit::{self, JobOptions};
use crate::plan::Plan;

/// Files that are written together.
pub(super) struct Folder {
    path: PathBuf,
    files: Vec<(&'static str, String)>,
}

impl Folder {
    /// Makes the files of a plan: `plan.json` and `plan.env` for every engine, and the files of this engine. An engine
    /// that can continue with a generated pipeline gets a `pipeline.yml`. Jenkins gets a `pipeline.json`, which a
    /// Jenkinsfile reads.
    pub(super) fn of(plan: &Plan, path: &Path, engine: Engine, options: &JobOptions) -> Result<Self, Failure> {
        let to_build = plan.to_build();
        let mut files = vec![
            // git ignores the folder, so it is not a change of the work tree.
            (".gitignore", "*\n".to_owned()),
            ("plan.json", plan.to_json()),
            ("plan.env", emit::dotenv(&to_build)?),
        ];
        if engine == Engine::CircleCi {
            files.push(("parameters.json", emit::circleci_parameters(&to_build)?));
        }
        let pipeline = match engine {
            Engine::GitLab => Some(emit::gitlab(plan, options)?),
            Engine::Buildkite => Some(emit::buildkite(plan, options)?),
            Engine::CircleCi => Some(emit::circleci(plan, options)?),
            Engine::Bitbucket => Some(emit::bitbucket(plan, options)?),
            _ => None,
        };
        files.extend(pipeline.map(|text| ("pipeline.yml", text)));
        if engine == Engine::Jenkins {
            files.push(("pipeline.json", emit::jenkins(plan, options)?));
        }
        Ok(Self { path: path.to_owned(), files })
    }

    /// Writes the files, and replaces those of an earlier run.
    pub(super) fn write(&self, output: &Output) -> Result<(), Failure> {
        file::make_directory(&self.path).map_err(|error| unwritable(&self.path, &error))?;
        self.files.iter().try_for_each(|(name, text)| output.file(&self.path.join(name), text))
    }
}
