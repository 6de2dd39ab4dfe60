use std::fmt;

/// A list of names that shows the first few and the number of the others: `a, b and 3 more`. Each name is written by
/// its own `Display`.
#[derive(Debug, Clone, Copy)]
pub struct Listed<I> {
    names: I,
    at_most: usize,
}

impl<I> Listed<I> {
    /// Returns a list of at most `at_most` of these names.
    pub fn new(names: I, at_most: usize) -> Self {
        Self { names, at_most }
    }
}

impl<I: IntoIterator<Item: fmt::Display> + Clone> fmt::Display for Listed<I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut names = self.names.clone().into_iter();
        for (at, name) in names.by_ref().take(self.at_most).enumerate() {
            let comma = if at == 0 { "" } else { ", " };
            write!(f, "{comma}{name}")?;
        }
        match names.count() {
            0 => Ok(()),
            more => write!(f, " and {more} more"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_is_cut_and_counts_the_rest() {
        let listed = |at_most| Listed::new(&["a", "b", "c"], at_most).to_string();
        assert_eq!([1, 2, 3, 4].map(listed), ["a and 2 more", "a, b and 1 more", "a, b, c", "a, b, c"]);
        assert_eq!(Listed::new(&[] as &[&str], 3).to_string(), "");
    }
}
