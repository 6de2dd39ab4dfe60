use super::{Stability, VersionFields};
use crate::naming::version::Semver;

/// Reads a version by the rules of Semantic Versioning 2.0.0. The text may begin with a `v`, as in node-semver.
///
/// Unlike in the action, build metadata stays in [`VersionFields::version`]: two releases that differ only in their
/// build metadata have two images.
pub(super) fn read(text: &str) -> Option<VersionFields> {
    let plain = text.trim().strip_prefix('v').unwrap_or(text.trim());
    let version = Semver::parse(plain).ok()?;
    Some(VersionFields {
        raw: text.to_owned(),
        version: plain.to_owned(),
        major: version.major.to_string(),
        minor: version.minor.to_string(),
        patch: version.patch.to_string(),
        stability: if version.pre.is_empty() { Stability::Stable } else { Stability::Provisional },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read() {
        let fields = read("v2.0.8-beta.67+build.1").unwrap();
        assert_eq!((fields.raw.as_str(), fields.version.as_str()), ("v2.0.8-beta.67+build.1", "2.0.8-beta.67+build.1"));
        assert_eq!([fields.major, fields.minor, fields.patch], ["2", "0", "8"]);
        assert_eq!(fields.stability, Stability::Provisional);
        assert_eq!(read("1.0.9+47").unwrap().stability, Stability::Stable);
    }

    #[test]
    fn only_strict_versions_are() {
        for good in ["0.0.0", "1.0.0-0047-188f7a2", "1.0.0--", "1.0.0-a.0.-x", "1.0.0+001", " v1.2.3 "] {
            assert!(read(good).is_some(), "{good}");
        }
        for bad in
            ["", "1", "1.2", "1.2.3.4", "01.2.3", "1.2.3-", "1.2.3-01", "1.2.3-a..b", "1.2.3+", "V1.2.3", "1.2.é"]
        {
            assert!(read(bad).is_none(), "{bad}");
        }
    }
}
