use std::borrow::Cow;
use std::collections::BTreeMap;
use std::rc::Rc;

use granit_parser::{Event, Parser, ScalarStyle, StrInput, StructureStyle, Tag};

use super::entries::{Entries, name};
use super::node::{Content, Node, Scalar};
use super::syntax;
use crate::config::problems::{Problems, shown};
use crate::model::diagnostic::{Diagnostic, Span};

/// The maximum nesting depth of lists and mappings, with aliases replaced by their values.
pub(super) const MAX_DEPTH: usize = 64;
/// The maximum number of values in a file, not counting values that aliases expand to. 8 MiB of ordinary text contain
/// about this many.
pub(super) const MAX_NODES: usize = 1_000_000;
/// The number of values that aliases may expand to in a file of any size. In a larger file, aliases may expand to more,
/// in proportion to the size of the file, up to `MOST_ALIASED`. So a small file is always cheap to read.
pub(super) const MAX_ALIASED: usize = 10_000;
/// The maximum number of values that aliases may expand to, however large the file is.
const MOST_ALIASED: usize = 250_000;

/// Reads the single document of a file; `None` if the file is empty, or if an error stops the reading.
pub(in crate::config) fn read<'t>(problems: &mut Problems<'t>) -> Option<Node<'t>> {
    let options = granit_parser::options! {
        emit_unresolved_aliases: true,
        emit_anchor_events: true,
        emit_comments: false,
        flow_nesting_limit: MAX_DEPTH,
        block_nesting_limit: MAX_DEPTH,
    };
    let parser = Parser::new_from_str_with_options(problems.file().text(), options);
    let mut builder = Builder { parser, problems, anchors: BTreeMap::new(), names: Vec::new(), nodes: 0, aliased: 0 };
    match builder.document() {
        Ok(root) => root,
        Err(Stop(problem)) => {
            builder.problems.push(*problem);
            None
        }
    }
}

/// An error after which nothing more can be read.
struct Stop(Box<Diagnostic>);

struct Builder<'t, 'p> {
    parser: Parser<'t, StrInput<'t>>,
    problems: &'p mut Problems<'t>,
    /// The anchors, by the parser's id.
    anchors: BTreeMap<usize, Anchor<'t>>,
    names: Vec<Cow<'t, str>>,
    /// How many values were read.
    nodes: usize,
    /// The number of values that aliases and merge keys have added.
    aliased: usize,
}

enum Anchor<'t> {
    /// An anchor whose value is still being read. This is the place of the value.
    Open(Span),
    Read(Extent, Rc<Node<'t>>),
}

/// The size of a value, with aliases replaced by their values.
#[derive(Clone, Copy)]
struct Extent {
    nodes: usize,
    /// The number of nested levels; 1 for a scalar.
    height: usize,
}

/// The anchor and the tag of a node.
struct Properties<'t> {
    at: Span,
    anchor: usize,
    tag: Option<(Cow<'t, Tag>, Span)>,
}

fn span(span: &granit_parser::Span) -> Span {
    let range = span.byte_range().unwrap_or_default();
    Span { start: range.start, end: range.end.max(range.start) }
}

impl<'t> Builder<'t, '_> {
    fn next(&mut self) -> Result<(Event<'t>, granit_parser::Span), Stop> {
        match self.parser.next_event() {
            Some(Ok(event)) => Ok(event),
            Some(Err(error)) => Err(Stop(Box::new(syntax::problem(self.problems.file(), &error)))),
            None => {
                let end = self.problems.file().text().len();
                Err(self.stop("yaml-syntax", "the text ends too early", Span { start: end, end }, ""))
            }
        }
    }

    fn stop(&self, code: &'static str, message: impl Into<String>, at: Span, label: &str) -> Stop {
        Stop(Box::new(Diagnostic::error(code, message).label(self.problems.file(), at, label)))
    }

    fn document(&mut self) -> Result<Option<Node<'t>>, Stop> {
        let mut root = None;
        loop {
            match self.next()? {
                (Event::StreamEnd, _) => return Ok(root),
                (Event::DocumentStart(..), place) if root.is_some() => {
                    let message = "the file holds more than one YAML document";
                    let stop = self.stop("several-documents", message, span(&place), "a second one begins here");
                    return Err(Stop(Box::new(stop.0.help("keep one document; remove the `---` between them"))));
                }
                (Event::DocumentStart(..), _) => {
                    let (event, place) = self.next()?;
                    root = Some(self.node(event, &place, 1)?.0);
                }
                _ => {}
            }
        }
    }

    fn node(
        &mut self,
        event: Event<'t>,
        place: &granit_parser::Span,
        depth: usize,
    ) -> Result<(Node<'t>, Extent), Stop> {
        let at = span(place);
        self.count(at)?;
        self.check_depth(depth, at)?;
        let tag_at = place.tag_span().map_or(at, |tag| span(&tag));
        let properties =
            |anchor, tag: Option<Cow<'t, Tag>>| Properties { at, anchor, tag: tag.map(|tag| (tag, tag_at)) };
        let before = self.total();
        match event {
            Event::Alias(id) => self.alias(id, at, depth),
            Event::UnresolvedAlias(name) => {
                self.unknown_anchor(&name, at);
                Ok((Node::broken(at), Extent { nodes: 1, height: 1 }))
            }
            Event::Scalar(text, style, anchor, tag) => {
                let properties = properties(anchor, tag);
                self.open(&properties)?;
                let content = Content::Scalar(Scalar { text, style, tag: None });
                Ok(self.close(properties, content, Extent { nodes: 1, height: 1 }))
            }
            Event::SequenceStart(style, anchor, tag) => {
                let mut properties = properties(anchor, tag);
                self.open(&properties)?;
                let (items, height) = self.items(style, &mut properties.at, depth)?;
                let extent = Extent { nodes: self.total() - before + 1, height };
                Ok(self.close(properties, Content::List(items), extent))
            }
            Event::MappingStart(style, anchor, tag) => {
                let mut properties = properties(anchor, tag);
                self.open(&properties)?;
                let (entries, height) = self.entries(style, &mut properties.at, depth)?;
                let extent = Extent { nodes: self.total() - before + 1, height };
                Ok(self.close(properties, Content::Mapping(entries), extent))
            }
            _ => Err(self.stop("yaml-syntax", "a value is missing", at, "")),
        }
    }

    fn items(&mut self, style: StructureStyle, at: &mut Span, depth: usize) -> Result<(Vec<Node<'t>>, usize), Stop> {
        let (mut items, mut height) = (Vec::new(), 1);
        loop {
            let (event, place) = self.next()?;
            if event == Event::SequenceEnd {
                close_flow(style, at, &place);
                return Ok((items, height));
            }
            let (item, extent) = self.node(event, &place, depth + 1)?;
            height = height.max(extent.height + 1);
            items.push(item);
        }
    }

    fn entries(
        &mut self,
        style: StructureStyle,
        at: &mut Span,
        depth: usize,
    ) -> Result<(Vec<(Node<'t>, Node<'t>)>, usize), Stop> {
        let (mut entries, mut height, mut first) = (Entries::default(), 1, true);
        loop {
            let (event, place) = self.next()?;
            if event == Event::MappingEnd {
                close_flow(style, at, &place);
                return Ok((entries.into_vec(), height));
            }
            let (key, _) = self.node(event, &place, depth + 1)?;
            if std::mem::take(&mut first) && style == StructureStyle::Block {
                *at = key.at;
            }
            let (event, place) = self.next()?;
            let before = self.total();
            let (value, extent) = self.node(event, &place, depth + 1)?;
            height = height.max(extent.height + 1);
            if is_merge(&key) {
                // The entries that a merge key adds are copied, so they count twice.
                self.count_aliased(self.total() - before, key.at)?;
                self.merge(&mut entries, &key, &value);
            } else {
                self.insert(&mut entries, &key, value);
            }
        }
    }

    fn insert(&mut self, entries: &mut Entries<'t>, key: &Node<'t>, value: Node<'t>) {
        let file = self.problems.file();
        match &key.resolved().content {
            Content::Scalar(_) => {}
            Content::Broken => return,
            _ => {
                let problem = Diagnostic::error("key-not-scalar", "a key is a list or a mapping");
                return self.problems.push(
                    problem.label(file, key.at, "expected a plain key").help("quote a key that begins with `[` or `{`"),
                );
            }
        }
        let at = key.via.unwrap_or(key.at);
        if let Err(first) = entries.insert(name(key), key.clone(), value) {
            let message = format!("the key `{}` appears twice in this mapping", shown(&name(key)));
            let problem = Diagnostic::error("duplicate-key", message).label(file, at, "the second one");
            self.problems.push(problem.label(file, first, "the first one"));
        }
    }

    fn merge(&mut self, entries: &mut Entries<'t>, key: &Node<'t>, value: &Node<'t>) {
        let merged = match &value.resolved().content {
            Content::Broken => return,
            Content::List(list) => {
                let through = |item: &Node<'t>| Node { via: value.via.or(item.via), ..item.clone() };
                list.iter()
                    .filter(|item| !matches!(item.content, Content::Broken))
                    .map(through)
                    .all(|item| entries.merge(&item))
            }
            _ => entries.merge(value),
        };
        if !merged {
            let problem = Diagnostic::error("wrong-merge", "`<<` takes a mapping, or a list of mappings");
            let problem = problem.label(self.problems.file(), key.at, "merges something else");
            self.problems.push(problem.help("give it an alias of a mapping: `<<: *name`"));
        }
    }

    fn alias(&mut self, id: usize, at: Span, depth: usize) -> Result<(Node<'t>, Extent), Stop> {
        match self.anchors.get(&id) {
            Some(Anchor::Read(extent, node)) => {
                let (extent, content) = (*extent, Content::Shared(Rc::clone(node)));
                let node = Node { at: node.at, via: Some(at), content };
                self.count_aliased(extent.nodes - 1, at)?;
                self.check_depth(depth + extent.height - 1, at)?;
                Ok((node, extent))
            }
            Some(Anchor::Open(anchor)) => {
                let problem = Diagnostic::error("alias-cycle", "an alias is inside the value that it refers to");
                let problem = problem.label(self.problems.file(), at, "this alias");
                self.problems.push(problem.label(self.problems.file(), *anchor, "its value begins here"));
                Ok((Node::broken(at), Extent { nodes: 1, height: 1 }))
            }
            None => Ok((Node::broken(at), Extent { nodes: 1, height: 1 })),
        }
    }

    /// Registers the anchor of a node before its content is read. The parser reports the anchor's name in a separate
    /// event.
    fn open(&mut self, properties: &Properties<'t>) -> Result<(), Stop> {
        if properties.anchor != 0 {
            if let (Event::Anchor(_, name), _) = self.next()? {
                self.names.push(name);
            }
            self.anchors.insert(properties.anchor, Anchor::Open(properties.at));
        }
        Ok(())
    }

    fn close(&mut self, properties: Properties<'t>, content: Content<'t>, extent: Extent) -> (Node<'t>, Extent) {
        let Properties { at, anchor, tag } = properties;
        let content = match tag {
            Some((tag, tag_at)) => self.tagged(content, &tag, tag_at),
            None => content,
        };
        let node = Node { at, via: None, content };
        if anchor == 0 {
            return (node, extent);
        }
        let shared = Rc::new(node);
        let content = Content::Shared(Rc::clone(&shared));
        self.anchors.insert(anchor, Anchor::Read(extent, shared));
        (Node { at, via: None, content }, extent)
    }

    fn tagged(&mut self, content: Content<'t>, tag: &Tag, at: Span) -> Content<'t> {
        let core = ["str", "null", "bool", "int", "float", "seq", "map"];
        let core = tag.core_suffix().and_then(|suffix| core.into_iter().find(|name| *name == suffix));
        match (core, content) {
            (Some("map"), content @ Content::Mapping(_)) | (Some("seq"), content @ Content::List(_)) => content,
            (Some(tag), Content::Scalar(scalar)) if !matches!(tag, "map" | "seq") => {
                Content::Scalar(Scalar { tag: Some(tag), ..scalar })
            }
            (None, Content::Scalar(scalar)) if tag.original() == "!" => {
                Content::Scalar(Scalar { tag: Some("str"), ..scalar })
            }
            _ => {
                self.problems.push(syntax::unknown_tag(self.problems.file(), &tag.original(), at));
                Content::Broken
            }
        }
    }

    fn unknown_anchor(&mut self, name: &str, at: Span) {
        let file = self.problems.file();
        if syntax::is_pattern(name) {
            self.problems.push(syntax::unquoted_pattern(file, at, "`*` begins an alias here"));
            return;
        }
        let message = format!("there is no anchor `&{}` above", shown(name));
        let problem = Diagnostic::error("unknown-anchor", message).label(file, at, "used here");
        let meant = self.problems.did_you_mean(name, self.names.iter().map(|name| &**name));
        self.problems.push(match meant {
            Some(meant) => problem.help(format!("did you mean `*{}`?", shown(meant))),
            None => problem.help("define an anchor above its aliases; a pattern that begins with `*` needs quotes"),
        });
    }

    fn total(&self) -> usize {
        self.nodes + self.aliased
    }

    fn count(&mut self, at: Span) -> Result<(), Stop> {
        self.nodes += 1;
        if self.nodes <= MAX_NODES {
            return Ok(());
        }
        let message = format!("the file has more than {MAX_NODES} values");
        Err(self.stop("too-many-values", message, at, "this one is too many"))
    }

    fn count_aliased(&mut self, nodes: usize, at: Span) -> Result<(), Stop> {
        self.aliased += nodes;
        let allowed = self.problems.file().text().len().min(8 * self.nodes);
        let most = (MAX_ALIASED + allowed).min(MOST_ALIASED);
        if self.aliased <= most {
            return Ok(());
        }
        let message = format!("aliases stand for more than {most} values, too many for a file of this size");
        Err(self.stop("too-many-values", message, at, "this one is too many"))
    }

    fn check_depth(&self, depth: usize, at: Span) -> Result<(), Stop> {
        if depth <= MAX_DEPTH {
            return Ok(());
        }
        let message = format!("lists and mappings are nested more than {MAX_DEPTH} deep");
        Err(self.stop("too-deep", message, at, "too deep"))
    }
}

/// Extends the place of a list or mapping in `[]` or `{}` to its closing bracket.
fn close_flow(style: StructureStyle, at: &mut Span, end: &granit_parser::Span) {
    if style == StructureStyle::Flow {
        at.end = at.end.max(span(end).end);
    }
}

fn is_merge(key: &Node<'_>) -> bool {
    matches!(&key.content, Content::Scalar(Scalar { text, style: ScalarStyle::Plain, tag: None }) if text == "<<")
}
