//! The places of the values of a YAML file. serde returns the values without places.

use std::collections::BTreeMap;
use std::rc::Rc;

use granit_parser::{Event, Parser, StrInput};
use serde::de::DeserializeOwned;

use super::unreadable;
use crate::model::diagnostic::{Diagnostic, SourceFile, Span};

/// The deepest nesting of lists and mappings whose places are read.
const MAX_DEPTH: usize = 64;

/// The places of a file's values.
#[derive(Debug, Default)]
pub(super) struct YamlPlaces(Rc<Place>);

/// The place of a value, and the places of its parts. The key of a part is its key in a mapping, or its number in a
/// list, from 0.
#[derive(Debug, Default)]
struct Place {
    at: Span,
    parts: BTreeMap<String, Rc<Place>>,
}

/// Reads the first document of a file. Returns it as a value of type `T`, with merge keys (`<<`) applied, and the
/// places of its values.
///
/// # Errors
/// When the file is not YAML, or its first document does not have the form of `T`.
pub(super) fn read<T: DeserializeOwned>(file: &SourceFile) -> Result<(T, YamlPlaces), Diagnostic> {
    let value = |error: serde_yaml::Error| {
        let start = error.location().map_or(0, |location| location.index());
        unreadable(file, Span { start, end: start }, error)
    };
    let documents = serde_yaml::Deserializer::from_str(file.text()).next();
    let mut tree: serde_yaml::Value = match documents {
        Some(document) => serde::Deserialize::deserialize(document).map_err(value)?,
        None => serde_yaml::Value::Null,
    };
    tree.apply_merge().map_err(value)?;
    Ok((serde_yaml::from_value(tree).map_err(value)?, YamlPlaces::of(file.text())))
}

impl YamlPlaces {
    /// Reads the places of the values of the first document. If that document cannot be read to its end, the result has
    /// no places.
    fn of(text: &str) -> Self {
        let options = granit_parser::options! {
            emit_comments: false,
            flow_nesting_limit: MAX_DEPTH,
            block_nesting_limit: MAX_DEPTH,
        };
        let parser = Parser::new_from_str_with_options(text, options);
        let mut reader = Reader { parser, anchors: BTreeMap::new() };
        while let Some((event, _)) = reader.next() {
            if let Event::DocumentStart(..) = event {
                return Self(reader.next().and_then(|(event, at)| reader.value(&event, at)).unwrap_or_default());
            }
        }
        Self::default()
    }

    /// Returns the place of the value at a path of keys and numbers. If there is no such value, returns the place of
    /// the nearest existing value on the path.
    pub(super) fn at<'k>(&self, path: impl IntoIterator<Item = &'k str>) -> Span {
        let mut place = &*self.0;
        for key in path {
            match place.part(key) {
                Some(part) => place = part,
                None => break,
            }
        }
        place.at
    }
}

impl Place {
    fn part(&self, key: &str) -> Option<&Self> {
        self.parts.get(key).map(Rc::as_ref).or_else(|| {
            let merged = self.parts.get("<<")?;
            // A merge key takes one mapping, or a list of them.
            merged.part(key).or_else(|| (0..merged.parts.len()).find_map(|i| merged.part(&i.to_string())?.part(key)))
        })
    }
}

struct Reader<'t> {
    parser: Parser<'t, StrInput<'t>>,
    anchors: BTreeMap<usize, Rc<Place>>,
}

impl<'t> Reader<'t> {
    /// Returns the next event; `None` at the end, or if the text cannot be read.
    fn next(&mut self) -> Option<(Event<'t>, Span)> {
        let (event, place) = self.parser.next_event()?.ok()?;
        let range = place.byte_range().unwrap_or_default();
        Some((event, Span { start: range.start, end: range.end.max(range.start) }))
    }

    /// Reads the value whose first event is `event`; `None` if the value cannot be read to its end.
    fn value(&mut self, event: &Event<'_>, at: Span) -> Option<Rc<Place>> {
        let mut parts = BTreeMap::new();
        let anchor = match event {
            Event::Alias(anchor) => {
                let shared = self.anchors.get(anchor)?;
                return Some(Rc::new(Place { at, parts: shared.parts.clone() }));
            }
            Event::SequenceStart(_, anchor, _) => {
                for number in 0.. {
                    match self.next()? {
                        (Event::SequenceEnd, _) => break,
                        (event, at) => _ = parts.insert(number.to_string(), self.value(&event, at)?),
                    }
                }
                anchor
            }
            Event::MappingStart(_, anchor, _) => {
                while let (event, at) = self.next()?
                    && !matches!(event, Event::MappingEnd)
                {
                    let key =
                        if let Event::Scalar(key, ..) = &event { key.clone().into_owned() } else { String::new() };
                    self.value(&event, at)?;
                    let (event, at) = self.next()?;
                    parts.insert(key, self.value(&event, at)?);
                }
                anchor
            }
            Event::Scalar(_, _, anchor, _) => anchor,
            _ => return None,
        };
        let place = Rc::new(Place { at, parts });
        if *anchor > 0 {
            self.anchors.insert(*anchor, Rc::clone(&place));
        }
        Some(place)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn slice<'t>(text: &'t str, path: &[&str]) -> &'t str {
        let Span { start, end } = YamlPlaces::of(text).at(path.iter().copied());
        &text[start..end]
    }

    #[test]
    fn values_are_found_by_their_path() {
        let text = "# a\na:\n  b: [x, \"é y\"]\n  c: {d: e}\n'f': |\n  g\n";
        for (path, found) in [
            (&["a", "b", "0"][..], "x"),
            (&["a", "b", "1"], "\"é y\""),
            (&["a", "c", "d"], "e"),
            (&["a", "c", "d", "no"], "e"),
        ] {
            assert_eq!(slice(text, path), found, "{path:?}");
        }
        assert!(slice(text, &["f"]).contains('g'));
    }

    #[test]
    fn values_are_found_through_aliases_and_merge_keys() {
        let text = "x: &x {a: one}\ny: &y {b: two}\nz: *x\nm:\n  <<: [*x, *y]\n  c: three\nn: {<<: *y}\n";
        assert_eq!(slice(text, &["z", "a"]), "one");
        assert_eq!(slice(text, &["z"]), "*x");
        assert_eq!(slice(text, &["m", "a"]), "one");
        assert_eq!(slice(text, &["m", "b"]), "two");
        assert_eq!(slice(text, &["n", "b"]), "two");
    }

    #[test]
    fn text_that_cannot_be_read_has_the_places_of_nothing() {
        for text in ["", "a: [", "a: *b", "- - - &a *a", "{{{"] {
            assert_eq!(YamlPlaces::of(text).at(["a"]), Span::default(), "{text}");
        }
    }

    #[test]
    fn values_come_with_merge_keys_applied() {
        let file = SourceFile::new("x.yaml", "a: &a {b: 1}\nc: {<<: *a}\n---\nd: 2\n");
        let (value, places): (BTreeMap<String, BTreeMap<String, u8>>, _) = read(&file).unwrap();
        assert_eq!(value["c"]["b"], 1);
        assert_eq!(file.slice(places.at(["c", "b"])), "1");
    }
}
