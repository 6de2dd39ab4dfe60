/// A set of positions in a list.
#[derive(Debug, Clone, Default)]
pub(super) struct Positions(Vec<u64>);

impl Positions {
    pub(super) fn of(count: usize, positions: impl IntoIterator<Item = usize>) -> Self {
        let mut set = Self(vec![0; count.div_ceil(64)]);
        set.add(positions);
        set
    }

    pub(super) fn add(&mut self, positions: impl IntoIterator<Item = usize>) {
        for position in positions {
            if let Some(word) = self.0.get_mut(position / 64) {
                *word |= 1 << (position % 64);
            }
        }
    }

    pub(super) fn has(&self, position: usize) -> bool {
        self.0.get(position / 64).is_some_and(|word| word & (1 << (position % 64)) != 0)
    }
}
