//! Finds the builds that make the images that other builds name.

use std::collections::BTreeMap;

use crate::model::name::RepoDir;

/// The directories of builds, by the name of the image that a build makes, without tag and digest. A reference that
/// begins with a variable may name an image in any registry.
#[derive(Default)]
pub(super) struct ImageNames<'b> {
    whole: BTreeMap<&'b str, Vec<&'b RepoDir>>,
    /// By each end of a name that follows a `/`: `b/c` and `c` for `a/b/c`.
    ends: BTreeMap<&'b str, Vec<&'b RepoDir>>,
    /// For references that begin with a variable, by the part after the variable.
    open: BTreeMap<&'b str, Vec<&'b RepoDir>>,
}

impl<'b> ImageNames<'b> {
    /// Adds the reference of an image that is built for a directory.
    pub(super) fn add(&mut self, reference: &'b str, directory: &'b RepoDir) {
        let name = repository(reference);
        if name.is_empty() {
            return;
        }
        self.whole.entry(name).or_default().push(directory);
        for end in ends(name) {
            self.ends.entry(end).or_default().push(directory);
        }
        if is_open(reference) {
            self.open.entry(name).or_default().push(directory);
        }
    }

    /// Returns the directories whose builds may make an image. A directory may occur several times.
    pub(super) fn of(&self, reference: &str) -> impl Iterator<Item = &'b RepoDir> {
        let name = repository(reference);
        let by_end = if is_open(reference) { self.ends.get(name) } else { None };
        let open = ends(name).filter_map(|end| self.open.get(end));
        self.whole.get(name).into_iter().chain(by_end).chain(open).flatten().copied()
    }
}

fn is_open(reference: &str) -> bool {
    reference.starts_with("${")
}

/// Returns each end of a name that follows a `/`: `b/c` and `c` for `a/b/c`.
fn ends(name: &str) -> impl Iterator<Item = &str> {
    name.match_indices('/').map(|(slash, _)| &name[slash + 1..])
}

/// Returns the name in an image's reference: without the tag, the digest, and a variable at the beginning.
fn repository(reference: &str) -> &str {
    let reference =
        reference.strip_prefix("${").and_then(|rest| rest.split_once("}/")).map_or(reference, |(_, rest)| rest);
    let reference = reference.split('@').next().unwrap_or_default();
    let name = reference.rfind('/').map_or(0, |slash| slash + 1);
    reference[name..].find(':').map_or(reference, |colon| &reference[..name + colon])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_of_one_repository_are_known() {
        let directory = RepoDir::root();
        for (a, b, same) in [
            ("acme/api:1", "acme/api@sha256:0", true),
            ("localhost:5000/api", "localhost:5000/api:${TAG:-x}", true),
            ("${REGISTRY}/acme/api:1", "ghcr.io/acme/api", true),
            ("${REGISTRY}/acme/api", "${OTHER:-x}/acme/api:2", true),
            ("acme/api", "ghcr.io/acme/api", false),
            ("${R}/api", "acme/my-api", false),
            ("", "", false),
        ] {
            for (made, named) in [(a, b), (b, a)] {
                let mut names = ImageNames::default();
                names.add(made, &directory);
                assert_eq!(names.of(named).next().is_some(), same, "{made} {named}");
            }
        }
    }
}
