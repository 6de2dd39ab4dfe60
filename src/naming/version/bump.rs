use std::fmt;
use std::str::FromStr;

use semver::{BuildMetadata, Prerelease, Version};

/// Which part of a version a release raises.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Bump {
    /// `1.2.3` to `1.2.4`: nothing changes for users.
    Patch,
    /// `1.2.3` to `1.3.0`: something is added.
    Minor,
    /// `1.2.3` to `2.0.0`: something that users rely on changes.
    Major,
}

/// Why there is no next version.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BumpError {
    /// There is no such bump.
    #[error("there is no bump {0:?}: major, minor or patch")]
    Unknown(String),
    /// The word for pre-releases is not valid in SemVer.
    #[error("{0:?} cannot name a pre-release: letters, digits and `-`, not a number alone")]
    Pre(String),
    /// The pre-release would not be higher than the current version: `beta` after `rc`.
    #[error("{next} would not be higher than {current}")]
    NotHigher {
        /// The current version.
        current: Version,
        /// The version that would have been the next.
        next: Version,
    },
    /// A part of the version would exceed 64 bits.
    #[error("{0} is the highest version there is")]
    TooHigh(Version),
}

/// The version of a first release, unless another is given.
pub const FIRST: Version = Version::new(0, 1, 0);

impl Bump {
    /// Returns the version of the release after `current`.
    ///
    /// A pre-release is followed by its own final version if the bump allows it: `1.1.0-rc.2` gives `1.1.0` with patch
    /// and minor, but `2.0.0` with major. With `pre` the result is a pre-release. It is the first one of a new version
    /// (with minor and `rc`, `1.2.3` gives `1.3.0-rc.1`), or the next one of a version that already has pre-releases
    /// (with `rc`, `1.3.0-rc.1` gives `1.3.0-rc.2`, and `1.3.0-beta.2` gives `1.3.0-rc.1`). If there is no release yet,
    /// the result is [`FIRST`], or a pre-release of it, whatever the bump is. Versions in `taken`, such as those of
    /// tags on other branches, are skipped: the patch number, or the number of the pre-release, is raised until the
    /// version is free. Build metadata is dropped.
    ///
    /// # Errors
    /// When `pre` is not a valid word, when the result would not be higher than `current` (`beta` after `rc`), or when
    /// a number exceeds 64 bits.
    pub fn next(self, current: Option<&Version>, pre: Option<&str>, taken: &[Version]) -> Result<Version, BumpError> {
        if let Some(pre) = pre {
            let is_word = !pre.is_empty() && pre.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
            if !is_word || pre.bytes().all(|byte| byte.is_ascii_digit()) {
                return Err(BumpError::Pre(pre.to_owned()));
            }
        }
        let core = current.map_or(Some(FIRST), |current| self.core(current));
        let core = core.ok_or_else(|| BumpError::TooHigh(current.cloned().unwrap_or(FIRST)))?;
        let mut next = match pre {
            None => core,
            Some(pre) => {
                let under_way = current.filter(|current| numbers(current) == numbers(&core));
                let number =
                    under_way.and_then(|current| current.pre.strip_prefix(pre)?.strip_prefix('.')?.parse().ok());
                pre_release(&core, pre, number)?
            }
        };
        while taken.iter().any(|taken| taken.cmp_precedence(&next).is_eq()) {
            next = match pre {
                None => Self::Patch.core(&next).ok_or(BumpError::TooHigh(next))?,
                Some(pre) => {
                    let number = next.pre.rsplit_once('.').and_then(|(_, number)| number.parse().ok());
                    pre_release(&next, pre, number)?
                }
            };
        }
        match current {
            Some(current) if next <= *current => Err(BumpError::NotHigher { current: current.clone(), next }),
            _ => Ok(next),
        }
    }

    /// Returns the next version without pre-release; `None` if a number exceeds 64 bits.
    fn core(self, current: &Version) -> Option<Version> {
        let Version { major, minor, patch, .. } = *current;
        let under_way = !current.pre.is_empty();
        Some(match self {
            Self::Patch if under_way => Version::new(major, minor, patch),
            Self::Minor if under_way && patch == 0 => Version::new(major, minor, 0),
            Self::Major if under_way && patch == 0 && minor == 0 => Version::new(major, 0, 0),
            Self::Patch => Version::new(major, minor, patch.checked_add(1)?),
            Self::Minor => Version::new(major, minor.checked_add(1)?, 0),
            Self::Major => Version::new(major.checked_add(1)?, 0, 0),
        })
    }
}

/// Returns a pre-release of a version, such as `1.3.0-rc.2`. Its number is one higher than `after`, or 1 if `after` is
/// `None`.
fn pre_release(core: &Version, pre: &str, after: Option<u64>) -> Result<Version, BumpError> {
    let number = after.unwrap_or(0).checked_add(1).ok_or_else(|| BumpError::TooHigh(core.clone()))?;
    let pre = Prerelease::new(&format!("{pre}.{number}")).map_err(|_| BumpError::Pre(pre.to_owned()))?;
    Ok(Version { pre, build: BuildMetadata::EMPTY, ..core.clone() })
}

fn numbers(version: &Version) -> [u64; 3] {
    [version.major, version.minor, version.patch]
}

impl FromStr for Bump {
    type Err = BumpError;

    fn from_str(text: &str) -> Result<Self, BumpError> {
        match text {
            "patch" => Ok(Self::Patch),
            "minor" => Ok(Self::Minor),
            "major" => Ok(Self::Major),
            _ => Err(BumpError::Unknown(text.to_owned())),
        }
    }
}

impl fmt::Display for Bump {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Patch => "patch",
            Self::Minor => "minor",
            Self::Major => "major",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Bump::{Major, Minor, Patch};

    fn next(current: &str, bump: Bump, pre: Option<&str>) -> String {
        match bump.next(Some(&current.parse().unwrap()), pre, &[]) {
            Ok(version) => version.to_string(),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn releases() {
        for (current, patch, minor, major) in [
            ("1.2.3", "1.2.4", "1.3.0", "2.0.0"),
            ("0.0.0", "0.0.1", "0.1.0", "1.0.0"),
            ("1.2.3+b", "1.2.4", "1.3.0", "2.0.0"),
            ("1.2.3-rc.1", "1.2.3", "1.3.0", "2.0.0"),
            ("1.2.0-rc.1", "1.2.0", "1.2.0", "2.0.0"),
            ("2.0.0-rc.1", "2.0.0", "2.0.0", "2.0.0"),
        ] {
            assert_eq!([Patch, Minor, Major].map(|bump| next(current, bump, None)), [patch, minor, major], "{current}");
        }
    }

    #[test]
    fn pre_releases() {
        for (current, bump, pre, version) in [
            ("1.2.3", Minor, "rc", "1.3.0-rc.1"),
            ("1.2.3", Patch, "rc", "1.2.4-rc.1"),
            ("1.3.0-rc.1", Minor, "rc", "1.3.0-rc.2"),
            ("1.3.0-rc.9", Patch, "rc", "1.3.0-rc.10"),
            ("1.3.0-rc.1", Major, "rc", "2.0.0-rc.1"),
            ("1.2.4-rc.1", Minor, "rc", "1.3.0-rc.1"),
            ("1.3.0-beta.4", Minor, "rc", "1.3.0-rc.1"),
            ("1.3.0-rc", Minor, "rc", "1.3.0-rc.1"),
            ("1.3.0-rc.1", Minor, "beta", "1.3.0-beta.1 would not be higher than 1.3.0-rc.1"),
            ("1.3.0", Minor, "1", "\"1\" cannot name a pre-release: letters, digits and `-`, not a number alone"),
            ("1.3.0", Minor, "a.b", "\"a.b\" cannot name a pre-release: letters, digits and `-`, not a number alone"),
        ] {
            assert_eq!(next(current, bump, Some(pre)), version, "{current} {bump} {pre}");
        }
    }

    #[test]
    fn the_first_release_and_taken_versions() {
        assert_eq!(Major.next(None, None, &[]), Ok(FIRST));
        assert_eq!(Patch.next(None, Some("rc"), &[]).unwrap().to_string(), "0.1.0-rc.1");
        let taken = ["1.2.4", "1.2.5+b", "1.3.0-rc.1"].map(|version| version.parse().unwrap());
        let current = "1.2.3".parse().unwrap();
        assert_eq!(Patch.next(Some(&current), None, &taken).unwrap().to_string(), "1.2.6");
        assert_eq!(Minor.next(Some(&current), Some("rc"), &taken).unwrap().to_string(), "1.3.0-rc.2");
    }

    #[test]
    fn numbers_stay_in_64_bits() {
        let highest: Version = "18446744073709551615.18446744073709551615.18446744073709551615".parse().unwrap();
        for bump in [Patch, Minor, Major] {
            assert_eq!(bump.next(Some(&highest), None, &[]), Err(BumpError::TooHigh(highest.clone())));
        }
        let highest: Version = "1.0.0-rc.18446744073709551615".parse().unwrap();
        assert!(matches!(Patch.next(Some(&highest), Some("rc"), &[]), Err(BumpError::TooHigh(_))));
    }
}
