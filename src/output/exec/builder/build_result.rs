use std::io;
use std::path::{Path, PathBuf};

use crate::inputs::file;
use crate::output::exec::needed_services::Kept;
use crate::output::exec::service_build::{Build, DigestSource, Work};

/// The results that a build's commands have written.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(in crate::output::exec) struct Output {
    /// The digest of the image, `sha256:…`.
    pub(in crate::output::exec) digest: Option<String>,
    /// The id of the image in the builder's own store.
    pub(in crate::output::exec) id: Option<String>,
}

/// Why the results cannot be used.
#[derive(Debug, thiserror::Error)]
pub(in crate::output::exec) enum OutputError {
    /// A file with results cannot be read.
    #[error("{}: {reason}", .path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// The error of the system.
        reason: io::Error,
    },
    /// A line of `$REBAKE_OUTPUT` is malformed.
    #[error("line {line} of $REBAKE_OUTPUT is not `digest=ALGORITHM:HEX`")]
    Line {
        /// The number of the line, from 1.
        line: usize,
    },
    /// The builder succeeded, but wrote no digest although it should have pushed: buildah 1.28 does so when it cannot
    /// reach the registry.
    #[error("the builder reports success, but not the digest that it pushed: the image may not be in the registry")]
    NotPushed,
}

impl Output {
    /// The most bytes that are read from a file with results. Such files are short.
    const LIMIT: u64 = 64 * 1024;

    /// Returns the results of a service whose image existed before the run: the image's digest. For any other service,
    /// there are no results.
    pub(in crate::output::exec) fn of_existing(build: &Build) -> Self {
        match &build.work {
            Work::Exists { digest, .. } => Self { digest: Some(digest.clone()), id: None },
            Work::Steps(_) | Work::Superseded { .. } | Work::Unnamed(_) => Self::default(),
        }
    }

    /// Reads the results of a build whose commands have succeeded.
    ///
    /// # Errors
    /// When the file with the results cannot be read, or is malformed. [`OutputError::NotPushed`] means that the
    /// builder should have pushed an image and wrote no digest, so the build has failed.
    pub(in crate::output::exec) fn of(build: &Build) -> Result<Self, OutputError> {
        let text = |name: &str| Self::text(&build.scratch.join(name));
        let pushed = |digest: Option<String>| match digest.filter(|digest| is_digest(digest)) {
            Some(digest) => Ok(Self { digest: Some(digest), id: None }),
            None => Err(OutputError::NotPushed),
        };
        match build.digest {
            DigestSource::Output => Self::parse(&text(Build::OUTPUT)?),
            DigestSource::Metadata => pushed(in_metadata(&text(DigestSource::METADATA)?)),
            DigestSource::File => pushed(Some(text(DigestSource::FILE)?)),
            DigestSource::Nowhere => Ok(Self { digest: None, id: id(&text(Kept::ID)?) }),
        }
    }

    /// Returns the text of a file; empty if it does not exist.
    fn text(path: &Path) -> Result<String, OutputError> {
        use io::Read as _;
        let unreadable = |reason| OutputError::Unreadable { path: path.to_owned(), reason };
        let mut text = String::new();
        match file::open(path) {
            Ok(file) => file.take(Self::LIMIT).read_to_string(&mut text).map_err(unreadable)?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => 0,
            Err(error) => return Err(unreadable(error)),
        };
        Ok(text)
    }

    /// Reads lines `digest=ALGORITHM:HEX`. If there are several, the last one counts.
    ///
    /// # Errors
    /// When a line has another form.
    fn parse(text: &str) -> Result<Self, OutputError> {
        let mut output = Self::default();
        for (index, line) in text.lines().enumerate() {
            let line = line.trim_end();
            if line.is_empty() {
                continue;
            }
            let digest = line.strip_prefix("digest=").filter(|digest| is_digest(digest));
            output.digest = Some(digest.ok_or(OutputError::Line { line: index + 1 })?.to_owned());
        }
        Ok(output)
    }
}

/// Returns the 64 hexadecimal digits of an image's id from the file that `--iidfile` names; `None` for any other text.
fn id(text: &str) -> Option<String> {
    let id = text.trim();
    let hex = id.strip_prefix("sha256:").unwrap_or(id);
    (hex.len() == 64 && hex.bytes().all(|byte| byte.is_ascii_hexdigit())).then(|| hex.to_owned())
}

/// Returns the digest in the JSON that `docker buildx build --metadata-file` writes.
fn in_metadata(text: &str) -> Option<String> {
    let metadata: serde_json::Value = serde_json::from_str(text).ok()?;
    metadata.get("containerimage.digest")?.as_str().map(str::to_owned)
}

/// Whether a text is a digest as OCI writes it: `algorithm:hex`, the algorithm in lower case.
fn is_digest(text: &str) -> bool {
    let Some((algorithm, hex)) = text.split_once(':') else {
        return false;
    };
    let known =
        algorithm.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"+._-".contains(&byte));
    let digits = hex.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte));
    known && !algorithm.is_empty() && digits && hex.len() >= 32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_digest_is_read_and_anything_else_is_told() {
        let digest = format!("sha256:{}", "0a".repeat(32));
        assert_eq!(Output::parse(&format!("\ndigest={digest}\r\n")).unwrap().digest, Some(digest));
        assert_eq!(Output::parse("").unwrap(), Output::default());
        for bad in ["digest=", "digest=sha256:xyz", "digest=latest", "image=x", "digest", "digest=$(id):00"] {
            assert!(matches!(Output::parse(bad), Err(OutputError::Line { line: 1 })), "{bad}");
        }
    }

    #[test]
    fn no_file_says_nothing() {
        assert_eq!(Output::text(Path::new("/no/such/file")).unwrap(), "");
        assert!(Output::text(Path::new("/")).is_err());
    }

    #[test]
    fn the_digest_of_a_push_is_read_out_of_metadata() {
        let metadata =
            r#"{"buildx.build.ref": "x", "containerimage.digest": "sha256:00", "containerimage.config": {}}"#;
        assert_eq!(in_metadata(metadata).as_deref(), Some("sha256:00"));
        for text in ["", "{}", "[]", "null", r#"{"containerimage.digest": 1}"#, "{"] {
            assert_eq!(in_metadata(text), None, "{text}");
        }
    }
}
