use std::net::IpAddr;

use super::*;
use crate::inputs::trace::{TracedCall, Untraceable};
use crate::model::tree::{Listing, Mode, ObjectId};

/// A machine: the link `/usr/bin/shared` leads to a file of the repository, the link `/home/r` to its root, and
/// `/r/bin/tool` is a script.
struct Machine;

impl BuildMachine for Machine {
    fn link(&self, path: &[u8]) -> Option<Vec<u8>> {
        let links =
            [("/usr/bin/shared", "/r/bin/tool"), ("/home/r", "/r"), ("/usr/lib/git-core/git-apply", "/usr/bin/git")];
        let found = links.iter().find(|(link, _)| link.as_bytes() == path);
        found.map(|(_, target)| target.as_bytes().to_vec())
    }

    fn beginning(&self, path: &[u8]) -> Option<Vec<u8>> {
        let scripts = [("/r/bin/tool", "#!../lib/b -x\n"), ("/r/lib/b", "#!/bin/sh\n"), ("/r/api/circle", "#!circle")];
        let found = scripts.iter().find(|(script, _)| script.as_bytes() == path);
        found.map(|(_, text)| text.as_bytes().to_vec())
    }

    fn has_address(&self, address: IpAddr) -> bool {
        address.to_string() == "10.0.0.1"
    }
}

/// A traced build for tests: calls of processes, one after the other. Its repository is at `/r`, and it begins in
/// `/r/api`.
#[derive(Default)]
struct Traced {
    traces: BTreeMap<u32, ProcessTrace>,
    now: u64,
}

fn path(text: &str) -> RequestedPath {
    RequestedPath { from: None, from_own: true, path: text.as_bytes().to_vec() }
}

impl Traced {
    fn call(mut self, id: u32, event: TraceEvent) -> Self {
        self.now += 1;
        let trace = self.traces.entry(id).or_insert_with(|| ProcessTrace { id, calls: Vec::new() });
        trace.calls.push(TracedCall { at: self.now, event });
        self
    }

    fn open(self, id: u32, asked: &str, found: &str, access: Access) -> Self {
        self.call(id, TraceEvent::Opened { asked: path(asked), found: Some(found.as_bytes().to_vec()), access })
    }

    /// A process reads a file by its absolute path.
    fn read(self, id: u32, found: &str) -> Self {
        self.open(id, found, found, Access::Read)
    }

    fn write(self, id: u32, found: &str) -> Self {
        self.open(id, found, found, Access::Write)
    }

    fn run(self, id: u32, words: &[&str]) -> Self {
        let arguments = words.iter().map(|word| word.as_bytes().to_vec()).collect();
        self.call(id, TraceEvent::Executed { asked: path(words[0]), arguments })
    }

    fn fork(self, id: u32, child: u32) -> Self {
        self.call(id, TraceEvent::Forked { child, is_thread: false })
    }

    fn rename(self, id: u32, from: &str, to: &str) -> Self {
        self.call(id, TraceEvent::Renamed { from: path(from), to: path(to), is_swapped: false })
    }

    fn observed(self) -> BuildReads {
        let id = ObjectId::from_bytes(&[0; 20]).unwrap();
        let mut tracked = Listing::default();
        for name in ["api/in", "api/out", "bin/tool", "lib/a", "lib/b"] {
            tracked.push(Mode::File, id, [name.as_bytes(), b""]);
        }
        tracked.push(Mode::SymbolicLink, id, [b"link", b""]);
        tracked.push(Mode::Submodule, id, [b"sub", b""]);
        let links = [("link", "lib"), ("node_modules/.bin/tool", "../../bin/tool")];
        let links = links.map(|(link, target)| (link.as_bytes().to_vec(), target.as_bytes().to_vec()));
        let traces: Vec<ProcessTrace> = self.traces.into_values().collect();
        observe(
            &traces,
            BuildSite {
                tracked: &tracked,
                submodules: &BTreeMap::new(),
                links: &links.into(),
                root: b"/r",
                directory: b"/r/api",
                git_programs: Some(b"/usr/lib/git-core"),
                machine: &Machine,
            },
            &mut FileChanges::default(),
        )
    }

    /// Returns the files that were read, as `path: command`.
    fn reads(self) -> Vec<String> {
        let names = ["api/in", "api/out", "bin/tool", "lib/a", "lib/b", "link", "sub"];
        let observed = self.observed();
        let shown =
            |(position, command): (&usize, &usize)| format!("{}: {}", names[*position], observed.commands[*command]);
        observed.files.iter().map(shown).collect()
    }
}

#[test]
fn files_are_read_by_the_command_that_opened_them_first() {
    let build = Traced::default().run(1, &["/bin/sh", "-c", "a b"]).fork(1, 2).read(2, "/r/lib/a");
    let build = build.run(2, &["cat"]).read(2, "/r/lib/a").read(2, "/r/lib/b").read(2, "/etc/passwd").read(2, "/r/new");
    assert_eq!(build.reads(), ["lib/a: sh -c 'a b'", "lib/b: cat"]);
}

#[test]
fn threads_are_their_process() {
    let build = Traced::default().run(1, &["make"]).call(1, TraceEvent::Forked { child: 2, is_thread: true });
    let build = build.run(1, &["/bin/git"]).read(2, "/r/lib/a").fork(2, 3).run(3, &["cat"]).read(3, "/r/lib/b");
    assert_eq!(build.reads(), ["lib/b: cat"]);
}

#[test]
fn what_the_build_made_is_no_input() {
    let build = Traced::default().write(1, "/r/api/out").read(1, "/r/api/out");
    assert_eq!(build.reads(), [""; 0]);
    let build = Traced::default().read(1, "/r/api/out").write(1, "/r/api/out");
    assert_eq!(build.reads(), ["api/out: the build"]);
    let build = Traced::default().call(1, TraceEvent::Removed(path("out"))).read(1, "/r/api/out");
    assert_eq!(build.reads(), [""; 0]);
    // The old content of a file is still there when more is written after it.
    let build = Traced::default().open(1, "out", "/r/api/out", Access::Alter).read(1, "/r/api/out");
    assert_eq!(build.reads(), ["api/out: the build"]);
    let build = Traced::default().open(1, "out", "/r/api/out", Access::ReadWrite);
    assert_eq!(build.reads(), ["api/out: the build"]);
}

#[test]
fn moved_files_are_what_they_were() {
    let build = Traced::default().write(1, "/r/api/new").rename(1, "new", "out").read(1, "/r/api/out");
    assert_eq!(build.reads(), [""; 0]);
    let build = Traced::default().rename(1, "/tmp/new", "out").read(1, "/r/api/out");
    assert_eq!(build.reads(), [""; 0]);
    let build = Traced::default().rename(1, "../lib", "../old").read(1, "/r/old/a").read(1, "/r/lib/b");
    assert_eq!(build.reads(), ["lib/a: the build"]);
    let swapped = TraceEvent::Renamed { from: path("../lib"), to: path("../bin"), is_swapped: true };
    let build = Traced::default().call(1, swapped).read(1, "/r/lib/tool").read(1, "/r/bin/a").read(1, "/r/lib/b");
    assert_eq!(build.reads(), ["bin/tool: the build", "lib/a: the build"]);
    let build =
        Traced::default().call(1, TraceEvent::Linked { from: path("../lib/a"), to: path("hard"), is_followed: false });
    assert_eq!(build.read(1, "/r/api/hard").reads(), ["lib/a: the build"]);
}

#[test]
fn links_on_the_way_are_read_too() {
    let build = Traced::default().open(1, "../link/a", "/r/lib/a", Access::Read);
    assert_eq!(build.reads(), ["lib/a: the build", "link: the build"]);
    let build =
        Traced::default().call(1, TraceEvent::ChangedDirectory(path("../link"))).open(1, "b", "/r/lib/b", Access::Read);
    assert_eq!(build.reads(), ["lib/b: the build", "link: the build"]);
    let build = Traced::default().open(1, "/home/r/link/a", "/r/lib/a", Access::Read);
    assert_eq!(build.reads(), ["lib/a: the build", "link: the build"]);
    let build = Traced::default().open(1, "../link", "/r/lib", Access::Nothing);
    assert_eq!(build.reads(), [""; 0]);
}

#[test]
fn what_git_does_does_not_count() {
    let build = Traced::default().run(1, &["/usr/bin/git", "status"]).read(1, "/r/lib/a").write(1, "/r/lib/b");
    let build = build.fork(1, 2).run(2, &["/usr/lib/git-core/git-submodule"]).read(2, "/r/lib/a");
    let build = build.fork(2, 3).run(3, &["cat"]).read(3, "/r/lib/b");
    assert_eq!(build.reads(), ["lib/b: cat"]);
}

#[test]
fn what_git_reads_for_what_it_holds_counts() {
    let build =
        Traced::default().run(1, &["/usr/bin/git", "apply", "../lib/a"]).read(1, "/r/lib/a").read(1, "/r/lib/b");
    assert_eq!(build.write(1, "/r/lib/b").reads(), ["lib/a: git apply ../lib/a", "lib/b: git apply ../lib/a"]);
    // A program of the repository is not git, and the name of a directory does not make a program git.
    let build = Traced::default().run(1, &["/r/tools/git", "status"]).read(1, "/r/lib/a");
    assert_eq!(build.reads(), ["lib/a: git status"]);
    let build = Traced::default().run(1, &["/x/git-core/tool"]).read(1, "/r/lib/a");
    assert_eq!(build.reads(), ["lib/a: tool"]);
}

#[test]
fn files_about_git_are_no_inputs() {
    assert!(is_of_git(b".gitignore") && is_of_git(b"a/.gitattributes") && !is_of_git(b"a/.gitkeep"));
}

#[test]
fn programs_and_submodules_are_inputs() {
    let build = Traced::default().call(1, TraceEvent::ChangedDirectory(path("/r/bin"))).run(1, &["./tool"]);
    assert_eq!(build.reads(), ["bin/tool: tool", "lib/b: tool"]);
    let build = Traced::default().run(1, &["../link/a"]).read(1, "/r/sub/x/y");
    assert_eq!(build.reads(), ["lib/a: a", "link: a", "sub: a"]);
}

#[test]
fn what_cannot_be_seen_is_said() {
    let socket = |path: &str| Peer::Socket(path.as_bytes().to_vec());
    let build = Traced::default()
        .call(1, TraceEvent::Connected(socket("/run/docker.sock")))
        .call(1, TraceEvent::Connected(socket("/run/nscd/socket")))
        .call(2, TraceEvent::Bound(socket("/tmp/own")))
        .call(1, TraceEvent::Connected(socket("/tmp/own")))
        .call(1, TraceEvent::Connected(Peer::Port(53)))
        .call(1, TraceEvent::Connected(Peer::Port(8080)))
        .call(1, TraceEvent::HidCalls(Untraceable::IoUring))
        .run(3, &["/usr/bin/git", "archive", "HEAD"])
        .fork(3, 4)
        .run(4, &["/usr/bin/git", "cat-file", "--batch"]);
    let said: Vec<String> = build.observed().unseen.iter().map(ToString::to_string).collect();
    assert_eq!(
        said,
        [
            "what the program behind the socket /run/docker.sock reads",
            "what the program behind port 8080 of this machine reads",
            "what `git archive HEAD` takes from git's objects",
            "what programs read by io_uring"
        ]
    );
}

#[test]
fn what_git_writes_is_what_is_tracked() {
    let git = |build: Traced| build.fork(1, 2).run(2, &["/usr/bin/git", "checkout", "a"]);
    let removed = || Traced::default().call(1, TraceEvent::Removed(path("out")));
    assert_eq!(git(removed()).write(2, "/r/api/out").read(1, "/r/api/out").reads(), ["api/out: the build"]);
    let build = git(removed()).write(2, "/r/api/tmp").rename(2, "tmp", "out").read(1, "/r/api/out");
    assert_eq!(build.reads(), ["api/out: the build"]);
    let lfs = removed().fork(1, 2).run(2, &["/opt/bin/git-lfs", "pull"]).write(2, "/r/api/out");
    assert_eq!(lfs.read(1, "/r/api/out").reads(), ["api/out: the build"]);
    // Files that git writes into a submodule are tracked files too, wherever the old files were moved.
    let build =
        Traced::default().run(1, &["/usr/bin/git", "submodule", "update"]).write(1, "/r/sub/x").read(2, "/r/sub/x");
    assert_eq!(build.reads(), ["sub: the build"]);
    let build = git(Traced::default().rename(1, "../sub/a", "../sub/b").rename(1, "../sub", "../old"));
    let build = build.write(2, "/r/sub/b/x").read(1, "/r/sub/b/x").read(1, "/r/sub/y");
    assert_eq!(build.reads(), ["sub: the build"]);
    // A file that git moves keeps its content, and a file that git removes no longer exists.
    let build = git(Traced::default()).rename(2, "../lib/a", "out").read(1, "/r/api/out");
    assert_eq!(build.reads(), ["lib/a: the build"]);
    let build = git(Traced::default()).call(2, TraceEvent::Removed(path("out")));
    assert_eq!(build.open(1, "out", "/r/api/out", Access::Alter).read(1, "/r/api/out").reads(), [""; 0]);
}

#[test]
fn links_are_followed_whoever_made_them() {
    let link = |target: &str, at: &str| TraceEvent::SymbolicLink { target: target.into(), path: path(at) };
    let build = Traced::default().call(1, link("../lib/a", "t")).run(1, &["./t"]);
    assert_eq!(build.reads(), ["lib/a: t"]);
    let moved = Traced::default().call(1, link("../lib/a", "t")).rename(1, "t", "../u").run(1, &["/r/u"]);
    assert_eq!(moved.reads(), [""; 0], "it leads out of the repository now");
    let gone =
        Traced::default().call(1, link("../lib/a", "t")).call(1, TraceEvent::Removed(path("t"))).run(1, &["./t"]);
    assert_eq!(gone.reads(), [""; 0]);
    let build = Traced::default().run(1, &["../node_modules/.bin/tool"]);
    assert_eq!(build.reads(), ["bin/tool: tool", "lib/b: tool"]);
    let build = Traced::default().rename(1, "../node_modules", "../n").run(1, &["../n/.bin/tool"]);
    assert_eq!(build.reads(), ["bin/tool: tool", "lib/b: tool"]);
    assert_eq!(Traced::default().run(1, &["/usr/bin/shared"]).reads(), ["bin/tool: shared", "lib/b: shared"]);
    // A tracked link that leads elsewhere is read all the same.
    let build = Traced::default().open(1, "../link/../../etc/x", "/etc/x", Access::Read);
    assert_eq!(build.reads(), ["link: the build"]);
    let build = Traced::default().rename(1, "../link", "../other").open(1, "../other/a", "/r/lib/a", Access::Read);
    assert_eq!(build.reads(), ["lib/a: the build", "link: the build"]);
    let hard = TraceEvent::Linked { from: path("/home/r/link/a"), to: path("/tmp/a"), is_followed: true };
    assert_eq!(Traced::default().call(1, hard).read(1, "/tmp/a").reads(), ["lib/a: the build", "link: the build"]);
}

#[test]
fn links_are_read_by_whoever_asks_where_they_lead() {
    let ask = |at: &str| TraceEvent::ReadLink(path(at));
    let build = Traced::default().run(1, &["cp", "-P"]).call(1, ask("../link")).call(1, ask("../lib"));
    assert_eq!(build.call(1, ask("../node_modules/.bin/tool")).reads(), ["link: cp -P"]);
    assert_eq!(Traced::default().run(1, &["/usr/bin/git", "add", "."]).call(1, ask("../link")).reads(), [""; 0]);
}

#[test]
fn what_leaves_the_repository_is_still_of_it() {
    let build = Traced::default().rename(1, "../lib/", "/tmp/x").read(1, "/tmp/x/a").read(1, "/tmp/x/c");
    assert_eq!(build.reads(), ["lib/a: the build"]);
    let build = Traced::default().rename(1, "../lib", "/tmp/x").rename(1, "/tmp/x/b", "out").read(1, "/r/api/out");
    assert_eq!(build.reads(), ["lib/b: the build"]);
    let build = Traced::default().rename(1, "../lib/a", "/tmp/x").write(1, "/tmp/x").read(1, "/tmp/x");
    assert_eq!(build.reads(), [""; 0]);
    let build = Traced::default().rename(1, "../sub", "../bus").read(1, "/r/bus/x").read(1, "/r/sub/y");
    assert_eq!(build.reads(), ["sub: the build"]);
}

#[test]
fn interpreters_are_opened_by_the_kernel() {
    let build = Traced::default().run(1, &["/r/api/circle"]).run(1, &["/r/bin/tool"]);
    assert_eq!(build.reads(), ["bin/tool: tool", "lib/b: tool"]);
}

#[test]
fn links_in_a_circle_end() {
    let id = ObjectId::from_bytes(&[0; 20]).unwrap();
    let mut tracked = Listing::default();
    tracked.push(Mode::SymbolicLink, id, [b"a", b""]);
    tracked.push(Mode::SymbolicLink, id, [b"b", b""]);
    let none = BTreeMap::new();
    let links = BTreeMap::from([(b"a".to_vec(), b"b/x".to_vec()), (b"b".to_vec(), b"/r/a".to_vec())]);
    let site = BuildSite {
        tracked: &tracked,
        submodules: &none,
        links: &links,
        root: b"/r",
        directory: b"/r",
        git_programs: None,
        machine: &Machine,
    };
    let mut changes = FileChanges::default();
    let origins = FileOrigins::new(site, &mut changes);
    assert_eq!(follow(b"/r/a/y", &origins).1.len(), 40);
    assert_eq!(follow(b"/../x/./..", &origins), (b"/".to_vec(), Vec::new()));
    assert_eq!(follow_to_last(b"/home/r/x//a/", &origins), Some(b"/r/x/a".to_vec()));
    assert_eq!((follow_to_last(b"/", &origins), follow_to_last(b"a", &origins)), (None, None));
}
