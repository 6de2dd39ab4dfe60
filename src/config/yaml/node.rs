use std::borrow::Cow;
use std::ops::Range;
use std::rc::Rc;

use granit_parser::ScalarStyle;

use crate::model::diagnostic::{Located, SourceFile, Span};

/// A YAML value as it is written.
#[derive(Debug, Clone)]
pub(in crate::config) struct Node<'t> {
    /// The place where the value is written.
    pub(super) at: Span,
    /// The place of the alias or merge key through which it is used here, if there is one.
    pub(super) via: Option<Span>,
    pub(super) content: Content<'t>,
}

/// The content of a value.
#[derive(Debug, Clone)]
pub(in crate::config) enum Content<'t> {
    Scalar(Scalar<'t>),
    List(Vec<Node<'t>>),
    /// The entries. Keys are scalars, and no two are the same; merge keys are resolved.
    Mapping(Vec<(Node<'t>, Node<'t>)>),
    /// The node that an anchor and its aliases share. The content of a [`View`] is never of this kind.
    Shared(Rc<Node<'t>>),
    /// A value that could not be read; the problem has been reported.
    Broken,
}

/// A value that is neither a list nor a mapping.
#[derive(Debug, Clone)]
pub(in crate::config) struct Scalar<'t> {
    pub(super) text: Cow<'t, str>,
    pub(super) style: ScalarStyle,
    /// The name of its tag in the core schema: `str` for `!!str`.
    pub(super) tag: Option<&'static str>,
}

/// The meaning of a scalar in YAML 1.2's core schema, where `yes` and `on` are texts.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::config) enum Meaning {
    Null,
    Bool(bool),
    Number(serde_yaml::Number),
    Text,
}

/// A value at the place where it is used.
#[derive(Debug, Clone, Copy)]
pub(in crate::config) struct View<'t> {
    node: &'t Node<'t>,
    via: Option<Span>,
}

impl Scalar<'_> {
    /// Returns the text, whatever its type is: `1.20` keeps its zero.
    pub(in crate::config) fn text(&self) -> &str {
        &self.text
    }

    /// Whether it is written without quotes.
    pub(in crate::config) fn is_plain(&self) -> bool {
        self.style == ScalarStyle::Plain
    }

    /// Returns the text if the scalar has neither quotes nor a tag, else `None`.
    pub(in crate::config) fn bare(&self) -> Option<&str> {
        (self.is_plain() && self.tag.is_none()).then_some(&*self.text)
    }

    pub(in crate::config) fn meaning(&self) -> Meaning {
        match self.tag {
            Some("str") => Meaning::Text,
            Some("null") => Meaning::Null,
            Some(_) => plain(&self.text),
            None if self.is_plain() => plain(&self.text),
            None => Meaning::Text,
        }
    }
}

fn plain(text: &str) -> Meaning {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => Meaning::Null,
        "true" | "True" | "TRUE" => Meaning::Bool(true),
        "false" | "False" | "FALSE" => Meaning::Bool(false),
        // A number begins with a digit, `+`, `-` or `.`. Most texts are paths, and are decided here.
        _ if !text.starts_with(|c: char| c.is_ascii_digit() || "+-.".contains(c)) => Meaning::Text,
        _ => text.parse().map_or(Meaning::Text, Meaning::Number),
    }
}

impl<'t> Node<'t> {
    pub(super) fn broken(at: Span) -> Self {
        Self { at, via: None, content: Content::Broken }
    }

    /// Returns the shared node if this node has an anchor or is an alias, else this node.
    pub(super) fn resolved(&self) -> &Self {
        match &self.content {
            Content::Shared(node) => node.resolved(),
            _ => self,
        }
    }

    pub(in crate::config) fn view(&'t self) -> View<'t> {
        View::new(self, None)
    }
}

impl<'t> View<'t> {
    fn new(node: &'t Node<'t>, outer: Option<Span>) -> Self {
        let via = outer.or(node.via);
        match &node.content {
            Content::Shared(shared) => Self::new(shared, via),
            _ => Self { node, via },
        }
    }

    pub(in crate::config) fn content(self) -> &'t Content<'t> {
        &self.node.content
    }

    /// Whether the value could not be read. The problem has been reported already.
    pub(in crate::config) fn is_broken(self) -> bool {
        matches!(self.content(), Content::Broken)
    }

    pub(in crate::config) fn scalar(self) -> Option<&'t Scalar<'t>> {
        if let Content::Scalar(scalar) = self.content() { Some(scalar) } else { None }
    }

    /// Returns the text of a scalar; empty for anything else.
    pub(in crate::config) fn text(self) -> &'t str {
        self.scalar().map_or("", Scalar::text)
    }

    pub(in crate::config) fn is_null(self) -> bool {
        self.scalar().is_some_and(|scalar| scalar.meaning() == Meaning::Null)
    }

    pub(in crate::config) fn list(self) -> Option<impl Iterator<Item = View<'t>>> {
        let Content::List(items) = self.content() else { return None };
        Some(items.iter().map(move |item| Self::new(item, self.via)))
    }

    pub(in crate::config) fn mapping(self) -> Option<impl Iterator<Item = (View<'t>, View<'t>)> + Clone> {
        let Content::Mapping(entries) = self.content() else { return None };
        Some(entries.iter().map(move |(key, value)| (Self::new(key, self.via), Self::new(value, self.via))))
    }

    /// Returns the value of a mapping's key.
    pub(in crate::config) fn get(self, key: &str) -> Option<View<'t>> {
        self.mapping()?.find(|(name, _)| name.text() == key).map(|(_, value)| value)
    }

    /// Returns its type, for messages.
    pub(in crate::config) fn kind(self) -> &'static str {
        match self.content() {
            Content::Scalar(scalar) => match scalar.meaning() {
                Meaning::Null => "nothing",
                Meaning::Bool(_) => "a boolean",
                Meaning::Number(_) => "a number",
                Meaning::Text => "a string",
            },
            Content::List(_) => "a list",
            Content::Mapping(_) => "a mapping",
            Content::Shared(_) | Content::Broken => "something unreadable",
        }
    }

    /// Returns a value that was read from this view, with the view's place.
    pub(in crate::config) fn locate<T>(self, value: T) -> Located<T> {
        Located { value, used: self.via.unwrap_or(self.node.at), defined: self.node.at }
    }

    /// Returns the place of a part of a scalar's text. If escapes or folding change the text, the place of the part is
    /// not known, and the result is the place of the whole scalar.
    pub(in crate::config) fn locate_part(self, file: &SourceFile, part: Range<usize>) -> Located<()> {
        let (text, written) = (self.text(), file.slice(self.node.at));
        let quote = usize::from(written.len() >= 2 && written.starts_with(['"', '\'']));
        let verbatim = written.get(quote..written.len() - quote) == Some(text);
        if !verbatim || part.end > text.len() {
            return self.locate(());
        }
        let text_start = self.node.at.start + quote;
        let defined = Span { start: text_start + part.start, end: text_start + part.end };
        Located { value: (), used: self.via.unwrap_or(defined), defined }
    }
}
