//! What `--ci` leaves for the later steps of engines that read files.

use std::path::{Path, PathBuf};

use crate::cli::failure::Failure;
use crate::cli::plan::bug;
use crate::emit::{self, Matrices};
use crate::plan::Plan;
use crate::trigger::Engine;

/// Files that are written together.
pub(super) struct Folder {
    path: PathBuf,
    files: Vec<(&'static str, String)>,
}

impl Folder {
    /// Makes the files of a plan: `plan.json` and `plan.env` for every engine, and the engine's own, `pipeline.yml` among
    /// them where the engine goes on with a pipeline.
    pub(super) fn of(plan: &Plan, path: &Path, engine: Engine, matrices: &Matrices) -> Result<Self, Failure> {
        let to_build = plan.to_build();
        let mut files = vec![
            // The folder is no change of the work tree.
            (".gitignore", "*\n".to_owned()),
            ("plan.json", plan.to_json().map_err(|error| bug(&error))?),
            ("plan.env", emit::dotenv(&to_build)?),
        ];
        if engine == Engine::CircleCi {
            files.push(("parameters.json", emit::circleci_parameters(&to_build)?));
        }
        let pipeline = match engine {
            Engine::GitLab => Some(emit::gitlab(&to_build, matrices.pack)?),
            Engine::Buildkite => Some(emit::buildkite(&to_build, matrices.pack)?),
            Engine::CircleCi => Some(emit::circleci(plan, matrices.pack)?),
            _ => None,
        };
        files.extend(pipeline.map(|text| ("pipeline.yml", text)));
        Ok(Self { path: path.to_owned(), files })
    }

    /// Writes them, over those of an earlier run.
    pub(super) fn write(&self) -> Result<(), Failure> {
        let failure = |path: &Path| {
            let what = format!("cannot write {}", path.display());
            move |error: std::io::Error| Failure::file(&what, &error)
        };
        std::fs::create_dir_all(&self.path).map_err(failure(&self.path))?;
        for (name, text) in &self.files {
            let path = self.path.join(name);
            std::fs::write(&path, text).map_err(failure(&path))?;
        }
        Ok(())
    }
}
