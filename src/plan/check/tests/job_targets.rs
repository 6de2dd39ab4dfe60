//! The stages of a Dockerfile that the job of a filter builds, and those that other files build.

use super::{CI, EITHER, FILTERS, GATED, of_rule, workflow};

const DOCKERFILE: &str =
    "FROM a AS base\nFROM base AS test\nCOPY api /\nFROM base AS production\nCOPY assets/logo schema.sql /\n";
const MISSED: &str = "error .github/filters.yml:1:1: the image of `api` is built from `assets/logo`, `schema.sql`, none of which a pattern of `api` matches";

/// Returns the findings of R002. `api` has the filters `api/**`, and `compose` is the text of the compose file.
fn found(ci: &str, compose: &str) -> Vec<String> {
    let files = [
        (FILTERS, "api: ['api/**']\nlib: ['lib/**']\n"),
        (CI, ci),
        ("docker-compose.yml", compose),
        ("api/Dockerfile", DOCKERFILE),
        ("api/f", ""),
        ("assets/logo", ""),
        ("schema.sql", ""),
    ];
    of_rule("R002", &files)
}

fn compose(image: &str, target: &str) -> String {
    format!(
        "services:\n  api:\n    image: {image}\n    build: {{context: ., dockerfile: api/Dockerfile, target: {target}}}\n"
    )
}

#[test]
fn a_filter_is_held_against_the_target_of_its_job() {
    let of = |target: &str, condition: &str, compose: &str| {
        found(&workflow(condition, &format!("context: ., file: api/Dockerfile, target: {target}")), compose)
    };
    for condition in [GATED, EITHER] {
        for image in ["acme/api", "other/name"] {
            assert_eq!(of("test", condition, &compose(image, "production")), [""; 0]);
            assert_eq!(of("production", condition, &compose(image, "test")), [MISSED]);
        }
    }
    // The job waits for no filter, so the directory decides. No job reads the filter, so it is a warning.
    let unread = MISSED.replace("error", "warning");
    assert_eq!(of("test", "true", &compose("acme/api", "production")), [unread]);
    // The target is known only when the job runs.
    assert_eq!(of("'${{ inputs.target }}'", GATED, &compose("acme/api", "production")), [MISSED]);
}

#[test]
fn a_filter_is_held_against_the_target_of_a_script() {
    let of = |target: &str| {
        let ci = workflow(GATED, "context: .");
        let script = format!("run: docker build {target} -f api/Dockerfile .");
        let ci = ci.replace("uses: docker/build-push-action@v6", &script).replace("        with: {context: .}\n", "");
        found(&ci, &compose("acme/api", "production"))
    };
    assert_eq!([of("--target test"), of("--target=test")], [[""; 0]; 2]);
    assert_eq!([of("--target production"), of("--target $TARGET"), of("")], [[MISSED]; 3]);
}
