//! Random input that can be had again: a failing test prints its seed, and `REBAKE_SEED=17 cargo test` runs
//! that one alone. `REBAKE_SEED=0..1000` runs more of them than a test does by itself.

use std::ops::Range;

/// A source of numbers (splitmix64) that says its seed when the test that uses it fails.
pub(crate) struct Random {
    seed: u64,
    state: u64,
}

/// Calls a test once for each of `count` seeds.
#[track_caller]
pub(crate) fn for_seeds(count: u64, test: impl Fn(&mut Random)) {
    #[expect(clippy::disallowed_methods, reason = "how a failing seed is run again")]
    let asked = std::env::var("REBAKE_SEED").ok();
    let number = |text: &str| text.parse::<u64>().expect("REBAKE_SEED is a number, or two with `..` between");
    let seeds: Range<u64> = match asked.as_deref().map(|text| text.split_once("..").unwrap_or((text, ""))) {
        None => 0..count,
        Some((only, "")) => number(only)..number(only) + 1,
        Some((from, to)) => number(from)..number(to),
    };
    seeds.for_each(|seed| test(&mut Random { seed, state: seed }));
}

impl Random {
    fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `end`.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() % u64::try_from(end).unwrap()).unwrap()
    }

    pub(crate) fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.below(from.len())]
    }

    /// True once in `n` times.
    pub(crate) fn one_in(&mut self, n: usize) -> bool {
        self.below(n) == 0
    }
}

impl Drop for Random {
    fn drop(&mut self) {
        if std::thread::panicking() {
            #[expect(clippy::print_stderr, reason = "the seed is what makes a failure repeatable")]
            {
                eprintln!("run it again with REBAKE_SEED={}", self.seed);
            }
        }
    }
}
