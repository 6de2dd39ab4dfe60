//! The engine that can match every expression. The time of a match is proportional to the length of the path times the
//! length of the pattern.
//!
//! The machine consists of automata: one for each lookahead, and one for the whole expression. They read a path
//! together, from its end to its beginning, so the result of a lookahead is known when another automaton needs it. At
//! each place of the path the automata run one after another, an inner lookahead before an outer one. All threads of an
//! automaton, the ways in which it can read the path, move together, so the automaton enters a state at most once at
//! each place. A step is one entered state; a match takes at most (characters + 1) × states steps.

use super::character_set::{Set, ends_line};
use super::expression_tree::Node;
use super::term::{Guard, Times};

/// A compiled expression.
#[derive(Debug)]
pub(super) struct Machine {
    /// The literal text with which a matching path begins and ends. The states match the text between them.
    beginning: String,
    ending: String,
    states: Vec<State>,
    sets: Vec<Set>,
    /// The first state of each automaton: of the lookaheads in the order in which they must run, then of the
    /// expression.
    entries: Vec<usize>,
}

/// A state: the test that a thread makes in it, and the states that follow.
#[derive(Debug, Clone, Copy)]
enum State {
    Found,
    Char(char, usize),
    Set(usize, usize),
    NotSlash(usize),
    Any(usize),
    Split(usize, usize),
    Guard(Guard, usize),
    Start(usize),
    End(usize),
    Boundary(bool, usize),
    Ahead { automaton: usize, holds: bool, next: usize },
}

/// The error when a match takes more steps than its limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct GaveUp;

/// The result of a match, and the number of steps that it took.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Run {
    pub(super) matches: bool,
    pub(super) steps: usize,
}

impl Machine {
    pub(super) fn new(node: &Node) -> Self {
        let mut machine = Self {
            beginning: String::new(),
            ending: String::new(),
            states: Vec::new(),
            sets: Vec::new(),
            entries: Vec::new(),
        };
        let mut nodes = match node {
            Node::Sequence(nodes) => &nodes[..],
            node => std::slice::from_ref(node),
        };
        if let [Node::Literal(text), rest @ ..] = nodes {
            machine.beginning.clone_from(text);
            nodes = rest;
        }
        // A lookahead must see the ending as well.
        if !nodes.iter().any(Node::looks_ahead)
            && let [rest @ .., Node::Literal(text)] = nodes
        {
            machine.ending.clone_from(text);
            nodes = rest;
        }
        machine.automaton(nodes);
        machine
    }

    /// Returns the number of states.
    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.states.len()
    }

    fn automaton(&mut self, nodes: &[Node]) -> usize {
        let found = self.state(State::Found);
        let entry = self.sequence(nodes, found);
        self.entries.push(entry);
        self.entries.len() - 1
    }

    fn state(&mut self, state: State) -> usize {
        self.states.push(state);
        self.states.len() - 1
    }

    /// Adds the states that read a node from its end to its beginning and then go on to `next`. Returns the first of
    /// these states.
    fn compile(&mut self, node: &Node, next: usize) -> usize {
        match node {
            Node::Literal(text) => text.chars().fold(next, |next, c| self.state(State::Char(c, next))),
            Node::Set(set) if *set == Set::not_slash() => self.state(State::NotSlash(next)),
            Node::Set(set) => {
                self.sets.push(set.clone());
                self.state(State::Set(self.sets.len() - 1, next))
            }
            Node::Any => self.state(State::Any(next)),
            Node::Star => self.repeat(next, |machine, again| machine.state(State::NotSlash(again))),
            Node::Globstar => self.repeat(next, |machine, again| {
                let guard = machine.state(State::Guard(Guard::NotDotSegment, again));
                machine.state(State::Any(guard))
            }),
            Node::Guard(guard) => self.state(State::Guard(*guard, next)),
            Node::Start => self.state(State::Start(next)),
            Node::End => self.state(State::End(next)),
            Node::Boundary(at_word) => self.state(State::Boundary(*at_word, next)),
            Node::Sequence(nodes) => self.sequence(nodes, next),
            Node::Either(arms) => {
                let entries: Vec<usize> = arms.iter().map(|arm| self.compile(arm, next)).collect();
                entries.into_iter().reduce(|one, other| self.state(State::Split(one, other))).unwrap_or(next)
            }
            Node::Repeat(node, Times::Optional) => {
                let entry = self.compile(node, next);
                self.state(State::Split(next, entry))
            }
            Node::Repeat(node, Times::Any) => self.repeat(next, |machine, again| machine.compile(node, again)),
            Node::Repeat(node, Times::Many) => {
                let again = self.state(State::Split(next, next));
                let entry = self.compile(node, again);
                self.states[again] = State::Split(next, entry);
                entry
            }
            Node::Ahead(node, holds) => {
                let automaton = self.automaton(std::slice::from_ref(node));
                self.state(State::Ahead { automaton, holds: *holds, next })
            }
        }
    }

    fn sequence(&mut self, nodes: &[Node], next: usize) -> usize {
        nodes.iter().fold(next, |next, node| self.compile(node, next))
    }

    fn repeat(&mut self, next: usize, body: impl FnOnce(&mut Self, usize) -> usize) -> usize {
        let again = self.state(State::Split(next, next));
        let entry = body(self, again);
        self.states[again] = State::Split(next, entry);
        again
    }

    /// Returns whether the expression matches the whole path, or an error if that needs more than `limit` steps.
    pub(super) fn run(&self, path: &str, limit: usize) -> Result<Run, GaveUp> {
        let main = self.entries.len() - 1;
        let between =
            path.strip_prefix(self.beginning.as_str()).and_then(|rest| rest.strip_suffix(self.ending.as_str()));
        if between.is_none() {
            return Ok(Run { matches: false, steps: 0 });
        }
        let mut place = Place::before_ending(path, path.len() - self.ending.len());
        let end = place.index();
        let mut threads = Threads {
            machine: self,
            entered: vec![usize::MAX; self.states.len()],
            known: vec![false; self.entries.len()],
            reading: vec![Vec::new(); self.entries.len()],
            steps: 0,
        };
        let mut stack = Vec::new();
        loop {
            for automaton in 0..self.entries.len() {
                stack.clear();
                if let Some(after) = place.after.filter(|_| place.index() < end) {
                    threads.take(automaton, after, &mut stack);
                }
                // A lookahead may end anywhere; the expression ends where the path does.
                if automaton != main || place.index() == end {
                    stack.push(self.entries[automaton]);
                }
                threads.settle(automaton, &place, &mut stack);
            }
            if threads.steps > limit {
                return Err(GaveUp);
            }
            let begins = place.index() == self.beginning.len();
            let matches = begins && threads.known[main];
            if begins || threads.reading[main].is_empty() {
                return Ok(Run { matches, steps: threads.steps });
            }
            place.step_back();
        }
    }
}

/// The threads of all automata at one place.
struct Threads<'a> {
    machine: &'a Machine,
    /// The place at which each state was last entered.
    entered: Vec<usize>,
    /// Whether each automaton has found a match that begins at this place.
    known: Vec<bool>,
    /// The states of each automaton that wait for a character.
    reading: Vec<Vec<usize>>,
    steps: usize,
}

impl Threads<'_> {
    /// Adds to `moved` the next state of each thread that waits for a character and accepts this one.
    fn take(&self, automaton: usize, c: char, moved: &mut Vec<usize>) {
        for state in &self.reading[automaton] {
            let (takes, next) = match self.machine.states[*state] {
                State::Char(wanted, next) => (c == wanted, next),
                State::Set(set, next) => (self.machine.sets[set].contains(c), next),
                State::NotSlash(next) => (c != '/', next),
                State::Any(next) => (!ends_line(c), next),
                _ => continue,
            };
            if takes {
                moved.push(next);
            }
        }
    }

    /// Follows all transitions that need no character, from each state on the stack.
    fn settle(&mut self, automaton: usize, place: &Place<'_>, stack: &mut Vec<usize>) {
        self.known[automaton] = false;
        self.reading[automaton].clear();
        while let Some(index) = stack.pop() {
            if self.entered[index] == place.index() {
                continue;
            }
            self.entered[index] = place.index();
            self.steps += 1;
            let (passes, next) = match self.machine.states[index] {
                State::Found => {
                    self.known[automaton] = true;
                    continue;
                }
                State::Char(..) | State::Set(..) | State::NotSlash(_) | State::Any(_) => {
                    self.reading[automaton].push(index);
                    continue;
                }
                State::Split(one, other) => {
                    stack.push(other);
                    (true, one)
                }
                State::Guard(guard, next) => (place.passes(guard), next),
                State::Start(next) => (place.before.is_none(), next),
                State::End(next) => (place.after.is_none(), next),
                State::Boundary(wanted, next) => (place.is_boundary() == wanted, next),
                State::Ahead { automaton, holds, next } => (self.known[automaton] == holds, next),
            };
            if passes {
                stack.push(next);
            }
        }
    }
}

/// A place between two characters of a path.
struct Place<'a> {
    /// The part of the path before this place, which is still to be read.
    rest: &'a str,
    before: Option<char>,
    after: Option<char>,
    /// The number of dots from here to the end of the segment; `None` if the rest of the segment has other characters.
    dots: Option<usize>,
    /// The value of `dots` at the place after the next character. It is only used if the next character is a slash.
    dots_after: Option<usize>,
}

impl<'a> Place<'a> {
    /// Returns the place that is `index` bytes after the beginning of the path.
    fn before_ending(path: &'a str, index: usize) -> Self {
        let (rest, ending) = path.split_at(index);
        let dots = |text: &str| {
            let behind = text.trim_start_matches('.');
            (behind.is_empty() || behind.starts_with('/')).then_some(text.len() - behind.len())
        };
        Self {
            rest,
            before: rest.chars().next_back(),
            after: ending.chars().next(),
            dots: dots(ending),
            dots_after: ending.strip_prefix('/').and_then(dots),
        }
    }

    /// Returns how many bytes are before this place.
    fn index(&self) -> usize {
        self.rest.len()
    }

    fn step_back(&mut self) {
        let mut chars = self.rest.chars();
        self.after = chars.next_back();
        self.rest = chars.as_str();
        self.before = chars.next_back();
        self.dots_after = self.dots;
        self.dots = match self.after {
            Some('/') => Some(0),
            Some('.') => self.dots.map(|dots| dots + 1),
            _ => None,
        };
    }

    fn passes(&self, guard: Guard) -> bool {
        let dots = |dots| matches!(dots, Some(1 | 2));
        match guard {
            Guard::NotDots => !dots(self.dots),
            Guard::NotLoneDot => !matches!(self.dots, Some(0 | 1)),
            Guard::NotDotSegment => {
                !(self.before.is_none() && dots(self.dots) || self.after == Some('/') && dots(self.dots_after))
            }
            Guard::Something => self.after.is_some_and(|c| !ends_line(c)),
        }
    }

    fn is_boundary(&self) -> bool {
        let is_word = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric() || c == '_');
        is_word(self.before) != is_word(self.after)
    }
}

#[cfg(test)]
mod tests {
    use super::super::Pattern;
    use super::*;

    #[test]
    fn steps_grow_with_the_length_of_path_and_pattern_alone() {
        let nested = format!("{}a{}", "!(".repeat(50), ")".repeat(50));
        for pattern in [
            "*(!(f))",
            "+(!(f)|!(g))",
            "(a*)*",
            "((a*)*)*b",
            "(a|a)+(a|a)+b",
            "+(a|*(b))",
            "(*a)(*a)(*a)(*a)b",
            "**/*a*/**/*a*/**/*a*/b",
            "*a*a*a*a*a*a*a*a*a*a*b",
            "!(!(!(!(a*)b*)c*)d*)e",
            "@(a|(a|(a|(a*)*)*)*)*b",
            &nested,
        ] {
            let machine = Machine::new(Pattern::parse(pattern).unwrap().tree());
            for path in ["a".repeat(10_000), "a/".repeat(5_000), "f".repeat(10_000) + "/g"] {
                let run = machine.run(&path, usize::MAX).unwrap();
                assert!(run.steps <= (path.len() + 1) * machine.len(), "{pattern}: {} steps", run.steps);
            }
            assert!(machine.len() <= 8 * pattern.len() + 8, "{pattern}: {} states", machine.len());
        }
    }

    #[test]
    fn a_run_stops_at_its_limit() {
        let machine = Machine::new(Pattern::parse("*(!(f))").unwrap().tree());
        let path = "a".repeat(10_000);
        let steps = machine.run(&path, usize::MAX).unwrap().steps;
        assert_eq!(machine.run(&path, steps - 1), Err(GaveUp));
        assert_eq!(machine.run(&path, steps).map(|run| run.matches), Ok(true));
    }
}
