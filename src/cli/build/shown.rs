//! How builds are shown, by flags and by who watches.

use std::io::{BufWriter, Stdout, stdout};

use super::Manner as Name;
use crate::cli::output::Output;
use crate::exec::output::{
    Colours, Commands, Engine, Failures, Grouped, Json, Live, Manner, Printer, Size, Stream, Style,
};
use crate::trigger::{self, Origin, Trigger};

/// Whether rows on a terminal show what runs. Engines have terminals too (Buildkite), which nobody sees as they are.
pub(super) fn is_live(name: Name, trigger: &Trigger, output: &Output) -> bool {
    name == Name::Auto && trigger.is_attended() && output.is_terminal()
}

pub(super) fn printer(name: Name, trigger: &Trigger, output: &Output) -> Printer<Box<dyn Manner>, BufWriter<Stdout>> {
    let (engine, style) = (engine(trigger), style(trigger, output));
    let manner: Box<dyn Manner> = match name {
        Name::Json => Box::new(Json::default()),
        Name::Stream => Box::new(Stream::new(style)),
        Name::Failures => Box::new(Failures::new(engine, style)),
        Name::Auto if is_live(name, trigger, output) => Box::new(Live::new(|| Size::of(stdout()), style.colours)),
        Name::Auto | Name::Grouped => Box::new(Grouped::new(engine, style)),
    };
    // Written event by event, not line by line: a gigabyte of short lines is half a billion of them.
    Printer::new(manner, BufWriter::with_capacity(1 << 16, stdout()))
}

/// Returns who folds groups.
fn engine(trigger: &Trigger) -> Engine {
    match trigger.engine {
        Some(trigger::Engine::GitHub | trigger::Engine::Gitea | trigger::Engine::Forgejo) => Engine::GitHub,
        Some(trigger::Engine::GitLab) => Engine::GitLab,
        Some(trigger::Engine::Buildkite) => Engine::Buildkite,
        Some(trigger::Engine::Azure) => Engine::Azure,
        Some(trigger::Engine::CircleCi | trigger::Engine::Bitbucket | trigger::Engine::Jenkins) | None => Engine::Plain,
    }
}

/// A build of a stranger's code does not speak to the engine.
fn style(trigger: &Trigger, output: &Output) -> Style {
    Style {
        colours: if output.is_coloured(trigger.engine) { Colours::Kept } else { Colours::Removed },
        commands: if trigger.origin == Origin::Own { Commands::Obeyed } else { Commands::Broken },
    }
}
