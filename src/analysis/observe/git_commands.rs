//! Decides which of the files that git reads are inputs of a build. A file that git reads only to keep track of the
//! file is no input.

use bstr::ByteSlice as _;

/// The reads of a program that count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum CountedReads {
    /// All of them.
    All,
    /// Only the reads of these files. The paths may contain links.
    Of(Vec<Vec<u8>>),
}

/// The options of git before its subcommand that have a value after them.
const WITH_VALUE: [&[u8]; 7] =
    [b"-C", b"-c", b"--git-dir", b"--work-tree", b"--namespace", b"--config-env", b"--super-prefix"];

/// The subcommands that open files of the work tree to see whether they have changed, or to know how to treat other
/// files. All other subcommands, and unknown ones, read files as any program does: `apply`, `blame`, `config`, `grep`,
/// `merge-file`.
const ABOUT_TRACKED: [&str; 75] = [
    "add",
    "am",
    "archive",
    "bisect",
    "branch",
    "bundle",
    "cat-file",
    "check-attr",
    "check-ignore",
    "check-mailmap",
    "checkout",
    "checkout--worker",
    "checkout-index",
    "cherry",
    "cherry-pick",
    "clean",
    "clone",
    "commit",
    "commit-tree",
    "describe",
    "diff",
    "diff-files",
    "diff-index",
    "diff-tree",
    "fast-export",
    "fetch",
    "for-each-ref",
    "format-patch",
    "fsck",
    "fsmonitor--daemon",
    "gc",
    "init",
    "lfs",
    "log",
    "ls-files",
    "ls-remote",
    "ls-tree",
    "maintenance",
    "merge",
    "merge-base",
    "merge-tree",
    "mv",
    "name-rev",
    "notes",
    "pull",
    "push",
    "read-tree",
    "rebase",
    "reflog",
    "remote",
    "repack",
    "rerere",
    "reset",
    "restore",
    "rev-list",
    "rev-parse",
    "revert",
    "rm",
    "shortlog",
    "show",
    "show-ref",
    "sparse-checkout",
    "stage",
    "stash",
    "status",
    "submodule",
    "submodule--helper",
    "switch",
    "tag",
    "update-index",
    "upload-archive",
    "upload-pack",
    "whatchanged",
    "worktree",
    "write-tree",
];

/// The options whose value is a file that is read: `git commit -F message`.
const WITH_FILE: [&str; 6] = ["--file", "--template", "--pathspec-from-file", "--add-file", "-F", "-t"];

/// The options with which git shows less of a difference than its text.
const NO_PATCH: [&str; 14] = [
    "-s",
    "--no-patch",
    "-q",
    "--quiet",
    "--check",
    "--name-only",
    "--name-status",
    "--stat",
    "--shortstat",
    "--numstat",
    "--dirstat",
    "--summary",
    "--compact-summary",
    "--raw",
];

/// The beginnings of further options with which git shows the text of a difference.
const PATCH_BEGINNINGS: [&str; 8] =
    ["-U", "--unified", "-L", "--word-diff", "--color-words", "--remerge-diff", "--diff-merges", "--binary"];

/// The subcommands that write files into the work tree.
const INTO_WORK_TREE: [&str; 9] =
    ["checkout", "cherry-pick", "merge", "pull", "read-tree", "reset", "restore", "stash", "switch"];

/// Whether a program outside of the repository is git, git-lfs, or one of the programs in git's own directory. The
/// files that these programs write have contents that the repository has.
pub(super) fn is_git(program: &[u8], own: Option<&[u8]>) -> bool {
    let name = program.rsplit(|byte| *byte == b'/').next().unwrap_or_default();
    let is_own = own.and_then(|own| program.strip_prefix(own)).is_some_and(|rest| rest.starts_with(b"/"));
    name == b"git" || name == b"git-lfs" || is_own
}

/// A call of git: its subcommand, and the words after it.
pub(super) struct GitCall<'w> {
    /// The directory in which git runs.
    pub(super) directory: Vec<u8>,
    /// Whether the option `--git-dir` or `--work-tree` is given.
    names_repository: bool,
    /// The work tree that the option `--work-tree` names; `None` without this option.
    work_tree: Option<Vec<u8>>,
    command: &'w [u8],
    words: Vec<&'w [u8]>,
}

impl<'w> GitCall<'w> {
    /// Reads the arguments of a call of git that starts in `directory`; `None` if there is no subcommand.
    pub(super) fn read(arguments: &'w [Vec<u8>], directory: Vec<u8>) -> Option<Self> {
        let mut words = arguments.iter().map(Vec::as_slice);
        let program = words.next().unwrap_or_default();
        let program = program.rsplit(|byte| *byte == b'/').next().unwrap_or_default();
        let (mut directory, mut names_repository, mut work_tree) = (directory, false, None);
        let command = match program.strip_prefix(b"git-") {
            Some(command) => command,
            None => loop {
                match words.next()? {
                    b"-C" => directory = beneath(&directory, words.next()?),
                    option if option.starts_with(b"-") => {
                        let (name, value) = match option.split_once_str("=") {
                            Some((name, value)) => (name, Some(value)),
                            None if WITH_VALUE.contains(&option) => (option, words.next()),
                            None => (option, None),
                        };
                        names_repository |= name == b"--git-dir" || name == b"--work-tree";
                        let named = value.filter(|_| name == b"--work-tree").map(|value| beneath(&directory, value));
                        work_tree = named.or(work_tree);
                    }
                    command => break command,
                }
            },
        };
        Some(Self { directory, names_repository, work_tree, command, words: words.collect() })
    }

    /// Whether the subcommand is one of [`ABOUT_TRACKED`]. Any other subcommand may be an alias.
    pub(super) fn is_about_tracked(&self) -> bool {
        ABOUT_TRACKED.iter().any(|listed| listed.as_bytes() == self.command)
    }

    /// Returns the reads of the call that count. `is_inside` returns whether an absolute path lies in the repository.
    pub(super) fn counted_reads(&self, is_inside: impl Fn(&[u8]) -> bool) -> CountedReads {
        let reads_all = match self.command {
            b"diff" => self.compares_files(is_inside),
            b"lfs" => self.words.first() == Some(&&b"pointer"[..]),
            _ => !self.is_about_tracked(),
        };
        if reads_all {
            return CountedReads::All;
        }
        let files = if self.command == b"am" { self.words.clone() } else { named_files(&self.words) };
        CountedReads::Of(files.into_iter().map(|file| beneath(&self.directory, file)).collect())
    }

    /// Whether the call gives out contents of files that git takes from its objects. No system call shows which files
    /// these are. `is_inside` returns whether an absolute path lies in the repository, and `is_tracked` whether it is
    /// the path of a tracked file or directory.
    pub(super) fn takes_objects(&self, is_inside: impl Fn(&[u8]) -> bool, is_tracked: impl Fn(&[u8]) -> bool) -> bool {
        let any = |is: &dyn Fn(&[u8]) -> bool| self.words.iter().any(|word| is(word));
        let has = |options: &[&str]| any(&|word| options.iter().any(|option| option.as_bytes() == word));
        let is_path = |word: &[u8]| is_tracked(&beneath(&self.directory, word));
        let shows_patch = has(&["-p", "-u", "--patch", "--patch-with-stat", "--patch-with-raw", "-c", "--cc"])
            || any(&|word| PATCH_BEGINNINGS.iter().any(|option| word.starts_with(option.as_bytes())));
        let hides_patch = !shows_patch
            && any(&|word| {
                NO_PATCH
                    .iter()
                    .any(|option| word.split_once_str("=").map_or(word, |(name, _)| name) == option.as_bytes())
            });
        let revisions = || {
            let words = self.words.iter().take_while(|word| **word != b"--");
            words.filter(|word| !word.starts_with(b"-") && !is_path(word)).count()
        };
        if matches!(self.command, b"upload-pack" | b"upload-archive") {
            let repository = self.words.iter().rfind(|word| !word.starts_with(b"-"));
            return repository.is_some_and(|path| is_inside(&beneath(&self.directory, path)));
        }
        let takes = match self.command {
            b"archive" => !has(&["--list", "-l"]),
            b"cat-file" => {
                has(&["blob", "-p", "--textconv", "--filters", "--batch", "--batch-command"])
                    || any(&|word| word.starts_with(b"--batch="))
            }
            b"checkout-index" => any(&|word| word.starts_with(b"--prefix") || word == b"--temp"),
            b"show" => !hides_patch || any(&|word| word.contains(&b':') && !word.starts_with(b"-")),
            b"log" | b"whatchanged" | b"reflog" | b"diff-tree" | b"diff-index" | b"rev-list" => shows_patch,
            b"stash" => shows_patch && matches!(self.words.first(), Some(&b"show" | &b"list")),
            // Without a revision, or with `HEAD` alone, git shows only what has changed in the work tree.
            b"diff" => {
                !hides_patch
                    && !self.compares_files(&is_inside)
                    && (revisions() > 0 && !self.is_against_head() || has(&["--cached", "--staged"]))
            }
            b"blame" | b"annotate" => revisions() > 0,
            b"grep" => {
                // The first word is the pattern, unless options name the patterns.
                let is_option = |word: &[u8]| word.starts_with(b"-e") || word.starts_with(b"-f");
                let values = self.words.iter().filter(|word| is_option(word) && word.len() == 2).count();
                revisions() > if any(&is_option) { values } else { 1 } || has(&["--cached"])
            }
            b"bundle" => self.words.first() == Some(&&b"create"[..]),
            b"worktree" => self.words.first() == Some(&&b"add"[..]),
            b"fast-export" | b"format-patch" | b"unpack-file" => true,
            _ => false,
        };
        let writes_elsewhere = INTO_WORK_TREE.iter().any(|command| command.as_bytes() == self.command)
            && self.work_tree.as_ref().is_some_and(|directory| !is_inside(directory));
        (takes || writes_elsewhere) && (self.names_repository || is_inside(&self.directory))
    }

    /// Whether the only revision that the call names is the checked-out commit.
    fn is_against_head(&self) -> bool {
        let mut words = self.words.iter().take_while(|word| **word != b"--").filter(|word| !word.starts_with(b"-"));
        matches!(words.next(), Some(&b"HEAD" | &b"@")) && words.next().is_none()
    }

    /// Whether `git diff` compares files as `diff` does: with `--no-index`, or if git runs outside of the repository,
    /// or if a path is outside of the repository.
    fn compares_files(&self, is_inside: impl Fn(&[u8]) -> bool) -> bool {
        let mut paths = self.words.iter().filter(|word| !word.starts_with(b"-"));
        self.words.contains(&&b"--no-index"[..])
            || !(self.names_repository || is_inside(&self.directory))
            || paths.any(|path| !is_inside(&beneath(&self.directory, path)))
    }
}

/// Returns the values of options that name files.
fn named_files<'w>(words: &[&'w [u8]]) -> Vec<&'w [u8]> {
    let mut files = Vec::new();
    let options = words.iter().take_while(|word| **word != b"--").enumerate();
    for (at, word) in options {
        let is_short = word.len() > 1 && word[0] == b'-' && word[1..].iter().all(u8::is_ascii_alphabetic);
        if WITH_FILE.iter().any(|option| option.as_bytes() == *word) || is_short && word.ends_with(b"F") {
            files.extend(words.get(at + 1));
        }
        for option in WITH_FILE {
            let end = if option.starts_with("--") { &b"="[..] } else { b"" };
            let value = word.strip_prefix(option.as_bytes()).and_then(|rest| rest.strip_prefix(end));
            files.extend(value.filter(|value| !value.is_empty()));
        }
    }
    files
}

/// Returns an absolute path as it is, and any other path joined to the directory that it starts from.
fn beneath(directory: &[u8], path: &[u8]) -> Vec<u8> {
    if path.starts_with(b"/") { path.to_vec() } else { [directory, b"/", path].concat() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_inside(path: &[u8]) -> bool {
        path.starts_with(b"/r") && !path.ends_with(b"/../x")
    }

    fn words(text: &str) -> Vec<Vec<u8>> {
        text.split(' ').map(|word| word.as_bytes().to_vec()).collect()
    }

    fn counted(text: &str, directory: &str) -> CountedReads {
        let words = words(text);
        let call = GitCall::read(&words, directory.into());
        call.map_or(CountedReads::Of(Vec::new()), |call| call.counted_reads(is_inside))
    }

    #[test]
    fn git_is_known_by_its_name_and_by_its_directory() {
        let own: Option<&[u8]> = Some(b"/usr/lib/git-core");
        for program in
            ["/usr/bin/git", "/usr/lib/git-core/git-gui", "/usr/lib/git-core/mergetools/x", "/usr/bin/git-lfs"]
        {
            assert!(is_git(program.as_bytes(), own), "{program}");
        }
        for program in ["/x/git-core/tool", "/usr/lib/git-core-2/x", "/usr/bin/git-x", "/usr/bin/gitk", "/x/git/tool"] {
            assert!(!is_git(program.as_bytes(), own), "{program}");
        }
        assert!(!is_git(b"/usr/lib/git-core/git-gui", None));
    }

    #[test]
    fn commands_read_what_files_hold_unless_they_are_about_tracked_ones() {
        for text in [
            "git apply a.patch",
            "/usr/bin/git -C apply --no-pager config -f a x.y",
            "git hash-object a",
            "git grep x",
            "git blame a",
            "git merge-file a b c",
            "git an-alias",
            "git diff --stat --no-index a b",
            "git diff a /tmp/b",
            "git -C .. diff -- a ../x",
            "git -C /tmp diff a b",
            "git lfs pointer --file=a",
            "git-lfs pointer --file=a",
            "git-apply a",
        ] {
            assert_eq!(counted(text, "/r"), CountedReads::All, "{text}");
        }
        for text in [
            "git",
            "git status",
            "git -C config status",
            "git diff a",
            "git diff HEAD -- a /r/b",
            "git --git-dir=/r/.git --work-tree /r diff",
            "git add apply",
            "git -c",
            "git lfs pull",
            "git-lfs smudge a",
        ] {
            assert_eq!(counted(text, "/r"), CountedReads::Of(Vec::new()), "{text}");
        }
        assert_eq!(counted("git diff a b", "/tmp"), CountedReads::All);
        assert!(GitCall::read(&[], b"/r".to_vec()).is_none());
    }

    #[test]
    fn files_that_options_name_are_read() {
        let named = |text: &str| match counted(text, "/r/api") {
            CountedReads::Of(files) => files.iter().map(|file| String::from_utf8_lossy(file).into_owned()).collect(),
            CountedReads::All => vec!["all".to_owned()],
        };
        assert_eq!(named("git commit -F a -m b --template=../c -- -F d"), ["/r/api/a", "/r/api/../c"]);
        assert_eq!(named("git -C .. tag -aF /r/a v1 -Fb"), ["/r/a", "/r/api/../b"]);
        assert_eq!(named("git am --quiet a b"), ["/r/api/--quiet", "/r/api/a", "/r/api/b"]);
        assert_eq!(named("git commit -F"), [""; 0]);
    }

    #[test]
    fn some_commands_take_what_files_hold_from_objects() {
        let takes = |text: &str| {
            let words = words(text);
            GitCall::read(&words, b"/r/api".to_vec()).unwrap().takes_objects(is_inside, |path| path.ends_with(b"/file"))
        };
        for text in [
            "git archive HEAD a",
            "git cat-file -p HEAD:a",
            "git cat-file --batch",
            "git checkout-index --prefix=/tmp/ -a",
            "git show HEAD:a",
            "git --git-dir=/r/.git -C /tmp archive HEAD",
            "git worktree add /tmp/x",
            "git show 1234567",
            "git show HEAD -- a",
            "git show -s HEAD:a",
            "git show --stat -p",
            "git log -p",
            "git log -L1,2:a",
            "git stash show -p",
            "git diff-tree -p HEAD",
            "git diff HEAD~1",
            "git diff HEAD~1 HEAD -- a",
            "git diff --cached",
            "git blame HEAD -- a",
            "git grep x HEAD",
            "git grep -e x HEAD file",
            "git format-patch --stdout HEAD~1",
            "git bundle create /tmp/x HEAD",
            "git fast-export HEAD",
            "git-upload-pack /r",
            "git --work-tree=/tmp/x checkout -f HEAD -- .",
            "git --work-tree /tmp/x reset --hard",
        ] {
            assert!(takes(text), "{text}");
        }
        for text in [
            "git archive --list",
            "git cat-file -e HEAD:a",
            "git checkout-index -a",
            "git show -s --format=%h:%s HEAD",
            "git worktree list",
            "git -C /tmp show HEAD:a",
            "git status",
            "git show --no-patch --format=%ct",
            "git show --stat=80 HEAD",
            "git log -1 --format=%h",
            "git diff",
            "git diff HEAD",
            "git diff file",
            "git diff --quiet HEAD~1",
            "git diff --exit-code HEAD -- a",
            "git blame file",
            "git grep x file",
            "git grep -e x -- HEAD",
            "git stash -u",
            "git diff --no-index file a",
            "git bundle verify /tmp/x",
            "git-upload-pack /tmp/y",
            "git --work-tree=/r checkout -f HEAD -- .",
            "git --work-tree=/tmp/x status",
        ] {
            assert!(!takes(text), "{text}");
        }
    }
}
