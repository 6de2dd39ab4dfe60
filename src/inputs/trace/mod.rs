//! What a traced build did with files and processes, as strace writes it: one file a process, one line a system call.
//!
//! The options that strace gets, and the reader of what it writes, stand beside each other. Nothing is run here.

mod strace_options;
mod syscall_line;
mod trace_event;
mod trace_files;

pub use strace_options::{TracerSpeed, strace_options, strace_trial_options};
pub use syscall_line::TracedCall;
pub use trace_event::{Access, Asked, Peer, TraceEvent, Untraceable};
pub use trace_files::{ProcessTrace, read_traces};
