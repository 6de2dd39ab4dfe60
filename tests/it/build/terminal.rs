//! What is seen of a build on a terminal.

use std::fmt::Write as _;
use std::time::Duration;

use snapbox::str;

use crate::repo::Repo;
use crate::tmux::Terminal;

/// Services that build until a file of their name is in the git directory, and one that fails.
fn repo() -> Repo {
    let repo = Repo::new();
    repo.write(
        "filters.yaml",
        "\
defaults: {run: 'echo $REBAKE_SERVICE is being made of many things; while ! test -e ../.git/$REBAKE_SERVICE; do sleep 0.02; done'}
services:
  api: {path: api}
  web: {path: web}
  migrator: {path: migrator}
  broken: {path: broken, run: 'echo this is wrong; exit 3'}
  last: {path: last, depends_on: [api]}
",
    );
    for service in ["api", "web", "migrator", "broken", "last"] {
        repo.write(format!("{service}/x"), "");
    }
    repo.commit("first");
    repo
}

#[test]
#[ignore = "needs tmux: .ci/full runs it"]
fn rows_show_what_runs_and_the_screen_is_left_sane() {
    let repo = repo();
    let terminal = Terminal::open(&repo, (60, 20), &format!("{} build --all --jobs 4", env!("CARGO_BIN_EXE_rebake")));
    terminal.shows(str![[r#"
[..] and the work tree: everything was asked for
5 services to build, for the environment local

✗ broken failed (exit 3) after [..]s
  api         [..]s  api is being made of many things
  web         [..]s  web is being made of many things
  migrator    [..]s  migrator is being made of many things
1 of 5 done, 1 failed, 3 running, 1 waiting, [..]s

"#]]);
    terminal.tmux(&["resize-window", "-x", "40", "-y", "20"]);
    terminal.shows(str![[r#"
[..] and the work tree: everything wa
s asked for
5 services to build, for the environment
 local

✗ broken failed (exit 3) after [..]s
  api         [..]s  api is being made o…
  web         [..]s  web is being made o…
  migrator    [..]s  migrator is being m…
1 of 5 done, 1 failed, 3 running, 1 wa…

"#]]);
    terminal.tmux(&["resize-window", "-x", "60", "-y", "20"]);
    repo.write(".git/api", "");
    terminal.shows(str![[r#"
[..] and the work tree: everything was asked for
5 services to build, for the environment local

✗ broken failed (exit 3) after [..]s
✓ api succeeded after [..]s
  web         [..]s  web is being made of many things
  migrator    [..]s  migrator is being made of many things
  last        [..]s  last is being made of many things
2 of 5 done, 1 failed, 3 running, [..]s

"#]]);
    terminal.tmux(&["send-keys", "C-c"]);
    terminal.shows(str![[r#"
[..] and the work tree: everything was asked for
5 services to build, for the environment local

✗ broken failed (exit 3) after [..]s
✓ api succeeded after [..]s
rebake: SIGINT: telling all builds to end; once more kills t
hem
· [..] cancelled (signal 2) after [..]s
· [..] cancelled (signal 2) after [..]s
· [..] cancelled (signal 2) after [..]s

broken failed (exit 3) after [..]s
  | this is wrong
...
1 succeeded, 1 failed, 3 cancelled in [..]s
...
exit 130

"#]]);
}

#[test]
#[ignore = "needs tmux: .ci/full runs it"]
fn what_others_write_while_a_build_is_suspended_stays() {
    let repo = repo();
    std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_rebake"), repo.dir().join(".git/rb")).unwrap();
    let terminal = Terminal::open(&repo, (70, 20), "PS1=% bash --norc -i");
    terminal.shows("%\n");
    terminal.tmux(&["send-keys", ".git/rb build --only api,web --all", "Enter"]);
    terminal.shows(str![[r#"
%.git/rb build --only api,web --all
[..]
2 services to build, for the environment local

  api     [..]s  api is being made of many things
  web     [..]s  web is being made of many things
0 of 2 done, 2 running, [..]s

"#]]);
    terminal.tmux(&["send-keys", "C-z"]);
    terminal.shows(str![[r#"
...
[1]+  Stopped                 .git/rb build --only api,web --all
%

"#]]);
    // By then the rows are due to be drawn anew.
    std::thread::sleep(Duration::from_millis(500));
    terminal.tmux(&["send-keys", "echo others; fg", "Enter"]);
    terminal.shows(str![[r#"
...
0 of 2 done, 2 running, [..]s
^Z
[1]+  Stopped                 .git/rb build --only api,web --all
%echo others; fg
others
.git/rb build --only api,web --all
  api     [..]s  api is being made of many things
  web     [..]s  web is being made of many things
0 of 2 done, 2 running, [..]s

"#]]);
}

#[test]
#[ignore = "needs tmux: .ci/full runs it"]
fn a_hundred_services_are_readable_in_sixty_columns() {
    let repo = Repo::new();
    let mut file = "defaults: {run: 'while ! test -e ../.git/go; do sleep 0.1; done'}\nservices:\n".to_owned();
    for at in 0..100 {
        let _ = writeln!(file, "  service-{at}: {{path: s{at}}}");
        repo.write(format!("s{at}/x"), "");
    }
    repo.write("filters.yaml", file).commit("first");
    let terminal = Terminal::open(&repo, (60, 12), &format!("{} build --all --jobs 50", env!("CARGO_BIN_EXE_rebake")));
    terminal.shows(str![[r#"
[..]
100 services to build, for the environment local

  service-0     [..]s
  service-1     [..]s
  service-2     [..]s
  service-3     [..]s
  service-4     [..]s
  and 45 more
0 of 100 done, 50 running, 50 waiting, [..]s

"#]]);
    repo.write(".git/go", "");
    let done = loop {
        let screen = terminal.screen();
        if screen.ends_with("\nexit 0\n") {
            break screen;
        }
        std::thread::sleep(Duration::from_millis(50));
    };
    // Above: two lines, and an empty one; below: an empty one, and two.
    let lines = done.lines().filter(|line| !line.starts_with("slowest: "));
    assert_eq!(lines.count(), 3 + 100 + 3, "nothing of the rows is left behind: {done}");
    assert_eq!(done.lines().filter(|line| line.contains(" succeeded after ")).count(), 100);
}
