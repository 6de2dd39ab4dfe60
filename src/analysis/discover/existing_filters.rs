//! Filters that the repository has already, for dorny/paths-filter: in a file, or in a step of a workflow.

use std::collections::{BTreeMap, BTreeSet};

use super::{Area, Contribution, DiscoveredFilter, Package, PackageEdge, Taken, TakenFor};
use crate::inputs::source::{
    DeclaredAt, PathFilter, SourceTree, StepFilters, Workflow, is_filter_file, is_workflow_file, path_filters,
};
use crate::model::diagnostic::{Diagnostic, SourceFile};
use crate::model::name::{RepoDir, slug};

/// Returns the filters of a tree, in the order of their files. Of filters with the same name, only the first is
/// returned.
pub(super) fn read(tree: &SourceTree, problems: &mut Vec<Diagnostic>) -> Vec<DiscoveredFilter> {
    let mut found: Vec<DiscoveredFilter> = Vec::new();
    let mut add = |filters: Result<Vec<DiscoveredFilter>, Diagnostic>| match filters {
        Ok(filters) => found.extend(filters),
        Err(problem) => problems.push(problem),
    };
    for file in tree.texts().filter(|file| is_filter_file(file.name())) {
        add(of_file(file));
    }
    for file in tree.texts().filter(|file| is_workflow_file(file.name())) {
        // If a workflow cannot be read, the code that reads the builds of the workflow reports the problem.
        for step in Workflow::read(file).map(|workflow| workflow.path_filters).unwrap_or_default() {
            match &step.filters {
                StepFilters::Inline(text) => add(inline(file, text, &step.at)),
                StepFilters::File(path) if !is_filter_file(path) => {
                    if let Some(file) = tree.text(path) {
                        add(of_file(file));
                    }
                }
                StepFilters::File(_) | StepFilters::Unknown(_) => {}
            }
        }
    }
    let mut seen = BTreeSet::new();
    found.retain(|found| seen.insert(found.filter.name.clone()));
    found
}

fn of_file(file: &SourceFile) -> Result<Vec<DiscoveredFilter>, Diagnostic> {
    let placed = |filter: PathFilter| {
        let at = |span| DeclaredAt { file: file.clone(), span };
        let places = filter.patterns.iter().map(|pattern| at(pattern.at)).collect();
        DiscoveredFilter { at: at(filter.at), places, filter }
    };
    Ok(path_filters(file)?.into_iter().map(placed).collect())
}

/// Reads the filters that are written in a step. Each filter gets the position of the step's `filters`.
fn inline(file: &SourceFile, text: &str, at: &DeclaredAt) -> Result<Vec<DiscoveredFilter>, Diagnostic> {
    let placed = |filter: PathFilter| {
        let places = vec![at.clone(); filter.patterns.len()];
        DiscoveredFilter { at: at.clone(), places, filter }
    };
    Ok(path_filters(&SourceFile::new(file.name(), text))?.into_iter().map(placed).collect())
}

/// Adds the edges and files that filters declare to the packages after which the filters are named. If a pattern is the
/// directory of another package (`libs/a/**`), an edge to the other package is added. If a pattern is any other
/// directory, or a file, then that directory or file is added to the files of the package. A filter that is an alias of
/// another one adds nothing.
pub(super) fn add(tree: &SourceTree, filters: &[DiscoveredFilter], all: &mut Contribution) {
    let names = Named::of(&all.packages);
    let directories: BTreeSet<RepoDir> = all.packages.iter().map(|package| package.directory.clone()).collect();
    for found in filters.iter().filter(|found| !found.filter.is_alias) {
        let Some(from) = names.get(&found.filter.name) else { continue };
        for (pattern, at) in found.filter.patterns.iter().zip(&found.places) {
            let text = pattern.text.as_str();
            let directory = text.strip_suffix("/**").and_then(|directory| RepoDir::parse(directory).ok());
            let target = directory.clone().filter(|directory| directories.contains(directory));
            let own = all.packages[from].directory.clone();
            match (target, directory) {
                (Some(to), _) if to != own => all.edges.push(PackageEdge { from: own, to, at: at.clone() }),
                (None, Some(directory)) if !has_wildcard(directory.as_str()) => {
                    all.packages[from].takes.push(Taken {
                        area: Area::Below(directory),
                        why: TakenFor::Manifest,
                        at: at.clone(),
                    });
                }
                (None, None) if tree.has(text) => {
                    all.packages[from].takes.push(Taken {
                        area: Area::File(text.to_owned()),
                        why: TakenFor::Manifest,
                        at: at.clone(),
                    });
                }
                _ => {}
            }
        }
    }
}

/// The packages, by the names that a filter for them may have.
struct Named {
    by_name: BTreeMap<String, usize>,
    by_directory: BTreeMap<String, usize>,
}

impl Named {
    fn of(packages: &[Package]) -> Self {
        let (mut by_name, mut by_directory) = (BTreeMap::new(), BTreeMap::new());
        for (position, package) in packages.iter().enumerate() {
            if let Some(name) = &package.name {
                by_name.entry(slug(name)).or_insert(position);
            }
            if let Some(last) = package.directory.as_str().rsplit('/').next() {
                by_directory.entry(slug(last)).or_insert(position);
            }
        }
        Self { by_name, by_directory }
    }

    /// Returns the position of the package after which a filter is named. The filter's name is the package's name, or
    /// else the last part of the package's directory; both are compared as slugs.
    fn get(&self, filter: &str) -> Option<usize> {
        let slug = slug(filter);
        self.by_name.get(&slug).or_else(|| self.by_directory.get(&slug)).copied()
    }
}

fn has_wildcard(text: &str) -> bool {
    text.contains(['*', '?', '[', '{', '(', '!'])
}

#[cfg(test)]
mod tests {
    use super::super::tests::found;

    #[test]
    fn filters_say_what_the_services_of_their_names_are_built_from() {
        let filters = "api: &api\n  - svc/api/**\n  - svc/migrator/**\n  - ci.yml\n  - shared/**\n  - '**/*.sql'\nmigrator: *api\nother: [x/**]\n";
        let files = [
            (".github/utils/file-filters.yaml", filters),
            ("svc/api/Dockerfile", ""),
            ("svc/migrator/Dockerfile", ""),
            ("ci.yml", ""),
        ];
        assert_eq!(
            found(&files),
            [
                "api svc/api: svc/api/** shared/** ci.yml -> migrator .github/utils/file-filters.yaml:3:5",
                "migrator svc/migrator: svc/migrator/**",
            ]
        );
    }

    #[test]
    fn filters_of_a_step_are_read() {
        let workflow = "jobs:\n  a:\n    steps:\n      - uses: dorny/paths-filter@v3\n        with:\n          filters: |\n            web: [api/**, web/**]\n";
        let files = [(".github/workflows/ci.yml", workflow), ("api/Dockerfile", ""), ("web/Dockerfile", "")];
        assert_eq!(found(&files), ["api api: api/**", "web web: web/** -> api .github/workflows/ci.yml:7:13"]);
    }
}
