//! The packages that a package imports, directly or through others.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::modules::Modules;
use super::package::{GoPackage, Import};
use crate::model::name::RepoDir;

/// The packages of a tree, and the targets of their imports. The target of an import depends on the module that is
/// built.
pub(super) struct Imports<'t> {
    modules: &'t Modules,
    packages: &'t BTreeMap<RepoDir, GoPackage>,
    /// The imports of each package without its tests, as they resolve in the module `last`.
    known: BTreeMap<&'t RepoDir, Vec<(&'t Import, Target<'t>)>>,
    last: usize,
}

/// The target of an import of the repository's own code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Target<'t> {
    /// The package in this directory.
    Package(&'t RepoDir),
    /// A package of this module that does not exist yet; it may be generated.
    Missing(usize),
}

/// An imported package, and the import by which it was reached first.
#[derive(Clone, Copy)]
pub(super) struct Reached<'t> {
    pub(super) target: Target<'t>,
    /// The package that imports it.
    pub(super) by: &'t RepoDir,
    pub(super) import: &'t Import,
}

impl<'t> Imports<'t> {
    pub(super) fn new(modules: &'t Modules, packages: &'t BTreeMap<RepoDir, GoPackage>) -> Self {
        Self { modules, packages, known: BTreeMap::new(), last: 0 }
    }

    /// Returns the target of an import in a module; `None` if the import is of code in another repository.
    pub(super) fn meaning(&self, module: usize, import: &str) -> Option<Target<'t>> {
        let mut missing = None;
        for (target, directory) in self.modules.meanings(module, import) {
            match self.packages.get_key_value(&directory) {
                Some((directory, package)) if package.module == target => return Some(Target::Package(directory)),
                // A directory of another module does not belong to this module: this module requires the other one in a
                // published version.
                _ if self.modules.holding(&directory) != Some(target) => {}
                _ => missing = missing.or(Some(Target::Missing(target))),
            }
        }
        missing
    }

    /// Returns the packages that the roots, which are packages of a module, import directly or through others. The
    /// nearest come first. This includes the imports of the roots' own tests. The imports of a package for which
    /// `is_end` holds are not followed.
    pub(super) fn reach(
        &mut self,
        module: usize,
        roots: &[&'t RepoDir],
        is_end: impl Fn(&GoPackage) -> bool,
    ) -> Vec<Reached<'t>> {
        let mut seen: BTreeSet<Target<'_>> = roots.iter().map(|root| Target::Package(root)).collect();
        let mut left: VecDeque<&RepoDir> = roots.iter().copied().collect();
        let mut reached = Vec::new();
        for root in roots {
            for import in &self.packages[*root].test_imports {
                let target = self.meaning(module, &import.path);
                reached.extend(target.map(|target| Reached { target, by: root, import }));
            }
        }
        reached.retain(|reached| seen.insert(reached.target));
        left.extend(reached.iter().filter_map(|reached| reached.target.package()));
        while let Some(package) = left.pop_front() {
            if is_end(&self.packages[package]) {
                continue;
            }
            for (import, target) in self.of(module, package) {
                if seen.insert(*target) {
                    reached.push(Reached { target: *target, by: package, import });
                    left.extend(target.package());
                }
            }
        }
        reached
    }

    fn of(&mut self, module: usize, package: &'t RepoDir) -> &[(&'t Import, Target<'t>)] {
        if self.last != module {
            self.known.clear();
            self.last = module;
        }
        if !self.known.contains_key(package) {
            let imports = self.packages[package].imports.iter();
            let meanings = imports.filter_map(|import| Some((import, self.meaning(module, &import.path)?)));
            let meanings = meanings.collect();
            self.known.insert(package, meanings);
        }
        &self.known[package]
    }
}

impl<'t> Target<'t> {
    fn package(self) -> Option<&'t RepoDir> {
        if let Self::Package(directory) = self { Some(directory) } else { None }
    }
}
