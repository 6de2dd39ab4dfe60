//! Dockerfiles and ignore files that could not be read. The inputs of the images that are built with them are not
//! known, so no rule can check these inputs.

use std::collections::BTreeMap;

use super::ground::Ground;
use crate::inputs::source::docker::{IgnoreFile, RefusedDockerfile};
use crate::model::diagnostic::{Diagnostic, SourceFile, Span};
use crate::model::name::{Escaped, ServiceId};

/// The problems of Dockerfiles and ignore files that could not be read.
#[derive(Default)]
pub(super) struct UnreadBuilds {
    /// By the path of the file, and the service if the problem is one of the service.
    problems: BTreeMap<(String, Option<(usize, ServiceId)>), Diagnostic>,
}

impl UnreadBuilds {
    /// Returns the problems in the order of the paths.
    pub(super) fn into_problems(self) -> Vec<Diagnostic> {
        self.problems.into_values().collect()
    }

    /// Records the problem that the Dockerfile of a service is not a tracked file.
    pub(super) fn missing(&mut self, ground: &Ground<'_>, set: usize, id: ServiceId, path: &str) {
        let config = ground.config(set);
        let service = &config.services[id.0];
        let message = format!(
            "what the image of `{}` is built from is not checked: there is no `{}`",
            service.name.value,
            Escaped::new(path)
        );
        let problem = Diagnostic::warning("unchecked", message);
        let problem = problem.located(&config.source, &service.place("dockerfile", ""), "names no tracked file");
        let key = (path.to_owned(), Some((set, id)));
        self.problems.insert(key, problem.help("correct it, or commit the file"));
    }

    /// Returns the text of a file; `None` if the text is not known. In that case, a problem is recorded, unless
    /// discovery has reported one.
    pub(super) fn text<'a>(&mut self, ground: &Ground<'a>, path: &str) -> Option<&'a SourceFile> {
        let text = ground.tree.text(path);
        let is_said = || {
            let mut labels = ground.found.problems.iter().filter_map(|problem| problem.labels.first());
            labels.any(|label| label.file.name() == path)
        };
        if text.is_none() && !self.problems.contains_key(&(path.to_owned(), None)) && !is_said() {
            let why = "it is no file with `Dockerfile` in its name";
            self.note(
                &SourceFile::new(path, ""),
                &RefusedDockerfile { message: why.to_owned(), span: Span::default() },
            );
        }
        text
    }

    /// Returns what was read of a Dockerfile; `None` if builders would refuse the file. In that case, a problem is
    /// recorded.
    pub(super) fn accepted<T>(&mut self, file: &SourceFile, read: Result<T, RefusedDockerfile>) -> Option<T> {
        read.inspect_err(|refused| self.note(file, refused)).ok()
    }

    /// Returns a parsed ignore file; `None` if a pattern of the file is not understood. In that case, a problem is
    /// recorded.
    pub(super) fn ignore_file(&mut self, file: &SourceFile) -> Option<IgnoreFile> {
        let read = IgnoreFile::parse(file.text());
        if read.is_none() {
            let message = "a pattern of it is not understood".to_owned();
            self.note(file, &RefusedDockerfile { message, span: Span::default() });
        }
        read
    }

    fn note(&mut self, file: &SourceFile, why: &RefusedDockerfile) {
        let path = Escaped::new(file.name());
        let message = format!("`{path}` cannot be read, so what its image is built from is not checked");
        let problem = Diagnostic::warning("unchecked", message).label(file, why.span, why.message.clone());
        self.problems.entry((file.name().to_owned(), None)).or_insert(problem);
    }
}
