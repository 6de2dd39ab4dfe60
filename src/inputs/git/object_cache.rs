//! An object cache for comparing many similar trees.

use std::collections::BTreeMap;

use gix::objs::Kind;
use gix::odb::pack::cache::DecodeEntry;

use super::Repository;

/// The size of the cache in bytes. The trees of fifty commits fit into it in a repository with 100,000 files.
const KEPT_BYTES: usize = 32 << 20;

impl Repository {
    /// Returns the same repository with an object cache.
    #[must_use]
    pub fn with_object_cache(&self) -> Self {
        let mut gix = self.gix.clone();
        gix.object_cache_size_if_unset(KEPT_BYTES);
        gix.objects.set_pack_cache(|| Box::new(Decoded::default()));
        self.with_handle(gix)
    }
}

/// Objects of packs, by pack and offset. Git stores most versions of a large directory as deltas to another version.
/// While that version is in the cache, it need not be rebuilt step by step.
#[derive(Default)]
struct Decoded {
    objects: BTreeMap<(u32, u64), Object>,
    bytes: usize,
}

struct Object {
    kind: Kind,
    data: Vec<u8>,
    /// The size of the object in the pack, in bytes.
    packed: usize,
}

impl DecodeEntry for Decoded {
    fn put(&mut self, pack: u32, offset: u64, data: &[u8], kind: Kind, packed: usize) {
        if self.bytes + data.len() > KEPT_BYTES {
            *self = Self::default();
        }
        self.bytes += data.len();
        self.objects.insert((pack, offset), Object { kind, data: data.to_vec(), packed });
    }

    fn get(&mut self, pack: u32, offset: u64, out: &mut Vec<u8>) -> Option<(Kind, usize)> {
        let Object { kind, data, packed } = self.objects.get(&(pack, offset))?;
        out.clear();
        out.extend_from_slice(data);
        Some((*kind, *packed))
    }
}
