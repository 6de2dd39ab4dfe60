//! The traced system calls, as values. All of them have succeeded, or are connections that have begun.

use std::net::IpAddr;

/// A system call of a process. "It" is the process.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TraceEvent {
    /// It opened a file or a directory.
    Opened {
        /// The path that it requested.
        asked: RequestedPath,
        /// The path of the opened file, absolute and without links; `None` if the kernel has no path for it.
        found: Option<Vec<u8>>,
        /// What the process may do with the file.
        access: Access,
    },
    /// It executed another program.
    Executed {
        /// The program.
        asked: RequestedPath,
        /// The arguments, the first of which is the program's name. Strace cuts long ones.
        arguments: Vec<Vec<u8>>,
    },
    /// Another of its threads executed a program and took over the process id. That thread's trace has the `execve`.
    Superseded,
    /// It changed its current directory.
    ChangedDirectory(RequestedPath),
    /// It read the path of its current directory.
    CurrentDirectory(Vec<u8>),
    /// It renamed a file or a directory.
    Renamed {
        /// The path before.
        from: RequestedPath,
        /// The path now.
        to: RequestedPath,
        /// Whether the two paths were exchanged.
        is_swapped: bool,
    },
    /// It made a hard link to a file.
    Linked {
        /// The existing path.
        from: RequestedPath,
        /// The new path.
        to: RequestedPath,
        /// Whether `from` is followed if it is a symbolic link.
        is_followed: bool,
    },
    /// It made a symbolic link.
    SymbolicLink {
        /// Its target.
        target: Vec<u8>,
        /// Its path.
        path: RequestedPath,
    },
    /// It read the target of a symbolic link.
    ReadLink(RequestedPath),
    /// It removed a file.
    Removed(RequestedPath),
    /// It emptied a file.
    Emptied(RequestedPath),
    /// It started a process or a thread.
    Forked {
        /// The id.
        child: u32,
        /// Whether the child is a thread, which has the same current directory and program.
        is_thread: bool,
    },
    /// It connected to a program.
    Connected(Peer),
    /// It has an address to which others can connect.
    Bound(Peer),
    /// It made later calls invisible or ambiguous to the trace.
    HidCalls(Untraceable),
}

/// A path as a process passed it to a system call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestedPath {
    /// The absolute path of the directory from which a relative path starts; `None` if strace does not show it.
    pub from: Option<Vec<u8>>,
    /// Whether that directory is the process's current directory.
    pub from_own: bool,
    /// The path.
    pub path: Vec<u8>,
}

/// What a process may do with a file that it opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Read it.
    Read,
    /// Read and write it; its content is kept.
    ReadWrite,
    /// Write into it; its content is kept, at least in part.
    Alter,
    /// Write it from the start: it is emptied, or is a new file.
    Write,
    /// Neither read nor write it: it refers to the file (`O_PATH`), or lists a directory.
    Nothing,
}

/// An address of a program.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Peer {
    /// A Unix socket in the file system.
    Socket(Vec<u8>),
    /// A Unix socket with an abstract name, outside of the file system.
    Abstract(Vec<u8>),
    /// A port of this machine, at a loopback or unspecified address; 0 lets the kernel choose a port.
    Port(u16),
    /// A port at another address, which may be one of this machine.
    Address(IpAddr, u16),
}

/// A reason why the trace lacks calls or has ambiguous paths.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Untraceable {
    /// `io_uring`: the kernel opens files by a queue, without a call for each.
    IoUring,
    /// The process changed its root directory or mounted a file system, so paths mean something else.
    OtherRoot,
}
