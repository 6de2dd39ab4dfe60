//! The jobs of a matrix with literal values.

use std::collections::BTreeMap;

use serde_yaml::Value;

use super::pairs;
use crate::inputs::source::scalar;

/// The largest number of jobs that GitHub creates from a matrix.
const MOST_ROWS: usize = 256;

/// Returns the known values of each job of a strategy, by name: the values in `known`, and the values of the matrix.
/// `exclude` is not read, so there may be too many jobs. If the matrix is not known before the workflow runs, or has
/// too many rows, there is one job without values of the matrix.
pub(super) fn of(strategy: &Value, known: &BTreeMap<String, String>) -> Vec<BTreeMap<String, String>> {
    let Some(matrix) = strategy.get("matrix") else { return vec![known.clone()] };
    let axes = pairs(matrix).filter(|(name, _)| !matches!(name.as_str(), "include" | "exclude"));
    let mut rows = vec![known.clone()];
    for (name, values) in axes {
        let Some(values) = values.as_sequence() else { continue };
        if rows.len() * values.len() > MOST_ROWS {
            return vec![known.clone()];
        }
        let extended =
            |row: &BTreeMap<String, String>| -> Vec<_> { values.iter().map(|value| with(row, name, value)).collect() };
        rows = rows.iter().flat_map(extended).collect();
    }
    let has_axes = rows != [known.clone()];
    let included = matrix.get("include").and_then(Value::as_sequence).into_iter().flatten();
    let mut alone = Vec::new();
    for entry in included {
        let mut fits = false;
        for row in rows.iter_mut().filter(|_| has_axes) {
            // An entry extends each job of which it changes no value.
            let is_other = |(name, value): (&String, &Value)| {
                row.get(&format!("matrix.{name}")).is_some_and(|own| scalar(value).as_ref() != Some(own))
            };
            if !pairs(entry).any(is_other) {
                fits = true;
                *row = pairs(entry).fold(row.clone(), |row, (name, value)| with(&row, name, value));
            }
        }
        if !fits {
            alone.push(pairs(entry).fold(known.clone(), |row, (name, value)| with(&row, name, value)));
        }
    }
    if !has_axes && !alone.is_empty() {
        return alone;
    }
    rows.extend(alone);
    rows
}

/// Returns a row with one more value of the matrix, `matrix.name`, and the parts of this value, `matrix.name.part`.
fn with(row: &BTreeMap<String, String>, name: &str, value: &Value) -> BTreeMap<String, String> {
    let mut row = row.clone();
    row.extend(scalar(value).map(|text| (format!("matrix.{name}"), text)));
    row.extend(pairs(value).filter_map(|(part, value)| Some((format!("matrix.{name}.{part}"), scalar(value)?))));
    row.retain(|name, value| !name.starts_with("matrix.") || !value.contains("${{"));
    row
}
