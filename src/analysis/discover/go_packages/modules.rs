//! The modules of a tree, and for each the modules that it can import from.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use crate::inputs::source::go::{GoModule, GoReplace, GoWork};
use crate::inputs::source::{DeclaredAt, SourceTree};
use crate::model::name::RepoDir;

/// A module: a directory with a go.mod.
pub(super) struct ModuleAt {
    pub(super) directory: RepoDir,
    /// The path with which the imports of its packages begin.
    pub(super) path: String,
    /// Where a file declares it.
    pub(super) at: DeclaredAt,
    /// The positions of the module itself, and of the modules that its `replace` directives take from directories, by
    /// module path.
    visible: BTreeMap<String, usize>,
    /// The positions of the modules of each of its workspaces, by module path. The module can import from them too.
    shared: Vec<Rc<BTreeMap<String, usize>>>,
    /// The files of its workspaces, which decide about `shared`.
    pub(super) deciding: BTreeSet<String>,
}

/// The modules of a tree, in the order of their files.
pub(super) struct Modules {
    pub(super) list: Vec<ModuleAt>,
    by_directory: BTreeMap<RepoDir, usize>,
}

impl Modules {
    /// Finds the modules, without vendored code and test data.
    pub(super) fn of(tree: &SourceTree) -> Self {
        let mut manifests = Vec::new();
        let mut modules = Vec::new();
        for (directory, file) in tree.named("go.mod") {
            let manifest = GoModule::read(file.text());
            let Some(path) = &manifest.path else { continue };
            if is_apart(&directory) {
                continue;
            }
            modules.push(ModuleAt {
                directory,
                path: path.value.clone(),
                at: DeclaredAt { file: file.clone(), span: path.defined },
                visible: BTreeMap::from([(path.value.clone(), modules.len())]),
                shared: Vec::new(),
                deciding: BTreeSet::new(),
            });
            manifests.push(manifest);
        }
        let by_directory = modules.iter().enumerate().map(|(at, module)| (module.directory.clone(), at)).collect();
        let mut modules = Self { list: modules, by_directory };
        for (position, manifest) in manifests.into_iter().enumerate() {
            let base = modules.list[position].directory.clone();
            let replaced = modules.replaced(&base, &manifest.replaces);
            modules.list[position].visible.extend(replaced);
        }
        for (directory, file) in tree.named("go.work") {
            modules.join(tree, &directory, &GoWork::read(file.text()));
        }
        modules
    }

    /// Lets the modules of a workspace import from each other.
    fn join(&mut self, tree: &SourceTree, base: &RepoDir, work: &GoWork) {
        let used = work.uses.iter().filter_map(|directory| self.in_directory(base, &directory.value));
        let used: Vec<usize> = used.collect();
        let files = ["go.work", "go.work.sum"].map(|name| base.join(name));
        let mut paths: BTreeMap<String, usize> =
            used.iter().map(|other| (self.list[*other].path.clone(), *other)).collect();
        paths.extend(self.replaced(base, &work.replaces));
        let paths = Rc::new(paths);
        for member in &used {
            self.list[*member].shared.push(Rc::clone(&paths));
            self.list[*member].deciding.extend(files.iter().filter(|path| tree.has(path)).cloned());
        }
    }

    /// Returns the modules that `replace` directives take from directories, each with the module path that it replaces.
    fn replaced(&self, base: &RepoDir, replaces: &[GoReplace]) -> Vec<(String, usize)> {
        let target =
            |replace: &GoReplace| Some((replace.module.clone(), self.in_directory(base, &replace.directory.value)?));
        replaces.iter().filter_map(target).collect()
    }

    fn in_directory(&self, base: &RepoDir, text: &str) -> Option<usize> {
        // A path from Windows may have backslashes. An absolute path is one of the machine, not of the repository.
        let text = text.replace('\\', "/");
        let directory = if text.starts_with('/') { None } else { base.resolve(&text).ok() }?;
        self.by_directory.get(&directory).copied()
    }

    /// Whether a directory is the root of a module.
    pub(super) fn has(&self, directory: &RepoDir) -> bool {
        self.by_directory.contains_key(directory)
    }

    /// Whether every import certainly means the same package in both modules.
    pub(super) fn see_alike(&self, a: usize, b: usize) -> bool {
        let [a, b] = [a, b].map(|position| &self.list[position]);
        let sees_no_more = |module: &ModuleAt| module.visible.keys().all(|path| module.is_shared(path));
        a.shared.len() == b.shared.len()
            && a.shared.iter().zip(&b.shared).all(|(a, b)| Rc::ptr_eq(a, b))
            && sees_no_more(a)
            && sees_no_more(b)
    }

    /// Returns the nearest module that contains a directory.
    pub(super) fn holding(&self, directory: &RepoDir) -> Option<usize> {
        let mut above = Some(directory.clone());
        while let Some(directory) = above {
            if let Some(position) = self.by_directory.get(&directory) {
                return Some(*position);
            }
            above = (!directory.is_root()).then(|| RepoDir::of_file(directory.as_str()));
        }
        None
    }

    /// Returns the modules and directories that an import in a module may mean, the longest module path first.
    pub(super) fn meanings<'m>(
        &'m self,
        module: usize,
        import: &'m str,
    ) -> impl Iterator<Item = (usize, RepoDir)> + 'm {
        let prefixes = std::iter::successors(Some(import), |path| path.rsplit_once('/').map(|(above, _)| above));
        prefixes.filter_map(move |path| {
            let target = self.list[module].sees(path)?;
            let rest = import[path.len()..].trim_start_matches('/');
            let directory = &self.list[target].directory;
            let directory = if rest.is_empty() { directory.clone() } else { directory.resolve(rest).ok()? };
            Some((target, directory))
        })
    }
}

impl ModuleAt {
    /// Returns the module with this path, if this module can import from it. A workspace takes precedence over the
    /// module's own `replace` directives.
    fn sees(&self, path: &str) -> Option<usize> {
        let shared = self.shared.iter().rev().find_map(|shared| shared.get(path));
        shared.or_else(|| self.visible.get(path)).copied()
    }

    /// Whether a workspace determines which module this path means.
    fn is_shared(&self, path: &str) -> bool {
        self.shared.iter().any(|shared| shared.contains_key(path))
    }
}

/// Whether a directory contains test data, vendored code, or anything that go ignores.
pub(super) fn is_apart(directory: &RepoDir) -> bool {
    let is_apart = |part: &str| matches!(part, "testdata" | "vendor" | "node_modules") || part.starts_with(['_', '.']);
    !directory.is_root() && directory.as_str().split('/').any(is_apart)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modules_see_what_they_replace_and_their_workspace() {
        let tree = SourceTree::of_texts(&[
            ("a/go.mod", "module x/a\nreplace (\n\tx/b => ../b\n\tx/far => /abs\n)\n"),
            ("b/go.mod", "module x/b\n"),
            ("c/go.mod", "module x/a/c\n"),
            ("c/d/go.mod", "module x/d\n"),
            ("c/go.work", "use (\n\t.\n\t./d\n)\nreplace x/e => ../b\n"),
            ("b/testdata/go.mod", "module x/t\n"),
        ]);
        let modules = Modules::of(&tree);
        let dir = |path: &str| RepoDir::parse(path).unwrap();
        let means = |module: usize, import: &str| {
            modules.meanings(module, import).map(|(_, directory)| directory.to_string()).collect::<Vec<_>>()
        };
        assert_eq!(modules.list.len(), 4);
        assert_eq!(means(0, "x/b/p/q"), ["b/p/q"]);
        assert_eq!(means(0, "x/a/c"), ["a/c"]);
        assert_eq!(means(0, "x/bb"), [""; 0]);
        assert_eq!(means(2, "x/d/p"), ["c/d/p"]);
        assert_eq!(means(3, "x/a/c"), ["c"]);
        assert_eq!(means(3, "x/e/p"), ["b/p"]);
        assert_eq!(modules.list[3].deciding, BTreeSet::from(["c/go.work".to_owned()]));
        assert_eq!((modules.holding(&dir("c/d/e")), modules.holding(&dir("z"))), (Some(2), None));
    }
}
