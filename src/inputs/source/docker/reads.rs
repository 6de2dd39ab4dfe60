//! What one build of a Dockerfile reads: sources in its context, and images.

use std::collections::BTreeSet;

use super::dockerfile::{Dockerfile, DockerfileStage};
use super::ignore_file::clean;
use super::instruction::{CopyInstruction, DockerfileInstruction, DockerfileWord, RunMount};
use super::reached_stages::{Meaning, Stages};
use super::remote_source::{begins_remote, is_remote};
use super::scope::{Given, Globals, Scope};
use super::shell_lexer::{Refusal, Value};
use crate::model::diagnostic::Span;

/// The parameters of a build of a Dockerfile.
#[derive(Debug, Clone, Copy)]
pub struct BuildRequest<'a> {
    /// The build arguments. A value is `None` if it is not known before the build.
    pub arguments: &'a Given,
    /// The stage that is built; `None` for the last one.
    pub target: Option<&'a str>,
    /// The names of the named contexts.
    pub contexts: &'a BTreeSet<String>,
}

/// The sources and images that a build reads.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ContextReads {
    /// The sources that it takes from its context, in the order of the file.
    pub sources: Vec<ContextSource>,
    /// The images on which it is based, or from which it takes files, in the order of the file.
    pub images: Vec<ImageReference>,
    /// The parts of the Dockerfile that cannot be resolved. If there are any, the build may read every file of its
    /// context.
    pub unresolved: Vec<UnresolvedRead>,
}

/// A source of `COPY`, `ADD` or a bind mount that lies in the context.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContextSource {
    /// Its path in the context, normalised and with variables filled in. The path may contain Docker's wildcards. It is
    /// empty for the whole context.
    pub path: String,
    /// The place of the source, or of the `--mount` flag.
    pub span: Span,
}

/// An image that a Dockerfile names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImageReference {
    /// The reference as written.
    pub written: String,
    /// The reference with variables filled in; `None` if a variable is not known.
    pub reference: Option<String>,
    /// The instruction that uses it.
    pub by: ReferencedBy,
    /// The place of the reference.
    pub span: Span,
}

/// The instruction that uses an image.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ReferencedBy {
    /// `FROM`
    From,
    /// `COPY --from`
    Copy,
    /// `RUN --mount=from=…`
    Mount,
}

/// A part of a Dockerfile that affects what the build reads, and cannot be resolved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnresolvedRead {
    /// The reason.
    pub why: Unresolved,
    /// The place of the part.
    pub span: Span,
}

/// Why a part of a Dockerfile cannot be resolved.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Unresolved {
    /// A variable has no value that is known before the build.
    #[error("`{0}` has no value that is known before the build")]
    Variable(String),
    /// Builders do not accept a word.
    #[error("a builder does not take this")]
    Refused,
    /// The target is not a stage of the file.
    #[error("there is no stage `{0}`")]
    Target(String),
    /// The base image may have `ONBUILD` instructions for images that are based on it.
    #[error("the image may bring `ONBUILD` instructions of its own")]
    OnBuild,
    /// The file is read by a frontend other than the builder's own.
    #[error("`{0}` reads this file by rules of its own")]
    Syntax(String),
}

impl Dockerfile {
    /// Returns the sources and images that a build reads.
    #[must_use]
    pub fn reads(&self, request: &BuildRequest) -> ContextReads {
        let mut reads = ContextReads::default();
        if let Some(syntax) = self.syntax.as_ref().filter(|syntax| !is_usual(&syntax.text)) {
            reads.unsure(Unresolved::Syntax(syntax.text.clone()), syntax.span);
            return reads;
        }
        let target_name = self.target_name(request.target);
        let globals = Globals::new(request.arguments, self.escape, &target_name, &self.arguments);
        let stages = Stages::new(self, request.contexts, &globals);
        let Some(target) = stages.target(request.target) else {
            reads.unsure(Unresolved::Target(target_name), Span::default());
            return reads;
        };
        let mut reader = Reader::new(self, &stages, &globals);
        reader.stages(&stages.reached(target, &globals));
        reader.reads.in_order()
    }

    /// Returns the images that the stages use, including those of their `ONBUILD` instructions.
    #[must_use]
    pub fn images(&self, arguments: &Given) -> Vec<ImageReference> {
        let target_name = self.target_name(None);
        let globals = Globals::new(arguments, self.escape, &target_name, &self.arguments);
        let stages = Stages::new(self, &BTreeSet::new(), &globals);
        let mut reader = Reader::new(self, &stages, &globals);
        reader.stages(&vec![true; self.stages.len()]);
        let mut scope = Scope::new(&globals);
        for trigger in self.stages.iter().flat_map(DockerfileStage::triggers) {
            reader.instruction(trigger, &mut scope);
        }
        reader.reads.in_order().images
    }

    fn target_name(&self, asked: Option<&str>) -> String {
        let last = || self.stages.last().and_then(DockerfileStage::key);
        asked.map(str::to_owned).or_else(last).unwrap_or_else(|| "default".to_owned())
    }
}

/// Whether an image is one of Docker's own frontends, or a mirror of one.
fn is_usual(syntax: &str) -> bool {
    let name = syntax.split_once('@').map_or(syntax, |(name, _)| name);
    let last = name.rsplit('/').next().unwrap_or_default();
    let last = last.split_once(':').map_or(last, |(last, _)| last);
    last == "dockerfile" || last == "dockerfile-upstream"
}

/// The largest number of `ONBUILD` instructions that are read, for all stages together.
const MOST_TRIGGERED: usize = 10_000;

struct Reader<'a> {
    file: &'a Dockerfile,
    stages: &'a Stages<'a>,
    globals: &'a Globals<'a>,
    reads: ContextReads,
    triggered: usize,
    /// The first stage with `ONBUILD` instructions.
    first_trigger: Option<usize>,
}

/// A step of the walk through the stages. A stage inherits the variables of its base stages.
enum Step {
    Enter(usize),
    /// Undo the changes of variables since this mark.
    Leave(usize),
}

impl<'a> Reader<'a> {
    fn new(file: &'a Dockerfile, stages: &'a Stages<'a>, globals: &'a Globals<'a>) -> Self {
        let first_trigger = file.stages.iter().position(|stage| stage.triggers().next().is_some());
        Self { file, stages, globals, reads: ContextReads::default(), triggered: 0, first_trigger }
    }

    fn stages(&mut self, reached: &[bool]) {
        let mut on: Vec<Vec<usize>> = vec![Vec::new(); self.file.stages.len()];
        let mut steps = Vec::new();
        for at in (0..reached.len()).rev().filter(|at| reached[*at]) {
            match self.stages.bases[at] {
                Meaning::Stage(base) => on[base].push(at),
                _ => steps.push(Step::Enter(at)),
            }
        }
        let mut scope = Scope::new(self.globals);
        while let Some(step) = steps.pop() {
            match step {
                Step::Leave(mark) => scope.undo(mark),
                Step::Enter(at) => {
                    steps.push(Step::Leave(scope.mark()));
                    self.base(at, &mut scope);
                    if !self.stages.replaced[at] {
                        self.stage(at, &mut scope);
                    }
                    steps.extend(on[at].iter().map(|at| Step::Enter(*at)));
                }
            }
        }
    }

    fn base(&mut self, at: usize, scope: &mut Scope) {
        let base = &self.file.stages[at].base;
        let (reference, known) = match &self.stages.bases[at] {
            Meaning::Stage(_) => return,
            Meaning::Scratch => return scope.set_on_image(false),
            Meaning::Context => return scope.set_on_image(true),
            Meaning::Image(reference) => (Some(reference.clone()), true),
            Meaning::OneOf(_) | Meaning::AnyBefore(_) => (None, true),
            Meaning::Refused => (None, false),
        };
        scope.set_on_image(true);
        if !known {
            return self.reads.unsure(Unresolved::Refused, base.span);
        }
        if let Some(reference) = &reference {
            if reference.to_ascii_lowercase().contains("onbuild") {
                self.reads.unsure(Unresolved::OnBuild, base.span);
            }
        } else if self.first_trigger.is_some_and(|first| first < at) {
            self.reads.unsure(Unresolved::OnBuild, base.span);
        }
        let (by, span) = (ReferencedBy::From, base.span);
        self.reads.images.push(ImageReference { written: base.text.clone(), reference, by, span });
    }

    fn stage(&mut self, at: usize, scope: &mut Scope) {
        let file = self.file;
        if let Meaning::Stage(base) = self.stages.bases[at] {
            for instruction in file.stages[base].triggers() {
                self.triggered += 1;
                if self.triggered > MOST_TRIGGERED {
                    return self.reads.unsure(Unresolved::OnBuild, file.stages[at].base.span);
                }
                self.instruction(instruction, scope);
            }
        }
        for instruction in &file.stages[at].instructions {
            self.instruction(instruction, scope);
        }
    }

    fn instruction(&mut self, instruction: &DockerfileInstruction, scope: &mut Scope) {
        match instruction {
            DockerfileInstruction::Arg(arguments) => scope.arguments(arguments),
            DockerfileInstruction::Env(variables) => {
                if let Err(why) = scope.environment(variables) {
                    let span = variables.first().map_or_else(Span::default, |(name, _)| name.span);
                    self.reads.unsure(why.into(), span);
                }
            }
            DockerfileInstruction::Copy(copy) => self.copy(copy, scope),
            DockerfileInstruction::Run(mounts) => mounts.iter().for_each(|mount| self.mount(mount, scope)),
            DockerfileInstruction::From { .. } | DockerfileInstruction::OnBuild(_) | DockerfileInstruction::Other => {}
        }
    }

    fn copy(&mut self, copy: &CopyInstruction, scope: &Scope) {
        if let Some(from) = &copy.from {
            return self.origin(from, ReferencedBy::Copy);
        }
        for source in &copy.sources {
            match scope.expand(&source.text) {
                Ok(value) if copy.is_add && is_remote(&value.text) => {}
                Ok(value) => self.source(&value, source.span),
                // Whatever its variables hold, the source is an address.
                Err(_) if copy.is_add && begins_remote(&source.text) => {}
                Err(why) => self.reads.unsure(why.into(), source.span),
            }
        }
    }

    fn mount(&mut self, mount: &RunMount, scope: &Scope) {
        let expanded = |text: &Option<String>| text.as_deref().map(|text| scope.expand(text)).transpose();
        let kind = match expanded(&mount.kind) {
            Ok(Some(kind)) if kind.is_wild => return self.reads.unsure(Unresolved::Refused, mount.span),
            Ok(kind) => kind.map_or_else(|| "bind".to_owned(), |kind| kind.text.to_lowercase()),
            Err(why) => return self.reads.unsure(why.into(), mount.span),
        };
        let is_bind = match &*kind {
            "bind" => true,
            "cache" => false,
            // The files of these mounts are made for the build, or are not from the context.
            "tmpfs" | "secret" | "ssh" => return,
            _ => return self.reads.unsure(Unresolved::Refused, mount.span),
        };
        if let Some(from) = mount.from.as_ref().filter(|from| !from.is_empty()) {
            let from = DockerfileWord { text: from.clone(), span: mount.span };
            return self.origin(&from, ReferencedBy::Mount);
        }
        if is_bind {
            match expanded(&mount.source) {
                Ok(source) => self.source(&source.unwrap_or_default(), mount.span),
                Err(why) => self.reads.unsure(why.into(), mount.span),
            }
        }
    }

    /// Adds the image that `--from` or `from` names to the images, if it names one.
    fn origin(&mut self, from: &DockerfileWord, by: ReferencedBy) {
        let reference = match self.stages.origin(&from.text, by == ReferencedBy::Copy, self.globals) {
            Meaning::Stage(_) | Meaning::Scratch | Meaning::Context => return,
            Meaning::Image(reference) => Some(reference),
            Meaning::OneOf(_) | Meaning::AnyBefore(_) => None,
            Meaning::Refused => return self.reads.unsure(Unresolved::Refused, from.span),
        };
        let written = from.text.clone();
        self.reads.images.push(ImageReference { written, reference, by, span: from.span });
    }

    fn source(&mut self, value: &Value, span: Span) {
        let path = clean(&format!("/{}", value.text))[1..].to_owned();
        // `**` stands for the name of a platform. Next to other characters it would match something else.
        let parts = path.split('/').filter(|_| value.is_wild);
        if parts.into_iter().any(|part| part.contains("**") && part != "**") {
            return self.reads.unsure(Unresolved::Variable("TARGETPLATFORM".to_owned()), span);
        }
        self.reads.sources.push(ContextSource { path, span });
    }
}

impl ContextReads {
    /// Sorts everything in the order of the file. (The stages are read in another order: that of their dependencies.)
    fn in_order(mut self) -> Self {
        self.sources.sort_by_key(|source| source.span);
        self.images.sort_by_key(|image| image.span);
        self.unresolved.sort_by_key(|unresolved| unresolved.span);
        self
    }

    fn unsure(&mut self, why: Unresolved, span: Span) {
        self.unresolved.push(UnresolvedRead { why, span });
    }
}

impl From<Refusal> for Unresolved {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Variable(name) => Self::Variable(name),
            Refusal::Syntax => Self::Refused,
        }
    }
}
