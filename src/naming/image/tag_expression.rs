use super::date_format::{DateFormat, offset};
use super::image_facts::ImageFacts;
use super::image_tag::{Draft, is_tag_character};
use super::rule_error::Problem;
use crate::model::calendar::CalendarTime;
use crate::model::template::{Argument, Part, TemplateError, parts};

/// A text with values of type `N` to fill in. It is checked when it is read, so filling it in cannot fail.
#[derive(Debug, Clone)]
pub(super) struct Expression<N>(Vec<Piece<N>>);

#[derive(Debug, Clone)]
enum Piece<N> {
    Text { text: String, offset: usize },
    Value(N),
}

/// The values that `prefix`, `suffix`, `value`, the `pattern` of a schedule, and labels may contain.
#[derive(Debug, Clone)]
pub(super) enum Global {
    Branch,
    Tag,
    Sha,
    BaseRef,
    IsDefaultBranch,
    IsNotDefaultBranch,
    Version,
    Name,
    /// The time of the commit, in a format, and at an offset of some minutes ahead of UTC.
    Date(DateFormat, i64),
}

/// The values that the `pattern` of `semver` and `pep440` may contain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum VersionPart {
    Raw,
    Version,
    Major,
    Minor,
    Patch,
}

/// A value that an [`Expression`] may contain.
pub(super) trait Named: Sized {
    /// The words of all values, for suggestions.
    const WORDS: &'static [&'static str];

    /// Returns the value with the name `word`, such as `branch`; `None` if there is no such value.
    fn read(word: &str, arguments: &[Argument], offset: usize) -> Result<Option<Self>, Problem>;
}

impl<N: Named> Expression<N> {
    pub(super) fn parse(text: &str) -> Result<Self, Problem> {
        let mut pieces = Vec::new();
        // A literal text. Its offset is only known when the next value or the end is reached.
        let mut waiting: Option<String> = None;
        let ending_at = |end: usize, text: String| Piece::Text { offset: end - text.len(), text };
        for part in parts(text).map_err(|error| unreadable(&error))? {
            match part {
                Part::Text(text) => waiting = Some(text),
                Part::Name { name, arguments, offset } => {
                    pieces.extend(waiting.take().map(|text| ending_at(offset, text)));
                    let value = N::read(&name, &arguments, offset)?;
                    pieces.push(Piece::Value(value.ok_or_else(|| {
                        let error = TemplateError::Unknown { name: name.clone(), offset };
                        Problem::at(offset, error.to_string()).suggest(&name, N::WORDS)
                    })?));
                }
            }
        }
        pieces.extend(waiting.map(|rest| ending_at(text.len(), rest)));
        Ok(Self(pieces))
    }

    /// Checks that the literal text may be part of a tag.
    pub(super) fn for_tag(self) -> Result<Self, Problem> {
        for piece in &self.0 {
            let Piece::Text { text, offset } = piece else { continue };
            if let Some((at, c)) = text.char_indices().find(|(_, c)| !is_tag_character(*c)) {
                let problem = Problem::at(offset + at, format!("an image tag cannot hold {c:?}"));
                return Err(problem.help("tags are made of letters, digits and `.` `_` `-`"));
            }
        }
        Ok(self)
    }
}

impl<N> Expression<N> {
    /// Returns the literal text; `None` if the expression contains a value.
    pub(super) fn fixed(&self) -> Option<&str> {
        match self.0.as_slice() {
            [] => Some(""),
            [Piece::Text { text, .. }] => Some(text),
            _ => None,
        }
    }

    /// Returns the values to fill in.
    pub(super) fn values(&self) -> impl Iterator<Item = &N> {
        self.0.iter().filter_map(|piece| match piece {
            Piece::Value(value) => Some(value),
            Piece::Text { .. } => None,
        })
    }

    /// Returns the value of an expression that consists of a single value; `None` for any other expression.
    pub(super) fn alone(&self) -> Option<&N> {
        match self.0.as_slice() {
            [Piece::Value(value)] => Some(value),
            _ => None,
        }
    }

    /// Converts each literal text by `text` and each value by `value`, in order. `None` if `value` returns `None` for
    /// one of the values.
    pub(super) fn pieces<P>(&self, text: impl Fn(&str) -> P, value: impl Fn(&N) -> Option<P>) -> Option<Vec<P>> {
        let piece = |piece: &Piece<N>| match piece {
            Piece::Text { text: written, .. } => Some(text(written)),
            Piece::Value(name) => value(name),
        };
        self.0.iter().map(piece).collect()
    }

    /// Returns a description of how the text is made. Expressions with equal descriptions give equal texts.
    pub(super) fn form(&self, value: impl Fn(&N) -> String) -> String {
        self.text(|name| format!("{{{{{}}}}}", value(name)))
    }

    /// Fills in the values, and adds the text to a tag. In the values, characters that a tag may not contain are
    /// replaced.
    pub(super) fn fill(&self, draft: &mut Draft, value: impl Fn(&N) -> String) {
        for piece in &self.0 {
            match piece {
                Piece::Text { text, .. } => draft.literal(text),
                Piece::Value(name) => draft.value(&value(name)),
            }
        }
    }

    /// Returns the text with the values filled in unchanged.
    pub(super) fn text(&self, value: impl Fn(&N) -> String) -> String {
        self.0
            .iter()
            .map(|piece| match piece {
                Piece::Text { text, .. } => text.clone(),
                Piece::Value(name) => value(name),
            })
            .collect()
    }
}

impl Named for Global {
    const WORDS: &'static [&'static str] = &[
        "version",
        "name",
        "branch",
        "tag",
        "sha",
        "base_ref",
        "is_default_branch",
        "is_not_default_branch",
        "date",
        "commit_date",
    ];

    fn read(word: &str, arguments: &[Argument], offset: usize) -> Result<Option<Self>, Problem> {
        let value = match word {
            "branch" => Self::Branch,
            "tag" => Self::Tag,
            "sha" => Self::Sha,
            "base_ref" => Self::BaseRef,
            "is_default_branch" => Self::IsDefaultBranch,
            "is_not_default_branch" => Self::IsNotDefaultBranch,
            "version" => Self::Version,
            "name" => Self::Name,
            "date" | "commit_date" => return date(word, arguments, offset).map(Some),
            _ => return Ok(None),
        };
        no_arguments(word, arguments, offset).map(|()| Some(value))
    }
}

impl Global {
    pub(super) fn value(&self, facts: &ImageFacts<'_>) -> String {
        match self {
            Self::Branch => facts.branch().unwrap_or_default().to_owned(),
            Self::Tag => facts.tag().unwrap_or_default().to_owned(),
            Self::Sha => facts.commit.short(facts.abbrev),
            Self::BaseRef => facts.base().unwrap_or_default().to_owned(),
            Self::IsDefaultBranch => facts.is_default_branch().to_string(),
            Self::IsNotDefaultBranch => (!facts.is_default_branch()).to_string(),
            Self::Version => facts.version.to_owned(),
            Self::Name => facts.service.as_str().to_owned(),
            Self::Date(format, offset) => format.write(&CalendarTime::at(facts.time, *offset)),
        }
    }
}

impl Named for VersionPart {
    const WORDS: &'static [&'static str] = &["version", "raw", "major", "minor", "patch"];

    fn read(word: &str, arguments: &[Argument], offset: usize) -> Result<Option<Self>, Problem> {
        let value = match word {
            "raw" => Self::Raw,
            "version" => Self::Version,
            "major" => Self::Major,
            "minor" => Self::Minor,
            "patch" => Self::Patch,
            _ => return Ok(None),
        };
        no_arguments(word, arguments, offset).map(|()| Some(value))
    }
}

fn no_arguments(word: &str, arguments: &[Argument], offset: usize) -> Result<(), Problem> {
    if arguments.is_empty() {
        return Ok(());
    }
    Err(Problem::at(offset, TemplateError::Arguments { name: word.to_owned(), offset }.to_string()))
}

fn date(word: &str, arguments: &[Argument], at: usize) -> Result<Global, Problem> {
    let mut format = None;
    let mut ahead = 0;
    for argument in arguments {
        let place = |problem: Problem| problem.moved(argument.offset);
        match argument.key.as_deref() {
            None if format.is_none() => format = Some(DateFormat::parse(&argument.value).map_err(place)?),
            None => return Err(Problem::at(argument.offset, format!("`{word}` takes one format"))),
            Some("tz") => ahead = offset(&argument.value).map_err(place)?,
            Some(key) => {
                return Err(Problem::at(argument.offset, format!("`{word}` has no `{key}`")).suggest(key, &["tz"]));
            }
        }
    }
    let missing = || Problem::at(at, format!("`{word}` needs a format")).help(format!("{{{{{word} 'YYYYMMDD'}}}}"));
    format.map(|format| Global::Date(format, ahead)).ok_or_else(missing)
}

fn unreadable(error: &TemplateError) -> Problem {
    let problem = Problem::at(error.offset(), error.to_string());
    match error {
        TemplateError::Unclosed { .. } => {
            problem.help("a comma ends an attribute; where it belongs to one, quote that as a whole: `\"value={{…}}\"`")
        }
        _ => problem,
    }
}
