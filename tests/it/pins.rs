//! The actions of others that this project uses and shows: all at the commits of one list, `.github/pins.txt`.

use std::collections::{BTreeMap, BTreeSet};

use crate::docs::regex;
use crate::source;

/// What the list says of each action: `commit # version`.
fn pins() -> BTreeMap<String, String> {
    let text = source::read(".github/pins.txt");
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    let pin = |line: &str| {
        let [action, commit, version] = line.split(' ').collect::<Vec<_>>()[..] else { panic!("{line}") };
        assert!(regex("^[0-9a-f]{40}$").is_match(commit), "{line}");
        (action.to_owned(), format!("{commit} # {version}"))
    };
    lines.map(pin).collect()
}

/// The actions that a file uses, each with what stands behind it on its line.
fn used(file: &str) -> Vec<(String, String)> {
    let uses = regex(r"(?m)^[ -]*(?:- )?uses: ([\w./-]+)@(.*)$");
    uses.captures_iter(&source::read(file)).map(|found| (found[1].to_owned(), found[2].to_owned())).collect()
}

#[test]
fn every_action_is_at_the_commit_of_the_list() {
    let pins = pins();
    let mut wrong = Vec::new();
    let mut seen = BTreeSet::new();
    let is_read = |file: &String| !file.starts_with("tests/data/") && file != "CHANGELOG.md";
    for file in source::tracked().into_iter().filter(is_read) {
        let is_workflow = file.ends_with(".yaml") || file.ends_with(".yml");
        if !is_workflow && !file.ends_with(".md") {
            continue;
        }
        for (action, at) in used(&file) {
            match pins.get(&action) {
                Some(pin) if at.starts_with(pin) => _ = seen.insert(action),
                Some(pin) => wrong.push(format!("{file}: {action}@{at}, and the list has {pin}")),
                // Documents show the workflows of other tools.
                None if is_workflow && action != "OWNER/rebake" => {
                    wrong.push(format!("{file}: {action} is not in the list"));
                }
                None => {}
            }
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
    assert_eq!(seen, pins.into_keys().collect(), "what is used, and the list");
}
