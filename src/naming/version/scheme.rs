use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::calver::Calver;

/// How the versions of a service's releases are read and ordered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Scheme {
    /// `1.0.9`, `1.1.0-rc.1`: Semantic Versioning 2.0.0, read strictly.
    #[default]
    Semver,
    /// `2026.04`, `24.04.1`: two to four dotted numbers. Leading zeros are kept; versions are ordered by their numbers.
    Calver,
}

/// The version of a release, read by the scheme of its service.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Version {
    /// A version of Semantic Versioning.
    Semver(semver::Version),
    /// A calendar version.
    Calver(Calver),
}

/// The result of reading a text by a scheme.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reading {
    /// A version.
    Version(Version),
    /// Not a version of this scheme, but nearly one: a version of another scheme, or one with a typing error.
    Almost(Almost),
    /// Neither a version nor similar to a version.
    Nothing,
}

/// The possible meanings of a text that is almost a version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Almost {
    /// Another scheme, if one can read the text.
    pub other: Option<Scheme>,
    /// The version of this scheme that was probably meant, if there is one.
    pub meant: Option<Version>,
}

impl Scheme {
    const ALL: [Self; 2] = [Self::Semver, Self::Calver];

    /// Returns the word for the scheme in filters.yaml.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Semver => "semver",
            Self::Calver => "calver",
        }
    }

    /// Returns a version of the scheme as an example.
    #[must_use]
    pub fn example(self) -> &'static str {
        match self {
            Self::Semver => "1.2.3",
            Self::Calver => "2026.04.1",
        }
    }

    /// Returns the version in a text; `None` if the text is not a version of this scheme.
    #[must_use]
    pub fn read(self, text: &str) -> Option<Version> {
        match self {
            Self::Semver => semver::Version::parse(text).ok().map(Version::Semver),
            Self::Calver => Calver::parse(text).map(Version::Calver),
        }
    }

    /// Returns whether a text is a version, is almost a version, or is neither.
    #[must_use]
    pub fn reading(self, text: &str) -> Reading {
        if let Some(version) = self.read(text) {
            return Reading::Version(version);
        }
        let other = Self::ALL.into_iter().find(|other| *other != self && other.read(text).is_some());
        // One number alone, as in `docs-v1`, is a moving tag more often than a version.
        let meant = self.meant(text).filter(|_| leading_numbers(text) > 1);
        if other.is_none() && meant.is_none() { Reading::Nothing } else { Reading::Almost(Almost { other, meant }) }
    }

    /// Returns the version that was probably meant: in SemVer with three numbers, without leading zeros or a `v`, and
    /// with a `-` before a pre-release; in a calendar version with dots only.
    pub(super) fn meant(self, text: &str) -> Option<Version> {
        let text = text.strip_prefix(['v', 'V']).unwrap_or(text);
        match self {
            Self::Calver => self.read(&text.replace(['-', '_'], ".")),
            Self::Semver => {
                let end = text.find(|c: char| c != '.' && !c.is_ascii_digit()).unwrap_or(text.len());
                let (numbers, rest) = text.split_at(end);
                let mut numbers = numbers.split('.').map(|number| number.parse::<u64>().ok());
                let [major, minor, patch] = [(); 3].map(|()| numbers.next().unwrap_or(Some(0)));
                let sign = if rest.is_empty() || rest.starts_with(['-', '+']) { "" } else { "-" };
                let rest = rest.trim_start_matches('_').replace('_', "-");
                self.read(&format!("{}.{}.{}{sign}{rest}", major?, minor?, patch?))
            }
        }
    }
}

/// Returns how many dotted numbers a text begins with.
fn leading_numbers(text: &str) -> usize {
    let numbers = text.split('.').take_while(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()));
    let whole = numbers.count();
    let begins = text.split('.').nth(whole).is_some_and(|part| part.starts_with(|c: char| c.is_ascii_digit()));
    whole + usize::from(begins)
}

impl Version {
    /// Whether it is a pre-release, such as `1.1.0-rc.1`. No calendar version is.
    #[must_use]
    pub fn is_pre_release(&self) -> bool {
        match self {
            Self::Semver(version) => !version.pre.is_empty(),
            Self::Calver(_) => false,
        }
    }

    /// Returns its numbers, the most important one first.
    #[must_use]
    pub fn numbers(&self) -> Vec<u64> {
        match self {
            Self::Semver(version) => vec![version.major, version.minor, version.patch],
            Self::Calver(version) => version.numbers().to_vec(),
        }
    }

    /// Returns its build metadata, the `b5` of `1.0.9+b5`; empty if it has none.
    #[must_use]
    pub fn build(&self) -> &str {
        match self {
            Self::Semver(version) => version.build.as_str(),
            Self::Calver(_) => "",
        }
    }

    /// Whether neither version is higher than the other. Build metadata is ignored.
    #[must_use]
    pub fn is_level_with(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Semver(one), Self::Semver(other)) => one.cmp_precedence(other).is_eq(),
            (one, other) => one == other,
        }
    }
}

impl From<semver::Version> for Version {
    fn from(version: semver::Version) -> Self {
        Self::Semver(version)
    }
}

impl fmt::Display for Scheme {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Semver(version) => version.fmt(f),
            Self::Calver(version) => version.fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scheme_tells_versions_from_slips_and_from_other_names() {
        let told = |scheme: Scheme, text: &str| match scheme.reading(text) {
            Reading::Version(version) => version.to_string(),
            Reading::Nothing => "nothing".to_owned(),
            Reading::Almost(Almost { other, meant }) => {
                let or_none = |text: Option<String>| text.unwrap_or_else(|| "-".to_owned());
                format!("{}, {}", or_none(other.map(|other| other.to_string())), or_none(meant.map(|v| v.to_string())))
            }
        };
        for (text, semver, calver) in [
            ("1.2.3", "1.2.3", "1.2.3"),
            ("1.2.3-rc.1+b", "1.2.3-rc.1+b", "semver, -"),
            ("24.04.1", "calver, 24.4.1", "24.04.1"),
            ("1.3", "calver, 1.3.0", "1.3"),
            ("1.2.3.4", "calver, 1.2.3", "1.2.3.4"),
            ("01.2.3-rc.1", "-, 1.2.3-rc.1", "nothing"),
            ("1.2.3rc1", "-, 1.2.3-rc1", "nothing"),
            ("1.2.3-rc_1", "-, 1.2.3-rc-1", "nothing"),
            ("2026-event", "nothing", "nothing"),
            ("1", "nothing", "nothing"),
            ("2026.04-1", "-, 2026.4.0-1", "2026.04.1"),
            ("2026-04-01", "nothing", "nothing"),
            ("1.x", "nothing", "nothing"),
            ("", "nothing", "nothing"),
            ("18446744073709551616.1", "nothing", "nothing"),
        ] {
            let calver = if calver == "2026.04.1" { "-, 2026.04.1" } else { calver };
            assert_eq!([told(Scheme::Semver, text), told(Scheme::Calver, text)], [semver, calver], "{text}");
        }
    }

    #[test]
    fn only_build_metadata_does_not_count_in_the_order() {
        let read = |text| Scheme::Semver.read(text).unwrap();
        assert!(read("1.0.9+a").is_level_with(&read("1.0.9+b")));
        assert!(!read("1.0.9-rc.1").is_level_with(&read("1.0.9")));
        assert_eq!([read("1.0.9+a.5").build(), read("1.0.9").build()], ["a.5", ""]);
    }
}
