use std::fmt;

/// The platform of an image: `linux/arm64`, `linux/arm/v7`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Platform {
    system: String,
    architecture: String,
    variant: Option<String>,
}

impl Platform {
    /// Reads a platform as Docker writes it; `None` if the text is not one.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let parts: Vec<&str> = text.trim().split('/').collect();
        let is_word = |word: &&str| {
            !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte))
        };
        if !parts.iter().all(is_word) {
            return None;
        }
        match parts[..] {
            [system, architecture] => Some(Self::new(system, architecture, None)),
            [system, architecture, variant] => Some(Self::new(system, architecture, Some(variant))),
            _ => None,
        }
    }

    /// Returns a platform in its canonical form (containerd's `platforms.Normalize`).
    pub(super) fn new(system: &str, architecture: &str, variant: Option<&str>) -> Self {
        let [system, architecture] = [system, architecture].map(str::to_ascii_lowercase);
        let variant = variant.filter(|variant| !variant.is_empty()).map(str::to_ascii_lowercase);
        let (architecture, variant) = match (architecture.as_str(), variant.as_deref()) {
            ("amd64" | "x86_64" | "x86-64", None | Some("v1")) => ("amd64", None),
            ("x86_64" | "x86-64", variant) => ("amd64", variant),
            ("arm64" | "aarch64", None | Some("8" | "v8")) => ("arm64", None),
            ("aarch64", variant) => ("arm64", variant),
            ("arm", None | Some("7")) | ("armhf", _) => ("arm", Some("v7")),
            ("arm", Some("5")) => ("arm", Some("v5")),
            ("arm", Some("6")) | ("armel", _) => ("arm", Some("v6")),
            ("i386", variant) => ("386", variant),
            (architecture, variant) => (architecture, variant),
        };
        Self { system, architecture: architecture.to_owned(), variant: variant.map(str::to_owned) }
    }
}

impl fmt::Display for Platform {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.system, self.architecture)?;
        self.variant.iter().try_for_each(|variant| write!(f, "/{variant}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_platform_is_written_in_several_ways() {
        for (text, expected) in [
            ("linux/amd64", "linux/amd64"),
            ("Linux/x86_64", "linux/amd64"),
            ("linux/amd64/v1", "linux/amd64"),
            ("linux/amd64/v3", "linux/amd64/v3"),
            ("linux/arm64/v8", "linux/arm64"),
            ("linux/aarch64", "linux/arm64"),
            ("linux/arm", "linux/arm/v7"),
            ("linux/armel", "linux/arm/v6"),
            ("windows/amd64", "windows/amd64"),
        ] {
            assert_eq!(Platform::parse(text).unwrap().to_string(), expected, "{text}");
        }
        for bad in ["", "linux", "amd64", "linux/", "a/b/c/d", "linux/amd64,linux/arm64", "a b"] {
            assert_eq!(Platform::parse(bad), None, "{bad}");
        }
    }
}
