//! The command line, with one file for each command: parse the arguments, call the library, print.
//!
//! No other module prints, reads the environment, or knows exit codes.

mod annotation;
mod args;
#[cfg(unix)]
mod as_planned;
#[cfg(unix)]
mod build;
mod changed;
mod check;
mod checked_filters;
mod ci;
mod complete;
#[cfg(unix)]
mod dependencies;
#[cfg(unix)]
mod earlier_reports;
mod empty_options;
mod env;
mod existing;
mod exit;
mod failure;
mod fingerprint;
mod flags;
mod format;
mod glob;
mod graph;
mod handed_on;
#[cfg(unix)]
mod images;
mod init;
#[cfg(unix)]
mod log_directory;
mod mending;
#[cfg(unix)]
mod observe;
mod printing;
mod plan;
mod progress;
mod published_bases;
mod record;
mod built_ref_messages;
mod release;
#[cfg(unix)]
mod report;
pub mod snippet;
mod saved_file;
mod schema;
#[cfg(unix)]
mod put_tags;
#[cfg(unix)]
mod unbuilt;
mod verdict;
mod version;
mod why;
mod workspace;

use std::io;
use std::process::ExitCode;

use annotation::Annotations;
use args::Command;
pub use env::Variable;
pub use exit::Exit;

use failure::Failure;
use printing::Output;

/// Prints a help text or an error of the command line. Returns `exit`, even if the reader closes the pipe before the
/// end of the text; returns [`Exit::Bug`] if printing fails in another way.
fn printed(error: &clap::Error, exit: Exit) -> Exit {
    match error.print() {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Exit::Bug,
        _ => exit,
    }
}

/// Runs the program with the arguments of the process, and returns its exit code.
#[must_use]
pub fn main() -> ExitCode {
    exit::end_on_panic();
    match complete::answer() {
        Ok(false) => {}
        Ok(true) => return Exit::Done.into(),
        Err(error) => return printed(&error, Exit::Usage).into(),
    }
    let args = match args::parse(empty_options::without_empty(std::env::args_os())) {
        Ok(args) => args,
        Err(error) => {
            let error = args::with_tips(error, std::env::args_os());
            // clap knows by itself which stream a help text or an error belongs to.
            let exit = if error.use_stderr() { Exit::Usage } else { Exit::Done };
            return printed(&error, exit).into();
        }
    };
    let output = Output::new(&args.general, Annotations::new(args.command.is_read_by_steps()));
    #[cfg(unix)]
    // An error is ignored, since the call matters only if the parent process ignores SIGCHLD.
    let _ = crate::output::exec::keep_children();
    let done = match args.command {
        Command::Plan(plan) => plan::run(&args.general, &plan, &output),
        Command::Fingerprint(fingerprint) => fingerprint::run(&args.general, &fingerprint, &output),
        Command::Record(record) => record::run(&args.general, &record, &output),
        #[cfg(unix)]
        Command::Build(build) => build::run(&args.general, &build, &output),
        #[cfg(unix)]
        Command::Promote(promote) => build::promote::run(&args.general, *promote, &output),
        #[cfg(unix)]
        Command::Report(report) => report::run(&report, &output),
        #[cfg(unix)]
        Command::Images(images) => images::run(&args.general, &images, &output),
        #[cfg(unix)]
        Command::Watch => build::watch(),
        Command::Version(version) => version::run(&args.general, &version, &output),
        Command::Release(release) => release::run(&args.general, &release, &output),
        Command::Glob(glob) => glob::run(&glob, &output),
        Command::Graph(graph) => graph::run(&args.general, &graph, &output),
        Command::Why(why) => why::run(&args.general, &why, &output),
        Command::Verdict(verdict) => verdict::run(&verdict, &output),
        #[cfg(unix)]
        Command::Observe(observe) => observe::run(&args.general, &observe, &output),
        Command::Check(check) => check::run(&args.general, &check, &output),
        Command::Init(init) => init::run(&args.general, &init, &output),
        Command::Schema(schema) => schema::run(&schema, &output),
        Command::Completions(completions) => complete::completions(&completions, &output),
        Command::Man(man) => complete::man(&man, &output),
    };
    note_written(&args.general, &output);
    let exit = done.unwrap_or_else(|Failure { exit, diagnostics }| {
        output.say(&diagnostics);
        exit
    });
    output.annotate();
    exit.into()
}

/// Notes which files were written into the work tree, so that later runs do not count them as changes. Errors are
/// ignored: then the files count as changes.
fn note_written(general: &flags::GeneralArgs, output: &Output) {
    let written = output.written();
    let here = general.directory.as_deref().unwrap_or(std::path::Path::new("."));
    if !written.is_empty()
        && let Ok(repository) = crate::inputs::git::Repository::discover(here)
    {
        let _ = repository.note_written(&written);
    }
}
