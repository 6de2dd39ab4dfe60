//! Floating tags, which move from image to image, such as `latest` or `main`.

use std::sync::LazyLock;

use regex::Regex;

use super::flavor::{Affix, Flavor, Scope};
use super::image_tag::Draft;
use super::tag_expression::{Expression, Global};
use super::tag_rule::{Enable, Rule, Source};
use super::tag_rules::TagRules;
use crate::model::name::ServiceName;

/// The floating tags that a service's images can have, in all environments together: tags that contain neither a
/// version nor a commit, such as `main`, `edge` and `pr-7`. `latest` is always one of them. All other tags are pins: a
/// pin always names the same image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FloatingTags(Vec<Shape>);

/// The form of a tag, before it is filled in for an event.
type Shape = Vec<Piece>;

#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    Text(String),
    /// Any value: a branch name or a pull request number.
    Any,
}

impl TagRules {
    /// Returns the floating tags of a service's image.
    #[must_use]
    pub fn floating(&self, service: &ServiceName) -> FloatingTags {
        let rules = self.rules.iter().filter(|rule| rule.enable != Enable::Never);
        let shapes = rules.filter_map(|rule| rule_shape(rule, &self.flavor, service));
        let latest = vec![Piece::Text("latest".to_owned())];
        let flavored = latest_shape(&self.flavor, service);
        let mut all: Vec<Shape> = Vec::new();
        for shape in std::iter::once(latest).chain(flavored).chain(shapes) {
            let shape = joined(shape);
            if !all.contains(&shape) {
                all.push(shape);
            }
        }
        FloatingTags(all)
    }
}

impl FloatingTags {
    /// Returns the floating tags that are the same for every event, such as `edge`.
    pub fn known(&self) -> impl Iterator<Item = &str> {
        self.0.iter().filter_map(|shape| match shape.as_slice() {
            [Piece::Text(text)] if !holds_version(text) => Some(text.as_str()),
            _ => None,
        })
    }

    /// Whether a tag is a floating tag.
    #[must_use]
    pub fn contains(&self, tag: &str) -> bool {
        let varies = |shape: &Shape| shape.contains(&Piece::Any) && fits(shape, tag);
        self.known().any(|known| known == tag) || (!is_pin(tag) && self.0.iter().any(varies))
    }
}

fn rule_shape(rule: &Rule, flavor: &Flavor, service: &ServiceName) -> Option<Shape> {
    let body = match &rule.source {
        Source::Schedule { pattern: text } | Source::Raw { value: text } => of(text, service)?,
        Source::Match { value: Some(value), .. } => of(value, service).map(|_| vec![Piece::Any])?,
        Source::Edge { .. } => vec![Piece::Text("edge".to_owned())],
        Source::RefBranch | Source::RefPullRequest => vec![Piece::Any],
        Source::Version { .. } | Source::Match { value: None, .. } | Source::RefTag | Source::Sha(_) => return None,
    };
    let affix = |affix: Option<&Expression<Global>>| affix.map_or(Some(Vec::new()), |affix| of(affix, service));
    Some([affix(rule.prefix(flavor))?, body, affix(rule.suffix(flavor))?].concat())
}

fn latest_shape(flavor: &Flavor, service: &ServiceName) -> Option<Shape> {
    let affix = |affix: &Option<Affix>| match affix.as_ref().filter(|affix| affix.scope == Scope::RulesAndLatest) {
        Some(affix) => of(&affix.text, service),
        None => Some(Vec::new()),
    };
    Some([affix(&flavor.prefix)?, vec![Piece::Text("latest".to_owned())], affix(&flavor.suffix)?].concat())
}

/// Returns the shape of an expression. `None` if the expression contains a version, a commit, a git tag or a date: an
/// image tag with one of these never moves.
fn of(expression: &Expression<Global>, service: &ServiceName) -> Option<Shape> {
    let value = |value: &Global| match value {
        Global::Branch | Global::BaseRef | Global::IsDefaultBranch | Global::IsNotDefaultBranch => Some(Piece::Any),
        Global::Name => {
            let mut draft = Draft::default();
            draft.value(service.as_str());
            Some(Piece::Text(draft.finish().ok().flatten()?.as_str().to_owned()))
        }
        // The date is that of the commit, so a tag with it names one image.
        Global::Tag | Global::Sha | Global::Version | Global::Date(..) => None,
    };
    expression.pieces(|text| Piece::Text(text.to_owned()), value)
}

/// Joins adjacent texts.
fn joined(shape: Shape) -> Shape {
    let mut joined: Shape = Vec::new();
    for piece in shape {
        match (joined.last_mut(), piece) {
            (Some(Piece::Text(before)), Piece::Text(text)) => before.push_str(&text),
            (_, Piece::Text(text)) if text.is_empty() => {}
            (_, piece) => joined.push(piece),
        }
    }
    joined
}

/// Whether a tag has this shape.
fn fits(shape: &[Piece], tag: &str) -> bool {
    match shape.split_first() {
        None => tag.is_empty(),
        Some((Piece::Text(text), rest)) => tag.strip_prefix(text.as_str()).is_some_and(|tag| fits(rest, tag)),
        Some((Piece::Any, [])) => true,
        Some((Piece::Any, rest)) => tag.char_indices().any(|(at, _)| fits(rest, &tag[at..])),
    }
}

/// Whether a tag contains a whole version (three dotted numbers). Such a tag is a pin.
pub(super) fn holds_version(tag: &str) -> bool {
    static VERSION: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"(^|[^0-9.])[0-9]+\.[0-9]+\.[0-9]+").ok());
    VERSION.as_ref().is_none_or(|version| version.is_match(tag))
}

/// Whether a tag that may be the name of a branch looks like a pin: like a version, a part of a version, a commit, or a
/// fingerprint.
fn is_pin(tag: &str) -> bool {
    static PIN: LazyLock<Option<Regex>> = LazyLock::new(|| {
        Regex::new(r"^(v?[0-9]+(\.[0-9]+)*|v?[0-9]+\.[0-9]+[-_.].*|(sha-)?[0-9a-f]{7,64}|fp[0-9]+-.*)$").ok()
    });
    holds_version(tag) || PIN.as_ref().is_none_or(|pin| pin.is_match(tag))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tags(lines: &[&str], flavor: &[&str]) -> FloatingTags {
        let rules = TagRules::parse(lines, Flavor::parse(flavor).unwrap()).unwrap();
        rules.floating(&ServiceName::parse("acme/base").unwrap())
    }

    #[test]
    fn known_tags_have_no_version_and_no_commit() {
        for (lines, flavor, known) in [
            (&[][..], &[][..], "latest"),
            (&["type=raw,value=main", "type=edge", "type=schedule"], &[], "latest nightly edge main"),
            (&["type=raw,value=main", "x,enable=false"], &["prefix=a-", "suffix=-b"], "latest a-main-b"),
            (&["main"], &["suffix=-alpine,onlatest=true"], "latest latest-alpine main-alpine"),
            (&["{{name}}-dev", "type=raw,value=x,prefix={{sha}}-"], &[], "latest acme-base-dev"),
            (
                &["type=semver,pattern={{major}}", "type=sha", "{{version}}", "{{date 'YYYY'}}", "{{tag}}"],
                &[],
                "latest",
            ),
            (&["type=raw,value=node-20.1.0", "stable-3"], &[], "latest stable-3"),
            (&["type=match,pattern=.*", "type=ref,event=tag"], &[], "latest"),
        ] {
            assert_eq!(tags(lines, flavor).known().collect::<Vec<_>>().join(" "), known, "{lines:?}");
        }
    }

    #[test]
    fn a_branch_can_be_anything_but_a_version_or_a_commit() {
        let branch = tags(&["type=ref,event=branch", "type=ref,event=pr", "on-{{branch}}-x"], &[]);
        for tag in ["main", "latest", "feature-x", "pr-7", "2024-rewrite", "on-main-x", "next"] {
            assert!(branch.contains(tag), "{tag}");
        }
        for tag in
            ["1.0.9", "v1.0.9", "1.0", "1", "v2", "1.0-x", "1.0.9-0047-188f7a2", "sha-188f7a2", "188f7a2", "fp2-abc"]
        {
            assert!(!branch.contains(tag), "{tag}");
        }
        let suffixed = tags(&["type=ref,event=branch"], &["suffix=-alpine"]);
        assert!(suffixed.contains("main-alpine") && !suffixed.contains("main") && suffixed.contains("latest"));
        assert!(!tags(&["type=raw,value=main"], &[]).contains("dev"));
    }
}
