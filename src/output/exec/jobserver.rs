//! A GNU jobserver for the jobs of a run: `make` and `cargo` inside builds share its tokens.

use std::io;
use std::process::Command;

use jobserver::{Acquired, Client, HelperThread};

/// The pool of tokens, one for each job.
pub(super) struct Tokens {
    client: Client,
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
        let helper = client.clone().into_helper_thread(arrived)?;
        Ok(Self { client, helper, jobs, spare: Vec::new(), asked: 0, broken: false })
    }

    /// Passes the jobserver to a command, so that its `make` builds in parallel while there are tokens.
    pub(super) fn share(&self, command: &mut Command) {
        self.client.configure_make(command);
    }

    /// Returns as many tokens as a build's weight; `None` when some are missing, and then requests these.
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

    /// Returns tokens to the pool that no build needs now.
    pub(super) fn give_back(&mut self) {
        self.spare.clear();
    }

    /// Restores tokens that killed builds have kept. It has to be called when nothing runs, so that no token is in use.
    pub(super) fn mend(&mut self) {
        let there = self.client.available().unwrap_or(usize::MAX).saturating_add(self.spare.len() + self.asked);
        for _ in there..self.jobs as usize {
            let _ = self.client.release_raw();
        }
    }
}
