//! Nothing that people can name makes a pipeline do more: file names, refs, descriptions, and plans from elsewhere.

use std::process::Command;

use serde_json::Value;

use rebake::output::emit::{self, EmitError, Field, JobOptions, Pack};

use crate::engines::saved;
use crate::repo::Repo;

const ENGINES: [&str; 8] = ["github", "gitlab", "buildkite", "circleci", "azure", "argo", "jenkins", "bitbucket"];

/// Writes a saved plan for an engine, as the program does.
fn written(plan: &str, engine: &str, pack: Pack) -> Result<String, EmitError> {
    let plan = rebake::plan::read(plan).unwrap();
    let options = JobOptions { fields: Field::ALL.to_vec(), pack, ..JobOptions::default() };
    match engine {
        "github" => emit::github(&plan, &options),
        "gitlab" => emit::gitlab(&plan, &options),
        "buildkite" => emit::buildkite(&plan, &options),
        "circleci" => emit::circleci(&plan, &options),
        "azure" => emit::azure(&plan, &options),
        "argo" => emit::argo(&plan, &options),
        "jenkins" => emit::jenkins(&plan, &options),
        "bitbucket" => emit::bitbucket(&plan, &options),
        other => panic!("no engine {other}"),
    }
}

/// Texts of which each is a command or a template to some engine, shell or log.
const HOSTILE: &[&str] = &[
    "$(touch pwned)",
    "`id`",
    "a;b",
    "a\nb",
    "a\n$(x)",
    "any=false\nmatrix={}",
    "it's\n$(id)",
    "-rf",
    "::set-output name=any::false",
    "##[add-mask]x",
    "##vso[task.setvariable variable=any_0;isOutput=true]false",
    "x\r",
    "${{ github.token }}",
    "${HOME}",
    "%{ if true }x",
    "$$CI_JOB_TOKEN",
    "<< pipeline.id >>",
    "{{workflow.name}}",
    "$(REBAKE_ONLY)",
    "\u{202e}gpj.exe",
    "\u{85}\u{2028}\u{7f}",
    "\"",
    "\\",
    "EOF",
    "a,b",
];

/// Reads what `--format github` writes, as every runner does: each line is `name=value`.
fn outputs(text: &str) -> Vec<(&str, &str)> {
    assert!(text.is_ascii() && !text.contains('\r') && !text.contains("##["), "{text}");
    text.lines().map(|line| line.split_once('=').unwrap()).collect()
}

/// Takes the command that writes the plan out of a document that carries it, and leaves the rest.
fn take_plan(format: &str, document: &str) -> (String, String) {
    let mut document: Value = serde_json::from_str(document).unwrap();
    let command = match format {
        "circleci" => document["commands"]["rebake-plan"]["steps"][0]["run"]["command"].take(),
        _ => document["pipelines"]["default"][0]["step"]["script"][0].take(),
    };
    let Value::String(command) = command else { panic!("{document}") };
    // CircleCI fills in what stands behind it.
    assert!(format != "circleci" || !command.contains("<<"), "{command}");
    (command, document.to_string())
}

/// The command hands on the very plan, whatever stands in it: no engine fills in anything, and a shell expands nothing.
#[track_caller]
fn check_write(command: &str, plan: &Value) {
    assert!(command.is_ascii(), "{command}");
    let dir = tempfile::TempDir::new().unwrap();
    assert!(Command::new("sh").args(["-euc", command]).current_dir(&dir).status().unwrap().success());
    let file = command.rsplit_once("> ").unwrap().1;
    let written = std::fs::read_to_string(dir.path().join(file)).unwrap();
    assert_eq!(rebake::plan::read(&written).unwrap(), rebake::plan::read(&plan.to_string()).unwrap());
    assert!(!dir.path().join("pwned").exists());
}

fn check_outputs(text: &str) {
    let outputs = outputs(text);
    let names: Vec<&str> = outputs.iter().map(|(name, _)| *name).collect();
    assert_eq!(names, ["any", "count", "matrix", "levels", "any_0", "matrix_0", "any_1", "matrix_1"]);
    for (name, value) in outputs {
        let value: Value = serde_json::from_str(value).unwrap();
        assert!(name.starts_with("any") <= (value == Value::Bool(true)), "{name}: {value}");
    }
}

#[test]
fn a_service_with_a_name_that_is_more_than_a_name_is_in_no_pipeline() {
    for name in HOSTILE.iter().filter(|name| **name != "EOF") {
        let plan = saved(&[((*name).to_owned(), Vec::new())]);
        for engine in &ENGINES[1..] {
            let refused = written(&plan, engine, Pack::Service);
            assert!(matches!(refused, Err(EmitError::ServiceName { .. })), "{engine}: {refused:?}");
        }
        // In a matrix it is data, but not where a job has several.
        let refused = written(&plan, "github", Pack::Component);
        assert!(matches!(refused, Err(EmitError::ServiceName { .. })), "{refused:?}");
        let text = written(&plan, "github", Pack::Service).unwrap();
        let outputs = outputs(&text);
        let matrix: Value = serde_json::from_str(outputs[2].1).unwrap();
        assert_eq!((outputs.len(), &matrix["include"][0]["service"]), (6, &Value::from(*name)));
    }
}

/// Whatever else a plan says, only names stand in a pipeline: the document is that of the harmless plan, byte for byte.
#[test]
fn no_other_text_of_a_plan_reaches_a_pipeline() {
    let clean = saved(&[("api".to_owned(), vec![]), ("web".to_owned(), vec![0])]);
    for text in HOSTILE {
        let mut plan: Value = serde_json::from_str(&clean).unwrap();
        let hostile = Value::from(*text);
        plan["trigger"]["ref"] = hostile.clone();
        // Commits and versions of such a kind are refused as the plan is read.
        let commit = "0123456789abcdef0123456789abcdef01234567";
        plan["range"] = serde_json::json!({"base": commit, "head": commit, "source": text, "worktree": true});
        plan["removed"] = vec![hostile.clone()].into();
        plan["unmatched"] = vec![hostile.clone()].into();
        plan["filters"] = serde_json::json!({*text: [text]});
        for service in plan["services"].as_array_mut().unwrap() {
            for field in ["path", "image", "fingerprint"] {
                service[field] = hostile.clone();
            }
            service["tags"] = vec![hostile.clone()].into();
            service["labels"] = serde_json::json!({*text: text});
            service["platforms"] = vec![hostile.clone()].into();
            service["matrix"] = serde_json::json!({*text: {"x": [text]}});
            service["causes"] = serde_json::json!([{"kind": "file", "path": text, "pattern": text, "at": text}]);
        }
        for format in ENGINES {
            let document = written(&plan.to_string(), format, Pack::Service).unwrap();
            match format {
                "github" => check_outputs(&document),
                "circleci" | "bitbucket" => {
                    let (command, rest) = take_plan(format, &document);
                    check_write(&command, &plan);
                    let harmless = take_plan(format, &written(&clean, format, Pack::Service).unwrap());
                    assert_eq!(rest, harmless.1, "{text}");
                }
                _ => assert_eq!(document, written(&clean, format, Pack::Service).unwrap(), "{format}: {text}"),
            }
        }
    }
}

#[test]
fn hostile_files_refs_and_descriptions_make_the_same_pipelines() {
    let repository = |hostile: bool| {
        let repo = Repo::new();
        let text = |text: &str| if hostile { serde_json::to_string(text).unwrap() } else { "x".to_owned() };
        let filters = format!(
            "services:\n  api: {{path: api, description: {}}}\n  web: {{path: web, depends_on: [api], matrix: {{x: {}}}}}\n",
            text("${{ github.token }} $(id)\n##vso[x]"),
            text("<< pipeline.id >>\n::set-output name=any::false"),
        );
        repo.write("filters.yaml", filters).write("web/a", "1").commit("first");
        repo.write("api/plain", "");
        if hostile {
            for name in HOSTILE {
                repo.write(format!("api/{name}"), "");
            }
            repo.commit("second ##vso[x] $(id)");
            for name in ["$(id)", "`id`", "${{github.token}}", "<<pipeline.id>>", "{{workflow.name}}", "a;b", "::x"] {
                if !name.contains(':') {
                    repo.git(["branch", "--", name]);
                    repo.git(["tag", "--", &format!("v-{name}")]);
                }
            }
            repo.git(["checkout", "--quiet", "$(id)", "--"]);
        } else {
            repo.commit("second");
        }
        repo
    };
    let (hostile, harmless) = (repository(true), repository(false));
    for format in ENGINES {
        let run = |repo: &Repo| repo.rebake(["plan", "--base", "HEAD~1", "--format", format]).success().text();
        match format {
            "github" => check_outputs(&run(&hostile)),
            "circleci" | "bitbucket" => {
                let (command, rest) = take_plan(format, &run(&hostile));
                let plan = hostile.rebake(["plan", "--base", "HEAD~1", "--format", "json"]).success().text();
                check_write(&command, &serde_json::from_str(&plan).unwrap());
                assert_eq!(rest, take_plan(format, &run(&harmless)).1);
            }
            _ => assert_eq!(run(&hostile), run(&harmless), "{format}"),
        }
        assert!(!hostile.dir().join("pwned").exists());
    }
}

/// A summary has as many lines as that of a harmless plan, its graph is one block, and nothing in it is an order to
/// Markdown, HTML, Mermaid or the log.
#[test]
fn no_name_is_more_than_a_name_in_a_summary() {
    let summary = |name: &str| {
        let plan = saved(&[(name.to_owned(), vec![]), ("web".to_owned(), vec![0])]);
        let mut plan: Value = serde_json::from_str(&plan).unwrap();
        for service in plan["services"].as_array_mut().unwrap() {
            service["push"] = true.into();
            service["image"] = name.into();
            service["tags"] = vec![name].into();
        }
        plan["unmatched"] = vec![name].into();
        emit::markdown(&rebake::plan::read(&plan.to_string()).unwrap())
    };
    let lines = summary("api").lines().count();
    for name in
        HOSTILE.iter().chain(&["</pre><b>x", "```", "\"]\n  s0 --> s9", "%%{init: {}}%%", "|", "[x](y)", "@ada"])
    {
        let text = summary(name);
        assert_eq!((text.lines().count(), text.matches("```").count()), (lines, 2), "{text}");
        let control = |c: char| c != '\n' && (c.is_control() || c == '\u{2028}' || c == '\u{202e}');
        assert!(!text.contains(control), "{text}");
        let (_, graph) = text.split_once("```mermaid\n").unwrap();
        let graph: Vec<&str> = graph.lines().take(4).collect();
        assert_eq!((graph[0], graph[2], graph[3]), ("graph LR", "  s1[\"web\"]", "  s0 --> s1"), "{text}");
        let label = graph[1].strip_prefix("  s0[\"").unwrap().strip_suffix("\"]").unwrap();
        assert!(!label.contains(['"', '[', ']', '{', '}', '%', '<', '`', '$', '|', '\\']), "{text}");
        for order in ["<b>", "::set-output", "##[", "##vso[", "[x](", "@ada"] {
            assert!(!text.contains(order), "{text}");
        }
    }
}
