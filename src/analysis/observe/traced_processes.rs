use std::collections::BTreeMap;
use std::rc::Rc;

use super::git_commands::CountedReads;
use crate::inputs::trace::RequestedPath;
use crate::model::name::shell_word;

/// The processes of a build, by id. Threads of a process share its state.
pub(super) struct TracedProcesses {
    /// The directory in which the build began.
    start: Vec<u8>,
    places: BTreeMap<u32, usize>,
    known: Vec<Known>,
    /// The commands, each with its number.
    commands: BTreeMap<String, usize>,
}

#[derive(Clone)]
struct Known {
    /// Its directory, absolute.
    directory: Vec<u8>,
    command: usize,
    program: Rc<TracedProgram>,
}

/// The properties of a program that decide which of its reads count.
pub(super) struct TracedProgram {
    /// Whether it is git.
    pub(super) is_git: bool,
    /// Whether it is git with a known subcommand, which is no alias. If so, it is known what the processes that git
    /// starts do.
    pub(super) is_settled: bool,
    /// The reads that count, by paths without links.
    pub(super) counted: CountedReads,
}

impl Default for TracedProgram {
    /// Returns the properties of an unknown program: all of its reads count.
    fn default() -> Self {
        Self { is_git: false, is_settled: false, counted: CountedReads::All }
    }
}

/// The length to which the text of a command is cut, in characters.
const LONGEST: usize = 100;

impl TracedProcesses {
    pub(super) fn new(start: &[u8]) -> Self {
        let commands = BTreeMap::from([("the build".to_owned(), 0)]);
        Self { start: start.to_vec(), places: BTreeMap::new(), known: Vec::new(), commands }
    }

    pub(super) fn fork(&mut self, parent: u32, child: u32, is_thread: bool) {
        let place = self.place(parent);
        let place = if is_thread {
            place
        } else {
            self.known.push(self.known[place].clone());
            self.known.len() - 1
        };
        self.places.insert(child, place);
    }

    /// Notes the current directory of a process.
    pub(super) fn stand(&mut self, id: u32, directory: Vec<u8>) {
        self.get(id).directory = directory;
    }

    pub(super) fn execute(&mut self, id: u32, program: &[u8], arguments: &[Vec<u8>], what: TracedProgram) {
        let next = self.commands.len();
        let number = *self.commands.entry(shown_command(program, arguments)).or_insert(next);
        let known = self.get(id);
        (known.command, known.program) = (number, Rc::new(what));
    }

    pub(super) fn is_git(&mut self, id: u32) -> bool {
        self.get(id).program.is_git
    }

    pub(super) fn is_settled(&mut self, id: u32) -> bool {
        self.get(id).program.is_settled
    }

    /// Whether a process's read of a file counts.
    pub(super) fn counts(&mut self, id: u32, path: &[u8]) -> bool {
        match &self.get(id).program.counted {
            CountedReads::All => true,
            CountedReads::Of(files) => files.iter().any(|file| file == path),
        }
    }

    /// Returns the current directory of a process.
    pub(super) fn directory(&mut self, id: u32) -> Vec<u8> {
        self.get(id).directory.clone()
    }

    /// Returns the number of the command that a process runs.
    pub(super) fn command(&mut self, id: u32) -> usize {
        self.get(id).command
    }

    /// Returns the path that a process asked for as an absolute path; `None` if the path is relative to an unknown
    /// directory.
    pub(super) fn absolute(&mut self, id: u32, asked: &RequestedPath) -> Option<Vec<u8>> {
        if asked.path.starts_with(b"/") {
            return Some(asked.path.clone());
        }
        let from = match &asked.from {
            Some(from) => from.clone(),
            None if asked.from_own => self.get(id).directory.clone(),
            None => return None,
        };
        Some([&from, &b"/"[..], &asked.path].concat())
    }

    /// Returns the commands by their numbers.
    pub(super) fn into_commands(self) -> Vec<String> {
        let mut commands: Vec<(String, usize)> = self.commands.into_iter().collect();
        commands.sort_unstable_by_key(|(_, number)| *number);
        commands.into_iter().map(|(text, _)| text).collect()
    }

    fn place(&mut self, id: u32) -> usize {
        if let Some(place) = self.places.get(&id) {
            return *place;
        }
        self.known.push(Known { directory: self.start.clone(), command: 0, program: Rc::default() });
        self.places.insert(id, self.known.len() - 1);
        self.known.len() - 1
    }

    fn get(&mut self, id: u32) -> &mut Known {
        let place = self.place(id);
        &mut self.known[place]
    }
}

/// Returns a command in the syntax of a shell, with the name of its program in place of the program's path, cut to
/// [`LONGEST`] characters.
pub(super) fn shown_command(program: &[u8], arguments: &[Vec<u8>]) -> String {
    let program = [program.to_vec()];
    let words = if arguments.is_empty() { &program[..] } else { arguments };
    let name = |word: &[u8]| word.rsplit(|byte| *byte == b'/').next().unwrap_or_default().to_vec();
    let words = words.iter().take(1).map(|word| name(word)).chain(words.iter().skip(1).cloned());
    let words: Vec<String> = words.map(|word| shell_word(&String::from_utf8_lossy(&word))).collect();
    let text = words.join(" ");
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", text[..end].trim_end()),
        None => text,
    }
}
