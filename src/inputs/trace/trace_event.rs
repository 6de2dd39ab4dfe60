//! The system calls that matter, as values. All of them have succeeded.

use std::net::IpAddr;

/// What a process did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TraceEvent {
    /// It opened a file or a directory.
    Opened {
        /// The path that it asked for.
        asked: Asked,
        /// The path of the opened file, absolute and without links; `None` if the kernel has no path for it.
        found: Option<Vec<u8>>,
        /// What it may do with it.
        access: Access,
    },
    /// It became another program.
    Executed {
        /// The program.
        asked: Asked,
        /// The arguments, the first of which is the program's name. Long ones are cut.
        arguments: Vec<Vec<u8>>,
    },
    /// It became another program from one of its threads, which bore that in its own name.
    Superseded,
    /// It changed its directory.
    Entered(Asked),
    /// It learned its directory.
    Stands(Vec<u8>),
    /// It gave a file or a directory another path.
    Renamed {
        /// The path before.
        from: Asked,
        /// The path now.
        to: Asked,
        /// Whether what was at the path now is at the other one.
        is_swapped: bool,
    },
    /// It gave a file one more path.
    Linked {
        /// A path of it.
        from: Asked,
        /// The new one.
        to: Asked,
        /// Whether links are followed in the last part of the first one too.
        is_followed: bool,
    },
    /// It made a symbolic link.
    SymbolicLink {
        /// Where it leads.
        target: Vec<u8>,
        /// Its path.
        path: Asked,
    },
    /// It learned where a symbolic link leads.
    ReadLink(Asked),
    /// It removed a file.
    Removed(Asked),
    /// It emptied a file.
    Emptied(Asked),
    /// It made a process or a thread.
    Forked {
        /// The id.
        child: u32,
        /// Whether that is a thread, with the same directory and program.
        is_thread: bool,
    },
    /// It connected to a program.
    Connected(Peer),
    /// It took an address, for others to connect to.
    Bound(Peer),
    /// It did something that hides later calls.
    Hid(Untraceable),
}

/// A path as a process asked for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// The directory that a relative path begins at, absolute; `None` if it is the process's own and not told.
    pub from: Option<Vec<u8>>,
    /// Whether that is the process's own directory.
    pub from_own: bool,
    /// The path.
    pub path: Vec<u8>,
}

/// What a process may do with a file that it opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Read it.
    Read,
    /// Read and write it: what it held is still there.
    ReadWrite,
    /// Write into it: what it held is still there, or some of it.
    Alter,
    /// Write it from the start: it is emptied, or is a new file.
    Write,
    /// Neither: it names the file, or lists a directory.
    Nothing,
}

/// An address of a program.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Peer {
    /// A socket in the file system.
    Socket(Vec<u8>),
    /// A socket with a name that is in no file system.
    Abstract(Vec<u8>),
    /// A port of this machine, by an address that each has; zero asks for any.
    Port(u16),
    /// A port of a machine, maybe of this one.
    Address(IpAddr, u16),
}

/// What hides system calls from the trace.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Untraceable {
    /// `io_uring`: the kernel opens files by a queue, without a call for each.
    IoUring,
    /// Another root directory, or file systems that are mounted: paths mean something else.
    OtherRoot,
}
