use rebake::glob::{Pattern, Verdict};
use std::hint::black_box;
fn cpu() -> f64 {
    let s = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    s.split(' ').next().unwrap().parse::<f64>().unwrap()
}
fn main() {
    let path = "services/team-7/svc-77/src/module/deep/file-12345.rs";
    let cases = [
        ("services/team-7/svc-77/**", r"^(?s:services/team-7/svc-77(?:/.*|$))$"),
        ("**/*.rs", r"^(?s:(?:.*/)?[^/]*\.rs)$"),
        ("services/*/svc-77/**/*.rs", r"^(?s:services/[^/]*/svc-77(?:/.*/|/)[^/]*\.rs)$"),
        (
            "services/team-7/svc-77/src/module/deep/file-12345.rs",
            r"^(?s:services/team-7/svc-77/src/module/deep/file-12345\.rs)$",
        ),
        ("**/module/**/*.{rs,ts}", r"^(?s:(?:.*/)?module(?:/.*/|/)[^/]*\.(?:rs|ts))$"),
    ];
    let n = 2000;
    for (p, r) in cases {
        let t = cpu();
        for _ in 0..n {
            black_box(Pattern::parse(black_box(p)).unwrap());
        }
        let parse = (cpu() - t) / n as f64;
        let t = cpu();
        for _ in 0..n {
            let p = Pattern::parse(black_box(p)).unwrap();
            black_box(p.matches(path.as_bytes()));
        }
        let first = (cpu() - t) / n as f64;
        let dem = 0.;
        let pat = Pattern::parse(p).unwrap();
        let m = 100_000;
        let t = cpu();
        for _ in 0..m {
            assert_eq!(pat.matches(black_box(path.as_bytes())), Verdict::Yes);
        }
        let ours = (cpu() - t) / m as f64;
        let t = cpu();
        for _ in 0..200 {
            black_box(regex::Regex::new(black_box(r)).unwrap());
        }
        let rc = (cpu() - t) / 200.;
        let re = regex::Regex::new(r).unwrap();
        let t = cpu();
        for _ in 0..m {
            assert!(re.is_match(black_box(path)));
        }
        let rm = (cpu() - t) / m as f64;
        let gl = || globset::GlobBuilder::new(black_box(p)).literal_separator(true).build().unwrap().compile_matcher();
        let t = cpu();
        for _ in 0..200 {
            black_box(gl());
        }
        let gc = (cpu() - t) / 200.;
        let g = gl();
        let t = cpu();
        for _ in 0..m {
            assert!(g.is_match(black_box(path)));
        }
        let gm = (cpu() - t) / m as f64;
        println!(
            "{p}: parse {parse:.0} demands+parse {dem:.0} parse+compile+match {first:.0} match {ours:.0} | regex compile {rc:.0} match {rm:.0} | globset compile {gc:.0} match {gm:.0}"
        );
    }
}
