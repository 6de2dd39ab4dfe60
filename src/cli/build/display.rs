//! How builds are shown, depending on flags and on the output.

use std::io::{BufWriter, Stderr, Stdout, Write as _, stderr, stdout};
use std::time::Duration;

use super::Manner as Name;
use crate::cli::printing::Output;
use crate::inputs::trigger::{self, Origin, Trigger};
use crate::model::mask::Mask;
use crate::model::workflow_command::command;
use crate::output::exec::display::{
    Colours, Commands, Failures, Grouped, Json, Live, LogEngine, OutputStyle, Printer, RunDisplay, Size, Stream,
};
use crate::output::exec::{RunEvent, Sink};

/// Whether rows on a terminal show the running builds. Some CI engines, such as Buildkite, run jobs on a terminal too,
/// but show users only the log.
pub(super) fn is_live(name: Name, trigger: &Trigger, output: &Output) -> bool {
    name == Name::Auto && trigger.is_attended() && output.is_terminal()
}

pub(super) fn printer(
    name: Name,
    trigger: &Trigger,
    output: &Output,
) -> Printer<Box<dyn RunDisplay>, BufWriter<Stdout>> {
    let (engine, style) = (engine(trigger), style(trigger, output));
    let display: Box<dyn RunDisplay> = match name {
        Name::Json => Box::new(Json::default()),
        Name::Stream => Box::new(Stream::new(style)),
        Name::Failures => Box::new(Failures::new(engine, style)),
        Name::Auto if is_live(name, trigger, output) => Box::new(Live::new(|| Size::of(stdout()), style.colours)),
        Name::Auto | Name::Grouped => Box::new(Grouped::new(engine, style)),
    };
    // The buffer is written after each event, not after each line, since a gigabyte of output may have half a billion
    // lines.
    Printer::new(display, BufWriter::with_capacity(1 << 16, stdout()))
}

/// Returns a printer that writes all lines to standard error as they come. It is for a command that writes another
/// result to standard output.
pub(crate) fn on_standard_error(trigger: &Trigger, output: &Output) -> Printer<Stream, BufWriter<Stderr>> {
    Printer::new(Stream::new(style(trigger, output)), BufWriter::with_capacity(1 << 16, stderr()))
}

/// A sink that, before each event, tells the CI engine which secrets builds have declared. rebake masks these secrets
/// in its own logs, and the engine must mask them in its logs.
pub(super) struct SecretForwarding<S> {
    shown: S,
    mask: Option<Mask>,
}

/// Returns a sink that shows a run's events. The sink names secrets to the engine only if the engine reads GitHub's
/// workflow commands, the output is not JSON, and the event comes from the repository itself.
pub(super) fn forwarding_secrets<S: Sink>(
    shown: S,
    name: Name,
    trigger: &Trigger,
    output: &Output,
) -> SecretForwarding<S> {
    let is_read = name != Name::Json && engine(trigger) == LogEngine::GitHub && trigger.origin == Origin::Own;
    SecretForwarding { shown, mask: is_read.then(|| output.mask().clone()) }
}

impl<S: Sink> Sink for SecretForwarding<S> {
    fn event(&mut self, event: &RunEvent) {
        for secret in self.mask.iter().flat_map(Mask::declared) {
            // If standard output is closed, nothing reads the command.
            let _ = writeln!(stdout(), "{}", command("add-mask", &[], &secret));
        }
        self.shown.event(event);
    }

    fn every(&self) -> Option<Duration> {
        self.shown.every()
    }

    fn tick(&mut self) {
        self.shown.tick();
    }
}

/// Returns the engine that shows the log.
fn engine(trigger: &Trigger) -> LogEngine {
    match trigger.engine {
        Some(trigger::Engine::GitHub | trigger::Engine::Gitea | trigger::Engine::Forgejo) => LogEngine::GitHub,
        Some(trigger::Engine::GitLab) => LogEngine::GitLab,
        Some(trigger::Engine::Buildkite) => LogEngine::Buildkite,
        Some(trigger::Engine::Azure) => LogEngine::Azure,
        Some(
            trigger::Engine::CircleCi
            | trigger::Engine::Bitbucket
            | trigger::Engine::Jenkins
            | trigger::Engine::CodeBuild
            | trigger::Engine::CloudBuild,
        )
        | None => LogEngine::Plain,
    }
}

/// Returns the style of output. Builds of untrusted code send no commands to the engine.
fn style(trigger: &Trigger, output: &Output) -> OutputStyle {
    OutputStyle {
        colours: if output.is_coloured(trigger.engine) { Colours::Kept } else { Colours::Removed },
        commands: if trigger.origin == Origin::Own { Commands::Obeyed } else { Commands::Broken },
    }
}
