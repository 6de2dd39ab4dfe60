use serde_json::Value;

use super::matrix::is_json;
use crate::config::problems::{Problems, shown};
use crate::config::read::{flattened, text, wrong_type};
use crate::config::yaml::{Content, View};
use crate::model::diagnostic::Diagnostic;
use crate::model::job_settings::JobEngine;

/// The form that an engine requires for the value of a job's key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum JobValueForm {
    /// Any value except null.
    Any,
    /// A single value: a text, a number or a boolean.
    Scalar,
    /// A mapping whose values are not null.
    Mapping,
    /// A single value, or a mapping whose values are not null.
    TextOrMapping,
    /// A list of texts. A single text is read as a list of one, as everywhere in filters.yaml.
    Texts,
    /// A list of texts and mappings. A single text or mapping is read as a list of one.
    Items,
    /// A list of mappings. A single mapping is read as a list of one.
    Mappings,
    /// A list of texts and mappings; a single text, which is read as a list of one; or a mapping, which is passed on
    /// unchanged.
    ItemsOrMapping,
}

impl JobValueForm {
    fn of(engine: JobEngine, key: &str) -> Self {
        match (engine, key) {
            (JobEngine::Azure, _) => Self::Scalar,
            (JobEngine::Gitlab, "environment") => Self::TextOrMapping,
            (_, "env" | "environment" | "variables" | "parameters") => Self::Mapping,
            (JobEngine::Gitlab, "tags") | (JobEngine::Bitbucket, "caches" | "services") => Self::Texts,
            (JobEngine::Gitlab, "after_script" | "before_script" | "services")
            | (JobEngine::Bitbucket, "before-script")
            | (JobEngine::Circleci, "steps") => Self::Items,
            (JobEngine::Circleci, "docker") => Self::Mappings,
            (JobEngine::Buildkite, "agents" | "plugins" | "secrets") => Self::ItemsOrMapping,
            _ => Self::Any,
        }
    }

    /// Returns the description of the form for messages.
    fn called(self) -> &'static str {
        match self {
            Self::Any => "a value",
            Self::Scalar => "a text: what a variable can hold",
            Self::Mapping => "a mapping",
            Self::TextOrMapping => "a text or a mapping",
            Self::Texts => "a list of texts",
            Self::Items | Self::ItemsOrMapping => "a list of texts or mappings",
            Self::Mappings => "a list of mappings",
        }
    }
}

/// Reads the value of a key of an engine's jobs, in the form that the engine requires.
pub(super) fn job_value(engine: JobEngine, key: &str, view: View<'_>, problems: &mut Problems<'_>) -> Option<Value> {
    let form = JobValueForm::of(engine, key);
    let is_text = matches!(view.content(), Content::Scalar(_)) && !view.is_null();
    let is_mapping = view.mapping().is_some();
    let fits = match form {
        JobValueForm::Any | JobValueForm::Items | JobValueForm::ItemsOrMapping => !view.is_null(),
        JobValueForm::Scalar => is_text,
        JobValueForm::Mapping => is_mapping,
        JobValueForm::TextOrMapping => is_text || is_mapping,
        JobValueForm::Texts => !view.is_null() && !is_mapping,
        JobValueForm::Mappings => is_mapping || view.list().is_some(),
    };
    if !fits {
        wrong_type(view, form.called(), problems);
        return None;
    }
    if matches!(form, JobValueForm::Mapping | JobValueForm::TextOrMapping) && !has_values(view, problems) {
        return None;
    }
    let is_list = match form {
        JobValueForm::Texts | JobValueForm::Items | JobValueForm::Mappings => true,
        JobValueForm::ItemsOrMapping => !is_mapping,
        _ => false,
    };
    if is_list {
        items(form, view, problems)
    } else {
        (has_items(view, problems) && is_json(view, problems)).then(|| json(view))
    }
}

/// Reads a list, or a single item as a list of one.
fn items(form: JobValueForm, view: View<'_>, problems: &mut Problems<'_>) -> Option<Value> {
    let read = |item: View<'_>| match item.content() {
        Content::Mapping(_) if form != JobValueForm::Texts => {
            (has_items(item, problems) && is_json(item, problems)).then(|| json(item))
        }
        _ if form == JobValueForm::Mappings => {
            wrong_type(item, "a mapping", problems);
            None
        }
        _ => text(item, "a text", problems).map(Value::from),
    };
    // The items after a broken one are read too, so that every problem is reported.
    let read: Vec<Option<Value>> = flattened(view).into_iter().map(read).collect();
    read.into_iter().collect::<Option<Vec<Value>>>().map(Value::Array)
}

/// Whether every key of a mapping has a value. Reports each key without a value, since engines refuse such a variable.
fn has_values(view: View<'_>, problems: &mut Problems<'_>) -> bool {
    let mut good = true;
    for (key, value) in view.mapping().into_iter().flatten().filter(|(_, value)| value.is_null()) {
        let problem = Diagnostic::error("wrong-type", format!("`{}` has no value", shown(key.text())));
        let problem = problem.located(problems.file(), &value.locate(()), "expected a value");
        problems.push(problem.help("write \"\" for an empty text, or leave the key out"));
        good = false;
    }
    good
}

/// Whether no list within a value has a null item. Reports each null item.
fn has_items(view: View<'_>, problems: &mut Problems<'_>) -> bool {
    let mut good = true;
    for item in view.list().into_iter().flatten() {
        if item.is_null() {
            wrong_type(item, "an item of the list", problems);
            good = false;
        }
        good &= has_items(item, problems);
    }
    for (_, value) in view.mapping().into_iter().flatten() {
        good &= has_items(value, problems);
    }
    good
}

fn json(view: View<'_>) -> Value {
    // The caller has reported the values that JSON cannot hold.
    serde_json::to_value(view.to_value()).unwrap_or_default()
}
