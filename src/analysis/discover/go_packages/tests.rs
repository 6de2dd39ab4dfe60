use super::super::tests::found;

#[test]
fn a_module_is_a_service_that_is_built_from_the_modules_it_imports() {
    let files = [
        (
            "api/go.mod",
            "module x.org/api\nrequire x.org/lib v0.0.0\nreplace x.org/lib => ../lib\nreplace x.org/deep => ../deep",
        ),
        ("api/main.go", "package main\nimport \"x.org/lib/log\"\n"),
        ("lib/go.mod", "module x.org/lib/v2\nreplace x.org/deep => ../deep"),
        ("lib/log/log.go", "package log\nimport \"x.org/deep\"\n"),
        ("lib/lib_test.go", "package lib\nimport \"x.org/tested\"\n"),
        ("deep/go.mod", "module x.org/deep"),
        ("deep/deep.go", "package deep\n"),
        ("tested/go.mod", "module x.org/tested"),
        ("tested/t.go", "package tested\n"),
    ];
    assert_eq!(
        found(&files),
        [
            "api api: api/** -> lib api/main.go:2:8",
            "deep deep: deep/**",
            "lib lib: lib/** -> deep lib/log/log.go:2:8",
            "tested tested: tested/**",
        ]
    );
}

#[test]
fn an_edge_that_only_the_one_above_replaces_is_its_own() {
    let files = [
        ("api/go.mod", "module x/api\nreplace (\n\tx/lib => ../lib\n\tx/deep => ../deep\n)"),
        ("api/main.go", "package main\nimport \"x/lib\"\n"),
        ("lib/go.mod", "module x/lib"),
        ("lib/lib.go", "package lib\nimport \"x/deep\"\n"),
        ("deep/go.mod", "module x/deep"),
        ("deep/deep.go", "package deep\n"),
    ];
    assert_eq!(
        found(&files),
        ["api api: api/** -> deep lib/lib.go:2:8 -> lib api/main.go:2:8", "deep deep: deep/**", "lib lib: lib/**"]
    );
}

#[test]
fn commands_take_the_packages_that_they_reach() {
    let files = [
        ("go.mod", "module x.org/shop\n"),
        ("go.sum", ""),
        ("README.md", ""),
        ("cmd/api/main.go", "package main\nimport (\n\t\"fmt\"\n\t\"x.org/shop/internal/db\"\n)\n"),
        ("cmd/api/assets/logo.svg", ""),
        ("cmd/jobs/main.go", "//go:build linux\n\npackage main\nimport \"x.org/shop/internal/log\"\n"),
        ("cmd/jobs/main_test.go", "package main\nimport _ \"x.org/shop/internal/fake\"\n"),
        ("internal/db/db.go", "package db\nimport \"x.org/shop/internal/log\"\n//go:embed schema/*.sql\nvar s string"),
        ("internal/db/db_test.go", "package db\nimport \"x.org/shop/internal/unseen\"\n"),
        ("internal/db/schema/1.sql", ""),
        ("internal/db/schema/gen.go", "package schema\n"),
        ("internal/db/testdata/in/x.go", "package x\n"),
        ("internal/db/pool/pool.go", "package pool\n"),
        ("internal/fake/fake.go", "package fake\n"),
        ("internal/log/log.go", "package log\n"),
        ("internal/unseen/u.go", "package unseen\n"),
        ("hack/gen/main.go", "package main\n"),
    ];
    assert_eq!(
        found(&files),
        [
            "api cmd/api: cmd/api/** internal/db/testdata/** internal/log/** internal/db/* go.mod go.sum internal/db/schema/1.sql",
            "jobs cmd/jobs: cmd/jobs/** internal/fake/** internal/log/** go.mod go.sum",
        ]
    );
}

#[test]
fn what_imports_do_not_tell_takes_the_whole_module() {
    let of = |text: &str| {
        let files = [
            ("go.mod", "module x\n"),
            ("cmd/a/main.go", "package main\nimport \"x/lib\"\n"),
            ("lib/lib.go", text),
            ("lib/nested/go.mod", "module x/lib/nested\n"),
            ("lib/nested/n.go", "package nested\n"),
            ("other/o.go", "package other\n"),
        ];
        found(&files)
    };
    let nested = "nested lib/nested: lib/nested/**";
    let narrow = "a cmd/a: cmd/a/** lib/* go.mod";
    let wide = "a cmd/a: cmd/a/** cmd/** other/** * lib/* go.mod";
    let note = "the sources of `lib` are not known, so all of `.` counts as its source";
    assert_eq!(of("package lib\nimport \"x/lib/nested\"\n"), [narrow, nested]);
    for text in ["import \"C\"", "import \"plugin\"", "\n//go:generate stringer", "import \"x/generated\""] {
        let found = of(&format!("package lib\n{text}\n"));
        assert_eq!(found, [wide, nested, note], "{text}");
    }
}

#[test]
fn workspaces_and_vendored_code_are_taken() {
    let files = [
        ("go.work", "use (\n\t./a\n\t./b\n)\n"),
        ("go.work.sum", ""),
        ("a/go.mod", "module x/a\n"),
        ("a/a.go", "package a\nimport \"x/b\"\n"),
        ("b/go.mod", "module x/b\n"),
        ("b/b.go", "package b\n"),
        ("b/vendor/y/go.mod", "module y\n"),
        ("c/go.mod", "module x/c/v2\n"),
        ("c/cmd/main.go", "package main\nimport \"y/z\"\n"),
        ("c/vendor/y/z/z.go", "package z\n"),
    ];
    assert_eq!(
        found(&files),
        [
            "a a: a/** go.work go.work.sum -> b a/a.go:2:8",
            "b b: b/** go.work go.work.sum",
            "c c/cmd: c/cmd/** c/vendor/** c/go.mod",
        ]
    );
}
