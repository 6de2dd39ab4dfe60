//! Documents and comments refer only to what is there: links and their anchors, paths, verbs, rules, functions.

use std::collections::BTreeSet;
use std::path::Path;

use regex::Regex;

use crate::repo::Repo;
use crate::source;

/// References to documents that are not in the repository.
const DANGLING: [&str; 4] = [r"\bspec\b[^.'*]*\bsections?\b", r"\bthe spec\b", r"\bfn p[0-9]+_", r"\bissue #?[0-9]+\b"];

pub(crate) fn regex(text: &str) -> Regex {
    Regex::new(text).unwrap()
}

/// The tracked files of the project that end so.
fn tracked(ends: &[&str]) -> Vec<String> {
    let is_wanted = |file: &String| ends.iter().any(|end| file.ends_with(end)) && !file.starts_with("tests/data/");
    source::tracked().into_iter().filter(is_wanted).collect()
}

/// The tracked Markdown files of the project, without those of an example that is a repository of its own.
fn documents() -> Vec<String> {
    let mut files = tracked(&[".md"]);
    files.retain(|file| !file.starts_with("examples/capstone/"));
    files
}

/// Every text that refers to the project: documents whole, of Rust sources the comments. Each line has its place.
fn lines() -> Vec<(String, String)> {
    let mut lines = Vec::new();
    let mut add = |file: &str, is_read: &dyn Fn(&str) -> bool| {
        let text = source::read(file);
        let numbered = text.lines().zip(1..).filter(|(line, _)| is_read(line));
        lines.extend(numbered.map(|(line, number)| (format!("{file}:{number}"), line.to_owned())));
    };
    // What was released stays as it was written.
    documents().iter().filter(|file| *file != "CHANGELOG.md").for_each(|file| add(file, &|_| true));
    let comment = |line: &str| line.trim_start().starts_with("//");
    for file in ["src", "tests", "examples"].into_iter().flat_map(source::rust_files) {
        // This file has the words that it looks for.
        if file != "tests/it/docs.rs" {
            add(&file, &comment);
        }
    }
    lines
}

/// The links of a Markdown text that lead to a file or a heading of the project. Those to its place on GitHub begin with
/// `/`, the root.
pub(crate) fn links(text: &str) -> Vec<String> {
    let target = regex(r"\]\(([^)\s]+)\)");
    let code = regex("`[^`]*`");
    let mut fenced = false;
    let mut found = Vec::new();
    for line in text.lines() {
        if line.trim_start().starts_with("```") {
            fenced = !fenced;
        } else if !fenced {
            // A link may have code as its text, and code may have what looks like a link.
            let line = code.replace_all(line, "code");
            found.extend(target.captures_iter(&line).map(|found| found[1].to_owned()));
        }
    }
    let on_github = regex(&format!("^{}/(?:blob|tree)/main", env!("CARGO_PKG_REPOSITORY")));
    let mut found: Vec<String> = found.iter().map(|target| on_github.replace(target, "").into_owned()).collect();
    found.retain(|target| !target.contains("://") && !target.starts_with("mailto:"));
    found
}

/// The anchors of a Markdown text, as GitHub makes them of its headings.
pub(crate) fn anchors(text: &str) -> BTreeSet<String> {
    let mut anchors = BTreeSet::new();
    let mut fenced = false;
    for line in text.lines() {
        fenced ^= line.trim_start().starts_with("```");
        if let Some(heading) = line.strip_prefix('#').filter(|_| !fenced) {
            let kept = heading.trim_start_matches('#').trim().to_lowercase();
            let kept = kept.chars().filter(|letter| letter.is_alphanumeric() || " -_".contains(*letter));
            let anchor: String = kept.map(|letter| if letter == ' ' { '-' } else { letter }).collect();
            let taken = (1..).map(|number| format!("{anchor}-{number}"));
            let free = std::iter::once(anchor.clone()).chain(taken).find(|anchor| !anchors.contains(anchor));
            anchors.extend(free);
        }
    }
    anchors
}

#[test]
fn every_link_leads_to_a_file_and_a_heading() {
    let mut broken = Vec::new();
    for file in documents() {
        let folder = Path::new(&file).parent().unwrap().to_owned();
        for link in links(&source::read(&file)) {
            let (path, anchor) = link.split_once('#').map_or((link.as_str(), None), |(path, to)| (path, Some(to)));
            let target = match path.strip_prefix('/') {
                Some(from_root) => from_root.to_owned(),
                None if path.is_empty() => file.clone(),
                None => folder.join(path).to_str().unwrap().to_owned(),
            };
            let is_there = Path::new(source::ROOT).join(&target).exists();
            if !is_there || anchor.is_some_and(|anchor| !anchors(&source::read(&target)).contains(anchor)) {
                broken.push(format!("{file}: {link}"));
            }
        }
    }
    assert!(broken.is_empty(), "\n{}", broken.join("\n"));
}

#[test]
fn links_and_anchors_are_found() {
    let text =
        "# A `b` c\n[x](y.md#z) `[no](no)` [`code`](#a-b-c) [far](https://x.y)\n```\n[no](no)\n# no\n```\n## A b c\n";
    assert_eq!(links(text), ["y.md#z", "#a-b-c"]);
    assert_eq!(links(concat!("[x](", env!("CARGO_PKG_REPOSITORY"), "/blob/main/y.md#z)")), ["/y.md#z"]);
    assert_eq!(anchors(text).into_iter().collect::<Vec<_>>(), ["a-b-c", "a-b-c-1"]);
}

#[test]
fn every_path_that_is_named_is_there() {
    let path =
        regex(r"(^|[\s`(\[|])((?:src|tests|docs|examples|\.ci|\.github/action)/[A-Za-z0-9_./-]*[A-Za-z0-9_])([*{]?)");
    let mut missing = Vec::new();
    // What is made from the program has paths of examples.
    for (place, line) in lines().into_iter().filter(|(place, _)| !place.starts_with("docs/reference/")) {
        for found in path.captures_iter(&line) {
            let is_pattern = !found[3].is_empty();
            if !is_pattern && !Path::new(source::ROOT).join(&found[2]).exists() {
                missing.push(format!("{place}: {}", &found[2]));
            }
        }
    }
    assert!(missing.is_empty(), "\n{}", missing.join("\n"));
}

#[test]
fn every_verb_that_is_named_is_there() {
    let help = Repo::new().rebake(["--help"]).success().text();
    let (_, commands) = help.split_once("Commands:\n").unwrap();
    let verb = regex(r"(?m)^  ([a-z]+) ");
    let section = commands.split("\n\n").next().unwrap();
    let mut verbs: BTreeSet<&str> = verb.captures_iter(section).map(|found| found.get(1).unwrap().as_str()).collect();
    assert!(verbs.contains("plan") && verbs.contains("why"), "{help}");
    // clap's own, and one that is not for people.
    verbs.extend(["help", "watch"]);
    let named = regex(r"`(?:exec )?rebake ([a-z]+)");
    let mut missing = Vec::new();
    for (place, line) in lines() {
        let found = named.captures_iter(&line).map(|found| found[1].to_owned());
        missing.extend(found.filter(|verb| !verbs.contains(verb.as_str())).map(|verb| format!("{place}: {verb}")));
    }
    assert!(missing.is_empty(), "\n{}", missing.join("\n"));
}

#[test]
fn nothing_refers_to_a_document_that_is_elsewhere() {
    let rule = regex(r"\bR0[0-9]{2}\b");
    let sources: String = source::rust_files("src").iter().map(|file| source::read(file)).collect();
    let dangling: Vec<Regex> = DANGLING.iter().map(|text| regex(text)).collect();
    let mut found = Vec::new();
    for (place, line) in lines() {
        let is_dangling = dangling.iter().any(|dangling| dangling.is_match(&line));
        let unknown = rule.find_iter(&line).any(|rule| !sources.contains(&format!("\"{}\"", rule.as_str())));
        if is_dangling || unknown {
            found.push(format!("{place}: {}", line.trim()));
        }
    }
    for file in source::rust_files("tests/it").iter().filter(|file| *file != "tests/it/docs.rs") {
        let numbered = dangling[2].find_iter(&source::read(file)).count();
        if numbered > 0 {
            found.push(format!("{file}: {numbered} tests are named after a number"));
        }
    }
    assert!(found.is_empty(), "\n{}", found.join("\n"));
}

#[test]
fn the_functions_that_the_architecture_names_are_there() {
    let step = regex(r"`(src/[a-z0-9_/]+\.rs)`: ((?:`[a-z0-9_]+`(?:, )?)+)");
    let name = regex("`([a-z0-9_]+)`");
    let mut missing = Vec::new();
    let mut count = 0;
    for found in step.captures_iter(&source::read("ARCHITECTURE.md")) {
        let text = source::read(&found[1]);
        for name in name.captures_iter(&found[2]) {
            count += 1;
            if !regex(&format!(r"\bfn {}\b", &name[1])).is_match(&text) {
                missing.push(format!("{}: {}", &found[1], &name[1]));
            }
        }
    }
    assert!(missing.is_empty(), "\n{}", missing.join("\n"));
    assert!(count > 20, "{count}");
}

#[test]
fn the_action_has_one_name_everywhere() {
    let repository = env!("CARGO_PKG_REPOSITORY");
    assert_eq!(env!("CARGO_PKG_HOMEPAGE"), repository);
    let name = repository.strip_prefix("https://github.com/").unwrap();
    let used = regex(r"\b([A-Za-z0-9-]+/rebake)@[0-9a-f]{40}");
    let mut count = 0;
    for file in tracked(&[".md", ".yaml", ".yml"]) {
        for found in used.captures_iter(&source::read(&file)) {
            assert_eq!(&found[1], name, "{file}, and the repository of Cargo.toml");
            count += 1;
        }
    }
    assert!(count > 5, "{count}");
}
