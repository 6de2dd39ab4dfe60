//! Which files of its context a build reads, against what a real builder asks for.
//!
//! `cargo test` compares with answers that are stored in `tests/data/docker-context.jsonl`. The test that asks the
//! builder is `containers::context`; with `REBAKE_BLESS=1` it stores the answers.

pub(crate) mod cases;
mod hostile;
pub(crate) mod random;

use std::collections::{BTreeMap, BTreeSet};

use rebake::inputs::source::docker::{BuildRequest, ContextEntry, ContextFiles, Dockerfile, IgnoreFile};
use serde::{Deserialize, Serialize};

pub(crate) const STORED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/docker-context.jsonl");

/// A build of a Dockerfile that lies beside its context.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Case {
    pub(crate) name: String,
    pub(crate) dockerfile: String,
    /// The ignore file beside the Dockerfile.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) own_ignore: Option<String>,
    /// The one in the context.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) ignore: Option<String>,
    pub(crate) files: Vec<String>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) links: BTreeMap<String, String>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) arguments: BTreeMap<String, String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) target: Option<String>,
    /// The images that it names; the builder takes an empty one for each.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) images: Vec<String>,
    /// Whether we may say that more is read than there is.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(crate) may_widen: bool,
    /// The files that are sent without their contents: BuildKit's client comes upon them, and will not open them for a
    /// rule of the ignore file behind an exception.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) emptied: Vec<String>,
    /// The files that the builder asked for; none where it refused the build before it had the context.
    pub(crate) received: Option<Vec<String>>,
}

/// What we say of a case.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Said {
    Refused(String),
    /// All that is not ignored.
    Whole(Vec<String>),
    Files(Vec<String>),
}

impl Case {
    pub(crate) fn said(&self) -> Said {
        let file = match Dockerfile::parse(&self.dockerfile) {
            Ok(file) => file,
            Err(refused) => return Said::Refused(refused.message),
        };
        let arguments = self.arguments.iter().map(|(name, value)| (name.clone(), Some(value.clone()))).collect();
        let request =
            BuildRequest { arguments: &arguments, target: self.target.as_deref(), contexts: &BTreeSet::new() };
        let reads = file.reads(&request);
        for place in reads.sources.iter().map(|source| source.span).chain(reads.images.iter().map(|image| image.span)) {
            assert!(self.dockerfile.get(place.start..place.end).is_some_and(|text| !text.is_empty()), "{place:?}");
        }
        let ignore = self.own_ignore.as_ref().or(self.ignore.as_ref());
        let ignore = ignore.map_or(Some(IgnoreFile::default()), |text| IgnoreFile::parse(text));
        let entry = |path| ContextEntry { path, link: None };
        let files = self.files.iter().map(|path| entry(path.as_bytes()));
        let links =
            self.links.iter().map(|(path, to)| ContextEntry { path: path.as_bytes(), link: Some(to.as_bytes()) });
        let context = ContextFiles::new(files.chain(links));
        let read = reads.files(&context, &ignore.clone().unwrap_or_default());
        // The builder opens no links.
        let read = read.into_iter().map(|path| String::from_utf8(path.to_vec()).unwrap());
        let is_seen = |path: &String| !self.links.contains_key(path) && !self.emptied.contains(path);
        let read = read.filter(is_seen).collect();
        if reads.unresolved.is_empty() && ignore.is_some() { Said::Files(read) } else { Said::Whole(read) }
    }

    /// Holds what we say against what the builder received. Returns whether we said more.
    pub(crate) fn hold(&self) -> bool {
        match (self.said(), &self.received) {
            (Said::Files(said), Some(received)) if &said == received => false,
            (Said::Files(said), Some(received)) if !self.may_widen => {
                assert_eq!(&said, received, "{self:#?}\n{}", self.dockerfile);
                false
            }
            (Said::Whole(said) | Said::Files(said), Some(received)) => {
                assert!(received.iter().all(|path| said.contains(path)), "{said:?} {self:#?}\n{}", self.dockerfile);
                assert!(self.may_widen, "{self:#?}\n{}", self.dockerfile);
                true
            }
            (Said::Refused(message), Some(received)) => {
                panic!("{message}, but the builder asked for {received:?}: {self:#?}\n{}", self.dockerfile)
            }
            // Builders refuse more than this reader does.
            (_, None) => false,
        }
    }
}

#[test]
fn a_build_reads_what_the_builder_asked_for() {
    let stored = std::fs::read_to_string(STORED).unwrap();
    let stored: Vec<Case> = stored.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(stored.len() > 500, "{} cases", stored.len());
    for case in cases::all() {
        let found = stored.iter().find(|stored| stored.name == case.name);
        let found = found.unwrap_or_else(|| panic!("no answer is stored for `{}`", case.name));
        let asked = Case { received: None, emptied: Vec::new(), ..found.clone() };
        assert_eq!(asked, case, "the answer is for another case");
    }
    let answered = stored.iter().filter(|case| case.received.is_some());
    assert!(answered.clone().count() > 450, "the builder refused too many");
    let widened = stored.iter().filter(|case| case.hold()).count();
    assert!(widened * 10 < stored.len(), "{widened} of {}", stored.len());
}
