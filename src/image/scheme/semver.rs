use super::{Stability, VersionFields};

/// Reads a version by the rules of Semantic Versioning 2.0.0, with the `v` before it that node-semver allows.
///
/// As there, [`VersionFields::version`] is without build metadata.
pub(super) fn read(text: &str) -> Option<VersionFields> {
    let plain = text.trim().strip_prefix('v').unwrap_or(text.trim());
    let (plain, build) = plain.split_once('+').map_or((plain, None), |(plain, build)| (plain, Some(build)));
    let (core, pre) = plain.split_once('-').map_or((plain, None), |(core, pre)| (core, Some(pre)));
    let numbers: Vec<&str> = core.split('.').collect();
    let &[major, minor, patch] = numbers.as_slice() else { return None };
    let numeric = |text: &str| {
        let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        digits && (text.len() == 1 || !text.starts_with('0'))
    };
    let identifier =
        |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    let pre_identifier =
        |text: &str| identifier(text) && (numeric(text) || !text.bytes().all(|byte| byte.is_ascii_digit()));
    let valid = numbers.iter().copied().all(numeric)
        && pre.is_none_or(|pre| pre.split('.').all(pre_identifier))
        && build.is_none_or(|build| build.split('.').all(identifier));
    valid.then(|| VersionFields {
        raw: text.to_owned(),
        version: plain.to_owned(),
        major: major.to_owned(),
        minor: minor.to_owned(),
        patch: patch.to_owned(),
        stability: if pre.is_some() { Stability::Provisional } else { Stability::Stable },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read() {
        let fields = read("v2.0.8-beta.67+build.1").unwrap();
        assert_eq!((fields.raw.as_str(), fields.version.as_str()), ("v2.0.8-beta.67+build.1", "2.0.8-beta.67"));
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
