//! Checks before the first build that builders exist, and that they know the flags that builds use.

use std::io;
use std::process::{Command, Stdio};

use crate::output::exec::needed_services::CommandArgument;
use crate::output::exec::service_build::{Build, Step};

/// The programs that build images, each with the subcommand that builds.
const PROGRAMS: [(&str, &[&str]); 3] =
    [("docker", &["buildx", "build"]), ("buildah", &["build"]), ("podman", &["build"])];

/// What is wrong with a builder.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ProbeError {
    /// The builder cannot be started.
    #[error("the builder `{program}` cannot be started: {reason}")]
    NotThere {
        /// The program.
        program: &'static str,
        /// The error of the system.
        reason: io::Error,
    },
    /// Docker has no buildx.
    #[error("`docker` has no `buildx`, which builds images")]
    NoBuildx,
    /// The builder is too old for a flag.
    #[error("the builder `{program}` is too old: it does not know `{flag}`")]
    Old {
        /// The program.
        program: &'static str,
        /// The first flag that it does not know.
        flag: String,
    },
}

impl ProbeError {
    /// Returns what the user can do about the problem.
    #[must_use]
    pub fn help(&self) -> String {
        match self {
            Self::NotThere { program, .. } => {
                format!("install {program}, or choose another with `builder` in filters.yaml")
            }
            Self::NoBuildx => {
                "install docker's plugin buildx (package docker-buildx or docker-buildx-plugin), or choose another \
                 `builder` in filters.yaml"
                    .to_owned()
            }
            Self::Old { program, .. } => format!("install a newer {program}"),
        }
    }
}

/// Returns the problems of the builders that the builds use: a builder that cannot be started, or does not know a flag.
/// Each problem has the name of the first service that it affects. Each builder is started once, with `--help`.
#[must_use]
pub fn probe<'a>(builds: &'a [Build]) -> Vec<(&'a str, ProbeError)> {
    PROGRAMS.iter().filter_map(|(program, words)| asked(program, words, builds)).collect()
}

fn asked<'a>(program: &'static str, words: &[&str], builds: &'a [Build]) -> Option<(&'a str, ProbeError)> {
    let steps = || builds.iter().flat_map(|build| build.work.steps().iter().map(move |step| (build, step)));
    let building = |step: &Step| step.program == program && position(step, words).is_some();
    let (build, _) = steps().find(|(_, step)| building(step))?;
    let first = build.service.service.as_str();
    let mut command = Command::new(program);
    command.args(words).arg("--help").current_dir(&build.directory).stdin(Stdio::null());
    let environment = build.environment.iter().map(|(name, value)| (name, value));
    let output = match command.envs(environment).output() {
        Ok(output) => output,
        Err(reason) => return Some((first, ProbeError::NotThere { program, reason })),
    };
    let help = [output.stdout, output.stderr].map(|text| String::from_utf8_lossy(&text).into_owned()).concat();
    let known = |flag: &str| help.split(|c: char| c != '-' && !c.is_ascii_alphanumeric()).any(|word| word == flag);
    if program == "docker" && !known("--file") {
        return Some((first, ProbeError::NoBuildx));
    }
    steps().filter(|(_, step)| building(step)).find_map(|(build, step)| {
        let flag = flags(step, words).into_iter().find(|flag| !known(flag))?;
        Some((build.service.service.as_str(), ProbeError::Old { program, flag }))
    })
}

/// Returns the position of the first argument after the subcommand `words`, which global flags may precede; `None` if
/// the command has no such subcommand.
fn position(step: &Step, words: &[&str]) -> Option<usize> {
    let at = step.arguments.windows(words.len()).take(5).position(|window| {
        window.iter().zip(words).all(|(argument, word)| argument.text().as_deref() == Some(*word))
    })?;
    Some(at + words.len())
}

/// The flags of rebake's commands that not every version of a builder knows.
const RECENT_FLAGS: [&str; 12] = [
    "--attest",
    "--build-context",
    "--builder",
    "--cache-from",
    "--cache-to",
    "--manifest",
    "--metadata-file",
    "--platform",
    "--push",
    "--secret",
    "--target",
    "--timestamp",
];

/// Returns the flags in [`RECENT_FLAGS`] that a command has after the subcommand `words`.
fn flags(step: &Step, words: &[&str]) -> Vec<String> {
    let arguments = step.arguments.iter().skip(position(step, words).unwrap_or_default());
    arguments.filter_map(CommandArgument::text).filter(|argument| RECENT_FLAGS.contains(&argument.as_str())).collect()
}
