//! `Repository::work_tree` against `git status --porcelain=v1 -z --no-renames --untracked-files=all`.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fmt::Write as _;
use std::os::unix::ffi::OsStrExt as _;

use rebake::inputs::git::GitError;
use rebake::model::tree::Mode;

use crate::git_diff::name_status;
use crate::history::Files;
use crate::random::{Random, for_seeds};
use crate::repo::Repo;

/// What git's two letters come to for a path, all in all: the work tree against `HEAD`.
fn implied(repo: &Repo, path: &[u8], letters: &[u8]) -> Option<char> {
    match letters {
        // A conflict says nothing of the work tree: look.
        b"DD" | b"AU" | b"UD" | b"UA" | b"DU" | b"AA" | b"UU" => {
            let listing = [&b"--literal-pathspecs"[..], b"ls-tree", b"HEAD", path].map(OsStr::from_bytes);
            let before = repo.git_bytes(listing, b"");
            let after =
                repo.dir().join(OsStr::from_bytes(path)).symlink_metadata().ok().filter(|found| !found.is_dir());
            match (before.is_empty(), after) {
                (true, None) => None,
                (true, Some(_)) => Some('A'),
                (false, None) => Some('D'),
                (false, Some(found)) if found.is_symlink() != before.starts_with(b"120000") => Some('T'),
                (false, Some(_)) => Some('M'),
            }
        }
        b"AD" => None,
        b"??" | b"A " | b"AM" | b"AT" | b" A" => Some('A'),
        b"D " | b" D" | b"MD" | b"TD" => Some('D'),
        b"M " | b" M" | b"MM" | b"D ??" | b"DA" => Some('M'),
        b"T " | b" T" | b"TM" | b"MT" | b"TT" => Some('T'),
        letters => panic!("git says {:?} of {:?}", letters.escape_ascii(), path.escape_ascii()),
    }
}

/// Compares, and returns what both say.
#[track_caller]
pub(crate) fn same_as_git(repo: &Repo) -> String {
    let ours = name_status(&repo.open().work_tree().unwrap().changes);
    let status = repo.git_bytes(["status", "--porcelain=v1", "-z", "--no-renames", "--untracked-files=all"], b"");
    // A path that was removed from the index and is still there comes twice.
    let mut letters: BTreeMap<&[u8], Vec<u8>> = BTreeMap::new();
    for record in status.split(|byte| *byte == 0).filter(|record| !record.is_empty()) {
        let path = &record[3..];
        letters.entry(path.strip_suffix(b"/").unwrap_or(path)).or_default().extend(&record[..2]);
    }
    let mut expected = String::new();
    for (path, letters) in letters {
        if let Some(status) = implied(repo, path, &letters) {
            write!(expected, "{status}\\x00{}\\x00", path.escape_ascii()).unwrap();
        }
    }
    assert_eq!(ours, expected, "git status: {}", status.escape_ascii());
    ours
}

/// Makes the work tree hold these files and nothing else.
pub(crate) fn fill(repo: &Repo, files: &Files) {
    for entry in repo.dir().read_dir().unwrap().map(Result::unwrap).filter(|entry| entry.file_name() != ".git") {
        repo.remove(entry.file_name().as_bytes());
    }
    for (path, (mode, content)) in &files.0 {
        match mode {
            Mode::SymbolicLink => repo.symlink(format!("to-{content}"), path),
            Mode::Executable => repo.write(path, content).chmod_x(path),
            Mode::File | Mode::Submodule | Mode::Directory => repo.write(path, content),
        };
    }
}

/// Puts some paths into the index as they are in the work tree, or out of it.
fn stage(repo: &Repo, paths: &[Vec<u8>], there: &Files) {
    let (there, gone): (Vec<_>, Vec<_>) = paths.iter().partition(|path| there.0.contains_key(*path));
    let lines =
        |paths: Vec<&Vec<u8>>| paths.into_iter().flat_map(|path| [path, &b"\0"[..]].concat()).collect::<Vec<u8>>();
    repo.git_bytes(["update-index", "-z", "--force-remove", "--stdin"], &lines(gone));
    repo.git_bytes(["update-index", "-z", "--add", "--replace", "--stdin"], &lines(there));
}

#[test]
fn random_work_trees() {
    for_seeds(40, |random: &mut Random| {
        let repo = Repo::new();
        let mut files = Files::default();
        let mut ever = Vec::new();
        if !random.one_in(5) {
            (0..3).for_each(|_| files.mutate(random));
            ever.extend(files.0.keys().cloned());
            fill(&repo, &files);
            repo.commit("first");
        }
        files.mutate(random);
        ever.extend(files.0.keys().cloned());
        fill(&repo, &files);
        ever.retain(|_| random.one_in(2));
        stage(&repo, &ever, &files);
        files.mutate(random);
        if random.one_in(2) {
            let rules = ["a\n", "b/\n", "*.b\n", "!a.b\n", "/a0\n", "**/A\n", "a/*\n", "\\*\n"];
            let rules: String = (0..3).map(|_| *random.pick(&rules)).collect();
            let place = *random.pick(&[".gitignore", "a/.gitignore", ".git/info/exclude"]);
            if place.starts_with(".git/") {
                repo.write(place, rules);
            } else {
                files.insert(place.as_bytes(), Mode::File, rules);
            }
        }
        fill(&repo, &files);
        if random.one_in(3) && !files.0.is_empty() {
            let path = files.0.keys().nth(random.below(files.0.len())).unwrap();
            let add = [&b"add"[..], b"--force", b"--intent-to-add", b"--", path].map(OsStr::from_bytes);
            repo.git_bytes([OsStr::new("--literal-pathspecs")].into_iter().chain(add), b"");
        }
        for (key, values) in [
            ("status.showUntrackedFiles", ["no", "normal", "all"]),
            ("core.preloadIndex", ["true", "false", "true"]),
            ("core.fsmonitor", ["false", "true", "no-such-hook"]),
            ("core.untrackedCache", ["true", "false", "keep"]),
            ("core.precomposeUnicode", ["true", "false", "true"]),
            ("core.checkStat", ["minimal", "default", "default"]),
            ("core.trustCtime", ["true", "false", "true"]),
            ("core.autocrlf", ["true", "input", "false"]),
            ("status.renames", ["true", "false", "copies"]),
        ] {
            if random.one_in(4) {
                repo.git(["config", key, *random.pick(&values)]);
            }
        }
        if random.one_in(3) {
            let attributes =
                ["* text=auto", "* filter=none", "*a* working-tree-encoding=UTF-16LE-BOM", "* ident", "* -text"];
            repo.write(".git/info/attributes", format!("{}\n", random.pick(&attributes)));
        }
        same_as_git(&repo);
    });
}

#[test]
fn a_clean_work_tree_has_no_changes() {
    let repo = Repo::new();
    repo.write(".gitignore", "ignored\n").write("a", "").commit("first");
    repo.write("ignored", "");
    assert_eq!(same_as_git(&repo), "");
}

#[test]
fn before_the_first_commit_all_is_added() {
    let repo = Repo::new();
    repo.write("staged", "").git(["add", "staged"]);
    repo.write("untracked/file", "");
    assert_eq!(same_as_git(&repo), r"A\x00staged\x00A\x00untracked/file\x00");
}

#[test]
fn one_change_a_path() {
    let repo = Repo::new();
    for name in ["kept", "edited", "staged", "both", "gone", "rm", "cached", "script", "link", "dir/file"] {
        repo.write(name, "1");
    }
    repo.commit("first");
    repo.write("staged", "2").write("both", "2").chmod_x("script").remove("rm").write("new", "");
    repo.git(["add", "staged", "both", "rm", "new"]);
    repo.git(["rm", "--quiet", "--cached", "cached"]);
    repo.write("edited", "2").write("both", "3").remove("gone").symlink("to", "link").remove("dir").write("dir", "");
    repo.write("fleeting", "").git(["add", "fleeting"]);
    repo.remove("fleeting");
    assert_eq!(
        same_as_git(&repo).replace(r"\x00", " "),
        "M both M cached A dir D dir/file M edited D gone T link A new D rm M script M staged "
    );
}

#[test]
fn a_link_in_the_place_of_a_program_is_another_type() {
    let repo = Repo::new();
    repo.write("run", "to").chmod_x("run").commit("first");
    repo.symlink("elsewhere", "run");
    assert_eq!(same_as_git(&repo), r"T\x00run\x00");
}

#[test]
fn conflicts_are_what_the_work_tree_has() {
    let repo = Repo::new();
    for name in ["both-modified", "deleted-by-us", "deleted-by-them", "renamed"] {
        repo.write(name, format!("{name}\n"));
    }
    repo.commit("base");
    repo.git(["checkout", "--quiet", "-b", "theirs"]);
    repo.write("both-modified", "theirs\n").write("deleted-by-us", "theirs\n").remove("deleted-by-them");
    repo.write("both-added", "theirs\n").git(["mv", "renamed", "by-them"]);
    repo.commit("theirs");
    repo.checkout("main").write("both-modified", "ours\n").remove("deleted-by-us").write("deleted-by-them", "ours\n");
    repo.write("both-added", "ours\n").git(["mv", "renamed", "by-us"]);
    repo.commit("ours");
    repo.git_fails(["merge", "--quiet", "theirs"]);
    let all = same_as_git(&repo).replace(r"\x00", " ");
    assert_eq!(all, "M both-added M both-modified A by-them M by-us M deleted-by-them A deleted-by-us ");
    repo.remove("both-modified").remove("deleted-by-us");
    same_as_git(&repo);
}

#[test]
fn intent_to_add_is_added() {
    let repo = Repo::new();
    repo.write("tracked", "1").commit("first");
    repo.write("new", "").write("gone", "").git(["add", "--intent-to-add", "new", "gone"]);
    repo.remove("gone").git(["rm", "--quiet", "--cached", "tracked"]);
    repo.git(["add", "--intent-to-add", "tracked"]);
    same_as_git(&repo);
}

#[test]
fn bits_of_the_index_are_respected() {
    let repo = Repo::new();
    repo.write("assumed", "1").write("skipped", "1").write("seen", "1").commit("first");
    repo.git(["update-index", "--assume-unchanged", "assumed"]);
    repo.git(["update-index", "--skip-worktree", "skipped"]);
    repo.write("assumed", "2").write("skipped", "2").write("seen", "2");
    assert_eq!(same_as_git(&repo), r"M\x00seen\x00");
}

#[test]
fn submodules_count_when_git_says_so() {
    let other = Repo::new();
    other.write("f", "1").commit("first");
    let repo = Repo::new();
    let url = other.dir().to_str().unwrap();
    repo.git(["-c", "protocol.file.allow=always", "submodule", "--quiet", "add", url, "sub"]);
    repo.commit("with a submodule");
    assert_eq!(same_as_git(&repo), "");
    repo.write("sub/untracked", "");
    assert_eq!(same_as_git(&repo), r"M\x00sub\x00");
    repo.remove("sub/untracked").write("sub/f", "2");
    assert_eq!(same_as_git(&repo), r"M\x00sub\x00");
    repo.git(["-C", "sub", "commit", "--quiet", "--all", "-m", "moved"]);
    assert_eq!(same_as_git(&repo), r"M\x00sub\x00");
    repo.git(["submodule", "--quiet", "update", "--checkout"]);
    assert_eq!(same_as_git(&repo), "");
    repo.git(["submodule", "--quiet", "deinit", "--force", "sub"]);
    assert_eq!(same_as_git(&repo), "");
    repo.remove("sub");
    same_as_git(&repo);
    repo.write("sub", "a file now");
    same_as_git(&repo);
}

#[test]
fn a_repository_inside_is_one_entry() {
    let repo = Repo::new();
    repo.write("a", "").commit("first");
    repo.git(["init", "--quiet", "inner"]);
    repo.write("inner/f", "");
    same_as_git(&repo);
    repo.git(["-C", "inner", "add", "--all"]);
    repo.git(["-C", "inner", "commit", "--quiet", "-m", "first"]);
    assert_eq!(same_as_git(&repo), r"A\x00inner\x00");
}

#[test]
fn line_endings_are_no_change() {
    let repo = Repo::new();
    repo.write(".gitattributes", "*.txt text eol=crlf\n").write("a.txt", "1\r\n2\r\n").commit("first");
    repo.remove("a.txt").write("a.txt", "1\r\n2\r\n");
    assert_eq!(same_as_git(&repo), "");
    repo.write("a.txt", "1\r\n3\r\n");
    assert_eq!(same_as_git(&repo), r"M\x00a.txt\x00");
}

fn many_directories() -> Repo {
    let repo = Repo::new();
    for path in ["root", "in/a", "in/deep/b", "out/c", "out/deep/d", "other/e"] {
        repo.write(path, "1");
    }
    repo.commit("first");
    repo
}

#[test]
fn a_sparse_checkout_lacks_nothing() {
    for args in [&["--cone"][..], &["--no-cone"], &["--cone", "--sparse-index"]] {
        let repo = many_directories();
        repo.git([&["sparse-checkout", "set"], args, &["in"]].concat());
        assert_eq!(same_as_git(&repo), "", "{args:?}");
        repo.write("in/a", "2").write("in/new", "").remove("in/deep/b");
        assert_eq!(same_as_git(&repo), r"M\x00in/a\x00D\x00in/deep/b\x00A\x00in/new\x00", "{args:?}");
    }
}

#[test]
fn a_file_that_came_back_into_a_sparse_checkout_counts() {
    for args in [&["--cone"][..], &["--cone", "--sparse-index"]] {
        let repo = many_directories();
        repo.git([&["sparse-checkout", "set"], args, &["in"]].concat());
        repo.write("out/c", "2").write("out/new", "");
        assert_eq!(same_as_git(&repo), r"M\x00out/c\x00A\x00out/new\x00", "{args:?}");
    }
}

#[test]
fn a_sparse_index_may_differ_from_head() {
    let repo = many_directories();
    repo.write("out/c", "2").commit("second");
    repo.git(["sparse-checkout", "set", "--cone", "--sparse-index", "in"]);
    repo.git(["reset", "--quiet", "--soft", "HEAD~1"]);
    assert_eq!(same_as_git(&repo), r"M\x00out/c\x00");
}

#[test]
fn a_bare_repository_has_no_work_tree() {
    let repo = Repo::init(["--bare"]);
    let error = repo.open().work_tree().unwrap_err();
    assert!(matches!(error, GitError::NoWorkTree), "{error:?}");
}

#[test]
fn settings_of_a_users_status_change_nothing() {
    let repo = Repo::new();
    repo.write("a", "1").write("b/c", "1").commit("first");
    repo.write("a", "2").git(["stash", "--quiet"]);
    repo.write("b/c", "2").write("new/d", "");
    let plain = same_as_git(&repo);
    for (key, value) in [
        ("status.showStash", "true"),
        ("status.branch", "true"),
        ("status.short", "true"),
        ("status.aheadBehind", "true"),
        ("status.showUntrackedFiles", "no"),
        ("status.renames", "copies"),
        ("status.submoduleSummary", "true"),
        ("status.relativePaths", "true"),
        ("column.ui", "always"),
        ("color.ui", "always"),
        ("core.quotePath", "true"),
    ] {
        repo.git(["config", key, value]);
        assert_eq!(same_as_git(&repo), plain, "{key}");
    }
}
