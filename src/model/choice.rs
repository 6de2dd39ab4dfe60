//! Enums whose variants people choose by a word, on the command line and in filters.yaml.

/// An enum whose variants have words.
pub trait Choice: Copy + Send + Sync + 'static {
    /// The variants in the order of help texts, each with its word and a line of help.
    const CHOICES: &'static [(Self, &'static str, &'static str)];

    /// Returns the word of the variant.
    fn word(self) -> &'static str
    where
        Self: PartialEq,
    {
        Self::CHOICES.iter().find(|(variant, ..)| *variant == self).map_or("", |(_, word, _)| word)
    }

    /// Returns the variant with this word.
    fn of(word: &str) -> Option<Self> {
        Self::CHOICES.iter().find(|(_, known, _)| *known == word).map(|(variant, ..)| *variant)
    }
}
