//! Values of bake files, as far as they can be known without running bake.

use std::collections::BTreeMap;

use crate::inputs::source::declared_build::Filled;
use crate::model::diagnostic::Span;

/// A value, and its place in the file.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Expression {
    pub(super) at: Span,
    pub(super) kind: Kind,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Kind {
    Text(Vec<Piece>),
    List(Vec<Expression>),
    Mapping(Vec<(String, Expression)>),
    /// `null`, which counts as absent.
    Null,
    /// Any other expression: a function, a condition, a comprehension.
    Unknown,
}

/// A part of a text.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Piece {
    Literal(String),
    /// A variable, or a part of one: `item.name`.
    Variable(String),
    Unknown,
}

/// The variables that are known.
pub(super) type Variables = BTreeMap<String, String>;

impl Expression {
    /// Returns the text with its variables filled in. If that is not possible, the result is `written`, the expression
    /// as in the file.
    pub(super) fn filled(&self, variables: &Variables, written: &str) -> Filled {
        self.text(|name| variables.get(name).cloned())
            .map_or_else(|| Filled::Unknown(written.to_owned()), Filled::Known)
    }

    /// Returns the text with its variables filled in by `variable`; `None` if a variable is not known, or the value is
    /// not a text.
    pub(super) fn text(&self, variable: impl Fn(&str) -> Option<String>) -> Option<String> {
        let Kind::Text(pieces) = &self.kind else { return None };
        let text = |piece: &Piece| match piece {
            Piece::Literal(text) => Some(text.clone()),
            Piece::Variable(name) => variable(name),
            Piece::Unknown => None,
        };
        pieces.iter().map(text).collect()
    }

    pub(super) fn list(&self) -> &[Self] {
        if let Kind::List(items) = &self.kind { items } else { &[] }
    }

    pub(super) fn mapping(&self) -> &[(String, Self)] {
        if let Kind::Mapping(entries) = &self.kind { entries } else { &[] }
    }
}

/// Splits a text into its literal parts and its `${…}` and `%{…}` parts.
pub(super) fn pieces(text: &str) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut literal = String::new();
    let mut rest = text;
    while let Some(at) = rest.find('$').or_else(|| rest.find("%{")) {
        literal.push_str(&rest[..at]);
        rest = &rest[at..];
        if let Some(escaped) = rest.strip_prefix("$${") {
            literal.push_str("${");
            rest = escaped;
        } else if let Some(inner) = rest.strip_prefix("${").or_else(|| rest.strip_prefix("%{")) {
            let end = inner.find('}').unwrap_or(inner.len());
            let name = inner[..end].trim();
            let is_name = !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || "_-.".contains(c));
            if !literal.is_empty() {
                pieces.push(Piece::Literal(std::mem::take(&mut literal)));
            }
            let known = is_name && rest.starts_with('$');
            pieces.push(if known { Piece::Variable(name.to_owned()) } else { Piece::Unknown });
            rest = inner.get(end + 1..).unwrap_or_default();
        } else {
            literal.push('$');
            rest = &rest[1..];
        }
    }
    literal.push_str(rest);
    if !literal.is_empty() || pieces.is_empty() {
        pieces.push(Piece::Literal(literal));
    }
    pieces
}
