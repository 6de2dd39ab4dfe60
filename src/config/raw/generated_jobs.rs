use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde_json::{Map, Value};

use super::job_value::job_value;
use crate::config::problems::{Problems, shown};
use crate::config::read::{Read, entries, unknown_key};
use crate::config::yaml::View;
use crate::model::diagnostic::Diagnostic;
use crate::model::job_settings::{JobEngine, JobSettings};

/// Settings of the jobs in generated pipelines, by CI engine.
#[derive(Debug, Clone, Default)]
pub(in crate::config) struct GeneratedJobs(pub(in crate::config) JobSettings);

impl Read for GeneratedJobs {
    fn read(view: View<'_>, problems: &mut Problems<'_>) -> Option<Self> {
        let words = JobEngine::ALL.map(JobEngine::word);
        let (mut settings, mut good) = (JobSettings::new(), true);
        for (key, value) in entries(view, problems)? {
            match JobEngine::ALL.into_iter().find(|engine| engine.word() == key.text()) {
                Some(engine) => match of_engine(engine, value, problems) {
                    Some(read) => _ = settings.insert(engine, read),
                    None => good = false,
                },
                None if key.text() == "github" => {
                    let problem = Diagnostic::error("unknown-key", "jobs of GitHub Actions are written by hand");
                    let problem = problem.located(problems.file(), &key.locate(()), "not generated");
                    problems.push(
                        problem
                            .help("put values for them into `matrix`, and use them: `runs-on: ${{ matrix.runner }}`"),
                    );
                    good = false;
                }
                None => {
                    unknown_key(key, &words, problems);
                    good = false;
                }
            }
        }
        good.then_some(Self(settings))
    }

    fn over(self, defaults: &Self) -> Self {
        let mut settings = defaults.0.clone();
        for (engine, own) in self.0 {
            settings.entry(engine).or_default().extend(own);
        }
        Self(settings)
    }
}

fn of_engine(engine: JobEngine, view: View<'_>, problems: &mut Problems<'_>) -> Option<Map<String, Value>> {
    let (mut read, mut good) = (Map::new(), true);
    for (key, value) in entries(view, problems)? {
        if !engine.takes(key.text()) {
            if engine.keys().is_empty() {
                let message = format!("`{}` cannot be set for {}", shown(key.text()), engine.word());
                let problem = Diagnostic::error("reserved-name", message);
                let problem = problem.located(problems.file(), &key.locate(()), "rebake's own, or no name");
                problems.push(problem.help("use letters, digits and `_`"));
            } else {
                unknown_key(key, engine.keys(), problems);
            }
            good = false;
            continue;
        }
        match job_value(engine, key.text(), value, problems) {
            Some(value) => _ = read.insert(key.text().to_owned(), value),
            None => good = false,
        }
    }
    good.then_some(read)
}

impl JsonSchema for GeneratedJobs {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "GeneratedJobs".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let of_engine = |engine: JobEngine| match engine.keys() {
            [] => serde_json::json!({ "type": "object" }),
            keys => serde_json::json!({ "type": "object", "propertyNames": { "enum": keys } }),
        };
        let engines: Map<String, Value> =
            JobEngine::ALL.into_iter().map(|engine| (engine.word().to_owned(), of_engine(engine))).collect();
        schemars::json_schema!({ "type": "object", "properties": engines, "additionalProperties": false })
    }
}
