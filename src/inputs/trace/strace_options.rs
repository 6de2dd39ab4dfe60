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

/// The system calls that are traced; those with a question mark are not on every processor.
const CALLS: &str = "trace=?open,?openat,?openat2,?creat,execve,?execveat,chdir,fchdir,?getcwd,?rename,?renameat,\
?renameat2,?link,?linkat,?unlink,?unlinkat,?truncate,?ftruncate,?fork,?vfork,clone,?clone3,?connect,?bind,\
?getsockname,?io_uring_setup,?chroot,?pivot_root,?mount,?move_mount";

/// Returns the options of strace, up to the program that is traced. It writes a file for each process, with this prefix.
///
/// It stands beside the program, not above it (`-D`), so that the program ends as it would end without it, and a process
/// that is left behind keeps nobody waiting. Texts are in hexadecimal (`-xx`), descriptors with their paths (`-y`). Calls that
/// fail are written too: a connection that is not waited for fails at first. Files are appended to (`-A`), since ids of processes come again.
#[must_use]
pub fn strace_options(prefix: &Path, speed: TracerSpeed) -> Vec<String> {
    let mut options: Vec<String> =
        ["-D", "-ff", "-A", "-ttt", "-xx", "-y", "-qq", "-s", "128"].map(str::to_owned).into();
    if speed == TracerSpeed::Filtered {
        options.push("--seccomp-bpf".to_owned());
    }
    options.extend(["-e", "signal=none", "-e", CALLS, "-o"].map(str::to_owned));
    options.push(OsStr::to_string_lossy(prefix.as_os_str()).into_owned());
    options.push("--".to_owned());
    options
}
