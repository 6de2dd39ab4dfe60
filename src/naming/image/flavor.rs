use super::csv_line::{Field, Text, fields};
use super::rule_error::{Problem, RuleError};
use super::tag_expression::{Expression, Global};

/// The settings that apply to all tags of an image: `latest=auto`, `prefix=…,onlatest=true`, `suffix=…`.
#[derive(Debug, Clone, Default)]
pub struct Flavor {
    pub(super) latest: Latest,
    pub(super) prefix: Option<Affix>,
    pub(super) suffix: Option<Affix>,
}

/// Whether the flavor gives the tag `latest` to the highest stable release. It never gives this tag to another image.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Latest {
    /// If the first rule that gave a tag is about releases, such as `type=semver`.
    #[default]
    Auto,
    /// If any rule gave a tag.
    Always,
    Never,
}

/// A prefix or a suffix.
#[derive(Debug, Clone)]
pub(super) struct Affix {
    pub(super) text: Expression<Global>,
    pub(super) scope: Scope,
}

/// The tags to which a flavor's prefix or suffix is added.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scope {
    /// The tags of rules, without `latest`.
    Rules,
    /// The tags of rules, and `latest` (`onlatest=true`).
    RulesAndLatest,
}

/// The side of a tag to which an affix is added.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Side {
    Prefix,
    Suffix,
}

const KEYS: &[&str] = &["latest", "prefix", "suffix", "onlatest"];

impl Flavor {
    /// Reads the lines of `flavor`. Blank lines and comments (`#`) are ignored.
    ///
    /// # Errors
    /// When a line is wrong. All errors are returned, each with its line and offset.
    pub fn parse<S: AsRef<str>>(lines: &[S]) -> Result<Self, Vec<RuleError>> {
        let mut flavor = Self::default();
        let mut errors = Vec::new();
        for (line, text) in lines.iter().map(AsRef::as_ref).enumerate() {
            if !super::has_content(text) {
                continue;
            }
            match fields(text) {
                Ok(fields) => errors.extend(flavor.line(&fields).into_iter().map(|problem| problem.in_line(line))),
                Err(problem) => errors.push(problem.in_line(line)),
            }
        }
        if errors.is_empty() { Ok(flavor) } else { Err(errors) }
    }

    fn line(&mut self, fields: &[Field]) -> Vec<Problem> {
        let mut last = None;
        fields.iter().filter_map(|field| self.field(field, &mut last).err()).collect()
    }

    /// Reads one field. `last` is the side of the last affix so far, to which an `onlatest` applies.
    fn field(&mut self, field: &Field, last: &mut Option<Side>) -> Result<(), Problem> {
        let Field { key, value, offset } = field;
        match key.as_deref() {
            Some("latest") => self.latest = latest(value.as_str()).map_err(|problem| value.place(problem))?,
            Some("prefix") => self.affix(Side::Prefix, value, last)?,
            Some("suffix") => self.affix(Side::Suffix, value, last)?,
            Some("onlatest") => {
                let scope = scope(value.as_str()).map_err(|problem| value.place(problem))?;
                let affix = match last {
                    Some(Side::Prefix) => self.prefix.as_mut(),
                    Some(Side::Suffix) => self.suffix.as_mut(),
                    None => None,
                };
                let missing = || {
                    Problem::at(*offset, "`onlatest` follows no `prefix` or `suffix`")
                        .help("write it on their line: `prefix=alpine-,onlatest=true`")
                };
                affix.ok_or_else(missing)?.scope = scope;
            }
            Some(other) => {
                return Err(Problem::at(*offset, format!("there is no `{other}` in a flavor")).suggest(other, KEYS));
            }
            None => {
                let problem = Problem::at(*offset, format!("`{}` is not `key=value`", value.as_str()));
                return Err(problem.help(format!("there are `{}`", KEYS.join("`, `"))));
            }
        }
        Ok(())
    }

    fn affix(&mut self, side: Side, value: &Text, last: &mut Option<Side>) -> Result<(), Problem> {
        let text = Expression::parse(value.as_str()).and_then(Expression::for_tag);
        let affix = Some(Affix { text: text.map_err(|problem| value.place(problem))?, scope: Scope::Rules });
        match side {
            Side::Prefix => self.prefix = affix,
            Side::Suffix => self.suffix = affix,
        }
        *last = Some(side);
        Ok(())
    }
}

fn latest(text: &str) -> Result<Latest, Problem> {
    match text {
        "auto" => Ok(Latest::Auto),
        "true" => Ok(Latest::Always),
        "false" => Ok(Latest::Never),
        _ => Err(Problem::at(0, format!("`latest` cannot be `{text}`")).suggest(text, &["auto", "true", "false"])),
    }
}

fn scope(text: &str) -> Result<Scope, Problem> {
    match text {
        "true" => Ok(Scope::RulesAndLatest),
        "false" => Ok(Scope::Rules),
        _ => Err(Problem::at(0, format!("`onlatest` is `true` or `false`, not `{text}`"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_add_up() {
        let flavor = Flavor::parse(&["latest=false", "", "# all", "prefix=a-,onlatest=true,suffix=-b"]).unwrap();
        assert_eq!(flavor.latest, Latest::Never);
        let (prefix, suffix) = (flavor.prefix.unwrap(), flavor.suffix.unwrap());
        assert_eq!((prefix.text.fixed(), prefix.scope), (Some("a-"), Scope::RulesAndLatest));
        assert_eq!((suffix.text.fixed(), suffix.scope), (Some("-b"), Scope::Rules));
    }

    #[test]
    fn mistakes_have_places() {
        for (line, offset, message, help) in [
            ("latest=yes", 7, "`latest` cannot be `yes`", "there are `auto`, `true`, `false`"),
            ("latest=ture", 7, "`latest` cannot be `ture`", "did you mean `true`?"),
            ("sufix=x", 0, "there is no `sufix` in a flavor", "did you mean `suffix`?"),
            ("true", 0, "`true` is not `key=value`", "there are `latest`, `prefix`, `suffix`, `onlatest`"),
            ("onlatest=true", 0, "`onlatest` follows no `prefix` or `suffix`", "prefix=alpine-"),
            ("prefix=a,onlatest=1", 18, "`onlatest` is `true` or `false`, not `1`", ""),
            ("prefix=a/", 8, "an image tag cannot hold '/'", "letters"),
            ("prefix={{brnch}}", 7, "there is no `{{brnch}}` here", "did you mean `branch`?"),
        ] {
            let [error] = &Flavor::parse(&["", line]).unwrap_err()[..] else { panic!("{line}") };
            assert_eq!((error.line, error.offset, error.message.as_str()), (1, offset, message), "{line}");
            assert!(error.help.as_deref().unwrap_or_default().contains(help), "{line}: {error:?}");
        }
    }
}
