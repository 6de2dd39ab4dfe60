//! Builds services under the tracer, and finds the files that the builds read.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fmt::Write as _;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use super::other_names::with_other_names;
use super::this_machine::{ThisMachine, links_below};
use super::trace_file::TraceFile;
use crate::analysis::observe::{BuildReads, BuildSite, FileChanges, observe};
use crate::cli::as_planned::as_planned;
use crate::cli::build::{How, carry_out, display, prerequisites, settings};
use crate::cli::exit::Exit;
use crate::cli::failure::{Failure, not_buildable};
use crate::cli::log_directory;
use crate::cli::printing::{Output, written};
use crate::cli::workspace;
use crate::inputs::git::{Repository, TrackedFiles, git_programs};
use crate::inputs::trace::TraceReader;
use crate::model::name::Escaped;
use crate::model::tree::{Listing, Mode};
use crate::output::exec::builder::{BuildPlace, Driver, Ties, prepare};
use crate::output::exec::report::ServiceReport;
use crate::output::exec::{Build, DigestSource, Ended, Incoming, Kept, Outcome, Signal, Tracer, Work};
use crate::plan::Plan;
use crate::plan::observed::ObservedInput;
use crate::plan::pipeline::{self, Naming, PushRequest, Request, TakeFingerprints, Workspace};

/// The tracked files that the build of a service read.
pub(super) struct TracedBuild {
    pub(super) service: String,
    pub(super) inputs: Vec<ObservedInput>,
    pub(super) unseen: Vec<String>,
    /// Why the inputs are incomplete; `None` if they are complete.
    pub(super) partial: Option<String>,
}

/// The builds of a run.
#[derive(Default)]
pub(super) struct TracedRun {
    pub(super) builds: Vec<TracedBuild>,
    /// The signal that ended the run, if one did.
    interrupted: Option<Signal>,
    /// The signals to this process; `None` if nothing was run.
    signals: Option<Incoming>,
}

impl TracedRun {
    /// Returns the signal that ended the run or that arrived after it; `None` if there was none.
    pub(super) fn interrupted(&self) -> Option<Signal> {
        self.interrupted.or_else(|| self.signals.as_ref()?.received())
    }
}

/// Builds services under the tracer, and shows the output of the builds on standard error. For a service with an image,
/// only the command before the builder is run.
pub(super) fn run(
    names: Vec<String>,
    environment: Option<&str>,
    workspace: &Workspace,
    output: &Output,
) -> Result<TracedRun, Failure> {
    let tracer =
        Tracer::find().map_err(|error| Failure::new(Exit::Usage, "tracer", error.to_string()).help(error.help()))?;
    let root = workspace::work_dir(workspace)?;
    let root = root.canonicalize().map_err(|error| Failure::file(&root.display().to_string(), &error))?;
    let tracked = workspace.repository.tracked_files()?;
    // The links are read before the builds, since a build may remove a link that it followed.
    let links = links_below(&root);
    let submodules = submodules(&root, &tracked);
    let plan = plan(names, environment, workspace)?;
    let logs = log_directory::directory(None, workspace.repository.git_dir())?;
    let mut builds = builds(&plan, &root, &logs, workspace)?;
    prerequisites::check(&builds, workspace)?;
    let mut files = Vec::new();
    for build in &mut builds {
        let trace = TraceFile::create(&logs)?;
        if let Work::Steps(steps) = &mut build.work {
            *steps = std::mem::take(steps).into_iter().map(|step| tracer.trace(step, &trace.path())).collect();
        }
        files.push(trace);
    }
    let settings = settings::settings(&How::default(), &plan, &workspace.trigger, false, output);
    let mut printer = display::on_standard_error(&workspace.trigger, output);
    let (Ended { report, interrupted }, signals) = carry_out(&builds, &settings, &mut |_, _| None, &mut printer)?;
    written(printer.finish().map(drop))?;
    let git_programs = git_programs();
    let machine = ThisMachine::default();
    let root_path = root.as_os_str().as_bytes();
    let (mut reader, mut changes) = (TraceReader::new(root_path), FileChanges::default());
    let seen = |((build, report), trace): ((&Build, &ServiceReport), &TraceFile)| {
        let reads = reader.read(trace.file()).map(|traces| {
            let directory = build.directory.canonicalize().unwrap_or_else(|_| build.directory.clone());
            let site = BuildSite {
                tracked: &tracked.listing,
                submodules: &submodules,
                links: &links,
                root: root_path,
                directory: directory.as_os_str().as_bytes(),
                git_programs: git_programs.map(|path| path.as_os_str().as_bytes()),
                machine: &machine,
            };
            with_other_names(observe(&traces, site, &mut changes), &root, &tracked)
        });
        match reads {
            Ok(reads) => traced(build, report, &reads, &tracked),
            Err(error) => TracedBuild {
                service: build.service.service.clone(),
                inputs: Vec::new(),
                unseen: Vec::new(),
                partial: Some(format!("what strace wrote cannot be read: {error}")),
            },
        }
    };
    let builds = builds.iter().zip(&report.services).zip(&files).map(seen).collect();
    Ok(TracedRun { builds, interrupted, signals: Some(signals) })
}

/// Returns the tracked files of each submodule, by the submodule's position in the listing of tracked files. Submodules
/// that cannot be read are left out.
fn submodules(root: &Path, tracked: &TrackedFiles) -> BTreeMap<usize, Listing> {
    let entries = tracked.listing.iter().enumerate().filter(|(_, entry)| entry.mode == Mode::Submodule);
    let listing = |path: &Path| {
        // Without `.git`, a directory belongs to the repository around it.
        path.join(".git").symlink_metadata().ok()?;
        Some(Repository::discover(path).ok()?.tracked_files().ok()?.listing)
    };
    let listings =
        entries.filter_map(|(position, entry)| Some((position, listing(&root.join(OsStr::from_bytes(entry.path)))?)));
    listings.collect()
}

/// Plans services at this commit, without a push.
fn plan(names: Vec<String>, environment: Option<&str>, workspace: &Workspace) -> Result<Plan, Failure> {
    let environment = pipeline::environment(&workspace.view(), environment)?;
    let request = Request {
        naming: Some(Naming::default()),
        push: PushRequest::RuledOut,
        fingerprints: TakeFingerprints::Yes,
        ..Request::default()
    };
    let mut plan = as_planned(names, environment, request, workspace)?;
    for service in &mut plan.services {
        // The result is not published, so it needs no version and no tags.
        service.unnamed = None;
    }
    Ok(plan)
}

/// Returns the builds to run, or an error with all problems that prevent them.
fn builds<'p>(plan: &'p Plan, root: &Path, logs: &Path, workspace: &Workspace) -> Result<Vec<Build<'p>>, Failure> {
    let commit = workspace.repository.head()?.commit().copied();
    let epoch = commit.map(|commit| workspace.repository.commit_time(&commit)).transpose()?;
    let place = BuildPlace { root, logs, buildx: None, driver: Driver::default(), epoch };
    let (mut builds, mut diagnostics) = (Vec::new(), Vec::new());
    for service in &plan.services {
        let ties = Ties { dependencies: &[], is_needed: false };
        let prepared = workspace.recipe(service).and_then(|recipe| {
            let is_image = recipe.image_builder().is_some();
            let build = prepare(plan, service, recipe, ties, place);
            build.map(|build| (build, is_image)).map_err(|error| not_buildable(&error, &workspace.config))
        });
        match prepared {
            Ok((mut build, is_image)) => {
                if let Work::Steps(steps) = &mut build.work
                    && is_image
                {
                    steps.truncate(1);
                    (build.digest, build.kept) = (DigestSource::Nowhere, Kept::Nowhere);
                }
                // The builds run one at a time, so that no build reads files that another build is making.
                builds.push(Build { retries: 0, locks: vec!["observed".to_owned()], ..build });
            }
            Err(problem) => diagnostics.push(problem),
        }
    }
    if diagnostics.is_empty() { Ok(builds) } else { Err(Failure { exit: Exit::Usage, diagnostics }) }
}

fn traced(build: &Build, report: &ServiceReport, reads: &BuildReads, tracked: &TrackedFiles) -> TracedBuild {
    let input = |(position, command): (&usize, &usize)| ObservedInput {
        path: String::from_utf8_lossy(tracked.listing.get(*position).path).into_owned(),
        by: reads.commands.get(*command).cloned().unwrap_or_default(),
    };
    TracedBuild {
        service: build.service.service.clone(),
        inputs: reads.files.iter().map(input).collect(),
        unseen: reads.unseen.iter().map(ToString::to_string).collect(),
        partial: partial(report, reads),
    }
}

/// Programs that trace other programs.
const TRACERS: [&str; 5] = ["gdb", "lldb", "ltrace", "rr", "strace"];

/// Returns why the observation of a build is incomplete; `None` if it is complete.
fn partial(report: &ServiceReport, reads: &BuildReads) -> Option<String> {
    let mut why = match report.outcome {
        outcome if outcome.is_success() => {
            return report.leaky.then(|| "its build left processes behind, which were killed".to_owned());
        }
        Outcome::TimedOut => "its build took too long".to_owned(),
        Outcome::Cancelled => "its build was interrupted".to_owned(),
        Outcome::Blocked | Outcome::NotStarted => "its build did not begin".to_owned(),
        _ => "its build failed".to_owned(),
    };
    let how = report.message.clone().into_iter().chain(Some(report.how()).filter(|how| !how.is_empty()));
    let how: Vec<String> = how.collect();
    if !how.is_empty() {
        let _ = write!(why, " ({})", how.join("; "));
    }
    let programs = reads.programs.iter().map(|path| PathBuf::from(OsStr::from_bytes(path)));
    let mut privileged =
        programs.filter(|path| path.metadata().is_ok_and(|file| file.permissions().mode() & 0o6000 != 0));
    if let Some(program) = privileged.next() {
        let program = program.to_string_lossy();
        let _ = write!(why, "; {} gets no rights of its own under a tracer", Escaped::new(&*program));
    }
    let names = reads.programs.iter().filter_map(|path| path.rsplit(|byte| *byte == b'/').next());
    if let Some(name) = names.filter_map(|name| std::str::from_utf8(name).ok()).find(|name| TRACERS.contains(name)) {
        let _ = write!(why, "; {name} cannot trace a program that is traced already");
    }
    Some(why)
}
