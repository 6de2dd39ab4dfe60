//! The packages of modules: directories with Go files.

use std::collections::BTreeMap;

use super::modules::{Modules, is_apart};
use crate::inputs::source::go::GoSource;
use crate::inputs::source::{DeclaredAt, SourceTree};
use crate::model::diagnostic::{Located, SourceFile, Span};
use crate::model::name::RepoDir;

/// A directory with Go files. Its imports are the union over all build constraints.
pub(super) struct GoPackage {
    /// The module that it is in.
    pub(super) module: usize,
    /// The file that makes the package a program; `None` if it is not a program.
    pub(super) command: Option<DeclaredAt>,
    /// The imports of its files, without tests.
    pub(super) imports: Vec<Import>,
    /// The imports of its tests.
    pub(super) test_imports: Vec<Import>,
    /// The patterns of the files that it embeds.
    pub(super) embeds: Vec<Import>,
    /// Why its sources cannot be determined; `None` if they can.
    pub(super) opaque: Option<Opaque>,
}

/// Something that a file imports or embeds.
pub(super) struct Import {
    pub(super) path: String,
    pub(super) at: DeclaredAt,
}

/// Why the sources of a package cannot be determined.
pub(super) struct Opaque {
    pub(super) why: &'static str,
    pub(super) at: DeclaredAt,
}

/// Reads the packages of modules. Test data may be imported, but is never a command. Vendored code is left out.
pub(super) fn read(tree: &SourceTree, modules: &Modules) -> BTreeMap<RepoDir, GoPackage> {
    let mut packages: BTreeMap<RepoDir, GoPackage> = BTreeMap::new();
    for file in tree.texts() {
        let (above, name) = file.name().rsplit_once('/').unwrap_or(("", file.name()));
        if !name.ends_with(".go") || name.starts_with(['_', '.']) || above.split('/').any(|part| part == "vendor") {
            continue;
        }
        let directory = RepoDir::of_file(file.name());
        if !packages.contains_key(&directory) {
            let Some(module) = modules.holding(&directory) else { continue };
            packages.insert(directory.clone(), GoPackage::new(module));
        }
        if let Some(package) = packages.get_mut(&directory) {
            package.add(file, name, &directory);
        }
    }
    packages
}

impl GoPackage {
    fn new(module: usize) -> Self {
        let (imports, test_imports, embeds) = (Vec::new(), Vec::new(), Vec::new());
        Self { module, command: None, imports, test_imports, embeds, opaque: None }
    }

    fn add(&mut self, file: &SourceFile, name: &str, directory: &RepoDir) {
        let source = GoSource::read(file.text());
        let is_test = name.ends_with("_test.go");
        let at = |span: Span| DeclaredAt { file: file.clone(), span };
        if source.is_command() && !is_test && !is_apart(directory) {
            self.command.get_or_insert_with(|| at(Span::default()));
        }
        let import = |import: Located<String>| Import { path: import.value, at: at(import.defined) };
        for read in &source.imports {
            let why = match read.value.as_str() {
                "C" => "cgo",
                "plugin" => "plugins",
                _ => continue,
            };
            self.opaque.get_or_insert_with(|| Opaque { why, at: at(read.defined) });
        }
        if let Some(generate) = source.generate {
            self.opaque.get_or_insert_with(|| Opaque { why: "go:generate", at: at(generate) });
        }
        self.embeds.extend(source.embeds.into_iter().map(import));
        let imports = if is_test { &mut self.test_imports } else { &mut self.imports };
        imports.extend(source.imports.into_iter().map(import));
    }
}
