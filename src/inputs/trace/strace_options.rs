use std::ffi::OsStr;
use std::path::Path;

/// How strace stops at system calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TracerSpeed {
    /// By a filter in the kernel, only at those that are traced. Programs get no rights by `setuid` then.
    Filtered,
    /// At each.
    Plain,
}

/// The system calls that are traced. Those with a question mark are not on every processor; the others an strace refuses
/// that does not know them: what it does not know, it would not see.
const CALLS: &str = "trace=?open,openat,openat2,?creat,open_by_handle_at,execve,execveat,chdir,fchdir,getcwd,?rename,\
?renameat,renameat2,?link,linkat,?symlink,symlinkat,?readlink,readlinkat,?unlink,unlinkat,truncate,ftruncate,?truncate64,?ftruncate64,\
?fork,?vfork,clone,?clone3,connect,bind,getsockname,io_uring_setup,chroot,pivot_root,mount,move_mount";

/// Returns the options of strace, up to the program that is traced. It writes a file for each process, with this prefix, and
/// appends to it (`-A`), since ids of processes come again.
#[must_use]
pub fn strace_options(prefix: &Path, speed: TracerSpeed) -> Vec<String> {
    let prefix = OsStr::to_string_lossy(prefix.as_os_str()).into_owned();
    let into = ["-ff", "-A", "-o"].map(str::to_owned).into_iter().chain([prefix, "--".to_owned()]);
    shared_options(speed).into_iter().chain(into).collect()
}

/// Returns options that differ only in where strace writes: on standard error.
#[must_use]
pub fn strace_trial_options(speed: TracerSpeed) -> Vec<String> {
    shared_options(speed).into_iter().chain(["-f".to_owned(), "--".to_owned()]).collect()
}

/// It is not the parent of the program (`-D`), so the program ends as it would without strace, and nothing waits for a
/// process that outlives it. Texts are in hexadecimal (`-xx`), descriptors with their paths (`-y`). Calls that fail are
/// written too: a connection that is not waited for fails at first.
fn shared_options(speed: TracerSpeed) -> Vec<String> {
    let filter = (speed == TracerSpeed::Filtered).then_some("--seccomp-bpf");
    let options = ["-D", "-ttt", "-xx", "-y", "-qq", "-s", "128", "-e", "signal=none", "-e", CALLS];
    options.into_iter().chain(filter).map(str::to_owned).collect()
}
