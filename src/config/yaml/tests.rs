//! Compares the tree with `serde_yaml::from_str`, which reads the same language with another parser.

use std::fmt::{self, Write as _};

use proptest::prelude::*;
use serde_yaml::Value;

use super::read;
use crate::config::problems::Problems;
use crate::model::diagnostic::SourceFile;

/// Returns the value that our reader reads from a text; `Err` has the codes of the problems.
fn ours(text: &str) -> Result<Option<Value>, Vec<&'static str>> {
    let file = SourceFile::new("f", text);
    let mut problems = Problems::new(&file);
    let value = read(&mut problems).map(|root| root.view().to_value());
    if problems.has_errors() {
        return Err(problems.into_sorted().iter().map(|problem| problem.code).collect());
    }
    Ok(value)
}

/// A YAML value as text, in one of several ways to write it.
#[derive(Debug, Clone)]
enum Written {
    Scalar(&'static str),
    /// A scalar that is only possible in block style.
    Block(&'static str),
    List(Style, Vec<Written>),
    Mapping(Style, Vec<Written>),
    Anchored(Box<Written>),
    /// An alias of the anchor this many steps back, if there is one.
    Alias(usize),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Style {
    Block,
    Flow,
}

const SCALARS: &[&str] = &[
    "word",
    "src/**",
    "two words",
    "yes",
    "on",
    "no",
    "y",
    "true",
    "False",
    "TRUE",
    "~",
    "null",
    "Null",
    "\"\"",
    "''",
    "0",
    "-1",
    "+7",
    "007",
    "0x1F",
    "0o17",
    "0b11",
    "1.20",
    "1e3",
    "-.5",
    "6.",
    ".inf",
    "-.INF",
    "1_000",
    "2024-01-01",
    "18446744073709551615",
    "-9223372036854775808",
    "'it''s'",
    "'# no comment'",
    "\"tab\\tnew\\nline \\u00fc\"",
    "\"*.ts\"",
    "'!x'",
    "a#b",
    "a:b",
    "http://x/y",
    "ünïcode",
    "\"multi\n                                line\"",
    "!!str 12",
    "!!str",
    "-a",
];
const BLOCKS: &[&str] = &["|\n one\n two\n", ">\n one\n two\n\n three\n", "|-\n one\n", ">+\n one\n\n"];

fn written() -> impl Strategy<Value = Written> {
    let leaf = prop_oneof![
        8 => proptest::sample::select(SCALARS).prop_map(Written::Scalar),
        1 => proptest::sample::select(BLOCKS).prop_map(Written::Block),
        1 => (1_usize..4).prop_map(Written::Alias),
    ];
    let style = prop_oneof![Just(Style::Block), Just(Style::Flow)];
    leaf.prop_recursive(4, 40, 5, move |inner| {
        let list = proptest::collection::vec(inner.clone(), 0..5);
        prop_oneof![
            3 => (style.clone(), list.clone()).prop_map(|(style, items)| Written::List(style, items)),
            3 => (style.clone(), list).prop_map(|(style, items)| Written::Mapping(style, items)),
            1 => inner.prop_map(|inner| Written::Anchored(Box::new(inner))),
        ]
    })
}

/// Writes values; counts anchors that an alias may name.
#[derive(Default)]
struct Writer {
    text: String,
    anchors: usize,
}

impl Writer {
    /// Writes a value after `-`, `:` or nothing, and ends the line.
    fn block(&mut self, value: &Written, indent: usize) {
        match value {
            Written::List(Style::Block, items) if !items.is_empty() => {
                for item in items {
                    self.line(indent, "-");
                    self.block(item, indent + 2);
                }
            }
            Written::Mapping(Style::Block, items) if !items.is_empty() => {
                for (at, item) in items.iter().enumerate() {
                    self.line(indent, &format!("key{at}:"));
                    self.block(item, indent + 2);
                }
            }
            Written::Block(text) => {
                let (head, lines) = text.split_once('\n').unwrap();
                self.put(format_args!(" {head}\n"));
                for line in lines.lines() {
                    self.put(format_args!("{}{line}\n", " ".repeat(indent)));
                }
            }
            Written::Anchored(inner) if !matches!(**inner, Written::Alias(_) | Written::Anchored(_)) => {
                let anchor = self.anchors;
                self.put(format_args!(" &a{anchor}"));
                self.anchors += 1;
                self.block(inner, indent);
            }
            _ => {
                self.text.push(' ');
                self.flow(value);
                self.text.push('\n');
            }
        }
    }

    fn put(&mut self, text: fmt::Arguments<'_>) {
        self.text.write_fmt(text).unwrap();
    }

    fn line(&mut self, indent: usize, text: &str) {
        if !self.text.ends_with('\n') && !self.text.is_empty() {
            self.text.push('\n');
        }
        self.put(format_args!("{}{text}", " ".repeat(indent)));
    }

    fn flow(&mut self, value: &Written) {
        match value {
            Written::Scalar(text) => self.text.push_str(text),
            Written::Block(_) => self.text.push_str("'block'"),
            Written::List(_, items) => {
                self.text.push('[');
                for item in items {
                    self.flow(item);
                    self.text.push_str(", ");
                }
                self.text.push(']');
            }
            Written::Mapping(_, items) => {
                self.text.push('{');
                for (at, item) in items.iter().enumerate() {
                    self.put(format_args!("key{at}: "));
                    self.flow(item);
                    self.text.push_str(", ");
                }
                self.text.push('}');
            }
            Written::Anchored(inner) => self.flow(inner),
            Written::Alias(back) => match self.anchors.checked_sub(*back) {
                Some(anchor) => self.put(format_args!("*a{anchor} ")),
                None => self.text.push_str("none"),
            },
        }
    }
}

fn document() -> impl Strategy<Value = String> {
    proptest::collection::vec(written(), 1..4).prop_map(|values| {
        let mut writer = Writer::default();
        writer.block(&Written::Mapping(Style::Block, values), 0);
        writer.text
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_document_means_what_serde_yaml_reads(text in document()) {
        // An alias inside its own anchor is an error for both parsers.
        match serde_yaml::from_str::<Value>(&text) {
            Ok(theirs) => prop_assert_eq!(ours(&text), Ok(Some(theirs)), "{}", text),
            Err(error) => prop_assert!(ours(&text).is_err(), "{error}: {text}"),
        }
    }

    #[test]
    fn a_damaged_document_means_the_same_to_both_or_is_refused(
        text in document(), at in any::<proptest::sample::Index>(), with in "[-:#{}\\[\\]\"' \nx]{0,2}",
    ) {
        let mut at = at.index(text.len());
        while !text.is_char_boundary(at) {
            at -= 1;
        }
        let behind = text[at..].chars().next().map_or(0, char::len_utf8);
        // If a literal block ends the text without a line break, our reader adds the line break, as js-yaml does, and
        // libyaml does not. So the text gets a line break here.
        let damaged = format!("{}{with}{}\n", &text[..at], &text[at + behind..]);
        // libyaml ends the name of an anchor at a `:`, as YAML 1.1 did.
        prop_assume!(!damaged.contains(['&', '*']));
        // The tag `!` makes a string (YAML 1.2, 6.8.2 and 10.1); serde_yaml makes it a value with the tag `!!`.
        prop_assume!(!damaged.contains("! ") && !damaged.contains("!\n"));
        // After a tag, libyaml reads the `:` of `[!!str :1]` as the `:` of a mapping. In YAML 1.2, a space must follow
        // such a `:`.
        prop_assume!(!(damaged.contains("!!") && damaged.contains(" :")));
        if let (Ok(theirs), Ok(ours)) = (serde_yaml::from_str::<Value>(&damaged), ours(&damaged)) {
            prop_assert_eq!(ours.unwrap_or(Value::Null), theirs, "{}", damaged);
        }
    }
}

#[test]
fn a_literal_block_ends_with_a_line_break_even_where_the_text_does_not() {
    assert_eq!(ours("a: |\n  one").unwrap().unwrap()["a"], Value::from("one\n"));
}

#[test]
fn merge_keys_follow_yaml_1_1() {
    let text = "
        x: &x {a: x, b: x}
        y: &y {b: y, c: y}
        first: {<<: [*x, *y], c: own}
        last: {c: own, <<: *y}
        quoted: {'<<': 1}
    ";
    let value = ours(text).unwrap().unwrap();
    let get = |name: &str| serde_json::to_string(&value[name]).unwrap();
    assert_eq!(get("first"), r#"{"a":"x","b":"x","c":"own"}"#);
    assert_eq!(get("last"), r#"{"c":"own","b":"y"}"#);
    assert_eq!(get("quoted"), r#"{"<<":1}"#);
}

#[test]
fn own_keys_replace_merged_ones_where_they_stand() {
    let file = SourceFile::new("f", "x: &x {a: 1, b: 2}\ny: {<<: *x, c: 3, a: 4}\n");
    let mut problems = Problems::new(&file);
    let root = read(&mut problems).unwrap();
    let keys: Vec<&str> = root.view().get("y").unwrap().mapping().unwrap().map(|(key, _)| key.text()).collect();
    assert_eq!(keys, ["a", "b", "c"]);
}

#[test]
fn values_know_where_they_are_used_and_defined() {
    let text = "x: &x [one]\ny: *x\nz: &z {<<: &m {k: v}}\nw: {<<: *z}\n";
    let file = SourceFile::new("f", text);
    let mut problems = Problems::new(&file);
    let root = read(&mut problems).unwrap();
    let item = |key: &str| root.view().get(key).unwrap().list().unwrap().next().unwrap().locate(());
    assert_eq!((item("x").used, item("x").defined), (item("x").defined, item("x").defined));
    assert_eq!((file.slice(item("y").used), file.slice(item("y").defined)), ("*x", "one"));
    let merged = root.view().get("w").unwrap().get("k").unwrap().locate(());
    assert_eq!((file.slice(merged.used), file.slice(merged.defined)), ("*z", "v"));
}

#[test]
fn limits_hold() {
    let lists = |depth: usize| format!("a: {}{}", "[".repeat(depth), "]".repeat(depth));
    assert!(ours(&lists(super::composer::MAX_DEPTH - 1)).is_ok());
    assert_eq!(ours(&lists(super::composer::MAX_DEPTH)), Err(vec!["too-deep"]));
    let items = |count: usize| format!("[{}]", "x,".repeat(count));
    assert!(ours(&items(super::composer::MAX_NODES - 1)).is_ok());
    assert_eq!(ours(&items(super::composer::MAX_NODES)), Err(vec!["too-many-values"]));
    // An alias of ten values counts nine more than itself.
    let aliases = |count: usize| format!("a: &a [{}]\nb: [{}]", "x,".repeat(9), "*a,".repeat(count));
    let most = |text: &str| super::composer::MAX_ALIASED + text.len();
    let least = (1..super::composer::MAX_ALIASED).find(|count| count * 9 > most(&aliases(*count))).unwrap();
    assert!(ours(&aliases(least - 1)).is_ok());
    assert_eq!(ours(&aliases(least)), Err(vec!["too-many-values"]));
}
