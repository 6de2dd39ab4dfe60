use std::io::{self, Read as _};

use gix::bstr::ByteSlice as _;
use gix::prelude::Find as _;

use super::{HistoryError, Repository};
use crate::model::name::{CommitId, TagName};

/// A tag and the object that it points to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tag {
    /// The name of the tag's ref, without `refs/tags/`. If the ref was renamed, the tag object still has the old name,
    /// and `git describe` shows the old name. rebake uses the name of the ref, which has the service's prefix.
    pub name: TagName,
    /// The id to which the ref points: the id of a tag object, or of the tagged object itself.
    pub(super) target: gix::ObjectId,
    /// The id of the tagged object, after all tag objects were followed. It is mostly a commit, but can be a tree or a
    /// blob.
    pub(super) peeled: gix::ObjectId,
}

const TAGS: &str = "refs/tags/";

impl Tag {
    /// Whether the ref points to a tag object, with a tagger and a message, and not to the commit itself.
    #[must_use]
    pub fn is_annotated(&self) -> bool {
        self.target != self.peeled
    }

    /// Returns the id of the tagged object, after all tag objects were followed. It is mostly a commit, but can be a
    /// tree or a blob.
    #[must_use]
    pub fn object(&self) -> CommitId {
        super::describe::commit_id(&self.peeled)
    }

    fn new(name: &[u8], target: gix::ObjectId, peeled: gix::ObjectId) -> Option<Self> {
        let name = name.strip_prefix(TAGS.as_bytes())?;
        Some(Self { name: TagName::from_git(name), target, peeled })
    }
}

impl Repository {
    /// Returns all tags, in the byte order of their names.
    ///
    /// The file `packed-refs` has the ids of the tagged objects, so no object is read for the tags in it (25,000 tags
    /// in a few milliseconds). For a loose ref, the object is read. Broken refs (an empty file, a missing object) are
    /// ignored, as in git.
    ///
    /// # Errors
    /// When the refs cannot be read at all.
    pub fn tags(&self) -> Result<Vec<Tag>, HistoryError> {
        // Loose refs are added first. The sort is stable, so of two refs with one name the loose one, which is newer,
        // is kept.
        let mut tags = self.loose_tags().map_err(HistoryError::refs)?;
        tags.extend(self.packed_tags().map_err(HistoryError::refs)?);
        tags.sort_by(|a, b| a.name.cmp(&b.name));
        tags.dedup_by(|later, earlier| later.name == earlier.name);
        Ok(tags)
    }

    fn loose_tags(&self) -> Result<Vec<Tag>, gix::Error> {
        use gix::refs::file::ReferenceExt as _;
        let packed = self.gix.refs.cached_packed_buffer()?;
        let prefix = TAGS.as_bytes().try_into()?;
        let refs = self.gix.refs.loose_iter_prefixed(prefix).map_err(gix::Error::from_error)?;
        let tag = |mut reference: gix::refs::Reference| {
            let direct = reference.target.try_id().map(ToOwned::to_owned);
            let packed = packed.as_ref().map(|packed| &***packed);
            let target = direct.or_else(|| reference.follow_to_object_packed(&self.gix.refs, packed).ok())?;
            Tag::new(reference.name.as_bstr(), target, self.peel_tag(target)?)
        };
        Ok(refs.filter_map(Result::ok).filter_map(tag).collect())
    }

    fn packed_tags(&self) -> Result<Vec<Tag>, gix::Error> {
        let Some(packed) = self.gix.refs.cached_packed_buffer()? else { return Ok(Vec::new()) };
        let all_peeled = packed_refs_are_peeled(&self.gix.refs.packed_refs_path()).map_err(gix::Error::from_error)?;
        let text: &[u8] = (**packed).as_ref();
        let mut lines = text.lines().peekable();
        let mut tags = Vec::new();
        while let Some(line) = lines.next() {
            let peeled = lines.next_if(|line| line.starts_with(b"^"));
            let Some((target, name)) = line.split_once_str(" ").filter(|(_, name)| name.starts_with(TAGS.as_bytes()))
            else {
                continue;
            };
            let Ok(target) = gix::ObjectId::from_hex(target) else { continue };
            let peeled = match peeled {
                Some(peeled) => gix::ObjectId::from_hex(&peeled[1..]).ok(),
                None if all_peeled => Some(target),
                None => self.peel_tag(target),
            };
            tags.extend(peeled.and_then(|peeled| Tag::new(name, target, peeled)));
        }
        Ok(tags)
    }

    /// Follows tag objects, and returns the id of the tagged object; `None` if an object is missing or broken.
    fn peel_tag(&self, mut id: gix::ObjectId) -> Option<gix::ObjectId> {
        use gix::objs::{Kind, TagRefIter};
        let mut buffer = Vec::new();
        while self.gix.find_header(id).ok()?.kind() == Kind::Tag {
            let tag = self.gix.objects.try_find(&id, &mut buffer).ok()??;
            id = TagRefIter::from_bytes(tag.data, self.gix.object_hash()).target_id().ok()?;
        }
        Some(id)
    }
}

/// Whether `packed-refs` guarantees that a tag without a peeled id is not a tag object. Git has guaranteed it since
/// version 1.5.
fn packed_refs_are_peeled(path: &std::path::Path) -> io::Result<bool> {
    let mut beginning = Vec::new();
    std::fs::File::open(path)?.take(4096).read_to_end(&mut beginning)?;
    let header = beginning.lines().next().filter(|line| line.starts_with(b"#")).unwrap_or_default();
    Ok(header.split_str(" ").any(|word| word == b"peeled" || word == b"fully-peeled"))
}
