use semver::{BuildMetadata, Prerelease, Version};

use super::{Style, Trust, VersionError, pep440, time};
use crate::name::CommitId;

/// What a version is made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facts {
    /// The release that the commit stands on or behind; none before the first one.
    pub base: Option<Version>,
    /// Commits since the release, 0 on it; without a release all commits.
    pub distance: u32,
    /// The number that the version shows behind its release: mostly the distance. 0 is no sign of the release itself.
    pub count: u32,
    /// Whether base and distance can be relied on.
    pub trust: Trust,
    /// The commit.
    pub commit: CommitId,
    /// When it was committed, in seconds since 1970.
    pub committed: u64,
    /// How many hex digits of the commit are shown: 7 by default, 5 or more.
    pub abbrev: usize,
    /// The state of the service's files.
    pub files: Files,
}

/// Whether the service's files are those of the commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Files {
    /// They are, or nobody asked.
    #[default]
    Clean,
    /// Some were modified since. A version that says so is never pushed.
    Dirty,
}

/// The digits of a commit in Go's pseudo-versions, which are fixed.
const PSEUDO_DIGITS: usize = 12;

/// Writes a version (spec section 7).
///
/// Before the first release the base is `0.0.0` and the distance the number of commits. Build metadata of the base
/// (`1.0.9+x`) is left out, for it has no place in the tag of an image, except by [`Style::Release`], which repeats
/// the tag.
///
/// # Errors
/// When the clone is too shallow to know, the style needs the tag and head is not on it, or the base has no form in
/// PEP 440.
pub fn render(style: Style, facts: &Facts) -> Result<String, VersionError> {
    if facts.trust == Trust::Shallow && !matches!(style, Style::Sha | Style::Release) {
        return Err(VersionError::Shallow { commit: facts.commit });
    }
    let on_tag = facts.base.is_some() && facts.distance == 0;
    let count = facts.count;
    let sha = facts.commit.short(facts.abbrev);
    let base = Version { build: BuildMetadata::EMPTY, ..facts.base.clone().unwrap_or(Version::new(0, 0, 0)) };
    let clean = match style {
        Style::Sha => format!("sha-{sha}"),
        Style::Release => match &facts.base {
            Some(version) if on_tag => version.to_string(),
            _ => {
                return Err(VersionError::NotOnTag {
                    commit: facts.commit,
                    distance: facts.distance,
                    base: facts.base.clone(),
                });
            }
        },
        Style::Pep440 => {
            let release = if on_tag { pep440::release(&base)? } else { pep440::development(&base, count)? };
            return Ok(release + &pep440::local((!on_tag).then_some(&sha), facts.files));
        }
        Style::Extended | Style::Next | Style::Describe | Style::Pseudo if on_tag => base.to_string(),
        Style::Extended => format!("{base}-{count:04}-{sha}"),
        Style::Describe => format!("{base}-{count}-g{sha}"),
        Style::Next => behind(&base, &format!("dev.{count}.g{sha}"))?.to_string(),
        Style::Pseudo => {
            let seconds = time::digits(facts.committed);
            let commit = format!("{seconds}-{}", facts.commit.short(PSEUDO_DIGITS));
            match facts.base {
                None => format!("{base}-{commit}"),
                Some(_) => behind(&base, &format!("0.{commit}"))?.to_string(),
            }
        }
    };
    Ok(match facts.files {
        Files::Clean => clean,
        Files::Dirty => clean + "-dirty",
    })
}

/// Returns a version that stands behind a release and before the one that follows: a pre-release of the next patch,
/// or what extends a pre-release.
fn behind(base: &Version, suffix: &str) -> Result<Version, VersionError> {
    let mut next = base.clone();
    if base.pre.is_empty() {
        next.patch = base.patch.checked_add(1).ok_or(VersionError::TooHigh)?;
        next.pre = prerelease(suffix);
    } else {
        next.pre = prerelease(&format!("{}.{suffix}", base.pre));
    }
    Ok(next)
}

fn prerelease(text: &str) -> Prerelease {
    Prerelease::new(text).expect("made of letters, digits, `.` and `-`, and no number begins with 0")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts(base: Option<&str>, distance: u32) -> Facts {
        Facts {
            base: base.map(|base| base.parse().unwrap()),
            distance,
            count: distance,
            trust: Trust::Exact,
            commit: "188f7a2abcde0123456789abcdef0123456789ab".parse().unwrap(),
            committed: 1_795_249_800,
            abbrev: 7,
            files: Files::Clean,
        }
    }

    fn all(facts: &Facts) -> Vec<String> {
        Style::ALL
            .into_iter()
            .map(|style| render(style, facts).unwrap_or_else(|error| format!("error: {error}")))
            .collect()
    }

    #[test]
    fn behind_a_release() {
        assert_eq!(
            all(&facts(Some("1.0.9"), 47)),
            [
                "1.0.9-0047-188f7a2",
                "1.0.10-dev.47.g188f7a2",
                "1.0.9-47-g188f7a2",
                "1.0.10.dev47+g188f7a2",
                "1.0.10-0.20261121083000-188f7a2abcde",
                "sha-188f7a2",
                "error: commit 188f7a2 carries no release tag of the service: it is 47 commits behind 1.0.9",
            ]
        );
    }

    #[test]
    fn on_the_tag() {
        assert_eq!(
            all(&facts(Some("1.0.9"), 0)),
            ["1.0.9", "1.0.9", "1.0.9", "1.0.9", "1.0.9", "sha-188f7a2", "1.0.9",]
        );
    }

    #[test]
    fn before_the_first_release() {
        assert_eq!(
            all(&facts(None, 12)),
            [
                "0.0.0-0012-188f7a2",
                "0.0.1-dev.12.g188f7a2",
                "0.0.0-12-g188f7a2",
                "0.0.1.dev12+g188f7a2",
                "0.0.0-20261121083000-188f7a2abcde",
                "sha-188f7a2",
                "error: commit 188f7a2 carries no release tag of the service, which has none yet",
            ]
        );
    }

    #[test]
    fn behind_a_pre_release() {
        assert_eq!(
            all(&facts(Some("1.1.0-rc.1"), 3))[..5],
            [
                "1.1.0-rc.1-0003-188f7a2",
                "1.1.0-rc.1.dev.3.g188f7a2",
                "1.1.0-rc.1-3-g188f7a2",
                "1.1.0rc2.dev3+g188f7a2",
                "1.1.0-rc.1.0.20261121083000-188f7a2abcde",
            ]
        );
        assert_eq!(render(Style::Pep440, &facts(Some("1.1.0-rc.1"), 0)).unwrap(), "1.1.0rc1");
    }

    #[test]
    fn dirty_files_are_said() {
        let dirty = |distance| Facts { files: Files::Dirty, ..facts(Some("1.0.9"), distance) };
        assert_eq!(
            all(&dirty(47))[..6],
            [
                "1.0.9-0047-188f7a2-dirty",
                "1.0.10-dev.47.g188f7a2-dirty",
                "1.0.9-47-g188f7a2-dirty",
                "1.0.10.dev47+g188f7a2.dirty",
                "1.0.10-0.20261121083000-188f7a2abcde-dirty",
                "sha-188f7a2-dirty",
            ]
        );
        assert_eq!(
            all(&dirty(0)),
            [
                "1.0.9-dirty",
                "1.0.9-dirty",
                "1.0.9-dirty",
                "1.0.9+dirty",
                "1.0.9-dirty",
                "sha-188f7a2-dirty",
                "1.0.9-dirty",
            ]
        );
    }

    #[test]
    fn the_count_grows_past_four_digits() {
        for (distance, version) in
            [(9999, "1.0.9-9999-188f7a2"), (10_000, "1.0.9-10000-188f7a2"), (u32::MAX, "1.0.9-4294967295-188f7a2")]
        {
            assert_eq!(render(Style::Extended, &facts(Some("1.0.9"), distance)).unwrap(), version);
        }
    }

    #[test]
    fn the_hash_has_as_many_digits_as_asked() {
        let long = Facts { abbrev: 40, ..facts(Some("1.0.9"), 1) };
        assert_eq!(render(Style::Describe, &long).unwrap(), "1.0.9-1-g188f7a2abcde0123456789abcdef0123456789ab");
    }

    #[test]
    fn build_metadata_stays_with_the_release() {
        assert_eq!(render(Style::Release, &facts(Some("1.0.9+b1"), 0)).unwrap(), "1.0.9+b1");
        assert_eq!(render(Style::Extended, &facts(Some("1.0.9+b1"), 0)).unwrap(), "1.0.9");
        assert_eq!(render(Style::Extended, &facts(Some("1.0.9+b1"), 2)).unwrap(), "1.0.9-0002-188f7a2");
    }

    #[test]
    fn a_shallow_clone_gives_no_number() {
        let shallow = Facts { trust: Trust::Shallow, ..facts(Some("1.0.9"), 3) };
        for style in [Style::Extended, Style::Next, Style::Describe, Style::Pep440, Style::Pseudo] {
            assert_eq!(render(style, &shallow), Err(VersionError::Shallow { commit: shallow.commit }));
        }
        assert_eq!(render(Style::Sha, &shallow).unwrap(), "sha-188f7a2");
    }

    #[test]
    fn no_version_is_higher_than_the_highest() {
        let highest = facts(Some("1.0.18446744073709551615"), 1);
        for style in [Style::Next, Style::Pep440, Style::Pseudo] {
            assert_eq!(render(style, &highest), Err(VersionError::TooHigh));
        }
        assert_eq!(render(Style::Extended, &highest).unwrap(), "1.0.18446744073709551615-0001-188f7a2");
    }
}
