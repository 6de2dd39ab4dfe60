use super::wrong_type;
use crate::config::problems::{Problems, shown};
use crate::config::yaml::View;
use crate::model::diagnostic::Diagnostic;

/// Defines a mapping of filters.yaml in one place: the struct of its keys, its reader, and its JSON Schema.
///
/// Every key may be absent. With `free "x-"`, keys with that prefix may have any value.
macro_rules! mapping {
    (
        $(#[$meta:meta])*
        struct $name:ident $(free $prefix:literal)? {
            $($(#[$doc:meta])* $field:ident: $type:ty,)*
        }
    ) => {
        #[derive(Debug, Clone, Default, schemars::JsonSchema)]
        #[schemars(default, deny_unknown_fields)]
        $(#[$meta])*
        pub(in crate::config) struct $name {
            $($(#[$doc])* pub(in crate::config) $field: $crate::config::read::Field<$type>,)*
        }

        impl $name {
            /// Whether every value of the mapping could be read.
            #[allow(dead_code, reason = "of some mappings it is never asked")]
            pub(in crate::config) fn is_whole(&self) -> bool {
                $(!self.$field.is_broken())&&*
            }
        }

        impl $crate::config::read::Read for $name {
            fn read(
                view: $crate::config::yaml::View<'_>,
                problems: &mut $crate::config::problems::Problems<'_>,
            ) -> Option<Self> {
                let mut mapping = Self::default();
                for (key, value) in $crate::config::read::entries(view, problems)? {
                    match key.text() {
                        $(stringify!($field) => {
                            mapping.$field = $crate::config::read::Field::read(value, problems);
                        })*
                        $(name if name.starts_with($prefix) => {})?
                        _ => $crate::config::read::unknown_key(key, &[$(stringify!($field)),*], problems),
                    }
                }
                Some(mapping)
            }

            fn over(self, defaults: &Self) -> Self {
                Self { $($field: self.$field.over(&defaults.$field),)* }
            }
        }
    };
}
pub(in crate::config) use mapping;

/// Returns the entries of a mapping. If the value is no mapping, reports this and returns `None`.
pub(in crate::config) fn entries<'t>(
    view: View<'t>,
    problems: &mut Problems<'_>,
) -> Option<impl Iterator<Item = (View<'t>, View<'t>)> + use<'t>> {
    let entries = view.mapping();
    if entries.is_none() {
        wrong_type(view, "a mapping", problems);
    }
    entries
}

/// Names that Compose, CI engines and other tools for monorepos use in place of a key of filters.yaml, each with that
/// key.
const ELSEWHERE: &[(&str, &str)] = &[
    ("needs", "depends_on"),
    ("deps", "depends_on"),
    ("dependencies", "depends_on"),
    ("dependson", "depends_on"),
    ("files", "filters"),
    ("include", "filters"),
    ("inputs", "filters"),
    ("paths", "filters"),
    ("patterns", "filters"),
    ("directory", "path"),
    ("folder", "path"),
    ("root", "path"),
    ("build", "run"),
    ("cmd", "run"),
    ("command", "run"),
    ("script", "run"),
];

/// Reports a key that is none of the `known` keys of its mapping, and suggests a known one.
pub(in crate::config) fn unknown_key(key: View<'_>, known: &[&str], problems: &mut Problems<'_>) {
    let name = key.text();
    let problem = Diagnostic::error("unknown-key", format!("unknown key `{}`", shown(name)));
    let problem = problem.located(problems.file(), &key.locate(()), "not a key of this mapping");
    let same = ELSEWHERE.iter().find(|(word, key)| name.eq_ignore_ascii_case(word) && known.contains(key));
    let meant = same.map(|(_, key)| *key).or_else(|| problems.did_you_mean(name, known.iter().copied()));
    let problem = match meant {
        Some(meant) => problem.help(format!("did you mean `{meant}`?")),
        None => problem.help(format!("the keys here are {}", known.join(", "))),
    };
    problems.push(problem);
}
