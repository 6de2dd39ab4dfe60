use super::tag::{ImageTag, ImageTagError};
use crate::name::Escaped;

/// The tags of one image.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Tags {
    /// The tags, each once. The first is the one to speak of the image by; `latest`, where it moves, is the last. None
    /// at all when no rule has one for this event.
    pub names: Vec<ImageTag>,
    /// Rules that were to give a tag and have none, for a word of warning.
    pub skipped: Vec<Skipped>,
}

/// A rule that gives no tag because what it should make one from does not fit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Skipped {
    /// Which of the lines of `tags`, from 0.
    pub line: usize,
    /// Why: no full stop, begins in lower case.
    pub reason: String,
}

/// A tag that no registry would take.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the image tag `{}` is not valid: {error}", Escaped::new(tag))]
pub struct TagError {
    /// Which of the lines of `tags` it comes from, from 0; none for `latest` with the flavor's prefix and suffix.
    pub line: Option<usize>,
    /// The tag.
    pub tag: String,
    /// What is wrong with it.
    pub error: ImageTagError,
}

impl Tags {
    /// Adds a tag behind the others, unless it is there.
    pub(super) fn add(&mut self, tag: ImageTag) {
        if !self.names.contains(&tag) {
            self.names.push(tag);
        }
    }
}
