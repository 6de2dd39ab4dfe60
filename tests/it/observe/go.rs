//! A build by Go. Run by `.ci/full`: `REBAKE_GO` names the program, of version 1.27 or newer.

use super::traced::names;
use crate::repo::Repo;

#[test]
#[ignore = "needs strace and go 1.27: .ci/full runs it"]
fn what_go_reads_is_named() {
    #[expect(clippy::disallowed_methods, reason = "it says where the program is")]
    let go = std::env::var_os("REBAKE_GO").expect("REBAKE_GO names the program");
    let repo = Repo::new();
    repo.write(
        "filters.yaml",
        "services:\n  api:\n    path: api # where it is\n    filters: [api/**, go.mod]\n    run: '\"$GO\" build -buildvcs=false -o out .'\n",
    );
    repo.write(".gitignore", "out\n").write("go.mod", "module example.com/repo\n\ngo 1.25\n");
    repo.write(
        "api/main.go",
        "package main\n\nimport \"example.com/repo/shared\"\n\nfunc main() { println(shared.Text) }\n",
    );
    repo.write("shared/shared.go", "package shared\n\nimport _ \"embed\"\n\n//go:embed text.txt\nvar Text string\n");
    repo.write("shared/text.txt", "text").write("shared/README.md", "").write("other/other.go", "package other\n");
    repo.commit("first");
    let run = |more: &[&str]| {
        let rebake = repo.rebake([&["observe", "api", "--format", "json"], more].concat());
        let cache = repo.dir().join("../go-cache");
        rebake.env("GO", &go).env("GOTOOLCHAIN", "local").env("GOPROXY", "off").env("GOCACHE", cache)
    };
    names(&repo, run, &["shared/shared.go", "shared/text.txt"]);
}
