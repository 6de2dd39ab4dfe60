use std::path::{Path, PathBuf};
use std::{fs, io};

/// What a build's commands handed back, in the file `$REBAKE_OUTPUT`: lines of `name=value`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(in crate::exec) struct Output {
    /// `digest=sha256:…`: the digest of the image.
    pub(in crate::exec) digest: Option<String>,
}

/// Why the file tells nothing.
#[derive(Debug, thiserror::Error)]
pub(in crate::exec) enum OutputError {
    /// It cannot be read.
    #[error("{}: {reason}", .path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system says.
        reason: io::Error,
    },
    /// It has a line that means nothing.
    #[error("line {line} of $REBAKE_OUTPUT is not `digest=ALGORITHM:HEX`")]
    Line {
        /// Which one, from 1.
        line: usize,
    },
}

impl Output {
    /// The most that is read of the file: what it may hold is short.
    const LIMIT: u64 = 64 * 1024;

    /// Reads the file; one that is not there says nothing.
    pub(in crate::exec) fn read(path: &Path) -> Result<Self, OutputError> {
        use io::Read as _;
        let unreadable = |reason| OutputError::Unreadable { path: path.to_owned(), reason };
        let mut text = String::new();
        match fs::File::open(path) {
            Ok(file) => file.take(Self::LIMIT).read_to_string(&mut text).map_err(unreadable)?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Self::default()),
            Err(error) => return Err(unreadable(error)),
        };
        Self::parse(&text)
    }

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
        assert_eq!(Output::read(Path::new("/no/such/file")).unwrap(), Output::default());
        assert!(Output::read(Path::new("/")).is_err());
    }
}
