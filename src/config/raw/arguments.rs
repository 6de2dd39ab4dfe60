use schemars::JsonSchema;

use super::ArgumentTemplate;
use crate::config::problems::{Problems, shown};
use crate::config::read::{Map, Read, Text, literal};
use crate::config::yaml::View;
use crate::model::diagnostic::Diagnostic;

/// Build arguments by name.
#[derive(Debug, Clone, Default, JsonSchema)]
#[schemars(transparent, inline)]
pub(in crate::config) struct BuildArguments(pub(in crate::config) Map<ArgumentTemplate>);

/// Variables of the environment, by name.
#[derive(Debug, Clone, Default, JsonSchema)]
#[schemars(transparent, inline)]
pub(in crate::config) struct Variables(pub(in crate::config) Map<Text>);

/// The reference of a secret: `id=NAME,env=VARIABLE` or `id=NAME,src=FILE`.
#[derive(Debug, Clone, JsonSchema)]
#[schemars(transparent, inline)]
pub(in crate::config) struct Secret(#[schemars(regex(pattern = "^(id|env|src)="))] pub(in crate::config) String);

impl Read for BuildArguments {
    fn read(view: View<'_>, problems: &mut Problems<'_>) -> Option<Self> {
        let arguments = Map::<ArgumentTemplate>::read(view, problems)?;
        for (name, argument) in arguments.0.iter().filter(|(name, _)| is_secret(name)) {
            let message = format!("the build argument `{}` looks like a secret", shown(name));
            let problem = Diagnostic::error("secret-build-arg", message);
            let problem = problem.located(problems.file(), &argument.name, "ends in the history of the image");
            let id = shown(name);
            problems.push(problem.help(format!("pass it as a secret: `secrets: [\"id={id},env={id}\"]`")));
        }
        names(arguments, |value| value.0.text(), problems).map(Self)
    }

    fn over(self, defaults: &Self) -> Self {
        Self(self.0.over(&defaults.0))
    }
}

impl Read for Variables {
    fn read(view: View<'_>, problems: &mut Problems<'_>) -> Option<Self> {
        let variables = Map::<Text>::read(view, problems)?;
        for (name, variable) in variables.0.iter().filter(|(name, _)| name.starts_with("REBAKE_")) {
            let message = format!("the variable `{}` is rebake's own", shown(name));
            problems.error("reserved-variable", message, &variable.name, "would be replaced");
        }
        names(variables, |value| &value.0, problems).map(Self)
    }

    fn over(self, defaults: &Self) -> Self {
        Self(self.0.over(&defaults.0))
    }
}

/// Checks that each name is valid for a variable, and that no value contains a NUL character. Reports each problem, and
/// returns `None` if there is one.
fn names<T>(map: Map<T>, text: impl Fn(&T) -> &str, problems: &mut Problems<'_>) -> Option<Map<T>> {
    let mut good = true;
    for (name, value) in &map.0 {
        if !is_variable_name(name) {
            let message = format!("`{}` is not the name of a variable", shown(name));
            problems.error("bad-variable", message, &value.name, "expected letters, digits and `_`");
            good = false;
        }
        if text(&value.value.value).contains('\0') {
            problems.error("bad-value", "the value holds a NUL character", &value.value, "");
            good = false;
        }
    }
    good.then_some(map)
}

/// Whether a name is valid for a variable: letters, digits and `_`, without a digit at the beginning.
pub(in crate::config) fn is_variable_name(name: &str) -> bool {
    let begins = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    begins && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

/// Whether a name looks like the name of a secret to docker's check `SecretsUsedInArgOrEnv`: it contains a word such as
/// `token` or `password`, and not the word `public`.
pub(in crate::config) fn is_secret(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    let words = ["apikey", "credential", "credentials", "key", "password", "passwd", "pword", "secret", "token"];
    let has = |word: &str| name.split(['_', '-', '.']).any(|part| part == word);
    words.into_iter().any(has) && !has("public")
}

impl Read for Secret {
    fn read(view: View<'_>, problems: &mut Problems<'_>) -> Option<Self> {
        let text = literal(view, "a secret's reference", problems)?;
        let Err(wrong) = check(text) else { return Some(Self(text.to_owned())) };
        let problem = Diagnostic::error("bad-secret", format!("this is not a reference to a secret: {wrong}"));
        let problem = problem.located(problems.file(), &view.locate(()), "");
        problems.push(problem.help("write `id=NAME,env=VARIABLE` or `id=NAME,src=FILE`; never the secret itself"));
        None
    }
}

fn check(text: &str) -> Result<(), &'static str> {
    let (mut id, mut sources) = (0, 0);
    for part in text.split(',') {
        // A part may be the secret itself, so no message shows it.
        match part.split_once('=') {
            Some((_, "")) => return Err("a part of it is empty"),
            Some(("id", _)) => id += 1,
            Some(("env" | "src", _)) => sources += 1,
            _ => return Err("it has a part other than `id=`, `env=` and `src=`"),
        }
    }
    match (id, sources) {
        (1, 1) => Ok(()),
        (1, _) => Err("it takes one of `env=` and `src=`"),
        _ => Err("it takes one `id=`"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_known_by_words() {
        for name in ["NPM_TOKEN", "api_key", "PASSWORD", "DB_PASSWORD_FILE", "AWS_SECRET_ACCESS_KEY", "APIKEY"] {
            assert!(is_secret(name), "{name}");
        }
        for name in ["MONKEY", "VERSION", "PUBLIC_KEY", "KEYBOARD", "TOKENIZER"] {
            assert!(!is_secret(name), "{name}");
        }
    }

    #[test]
    fn references_have_an_id_and_a_source() {
        assert_eq!(check("id=npm,env=NPM_TOKEN"), Ok(()));
        assert_eq!(check("src=a/b,id=npm"), Ok(()));
        for text in ["", "id=npm", "id=a,env=b,src=c", "id=a,id=b,env=c", "hunter2", "id=,env=x", "id=a,type=env,env=x"]
        {
            assert!(check(text).is_err(), "{text}");
        }
    }
}
