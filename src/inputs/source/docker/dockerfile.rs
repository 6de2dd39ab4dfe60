//! A Dockerfile as a whole: its directives, its arguments, its stages.

use std::collections::BTreeMap;

use super::instruction::{self, DockerfileInstruction, DockerfileWord, RefusedDockerfile};
use super::logical_line::Lines;
use crate::model::diagnostic::Span;

/// A Dockerfile that a builder accepts, as far as this reader can tell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dockerfile {
    /// The image in `# syntax=`. It is a frontend that reads the file in place of the builder's own frontend.
    pub syntax: Option<DockerfileWord>,
    /// The escape character. At the end of a line, it continues the line.
    pub(super) escape: char,
    /// The arguments before the first stage, with their defaults.
    pub(super) arguments: Vec<(DockerfileWord, Option<DockerfileWord>)>,
    /// Its stages, in their order; there is at least one.
    pub stages: Vec<DockerfileStage>,
}

/// A stage of a Dockerfile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DockerfileStage {
    /// Its base image or base stage.
    pub base: DockerfileWord,
    /// Its name, as it is written.
    pub name: Option<DockerfileWord>,
    /// Its instructions.
    pub instructions: Vec<DockerfileInstruction>,
}

impl DockerfileStage {
    /// Returns the stage's name in lower case, by which other stages refer to it; `None` if it has no name.
    pub(super) fn key(&self) -> Option<String> {
        self.name.as_ref().map(|name| name.text.to_lowercase())
    }

    /// Returns the `ONBUILD` instructions for the stages based on this one.
    pub(super) fn triggers(&self) -> impl Iterator<Item = &DockerfileInstruction> {
        self.instructions.iter().filter_map(|instruction| match instruction {
            DockerfileInstruction::OnBuild(inner) => Some(&**inner),
            _ => None,
        })
    }
}

impl Dockerfile {
    /// Reads the text of a Dockerfile. Spans are offsets from its first byte. A byte order mark is included in the
    /// offsets.
    ///
    /// # Errors
    /// When a builder refuses the text.
    pub fn parse(text: &str) -> Result<Self, RefusedDockerfile> {
        let mut lines = Lines::new(text);
        let syntax = directives(&mut lines)?;
        let mut file = Self { syntax, escape: lines.escape, arguments: Vec::new(), stages: Vec::new() };
        while let Some(line) = lines.logical() {
            let read = instruction::read(&line, lines.escape)?;
            for heredoc in &read.heredocs {
                if !lines.skip_heredoc(&heredoc.terminator, heredoc.tabs) {
                    let message = format!("this heredoc does not end: no line is `{}`", heredoc.terminator);
                    return Err(RefusedDockerfile { message, span: line.whole() });
                }
            }
            match (read.instruction, file.stages.last_mut()) {
                (DockerfileInstruction::From { base, name }, _) => {
                    file.stages.push(DockerfileStage { base, name, instructions: Vec::new() });
                }
                (DockerfileInstruction::Arg(arguments), None) => file.arguments.extend(arguments),
                (instruction, Some(stage)) => stage.instructions.push(instruction),
                (_, None) => {
                    let message = "only ARG can come before the first FROM".to_owned();
                    return Err(RefusedDockerfile { message, span: line.whole() });
                }
            }
        }
        if file.stages.is_empty() {
            return Err(RefusedDockerfile { message: "there is no FROM".to_owned(), span: Span::default() });
        }
        Ok(file)
    }

    /// Returns the positions of the stages, by name in lower case. If several stages have the same name, this is the
    /// position of the last one.
    pub(super) fn by_name(&self) -> BTreeMap<String, usize> {
        let named = self.stages.iter().enumerate();
        named.filter_map(|(at, stage)| Some((stage.key()?, at))).collect()
    }

    /// Whether a stage has this name, in upper or lower case.
    #[must_use]
    pub fn has_stage(&self, name: &str) -> bool {
        let name = name.to_lowercase();
        self.stages.iter().any(|stage| stage.key().is_some_and(|key| key == name))
    }
}

/// Reads the directives at the beginning, sets the escape character, and returns `syntax`.
fn directives(lines: &mut Lines) -> Result<Option<DockerfileWord>, RefusedDockerfile> {
    let mut syntax = None;
    let mut seen: Vec<String> = Vec::new();
    loop {
        let start = lines.clone();
        let Some((comment, span)) = lines.comment() else { return Ok(syntax) };
        let Some((key, value)) = directive(comment) else {
            *lines = start;
            return Ok(syntax);
        };
        if seen.contains(&key) {
            return Err(RefusedDockerfile { message: format!("`{key}` is here twice"), span });
        }
        match (&*key, value) {
            ("escape", "\\" | "`") => lines.escape = if value == "`" { '`' } else { '\\' },
            ("escape", _) => {
                let message = "the escape character is a backslash or a backtick".to_owned();
                return Err(RefusedDockerfile { message, span });
            }
            ("syntax", _) => {
                // The words after the image are arguments of the frontend.
                let image = value.split(' ').next().unwrap_or_default();
                syntax = Some(DockerfileWord { text: image.to_owned(), span });
            }
            _ => {}
        }
        seen.push(key);
    }
}

/// Returns the key and the value of a directive that builders know; `None` for any other comment.
fn directive(comment: &str) -> Option<(String, &str)> {
    let (key, value) = comment.trim_start().split_once('=')?;
    let key = key.trim_end().to_ascii_lowercase();
    let value = value.trim();
    (["syntax", "escape", "check"].contains(&&*key) && !value.is_empty()).then_some((key, value))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(text: &str) -> String {
        Dockerfile::parse(text).unwrap_err().message
    }

    #[test]
    fn directives_come_first_and_once() {
        let file =
            Dockerfile::parse("# syntax = docker/dockerfile:1 x\n#Escape=`\n# c\n#check=skip=all\nFROM a`\n b\n");
        assert!(file.unwrap_err().message.contains("FROM takes"));
        let file =
            Dockerfile::parse("# syntax = docker/dockerfile:1 x\n #Escape=`\nFROM a `\n AS b\nRUN c\\\n").unwrap();
        assert_eq!((file.syntax.unwrap().text.as_str(), file.escape), ("docker/dockerfile:1", '`'));
        assert!(refused("# escape=x\nFROM a").contains("backslash"));
        assert!(refused("# escape=`\n# escape=`\nFROM a").contains("twice"));
        // A comment, an empty line or an unknown key ends the directives.
        for first in ["# c\n", "\n", "# other=1\n"] {
            assert_eq!(Dockerfile::parse(&format!("{first}# escape=`\nFROM a")).unwrap().escape, '\\');
        }
    }

    #[test]
    fn stages_have_what_follows_them() {
        let text =
            "ARG A=1 B\nfrom a AS Build\nCopy <<X y /z\nFROM no\nX\nONBUILD COPY c d\nFROM build\nRUN [\"<<X\"]\n";
        let file = Dockerfile::parse(text).unwrap();
        assert_eq!((file.arguments.len(), file.stages.len(), file.stages[0].instructions.len()), (2, 2, 2));
        assert!(file.has_stage("BUILD") && !file.has_stage("no"));
        let DockerfileInstruction::Copy(copy) = &file.stages[0].instructions[0] else { panic!() };
        let [source] = &*copy.sources else { panic!("{copy:?}") };
        assert_eq!((&*source.text, &text[source.span.start..source.span.end]), ("y", "y"));
    }

    #[test]
    fn what_a_builder_refuses_is_refused() {
        for (text, message) in [
            ("", "no FROM"),
            ("RUN a\nFROM b", "only ARG"),
            ("FROM a b", "FROM takes"),
            ("FROM a AS 1", "name of a stage"),
            ("FROM a\nCOPY b", "need a source"),
            ("FROM a\nCOPY [\"b\", 1]", "more than strings"),
            ("FROM a\nCOPY b <<EOF\nEOF", "cannot be a heredoc"),
            ("FROM a\nRUN <<EOF\nEOF x", "does not end"),
            ("FROM a\nARG", "needs a name"),
            ("FROM a\nENV b", "needs a value"),
            ("FROM a\nENV b=c d", "name=value"),
            ("FROM a\nONBUILD FROM b", "not an instruction"),
            ("FROM a\nFETCH b", "not an instruction"),
        ] {
            assert!(refused(text).contains(message), "{text}: {}", refused(text));
        }
    }
}
