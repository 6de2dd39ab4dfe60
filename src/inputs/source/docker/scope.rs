//! The variables that have values at a certain instruction of a Dockerfile.

use std::collections::BTreeMap;

use super::instruction::DockerfileWord;
use super::shell_lexer::{self, Binding, Refusal, Value};

/// The arguments of a build. A value is `None` if it is not known before the build.
pub(super) type Given = BTreeMap<String, Option<String>>;

/// An argument of a Dockerfile: its name and its default.
type Argument = (DockerfileWord, Option<DockerfileWord>);

/// The arguments before the first stage, and the arguments that a builder sets itself, such as `TARGETARCH`.
pub(super) struct Globals<'a> {
    given: &'a Given,
    escape: char,
    target: &'a str,
    /// The arguments before the first stage.
    bindings: BTreeMap<String, Binding>,
}

impl<'a> Globals<'a> {
    pub(super) fn new(given: &'a Given, escape: char, target: &'a str, arguments: &[Argument]) -> Self {
        let mut globals = Self { given, escape, target, bindings: BTreeMap::new() };
        for (name, default) in arguments {
            match default {
                Some(default) => {
                    let value = globals.expand(&default.text);
                    globals.bind(&name.text, value.map_or(Binding::Unknown, Binding::Known));
                }
                None if given.contains_key(&name.text) => globals.bind(&name.text, Binding::Unset),
                None => {}
            }
        }
        globals
    }

    /// Sets an argument to the value that the build was given, or else to its default.
    fn bind(&mut self, name: &str, default: Binding) {
        self.bindings.insert(name.to_owned(), given(self.given, name).unwrap_or(default));
    }

    /// Returns a word with the arguments before the first stage filled in, such as the word after `FROM`.
    pub(super) fn expand(&self, word: &str) -> Result<Value, Refusal> {
        shell_lexer::expand(word, self.escape, &|name| self.binding(name).unwrap_or(Binding::Unset))
    }

    /// Returns the value of an argument; `None` if neither the file nor the builder declares it.
    fn binding(&self, name: &str) -> Option<Binding> {
        let set_by_builder = || {
            let value = by_builder(name, self.target)?;
            Some(given(self.given, name).unwrap_or(Binding::Known(value)))
        };
        self.bindings.get(name).cloned().or_else(set_by_builder)
    }
}

/// Returns the value of an argument that a builder sets itself; `None` if it is another argument.
fn by_builder(name: &str, target: &str) -> Option<Value> {
    if name == "TARGETSTAGE" {
        return Some(Value::plain(target));
    }
    let text = match name.strip_prefix("BUILD").or_else(|| name.strip_prefix("TARGET"))? {
        "PLATFORM" => "**",
        "OS" | "OSVERSION" | "ARCH" | "VARIANT" => "*",
        _ => return None,
    };
    Some(Value { text: text.to_owned(), is_wild: true })
}

fn given(given: &Given, name: &str) -> Option<Binding> {
    given.get(name).map(|value| value.clone().map_or(Binding::Unknown, |value| Binding::Known(Value::plain(value))))
}

/// The variables of a stage, including those of its base stages.
pub(super) struct Scope<'a> {
    globals: &'a Globals<'a>,
    bindings: BTreeMap<String, Binding>,
    /// The changes of variables, the latest last: a name, and the value before the change.
    changes: Vec<(String, Option<Binding>)>,
    /// Whether an unknown base image may set variables.
    on_image: bool,
}

impl<'a> Scope<'a> {
    pub(super) fn new(globals: &'a Globals<'a>) -> Self {
        Self { globals, bindings: BTreeMap::new(), changes: Vec::new(), on_image: false }
    }

    /// Sets whether the stages that are read next are based on an image, whose variables are not known.
    pub(super) fn set_on_image(&mut self, on_image: bool) {
        self.on_image = on_image;
    }

    /// Returns a mark for [`undo`](Self::undo).
    pub(super) fn mark(&self) -> usize {
        self.changes.len()
    }

    /// Restores the values that variables had at a mark.
    pub(super) fn undo(&mut self, mark: usize) {
        for (name, before) in self.changes.drain(mark..).rev() {
            match before {
                Some(before) => self.bindings.insert(name, before),
                None => self.bindings.remove(&name),
            };
        }
    }

    fn set(&mut self, name: &str, value: Binding) {
        let before = self.bindings.insert(name.to_owned(), value);
        self.changes.push((name.to_owned(), before));
    }

    /// Returns a word with its variables filled in.
    pub(super) fn expand(&self, word: &str) -> Result<Value, Refusal> {
        let lookup = |name: &str| match self.bindings.get(name) {
            Some(binding) => binding.clone(),
            None if self.on_image => Binding::Unknown,
            None => Binding::Unset,
        };
        shell_lexer::expand(word, self.globals.escape, &lookup)
    }

    /// Sets the variables of an `ARG` in a stage.
    pub(super) fn arguments(&mut self, arguments: &[Argument]) {
        for (name, default) in arguments {
            let value = given(self.globals.given, &name.text).or_else(|| match default {
                Some(default) => Some(self.expand(&default.text).map_or(Binding::Unknown, Binding::Known)),
                None => self.globals.binding(&name.text).filter(|value| *value != Binding::Unset),
            });
            if let Some(value) = value {
                self.set(&name.text, value);
            }
        }
    }

    /// Sets the variables of an `ENV`. Their values are filled in from the variables before the instruction. Fails if a
    /// name is not known, since it may be the name of any variable.
    pub(super) fn environment(&mut self, variables: &[(DockerfileWord, DockerfileWord)]) -> Result<(), Refusal> {
        let mut expanded = Vec::with_capacity(variables.len());
        for (name, value) in variables {
            let name = self.expand(&name.text)?;
            if name.is_wild {
                return Err(Refusal::Variable(name.text));
            }
            expanded.push((name.text, self.expand(&value.text).map_or(Binding::Unknown, Binding::Known)));
        }
        for (name, value) in expanded {
            self.set(&name, value);
        }
        Ok(())
    }
}
