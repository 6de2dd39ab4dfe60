//! The traced system calls, as values. Each of them succeeded, or is a `connect` that is still in progress.

use std::net::IpAddr;

/// A system call of a process.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TraceEvent {
    /// The process opened a file or a directory.
    Opened {
        /// The path that the process passed to the call.
        asked: RequestedPath,
        /// The path of the opened file, absolute and without symbolic links; `None` if it has no path, such as a pipe.
        found: Option<Vec<u8>>,
        /// What the process may do with the file.
        access: Access,
    },
    /// The process executed another program.
    Executed {
        /// The path of the program.
        asked: RequestedPath,
        /// The arguments, beginning with the program's name. Strace truncates long arguments and long lists.
        arguments: Vec<Vec<u8>>,
    },
    /// The process changed its current directory.
    ChangedDirectory(RequestedPath),
    /// The process read the path of its current directory.
    CurrentDirectory(Vec<u8>),
    /// The process renamed a file or a directory.
    Renamed {
        /// The old path.
        from: RequestedPath,
        /// The new path.
        to: RequestedPath,
        /// Whether the files at the two paths were exchanged.
        is_swapped: bool,
    },
    /// The process made a hard link to a file.
    Linked {
        /// The existing path.
        from: RequestedPath,
        /// The new path.
        to: RequestedPath,
        /// Whether, if `from` is a symbolic link, the new path names the link's target instead of the link.
        is_followed: bool,
    },
    /// The process made a symbolic link.
    SymbolicLink {
        /// The link's target, as it was passed to the call.
        target: Vec<u8>,
        /// The link's own path.
        path: RequestedPath,
    },
    /// The process read the target of a symbolic link.
    ReadLink(RequestedPath),
    /// The process removed a file.
    Removed(RequestedPath),
    /// The process emptied a file.
    Emptied(RequestedPath),
    /// The process started a process or a thread.
    Forked {
        /// The id of the new process or thread.
        child: u32,
        /// Whether the child is a thread. A thread shares the current directory and
        /// the program of its process; a new process gets its own copy of them.
        is_thread: bool,
    },
    /// The process connected to a program.
    Connected(Peer),
    /// The process began to connect to a program; a [`TraceEvent::ConnectEnded`] of the same socket may follow.
    Connecting {
        /// The kernel's name of the socket.
        socket: Vec<u8>,
        /// The address of the program.
        peer: Peer,
    },
    /// The process learned whether an attempt to connect has succeeded.
    ConnectEnded {
        /// The kernel's name of the socket.
        socket: Vec<u8>,
        /// Whether there is no connection.
        has_failed: bool,
    },
    /// A socket of the process has this address, to which other processes can connect.
    Bound(Peer),
    /// From here on, the trace lacks calls or has ambiguous paths.
    HidCalls(Untraceable),
}

/// A path as a process passed it to a system call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestedPath {
    /// The absolute path of the directory from which `path` starts if `path` is relative; `None` if strace does not
    /// show the directory.
    pub from: Option<Vec<u8>>,
    /// Whether a relative `path` starts from the current directory of the process.
    pub from_own: bool,
    /// The path, relative or absolute.
    pub path: Vec<u8>,
}

/// What a process may do with a file that it opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Read it.
    Read,
    /// Read and write it; its previous content is kept.
    ReadWrite,
    /// Write into it, without reading it. Its previous content is kept, at least in part.
    Alter,
    /// Write all of its content: the call emptied or created the file.
    Write,
    /// Neither read nor write it: the process only has a reference to the file (`O_PATH`), or lists a directory.
    Nothing,
}

/// The address of a socket.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Peer {
    /// The path of a Unix socket in the file system.
    Socket(Vec<u8>),
    /// The abstract name of a Unix socket, which is not in the file system.
    Abstract(Vec<u8>),
    /// A port of this computer, at a loopback address such as `127.0.0.1` or an unspecified one such as `0.0.0.0`. If a
    /// process binds to port 0, the kernel chooses the port.
    Port(u16),
    /// A port at any other address. This computer may have that address too.
    Address(IpAddr, u16),
}

/// A reason why the trace lacks calls or has ambiguous paths.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Untraceable {
    /// The process uses `io_uring`: the kernel takes requests to open files from a queue, without a system call for
    /// each file.
    IoUring,
    /// The process changed its root directory or mounted a file system, so a path may name another file than before.
    OtherRoot,
}
