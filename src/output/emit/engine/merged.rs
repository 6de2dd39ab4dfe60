use indexmap::IndexMap;
use serde::Serialize;
use serde_json::{Map, Value};

/// Returns the keys of a job, in their order, merged with the settings that filters.yaml has for the job. If both have
/// a mapping for a key, the two mappings are joined; for an entry that is in both, the job's value is kept. A setting
/// that is not a mapping does not replace a mapping of the job; otherwise a setting replaces the job's value. No
/// setting changes what a job does, since such keys were refused before
/// ([`JobEngine::takes`](crate::model::job_settings::JobEngine::takes)).
pub(super) fn merged(own: impl Serialize, settings: Map<String, Value>) -> IndexMap<String, Value> {
    // `serde_json::Value` would lose the order of the keys.
    let text = serde_json::to_string(&own).unwrap_or_default();
    let mut job: IndexMap<String, Value> = serde_json::from_str(&text).unwrap_or_default();
    for (key, value) in settings {
        match (job.get_mut(&key), value) {
            (Some(Value::Object(own)), Value::Object(mut asked)) => {
                asked.append(own);
                *own = asked;
            }
            // Any value but a mapping would drop rebake's own variables.
            (Some(Value::Object(_)), _) => {}
            (_, value) => _ = job.insert(key, value),
        }
    }
    job
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_is_no_mapping_takes_no_variable_away() {
        let own = json!({"variables": {"REBAKE_ONLY": "a"}});
        let Value::Object(asked) = json!({"variables": null}) else { panic!() };
        assert_eq!(json!(merged(&own, asked)), own);
    }

    #[test]
    fn what_is_asked_is_added_and_own_variables_win() {
        let own = json!({"script": ["x"], "retry": 1, "variables": {"REBAKE_ONLY": "a"}});
        let asked = json!({"retry": 2, "tags": ["arm64"], "variables": {"REBAKE_ONLY": "b", "C": "d"}});
        let Value::Object(asked) = asked else { panic!() };
        let job = json!({"script": ["x"], "retry": 2, "tags": ["arm64"], "variables": {"REBAKE_ONLY": "a", "C": "d"}});
        assert_eq!(json!(merged(own, asked)), job);
    }
}
