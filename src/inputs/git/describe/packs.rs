use std::path::Path;

use gix::bstr::ByteSlice as _;
use gix::odb::pack;

/// The packs of a repository, for reading the beginnings of commit objects.
///
/// Most of a commit object is its message, and often a signature. A walk needs neither, but without a commit-graph it
/// would spend most of its time on inflating them. So this type inflates only the header. It does not read deltas,
/// loose objects, alternates or replacements; if it does not find a commit, the caller reads the whole object.
pub(super) struct Packs {
    all: Vec<Pack>,
    inflate: gix::zlib::Inflate,
    /// The buffer for the inflated bytes of one commit.
    beginning: [u8; BEGINNING],
}

struct Pack {
    index: pack::index::File,
    data: pack::data::File,
}

/// The number of bytes that are inflated. It is enough for the header of a commit with four parents.
const BEGINNING: usize = 512;

/// No packs.
impl Default for Packs {
    fn default() -> Self {
        Self { all: Vec::new(), inflate: gix::zlib::Inflate::default(), beginning: [0; BEGINNING] }
    }
}

impl Packs {
    /// Opens the packs of an object directory. Packs that cannot be opened are left out.
    pub(super) fn open(objects: &Path, hash: gix::hash::Kind) -> Self {
        let files = std::fs::read_dir(objects.join("pack")).into_iter().flatten().flatten().map(|file| file.path());
        let mut indexes: Vec<_> = files.filter(|path| path.extension().is_some_and(|end| end == "idx")).collect();
        indexes.sort_unstable();
        let pack = |path: std::path::PathBuf| {
            let index = pack::index::File::at(&path, hash).ok()?;
            let data = pack::data::File::at(path.with_extension("pack"), hash).ok()?;
            Some(Pack { index, data })
        };
        Self { all: indexes.into_iter().filter_map(pack).collect(), ..Self::default() }
    }

    /// Returns the beginning of a commit object, up to and including the line of the committer. `None` if [`Packs`]
    /// cannot read the object. Then the caller has to read the whole object.
    pub(super) fn commit_header(&mut self, id: &gix::oid) -> Option<&[u8]> {
        let (at, offset) = self.all.iter().enumerate().find_map(|(at, pack)| {
            let entry = pack.index.lookup(id)?;
            Some((at, pack.index.pack_offset_at_index(entry)))
        })?;
        // The next commit is likely in the same pack.
        self.all.swap(0, at);
        let data = &self.all[0].data;
        let entry = data.entry(offset).ok().filter(|entry| entry.header == pack::data::entry::Header::Commit)?;
        let end = u64::try_from(data.pack_end()).ok()?;
        let compressed = data.entry_slice(entry.data_offset..end)?;
        self.inflate.reset();
        let (_, _, length) = self.inflate.prefix(compressed, &mut self.beginning).ok()?;
        let beginning = &self.beginning[..length];
        let committer = beginning.find(b"\ncommitter ")?;
        let end = beginning[committer + 1..].find_byte(b'\n')?;
        Some(&beginning[..committer + 1 + end])
    }
}
