//! Advice for a clone whose history ends too early.

/// The advice to fetch the whole history.
pub const WHOLE_HISTORY: &str = "fetch the whole history: `fetch-depth: 0` with `filter: blob:none` for actions/checkout, \
                                 `git fetch --unshallow --filter=blob:none` elsewhere";

/// The advice to fetch more of the history, to be shown after [`WHOLE_HISTORY`].
pub const DEEPEN: &str = "or fetch some of it, until it is enough: `git fetch --deepen=100`";
