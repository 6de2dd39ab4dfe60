//! Strays: processes that outlived their build, or left its process group.
//!
//! On Linux a run is the *subreaper* of its descendants: a process whose parent ends becomes our own child, however it
//! detached itself. So strays are children that we did not start. Killing a child cannot hit another process, since its
//! id is free only after we reap it. On other systems only groups are known, and strays cannot be found.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use rustix::process::{Pid, WaitId, WaitIdOptions, kill_process, waitid};

use crate::output::exec::CommandVariable;
use crate::output::exec::signal::Signal;

/// How long killed processes may take to end. After that, processes that hang in the kernel are ignored.
const PATIENCE: Duration = Duration::from_secs(1);

/// The positions of fields in `/proc/PID/stat` (`proc_pid_stat(5)`), counted from 0 at the field after the name.
const PARENT: usize = 1;
#[cfg(target_os = "linux")]
const GROUP: usize = 2;

/// The marker by which processes of a build or of a run are recognised: the value of a variable in their environment.
/// The marker of a run, such as `812-73005.`, ends with a dot. The marker of a build, such as `812-73005.4`, is the
/// marker of its run and a number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::output::exec) struct Marker(String);

impl Marker {
    /// The name of the variable.
    pub(in crate::output::exec) const VARIABLE: &str = CommandVariable::BuildId.name();

    /// Returns the marker of this run. The markers of its builds begin with this marker. If the run is itself a part of
    /// the build of another run, `outer` is the marker of that build.
    pub(in crate::output::exec) fn of_run(outer: Option<&str>) -> Self {
        let outer = outer.map(|outer| format!("{outer}/")).unwrap_or_default();
        // A process id can be reused, so the marker also has the time when this process started.
        let started = fs::read_to_string("/proc/self/stat").ok();
        let started = started.as_deref().and_then(|stat| stat.rsplit(") ").next()?.split(' ').nth(19));
        Self(format!("{outer}{}-{}.", std::process::id(), started.unwrap_or_default()))
    }

    /// Returns the marker of one build of the run.
    pub(in crate::output::exec) fn of_build(&self, build: usize) -> Self {
        Self(format!("{}{build}", self.0))
    }

    /// Returns the marker as text.
    pub(in crate::output::exec) fn as_str(&self) -> &str {
        &self.0
    }

    pub(super) fn parse(text: &str) -> Self {
        Self(text.to_owned())
    }

    /// Whether a process belongs to the build or the run with this marker. The process may have the marker itself, the
    /// marker of a run inside this build, or the marker of a build of this run.
    pub(super) fn is_on(&self, pid: Pid) -> bool {
        let environment = fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
        let value = environment.split(|byte| *byte == 0).find_map(|entry| {
            let value = entry.strip_prefix(Self::VARIABLE.as_bytes())?;
            value.strip_prefix(b"=")?.strip_prefix(self.0.as_bytes())
        });
        value.is_some_and(|rest| rest.is_empty() || rest.starts_with(b"/") || self.0.ends_with('.'))
    }
}

/// The strays to kill.
#[derive(Debug, Clone, Copy)]
pub(in crate::output::exec) enum Whose<'a> {
    /// The strays of one build, while other builds run.
    Build(&'a Marker),
    /// All strays.
    All,
}

/// Finds and kills strays: orphaned processes, which become our children when their parents end.
#[derive(Debug)]
pub(in crate::output::exec) struct Strays {
    /// Children that existed before the run.
    before: Vec<Pid>,
}

impl Strays {
    /// Makes this process the parent of all orphans among its descendants (`PR_SET_CHILD_SUBREAPER`). From then on,
    /// [`Strays::sweep`] treats every new child as a stray unless it is in `spared`.
    pub(in crate::output::exec) fn adopt() -> Self {
        #[cfg(target_os = "linux")]
        let _ = rustix::process::set_child_subreaper(Some(rustix::process::getpid()));
        Self { before: children() }
    }

    /// Kills strays until there are none, and returns how many it killed. `spared` are the children that we started.
    pub(in crate::output::exec) fn sweep(&self, whose: Whose, spared: &[Pid]) -> usize {
        let patience = Instant::now() + PATIENCE;
        let mut killed: Vec<Pid> = Vec::new();
        loop {
            let mut found = false;
            for child in children() {
                if self.before.contains(&child) || spared.contains(&child) || is_reaped(child) {
                    continue;
                }
                let meant = match whose {
                    Whose::Build(marker) => marker.is_on(child),
                    Whose::All => true,
                };
                // A killed process has no environment any more by which it could be recognised.
                if !killed.contains(&child) {
                    if !meant {
                        continue;
                    }
                    killed.push(child);
                }
                let _ = kill_process(child, Signal::Kill.raw());
                found = true;
            }
            // The children of killed processes become our children, so the search is repeated.
            if !found || Instant::now() >= patience {
                return killed.len();
            }
            std::thread::sleep(Duration::from_millis(1));
        }
    }
}

impl Drop for Strays {
    fn drop(&mut self) {
        #[cfg(target_os = "linux")]
        let _ = rustix::process::set_child_subreaper(None);
    }
}

/// Reaps a child if it has exited, and returns whether it had exited.
fn is_reaped(child: Pid) -> bool {
    matches!(waitid(WaitId::Pid(child), WaitIdOptions::EXITED | WaitIdOptions::NOHANG), Ok(Some(_)))
}

/// Returns our child processes; empty if the system does not list them.
fn children() -> Vec<Pid> {
    let Ok(threads) = fs::read_dir("/proc/self/task") else {
        return Vec::new();
    };
    let lists = threads.flatten().filter_map(|thread| fs::read_to_string(thread.path().join("children")).ok());
    let lists: Vec<String> = lists.collect();
    if lists.is_empty() {
        return children_by_scan(Path::new("/proc"));
    }
    lists.iter().flat_map(|list| list.split_whitespace()).filter_map(pid).collect()
}

/// Returns our child processes, by a search among all processes, for kernels without lists of children.
fn children_by_scan(proc: &Path) -> Vec<Pid> {
    let ours = rustix::process::getpid().to_string();
    let is_child = |pid: &Pid| stat(proc, *pid, PARENT).as_deref() == Some(&ours);
    processes(proc).filter(is_child).collect()
}

/// Returns the group of a process; `None` for a process that has ended, and for kernel threads. (For these, rustix's
/// `getpgid` panics.)
#[cfg(target_os = "linux")]
pub(super) fn group(of: Pid) -> Option<Pid> {
    pid(&stat(Path::new("/proc"), of, GROUP)?)
}

/// Returns a field of `/proc/PID/stat`, counted from 0 at the field after the name.
fn stat(proc: &Path, pid: Pid, field: usize) -> Option<String> {
    let stat = fs::read_to_string(proc.join(pid.to_string()).join("stat")).ok()?;
    stat.rsplit(") ").next()?.split(' ').nth(field).map(str::to_owned)
}

/// Returns the ids of all processes of the system.
pub(super) fn processes(proc: &Path) -> impl Iterator<Item = Pid> {
    let entries = fs::read_dir(proc).into_iter().flatten().flatten();
    entries.filter_map(|entry| pid(entry.file_name().to_str()?))
}

fn pid(text: &str) -> Option<Pid> {
    Pid::from_raw(text.parse().ok()?)
}
