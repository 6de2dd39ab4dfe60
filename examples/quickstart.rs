//! A repository of five services, and what rebake makes of three changes: one of a service, one of a service that another
//! is built from, and a release. Nothing is needed but git.
//!
//! `cargo run --release --example quickstart` shows it; `-- --keep DIR` leaves the repository there, to play with.

#![expect(clippy::print_stdout, reason = "an example shows its result")]

use std::error::Error;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use tempfile::TempDir;

/// The services of `examples/capstone`, and their releases.
const RELEASES: [&str; 5] = [
    "services/node/api-node@2.1.0",
    "services/go/api-golang@1.0.9",
    "services/react/client-react@3.0.0",
    "services/python/load-generator@0.4.2",
    "services/other/migrator@1.2.0",
];

/// What packs a service, in place of docker: its digest is that of the package.
const PACK: &str = r#"
      echo "packing $REBAKE_PATH as $REBAKE_VERSION"
      tar -cf package.tar --exclude package.tar .
      echo "digest=sha256:$(sha256sum package.tar | cut -d ' ' -f 1)" >"$REBAKE_OUTPUT"
"#;

fn main() -> ExitCode {
    // The story runs this very program as `rebake`, so that it shows what people see.
    if std::env::args_os().next().is_some_and(|name| Path::new(&name).file_stem() == Some(OsStr::new("rebake"))) {
        return rebake::main();
    }
    match story() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            println!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn story() -> Result<(), Box<dyn Error>> {
    let scratch = TempDir::new()?;
    let (root, is_kept) = match kept()? {
        Some(directory) => (directory, true),
        None => (scratch.path().join("shop"), false),
    };
    let shop = Shop::new(&root, scratch.path())?;

    say("One service changes. The other four are left alone:");
    shop.git(&["checkout", "--quiet", "-b", "faster"])?;
    shop.append("services/node/api-node/server.js", "// Faster.\n")?;
    shop.git(&["commit", "--quiet", "--all", "-m", "fix: answer faster"])?;
    shop.rebake(&["plan"])?;
    shop.rebake(&["build"])?;

    say("A migration is added. `api-golang` is built from `migrator`, so both are built, in that order:");
    shop.git(&["checkout", "--quiet", "main"])?;
    shop.git(&["merge", "--quiet", "--no-ff", "-m", "Merge faster", "faster"])?;
    shop.git(&["checkout", "--quiet", "-b", "orders"])?;
    shop.append("services/other/migrator/migrations/0003_orders.sql", "CREATE TABLE orders (id BIGINT);\n")?;
    shop.git(&["add", "--all"])?;
    shop.git(&["commit", "--quiet", "-m", "feat: add orders"])?;
    shop.rebake(&["plan"])?;
    shop.rebake(&["why", "api-golang"])?;
    shop.rebake(&["build", "--jobs", "2"])?;

    say("A release. Each service that changed gets a version of its own, from the commits behind it:");
    shop.git(&["checkout", "--quiet", "main"])?;
    shop.git(&["merge", "--quiet", "--no-ff", "-m", "Merge orders", "orders"])?;
    shop.rebake(&["release", "--yes"])?;
    shop.rebake(&["version", "api-golang", "migrator", "--environment", "production"])?;

    if is_kept {
        println!("The repository is in {}. Go there, change a file, and run `rebake plan`.", root.display());
    } else {
        println!("`-- --keep DIR` leaves the repository in DIR, to play with.");
    }
    Ok(())
}

/// The directory that `--keep` names.
fn kept() -> Result<Option<PathBuf>, Box<dyn Error>> {
    let args: Vec<OsString> = std::env::args_os().skip(1).collect();
    match &args[..] {
        [] => Ok(None),
        [flag, directory] if flag == "--keep" => Ok(Some(std::path::absolute(directory)?)),
        _ => Err("usage: quickstart [--keep DIR]".into()),
    }
}

fn say(what: &str) {
    println!("\n# {what}\n");
}

/// The repository of the story.
struct Shop<'a> {
    root: &'a Path,
    rebake: PathBuf,
}

impl<'a> Shop<'a> {
    /// Makes it from `examples/capstone`, with a build that needs no docker, and with releases.
    fn new(root: &'a Path, scratch: &Path) -> Result<Self, Box<dyn Error>> {
        if root.read_dir().is_ok_and(|mut entries| entries.next().is_some()) {
            return Err(format!("{} is not empty", root.display()).into());
        }
        let rebake = scratch.join(format!("rebake{}", std::env::consts::EXE_SUFFIX));
        std::fs::copy(std::env::current_exe()?, &rebake)?;
        let shop = Self { root, rebake };
        copy(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/examples/capstone")), root)?;
        let filters = root.join("filters.yaml");
        let text = std::fs::read_to_string(&filters)?;
        std::fs::write(&filters, text.replace("\ndefaults:\n", &format!("\ndefaults:\n  run: |{PACK}")))?;
        std::fs::write(root.join(".gitignore"), "package.tar\n")?;
        shop.git(&["init", "--quiet", "--initial-branch=main"])?;
        // Nobody's own configuration plays a part.
        for (key, value) in [
            ("user.name", "Quickstart"),
            ("user.email", "quickstart@example.com"),
            ("commit.gpgSign", "false"),
            ("tag.gpgSign", "false"),
            ("core.hooksPath", "/dev/null"),
        ] {
            shop.git(&["config", key, value])?;
        }
        shop.git(&["add", "--all"])?;
        shop.git(&["commit", "--quiet", "-m", "Five services"])?;
        for tag in RELEASES {
            shop.git(&["tag", "-a", "-m", "release", tag])?;
        }
        Ok(shop)
    }

    fn append(&self, file: &str, text: &str) -> std::io::Result<()> {
        let path = self.root.join(file);
        let before = std::fs::read_to_string(&path).unwrap_or_default();
        std::fs::write(path, before + text)
    }

    /// Shows a command of rebake, and runs it.
    fn rebake(&self, args: &[&str]) -> Result<(), Box<dyn Error>> {
        println!("$ rebake {}", args.join(" "));
        self.run(Command::new(&self.rebake), args)?;
        println!();
        Ok(())
    }

    fn git(&self, args: &[&str]) -> Result<(), Box<dyn Error>> {
        let mut git = Command::new("git");
        git.env("GIT_AUTHOR_DATE", "2026-01-02T03:04:05Z").env("GIT_COMMITTER_DATE", "2026-01-02T03:04:05Z");
        self.run(git, args)
    }

    fn run(&self, mut command: Command, args: &[&str]) -> Result<(), Box<dyn Error>> {
        // At a terminal it is no CI, wherever this runs.
        let status =
            command.args(args).current_dir(self.root).env_remove("CI").env_remove("GITHUB_ACTIONS").status()?;
        if status.success() { Ok(()) } else { Err(format!("{} failed: {status}", args.join(" ")).into()) }
    }
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
