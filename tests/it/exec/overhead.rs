//! What a build costs beyond its process: measured when asked for, never asserted.

use std::fmt::Write as _;
use std::fs;
use std::process::{Command, Stdio};
use std::time::Instant;

use super::session::{Scenario, Script};

const SERVICES: u16 = 500;
const LAYERS: u16 = 10;

/// The services that one of a layer needs: three of the layer before.
fn needs(at: u16) -> Vec<String> {
    let width = SERVICES / LAYERS;
    match at / width {
        0 => Vec::new(),
        layer => (0..3).map(|step| format!("s{}", (layer - 1) * width + (at + 7 * step) % width)).collect(),
    }
}

/// Seconds that a program takes.
fn seconds(command: &mut Command) -> f64 {
    let began = Instant::now();
    assert!(command.stdout(Stdio::null()).status().unwrap().success());
    began.elapsed().as_secs_f64()
}

#[test]
#[ignore = "a measurement: cargo test --release --test it -- exec::overhead --ignored --nocapture"]
#[expect(clippy::print_stdout, reason = "a measurement is for people")]
fn overhead() {
    let builds = (0..SERVICES).map(|at| {
        let needs: Vec<String> = needs(at);
        let needs: Vec<&str> = needs.iter().map(String::as_str).collect();
        Script::new(&format!("s{at}"), "true").needs(&needs)
    });
    let builds: Vec<Script> = builds.collect();
    let directory = tempfile::tempdir().unwrap();
    let mut makefile = String::from(".SHELLFLAGS = -euc\nall:");
    for at in 0..SERVICES {
        let _ = write!(makefile, " s{at}");
    }
    for at in 0..SERVICES {
        // A comment has make start a shell where it would start `true` itself.
        let _ = write!(makefile, "\ns{at}: {}\n\t@true #", needs(at).join(" "));
    }
    fs::write(directory.path().join("Makefile"), makefile + "\n").unwrap();
    for _ in 0..3 {
        let xargs = format!("seq {SERVICES} | xargs -P8 -n1 sh -euc true");
        let xargs = seconds(Command::new("sh").args(["-c", &xargs]));
        let make = seconds(Command::new("make").args(["-s", "-j8"]).current_dir(directory.path()));
        let (report, session) = Scenario::new(8, builds.clone()).finish();
        assert!(report.is_success());
        let measured = |file: &str| fs::read_to_string(session.path(file)).unwrap().parse::<f64>().unwrap();
        let (rebake, memory) = (measured("seconds"), measured("memory") / 1024.0);
        let over = |other: f64| (rebake - other) * 1000.0 / f64::from(SERVICES);
        println!(
            "xargs -P8 {xargs:.3} s, make -j8 {make:.3} s, rebake {rebake:.3} s: {:.2} ms a build beyond xargs, {:.2} beyond make; {memory:.1} MB",
            over(xargs),
            over(make)
        );
    }
}
