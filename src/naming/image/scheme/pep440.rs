use super::{Stability, VersionFields};

/// Reads a version by the rules of Python's PEP 440, in any spelling that these rules allow. [`VersionFields::version`]
/// has the normal spelling.
pub(super) fn read(text: &str) -> Option<VersionFields> {
    let lower = text.to_ascii_lowercase();
    let (public, local) = lower.split_once('+').map_or((lower.as_str(), None), |(public, local)| (public, Some(local)));
    let mut rest = Rest(public.strip_prefix('v').unwrap_or(public));
    let mut release = vec![rest.digits()?];
    let epoch = rest.literal("!").and_then(|()| release.pop());
    if epoch.is_some() {
        release.push(rest.digits()?);
    }
    while let Some(number) = rest.try_read(|rest| rest.literal(".").and_then(|()| rest.digits())) {
        release.push(number);
    }
    let pre = rest.segment(&[
        ("alpha", "a"),
        ("a", "a"),
        ("beta", "b"),
        ("b", "b"),
        ("preview", "rc"),
        ("pre", "rc"),
        ("c", "rc"),
        ("rc", "rc"),
    ]);
    let post = rest
        .try_read(|rest| rest.literal("-").and_then(|()| rest.digits()))
        .map(|number| format!("post{number}"))
        .or_else(|| rest.segment(&[("post", "post"), ("rev", "post"), ("r", "post")]));
    let dev = rest.segment(&[("dev", "dev")]);
    let local = match local {
        Some(local) => Some(normal_local(local)?),
        None => None,
    };
    if !rest.0.is_empty() {
        return None;
    }
    let epoch = epoch.filter(|epoch| epoch != "0").map(|epoch| format!("{epoch}!")).unwrap_or_default();
    let dotted = |part: &Option<String>| part.as_ref().map(|part| format!(".{part}")).unwrap_or_default();
    let local = local.map(|local| format!("+{local}")).unwrap_or_default();
    let version = format!(
        "{epoch}{}{}{}{}{local}",
        release.join("."),
        pre.as_deref().unwrap_or_default(),
        dotted(&post),
        dotted(&dev)
    );
    let provisional = pre.is_some() || post.is_some() || dev.is_some();
    let number = |at: usize| release.get(at).cloned().unwrap_or_else(|| "0".to_owned());
    Some(VersionFields {
        raw: text.to_owned(),
        version,
        major: number(0),
        minor: number(1),
        patch: number(2),
        stability: if provisional { Stability::Provisional } else { Stability::Stable },
    })
}

/// The rest of a text that is being read.
struct Rest<'a>(&'a str);

impl Rest<'_> {
    /// Calls `read`. If that returns `None`, goes back to the position before the call.
    fn try_read<T>(&mut self, read: impl FnOnce(&mut Self) -> Option<T>) -> Option<T> {
        let before = self.0;
        read(self).or_else(|| {
            self.0 = before;
            None
        })
    }

    fn literal(&mut self, text: &str) -> Option<()> {
        self.0.strip_prefix(text).map(|rest| self.0 = rest)
    }

    /// Reads a number, without its leading zeros.
    fn digits(&mut self) -> Option<String> {
        let end = self.0.find(|c: char| !c.is_ascii_digit()).unwrap_or(self.0.len());
        let (digits, rest) = self.0.split_at(end);
        self.0 = rest;
        (!digits.is_empty()).then(|| without_zeros(digits).to_owned())
    }

    fn separator(&mut self) -> Option<()> {
        self.0.strip_prefix(['.', '-', '_']).map(|rest| self.0 = rest)
    }

    /// Reads one of `words` with its number, and returns both in the normal spelling: `rc1`. An absent number is 0.
    fn segment(&mut self, words: &[(&str, &str)]) -> Option<String> {
        self.try_read(|rest| {
            rest.try_read(Self::separator);
            let normal = words.iter().find_map(|(word, normal)| rest.literal(word).map(|()| *normal))?;
            // A separator may stand here without a number behind it.
            rest.try_read(Self::separator);
            let number = rest.try_read(Self::digits);
            Some(format!("{normal}{}", number.as_deref().unwrap_or("0")))
        })
    }
}

fn without_zeros(digits: &str) -> &str {
    let kept = digits.trim_start_matches('0');
    if kept.is_empty() { "0" } else { kept }
}

fn normal_local(local: &str) -> Option<String> {
    let parts: Vec<&str> = local.split(['.', '-', '_']).collect();
    let valid = parts.iter().all(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric()));
    let is_number = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    let normal = |part: &&str| (if is_number(part) { without_zeros(part) } else { part }).to_owned();
    valid.then(|| parts.iter().map(normal).collect::<Vec<_>>().join("."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_spelling_has_a_normal_one() {
        use Stability::{Provisional, Stable};
        for (text, normal, stability) in [
            ("1.2.3", "1.2.3", Stable),
            ("v1.2", "1.2", Stable),
            ("1.0dev4", "1.0.dev4", Provisional),
            ("1.1beta2", "1.1b2", Provisional),
            ("1.2.3rc2", "1.2.3rc2", Provisional),
            ("1.2post1", "1.2.post1", Provisional),
            ("1.0.9-0047", "1.0.9.post47", Provisional),
            ("1!2.0", "1!2.0", Stable),
            ("0!2.0", "2.0", Stable),
            ("2020.01.05", "2020.1.5", Stable),
            ("1.0-Alpha_3.post", "1.0a3.post0", Provisional),
            ("1.0.c-1.rev.2_dev", "1.0rc1.post2.dev0", Provisional),
            ("1.0rc.", "1.0rc0", Provisional),
            ("1.0+Ubuntu-01.g1", "1.0+ubuntu.1.g1", Stable),
        ] {
            let fields = read(text).unwrap_or_else(|| panic!("{text}"));
            assert_eq!((fields.version.as_str(), fields.stability), (normal, stability), "{text}");
        }
        let fields = read("3.7").unwrap();
        assert_eq!([fields.major, fields.minor, fields.patch], ["3", "7", "0"]);
    }

    #[test]
    fn other_texts_are_none() {
        for text in
            ["", "v", "1.", "1.0-", "1.0.9-0047-188f7a2", "1.0+", "1.0+a..b", "release1", " 1.0", "1.0x", "1.0é", "!1"]
        {
            assert!(read(text).is_none(), "{text}");
        }
    }
}
