//! Go's modules and commands, as services.
//!
//! A module is a service, unless it exists only for its commands: then each command is a service. The files of a
//! command are its own directory and all packages of the repository that it imports, directly or through others. The
//! files of a package are those in its directory and in the subdirectories that are not packages. A module depends on
//! the modules that it imports.

mod directories;
mod embedded;
mod imports;
mod modules;
mod package;

use std::collections::{BTreeMap, BTreeSet};

use directories::Directories;
use imports::{Imports, Reached, Target};
use modules::{ModuleAt, Modules};
use package::{GoPackage, Opaque};

use super::{Area, Contribution, Package, PackageEdge, Standalone, Taken, TakenFor};
use crate::inputs::source::{DeclaredAt, Ecosystem, SourceTree};
use crate::model::diagnostic::{Diagnostic, Severity};
use crate::model::name::RepoDir;

/// Directories whose programs are helpers of the repository and not services.
const HELPERS: [&str; 12] =
    ["example", "examples", "test", "tests", "e2e", "tool", "tools", "script", "scripts", "hack", "docs", "ci"];

/// Returns a service for each module, or one for each of its commands if the module exists only for these; and the edges
/// between modules.
pub(super) fn read(tree: &SourceTree) -> Contribution {
    let modules = Modules::of(tree);
    if modules.list.is_empty() {
        return Contribution::default();
    }
    let packages = package::read(tree, &modules);
    let directories = Directories::of(tree);
    let commands = commands(&modules, &packages);
    let imports = Imports::new(&modules, &packages);
    let mut roots: BTreeMap<usize, Vec<&RepoDir>> = BTreeMap::new();
    for (directory, package) in packages.iter().filter(|(directory, _)| !modules::is_apart(directory)) {
        roots.entry(package.module).or_default().push(directory);
    }
    let mut finder = Finder {
        tree,
        modules: &modules,
        packages: &packages,
        roots,
        directories,
        commands,
        imports,
        notes: BTreeMap::new(),
    };
    let mut found = Contribution::default();
    for position in 0..modules.list.len() {
        match finder.commands.get(&position).cloned() {
            Some(commands) => {
                for directory in commands {
                    found.packages.push(finder.command(position, directory));
                }
            }
            None => found.append(finder.module(position)),
        }
    }
    found.problems.extend(finder.notes.into_values());
    found
}

/// Returns the commands of each module that exists only for its commands: the module has a command in a subdirectory,
/// and its own directory has no package that others can import.
fn commands<'t>(modules: &Modules, packages: &'t BTreeMap<RepoDir, GoPackage>) -> BTreeMap<usize, Vec<&'t RepoDir>> {
    let mut commands: BTreeMap<usize, Vec<&RepoDir>> = BTreeMap::new();
    for (directory, package) in packages {
        let module = &modules.list[package.module];
        let below = directory.as_str().strip_prefix(module.directory.as_str()).unwrap_or(directory.as_str());
        let is_helper = below.split('/').any(|part| HELPERS.contains(&part));
        if package.command.is_some() && !is_helper {
            commands.entry(package.module).or_default().push(directory);
        }
    }
    commands.retain(|position, commands| {
        let directory = &modules.list[*position].directory;
        let is_library = packages.get(directory).is_some_and(|package| package.command.is_none());
        !is_library && commands.iter().any(|command| *command != directory)
    });
    commands
}

struct Finder<'t> {
    tree: &'t SourceTree,
    modules: &'t Modules,
    packages: &'t BTreeMap<RepoDir, GoPackage>,
    /// The packages of each module, without test data.
    roots: BTreeMap<usize, Vec<&'t RepoDir>>,
    directories: Directories,
    /// The commands that are services, by module.
    commands: BTreeMap<usize, Vec<&'t RepoDir>>,
    imports: Imports<'t>,
    /// Warnings, by the package that they are about.
    notes: BTreeMap<RepoDir, Diagnostic>,
}

impl<'t> Finder<'t> {
    /// Returns the package of a module that is a service, and its edges to other modules.
    fn module(&mut self, position: usize) -> Contribution {
        let modules = self.modules;
        let ModuleAt { directory, path, at, .. } = &modules.list[position];
        let roots = self.roots.remove(&position).unwrap_or_default();
        let mut takes = self.deciding(position);
        let mut edges: BTreeMap<usize, DeclaredAt> = BTreeMap::new();
        // The imports of packages of another module belong to the service of that module.
        let is_end = |package: &GoPackage| {
            package.module != position
                && !self.commands.contains_key(&package.module)
                && modules.see_alike(package.module, position)
        };
        for reached in self.imports.reach(position, &roots, is_end) {
            let target = self.module_of(reached.target);
            if target == position {
                continue;
            }
            if self.commands.contains_key(&target) {
                self.take(&reached, &mut takes);
            } else if !self.is_edge_of_importer(position, target, &reached) {
                edges.entry(target).or_insert_with(|| reached.import.at.clone());
            }
        }
        let to = |(target, at): (usize, DeclaredAt)| {
            let (from, to) = (directory.clone(), modules.list[target].directory.clone());
            PackageEdge { from, to, at }
        };
        Contribution {
            packages: vec![Package {
                ecosystem: Ecosystem::Go,
                directory: directory.clone(),
                name: Some(module_name(path).to_owned()),
                at: at.clone(),
                standalone: Standalone::Yes,
                takes: takes.into_taken(),
            }],
            edges: edges.into_iter().map(to).collect(),
            ..Contribution::default()
        }
    }

    /// Whether no edge to the module of a reached package is needed: the importing package is in that module, or in
    /// another module that itself has the edge and resolves the import to the same package.
    fn is_edge_of_importer(&self, position: usize, target: usize, reached: &Reached<'_>) -> bool {
        let importer = self.packages[reached.by].module;
        let has_edge = || self.imports.meaning(importer, &reached.import.path) == Some(reached.target);
        importer == target || importer != position && !self.commands.contains_key(&importer) && has_edge()
    }

    /// Returns the package of a command that is a service.
    fn command(&mut self, position: usize, directory: &'t RepoDir) -> Package {
        let module = &self.modules.list[position];
        let mut takes = self.deciding(position);
        for name in ["go.mod", "go.sum"] {
            let path = module.directory.join(name);
            if self.tree.has(&path) {
                takes.add(Area::File(path), &module.at);
            }
        }
        let at = self.packages[directory].command.clone().unwrap_or_else(|| module.at.clone());
        self.take_opaque(directory, &mut takes);
        self.take_embedded(directory, &mut takes);
        for reached in self.imports.reach(position, &[directory], |_| false) {
            self.take(&reached, &mut takes);
        }
        let name = directory.as_str().rsplit('/').find(|part| !matches!(*part, "cmd" | "main" | "."));
        Package {
            ecosystem: Ecosystem::Go,
            name: Some(name.unwrap_or_else(|| module_name(&module.path)).to_owned()),
            at,
            standalone: Standalone::Yes,
            takes: takes.into_taken(),
            directory: directory.clone(),
        }
    }

    /// Returns the files that decide which packages a module's imports mean: the files of its workspaces, and vendored
    /// code.
    fn deciding(&self, position: usize) -> Takes {
        let module = &self.modules.list[position];
        let mut takes = Takes::default();
        let mut bases = BTreeSet::from([module.directory.clone()]);
        for path in &module.deciding {
            takes.add(Area::File(path.clone()), &DeclaredAt::whole(self.tree, path));
            bases.insert(RepoDir::of_file(path));
        }
        for base in bases {
            let vendored = base.resolve("vendor").ok().filter(|directory| self.directories.has(directory));
            if let Some(directory) = vendored {
                takes.add(Area::Below(directory), &module.at);
            }
        }
        takes
    }

    fn module_of(&self, target: Target<'_>) -> usize {
        match target {
            Target::Package(directory) => self.packages[directory].module,
            Target::Missing(module) => module,
        }
    }

    /// Adds the files of a reached package, and the files that it embeds.
    fn take(&mut self, reached: &Reached<'_>, takes: &mut Takes) {
        let at = &reached.import.at;
        let module = self.module_of(reached.target);
        let manifest = self.modules.list[module].directory.join("go.mod");
        takes.add(Area::File(manifest), at);
        match reached.target {
            Target::Package(directory) => {
                let is_package = |directory: &RepoDir| {
                    self.packages.contains_key(directory) && !modules::is_apart(directory)
                        || self.modules.has(directory)
                };
                for area in self.directories.less(directory, &is_package) {
                    takes.add(area, at);
                }
                self.take_opaque(directory, takes);
                self.take_embedded(directory, takes);
            }
            Target::Missing(_) => {
                let opaque = Opaque { why: "it imports a package that is not there", at: at.clone() };
                self.take_module(module, reached.by, &opaque, takes);
            }
        }
    }

    fn take_embedded(&self, directory: &RepoDir, takes: &mut Takes) {
        for pattern in &self.packages[directory].embeds {
            for area in embedded::areas(self.tree, directory, &pattern.path) {
                takes.add(area, &pattern.at);
            }
        }
    }

    /// Adds the whole module if the sources of a package cannot be determined.
    fn take_opaque(&mut self, directory: &RepoDir, takes: &mut Takes) {
        let package = &self.packages[directory];
        if let Some(opaque) = &package.opaque {
            self.take_module(package.module, directory, opaque, takes);
        }
    }

    fn take_module(&mut self, module: usize, package: &RepoDir, opaque: &Opaque, takes: &mut Takes) {
        let Opaque { why, at } = opaque;
        let module = &self.modules.list[module].directory;
        for area in self.directories.less(module, &|directory| self.modules.has(directory)) {
            takes.add(area, at);
        }
        self.notes.entry(package.clone()).or_insert_with(|| {
            let message =
                format!("the sources of `{package}` are not known, so all of `{module}` counts as its source");
            Diagnostic::new(Severity::Note, "whole-module", message).label(&at.file, at.span, *why)
        });
    }
}

/// The areas that affect a service, each once, with where a file first declares it.
#[derive(Default)]
struct Takes(BTreeMap<Area, DeclaredAt>);

impl Takes {
    fn add(&mut self, area: Area, at: &DeclaredAt) {
        self.0.entry(area).or_insert_with(|| at.clone());
    }

    fn into_taken(self) -> Vec<Taken> {
        self.0.into_iter().map(|(area, at)| Taken { area, why: TakenFor::Manifest, at }).collect()
    }
}

/// Returns the short name of a module: the last part of its path that is not a version.
fn module_name(path: &str) -> &str {
    let is_version =
        |part: &str| part.strip_prefix('v').is_some_and(|digits| digits.bytes().all(|b| b.is_ascii_digit()));
    path.rsplit('/').find(|part| !is_version(part)).unwrap_or(path)
}

#[cfg(test)]
mod tests;
