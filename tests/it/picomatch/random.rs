//! Random patterns of the kind that people write in path filters, and paths that often match them.

/// Segments of patterns, and of paths of which many match one of them.
const WILDCARDS: (&str, &str) = ("? ?? a? ?.? .? v? ?* *? .* *.* .*.* **.md *** a**", "a ab a.b .a v1 x . .. a. .x.y");

const CLASSES: (&str, &str) = (
    r"[ab] [a-c] [^a] [!a] [0-9] v[0-9] [a-z]* [id] [...x] []a] [[:alpha:]]* [[:digit:]] [^[:digit:]] [[:alpha:]_]x
      [a.b] [\w] [[x]] [a-] [z-a] [.]x [_-] [^.]* *[0-9] [@a]b [a a] [[:no:]] [[:punct:]] [a:b] [^/] [\]]",
    "a b i v1 7 c abc [id] [...x] ] _x - .x ! d : 7x",
);

const BRACES: (&str, &str) = (
    "{1..3} {a..c} v{1..2} {1..10} {01..03} {a..c..2} {c..a} {1..3}.x {a} {} {a,} {,a} a{b}c {a,b}+ {1..} {a..c,x}
     {a,b..c} x{a,b}y {a.b} {..} {a...c}",
    "1 2 a b v1 {a} {} a{b}c ab 1.x 1ax xay 0 {a.b}",
);

const ODDITIES: (&str, &str) = (
    r#"\* a\*b \[id\] \(auth\) (auth) \{a\} a\b \d \!x \a "ab" "*" a"b" $x a^b a$ a+b a|b a,b a;b x=1 a\.b \\a \w* a\ a-b
       #x ~ a&b a%b a'b a:b @a +a a!b a@(b) a\x62 "a/b" (?:a) (?=a)a (a)? (a)+ (?!a)b (a|b)*"#,
    r"* a*b [id] (auth) auth {a} ab 5 !x a $x a^b a+b a|b a,b a;b x=1 a.b \a a\ a-b #x ~ a&b a%b a'b a:b @a aa",
);

/// A stream of random numbers that a seed decides (`SplitMix64`).
pub(super) struct Random(u64);

impl Random {
    pub(super) fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn number(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `end`.
    fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.number() % end as u64).unwrap()
    }

    /// Whether something that happens so many times in a hundred happens.
    fn percent(&mut self, chance: usize) -> bool {
        self.below(100) < chance
    }

    fn one<'a>(&mut self, choices: &[&'a str]) -> &'a str {
        choices[self.below(choices.len())]
    }

    fn word(&mut self) -> String {
        let words = [
            "src",
            "lib",
            "services",
            "apps",
            "api",
            "web",
            "libs",
            "common",
            "docs",
            "test",
            "tests",
            "a",
            "b",
            "ab",
            "aa",
            "go",
            "x",
            "v1",
            "v2",
            "1",
            "2",
            "10",
            ".github",
            ".env",
            "node_modules",
            "user-service",
            "my_lib",
            "id",
            "i",
            "d",
            "foo",
            "bar",
            "@scope",
            "été",
            "日本",
            "🚀",
            "c++",
            "a b",
            "main",
            "index",
            "1.2.3",
            "workflows",
        ];
        self.one(&words).to_owned()
    }

    fn extension(&mut self) -> &'static str {
        self.one(&["md", "ts", "tsx", "js", "json", "go", "rs", "py", "yml", "yaml", "toml", "lock", "d.ts", "test.ts"])
    }

    fn file(&mut self) -> String {
        match self.below(6) {
            0 => self.one(&["README.md", "Cargo.toml", "Dockerfile", "Makefile", "package.json", "go.mod"]).to_owned(),
            1 => self.word(),
            _ => format!("{}.{}", self.word(), self.extension()),
        }
    }

    /// A pattern and a path.
    pub(super) fn pair(&mut self) -> (String, String) {
        if self.percent(8) {
            return (self.noise("ab/.*?[]{}(),|!@+\\\"-^$1", 9), self.noise("aab/.1", 5));
        }
        let (mut pattern, mut path) = self.segments();
        match self.below(100) {
            0..7 => pattern.insert(0, '!'),
            7..10 => pattern.insert_str(0, "./"),
            10 => pattern.insert(0, '/'),
            11 => pattern.insert_str(0, "!!"),
            12 => pattern.push('/'),
            13 => path.insert_str(0, self.one(&["./", "../", "/", "a/../"])),
            14 => path.push_str(self.one(&["/", "/.", "/..", "\n", "/\n"])),
            15..18 => pattern = self.mangled(&pattern),
            _ => {}
        }
        match self.below(100) {
            0..14 => path = self.mangled(&path),
            14..22 => path = self.path(),
            22..25 => path.clone_from(&pattern),
            _ => {}
        }
        (pattern, path)
    }

    fn path(&mut self) -> String {
        let mut path = String::new();
        for _ in 0..self.below(4) {
            path += &self.word();
            path.push('/');
        }
        path + &self.file()
    }

    fn noise(&mut self, alphabet: &str, longest: usize) -> String {
        let letters: Vec<char> = alphabet.chars().collect();
        (0..=self.below(longest)).map(|_| letters[self.below(letters.len())]).collect()
    }

    /// A text with one change.
    fn mangled(&mut self, text: &str) -> String {
        let mut chars: Vec<char> = text.chars().collect();
        let at = self.below(chars.len().max(1));
        let other = ['a', 'b', '/', '.', '-', '1', '*', '!', '(', 's'][self.below(10)];
        match self.below(4) {
            0 => chars.insert(at, other),
            1 if at < chars.len() => chars[at] = other,
            2 if at < chars.len() => drop(chars.remove(at)),
            _ => chars.truncate(at),
        }
        chars.into_iter().collect()
    }

    fn segments(&mut self) -> (String, String) {
        let (mut patterns, mut paths) = (Vec::new(), Vec::new());
        let count = 1 + self.below(4);
        for index in 0..count {
            if self.percent(if index + 1 == count { 20 } else { 12 }) {
                patterns.push("**".to_owned());
                for _ in 0..[0, 1, 1, 2, 3][self.below(5)] {
                    let word = self.word();
                    paths.push(word);
                }
            } else {
                let (pattern, path) = self.segment(2);
                patterns.push(pattern);
                paths.push(path);
            }
        }
        (patterns.join("/"), paths.join("/"))
    }

    fn segment(&mut self, depth: usize) -> (String, String) {
        let word = self.word();
        let extension = self.extension();
        match self.below(if depth == 0 { 19 } else { 30 }) {
            0..6 => (word.clone(), word),
            6 | 7 => {
                let file = self.file();
                (file.clone(), file)
            }
            8 => ("*".to_owned(), self.file()),
            9 => (format!("*.{extension}"), format!("{word}.{extension}")),
            10 => (format!("{word}*"), format!("{word}{}", self.one(&["", "-x", ".go", "s"]))),
            11 => (format!("*{word}"), format!("{}{word}", self.one(&["", "my-", ".", "s"]))),
            12 => (format!("*.{}.*", self.one(&["test", "spec", "*"])), format!("{word}.test.{extension}")),
            13 => self.sample(WILDCARDS),
            14 => (format!("[{word}]"), format!("[{word}]")),
            15 => self.sample(CLASSES),
            16 => self.sample(BRACES),
            17 => self.sample(ODDITIES),
            18 => (format!("{word}.{extension}"), format!("{word}.{extension}")),
            19..23 => {
                let (pattern, path) = self.arms(depth, ',');
                let around = self.one(&["", "x", "*", "."]);
                (format!("{around}{{{pattern}}}"), format!("{}{path}", around.replace('*', "s")))
            }
            23 => {
                let (pattern, path) = self.arms(depth, ',');
                (format!("*.{{{pattern}}}"), format!("{word}.{path}"))
            }
            24..29 => {
                let (pattern, path) = self.arms(depth, '|');
                let mark = self.one(&["@", "+", "*", "?", "!", "!", ""]);
                let behind = self.one(&["", "", ".ts", "x", "*", ".d.ts", ".*"]);
                let path = if mark == "!" && self.percent(70) { word } else { path };
                (format!("{mark}({pattern}){behind}"), format!("{path}{}", behind.replace('*', "y")))
            }
            _ => {
                let (one, path) = self.segment(depth - 1);
                let (other, more) = self.segment(depth - 1);
                (format!("{one}{other}"), format!("{path}{more}"))
            }
        }
    }

    fn sample(&mut self, (patterns, paths): (&str, &str)) -> (String, String) {
        let mut one = |texts: &str| {
            let texts: Vec<&str> = texts.split_whitespace().collect();
            self.one(&texts).to_owned()
        };
        (one(patterns), one(paths))
    }

    fn arms(&mut self, depth: usize, separator: char) -> (String, String) {
        let mut arms = Vec::new();
        for _ in 0..=self.below(3) {
            arms.push(match self.below(12) {
                0 if separator == '|' => {
                    let (pattern, path) = self.segments();
                    (format!("{pattern}/**"), path)
                }
                0 => self.segments(),
                1 => ("**/*.md".to_owned(), "x/y.md".to_owned()),
                2 => (self.one(&["*", "**", "*.d", "a*", "", "?", "a", "aa"]).to_owned(), "a".to_owned()),
                _ => self.segment(depth - 1),
            });
        }
        let path = arms[self.below(arms.len())].1.clone();
        let texts: Vec<String> = arms.into_iter().map(|(pattern, _)| pattern).collect();
        (texts.join(&separator.to_string()), path)
    }
}
