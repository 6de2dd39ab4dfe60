//! Settings of the user that would change the results of git commands here. Every git command overrides them.
//!
//! Other settings stay: addresses, credentials, programs, hooks, and rules for safety (signatures, protocols, checks of
//! objects).

/// The settings, with the values that override them.
const SET_ASIDE: [(&str, &str); 8] = [
    // A fetch deletes nothing: marks and built refs that are here alone were not sent yet.
    ("fetch.prune", "false"),
    ("fetch.pruneTags", "false"),
    // A fetch and a push are about what they name.
    ("push.followTags", "false"),
    ("submodule.recurse", "false"),
    ("fetch.recurseSubmodules", "false"),
    ("push.recurseSubmodules", "no"),
    // Whoever waits for an answer waits for no upkeep.
    ("maintenance.auto", "false"),
    ("fetch.writeCommitGraph", "false"),
];

/// The settings of each remote, with the values that override them. A mirror cannot have refspecs on the command line.
const SET_ASIDE_OF_REMOTE: [(&str, &str); 3] = [("prune", "false"), ("pruneTags", "false"), ("mirror", "false")];

/// Returns the options of every git command.
pub(super) fn options(gix: &gix::Repository) -> Vec<String> {
    let set = |key: &str, value: &str| ["-c".to_owned(), format!("{key}={value}")];
    let everywhere = SET_ASIDE.iter().flat_map(|(key, value)| set(key, value));
    // An option's name ends at its first `=`.
    let names = gix.remote_names();
    let remotes = names.iter().filter(|name| !name.is_empty() && !name.contains(&b'='));
    let of = |(key, value): &(&str, &str), remote| set(&format!("remote.{remote}.{key}"), value);
    let of_remotes = remotes.flat_map(|remote| SET_ASIDE_OF_REMOTE.iter().flat_map(move |setting| of(setting, remote)));
    everywhere.chain(of_remotes).collect()
}
