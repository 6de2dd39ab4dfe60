use super::*;

/// Returns what files declare: for each service its name, its directory, what it takes, and what it is built from with the
/// places that say so.
pub(super) fn found(files: &[(&str, &str)]) -> Vec<String> {
    let found = discover(&SourceTree::of_texts(files), &Ecosystem::ALL);
    let services = found.services.iter().map(|service| {
        let takes = service.takes.iter().map(|taken| match &taken.area {
            Area::Below(directory) => format!(" {}", directory.join("**")),
            Area::Directly(directory) => format!(" {}", directory.join("*")),
            Area::File(path) => format!(" {path}"),
            Area::Ceded(directory) => format!(" !{}", directory.join("**")),
        });
        let edges = service.depends_on.iter().map(|(to, at)| format!(" -> {} {at}", found.services[*to].name));
        format!("{} {}:{}{}", service.name, service.directory, takes.collect::<String>(), edges.collect::<String>())
    });
    services.chain(found.problems.iter().map(|problem| problem.message.clone())).collect()
}

#[test]
fn what_cannot_be_read_is_said() {
    let problem = "`package.json` cannot be read, so nothing that it declares is known";
    assert_eq!(found(&[("package.json", "{"), ("a/package.json", "{}")]), ["a a: a/**", problem]);
}

#[test]
fn services_of_a_circle_take_the_files_of_all() {
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
        "a a: a/** !a/n/** x/** a/b/** a/n/c/** y/** package.json",
        "b a/b: a/** !a/n/** x/** a/b/** a/n/c/** y/** package.json",
        "n a/n: a/n/** !a/n/c/** package.json",
        "c a/n/c: a/** !a/n/** x/** a/b/** a/n/c/** y/** package.json",
        "x x: a/** !a/n/** x/** a/b/** a/n/c/** y/** package.json",
        "z z: z/** package.json -> n z/package.json:1:37",
    ];
    assert_eq!(found(&files), expected);
}
