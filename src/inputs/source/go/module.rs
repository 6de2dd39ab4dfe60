use std::borrow::Cow;

use super::directives::{self, Directive};
use crate::model::diagnostic::Located;

/// A go.mod: its module, the modules that it requires, and local replacements.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct GoModule {
    /// Its module path, with which the imports of its packages begin.
    pub path: Option<Located<String>>,
    /// The paths of the modules that it requires.
    pub requires: Vec<Located<String>>,
    /// The modules that it replaces by directories.
    pub replaces: Vec<GoReplace>,
}

/// A go.work: its modules and local replacements.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct GoWork {
    /// The directories of its modules, as written: relative to the file's directory, or absolute.
    pub uses: Vec<Located<String>>,
    /// The modules that it replaces by directories.
    pub replaces: Vec<GoReplace>,
}

/// A module that is replaced by a directory, whichever version is required.
#[derive(Debug, PartialEq, Eq)]
pub struct GoReplace {
    /// Its module path, with which the imports of its packages begin.
    pub module: String,
    /// The directory as written: relative to the file's directory, or absolute.
    pub directory: Located<String>,
}

impl GoModule {
    /// Reads a go.mod. Directives that cannot be read are left out, since go itself refuses such a file.
    #[must_use]
    pub fn read(text: &str) -> Self {
        let mut module = Self::default();
        for directive in directives::read(text) {
            match directive.verb {
                "module" => module.path = module.path.or_else(|| Some(first(&directive))),
                "require" => module.requires.push(first(&directive)),
                "replace" => module.replaces.extend(replace(&directive)),
                _ => {}
            }
        }
        module
    }
}

impl GoWork {
    /// Reads a go.work. Directives that cannot be read are left out, since go itself refuses such a file.
    #[must_use]
    pub fn read(text: &str) -> Self {
        let mut work = Self::default();
        for directive in directives::read(text) {
            match directive.verb {
                "use" => work.uses.push(first(&directive)),
                "replace" => work.replaces.extend(replace(&directive)),
                _ => {}
            }
        }
        work
    }
}

fn first(directive: &Directive<'_>) -> Located<String> {
    directive.words[0].clone().map(Cow::into_owned)
}

/// Reads `MODULE [VERSION] => DIRECTORY`; `None` for any other replacement, such as by a module with a version.
fn replace(directive: &Directive<'_>) -> Option<GoReplace> {
    let arrow = directive.words.iter().position(|word| word.value == "=>")?;
    let [directory] = &directive.words[arrow + 1..] else { return None };
    let local = |text: &str| text.starts_with(['.', '/', '\\']) || text.get(1..2) == Some(":");
    let module = directive.words.first().filter(|_| arrow > 0)?;
    local(&directory.value)
        .then(|| GoReplace { module: module.value.to_string(), directory: directory.clone().map(Cow::into_owned) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::diagnostic::Span;

    fn texts(located: &[Located<String>]) -> Vec<&str> {
        located.iter().map(|located| located.value.as_str()).collect()
    }

    fn shown(replaces: &[GoReplace]) -> Vec<(&str, &str)> {
        replaces.iter().map(|replace| (replace.module.as_str(), replace.directory.value.as_str())).collect()
    }

    #[test]
    fn a_module_says_its_path_its_requirements_and_local_replacements() {
        let text = "module example.com/a // ours\n\ngo 1.24\n\nrequire example.com/b v1.2.3\n\nrequire (\n\texample.com/c v0.0.0\n)\n\n\
                    replace (\n\texample.com/b => ../b\n\texample.com/c v0.0.0 => ./c\n\texample.com/d => example.com/e v1.0.0\n)\n";
        let module = GoModule::read(text);
        assert_eq!(module.path.unwrap().value, "example.com/a");
        assert_eq!(texts(&module.requires), ["example.com/b", "example.com/c"]);
        assert_eq!(shown(&module.replaces), [("example.com/b", "../b"), ("example.com/c", "./c")]);
        let Span { start, end } = module.replaces[0].directory.defined;
        assert_eq!(&text[start..end], "../b");
    }

    #[test]
    fn a_workspace_says_which_modules_it_uses() {
        let work = GoWork::read("go 1.24\nuse ./a\nuse (\n\t.\n\t\"./b c\"\n)\nreplace example.com/x => ./x\n");
        assert_eq!(texts(&work.uses), ["./a", ".", "./b c"]);
        assert_eq!(shown(&work.replaces), [("example.com/x", "./x")]);
    }

    #[test]
    fn broken_files_say_what_can_be_read() {
        let module = GoModule::read("module\nmodule a\nmodule b\nreplace => ./x\nreplace a =>\nrequire (\n\tc v1");
        assert_eq!(module.path.unwrap().value, "a");
        assert_eq!((texts(&module.requires), module.replaces.len()), (vec!["c"], 0));
    }
}
