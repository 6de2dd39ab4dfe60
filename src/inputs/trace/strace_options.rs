use std::ffi::OsStr;
use std::path::Path;

/// How strace stops at system calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TracerSpeed {
    /// Only at the traced calls, by a filter in the kernel (seccomp). Under the filter, programs with `setuid` get no
    /// additional rights.
    Filtered,
    /// At every system call.
    Plain,
}

/// The system calls that are traced. Calls with a question mark do not exist on every processor. A version of strace
/// that does not know one of the others fails, which is better than a trace that lacks the call.
const CALLS: &str = "trace=?open,openat,openat2,?creat,open_by_handle_at,execve,execveat,chdir,fchdir,getcwd,?rename,\
?renameat,renameat2,?link,linkat,?symlink,symlinkat,?readlink,readlinkat,?unlink,unlinkat,truncate,ftruncate,?truncate64,?ftruncate64,\
?fork,?vfork,clone,?clone3,connect,bind,getsockname,io_uring_setup,chroot,pivot_root,mount,move_mount";

/// Returns the arguments of strace that stand before the traced program. Strace writes one file per process, with this
/// prefix, and appends to existing files (`-A`), since process ids are reused.
#[must_use]
pub fn strace_options(prefix: &Path, speed: TracerSpeed) -> Vec<String> {
    let prefix = OsStr::to_string_lossy(prefix.as_os_str()).into_owned();
    let into = ["-ff", "-A", "-o"].map(str::to_owned).into_iter().chain([prefix, "--".to_owned()]);
    shared_options(speed).into_iter().chain(into).collect()
}

/// Returns the same options, except that strace writes to standard error.
#[must_use]
pub fn strace_trial_options(speed: TracerSpeed) -> Vec<String> {
    shared_options(speed).into_iter().chain(["-f".to_owned(), "--".to_owned()]).collect()
}

/// Returns the options of both functions above. Strace is not the parent of the program (`-D`), so the program ends as
/// it would without strace, and nothing waits for a process that outlives it. Strings are in hexadecimal (`-xx`), and
/// file descriptors have their paths (`-y`). Failed calls are logged too: a non-blocking `connect` fails at first.
fn shared_options(speed: TracerSpeed) -> Vec<String> {
    let filter = (speed == TracerSpeed::Filtered).then_some("--seccomp-bpf");
    let options = ["-D", "-ttt", "-xx", "-y", "-qq", "-s", "128", "-e", "signal=none", "-e", CALLS];
    options.into_iter().chain(filter).map(str::to_owned).collect()
}
