//! The action of this repository: what `action.yml` declares, and what its script does with rebake's own inputs. That it
//! stands in for dorny/paths-filter is shown in `drop_in`.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

use crate::drop_in::Step;
use crate::repo::Repo;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

fn read(path: &str) -> String {
    std::fs::read_to_string(Path::new(ROOT).join(path)).unwrap()
}

fn keys(value: &Value) -> BTreeSet<&str> {
    value.as_object().unwrap().keys().map(String::as_str).collect()
}

#[test]
fn action_yml_declares_what_the_script_reads() {
    let action: Value = serde_yaml::from_str(&read("action.yml")).unwrap();
    let inputs = keys(&action["inputs"]);
    let originals = [
        "base",
        "filters",
        "initial-fetch-depth",
        "list-files",
        "predicate-quantifier",
        "ref",
        "token",
        "working-directory",
    ];
    assert!(originals.iter().all(|input| inputs.contains(input)), "{inputs:?}");
    let scripts = [read(".github/action/main.mjs"), read(".github/action/compared.mjs")].concat();
    let mut read: BTreeSet<&str> =
        scripts.split("input(\"").skip(1).map(|behind| behind.split_once('"').unwrap().0).collect();
    let lists = scripts.split("const name of [").skip(1).map(|behind| behind.split_once(']').unwrap().0);
    read.extend(lists.flat_map(|list| list.split('"').skip(1).step_by(2)));
    assert_eq!(read, inputs);
    assert_eq!(
        keys(&action["outputs"]),
        ["any", "changes", "count", "environment", "matrix", "plan", "program", "rebake_promote", "services"].into()
    );
    assert!(Path::new(ROOT).join(action["runs"]["main"].as_str().unwrap()).exists());
}

#[test]
fn no_shell_reads_what_the_action_is_given() {
    for script in ["main", "compared", "binary", "http"] {
        let text = read(&format!(".github/action/{script}.mjs"));
        for way in ["shell:", "exec(", "execSync", "${{"] {
            assert!(!text.contains(way), "{script}.mjs has {way}");
        }
    }
}

#[test]
fn the_pinned_release_is_this_version_or_none() {
    let release: Value = serde_json::from_str(&read(".github/action/release.json")).unwrap();
    let checksums = release["sha256"].as_object().unwrap();
    let is_checksum = |sum: &str| sum.len() == 64 && sum.bytes().all(|byte| byte.is_ascii_hexdigit());
    assert!(checksums.values().all(|sum| is_checksum(sum.as_str().unwrap())), "{release}");
    assert!(checksums.is_empty() || release["version"] == env!("CARGO_PKG_VERSION"), "{release}");
}

/// With `check`, the step tells what is wrong in the filters, and fails where it is an error.
#[test]
#[ignore = "runs node: .ci/run runs it"]
fn the_filters_are_checked_where_that_is_asked_for() {
    let repo = Repo::new();
    repo.write("filters.yaml", "services: {api: {path: api, filters: [api/**]}}\n");
    repo.write("api/Dockerfile", "FROM alpine\nCOPY . /\n");
    let before = repo.commit("first").to_string();
    let mut step = Step::new("push", "refs/heads/main", json!({"before": before}));
    step.input("check", "true");
    step.ours(&repo).unwrap();
    repo.write("filters.yaml", "services: {api: {path: api, context: /, filters: [api/**]}}\n");
    repo.write("api/Dockerfile", "FROM alpine\nCOPY shared /\n").write("shared", "");
    repo.commit("second");
    let said = step.ours(&repo).unwrap_err();
    assert!(said.contains("::error title=R002"), "{said}");
    step.input("check", "false");
    step.ours(&repo).unwrap();
}

fn node(script: &str) -> (Option<i32>, String) {
    let output = Command::new("node").args(["--input-type=module", "--eval", script]).current_dir(ROOT).output();
    let output = output.unwrap();
    (output.status.code(), String::from_utf8([output.stdout, output.stderr].concat()).unwrap())
}

#[test]
#[ignore = "runs node: .ci/run runs it"]
fn a_program_with_another_checksum_is_refused() {
    let verify = |checksum: &str| {
        node(&format!(
            "import {{ verify }} from './.github/action/binary.mjs'; verify(Buffer.from('x'), '{checksum}', 'a.tgz')"
        ))
    };
    let of_x = "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881";
    assert_eq!(verify(of_x), (Some(0), String::new()));
    let (code, said) = verify(&of_x.replace('2', "3"));
    assert!(code == Some(1) && said.contains(&format!("a.tgz has the SHA-256 {of_x}")), "{said}");
}

/// A copy of what has the program, which pins a release that a stand-in for GitHub hands out.
struct Pinned {
    folder: tempfile::TempDir,
    checksum: String,
}

const ARCHIVE: &str = "rebake-x86_64-unknown-linux-gnu-v1.2.3.tgz";

impl Pinned {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        for directory in [".github/action", "temp", "cache", "rebake-x86_64-unknown-linux-gnu-v1.2.3"] {
            std::fs::create_dir_all(path(directory)).unwrap();
        }
        for script in ["binary", "http"] {
            let script = format!(".github/action/{script}.mjs");
            std::fs::copy(Path::new(ROOT).join(&script), path(&script)).unwrap();
        }
        // By the name that the archive of the release has.
        assert!(read("packaging/build").contains("\nname=rebake-$target-v$version\n"));
        std::fs::write(path("rebake-x86_64-unknown-linux-gnu-v1.2.3/rebake"), "the program").unwrap();
        let mut tar = Command::new("tar");
        let packed = tar.args(["-czf", ARCHIVE, "rebake-x86_64-unknown-linux-gnu-v1.2.3"]).current_dir(folder.path());
        assert!(packed.status().unwrap().success());
        let sum = Command::new("sha256sum").arg(path(ARCHIVE)).output().unwrap();
        let checksum = String::from_utf8(sum.stdout).unwrap()[..64].to_owned();
        Self { folder, checksum }
    }

    /// Asks for the program as the action does, with `answer` as the body of a function `fetch`; each address is said.
    fn ask(&self, repository: &str, checksum: &str, answer: &str) -> (bool, String) {
        let path = |name: &str| self.folder.path().join(name);
        let release = json!({"version": "1.2.3", "sha256": {"x86_64-unknown-linux-gnu": checksum}});
        std::fs::write(path(".github/action/release.json"), release.to_string()).unwrap();
        let script = format!(
            "import {{ readFileSync }} from 'node:fs';
            Object.defineProperty(process, 'arch', {{ value: 'x64' }});
            const archive = () => new Response(readFileSync('{ARCHIVE}'));
            let asked = 0;
            globalThis.fetch = async (url, {{ headers }}) => {{
              console.log(url, headers.authorization ?? '');
              asked += 1;
              {answer}
            }};
            const {{ binary }} = await import('{}');
            console.log(readFileSync(await binary('temp', 'secret'), 'utf8'));",
            path(".github/action/binary.mjs").display(),
        );
        let mut node = Command::new("node");
        node.args(["--input-type=module", "--eval", &script]).current_dir(self.folder.path());
        node.env("GITHUB_ACTION_REPOSITORY", repository).env("RUNNER_TOOL_CACHE", path("cache"));
        for name in ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy", "GITHUB_API_URL"] {
            node.env_remove(name);
        }
        let output = node.output().unwrap();
        (output.status.success(), String::from_utf8([output.stdout, output.stderr].concat()).unwrap())
    }
}

const RELEASE: &str =
    "https://github.com/acme/rebake/releases/download/v1.2.3/rebake-x86_64-unknown-linux-gnu-v1.2.3.tgz";

/// The release that is pinned is asked for once: the tool cache keeps it. Only what has its checksum is unpacked.
#[test]
#[ignore = "runs node: .ci/run runs it"]
fn the_program_is_that_of_the_pinned_release() {
    let pinned = Pinned::new();
    let (success, said) = pinned.ask("acme/rebake", &"0".repeat(64), "return archive();");
    assert!(!success && said.contains(&format!("has the SHA-256 {}", pinned.checksum)), "{said}");
    assert_eq!(std::fs::read_dir(pinned.folder.path().join("temp")).unwrap().count(), 0);

    let first = pinned.ask("acme/rebake", &pinned.checksum, "return archive();");
    assert_eq!(first, (true, format!("{RELEASE} \nthe program\n")));
    let second = pinned.ask("acme/rebake", &pinned.checksum, "throw new Error('asked again');");
    assert_eq!(second, (true, "the program\n".to_owned()));
    // What somebody has put into the cache is not believed.
    let kept = pinned.folder.path().join("cache/rebake/1.2.3").join(ARCHIVE);
    std::fs::write(kept, "something else").unwrap();
    let third = pinned.ask("acme/rebake", &pinned.checksum, "return archive();");
    assert_eq!(third, (true, format!("{RELEASE} \nthe program\n")));

    // An action that is called by its path has no release to ask for.
    let (success, said) = pinned.ask("", &pinned.checksum, "throw 'never';");
    assert!(!success && said.starts_with("This version of the action has no program"), "{said}");
}

#[test]
#[ignore = "runs node: .ci/run runs it"]
fn a_download_is_tried_three_times() {
    let twice = "if (asked < 3) return new Response('', { status: 503 }); return archive();";
    let pinned = Pinned::new();
    let (success, said) = pinned.ask("acme/rebake", &pinned.checksum, twice);
    assert!(success && said.matches(": 503; once more").count() == 2, "{said}");
    let pinned = Pinned::new();
    let (success, said) = pinned.ask("acme/rebake", &pinned.checksum, "throw new Error('no network');");
    assert!(!success && said.matches(RELEASE).count() == 5 && said.contains("Error: no network"), "{said}");
}

/// Releases of a private repository are taken by the API, with the token.
#[test]
#[ignore = "runs node: .ci/run runs it"]
fn the_token_takes_the_program_of_a_private_action() {
    let private = format!(
        "if (url.startsWith('https://github.com/')) return new Response('', {{ status: 404 }});
        if (headers.authorization !== 'Bearer secret') return new Response('', {{ status: 401 }});
        if (url.endsWith('/releases/tags/v1.2.3')) return Response.json({{ assets: [{{ name: 'x', id: 1 }}, {{ name: '{ARCHIVE}', id: 7 }}] }});
        if (url.endsWith('/releases/assets/7') && headers.accept === 'application/octet-stream') return archive();"
    );
    let pinned = Pinned::new();
    let (success, said) = pinned.ask("acme/rebake", &pinned.checksum, &private);
    assert!(success && said.ends_with("the program\n"), "{said}");
    assert!(said.starts_with(&format!("{RELEASE} \n")), "the token goes to the API alone: {said}");
}

/// Behind a proxy curl is asked, which knows it; the header does not stand among its arguments.
#[test]
#[ignore = "runs node: .ci/run runs it"]
fn a_proxy_is_used() {
    let proxy = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", proxy.local_addr().unwrap());
    let asked = std::thread::spawn(move || {
        use std::io::{BufRead as _, Write as _};
        let (mut stream, _) = proxy.accept().unwrap();
        let lines = std::io::BufReader::new(stream.try_clone().unwrap()).lines();
        let head: Vec<String> = lines.map(|line| line.unwrap()).take_while(|line| !line.is_empty()).collect();
        stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello").unwrap();
        head
    });
    let script = "import { get } from './.github/action/http.mjs';
        const { status, body } = await get('http://releases.invalid/x', { authorization: 'Bearer secret' });
        console.log(status, String(body));";
    let mut node = Command::new("node");
    node.args(["--input-type=module", "--eval", script]).current_dir(ROOT);
    let output = node.env("ALL_PROXY", &address).env("http_proxy", &address).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stdout), "200 hello\n", "{}", String::from_utf8_lossy(&output.stderr));
    let head = asked.join().unwrap();
    assert_eq!(head[0], "GET http://releases.invalid/x HTTP/1.1");
    assert!(head.iter().any(|line| line.eq_ignore_ascii_case("authorization: bearer secret")), "{head:?}");
}

/// A push to a branch whose name is an attack, in a repository with files of such names.
fn pushed() -> (Step, Repo) {
    let repo = Repo::new();
    repo.write("filters.yaml", "services:\n  api: {path: api}\n  web: {path: web}\n")
        .write("web/a", "")
        .commit("first");
    let before = repo.id("HEAD");
    repo.write("api/a\nany=false", "").write("api/$(touch pwned)", "").commit("second");
    let mut step = Step::new("push", "refs/heads/$(touch pwned);`id`", json!({"before": before.to_string()}));
    step.input("token", "");
    (step, repo)
}

#[test]
#[ignore = "runs node: .ci/run runs it"]
fn without_filters_it_is_rebake() {
    let (mut step, repo) = pushed();
    let outputs = step.input("fields", "service,environment").ours(&repo).unwrap();
    assert_eq!(outputs["any"], "true");
    assert_eq!(outputs["services"], r#"["api"]"#);
    assert_eq!(outputs["environment"], "preview");
    assert_eq!(outputs["matrix"], r#"{"include":[{"environment":"preview","service":"api"}]}"#);
    let plan = rebake::plan::read(&std::fs::read_to_string(&outputs["plan"]).unwrap()).unwrap();
    assert_eq!(plan.services[0].causes.len(), 2);
    assert!(!repo.dir().join("pwned").exists());

    // A failure is that of the program, with its exit code and words.
    let said = step.input("environment", "nowhere\n::set-output name=any::false").ours(&repo).unwrap_err();
    assert!(said.contains("unknown-environment") && !said.contains("\n::set-output"), "{said}");
}

#[test]
#[ignore = "runs node: .ci/run runs it"]
fn a_program_below_the_workspace_is_found_from_another_directory() {
    let (mut step, repo) = pushed();
    std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_rebake"), repo.dir().join(".git/rebake")).unwrap();
    let outputs = step.input("binary", ".git/rebake").input("working-directory", "api").ours(&repo).unwrap();
    assert_eq!(outputs["services"], r#"["api"]"#);
}

#[test]
#[ignore = "runs node: .ci/run runs it"]
fn a_filter_wins_over_each_output_of_its_name() {
    let action: Value = serde_yaml::from_str(&read("action.yml")).unwrap();
    let names = keys(&action["outputs"]);
    let filters: Vec<String> = names.iter().map(|name| format!("{name}: 'none/**'\n")).collect();
    let (mut step, repo) = pushed();
    let outputs = step.input("filters", &filters.concat()).ours(&repo).unwrap();
    let others: Vec<&str> = names.into_iter().filter(|name| outputs[*name] != "false").collect();
    assert_eq!(others, [""; 0]);
}

#[test]
#[ignore = "runs node: .ci/run runs it"]
fn an_input_is_no_option_and_no_command() {
    for attack in ["--upload-pack=touch pwned", "$(touch pwned)", "-rf", "a\n::set-output name=x::y"] {
        for input in ["base", "ref"] {
            let (mut step, repo) = pushed();
            let clone = repo.clone_with([]);
            let said = step.input("filters", "api: 'api/**'").input(input, attack).ours(&clone).unwrap_err();
            assert!(!clone.dir().join("pwned").exists() && !said.contains("\n::set-output"), "{said}");
        }
    }
}

#[test]
#[ignore = "runs node: .ci/run runs it"]
fn inputs_choose_bases_and_jobs() {
    let (mut step, repo) = pushed();
    step.set("GITHUB_REF", "refs/heads/main");
    let outputs = step.input("since", "built").input("pack", "1").ours(&repo).unwrap();
    assert_eq!(outputs["matrix"], r#"{"include":[{"job":"part-0","service":"api,web"}]}"#);
    let said = step.input("pack", "").input("levels", "0").ours(&repo).unwrap_err();
    assert!(said.contains("levels"), "{said}");
}

#[test]
#[ignore = "runs node: .ci/run runs it"]
fn inputs_choose_services_and_how_sure_the_plan_has_to_be() {
    let (mut step, repo) = pushed();
    let outputs = step.input("only", "web").ours(&repo).unwrap();
    assert_eq!((&*outputs["services"], &*outputs["any"]), ("[]", "false"));
    let outputs = step.input("only", "api,web").input("strict", "true").ours(&repo).unwrap();
    assert_eq!(outputs["services"], r#"["api"]"#);
    // The base is out of reach, so the plan is wider than necessary.
    step.event_key("before", json!("1234567890123456789012345678901234567890"));
    step.input("strict", "false").ours(&repo).unwrap();
    let said = step.input("strict", "true").ours(&repo).unwrap_err();
    assert!(said.contains("degraded"), "{said}");
}

#[test]
#[ignore = "runs node: .ci/run runs it"]
fn what_has_no_meaning_beside_filters_is_refused() {
    for (input, value) in [("since", "built"), ("config", "filters.yaml")] {
        let (mut step, repo) = pushed();
        let said = step.input("filters", "api: 'api/**'").input(input, value).ours(&repo).unwrap_err();
        assert!(said.contains(&format!("the input '{input}' has no meaning beside 'filters'")), "{said}");
    }
}

#[test]
#[ignore = "runs node: .ci/run runs it"]
fn with_setup_only_nothing_is_planned() {
    let (mut step, repo) = pushed();
    let outputs = step.input("setup-only", "true").ours(&repo).unwrap();
    assert_eq!(outputs.keys().collect::<Vec<_>>(), ["program"]);
    let version = Command::new(&outputs["program"]).arg("--version").output().unwrap();
    assert!(version.stdout.starts_with(b"rebake "));
}
