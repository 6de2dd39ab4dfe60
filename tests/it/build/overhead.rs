//! What builds cost beyond their processes, by the program as people run it: measured when asked for, never asserted.

use std::fmt::Write as _;
use std::fs;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::repo::{Rebake, Repo};

const SERVICES: usize = 500;
const LAYERS: usize = 10;

/// The services that one of a layer needs: three of the layer before.
fn needs(at: usize) -> Vec<String> {
    let width = SERVICES / LAYERS;
    match at / width {
        0 => Vec::new(),
        layer => (0..3).map(|step| format!("s{}", (layer - 1) * width + (at + 7 * step) % width)).collect(),
    }
}

/// Returns how long a program takes, and the most memory that it had itself, in MB.
fn measured(mut child: Child, began: Instant) -> (f64, f64) {
    let status = format!("/proc/{}/status", child.id());
    let mut memory = 0.0_f64;
    loop {
        let text = fs::read_to_string(&status).unwrap_or_default();
        let peak = text.lines().find_map(|line| line.strip_prefix("VmHWM:")?.trim().strip_suffix(" kB")?.parse().ok());
        memory = memory.max(peak.unwrap_or(0.0) / 1024.0);
        if let Some(status) = child.try_wait().unwrap() {
            assert!(status.success(), "{status}");
            return (began.elapsed().as_secs_f64(), memory);
        }
        std::thread::sleep(Duration::from_millis(2));
    }
}

fn program(rebake: Rebake) -> (f64, f64) {
    let began = Instant::now();
    measured(rebake.start(), began)
}

fn seconds(command: &mut Command) -> f64 {
    let began = Instant::now();
    measured(command.stdout(Stdio::null()).spawn().unwrap(), began).0
}

#[test]
#[ignore = "a measurement: cargo test --release --test it -- build::overhead --ignored --nocapture"]
fn five_hundred_builds() {
    let repo = Repo::new();
    let mut file = "services:\n".to_owned();
    let mut makefile = String::from(".SHELLFLAGS = -euc\nall:");
    for at in 0..SERVICES {
        let _ = writeln!(file, "  s{at}: {{path: s{at}, run: 'true', depends_on: [{}]}}", needs(at).join(", "));
        repo.write(format!("s{at}/x"), "");
        let _ = write!(makefile, " s{at}");
    }
    for at in 0..SERVICES {
        // A comment has make start a shell where it would start `true` itself.
        let _ = write!(makefile, "\ns{at}: {}\n\t@true #", needs(at).join(" "));
    }
    repo.write("filters.yaml", file).commit("first");
    let directory = tempfile::tempdir().unwrap();
    fs::write(directory.path().join("Makefile"), makefile + "\n").unwrap();
    for _ in 0..5 {
        let xargs = format!("seq {SERVICES} | xargs -P8 -n1 sh -euc true");
        let xargs = seconds(Command::new("sh").args(["-c", &xargs]));
        let make = seconds(Command::new("make").args(["-s", "-j8"]).current_dir(directory.path()));
        let (plan, _) = program(repo.rebake(["plan", "--all"]));
        let (rebake, memory) = program(repo.rebake(["build", "--all", "--jobs", "8"]));
        let over = |other: f64| (rebake - plan - other) * 1000.0 / 500.0;
        println!(
            "xargs -P8 {xargs:.3} s, make -j8 {make:.3} s, rebake plan {plan:.3} s, rebake build {rebake:.3} s: \
             {:.2} ms a build beyond xargs, {:.2} beyond make; {memory:.1} MB",
            over(xargs),
            over(make)
        );
    }
}

#[test]
#[ignore = "a measurement: cargo test --release --test it -- build::overhead --ignored --nocapture"]
fn a_gigabyte_of_output() {
    let repo = Repo::new();
    let command = |text: &str| format!("services:\n  loud: {{path: loud, run: '{text}'}}\n");
    repo.write("loud/x", "").write("filters.yaml", command("true")).commit("quiet");
    let build = || repo.rebake(["build", "--all"]);
    let (_, quiet) = program(build());
    repo.write("filters.yaml", command("yes | head -c 1073741824")).commit("loud");
    let (took, loud) = program(build());
    println!("1 GB of output: {took:.1} s, {loud:.1} MB; without: {quiet:.1} MB");
}
