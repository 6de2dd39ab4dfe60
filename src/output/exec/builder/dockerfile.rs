use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::Read as _;
use std::path::Path;

/// The parts of a Dockerfile that tell which images it uses: the names of its stages, its arguments, and the names of
/// images. It is read line by line, and instructions are not interpreted further.
#[derive(Debug, Default)]
pub(super) struct Dockerfile {
    stages: BTreeSet<String>,
    /// Arguments and their defaults.
    arguments: BTreeMap<String, String>,
    /// The words behind `FROM` and `from=`, unchanged.
    images: BTreeSet<String>,
}

impl Dockerfile {
    /// The most that is read of a Dockerfile.
    const LIMIT: u64 = 1 << 20;

    /// Reads a file. One that cannot be read counts as empty; the builder will report the error.
    pub(super) fn read(path: &Path) -> Self {
        let mut bytes = Vec::new();
        let read = File::open(path).and_then(|file| file.take(Self::LIMIT).read_to_end(&mut bytes));
        read.map_or_else(|_| Self::default(), |_| Self::parse(&String::from_utf8_lossy(&bytes)))
    }

    fn parse(text: &str) -> Self {
        let mut file = Self::default();
        for instruction in instructions(text) {
            let mut words = instruction.split_whitespace().map(unquoted).filter(|word| !word.is_empty());
            let is_word = |word: &str, wanted: &str| word.eq_ignore_ascii_case(wanted);
            match words.next() {
                Some(word) if is_word(word, "from") => {
                    let words: Vec<&str> = words.filter(|word| !word.starts_with("--")).collect();
                    file.images.extend(words.first().map(|image| (*image).to_owned()));
                    if let [_, named, stage, ..] = words.as_slice()
                        && is_word(named, "as")
                    {
                        file.stages.insert(stage.to_ascii_lowercase());
                    }
                }
                Some(word) if is_word(word, "arg") => {
                    for (name, value) in words.filter_map(|word| word.split_once('=')) {
                        file.arguments.entry(name.to_owned()).or_insert_with(|| unquoted(value).to_owned());
                    }
                }
                // `COPY --from=…`, `RUN --mount=type=bind,from=…`, also behind `ONBUILD`.
                Some(_) => {
                    let flags = words.filter_map(|word| word.strip_prefix("--"));
                    let fields = flags.flat_map(|flag| flag.split([',', '=']).zip(flag.split([',', '=']).skip(1)));
                    let images = fields.filter(|(key, _)| *key == "from").map(|(_, image)| image.to_owned());
                    file.images.extend(images);
                }
                None => {}
            }
        }
        file
    }

    /// Whether a stage has this name, which takes precedence over images.
    pub(super) fn has_stage(&self, name: &str) -> bool {
        self.stages.contains(&name.to_ascii_lowercase())
    }

    /// Returns the names of images: unchanged, and with these arguments filled in.
    pub(super) fn images(&self, given: &BTreeMap<&str, String>) -> Vec<(&str, String)> {
        let value = |name: &str| given.get(name).cloned().or_else(|| self.arguments.get(name).cloned());
        let filled = |image| Some((image, filled(image, &value)?));
        self.images.iter().map(String::as_str).filter_map(filled).collect()
    }
}

/// Returns the instructions of a Dockerfile, each on one line, without comments.
fn instructions(text: &str) -> Vec<String> {
    let escape = if text.lines().take_while(|line| line.starts_with('#')).any(is_backtick) { '`' } else { '\\' };
    let mut instructions = vec![String::new()];
    for line in text.lines().map(str::trim).filter(|line| !line.starts_with('#')) {
        let (line, goes_on) = line.strip_suffix(escape).map_or((line, false), |line| (line, true));
        if let Some(last) = instructions.last_mut() {
            last.push_str(line);
            last.push(' ');
        }
        if !goes_on {
            instructions.push(String::new());
        }
    }
    instructions
}

fn is_backtick(line: &str) -> bool {
    let directive: String = line.chars().filter(|c| !c.is_whitespace()).collect();
    directive.eq_ignore_ascii_case("#escape=`")
}

fn unquoted(word: &str) -> &str {
    let inside = |quote: char| word.strip_prefix(quote)?.strip_suffix(quote);
    inside('"').or_else(|| inside('\'')).unwrap_or(word)
}

/// Fills in variables: `$NAME`, `${NAME}`, `${NAME:-default}`, `${NAME:+other}`. `None` where one is unknown.
fn filled(text: &str, value: &impl Fn(&str) -> Option<String>) -> Option<String> {
    let Some((before, rest)) = text.split_once('$') else { return Some(text.to_owned()) };
    let (now, behind) = if let Some(braced) = rest.strip_prefix('{') {
        let (inside, behind) = braced.split_once('}')?;
        let (name, otherwise) = inside.split_once(':').map_or((inside, None), |(name, other)| (name, Some(other)));
        let set = value(name).filter(|value| !value.is_empty());
        let now = match otherwise.map(|otherwise| otherwise.split_at_checked(1)) {
            None => value(name)?,
            Some(Some(("-", default))) => set.unwrap_or_else(|| default.to_owned()),
            Some(Some(("+", other))) => set.map(|_| other.to_owned()).unwrap_or_default(),
            Some(_) => return None,
        };
        (now, behind)
    } else {
        let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len());
        (value(&rest[..end])?, &rest[end..])
    };
    Some(format!("{before}{now}{}", filled(behind, value)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn images_are_told_with_arguments_filled_in() {
        let file = Dockerfile::parse(
            "# syntax=docker/dockerfile:1\nARG BASE=acme/base\nARG TAG='main' X\nARG EMPTY=\n\
             from --platform=$BUILDPLATFORM ${BASE}:$TAG \\\n  AS Build\n# FROM acme/comment AS comment\nFROM \"$GIVEN\"\n\
             FROM ${EMPTY:-acme/other}:${TAG:+x}\nFROM $UNKNOWN\nCOPY --chown=1 --from=$BASE /a /b\n\
             RUN --mount=type=bind,from=acme/tools,target=/t cp /t /u\nONBUILD COPY --from=acme/late a b\n",
        );
        let given = BTreeMap::from([("GIVEN", "acme/given:1".to_owned()), ("TAG", "dev".to_owned())]);
        let expected = [
            ("$BASE", "acme/base"),
            ("$GIVEN", "acme/given:1"),
            ("${BASE}:$TAG", "acme/base:dev"),
            ("${EMPTY:-acme/other}:${TAG:+x}", "acme/other:x"),
            ("acme/late", "acme/late"),
            ("acme/tools", "acme/tools"),
        ];
        assert_eq!(file.images(&given), expected.map(|(raw, image)| (raw, image.to_owned())));
        assert!(file.has_stage("build") && file.has_stage("BUILD") && !file.has_stage("comment"));
    }

    #[test]
    fn another_escape_can_be_declared() {
        let file = Dockerfile::parse("# escape=`\nFROM acme/a `\n as one\nFROM acme\\b\n");
        assert!(file.has_stage("one"));
        assert_eq!(file.images(&BTreeMap::new()).len(), 2);
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_read(text in r"(FROM|ARG|COPY|--from=|[${}:+\-\\`='# \na-cé]){0,30}") {
            Dockerfile::parse(&text).images(&BTreeMap::new());
        }
    }
}
