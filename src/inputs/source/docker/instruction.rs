//! One instruction of a Dockerfile.

use std::ops::Range;

use super::logical_line::LogicalLine;
use super::{heredoc, mount, split};
use crate::model::diagnostic::Span;

/// A raw word of a Dockerfile, with quotes and variables, and its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DockerfileWord {
    /// The word, without line continuations.
    pub text: String,
    /// Its place in the file.
    pub span: Span,
}

/// Why a builder refuses a Dockerfile.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct RefusedDockerfile {
    /// What is wrong, in a few words.
    pub message: String,
    /// The place of the mistake.
    pub span: Span,
}

/// An instruction, reduced to what it says about files of the context, images and variables.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DockerfileInstruction {
    /// `FROM`: a stage begins.
    From {
        /// The base image or base stage.
        base: DockerfileWord,
        /// The name of the stage, as it is written.
        name: Option<DockerfileWord>,
    },
    /// `ARG`: names, each with its default.
    Arg(Vec<(DockerfileWord, Option<DockerfileWord>)>),
    /// `ENV`: names and values.
    Env(Vec<(DockerfileWord, DockerfileWord)>),
    /// `COPY` or `ADD`.
    Copy(CopyInstruction),
    /// `RUN`, with its `--mount` flags.
    Run(Vec<RunMount>),
    /// `ONBUILD`: an instruction for the stages based on this one.
    OnBuild(Box<DockerfileInstruction>),
    /// Anything else: it reads no file of the context.
    Other,
}

/// `COPY` or `ADD`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CopyInstruction {
    /// Whether it is `ADD`, which also accepts URLs.
    pub is_add: bool,
    /// `--from`: the stage, image or named context from which files are copied in place of the context.
    pub from: Option<DockerfileWord>,
    /// The sources, without heredocs.
    pub sources: Vec<DockerfileWord>,
}

/// A `--mount` flag of `RUN`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunMount {
    /// The place of the flag.
    pub span: Span,
    /// The field `type`. A mount without it is of type `bind`.
    pub kind: Option<String>,
    /// The field `from`: the stage, image or named context that is mounted in place of the context.
    pub from: Option<String>,
    /// The field `source`. A bind mount without it mounts the whole context.
    pub source: Option<String>,
}

/// An instruction, and the heredocs that follow it.
pub(super) struct Read {
    pub(super) instruction: DockerfileInstruction,
    pub(super) heredocs: Vec<heredoc::Heredoc>,
}

/// Reads an instruction from its line.
pub(super) fn read(line: &LogicalLine, escape: char) -> Result<Read, RefusedDockerfile> {
    let text = &line.text;
    let all = split::trimmed(text, 0..text.len());
    let (instruction, takes_heredocs) = Reader { line, escape }.read(all, false)?;
    let heredocs = if takes_heredocs && text.contains("<<") { heredoc::of_line(text) } else { Vec::new() };
    Ok(Read { instruction, heredocs })
}

struct Reader<'a> {
    line: &'a LogicalLine,
    escape: char,
}

impl Reader<'_> {
    /// Reads the instruction in a range of the line. Also returns whether heredocs can follow the instruction.
    fn read(&self, all: Range<usize>, is_trigger: bool) -> Result<(DockerfileInstruction, bool), RefusedDockerfile> {
        let text = &self.line.text;
        let name_end = text[all.clone()].find(split::is_separator).map_or(all.end, |end| all.start + end);
        let name = all.start..name_end;
        let rest = split::trimmed(text, name_end..all.end);
        let (flags, rest) = split::flags(text, rest, self.escape);
        let rest = split::trimmed(text, rest);
        let json = split::json(text, rest.clone());
        let keyword = text[name.clone()].to_ascii_lowercase();
        let instruction = match &*keyword {
            "from" if !is_trigger => self.from(&name, rest)?,
            "arg" => self.arg(&name, rest)?,
            "env" => self.env(&name, rest)?,
            "copy" | "add" => self.copy(keyword == "add", &name, &flags, rest, json.as_ref())?,
            "run" => {
                let mounts = flags.iter().filter_map(|flag| Some((flag, flag.text.strip_prefix("--mount=")?)));
                let mounts = mounts.map(|(flag, fields)| mount::read(fields, self.line.span(&flag.range)));
                DockerfileInstruction::Run(mounts.collect())
            }
            "onbuild" if !is_trigger => {
                if rest.is_empty() {
                    return Err(self.refused("ONBUILD needs an instruction", &name));
                }
                let (inner, takes_heredocs) = self.read(rest, true)?;
                return Ok((DockerfileInstruction::OnBuild(Box::new(inner)), takes_heredocs));
            }
            "cmd" | "entrypoint" | "expose" | "healthcheck" | "label" | "shell" | "stopsignal" | "user" | "volume"
            | "workdir" => DockerfileInstruction::Other,
            "maintainer" if !is_trigger => DockerfileInstruction::Other,
            _ => return Err(self.refused("this is not an instruction of a Dockerfile", &name)),
        };
        let is_array = json.is_some_and(|json| json.is_ok());
        Ok((instruction, matches!(&*keyword, "add" | "copy" | "run") && !is_array))
    }

    fn refused(&self, message: &str, range: &Range<usize>) -> RefusedDockerfile {
        RefusedDockerfile { message: message.to_owned(), span: self.line.span(range) }
    }

    fn word(&self, range: Range<usize>) -> DockerfileWord {
        DockerfileWord { text: self.line.text[range.clone()].to_owned(), span: self.line.span(&range) }
    }

    fn from(&self, name: &Range<usize>, rest: Range<usize>) -> Result<DockerfileInstruction, RefusedDockerfile> {
        let words = split::separated(&self.line.text, rest);
        match &*words {
            [base] if !base.is_empty() => Ok(DockerfileInstruction::From { base: self.word(base.clone()), name: None }),
            [base, named, stage] if self.line.text[named.clone()].eq_ignore_ascii_case("as") => {
                let stage = self.word(stage.clone());
                let text = stage.text.to_lowercase();
                let good = text.starts_with(|first: char| first.is_ascii_lowercase())
                    && text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || "-_.".contains(c));
                if !good {
                    let message = "the name of a stage begins with a letter, and has letters, digits, `-`, `_` and `.`";
                    return Err(RefusedDockerfile { message: message.to_owned(), span: stage.span });
                }
                Ok(DockerfileInstruction::From { base: self.word(base.clone()), name: Some(stage) })
            }
            _ => Err(self.refused("FROM takes an image, or an image, `AS` and a name", name)),
        }
    }

    fn arg(&self, name: &Range<usize>, rest: Range<usize>) -> Result<DockerfileInstruction, RefusedDockerfile> {
        let words = split::words(&self.line.text, rest, self.escape);
        if words.is_empty() {
            return Err(self.refused("ARG needs a name", name));
        }
        let argument = |word: split::Word| match word.text.split_once('=') {
            Some(("", _)) => Err(self.refused("this ARG has no name", &word.range)),
            Some((name, value)) => Ok((self.part(&word, name), Some(self.part(&word, value)))),
            None => Ok((self.part(&word, &word.text), None)),
        };
        Ok(DockerfileInstruction::Arg(words.into_iter().map(argument).collect::<Result<_, _>>()?))
    }

    fn env(&self, name: &Range<usize>, rest: Range<usize>) -> Result<DockerfileInstruction, RefusedDockerfile> {
        let text = &self.line.text;
        let words = split::words(text, rest.clone(), self.escape);
        let Some(first) = words.first() else { return Err(self.refused("ENV needs a name and a value", name)) };
        if !first.text.contains('=') {
            // The old form: one name, and all that follows is its value.
            let Some(end) = text[rest.clone()].find(split::is_separator).map(|end| rest.start + end) else {
                return Err(self.refused("ENV needs a value", name));
            };
            let skipped = text[end..rest.end].len() - text[end..rest.end].trim_start_matches(split::is_separator).len();
            return Ok(DockerfileInstruction::Env(vec![(
                self.word(rest.start..end),
                self.word(end + skipped..rest.end),
            )]));
        }
        let pair = |word: split::Word| match word.text.split_once('=') {
            Some((name, value)) if !name.is_empty() => Ok((self.part(&word, name), self.part(&word, value))),
            _ => Err(self.refused("ENV takes `name=value`", &word.range)),
        };
        Ok(DockerfileInstruction::Env(words.into_iter().map(pair).collect::<Result<_, _>>()?))
    }

    fn part(&self, word: &split::Word, text: &str) -> DockerfileWord {
        DockerfileWord { text: text.to_owned(), span: self.line.span(&word.range) }
    }

    fn copy(
        &self,
        is_add: bool,
        name: &Range<usize>,
        flags: &[split::Word],
        rest: Range<usize>,
        json: Option<&Result<Vec<split::Word>, split::NotOnlyStrings>>,
    ) -> Result<DockerfileInstruction, RefusedDockerfile> {
        let words = match json {
            Some(Ok(words)) => words.iter().map(|word| self.part(word, &word.text)).collect(),
            Some(Err(split::NotOnlyStrings)) => return Err(self.refused("the list holds more than strings", name)),
            None if rest.is_empty() => Vec::new(),
            None => split::separated(&self.line.text, rest).into_iter().map(|range| self.word(range)).collect(),
        };
        let mut words: Vec<DockerfileWord> = words;
        let destination = words.pop().filter(|_| !words.is_empty());
        let Some(destination) = destination else {
            return Err(self.refused("COPY and ADD need a source and a destination", name));
        };
        if heredoc::of_word(&destination.text).is_some() {
            let message = "the destination cannot be a heredoc".to_owned();
            return Err(RefusedDockerfile { message, span: destination.span });
        }
        words.retain(|word| heredoc::of_word(&word.text).is_none());
        let from = flags.iter().find_map(|flag| Some((flag, flag.text.strip_prefix("--from=")?)));
        let from = from.filter(|(_, from)| !is_add && !from.is_empty()).map(|(flag, from)| self.part(flag, from));
        Ok(DockerfileInstruction::Copy(CopyInstruction { is_add, from, sources: words }))
    }
}
