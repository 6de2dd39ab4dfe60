use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::EmitError;
use super::columns::Column;
use super::table::{FAINT, HEADING, NAME, Palette};
use crate::model::name::Escaped;
use crate::plan::{VersionOf, Versions};

/// Returns versions as a table. Names from the repository are escaped.
#[must_use]
pub fn versions_table(versions: &Versions, palette: Palette) -> String {
    let name = |of: &VersionOf| Escaped::new(&of.service).to_string();
    let names = Column::under("SERVICE", versions.services.iter().map(name));
    let shown = Column::under("VERSION", versions.services.iter().map(version));
    let heading = format!("{}  {}  RELEASE", names.pad("SERVICE"), shown.pad("VERSION"));
    let mut text = format!("{}\n", palette.paint(HEADING, &heading));
    for of in &versions.services {
        let name = palette.paint(NAME, &names.pad(&name(of)));
        let _ = writeln!(text, "{name}  {}  {}", shown.pad(&version(of)), palette.paint(FAINT, &release(of)));
    }
    text
}

fn version(of: &VersionOf) -> String {
    Escaped::new(of.version.as_deref().unwrap_or("none")).to_string()
}

fn release(of: &VersionOf) -> String {
    let commits = match of.described.distance {
        1 => "1 commit".to_owned(),
        distance => format!("{distance} commits"),
    };
    match (&of.described.tag, of.described.distance) {
        (None, _) => format!("none in {commits}"),
        (Some(tag), 0) => format!("{}", Escaped::new(tag)),
        (Some(tag), _) => format!("{commits} since {}", Escaped::new(tag)),
    }
}

/// Returns only the versions, one per line. The line of a service without a version is empty.
#[must_use]
pub fn versions_plain(versions: &Versions) -> String {
    versions.services.iter().fold(String::new(), |text, of| text + of.version.as_deref().unwrap_or_default() + "\n")
}

/// Returns the images, one per line, each with the service's version as its tag. Services without an image or a version
/// are left out.
#[must_use]
pub fn versions_images(versions: &Versions) -> String {
    versions
        .services
        .iter()
        .filter_map(|of| of.image.as_deref())
        .map(|image| format!("{image}\n"))
        .collect::<Vec<_>>()
        .concat()
}

/// Returns one line `NAME_VERSION=VALUE` per service, for `eval`, `.env` files and `$GITHUB_ENV`.
///
/// `NAME` is the service's name in capitals, with `_` for characters that the name of a variable may not have. Because
/// of the ending, a service `path` does not set the shell's `PATH`. Versions contain no character with a meaning in a
/// shell. Services without a version have no line.
///
/// # Errors
/// When the names of two services result in the same variable.
pub fn versions_env(versions: &Versions) -> Result<String, EmitError> {
    let mut text = String::new();
    let mut services: BTreeMap<String, &str> = BTreeMap::new();
    for of in &versions.services {
        let Some(version) = &of.version else { continue };
        let variable = variable(&of.service, "VERSION");
        let _ = writeln!(text, "{variable}={version}");
        if let Some(other) = services.insert(variable.clone(), &of.service) {
            let [one, other] = [other, &of.service].map(|name| Escaped::new(name).to_string());
            return Err(EmitError::SameVariable { variable, one, other });
        }
    }
    Ok(text)
}

/// Returns the name of a variable about a service: `WEB_APP_VERSION` for `web-app` and `VERSION`.
pub(super) fn variable(service: &str, what: &str) -> String {
    let letter = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' };
    let slug: String = service.chars().map(letter).collect();
    let first = if slug.starts_with(|c: char| c.is_ascii_digit()) { "_" } else { "" };
    format!("{first}{slug}_{what}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_become_variables() {
        for (service, expected) in [
            ("api", "API_VERSION"),
            ("services/go/api-golang", "SERVICES_GO_API_GOLANG_VERSION"),
            ("@acme/web.app", "_ACME_WEB_APP_VERSION"),
            ("7zip", "_7ZIP_VERSION"),
            ("$(x)\nü", "__X____VERSION"),
        ] {
            assert_eq!(variable(service, "VERSION"), expected);
        }
    }
}
