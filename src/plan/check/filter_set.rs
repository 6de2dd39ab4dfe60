//! The filters that are checked together: those in a file, or those in a step of a workflow.

use std::collections::BTreeSet;

use crate::analysis::filter::Quantifier;
use crate::config::{self, Config, Options};
use crate::inputs::source::{PathFilterStep, StepFilters};
use crate::model::choice::Choice as _;
use crate::model::diagnostic::{Diagnostic, Diagnostics, SourceFile, Span};

/// Filters that are checked together.
#[derive(Debug, Clone)]
pub struct FilterSet {
    /// The filters.
    pub config: Config,
    /// The warnings that were found when the filters were read.
    pub warnings: Vec<Diagnostic>,
    /// Where the filters are written.
    pub place: FilterPlace,
    /// The paths of lockfiles and settings files that affect services through the packages in the lockfiles.
    pub locked: BTreeSet<String>,
}

/// Where filters are written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FilterPlace {
    /// In a file of their own; the value is its path in the repository.
    File(String),
    /// In a step of a workflow.
    Step {
        /// The workflow's path.
        workflow: String,
        /// The job.
        job: String,
        /// The position of the step in the job, from 0.
        number: usize,
    },
}

impl FilterSet {
    /// Reads the filters that a step of a workflow contains. Returns `None` if the step names a file with the filters
    /// instead, or if the positions of the filters in the workflow cannot be determined.
    ///
    /// # Errors
    /// When the filters have an error. The returned error has all problems, also the warnings.
    #[must_use]
    pub fn of_step(
        file: &SourceFile,
        step: &PathFilterStep,
        quantifier: Quantifier,
    ) -> Option<Result<Self, Diagnostics>> {
        let StepFilters::Inline(text) = &step.filters else { return None };
        let source = alone(file, step.at.span, text)?;
        let options = Options { quantifier };
        let place = FilterPlace::Step { workflow: file.name().to_owned(), job: step.job.clone(), number: step.number };
        let parsed = config::parse(&source, options, &crate::analysis::discover::Discovered::default());
        Some(parsed.map(|(config, warnings)| Self { config, warnings, place, locked: BTreeSet::new() }))
    }

    /// Returns the path of the file or workflow that contains the filters.
    #[must_use]
    pub fn path(&self) -> &str {
        match &self.place {
            FilterPlace::File(path) | FilterPlace::Step { workflow: path, .. } => path,
        }
    }

    /// Whether a step of a workflow uses these filters: it contains them, or names their file.
    pub(super) fn is_of(&self, workflow: &str, step: &PathFilterStep) -> bool {
        match &self.place {
            FilterPlace::File(path) => step.filters == StepFilters::File(path.clone()),
            FilterPlace::Step { workflow: own, job, number } => {
                own == workflow && *job == step.job && *number == step.number
            }
        }
    }
}

/// Returns the quantifier with this word; the default one if there is no word or the word is unknown.
#[must_use]
pub fn quantifier(word: Option<&str>) -> Quantifier {
    word.and_then(|word| Quantifier::of(word.trim())).unwrap_or_default()
}

/// Returns the text of a workflow up to the end of a step's filters, with spaces in place of the text before the
/// filters. So the filters have the same position in the result as in the workflow. `None` if the filters are not a
/// block that begins on a line of its own.
fn alone(file: &SourceFile, at: Span, text: &str) -> Option<SourceFile> {
    let all = file.text();
    let begin = all.get(..at.start)?.rfind('\n')? + 1;
    // A block begins on a line of its own; any other text begins after its key.
    if !all[begin..at.start].trim().is_empty() {
        return None;
    }
    let mut end = begin;
    let mut indent = None;
    for line in all[begin..].split_inclusive('\n') {
        let depth = line.len() - line.trim_start_matches(' ').len();
        let is_blank = line.trim().is_empty();
        if !is_blank && depth < *indent.get_or_insert(depth) {
            break;
        }
        end += line.len();
    }
    let indent = indent?;
    let lines = || all[begin..end].lines();
    let dedented: Vec<&str> = lines().map(|line| line.get(indent..).unwrap_or_default()).collect();
    if dedented.join("\n").trim_end() != text.trim_end() {
        return None;
    }
    let blank = |byte: u8| if byte == b'\n' { '\n' } else { ' ' };
    let mut kept: String = all[..begin].bytes().map(blank).collect();
    kept.push_str(&all[begin..end]);
    Some(SourceFile::new(file.name(), kept))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inputs::source::Workflow;

    #[test]
    fn the_filters_of_a_step_have_the_places_of_the_workflow() {
        let text = "name: é\njobs:\n  a:\n    steps:\n      - uses: dorny/paths-filter@v3\n        with:\n          filters: |\n            api:\n              - 'api/**'\n\n            web: [web/**]\n          token: x\n";
        let file = SourceFile::new(".github/workflows/ci.yml", text);
        let workflow = Workflow::read(&file).unwrap();
        let set = FilterSet::of_step(&file, &workflow.path_filters[0], Quantifier::Some).unwrap().unwrap();
        let names: Vec<&str> = set.config.services.keys().map(crate::model::name::ServiceName::as_str).collect();
        assert_eq!(names, ["api", "web"]);
        let filter = set.config.filters.get(set.config.services[1].filter);
        let (_, _, pattern) = filter.patterns().next().unwrap();
        assert_eq!(
            (file.slice(pattern.defined), file.at(pattern.defined)),
            ("web/**", ".github/workflows/ci.yml:11:19".to_owned())
        );
    }

    #[test]
    fn filters_on_one_line_have_no_places() {
        let text = "jobs: {a: {steps: [{uses: dorny/paths-filter@v3, with: {filters: \"a:\\n - b\"}}]}}";
        let file = SourceFile::new("x.yml", text);
        let workflow = Workflow::read(&file).unwrap();
        assert!(FilterSet::of_step(&file, &workflow.path_filters[0], Quantifier::Some).is_none());
    }
}
