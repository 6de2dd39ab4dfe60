/// Returns the length of the longest chain of services, and the positions of its services. In a chain, each service
/// needs the service before it.
///
/// `lengths` has the length of each service, in any unit. `needs` has, for each service, the positions of the services
/// that it needs. Each of these positions is lower than the service's own. If several chains have the greatest length,
/// returns the first. Without services the chain is empty.
#[must_use]
pub fn longest_chain(lengths: &[f64], needs: &[Vec<usize>]) -> (f64, Vec<usize>) {
    let mut ends: Vec<(f64, Option<usize>)> = Vec::with_capacity(lengths.len());
    for (length, needs) in lengths.iter().zip(needs) {
        let longest = longest(needs.iter().copied(), |need| ends[need].0);
        ends.push((longest.map_or(0.0, |need| ends[need].0) + length, longest));
    }
    let last = longest(0..ends.len(), |place| ends[place].0);
    let chain = std::iter::successors(last, |place| ends[*place].1);
    let mut chain: Vec<usize> = chain.collect();
    chain.reverse();
    (last.map_or(0.0, |last| ends[last].0), chain)
}

/// Returns the first position with the greatest length; `None` without positions.
fn longest(places: impl Iterator<Item = usize>, length: impl Fn(usize) -> f64) -> Option<usize> {
    places.reduce(|best, place| if length(place) > length(best) { place } else { best })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_chain_is_by_length_and_not_by_number() {
        // 0 ← 1 ← 2, 0 ← 3, 4 alone.
        let needs = [vec![], vec![0], vec![1], vec![0], vec![]];
        assert_eq!(longest_chain(&[1.0; 5], &needs), (3.0, vec![0, 1, 2]));
        assert_eq!(longest_chain(&[1.0, 1.0, 1.0, 5.0, 2.0], &needs), (6.0, vec![0, 3]));
        assert_eq!(longest_chain(&[1.0, 1.0, 1.0, 5.0, 9.0], &needs), (9.0, vec![4]));
        assert_eq!(longest_chain(&[0.0; 5], &needs), (0.0, vec![0]));
        assert_eq!(longest_chain(&[], &[]), (0.0, vec![]));
    }
}
