//! `rebake glob`: patterns on paths from anywhere.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;

use rebake::glob::Pattern;
use snapbox::str;

use crate::repo::Repo;

#[test]
fn arguments_that_match_are_printed_as_they_are() {
    let repo = Repo::new();
    repo.rebake(["glob", "src/**", "src/a.rs", "b", "src/ü"]).success().stdout("src/a.rs\nsrc/ü\n").stderr("");
    repo.rebake(["glob", "src/**", "b"]).failure(1).stdout("").stderr("");
    let odd = OsStr::from_bytes(b"src/\xff\n");
    let run = repo.rebake([OsStr::new("glob"), OsStr::new("-z"), OsStr::new("*/*"), odd]).success();
    assert_eq!(run.stdout, b"src/\xff\n\0");
    repo.rebake([OsStr::new("glob"), OsStr::new("*/*"), odd]).failure(2).stdout("").stderr(str![[r"
error[line-break]: the path src//xff/n has a line break, so it cannot be written on one line
 |
 = help: separate the paths by NUL: `-z`

"]]);
}

#[test]
fn standard_input_is_read_where_there_are_no_arguments() {
    let repo = Repo::new();
    let lines = b"src/a\n\nb\nsrc/\xff \nsrc/last".to_vec();
    let run = repo.rebake(["glob", "src/*"]).stdin(lines).success();
    assert_eq!(run.stdout, b"src/a\nsrc/\xff \nsrc/last\n");
    let run = repo.rebake(["glob", "-z", "src/*"]).stdin(b"src/a\nb\0c\0src/d".to_vec()).success();
    assert_eq!(run.stdout, b"src/a\nb\0src/d\0");
    repo.rebake(["glob", "*"]).stdin("").failure(1).stdout("");
    repo.rebake(["glob", "**"]).stdin("a".repeat((1 << 20) + 1)).failure(2).stdout("").stderr(str![[r"
error[path-too-long]: a path of standard input has more than 1048576 bytes
 |
 = help: separate paths by line breaks, or, with `-z`, by NUL

"]]);
}

#[test]
fn one_pattern_alone_is_picomatch() {
    let repo = Repo::new();
    repo.rebake(["glob", "!**/*.md", "a.md", "b.rs"]).success().stdout("b.rs\n");
    repo.rebake(["glob", "-e", "!**/*.md", "a.md", "b.rs"]).success().stdout("b.rs\n");
    repo.rebake(["glob", "app/[id]/*", "app/[id]/page", "app/i/page"]).success().stdout("app/[id]/page\napp/i/page\n");
}

#[test]
fn several_patterns_are_an_ordered_list() {
    let repo = Repo::new();
    let list = ["glob", "-e", "src/**", "-e", "!**/*.md", "-e", "src/keep.md", "--"];
    let paths = ["src/a", "src/b.md", "src/keep.md", "c.rs"];
    repo.rebake([&list[..], &paths].concat()).success().stdout("src/a\nsrc/keep.md\n").stderr("");
    repo.rebake(["glob", "-e", "!(a)", "-e", "!b", "a", "b", "c"]).success().stdout("c\n").stderr("");
    repo.rebake(["glob", "-e", "-x", "-e", "b", "--", "-x", "c"]).success().stdout("-x\n");
    repo.rebake(["glob", "-e", "!b", "-e", "c", "c"]).success().stdout("c\n").stderr(str![[r"
warning[exclusion-first]: the first pattern excludes nothing: patterns are read in order
 |
 = help: put it after the patterns that it restricts

"]]);
    repo.rebake(["glob", "-e", "!a", "-e", "!b", "c"]).failure(2).stdout("").stderr(str![[r"
error[only-exclusions]: a list of only `!` patterns matches nothing
 |
 = help: begin with what it matches: `-e '**'`

"]]);
}

#[test]
fn a_pattern_that_cannot_be_read_has_a_place() {
    let repo = Repo::new();
    repo.rebake(["glob", "src/[z-a]/*", "a"]).failure(2).stdout("").stderr(str![[r#"
error[bad-pattern]: the pattern cannot be read: the range `z-a` is out of order
 --> pattern:1:5
  |
1 | src/[z-a]/*
  |     ^
  |
  = help: write `/[z-a/]` for what is called `[z-a]`; for a range, write `a-z`

"#]]);
    repo.rebake(["glob", "-e", "**", "-e", "!!a", "-e", "!x{b", "-e", "", "a"]).failure(2).stdout("").stderr(str![[
        r"
error[double-exclusion]: a pattern of a list begins with `!!`
 --> pattern:1:1
  |
1 | !!a
  | ^^
  |
  = help: write one `!` to exclude, none to include

error[bad-pattern]: the pattern cannot be read: `{` is never closed
 --> pattern:1:3
  |
1 | !x{b
  |   ^
  |
  = help: write `/{` for a literal brace

error[bad-pattern]: the pattern cannot be read: the pattern is empty
 --> pattern:1:1
  |
1 |
  | ^
  |
  = help: `**` matches every file

"
    ]]);
    let odd = OsStr::from_bytes(b"\xff");
    repo.rebake([OsStr::new("glob"), odd]).failure(2).stdout("").stderr(str![[r"
error[bad-pattern]: the pattern is not UTF-8
 |
 = help: write `?` for bytes of a path that are not UTF-8

"]]);
    repo.rebake(["glob"]).failure(2).stdout("");
}

#[test]
fn reading_is_explained() {
    let repo = Repo::new();
    let explained = |pattern| Pattern::parse(pattern).unwrap().explain().to_string();
    repo.rebake(["glob", "--explain", "src/*.rs"]).success().stdout(explained("src/*.rs"));
    let list = ["glob", "--explain", "-e", "src/*", "-e", "!src/b", "src/a", "src/b", "src/\u{1b}[31m"];
    let said = "src/a: matches, by `src/*`\nsrc/b: does not match\nsrc/\\x1b[31m: matches, by `src/*`\n";
    let expected = format!("takes in {}takes back {}{said}", explained("src/*"), explained("src/b"));
    assert_eq!(String::from_utf8(repo.rebake(list).success().stdout).unwrap(), expected);
    repo.rebake(["glob", "--explain", "src/*", "b"]).failure(1);
}
