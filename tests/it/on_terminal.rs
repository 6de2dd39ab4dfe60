//! Tables on terminals of several sizes.

use std::fmt::Write as _;
use std::path::Path;
use std::time::Duration;

use snapbox::Data;

use crate::repo::Repo;
use crate::source;
use crate::tmux::Terminal;

/// Forty-two services with long names; those of `eu` and `us` are built from `common`, and `go.mod` concerns all but two.
fn shop() -> Repo {
    let repo = Repo::new();
    let mut config = "unowned: ['*.md']\nservices:\n".to_owned();
    for name in ["pages", "tools"] {
        let _ = writeln!(config, "  {name}: {{path: {name}}}");
        repo.write(format!("{name}/index"), "1");
    }
    for number in 0..40 {
        let (name, path) =
            (format!("service-{number}"), format!("services/department-{}/service-{number}", number % 4));
        let needs = if (1..5).contains(&number) { ", depends_on: [service-0]" } else { "" };
        let _ = writeln!(config, "  {name}: {{path: {path}, filters: ['{path}/**', go.mod]{needs}}}");
        repo.write(format!("{path}/source/main/resources/templates/welcome.html"), "1");
    }
    repo.write("filters.yaml", &config).write("go.mod", "1").write("README.md", "1").commit("Begin");
    repo
}

/// Changes that affect so many services.
fn affect(repo: &Repo, count: usize) {
    match count {
        0 => repo.write("README.md", "2"),
        1 => repo.write("pages/index", "2").write("pages/a/rather/deep/folder/with/a/file/that/has/a/name", "2"),
        5 => repo.write("services/department-0/service-0/source/main/resources/templates/welcome.html", "2"),
        _ => repo.write("go.mod", "2"),
    };
    repo.commit("Change");
}

fn expected(size: &str, count: usize) -> Data {
    let name = format!("tests/data/on_terminal/{size}-{count}.txt");
    Data::read_from(&Path::new(source::ROOT).join(name), None)
}

const REBAKE: &str = env!("CARGO_BIN_EXE_rebake");

#[test]
#[ignore = "needs tmux: .ci/full runs it"]
fn a_plan_fits_every_terminal() {
    for count in [0, 1, 5, 40] {
        let repo = shop();
        affect(&repo, count);
        for (columns, rows) in [(80, 24), (100, 30), (120, 40)] {
            let terminal = Terminal::open(&repo, (columns, rows), &format!("{REBAKE} plan"));
            terminal.shows(expected(&columns.to_string(), count));
            assert!(!terminal.has_broken_lines(), "{columns} columns, {count} services");
        }
        repo.rebake(["plan"]).success().stdout(expected("none", count));
    }
}

#[test]
#[ignore = "needs tmux: .ci/full runs it"]
fn no_table_breaks_a_word() {
    let repo = shop();
    affect(&repo, 5);
    repo.write("pages/index", "3")
        .commit("feat(pages): say so much in the subject of one commit that no terminal shows it");
    for verb in ["plan --all", "release", "version", "why service-1", "why pages", "fingerprint", "graph", "images"] {
        let terminal = Terminal::open(&repo, (60, 24), &format!("{REBAKE} {verb} 2>/dev/null"));
        while !terminal.screen().lines().any(|line| line.starts_with("exit ")) {
            std::thread::sleep(Duration::from_millis(20));
        }
        assert!(!terminal.has_broken_lines(), "{verb}:\n{}", terminal.screen());
    }
}
