//! Any text is read, and none takes long: what is hostile here is of a size at which anything quadratic never ends.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use rebake::inputs::source::docker::{BuildRequest, ContextEntry, ContextFiles, ContextReads, Dockerfile, IgnoreFile};

const FILES: [&str; 6] = ["a", "b.txt", "d/a", "d/e/f.md", "é", "d/link"];

/// Reads whatever is read of a Dockerfile and an ignore file.
fn read(dockerfile: &str, ignore: &str) -> Option<ContextReads> {
    let arguments = BTreeMap::from([("X".to_owned(), Some("d".to_owned())), ("Y".to_owned(), None)]);
    let contexts = BTreeSet::from(["c".to_owned()]);
    let ignore = IgnoreFile::parse(ignore).unwrap_or_default();
    let entry =
        |path: &'static str| ContextEntry { path: path.as_bytes(), link: path.ends_with("link").then_some(b"..") };
    let context = ContextFiles::new(FILES.map(entry));
    let file = Dockerfile::parse(dockerfile).ok()?;
    let reads = file.reads(&BuildRequest { arguments: &arguments, target: None, contexts: &contexts });
    let files = reads.files(&context, &ignore);
    assert!(files.is_sorted() && files.len() <= FILES.len());
    for source in &reads.sources {
        let of_source = source.files(&context, &ignore);
        assert!(of_source.iter().all(|path| files.contains(path)));
        assert!(dockerfile.get(source.span.start..source.span.end).is_some());
    }
    Some(reads)
}

proptest! {
    #[test]
    fn any_bytes_are_read(bytes: Vec<u8>, ignore: Vec<u8>) {
        let dockerfile = format!("FROM a\n{}", String::from_utf8_lossy(&bytes));
        read(&dockerfile, &String::from_utf8_lossy(&ignore));
    }

    #[test]
    fn any_words_are_read(
        words in prop::collection::vec(
            prop::sample::select(&[
                "\nFROM ", "\nCOPY ", "\nADD ", "\nRUN ", "\nARG ", "\nENV ", "\nONBUILD ", "\n", " ", "\\\n", "\\", "`",
                "--from=", "--mount=type=bind,source=", "--mount=from=", "<<", "<<-", "EOF", "\nEOF\n", "${", "}", "$", "X",
                "Y", ":-", ":+", "#", "%", "/", "*", "**", "?", "[", "]", "^", "\"", "'", "a", "é", "\u{feff}", "# escape=`\n",
                "scratch", " AS ", "0", "=", ",", "!", "..", "\r\n", "$TARGETPLATFORM", "$TARGETARCH", "\u{a0}", "\0",
            ][..]),
            0..40,
        ),
        ignore in "([a-cé*?!/.\\[\\]\\\\^# -]|\n){0,30}",
        first in prop::sample::select(&["", "FROM a", "FROM scratch", "# escape=`\nFROM a"][..]),
    ) {
        read(&format!("{first}{}", words.concat()), &ignore);
    }
}

/// What has to be read in less than anybody's patience, however it ends.
#[test]
fn nothing_hostile_takes_long() {
    let times = |count: usize, text: &str| text.repeat(count);
    let numbered = |count: usize, line: &dyn Fn(usize) -> String| (0..count).map(line).collect::<String>();
    let much = 1 << 17;
    for text in [
        format!("FROM a\nCOPY {} /\n", times(much / 4, "${X:-")),
        format!("FROM a\nCOPY {} /\n", times(much / 2, "$X")),
        format!("FROM a\nENV A=aa\n{}COPY $A /\n", times(much / 12, "ENV A=$A$A\n")),
        format!("FROM a\nENV A={}\nCOPY ${{A#{}b}} /\n", times(4000, "a"), times(much / 2, "*a")),
        format!("FROM a\nENV A={}\n{}", times(4000, "a"), times(much / 32, "COPY ${A#*a*a*b} /\n")),
        format!("FROM a\nCOPY {} /\n", times(much / 4, "\\\n# c\n")),
        format!("FROM a\nCOPY [{}\"/\"]\n", times(much / 4, "\"a\",")),
        format!("FROM a\nCOPY {}\n", times(much / 2, "[")),
        format!("FROM a\nRUN {}\n", times(much / 4, "<<A ")),
        format!("FROM a\n{}", times(much / 16, "RUN <<A <<A\nA\nA\n")),
        format!("FROM a\nRUN {}\n", times(much / 8, "--mount=a,b=\"c\" ")),
        format!("FROM a AS s0\n{}", numbered(much / 32, &|at| format!("FROM s{at} AS s{}\nENV X{at}=1\n", at + 1))),
        format!("FROM a AS b\n{}{}", times(4_000, "ONBUILD COPY a /\n"), times(4_000, "FROM b\n")),
        format!("ARG TARGETARCH\n{}", numbered(4_000, &|at| format!("FROM s$TARGETARCH AS s{at}\n"))),
        format!("{}FROM scratch\n", numbered(4_000, &|at| format!("FROM $Z AS s{at}\nCOPY --from=$Z a b\n"))),
        numbered(4_000, &|at| format!("FROM a AS s{at}\nCOPY --from={} a b\nCOPY d{at}* /\n", at + 1)),
    ] {
        read(&text, "");
    }
    let wide = format!("FROM a\n{}", numbered(4_000, &|at| format!("COPY *{at}* /\n")));
    read(&wide, &times(much / 8, "**/*a\n!b\n"));
    read("FROM a\nCOPY . /\n", &times(much, "*"));
}
