//! Finds the stages of a Dockerfile that a build needs, and the base of each stage.

use std::collections::{BTreeMap, BTreeSet};

use super::dockerfile::Dockerfile;
use super::instruction::{DockerfileInstruction, DockerfileWord};
use super::path_pattern::PathPattern;
use super::scope::Globals;
use super::shell_lexer::Refusal;

/// The meaning of the name in `FROM`, `--from` or `from=`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Meaning {
    Stage(usize),
    /// An image, by its reference with variables filled in.
    Image(String),
    /// Nothing: `scratch`.
    Scratch,
    /// A named context of the build.
    Context,
    /// An image, or one of these stages: a part of the name is known only to the builder, and these stages match the rest.
    OneOf(Vec<usize>),
    /// An image, or any stage before this position: the name is not known.
    AnyBefore(usize),
    /// The builder refuses the name.
    Refused,
}

/// The largest number of comparisons between stage names and names with wildcards. Beyond that, a name with wildcards
/// may mean any earlier stage.
const MOST_COMPARISONS: usize = 1 << 16;

/// The stages of a Dockerfile in one build.
pub(super) struct Stages<'a> {
    file: &'a Dockerfile,
    contexts: BTreeSet<String>,
    by_name: BTreeMap<String, usize>,
    /// The base of each stage.
    pub(super) bases: Vec<Meaning>,
    /// For each stage, whether a named context replaces it.
    pub(super) replaced: Vec<bool>,
}

impl<'a> Stages<'a> {
    pub(super) fn new(file: &'a Dockerfile, contexts: &BTreeSet<String>, globals: &Globals) -> Self {
        let contexts = contexts.iter().map(|name| familiar(name).to_owned()).collect();
        let mut stages = Self { file, contexts, by_name: file.by_name(), bases: Vec::new(), replaced: Vec::new() };
        let mut earlier: BTreeMap<String, usize> = BTreeMap::new();
        for (at, stage) in file.stages.iter().enumerate() {
            let is_replaced = stage.key().is_some_and(|name| stages.is_context(&name));
            stages.replaced.push(is_replaced);
            let base = if is_replaced { Meaning::Context } else { stages.base(&stage.base, &earlier, globals) };
            stages.bases.push(base);
            if let Some(name) = stage.key() {
                earlier.insert(name, at);
            }
        }
        stages
    }

    fn is_context(&self, name: &str) -> bool {
        !matches!(&*name.to_ascii_lowercase(), "scratch" | "context") && self.contexts.contains(familiar(name))
    }

    fn base(&self, word: &DockerfileWord, earlier: &BTreeMap<String, usize>, globals: &Globals) -> Meaning {
        match globals.expand(&word.text) {
            Ok(value) if value.is_wild => {
                // Every stage may have such a base, so the limit is for the comparisons of all stages.
                let pattern = PathPattern::parse(value.text.as_bytes()).ok();
                let pattern = pattern.filter(|_| earlier.len() * self.bases.len() <= MOST_COMPARISONS);
                let Some(pattern) = pattern else { return Meaning::AnyBefore(self.bases.len()) };
                let met = earlier.iter().filter(|(name, _)| pattern.matches(name.as_bytes()));
                Meaning::OneOf(met.map(|(_, at)| *at).collect())
            }
            Ok(value) if value.text.is_empty() => Meaning::Refused,
            Ok(value) => match earlier.get(&value.text) {
                Some(stage) => Meaning::Stage(*stage),
                None => self.other(value.text),
            },
            Err(Refusal::Variable(_)) => Meaning::AnyBefore(self.bases.len()),
            Err(Refusal::Syntax) => Meaning::Refused,
        }
    }

    fn other(&self, name: String) -> Meaning {
        if name == "scratch" {
            Meaning::Scratch
        } else if self.is_context(&name) {
            Meaning::Context
        } else {
            Meaning::Image(name)
        }
    }

    /// Returns the meaning of the text in `COPY --from` or in the field `from` of a mount. If `by_number` is set, as
    /// for `COPY`, the text may be the number of a stage. Variables in the text are filled in: BuildKit does not do so,
    /// but other builders do.
    pub(super) fn origin(&self, text: &str, by_number: bool, globals: &Globals) -> Meaning {
        let name = match globals.expand(text) {
            Ok(value) if value.is_wild || (value.text.is_empty() && text.contains('$')) => {
                return Meaning::AnyBefore(self.file.stages.len());
            }
            Ok(value) => value.text,
            Err(Refusal::Variable(_)) => return Meaning::AnyBefore(self.file.stages.len()),
            Err(Refusal::Syntax) => return Meaning::Refused,
        };
        if by_number && let Ok(number) = name.parse::<usize>() {
            return if number < self.file.stages.len() { Meaning::Stage(number) } else { Meaning::Refused };
        }
        match self.by_name.get(&name.to_lowercase()) {
            Some(stage) => Meaning::Stage(*stage),
            None => self.other(name),
        }
    }

    /// Returns the position of the stage that is built: the stage with this name or number. If there is no name, this
    /// is the last stage. `None` if there is no such stage.
    pub(super) fn target(&self, name: Option<&str>) -> Option<usize> {
        let Some(name) = name.filter(|name| !name.is_empty()) else { return self.file.stages.len().checked_sub(1) };
        let by_number = || name.parse().ok().filter(|number| *number < self.file.stages.len());
        self.by_name.get(&name.to_lowercase()).copied().or_else(by_number)
    }

    /// Returns for each stage whether a build of a target needs it.
    pub(super) fn reached(&self, target: usize, globals: &Globals) -> Vec<bool> {
        let stages = &self.file.stages;
        let mut reached = vec![false; stages.len()];
        let mut next = vec![target];
        // All stages before this position are reached or queued. For each stage, `triggered` says whether its triggers
        // were read.
        let mut all_before = 0;
        let mut triggered = vec![false; stages.len()];
        while let Some(stage) = next.pop() {
            if std::mem::replace(&mut reached[stage], true) || self.replaced[stage] {
                continue;
            }
            let mut meanings = vec![self.bases[stage].clone()];
            let own = stages[stage].instructions.iter();
            meanings.extend(own.flat_map(froms).map(|(from, by_number)| self.origin(from, by_number, globals)));
            if let Meaning::Stage(base) = self.bases[stage]
                && !std::mem::replace(&mut triggered[base], true)
            {
                let triggers = stages[base].triggers();
                meanings.extend(triggers.flat_map(froms).map(|(from, number)| self.origin(from, number, globals)));
            }
            for meaning in meanings {
                match meaning {
                    Meaning::Stage(stage) => next.push(stage),
                    Meaning::OneOf(stages) => next.extend(stages),
                    Meaning::AnyBefore(end) => {
                        next.extend(all_before..end);
                        all_before = all_before.max(end);
                    }
                    Meaning::Image(_) | Meaning::Scratch | Meaning::Context | Meaning::Refused => {}
                }
            }
        }
        reached
    }
}

/// Returns the names of stages, images and named contexts from which an instruction takes files in place of the
/// context. Each has a flag that says whether the name may be the number of a stage, as in `COPY`.
fn froms(instruction: &DockerfileInstruction) -> Vec<(&str, bool)> {
    match instruction {
        DockerfileInstruction::Copy(copy) => copy.from.iter().map(|from| (&*from.text, true)).collect(),
        DockerfileInstruction::Run(mounts) => {
            mounts.iter().filter_map(|mount| Some((mount.from.as_deref()?, false))).collect()
        }
        _ => Vec::new(),
    }
}

/// Returns an image reference without `docker.io/`, `library/` and `:latest`, the form in which named contexts are
/// looked up.
fn familiar(name: &str) -> &str {
    let name = name.strip_prefix("docker.io/").unwrap_or(name);
    let name = name.strip_prefix("library/").unwrap_or(name);
    name.strip_suffix(":latest").unwrap_or(name)
}
