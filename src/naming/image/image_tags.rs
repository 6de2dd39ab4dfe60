use super::image_tag::{ImageTag, ImageTagError};
use crate::model::name::Escaped;

/// The tags of one image.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Tags {
    /// The tags, each once. The first is the one to speak of the image by; `latest`, where it moves, is the last. None
    /// at all when no rule has one for this event.
    pub names: Vec<ImageTag>,
    /// Rules that were to give a tag and have none, for a word of warning.
    pub skipped: Vec<Skipped>,
    /// Tags that rules gave, and that the image does not get.
    pub left_out: Vec<LeftOut>,
}

/// A tag that an image does not get.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeftOut {
    /// The tag.
    pub tag: ImageTag,
    /// Why not.
    pub why: TagRefusal,
}

/// Why an image does not get a tag.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TagRefusal {
    /// It is for releases, and the environment is not.
    OfReleases,
    /// It is where a higher release is.
    NotHighest,
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
pub struct InvalidTag {
    /// Which of the lines of `tags` it comes from, from 0; none for `latest` with the flavor's prefix and suffix.
    pub line: Option<usize>,
    /// The tag.
    pub tag: String,
    /// What is wrong with it.
    pub error: ImageTagError,
}

impl Tags {
    /// Adds a tag behind the others, unless it is there; or notes why the image does not get it.
    pub(super) fn add(&mut self, tag: ImageTag, kept: Result<(), TagRefusal>) {
        match kept {
            Ok(()) if !self.names.contains(&tag) => self.names.push(tag),
            Ok(()) => {}
            Err(why) => self.left_out.push(LeftOut { tag, why }),
        }
    }

    /// Forgets what is left out and stands among the tags all the same.
    pub(super) fn settle(mut self) -> Self {
        self.left_out.retain(|left| !self.names.contains(&left.tag));
        let mut seen = Vec::new();
        self.left_out.retain(|left| {
            let is_new = !seen.contains(left);
            seen.push(left.clone());
            is_new
        });
        self
    }
}
