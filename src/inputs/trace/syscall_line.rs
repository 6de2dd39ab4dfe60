//! Reads one line of strace's output. Strings are in hexadecimal, so they contain no quote, comma or bracket that could
//! mislead the parser.

use std::net::IpAddr;

use super::{Access, Peer, RequestedPath, TraceEvent, Untraceable};

/// A system call and its start time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TracedCall {
    /// The start time, in microseconds since 1970.
    pub at: u64,
    /// What the call did.
    pub event: TraceEvent,
}

impl TracedCall {
    /// Reads a line of strace's output. `None` if the call failed, if [`TraceEvent`] has no variant for it, or if the
    /// line is malformed. A `connect` that is still in progress has not failed.
    #[must_use]
    pub fn read(line: &[u8]) -> Option<Self> {
        let line = std::str::from_utf8(line).ok()?.trim();
        let (at, rest) = line.split_once(' ')?;
        let at = microseconds(at)?;
        let (name, rest) = rest.split_once('(')?;
        let (arguments, result) = rest.rsplit_once(" = ")?;
        let (result, arguments) = (result.trim(), parts(arguments.trim_end().strip_suffix(')')?));
        // A non-blocking `connect` that fails with `EINPROGRESS` has begun.
        let has_begun = name == "connect" && result.starts_with("-1 EINPROGRESS");
        if has_begun {
            let socket = named(arguments.first()?)?;
            let event = TraceEvent::Connecting { socket, peer: peer(arguments.get(1)?)? };
            return Some(Self { at, event });
        }
        if result.starts_with(['-', '?']) {
            return None;
        }
        event(name, &arguments, result).map(|event| Self { at, event })
    }
}

fn event(name: &str, arguments: &[&str], result: &str) -> Option<TraceEvent> {
    let text = |at: usize| arguments.get(at).and_then(|argument| quoted(argument));
    let own = |at: usize| Some(RequestedPath { from: None, from_own: true, path: text(at)? });
    let below = |at: usize| requested_below(arguments.get(at)?, text(at + 1)?);
    let opened = |asked: RequestedPath, flags: &str| {
        Some(TraceEvent::Opened { asked, found: described(result), access: access(flags) })
    };
    let flags = |at: usize| arguments.get(at).copied().unwrap_or_default();
    match name {
        "open" => opened(own(0)?, flags(1)),
        "openat" | "openat2" => opened(below(0)?, flags(2)),
        "open_by_handle_at" => {
            let path = described(result)?;
            opened(RequestedPath { from: None, from_own: false, path }, flags(2))
        }
        "creat" => opened(own(0)?, "O_WRONLY|O_TRUNC"),
        "execve" => Some(TraceEvent::Executed { asked: own(0)?, arguments: list(arguments.get(1)?) }),
        "execveat" => Some(TraceEvent::Executed { asked: below(0)?, arguments: list(arguments.get(2)?) }),
        "chdir" => Some(TraceEvent::ChangedDirectory(own(0)?)),
        "fchdir" => {
            let path = described(arguments.first()?)?;
            Some(TraceEvent::ChangedDirectory(RequestedPath { from: None, from_own: false, path }))
        }
        "getcwd" => text(0).map(TraceEvent::CurrentDirectory),
        "rename" => Some(TraceEvent::Renamed { from: own(0)?, to: own(1)?, is_swapped: false }),
        "renameat" | "renameat2" => {
            let is_swapped = flags(4).contains("RENAME_EXCHANGE");
            Some(TraceEvent::Renamed { from: below(0)?, to: below(2)?, is_swapped })
        }
        "link" => Some(TraceEvent::Linked { from: own(0)?, to: own(1)?, is_followed: false }),
        "linkat" => {
            let is_followed = flags(4).contains("AT_SYMLINK_FOLLOW");
            Some(TraceEvent::Linked { from: below(0)?, to: below(2)?, is_followed })
        }
        "symlink" => Some(TraceEvent::SymbolicLink { target: text(0)?, path: own(1)? }),
        "symlinkat" => Some(TraceEvent::SymbolicLink { target: text(0)?, path: below(1)? }),
        "readlink" => Some(TraceEvent::ReadLink(own(0)?)),
        "readlinkat" => Some(TraceEvent::ReadLink(below(0)?)),
        "unlink" => Some(TraceEvent::Removed(own(0)?)),
        "unlinkat" => (!flags(2).contains("AT_REMOVEDIR")).then_some(TraceEvent::Removed(below(0)?)),
        "truncate" | "truncate64" => (flags(1) == "0").then_some(TraceEvent::Emptied(own(0)?)),
        "ftruncate" | "ftruncate64" => {
            let path = described(arguments.first()?).filter(|_| flags(1) == "0")?;
            Some(TraceEvent::Emptied(RequestedPath { from: None, from_own: false, path }))
        }
        "fork" | "vfork" => Some(TraceEvent::Forked { child: number(result)?, is_thread: false }),
        "clone" | "clone3" => {
            let is_thread = arguments.iter().any(|argument| argument.contains("CLONE_THREAD"));
            Some(TraceEvent::Forked { child: number(result)?, is_thread })
        }
        "connect" => peer(arguments.get(1)?).map(TraceEvent::Connected),
        "getsockopt" if flags(2) == "SO_ERROR" => {
            Some(TraceEvent::ConnectEnded { socket: named(arguments.first()?)?, has_failed: flags(3) != "[0]" })
        }
        // A process that lets the kernel choose its port learns the port from `getsockname`.
        "bind" | "getsockname" => peer(arguments.get(1)?).map(TraceEvent::Bound),
        "io_uring_setup" => Some(TraceEvent::HidCalls(Untraceable::IoUring)),
        "chroot" | "pivot_root" | "mount" | "move_mount" => Some(TraceEvent::HidCalls(Untraceable::OtherRoot)),
        _ => None,
    }
}

/// Parses a time in seconds such as `1795834477.995486`; returns microseconds.
fn microseconds(text: &str) -> Option<u64> {
    let (seconds, fraction) = text.split_once('.')?;
    if fraction.len() != 6 {
        return None;
    }
    seconds.parse::<u64>().ok()?.checked_mul(1_000_000)?.checked_add(fraction.parse().ok()?)
}

/// Splits arguments at commas outside of brackets.
fn parts(text: &str) -> Vec<&str> {
    let (mut depth, mut start) = (0_usize, 0);
    let mut parts = Vec::new();
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'(' | b'[' | b'{' => depth += 1,
            b')' | b']' | b'}' => depth = depth.saturating_sub(1),
            b',' if depth == 0 => {
                parts.push(text[start..at].trim());
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(text[start..].trim());
    parts
}

/// Decodes a quoted string such as `"\x61\x62"`. If strace truncated the string, dots follow it: `"\x61\x62"...`.
fn quoted(text: &str) -> Option<Vec<u8>> {
    let (inside, _) = text.strip_prefix('"')?.split_once('"')?;
    bytes(inside)
}

/// Decodes hexadecimal escapes such as `\x61\x62`.
fn bytes(text: &str) -> Option<Vec<u8>> {
    let digits = |hex: &[u8]| match hex {
        [b'\\', b'x', high, low] => {
            let digit = |byte: u8| char::from(byte).to_digit(16);
            u8::try_from(digit(*high)? * 16 + digit(*low)?).ok()
        }
        _ => None,
    };
    if !text.len().is_multiple_of(4) {
        return None;
    }
    text.as_bytes().chunks(4).map(digits).collect()
}

/// Returns the path of a file descriptor, such as `/a` for `3<\x2f\x61>`; `None` if the descriptor is a pipe or a
/// socket.
fn described(text: &str) -> Option<Vec<u8>> {
    named(text).filter(|path| path.starts_with(b"/"))
}

/// Returns the kernel's name of a file descriptor: a path, or a text such as `socket:[4711]`.
fn named(text: &str) -> Option<Vec<u8>> {
    let (_, rest) = text.split_once('<')?;
    let (inside, _) = rest.split_once('>')?;
    bytes(inside)
}

fn requested_below(directory: &str, path: Vec<u8>) -> Option<RequestedPath> {
    let from_own = directory.starts_with("AT_FDCWD");
    let from = described(directory);
    (from_own || from.is_some() || path.starts_with(b"/")).then_some(RequestedPath { from, from_own, path })
}

fn access(flags: &str) -> Access {
    let has = |flag: &str| flags.split(|c: char| !c.is_ascii_uppercase() && c != '_').any(|word| word == flag);
    if has("O_PATH") || has("O_DIRECTORY") {
        Access::Nothing
    } else if has("O_TRUNC") || has("O_CREAT") && has("O_EXCL") {
        Access::Write
    } else if has("O_RDWR") {
        Access::ReadWrite
    } else if has("O_WRONLY") {
        Access::Alter
    } else {
        Access::Read
    }
}

/// Decodes a list of strings such as `["\x61", "\x62"...]`.
fn list(text: &str) -> Vec<Vec<u8>> {
    let inside = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or_default();
    parts(inside).into_iter().filter_map(quoted).collect()
}

fn number(text: &str) -> Option<u32> {
    text.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
}

/// Parses a socket address; `None` if it belongs to an unnamed Unix socket, or to a socket that is neither Unix nor IP.
fn peer(text: &str) -> Option<Peer> {
    let after = |key: &str| text.split_once(key).map(|(_, rest)| rest);
    if let Some(path) = after("sun_path=") {
        if let Some(name) = path.strip_prefix('@') {
            return Some(Peer::Abstract(quoted(name)?));
        }
        let path = quoted(path).filter(|path| !path.is_empty())?;
        return Some(Peer::Socket(path));
    }
    let port = number(after("port=htons(")?).and_then(|port| u16::try_from(port).ok())?;
    let host = after("inet_addr(").or_else(|| after("inet_pton(AF_INET6, ")).and_then(quoted)?;
    // Java writes an IPv4 address as an IPv6 address, such as `::ffff:127.0.0.1`.
    let host = std::str::from_utf8(&host).ok()?.parse::<IpAddr>().ok()?.to_canonical();
    let is_here = host.is_loopback() || host.is_unspecified();
    Some(if is_here { Peer::Port(port) } else { Peer::Address(host, port) })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn hex(text: &str) -> String {
        text.bytes().map(|byte| format!("\\x{byte:02x}")).collect::<Vec<_>>().concat()
    }

    /// Encodes the texts in `«»` as hexadecimal, and reads the result as a line of strace's output.
    fn read(line: &str) -> Option<TraceEvent> {
        let mut parts = line.split(['«', '»']);
        let mut made = parts.next().unwrap_or_default().to_owned();
        while let Some(text) = parts.next() {
            made += &hex(text);
            made += parts.next().unwrap_or_default();
        }
        TracedCall::read(format!("1795834477.995910 {made}").as_bytes()).map(|call| call.event)
    }

    fn asked(from: Option<&str>, from_own: bool, path: &str) -> RequestedPath {
        RequestedPath { from: from.map(|from| from.as_bytes().to_vec()), from_own, path: path.as_bytes().to_vec() }
    }

    #[test]
    fn opened_files_have_the_paths_that_the_kernel_knows() {
        let opened = |asked: RequestedPath, found: &str, access| {
            Some(TraceEvent::Opened { asked, found: Some(found.as_bytes().to_vec()), access })
        };
        assert_eq!(
            read("openat(AT_FDCWD<«/r/a»>, \"«../b, (c)»\", O_RDONLY|O_CLOEXEC) = 3<«/r/b, (c)»>"),
            opened(asked(Some("/r/a"), true, "../b, (c)"), "/r/b, (c)", Access::Read)
        );
        assert_eq!(
            read(
                "openat2(5<«/r»>, \"«x»\", {flags=O_RDWR|O_CLOEXEC, resolve=RESOLVE_BENEATH}, 24) = 6<«/r/x»>(deleted)"
            ),
            opened(asked(Some("/r"), false, "x"), "/r/x", Access::ReadWrite)
        );
        assert_eq!(
            read("open(\"«x»\", O_WRONLY|O_CREAT, 0666) = 3<«/x»>"),
            opened(asked(None, true, "x"), "/x", Access::Alter)
        );
        for (flags, access) in [
            ("O_WRONLY|O_APPEND", Access::Alter),
            ("O_RDWR|O_CREAT|O_APPEND", Access::ReadWrite),
            ("O_WRONLY|O_CREAT|O_TRUNC", Access::Write),
            ("O_RDWR|O_TRUNC", Access::Write),
            ("O_RDWR|O_CREAT|O_EXCL", Access::Write),
        ] {
            let opened = opened(asked(None, true, "x"), "/x", access);
            assert_eq!(read(&format!("open(\"«x»\", {flags}, 0666) = 3<«/x»>")), opened, "{flags}");
        }
        assert_eq!(
            read("openat(AT_FDCWD<«/»>, \"«d»\", O_RDONLY|O_DIRECTORY) = 3<«/d»>"),
            opened(asked(Some("/"), true, "d"), "/d", Access::Nothing)
        );
        assert_eq!(read("creat(\"«x»\", 0666) = 3<«/x»>"), opened(asked(None, true, "x"), "/x", Access::Write));
    }

    #[test]
    fn calls_that_fail_say_nothing() {
        assert_eq!(read("openat(AT_FDCWD<«/»>, \"«x»\", O_RDONLY) = -1 ENOENT (No such file or directory)"), None);
        assert_eq!(read("openat(AT_FDCWD<«/»>, \"«x»\", O_RDONLY) = ? ERESTARTSYS (To be restarted)"), None);
        assert_eq!(read("exit_group(0) = ?"), None);
        assert_eq!(read("+++ exited with 0 +++"), None);
    }

    #[test]
    fn processes_are_followed() {
        let program = |path: &str, arguments: &[&str]| {
            let arguments = arguments.iter().map(|text| text.as_bytes().to_vec()).collect();
            Some(TraceEvent::Executed { asked: asked(None, true, path), arguments })
        };
        assert_eq!(
            read("execve(\"«/bin/sh»\", [\"«sh»\", \"«-c»\", \"«a = (b»\"...], 0x55 /* 3 vars */) = 0"),
            program("/bin/sh", &["sh", "-c", "a = (b"])
        );
        assert_eq!(read("vfork() = 22888"), Some(TraceEvent::Forked { child: 22888, is_thread: false }));
        assert_eq!(
            read("clone3({flags=CLONE_VM|CLONE_THREAD, stack=0x7f}, 88) = 7"),
            Some(TraceEvent::Forked { child: 7, is_thread: true })
        );
        assert_eq!(read("chdir(\"«a»\") = 0"), Some(TraceEvent::ChangedDirectory(asked(None, true, "a"))));
        assert_eq!(read("fchdir(3<«/r»>) = 0"), Some(TraceEvent::ChangedDirectory(asked(None, false, "/r"))));
        assert_eq!(read("getcwd(\"«/r»\", 4096) = 3"), Some(TraceEvent::CurrentDirectory(b"/r".to_vec())));
    }

    #[test]
    fn paths_change() {
        let (a, b) = (asked(Some("/r"), true, "a"), asked(Some("/t"), false, "b"));
        let renamed = |is_swapped| Some(TraceEvent::Renamed { from: a.clone(), to: b.clone(), is_swapped });
        assert_eq!(read("renameat2(AT_FDCWD<«/r»>, \"«a»\", 4<«/t»>, \"«b»\", RENAME_NOREPLACE) = 0"), renamed(false));
        assert_eq!(read("renameat2(AT_FDCWD<«/r»>, \"«a»\", 4<«/t»>, \"«b»\", RENAME_EXCHANGE) = 0"), renamed(true));
        assert_eq!(read("unlinkat(AT_FDCWD<«/r»>, \"«a»\", 0) = 0"), Some(TraceEvent::Removed(a.clone())));
        assert_eq!(read("unlinkat(AT_FDCWD<«/r»>, \"«a»\", AT_REMOVEDIR) = 0"), None);
        assert_eq!(read("truncate(\"«a»\", 0) = 0"), Some(TraceEvent::Emptied(asked(None, true, "a"))));
        assert_eq!(read("ftruncate(3<«/r/a»>, 0) = 0"), Some(TraceEvent::Emptied(asked(None, false, "/r/a"))));
        assert_eq!((read("truncate(\"«a»\", 10) = 0"), read("ftruncate(3<«/r/a»>, 10) = 0")), (None, None));
        assert_eq!(
            read("symlinkat(\"«../x»\", AT_FDCWD<«/r»>, \"«a»\") = 0"),
            Some(TraceEvent::SymbolicLink { target: b"../x".to_vec(), path: a.clone() })
        );
        assert_eq!(
            read("readlinkat(4<«/t»>, \"«b»\", \"«../x»\", 64) = 4"),
            Some(TraceEvent::ReadLink(asked(Some("/t"), false, "b")))
        );
        assert_eq!(read("readlink(\"«b»\", 0x7ffc, 64) = -1 EINVAL (Invalid argument)"), None);
        let linked = |is_followed| Some(TraceEvent::Linked { from: a.clone(), to: b.clone(), is_followed });
        assert_eq!(read("linkat(AT_FDCWD<«/r»>, \"«a»\", 4<«/t»>, \"«b»\", 0) = 0"), linked(false));
        assert_eq!(read("linkat(AT_FDCWD<«/r»>, \"«a»\", 4<«/t»>, \"«b»\", AT_SYMLINK_FOLLOW) = 0"), linked(true));
    }

    #[test]
    fn other_programs_have_addresses() {
        let connected = |peer| Some(TraceEvent::Connected(peer));
        assert_eq!(
            read("connect(3<«socket:[1]»>, {sa_family=AF_UNIX, sun_path=\"«/run/docker.sock»\"}, 23) = 0"),
            connected(Peer::Socket(b"/run/docker.sock".to_vec()))
        );
        assert_eq!(
            read("connect(3, {sa_family=AF_UNIX, sun_path=@\"«x»\"}, 23) = 0"),
            connected(Peer::Abstract(b"x".to_vec()))
        );
        let mapped = "{sa_family=AF_INET6, sin6_port=htons(81), sin6_flowinfo=htonl(0), inet_pton(AF_INET6, \"«::ffff:127.0.0.1»\", &sin6_addr), sin6_scope_id=0}";
        assert_eq!(read(&format!("connect(3, {mapped}, 28) = 0")), connected(Peer::Port(81)));
        let socket = b"socket:[7]".to_vec();
        assert_eq!(
            read(&format!("connect(3<«socket:[7]»>, {mapped}, 28) = -1 EINPROGRESS (Operation now in progress)")),
            Some(TraceEvent::Connecting { socket: socket.clone(), peer: Peer::Port(81) })
        );
        for (error, has_failed) in [("[0]", false), ("[ECONNREFUSED]", true)] {
            assert_eq!(
                read(&format!("getsockopt(3<«socket:[7]»>, SOL_SOCKET, SO_ERROR, {error}, [4]) = 0")),
                Some(TraceEvent::ConnectEnded { socket: socket.clone(), has_failed })
            );
        }
        assert_eq!(read(&format!("connect(3, {mapped}, 28) = -1 ECONNREFUSED (Connection refused)")), None);
        assert_eq!(read(&format!("getsockname(3, {mapped}, [28]) = 0")), Some(TraceEvent::Bound(Peer::Port(81))));
        assert_eq!(
            read("connect(3, {sa_family=AF_INET, sin_port=htons(8080), sin_addr=inet_addr(\"«127.0.0.1»\")}, 16) = 0"),
            connected(Peer::Port(8080))
        );
        assert_eq!(
            read(
                "bind(3, {sa_family=AF_INET6, sin6_port=htons(0), sin6_flowinfo=htonl(0), inet_pton(AF_INET6, \"«::»\", &sin6_addr), sin6_scope_id=0}, 28) = 0"
            ),
            Some(TraceEvent::Bound(Peer::Port(0)))
        );
        assert_eq!(
            read("connect(3, {sa_family=AF_INET, sin_port=htons(443), sin_addr=inet_addr(\"«1.1.1.1»\")}, 16) = 0"),
            connected(Peer::Address([1, 1, 1, 1].into(), 443))
        );
        assert_eq!(
            read("io_uring_setup(8, {flags=0}) = 5<«anon_inode:[io_uring]»>"),
            Some(TraceEvent::HidCalls(Untraceable::IoUring))
        );
    }

    proptest! {
        #[test]
        fn no_line_panics(line in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = TracedCall::read(&line);
        }

        #[test]
        fn no_line_that_looks_right_panics(
            name in "(open|openat|openat2|execve|connect|bind|renameat2|linkat|symlinkat|clone3|fchdir|getcwd)",
            arguments in "[\\\\x0-9a-f<>(){}\\[\\]\", |A-Z_=.]{0,60}",
            result in "[0-9<>\\\\x?-]{0,12}",
        ) {
            let _ = TracedCall::read(format!("1.000000 {name}({arguments}) = {result}").as_bytes());
        }

        #[test]
        fn every_path_comes_back(path in proptest::collection::vec(1_u8.., 1..50)) {
            let path: Vec<u8> = [b"/".to_vec(), path].concat();
            let hex = path.iter().map(|byte| format!("\\x{byte:02x}")).collect::<Vec<_>>().concat();
            let line = format!("1.000000 openat(AT_FDCWD<\\x2f>, \"{hex}\", O_RDONLY) = 3<{hex}>");
            let Some(TracedCall { event: TraceEvent::Opened { asked, found, .. }, .. }) = TracedCall::read(line.as_bytes()) else {
                return Err(TestCaseError::fail("it is not read"));
            };
            prop_assert_eq!(&asked.path, &path);
            prop_assert_eq!(found, Some(path));
        }
    }
}
