use std::fs;

use indexmap::IndexMap;

use super::*;
use crate::model::name::RepoDirError;
use crate::model::template::Template;

const PLAN: &str = r#"{
  "schema": 1, "rebake": "0", "trigger": {"kind": "push"}, "environment": "staging",
  "range": {"base": "b0", "head": "c0", "source": "test", "worktree": false}, "degraded": [],
  "services": [{
    "service": "acme/api", "path": "services/api", "causes": [], "needs": [], "level": 0, "version": "1.0.1-0002-abc",
    "fingerprint": "fp2-4oymiquy7qobjgx36tejs35zeq", "content_tag": "fp2-4oymiquy7qobjgx36tejs35zeq", "image": "ghcr.io/acme/api", "tags": ["ghcr.io/acme/api:1", "ghcr.io/acme/api:latest"],
    "labels": {"a": "x\ny", "b": "z"}, "platforms": ["linux/amd64", "linux/arm64"], "push": true, "matrix": {}
  }],
  "unaffected": [], "removed": [], "unmatched": [], "filters": {}, "any": true
}"#;

fn plan(path: &str) -> Plan {
    crate::plan::read(&PLAN.replace("services/api", path)).unwrap()
}

fn shell(text: &str) -> Recipe {
    Recipe { run: Some(Run::Shell(text.to_owned())), ..Recipe::default() }
}

fn root() -> tempfile::TempDir {
    let root = tempfile::tempdir().unwrap();
    fs::create_dir_all(root.path().join("services/api")).unwrap();
    root
}

/// Returns the commands of a build, and where they write the digest. The service is that of the plan, after `change`;
/// the work tree has `files`.
pub(super) fn images(
    recipe: &Recipe,
    files: &[&str],
    change: impl Fn(&mut PlannedService),
) -> Result<(Vec<String>, DigestSource), BuilderError> {
    let root = root();
    for file in files {
        let file = root.path().join(file);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, "FROM scratch\n").unwrap();
    }
    let mut plan = plan("services/api");
    change(&mut plan.services[0]);
    let place = BuildPlace { buildx: Some("remote"), ..place(root.path()) };
    let build = prepare(&plan, &plan.services[0], recipe, Ties::default(), place)?;
    let real = root.path().canonicalize().unwrap();
    let line = |step: &Step| {
        let words: Vec<String> =
            step.arguments.iter().map(|word| word.to_string().replace(real.to_str().unwrap(), "ROOT")).collect();
        format!("{} {}", step.program, words.join("|"))
    };
    Ok((build.work.steps().iter().map(line).collect(), build.digest))
}

/// Returns a recipe with every setting of a builder of images.
pub(super) fn rich(builder: Option<Builder>) -> Recipe {
    let template = |text| Template::parse(text, Recipe::offers).unwrap();
    let texts = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
    Recipe {
        builder,
        dockerfile: Some("services/api/docker/prod.Dockerfile".to_owned()),
        context: Some(".".to_owned()),
        target: Some("prod".to_owned()),
        build_args: IndexMap::from([
            ("VERSION".to_owned(), template("v{{version}}")),
            ("HTTP_PROXY".to_owned(), template("http://proxy $(id)")),
        ]),
        secrets: texts(&["id=npm,env=NPM_TOKEN", "id=key,src=key.pem"]),
        ..Recipe::default()
    }
}

fn place(root: &Path) -> BuildPlace<'_> {
    BuildPlace { root, logs: Path::new("/logs"), buildx: None, driver: Driver::Engine, epoch: None }
}

fn prepared(recipe: &Recipe) -> (Vec<Step>, Vec<(String, String)>) {
    let (root, plan) = (root(), plan("services/api"));
    let place = place(root.path());
    let build = prepare(&plan, &plan.services[0], recipe, Ties::default(), place).unwrap();
    assert_eq!(build.directory, root.path().canonicalize().unwrap().join("services/api"));
    let Work::Steps(steps) = build.work else { panic!("nothing to do") };
    (steps, build.environment)
}

fn step(recipe: &Recipe) -> Step {
    prepared(recipe).0.remove(0)
}

#[test]
fn a_list_is_an_argv_and_a_string_is_for_a_shell() {
    let list = vec!["make".to_owned(), "$(id)".to_owned()];
    assert_eq!(step(&Recipe { run: Some(Run::Argv(list)), ..Recipe::default() }), Step::new("make", ["$(id)"]));
    assert_eq!(step(&shell("make\necho $X")), Step::new("sh", ["-euc", "make\necho $X"]));
    assert_eq!(step(&Recipe { builder: Some(Builder::Task), ..Recipe::default() }), Step::new("task", ["build"]));
}

#[test]
fn data_comes_through_the_environment() {
    let env = IndexMap::from([("REBAKE_PUSH".to_owned(), "no".to_owned()), ("MODE".to_owned(), "fast".to_owned())]);
    let (_, environment) = prepared(&Recipe { env, ..shell("true") });
    // A process sees the last value of each name.
    let seen: IndexMap<&str, &str> = environment.iter().map(|(name, value)| (&**name, &**value)).collect();
    let expected = [
        ("REBAKE_PUSH", "true"),
        ("MODE", "fast"),
        ("REBAKE_SERVICE", "acme/api"),
        ("REBAKE_PATH", "services/api"),
        ("REBAKE_VERSION", "1.0.1-0002-abc"),
        ("REBAKE_IMAGE", "ghcr.io/acme/api"),
        ("REBAKE_TAGS", "ghcr.io/acme/api:1\nghcr.io/acme/api:latest"),
        ("REBAKE_CONTENT_TAG", "ghcr.io/acme/api:fp2-4oymiquy7qobjgx36tejs35zeq"),
        ("REBAKE_LABELS", "a=x y\nb=z"),
        ("REBAKE_PLATFORMS", "linux/amd64,linux/arm64"),
        ("REBAKE_ENVIRONMENT", "staging"),
        ("REBAKE_COMMIT", "c0"),
        ("REBAKE_BASE", "b0"),
        ("REBAKE_FINGERPRINT", "fp2-4oymiquy7qobjgx36tejs35zeq"),
        ("REBAKE_OUTPUT", "/logs/acme+api/output"),
    ];
    assert_eq!(seen, IndexMap::from(expected));
}

#[test]
fn a_directory_stays_in_the_work_tree() {
    let root = root();
    std::os::unix::fs::symlink("/usr", root.path().join("away")).unwrap();
    let refused = |path: &str| {
        let plan = plan(path);
        let place = place(root.path());
        prepare(&plan, &plan.services[0], &shell("true"), Ties::default(), place).unwrap_err()
    };
    assert!(matches!(refused("../x"), BuilderError::Path { reason: RepoDirError::Parent, .. }));
    assert!(matches!(refused("/usr"), BuilderError::Path { reason: RepoDirError::Absolute, .. }));
    assert!(matches!(refused("away/lib"), BuilderError::Outside { .. }));
    assert!(matches!(refused("no/such"), BuilderError::Missing { .. }));
}

#[test]
fn a_service_without_a_command_is_told() {
    let (root, plan) = (root(), plan("services/api"));
    let place = place(root.path());
    let error =
        |recipe: Recipe| prepare(&plan, &plan.services[0], &recipe, Ties::default(), place).unwrap_err().to_string();
    assert!(error(Recipe::default()).contains("neither `run` nor `builder` nor a Dockerfile"));
    assert!(error(Recipe { run: Some(Run::Argv(Vec::new())), ..Recipe::default() }).contains("names no program"));
}

#[test]
fn no_two_services_share_a_folder_and_none_leads_away() {
    let (mut plan, long) = (plan("."), ["x".repeat(300), "x".repeat(301), "\u{1f600}".repeat(300)]);
    for name in &long {
        let service = plan.services[0].clone();
        plan.services.push(PlannedService { service: name.clone(), ..service });
    }
    let folder = |name: &str| folder(&plan, name);
    assert_eq!(folder("acme/api"), "acme+api");
    assert_eq!(folder("acme+api"), "acme%2bapi");
    assert_eq!(folder(".."), "%2e.");
    assert_eq!(folder("größe \n"), "gr%c3%b6%c3%9fe%20%0a");
    assert_ne!(folder(&long[0]), folder(&long[1]));
    assert!(folder(&long[2]).len() < 200);
}
