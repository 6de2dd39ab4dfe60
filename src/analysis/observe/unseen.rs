use std::collections::BTreeSet;
use std::fmt;

use crate::inputs::trace::{Peer, Untraceable};
use crate::model::name::Escaped;

/// What a build may have read unseen.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Unseen {
    /// What a program reads that ran before the build and that it asked.
    Daemon(Peer),
    /// What is read by `io_uring`.
    Queued,
    /// What is read below another root, or in file systems that the build mounts.
    Contained,
}

impl fmt::Display for Unseen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Daemon(Peer::Socket(path)) => {
                write!(f, "what the program behind the socket {} reads", Escaped::new(&*String::from_utf8_lossy(path)))
            }
            Self::Daemon(Peer::Port(port)) => write!(f, "what the program behind port {port} of this machine reads"),
            Self::Queued => f.write_str("what programs read by io_uring"),
            Self::Contained => f.write_str("what programs read in a container, or below another root"),
        }
    }
}

impl From<Untraceable> for Unseen {
    fn from(how: Untraceable) -> Self {
        match how {
            Untraceable::IoUring => Self::Queued,
            Untraceable::OtherRoot => Self::Contained,
        }
    }
}

/// Parts of the paths of sockets behind which nothing of a repository is read: names and users, logs, keys, screens.
const HARMLESS: [&str; 11] = [
    "/nscd/",
    "/systemd/",
    "/dbus/",
    "/dev/log",
    "/bus",
    "/.X11-unix/",
    "/wayland-",
    "/pulse/",
    "/gnupg/",
    "agent",
    "/ssh-",
];

/// The port of name servers.
const NAMES: u16 = 53;

/// Returns what is not seen of a program that a build connected to; none where that is a process of the build, or reads
/// nothing of a repository.
pub(super) fn behind(peer: &Peer, bound: &BTreeSet<&Peer>) -> Option<Unseen> {
    let is_own = bound.contains(peer);
    let is_harmless = match peer {
        Peer::Socket(path) => {
            let path = String::from_utf8_lossy(path);
            HARMLESS.iter().any(|part| path.contains(part))
        }
        // Where a process took any port, this may be the one.
        Peer::Port(port) => *port == NAMES || *port == 0 || bound.contains(&Peer::Port(0)),
    };
    (!is_own && !is_harmless).then(|| Unseen::Daemon(peer.clone()))
}
