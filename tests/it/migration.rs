//! What `docs/migration.md` shows is true of this program.

use crate::repo::Repo;
use crate::source;

/// The text of the code blocks of a language.
fn blocks(language: &str) -> Vec<String> {
    let text = source::read("docs/migration.md");
    let blocks = text.split("```").skip(1).step_by(2);
    blocks.filter_map(|block| block.strip_prefix(&format!("{language}\n"))).map(str::to_owned).collect()
}

#[test]
fn its_configurations_are_valid() {
    let shown: Vec<String> = blocks("yaml").into_iter().filter(|block| block.starts_with("# filters.yaml")).collect();
    assert!(shown.len() >= 2, "{shown:?}");
    for filters in shown {
        let repo = Repo::new();
        for path in ["services/api/main", "libs/shared/main", "apps/shop/main"] {
            repo.write(path, "");
        }
        repo.write("filters.yaml", &filters).commit("first");
        repo.rebake(["plan", "--all", "--dead", "error", "--unmatched", "ignore"]).success().stderr("");
    }
}

/// A wrong flag comes before the request for help, and is refused.
#[test]
fn its_commands_exist() {
    let text = source::read("docs/migration.md");
    let in_tables =
        text.lines().filter(|line| line.starts_with('|')).flat_map(|line| line.split('`').skip(1).step_by(2));
    let blocks = blocks("sh");
    let commands = blocks.iter().flat_map(|block| block.lines()).chain(in_tables);
    let words = |command: &str| command.split('#').next().unwrap().split_whitespace().map(str::to_owned).collect();
    let commands: Vec<Vec<String>> = commands.filter(|line| line.starts_with("rebake ")).map(words).collect();
    assert!(commands.len() > 10, "{commands:?}");
    for command in commands {
        Repo::new().rebake(command[1..].iter().map(String::as_str).chain(["--help"])).success();
    }
}

#[test]
fn its_links_lead_somewhere() {
    let text = source::read("docs/migration.md");
    let headings: Vec<String> = text
        .lines()
        .filter_map(|line| line.strip_prefix("## "))
        .map(|heading| heading.to_lowercase().replace(['/', '.'], "").replace(' ', "-"))
        .collect();
    for link in text.split("](").skip(1).map(|behind| behind.split_once(')').unwrap().0) {
        match link.strip_prefix('#') {
            Some(anchor) => assert!(headings.iter().any(|heading| heading == anchor), "{anchor} in {headings:?}"),
            None => assert!(std::path::Path::new(source::ROOT).join("docs").join(link).exists(), "{link}"),
        }
    }
}
