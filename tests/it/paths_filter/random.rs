//! Random filter files of the kind that people write for paths-filter, in all of YAML's ways of writing, and changes
//! that they often match.

use std::collections::BTreeMap;

use super::Case;
use crate::random::Random;

const NAMES: &[&str] = &[
    "api",
    "web",
    "docs",
    "shared",
    "ci",
    "0",
    "2",
    "10",
    "01",
    "1.5",
    "3.10",
    "0x10",
    "1e3",
    "1_000",
    "true",
    "null",
    "~",
    "a b",
    "été",
    "constructor",
    "4294967295",
    "-1",
    "added",
    "on",
];
const STATUSES: &[&str] = &[
    "added",
    "modified",
    "deleted",
    "added|modified",
    "added|deleted",
    "Added | DELETED",
    "touched",
    "renamed|added",
    "modified|",
    " deleted ",
    "",
];
const DIRECTORIES: &[&str] = &["src", "docs", "api", "lib/go", ".github", "app/[id]"];
const FILES: &[&str] = &["a.md", "b.rs", "index.ts", "x", "README.md", ".env", "c d.txt", "ü.md"];
const PATTERNS: &[&str] = &[
    "**",
    "*",
    "**/*.md",
    "*.md",
    "**/*.{ts,rs}",
    "src/**",
    "docs/**",
    "api/**/*.rs",
    ".github/**",
    "src/*",
    "lib/go/*.ts",
    "!docs/**",
    "!**/*.md",
    "!src/a.md",
    "!(src)/**",
    "!!src/**",
    "./src/**",
    "{src,docs}/**",
    "src/[a-c]*",
    "?.md",
    "**/.*",
    "app/[id]/**",
    "docs/@(a|README).md",
    "**/!(*.md)",
    "lib/**",
    "src",
    "src/",
    "c d.txt",
    "**/x",
    "[0-9]",
];
/// What is no pattern to the action, or makes a file that it refuses.
const ODD: &[&str] = &[
    "",
    "~",
    "true",
    "12",
    "1_0",
    "1.5",
    "{}",
    "[]",
    "2024-01-31",
    "2024-1-1 1:00:00",
    "''",
    "!!str 12",
    "2024-1-1",
    "*none",
];

pub(super) fn case(random: &mut Random) -> Case {
    let mut file = File { random, lists: Vec::new(), mappings: Vec::new(), patterns: Vec::new(), anchors: 0 };
    let filters = file.text();
    let quantifier = random.pick(&["some", "some", "every", "some-with-excludes"]);
    Case { filters, quantifier: (*quantifier).to_owned(), changes: changes(random) }
}

fn changes(random: &mut Random) -> Vec<(String, String)> {
    let mut changes = BTreeMap::new();
    for _ in 0..=random.below(9) {
        changes.insert(path(random), (*random.pick(&["A", "M", "D"])).to_owned());
    }
    changes.into_iter().map(|(path, letter)| (letter, path)).collect()
}

fn path(random: &mut Random) -> String {
    let file = random.pick(FILES);
    match random.below(4) {
        0 => (*file).to_owned(),
        1 => format!("{}/deep/{file}", random.pick(DIRECTORIES)),
        _ => format!("{}/{file}", random.pick(DIRECTORIES)),
    }
}

/// A file that is being written, and its anchors so far, by what they stand for.
struct File<'r> {
    random: &'r mut Random,
    lists: Vec<String>,
    mappings: Vec<String>,
    patterns: Vec<String>,
    anchors: usize,
}

impl File<'_> {
    fn text(&mut self) -> String {
        if self.random.one_in(40) {
            return (*self.random.pick(&[
                "# nothing\n",
                "text\n",
                "- src/**\n- [docs/**, x]\n",
                "{}\n",
                "a: b\na: c\n",
                "12\n",
            ]))
            .to_owned();
        }
        let mut text = String::new();
        for _ in 0..=self.random.below(5) {
            if self.random.one_in(12) && !self.mappings.is_empty() {
                let mapping = self.random.pick(&self.mappings);
                text += &format!("<<: *{mapping}\n");
                continue;
            }
            let name = *self.random.pick(NAMES);
            if text.contains(name) && !self.random.one_in(20) {
                continue;
            }
            // A number in quotes beside the same without is in the table of differences.
            let is_text = name.starts_with(char::is_alphabetic);
            let name = if is_text && self.random.one_in(4) { format!("\"{name}\"") } else { name.to_owned() };
            text += &format!("{name}:{}\n", self.block_item());
        }
        text
    }

    /// What stands behind `name:` of a block mapping.
    fn block_item(&mut self) -> String {
        match self.random.below(10) {
            0 => format!(" {}", self.flow_item(2)),
            1 => {
                let anchor = self.anchor();
                let mapping = self.statuses(1);
                self.mappings.push(anchor.clone());
                format!(" &{anchor} {mapping}")
            }
            2 => {
                let mut text = String::new();
                for _ in 0..=self.random.below(3) {
                    let status = self.random.pick(STATUSES);
                    text += &format!("\n  \"{status}\": {}", self.flow_item_of_status());
                }
                text
            }
            choice => {
                let anchor = self.anchor();
                let items: String =
                    (0..=self.random.below(4)).map(|_| format!("\n  - {}", self.block_entry())).collect();
                if choice > 5 {
                    return items;
                }
                self.lists.push(anchor.clone());
                format!(" &{anchor}{items}")
            }
        }
    }

    /// What stands behind `-` of a block list.
    fn block_entry(&mut self) -> String {
        match self.random.below(12) {
            0 => {
                let status = self.random.pick(&STATUSES[..5]);
                format!("{status}: {}", self.flow_item_of_status())
            }
            1 => {
                let status = self.random.pick(STATUSES);
                format!("'{status}': {}\n    modified: {}", self.flow_item_of_status(), self.pattern(false))
            }
            2 | 3 => self.flow_item(2),
            4 => format!(">-\n      {}", self.random.pick(&["src/**", "docs/**", "**/*.md"])),
            _ => self.pattern(false),
        }
    }

    /// An item in one line.
    fn flow_item(&mut self, depth: usize) -> String {
        match self.random.below(if depth == 0 { 6 } else { 10 }) {
            0 if self.random.one_in(5) => (*self.random.pick(ODD)).to_owned(),
            1 | 2 if !self.lists.is_empty() => format!("*{} ", self.random.pick(&self.lists)),
            3 if !self.patterns.is_empty() => format!("*{} ", self.random.pick(&self.patterns)),
            6 | 7 => {
                let items: Vec<String> = (0..self.random.below(4)).map(|_| self.flow_item(depth - 1)).collect();
                if items.iter().any(String::is_empty) { "[]".to_owned() } else { format!("[{}]", items.join(", ")) }
            }
            8 => self.statuses(depth),
            _ => self.pattern(true),
        }
    }

    /// A mapping of status words in one line.
    fn statuses(&mut self, depth: usize) -> String {
        let mut entries = Vec::new();
        if depth > 0 && !self.mappings.is_empty() && self.random.one_in(3) {
            let mapping = self.random.pick(&self.mappings);
            entries.push(if self.random.one_in(3) { format!("<<: [*{mapping} ]") } else { format!("<<: *{mapping} ") });
        }
        for _ in 0..=self.random.below(2) {
            let status = self.random.pick(STATUSES);
            entries.push(format!("\"{status}\": {}", self.flow_item_of_status()));
        }
        format!("{{{}}}", entries.join(", "))
    }

    /// A pattern, a list of patterns, or the alias of a list.
    fn flow_item_of_status(&mut self) -> String {
        match self.random.below(8) {
            0 if !self.lists.is_empty() => format!("*{} ", self.random.pick(&self.lists)),
            1 if self.random.one_in(4) => (*self.random.pick(&["~", "12", "{}", "[]", "2024-01-31"])).to_owned(),
            2 | 3 => {
                let items: Vec<String> = (0..=self.random.below(2)).map(|_| self.pattern(true)).collect();
                format!("[{}]", items.join(", "))
            }
            _ => self.pattern(true),
        }
    }

    /// A pattern in some quotes, or in none where that is possible.
    fn pattern(&mut self, in_flow: bool) -> String {
        let pattern = match self.random.below(5) {
            0 => path(self.random),
            1 => format!("{}/**", self.random.pick(DIRECTORIES)),
            _ => (*self.random.pick(PATTERNS)).to_owned(),
        };
        let needs_quotes = pattern.starts_with(|c: char| !c.is_alphanumeric() && c != '.')
            || (in_flow && pattern.contains([',', '[', ']', '{', '}', '(']));
        let anchor = if self.random.one_in(10) { Some(self.anchor()) } else { None };
        let written = match self.random.below(3) {
            0 if !needs_quotes => pattern,
            1 => format!("'{pattern}'"),
            _ => format!("\"{pattern}\""),
        };
        match anchor {
            None => written,
            Some(anchor) => {
                self.patterns.push(anchor.clone());
                format!("&{anchor} {written}")
            }
        }
    }

    fn anchor(&mut self) -> String {
        self.anchors += 1;
        format!("n{}", self.anchors)
    }
}
