//! Random Dockerfiles, ignore files and contexts.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::Case;
use crate::random::Random;

const FILES: [&str; 18] = [
    "a",
    "b.txt",
    "c.md",
    ".hidden",
    "x y",
    "d/a",
    "d/b.txt",
    "d/c.md",
    "d/e/a",
    "d/e/f.txt",
    "d/e/g/h.md",
    "dd/a",
    "é/ü.txt",
    "e/a.txt",
    "e/b[1].txt",
    "f/lib/a.go",
    "f/lib/a_test.go",
    "node_modules/m/i.js",
];

const LINKS: [(&str, &str); 5] =
    [("l", "d"), ("d/up", "../e"), ("root", "/f/lib"), ("gone", "nowhere"), ("e/self.txt", "a.txt")];

const SOURCES: [&str; 44] = [
    ".",
    "./",
    "/",
    "a",
    "b.txt",
    "d",
    "d/",
    "/d",
    "./d/e",
    "d/e/../a",
    "../a",
    "d/*",
    "d/*.txt",
    "*.md",
    "*",
    "?",
    "d?",
    "[a-c]*",
    "d/[^a]*",
    "**/a",
    "**/*.txt",
    "d/**",
    "d/**/a",
    "d/e/g/*",
    "e/b*",
    "é",
    "é/*",
    "f",
    "f/*/a*",
    "none",
    "none/*",
    "l",
    "l/a",
    "l/e/*",
    "d/up/a.txt",
    "root",
    "root/a.go",
    "gone",
    "e/self.txt",
    "*/a",
    "**",
    ".hidden",
    "d*/a",
    "**.txt",
];

const WITH_VARIABLES: [&str; 24] = [
    "$D",
    "${D}/e",
    "$D/*",
    "${U}a",
    "${N:-d}/a",
    "${D:-x}/a",
    "${D:+d/e}",
    "${N:+d}a",
    "${D-x}",
    "${N-c.md}",
    "${F%.txt}",
    "${F%.*}.md",
    "${F#*.}",
    "${F/txt/md}",
    "${F//b/c}",
    "$D/$F",
    "\"$D\"/a",
    "'d'/a",
    "d\\/a",
    "\"d/b.txt\"",
    "${E}",
    "${D}${N}",
    "$G/a",
    "${N:-${D}}/a",
];

const IGNORED: [&str; 30] = [
    "a",
    "*.md",
    "**/*.md",
    "d",
    "d/",
    "/d",
    "d/e",
    "!d/e",
    "!d/e/f.txt",
    "*",
    "!a",
    "!d",
    "**",
    "!**/*.txt",
    "*/a",
    "!e",
    "# a",
    " b.txt ",
    "d/*",
    "!d/e/**",
    "**/a",
    "e/**",
    "[ab]*",
    "!*.md",
    "d/**/a",
    "node_modules",
    "**/node_modules",
    "!",
    "f/lib/*_test.go",
    "./c.md",
];

/// Makes a case that builders mostly take.
pub(crate) fn case(random: &mut Random, name: String) -> Case {
    let mut files: Vec<String> = FILES.iter().filter(|_| !random.one_in(4)).map(|file| (*file).to_owned()).collect();
    files.sort();
    let links: BTreeMap<String, String> =
        LINKS.iter().filter(|_| random.one_in(4)).map(|(link, to)| ((*link).to_owned(), (*to).to_owned())).collect();
    let mut case = Case { name, files, links, images: vec!["some/image:1".to_owned()], ..Case::default() };
    if random.one_in(2) {
        case.ignore = Some(ignore(random));
    }
    if random.one_in(5) {
        case.own_ignore = Some(ignore(random));
    }
    let mut writer = Writer { random, stages: Vec::new(), widens: false };
    case.dockerfile = writer.dockerfile();
    case.may_widen = writer.widens;
    let stages = writer.stages;
    if random.one_in(3) {
        case.target = Some(random.pick(&stages).clone());
    }
    for (argument, value) in [("D", "e"), ("N", "d"), ("G", "d/e"), ("F", "c.txt.txt")] {
        if random.one_in(5) {
            case.arguments.insert(argument.to_owned(), value.to_owned());
        }
    }
    case
}

fn ignore(random: &mut Random) -> String {
    let lines: Vec<&str> = (0..random.below(6)).map(|_| *random.pick(&IGNORED)).filter(|line| *line != "!").collect();
    let end = if random.one_in(4) { "\r\n" } else { "\n" };
    lines.iter().fold(String::new(), |text, line| text + line + end)
}

struct Writer<'a> {
    random: &'a mut Random,
    stages: Vec<String>,
    /// Whether a variable may come from an image.
    widens: bool,
}

impl Writer<'_> {
    fn dockerfile(&mut self) -> String {
        let mut text = String::new();
        if self.random.one_in(10) {
            text.push('\u{feff}');
        }
        let backtick = self.random.one_in(8);
        if backtick {
            text.push_str("# escape = `\n");
        }
        if self.random.one_in(8) {
            text.push_str("# check=skip=all\n");
        }
        text.push_str("ARG BASE=scratch\nARG G=d\n");
        for number in 0..=self.random.below(4) {
            self.stage(number, &mut text);
        }
        let text = if backtick { text.replace('\\', "`") } else { text };
        if self.random.one_in(6) { text.replace('\n', "\r\n") } else { text }
    }

    fn stage(&mut self, number: usize, text: &mut String) {
        let base = match self.random.below(5) {
            0 | 1 if !self.stages.is_empty() => self.random.pick(&self.stages).clone(),
            2 => {
                self.widens = true;
                "some/image:1".to_owned()
            }
            3 => "${BASE}".to_owned(),
            _ => "scratch".to_owned(),
        };
        let name = format!("s{number}");
        let from = *self.random.pick(&["FROM", "from", "From"]);
        let named = *self.random.pick(&["AS", "as"]);
        writeln!(text, "{from} {base} {named} {name}").unwrap();
        // So that the builder asks for files before anything fails.
        writeln!(text, "COPY {} /first/", self.random.pick(&["a*", "d*", "b*", "c.m*", "e*"])).unwrap();
        for _ in 0..self.random.below(5) {
            self.instruction(number, text);
        }
        self.stages.push(name);
    }

    fn instruction(&mut self, number: usize, text: &mut String) {
        match self.random.below(14) {
            0 => text.push_str(self.random.pick::<&str>(&[
                "ARG D=d\n",
                "ARG N\n",
                "ARG G\n",
                "arg F=b.txt U\n",
                "ARG E=$D/e\n",
            ])),
            1 => text.push_str(self.random.pick::<&str>(&[
                "ENV D=d\n",
                "ENV F=b.txt E=\"$D\"\n",
                "ENV D d\n",
                "env E=${D}/e \\\n  U=\n",
                "ENV N='' F=$F.txt\n",
            ])),
            2 => text.push_str(self.random.pick::<&str>(&[
                "# COPY c.md /no\n",
                "\n",
                "  # x\n",
                "LABEL a=\"b c\" d=e\n",
                "WORKDIR /w\n",
                "CMD [\"a\", \"b\"]\n",
            ])),
            3 => self.heredoc(text),
            4 => {
                let from = match self.random.below(6) {
                    0 => Some("some/image:1"),
                    1 | 2 => self.stages.last().map(String::as_str),
                    _ => None,
                };
                let fields = if let Some(from) = from {
                    format!("from={from},source=first")
                } else {
                    let source = self.source(true);
                    let field = *self.random.pick(&["source", "src"]);
                    format!("{field}={source}{}", self.random.pick(&["", ",rw", ",readonly"]))
                };
                writeln!(text, "RUN --mount=type=bind,{fields},target=/m [\"/none\"]").unwrap();
            }
            5 if number > 0 => {
                let from = match self.random.below(3) {
                    0 => self.random.below(number).to_string(),
                    1 => "some/image:1".to_owned(),
                    _ => self.random.pick(&self.stages).to_uppercase(),
                };
                writeln!(text, "COPY --from={from} /first* /other/").unwrap();
            }
            6 => {
                let source = self.source(true);
                writeln!(text, "ONBUILD COPY {source} /on/").unwrap();
            }
            7 => {
                let (first, second) = (self.source(true), self.source(true));
                let flag =
                    *self.random.pick(&["", "--chown=1:1 ", "--link ", "--chmod=755 ", "--chown=1 --link=true "]);
                if [&first, &second].iter().all(|source| !source.contains(['"', '\\'])) {
                    writeln!(text, "COPY {flag}[\"{first}\" ,\"{second}\", \"/j/\"]").unwrap();
                }
            }
            8 => {
                let (first, second) = (self.source(true), self.source(true));
                writeln!(text, "COPY {first} \\\n# c\n\n   {second} \\\n /c/").unwrap();
            }
            9 => writeln!(text, "ADD {} /add/", self.source(true)).unwrap(),
            10 => writeln!(text, "COPY [\"x y\", \"/s/\"]").unwrap(),
            _ => {
                let source = self.source(false);
                writeln!(text, "{} {source} /p/", self.random.pick(&["COPY", "copy", "COPY --link"])).unwrap();
            }
        }
    }

    fn source(&mut self, variables: bool) -> String {
        if variables && self.random.one_in(2) {
            return (*self.random.pick(&WITH_VARIABLES)).to_owned();
        }
        (*self.random.pick(&SOURCES)).to_owned()
    }

    fn heredoc(&mut self, text: &mut String) {
        let source = self.source(false);
        let heredoc = match self.random.below(4) {
            0 => format!("COPY <<EOF {source} /h/\nCOPY c.md /no\nEOF\n"),
            1 => format!("COPY <<-\"AB\" <<'C' {source} /h/\n\tCOPY c.md /no\n\tAB\nFROM x\nC\n"),
            2 => "RUN <<EOF\nCOPY c.md /no\nEOF\n".to_owned(),
            _ => "RUN cat <<A <<B && \\\n true\nCOPY c.md /no\nA\nCOPY b.txt /no\nB\n".to_owned(),
        };
        text.push_str(&heredoc);
    }
}
