//! Bake files in JSON, with the same content as in HCL. They are read with the YAML reader, which also returns the
//! places of values.

use std::slice;

use serde_yaml::{Mapping, Value};

use super::bake_value::{Expression, Kind, pieces};
use super::hcl::{Block, Body};
use crate::inputs::source::yaml_place::{self, YamlPlaces};
use crate::model::diagnostic::{Diagnostic, SourceFile};

pub(super) fn read(file: &SourceFile) -> Result<Body, Diagnostic> {
    let (root, places): (Option<Mapping>, _) = yaml_place::read(file)?;
    let mut body = Body::default();
    for (kind, blocks) in root.iter().flatten() {
        for (label, block) in blocks.as_mapping().into_iter().flatten() {
            let (Some(kind), Some(label), Some(block)) = (kind.as_str(), label.as_str(), block.as_mapping()) else {
                continue;
            };
            let path = vec![kind.to_owned(), label.to_owned()];
            let at = places.at(path.iter().map(String::as_str));
            let attributes = entries(block, &path, &places);
            let body_of = Body { attributes, blocks: Vec::new() };
            body.blocks.push(Block { kind: kind.to_owned(), label: label.to_owned(), at, body: body_of });
        }
    }
    Ok(body)
}

fn entries(mapping: &Mapping, path: &[String], places: &YamlPlaces) -> Vec<(String, Expression)> {
    let entry = |(key, value): (&Value, &Value)| {
        let key = key.as_str()?.to_owned();
        let path = [path, slice::from_ref(&key)].concat();
        Some((key, expression(value, &path, places)))
    };
    mapping.iter().filter_map(entry).collect()
}

fn expression(value: &Value, path: &[String], places: &YamlPlaces) -> Expression {
    let kind = match value {
        Value::Null => Kind::Null,
        Value::Bool(value) => Kind::Text(pieces(&value.to_string())),
        Value::Number(value) => Kind::Text(pieces(&value.to_string())),
        Value::String(text) => Kind::Text(pieces(text)),
        Value::Sequence(items) => {
            let item = |(number, item)| expression(item, &[path, &[usize::to_string(&number)]].concat(), places);
            Kind::List(items.iter().enumerate().map(item).collect())
        }
        Value::Mapping(mapping) => Kind::Mapping(entries(mapping, path, places)),
        Value::Tagged(_) => Kind::Unknown,
    };
    Expression { at: places.at(path.iter().map(String::as_str)), kind }
}
