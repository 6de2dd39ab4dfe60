//! Names in expressions of workflows: outputs of steps and jobs, and inputs.

/// A name in an expression or a script: `steps.filter.outputs.api`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ExpressionName {
    /// Its parts: `steps`, `filter`, `outputs` and `api`.
    pub(super) parts: Vec<String>,
    /// Whether the expression is true when the value of the name is not: `!needs.a.outputs.b`, `… == 'false'`, `… !=
    /// 'true'`.
    pub(super) is_negated: bool,
}

impl ExpressionName {
    /// Returns its parts as string slices.
    pub(super) fn path(&self) -> Vec<&str> {
        self.parts.iter().map(String::as_str).collect()
    }
}

/// Returns the names of an expression that begin with `steps`, `needs`, `jobs` or `inputs`.
pub(super) fn names(text: &str) -> Vec<ExpressionName> {
    let mut found = Vec::new();
    let mut rest = text;
    let mut before = ' ';
    while let Some(first) = rest.chars().next() {
        let is_start = first.is_ascii_alphabetic() && !is_word(before) && before != '.';
        let Some((parts, after)) = is_start.then(|| name(rest)).flatten() else {
            before = first;
            rest = &rest[first.len_utf8()..];
            continue;
        };
        let ahead = &text[..text.len() - rest.len()];
        if matches!(parts[0].as_str(), "steps" | "needs" | "jobs" | "inputs") && parts.len() > 1 {
            let is_negated = ahead.trim_end().ends_with('!') || asks_for_opposite(after);
            found.push(ExpressionName { parts, is_negated });
        }
        before = 'x';
        rest = after;
    }
    found
}

fn is_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_' || c == '-'
}

/// Returns the parts of the name at the beginning of a text, and the text after the name.
fn name(text: &str) -> Option<(Vec<String>, &str)> {
    let mut parts = Vec::new();
    let mut rest = text;
    loop {
        let end = rest.find(|c| !is_word(c)).unwrap_or(rest.len());
        if end == 0 {
            return None;
        }
        parts.push(rest[..end].to_owned());
        rest = &rest[end..];
        while let Some((part, after)) = index(rest) {
            parts.push(part.to_owned());
            rest = after;
        }
        match rest.strip_prefix('.').filter(|after| after.starts_with(is_word)) {
            Some(after) => rest = after,
            None => return Some((parts, rest)),
        }
    }
}

/// Returns the text in an index such as `['a']`, and the text after the index.
fn index(text: &str) -> Option<(&str, &str)> {
    let inside = text.strip_prefix('[')?.trim_start();
    let quote = inside.chars().next().filter(|c| matches!(c, '\'' | '"'))?;
    let (part, after) = inside[1..].split_once(quote)?;
    Some((part, after.trim_start().strip_prefix(']')?))
}

/// Whether the text after a name is a comparison that is true when the value of the name is not.
fn asks_for_opposite(after: &str) -> bool {
    let after = after.trim_start_matches([' ', '}', '"', '\'', '\n', ')']);
    let value = |text: &str, value: &str| text.trim_start_matches([' ', '"', '\'']).starts_with(value);
    after.strip_prefix("!=").is_some_and(|other| value(other, "true"))
        || after.strip_prefix("==").or_else(|| after.strip_prefix('=')).is_some_and(|other| value(other, "false"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_outputs_are_found() {
        let found = |text: &str| -> Vec<String> {
            let shown =
                |name: ExpressionName| format!("{}{}", if name.is_negated { "!" } else { "" }, name.parts.join("/"));
            names(text).into_iter().map(shown).collect()
        };
        assert_eq!(
            found("${{ steps.filter.outputs.api == 'true' || needs.a.outputs['b-c'] == 'true' }}"),
            ["steps/filter/outputs/api", "needs/a/outputs/b-c"]
        );
        assert_eq!(found("!needs.a.outputs.b && inputs.x != 'true'"), ["!needs/a/outputs/b", "!inputs/x"]);
        assert_eq!(found("[[ \"${{ steps.f.outputs.a }}\" == \"false\" ]]"), ["!steps/f/outputs/a"]);
        assert_eq!(found("contains(needs.*.result, 'x') && github.event.inputs.y && my.steps.z"), Vec::<String>::new());
        assert_eq!(found("needs.a.outputs.list != '[]'"), ["needs/a/outputs/list"]);
    }
}
