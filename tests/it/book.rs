//! The book in `docs`: its pages are listed and lead to each other, and what they show is what rebake takes.

use std::collections::BTreeSet;
use std::path::{Component, Path, PathBuf};

use crate::docs::{anchors, links, regex};
use crate::repo::Repo;
use crate::source;

/// The pages of the book, from the root of the project.
fn pages() -> Vec<String> {
    let is_page = |file: &String| file.starts_with("docs/") && file.ends_with(".md") && file != "docs/SUMMARY.md";
    source::tracked().into_iter().filter(is_page).collect()
}

/// A path without `..`, or `None` if it leads out of its first folder.
fn normal(path: &Path) -> Option<PathBuf> {
    let mut normal = PathBuf::new();
    for part in path.components() {
        match part {
            Component::ParentDir => _ = normal.pop(),
            part => normal.push(part),
        }
    }
    normal.starts_with("docs").then_some(normal)
}

#[test]
fn the_summary_lists_every_page_once() {
    let listed: Vec<String> =
        links(&source::read("docs/SUMMARY.md")).iter().map(|link| format!("docs/{link}")).collect();
    let set: BTreeSet<&String> = listed.iter().collect();
    assert_eq!(set.len(), listed.len(), "a page is listed twice");
    assert_eq!(set, pages().iter().collect(), "docs/SUMMARY.md, and the pages below docs");
}

/// What lies outside of the book has no page there: pages link to it on GitHub.
#[test]
fn links_stay_in_the_book() {
    let mut outside = Vec::new();
    for page in pages() {
        let folder = Path::new(&page).parent().unwrap();
        for link in links(&source::read(&page)).iter().filter(|link| !link.starts_with(['/', '#'])) {
            let path = link.split('#').next().unwrap();
            if normal(&folder.join(path)).is_none() {
                outside.push(format!("{page}: {link}"));
            }
        }
    }
    assert!(outside.is_empty(), "\n{}", outside.join("\n"));
}

/// The code blocks of the pages and of README in a language, each with its page.
fn blocks(language: &str) -> Vec<(String, String)> {
    let mut blocks = Vec::new();
    for page in pages().into_iter().chain(["README.md".to_owned()]) {
        let text = source::read(&page);
        let found = text.split("```").skip(1).step_by(2);
        let found = found.filter_map(|block| block.strip_prefix(&format!("{language}\n")));
        blocks.extend(found.map(|block| (page.clone(), block.to_owned())));
    }
    blocks
}

/// A block that begins so is a whole file, in a repository that has what it names.
#[test]
fn every_configuration_is_valid() {
    let mut shown = blocks("yaml");
    shown.retain(|(_, block)| block.starts_with("# filters.yaml"));
    assert!(shown.len() >= 9, "{shown:?}");
    for (page, filters) in shown {
        let repo = Repo::new();
        let path = regex(r#"path: "?([\w/.-]+)"#);
        for found in path.captures_iter(&filters) {
            repo.write(format!("{}/main", &found[1]), "").write(format!("{}/Dockerfile", &found[1]), "FROM scratch\n");
        }
        repo.write("filters.yaml", &filters).commit("first");
        let plan = repo.rebake(["plan", "--all", "--dead", "error", "--unmatched", "ignore"]).success();
        assert!(plan.text().contains("to rebuild"), "{page}: {}", plan.text());
    }
}

/// A wrong flag comes before the request for help, and is refused.
#[test]
fn every_command_exists() {
    let tables: Vec<String> = pages()
        .iter()
        .flat_map(|page| {
            let text = source::read(page);
            let rows =
                text.lines().filter(|line| line.starts_with('|')).flat_map(|line| line.split('`').skip(1).step_by(2));
            rows.map(str::to_owned).collect::<Vec<_>>()
        })
        .collect();
    let blocks = blocks("sh");
    let lines = blocks.iter().flat_map(|(_, block)| block.lines()).chain(tables.iter().map(String::as_str));
    // Up to a comment, and to where a shell takes over.
    let end = regex(r"\s(#|\||>|<|&&).*|\\$");
    let commands: BTreeSet<Vec<String>> = lines
        .filter(|line| line.starts_with("rebake "))
        .map(|line| end.replace(line, "").split_whitespace().map(str::to_owned).collect())
        .collect();
    assert!(commands.len() > 60, "{commands:?}");
    let repo = Repo::new();
    for command in commands {
        let words = command[1..].iter().map(|word| word.trim_matches(['"', '\'']));
        repo.rebake(words.take_while(|word| *word != "--").chain(["--help"])).success();
    }
}

/// The built site: each link of each page leads to a file and to an element there.
#[test]
#[ignore = "reads the built site: .ci/run runs it"]
#[expect(clippy::disallowed_methods, reason = "the variable is about this test, not about rebake")]
fn every_link_of_the_site_leads_somewhere() {
    let site = PathBuf::from(std::env::var("REBAKE_SITE").expect("REBAKE_SITE names the built site"));
    let link = regex(r#"href="([^"]+)""#);
    let mut count = 0;
    let mut broken = Vec::new();
    for page in pages() {
        let page = site.join(page.trim_start_matches("docs/").trim_end_matches("md")).with_extension("html");
        let text = std::fs::read_to_string(&page).unwrap_or_else(|error| panic!("{}: {error}", page.display()));
        let (_, main) = text.split_once("<main>").unwrap();
        for found in link.captures_iter(main.split_once("</main>").unwrap().0) {
            if found[1].contains("://") {
                continue;
            }
            count += 1;
            let (path, id) = found[1].split_once('#').unwrap_or((&found[1], ""));
            let target = if path.is_empty() { page.clone() } else { page.parent().unwrap().join(path) };
            let there = std::fs::read_to_string(&target).unwrap_or_default();
            if there.is_empty() || !(id.is_empty() || there.contains(&format!("id=\"{id}\""))) {
                broken.push(format!("{}: {}", page.display(), &found[1]));
            }
        }
    }
    assert!(broken.is_empty(), "\n{}", broken.join("\n"));
    assert!(count > 300, "{count}");
}

#[test]
fn the_readme_is_short() {
    let text = source::read("README.md");
    assert!(text.lines().count() <= 80, "README.md leads to the book; what is long belongs there");
    assert!(anchors(&text).contains("where-to-read-on"));
}
