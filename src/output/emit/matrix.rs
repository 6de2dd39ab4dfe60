use serde_json::{Map, Value, json};

use super::Field;
use crate::model::safe_json;
use crate::plan::{Plan, PlannedService};

/// Returns the job matrix: one line, `{"include":[{"service":…},…]}`, in build order.
///
/// Each entry has the chosen fields, and then the values in the service's own `matrix`, except for keys that are chosen
/// fields. Without services the matrix is `{"include":[]}`, which GitHub refuses, so the job needs `if:
/// needs.plan.outputs.any == 'true'`.
#[must_use]
pub fn matrix(plan: &Plan, fields: &[Field]) -> String {
    let include: Vec<_> = plan.services.iter().map(|service| entry(plan, service, fields)).collect();
    safe_json::ascii_line(&json!({ "include": include }))
}

/// Returns the matrix entry of a service.
pub(super) fn entry(plan: &Plan, service: &PlannedService, fields: &[Field]) -> Map<String, Value> {
    let mut entry = Map::new();
    for field in fields {
        entry.insert(field.name().to_owned(), field.of(plan, service));
    }
    for (key, value) in &service.matrix {
        entry.entry(key).or_insert_with(|| value.clone());
    }
    entry
}
