use std::collections::BTreeSet;
use std::fmt;

use super::BuildMachine;
use crate::inputs::trace::{Peer, Untraceable};
use crate::model::name::Escaped;

/// Reads of a build that could not be observed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Unseen {
    /// The reads of a program that ran before the build and that the build connected to.
    Daemon(Peer),
    /// The contents that a command of git takes from git's objects.
    Objects(String),
    /// Reads through `io_uring`.
    Queued,
    /// Reads below another root directory, or in file systems that the build mounts.
    Contained,
}

impl fmt::Display for Unseen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Daemon(Peer::Socket(path)) => {
                write!(f, "what the program behind the socket {} reads", Escaped::new(&*String::from_utf8_lossy(path)))
            }
            Self::Daemon(Peer::Abstract(name)) => {
                write!(f, "what the program behind the socket @{} reads", Escaped::new(&*String::from_utf8_lossy(name)))
            }
            Self::Daemon(Peer::Port(port)) => write!(f, "what the program behind port {port} of this machine reads"),
            Self::Daemon(Peer::Address(host, port)) => write!(f, "what the engine at {host}, port {port}, reads"),
            Self::Objects(command) => write!(f, "what `{}` takes from git's objects", Escaped::new(command)),
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

/// The beginnings of the paths of sockets whose programs read no file of a repository: programs for the names of hosts
/// and users, for logs, and for displays. The sockets of D-Bus and of systemd itself are not in the list, since D-Bus
/// and systemd start other programs.
const HARMLESS: [&str; 8] = [
    "/run/nscd/",
    "/var/run/nscd/",
    "/run/systemd/userdb/",
    "/run/systemd/resolve/",
    "/run/systemd/journal/",
    "/dev/log",
    "/tmp/.X11-unix/",
    "/tmp/.ICE-unix/",
];

/// The beginnings of the paths of further sockets whose programs read no file of a repository. The paths are relative
/// to a user's own directory, such as `/run/user/1000/`.
const HARMLESS_OF_USER: [&str; 4] = ["wayland-", "pulse/", "pipewire-", "keyring/"];

/// The port of name servers.
const NAMES: u16 = 53;

/// The ports of container engines. An engine may get the files of a build even if it runs on another machine.
const OF_ENGINES: [u16; 2] = [2375, 2376];

/// Returns an address of this machine as its port alone, since a program may listen on all addresses of the machine.
/// Returns other peers unchanged.
pub(super) fn by_own_port(peer: &Peer, machine: &dyn BuildMachine) -> Peer {
    match peer {
        Peer::Address(host, port) if machine.has_address(*host) => Peer::Port(*port),
        peer => peer.clone(),
    }
}

/// Returns the unobserved reads of a program that a build connected to; `None` if the program is a process of the
/// build, or reads no file of a repository.
pub(super) fn behind(peer: &Peer, bound: &BTreeSet<Peer>, machine: &dyn BuildMachine) -> Option<Unseen> {
    let peer = by_own_port(peer, machine);
    let is_harmless = match &peer {
        Peer::Socket(path) | Peer::Abstract(path) => is_harmless(&String::from_utf8_lossy(path)),
        Peer::Port(port) => *port == NAMES || *port == 0,
        Peer::Address(_, port) => !OF_ENGINES.contains(port),
    };
    (!is_harmless && !bound.contains(&peer)).then_some(Unseen::Daemon(peer))
}

fn is_harmless(path: &str) -> bool {
    let begins = |text: &str, with: &[&str]| with.iter().any(|part| text.starts_with(part));
    let of_user = path.strip_prefix("/run/user/").and_then(|rest| rest.split_once('/'));
    // A path with `..` may lead out of such a directory.
    !path.contains("/../")
        && (begins(path, &HARMLESS)
            || of_user.is_some_and(|(_, rest)| begins(rest, &HARMLESS_OF_USER))
            || is_key_agent(path))
}

/// Whether a socket has the name of an agent of ssh or gpg. Such an agent keeps keys, and reads no file of a
/// repository.
fn is_key_agent(path: &str) -> bool {
    let (directory, name) = path.rsplit_once('/').unwrap_or(("", path));
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let is_of_ssh = name.strip_prefix("agent.").is_some_and(is_number)
        && directory.rsplit('/').next().is_some_and(|directory| directory.starts_with("ssh-"));
    is_of_ssh
        || ["ssh-agent.socket", "ssh-agent.sock", "S.keyboxd", "S.scdaemon", "S.dirmngr", "S.gpg-agent"].contains(&name)
        || name.starts_with("S.gpg-agent.")
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;

    use super::*;

    #[test]
    fn only_known_sockets_are_harmless() {
        for path in [
            "/tmp/ssh-XXabc/agent.123",
            "/home/a/.gnupg/S.gpg-agent",
            "/run/user/0/gnupg/S.gpg-agent.ssh",
            "/run/user/1000/wayland-0",
            "/var/run/nscd/socket",
            "/run/systemd/userdb/io.systemd.DynamicUser",
        ] {
            assert!(is_harmless(path), "{path}");
        }
        for path in [
            "/home/agent/build.sock",
            "/tmp/agent/x",
            "/x/business.sock",
            "/tmp/ssh-x/daemon",
            "/run/nscd/../docker.sock",
            "/run/dbus/system_bus_socket",
            "/run/systemd/private",
            "/run/user/1000/bus",
            "/run/user/1000/systemd/private",
            "x",
            "",
        ] {
            assert!(!is_harmless(path), "{path}");
        }
    }

    #[test]
    fn any_port_hides_no_other() {
        let behind = |peer: &Peer, bound: &[Peer]| behind(peer, &bound.iter().cloned().collect(), &OneAddress);
        assert!(behind(&Peer::Port(8080), &[Peer::Port(0)]).is_some());
        assert_eq!(behind(&Peer::Port(8080), &[Peer::Port(0), Peer::Port(8080)]), None);
        let unseen = behind(&Peer::Abstract(b"x".to_vec()), &[]).unwrap();
        assert_eq!(unseen.to_string(), "what the program behind the socket @x reads");
    }

    /// A machine with the address 10.0.0.1.
    struct OneAddress;

    impl BuildMachine for OneAddress {
        fn link(&self, _: &[u8]) -> Option<Vec<u8>> {
            None
        }

        fn beginning(&self, _: &[u8]) -> Option<Vec<u8>> {
            None
        }

        fn has_address(&self, address: IpAddr) -> bool {
            address.to_string() == "10.0.0.1"
        }
    }

    #[test]
    fn machines_have_other_addresses_too() {
        let behind = |host: &str, port: u16, bound: &[Peer]| {
            let peer = Peer::Address(host.parse().unwrap(), port);
            behind(&peer, &bound.iter().cloned().collect(), &OneAddress).map(|unseen| unseen.to_string())
        };
        assert_eq!(behind("10.0.0.1", 80, &[]).unwrap(), "what the program behind port 80 of this machine reads");
        assert_eq!(behind("10.0.0.1", 80, &[Peer::Port(80)]), None);
        assert_eq!(behind("10.0.0.2", 80, &[]), None);
        assert_eq!(behind("10.0.0.2", 2375, &[]).unwrap(), "what the engine at 10.0.0.2, port 2375, reads");
    }
}
