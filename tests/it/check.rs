//! `rebake check`.

use crate::repo::Repo;

/// A repository of someone who has a workflow with a paths-filter step, and nothing of rebake's.
fn stranger() -> Repo {
    let repo = Repo::new();
    repo.write(
        ".github/workflows/ci.yml",
        "on: push
jobs:
  changes:
    outputs:
      api: ${{ steps.filter.outputs.api }}
    steps:
      - uses: dorny/paths-filter@v3
        id: filter
        with:
          filters: |
            api:
              - 'api/**'
              - 'old/**'
  build:
    needs: changes
    if: needs.changes.outputs.api == 'true'
    steps:
      - uses: docker/build-push-action@v6
        with: {context: ., file: api/Dockerfile}
",
    );
    repo.write("api/Dockerfile", "FROM alpine\nCOPY api shared/schema.sql /\n");
    repo.write("shared/schema.sql", "");
    repo.commit("first");
    repo
}

#[test]
fn a_workflow_alone_is_checked() {
    let repo = stranger();
    let found = repo.rebake(["check"]).failure(1);
    let text = found.text();
    for part in [
        "error[R002]: the image of `api` is built from `shared/schema.sql`, which no pattern of `api` matches",
        "--> .github/workflows/ci.yml:11:13",
        "api/Dockerfile:2:10",
        "help: add `shared/schema.sql` to `api`",
        "warning[R001]: `old/**` matches no tracked file",
        "warning[R007]: `.github/workflows/ci.yml` builds the image of `api`",
        "found: 1 error, 2 warnings\n",
    ] {
        assert!(text.contains(part), "{part}\n{text}");
    }
    let same = repo.rebake(["check", ".github/workflows/ci.yml"]).failure(1);
    assert_eq!(text, same.text());
}

#[test]
fn findings_have_formats_for_programs() {
    let repo = stranger();
    let json: serde_json::Value =
        serde_json::from_str(&repo.rebake(["check", "--format", "json"]).failure(1).text()).unwrap();
    assert_eq!((json["schema"].as_u64(), json["errors"].as_u64()), (Some(1), Some(1)));
    let first = &json["findings"][0];
    assert_eq!((first["rule"].as_str(), first["places"][0]["line"].as_u64()), (Some("R002"), Some(11)));
    let sarif: serde_json::Value =
        serde_json::from_str(&repo.rebake(["check", "--format", "sarif"]).failure(1).text()).unwrap();
    let result = &sarif["runs"][0]["results"][0];
    assert_eq!((result["ruleId"].as_str(), result["level"].as_str()), (Some("R002"), Some("error")));
    let place = &result["locations"][0]["physicalLocation"];
    assert_eq!(place["artifactLocation"]["uri"], ".github/workflows/ci.yml");
    assert_eq!(place["region"]["startLine"], 11);
    let github = repo.rebake(["check", "--format", "github"]).failure(1).text();
    assert!(
        github.starts_with(
            "::error title=R002%3A a Dockerfile copies what nothing covers,file=.github/workflows/ci.yml,line=11,"
        ),
        "{github}"
    );
}

#[test]
fn patterns_are_added_and_corrected() {
    let repo = stranger();
    repo.write("old.yaml", "");
    let before = std::fs::read_to_string(repo.dir().join(".github/workflows/ci.yml")).unwrap();
    repo.rebake(["check", "--fix"]).success();
    let after = std::fs::read_to_string(repo.dir().join(".github/workflows/ci.yml")).unwrap();
    let list = "              - 'old/**'\n";
    let more = format!("{list}              - 'shared/schema.sql'\n              - '.github/workflows/ci.yml'\n");
    assert_eq!(after, before.replace(list, &more));
    repo.rebake(["check", "--fix"]).success();
    assert_eq!(std::fs::read_to_string(repo.dir().join(".github/workflows/ci.yml")).unwrap(), after);
}

/// A file outside of the repository is not written, though it has the text and the name of one inside.
#[test]
fn nothing_outside_of_the_repository_is_mended() {
    let repo = Repo::new();
    let filters = "api:\n  - api/**\n  - gone.yml\n";
    repo.write("api/f", "").write("gone.yaml", "").write(".github/filters.yml", filters).commit("first");
    let outside = repo.dir().parent().unwrap().join(".github/filters.yml");
    std::fs::create_dir_all(outside.parent().unwrap()).unwrap();
    std::fs::write(&outside, filters).unwrap();
    let mended = filters.replace("gone.yml", "gone.yaml");
    let inside = || std::fs::read_to_string(repo.dir().join(".github/filters.yml")).unwrap();
    repo.rebake(["check", "--fix", outside.to_str().unwrap()]).dir("api").failure(1);
    assert_eq!((std::fs::read_to_string(&outside).unwrap(), inside()), (filters.to_owned(), filters.to_owned()));
    repo.rebake(["check", "--fix", "../.github/filters.yml"]).dir("api").success();
    assert_eq!((std::fs::read_to_string(&outside).unwrap(), inside()), (filters.to_owned(), mended.clone()));
    // In CI, too, what is mended is the work tree.
    repo.write(".github/filters.yml", filters);
    repo.rebake(["check", "--fix", ".github/filters.yml"]).env("CI", "true").success();
    assert_eq!(inside(), mended);
}

#[test]
fn a_filter_of_which_each_pattern_must_match_gets_no_more_of_them() {
    let repo = stranger();
    let workflow = repo.dir().join(".github/workflows/ci.yml");
    let text = std::fs::read_to_string(&workflow).unwrap();
    let step = text.replace("          filters: |", "          predicate-quantifier: every\n          filters: |");
    assert_ne!(step, text);
    std::fs::write(&workflow, &step).unwrap();
    repo.rebake(["check", "--fix"]).failure(1);
    assert_eq!(std::fs::read_to_string(&workflow).unwrap(), step);
}

#[test]
fn what_a_plan_affects_is_checked_alone() {
    let repo = Repo::new();
    repo.write(
        "filters.yaml",
        "services:\n  a: {path: a, filters: [a/**, x/**]}\n  b: {path: b, filters: [b/**, y/**]}\n",
    );
    repo.write("a/Dockerfile", "FROM alpine\n").write("b/Dockerfile", "FROM alpine\n");
    repo.commit("first");
    repo.branch("old");
    repo.write("a/f", "");
    repo.commit("second");
    let all = repo.rebake(["check"]).success().text();
    assert!(all.contains("`x/**`") && all.contains("`y/**`"), "{all}");
    let some = repo.rebake(["check", "--affected", "--base", "old"]).success().text();
    assert!(some.contains("`x/**`") && !some.contains("`y/**`"), "{some}");
    repo.rebake(["check", "--base", "old"]).failure(2);
}

#[test]
fn what_is_right_ends_well() {
    let repo = Repo::new();
    repo.write("filters.yaml", "global: [filters.yaml]\nservices:\n  api: {path: api}\n");
    repo.write("api/Dockerfile", "FROM alpine\nCOPY . /\n");
    repo.commit("first");
    assert_eq!(repo.rebake(["check"]).success().text(), "nothing is wrong or missing\n");
}

#[test]
fn what_cannot_be_checked_is_said() {
    let repo = Repo::new();
    repo.commit("first");
    repo.rebake(["check"]).failure(2);
    repo.write("filters.yaml", "services: {api: {paht: api}}\n");
    repo.rebake(["check"]).failure(2);
    repo.rebake(["check", "no.yaml"]).failure(2);
}

#[test]
fn two_services_with_one_tag_are_found() {
    let repo = Repo::new();
    let service = "image: acme/x, tags: ['type=raw,value=latest']";
    repo.write("filters.yaml", format!("services:\n  a: {{path: a, {service}}}\n  b: {{path: b, {service}}}\n"));
    repo.write("a/Dockerfile", "FROM alpine\n").write("b/Dockerfile", "FROM alpine\n");
    repo.commit("first");
    let text = repo.rebake(["check"]).failure(1).text();
    assert!(text.contains("error[R012]"), "{text}");
}

#[test]
fn what_is_not_checked_is_said() {
    let repo = Repo::new();
    let step = |filters: &str| {
        format!(
            "on: push\njobs:\n  changes:\n    runs-on: x\n    steps:\n      - uses: dorny/paths-filter@v3\n        with: {{filters: {filters}}}\n"
        )
    };
    repo.write("f", "").write(".github/workflows/broken.yml", "jobs: [\n");
    repo.write(".github/workflows/gone.yml", step(".github/none.yml"));
    repo.write(".github/workflows/made.yml", step("'${{ inputs.filters }}'")).commit("first");
    let said = String::from_utf8(repo.rebake(["check"]).success().stderr).unwrap();
    for message in [
        "warning[unreadable-source]: `.github/workflows/broken.yml` cannot be read",
        "the filters of this step are not checked: there is no `.github/none.yml`",
        "the filters of this step are not checked: only the run knows them",
    ] {
        assert!(said.contains(message), "{message}\n{said}");
    }
}

/// Returns what a check of the configuration prints: its result, and what it says beside it.
fn says(repo: &Repo) -> (String, String) {
    let run = repo.rebake(["check"]).success();
    (run.text(), String::from_utf8(run.stderr).unwrap())
}

/// Breaks a file of a repository; the second function makes a link.
type Break = fn(&Repo, &dyn Fn(&Repo, &str, &str));

#[test]
fn what_cannot_be_read_is_in_the_total() {
    let api = "global: [.github/**, filters.yaml]\nservices:\n  api: {path: api}\n";
    let link = |repo: &Repo, to: &str, path: &str| {
        std::fs::create_dir_all(repo.dir().join(path).parent().unwrap()).unwrap();
        std::os::unix::fs::symlink(to, repo.dir().join(path)).unwrap();
    };
    let cases: [(&str, &str, Break); 8] = [
        (".github/workflows/x.yml", "invalid utf-8", |repo, _| {
            repo.write(".github/workflows/x.yml", b"jobs: \xff\n");
        }),
        (".github/workflows/x.yml", "it is a symbolic link", |repo, link| {
            link(repo, "gone.yml", ".github/workflows/x.yml");
        }),
        (".github/workflows/x.yml", "it is a symbolic link", |repo, link| {
            link(repo, "/gone", ".github/workflows/x.yml");
        }),
        ("api/Dockerfile", "before the first FROM", |repo, _| {
            repo.write("api/Dockerfile", "COPY . /\n");
        }),
        ("api/.dockerignore", "not understood", |repo, _| {
            repo.write("api/.dockerignore", "[\n");
        }),
        ("api/Dockerfile", "it is a symbolic link", |repo, link| {
            std::fs::remove_file(repo.dir().join("api/Dockerfile")).unwrap();
            repo.write("api/base", "FROM alpine\n");
            link(repo, "base", "api/Dockerfile");
        }),
        ("api/package.json", "EOF while parsing", |repo, _| {
            repo.write("api/package.json", "{");
        }),
        ("api/image", "in its name", |repo, _| {
            let config = "global: [.github/**, filters.yaml]\nservices:\n  api: {path: api, dockerfile: image}\n";
            repo.write("filters.yaml", config).write("api/image", "FROM alpine\n");
        }),
    ];
    for (path, why, breaks) in cases {
        for is_committed in [true, false] {
            let repo = Repo::new();
            repo.write("filters.yaml", api).write(".github/CODEOWNERS", "");
            repo.write("api/Dockerfile", "FROM alpine\nCOPY . /\n").commit("first");
            assert_eq!(says(&repo), ("nothing is wrong or missing\n".to_owned(), String::new()));
            breaks(&repo, &link);
            if is_committed {
                repo.commit("second");
            }
            let (total, said) = says(&repo);
            assert_eq!(
                total, "nothing is wrong or missing in what was checked; 1 part could not be checked\n",
                "{said}"
            );
            assert!(said.contains(&format!("`{path}` cannot be read")) && said.contains(why), "{path}: {said}");
            let json = repo.rebake(["check", "--format", "json"]).success().text();
            let json: serde_json::Value = serde_json::from_str(&json).unwrap();
            assert_eq!(json["unchecked"][0]["places"][0]["file"], path);
            let sarif = repo.rebake(["check", "--format", "sarif"]).success().text();
            let sarif: serde_json::Value = serde_json::from_str(&sarif).unwrap();
            let told = &sarif["runs"][0]["invocations"][0]["toolExecutionNotifications"][0];
            assert_eq!(told["locations"][0]["physicalLocation"]["artifactLocation"]["uri"], path);
        }
    }
}

#[test]
fn a_dockerfile_that_is_not_there_is_said() {
    let repo = Repo::new();
    repo.write("filters.yaml", "services: {api: {path: api, dockerfile: gone.Dockerfile}}\n").write("api/f", "");
    repo.commit("first");
    let (_, said) = says(&repo);
    assert!(said.contains("is not checked: there is no `api/gone.Dockerfile`"), "{said}");
    assert!(said.contains("--> filters.yaml:1:41"), "{said}");
}

#[test]
fn each_service_without_its_dockerfile_is_said() {
    let repo = Repo::new();
    let service =
        |name: &str| format!("  {name}: {{path: {name}, dockerfile: /gone, context: /, filters: ['{name}/**']}}\n");
    repo.write("filters.yaml", format!("services:\n{}{}", service("a"), service("b")))
        .write("a/f", "")
        .write("b/f", "");
    repo.commit("first");
    let (_, said) = says(&repo);
    for name in ["a", "b"] {
        assert!(
            said.contains(&format!("the image of `{name}` is built from is not checked: there is no `gone`")),
            "{said}"
        );
    }
}

#[test]
fn a_link_that_is_not_committed_counts() {
    let repo = Repo::new();
    repo.write("filters.yaml", "unowned: [shared/**]\nservices: {a: {path: a}}\n")
        .write("a/f", "")
        .write("shared/s", "");
    repo.commit("first");
    repo.rebake(["check"]).success().stdout("nothing is wrong or missing\n");
    repo.symlink("../shared/s", "a/l");
    let dirty = repo.rebake(["check"]).said();
    assert!(dirty.contains("[R015]"), "{dirty}");
    repo.commit("second");
    assert_eq!(dirty, repo.rebake(["check"]).said());
}

#[test]
fn that_a_plan_affects_nothing_is_said() {
    let repo = Repo::new();
    repo.write("filters.yaml", "services: {a: {path: a, filters: [a/**, x/**]}}\n")
        .write("a/Dockerfile", "FROM alpine\n");
    repo.commit("first");
    repo.write("f", "").commit("second");
    let run = repo.rebake(["check", "--affected", "--base", "HEAD~1"]).success();
    assert_eq!(run.text(), "no service is affected, so nothing was checked\n");
    let json = repo.rebake(["check", "--affected", "--base", "HEAD~1", "--format", "json"]).success();
    assert!(json.text().contains("\"findings\": []"), "{}", json.text());
    let said = String::from_utf8(json.stderr).unwrap();
    assert!(said.contains("no service is affected, so nothing was checked"), "{said}");
}

#[test]
fn a_byte_order_mark_stays() {
    let repo = Repo::new();
    let filters = "\u{feff}api:\n  - api/**\n  - gone.yml\n";
    repo.write("api/f", "").write("gone.yaml", "").write(".github/filters.yml", filters).commit("first");
    repo.rebake(["check", "--fix", ".github/filters.yml"]).success();
    let mended = std::fs::read_to_string(repo.dir().join(".github/filters.yml")).unwrap();
    assert_eq!(mended, filters.replace("gone.yml", "gone.yaml"));
}
