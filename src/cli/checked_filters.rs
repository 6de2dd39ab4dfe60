//! The filters that a command checks, and everything else that the rules of the check read.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::env;
use super::exit::Exit;
use super::failure::Failure;
use super::flags::GeneralArgs;
use super::workspace;
use crate::config::{Config, Options};
use crate::inputs::git::Repository;
use crate::inputs::source::{PathFilterStep, StepFilters, Workflow, is_workflow_file};
use crate::model::diagnostic::{Diagnostic, Diagnostics, Severity};
use crate::model::name::{CommitId, Escaped, ServiceId};
use crate::plan::check::{self, CheckRule, Checked, FilterPlace, FilterSet, Finding, Findings, quantifier};
use crate::plan::observed::Observed;
use crate::plan::pipeline::{self, ConfigFile, ConfigFileError, Discovery, DiscoveryScope};

/// A request to check filters.
#[derive(Debug, Clone, Copy)]
pub(crate) struct WhatToCheck<'a> {
    /// The filter files and workflows to check. If empty, the configuration and the filters of all workflows are
    /// checked.
    pub(crate) files: &'a [PathBuf],
    /// Whether files of the work tree will be mended. If so, the work tree is checked, also in CI.
    pub(crate) is_mended: bool,
    /// The files that builds were observed to read.
    pub(crate) observed: Option<&'a Observed>,
    /// The files of the repository, if they were read before; otherwise they are read now.
    pub(crate) before: Option<&'a Discovery>,
}

/// The filters that are checked, and everything else that the rules read.
pub(crate) struct CheckedFilters {
    discovery: Discovery,
    workflows: BTreeMap<String, Workflow>,
    links: BTreeMap<String, String>,
    sets: Vec<FilterSet>,
    /// The findings that come from reading the filters, before the rules run.
    found: Vec<Finding>,
    /// Diagnostics about filters that could not be read, and so are not checked.
    pub(crate) unchecked: Vec<Diagnostic>,
    /// The files of the repository that were checked, by the names that messages use.
    pub(crate) texts: BTreeMap<String, CheckedText>,
    /// The repository.
    pub(crate) repository: Repository,
}

/// A file of the repository that was checked.
pub(crate) struct CheckedText {
    /// Its path, from the root of the repository.
    pub(crate) path: String,
    pub(crate) text: String,
}

impl CheckedFilters {
    pub(crate) fn read(general: &GeneralArgs, what: WhatToCheck<'_>) -> Result<Self, Failure> {
        Self::read_and(general, what, |_| ()).map(|(filters, ())| filters)
    }

    /// Reads the filters, and returns them with the result of `of` for them. `of` may be called twice: for the commit,
    /// while git compares the work tree with it, and for the work tree.
    pub(crate) fn read_and<T>(
        general: &GeneralArgs,
        what: WhatToCheck<'_>,
        of: impl Fn(&Self) -> T,
    ) -> Result<(Self, T), Failure> {
        let repository = workspace::repository(general)?;
        let trigger = workspace::trigger()?;
        let counts_work_tree = trigger.is_attended() || trigger.rehearsal;
        let at = if counts_work_tree || what.is_mended { None } else { repository.head()?.commit().copied() };
        let handle = repository.handles();
        let checked = |discovery: &Discovery| {
            let filters = Self::of(general, what, handle(), at, discovery.clone())?;
            let made = of(&filters);
            Ok((filters, made))
        };
        match what.before {
            Some(before) => checked(before),
            None => Discovery::read_and(&repository, at.as_ref(), || DiscoveryScope::Everything, checked)?.1,
        }
    }

    fn of(
        general: &GeneralArgs,
        what: WhatToCheck<'_>,
        repository: Repository,
        at: Option<CommitId>,
        discovery: Discovery,
    ) -> Result<Self, Failure> {
        let workflows = check::workflows(discovery.tree());
        let is_unread = |problem: &&Diagnostic| problem.severity != Severity::Note;
        let unread = discovery.found().problems.iter().filter(is_unread).cloned().collect();
        let mut reader = Reader {
            general,
            repository: &repository,
            at,
            discovery: &discovery,
            workflows: &workflows,
            is_observed: what.observed.is_some(),
            sets: Vec::new(),
            texts: BTreeMap::new(),
            findings: Vec::new(),
            unchecked: unread,
        };
        match what.files {
            [] => reader.all()?,
            files => files.iter().try_for_each(|file| reader.named(file))?,
        }
        let Reader { sets, findings: found, unchecked, texts, .. } = reader;
        // A workflow that cannot be read may have filters.
        let may_filter = |problem: &Diagnostic| {
            let labels = problem.labels.first();
            labels.is_none_or(|label| is_workflow_file(label.file.name()) || problem.code != "unreadable-source")
        };
        if sets.is_empty() && found.is_empty() && !unchecked.iter().any(may_filter) {
            return Err(match what.files {
                [] => {
                    let message = "there is no filters.yaml, and no workflow filters paths";
                    Failure::new(Exit::Usage, "no-filters", message).help(
                        "name a file of filters; `rebake init` prints one of what the repository's own files declare",
                    )
                }
                [..] => Failure::new(Exit::Usage, "no-filters", "what is named here filters no paths")
                    .help("without a name, filters.yaml and the filters of all workflows are checked"),
            });
        }
        let links = discovery.links(&repository)?;
        Ok(Self { discovery, workflows, links, sets, found, unchecked, texts, repository })
    }

    /// Returns the input of the rules.
    pub(crate) fn checked<'a>(&'a self, observed: Option<&'a Observed>) -> Checked<'a> {
        Checked {
            tree: self.discovery.tree(),
            links: &self.links,
            found: self.discovery.found(),
            workflows: &self.workflows,
            sets: &self.sets,
            observed,
        }
    }

    /// Returns the observed services that none of the filters have.
    pub(crate) fn unknown<'o>(&self, observed: &'o Observed) -> Vec<&'o str> {
        let names = observed.services.iter().map(|service| service.service.as_str());
        names.filter(|name| self.sets.iter().all(|set| set.config.graph.id(name).is_none())).collect()
    }

    /// Returns all findings, and diagnostics about everything that could not be checked.
    pub(crate) fn findings(&self, what: WhatToCheck<'_>) -> Findings {
        let Findings { all, unchecked } = check::check(&self.checked(what.observed));
        let all = self.found.iter().cloned().chain(all).collect();
        Findings { all, unchecked: self.unchecked.iter().cloned().chain(unchecked).collect() }
    }
}

/// Reads the filters to check.
struct Reader<'a> {
    general: &'a GeneralArgs,
    repository: &'a Repository,
    at: Option<CommitId>,
    discovery: &'a Discovery,
    workflows: &'a BTreeMap<String, Workflow>,
    /// Whether the files that builds were observed to read are checked. If so, the directories and archives that
    /// lockfiles name are inputs of services.
    is_observed: bool,
    sets: Vec<FilterSet>,
    /// The files of the repository that contain `sets`, by the names that messages use.
    texts: BTreeMap<String, CheckedText>,
    /// The findings that come from reading the filters, before the rules run.
    findings: Vec<Finding>,
    unchecked: Vec<Diagnostic>,
}

impl Reader<'_> {
    /// Reads the configuration, and the filters of all workflows.
    fn all(&mut self) -> Result<(), Failure> {
        let named = self.general.config.clone().or_else(|| env::read(env::Variable::Config).map(PathBuf::from));
        match self.find(named.as_deref()) {
            Err(ConfigFileError::NotFound { .. }) if named.is_none() => {}
            found => self.file(found?)?,
        }
        for (path, workflow) in self.workflows {
            self.steps(path, workflow)?;
        }
        Ok(())
    }

    /// Reads a file of filters, or the filters of a workflow.
    fn named(&mut self, file: &Path) -> Result<(), Failure> {
        let is_known = |path: &String| is_workflow_file(path) || self.workflows.contains_key(path);
        let path = self.repository.path_named(file).map(|path| path.to_string()).filter(is_known);
        let Some(path) = path.filter(|path| self.discovery.tree().has(path)) else {
            let found = self.find(Some(file))?;
            return self.file(found);
        };
        match self.workflows.get(&path) {
            Some(workflow) => self.steps(&path, workflow),
            None => Err(Failure::new(Exit::Usage, "workflow", format!("`{}` is no workflow", Escaped::new(&path)))
                .help("a workflow has `jobs`, each a mapping")),
        }
    }

    fn find(&self, named: Option<&Path>) -> Result<ConfigFile, ConfigFileError> {
        ConfigFile::find(self.repository, named, self.general.directory(), self.at.as_ref())
    }

    fn steps(&mut self, path: &str, workflow: &Workflow) -> Result<(), Failure> {
        for step in &workflow.path_filters {
            match &step.filters {
                StepFilters::Inline(_) => self.step(path, workflow, step),
                StepFilters::File(named) if self.discovery.tree().has(named) => {
                    let root = self.repository.work_dir().unwrap_or(Path::new(""));
                    let found = self.find(Some(&root.join(named)))?;
                    self.file(ConfigFile { name: named.clone(), ..found })?;
                }
                StepFilters::File(named) => {
                    let message =
                        format!("the filters of this step are not checked: there is no `{}`", Escaped::new(named));
                    self.unchecked(step, &message, "name a file of the commit, by its path from the root");
                }
                StepFilters::Unknown(_) => {
                    let message = "the filters of this step are not checked: only the run knows them";
                    self.unchecked(step, message, "write them here, or name their file");
                }
            }
        }
        Ok(())
    }

    fn step(&mut self, path: &str, workflow: &Workflow, step: &PathFilterStep) {
        let quantifier = quantifier(word(workflow, step));
        let Some(file) = self.discovery.tree().text(path) else { return };
        self.texts.insert(path.to_owned(), CheckedText { path: path.to_owned(), text: file.text().to_owned() });
        match FilterSet::of_step(file, step, quantifier) {
            Some(Ok(set)) => self.sets.push(set),
            Some(Err(problems)) => self.refused(problems),
            None => {
                let message = "the filters of this step are not checked: they are not written as a block of lines";
                self.unchecked(step, message, "write `filters: |`");
            }
        }
    }

    fn unchecked(&mut self, step: &PathFilterStep, message: &str, help: &str) {
        let problem = Diagnostic::warning("unchecked", message);
        self.unchecked.push(problem.label(&step.at.file, step.at.span, "here").help(help));
    }

    fn file(&mut self, file: ConfigFile) -> Result<(), Failure> {
        let path = file.in_repository.as_ref().map_or_else(|| file.name.clone(), |place| place.path.to_string());
        if self.sets.iter().any(|set| set.place == FilterPlace::File(path.clone())) {
            return Ok(());
        }
        let words = self.workflows.values().flat_map(|workflow| {
            let steps = workflow.path_filters.iter();
            steps.filter(|step| step.filters == StepFilters::File(path.clone())).map(|step| word(workflow, step))
        });
        let options = Options { quantifier: quantifier(words.flatten().next()) };
        let file = ConfigFile { options, ..file };
        let (file, checked) = file.check(self.repository, self.at.as_ref())?;
        match checked {
            Ok((config, warnings)) => {
                // Files outside of the repository are read, and never written.
                if file.in_repository.is_some() {
                    let text = config.source.text().to_owned();
                    self.texts.insert(file.name.clone(), CheckedText { path: path.clone(), text });
                }
                let (config, more) = pipeline::with_copied(self.repository, config, self.at.as_ref())?;
                self.unchecked.extend(more);
                let (config, locked) = self.with_lockfiles(&file, config)?;
                self.sets.push(FilterSet { config, warnings, place: FilterPlace::File(path), locked });
            }
            Err(problems) => self.refused(problems),
        }
        Ok(())
    }

    /// Returns the configuration, and the paths of the lockfiles and of other files that affect services by packages.
    /// If observed reads are checked, the directories and archives that lockfiles name become inputs of the services.
    fn with_lockfiles(&mut self, file: &ConfigFile, config: Config) -> Result<(Config, BTreeSet<String>), Failure> {
        if config.services.values().all(|service| service.closure().is_none()) {
            return Ok((config, BTreeSet::new()));
        }
        let head = self.repository.head()?.commit().copied();
        let commit = self.at.or(head);
        let on_top = self.discovery.on_top();
        let coverage = pipeline::lockfile_coverage(self.repository, file, &config, commit.as_ref(), on_top)?;
        self.unchecked.extend(coverage.unread);
        if !self.is_observed {
            return Ok((config, coverage.files));
        }
        let services: Vec<ServiceId> = config.graph.services().collect();
        let config = Cow::Owned(config);
        let with = pipeline::with_local_sources(self.repository, file, config, &services, commit.as_ref(), on_top)?;
        Ok((with.into_owned(), coverage.files))
    }

    /// Keeps the problems of filters that cannot be used. Some of them become findings of a rule.
    fn refused(&mut self, Diagnostics(problems): Diagnostics) {
        let (shared, others): (Vec<Diagnostic>, Vec<Diagnostic>) =
            problems.into_iter().filter(Diagnostic::is_error).partition(|problem| problem.code == "same-tag");
        self.unchecked.extend(others);
        self.findings.extend(shared.into_iter().map(|problem| Finding::as_read(CheckRule::SharedTag, &problem)));
    }
}

/// Returns the input `predicate-quantifier` of a step, which says how the rules of the step's filters combine; `None`
/// if the step does not have this input.
fn word<'w>(workflow: &'w Workflow, step: &PathFilterStep) -> Option<&'w str> {
    let job = workflow.jobs.iter().find(|job| job.name == step.job)?;
    job.steps.get(step.number)?.inputs.get("predicate-quantifier").map(String::as_str)
}
