use std::io::{self, Read as _};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

/// Enough for the reason; a remote that says more is not listened to.
const MAX_SAID: u64 = 64 << 10;

/// How a run of git ended.
#[derive(Debug)]
pub(super) enum Ended {
    /// It did what it was asked to do.
    Well,
    /// It failed, and said why; empty where it said nothing.
    Badly(String),
    /// It took too long and was killed.
    Killed,
}

/// Runs git without input and prompts. It and all that it started are killed after `limit`.
pub(super) fn git(dir: &Path, args: &[String], limit: Duration) -> io::Result<Ended> {
    let mut command = Command::new("git");
    command.args(args).current_dir(dir).env("GIT_TERMINAL_PROMPT", "0").env("LC_ALL", "C");
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
    own_group(&mut command);
    let mut child = command.spawn()?;
    let (sender, receiver) = mpsc::channel();
    if let Some(stderr) = child.stderr.take() {
        // The pipe closes when the last of the group has ended.
        thread::spawn(move || {
            let mut said = Vec::new();
            let mut stderr = stderr;
            let _ = stderr.by_ref().take(MAX_SAID).read_to_end(&mut said);
            let _ = io::copy(&mut stderr, &mut io::sink());
            let _ = sender.send(said);
        });
    }
    let Ok(said) = receiver.recv_timeout(limit) else {
        kill(&mut child);
        child.wait()?;
        return Ok(Ended::Killed);
    };
    Ok(if child.wait()?.success() { Ended::Well } else { Ended::Badly(reason(&said)) })
}

/// Git's reason: the line that it calls fatal, else the last one.
fn reason(said: &[u8]) -> String {
    let said = String::from_utf8_lossy(said);
    let lines = || said.lines().map(str::trim).filter(|line| !line.is_empty());
    let fatal = lines().find_map(|line| line.strip_prefix("fatal: "));
    fatal.or_else(|| lines().next_back()).unwrap_or_default().to_owned()
}

#[cfg(unix)]
fn own_group(command: &mut Command) {
    std::os::unix::process::CommandExt::process_group(command, 0);
}

#[cfg(unix)]
fn kill(child: &mut std::process::Child) {
    use rustix::process::{Pid, Signal, kill_process_group};
    // What fails here is that all of them have ended already.
    let _ = kill_process_group(Pid::from_child(child), Signal::KILL);
}

#[cfg(not(unix))]
fn own_group(_: &mut Command) {}

#[cfg(not(unix))]
fn kill(child: &mut std::process::Child) {
    let _ = child.kill();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reason_is_what_git_calls_fatal() {
        assert_eq!(reason(b"warning: x\nfatal: no such remote\nand more\n"), "no such remote");
        assert_eq!(reason(b"error: a\nerror: b\n\n"), "error: b");
        assert_eq!(reason(b""), "");
    }
}
