//! Filters of dorny/paths-filter, in a file or in a step of a workflow.

use indexmap::IndexMap;
use serde_yaml::Value;

use super::yaml_place::{self, YamlPlaces};
use crate::model::diagnostic::{Diagnostic, SourceFile, Span};

/// A filter: a name, and patterns of paths.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PathFilter {
    /// Its name.
    pub name: String,
    /// The place where its patterns begin.
    pub at: Span,
    /// Whether the whole filter is an alias of another one: `web: *api`.
    pub is_alias: bool,
    /// Its patterns in order, with nested lists flattened.
    pub patterns: Vec<FilterPattern>,
}

/// A pattern of a filter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FilterPattern {
    /// Its text.
    pub text: String,
    /// The kinds of changes that it applies to, as written: `added|modified`. `None` for all kinds.
    pub statuses: Option<String>,
    /// The place of the pattern in the file.
    pub at: Span,
}

/// Whether a path is one at which filters are usually kept, such as `.github/filters.yml`.
#[must_use]
pub fn is_filter_file(path: &str) -> bool {
    let Some((".github", rest)) = path.split_once('/') else { return false };
    let name = rest.rsplit('/').next().unwrap_or_default();
    let stem = name.strip_suffix(".yaml").or_else(|| name.strip_suffix(".yml"));
    stem.is_some_and(|stem| ["filters", "file-filters", "path-filters", "paths-filter"].contains(&stem))
}

/// Returns the filters in a file, in the order of the file.
///
/// # Errors
/// When the file is not YAML, or is not a mapping of filters.
pub fn path_filters(file: &SourceFile) -> Result<Vec<PathFilter>, Diagnostic> {
    let (filters, places): (Option<IndexMap<String, Value>>, _) = yaml_place::read(file)?;
    let read = |(name, value): (String, Value)| {
        let mut reader = Reader { places: &places, path: vec![name.clone()], patterns: Vec::new() };
        reader.add(&value, None);
        let patterns = reader.patterns;
        let at = places.at([name.as_str()]);
        let is_alias = file.slice(at).starts_with('*');
        PathFilter { name, at, is_alias, patterns }
    };
    Ok(filters.into_iter().flatten().map(read).collect())
}

struct Reader<'p> {
    places: &'p YamlPlaces,
    path: Vec<String>,
    patterns: Vec<FilterPattern>,
}

impl Reader<'_> {
    fn add(&mut self, value: &Value, statuses: Option<&str>) {
        match value {
            Value::String(text) => {
                let at = self.places.at(self.path.iter().map(String::as_str));
                let statuses = statuses.map(str::to_owned);
                self.patterns.push(FilterPattern { text: text.clone(), statuses, at });
            }
            Value::Sequence(items) => {
                for (number, item) in items.iter().enumerate() {
                    self.add_part(number.to_string(), item, statuses);
                }
            }
            Value::Mapping(by_status) => {
                for (key, value) in by_status {
                    let Some(words) = key.as_str() else { continue };
                    self.add_part(words.to_owned(), value, Some(words));
                }
            }
            _ => {}
        }
    }

    fn add_part(&mut self, key: String, value: &Value, statuses: Option<&str>) {
        self.path.push(key);
        self.add(value, statuses);
        self.path.pop();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn filters_have_patterns_and_places() {
        let text = "shared: &shared\n  - lib/**\napi:\n  - *shared\n  - 'api/**'\n  - added|modified: ['!a', b]\nweb: *shared\none: x/**\n";
        let file = SourceFile::new(".github/filters.yml", text);
        let filters = path_filters(&file).unwrap();
        let shown: Vec<String> = filters
            .iter()
            .map(|filter| {
                let pattern = |pattern: &FilterPattern| {
                    format!("{} {} {}", pattern.statuses.as_deref().unwrap_or("-"), pattern.text, file.at(pattern.at))
                };
                let patterns: Vec<String> = filter.patterns.iter().map(pattern).collect();
                format!("{} {} {}", filter.name, filter.is_alias, patterns.join(", "))
                    .replace(".github/filters.yml:", "")
            })
            .collect();
        assert_eq!(
            shown,
            [
                "shared false - lib/** 2:5",
                "api false - lib/** 2:5, - api/** 5:5, added|modified !a 6:22, added|modified b 6:28",
                "web true - lib/** 2:5",
                "one false - x/** 8:6",
            ]
        );
    }

    #[test]
    fn files_are_known_by_their_names() {
        for path in [".github/filters.yml", ".github/utils/file-filters.yaml", ".github/paths-filter.yaml"] {
            assert!(is_filter_file(path), "{path}");
        }
        for path in ["filters.yml", ".github/filters.json", ".github/my-filters.yml", "x/.github/filters.yml"] {
            assert!(!is_filter_file(path), "{path}");
        }
        assert!(path_filters(&SourceFile::new("x", "- a")).is_err());
    }
}
