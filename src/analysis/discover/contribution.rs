use super::Taken;
use crate::inputs::source::{DeclaredAt, DeclaredBuild, Ecosystem};
use crate::model::diagnostic::Diagnostic;
use crate::model::name::RepoDir;

/// The packages, edges and builds that one ecosystem declares.
#[derive(Debug, Clone, Default)]
pub struct Contribution {
    /// The packages. Two in one directory become one service.
    pub packages: Vec<Package>,
    /// The edges between packages. An edge to a directory without a package takes that whole directory.
    pub edges: Vec<PackageEdge>,
    /// The builds of images, each with the directory of its package.
    pub builds: Vec<(RepoDir, DeclaredBuild)>,
    /// What could not be read or resolved.
    pub problems: Vec<Diagnostic>,
}

/// A package: a directory with a manifest.
#[derive(Debug, Clone)]
pub struct Package {
    /// The ecosystem.
    pub ecosystem: Ecosystem,
    /// Its directory, which it owns.
    pub directory: RepoDir,
    /// Its name, if its manifest has one.
    pub name: Option<String>,
    /// What declares it.
    pub at: DeclaredAt,
    /// Whether the packages of the directories above it own its files too.
    pub standalone: Standalone,
    /// What affects it besides its directory: the lockfile of its workspace, files that its manifest names.
    pub takes: Vec<Taken>,
}

/// Whether a package is known to be separate from the packages of the directories above it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standalone {
    /// It is a package in its own right, so those above do not own its files.
    Yes,
    /// It may be part of one above, such as a fixture of its tests, so both own its files.
    Unsure,
}

/// An edge between the packages of two directories.
#[derive(Debug, Clone)]
pub struct PackageEdge {
    /// The directory of what is built.
    pub from: RepoDir,
    /// The directory of the package that it is built from.
    pub to: RepoDir,
    /// What declares it.
    pub at: DeclaredAt,
}

impl Contribution {
    pub(super) fn append(&mut self, other: Self) {
        self.packages.extend(other.packages);
        self.edges.extend(other.edges);
        self.builds.extend(other.builds);
        self.problems.extend(other.problems);
    }
}
