mod fitted;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::fmt::Write as _;

use anstyle::{AnsiColor, Style};

use super::columns::Column;
use super::expected_time::expected_time;
use super::{compared, environment};
use crate::model::name::Escaped;
use crate::plan::{CauseKind, Plan, PlannedCause, PlannedPackage, PlannedService, Reason};

/// Whether text output is coloured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Palette {
    /// No escape codes.
    Plain,
    /// For a terminal.
    Coloured,
}

impl Palette {
    pub(super) fn paint(self, style: Style, text: &str) -> String {
        match self {
            Self::Plain => text.to_owned(),
            Self::Coloured => format!("{style}{text}{style:#}"),
        }
    }

    /// Paints the name of a service.
    pub(super) fn name(self, text: &str) -> String {
        self.paint(NAME, text)
    }

    /// Paints less important text.
    pub(super) fn faint(self, text: &str) -> String {
        self.paint(FAINT, text)
    }
}

pub(super) const HEADING: Style = Style::new().bold();
pub(super) const NAME: Style = AnsiColor::Green.on_default().bold();
pub(super) const FAINT: Style = Style::new().dimmed();

/// How many causes of a service the table shows at most, except in [`Room::AllCauses`].
const CAUSES: usize = 3;

/// How wide a table may be, and whether it may have a row for each cause.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Room {
    /// As wide as it needs to be, with at most three causes of each service: for a file, a log or another program.
    Unlimited,
    /// As wide as it needs to be, with all causes of each service.
    AllCauses,
    /// At most this many columns of a terminal.
    Columns(usize),
}

/// Returns the plan as a table.
///
/// The first line says what was compared, and why. Names from the repository are escaped.
#[must_use]
pub fn table(plan: &Plan, palette: Palette, room: Room) -> String {
    let mut text = format!("{}\n", Escaped::new(&compared(&plan.range)));
    let _ = writeln!(text, "{}", palette.paint(FAINT, &format!("environment {}", Escaped::new(&environment(plan)))));
    if let Some(estimate) = &plan.estimate {
        let _ = writeln!(text, "{}", expected_time(estimate));
    }
    if plan.services.is_empty() {
        let why = if plan.left_out.is_empty() {
            format!("none of {} is affected", services(plan.unaffected.len()))
        } else {
            "nothing that was asked for is affected".to_owned()
        };
        let _ = writeln!(text, "\nNothing to rebuild: {why}.");
    } else {
        text.push('\n');
        let is_short = match room {
            Room::Unlimited => {
                push_rows(&mut text, plan, palette, CAUSES);
                false
            }
            Room::AllCauses => {
                push_rows(&mut text, plan, palette, usize::MAX);
                false
            }
            Room::Columns(width) => fitted::push_rows(&mut text, plan, palette, width),
        };
        let total = plan.services.len() + plan.unaffected.len();
        let left = plan.to_build();
        let levels = left.services.iter().map(|service| service.level + 1).max().unwrap_or_default();
        let depth = if levels > 1 { format!(", in {levels} levels") } else { String::new() };
        let builds = plan.without_libraries().services.len();
        // A library has no job. It has a row, since it is the reason for other rows.
        let libraries = match plan.services.len() - builds {
            0 => String::new(),
            1 => "; 1 more is a library, which is no job".to_owned(),
            more => format!("; {more} more are libraries, which are no jobs"),
        };
        let there = match builds - left.services.len() {
            0 => String::new(),
            1 => "; the image of 1 exists already".to_owned(),
            more => format!("; the images of {more} exist already"),
        };
        let _ = writeln!(text, "\n{} of {} to rebuild{depth}{there}{libraries}.", left.services.len(), services(total));
        if let Room::Columns(width) = room {
            let left_out: BTreeSet<&String> = plan.left_out.iter().collect();
            push_names(
                &mut text,
                "Not affected",
                plan.unaffected.iter().filter(|name| !left_out.contains(name)),
                width,
            );
        }
        if is_short {
            let _ = writeln!(text, "{}", palette.faint("`--long` lists each service with its version and all causes."));
        }
    }
    if let Room::Columns(width) = room {
        push_names(&mut text, "Affected, but not asked for", plan.left_out.iter(), width);
    }
    if !plan.removed.is_empty() {
        let _ = writeln!(text, "Gone since base: {}.", Escaped::new(&plan.removed.join(", ")));
    }
    text
}

/// Writes one line with as many names as fit. Without names it writes nothing.
fn push_names<'a>(text: &mut String, what: &str, names: impl Iterator<Item = &'a String>, width: usize) {
    let names: Vec<String> = names.map(|name| Escaped::new(name).to_string()).collect();
    if !names.is_empty() {
        let room = width.saturating_sub(what.len() + ": .".len());
        let _ = writeln!(text, "{what}: {}.", fitted::listed(&names, room));
    }
}

pub(super) fn services(count: usize) -> String {
    if count == 1 { "1 service".to_owned() } else { format!("{count} services") }
}

/// Writes a row for each service, with at most `most` of its causes.
fn push_rows(text: &mut String, plan: &Plan, palette: Palette, most: usize) {
    let name = |service: &PlannedService| Escaped::new(&service.service).to_string();
    let names = Column::under("SERVICE", plan.services.iter().map(name));
    let versions = Column::under("VERSION", plan.services.iter().map(version));
    let heading = format!("{}  {}  WHY", names.pad("SERVICE"), versions.pad("VERSION"));
    let below = format!("{}  {}", names.pad(""), versions.pad(""));
    let _ = writeln!(text, "{}", palette.paint(HEADING, &heading));
    for service in &plan.services {
        let name = palette.paint(NAME, &names.pad(&name(service)));
        let mut left = format!("{name}  {}", versions.pad(&version(service)));
        if let Some(exists) = &service.exists {
            let _ = writeln!(text, "{left}  exists already, as {}", Escaped::new(&exists.reference));
            left.clone_from(&below);
        }
        for cause in service.causes.iter().take(most) {
            let (what, place) = cause_sentence(cause);
            let place = place.map(|place| format!("  {}", palette.paint(FAINT, &place))).unwrap_or_default();
            let _ = writeln!(text, "{left}  {what}{place}");
            left.clone_from(&below);
        }
        let more = service.causes.len().saturating_sub(most);
        if more > 0 {
            let _ = writeln!(text, "{left}  {}", palette.paint(FAINT, &format!("and {more} more")));
        }
    }
}

/// Returns the version of a service. A service without a version has the text `library` or `unknown`.
fn version(service: &PlannedService) -> String {
    match &service.version {
        Some(version) => Escaped::new(version).to_string(),
        None if service.library => "library".to_owned(),
        None => "unknown".to_owned(),
    }
}

/// Returns a description of a cause. If the cause has a pattern or a key, also returns the position of this pattern or
/// key, such as `filters.yaml:3:9`.
pub(crate) fn cause_sentence(cause: &PlannedCause) -> (String, Option<String>) {
    let shown = |text: &Option<String>| Escaped::new(text.as_deref().unwrap_or_default()).to_string();
    let what = match cause.kind {
        CauseKind::File | CauseKind::Global => {
            let global = if cause.kind == CauseKind::Global { "global: " } else { "" };
            let status = cause.status.as_ref().map(|status| format!(" {}", Escaped::new(status)));
            let pattern = cause.pattern.as_ref().filter(|pattern| Some(*pattern) != cause.path.as_ref());
            let comma = if status.is_some() { "," } else { "" };
            let by = match (pattern, &cause.pattern, &cause.at) {
                (Some(pattern), _, _) => format!("{comma} matches {}", Escaped::new(pattern)),
                (None, None, Some(_)) => ", which its image is built from".to_owned(),
                (None, _, _) => String::new(),
            };
            format!("{global}{}{}{by}", shown(&cause.path), status.unwrap_or_default())
        }
        CauseKind::Lockfile => lockfile(cause),
        CauseKind::Dependency if cause.chain.len() > 1 => {
            let chain: Vec<String> = cause.chain.iter().map(|name| Escaped::new(name).to_string()).collect();
            format!("depends on {}", chain.join(", which depends on "))
        }
        CauseKind::Dependency => format!("depends on {}", shown(&cause.via)),
        CauseKind::DependencyRemoved => format!("no longer depends on {}", shown(&cause.via)),
        CauseKind::Definition if cause.keys.is_empty() => "its definition counts as changed".to_owned(),
        CauseKind::Definition => {
            let keys: Vec<String> = cause.keys.iter().map(|key| Escaped::new(key).to_string()).collect();
            format!("its definition changed: {}", keys.join(", "))
        }
        CauseKind::NewService => "new service".to_owned(),
        CauseKind::Forced => "asked for".to_owned(),
        CauseKind::Needed => format!("needed by {}", shown(&cause.via)),
        CauseKind::NoRecord => match cause.reason {
            Some(Reason::NeverReleased) => "never released",
            Some(Reason::NeverBuilt) => "never built",
            Some(Reason::NeverPublished) => "never published",
            Some(Reason::NoBase | Reason::UnknownRange | Reason::ConfigAtBase | Reason::WorkTree | Reason::Pattern)
            | None => "there is no commit to compare with",
        }
        .to_owned(),
        CauseKind::Degraded => format!("degraded: {}", unknown(cause)),
        CauseKind::Unmatched => format!("{} changed, which no filter matches", shown(&cause.path)),
        CauseKind::Unrecorded => "its last build was not recorded".to_owned(),
        CauseKind::BaseUnreachable => "the base is out of reach".to_owned(),
    };
    (what, cause.at.as_ref().map(|at| Escaped::new(at).to_string()))
}

/// Returns a description of a cause in a lockfile: which packages of the service changed.
fn lockfile(cause: &PlannedCause) -> String {
    let shown = |text: &str| Escaped::new(text).to_string();
    let package = |package: &PlannedPackage| {
        let name = shown(&package.name);
        let via = package.via.as_ref().map(|via| format!(" (via {})", shown(via))).unwrap_or_default();
        // A package of the workspace has no version here.
        let at = |version: &str| format!("{name} {}", shown(version)).trim_end().to_owned();
        match (&package.from, &package.to) {
            (Some(from), Some(to)) if from == to => format!("{} from another source{via}", at(to)),
            (Some(from), Some(to)) => format!("{} to {}{via}", at(from), shown(to)),
            (None, Some(to)) => format!("{} added{via}", at(to)),
            (Some(from), None) => format!("{} removed{via}", at(from)),
            (None, None) => format!("{name} from another source{via}"),
        }
    };
    let mut told: Vec<String> = cause.packages.iter().map(package).collect();
    told.extend(cause.more.map(|more| format!("{more} more")));
    told.extend(cause.keys.iter().map(|key| format!("{}, for all packages", shown(key))));
    told.extend(cause.whole.as_ref().map(|why| format!("counts as a whole, since {}", shown(why))));
    if told.is_empty() {
        told.push("the same packages, which need each other otherwise".to_owned());
    }
    format!("{}: {}", shown(cause.path.as_deref().unwrap_or_default()), told.join(", "))
}

/// Returns a description of a cause of the kind `degraded`: what is not known about the service.
fn unknown(cause: &PlannedCause) -> String {
    let shown = |text: &Option<String>| Escaped::new(text.as_deref().unwrap_or_default()).to_string();
    match cause.reason {
        Some(Reason::UnknownRange) => "nothing tells which commits are new".to_owned(),
        Some(Reason::ConfigAtBase) => "its definition at base is not known".to_owned(),
        Some(Reason::WorkTree) => {
            match cause.pattern.as_ref().filter(|pattern| Some(*pattern) != cause.path.as_ref()) {
                Some(pattern) => format!("{} cannot be read, matches {}", shown(&cause.path), Escaped::new(pattern)),
                None => format!("{} cannot be read", shown(&cause.path)),
            }
        }
        Some(Reason::Pattern) => format!("{} may match {}", shown(&cause.path), shown(&cause.pattern)),
        Some(Reason::NeverReleased | Reason::NeverBuilt | Reason::NeverPublished | Reason::NoBase) | None => {
            "something is not known".to_owned()
        }
    }
}
