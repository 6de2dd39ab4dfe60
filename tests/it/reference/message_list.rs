//! Messages by id. What they say comes from outputs that tests compare, so that the page shows nothing that rebake does
//! not say.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use crate::docs::regex;
use crate::source;

const PAGE: &str = "docs/reference/messages.md";

const HEAD: &str = "<!-- Made by a test: SNAPSHOTS=overwrite cargo test reference::message_list -->

# Messages

Each message begins with its severity and an id, which does not change. Here is an example of each, with the advice that it \
gives. Places and names are those of the example. [Troubleshooting](../troubleshooting.md) begins with what you see, and \
[Check](../check.md) has the rules `R001` and so on.

";

/// Messages that no compared output has, and what they mean.
const OTHERS: &[(&str, &str)] = &[
    ("bad-label", "a label of the image cannot be read"),
    ("bad-value", "a value of `build_args` or `env` holds a NUL character"),
    ("bare", "the command needs a work tree, and the repository is bare: run it in a clone"),
    (
        "behind",
        "`rebake images` found only an image that was built of other content: build the service, or `--fallback TAG`",
    ),
    ("bug", "a bug of rebake: please report it"),
    ("build", "a build could not be started"),
    ("built-ref", "a built ref cannot be read, so its service counts as never built"),
    ("changed", "a list of changes (`--changed`) cannot be read"),
    ("doubt", "a pattern took too long, so the path counts as matched"),
    ("everything", "the engine does not name the commit before a push, so everything is planned: use `--since built`"),
    ("file-too-large", "the configuration is too large: check that this is the right file"),
    ("library", "a library was named to be released, and nothing builds it: name what is built from it"),
    ("kept-back", "image tags of the plan are not written in this environment"),
    ("malformed-tag", "a tag looks like one of a release, and its version cannot be read"),
    ("mixed-reports", "reports are of different commits or environments; `--allow-mixed` merges them"),
    ("no-default-branch", "the default branch is not known: name it, `--default-branch NAME`"),
    ("no-engine", "`--ci` needs a CI engine, and none was found"),
    ("no-environment", "no environment has this kind of event in its `on`"),
    ("no-filters", "there is no filters.yaml, and no workflow filters paths"),
    ("no-image", "`rebake images` found no image of a service"),
    ("no-patterns", "a filter has no patterns"),
    ("not-affected", "a service that was named is left out, since nothing affects it: `--force` plans it anyway"),
    ("not-asked", "a registry did not answer, or could not be asked"),
    ("not-fetched", "something could not be fetched, so more is planned"),
    ("not-marked", "a build could not be marked as begun at the remote, so only this clone knows if it fails half-way"),
    ("not-reached", "the remote cannot be reached"),
    ("not-sent", "built refs could not be pushed: the message has the command that does it"),
    ("not-tagged", "a tag could not be put on an image, so the service has failed"),
    ("not-taken-back", "a built ref could not be put back after a failure: the message has the command that does it"),
    ("nothing-affected", "no service is affected, so nothing was checked"),
    ("not-there", "an image that was asked for is not in its registry"),
    ("nothing-found", "no file of the repository declares a service: write a filters.yaml"),
    (
        "other-plan",
        "the saved plan says something else than filters.yaml and the commit that is checked out: plan anew",
    ),
    ("output", "the output could not be written"),
    ("public-secret", "the value of a secret is part of a public name, so it is not replaced by `***`"),
    ("published-tag", "no tag, or several, could be the one that all commits have: name it, `--published-tag`"),
    ("registry", "a registry refused or did not answer"),
    ("remote", "git could not reach or read the remote"),
    ("overwrites", "a report would be written over a file that the run reads: name another file"),
    ("trigger", "the event of the CI engine cannot be read"),
    (
        "unchecked",
        "something is not checked, such as filters that only the run knows, or a Dockerfile that cannot be read",
    ),
    (
        "unread-lockfile",
        "it is not known what packages get by a lockfile, so `check` cannot tell what affects their services",
    ),
    ("unpublished", "the event is about a release that is not published, so nothing is planned"),
    ("usage", "flags do not go together"),
    ("workflow", "a file that was named is no workflow"),
];

/// What tests expect rebake to print.
fn outputs() -> String {
    let is_output = |file: &String| {
        file.starts_with("tests/")
            && (file.ends_with(".rs") || file.ends_with(".stderr"))
            && !file.ends_with("message_list.rs")
    };
    let files = source::tracked().into_iter().filter(is_output);
    files.map(|file| source::read(&file)).collect::<Vec<_>>().join("\n")
}

/// A message of an output: its line and its advice.
fn message(lines: &[&str]) -> String {
    let mut text = lines[0].to_owned();
    let mut is_help = false;
    for line in &lines[1..] {
        let trimmed = line.trim_start();
        // Advice has an indented line for each of its lines; anything else is the place, or the end.
        match trimmed.strip_prefix("= ") {
            Some(_) => is_help = true,
            None if is_help && line.starts_with("      ") => {}
            None if trimmed.starts_with("--> ") || trimmed.starts_with("::: ") || trimmed.contains('|') => {
                is_help = false;
            }
            None => break,
        }
        if is_help {
            let _ = write!(text, "\n{line}");
        }
    }
    text
}

/// The messages of the outputs, by id: of each the shortest that gives advice.
fn messages(outputs: &str) -> BTreeMap<String, String> {
    let first = regex(r"^(?:error|warning|note)\[([a-z0-9-]+)\]: \S");
    let lines: Vec<&str> = outputs.lines().collect();
    let mut found: BTreeMap<String, String> = BTreeMap::new();
    for (index, line) in lines.iter().enumerate() {
        let Some(captures) = first.captures(line) else { continue };
        let text = message(&lines[index..(index + 40).min(lines.len())]);
        if text.contains("[..]") {
            continue;
        }
        let rank = |text: &String| (!text.contains('\n'), text.len(), text.clone());
        let known = found.entry(captures[1].to_owned()).or_insert_with(|| text.clone());
        if rank(&text) < rank(known) {
            *known = text;
        }
    }
    found
}

fn page(messages: &BTreeMap<String, String>) -> String {
    let others = OTHERS.iter().filter(|(id, _)| !messages.contains_key(*id));
    let sentence = |meaning: &str| meaning[..1].to_uppercase() + &meaning[1..] + ".\n";
    let others = others.map(|(id, meaning)| ((*id).to_owned(), sentence(meaning)));
    let shown = messages.iter().map(|(id, text)| (id.clone(), format!("```text\n{text}\n```\n")));
    let all: BTreeMap<String, String> = shown.chain(others).collect();
    let text = all.iter().fold(HEAD.to_owned(), |page, (id, text)| format!("{page}## {id}\n\n{text}\n"));
    text.trim_end().to_owned() + "\n"
}

/// The ids that the source gives to messages.
fn ids() -> BTreeSet<String> {
    let given = regex(
        r#"(?:Diagnostic::(?:error|warning)|Failure::new|usage|problems\.error)\(\s*(?:Exit::\w+,\s*)?"([a-z][a-z0-9]*(?:-[a-z0-9]+)*)"\s*[,)]"#,
    );
    let mut ids = BTreeSet::new();
    for file in source::rust_files("src").iter().filter(|file| !file.ends_with("tests.rs")) {
        let text = source::read(file);
        let code = text.split("#[cfg(test)]").next().unwrap();
        ids.extend(given.captures_iter(code).map(|found| found[1].to_owned()));
    }
    ids
}

/// The page need not have the same examples as a new one would: each of its messages is still said, and none is missing.
#[test]
#[expect(clippy::disallowed_methods, reason = "the variable is that of all snapshots")]
fn every_message_is_listed() {
    let outputs = outputs();
    let messages = messages(&outputs);
    if std::env::var("SNAPSHOTS").is_ok_and(|action| action == "overwrite") {
        std::fs::write(std::path::Path::new(source::ROOT).join(PAGE), page(&messages)).unwrap();
    }
    let page = source::read(PAGE);
    let listed: BTreeSet<String> =
        page.lines().filter_map(|line| line.strip_prefix("## ")).map(str::to_owned).collect();
    let said: BTreeSet<String> = messages.keys().cloned().chain(ids()).collect();
    let missing: Vec<&String> = said.difference(&listed).collect();
    assert!(
        missing.is_empty(),
        "{PAGE} lacks {missing:?}: SNAPSHOTS=overwrite cargo test reference::message_list, or OTHERS"
    );
    let lines: BTreeSet<&str> = outputs.lines().collect();
    let shown = page.split("```text\n").skip(1).flat_map(|block| block.split("\n```").next().unwrap().lines());
    let gone: Vec<&str> = shown.filter(|line| !lines.contains(line)).collect();
    assert!(gone.is_empty(), "{PAGE} has what no test expects any more: {gone:#?}");
}
