use semver::{BuildMetadata, Prerelease};

use super::{Semver, Trust, Version, VersionError, VersionStyle, pep440};
use crate::model::calendar::CalendarTime;
use crate::model::name::CommitId;

/// The facts from which a version is made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VersionFacts {
    /// The last release before or at the commit; `None` before the first one.
    pub base: Option<Version>,
    /// The number of commits since that release, 0 at the release itself; without a release, the number of all commits.
    pub distance: u32,
    /// The number that the version has after the release, such as 47 in `1.0.9-0047-188f7a2`. This is the distance, or,
    /// with [`Count::Paths`](super::Count::Paths), the number of commits that affect the service's result. The latter
    /// may be 0 at a commit that is not the release.
    pub count: u32,
    /// Whether base and distance are certain.
    pub trust: Trust,
    /// The commit that the version names.
    pub commit: CommitId,
    /// The time of the commit, in seconds since 1970.
    pub committed: u64,
    /// How many hex digits of the commit are shown: 7 by default, at least 5.
    pub abbrev: usize,
    /// The state of the service's files.
    pub files: FilesState,
    /// What the environment is for.
    pub purpose: Purpose,
}

/// What an environment is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// Releases. Each is named by its version alone.
    Releases,
    /// Builds of any commit. In [`VersionStyle::Extended`], a build of a released commit has another name than the
    /// release, so that the build does not replace the release.
    Builds,
}

/// Whether the service's files are those of the commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum FilesState {
    /// The files are those of the commit, or rebake did not check them.
    #[default]
    Clean,
    /// Some of the files were modified, so the version ends with `-dirty` (in the style `pep440`, with `.dirty` or
    /// `+dirty`). By default, rebake does not push images with such a version.
    Dirty,
}

/// The number of digits of a commit in Go's pseudo-versions.
const PSEUDO_DIGITS: usize = 12;

/// Returns a version in a style.
///
/// Before the first release, the base is `0.0.0`, and the distance is the number of all commits. At a release, its
/// build metadata (`1.0.9+b5`) is kept. After the release, `extended` writes the metadata at the end, `describe` keeps
/// it behind the base, and `next`, `pep440` and `pseudo` drop it.
///
/// # Errors
/// When the clone is too shallow, the style requires a tag at head and there is none, the base has no form in PEP 440,
/// or the next version cannot be derived.
pub fn render(style: VersionStyle, facts: &VersionFacts) -> Result<String, VersionError> {
    if facts.trust == Trust::Shallow && !matches!(style, VersionStyle::Sha | VersionStyle::Release) {
        return Err(VersionError::Shallow { commit: facts.commit });
    }
    let release = facts.base.as_ref().filter(|_| facts.distance == 0);
    let sha = facts.commit.short(facts.abbrev);
    let clean = match (style, release) {
        (VersionStyle::Sha, _) => format!("sha-{sha}"),
        (VersionStyle::Pep440, _) => return pep440(facts, release),
        (VersionStyle::Extended, Some(release)) if facts.purpose == Purpose::Builds => extended(release, 0, &sha),
        (_, Some(release)) => release.to_string(),
        (VersionStyle::Release, None) => {
            return Err(VersionError::NotOnTag {
                commit: facts.commit,
                distance: facts.distance,
                base: facts.base.clone(),
            });
        }
        (VersionStyle::Extended, None) => extended(&facts.base_or_zero(), facts.count, &sha),
        (VersionStyle::Describe, None) => format!("{}-{}-g{sha}", facts.base_or_zero(), facts.count),
        (VersionStyle::Next, None) => behind(style, &facts.base_or_zero(), &format!("dev.{}.g{sha}", facts.count))?,
        (VersionStyle::Pseudo, None) => {
            let committed = CalendarTime::at(facts.committed.try_into().unwrap_or(i64::MAX), 0).format("%Y%m%d%H%M%S");
            let commit = format!("{committed}-{}", facts.commit.short(PSEUDO_DIGITS));
            match &facts.base {
                None => format!("0.0.0-{commit}"),
                Some(base) => behind(style, base, &format!("0.{commit}"))?,
            }
        }
    };
    Ok(match facts.files {
        FilesState::Clean => clean,
        FilesState::Dirty => clean + "-dirty",
    })
}

/// Returns a version that consists of a release, the number of commits since the release, and the commit. The build
/// metadata of a SemVer release comes at the end.
fn extended(release: &Version, count: u32, sha: &str) -> String {
    match release {
        Version::Semver(release) if !release.build.is_empty() => {
            let version = Semver { build: BuildMetadata::EMPTY, ..release.clone() };
            format!("{version}-{count:04}-{sha}+{}", release.build)
        }
        release => format!("{release}-{count:04}-{sha}"),
    }
}

fn pep440(facts: &VersionFacts, release: Option<&Version>) -> Result<String, VersionError> {
    let sha = format!("g{}", facts.commit.short(facts.abbrev));
    Ok(match (release, facts.base_or_zero()) {
        (Some(Version::Semver(release)), _) => {
            pep440::release(release)? + &pep440::local(release.build.as_str(), facts.files)
        }
        (Some(Version::Calver(release)), _) => format!("{release}{}", pep440::local("", facts.files)),
        (None, Version::Semver(base)) => pep440::development(&base, facts.count)? + &pep440::local(&sha, facts.files),
        // The next release is not known, so the version comes after the last one.
        (None, Version::Calver(base)) => format!("{base}.post{}{}", facts.count, pep440::local(&sha, facts.files)),
    })
}

impl VersionFacts {
    /// Returns the last release, `0.0.0` before the first one.
    fn base_or_zero(&self) -> Version {
        self.base.clone().unwrap_or_else(|| Semver::new(0, 0, 0).into())
    }
}

/// Returns a version between a release and the next one: a pre-release of the next patch version, or, after a
/// pre-release, a longer pre-release.
fn behind(style: VersionStyle, base: &Version, suffix: &str) -> Result<String, VersionError> {
    let Version::Semver(base) = base else { return Err(VersionError::NoNext { style }) };
    let mut next = Semver { build: BuildMetadata::EMPTY, ..base.clone() };
    if base.pre.is_empty() {
        next.patch = base.patch.checked_add(1).ok_or(VersionError::TooHigh)?;
        next.pre = prerelease(suffix);
    } else {
        next.pre = prerelease(&format!("{}.{suffix}", base.pre));
    }
    Ok(next.to_string())
}

fn prerelease(text: &str) -> Prerelease {
    Prerelease::new(text).expect("made of letters, digits, `.` and `-`, and no number begins with 0")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::choice::Choice as _;
    use crate::naming::version::Scheme;

    fn facts(base: Option<&str>, distance: u32) -> VersionFacts {
        VersionFacts {
            base: base.map(|base| Scheme::Semver.read(base).unwrap()),
            distance,
            count: distance,
            trust: Trust::Exact,
            commit: "188f7a2abcde0123456789abcdef0123456789ab".parse().unwrap(),
            committed: 1_795_249_800,
            abbrev: 7,
            files: FilesState::Clean,
            purpose: Purpose::Releases,
        }
    }

    fn all(facts: &VersionFacts) -> Vec<String> {
        VersionStyle::CHOICES
            .iter()
            .map(|(style, ..)| render(*style, facts).unwrap_or_else(|error| format!("error: {error}")))
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
                "error: commit 188f7a2 carries no release tag of the service: it is 47 commits after 1.0.9",
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
        assert_eq!(render(VersionStyle::Pep440, &facts(Some("1.1.0-rc.1"), 0)).unwrap(), "1.1.0rc1");
    }

    #[test]
    fn dirty_files_are_said() {
        let dirty = |distance| VersionFacts { files: FilesState::Dirty, ..facts(Some("1.0.9"), distance) };
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
            assert_eq!(render(VersionStyle::Extended, &facts(Some("1.0.9"), distance)).unwrap(), version);
        }
    }

    #[test]
    fn the_hash_has_as_many_digits_as_asked() {
        let long = VersionFacts { abbrev: 40, ..facts(Some("1.0.9"), 1) };
        assert_eq!(render(VersionStyle::Describe, &long).unwrap(), "1.0.9-1-g188f7a2abcde0123456789abcdef0123456789ab");
    }

    #[test]
    fn a_build_of_a_released_commit_is_not_called_as_the_release() {
        let build = VersionFacts { purpose: Purpose::Builds, ..facts(Some("1.0.9"), 0) };
        assert_eq!(all(&build), ["1.0.9-0000-188f7a2", "1.0.9", "1.0.9", "1.0.9", "1.0.9", "sha-188f7a2", "1.0.9"]);
        let dirty = VersionFacts { files: FilesState::Dirty, ..build };
        assert_eq!(render(VersionStyle::Extended, &dirty).unwrap(), "1.0.9-0000-188f7a2-dirty");
    }

    #[test]
    fn build_metadata_stays_in_the_version() {
        let on_tag = facts(Some("1.0.9+b-1.5"), 0);
        assert_eq!(
            all(&on_tag),
            ["1.0.9+b-1.5", "1.0.9+b-1.5", "1.0.9+b-1.5", "1.0.9+b.1.5", "1.0.9+b-1.5", "sha-188f7a2", "1.0.9+b-1.5"]
        );
        let build = VersionFacts { purpose: Purpose::Builds, ..on_tag };
        assert_eq!(render(VersionStyle::Extended, &build).unwrap(), "1.0.9-0000-188f7a2+b-1.5");
        assert_eq!(
            all(&facts(Some("1.0.9+b1"), 2))[..5],
            [
                "1.0.9-0002-188f7a2+b1",
                "1.0.10-dev.2.g188f7a2",
                "1.0.9+b1-2-g188f7a2",
                "1.0.10.dev2+g188f7a2",
                "1.0.10-0.20261121083000-188f7a2abcde",
            ]
        );
    }

    #[test]
    fn a_calendar_version_keeps_its_zeros_and_has_no_next() {
        let base = Scheme::Calver.read("24.04.1");
        let calver = VersionFacts { base: base.clone(), ..facts(None, 3) };
        assert_eq!(render(VersionStyle::Extended, &calver).unwrap(), "24.04.1-0003-188f7a2");
        assert_eq!(render(VersionStyle::Describe, &calver).unwrap(), "24.04.1-3-g188f7a2");
        assert_eq!(render(VersionStyle::Pep440, &calver).unwrap(), "24.04.1.post3+g188f7a2");
        for style in [VersionStyle::Next, VersionStyle::Pseudo] {
            assert_eq!(render(style, &calver), Err(VersionError::NoNext { style }));
        }
        let on_tag = VersionFacts { base, ..facts(None, 0) };
        assert_eq!(render(VersionStyle::Release, &on_tag).unwrap(), "24.04.1");
        assert_eq!(render(VersionStyle::Next, &on_tag).unwrap(), "24.04.1");
    }

    #[test]
    fn a_shallow_clone_gives_no_number() {
        let shallow = VersionFacts { trust: Trust::Shallow, ..facts(Some("1.0.9"), 3) };
        for style in [
            VersionStyle::Extended,
            VersionStyle::Next,
            VersionStyle::Describe,
            VersionStyle::Pep440,
            VersionStyle::Pseudo,
        ] {
            assert_eq!(render(style, &shallow), Err(VersionError::Shallow { commit: shallow.commit }));
        }
        assert_eq!(render(VersionStyle::Sha, &shallow).unwrap(), "sha-188f7a2");
    }

    #[test]
    fn no_version_is_higher_than_the_highest() {
        let highest = facts(Some("1.0.18446744073709551615"), 1);
        for style in [VersionStyle::Next, VersionStyle::Pep440, VersionStyle::Pseudo] {
            assert_eq!(render(style, &highest), Err(VersionError::TooHigh));
        }
        assert_eq!(render(VersionStyle::Extended, &highest).unwrap(), "1.0.18446744073709551615-0001-188f7a2");
    }
}
