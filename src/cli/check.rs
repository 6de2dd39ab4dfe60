//! `rebake check`.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};

use super::exit::Exit;
use super::failure::Failure;
use super::flags::{GeneralArgs, RangeArgs};
use super::printing::Output;
use super::workspace::{self, WithoutConfig};
use super::{env, plan, snippet};
use crate::analysis::filter::Quantifier;
use crate::config::Options;
use crate::inputs::git::Repository;
use crate::inputs::source::{PathFilterStep, StepFilters, Workflow, is_workflow_file};
use crate::model::diagnostic::{Diagnostic, Diagnostics};
use crate::model::name::{CommitId, Escaped};
use crate::output::emit::findings as emit;
use crate::plan::check::{self, CheckRule, Checked, FilterPlace, FilterSet, Finding, mended, quantifier};
use crate::plan::pipeline::{self, ConfigFile, ConfigFileError, Dead, Discovery, DiscoveryScope, Request, Unmatched};

const EXAMPLES: &str = "\
Examples:
  rebake check                           filters.yaml, and the filters of all workflows
  rebake check .github/workflows/ci.yml  the filters of one workflow
  rebake check --fix                     add and correct patterns where that mends something
  rebake check --affected --base main    only what a plan against main affects
  rebake check --format sarif > x.sarif  for code scanning";

/// Find what is wrong or missing in filters.yaml, or in workflows with a paths-filter step
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct CheckArgs {
    /// Files of filters, and workflows [default: the configuration, and the filters of all workflows]
    #[arg(value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Output format
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: Format,
    /// Add and correct patterns in the files, and print what is left; nothing else of them changes
    #[arg(long, conflicts_with = "affected")]
    fix: bool,
    /// Print only what is about services that a plan affects
    #[arg(long, conflicts_with = "files")]
    affected: bool,
    #[command(flatten)]
    range: RangeArgs,
}

/// The formats.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// Text
    Text,
    /// One JSON object
    Json,
    /// Annotations of GitHub Actions
    Github,
    /// SARIF 2.1.0, for code scanning
    Sarif,
}

/// How often files are mended: what is added may show what else is missing.
const MOST_ROUNDS: usize = 4;

/// The byte order mark, which files of filters may begin with. Places are counted without it.
const MARK: &str = "\u{feff}";

pub(crate) fn run(general: &GeneralArgs, args: &CheckArgs, output: &Output) -> Result<Exit, Failure> {
    if !args.affected && args.range.is_given() {
        return Err(Failure::new(Exit::Usage, "usage", "what is compared matters only with `--affected`"));
    }
    let mut found = find(general, args)?;
    for _ in 0..MOST_ROUNDS {
        if !args.fix || !mend(general, &found, output)? {
            break;
        }
        found = find(general, args)?;
    }
    if args.affected {
        let affected = affected(general, args, output)?;
        let is_about =
            |finding: &Finding| finding.service.as_ref().is_some_and(|name| affected.contains(name.as_str()));
        found.findings.retain(is_about);
    }
    let Found { findings, unreadable, .. } = found;
    output.say(&unreadable);
    // Where something could not be read, nobody knows that nothing is wrong.
    let is_read = !unreadable.iter().any(Diagnostic::is_error);
    if is_read || !findings.is_empty() || args.format != Format::Text {
        write(args.format, &findings, output)?;
    }
    if !is_read {
        return Ok(Exit::Usage);
    }
    let has_errors = findings.iter().any(|finding| finding.problem.is_error());
    Ok(if has_errors { Exit::Found } else { Exit::Done })
}

/// What was found.
struct Found {
    findings: Vec<Finding>,
    unreadable: Vec<Diagnostic>,
    /// The files of the repository that were checked, by the names that messages use.
    texts: BTreeMap<String, CheckedText>,
}

/// A file of the repository that was checked.
struct CheckedText {
    /// Its path, from the root of the repository.
    path: String,
    text: String,
}

fn find(general: &GeneralArgs, args: &CheckArgs) -> Result<Found, Failure> {
    let repository = workspace::repository(general)?;
    let trigger = workspace::trigger()?;
    let counts_work_tree = trigger.is_attended() || trigger.rehearsal;
    // What is mended is the work tree's, in CI too.
    let at = if counts_work_tree || args.fix { None } else { repository.head()?.commit().copied() };
    let discovery = Discovery::read(&repository, at.as_ref(), DiscoveryScope::Everything)?;
    let (workflows, unreadable) = check::workflows(discovery.tree());
    let mut reader = Reader {
        general,
        repository: &repository,
        at,
        discovery: &discovery,
        workflows: &workflows,
        sets: Vec::new(),
        texts: BTreeMap::new(),
        findings: Vec::new(),
        unreadable: Vec::new(),
    };
    if args.files.is_empty() {
        reader.unreadable = unreadable;
    }
    match &args.files[..] {
        [] => reader.all()?,
        files => files.iter().try_for_each(|file| reader.named(file))?,
    }
    let Reader { sets, mut findings, unreadable, texts, .. } = reader;
    if sets.is_empty() && findings.is_empty() && unreadable.is_empty() {
        return Err(Failure::new(Exit::Usage, "no-filters", "there is no filters.yaml, and no workflow filters paths")
            .help("name a file of filters; `rebake init` prints one of what the repository's own files declare"));
    }
    let links = discovery.links(&repository)?;
    let (tree, found) = (discovery.tree(), discovery.found());
    findings.extend(check::check(&Checked { tree, links: &links, found, workflows: &workflows, sets: &sets }));
    Ok(Found { findings, unreadable, texts })
}

/// Mends the files of the work tree. Returns whether anything changed.
fn mend(general: &GeneralArgs, found: &Found, output: &Output) -> Result<bool, Failure> {
    let repository = workspace::repository(general)?;
    let root = repository.work_dir().ok_or_else(|| {
        Failure::new(Exit::Git, "bare", "the repository has no work tree to write to").help("run it in a clone of it")
    })?;
    let mut changed = false;
    for (name, CheckedText { path, text }) in &found.texts {
        let is_here =
            |finding: &&Finding| finding.problem.labels.first().is_some_and(|label| label.file.name() == name);
        let fixes = found.findings.iter().filter(is_here).filter_map(|finding| finding.fix.as_ref());
        let mended = mended(text, fixes);
        if mended == *text {
            continue;
        }
        let file = root.join(path);
        let bytes = std::fs::read(&file).ok();
        let (mark, there) = match bytes.as_deref() {
            Some(bytes) => bytes.strip_prefix(MARK.as_bytes()).map_or(("", bytes), |rest| (MARK, rest)),
            None => ("", &[][..]),
        };
        if there != text.as_bytes() {
            let message = format!(
                "`{}` is not mended: the work tree has another text than the one that was checked",
                Escaped::new(path)
            );
            return Err(
                Failure::new(Exit::Usage, "changed", message).help("commit it, or put it back, and run this again")
            );
        }
        output.file(&file, &(mark.to_owned() + &mended))?;
        changed = true;
    }
    Ok(changed)
}

/// Returns the names of the services that a plan affects.
fn affected(general: &GeneralArgs, args: &CheckArgs, output: &Output) -> Result<BTreeSet<String>, Failure> {
    let workspace = workspace::open_range(general, &args.range, Quantifier::default(), WithoutConfig::Refuse, output)?;
    let request = Request {
        base: plan::compared(&args.range, &workspace.repository)?,
        force: args.range.force.clone(),
        only: args.range.only.clone(),
        naming: None,
        unmatched: Unmatched::Ignore,
        dead: Dead::Allow,
        ..Request::default()
    };
    let planned = workspace::quiet_plan(&workspace, &request, general, output)?;
    Ok(planned.plan.services.into_iter().map(|service| service.service).collect())
}

fn write(format: Format, findings: &[Finding], output: &Output) -> Result<(), Failure> {
    match format {
        Format::Text => {
            let problems: Vec<Diagnostic> = findings.iter().map(|finding| finding.problem.clone()).collect();
            let mut text = snippet::render(&problems, snippet::Color::Always);
            if !text.is_empty() {
                text.push('\n');
            }
            output.people(&(text + &emit::summary(findings)))
        }
        Format::Json => output.data(&emit::findings(findings)),
        Format::Github => output.data(&emit::annotations(findings)),
        Format::Sarif => output.data(&emit::sarif(findings)),
    }
}

/// Reads what is checked.
struct Reader<'a> {
    general: &'a GeneralArgs,
    repository: &'a Repository,
    at: Option<CommitId>,
    discovery: &'a Discovery,
    workflows: &'a BTreeMap<String, Workflow>,
    sets: Vec<FilterSet>,
    /// The files of the repository that hold them, by the names that messages use.
    texts: BTreeMap<String, CheckedText>,
    /// What the reader of filters finds itself.
    findings: Vec<Finding>,
    unreadable: Vec<Diagnostic>,
}

impl Reader<'_> {
    /// Reads the configuration, and the filters of all workflows.
    fn all(&mut self) -> Result<(), Failure> {
        let named = self.general.config.clone().or_else(|| env::read(env::CONFIG).map(PathBuf::from));
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
        let path = self.repository.path_named(file).map(|path| path.to_string()).filter(|path| is_workflow_file(path));
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
        self.unreadable.push(problem.label(&step.at.file, step.at.span, "here").help(help));
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
        let file = file.with_workspaces(self.repository, self.at.as_ref())?;
        match file.parse() {
            Ok((config, warnings)) => {
                // Files outside of the repository are read, and never written.
                if file.in_repository.is_some() {
                    let text = config.source.text().to_owned();
                    self.texts.insert(file.name.clone(), CheckedText { path: path.clone(), text });
                }
                let (config, more) = pipeline::with_copied(self.repository, config, self.at.as_ref())?;
                self.unreadable.extend(more);
                self.sets.push(FilterSet { config, warnings, place: FilterPlace::File(path) });
            }
            Err(problems) => self.refused(problems),
        }
        Ok(())
    }

    /// Keeps the problems of filters that cannot be used. Some are what a rule finds.
    fn refused(&mut self, Diagnostics(problems): Diagnostics) {
        let (shared, others): (Vec<Diagnostic>, Vec<Diagnostic>) =
            problems.into_iter().filter(Diagnostic::is_error).partition(|problem| problem.code == "same-tag");
        self.unreadable.extend(others);
        self.findings.extend(shared.into_iter().map(|problem| Finding::as_read(CheckRule::SharedTag, &problem)));
    }
}

/// Returns how a step says that the rules of its filters combine.
fn word<'w>(workflow: &'w Workflow, step: &PathFilterStep) -> Option<&'w str> {
    let job = workflow.jobs.iter().find(|job| job.name == step.job)?;
    job.steps.get(step.number)?.inputs.get("predicate-quantifier").map(String::as_str)
}
