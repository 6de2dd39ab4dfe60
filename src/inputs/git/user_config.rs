//! Settings in git's configuration that would change the results of the git commands of rebake. Options of every git
//! command override these settings.
//!
//! Other settings are not overridden: addresses, credentials, programs, hooks, and rules for safety (signatures,
//! protocols, checks of objects).

/// The settings, with the values that override them.
const OVERRIDES: [(&str, &str); 8] = [
    // A fetch deletes nothing: marks and built refs that only this clone has may not have been pushed yet.
    ("fetch.prune", "false"),
    ("fetch.pruneTags", "false"),
    // A fetch or a push transfers only the refs that it names.
    ("push.followTags", "false"),
    ("submodule.recurse", "false"),
    ("fetch.recurseSubmodules", "false"),
    ("push.recurseSubmodules", "no"),
    // A command does not make its user wait for maintenance.
    ("maintenance.auto", "false"),
    ("fetch.writeCommitGraph", "false"),
];

/// The settings of each remote, with the values that override them. (`mirror` forbids refspecs in a push.)
const REMOTE_OVERRIDES: [(&str, &str); 3] = [("prune", "false"), ("pruneTags", "false"), ("mirror", "false")];

/// Returns the options that override the settings, for every git command.
pub(super) fn options(gix: &gix::Repository) -> Vec<String> {
    let set = |key: &str, value: &str| ["-c".to_owned(), format!("{key}={value}")];
    let everywhere = OVERRIDES.iter().flat_map(|(key, value)| set(key, value));
    // A key with `=` cannot be given with `-c`, whose value begins after the first `=`.
    let names = gix.remote_names();
    let remotes = names.iter().filter(|name| !name.is_empty() && !name.contains(&b'='));
    let of = |(key, value): &(&str, &str), remote| set(&format!("remote.{remote}.{key}"), value);
    let of_remotes = remotes.flat_map(|remote| REMOTE_OVERRIDES.iter().flat_map(move |setting| of(setting, remote)));
    everywhere.chain(of_remotes).collect()
}
