//! Names of services: readable, stable from run to run, and unique.

use std::collections::BTreeSet;

use crate::model::name::{RepoDir, ServiceName, is_own_output, slug};

/// The names that a service can get its name from.
pub(super) struct NameSource<'a> {
    pub(super) package: Option<&'a str>,
    pub(super) directory: &'a RepoDir,
}

/// Returns a name for each service: the name of its package, or its directory if the package has no name or another
/// package has the same name. So a new package only renames packages with the same name.
pub(super) fn assign(called: &[NameSource<'_>]) -> Vec<ServiceName> {
    let own: Vec<Option<String>> = called.iter().map(|called| called.package.and_then(tidy)).collect();
    let (mut seen, mut twice) = (BTreeSet::new(), BTreeSet::new());
    for name in own.iter().flatten() {
        if !seen.insert(slug(name)) {
            twice.insert(slug(name));
        }
    }
    let mut taken: BTreeSet<String> = seen.difference(&twice).cloned().collect();
    let name = |(called, own): (&NameSource<'_>, Option<String>)| {
        let by_package = own.filter(|name| !twice.contains(&slug(name)));
        let name = by_package.unwrap_or_else(|| by_directory(called.directory, &mut taken));
        ServiceName::parse(&name).unwrap_or_else(|_| ServiceName::of_flat_filter(&name))
    };
    called.iter().zip(own).map(name).collect()
}

/// Returns a valid service name that resembles this one; `None` if nothing valid remains, or if rebake itself uses the
/// name for an output.
fn tidy(name: &str) -> Option<String> {
    let valid = |c: char| if c.is_ascii_alphanumeric() || "._/@-".contains(c) { c } else { '-' };
    let name: String = name.chars().map(valid).collect();
    let name = name.trim_start_matches(|c: char| !c.is_ascii_alphanumeric());
    // Refs of git contain the name, so whatever git refuses in a ref is removed.
    let parts = name.split('/').map(|part| part.trim_matches('.').trim_end_matches(".lock").replace("..", "."));
    let name = parts.filter(|part| !part.is_empty()).collect::<Vec<_>>().join("/");
    (!is_own_output(&slug(&name)) && !slug(&name).is_empty()).then_some(name)
}

/// Returns the name of a service from the path of its directory. The path is unique, but another name may have the same
/// slug. In that case, a number is added.
fn by_directory(directory: &RepoDir, taken: &mut BTreeSet<String>) -> String {
    let base = if directory.is_root() { "root".to_owned() } else { directory.as_str().to_owned() };
    let base = tidy(&base).unwrap_or_else(|| tidy(&format!("service-{base}")).unwrap_or_else(|| "service".to_owned()));
    let numbered = (2..).map(|number| format!("{base}-{number}"));
    let mut names = std::iter::once(base.clone()).chain(numbered);
    names.find(|name| taken.insert(slug(name))).unwrap_or(base)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(list: &[(Option<&str>, &str)]) -> Vec<String> {
        let directories: Vec<RepoDir> = list.iter().map(|(_, dir)| RepoDir::parse(dir).unwrap()).collect();
        let called =
            list.iter().zip(&directories).map(|((package, _), directory)| NameSource { package: *package, directory });
        assign(&called.collect::<Vec<_>>()).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_package_keeps_its_name_unless_another_one_has_it() {
        let list =
            [(Some("@acme/web"), "apps/web"), (Some("utils"), "a/utils"), (Some("Utils"), "b/utils"), (None, ".")];
        assert_eq!(names(&list), ["acme/web", "a/utils", "b/utils", "root"]);
    }

    #[test]
    fn names_are_valid_and_no_outputs_of_rebake() {
        let list =
            [(Some("matrix"), "packages/matrix"), (Some("é"), "any"), (Some("a b..c.lock"), "x"), (Some("..."), "-")];
        assert_eq!(names(&list), ["packages/matrix", "service-any", "a-b.c", "service--"]);
    }

    #[test]
    fn slugs_are_unique_too() {
        assert_eq!(names(&[(None, "a-b"), (None, "a/b"), (Some("a.b"), "c")]), ["a-b-2", "a/b-3", "a.b"]);
    }
}
