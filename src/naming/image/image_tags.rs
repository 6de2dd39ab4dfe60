use super::image_tag::{ImageTag, ImageTagError};
use crate::model::name::Escaped;

/// The tags of one image.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Tags {
    /// The tags, each once. The first tag names the image. The flavor's `latest` is the last tag, if the image gets it.
    /// Empty if no rule gives a tag for this event.
    pub names: Vec<ImageTag>,
    /// The tags in `names` that never move, each with [`TagMovement::Once`] or [`TagMovement::Fixed`].
    pub held: Vec<(ImageTag, TagMovement)>,
    /// Rules that should have given a tag but did not. A warning names them.
    pub skipped: Vec<Skipped>,
    /// Tags that rules gave but the image does not get.
    pub left_out: Vec<LeftOut>,
}

/// Whether a tag may move from one image to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum TagMovement {
    /// It moves with each build.
    Floating,
    /// It never moves, since it names a commit. The first image of the commit keeps the tag. An attempt to move the tag
    /// is no error.
    Once,
    /// It never moves, since it names a release. An attempt to move it is an error.
    Fixed,
}

/// A tag that an image does not get.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeftOut {
    /// The tag.
    pub tag: ImageTag,
    /// The reason.
    pub why: TagRefusal,
}

/// Why an image does not get a tag.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TagRefusal {
    /// The tag is for releases, and the environment is not for releases.
    OfReleases,
    /// The tag, such as `1.0`, belongs to the highest stable release with this number (`latest` to the highest of all).
    /// The image is of another release, or of none.
    NotHighest,
}

/// A rule that gives no tag because the text that the rule reads does not fit. For example, the text is not a version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Skipped {
    /// The number of the line of `tags`, from 0.
    pub line: usize,
    /// The reason: without a full stop, in lower case.
    pub reason: String,
}

/// A tag that no registry would accept.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the image tag `{}` is not valid: {error}", Escaped::new(tag))]
pub struct InvalidTag {
    /// The number of the line of `tags` that gave the tag, from 0; `None` for the flavor's `latest` with its prefix and
    /// suffix.
    pub line: Option<usize>,
    /// The tag.
    pub tag: String,
    /// What is wrong with the tag.
    pub error: ImageTagError,
}

impl Tags {
    /// Adds a tag. If `kept` is `Ok`, the image gets the tag: `names` gets it at the end, unless it is there already.
    /// Otherwise, `left_out` gets the tag. If two rules give the same tag, the stricter movement applies.
    pub(super) fn add(&mut self, tag: ImageTag, kept: Result<TagMovement, TagRefusal>) {
        match kept {
            Ok(movement) => {
                match self.held.iter_mut().find(|(held, _)| *held == tag) {
                    Some((_, known)) => *known = movement.max(*known),
                    None if movement == TagMovement::Floating => {}
                    None => self.held.push((tag.clone(), movement)),
                }
                if !self.names.contains(&tag) {
                    self.names.push(tag);
                }
            }
            Err(why) => self.left_out.push(LeftOut { tag, why }),
        }
    }

    /// Removes from `left_out` all duplicates, and the tags that the image gets from another rule.
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
