use super::walk::{FIRST, Recording};

/// How many tagged commits one pass can follow.
pub(super) const WIDTH: usize = 64 * WORDS;
const WORDS: usize = 4;

/// The flags of a commit in a pass: one bit for each tagged commit. The bit is set if this commit is reachable from the
/// tagged commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Flags([u64; WORDS]);

/// A question to a pass about one tagged commit, and its answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Probe {
    /// The position in the recording at which the question is answered. It is not before the position of the tagged
    /// commit.
    pub(super) at: u32,
    /// The tagged commit, as an index of the `columns` of [`pass`].
    pub(super) column: usize,
    /// The index of the contest that needs the answer.
    pub(super) track: usize,
    pub(super) question: Question,
    pub(super) answer: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Question {
    /// Whether a later candidate is reachable from the tagged commit. The field is the number of the later candidate,
    /// which is the commit at [`Probe::at`]. The answer is 1 or 0.
    LeadsTo(usize),
    /// How many commits before [`Probe::at`] are reachable from the tagged commit, including the tagged commit itself.
    Within,
}

/// The result of a pass for one tagged commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Reachability {
    /// The position where the pass ended.
    pub(super) end: u32,
    /// The number of commits before `end` that are not reachable from the tagged commit.
    pub(super) distance: u32,
    /// Whether all commits from `end` on are reachable from the tagged commit, including commits that were not walked.
    pub(super) covers_the_rest: bool,
    /// Whether commits that were not fetched cannot change the distance. Either there are none; or, when the walk
    /// reached the first commit whose parents were not fetched, that commit and all commits in the queue were reachable
    /// from the tagged commit.
    pub(super) covers_the_unfetched: bool,
}

/// Passes the flags of each commit in the recording to its parents, answers the probes, and returns one result for each
/// tagged commit. `columns` has the positions of the tagged commits, ascending; the probes are ascending by
/// [`Probe::at`]. The pass ends as soon as all commits that it has not visited are reachable from every tagged commit.
///
/// `flags` is working memory. All of its bits are zero before and after the pass.
pub(super) fn pass(
    recording: &Recording<'_>,
    columns: &[u32],
    probes: &mut [Probe],
    flags: &mut Vec<Flags>,
) -> Vec<Reachability> {
    flags.resize((recording.len + recording.slots) as usize, Flags::default());
    let Some(&start) = columns.first() else { return Vec::new() };
    let all = Flags::first(columns.len());
    let mut tally = BitCounters::default();
    let boundary = recording.boundary.as_ref();
    let mut trusted = if boundary.is_none_or(|boundary| boundary.at >= start) { all } else { Flags::default() };
    let mut probes = probes.iter_mut().peekable();
    let mut raised = 0;
    // The number of waiting commits that lack a flag.
    let mut lacking = recording.waiting[start as usize];
    let mut at = start;
    while at < recording.len && (lacking > 0 || raised < columns.len()) {
        let mut carried = flags[at as usize];
        lacking -= u32::from(carried != all);
        while let Some(probe) = probes.next_if(|probe| probe.at == at) {
            probe.answer = match probe.question {
                Question::LeadsTo(_) => u32::from(carried.has(probe.column)),
                Question::Within => tally.of(probe.column),
            };
        }
        if columns.get(raised) == Some(&at) {
            carried.raise(raised);
            raised += 1;
        }
        tally.add(carried);
        if let Some(boundary) = boundary.filter(|boundary| boundary.at == at) {
            trusted = boundary.waiting.iter().fold(carried, |all, waiting| all.and(flags[*waiting as usize]));
        }
        for &edge in recording.edges(at) {
            let (first, parent) = (edge & FIRST != 0, edge & !FIRST);
            // A parent that was walked before its child, because clocks were wrong, never gets the flag.
            if parent > at {
                let flags = &mut flags[parent as usize];
                let lacked = !first && *flags != all;
                *flags = flags.or(carried);
                let lacks = *flags != all;
                lacking = lacking + u32::from(first && lacks) - u32::from(lacked && !lacks);
            }
        }
        at += 1;
    }
    let end = at;

    let waiting = &flags[recording.len as usize..];
    let rest = if lacking == 0 { all } else { waiting.iter().fold(all, |rest, flags| rest.and(*flags)) };
    for probe in probes {
        // Only a pass that ended early leaves questions about positions that it did not see.
        probe.answer = match probe.question {
            Question::LeadsTo(_) => 1,
            Question::Within => tally.of(probe.column) + (probe.at - end),
        };
    }
    recording.clear(flags, start, end);
    let flow = |column| Reachability {
        end,
        distance: end - tally.of(column),
        covers_the_rest: rest.has(column),
        covers_the_unfetched: trusted.has(column),
    };
    (0..columns.len()).map(flow).collect()
}

impl Recording<'_> {
    /// Clears all flags that a pass from `start` to `end` has set.
    fn clear(&self, flags: &mut [Flags], start: u32, end: u32) {
        flags[start as usize..end as usize].fill(Flags::default());
        let edges = self.starts[start as usize] as usize..self.starts[end as usize] as usize;
        for parent in self.edges[edges].iter().map(|edge| edge & !FIRST).filter(|parent| *parent >= end) {
            flags[parent as usize] = Flags::default();
        }
    }
}

impl Flags {
    pub(super) fn first(bits: usize) -> Self {
        let mut flags = Self::default();
        (0..bits).for_each(|bit| flags.raise(bit));
        flags
    }

    pub(super) fn raise(&mut self, bit: usize) {
        self.0[bit / 64] |= 1 << (bit % 64);
    }

    pub(super) fn has(self, bit: usize) -> bool {
        self.0[bit / 64] >> (bit % 64) & 1 == 1
    }

    pub(super) fn or(self, other: Self) -> Self {
        Self(std::array::from_fn(|word| self.0[word] | other.0[word]))
    }

    pub(super) fn and(self, other: Self) -> Self {
        Self(std::array::from_fn(|word| self.0[word] & other.0[word]))
    }

    fn xor(self, other: Self) -> Self {
        Self(std::array::from_fn(|word| self.0[word] ^ other.0[word]))
    }
}

/// A counter for each bit of [`Flags`]. All counters are incremented at once: the first element has the lowest binary
/// digit of every counter, the second element has the next digit, and so on.
#[derive(Default)]
struct BitCounters([Flags; 32]);

impl BitCounters {
    fn add(&mut self, mut carry: Flags) {
        for plane in &mut self.0 {
            if carry == Flags::default() {
                break;
            }
            let digit = *plane;
            *plane = digit.xor(carry);
            carry = digit.and(carry);
        }
    }

    fn of(&self, bit: usize) -> u32 {
        self.0.iter().rev().fold(0, |count, plane| count << 1 | u32::from(plane.has(bit)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tally_counts_each_bit_by_itself() {
        let mut tally = BitCounters::default();
        for step in 0..1000_usize {
            let mut flags = Flags::default();
            (0..WIDTH).filter(|bit| step % (bit + 1) == 0).for_each(|bit| flags.raise(bit));
            tally.add(flags);
        }
        for bit in 0..WIDTH {
            assert_eq!(tally.of(bit) as usize, 1000_usize.div_ceil(bit + 1));
        }
    }

    #[test]
    fn a_pass_ends_at_the_neck_of_the_history_and_leaves_no_flags() {
        // 0 - 1 - 3 - 4 - 5, and 2 beside 1: both have 3 as parent.
        let recording = Recording {
            starts: &[0, 2, 3, 4, 5, 6],
            edges: vec![1 | FIRST, 2 | FIRST, 3 | FIRST, 3, 4 | FIRST, 5 | FIRST],
            waiting: &[1, 2, 2, 1, 1],
            boundary: None,
            len: 5,
            slots: 1,
        };
        let probe = |at, question| Probe { at, column: 0, track: 0, question, answer: 9 };
        let mut probes = [probe(2, Question::LeadsTo(0)), probe(3, Question::LeadsTo(1)), probe(5, Question::Within)];
        let mut flags = Vec::new();
        let flows = pass(&recording, &[1], &mut probes, &mut flags);
        assert_eq!(flows, [Reachability { end: 3, distance: 2, covers_the_rest: true, covers_the_unfetched: true }]);
        assert_eq!(probes.map(|probe| probe.answer), [0, 1, 3]);
        assert_eq!(flags, [Flags::default(); 6]);
    }
}
