//! A real terminal, tmux's, whose screen is compared.

use std::path::PathBuf;
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use snapbox::IntoData;

use crate::repo::Repo;

/// A terminal in which a program runs.
pub(crate) struct Terminal<'a> {
    repo: &'a Repo,
    /// The server's own: one that ends does not disturb the next one.
    socket: PathBuf,
}

impl<'a> Terminal<'a> {
    /// Runs a command of the shell, and stays open.
    pub(crate) fn open(repo: &'a Repo, (columns, rows): (u32, u32), command: &str) -> Self {
        static OPENED: AtomicUsize = AtomicUsize::new(0);
        let socket = repo.dir().join(format!(".git/tmux-{}", OPENED.fetch_add(1, Ordering::Relaxed)));
        let terminal = Self { repo, socket };
        let command = format!(
            "env -i PATH=\"$PATH\" HOME=/nonexistent TERM=screen sh -c 'trap : INT; {command}; echo exit $?; exec sleep 1000'"
        );
        terminal.tmux(&[
            "-f",
            "/dev/null",
            "new-session",
            "-d",
            "-x",
            &columns.to_string(),
            "-y",
            &rows.to_string(),
            &command,
        ]);
        // It would keep what is erased from the first row on.
        terminal.tmux(&["set-option", "-w", "scroll-on-clear", "off"]);
        terminal
    }

    pub(crate) fn tmux(&self, args: &[&str]) -> String {
        let output =
            Command::new("tmux").arg("-S").arg(&self.socket).args(args).current_dir(self.repo.dir()).output().unwrap();
        assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    /// What can be seen, and what has scrolled off.
    pub(crate) fn screen(&self) -> String {
        self.tmux(&["capture-pane", "-p", "-S", "-"]).trim_end().to_owned() + "\n"
    }

    /// Whether a line was too long for the terminal, which then has broken it.
    pub(crate) fn has_broken_lines(&self) -> bool {
        self.tmux(&["capture-pane", "-p", "-J", "-S", "-"]).trim_end() != self.screen().trim_end()
    }

    /// Waits until the screen is as expected, and says how it is where it does not become so.
    #[track_caller]
    pub(crate) fn shows(&self, expected: impl IntoData) {
        let expected = expected.into_data();
        let assert = snapbox::Assert::new().action_env(snapbox::assert::DEFAULT_ACTION_ENV);
        // Only the last screen may become what is expected.
        let verify = snapbox::Assert::new().action(snapbox::assert::Action::Verify);
        for _ in 0..100 {
            if verify.try_eq(None, self.screen().into_data(), expected.clone()).is_ok() {
                return;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        assert.eq(self.screen(), expected);
    }
}

impl Drop for Terminal<'_> {
    fn drop(&mut self) {
        let _ = Command::new("tmux").arg("-S").arg(&self.socket).arg("kill-server").output();
    }
}
