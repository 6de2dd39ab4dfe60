//! Traces of builds: what a build did with files and processes, as strace writes it, with one file per process and one
//! line per system call.
//!
//! This module has the options of strace and reads its output. It runs nothing.

mod strace_options;
mod syscall_line;
mod trace_event;
mod trace_files;

pub use strace_options::{TracerSpeed, strace_options, strace_trial_options};
pub use syscall_line::TracedCall;
pub use trace_event::{Access, Peer, RequestedPath, TraceEvent, Untraceable};
pub use trace_files::{ProcessTrace, read_traces};
