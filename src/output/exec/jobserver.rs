//! A GNU jobserver for the jobs of a run: `make` and `cargo` inside builds share its tokens.

use std::io;
use std::os::fd::{AsRawFd as _, OwnedFd};
use std::process::Command;

use jobserver::{Acquired, Client, HelperThread};
use rustix::fs::{Mode, OFlags, open};

use super::CommandVariable;

/// The pool of tokens, one for each job.
pub(super) struct Tokens {
    client: Client,
    inherited: Option<InheritedPipe>,
    helper: HelperThread,
    jobs: u32,
    /// Tokens that are held for a build that needs more of them before it can start.
    spare: Vec<Acquired>,
    /// How many tokens were requested and have not arrived.
    asked: usize,
    broken: bool,
}

impl Tokens {
    /// Creates a pool of tokens. `arrived` is called, on another thread, with each token that was requested.
    ///
    /// # Errors
    /// When the system has no pipe left.
    pub(super) fn new(jobs: u32, arrived: impl Fn(io::Result<Acquired>) + Send + 'static) -> io::Result<Self> {
        let client = Client::new(jobs as usize)?;
        let inherited = InheritedPipe::of(&client);
        let helper = client.clone().into_helper_thread(arrived)?;
        Ok(Self { client, inherited, helper, jobs, spare: Vec::new(), asked: 0, broken: false })
    }

    /// Passes the jobserver to a command, so that its `make` builds in parallel while there are tokens.
    pub(super) fn share(&self, command: &mut Command) {
        match &self.inherited {
            Some(pipe) => pipe.share(command),
            None => self.client.configure_make(command),
        }
    }

    /// Returns as many tokens as a build's weight. If some are missing, requests them and returns `None`. After an
    /// error of the jobserver, returns no tokens at all, and builds run without tokens.
    pub(super) fn take(&mut self, weight: u32) -> Option<Vec<Acquired>> {
        let weight = weight as usize;
        if self.broken {
            return Some(Vec::new());
        }
        if self.spare.len() >= weight {
            return Some(self.spare.drain(..weight).collect());
        }
        while self.spare.len() + self.asked < weight {
            self.asked += 1;
            self.helper.request_token();
        }
        None
    }

    /// Adds a token that was requested. If there is an error, builds run without tokens; the schedule still limits the
    /// jobs.
    pub(super) fn arrived(&mut self, token: io::Result<Acquired>) {
        self.asked = self.asked.saturating_sub(1);
        match token {
            Ok(token) => self.spare.push(token),
            Err(_) => self.broken = true,
        }
    }

    /// Gives the tokens that no build needs now back to the pool.
    pub(super) fn give_back(&mut self) {
        self.spare.clear();
    }

    /// Restores tokens that killed builds have kept. Call it when nothing runs, so that no token is in use.
    pub(super) fn mend(&mut self) {
        let there = self.client.available().unwrap_or(usize::MAX).saturating_add(self.spare.len() + self.asked);
        for _ in there..self.jobs as usize {
            let _ = self.client.release_raw();
        }
    }
}

/// The variables that pass a jobserver to a command.
const VARIABLES: [CommandVariable; 3] =
    [CommandVariable::CargoMakeflags, CommandVariable::Makeflags, CommandVariable::Mflags];

/// The pipe with a client's tokens, opened once more, so that every process inherits it.
///
/// The client itself would open its pipe in each command, between fork and exec. For that, the system has to copy our
/// page tables for each command, which takes longer the more services a run has.
struct InheritedPipe {
    /// The value of each of the [`VARIABLES`].
    flags: String,
    /// The two ends of the pipe. They stay open while the run may start commands.
    _ends: [OwnedFd; 2],
}

impl InheritedPipe {
    /// Opens the pipe of a client once more; `None` if the system cannot do that.
    fn of(client: &Client) -> Option<Self> {
        // The client tells the numbers of the pipe's ends only in the variables: `-j --jobserver-fds=3,4
        // --jobserver-auth=3,4`.
        let mut command = Command::new("make");
        client.configure_make(&mut command);
        let told = command.get_envs().find(|(name, _)| *name == CommandVariable::CargoMakeflags.name())?.1?.to_str()?;
        let numbers = told.rsplit_once('=')?.1;
        let (read, write) = numbers.split_once(',')?;
        // Without `CLOEXEC`, so that commands keep them.
        let end = |number: &str, flags| open(format!("/dev/fd/{number}"), flags, Mode::empty()).ok();
        let (read, write) = (end(read, OFlags::RDONLY)?, end(write, OFlags::WRONLY)?);
        let flags = told.replace(numbers, &format!("{},{}", read.as_raw_fd(), write.as_raw_fd()));
        Some(Self { flags, _ends: [read, write] })
    }

    fn share(&self, command: &mut Command) {
        command.envs(VARIABLES.map(|variable| (variable.name(), &self.flags)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_takes_tokens_and_gives_them_back() {
        let tokens = Tokens::new(3, |_| {}).unwrap();
        assert!(tokens.inherited.is_some());
        let left_by = |script: &str| {
            let mut command = Command::new("sh");
            command.args(["-c", &format!("ends=${{MAKEFLAGS##*=}}; {script}")]);
            tokens.share(&mut command);
            assert!(command.status().unwrap().success());
            tokens.client.available().unwrap()
        };
        assert_eq!(left_by("head -c 2 \"/dev/fd/${ends%,*}\" > /dev/null"), 1);
        assert_eq!(left_by("printf ++ > \"/dev/fd/${ends#*,}\""), 3);
    }
}
