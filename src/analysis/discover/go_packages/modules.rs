//! The modules of a tree, and which of them each can import from.

use std::collections::{BTreeMap, BTreeSet};

use crate::inputs::source::go::{GoModule, GoReplace, GoWork};
use crate::inputs::source::{DeclaredAt, SourceTree};
use crate::model::name::RepoDir;

/// A module: a directory with a go.mod.
pub(super) struct ModuleAt {
    pub(super) directory: RepoDir,
    /// The path with which the imports of its packages begin.
    pub(super) path: String,
    /// What declares it.
    pub(super) at: DeclaredAt,
    /// The modules whose packages it can import, itself too: their paths, and their positions.
    visible: BTreeMap<String, usize>,
    /// The files that decide which these are, beside its own directory.
    pub(super) deciding: BTreeSet<String>,
}

/// The modules of a tree, in the order of their files.
pub(super) struct Modules {
    pub(super) list: Vec<ModuleAt>,
    by_directory: BTreeMap<RepoDir, usize>,
}

impl Modules {
    /// Finds the modules, less those of vendored code and of test data.
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
                deciding: BTreeSet::new(),
            });
            manifests.push(manifest);
        }
        let by_directory = modules.iter().enumerate().map(|(at, module)| (module.directory.clone(), at)).collect();
        let mut modules = Self { list: modules, by_directory };
        for (position, manifest) in manifests.into_iter().enumerate() {
            let base = modules.list[position].directory.clone();
            modules.replace(position, &base, &manifest.replaces);
        }
        for (directory, file) in tree.named("go.work") {
            modules.join(tree, &directory, &GoWork::read(file.text()));
        }
        modules
    }

    /// Makes the modules of a workspace see each other.
    fn join(&mut self, tree: &SourceTree, base: &RepoDir, work: &GoWork) {
        let used = work.uses.iter().filter_map(|directory| self.in_directory(base, &directory.value));
        let used: Vec<usize> = used.collect();
        let files = ["go.work", "go.work.sum"].map(|name| base.join(name));
        for member in &used {
            let paths: Vec<_> = used.iter().map(|other| (self.list[*other].path.clone(), *other)).collect();
            self.list[*member].visible.extend(paths);
            self.list[*member].deciding.extend(files.iter().filter(|path| tree.has(path)).cloned());
            self.replace(*member, base, &work.replaces);
        }
    }

    /// Makes a module see those that it takes from directories.
    fn replace(&mut self, position: usize, base: &RepoDir, replaces: &[GoReplace]) {
        for replace in replaces {
            if let Some(target) = self.in_directory(base, &replace.directory.value) {
                self.list[position].visible.insert(replace.module.clone(), target);
            }
        }
    }

    fn in_directory(&self, base: &RepoDir, text: &str) -> Option<usize> {
        // Windows writes its own separators; an absolute path is one of the machine.
        let text = text.replace('\\', "/");
        let directory = if text.starts_with('/') { None } else { base.resolve(&text).ok() }?;
        self.by_directory.get(&directory).copied()
    }

    /// Whether a directory is that of a module.
    pub(super) fn has(&self, directory: &RepoDir) -> bool {
        self.by_directory.contains_key(directory)
    }

    /// Returns the nearest module that holds a directory.
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

    /// Returns the modules and directories that an import may mean in a module, longest path first.
    pub(super) fn meanings<'m>(
        &'m self,
        module: usize,
        import: &'m str,
    ) -> impl Iterator<Item = (usize, RepoDir)> + 'm {
        let prefixes = std::iter::successors(Some(import), |path| path.rsplit_once('/').map(|(above, _)| above));
        prefixes.filter_map(move |path| {
            let target = *self.list[module].visible.get(path)?;
            let rest = import[path.len()..].trim_start_matches('/');
            let directory = &self.list[target].directory;
            let directory = if rest.is_empty() { directory.clone() } else { directory.resolve(rest).ok()? };
            Some((target, directory))
        })
    }
}

/// Whether a directory holds test data, or code of others, or what go leaves out.
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
