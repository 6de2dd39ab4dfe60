//! The builder of real repositories, made with the installed git in a temporary directory.
//!
//! What it makes depends on nothing outside: no configuration of the user or the system, a fixed identity, and a
//! clock that advances with every command, so that commit ids are the same everywhere.

use std::cell::Cell;
use std::ffi::OsStr;
use std::fs;
use std::io::Write as _;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::rc::Rc;

use rebake::inputs::git::Repository;
use rebake::model::name::CommitId;
use tempfile::TempDir;

/// 2001-02-03T04:05:06Z, when every repository begins.
const BIRTH: i64 = 981_173_106;

/// What would otherwise come from the user's configuration, set where it outranks that: rebake's own code runs in
/// the test process, and reads it too.
const CONFIG: &str = "\
[core]
    excludesFile = /dev/null
    attributesFile = /dev/null
    autocrlf = false
    fileMode = true
[diff]
    ignoreSubmodules = none
";

/// A repository in a temporary directory, gone when the last clone of it is.
pub(crate) struct Repo {
    temp: Rc<TempDir>,
    dir: PathBuf,
    /// Seconds since 1970 that the next command's commits and tags will bear.
    clock: Cell<i64>,
    step: Cell<i64>,
}

impl Repo {
    /// An empty repository with the branch `main`.
    pub(crate) fn new() -> Self {
        Self::init([])
    }

    /// An empty repository made by `git init` with more arguments.
    pub(crate) fn init<const N: usize>(args: [&str; N]) -> Self {
        let temp = Rc::new(TempDir::new().unwrap());
        // macOS has its temporary directory behind a symbolic link.
        let dir = temp.path().canonicalize().unwrap().join("repo");
        let repo = Self { temp, dir, clock: Cell::new(BIRTH), step: Cell::new(1) };
        fs::create_dir(&repo.dir).unwrap();
        fs::create_dir(repo.temp.path().join("template")).unwrap();
        fs::write(repo.temp.path().join("template/config"), CONFIG).unwrap();
        repo.git([&["init", "--quiet", "--initial-branch=main"], &args[..]].concat());
        repo
    }

    /// The root of the work tree, or the bare repository.
    pub(crate) fn dir(&self) -> &Path {
        &self.dir
    }

    /// Opens it as rebake does.
    #[track_caller]
    pub(crate) fn open(&self) -> Repository {
        open(&self.dir)
    }

    // The work tree.

    /// Writes a file and the directories above it.
    #[track_caller]
    pub(crate) fn write(&self, path: impl AsRef<[u8]>, content: impl AsRef<[u8]>) -> &Self {
        let path = self.path(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
        self
    }

    /// Removes a file, a link or a whole directory.
    #[track_caller]
    pub(crate) fn remove(&self, path: impl AsRef<[u8]>) -> &Self {
        let path = self.path(path);
        if path.symlink_metadata().unwrap().is_dir() {
            fs::remove_dir_all(path).unwrap();
        } else {
            fs::remove_file(path).unwrap();
        }
        self
    }

    /// Makes a symbolic link, in the place of a file that is there.
    #[track_caller]
    pub(crate) fn symlink(&self, target: impl AsRef<[u8]>, path: impl AsRef<[u8]>) -> &Self {
        let path = self.path(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        let _ = fs::remove_file(&path);
        std::os::unix::fs::symlink(OsStr::from_bytes(target.as_ref()), path).unwrap();
        self
    }

    /// Makes a file executable.
    #[track_caller]
    pub(crate) fn chmod_x(&self, path: impl AsRef<[u8]>) -> &Self {
        fs::set_permissions(self.path(path), fs::Permissions::from_mode(0o755)).unwrap();
        self
    }

    fn path(&self, path: impl AsRef<[u8]>) -> PathBuf {
        self.dir.join(OsStr::from_bytes(path.as_ref()))
    }

    // History.

    /// Commits all that the work tree has (also nothing new), and returns the id.
    #[track_caller]
    pub(crate) fn commit(&self, message: &str) -> CommitId {
        self.git(["add", "--all"]);
        self.git(["commit", "--quiet", "--allow-empty", "--message", message]);
        self.id("HEAD")
    }

    #[track_caller]
    pub(crate) fn tag(&self, name: &str) -> &Self {
        self.git(["tag", name]);
        self
    }

    #[track_caller]
    pub(crate) fn annotated_tag(&self, name: &str) -> &Self {
        self.git(["tag", "--annotate", "--message", name, name]);
        self
    }

    /// Makes a branch where `HEAD` is, and does not switch to it.
    #[track_caller]
    pub(crate) fn branch(&self, name: &str) -> &Self {
        self.git(["branch", name]);
        self
    }

    #[track_caller]
    pub(crate) fn checkout(&self, revision: &str) -> &Self {
        self.git(["checkout", "--quiet", revision]);
        self
    }

    /// Merges branches, always with a merge commit.
    #[track_caller]
    pub(crate) fn merge<const N: usize>(&self, branches: [&str; N]) -> CommitId {
        self.git([&["merge", "--quiet", "--no-ff", "--no-edit"], &branches[..]].concat());
        self.id("HEAD")
    }

    /// The id of a commit, as git resolves it.
    #[track_caller]
    pub(crate) fn id(&self, revision: &str) -> CommitId {
        self.git(["rev-parse", "--verify", "--end-of-options", &format!("{revision}^{{commit}}")]).parse().unwrap()
    }

    /// Sets the clock, in seconds since 1970, and how far each command advances it.
    pub(crate) fn clock(&self, now: i64, step: i64) -> &Self {
        self.clock.set(now);
        self.step.set(step);
        self
    }

    // Other repositories.

    /// A clone beside it, of the given depth.
    #[track_caller]
    pub(crate) fn clone_shallow(&self, depth: u32) -> Self {
        self.clone_with([&format!("--depth={depth}")])
    }

    /// A clone beside it, made by `git clone` with more arguments, over the protocol that a server speaks.
    #[track_caller]
    pub(crate) fn clone_with<const N: usize>(&self, args: [&str; N]) -> Self {
        let url = format!("file://{}", self.dir.display());
        let name = format!("clone-{}", self.temp.path().read_dir().unwrap().count());
        let clone = Self {
            temp: Rc::clone(&self.temp),
            dir: self.dir.with_file_name(name),
            clock: Cell::new(self.clock.get()),
            step: Cell::new(self.step.get()),
        };
        self.git(["config", "uploadpack.allowFilter", "true"]);
        let target = clone.dir.to_str().unwrap();
        self.git([&["clone", "--quiet"], &args[..], &["--", &url, target]].concat());
        clone
    }

    // Programs.

    /// Runs git, which must succeed; returns its output as text, without the last line break.
    #[track_caller]
    pub(crate) fn git<S: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = S>) -> String {
        let text = String::from_utf8(self.git_bytes(args, b"")).expect("UTF-8; else use git_bytes");
        text.strip_suffix('\n').unwrap_or(&text).to_owned()
    }

    /// Runs git on some input, which must succeed; returns its output as it is.
    #[track_caller]
    pub(crate) fn git_bytes<S: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = S>, stdin: &[u8]) -> Vec<u8> {
        let (command, output) = self.run_git(args, stdin);
        assert!(output.status.success(), "{command}: {}\n{}", output.status, String::from_utf8_lossy(&output.stderr));
        output.stdout
    }

    /// Runs git, which must fail.
    #[track_caller]
    pub(crate) fn git_fails<S: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = S>) {
        let (command, output) = self.run_git(args, b"");
        assert!(!output.status.success(), "{command} succeeded");
    }

    /// A program that is to be run at the root of the work tree, without the environment of the tests.
    pub(crate) fn program(&self, name: &str) -> Command {
        let mut command = heedful(name);
        scrub(&mut command, self.temp.path()).current_dir(&self.dir);
        command
    }

    fn run_git<S: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = S>, stdin: &[u8]) -> (String, Output) {
        let now = self.clock.get();
        self.clock.set(now + self.step.get());
        let mut git = Command::new("git");
        scrub(&mut git, self.temp.path())
            .args(args)
            .current_dir(&self.dir)
            .env("GIT_TEMPLATE_DIR", self.temp.path().join("template"))
            .env("GIT_CONFIG_COUNT", "2")
            .env("GIT_CONFIG_KEY_0", "protocol.file.allow")
            .env("GIT_CONFIG_VALUE_0", "always")
            .env("GIT_CONFIG_KEY_1", "gc.auto")
            .env("GIT_CONFIG_VALUE_1", "0");
        for (who, name) in [("AUTHOR", "Ada"), ("COMMITTER", "Cy")] {
            git.env(format!("GIT_{who}_NAME"), name)
                .env(format!("GIT_{who}_EMAIL"), "dev@example.com")
                .env(format!("GIT_{who}_DATE"), format!("@{now} +0000"));
        }
        (format!("{git:?}"), run(git, stdin))
    }

    /// The program rebake with these arguments, run at the root of the work tree, once [`Rebake::success`] or
    /// [`Rebake::failure`] says how it must end.
    pub(crate) fn rebake<S: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = S>) -> Rebake {
        let mut command = Command::new(env!("CARGO_BIN_EXE_rebake"));
        scrub(&mut command, self.temp.path()).args(args).current_dir(&self.dir);
        Rebake { command, root: self.dir.clone(), stdin: Vec::new() }
    }
}

/// Opens the repository at a directory, as rebake does.
#[track_caller]
pub(crate) fn open(dir: &Path) -> Repository {
    Repository::discover(dir).unwrap_or_else(|error| panic!("{}: {error}", dir.display()))
}

/// A program that heeds signals, even where these tests run with some of them ignored (`nohup`, a shell's `&`), which
/// programs inherit.
pub(crate) fn heedful(program: impl AsRef<OsStr>) -> Command {
    if cfg!(target_os = "linux") {
        let mut command = Command::new("env");
        command.arg("--default-signal=HUP,INT,QUIT").arg(program);
        command
    } else {
        Command::new(program)
    }
}

/// Leaves a program nothing of this process's environment but the way to other programs.
fn scrub<'a>(command: &'a mut Command, home: &Path) -> &'a mut Command {
    #[expect(clippy::disallowed_methods, reason = "the installed git has to be found")]
    let path = std::env::var_os("PATH").unwrap_or_default();
    command
        .env_clear()
        .env("PATH", path)
        .env("HOME", home)
        .env("XDG_CONFIG_HOME", home)
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_SYSTEM", "/dev/null")
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("GIT_TERMINAL_PROMPT", "0")
        .env("LC_ALL", "C")
        .env("TZ", "UTC")
}

fn run(mut command: Command, stdin: &[u8]) -> Output {
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut pipe = child.stdin.take().unwrap();
    std::thread::scope(|scope| {
        // Whoever does not read all of its input closes the pipe early; that is no failure.
        scope.spawn(move || pipe.write_all(stdin));
        child.wait_with_output().unwrap()
    })
}

/// A run of rebake that is about to be.
#[must_use = "it runs when `success` or `failure` is called"]
pub(crate) struct Rebake {
    command: Command,
    root: PathBuf,
    stdin: Vec<u8>,
}

/// What a run of rebake said.
pub(crate) struct Run {
    pub(crate) stdout: Vec<u8>,
    pub(crate) stderr: Vec<u8>,
    root: PathBuf,
}

impl Rebake {
    pub(crate) fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.command.env(name, value);
        self
    }

    /// Runs in a directory of the work tree.
    pub(crate) fn dir(mut self, dir: &str) -> Self {
        self.command.current_dir(self.root.join(dir));
        self
    }

    pub(crate) fn stdin(mut self, input: impl Into<Vec<u8>>) -> Self {
        self.stdin = input.into();
        self
    }

    /// Runs, and must end with exit code 0.
    #[track_caller]
    pub(crate) fn success(self) -> Run {
        self.failure(0)
    }

    /// Lets bash run a script where and as rebake would have run.
    pub(crate) fn into_shell(self, script: &str) -> Command {
        let mut bash = Command::new("bash");
        bash.args(["-euc", script]).current_dir(self.command.get_current_dir().unwrap()).env_clear();
        bash.envs(self.command.get_envs().filter_map(|(name, value)| Some((name, value?))));
        bash
    }

    /// Starts, for who watches it run. What it says is lost.
    pub(crate) fn start(self) -> Child {
        let mut command = heedful(self.command.get_program());
        command.args(self.command.get_args()).current_dir(self.command.get_current_dir().unwrap()).env_clear();
        command.envs(self.command.get_envs().filter_map(|(name, value)| Some((name, value?))));
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
    }

    /// Runs, and is killed after a while unless it has ended by itself.
    pub(crate) fn kill_after(self, delay: std::time::Duration) {
        let mut child = self.start();
        std::thread::sleep(delay);
        let _ = child.kill();
        child.wait().unwrap();
    }

    /// Runs, and returns all that it said, however it ends.
    pub(crate) fn said(self) -> String {
        let Output { stdout, stderr, .. } = run(self.command, &self.stdin);
        String::from_utf8([stdout, stderr].concat()).unwrap()
    }

    /// Runs, and returns its exit code.
    pub(crate) fn code(self) -> Option<i32> {
        run(self.command, &self.stdin).status.code()
    }

    /// Runs, and must end with this exit code.
    #[track_caller]
    pub(crate) fn failure(self, code: i32) -> Run {
        let shown = format!("{:?}", self.command);
        let output = run(self.command, &self.stdin);
        assert_eq!(
            output.status.code(),
            Some(code),
            "{shown}\nstdout: {}\nstderr: {}",
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        );
        Run { stdout: output.stdout, stderr: output.stderr, root: self.root }
    }
}

impl Run {
    /// Compares the whole standard output with a `str![]`, in which the work tree is `[ROOT]`.
    /// `SNAPSHOTS=overwrite cargo test` writes what it finds.
    #[track_caller]
    pub(crate) fn stdout(self, expected: impl snapbox::IntoData) -> Self {
        self.compare(&self.stdout, expected);
        self
    }

    /// Compares the whole standard error, as [`Run::stdout`] does.
    #[track_caller]
    pub(crate) fn stderr(self, expected: impl snapbox::IntoData) -> Self {
        self.compare(&self.stderr, expected);
        self
    }

    /// Returns the standard output, for what is not compared whole.
    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.stdout.clone()).expect("this output is UTF-8")
    }

    #[track_caller]
    fn compare(&self, actual: &[u8], expected: impl snapbox::IntoData) {
        let mut redactions = snapbox::Redactions::new();
        redactions.insert("[ROOT]", self.root.clone()).unwrap();
        let actual = String::from_utf8(actual.to_vec()).expect("what people read is UTF-8");
        snapbox::Assert::new()
            .action_env(snapbox::assert::DEFAULT_ACTION_ENV)
            .redact_with(redactions)
            .eq(actual, expected);
    }
}

#[test]
fn the_same_commands_give_the_same_ids() {
    let build = || {
        let repo = Repo::new();
        repo.write("a", "1").symlink("a", "link").write("bin/run", "").chmod_x("bin/run");
        let first = repo.commit("first");
        repo.tag("light").annotated_tag("v1").branch("side").checkout("side").remove("bin").commit("side");
        repo.checkout("main").write("a", "2").commit("main");
        repo.clock(BIRTH + 1_000, 10);
        (first, repo.merge(["side"]))
    };
    assert_eq!(build(), build());
    assert_eq!(build().0.to_string(), "d1a7d975e898f73029a7074e7ee566c8955728f5");
}

#[test]
fn rebake_runs_without_the_environment_of_the_tests() {
    let repo = Repo::new();
    repo.write("dir/a", "").commit("first");
    let plan = repo.rebake(["plan"]).env("GITHUB_ACTIONS", "").dir("dir").stdin("").failure(2);
    plan.stdout("").stderr(snapbox::str![[r#"
error[no-config]: there is no filters.yaml at the root of the repository, nor in its .github
...
 = help: no file of the repository that `--discover` and `rebake init` read, such as package.json, declares a service either

"#]]);
}
