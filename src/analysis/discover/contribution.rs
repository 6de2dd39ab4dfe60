use super::Taken;
use crate::inputs::source::{DeclaredAt, DeclaredBuild, Ecosystem};
use crate::model::diagnostic::Diagnostic;
use crate::model::name::RepoDir;

/// The packages, edges and builds that one ecosystem declares.
#[derive(Debug, Clone, Default)]
pub struct Contribution {
    /// The packages. Two packages in one directory become one service.
    pub packages: Vec<Package>,
    /// The edges between packages. If an edge leads to a directory without a package, all files below that directory
    /// affect the package at the other end of the edge instead.
    pub edges: Vec<PackageEdge>,
    /// The builds of images, each with the directory of its package.
    pub builds: Vec<(RepoDir, DeclaredBuild)>,
    /// Diagnostics about files that could not be read or resolved.
    pub problems: Vec<Diagnostic>,
}

/// A package: a directory with a manifest, or with the build of an image.
#[derive(Debug, Clone)]
pub struct Package {
    /// The ecosystem.
    pub ecosystem: Ecosystem,
    /// Its directory. Changes of the files in it affect the package.
    pub directory: RepoDir,
    /// Its name, such as the one in its manifest; `None` if it has no name.
    pub name: Option<String>,
    /// Where a file declares it.
    pub at: DeclaredAt,
    /// Whether its files belong to it alone, or also to a package in a directory above.
    pub standalone: Standalone,
    /// The files that affect it besides its directory, such as the lockfile of its workspace and files that its
    /// manifest names.
    pub takes: Vec<Taken>,
}

/// Whether a package is known to be separate from the packages of the directories above it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standalone {
    /// It is a package in its own right, so its files do not belong to packages in directories above.
    Yes,
    /// It may be part of a package in a directory above, for example a fixture of that package's tests. Its files
    /// belong to both packages.
    Unsure,
}

/// An edge between the packages of two directories.
#[derive(Debug, Clone)]
pub struct PackageEdge {
    /// The directory of the package that is built.
    pub from: RepoDir,
    /// The directory of the package that it is built from.
    pub to: RepoDir,
    /// Where a file declares it.
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
