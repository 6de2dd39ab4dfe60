//! Every command and every flag, from the program's own help.

use std::fmt::Write as _;

use super::kept;
use crate::docs::regex;
use crate::repo::Repo;

const HEAD: &str = "# Commands and flags

What `rebake help COMMAND` says. `rebake man DIR` writes the same as man pages.

";

/// A help text without the flags that all commands have, and these.
fn apart(help: &str) -> (String, String) {
    let (before, behind) = help.split_once("\nGeneral:\n").unwrap_or((help, ""));
    // The section ends where a line is not indented.
    let end = regex(r"(?m)^\S").find(behind).map_or(behind.len(), |found| found.start());
    let (general, rest) = behind.split_at(end);
    let rest = if rest.is_empty() { String::new() } else { format!("\n{rest}") };
    (format!("{}\n{rest}", before.trim_end()), format!("General:\n{}", general.trim_end()))
}

#[test]
fn every_flag_is_that_of_the_program() {
    let repo = Repo::new();
    let help = repo.rebake(["--help"]).success().text();
    let (_, commands) = help.split_once("Commands:\n").unwrap();
    let verb = regex(r"(?m)^  ([a-z]+) ");
    let verbs = verb.captures_iter(commands.split("\n\n").next().unwrap()).map(|found| found[1].to_owned());
    let mut page = HEAD.to_owned();
    let mut general = String::new();
    for verb in verbs.filter(|verb| verb != "help") {
        let (own, flags) = apart(&repo.rebake([verb.as_str(), "--help"]).success().text());
        if flags.len() > general.len() {
            general = flags;
        }
        let _ = writeln!(page, "## rebake {verb}\n\n```text\n{}\n```\n", own.trim_end());
    }
    let _ = writeln!(page, "## Flags of all commands\n\n```text\n{general}\n```");
    kept("commands.md", &page);
}
