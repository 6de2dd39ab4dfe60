//! Traces of builds: the system calls with which a build uses files, processes and addresses. Strace writes a trace as
//! one file, with one line per system call, or two if calls of other processes come between.
//!
//! This module returns the options for strace and reads its output. It does not run strace.

mod strace_options;
mod syscall_line;
mod trace_event;
mod trace_files;

pub use strace_options::{TracerSpeed, strace_options, strace_trial_options};
pub use syscall_line::TracedCall;
pub use trace_event::{Access, Peer, RequestedPath, TraceEvent, Untraceable};
pub use trace_files::{ProcessTrace, TraceReader};
