//! What shells propose, by the scripts that `rebake completions` prints.

use crate::repo::Repo;

fn repository() -> Repo {
    let repo = Repo::new();
    repo.write(
        "filters.yaml",
        "services:\n  api: {path: api, description: The API}\n  auth: {path: auth}\n  web: {path: web}\nenvironments:\n  staging: {on: push}\n  local: {on: local}\n",
    );
    repo.write("api/x", "").write("auth/x", "").write("web/x", "").commit("first");
    repo.git(["branch", "feature/one"]);
    repo.git(["tag", "v1.0.0"]);
    repo
}

/// What bash proposes for the last of these words.
fn bash(repo: &Repo, words: &[&str]) -> Vec<String> {
    let program = std::path::Path::new(env!("CARGO_BIN_EXE_rebake")).parent().unwrap();
    let words: Vec<String> = words.iter().map(|word| format!("'{word}'")).collect();
    let script = format!(
        "PATH={}:$PATH; eval \"$(rebake completions bash)\"; COMP_WORDS=({}); COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1)); COMP_TYPE=9\n\
         $(complete -p rebake | sed 's/.*-F \\([^ ]*\\) .*/\\1/') rebake \"${{COMP_WORDS[COMP_CWORD]}}\" ''\n\
         printf '%s\\n' \"${{COMPREPLY[@]}}\"",
        program.display(),
        words.join(" ")
    );
    let output = repo.rebake([""; 0]).into_shell(&script).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines().filter(|line| !line.is_empty()).map(|line| line.trim_end().to_owned()).collect()
}

#[test]
fn bash_proposes_what_the_repository_has() {
    let repo = repository();
    assert_eq!(bash(&repo, &["rebake", "why", "a"]), ["api", "auth"]);
    assert_eq!(bash(&repo, &["rebake", "plan", "--only", "api,w"]), ["api,web"]);
    assert_eq!(bash(&repo, &["rebake", "plan", "--environment", "st"]), ["staging"]);
    assert_eq!(bash(&repo, &["rebake", "plan", "--base", "f"]), ["feature/one"]);
    assert_eq!(bash(&repo, &["rebake", "plan", "--base", "v"]), ["v1.0.0"]);
    assert_eq!(bash(&repo, &["rebake", "plan", "--format", "ma"]), ["matrix", "markdown"]);
    assert_eq!(bash(&repo, &["rebake", "fing"]), ["fingerprint"]);
    assert_eq!(bash(&repo, &["rebake", "plan", "-c", "fil"]), ["filters.yaml"]);
    assert_eq!(bash(&repo, &["rebake", "graph", "--at", "f"]), ["feature/one"]);
    assert_eq!(bash(&repo, &["rebake", "version", "a"]), ["api", "auth"]);
}

#[test]
fn outside_of_a_repository_and_with_a_broken_file_there_are_commands_and_flags() {
    let repo = repository();
    repo.write("filters.yaml", "services: [\n");
    assert_eq!(bash(&repo, &["rebake", "why", "a"]), [""; 0]);
    assert_eq!(bash(&repo, &["rebake", "why", "--fi"]), ["--file"]);
}

/// Other shells ask by the same protocol, and get descriptions.
#[test]
fn zsh_and_fish_get_descriptions() {
    let repo = repository();
    let ask = |shell: &str, index: &str| {
        let run =
            repo.rebake(["--", "rebake", "why", "ap"]).env("REBAKE_COMPLETE", shell).env("_CLAP_COMPLETE_INDEX", index);
        run.success().text()
    };
    assert_eq!(ask("zsh", "2"), "api:The API");
    assert_eq!(ask("fish", "2"), "api\tThe API\n");
}
