//! Reads a line of `tags` into a [`Rule`].

use regex::Regex;

use super::csv_line::{Field, Text, fields};
use super::rule_error::Problem;
use super::scheme::Scheme;
use super::tag_expression::{Expression, Global, Named};
use super::tag_regex::{regex, slashed_regex};
use super::tag_rule::{Enable, Rule, ShaFormat, Source};
use crate::model::name::nearest;

/// A type of rule: its name, its default priority, and its attributes besides [`COMMON`].
struct Type {
    name: &'static str,
    priority: i64,
    attributes: &'static [&'static str],
}

const TYPES: &[Type] = &[
    Type { name: "schedule", priority: 1000, attributes: &["pattern"] },
    Type { name: "semver", priority: 900, attributes: &["pattern", "value", "match"] },
    Type { name: "pep440", priority: 900, attributes: &["pattern", "value", "match"] },
    Type { name: "match", priority: 800, attributes: &["pattern", "group", "value"] },
    Type { name: "edge", priority: 700, attributes: &["branch"] },
    Type { name: "ref", priority: 600, attributes: &["event"] },
    Type { name: "raw", priority: 200, attributes: &["value"] },
    Type { name: "sha", priority: 100, attributes: &["format"] },
];

const COMMON: &[&str] = &["type", "enable", "priority", "prefix", "suffix"];

/// The attributes of a line: for each its key, its value, and the offset of its field.
struct Attributes {
    line_type: &'static Type,
    given: Vec<(String, Text, usize)>,
    /// The problems found so far, at most one for each attribute that was read.
    problems: Vec<Problem>,
    /// A problem for each attribute that the type does not have. Such attributes are ignored, as in the action.
    ignored: Vec<Problem>,
}

/// Reads the line of `tags` with the number `line`. Also returns a problem for each attribute that is ignored.
pub(super) fn rule(line: usize, text: &str) -> Result<(Rule, Vec<Problem>), Vec<Problem>> {
    let fields = fields(text).map_err(|problem| vec![problem])?;
    let mut attributes = Attributes::read(fields)?;
    let enable = attributes.take("enable", enable).unwrap_or(Enable::Always);
    let priority = attributes.take("priority", number).unwrap_or(attributes.line_type.priority);
    let mut prefix = attributes.take("prefix", tag_text);
    let suffix = attributes.take("suffix", tag_text);
    let source = attributes.source();
    match &source {
        Some(Source::RefPullRequest) => prefix = prefix.or_else(|| Expression::parse("pr-").ok()),
        Some(Source::Sha(_)) => prefix = prefix.or_else(|| Expression::parse("sha-").ok()),
        _ => {}
    }
    match source {
        Some(source) if attributes.problems.is_empty() => {
            Ok((Rule { line, enable, priority, prefix, suffix, source }, attributes.ignored))
        }
        // If there is a problem, an unknown attribute is its likely cause.
        _ => Err(attributes.ignored.into_iter().chain(attributes.problems).collect()),
    }
}

impl Attributes {
    fn read(fields: Vec<Field>) -> Result<Self, Vec<Problem>> {
        let mut problems = Vec::new();
        let mut given: Vec<(String, Text, usize)> = Vec::new();
        for Field { key, value, offset } in fields {
            // A field without a key is the attribute `value`. An empty field comes from a comma at the end.
            let key = match key {
                Some(key) => key,
                None if value.as_str().is_empty() => continue,
                None => "value".to_owned(),
            };
            if given.iter().any(|(other, ..)| *other == key) {
                problems.push(Problem::at(offset, format!("`{key}` is given twice")));
            }
            given.push((key, value, offset));
        }
        let line_type = match given.iter().find(|(key, ..)| key == "type") {
            None => TYPES.iter().find(|candidate| candidate.name == "raw"),
            Some((_, value, _)) => {
                let found = TYPES.iter().find(|candidate| candidate.name == value.as_str());
                if found.is_none() {
                    let names: Vec<&str> = TYPES.iter().map(|candidate| candidate.name).collect();
                    let problem = Problem::at(0, format!("there is no type `{}`", value.as_str()));
                    problems.push(value.place(problem.suggest(value.as_str(), &names)));
                }
                found
            }
        };
        let Some(line_type) = line_type else { return Err(problems) };
        let known: Vec<&str> = line_type.attributes.iter().chain(COMMON).copied().collect();
        let unknown = given.iter().filter(|(key, ..)| !known.contains(&key.as_str()));
        let ignored = unknown.map(|(key, _, offset)| {
            Problem::at(*offset, format!("`type={}` has no `{key}`", line_type.name)).suggest(key, &known)
        });
        Ok(Self { ignored: ignored.collect(), line_type, given, problems })
    }

    /// Reads an attribute; `None` if it is absent or wrong.
    fn take<T>(&mut self, key: &str, read: impl FnOnce(&str) -> Result<T, Problem>) -> Option<T> {
        let (_, value, _) = self.given.iter().find(|(other, ..)| other == key)?;
        read(value.as_str()).map_err(|problem| self.problems.push(value.place(problem))).ok()
    }

    /// Reads an attribute. `None` if the attribute is absent, wrong or empty: examples in the action's documentation
    /// have empty attributes.
    fn take_filled<T>(&mut self, key: &str, read: impl FnOnce(&str) -> Result<T, Problem>) -> Option<T> {
        let filled = self.given.iter().any(|(other, value, _)| other == key && !value.as_str().is_empty());
        if filled { self.take(key, read) } else { None }
    }

    /// Reads a required attribute. Adds a problem and returns `None` if the attribute is absent or wrong.
    fn need<T>(&mut self, key: &str, example: &str, read: impl FnOnce(&str) -> Result<T, Problem>) -> Option<T> {
        // The problems in `ignored` have no keys. Their offsets show which attributes they are about.
        let mistyped = |(_, problem): &(usize, &Problem)| {
            self.given.iter().any(|(other, _, offset)| *offset == problem.offset && nearest(other, [key]).is_some())
        };
        let is_given = self.given.iter().any(|(other, ..)| other == key);
        match self.ignored.iter().enumerate().find(mistyped) {
            Some((at, _)) if !is_given => self.problems.push(self.ignored.remove(at)),
            _ if !is_given => {
                let problem = Problem::at(0, format!("`type={}` needs `{key}`", self.line_type.name));
                self.problems.push(problem.help(format!("for example `{example}`")));
            }
            _ => {}
        }
        self.take(key, read)
    }

    fn source(&mut self) -> Option<Source> {
        Some(match self.line_type.name {
            "schedule" => {
                let pattern = self.take("pattern", tag_text);
                Source::Schedule { pattern: pattern.or_else(|| Expression::parse("nightly").ok())? }
            }
            "semver" => self.version(Scheme::Semver)?,
            "pep440" => self.version(Scheme::Pep440)?,
            "match" => {
                let pattern = self.need("pattern", r"pattern=\d+\.\d+", slashed_regex);
                let group = self.take("group", |text| group(text, pattern.as_ref())).unwrap_or(0);
                let value = self.take_filled("value", Expression::parse);
                Source::Match { pattern: pattern?, group, value }
            }
            "edge" => Source::Edge { branch: self.take_filled("branch", |text| Ok(text.to_owned())) },
            "ref" => self.need("event", "event=branch", |text| {
                one_of(
                    "event",
                    text,
                    [("branch", Source::RefBranch), ("tag", Source::RefTag), ("pr", Source::RefPullRequest)],
                )
            })?,
            "sha" => {
                let formats = [("short", ShaFormat::Short), ("long", ShaFormat::Long)];
                Source::Sha(self.take("format", |text| one_of("format", text, formats)).unwrap_or(ShaFormat::Short))
            }
            _ => Source::Raw { value: self.need("value", "value={{version}}", raw_value)? },
        })
    }

    fn version(&mut self, scheme: Scheme) -> Option<Source> {
        let pattern = self.need("pattern", "pattern={{version}}", tag_text);
        let value = self.take_filled("value", Expression::parse);
        let within = self.take_filled("match", |text| {
            let regex = regex(text, "")?;
            if regex.captures_len() < 2 {
                let problem = Problem::at(0, "`match` has no group for the version");
                return Err(problem.help(r"put it in parentheses: `match=api-(\d+\.\d+\.\d+)$`"));
            }
            Ok(regex)
        });
        Some(Source::Version { scheme, pattern: pattern?, value, within })
    }
}

fn tag_text<N: Named>(text: &str) -> Result<Expression<N>, Problem> {
    Expression::parse(text)?.for_tag()
}

fn raw_value(text: &str) -> Result<Expression<Global>, Problem> {
    if text.is_empty() {
        return Err(Problem::at(0, "`value` is empty").help("for a tag only at times, see `enable`"));
    }
    tag_text(text)
}

fn enable(text: &str) -> Result<Enable, Problem> {
    let refuse = || {
        Problem::at(0, format!("`enable` cannot be `{text}`"))
            .help("there are `true`, `false`, `{{is_default_branch}}` and `{{is_not_default_branch}}`")
    };
    match Expression::parse(text)? {
        expression if expression.fixed() == Some("true") => Ok(Enable::Always),
        expression if expression.fixed() == Some("false") => Ok(Enable::Never),
        expression => match expression.alone() {
            Some(Global::IsDefaultBranch) => Ok(Enable::OnDefaultBranch),
            Some(Global::IsNotDefaultBranch) => Ok(Enable::OffDefaultBranch),
            _ => Err(refuse()),
        },
    }
}

fn number(text: &str) -> Result<i64, Problem> {
    text.parse().map_err(|_| Problem::at(0, format!("`{text}` is not a whole number")))
}

fn one_of<T, const N: usize>(key: &str, text: &str, choices: [(&'static str, T); N]) -> Result<T, Problem> {
    let words: Vec<&str> = choices.iter().map(|(word, _)| *word).collect();
    let refuse = || Problem::at(0, format!("`{key}` cannot be `{text}`")).suggest(text, &words);
    choices.into_iter().find(|(word, _)| *word == text).map(|(_, choice)| choice).ok_or_else(refuse)
}

fn group(text: &str, pattern: Option<&Regex>) -> Result<usize, Problem> {
    let group = text.parse().map_err(|_| Problem::at(0, format!("`{text}` is not the number of a group")))?;
    match pattern {
        Some(pattern) if group >= pattern.captures_len() => {
            let groups = pattern.captures_len() - 1;
            let problem = Problem::at(0, format!("`pattern` has no group {group}"));
            Err(problem.help(format!("it has {groups}, counted by their opening parentheses; 0 is the whole match")))
        }
        _ => Ok(group),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns the problems of a line: offset, message, advice.
    fn problems(line: &str) -> Vec<(usize, String, String)> {
        let problems = rule(0, line).map_or_else(|problems| problems, |(_, ignored)| ignored);
        problems.into_iter().map(|p| (p.offset, p.message, p.help.unwrap_or_default())).collect()
    }

    #[test]
    fn priorities_are_those_of_the_types() {
        for line_type in TYPES {
            let line = format!("type={},pattern=1,value=1,event=tag", line_type.name);
            let keys = ["pattern", "value", "event"].map(|key| line_type.attributes.contains(&key));
            let line = line.split(',').zip([true].into_iter().chain(keys)).filter(|(_, keep)| *keep);
            let line = line.map(|(field, _)| field).collect::<Vec<_>>().join(",");
            assert_eq!(rule(0, &line).unwrap().0.priority, line_type.priority, "{line}");
        }
        assert_eq!(rule(0, "foo,priority=-3").unwrap().0.priority, -3);
    }

    #[test]
    fn each_mistake_has_a_place_and_an_advice() {
        for (line, offset, message, help) in [
            ("type=semvr,pattern=x", 5, "there is no type `semvr`", "did you mean `semver`?"),
            ("type=zzz", 5, "there is no type `zzz`", "there are `schedule`, `semver`"),
            ("type=raw,vlaue=x", 9, "`type=raw` has no `vlaue`", "did you mean `value`?"),
            ("type=sha,foo", 9, "`type=sha` has no `value`", "there are `format`, `type`"),
            ("type=raw,a,b", 11, "`value` is given twice", ""),
            ("type=semver", 0, "`type=semver` needs `pattern`", "pattern={{version}}"),
            ("type=raw", 0, "`type=raw` needs `value`", "value={{version}}"),
            ("type=raw,value=", 15, "`value` is empty", "enable"),
            ("type=ref", 0, "`type=ref` needs `event`", "event=branch"),
            ("type=ref,event=pull", 15, "`event` cannot be `pull`", "`branch`, `tag`, `pr`"),
            ("type=sha,format=lng", 16, "`format` cannot be `lng`", "did you mean `long`?"),
            ("x,priority=high", 11, "`high` is not a whole number", ""),
            ("x,enable=yes", 9, "`enable` cannot be `yes`", "`true`, `false`"),
            ("x,enable={{branch}}", 9, "`enable` cannot be `{{branch}}`", "is_default_branch"),
            ("a b", 1, "an image tag cannot hold ' '", "letters"),
            ("v{{major}}", 1, "there is no `{{major}}` here", "there are"),
            ("type=semver,pattern={{mjor}}", 20, "there is no `{{mjor}}` here", "did you mean `major`?"),
            ("{{date}}", 0, "`date` needs a format", "{{date 'YYYYMMDD'}}"),
            ("{{date 'YYYY' tz='Asia/Tokyo'}}", 18, "the time zone `Asia/Tokyo` is not known here", "`+09:00`"),
            ("{{date 'YYYY' zone='UTC'}}", 20, "`date` has no `zone`", "`tz`"),
            ("{{date 'YYYY' 'MM'}}", 15, "`date` takes one format", ""),
            ("{{date 'YYYY-ww'}}", 13, "`w` is not supported in a date", "`[w]`"),
            (
                "{{date YYYY}}",
                7,
                "`YYYY` is not an argument of `date`: arguments are quoted, as in `'this'` or `key='this'`",
                "",
            ),
            ("{{branch 'x'}}", 0, "`{{branch}}` takes no arguments", ""),
            ("type=match,pattern=(", 19, "`(` is not a regular expression: unclosed group", "look-around"),
            (
                "type=match,pattern=a(?=b)",
                19,
                "`a(?=b)` is not a regular expression: look-around, including look-ahead and look-behind, is not supported",
                "",
            ),
            ("type=match,pattern=/a/y", 22, "there is no flag `y`", "`i`, `m` and `s`"),
            ("type=match,pattern=v(.*),group=2", 31, "`pattern` has no group 2", "it has 1"),
            ("type=match,pattern=v,group=one", 27, "`one` is not the number of a group", ""),
            ("type=semver,pattern={{version}},match=v", 38, "`match` has no group for the version", "parentheses"),
            ("type=raw,\"value=x", 9, "the quote is never closed", ""),
        ] {
            let found = problems(line);
            let [(at, what, advice)] = &found[..] else { panic!("{line}: {found:?}") };
            assert_eq!((*at, what.as_str()), (offset, message), "{line}");
            assert!(advice.contains(help), "{line}: {advice}");
        }
    }

    #[test]
    fn an_attribute_that_the_type_does_not_have_says_nothing() {
        for line in ["type=raw,value=latest,event=push", "type=semver,pattern={{version}},event=tag", "x,prefx=a-"] {
            let (_, ignored) = rule(0, line).unwrap();
            assert_eq!(ignored.len(), 1, "{line}");
        }
        assert_eq!(problems("x,prefx=a-")[0], (2, "`type=raw` has no `prefx`".into(), "did you mean `prefix`?".into()));
    }

    #[test]
    fn empty_attributes_say_nothing() {
        assert_eq!(problems("type=semver,prefix=,suffix=,pattern={{version}},value=,match="), []);
        assert!(matches!(rule(0, "type=edge,branch=").unwrap().0.source, Source::Edge { branch: None }));
        assert!(matches!(rule(0, "type=match,pattern=x,value=").unwrap().0.source, Source::Match { value: None, .. }));
    }

    #[test]
    fn a_comma_in_an_expression_is_explained() {
        let found = problems("{{date 'D, M'}}");
        assert!(
            found.iter().any(|(_, what, help)| what.contains("never closed") && help.contains("comma")),
            "{found:?}"
        );
        assert_eq!(problems(r#""value={{date 'D, M'}}""#), []);
        assert_eq!(problems(r#"type=match,"pattern=\d{1,2}""#), []);
    }

    #[test]
    fn all_mistakes_of_a_line_are_told() {
        assert_eq!(problems("type=sha,format=x,priority=y,foo=z").len(), 3);
    }

    #[test]
    fn a_large_expression_is_refused() {
        assert!(problems(r#"type=match,"pattern=(\w{1000}){1000}""#)[0].1.contains("size limit"));
    }

    proptest::proptest! {
        #[test]
        fn any_line_is_read_or_refused_at_a_place_inside(
            line in "(type=(raw|match|semver|sha|ref|edge|schedule),)?[a-z{}'\"=,/ é+(|)\u{1b}]{0,30}"
        ) {
            for problem in rule(0, &line).err().unwrap_or_default() {
                proptest::prop_assert!(problem.offset <= line.len());
                proptest::prop_assert!(!problem.message.contains(char::is_control));
            }
        }
    }
}
