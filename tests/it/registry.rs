//! `--skip-existing`: what a registry has already is not built; whatever is not a clear yes is built.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use snapbox::str;

use crate::containers::registry::Registry;
use crate::http_server::{Answer, Request, StandIn, answer};
use crate::registry_server::{
    DOCKER, DOCKER_LIST, HTPASSWD, Image, LOGIN, OCI, OCI_INDEX, Target, digest, serve_https,
};
use crate::remote;
use crate::repo::{Repo, Run};

/// A repository whose services have images at a registry.
fn repo(host: &str, platforms: &str) -> Repo {
    let repo = Repo::new();
    let service = |name: &str, more: &str| {
        format!(
            "  {name}: {{ path: {name}, image: '{host}/acme/{name}', platforms: [{platforms}]{more}, promote: always, \
             run: 'echo {name} >> ../built' }}\n"
        )
    };
    let services = [service("lib", ""), service("api", ", depends_on: [lib]"), service("web", "")].concat();
    repo.write("filters.yaml", format!("unowned: [built]\nservices:\n{services}")).write(".gitignore", "built\n");
    repo.write("lib/x", "").write("api/x", "").write("web/x", "");
    repo.commit("first");
    repo
}

const ASK: [&str; 4] = ["plan", "--all", "--head=HEAD", "--skip-existing"];

fn ask(repo: &Repo, more: &[&str]) -> crate::repo::Rebake {
    repo.rebake([&ASK[..], more].concat()).env("DOCKER_CONFIG", docker_config(repo))
}

/// Where the tests keep Docker's configuration: outside of the work tree.
fn docker_config(repo: &Repo) -> PathBuf {
    repo.dir().with_file_name("docker")
}

fn login(repo: &Repo, host: &str, (name, password): (&str, &str)) {
    let auth = base64::engine::general_purpose::STANDARD.encode(format!("{name}:{password}"));
    configure(repo, &serde_json::json!({"auths": {host: {"auth": auth}}}));
}

fn configure(repo: &Repo, config: &serde_json::Value) {
    fs::create_dir_all(docker_config(repo)).unwrap();
    fs::write(docker_config(repo).join("config.json"), config.to_string()).unwrap();
}

fn plan(run: &Run) -> serde_json::Value {
    serde_json::from_slice(&run.stdout).unwrap()
}

/// The fingerprint of a service.
fn fingerprint(repo: &Repo, service: &str) -> String {
    let plan = plan(&repo.rebake(["plan", "--all", "--head=HEAD", "--format=json"]).success());
    let found = plan["services"].as_array().unwrap().iter().find(|found| found["service"] == service).unwrap();
    found["fingerprint"].as_str().unwrap().to_owned()
}

/// The services that are left to be built, and what is said.
fn left(run: &Run) -> (String, String) {
    (run.text().replace('\n', " ").trim().to_owned(), String::from_utf8(run.stderr.clone()).unwrap())
}

/// Answers as a registry that has an image of `api` alone.
fn has_api(request: &Request, media_type: &str, manifest: &str) -> Answer {
    if !request.path.starts_with("/v2/acme/api/") {
        return answer(404, "", r#"{"errors":[{"code":"MANIFEST_UNKNOWN"}]}"#);
    }
    answer(200, &format!("Content-Type: {media_type}\r\nDocker-Content-Digest: {}\r\n", digest(manifest)), manifest)
}

#[test]
fn what_exists_is_planned_and_not_built() {
    let manifest = Image::of(OCI, "amd64").manifest.1;
    let content = digest(&manifest);
    let registry = StandIn::serve(move |request| has_api(request, OCI, &manifest));
    let repo = repo(&registry.host, "");
    let run = ask(&repo, &["--format=json"]).success().stderr("");
    let reference = format!("{}/acme/api:{}", registry.host, fingerprint(&repo, "api"));
    let planned = plan(&run)["services"].as_array().unwrap().clone();
    let exists: Vec<_> =
        planned.iter().map(|service| (service["service"].clone(), service["exists"].clone())).collect();
    let there = serde_json::json!({"reference": reference, "digest": content});
    assert_eq!(
        exists,
        [("lib".into(), serde_json::Value::Null), ("api".into(), there), ("web".into(), serde_json::Value::Null)]
    );
    // One question a service, which no registry counts as a pull, and which takes all types of manifests.
    let asked = registry.asked();
    assert_eq!(asked.len(), 3);
    for request in &asked {
        assert_eq!(request.method, "HEAD");
        let accept = request.header("accept").unwrap();
        assert!([OCI, OCI_INDEX, DOCKER, DOCKER_LIST].iter().all(|media_type| accept.contains(media_type)), "{accept}");
        assert_eq!(request.header("authorization"), None);
    }
    assert!(
        asked.iter().any(|request| request.path == format!("/v2/acme/api/manifests/{}", fingerprint(&repo, "api")))
    );

    // What starts work leaves it out; a saved plan keeps it.
    fs::write(repo.dir().with_file_name("plan.json"), &run.stdout).unwrap();
    ask(&repo, &["--format=names"]).success().stdout("lib\nweb\n");
    let saved = |format: &str| repo.rebake(["plan", "--plan=../plan.json", format]).success();
    saved("--format=names").stdout("lib\nweb\n");
    assert_eq!(saved("--format=matrix").text().matches("service").count(), 2);
    let outputs = repo.dir().with_file_name("outputs");
    repo.rebake(["plan", "--plan=../plan.json", "--ci", "--fields=service"]).env("GITHUB_OUTPUT", &outputs).success();
    let written = fs::read_to_string(&outputs).unwrap();
    assert!(written.contains(r#"{"include":[{"service":"lib"},{"service":"web"}]}"#), "{written}");
    let table = saved("--format=table").text().replace(&registry.host, "HOST");
    snapbox::assert_data_eq!(
        table,
        str![[r#"
[..]: everything was asked for
environment local

SERVICE  VERSION             WHY
lib      0.0.0-0001-[..]  asked for
api      0.0.0-0001-[..]  exists already, as HOST/acme/api:fp2-[..]
                             asked for
                             depends on lib
web      0.0.0-0001-[..]  asked for

2 of 3 services to rebuild; the image of 1 exists already.

"#]]
    );
}

#[test]
fn a_build_leaves_out_what_exists_and_reports_it() {
    let manifest = Image::of(OCI, "amd64").manifest.1;
    let content = digest(&manifest);
    let registry = StandIn::serve(move |request| has_api(request, OCI, &manifest));
    let repo = repo(&registry.host, "");
    let report = repo.dir().with_file_name("report.json");
    let arguments = ["build", "--all", "--head=HEAD", "--jobs=1", "--skip-existing", "--report=../report.json"];
    repo.rebake(arguments).success();
    assert_eq!(fs::read_to_string(repo.dir().join("built")).unwrap(), "lib\nweb\n");
    let report: serde_json::Value = serde_json::from_slice(&fs::read(report).unwrap()).unwrap();
    let api = &report["services"][1];
    assert_eq!((&api["service"], &api["outcome"], &api["digest"]), (&"api".into(), &"exists".into(), &content.into()));
    let reference = format!("{}/acme/api:{}", registry.host, fingerprint(&repo, "api"));
    assert_eq!(api["tags"], serde_json::json!([reference]));
}

#[test]
fn content_that_no_commit_has_is_not_asked_about() {
    let registry = StandIn::serve(|_| answer(404, "", ""));
    let repo = repo(&registry.host, "");
    repo.write("lib/x", "changed");
    let run = repo.rebake(["plan", "--all", "--skip-existing", "--format=names"]).success().stderr("");
    assert_eq!(left(&run).0, "lib api web");
    assert_eq!(registry.asked().len(), 1, "`web` alone is as committed");
}

#[test]
fn an_image_counts_where_it_is_for_every_platform() {
    let amd64 = || Image::of(OCI, "amd64");
    let both = |kind| Image::index(kind, &["amd64", "arm64"]);
    let of_three = || Image::index(OCI_INDEX, &["amd64", "arm64", "unknown"]);
    for (platforms, image, exists) in [
        ("linux/amd64", amd64(), true),
        ("linux/amd64", Image::of(DOCKER, "amd64"), true),
        ("linux/arm64", amd64(), false),
        ("linux/amd64, linux/arm64", amd64(), false),
        ("linux/amd64, linux/arm64/v8", both(OCI_INDEX), true),
        ("linux/amd64, linux/arm64", both(DOCKER_LIST), true),
        ("linux/amd64, linux/arm/v7", both(OCI_INDEX), false),
        ("linux/arm64", of_three(), true),
        ("windows/amd64", both(OCI_INDEX), false),
    ] {
        let (media_type, manifest) = image.manifest.clone();
        let blobs = image.blobs.clone();
        let registry = StandIn::serve(move |request| {
            let blob = blobs.iter().find(|blob| request.path == format!("/v2/acme/api/blobs/{}", digest(blob)));
            match blob {
                Some(blob) => answer(200, "Content-Type: application/octet-stream\r\n", blob),
                None => has_api(request, media_type, &manifest),
            }
        });
        let repo = repo(&registry.host, platforms);
        let run = ask(&repo, &["--format=names"]).success().stderr("");
        let expected = if exists { "lib web" } else { "lib api web" };
        assert_eq!(left(&run).0, expected, "{platforms} of {}", image.manifest.1);
    }
}

#[test]
fn what_is_no_clear_yes_is_built_and_said() {
    let manifest = Image::of(OCI, "amd64").manifest.1;
    let headers =
        |media_type: &str, digest: &str| format!("Content-Type: {media_type}\r\nDocker-Content-Digest: {digest}\r\n");
    let good = headers(OCI, &digest(&manifest));
    let huge = format!("HTTP/1.1 200 x\r\n{good}Connection: close\r\n\r\n{}", "x".repeat(5 << 20)).into_bytes();
    for (given, said) in [
        (answer(500, "", ""), "it answered with HTTP 500"),
        (answer(403, "", ""), "it denies access (HTTP 403)"),
        (answer(429, "Retry-After: 100\r\n", ""), "it answered with HTTP 429"),
        (
            answer(200, "Content-Type: text/html\r\n", "<html>log in</html>"),
            "it does not answer like a registry: it is not a manifest",
        ),
        (answer(200, "", ""), "it does not answer like a registry: it is not a manifest"),
        (answer(200, &headers(OCI, "latest"), ""), "it does not answer like a registry: its digest is not valid"),
        (
            answer(200, &headers(OCI, &digest("other")), &manifest),
            "it does not answer like a registry: the content does not match its digest",
        ),
        (
            answer(200, &headers(OCI, &digest("{}")), "{}"),
            "it does not answer like a registry: its manifest is not valid",
        ),
        (answer(401, "", ""), "it asks for credentials in a way that rebake does not understand"),
        (
            answer(401, "WWW-Authenticate: Negotiate\r\n", ""),
            "it asks for credentials in a way that rebake does not understand",
        ),
        (
            answer(401, "WWW-Authenticate: Basic realm=\"x\"\r\n", ""),
            "it requires credentials, and there are none for it",
        ),
        (
            answer(401, "WWW-Authenticate: Bearer realm=\"http://r.example/token\"\r\n", ""),
            "it asks for credentials in a way that rebake does not understand",
        ),
        (
            answer(302, "Location: http://r.example/\r\n", ""),
            "it redirects to an address that is neither HTTPS nor on this machine",
        ),
        (answer(302, "Location: /again\r\n", ""), "it redirects more than 5 times"),
        (huge, "its answer is larger than 4 MiB"),
        (b"".to_vec(), "it cannot be reached: "),
        (b"SSH-2.0-OpenSSH_9.2\r\n".to_vec(), "it cannot be reached: "),
    ] {
        let shown = String::from_utf8_lossy(&given[..given.len().min(200)]).into_owned();
        let registry =
            StandIn::serve(
                move |request| {
                    if request.path.starts_with("/v2/acme/web") { answer(404, "", "") } else { given.clone() }
                },
            );
        let repo = repo(&registry.host, "linux/amd64");
        let run = ask(&repo, &["--format=names"]).success();
        let (names, stderr) = left(&run);
        assert_eq!(names, "lib api web", "{shown}");
        // One that does not answer is not asked about `web` either, unless that was asked at the same time.
        let warning = format!(" exist, so they count as missing: {said}");
        assert!(stderr.contains("does not tell whether the images of `lib`, `api`"), "{shown}\n{stderr}");
        assert!(stderr.starts_with("warning[registry]: ") && stderr.contains(&warning), "{shown}\n{stderr}");
        assert_eq!(stderr.matches("warning").count(), 1, "{stderr}");
    }
}

#[test]
fn a_plan_with_a_platform_that_is_none_is_said() {
    let manifest = Image::of(OCI, "amd64").manifest.1;
    let registry = StandIn::serve(move |request| has_api(request, OCI, &manifest));
    let repo = repo(&registry.host, "linux/amd64");
    let saved = repo.rebake(["plan", "--only=api", "--all", "--head=HEAD", "--format=json"]).success().text();
    fs::write(repo.dir().with_file_name("plan.json"), saved.replace("linux/amd64", "linux")).unwrap();
    let run = repo.rebake(["plan", "--plan=../plan.json", "--skip-existing", "--format=names"]).success();
    let (names, stderr) = left(&run);
    assert_eq!(names, "api");
    assert!(stderr.contains("`linux` is not a platform"), "{stderr}");
}

#[test]
fn a_registry_that_is_down_is_said_once() {
    let host = remote::unreachable().replace("git://", "").replace("/repo", "");
    let repo = repo(&host, "");
    let (names, stderr) = left(&ask(&repo, &["--format=names"]).success());
    assert_eq!(names, "lib api web");
    snapbox::assert_data_eq!(
        stderr.replace(&host, "HOST"),
        str![[r#"
warning[registry]: `HOST` does not tell whether the images of `lib`, `api`, `web` exist, so they count as missing: it cannot be reached: Connection refused (os error [..])
 |
 = help: see whether `docker buildx imagetools inspect HOST/IMAGE` works here

"#]]
    );
}

#[test]
fn nobody_waits_twice_for_a_registry_that_never_answers() {
    let (_listener, url) = remote::silent();
    let host = url.replace("git://", "").replace("/repo", "");
    let repo = Repo::new();
    let service = |n: usize| format!("  s{n}: {{ path: s{n}, image: '{host}/acme/s{n}' }}\n");
    repo.write("filters.yaml", format!("services:\n{}", (0..40).map(service).collect::<String>()));
    (0..40).for_each(|n| _ = repo.write(format!("s{n}/x"), ""));
    repo.commit("first");
    let (names, stderr) = left(&ask(&repo, &["--format=names", "--registry-timeout=1"]).success());
    assert_eq!(names.split(' ').count(), 40);
    assert!(stderr.contains("does not tell whether the images of `s0`, `s1`, `s2` and 37 more exist"), "{stderr}");
    assert!(stderr.contains("it did not answer within the 1 s for all registries"), "{stderr}");
}

#[test]
fn a_registry_that_answers_drop_by_drop_is_given_up() {
    let good = format!("HTTP/1.1 200 x\r\nContent-Type: {OCI}\r\nContent-Length: 100000\r\n\r\n");
    for beginning in ["HTTP/1.1 200 x\r\nX: ".to_owned(), good] {
        let drops = StandIn::drip(beginning);
        let repo = repo(&drops, "linux/amd64");
        let (names, stderr) = left(&ask(&repo, &["--format=names", "--registry-timeout=1"]).success());
        assert_eq!(names, "lib api web");
        assert!(stderr.contains("it did not answer within the 1 s for all registries"), "{stderr}");
    }
}

#[test]
fn few_questions_are_under_way_at_once() {
    let registry = StandIn::serve(|_| {
        std::thread::sleep(std::time::Duration::from_millis(20));
        answer(404, "", "")
    });
    let repo = Repo::new();
    let service = |n: usize| format!("  s{n}: {{ path: s{n}, image: '{}/acme/s{n}' }}\n", registry.host);
    repo.write("filters.yaml", format!("services:\n{}", (0..40).map(service).collect::<String>()));
    (0..40).for_each(|n| _ = repo.write(format!("s{n}/x"), ""));
    repo.commit("first");
    assert_eq!(left(&ask(&repo, &["--format=names"]).success().stderr("")).0.split(' ').count(), 40);
    assert_eq!(registry.asked().len(), 40);
    assert!((2..=8).contains(&registry.most_at_once()), "{}", registry.most_at_once());
}

/// Answers one who has this `Authorization`, and asks others for it.
fn guarded(request: &Request, challenge: &str, authorization: &str, manifest: &str) -> Answer {
    if request.header("authorization") == Some(authorization) {
        has_api(request, OCI, manifest)
    } else {
        answer(401, &format!("WWW-Authenticate: {challenge}\r\n"), "")
    }
}

#[test]
fn a_password_is_told_to_the_registry_that_asks_for_it() {
    let manifest = Image::of(OCI, "amd64").manifest.1;
    // `printf ada:s:cret | base64`
    let registry = StandIn::serve(move |request| {
        guarded(request, "Negotiate, Basic realm=\"x, Bearer\"", "Basic YWRhOnM6Y3JldA==", &manifest)
    });
    let repo = repo(&registry.host, "");
    login(&repo, &registry.host, ("ada", "s:cret"));
    assert_eq!(left(&ask(&repo, &["--format=names"]).success().stderr("")).0, "lib web");
    login(&repo, &registry.host, ("ada", "wrong"));
    let (names, stderr) = left(&ask(&repo, &["--format=names"]).success());
    assert_eq!(names, "lib api web");
    assert!(stderr.contains("it denies access (HTTP 401)") && !stderr.contains("wrong"), "{stderr}");
    login(&repo, "other.example", ("ada", "s:cret"));
    let (names, stderr) = left(&ask(&repo, &["--format=names"]).success());
    assert_eq!(names, "lib api web");
    assert!(stderr.contains("it requires credentials, and there are none for it"), "{stderr}");
    // Podman's file goes first.
    login(&repo, &registry.host, ("ada", "s:cret"));
    fs::rename(docker_config(&repo).join("config.json"), docker_config(&repo).join("auth.json")).unwrap();
    let run = ask(&repo, &["--format=names"]).env("REGISTRY_AUTH_FILE", docker_config(&repo).join("auth.json"));
    assert_eq!(left(&run.success().stderr("")).0, "lib web");
    // A file that is broken is told, where it matters.
    fs::write(docker_config(&repo).join("config.json"), "{").unwrap();
    let (_, stderr) = left(&ask(&repo, &["--format=names"]).success());
    assert!(
        stderr.contains("there are none for it; ") && stderr.contains("config.json is not as Docker writes it"),
        "{stderr}"
    );
}

#[test]
fn a_token_is_fetched_for_each_repository() {
    let manifest = Image::of(OCI, "amd64").manifest.1;
    let tokens = StandIn::serve(|request| {
        let body = if request.method == "POST" { str::from_utf8(&request.body).unwrap() } else { &request.path };
        let repository = body.split("repository:acme/").nth(1).unwrap().split(':').next().unwrap();
        answer(200, "Content-Type: application/json\r\n", &format!(r#"{{"access_token": "for-{repository}"}}"#))
    });
    let realm = format!("Bearer realm=\"http://{}/token?a=b\",service=\"the registry\"", tokens.host);
    let registry = StandIn::serve(move |request| {
        let name = request.path.split('/').nth(3).unwrap();
        guarded(request, &realm, &format!("Bearer for-{name}"), &manifest)
    });
    let repo = repo(&registry.host, "");
    // As nobody.
    assert_eq!(left(&ask(&repo, &["--format=names"]).success().stderr("")).0, "lib web");
    let asked = tokens.asked();
    assert_eq!(asked.len(), 3);
    assert!(asked.iter().all(|request| request.header("authorization").is_none()));
    assert!(
        asked.iter().any(|request| request.path == "/token?a=b&scope=repository:acme/api:pull&service=the%20registry")
    );
    // As somebody with a password, which the registry itself is not told.
    login(&repo, &registry.host, ("ada", "s:cret"));
    assert_eq!(left(&ask(&repo, &["--format=names", "--only=api"]).success().stderr("")).0, "");
    assert_eq!(tokens.asked()[3].header("authorization"), Some("Basic YWRhOnM6Y3JldA=="));
    assert!(
        registry
            .asked()
            .iter()
            .all(|request| !request.header("authorization").is_some_and(|it| it.starts_with("Basic")))
    );
    // As somebody with an identity token.
    configure(&repo, &serde_json::json!({"auths": {&registry.host: {"identitytoken": "i&d"}}}));
    assert_eq!(left(&ask(&repo, &["--format=names", "--only=api"]).success().stderr("")).0, "");
    let asked = &tokens.asked()[4];
    assert_eq!((asked.method.as_str(), asked.path.as_str()), ("POST", "/token?a=b"));
    let form = "scope=repository:acme/api:pull&service=the%20registry&grant_type=refresh_token&client_id=rebake&refresh_token=i%26d";
    assert_eq!(str::from_utf8(&asked.body), Ok(form));
}

#[test]
fn a_server_of_tokens_that_fails_is_said() {
    for (given, said) in [
        (answer(500, "", ""), "it answered with HTTP 500"),
        (answer(200, "", "<html>"), "it does not answer like a registry: there is no token in it"),
        (answer(200, "", r#"{"token": "a\r\nX: y"}"#), "it does not answer like a registry: there is no token in it"),
        (answer(401, "", ""), "it requires credentials, and there are none for it"),
        (b"".to_vec(), "its token server 127.0.0.1 gives no token: it cannot be reached"),
    ] {
        let tokens = StandIn::serve(move |_| given.clone());
        let realm = format!("WWW-Authenticate: Bearer realm=\"http://{}/\"\r\n", tokens.host);
        let registry = StandIn::serve(move |_| answer(401, &realm, ""));
        let (names, stderr) = left(&ask(&repo(&registry.host, ""), &["--format=names"]).success());
        assert_eq!(names, "lib api web");
        assert!(stderr.contains(said), "{said}\n{stderr}");
    }
}

#[test]
fn a_redirect_takes_no_credentials_to_another_server() {
    let image = Image::of(OCI, "amd64");
    let (manifest, config) = (image.manifest.1.clone(), image.blobs[0].clone());
    let storage = StandIn::serve(move |_| answer(200, "", &config));
    let elsewhere = format!("Location: http://{}/storage?signature=1\r\n", storage.host);
    let registry = StandIn::serve(move |request| {
        if request.path.contains("/blobs/") && request.header("authorization").is_some() {
            answer(307, "Location: /v2/acme/api/moved/blobs\r\n", "").clone()
        } else if request.path.contains("/moved/") {
            answer(307, &elsewhere, "")
        } else {
            guarded(request, "Basic realm=x", "Basic YWRhOnM6Y3JldA==", &manifest)
        }
    });
    // The path of the moved blob holds `/blobs/` no more, so the second step is the one to the storage.
    let repo = repo(&registry.host, "linux/amd64");
    login(&repo, &registry.host, ("ada", "s:cret"));
    assert_eq!(left(&ask(&repo, &["--format=names"]).success().stderr("")).0, "lib web");
    let asked = storage.asked();
    assert_eq!(asked.len(), 1);
    assert_eq!(asked[0].path, "/storage?signature=1");
    assert_eq!(asked[0].header("authorization"), None);
    let moved: Vec<Request> = registry.asked().into_iter().filter(|request| request.path.contains("/moved/")).collect();
    assert_eq!(moved[0].header("authorization"), Some("Basic YWRhOnM6Y3JldA=="), "the same server is told again");
}

#[test]
fn elsewhere_it_is_https_with_a_certificate_that_this_machine_trusts() {
    let content = digest("");
    let proxy = serve_https(move |request| {
        assert_eq!(request.path, "registry.test:443");
        let manifest = format!("Content-Type: {OCI}\r\nDocker-Content-Digest: {content}\r\n");
        match request.header("authorization") {
            Some("Basic YWRhOnM6Y3JldA==") => answer(200, &manifest, ""),
            _ => answer(401, "WWW-Authenticate: Basic realm=x\r\n", ""),
        }
    });
    let repo = repo("registry.test", "");
    login(&repo, "https://registry.test/v1/", ("ada", "s:cret"));
    let authority = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/registry/ca.pem");
    let run = |authority: &str, proxy: &str| {
        let run = ask(&repo, &["--format=names"]).env("SSL_CERT_FILE", authority).env("HTTPS_PROXY", proxy);
        left(&run.success())
    };
    assert_eq!(run(authority, &proxy), (String::new(), String::new()));
    // Another authority, which signed nothing here.
    let other = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/registry/cert.pem");
    let (names, stderr) = run(other, &proxy);
    assert_eq!(names, "lib api web");
    assert!(stderr.contains("it cannot be reached: invalid peer certificate: UnknownIssuer"), "{stderr}");
    // A file that is not there.
    let (names, stderr) = run("/nowhere", &proxy);
    assert_eq!(names, "lib api web");
    assert!(stderr.contains("this machine has no root certificates, so servers cannot be verified"), "{stderr}");
}

fn helper(dir: &Path, name: &str, script: &str) {
    fs::create_dir_all(dir).unwrap();
    let path = dir.join(format!("docker-credential-{name}"));
    fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
}

#[test]
fn helpers_are_asked_once_for_a_registry() {
    let manifest = Image::of(OCI, "amd64").manifest.1;
    let registry =
        StandIn::serve(move |request| guarded(request, "Basic realm=x", "Basic YWRhOnM6Y3JldA==", &manifest));
    let repo = repo(&registry.host, "");
    let bin = repo.dir().with_file_name("bin");
    #[expect(clippy::disallowed_methods, reason = "the installed git has to be found")]
    let path = format!("{}:{}", bin.display(), std::env::var("PATH").unwrap());
    let run = |script: &str| {
        helper(&bin, "test", script);
        configure(&repo, &serde_json::json!({"credHelpers": {&registry.host: "test"}, "credsStore": "nobody"}));
        left(&ask(&repo, &["--format=names"]).env("PATH", &path).success())
    };
    let asked = repo.dir().with_file_name("asked");
    let good = format!(
        "cat >> '{}'; echo \"$1\" >> '{0}'\nprintf '{{\"ServerURL\":\"x\",\"Username\":\"ada\",\"Secret\":\"s:cret\"}}'",
        asked.display()
    );
    assert_eq!(run(&good), ("lib web".to_owned(), String::new()));
    assert_eq!(fs::read_to_string(&asked).unwrap(), format!("{}get\n", registry.host));
    let (names, stderr) = run("echo the keychain is locked: s3cret; exit 1");
    assert_eq!(names, "lib api web");
    assert!(stderr.contains("`docker-credential-test get` failed") && !stderr.contains("s3cret"), "{stderr}");
    let (_, stderr) = run("echo credentials not found in native keychain; exit 1");
    assert!(stderr.contains("there are none for it\n"), "{stderr}");
    configure(&repo, &serde_json::json!({"credsStore": "../../bin/sh"}));
    let (_, stderr) = left(&ask(&repo, &["--format=names"]).success());
    assert!(stderr.contains("`../../bin/sh` is not the name of a credential helper"), "{stderr}");
}

#[test]
#[ignore = "needs docker-registry: .ci/full runs it"]
fn a_real_registry_with_and_without_a_password() {
    for password in [false, true] {
        let registry = if password { Registry::guarded(HTPASSWD) } else { Registry::start() };
        let host = &registry.address;
        let target = Target { host, login: password.then_some(LOGIN) };
        let repo = repo(host, "linux/amd64, linux/arm64");
        if password {
            let (names, stderr) = left(&ask(&repo, &["--format=names"]).success());
            assert_eq!(names, "lib api web");
            assert!(stderr.contains("it requires credentials, and there are none for it"), "{stderr}");
            login(&repo, host, ("ci", "wrong"));
            let (_, stderr) = left(&ask(&repo, &["--format=names"]).success());
            assert!(stderr.contains("it denies access (HTTP 401)"), "{stderr}");
            login(&repo, host, LOGIN);
        }
        // Nothing is there, not even the repositories.
        assert_eq!(left(&ask(&repo, &["--format=names"]).success().stderr("")).0, "lib api web");
        let push =
            |service: &str, image: &Image| target.push(&format!("acme/{service}"), &fingerprint(&repo, service), image);
        push("lib", &Image::of(OCI, "amd64"));
        let api = push("api", &Image::index(OCI_INDEX, &["amd64", "arm64"]));
        push("web", &Image::index(DOCKER_LIST, &["amd64", "arm64"]));
        let run = ask(&repo, &["--format=json"]).success().stderr("");
        let planned = plan(&run)["services"].clone();
        assert_eq!(planned[0]["exists"], serde_json::Value::Null, "`lib` is there for one platform of two");
        assert_eq!(planned[1]["exists"]["digest"], api);
        assert_eq!(left(&ask(&repo, &["--format=names"]).success()).0, "lib");
        // An image for one platform alone; its configuration is asked for its platform.
        repo.write(
            "filters.yaml",
            fs::read_to_string(repo.dir().join("filters.yaml")).unwrap().replace(", linux/arm64", ""),
        );
        repo.commit("one platform");
        assert_eq!(left(&ask(&repo, &["--format=names"]).success().stderr("")).0, "lib api web", "another fingerprint");
        push("lib", &Image::of(OCI, "amd64"));
        push("api", &Image::of(DOCKER, "amd64"));
        push("web", &Image::of(OCI, "arm64"));
        assert_eq!(left(&ask(&repo, &["--format=names"]).success().stderr("")).0, "web");
    }
}
