//! The picture at the top of README: what `rebake plan` shows on a terminal, drawn from what it prints, so that it is
//! always true. `SNAPSHOTS=overwrite cargo test picture::` draws it anew.

use std::fmt::Write as _;
use std::path::Path;

use rebake::output::emit::{Palette, Room, table};
use rebake::plan::pipeline::Naming;
use rebake::{Request, Workspace};

use crate::repo::Repo;
use crate::source;

/// The size of a letter of the picture, and the columns of its terminal.
const WIDTH: f64 = 8.4;
const HEIGHT: usize = 20;
const COLUMNS: usize = 92;

/// The five services of `examples/capstone`, each released, and on a branch a migration.
fn migration() -> Repo {
    let repo = Repo::new();
    for file in source::tracked().iter().filter(|file| file.starts_with("examples/capstone/")) {
        repo.write(file.trim_start_matches("examples/capstone/"), source::read(file));
    }
    repo.commit("Five services");
    for tag in [
        "services/node/api-node@2.1.0",
        "services/go/api-golang@1.0.9",
        "services/react/client-react@3.0.0",
        "services/python/load-generator@0.4.2",
        "services/other/migrator@1.2.0",
    ] {
        repo.annotated_tag(tag);
    }
    repo.branch("orders").checkout("orders");
    repo.write("services/other/migrator/migrations/0003_orders.sql", "CREATE TABLE orders (id BIGINT);\n");
    repo.commit("Add orders");
    repo
}

#[test]
fn the_picture_is_what_rebake_shows() {
    let repo = migration();
    let workspace = Workspace::open(repo.dir()).unwrap();
    let request = Request { naming: Some(Naming::default()), ..Request::default() };
    let plan = workspace.plan(&request).unwrap().plan;
    let shown = format!("$ rebake plan\n{}", table(&plan, Palette::Coloured, Room::Columns(COLUMNS)));
    let kept = Path::new(source::ROOT).join("docs/images/plan.svg");
    let kept = snapbox::Data::read_from(&kept, Some(snapbox::data::DataFormat::Text)).raw();
    snapbox::Assert::new().action_env("SNAPSHOTS").eq(drawn(&shown), kept);
}

/// A text with colours of a terminal, as SVG.
fn drawn(text: &str) -> String {
    let lines: Vec<&str> = text.lines().collect();
    let width = 24.0 + WIDTH * f64::from(u32::try_from(COLUMNS).unwrap());
    let height = 28 + HEIGHT * lines.len();
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width:.0}\" height=\"{height}\" viewBox=\"0 0 {width:.0} {height}\">\n\
         <style>text {{ font: 14px ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace; fill: #e6edf3; white-space: pre }} \
         .bold {{ font-weight: bold }} .green {{ fill: #7ee787 }} .faint {{ fill: #9198a1 }}</style>\n\
         <rect width=\"100%\" height=\"100%\" rx=\"8\" fill=\"#0d1117\"/>\n"
    );
    for (number, line) in lines.iter().enumerate() {
        let y = 30 + HEIGHT * number;
        let _ = write!(svg, "<text x=\"12\" y=\"{y}\" xml:space=\"preserve\">");
        let mut classes: Vec<&str> = Vec::new();
        for (index, piece) in line.split("\u{1b}[").enumerate() {
            let words = if index == 0 {
                piece
            } else {
                piece.split_once('m').map_or(piece, |(code, words)| {
                    match code {
                        "0" => classes.clear(),
                        "1" => classes.push("bold"),
                        "2" => classes.push("faint"),
                        "32" => classes.push("green"),
                        other => panic!("a colour that is not drawn: {other}"),
                    }
                    words
                })
            };
            let escaped = words.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
            match &classes[..] {
                _ if escaped.is_empty() => {}
                [] => svg.push_str(&escaped),
                classes => _ = write!(svg, "<tspan class=\"{}\">{escaped}</tspan>", classes.join(" ")),
            }
        }
        svg.push_str("</text>\n");
    }
    svg + "</svg>\n"
}
