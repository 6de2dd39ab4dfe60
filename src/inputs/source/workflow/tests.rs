use super::*;

fn read(text: &str) -> Workflow {
    Workflow::read(&SourceFile::new(".github/workflows/ci.yml", text)).unwrap()
}

fn shown(workflow: &Workflow) -> Vec<String> {
    let context = |context: &BuildContext| match context {
        BuildContext::Directory(directory) => directory.to_string(),
        BuildContext::Elsewhere => "elsewhere".to_owned(),
        BuildContext::Unknown(text) => format!("? {text}"),
    };
    let dockerfile = |dockerfile: &DockerfileOf| match dockerfile {
        DockerfileOf::File(path) => path.clone(),
        DockerfileOf::Inline(text) | DockerfileOf::Unknown(text) => format!("? {text}"),
    };
    let show = |build: &DeclaredBuild| {
        format!("{}: {} {}", build.name, context(&build.context), dockerfile(&build.dockerfile))
    };
    workflow.builds.iter().map(show).collect()
}

#[test]
fn steps_that_build_say_from_what() {
    let workflow = read(
        "env: {REGISTRY: ghcr.io/acme}
jobs:
  api:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
      - uses: docker/build-push-action@v6
        with:
          context: ./services/api
          file: docker/api.Dockerfile
          target: prod
          build-args: |
            A=1
            # no
            B=${{ github.sha }}
          build-contexts: |
            lib=./lib
            base=docker-image://alpine
          tags: ${{ env.REGISTRY }}/api:latest
  whole:
    steps:
      - {uses: docker/build-push-action@v6, with: {push: true}}
      - {uses: docker/build-push-action@v6, with: {context: '{{defaultContext}}:web'}}
      - {uses: docker/build-push-action@v6, with: {context: '${{ github.workspace }}/web'}}
      - {uses: docker/build-push-action@v6, with: {context: '${{ inputs.path }}'}}
      - {uses: docker/build-push-action@v6, with: {context: 'https://github.com/acme/x.git'}}
",
    );
    assert_eq!(
        shown(&workflow),
        [
            "api: services/api docker/api.Dockerfile",
            "whole: . Dockerfile",
            "whole: web web/Dockerfile",
            "whole: ? ${{ inputs.path }} ? ${{ inputs.path }}",
            "whole: elsewhere ? ",
        ]
    );
    let api = &workflow.builds[0];
    assert_eq!(api.at.to_string(), ".github/workflows/ci.yml:9:20");
    assert_eq!(api.target, BuildTarget::Stage("prod".to_owned()));
    let arguments: Vec<_> = api.arguments.iter().map(|(name, value)| (name.as_str(), value.as_deref())).collect();
    assert_eq!(arguments, [("A", Some("1")), ("B", None)]);
    assert_eq!(api.contexts["lib"], NamedContext::Directory(RepoDir::parse("lib").unwrap()));
    assert_eq!(api.contexts["base"], NamedContext::Image("alpine".to_owned()));
    assert_eq!(api.images, ["ghcr.io/acme/api:latest"]);
}

#[test]
fn a_matrix_that_is_written_out_makes_a_build_of_each_job() {
    let step = "steps: [{uses: docker/build-push-action@v6, with: {context: 'svc/${{ matrix.service }}', file: '${{ matrix.file }}'}}]";
    let of = |matrix: &str| shown(&read(&format!("jobs:\n  j:\n    strategy: {{matrix: {matrix}}}\n    {step}\n")));
    assert_eq!(of("{service: [a, b], file: [x]}"), ["j: svc/a x", "j: svc/b x"]);
    assert_eq!(of("{service: [a], os: [l, w], file: [x]}"), ["j: svc/a x"]);
    assert_eq!(of("{include: [{service: a, file: x}, {service: b, file: y}]}"), ["j: svc/a x", "j: svc/b y"]);
    assert_eq!(
        of("{service: [a, b], include: [{service: a, file: x}, {service: c, file: y}]}"),
        ["j: svc/a x", "j: svc/b ? ${{ matrix.file }}", "j: svc/c y"]
    );
    let unknown = ["j: ? svc/${{ matrix.service }} ? ${{ matrix.file }}"];
    assert_eq!(of("'${{ fromJSON(needs.plan.outputs.matrix) }}'"), unknown);
    assert_eq!(of("{service: '${{ fromJSON(needs.plan.outputs.services) }}'}"), unknown);
}

#[test]
fn steps_that_filter_paths_are_found() {
    let workflow = read(
        "jobs:
  changes:
    steps:
      - uses: dorny/paths-filter@v3
        with:
          filters: |
            api:
              - api/**
      - {uses: 'dorny/paths-filter@v3', with: {filters: ./.github/filters.yml}}
      - {uses: 'dorny/paths-filter@v3', with: {filters: '${{ inputs.file }}'}}
      - {uses: dorny/paths-filter@v3}
",
    );
    let found: Vec<_> = workflow.path_filters.iter().map(|step| (&step.filters, step.at.to_string())).collect();
    let at = |place: &str| format!(".github/workflows/ci.yml:{place}");
    assert_eq!(
        found,
        [
            (&StepFilters::Inline("api:\n  - api/**\n".to_owned()), at("7:13")),
            (&StepFilters::File(".github/filters.yml".to_owned()), at("9:57")),
            (&StepFilters::Unknown("${{ inputs.file }}".to_owned()), at("10:57")),
        ]
    );
    assert_eq!(workflow.path_filters[0].job, "changes");
}

#[test]
fn other_workflows_say_nothing() {
    for text in ["", "on: push\n", "jobs: {a: {uses: ./.github/workflows/x.yml}}", "jobs: {a: {steps: [{run: x}]}}"] {
        assert!(read(text).builds.is_empty(), "{text}");
    }
    assert!(Workflow::read(&SourceFile::new("x.yml", "jobs: [a]")).is_err());
    assert!(is_workflow_file(".github/workflows/ci.yml") && !is_workflow_file(".github/workflows/a/ci.yml"));
}
