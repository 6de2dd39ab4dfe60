use std::collections::BTreeSet;
use std::fmt::Write as _;

use indexmap::IndexMap;
use unicode_width::UnicodeWidthStr as _;

use super::{CAUSES, FAINT, HEADING, Palette, cause_sentence, version};
use crate::model::name::Escaped;
use crate::output::emit::columns::{Column, without_middle};
use crate::plan::{CauseKind, Plan, PlannedCause, PlannedService};

/// The least number of services with equal causes that are written in one row.
const MANY: usize = 4;
/// The greatest width of a name or of a version. Longer ones are shortened.
const WIDEST: usize = 28;
/// The least width of the column of reasons.
const NARROWEST: usize = 24;
/// The text between two columns.
const GAP: &str = "  ";

/// Writes the services of a plan in lines of at most `width` columns. At least [`MANY`] services with equal causes
/// share a row. A cause is written without its pattern and without the pattern's position in the file. Returns whether
/// the text leaves out something that `--long` shows.
pub(super) fn push_rows(text: &mut String, plan: &Plan, palette: Palette, width: usize) -> bool {
    let (many, few) = groups(plan);
    for group in &many {
        push_group(text, group, palette, width);
    }
    if few.is_empty() {
        return !many.is_empty();
    }
    if !many.is_empty() {
        text.push('\n');
    }
    let name = |service: &PlannedService| without_middle(&Escaped::new(&service.service).to_string(), WIDEST);
    let version = |service: &PlannedService| without_middle(&version(service), WIDEST);
    let names = Column::under("SERVICE", few.iter().map(|service| name(service)));
    let versions = Column::under("VERSION", few.iter().map(|service| version(service)));
    // If there is no room for versions and reasons, versions are left out: `rebake version` shows them.
    let is_narrow = names.width() + versions.width() + 2 * GAP.len() + NARROWEST > width;
    let left = |name: &str, version: &str| {
        let version = if is_narrow { String::new() } else { format!("{}{GAP}", versions.pad(version)) };
        format!("{}{GAP}{version}", names.pad(name))
    };
    let room = width.saturating_sub(left("", "").width()).max(NARROWEST);
    let _ = writeln!(text, "{}", palette.paint(HEADING, &format!("{}WHY", left("SERVICE", "VERSION"))));
    let mut is_short = !many.is_empty() || is_narrow;
    for service in few {
        let mut start = left(&name(service), &version(service));
        let end = names.pad(&name(service)).len();
        start.replace_range(..end, &palette.name(&start[..end]));
        let mut reasons: Vec<String> = service.causes.iter().take(CAUSES).map(|cause| short(cause, room)).collect();
        if let Some(exists) = &service.exists {
            let there = format!("exists already, as {}", Escaped::new(&exists.reference));
            reasons.insert(0, without_middle(&there, room));
        }
        let more = service.causes.len().saturating_sub(CAUSES);
        if more > 0 {
            reasons.push(palette.faint(&format!("and {more} more")));
            is_short = true;
        }
        for reason in reasons {
            let _ = writeln!(text, "{start}{reason}");
            start = left("", "");
        }
    }
    is_short
}

/// Writes services with equal causes: how many they are, the causes, and as many of their names as fit.
fn push_group(text: &mut String, group: &[&PlannedService], palette: Palette, width: usize) {
    let count = format!("{} services", group.len());
    let indent = " ".repeat(count.width() + GAP.len());
    let room = width.saturating_sub(indent.len()).max(NARROWEST);
    let mut start = format!("{}{GAP}", palette.paint(HEADING, &count));
    let more = group[0].causes.len().saturating_sub(CAUSES);
    let more = (more > 0).then(|| format!("and {more} more"));
    for reason in group[0].causes.iter().take(CAUSES).map(|cause| short(cause, room)).chain(more) {
        let _ = writeln!(text, "{start}{reason}");
        start.clone_from(&indent);
    }
    let names: Vec<String> = group.iter().map(|service| Escaped::new(&service.service).to_string()).collect();
    let _ = writeln!(text, "{indent}{}", palette.paint(FAINT, &listed(&names, room)));
}

/// Returns as many names as fit into one line, and the number of names that do not fit.
pub(super) fn listed(names: &[String], room: usize) -> String {
    let all = names.join(", ");
    if all.width() <= room {
        return all;
    }
    let (mut line, mut shown) = (String::new(), 0);
    for name in names {
        let next = if shown == 0 { name.clone() } else { format!("{line}, {name}") };
        if next.width() + format!(" and {} more", names.len()).len() > room {
            break;
        }
        (line, shown) = (next, shown + 1);
    }
    match (names, shown) {
        ([only], _) => without_middle(only, room),
        ([first, others @ ..], 0) => {
            let more = format!(" and {} more", others.len());
            format!("{}{more}", without_middle(first, room.saturating_sub(more.len())))
        }
        (names, shown) => format!("{line} and {} more", names.len() - shown),
    }
}

/// Returns the groups of at least [`MANY`] services with equal causes, and the other services; both in build order.
fn groups(plan: &Plan) -> (Vec<Vec<&PlannedService>>, Vec<&PlannedService>) {
    let mut by_causes: IndexMap<Vec<String>, Vec<&PlannedService>> = IndexMap::new();
    let key = |service: &PlannedService| -> Vec<String> {
        let exists = service.exists.as_ref().map(|_| service.service.clone());
        service.causes.iter().map(|cause| short(cause, usize::MAX)).chain(exists).collect()
    };
    for service in &plan.services {
        by_causes.entry(key(service)).or_default().push(service);
    }
    let many: Vec<Vec<&PlannedService>> = by_causes.into_values().filter(|group| group.len() >= MANY).collect();
    let grouped: BTreeSet<&str> = many.iter().flatten().map(|service| service.service.as_str()).collect();
    let few = plan.services.iter().filter(|service| !grouped.contains(service.service.as_str())).collect();
    (many, few)
}

/// Returns a cause in at most `room` columns: what changed, and how. In a path that is too long, `…` replaces the
/// middle.
fn short(cause: &PlannedCause, room: usize) -> String {
    let is_file = matches!(cause.kind, CauseKind::File | CauseKind::Global);
    match (&cause.path, is_file) {
        (Some(path), true) => {
            let status = cause.status.as_deref().map(|status| format!("{GAP}{}", Escaped::new(status)));
            let global = if cause.kind == CauseKind::Global { "  (global)" } else { "" };
            let end = status.unwrap_or_default() + global;
            format!("{}{end}", without_middle(&Escaped::new(path).to_string(), room.saturating_sub(end.width()).max(8)))
        }
        _ => without_middle(&cause_sentence(cause).0, room),
    }
}
