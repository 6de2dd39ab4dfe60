//! Every event of every engine, from the table in the source, which `events` compares with the code.

use super::kept;
use crate::source;

const HEAD: &str = "# Events

Every event of every engine, what it counts as, and what is compared. The first row that fits is used.

";

#[test]
fn the_events_are_those_of_the_source() {
    let text = source::read("src/inputs/trigger/mod.rs");
    let lines =
        text.lines().map_while(|line| line.strip_prefix("//!")).map(|line| line.strip_prefix(' ').unwrap_or(line));
    // What is about the code alone stands before the kinds are explained.
    let explained = lines.skip_while(|line| !line.contains("The *kind* is the word"));
    let text = explained.fold(String::new(), |text, line| text + line + "\n");
    let text = text.replacen("fits is used. The *kind*", "The *kind*", 1);
    assert!(text.starts_with("The *kind*") && text.matches("\n| ").count() > 50, "{text}");
    kept("events.md", &format!("{HEAD}{}", text.trim_end().to_owned() + "\n"));
}
