use std::collections::BTreeMap;

use super::at_most_or;
use crate::model::name::Escaped;
use crate::output::emit::EmitError;

/// The suggestion for a name that is too long.
const CURE: &str = "give the service a shorter name in filters.yaml";

/// Returns the names of jobs for an engine that allows few characters: the prefix of the rule, and then the job's own
/// name with a replacement for each character that the engine refuses.
///
/// # Errors
/// When two jobs would get the same name, or a name is too long for the engine.
pub(crate) fn labels<'a>(names: impl IntoIterator<Item = &'a str>, rule: &Rule) -> Result<Vec<String>, EmitError> {
    let mut labels = Vec::new();
    let mut taken: BTreeMap<String, &str> = BTreeMap::new();
    for name in names {
        let letter = |c: char| if c.is_ascii_alphanumeric() || rule.takes.contains(c) { c } else { rule.instead };
        let label = format!("{}{}", rule.prefix, name.chars().map(letter).collect::<String>());
        at_most_or(CURE, rule.engine, "the length of a job's name", label.len(), rule.longest)?;
        if let Some(other) = taken.insert(label.clone(), name) {
            return Err(EmitError::SameLabel {
                label,
                one: Escaped::new(other).to_string(),
                other: Escaped::new(name).to_string(),
            });
        }
        labels.push(label);
    }
    Ok(labels)
}

/// The rule for the names that an engine accepts. `takes` has the characters that the engine accepts besides ASCII
/// letters and digits, `instead` is the replacement for all other characters, `prefix` is put before each name, and
/// `longest` is the most bytes of a name.
pub(crate) struct Rule {
    pub(crate) engine: &'static str,
    pub(crate) prefix: &'static str,
    pub(crate) takes: &'static str,
    pub(crate) instead: char,
    pub(crate) longest: usize,
}

#[cfg(test)]
mod tests {
    use super::*;

    const RULE: Rule = Rule { engine: "Argo", prefix: "p-", takes: "-", instead: '-', longest: 8 };

    #[test]
    fn what_is_not_taken_is_replaced() {
        assert_eq!(labels(["a/b.c", "a-b"], &RULE).unwrap(), ["p-a-b-c", "p-a-b"]);
    }

    #[test]
    fn two_of_one_name_and_one_too_long_are_refused() {
        let same = labels(["a/b", "a\u{1b}b"], &RULE).unwrap_err();
        assert_eq!(same.to_string(), r"`a/b` and `a\x1bb` would both be the job p-a-b");
        assert!(matches!(labels(["1234567"], &RULE), Err(EmitError::Limit { .. })));
    }
}
