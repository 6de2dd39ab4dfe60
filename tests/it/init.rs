//! `rebake init`.

use crate::repo::Repo;

/// The example, as it is without a configuration.
fn capstone() -> Repo {
    let repo = Repo::new();
    let root = std::path::Path::new("examples/capstone");
    let mut left = vec![root.to_path_buf()];
    while let Some(directory) = left.pop() {
        for entry in std::fs::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                left.push(path);
            } else if path != root.join("filters.yaml") {
                let name = path.strip_prefix(root).unwrap().to_str().unwrap();
                repo.write(name, std::fs::read(&path).unwrap());
            }
        }
    }
    repo.commit("first");
    repo
}

#[test]
fn the_example_has_its_services_and_edges() {
    let repo = capstone();
    repo.rebake(["init", "--write"]).success();
    let written = repo.rebake(["init"]).success().text();
    assert_eq!(std::fs::read_to_string(repo.dir().join("filters.yaml")).unwrap(), written);
    repo.rebake(["init", "--write"]).success();
    repo.rebake(["init", "--check"]).success().stderr("");
    let plan: serde_json::Value =
        serde_json::from_str(&repo.rebake(["plan", "--all", "--format", "json"]).success().text()).unwrap();
    let services: Vec<String> = plan["services"]
        .as_array()
        .unwrap()
        .iter()
        .map(|service| {
            format!(
                "{} {} {}",
                service["service"].as_str().unwrap(),
                service["path"].as_str().unwrap(),
                service["needs"]
            )
        })
        .collect();
    let mut sorted = services.clone();
    sorted.sort();
    assert_eq!(
        sorted,
        [
            r#"api-golang services/go/api-golang ["migrator"]"#,
            "api-node services/node/api-node []",
            "client-react services/react/client-react []",
            "load-generator services/python/load-generator []",
            "migrator services/other/migrator []",
        ]
    );
}

#[test]
fn a_dependency_that_the_file_lacks_is_told() {
    let repo = capstone();
    repo.rebake(["init", "--write"]).success();
    let manifest = r#"{"name": "api-node", "dependencies": {"client-react": "file:../../react/client-react"}}"#;
    repo.write("services/node/api-node/package.json", manifest);
    let run = repo.rebake(["init", "--check"]).failure(1);
    run.stderr(snapbox::str![[r#"
error[lacking]: `api-node` is built from `services/react/client-react`, and neither its `depends_on` nor its patterns say so
 --> services/node/api-node/package.json:1:55
  |
1 | {"name": "api-node", "dependencies": {"client-react": "file:../../react/client-react"}}
  |                                                       ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ declared here

"#]]);
}

#[test]
fn a_file_that_is_there_stays() {
    let repo = capstone();
    repo.write("filters.yaml", "services: {api: {path: services}}\n");
    repo.rebake(["init", "--write"]).failure(2);
    assert_eq!(
        std::fs::read_to_string(repo.dir().join("filters.yaml")).unwrap(),
        "services: {api: {path: services}}\n"
    );
    Repo::new().rebake(["init"]).failure(2);
}

#[cfg(unix)]
#[test]
fn a_link_stays_too() {
    let repo = capstone();
    for target in ["elsewhere.yaml", "services/go/api-golang/Dockerfile"] {
        let link = repo.dir().join("filters.yaml");
        std::os::unix::fs::symlink(target, &link).unwrap();
        repo.rebake(["init", "--write"]).failure(2).stderr(snapbox::str![[r#"
error[exists]: filters.yaml is a symbolic link, and stays as it is
 |
 = help: write to what it leads to: `rebake init` prints what would be written

"#]]);
        assert_eq!(std::fs::read_link(&link).unwrap().to_str(), Some(target));
        assert!(!repo.dir().join("elsewhere.yaml").exists());
        std::fs::remove_file(link).unwrap();
    }
}

/// What the work tree has in its place counts, so the commit's own content is not needed.
#[test]
fn a_content_that_the_work_tree_replaces_is_not_read() {
    let repo = Repo::new();
    repo.write("api/package.json", r#"{"name": "api"}"#)
        .write("web/package.json", r#"{"name": "web"}"#)
        .commit("first");
    for (path, now) in [("api/package.json", None), ("web/package.json", Some(r#"{"name": "site"}"#))] {
        let id = repo.git(["rev-parse", &format!("HEAD:{path}")]);
        std::fs::remove_file(repo.dir().join(format!(".git/objects/{}/{}", &id[..2], &id[2..]))).unwrap();
        match now {
            Some(text) => _ = repo.write(path, text),
            None => std::fs::remove_file(repo.dir().join(path)).unwrap(),
        }
    }
    let written = repo.rebake(["init"]).success().text();
    assert!(written.contains("site:") && !written.contains("api:"), "{written}");
}
