use super::*;
use crate::inputs::trace::{TracedCall, Untraceable};
use crate::model::tree::{Mode, ObjectId};

/// What a build is made of: calls of processes, one after the other. Its repository is at `/r`, and it begins in `/r/api`.
#[derive(Default)]
struct Traced {
    traces: BTreeMap<u32, ProcessTrace>,
    now: u64,
}

fn path(text: &str) -> Asked {
    Asked { from: None, from_own: true, path: text.as_bytes().to_vec() }
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
        let links = BTreeMap::from([(5, b"lib".to_vec())]);
        let traces: Vec<ProcessTrace> = self.traces.into_values().collect();
        let roots = [b"/r".to_vec(), b"/home/r".to_vec()];
        observe(
            &traces,
            BuildSite {
                tracked: &tracked,
                links: &links,
                roots: &roots,
                directory: b"/r/api",
                git_programs: Some(b"/usr/lib/git-core"),
            },
        )
    }

    /// What was read: `path: command`.
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
    // What a file held is still there, whatever is written behind it.
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
    let build = Traced::default().call(1, TraceEvent::Linked { from: path("../lib/a"), to: path("hard") });
    assert_eq!(build.read(1, "/r/api/hard").reads(), ["lib/a: the build"]);
}

#[test]
fn links_on_the_way_are_read_too() {
    let build = Traced::default().open(1, "../link/a", "/r/lib/a", Access::Read);
    assert_eq!(build.reads(), ["lib/a: the build", "link: the build"]);
    let build = Traced::default().call(1, TraceEvent::Entered(path("../link"))).open(1, "b", "/r/lib/b", Access::Read);
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
    // No program of the repository is git, and none for the name of a directory.
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
    let build = Traced::default().call(1, TraceEvent::Entered(path("/r/bin"))).run(1, &["./tool"]);
    assert_eq!(build.reads(), ["bin/tool: tool"]);
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
        .call(1, TraceEvent::Hid(Untraceable::IoUring));
    let said: Vec<String> = build.observed().unseen.iter().map(ToString::to_string).collect();
    assert_eq!(
        said,
        [
            "what the program behind the socket /run/docker.sock reads",
            "what the program behind port 8080 of this machine reads",
            "what programs read by io_uring"
        ]
    );
}

#[test]
fn links_in_a_circle_end() {
    let id = ObjectId::from_bytes(&[0; 20]).unwrap();
    let mut tracked = Listing::default();
    tracked.push(Mode::SymbolicLink, id, [b"a", b""]);
    tracked.push(Mode::SymbolicLink, id, [b"b", b""]);
    let links = BTreeMap::from([(0, b"b/x".to_vec()), (1, b"/r/a".to_vec())]);
    let roots = [b"/r".to_vec()];
    let site = BuildSite { tracked: &tracked, links: &links, roots: &roots, directory: b"/r", git_programs: None };
    let (_, followed) = FollowedLinks::new(site).follow(b"/r/a/y");
    assert_eq!(followed.len(), 40);
    assert_eq!(FollowedLinks::new(site).follow(b"/../x/./.."), (b"/".to_vec(), Vec::new()));
}
