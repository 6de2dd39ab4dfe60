use super::cursor::{Comment, Cursor};
use super::literal;
use crate::model::diagnostic::{Located, Span};

/// The parts of a Go file that are needed to find the files from which it is compiled. Of its build constraints, only
/// `ignore` is read.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct GoSource {
    /// The name of its package; `None` if the file does not begin with a package clause.
    pub package: Option<String>,
    /// The import paths; `C` for cgo.
    pub imports: Vec<Located<String>>,
    /// The patterns of its `//go:embed` lines, relative to the file's directory. A pattern may begin with `all:`.
    pub embeds: Vec<Located<String>>,
    /// The place of its first `//go:generate` line.
    pub generate: Option<Span>,
    /// Whether its build constraint is `ignore`. Then no build includes the file, but `go run` may compile it.
    pub ignored: bool,
}

impl GoSource {
    /// Reads a Go file. If a part of the file cannot be read, `//go:embed` and `//go:generate` lines after that part
    /// are still found.
    #[must_use]
    pub fn read(text: &str) -> Self {
        let mut source = Self { generate: generate(text), ..Self::default() };
        let mut cursor = Cursor::new(text);
        cursor.pass_blank(|comment| source.ignored |= is_ignored(&comment));
        if cursor.word() == "package" {
            cursor.pass_blank(drop);
            source.package = Some(cursor.word().to_owned()).filter(|name| !name.is_empty());
            source.imports = imports(&mut cursor);
        }
        if text.contains("//go:embed") {
            while !cursor.rest().is_empty() {
                cursor.pass_blank(|comment| source.embeds.extend(embeds(&comment)));
                cursor.token();
            }
        }
        source
    }

    /// Whether the file is part of a command, which `go build` compiles to a program.
    #[must_use]
    pub fn is_command(&self) -> bool {
        self.package.as_deref() == Some("main") && !self.ignored
    }
}

/// Reads the import declarations, and leaves the cursor after them.
fn imports(cursor: &mut Cursor<'_>) -> Vec<Located<String>> {
    let mut imports = Vec::new();
    loop {
        let behind = *cursor;
        cursor.pass_blank(drop);
        if cursor.word() != "import" {
            *cursor = behind;
            return imports;
        }
        cursor.pass_blank(drop);
        if !cursor.rest().starts_with('(') {
            imports.extend(import(cursor));
            continue;
        }
        cursor.pass(1);
        while let Some(import) = import(cursor) {
            imports.push(import);
        }
        cursor.pass_blank(drop);
        if cursor.rest().starts_with(')') {
            cursor.pass(1);
        }
    }
}

/// Reads an import, `[NAME | . | _] "PATH"`, and returns its path; `None` if the next text is not an import.
fn import(cursor: &mut Cursor<'_>) -> Option<Located<String>> {
    cursor.pass_blank(drop);
    if cursor.rest().starts_with('.') {
        cursor.pass(1);
    } else {
        cursor.word();
    }
    cursor.pass_blank(drop);
    let (length, path) = literal::read(cursor.rest())?;
    let start = cursor.offset();
    cursor.pass(length);
    Some(Located::new(path.into_owned(), Span { start, end: start + length }))
}

/// Returns the patterns of a `//go:embed` comment.
fn embeds(comment: &Comment<'_>) -> Vec<Located<String>> {
    const DIRECTIVE: &str = "//go:embed";
    let Some(arguments) = comment.text.strip_prefix(DIRECTIVE).filter(|rest| rest.starts_with([' ', '\t'])) else {
        return Vec::new();
    };
    let mut patterns = Vec::new();
    let mut rest = arguments.trim_start();
    while !rest.is_empty() {
        let start = comment.start + comment.text.len() - rest.len();
        let (length, pattern) = literal::read(rest).unwrap_or_else(|| {
            let length = rest.find(char::is_whitespace).unwrap_or(rest.len());
            (length, rest[..length].into())
        });
        patterns.push(Located::new(pattern.into_owned(), Span { start, end: start + length }));
        rest = rest[length..].trim_start();
    }
    patterns
}

/// Returns the place of the first line that begins with `//go:generate`; `None` if there is no such line. Like `go
/// generate`, this function does not distinguish comments from code.
fn generate(text: &str) -> Option<Span> {
    const DIRECTIVE: &str = "//go:generate";
    let begins_line = |at: usize| at == 0 || text.as_bytes()[at - 1] == b'\n';
    let is_whole = |at: usize| text[at + DIRECTIVE.len()..].starts_with([' ', '\t']);
    let start = text.match_indices(DIRECTIVE).map(|(at, _)| at).find(|at| begins_line(*at) && is_whole(*at))?;
    Some(Span { start, end: start + text[start..].lines().next().unwrap_or_default().len() })
}

/// Whether a comment before the package clause is the constraint `ignore`.
fn is_ignored(comment: &Comment<'_>) -> bool {
    let constraint = comment
        .text
        .strip_prefix("//go:build ")
        .or_else(|| comment.text.strip_prefix("//").map(str::trim_start).and_then(|rest| rest.strip_prefix("+build ")));
    constraint.is_some_and(|constraint| constraint.trim() == "ignore")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(located: &[Located<String>]) -> Vec<&str> {
        located.iter().map(|located| located.value.as_str()).collect()
    }

    #[test]
    fn imports_of_every_form_are_read() {
        let text = "\u{feff}// Copyright\n/* import \"no\" */\n\n//go:build linux && !cgo\n\npackage api // the package\n\n\
                    import \"fmt\"\nimport (\n\t// first\n\tm \"example.com/m\"; . \"dot\"\n\t_ `raw`\n\n\t/* between */ é \"x/é\"\n)\n\
                    import \"C\"; import()\nvar x = `import \"no\"`\nimport \"late\"\n";
        let source = GoSource::read(text);
        assert_eq!(source.package.as_deref(), Some("api"));
        assert_eq!(texts(&source.imports), ["fmt", "example.com/m", "dot", "raw", "x/é", "C"]);
        let Span { start, end } = source.imports[1].defined;
        assert_eq!(&text[start..end], "\"example.com/m\"");
    }

    #[test]
    fn embedded_patterns_are_those_of_line_comments() {
        let text = "package a\nimport _ \"embed\"\n//go:embed a.txt  all:b `c d` \"e\\\"f\"\nvar x string\n\
                    var y = '\"' // '\n//go:embed *.html\r\n/*\n//go:embed no\n*/\nvar z = `\n//go:embed no\n`\n\
                    func f() {\n\t//go:embed deep\n}\n//go:embedded no\n// go:embed no";
        let source = GoSource::read(text);
        assert_eq!(texts(&source.embeds), ["a.txt", "all:b", "c d", "e\"f", "*.html", "deep"]);
        let Span { start, end } = source.embeds[2].defined;
        assert_eq!(&text[start..end], "`c d`");
    }

    #[test]
    fn generators_are_found_at_the_beginning_of_a_line() {
        let text = "package a\n // //go:generate no\n//go:generated no\n//go:generate stringer -type=X\n";
        let Span { start, end } = GoSource::read(text).generate.unwrap();
        assert_eq!(&text[start..end], "//go:generate stringer -type=X");
        assert_eq!(GoSource::read("package a\n\t//go:generate no\n").generate, None);
    }

    #[test]
    fn a_command_is_a_main_package_that_is_built() {
        for (text, is_command) in [
            ("package main", true),
            ("package mainly", false),
            ("//go:build ignore\n\npackage main", false),
            ("// +build ignore\n\npackage main", false),
            ("//go:build tools\n\npackage main", true),
            ("package main\n//go:build ignore", true),
        ] {
            assert_eq!(GoSource::read(text).is_command(), is_command, "{text}");
        }
    }

    #[test]
    fn broken_files_end_the_reading_and_nothing_else() {
        for text in [
            "",
            "package",
            "package a\nimport",
            "package a\nimport (",
            "package a\nimport \"x",
            "/*",
            "`",
            "'",
            "package a\nimport (x y)",
        ] {
            assert!(GoSource::read(text).imports.is_empty(), "{text}");
        }
        assert_eq!(texts(&GoSource::read("no package\n//go:embed x").embeds), ["x"]);
    }
}
