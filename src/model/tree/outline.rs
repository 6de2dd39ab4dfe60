use super::{Region, closed};

/// The parts of a tree to read: the ids of some directories, and the files in a region. Nothing else is read.
#[derive(Debug, Clone, Default)]
pub struct Outline {
    listed: Region,
    /// The directories whose ids are read, sorted. Each ends with a slash, except for the root.
    whole: Vec<Vec<u8>>,
    /// The directories for which the ids of all direct subdirectories are read, in the form of `whole`.
    split: Vec<Vec<u8>>,
}

impl Outline {
    /// Returns the outline that lists the files of a region, and nothing else.
    #[must_use]
    pub fn listed(listed: Region) -> Self {
        Self { listed, ..Self::default() }
    }

    /// Returns the outline that lists the files of a region and includes ids of directories: of each directory in
    /// `whole`, and of each direct subdirectory of those in `split`.
    pub fn new<D: AsRef<[u8]>>(
        listed: Region,
        whole: impl IntoIterator<Item = D>,
        split: impl IntoIterator<Item = D>,
    ) -> Self {
        Self { listed, whole: sorted(whole), split: sorted(split) }
    }

    /// Whether the outline includes the id of a directory.
    #[must_use]
    pub fn includes_id(&self, directory: &[u8]) -> bool {
        if self.whole.is_empty() && self.split.is_empty() {
            return false;
        }
        let has = |sorted: &[Vec<u8>], directory: Vec<u8>| sorted.binary_search(&directory).is_ok();
        let above = directory.iter().rposition(|byte| *byte == b'/').map_or(&[][..], |slash| &directory[..slash]);
        has(&self.whole, closed(directory)) || !directory.is_empty() && has(&self.split, closed(above))
    }

    /// Whether a directory has to be read for the files or the ids in the outline.
    #[must_use]
    pub fn enters(&self, directory: &[u8]) -> bool {
        if self.listed.reaches(directory) {
            return true;
        }
        let directory = closed(directory);
        let first =
            |sorted: &[Vec<u8>], behind: usize| sorted.get(behind).is_some_and(|next| next.starts_with(&directory));
        first(&self.whole, self.whole.partition_point(|other| *other <= directory))
            || first(&self.split, self.split.partition_point(|other| *other < directory))
    }
}

fn sorted<D: AsRef<[u8]>>(directories: impl IntoIterator<Item = D>) -> Vec<Vec<u8>> {
    let mut sorted: Vec<_> = directories.into_iter().map(|directory| closed(directory.as_ref())).collect();
    sorted.sort_unstable();
    sorted.dedup();
    sorted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn directories_are_read_on_the_way_to_what_is_told() {
        let outline = Outline::new(Region::below(["c/x"]), ["a/b", "a/b/c/d"], ["s"]);
        let of = |is: &dyn Fn(&[u8]) -> bool| -> Vec<&str> {
            let all =
                ["", "a", "a/b", "a/b/c", "a/b/c/d", "a/b/c/d/e", "c", "c/x", "c/x/y", "c/y", "s", "s/t", "s/t/u"];
            all.into_iter().filter(|directory| is(directory.as_bytes())).collect()
        };
        assert_eq!(of(&|directory| outline.includes_id(directory)), ["a/b", "a/b/c/d", "s/t"]);
        assert_eq!(of(&|directory| outline.enters(directory)), ["", "a", "a/b", "a/b/c", "c", "c/x", "c/x/y", "s"]);
        let root = Outline::new(Region::default(), [""], []);
        assert!(root.includes_id(b"") && !root.enters(b"") && !root.includes_id(b"a"));
        let split = Outline::new(Region::default(), [], [""]);
        assert!(
            split.includes_id(b"a")
                && !split.includes_id(b"a/b")
                && !split.includes_id(b"")
                && split.enters(b"")
                && !split.enters(b"a")
        );
    }
}
