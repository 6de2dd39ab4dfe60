//! Outputs, fields of a matrix, variables and exit codes, from their declarations in the source.

use std::collections::BTreeSet;

use rebake::Exit;
use rebake::inputs::trigger::InputVariable;
use rebake::model::name::{AzureLevelOutput, BuildOutput, FilterOutput, LevelOutput, PlanOutput, ServiceOutput};
use rebake::output::emit::{Field, JobVariable, PlanVariable};
use rebake::output::exec::CommandVariable;
use serde_json::Value;

use super::kept;
use crate::docs::regex;
use crate::source;

/// A line of a table: a name, and what it stands for.
type Row = (String, String);

/// Returns the lines of an enum's variants.
fn rows<T: Copy>(all: &[T], name: impl Fn(T) -> &'static str, meaning: impl Fn(T) -> &'static str) -> Vec<Row> {
    all.iter().map(|one| (name(*one).to_owned(), meaning(*one).to_owned())).collect()
}

/// The rows of enums that the macro `published_names` declares.
macro_rules! rows_of {
    ($($enum:ty),+) => {
        [$(rows(<$enum>::ALL, <$enum>::name, <$enum>::meaning)),+].concat()
    };
}

/// A table in Markdown.
fn table(heading: &str, rows: &[Row]) -> String {
    let line = |(name, meaning): &Row| {
        let meaning = meaning.split_whitespace().collect::<Vec<_>>().join(" ").replace('|', "\\|");
        format!("| `{name}` | {meaning} |\n")
    };
    let rows: String = rows.iter().map(line).collect();
    format!("| {heading} | |\n| --- | --- |\n{rows}")
}

/// The outputs that only the action has, from action.yml.
fn outputs_of_the_action() -> Vec<Row> {
    let action: Value = serde_yaml::from_str(&source::read("action.yml")).unwrap();
    let own: Vec<&str> = PlanOutput::ALL.iter().map(|output| output.name()).collect();
    let outputs = action["outputs"].as_object().unwrap().iter();
    let outputs = outputs.filter(|(name, _)| !own.contains(&name.as_str()));
    let row = |(name, output): (&String, &Value)| {
        (name.clone(), format!("{}. Only of the action.", output["description"].as_str().unwrap()))
    };
    outputs.map(row).collect()
}

fn outputs_page() -> String {
    let plan = [rows_of!(PlanOutput, LevelOutput, ServiceOutput, FilterOutput), outputs_of_the_action()].concat();
    let default: Vec<String> = Field::DEFAULT.iter().map(|field| format!("`{}`", field.name())).collect();
    let (last, others) = default.split_last().unwrap();
    format!(
        "# Outputs and variables

## Outputs of a step that plans

The action and `rebake plan --ci` write these on GitHub, Gitea and Forgejo. All are texts: compare with `'true'`.

{plan}
[Fields of a matrix](#fields-of-a-matrix) has the keys of an entry. A workflow has one job for each level that it \
expects, and skips a job whose `any_N` is missing.

In a paths-filter file, a filter with the name of one of rebake's outputs keeps it; rebake's own is then `rebake_any`, \
and so on. Services have no outputs of their own there.

On Azure the variables have the same names (`rebake.any_0` for a step of that name). Those of filters and services, \
`changes` and `rebake_promote` are missing, and each level has one more:

{azure}
## Fields of a matrix

`--fields service,path,tags` chooses the keys of an entry:

{fields}
Without `--fields` they are {} and {last}, with what the key `matrix` of the service adds. An entry for several services \
has `job` and `service` alone, with commas between the names, and `seconds` if times are known.

## Outputs of a step that builds

`rebake build --ci` and `rebake promote --ci` write these.

{build}
## Variables of a plan

Where an engine has no outputs, `rebake plan --ci` writes `.rebake/plan.env` beside `plan.json` and the pipeline, with \
these variables. On CircleCI they are parameters of the pipeline too: `rebake-any`, and so on.

{plan_variables}
## Variables that rebake reads

{read}| `CLICOLOR_FORCE` | Turns colours on, if it is set. |
| `HTTPS_PROXY`, `NO_PROXY` | The proxy for registries. |
| `SSL_CERT_FILE`, `SSL_CERT_DIR` | The certificates for registries. |
| `GIT_DIR` and others of git | As for git. |
| those of the CI engine | [Events](events.md) has those that say what is built. |
| `REBAKE_BINARY` | The npm package reads it: a program to run instead of its own. |

Values of variables whose names end with `_TOKEN`, `_PASSWORD` or `_KEY` are replaced by `***` in what rebake writes.

## Variables that commands get

`run`, `before` and tasks run in the directory of the service, with

{commands}",
        others.join(", "),
        plan = table("output", &plan),
        azure = table("output", &rows_of!(AzureLevelOutput)),
        fields = table("field", &rows_of!(Field)),
        build = table("output", &rows_of!(BuildOutput)),
        plan_variables = table("variable", &rows_of!(PlanVariable)),
        read = table("variable", &rows_of!(rebake::Variable, InputVariable, JobVariable)),
        commands = table("variable", &rows_of!(CommandVariable)),
    )
}

#[test]
fn the_outputs_and_variables_are_those_of_the_source() {
    kept("outputs.md", &outputs_page());
}

#[test]
fn the_exit_codes_are_those_of_the_source() {
    let rows: Vec<Row> =
        Exit::CODES.iter().map(|(code, meaning)| ((*code).to_owned(), (*meaning).to_owned())).collect();
    kept("exit-codes.md", &format!("# Exit codes\n\n{}", table("code", &rows)));
}

/// The names of rebake's own variables in a text.
fn variables(text: &str) -> BTreeSet<String> {
    regex("REBAKE_[A-Z_]*[A-Z]").find_iter(text).map(|found| found.as_str().to_owned()).collect()
}

/// The compiler does not know of a variable that the source names without a declaration.
#[test]
fn every_variable_of_the_source_is_declared() {
    let text: String = source::rust_files("src").iter().map(|file| source::read(file)).collect();
    let code = text.lines().filter(|line| !line.trim_start().starts_with("//"));
    let used = variables(&code.collect::<Vec<_>>().join("\n"));
    let declared = variables(&outputs_page());
    assert_eq!(used.difference(&declared).collect::<Vec<_>>(), [""; 0], "declare these with `published_names`");
}
