use std::ffi::OsStr;
use std::path::Path;

/// The system calls at which strace stops the traced process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TracerSpeed {
    /// Only the traced calls, which a filter in the kernel selects (seccomp). Under this filter, programs with `setuid`
    /// get no additional rights.
    Filtered,
    /// Every system call.
    Plain,
}

/// The option of strace that selects the system calls to trace. Calls with a question mark do not exist on every
/// processor. If a version of strace does not know a call without a question mark, strace fails. That is better than a
/// trace without the call.
const CALLS: &str = "trace=?open,openat,openat2,?creat,open_by_handle_at,execve,execveat,chdir,fchdir,getcwd,?rename,\
?renameat,renameat2,?link,linkat,?symlink,symlinkat,?readlink,readlinkat,?unlink,unlinkat,truncate,ftruncate,?truncate64,?ftruncate64,\
?fork,?vfork,clone,?clone3,connect,bind,getsockname,getsockopt,io_uring_setup,chroot,pivot_root,mount,move_mount";

/// Returns the arguments of strace; the traced command follows them. Strace appends to `file` (`-A`), and opens it only
/// once. With a file for each process (`-ff`), strace hangs if it cannot create one while a process waits for its
/// `vfork`.
#[must_use]
pub fn strace_options(file: &Path, speed: TracerSpeed) -> Vec<String> {
    let file = OsStr::to_string_lossy(file.as_os_str()).into_owned();
    let into = ["-f", "-A", "-o"].map(str::to_owned).into_iter().chain([file, "--".to_owned()]);
    shared_options(speed).into_iter().chain(into).collect()
}

/// Returns the arguments of strace for a trial: those of [`strace_options`], except that strace writes to standard
/// error.
#[must_use]
pub fn strace_trial_options(speed: TracerSpeed) -> Vec<String> {
    shared_options(speed).into_iter().chain(["-f".to_owned(), "--".to_owned()]).collect()
}

/// Returns the options that [`strace_options`] and [`strace_trial_options`] share. Strace is not the parent of the
/// program (`-D`), so the program ends as it would without strace, and nothing waits for a process that outlives the
/// program. Strace writes strings in hexadecimal (`-xx`), and the path of each file descriptor (`-y`). It also writes
/// failed calls, since a non-blocking `connect` fails at first.
fn shared_options(speed: TracerSpeed) -> Vec<String> {
    let filter = (speed == TracerSpeed::Filtered).then_some("--seccomp-bpf");
    let options = ["-D", "-ttt", "-xx", "-y", "-qq", "-s", "128", "-e", "signal=none", "-e", CALLS];
    options.into_iter().chain(filter).map(str::to_owned).collect()
}
