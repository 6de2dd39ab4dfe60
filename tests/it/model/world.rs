//! What a commit of the model holds, in the model's own words, and what a clean build makes of it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use rebake::model::tree::Mode;

use crate::history::Files;
use crate::random::Random;

/// How many services there are.
pub(super) const SERVICES: usize = 7;

/// The services that are libraries: they are built with what depends on them, and by themselves never.
pub(super) const LIBRARIES: [usize; 2] = [1, 3];

/// The files, definitions and edges of a commit.
#[derive(Clone, Default)]
pub(super) struct World {
    files: BTreeMap<String, String>,
    targets: BTreeMap<usize, String>,
    depends_on: BTreeMap<usize, BTreeSet<usize>>,
    /// What does not count.
    comment: usize,
}

impl World {
    /// Returns a first commit: some edges, and a file for each service.
    pub(super) fn first(random: &mut Random) -> Self {
        let mut world = Self::default();
        for service in 0..SERVICES {
            world.files.insert(format!("s{service}/a"), "0".to_owned());
            for dependency in 0..service {
                if random.one_in(4) {
                    world.depends_on.entry(service).or_default().insert(dependency);
                }
            }
        }
        world
    }

    /// Changes a few things.
    pub(super) fn edit(&mut self, random: &mut Random) {
        for _ in 0..=random.below(2) {
            let service = random.below(SERVICES);
            match random.below(12) {
                0 if !LIBRARIES.contains(&service) => _ = self.targets.insert(service, format!("t{}", random.below(3))),
                1 => self.comment += 1,
                2 if service > 0 => {
                    let dependency = random.below(service);
                    let all = self.depends_on.entry(service).or_default();
                    if !all.remove(&dependency) {
                        all.insert(dependency);
                    }
                }
                3 => _ = self.files.insert("shared/x".into(), random.below(3).to_string()),
                4 => _ = self.files.insert("elsewhere".into(), random.below(3).to_string()),
                5 => _ = self.files.remove(&format!("s{service}/b")),
                _ => {
                    let name = *random.pick(&["a", "b", "c/d"]);
                    self.files.insert(format!("s{service}/{name}"), random.below(3).to_string());
                }
            }
        }
    }

    /// Takes the other side's files where a merge has to choose, now and then.
    pub(super) fn merged(&self, other: &Self, random: &mut Random) -> Self {
        let mut merged = self.clone();
        for (path, content) in &other.files {
            if random.one_in(2) {
                merged.files.insert(path.clone(), content.clone());
            }
        }
        merged
    }

    /// Returns what a build of a service makes, where `dependency` gives what it finds of those that it is built from.
    pub(super) fn build(&self, service: usize, dependency: &dyn Fn(usize) -> String) -> String {
        let own =
            |path: &str| path.starts_with(&format!("s{service}/")) || (service.is_multiple_of(3) && path == "shared/x");
        let mut made = String::new();
        for (path, content) in self.files.iter().filter(|(path, _)| own(path)) {
            let _ = write!(made, "{path}={content} ");
        }
        let _ = write!(made, "{:?}", self.targets.get(&service));
        for other in self.depends_on.get(&service).into_iter().flatten() {
            let found = if LIBRARIES.contains(other) { self.build(*other, dependency) } else { dependency(*other) };
            let _ = write!(made, " s{other}({found})");
        }
        made
    }

    /// Returns what a clean build of everything makes of a service.
    pub(super) fn clean(&self, service: usize) -> String {
        self.build(service, &|dependency| self.clean(dependency))
    }

    /// Returns the files of the commit.
    pub(super) fn files(&self) -> Files {
        let mut files = Files::default();
        for (path, content) in &self.files {
            files.insert(path.as_bytes(), Mode::File, content.clone());
        }
        let mut config =
            format!("# {}\nenvironments:\n  one: {{ on: push }}\n  two: {{ on: manual }}\nservices:\n", self.comment);
        for service in 0..SERVICES {
            let shared = if service.is_multiple_of(3) { ", shared/*" } else { "" };
            let target = self.targets.get(&service).map(|target| format!(", target: {target}")).unwrap_or_default();
            let library = if LIBRARIES.contains(&service) { ", builder: none" } else { "" };
            let depends: Vec<String> =
                self.depends_on.get(&service).into_iter().flatten().map(|other| format!("s{other}")).collect();
            let depends = depends.join(", ");
            let _ = writeln!(
                config,
                "  s{service}: {{ path: s{service}, filters: ['s{service}/**'{shared}], depends_on: [{depends}]{target}{library} }}"
            );
        }
        files.insert(b"filters.yaml", Mode::File, config);
        files
    }
}
