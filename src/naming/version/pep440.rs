//! Converts versions of SemVer to PEP 440.

use super::{FilesState, Semver, VersionError};

/// Returns a release in the form of PEP 440: `1.0.9`, `1.1.0rc1`.
pub(super) fn release(version: &Semver) -> Result<String, VersionError> {
    let Semver { major, minor, patch, .. } = version;
    let pre = phase(version)?.map(|(letter, number)| format!("{letter}{number}")).unwrap_or_default();
    Ok(format!("{major}.{minor}.{patch}{pre}"))
}

/// Returns a version between the release `version` and the next release: `1.0.10.dev47`, `1.1.0rc2.dev3`.
pub(super) fn development(version: &Semver, distance: u32) -> Result<String, VersionError> {
    let Semver { major, minor, patch, .. } = version;
    Ok(match phase(version)? {
        None => {
            let patch = patch.checked_add(1).ok_or(VersionError::TooHigh)?;
            format!("{major}.{minor}.{patch}.dev{distance}")
        }
        Some((letter, number)) => {
            let number = number.checked_add(1).ok_or(VersionError::TooHigh)?;
            format!("{major}.{minor}.{patch}{letter}{number}.dev{distance}")
        }
    })
}

/// Returns the local part of a version, such as `+g188f7a2.dirty`. `identity` is the commit, or, at a release, the
/// build metadata of that release. The normal form of PEP 440 allows only letters, digits and dots here, so each `-`
/// becomes a dot.
pub(super) fn local(identity: &str, files: FilesState) -> String {
    let dirty = match files {
        FilesState::Clean => "",
        FilesState::Dirty => "dirty",
    };
    let parts: Vec<&str> = identity.split('-').chain([dirty]).filter(|part| !part.is_empty()).collect();
    if parts.is_empty() { String::new() } else { format!("+{}", parts.join(".")) }
}

/// Returns the pre-release in the form of PEP 440: `a`, `b` or `rc`, and a number. `None` if the version is not a
/// pre-release.
fn phase(version: &Semver) -> Result<Option<(&'static str, u64)>, VersionError> {
    let pre = version.pre.as_str();
    if pre.is_empty() {
        return Ok(None);
    }
    let letters = pre.len() - pre.trim_start_matches(|c: char| c.is_ascii_alphabetic()).len();
    let (word, number) = pre.split_at(letters);
    let number = number.strip_prefix(['.', '-']).unwrap_or(number);
    let letter = match word.to_ascii_lowercase().as_str() {
        "a" | "alpha" => Some("a"),
        "b" | "beta" => Some("b"),
        "c" | "rc" | "pre" | "preview" => Some("rc"),
        _ => None,
    };
    let number = if number.is_empty() { Some(0) } else { number.parse().ok() };
    letter.zip(number).map(Some).ok_or_else(|| VersionError::NoPep440 { version: version.clone().into() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pre_releases_have_three_phases() {
        for (version, written) in [
            ("1.1.0-rc.1", "1.1.0rc1"),
            ("1.1.0-rc1", "1.1.0rc1"),
            ("1.1.0-alpha", "1.1.0a0"),
            ("1.1.0-Beta-2", "1.1.0b2"),
            ("1.1.0-preview.3", "1.1.0rc3"),
        ] {
            assert_eq!(release(&version.parse().unwrap()).unwrap(), written);
        }
        for version in ["1.1.0-dev.1", "1.1.0-rc.1.2", "1.1.0-1", "1.1.0-rc.x"] {
            let version: Semver = version.parse().unwrap();
            assert_eq!(release(&version.clone()), Err(VersionError::NoPep440 { version: version.into() }));
        }
    }
}
