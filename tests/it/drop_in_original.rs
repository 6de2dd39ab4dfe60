//! Whether `tests/oracle/paths_filter_action.mjs` is dorny/paths-filter itself.
//!
//! Run by people who have that action: with `REBAKE_PATHS_FILTER` naming its `dist/index.js` (v4.0.2, the newest with a
//! tag when this was written) and `REBAKE_ORACLE` as in `drop_in`, `cargo test --test it drop_in_original -- --ignored`.

use std::path::PathBuf;

use crate::drop_in::random_case;
use crate::random::for_seeds;

#[test]
#[ignore = "needs a checkout of dorny/paths-filter; see the head of this file"]
fn the_oracle_is_the_original() {
    #[expect(clippy::disallowed_methods, reason = "where the original is")]
    let original = PathBuf::from(std::env::var_os("REBAKE_PATHS_FILTER").expect("REBAKE_PATHS_FILTER names it"));
    for_seeds(60, |random| {
        // v4.0.2 has no `some-with-excludes`, and leaves a line break in a `csv` or `shell` list bare.
        let (step, clone) = random_case(random, &["some", "every"], &["none", "json", "escape"]);
        let (theirs, words) = (step.run(&original, &clone), step.theirs(&clone));
        assert_eq!(words, theirs);
    });
}
