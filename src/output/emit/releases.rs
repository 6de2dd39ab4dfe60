use std::fmt::Write as _;

use super::columns::Column;
use super::markdown::{code, prose};
use super::table::{FAINT, HEADING, NAME, Palette};
use crate::model::name::{Escaped, Listed};
use crate::naming::release::{Published, PublishedCommit, Released, Unreleased};

/// How many commits of a release the table shows at most; the JSON has all.
const COMMITS: usize = 10;

/// How many services of a large group the table names; the JSON has all.
const SERVICES: usize = 3;

/// Returns releases as a table. First come the groups of services that are to be released, with the reason and the
/// commits; then the groups that are not.
#[must_use]
pub fn releases_table(plan: &Published, palette: Palette) -> String {
    let mut text = String::new();
    let due = plan.releases.iter().map(|release| (&release.services, &release.current));
    let lines = due.chain(plan.unreleased.iter().map(|line| (&line.services, &line.current)));
    let names = Column::under("SERVICE", lines.clone().map(|(services, _)| listed(services)));
    let currents = Column::under("CURRENT", lines.filter_map(|(_, current)| current.as_ref()));
    let nexts = Column::under("NEXT", plan.releases.iter().map(|release| &release.version));
    let heading = format!("{}  {}  {}  WHY", names.pad("SERVICE"), currents.pad("CURRENT"), nexts.pad("NEXT"));
    let _ = writeln!(text, "{}", palette.paint(HEADING, &heading));
    let row = |services: &[String], current: &Option<String>, next: &str, why: &str| {
        let name = palette.paint(NAME, &names.pad(&listed(services)));
        format!("{name}  {}  {}  {why}\n", currents.pad(current.as_deref().unwrap_or("none")), nexts.pad(next))
    };
    for release in &plan.releases {
        let why = format!("{}{}", why(release), skipped(release));
        text += &row(&release.services, &release.current, &release.version, &why);
        push_commits(&mut text, &release.commits, palette);
    }
    for line in &plan.unreleased {
        text += &row(&line.services, &line.current, "-", &why_not(line));
        if matches!(line.why, "nothing-asked" | "no-next") {
            push_commits(&mut text, &line.commits, palette);
        }
    }
    text
}

fn listed(services: &[String]) -> String {
    let named = |at_most| Listed::new(services.iter().map(Escaped::new), at_most);
    match services.len() {
        // Naming one more service takes no more room than counting it.
        few if few <= SERVICES + 1 => named(few).to_string(),
        many => format!("{many} services: {}", named(SERVICES)),
    }
}

fn why(release: &Released) -> String {
    let bump = release.bump.as_deref().unwrap_or_default();
    match (release.why, &release.via) {
        ("first", _) => "first release".to_owned(),
        ("asked", _) => format!("{bump}, asked for"),
        ("given", _) => "asked for".to_owned(),
        (_, Some(via)) => format!("built from {}", Escaped::new(via)),
        _ => format!("{bump}, by its commits"),
    }
}

fn skipped(release: &Released) -> String {
    let taken = |tag| format!("; {} is taken, on another branch", Escaped::new(tag));
    release.taken.as_ref().map(taken).unwrap_or_default()
}

fn why_not(line: &Unreleased) -> String {
    let since = line.since.as_ref().map(|tag| format!(" since {}", Escaped::new(tag))).unwrap_or_default();
    match (&line.tag, line.why) {
        (Some(tag), _) => format!("released: {} is this commit", Escaped::new(tag)),
        (None, "no-commits") => format!("no commit touches it{since}"),
        (None, "no-next") => "changed; name its next version with `--version`".to_owned(),
        (None, _) => "none of its commits asks for a release".to_owned(),
    }
}

fn push_commits(text: &mut String, commits: &[PublishedCommit], palette: Palette) {
    for commit in commits.iter().take(COMMITS) {
        let asks = commit.bump.as_deref().unwrap_or(match commit.kind {
            "merge" => "merge",
            "reverts" | "reverted" => commit.kind,
            _ => "-",
        });
        let line = format!("    {:8} {} {}", asks, short(commit), Escaped::new(&commit.subject));
        let _ = writeln!(text, "{}", palette.paint(FAINT, &line));
    }
    let more = commits.len().saturating_sub(COMMITS);
    if more > 0 {
        let _ = writeln!(text, "{}", palette.paint(FAINT, &format!("    and {more} more")));
    }
}

fn short(commit: &PublishedCommit) -> &str {
    commit.commit.get(..7).unwrap_or(&commit.commit)
}

/// The sections of a changelog, and the kinds of commits in them. No section has merges, commits that were reverted
/// before the release, or the reverts of these commits.
const SECTIONS: [(&str, &[&str]); 4] = [
    ("Breaking changes", &["breaking"]),
    ("Features", &["feature"]),
    ("Fixes", &["fix"]),
    ("Other changes", &["unlabelled", "housekeeping"]),
];

/// Returns the sections of a changelog, in Markdown: one for each planned release, and one for each release whose tag
/// is on the head commit.
#[must_use]
pub fn changelog(plan: &Published) -> String {
    let due = plan
        .releases
        .iter()
        .map(|release| section(&release.services, &release.version, release.since.as_deref(), &release.commits));
    let released = plan.unreleased.iter().filter(|line| line.why == "released").map(|line| {
        section(&line.services, line.current.as_deref().unwrap_or_default(), line.since.as_deref(), &line.commits)
    });
    due.chain(released).collect::<Vec<_>>().join("\n")
}

fn section(services: &[String], version: &str, since: Option<&str>, commits: &[PublishedCommit]) -> String {
    let mut text = format!("## {} {version}\n", prose(&services.join(", ")));
    if let Some(since) = since {
        let _ = writeln!(text, "\nSince {}.", code(since));
    }
    for (heading, kinds) in SECTIONS {
        let mut commits = commits.iter().filter(|commit| kinds.contains(&commit.kind)).peekable();
        if commits.peek().is_some() {
            let _ = writeln!(text, "\n### {heading}\n");
            commits.for_each(|commit| {
                let _ = writeln!(text, "- {} ({})", description(&commit.subject), short(commit));
            });
        }
    }
    text
}

/// Returns the subject of a commit for a changelog. A subject like `fix(api)!: handle null` becomes `**api:** handle
/// null`, since the heading of the section says the type. Any other subject stays whole.
fn description(subject: &str) -> String {
    let conventional = subject.split_once(": ").filter(|(head, _)| {
        let kind = head.trim_end_matches('!').split('(').next().unwrap_or_default();
        !kind.is_empty() && kind.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_')
    });
    let Some((head, description)) = conventional else { return prose(subject) };
    match head.split_once('(').and_then(|(_, scope)| scope.split(')').next()) {
        Some(scope) => format!("**{}:** {}", prose(scope), prose(description)),
        None => prose(description),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_type_is_left_to_the_heading() {
        for (subject, expected) in [
            ("feat: say more", "say more"),
            ("fix(api)!: say: less", "**api:** say: less"),
            ("Update the readme", "Update the readme"),
            ("two words: x", "two words: x"),
            ("feat: <b> @all *x*", "&lt;b&gt; &#64;all &#42;x&#42;"),
        ] {
            assert_eq!(description(subject), expected);
        }
    }
}
