//! The part of HCL that is needed to find what bake builds: blocks, attributes, texts, lists and objects. Every other
//! expression is skipped, and its value is unknown.

use super::bake_value::{Expression, Kind, pieces};
use crate::model::diagnostic::Span;

/// The contents of a block, or of a file.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Body {
    pub(super) attributes: Vec<(String, Expression)>,
    pub(super) blocks: Vec<Block>,
}

/// A block such as `target "api" { … }`.
#[derive(Debug, PartialEq)]
pub(super) struct Block {
    pub(super) kind: String,
    pub(super) label: String,
    pub(super) at: Span,
    pub(super) body: Body,
}

/// The error of a text that is not HCL, with the place of the first mistake.
#[derive(Debug, PartialEq)]
pub(super) struct BrokenHcl(pub(super) Span);

/// How deep blocks, lists and objects may be nested.
const MAX_DEPTH: usize = 32;

/// Reads a file.
pub(super) fn read(text: &str) -> Result<Body, BrokenHcl> {
    let mut reader = Reader { text, at: 0, depth: 0 };
    let body = reader.body()?;
    if reader.rest().is_empty() { Ok(body) } else { Err(reader.broken()) }
}

struct Reader<'t> {
    text: &'t str,
    at: usize,
    depth: usize,
}

impl<'t> Reader<'t> {
    fn rest(&self) -> &'t str {
        &self.text[self.at..]
    }

    fn broken(&self) -> BrokenHcl {
        let end = self.at + self.rest().chars().next().map_or(0, char::len_utf8);
        BrokenHcl(Span { start: self.at, end })
    }

    /// Skips white space and comments. `lines` says whether line ends count as white space.
    fn pass_blank(&mut self, lines: Lines) {
        loop {
            let rest = self.rest();
            let is_blank = |c: char| c.is_whitespace() && (c != '\n' || lines == Lines::Pass);
            let blank = rest.trim_start_matches(is_blank);
            self.at += rest.len() - blank.len();
            if blank.starts_with('#') || blank.starts_with("//") {
                self.at += blank.find('\n').unwrap_or(blank.len());
            } else if blank.starts_with("/*") {
                self.at += blank.find("*/").map_or(blank.len(), |end| end + 2);
            } else {
                return;
            }
        }
    }

    fn passes(&mut self, token: &str) -> bool {
        let passes = self.rest().starts_with(token);
        if passes {
            self.at += token.len();
        }
        passes
    }

    /// Reads an identifier; the result is empty if there is none.
    fn identifier(&mut self) -> &'t str {
        let rest = self.rest();
        let length = rest.find(|c: char| !c.is_alphanumeric() && c != '_' && c != '-').unwrap_or(rest.len());
        self.at += length;
        &rest[..length]
    }

    fn nested<T>(&mut self, read: impl FnOnce(&mut Self) -> Result<T, BrokenHcl>) -> Result<T, BrokenHcl> {
        if self.depth == MAX_DEPTH {
            return Err(self.broken());
        }
        self.depth += 1;
        let read = read(self);
        self.depth -= 1;
        read
    }

    /// Reads attributes and blocks, up to the first text that is neither of them, such as a closing brace.
    fn body(&mut self) -> Result<Body, BrokenHcl> {
        let mut body = Body::default();
        loop {
            self.pass_blank(Lines::Pass);
            let start = self.at;
            let name = self.identifier();
            if name.is_empty() {
                return Ok(body);
            }
            self.pass_blank(Lines::Keep);
            if !self.rest().starts_with("==") && self.passes("=") {
                body.attributes.push((name.to_owned(), self.expression()?));
                continue;
            }
            let mut label = String::new();
            let at = loop {
                self.pass_blank(Lines::Keep);
                let before = self.at;
                if self.passes("{") {
                    break Span { start, end: before };
                }
                match self.quoted() {
                    Some(text) if label.is_empty() => label = text,
                    Some(_) => {}
                    None if self.identifier().is_empty() => return Err(self.broken()),
                    None => self.text[before..self.at].clone_into(&mut label),
                }
            };
            let inner = self.nested(Self::body)?;
            self.pass_blank(Lines::Pass);
            if !self.passes("}") {
                return Err(self.broken());
            }
            let at = Span { start: at.start, end: at.start + self.text[at.start..at.end].trim_end().len() };
            body.blocks.push(Block { kind: name.to_owned(), label, at, body: inner });
        }
    }

    /// Reads an expression. It ends before a line end, a comma or a closing bracket.
    fn expression(&mut self) -> Result<Expression, BrokenHcl> {
        self.pass_blank(Lines::Keep);
        let start = self.at;
        let kind = self.nested(Self::primary)?;
        let end = self.at;
        self.pass_blank(Lines::Keep);
        if self.rest().is_empty() || self.rest().starts_with(['\n', ',', ']', '}', ')']) {
            return Ok(Expression { at: Span { start, end }, kind });
        }
        self.pass_operation();
        Ok(Expression { at: Span { start, end: self.at }, kind: Kind::Unknown })
    }

    fn primary(&mut self) -> Result<Kind, BrokenHcl> {
        if let Some(text) = self.quoted() {
            return Ok(Kind::Text(pieces(&text)));
        }
        if let Some(text) = self.heredoc() {
            return Ok(Kind::Text(pieces(&text)));
        }
        if self.passes("[") {
            return self.list();
        }
        if self.passes("{") {
            return self.object();
        }
        let start = self.at;
        while !self.identifier().is_empty() && self.rest().starts_with('.') {
            self.at += 1;
        }
        let word = &self.text[start..self.at];
        Ok(match word {
            "null" => Kind::Null,
            "" => Kind::Unknown,
            _ if word.starts_with(|c: char| c.is_ascii_digit()) || matches!(word, "true" | "false") => {
                Kind::Text(pieces(word))
            }
            name => Kind::Text(pieces(&format!("${{{name}}}"))),
        })
    }

    fn list(&mut self) -> Result<Kind, BrokenHcl> {
        let mut items = Vec::new();
        loop {
            self.pass_blank(Lines::Pass);
            if self.passes("]") {
                return Ok(Kind::List(items));
            }
            if self.is_comprehension() {
                return self.comprehension("]");
            }
            items.push(self.expression()?);
            self.pass_blank(Lines::Pass);
            if !self.passes(",") && !self.rest().starts_with(']') {
                return Err(self.broken());
            }
        }
    }

    fn object(&mut self) -> Result<Kind, BrokenHcl> {
        let mut entries = Vec::new();
        loop {
            self.pass_blank(Lines::Pass);
            if self.passes("}") {
                return Ok(Kind::Mapping(entries));
            }
            if self.is_comprehension() {
                return self.comprehension("}");
            }
            let key = self.quoted().unwrap_or_else(|| self.identifier().to_owned());
            self.pass_blank(Lines::Keep);
            if key.is_empty() || !(self.passes("=") || self.passes(":")) {
                return Err(self.broken());
            }
            entries.push((key, self.expression()?));
            self.pass_blank(Lines::Keep);
            if !self.passes(",") && !self.rest().starts_with(['\n', '}']) {
                return Err(self.broken());
            }
        }
    }

    fn is_comprehension(&self) -> bool {
        self.rest().strip_prefix("for").is_some_and(|rest| rest.starts_with(char::is_whitespace))
    }

    fn comprehension(&mut self, end: &str) -> Result<Kind, BrokenHcl> {
        loop {
            self.pass_operation();
            if self.passes(end) {
                return Ok(Kind::Unknown);
            }
            if !self.passes("\n") && !self.passes(",") {
                return Err(self.broken());
            }
        }
    }

    /// Skips operators, functions and their arguments, up to the end of the expression that contains them.
    fn pass_operation(&mut self) {
        let mut open = 0_usize;
        while let Some(c) = self.rest().chars().next() {
            if self.quoted().is_some() {
                continue;
            }
            match c {
                '\n' | ',' | ']' | '}' | ')' if open == 0 => return,
                '(' | '[' | '{' => open += 1,
                ')' | ']' | '}' => open -= 1,
                _ => {}
            }
            self.at += c.len_utf8();
        }
    }

    /// Reads a string `"…"` and resolves its escapes; `None` if there is none. `${…}` stays as it is.
    fn quoted(&mut self) -> Option<String> {
        let inner = self.rest().strip_prefix('"')?;
        let (mut text, mut open, mut chars) = (String::new(), 0_usize, inner.char_indices());
        while let Some((at, c)) = chars.next() {
            match c {
                '"' if open == 0 => {
                    self.at += at + 2;
                    return Some(text);
                }
                '\n' => return None,
                '\\' => match chars.next()?.1 {
                    'n' => text.push('\n'),
                    't' => text.push('\t'),
                    other => text.push(other),
                },
                _ => {
                    match c {
                        '{' if open > 0 || text.ends_with(['$', '%']) && !text.ends_with("$$") => open += 1,
                        '}' if open > 0 => open -= 1,
                        _ => {}
                    }
                    text.push(c);
                }
            }
        }
        None
    }

    /// Reads a heredoc: `<<WORD`, some lines, and a line with `WORD`. Returns the lines between; `None` if there is no
    /// heredoc.
    fn heredoc(&mut self) -> Option<String> {
        let (first, after) = self.rest().strip_prefix("<<")?.split_once('\n')?;
        let word = first.strip_prefix('-').unwrap_or(first).trim();
        let mut length = self.rest().len() - after.len();
        let mut text = String::new();
        for line in after.split_inclusive('\n') {
            if line.trim() == word {
                self.at += length + line.trim_end().len();
                return Some(text);
            }
            length += line.len();
            text.push_str(line);
        }
        None
    }
}

/// The meaning of line ends in a part of the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Lines {
    /// Line ends end an attribute.
    Keep,
    /// Line ends are white space.
    Pass,
}

#[cfg(test)]
mod tests {
    use super::super::bake_value::Piece;
    use super::*;

    fn text(text: &str) -> Kind {
        Kind::Text(vec![Piece::Literal(text.to_owned())])
    }

    fn value(text: &str) -> Kind {
        let body = read(&format!("a = {text}\nb = 1\n")).unwrap();
        assert_eq!((body.attributes.len(), body.attributes[1].0.as_str()), (2, "b"), "{text}");
        body.attributes[0].1.kind.clone()
    }

    #[test]
    fn values_of_every_kind_are_read() {
        assert_eq!(value(r#""a\"b" # c"#), text("a\"b"));
        assert_eq!(value("12"), text("12"));
        assert_eq!(value("<<EOT\nFROM a\nEOT"), text("FROM a\n"));
        assert_eq!(value("null"), Kind::Null);
        let Kind::Text(pieces) = value(r#""x-${TAG}-$${y}-${upper("z")}""#) else { panic!() };
        let literal = |text: &str| Piece::Literal(text.to_owned());
        let expected = [literal("x-"), Piece::Variable("TAG".to_owned()), literal("-${y}-"), Piece::Unknown];
        assert_eq!(pieces, expected);
        assert_eq!(value("a.b"), Kind::Text(vec![Piece::Variable("a.b".to_owned())]));
        let Kind::List(items) = value("[\n  \"a\", // first\n  [],\n]") else { panic!() };
        assert_eq!((items.len(), &items[0].kind), (2, &text("a")));
        let Kind::Mapping(entries) = value("{\n  a = \"b\"\n  \"c d\": 1, e = {}\n}") else { panic!() };
        let keys: Vec<&str> = entries.iter().map(|(key, _)| key.as_str()).collect();
        assert_eq!(keys, ["a", "c d", "e"]);
    }

    #[test]
    fn other_expressions_are_unknown() {
        for other in [
            "a + b",
            "x == \"}\" ? \"y\" : \"z\"",
            "f(\"a\",\n [b])",
            "[for x in y : \"${x}]\"]",
            "{for k, v in m : k => v}",
            "!a",
            "a[0]",
        ] {
            assert_eq!(value(other), Kind::Unknown, "{other}");
        }
    }

    #[test]
    fn blocks_have_labels_and_places() {
        let file = "// bake\ntarget \"a\" {\n  context = \"./a\"\n}\ngroup default { targets = [\"a\"] }\n/* end */";
        let body = read(file).unwrap();
        let shown: Vec<_> = body.blocks.iter().map(|b| (b.kind.as_str(), b.label.as_str(), b.at)).collect();
        let at = |start, end| Span { start, end };
        assert_eq!(shown, [("target", "a", at(8, 18)), ("group", "default", at(41, 54))]);
        let place = body.blocks[0].body.attributes[0].1.at;
        assert_eq!(&file[place.start..place.end], "\"./a\"");
    }

    #[test]
    fn broken_text_says_where() {
        assert_eq!(read("a = [1 2"), Err(BrokenHcl(Span { start: 8, end: 8 })));
        for text in ["}", "a {", "a = {b}", "a b c", "\"", &"a = [".repeat(100), "a = {\n\"b"] {
            assert!(read(text).is_err(), "{text}");
        }
    }
}
