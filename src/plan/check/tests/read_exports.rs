//! Outputs that jobs export: they count as read only if something reads the export.

use super::{CI, FILTERS, of_rule};

/// Returns the findings of a rule about a workflow whose job `changes` exports the filters `api` and `gone`, and has
/// `rest` after it.
fn found(rule: &str, start: &str, rest: &str) -> Vec<String> {
    let ci = format!(
        "on: {start}
jobs:
  changes:
    outputs: {{api: '${{{{ steps.f.outputs.api }}}}', gone: '${{{{ steps.f.outputs.gone }}}}', none: '${{{{ steps.f.outputs.none }}}}'}}
    steps: [{{uses: dorny/paths-filter@v3, id: f, with: {{filters: .github/filters.yml}}}}]
{rest}"
    );
    let files = [
        (FILTERS, "api: [api/**]\ngone: [gone/**]\n"),
        (CI, ci.as_str()),
        ("package.json", r#"{"workspaces": ["*"]}"#),
        ("api/package.json", r#"{"name": "api", "dependencies": {"lib": "*"}}"#),
        ("lib/package.json", r#"{"name": "lib"}"#),
    ];
    of_rule(rule, &files)
}

const READS: [&str; 9] = [
    "  x: {needs: changes, if: needs.changes.outputs.NAME == 'true'}\n",
    "  x: {needs: changes, steps: [{run: 'echo ${{ needs.changes.outputs.NAME }}'}]}\n",
    "  x: {needs: changes, steps: [{uses: a/b, with: {x: '${{ needs.changes.outputs.NAME }}'}}]}\n",
    "  x: {needs: changes, runs-on: '${{ needs.changes.outputs.NAME }}'}\n",
    "  x: {needs: changes, strategy: {matrix: {include: [{x: '${{ needs.changes.outputs.NAME }}'}]}}}\n",
    "  x: {needs: changes, uses: ./.github/workflows/x.yml, with: {x: '${{ needs.changes.outputs.NAME }}'}}\n",
    "  x: {needs: changes, steps: [{run: 'echo ${{ toJSON(needs.changes.outputs) }}'}]}\n",
    "  x: {needs: changes, steps: [{run: 'echo ${{ toJSON( needs ) }}'}]}\n",
    "  x: {needs: changes, outputs: {y: '${{ needs.changes.outputs.NAME }}'}}\n  z: {needs: x, if: needs.x.outputs.y}\n",
];

#[test]
fn a_filter_that_is_only_exported_is_not_read() {
    let unread =
        |name: &str, line: usize| format!("warning .github/filters.yml:{line}:1: no job reads the filter `{name}`");
    let none = "warning .github/workflows/ci.yml:5:13: the job `changes` exports the output `none`, which no filter makes and nothing reads".to_owned();
    let both = vec![unread("api", 1), unread("gone", 2), none.clone()];
    for nothing in [
        "",
        "  x: {needs: changes, if: \"contains(needs.*.result, 'failure')\"}\n",
        "  x: {needs: changes, outputs: {y: '${{ needs.changes.outputs.api }}'}}\n",
    ] {
        assert_eq!(found("R014", "push", nothing), both, "{nothing}");
    }
    for read in &READS {
        let is_read =
            |name: &str| !found("R014", "push", &read.replace("NAME", name)).iter().any(|text| text.contains(name));
        assert!(is_read("api") && is_read("gone"), "{read}");
    }
    assert_eq!(found("R014", "push", &READS[0].replace("NAME", "api")), [unread("gone", 2), none]);
    let called = "{workflow_call: {outputs: {x: {value: '${{ jobs.changes.outputs.api }}'}}}}";
    assert_eq!(found("R014", called, "")[0], unread("gone", 2));
}

#[test]
fn an_output_that_no_filter_makes_is_an_error_where_it_is_read() {
    for read in &READS {
        let found = found("R014", "push", &read.replace("NAME", "none"));
        let error = "error .github/workflows/ci.yml:5:13: the job `changes` reads the output `none`, which no filter makes: it is always empty";
        assert!(found.iter().any(|text| text == error), "{read}: {found:?}");
    }
}

/// A filter that no job reads misses no change.
#[test]
fn nothing_about_an_unread_filter_is_an_error() {
    let of = |rule: &str, name: &str| found(rule, "push", &READS[0].replace("NAME", name))[0].clone();
    let built = ".github/filters.yml:1:1: `api` is built from `lib`, and none of its patterns matches that";
    assert_eq!([of("R005", "api"), of("R005", "gone")], [format!("error {built}"), format!("warning {built}")]);
    let dead = ".github/filters.yml:2:8: `gone/**` matches no tracked file, and `gone` has no pattern that does: no change affects it";
    assert_eq!([of("R001", "gone"), of("R001", "api")], [format!("error {dead}"), format!("warning {dead}")]);
}

/// Steps of a composite action can filter paths, as steps of a job do. A workflow that uses the action may read its
/// outputs.
#[test]
fn filters_of_composite_actions_are_checked() {
    let step = |using: &str, filters: &str| {
        format!(
            "runs:\n  using: {using}\n  steps:\n    - uses: dorny/paths-filter@v3\n      id: f\n      with:\n        filters: {filters}\n"
        )
    };
    let inline = "|\n          a: ['a/**', 'gone/**', b]\n          c: ['a/**', '!**/*.md']\n";
    let of = |using: &str, filters: &str| {
        let action = step(using, filters);
        let files = [(".github/actions/x/action.yml", action.as_str()), ("a/f", ""), ("b/f", "")];
        ["R001", "R009", "R010", "R014"].map(|rule| of_rule(rule, &files).len())
    };
    assert_eq!([of("composite", inline), of("node20", inline)], [[1, 1, 1, 0], [0; 4]]);
    // The file is read by a workflow that reads nothing of it, and by an action.
    let (action, ci) = (step("composite", FILTERS), step("x", FILTERS).replace("runs:\n  using: x\n", "jobs:\n a:\n"));
    let files = [(FILTERS, "a: [a/**]\n"), ("x/action.yaml", action.as_str()), (CI, ci.as_str()), ("a/f", "")];
    assert_eq!(of_rule("R014", &files), [""; 0]);
    assert_eq!(of_rule("R014", &[files[0], files[2], files[3]]).len(), 1);
}
