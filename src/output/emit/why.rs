use std::fmt::Write as _;

use indexmap::IndexMap;

use super::table::cause_sentence;
use super::{Palette, compared};
use crate::model::name::Escaped;
use crate::plan::PlannedCause;
use crate::plan::why::{Exclusion, Miss, PatternPlace, Reach, ServiceExplanation, TakenBack, WhyReport};

/// Returns why services are affected or not, as text. Names from the repository are escaped.
#[must_use]
pub fn why(answer: &WhyReport, palette: Palette) -> String {
    let mut text = format!("{}\n", Escaped::new(&compared(&answer.range)));
    for explanation in &answer.services {
        text.push('\n');
        push_explanation(&mut text, explanation, palette);
    }
    text
}

fn push_explanation(text: &mut String, explanation: &ServiceExplanation, palette: Palette) {
    let name = palette.name(&Escaped::new(&explanation.service).to_string());
    if explanation.affected {
        let _ = writeln!(text, "{name} is affected:");
        push_causes(text, &explanation.causes, 2, palette);
        for root in &explanation.roots {
            let _ =
                writeln!(text, "  {}, where the chain begins:", palette.name(&Escaped::new(&root.service).to_string()));
            push_causes(text, &root.causes, 4, palette);
        }
    } else {
        let base = explanation.base.as_ref();
        let since = base.map(|base| {
            let short = base.commit.get(..7).unwrap_or(&base.commit);
            format!(": none of its files changed since {}, {}", Escaped::new(short), Escaped::new(&base.source))
        });
        let near = match (explanation.misses.is_empty(), &since) {
            (false, _) => ". What came nearest:",
            (true, Some(_)) => ".",
            (true, None) => ", and nothing that changed is near its patterns.",
        };
        let _ = writeln!(text, "{name} is not affected{}{near}", since.unwrap_or_default());
        for miss in &explanation.misses {
            let _ = writeln!(text, "  {}", missed(miss, palette));
        }
    }
}

fn push_causes(text: &mut String, causes: &[PlannedCause], indent: usize, palette: Palette) {
    for cause in causes {
        let (what, at) = cause_sentence(cause);
        let at = at.map(|at| format!("  {}", palette.faint(&at))).unwrap_or_default();
        let _ = writeln!(text, "{:indent$}{what}{at}", "");
    }
}

fn shown(place: &PatternPlace, palette: Palette) -> String {
    format!("{} ({})", Escaped::new(&place.pattern), palette.faint(&Escaped::new(&place.at).to_string()))
}

fn taken_back(taken: &TakenBack, palette: Palette) -> String {
    let TakenBack { by, back, how } = taken;
    let (pattern, at) = (Escaped::new(back.pattern.trim_start_matches('!')), Escaped::new(&back.at).to_string());
    let back = match how {
        Exclusion::Negated => format!("!{pattern} ({})", palette.faint(&at)),
        Exclusion::Exclude => format!("{pattern} of `exclude` ({})", palette.faint(&at)),
        Exclusion::Lockfile => {
            let same = format!("matched by {}, but its package gets by it what it got before", shown(by, palette));
            return format!("{same} ({})", palette.faint(&at));
        }
    };
    format!("matched by {}, then excluded by {back}", shown(by, palette))
}

fn missed(miss: &Miss, palette: Palette) -> String {
    let shown = |place: &PatternPlace| shown(place, palette);
    match miss {
        Miss::TakenBack { path, taken } => format!("{}: {}", Escaped::new(path), taken_back(taken, palette)),
        Miss::Status { path, by } => {
            format!("{}: matched by {}, which looks at another status", Escaped::new(path), shown(by))
        }
        Miss::Unmet { path, by, unmet } => {
            format!(
                "{}: matched by {}, but not by {}, and every rule must",
                Escaped::new(path),
                shown(by),
                shown(unmet)
            )
        }
        Miss::Near { path, by, shared } => {
            format!("{}: begins with {}, as {} does", Escaped::new(path), Escaped::new(shared), shown(by))
        }
    }
}

/// Returns, as text, the services that a change of a path would affect. Names from the repository are escaped.
#[must_use]
pub fn reach(reach: &Reach, palette: Palette) -> String {
    let path = Escaped::new(&reach.path);
    let mut text = String::new();
    match (&reach.services[..], &reach.unowned) {
        ([], Some(place)) => {
            let _ = writeln!(
                text,
                "{path} reaches no service, and need not: `unowned` has {} ({}).",
                Escaped::new(&place.pattern),
                Escaped::new(&place.at)
            );
        }
        ([], None) => {
            let _ = writeln!(text, "{path} reaches no service.");
        }
        (services, _) => {
            let _ = writeln!(text, "{path} reaches:");
            // Services with equal causes share a heading.
            let mut groups: IndexMap<(String, String), Vec<String>> = IndexMap::new();
            for reached in services {
                let when = if reached.when.len() == 3 {
                    String::new()
                } else {
                    format!(" when {}", reached.when.join(" or "))
                };
                let mut causes = String::new();
                push_causes(&mut causes, &reached.causes, 4, palette);
                let name = palette.name(&Escaped::new(&reached.service).to_string());
                groups.entry((when, causes)).or_default().push(name);
            }
            for ((when, causes), names) in groups {
                let _ = write!(text, "  {}{when}:\n{causes}", names.join(", "));
            }
        }
    }
    if !reach.taken_back.is_empty() {
        text.push_str("It does not reach:\n");
    }
    for spared in &reach.taken_back {
        let service = palette.name(&Escaped::new(&spared.service).to_string());
        let _ = writeln!(text, "  {service}: {}", taken_back(&spared.taken, palette));
    }
    text
}
