//! What a traced build did with files and processes, as strace writes it: one file per process, one line per system
//! call.
//!
//! The options of strace, and the reader of its output. Nothing is run here.

mod strace_options;
mod syscall_line;
mod trace_event;
mod trace_files;

pub use strace_options::{TracerSpeed, strace_options, strace_trial_options};
pub use syscall_line::TracedCall;
pub use trace_event::{Access, Asked, Peer, TraceEvent, Untraceable};
pub use trace_files::{ProcessTrace, read_traces};
