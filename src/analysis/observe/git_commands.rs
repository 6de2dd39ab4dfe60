//! Which commands are git about its own business: its reads are no inputs.

/// The options of git that stand before its subcommand and have a value behind them.
const WITH_VALUE: [&[u8]; 7] =
    [b"-C", b"-c", b"--git-dir", b"--work-tree", b"--namespace", b"--config-env", b"--super-prefix"];

/// Whether a program outside of the repository is git, and runs to keep track of files. Some of its subcommands read files
/// as any program does.
pub(super) fn is_about_tracked(program: &[u8], arguments: &[Vec<u8>], own: Option<&[u8]>) -> bool {
    is_git(program, own) && !reads_content(arguments)
}

/// Whether a program is git, or one of those that it keeps for itself in a directory.
fn is_git(program: &[u8], own: Option<&[u8]>) -> bool {
    let name = program.rsplit(|byte| *byte == b'/').next().unwrap_or_default();
    let is_own = own.and_then(|own| program.strip_prefix(own)).is_some_and(|rest| rest.starts_with(b"/"));
    name == b"git" || name.starts_with(b"git-remote-") || is_own
}

/// Whether a command of git reads files for what they hold, tracked or not.
fn reads_content(arguments: &[Vec<u8>]) -> bool {
    let mut words = arguments.iter().map(Vec::as_slice);
    let program = words.next().unwrap_or_default();
    let program = program.rsplit(|byte| *byte == b'/').next().unwrap_or_default();
    let command = match program.strip_prefix(b"git-") {
        Some(command) => command,
        None => loop {
            match words.next() {
                None => return false,
                Some(option) if WITH_VALUE.contains(&option) => _ = words.next(),
                Some(option) if option.starts_with(b"-") => {}
                Some(command) => break command,
            }
        },
    };
    match command {
        b"apply" | b"config" | b"hash-object" => true,
        b"diff" => words.any(|word| word == b"--no-index"),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn git_is_known_by_its_name_and_by_its_directory() {
        let own: Option<&[u8]> = Some(b"/usr/lib/git-core");
        for program in
            ["/usr/bin/git", "/usr/lib/git-core/git-gui", "/usr/lib/git-core/mergetools/x", "/x/git-remote-s3"]
        {
            assert!(is_git(program.as_bytes(), own), "{program}");
        }
        for program in ["/x/git-core/tool", "/usr/lib/git-core-2/x", "/usr/bin/git-lfs", "/usr/bin/gitk", "/x/git/tool"]
        {
            assert!(!is_git(program.as_bytes(), own), "{program}");
        }
        assert!(!is_git(b"/usr/lib/git-core/git-gui", None));
    }

    #[test]
    fn some_commands_read_what_files_hold() {
        let reads = |text: &str| {
            let words: Vec<Vec<u8>> = text.split(' ').map(|word| word.as_bytes().to_vec()).collect();
            reads_content(&words)
        };
        for text in [
            "git apply a.patch",
            "/usr/bin/git -C apply --no-pager config -f a x.y",
            "git hash-object a",
            "git diff --stat --no-index a b",
            "git-apply a",
        ] {
            assert!(reads(text), "{text}");
        }
        for text in ["git", "git status", "git -C config status", "git diff a", "git add apply", "git -c"] {
            assert!(!reads(text), "{text}");
        }
        assert!(!reads_content(&[]));
    }
}
