use gix::bstr::ByteSlice as _;

/// The part of a commit object that a walk needs.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Header {
    pub(super) parents: Vec<gix::ObjectId>,
    /// The committer's date in seconds since 1970; 0 if git cannot read the date.
    pub(super) seconds: u64,
}

/// Reads the beginning of a commit object; `None` if the object is malformed.
pub(super) fn read(object: &[u8]) -> Option<Header> {
    let mut lines = object.lines().peekable();
    lines.next()?.strip_prefix(b"tree ")?;
    let mut header = Header::default();
    while let Some(parent) = lines.peek().and_then(|line| line.strip_prefix(b"parent ")) {
        header.parents.push(gix::ObjectId::from_hex(parent).ok()?);
        lines.next();
    }
    let author = lines.next().filter(|line| line.starts_with(b"author "));
    header.seconds = author.and_then(|_| lines.next()?.strip_prefix(b"committer ")).map_or(0, seconds);
    Some(header)
}

/// Returns the time of an identity such as `Name <mail> 1700000000 +0100`, in seconds since 1970. Like git, this
/// returns 0 if there is no time, or a time before 1970.
pub(crate) fn seconds(identity: &[u8]) -> u64 {
    let time = identity.rsplit_once_str(">").map_or(&b""[..], |(_, time)| time).trim_ascii_start();
    let digits = &time[..time.iter().take_while(|byte| byte.is_ascii_digit()).count()];
    digits.to_str().ok().and_then(|digits| digits.parse().ok()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parents_and_date_are_read() {
        let id = "0123456789abcdef0123456789abcdef01234567";
        let object = format!(
            "tree {id}\nparent {id}\nparent {id}\nauthor A <a> 5 +0000\ncommitter B <b> 1700000000 +0100\n\nparent {id}\n"
        );
        let header = read(object.as_bytes()).unwrap();
        assert_eq!((header.parents.len(), header.seconds), (2, 1_700_000_000));
        assert_eq!(read(b"object x\n"), None);
        assert_eq!(read(b"tree x\nparent z\n"), None);
    }

    #[test]
    fn dates_that_git_cannot_read_are_zero() {
        for (identity, time) in [
            ("A <a> 12 +0000", 12),
            ("A > B <a> 12 +0000", 12),
            ("A <a>12", 12),
            ("A <a> -12 +0000", 0),
            ("A <a> x", 0),
            ("A", 0),
            ("", 0),
        ] {
            assert_eq!(seconds(identity.as_bytes()), time, "{identity}");
        }
    }
}
