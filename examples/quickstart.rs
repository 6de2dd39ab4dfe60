//! The main job from end to end, with nothing but Rust and git installed: `cargo run --release --example quickstart`.
//!
//! Makes a real repository of `examples/capstone` in a temporary directory, with a history and release tags, changes
//! something, and plans: once for people, once for a CI engine. Then it builds, by commands that pack each service
//! where its own builder would make an image of it, so that no container engine is needed.

#![expect(clippy::print_stdout, reason = "an example shows its result")]

use std::error::Error;
use std::io::{IsTerminal as _, stdout};
use std::path::Path;
use std::process::Command;

use rebake::config::Config;
use rebake::output::emit;
use rebake::output::exec::display::{Colours, Grouped, Live, Manner, Printer, Size};
use rebake::output::exec::{self, Settings, builder};
use rebake::plan::Plan;
use rebake::plan::pipeline::{Naming, TakeFingerprints};
use rebake::{Request, Workspace};

fn main() -> Result<(), Box<dyn Error>> {
    let dir = tempfile::tempdir()?;
    let root = dir.path();
    history(root)?;

    println!("$ rebake plan\n");
    let workspace = Workspace::open(root)?;
    let request =
        Request { naming: Some(Naming::default()), fingerprints: TakeFingerprints::Yes, ..Request::default() };
    let planned = workspace.plan(&request)?;
    println!("{}", emit::table(&planned.plan, emit::Palette::Plain, emit::Room::Unlimited));

    println!("$ rebake plan --format matrix\n");
    println!("{}", emit::matrix(&planned.plan, &emit::Field::DEFAULT));

    println!("\n$ rebake build --jobs 2 --report report.json\n");
    let report = build(root, &workspace.config, &planned.plan)?;

    println!("\n$ rebake report report.json --format images\n");
    println!("{}", exec::report::images(&report));
    if report.is_success() { Ok(()) } else { Err("a build failed".into()) }
}

/// What packs a service: its name in the registry is what it would be, its digest is that of the package.
const PACK: &str = r#"
      echo "packing $REBAKE_PATH as $REBAKE_VERSION"
      sleep 1
      tar -cf package.tar --exclude package.tar .
      echo "digest=git:$(git hash-object package.tar)" >"$REBAKE_OUTPUT"
"#;

/// Builds the plan, two services at once: on a terminal with a row for each that runs.
fn build(root: &Path, config: &Config, plan: &Plan) -> Result<exec::Report, Box<dyn Error>> {
    let logs = tempfile::tempdir()?;
    let place =
        builder::BuildPlace { root, logs: logs.path(), buildx: None, driver: builder::Driver::default(), epoch: None };
    let builds = plan.services.iter().map(|service| {
        let recipe = &config.services[service.service.as_str()].recipe;
        builder::prepare(plan, service, recipe, builder::Ties::default(), place)
    });
    let builds = builds.collect::<Result<Vec<_>, _>>()?;
    let manner: Box<dyn Manner> = if stdout().is_terminal() {
        Box::new(Live::new(|| Size::of(stdout()), Colours::Kept))
    } else {
        Box::new(Grouped::default())
    };
    let mut printer = Printer::new(manner, stdout());
    let settings = Settings { jobs: 2, ..Settings::default() };
    Ok(exec::run(&builds, &settings, &mut |_, _| None, &mut printer)?.report)
}

/// Five services with releases, and on a branch a migration that the Go API and the migrator are built from, and an
/// edit of the workflow that builds all five.
fn history(root: &Path) -> Result<(), Box<dyn Error>> {
    copy(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/examples/capstone")), root)?;
    let filters = root.join("filters.yaml");
    let text = std::fs::read_to_string(&filters)?;
    std::fs::write(&filters, text.replace("\ndefaults:\n", &format!("\ndefaults:\n  run: |{PACK}")))?;
    git(root, &["init", "--quiet", "--initial-branch=main"])?;
    git(root, &["add", "--all"])?;
    git(root, &["commit", "--quiet", "-m", "Five services"])?;
    for (service, version) in [
        ("services/node/api-node", "2.1.0"),
        ("services/go/api-golang", "1.0.9"),
        ("services/react/client-react", "3.0.0"),
        ("services/python/load-generator", "0.4.2"),
        ("services/other/migrator", "1.2.0"),
    ] {
        git(root, &["tag", "-a", "-m", "release", &format!("{service}@{version}")])?;
    }
    std::fs::write(root.join("services/node/api-node/CHANGES.md"), "Faster.\n")?;
    git(root, &["add", "--all"])?;
    git(root, &["commit", "--quiet", "-m", "Note what is new in the Node API"])?;

    git(root, &["checkout", "--quiet", "-b", "orders"])?;
    std::fs::write(
        root.join("services/other/migrator/migrations/0002_orders.sql"),
        "CREATE TABLE orders (id BIGINT);\n",
    )?;
    git(root, &["add", "--all"])?;
    git(root, &["commit", "--quiet", "-m", "Add orders"])?;
    let workflow = root.join(".github/workflows/build-push.yaml");
    let text = std::fs::read_to_string(&workflow)?;
    std::fs::write(&workflow, format!("# Reviewed.\n{text}"))?;
    Ok(())
}

fn copy(from: &Path, to: &Path) -> std::io::Result<()> {
    std::fs::create_dir_all(to)?;
    for entry in std::fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy(&entry.path(), &target)?;
        } else {
            std::fs::copy(entry.path(), target).map(drop)?;
        }
    }
    Ok(())
}

/// Runs git with an identity and a clock of its own, so that nobody's configuration plays a part.
fn git(root: &Path, args: &[&str]) -> Result<(), Box<dyn Error>> {
    let status = Command::new("git")
        .args(["-c", "user.name=Quickstart", "-c", "user.email=quickstart@example.com", "-c", "tag.gpgSign=false"])
        .args(["-c", "commit.gpgSign=false", "-c", "core.hooksPath=/dev/null", "-C"])
        .arg(root)
        .args(args)
        .env("GIT_AUTHOR_DATE", "2026-01-02T03:04:05Z")
        .env("GIT_COMMITTER_DATE", "2026-01-02T03:04:05Z")
        .status()?;
    if status.success() { Ok(()) } else { Err(format!("git {} failed", args.join(" ")).into()) }
}
