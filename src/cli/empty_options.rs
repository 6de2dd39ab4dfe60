//! Removes options with empty values, which come from empty expressions of workflows and empty shell variables.

use std::ffi::OsString;

/// The options that are ignored when their value is empty. For other options, an empty value has a meaning of its own
/// or is a mistake: a job with an empty `--only` would build all services.
const NOT_GIVEN: [&str; 16] = [
    "--at",
    "--base",
    "--changed",
    "--config",
    "--count",
    "--default-branch",
    "--environment",
    "--fallback",
    "--force",
    "--head",
    "--published-tag",
    "--since",
    "--style",
    "--token-env",
    "--version",
    "-c",
];

/// Returns the arguments without options that are ignored because their value is empty.
pub(super) fn without_empty(args: impl IntoIterator<Item = OsString>) -> Vec<OsString> {
    let mut args = args.into_iter().peekable();
    let mut left = Vec::new();
    let mut are_options = true;
    while let Some(arg) = args.next() {
        are_options &= arg != "--";
        let text = arg.to_str().filter(|_| are_options).unwrap_or_default();
        let is_empty = match text.strip_suffix('=') {
            Some(option) => NOT_GIVEN.contains(&option),
            None => NOT_GIVEN.contains(&text) && args.next_if(|value| value.is_empty()).is_some(),
        };
        if !is_empty {
            left.push(arg);
        }
    }
    left
}

#[cfg(test)]
mod tests {
    use super::*;

    fn left(args: &[&str]) -> Vec<String> {
        let left = without_empty(args.iter().map(OsString::from));
        left.into_iter().map(|arg| arg.into_string().unwrap()).collect()
    }

    #[test]
    fn an_option_with_an_empty_value_is_not_given() {
        let all = ["rebake", "plan", "--base", "", "--head=", "-c", "", "--since", "", "--ci", "--environment="];
        assert_eq!(left(&all), ["rebake", "plan", "--ci"]);
        assert_eq!(left(&["plan", "--base", "main", "--strict"]), ["plan", "--base", "main", "--strict"]);
    }

    #[test]
    fn other_empty_values_stay() {
        for args in [["glob", "", "x"], ["x", "--", "--base="], ["plan", "--only", ""], ["glob", "-e", ""]] {
            assert_eq!(left(&args), args);
        }
        assert_eq!(left(&["verdict", "--outputs="]), ["verdict", "--outputs="]);
    }
}
