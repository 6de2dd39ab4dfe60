use super::*;

/// Returns lines that show what the files declare: one for each service, with its name, directory, areas and
/// dependencies, each dependency with the place that declares it; then one for each circle, and one for each problem.
pub(super) fn found(files: &[(&str, &str)]) -> Vec<String> {
    let found = discover(&SourceTree::of_texts(files), &Ecosystem::ALL);
    let services = found.services.iter().map(|service| {
        let takes = service.takes.iter().map(|taken| format!(" {}", shown(&taken.area)));
        let edges = found.edges.iter().filter(|edge| found.services[edge.from].name == service.name);
        let edges = edges.map(|edge| format!(" -> {} {}", found.services[edge.to].name, edge.at));
        format!("{} {}:{}{}", service.name, service.directory, takes.collect::<String>(), edges.collect::<String>())
    });
    let name = |member: &usize| format!(" {}", found.services[*member].name);
    let circles = found.circles.iter().map(|members| members.iter().map(name).collect::<String>());
    let circles = circles.map(|members| format!("circle:{members}"));
    services.chain(circles).chain(found.problems.iter().map(|problem| problem.message.clone())).collect()
}

fn shown(area: &Area) -> String {
    match area {
        Area::Below(directory) => directory.join("**"),
        Area::Directly(directory) => directory.join("*"),
        Area::File(path) => path.clone(),
        Area::Ceded(directory) => format!("!{}", directory.join("**")),
    }
}

#[test]
fn what_cannot_be_read_is_said() {
    let problem = "`package.json` cannot be read, so nothing that it declares is known";
    assert_eq!(found(&[("package.json", "{"), ("a/package.json", "{}")]), ["a a: a/**", problem]);
}

#[test]
fn what_a_circle_takes_is_told_once() {
    let files = [
        ("package.json", r#"{"name": "w", "workspaces": ["**"]}"#),
        ("a/package.json", r#"{"name": "a", "dependencies": {"b": "*", "x": "*"}}"#),
        ("a/b/package.json", r#"{"name": "b", "devDependencies": {"c": "*", "y": "file:../../y"}}"#),
        ("a/n/package.json", r#"{"name": "n"}"#),
        ("a/n/c/package.json", r#"{"name": "c", "peerDependencies": {"a": "*"}}"#),
        ("x/package.json", r#"{"name": "x", "dependencies": {"a": "^1"}, "version": "1.0.0"}"#),
        ("z/package.json", r#"{"name": "z", "dependencies": {"n": "*", "z": "*"}}"#),
    ];
    let expected = [
        "w .: ** !a/** !x/** !z/**",
        "a a: a/** !a/b/** !a/n/** package.json -> b a/package.json:1:37 -> x a/package.json:1:47",
        "b a/b: a/b/** y/** package.json -> c a/b/package.json:1:40",
        "n a/n: a/n/** !a/n/c/** package.json",
        "c a/n/c: a/n/c/** package.json -> a a/n/c/package.json:1:41",
        "x x: x/** package.json -> a x/package.json:1:37",
        "z z: z/** package.json -> n z/package.json:1:37",
        "circle: a b c x",
    ];
    assert_eq!(found(&files), expected);
    let found = discover(&SourceTree::of_texts(&files), &Ecosystem::ALL);
    let taken: Vec<String> =
        found.taken_in_circle(&found.circles[0]).into_iter().map(|taken| shown(&taken.area)).collect();
    assert_eq!(taken, ["a/**", "!a/n/**", "x/**", "a/b/**", "a/n/c/**", "y/**"]);
}

/// Returns the manifests of n packages that each need the next one; the last one needs the first.
fn ring(n: usize) -> Vec<(String, String)> {
    let manifest = |at: usize| format!(r#"{{"name": "p{at}", "dependencies": {{"p{}": "*"}}}}"#, (at + 1) % n);
    let mut files: Vec<_> = (0..n).map(|at| (format!("p/{at}/package.json"), manifest(at))).collect();
    files.push(("package.json".to_owned(), r#"{"workspaces": ["p/*"]}"#.to_owned()));
    files
}

#[test]
fn a_large_circle_is_as_large_as_its_packages() {
    let size = |n: usize| {
        let files = ring(n);
        let files: Vec<(&str, &str)> = files.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
        let found = discover(&SourceTree::of_texts(&files), &Ecosystem::ALL);
        assert_eq!(found.circles, [(1..=n).collect::<Vec<_>>()]);
        found.services.iter().map(|service| service.takes.len()).sum::<usize>() + found.edges.len()
    };
    // For each package: its directory, its exclusion from the root's directory, the root's manifest, and an edge.
    assert_eq!([size(10), size(300)], [41, 1201]);
}
