//! A fast reader for the YAML that pnpm and yarn write. It makes one pass over the lines.
//!
//! A lockfile may have 50,000 lines, and a general YAML parser takes several times as long as this reader. A file with
//! syntax that these tools never write, such as an anchor, is read by the general parser.

use std::borrow::Cow;

use memchr::{memchr, memchr_iter, memchr3, memchr3_iter};

use super::LockfileError;

/// A document of a YAML file. All of its values are in one list, since a lockfile has tens of thousands of them.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct PlainDocument<'t>(Vec<Node<'t>>);

/// A value of a document. The values that it holds follow it in the list.
#[derive(Debug, PartialEq, Eq)]
struct Node<'t> {
    /// Its key, if it is in a mapping; else empty.
    key: Cow<'t, str>,
    value: Value<'t>,
    /// How many values it holds, at any depth, and itself.
    count: usize,
}

#[derive(Debug, PartialEq, Eq)]
enum Value<'t> {
    /// Numbers are kept as text.
    Text(Cow<'t, str>),
    List,
    Map,
}

/// A YAML value: its node in the list of a document, and the nodes of the values that it holds.
#[derive(Debug, Clone, Copy)]
pub(super) struct PlainYaml<'d>(&'d [Node<'d>]);

/// How deep values may be nested.
const MAX_DEPTH: usize = 32;

/// A line without its indentation.
struct Line<'t> {
    indent: usize,
    text: &'t str,
}

/// The error for YAML that only the general parser can read.
struct NotPlain;

/// Reads the documents of a file.
pub(super) fn documents(text: &str) -> Result<Vec<PlainDocument<'_>>, LockfileError> {
    // pnpm and yarn write `{}` for an empty value, so the value of the last key was cut off.
    if text.trim_end().ends_with(':') {
        return Err(LockfileError::Malformed("its last key has no value".to_owned()));
    }
    plain(text).or_else(|NotPlain| general(text))
}

fn plain(text: &str) -> Result<Vec<PlainDocument<'_>>, NotPlain> {
    let mut documents = Vec::new();
    // An average line has more than 16 bytes, so the list need not grow.
    let mut lines = Vec::with_capacity(text.len() / 16);
    let mut rest = text;
    while !rest.is_empty() {
        let end = memchr(b'\n', rest.as_bytes()).unwrap_or(rest.len());
        let line = rest[..end].strip_suffix('\r').unwrap_or(&rest[..end]);
        rest = rest.get(end + 1..).unwrap_or_default();
        if line == "---" {
            documents.extend(document(std::mem::take(&mut lines))?);
            continue;
        }
        let indent = line.bytes().take_while(|byte| *byte == b' ').count();
        let text = line[indent..].trim_end();
        if !text.is_empty() && !text.starts_with('#') {
            lines.push(Line { indent, text });
        }
    }
    documents.extend(document(lines)?);
    Ok(documents)
}

fn document(lines: Vec<Line<'_>>) -> Result<Option<PlainDocument<'_>>, NotPlain> {
    let Some(first) = lines.first() else { return Ok(None) };
    let indent = first.indent;
    let document = PlainDocument(Vec::with_capacity(lines.len()));
    let mut reader = Reader { lines, at: 0, document };
    reader.block("".into(), indent, 0)?;
    if reader.at < reader.lines.len() { Err(NotPlain) } else { Ok(Some(reader.document)) }
}

impl<'t> PlainDocument<'t> {
    /// Adds a value, and returns its position. The values that are added before it is closed are in it.
    fn open(&mut self, key: Cow<'t, str>, value: Value<'t>) -> usize {
        self.0.push(Node { key, value, count: 1 });
        self.0.len() - 1
    }

    fn close(&mut self, at: usize) {
        self.0[at].count = self.0.len() - at;
    }

    /// Adds a text.
    fn add(&mut self, key: Cow<'t, str>, text: Cow<'t, str>) {
        self.open(key, Value::Text(text));
    }
}

struct Reader<'t> {
    lines: Vec<Line<'t>>,
    at: usize,
    document: PlainDocument<'t>,
}

impl<'t> Reader<'t> {
    fn next_is(&self, is: impl FnOnce(&Line<'t>) -> bool) -> bool {
        self.lines.get(self.at).is_some_and(is)
    }

    /// Reads the mapping or the list whose lines have this indentation, and adds it under a key.
    fn block(&mut self, key: Cow<'t, str>, indent: usize, depth: usize) -> Result<(), NotPlain> {
        if depth > MAX_DEPTH {
            return Err(NotPlain);
        }
        if self.next_is(|line| line.text.starts_with('-')) {
            return self.list(key, indent);
        }
        let map = self.document.open(key, Value::Map);
        while let Some(line) = self.lines.get(self.at).filter(|line| line.indent == indent) {
            let text = line.text;
            self.at += 1;
            let (key, rest) = if let Some(long) = text.strip_prefix("? ") {
                let Some(line) = self.lines.get(self.at).filter(|line| line.indent == indent) else {
                    return Err(NotPlain);
                };
                let rest = line.text.strip_prefix(':').ok_or(NotPlain)?;
                self.at += 1;
                (scalar(long)?, rest.trim_start())
            } else {
                self::key(text)?
            };
            self.value(key, rest, indent, depth)?;
        }
        self.document.close(map);
        if self.next_is(|line| line.indent > indent) { Err(NotPlain) } else { Ok(()) }
    }

    /// Reads a list with this indentation, and adds it under a key. Each of its items is on one line, after `- `.
    fn list(&mut self, key: Cow<'t, str>, indent: usize) -> Result<(), NotPlain> {
        let list = self.document.open(key, Value::List);
        while let Some(line) = self.lines.get(self.at).filter(|line| line.indent == indent) {
            let Some(item) = line.text.strip_prefix("- ") else { break };
            inline(&mut self.document, "".into(), item)?;
            self.at += 1;
        }
        self.document.close(list);
        if self.next_is(|line| line.indent > indent) { Err(NotPlain) } else { Ok(()) }
    }

    /// Reads the value of a key. `rest` is the text after the key's colon, and `indent` is the indentation of the key.
    fn value(&mut self, key: Cow<'t, str>, rest: &'t str, indent: usize, depth: usize) -> Result<(), NotPlain> {
        if rest.is_empty() {
            let next = self.lines.get(self.at);
            let is_list = next.is_some_and(|line| line.indent == indent && line.text.starts_with("- "));
            return match next.map(|line| line.indent) {
                Some(next) if next > indent || is_list => self.block(key, next, depth + 1),
                Some(_) | None => {
                    self.document.add(key, "".into());
                    Ok(())
                }
            };
        }
        if rest.starts_with(['|', '>']) {
            // A text of several lines. No caller uses such a value, so it need not be exact.
            let mut text = String::new();
            while let Some(line) = self.lines.get(self.at).filter(|line| line.indent > indent) {
                text.push_str(line.text);
                text.push('\n');
                self.at += 1;
            }
            self.document.add(key, text.into());
            return Ok(());
        }
        inline(&mut self.document, key, rest)
    }
}

/// Splits a line into a key and the text after its colon.
fn key(text: &str) -> Result<(Cow<'_, str>, &str), NotPlain> {
    let end = match text.as_bytes().first() {
        Some(quote @ (b'"' | b'\'')) => end_of_quoted(text, *quote)?,
        _ => end_of_key(text.as_bytes()).ok_or(NotPlain)?,
    };
    let rest = text[end..].strip_prefix(':').ok_or(NotPlain)?;
    if !rest.is_empty() && !rest.starts_with(' ') {
        return Err(NotPlain);
    }
    let key = scalar(&text[..end])?;
    if key == "<<" { Err(NotPlain) } else { Ok((key, rest.trim_start())) }
}

/// Returns the position of the colon that ends the key at the start of a line: the first colon that a blank or the end
/// of the line follows.
fn end_of_key(line: &[u8]) -> Option<usize> {
    memchr_iter(b':', line).find(|at| line.get(at + 1).is_none_or(|next| *next == b' '))
}

/// Returns the position after the quoted string at the start of `text`.
fn end_of_quoted(text: &str, quote: u8) -> Result<usize, NotPlain> {
    let bytes = text.as_bytes();
    let mut at = 1;
    while at < bytes.len() {
        match bytes[at] {
            b'\\' if quote == b'"' => at += 2,
            byte if byte == quote && quote == b'\'' && bytes.get(at + 1) == Some(&quote) => at += 2,
            byte if byte == quote => return Ok(at + 1),
            _ => at += 1,
        }
    }
    Err(NotPlain)
}

/// Reads a text, quoted or not.
fn scalar(text: &str) -> Result<Cow<'_, str>, NotPlain> {
    match text.as_bytes().first() {
        Some(b'\'') if end_of_quoted(text, b'\'')? == text.len() => {
            let inner = &text[1..text.len() - 1];
            Ok(if inner.contains("''") { inner.replace("''", "'").into() } else { inner.into() })
        }
        Some(b'"') if end_of_quoted(text, b'"')? == text.len() => {
            let inner = &text[1..text.len() - 1];
            // Only the escapes that JSON has too are read here.
            let read = |text: &str| serde_json::from_str::<String>(text).map(Cow::Owned).map_err(|_| NotPlain);
            if inner.contains('\\') { read(text) } else { Ok(inner.into()) }
        }
        Some(b'\'' | b'"' | b'&' | b'*' | b'!' | b'%' | b'@' | b'`' | b'|' | b'>' | b'?' | b'{' | b'[' | b',') => {
            Err(NotPlain)
        }
        _ if text.starts_with("- ") || has_syntax(text.as_bytes()) => Err(NotPlain),
        _ => Ok(text.into()),
    }
}

/// Whether a text without quotes has a comment, a key or a tab in it.
fn has_syntax(text: &[u8]) -> bool {
    memchr3_iter(b'\t', b'#', b':', text).any(|at| match text[at] {
        b'#' => at > 0 && text[at - 1] == b' ',
        b':' => text.get(at + 1) == Some(&b' '),
        _ => true,
    })
}

/// Reads a value that is on one line, a text, `{…}` or `[…]`, and adds it under a key.
fn inline<'t>(document: &mut PlainDocument<'t>, key: Cow<'t, str>, text: &'t str) -> Result<(), NotPlain> {
    if !text.starts_with(['{', '[']) {
        document.add(key, scalar(text)?);
        return Ok(());
    }
    let mut rest = text;
    flow(document, key, &mut rest, 0)?;
    if rest.trim().is_empty() { Ok(()) } else { Err(NotPlain) }
}

/// Reads one value at the start of `rest`, removes it from `rest`, and adds it under a key. The value is `{a: b}`,
/// `[a, b]`, or a text in one of these.
fn flow<'t>(
    document: &mut PlainDocument<'t>,
    key: Cow<'t, str>,
    rest: &mut &'t str,
    depth: usize,
) -> Result<(), NotPlain> {
    if depth > MAX_DEPTH {
        return Err(NotPlain);
    }
    let (value, end) = match rest.as_bytes().first() {
        Some(b'{') => (Value::Map, '}'),
        Some(b'[') => (Value::List, ']'),
        _ => {
            document.add(key, flow_text(rest)?);
            return Ok(());
        }
    };
    let is_map = value == Value::Map;
    let at = document.open(key, value);
    *rest = rest[1..].trim_start();
    loop {
        if let Some(behind) = rest.strip_prefix(end) {
            *rest = behind.trim_start();
            document.close(at);
            return Ok(());
        }
        let mut key = Cow::Borrowed("");
        if is_map {
            key = flow_text(rest)?;
            *rest = rest.strip_prefix(": ").ok_or(NotPlain)?.trim_start();
        }
        flow(document, key, rest, depth + 1)?;
        match rest.as_bytes().first() {
            Some(b',') => *rest = rest[1..].trim_start(),
            Some(b'}' | b']') => {}
            _ => return Err(NotPlain),
        }
    }
}

fn flow_text<'t>(rest: &mut &'t str) -> Result<Cow<'t, str>, NotPlain> {
    let text: &'t str = rest;
    let end = if let Some(quote @ (b'"' | b'\'')) = text.as_bytes().first() {
        end_of_quoted(text, *quote)?
    } else {
        let bytes = text.as_bytes();
        let is_end = |at: &usize| bytes[*at] != b':' || bytes.get(at + 1) == Some(&b' ');
        let end = memchr3_iter(b',', b'}', b':', bytes).find(is_end).unwrap_or(bytes.len());
        memchr3(b']', b'{', b'[', &bytes[..end]).unwrap_or(end)
    };
    *rest = text[end..].trim_start();
    scalar(text[..end].trim_end())
}

/// The size of the largest file that the general parser reads, in bytes. It is lower than [`super::MAX_LOCKFILE`],
/// since the general parser takes several times as long.
const MAX_GENERAL: usize = 4 << 20;

/// Reads the documents of a file with the general parser.
fn general(text: &str) -> Result<Vec<PlainDocument<'static>>, LockfileError> {
    // The general parser takes a time that grows with the square of the number of open brackets.
    if text.len() > MAX_GENERAL || brackets(text) > MAX_DEPTH {
        return Err(LockfileError::Malformed("pnpm and yarn do not write such a file".to_owned()));
    }
    let read = |document| {
        let value: serde_yaml::Value = serde::Deserialize::deserialize(document).map_err(LockfileError::malformed)?;
        let mut document = PlainDocument::default();
        add_value(&mut document, "".into(), value, 0)?;
        Ok(document)
    };
    serde_yaml::Deserializer::from_str(text).map(read).collect()
}

/// Returns the largest number of `[` and `{` that are open at the same time. Brackets in strings are counted too.
fn brackets(text: &str) -> usize {
    let (mut open, mut most) = (0_usize, 0);
    for byte in text.bytes() {
        match byte {
            b'[' | b'{' => open += 1,
            b']' | b'}' => open = open.saturating_sub(1),
            _ => {}
        }
        most = most.max(open);
    }
    most
}

/// Adds a value that the general parser has read.
fn add_value(
    document: &mut PlainDocument<'static>,
    key: Cow<'static, str>,
    value: serde_yaml::Value,
    depth: usize,
) -> Result<(), LockfileError> {
    if depth > MAX_DEPTH {
        return Err(LockfileError::Malformed("it is nested too deep".to_owned()));
    }
    match value {
        serde_yaml::Value::Null => document.add(key, "".into()),
        serde_yaml::Value::Bool(value) => document.add(key, value.to_string().into()),
        serde_yaml::Value::Number(value) => document.add(key, value.to_string().into()),
        serde_yaml::Value::String(value) => document.add(key, value.into()),
        serde_yaml::Value::Sequence(list) => {
            let at = document.open(key, Value::List);
            list.into_iter().try_for_each(|item| add_value(document, "".into(), item, depth + 1))?;
            document.close(at);
        }
        serde_yaml::Value::Mapping(map) => {
            let at = document.open(key, Value::Map);
            for (key, value) in map {
                add_value(document, key_text(key)?.into(), value, depth + 1)?;
            }
            document.close(at);
        }
        serde_yaml::Value::Tagged(_) => return Err(LockfileError::Malformed("a value has a tag".to_owned())),
    }
    Ok(())
}

/// Returns the text of a key that the general parser has read.
fn key_text(key: serde_yaml::Value) -> Result<String, LockfileError> {
    match key {
        serde_yaml::Value::Null => Ok(String::new()),
        serde_yaml::Value::Bool(key) => Ok(key.to_string()),
        serde_yaml::Value::Number(key) => Ok(key.to_string()),
        serde_yaml::Value::String(key) => Ok(key),
        serde_yaml::Value::Sequence(_) | serde_yaml::Value::Mapping(_) => {
            Err(LockfileError::Malformed("a key is no text".to_owned()))
        }
        serde_yaml::Value::Tagged(_) => Err(LockfileError::Malformed("a value has a tag".to_owned())),
    }
}

impl PlainDocument<'_> {
    /// Returns the value that is the document.
    pub(super) fn root(&self) -> PlainYaml<'_> {
        PlainYaml(&self.0)
    }
}

impl<'d> PlainYaml<'d> {
    /// Returns the values that this one holds, each with its key.
    fn children(self) -> impl Iterator<Item = (&'d str, Self)> {
        let mut rest = &self.0[1..];
        std::iter::from_fn(move || {
            let first = rest.first()?;
            let (child, others) = rest.split_at(first.count);
            rest = others;
            Some((&*first.key, Self(child)))
        })
    }

    /// Returns the entries of a mapping. Any other value has none.
    pub(super) fn entries(self) -> impl Iterator<Item = (&'d str, Self)> {
        let map = (self.0[0].value == Value::Map).then_some(self);
        map.into_iter().flat_map(Self::children)
    }

    /// Returns the value of a key; `None` if there is no such key, or this is not a mapping.
    pub(super) fn get(self, key: &str) -> Option<Self> {
        self.entries().find(|(name, _)| *name == key).map(|(_, value)| value)
    }

    /// Returns the text; `None` for a list or a mapping.
    pub(super) fn text(self) -> Option<&'d str> {
        if let Value::Text(text) = &self.0[0].value { Some(text) } else { None }
    }

    /// Returns the value of a key if it is a text; `None` if the key is missing, or its value is a list or a mapping.
    pub(super) fn text_of(self, key: &str) -> Option<&'d str> {
        self.get(key)?.text()
    }

    /// Returns the value in a canonical text form. The order of keys makes no difference.
    pub(super) fn canonical(self) -> String {
        let mut text = String::new();
        self.write_canonical(&mut text);
        text
    }

    fn write_canonical(self, to: &mut String) {
        match &self.0[0].value {
            Value::Text(text) => quote(text, to),
            Value::List => {
                to.push('[');
                for (number, (_, item)) in self.children().enumerate() {
                    to.push_str(if number == 0 { "" } else { "," });
                    item.write_canonical(to);
                }
                to.push(']');
            }
            Value::Map => {
                to.push('{');
                let mut entries = self.children();
                if let (Some(single), None) = (entries.next(), entries.next()) {
                    write_entry(single, to);
                } else {
                    let mut entries: Vec<String> = self.children().map(entry).collect();
                    entries.sort_unstable();
                    to.push_str(&entries.join(","));
                }
                to.push('}');
            }
        }
    }
}

/// Returns an entry of a mapping in a canonical text form.
fn entry(entry: (&str, PlainYaml<'_>)) -> String {
    let mut text = String::new();
    write_entry(entry, &mut text);
    text
}

fn write_entry((key, value): (&str, PlainYaml<'_>), to: &mut String) {
    quote(key, to);
    to.push(':');
    value.write_canonical(to);
}

/// Writes a text as a string of JSON.
fn quote(text: &str, to: &mut String) {
    let is_plain = |byte: u8| byte >= b' ' && byte != b'"' && byte != b'\\';
    if text.bytes().all(is_plain) {
        to.push('"');
        to.push_str(text);
        to.push('"');
    } else {
        to.push_str(&serde_json::Value::String(text.to_owned()).to_string());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_canonical_text_is_that_of_json() {
        let documents = documents("b: {y: 'a\"', x: [é, \"c\\n\"]}\na: ''\n").unwrap();
        assert_eq!(documents[0].root().canonical(), r#"{"a":"","b":{"x":["é","c\n"],"y":"a\""}}"#);
    }

    #[test]
    fn both_parsers_read_the_same() {
        for text in [
            "a: 1\nb:\n  c: 'it''s'\n  \"d e\": \"x\\ny\"\nf: {g: [h, 'i j'], k: l:m}\n",
            "overrides:\n  - a\n  - 'b'\nlist:\n- x\n- y\nlast: z\n",
            "# comment\n\n? long key\n: value\n? other\n:\n  a: b\n",
            "'@a/b@1.0.0(c@2)':\n  resolution: {integrity: sha512-a+/==}\n  deprecated: ''\n  engines: {node: '>=18'}\nempty:\nx: {}\n",
        ] {
            let general = general(text).unwrap();
            assert_eq!(plain(text).ok(), Some(general), "{text}");
        }
        assert_eq!(documents("---\na: b\n---\nc: d\n").unwrap().len(), 2);
    }

    #[test]
    fn what_is_not_plain_is_left_to_the_general_parser() {
        for text in ["a: &x b\nc: *x\n", "a: b # c\n", "a:\n  - b: c\n", "a: b\n  c\n", "- - a\n", "a: !t b\n"] {
            assert!(plain(text).is_err(), "{text}");
        }
        assert_eq!(documents("a: &x b\nc: *x\n").unwrap()[0].root().text_of("c"), Some("b"));
    }

    #[test]
    fn hostile_texts_end() {
        let line = |n| format!("{}: &{} [{}]", b(n + 1), b(n + 1), vec![format!("*{}", b(n)); 9].join(","));
        let bomb: Vec<String> = (0..9).map(line).collect();
        assert!(documents(&format!("a: &a [x,x,x,x,x,x,x,x,x]\n{}\n", bomb.join("\n"))).is_err());
        assert!(documents(&format!("a: {}", "[".repeat(100_000))).is_err());
        let steps: Vec<String> = (0..5_000).map(|depth| " ".repeat(depth) + "a:").collect();
        assert!(documents(&steps.join("\n")).is_err());
        for text in ["", "a: '", "a: {", "a: [b", "?", ":", "a:\n - b\n c", "\u{e9}: {\u{e9}: \u{e9}}", "'", "\"\\"] {
            let _ = documents(text);
        }
    }

    fn b(n: usize) -> char {
        char::from(b'a' + u8::try_from(n).unwrap())
    }
}
