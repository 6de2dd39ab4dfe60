//! Which of its reads git does about its own business: those are no inputs.

/// The reads of a program that count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum CountedReads {
    /// All of them.
    All,
    /// Of these files alone, by paths that may have links.
    Of(Vec<Vec<u8>>),
}

/// The options of git that stand before its subcommand and have a value behind them.
const WITH_VALUE: [&[u8]; 7] =
    [b"-C", b"-c", b"--git-dir", b"--work-tree", b"--namespace", b"--config-env", b"--super-prefix"];

/// The subcommands that open files of the work tree to see whether they have changed, or to know how to treat others. All
/// others, and what nobody knows, read them as any program does: `apply`, `blame`, `config`, `grep`, `merge-file`.
const ABOUT_TRACKED: [&str; 66] = [
    "add",
    "am",
    "archive",
    "bisect",
    "branch",
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
    "mv",
    "name-rev",
    "notes",
    "pull",
    "push",
    "read-tree",
    "rebase",
    "reflog",
    "remote",
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
    "stash",
    "status",
    "submodule",
    "submodule--helper",
    "switch",
    "tag",
    "update-index",
    "whatchanged",
    "worktree",
];

/// The options whose value is a file that is read: `git commit -F message`.
const WITH_FILE: [&str; 6] = ["--file", "--template", "--pathspec-from-file", "--add-file", "-F", "-t"];

/// Whether a program outside of the repository is git, or one of those that it keeps for itself in a directory, or
/// git-lfs: what these write is what the repository holds.
pub(super) fn is_git(program: &[u8], own: Option<&[u8]>) -> bool {
    let name = program.rsplit(|byte| *byte == b'/').next().unwrap_or_default();
    let is_own = own.and_then(|own| program.strip_prefix(own)).is_some_and(|rest| rest.starts_with(b"/"));
    name == b"git" || name == b"git-lfs" || is_own
}

/// Returns the reads of git that count, by its arguments and the directory in which it starts. `is_inside` says of an
/// absolute path whether it lies in the repository.
pub(super) fn counted_reads(
    arguments: &[Vec<u8>],
    directory: &[u8],
    is_inside: impl Fn(&[u8]) -> bool,
) -> CountedReads {
    let mut words = arguments.iter().map(Vec::as_slice);
    let program = words.next().unwrap_or_default();
    let program = program.rsplit(|byte| *byte == b'/').next().unwrap_or_default();
    let (mut directory, mut is_told_where) = (directory.to_vec(), false);
    let command = match program.strip_prefix(b"git-") {
        Some(command) => command,
        None => loop {
            match words.next() {
                None => return CountedReads::Of(Vec::new()),
                Some(b"-C") => directory = beneath(&directory, words.next().unwrap_or_default()),
                Some(option) if WITH_VALUE.contains(&option) => {
                    is_told_where |= option == b"--git-dir" || option == b"--work-tree";
                    words.next();
                }
                Some(option) if option.starts_with(b"-") => {
                    is_told_where |= option.starts_with(b"--git-dir=") || option.starts_with(b"--work-tree=");
                }
                Some(command) => break command,
            }
        },
    };
    let words: Vec<&[u8]> = words.collect();
    let is_listed = ABOUT_TRACKED.iter().any(|listed| listed.as_bytes() == command);
    let reads_all = match command {
        b"diff" => compares_files(
            &words,
            |path| is_inside(&beneath(&directory, path)),
            || is_told_where || is_inside(&directory),
        ),
        b"lfs" => words.first() == Some(&&b"pointer"[..]),
        _ => !is_listed,
    };
    if reads_all {
        return CountedReads::All;
    }
    let files = if command == b"am" { words } else { named_files(&words) };
    CountedReads::Of(files.into_iter().map(|file| beneath(&directory, file)).collect())
}

/// Whether `git diff` compares files as `diff` does: it is told to, or looks at one that no repository holds.
fn compares_files(words: &[&[u8]], is_inside: impl Fn(&[u8]) -> bool, is_in_repository: impl Fn() -> bool) -> bool {
    let is_path = |word: &&&[u8]| !word.starts_with(b"-");
    words.contains(&&b"--no-index"[..])
        || !is_in_repository()
        || words.iter().filter(is_path).any(|path| !is_inside(path))
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

/// Returns a path as it is seen from a directory.
fn beneath(directory: &[u8], path: &[u8]) -> Vec<u8> {
    if path.starts_with(b"/") { path.to_vec() } else { [directory, b"/", path].concat() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counted(text: &str, directory: &str) -> CountedReads {
        let words: Vec<Vec<u8>> = text.split(' ').map(|word| word.as_bytes().to_vec()).collect();
        let is_inside = |path: &[u8]| path.starts_with(b"/r") && !path.ends_with(b"/../x");
        counted_reads(&words, directory.as_bytes(), is_inside)
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
        assert_eq!(counted_reads(&[], b"/r", |_| true), CountedReads::Of(Vec::new()));
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
}
