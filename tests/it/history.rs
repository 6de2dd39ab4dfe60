//! Many commits by one `git fast-import`, and random trees to fill them.

use std::collections::BTreeMap;
use std::io::Write as _;

use rebake::model::name::CommitId;
use rebake::model::tree::Mode;

use crate::random::Random;
use crate::repo::Repo;

/// What a commit holds. A path is never also a directory of another one.
#[derive(Clone, Default)]
pub(crate) struct Files(pub(crate) BTreeMap<Vec<u8>, (Mode, String)>);

/// A history on its way into a repository.
#[derive(Default)]
pub(crate) struct History {
    stream: Vec<u8>,
    commits: usize,
}

/// Names that order, quoting, options or decoding trip over.
const NAMES: [&[u8]; 16] = [
    b"a",
    b"b",
    b"a.b",
    b"a-b",
    b"a0",
    b"A",
    b"-x",
    b"--all",
    b"\xc3\xbc",
    b"\xff\xfe",
    b"new\nline",
    b"qu\"ote",
    b"tab\t",
    b" blank ",
    b"back\\slash",
    b"*",
];

impl Files {
    /// Puts something at a path, and takes away what cannot be beside it.
    pub(crate) fn insert(&mut self, path: &[u8], mode: Mode, content: impl Into<String>) {
        let below = |dir: &[u8], path: &[u8]| path.strip_prefix(dir).is_some_and(|rest| rest.starts_with(b"/"));
        self.0.retain(|other, _| !below(path, other) && !below(other, path));
        self.0.insert(path.to_vec(), (mode, content.into()));
    }

    /// Adds, changes and removes a few things.
    pub(crate) fn mutate(&mut self, random: &mut Random) {
        for _ in 0..=random.below(8) {
            match self.some_path(random) {
                Some(path) if random.one_in(3) => _ = self.0.remove(&path),
                Some(path) if random.one_in(2) => self.insert(&path, mode(random), random.below(3).to_string()),
                // A file where a directory was, and the other way round.
                Some(path) if random.one_in(3) => {
                    let parent = path.iter().rposition(|byte| *byte == b'/').map(|slash| path[..slash].to_vec());
                    let below = [&path[..], b"/", *random.pick(&NAMES)].concat();
                    self.insert(&parent.unwrap_or(below), mode(random), "");
                }
                _ => self.insert(&path(random), mode(random), random.below(3).to_string()),
            }
        }
    }

    fn some_path(&self, random: &mut Random) -> Option<Vec<u8>> {
        if self.0.is_empty() { None } else { self.0.keys().nth(random.below(self.0.len())).cloned() }
    }
}

fn path(random: &mut Random) -> Vec<u8> {
    let parts: Vec<&[u8]> = (0..=random.below(4)).map(|_| *random.pick(&NAMES)).collect();
    parts.join(&b'/')
}

fn mode(random: &mut Random) -> Mode {
    *random.pick(&[Mode::File, Mode::File, Mode::File, Mode::Executable, Mode::SymbolicLink, Mode::Submodule])
}

impl History {
    /// Adds a commit with these parents, by their numbers, at a time in seconds since 1970; returns its number.
    pub(crate) fn commit(&mut self, files: &Files, parents: &[usize], time: i64) -> usize {
        let number = self.commits;
        self.commits += 1;
        let mark = number + 1;
        let out = &mut self.stream;
        writeln!(out, "commit refs/import/{mark}\nmark :{mark}\ncommitter C <c@d> {time} +0000\ndata 0").unwrap();
        for (nth, parent) in parents.iter().enumerate() {
            writeln!(out, "{} :{}", if nth == 0 { "from" } else { "merge" }, parent + 1).unwrap();
        }
        writeln!(out, "deleteall").unwrap();
        for (path, (mode, content)) in &files.0 {
            let object = if *mode == Mode::Submodule { format!("{:0>40}", content.len() + 1) } else { "inline".into() };
            write!(out, "M {mode} {object} \"").unwrap();
            for byte in path {
                write!(out, "\\{byte:03o}").unwrap();
            }
            writeln!(out, "\"").unwrap();
            if *mode != Mode::Submodule {
                writeln!(out, "data {}\n{content}", content.len()).unwrap();
            }
        }
        writeln!(out, "\nget-mark :{mark}").unwrap();
        number
    }

    /// Puts it all into a repository; the ids come in the order of the numbers.
    #[track_caller]
    pub(crate) fn import(&self, repo: &Repo) -> Vec<CommitId> {
        let ids = repo.git_bytes(["fast-import", "--quiet", "--force"], &self.stream);
        String::from_utf8(ids).unwrap().lines().map(|id| id.parse().unwrap()).collect()
    }
}
