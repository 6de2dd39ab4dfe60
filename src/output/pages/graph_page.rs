use std::collections::{BTreeMap, BTreeSet};

use maud::{Markup, html};

use super::document::Document;
use super::graph_picture::{Picture, ServiceBox};
use crate::model::name::Escaped;
use crate::output::emit::{cause_sentence, compared, rounded};
use crate::plan::graph::ServiceGraph;
use crate::plan::{CauseKind, Plan, PlannedCause, PlannedService};

/// Returns the page of a plan: the graph of all services, why some are affected, and the same data as a table.
///
/// `repository` is the name of the repository. A service that is in the plan, but not in the graph, is left out.
#[must_use]
pub fn graph(plan: &Plan, services: &ServiceGraph, repository: &str) -> String {
    let facts = Facts::of(plan, services);
    let title = format!("{}: what must be rebuilt", Escaped::new(repository));
    let body = html! {
        header.top {
            h1 { (Escaped::new(repository).to_string()) }
            p { (facts.affected()) " · environment " (Escaped::new(&plan.environment).to_string()) }
            p.faint { (Escaped::new(&compared(&plan.range)).to_string()) }
            div.tools role="search" {
                label {
                    "Search " input #search type="search" placeholder="service" autocomplete="off" spellcheck="false";
                }
                span #found.faint aria-live="polite" {}
                @if facts.critical.len() > 1 {
                    button #critical type="button" aria-pressed="false" { "Critical path" }
                }
                button #out type="button" aria-label="Smaller" { "−" }
                button #in type="button" aria-label="Larger" { "+" }
                button #fit type="button" { "Fit" }
            }
        }
        @for doubt in &plan.degraded {
            p.doubt role="note" {
                strong { "Degraded: " } (Escaped::new(&doubt.message).to_string())
                @if let Some(help) = &doubt.help { ". " (Escaped::new(help).to_string()) }
            }
        }
        main {
            (legend(&facts))
            div.graph {
                div #scroll.scroll tabindex="0" role="region" aria-label=(PICTURE) { (facts.picture().svg()) }
                aside #panel.panel hidden aria-label="One service" { (panel()) div #facts {} }
            }
            details #all { summary { "All services as a table" } div.wide { (table(&facts)) } }
        }
    };
    let style = include_str!("graph_page.css");
    Document { title: &title, style, script: include_str!("graph_page.js"), body }.text()
}

/// The text of the picture for screen readers.
const PICTURE: &str = "Dependency graph, in build order from left to right. The table below has the same facts.";

/// Returns the buttons of the panel about the selected service. They set how many steps around that service the picture
/// shows.
fn panel() -> Markup {
    html! {
        div.around role="group" aria-label="Show" {
            @for (hops, label) in [("", "All"), ("1", "1 step around"), ("2", "2"), ("3", "3")] {
                button type="button" data-hops=(hops) aria-pressed=(hops.is_empty().to_string()) { (label) }
            }
            button #close type="button" aria-label="Close" { "×" }
        }
    }
}

/// The kinds of cause that have signs of their own in the picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Sign {
    File,
    Global,
    Lockfile,
    Dependency,
    Definition,
    New,
    Forced,
    Unknown,
}

impl Sign {
    fn of(cause: &PlannedCause) -> Self {
        match cause.kind {
            CauseKind::File => Self::File,
            CauseKind::Global => Self::Global,
            CauseKind::Lockfile => Self::Lockfile,
            CauseKind::Dependency | CauseKind::DependencyRemoved | CauseKind::Needed => Self::Dependency,
            CauseKind::Definition => Self::Definition,
            CauseKind::NewService | CauseKind::NoRecord | CauseKind::Unrecorded => Self::New,
            CauseKind::Forced => Self::Forced,
            CauseKind::BaseUnreachable | CauseKind::Degraded | CauseKind::Unmatched => Self::Unknown,
        }
    }

    fn character(self) -> &'static str {
        match self {
            Self::File => "●",
            Self::Global => "▲",
            Self::Lockfile => "▼",
            Self::Dependency => "◆",
            Self::Definition => "■",
            Self::New => "✚",
            Self::Forced => "↻",
            Self::Unknown => "?",
        }
    }

    fn class(self) -> &'static str {
        match self {
            Self::File => "kind-file",
            Self::Global => "kind-global",
            Self::Lockfile => "kind-lockfile",
            Self::Dependency => "kind-dependency",
            Self::Definition => "kind-definition",
            Self::New => "kind-new",
            Self::Forced => "kind-forced",
            Self::Unknown => "kind-unknown",
        }
    }

    fn meaning(self) -> &'static str {
        match self {
            Self::File => "a file changed",
            Self::Global => "a file that all depend on changed",
            Self::Lockfile => "its packages in a lockfile changed",
            Self::Dependency => "a dependency is affected",
            Self::Definition => "its definition changed",
            Self::New => "new, or never built",
            Self::Forced => "asked for",
            Self::Unknown => "not known, so it is rebuilt",
        }
    }
}

/// The values that the page shows about the services. Services are numbered: first the affected ones in build order,
/// then the others.
struct Facts<'a> {
    names: Vec<&'a str>,
    /// The affected services; `None` for the others.
    planned: Vec<Option<&'a PlannedService>>,
    is_library: Vec<bool>,
    /// The dependencies of each service, each with the position of its declaration, such as `filters.yaml:3:9`.
    needs: Vec<Vec<(usize, &'a str)>>,
    needed_by: Vec<Vec<usize>>,
    /// The numbers of the services on the plan's critical path.
    critical: BTreeSet<usize>,
}

impl<'a> Facts<'a> {
    fn of(plan: &'a Plan, services: &'a ServiceGraph) -> Self {
        let planned: BTreeMap<&str, (usize, &PlannedService)> = plan
            .services
            .iter()
            .enumerate()
            .map(|(place, planned)| (planned.service.as_str(), (place, planned)))
            .collect();
        let mut order: Vec<usize> = (0..services.services.len()).collect();
        let place = |number: usize| planned.get(services.services[number].service.as_str()).map(|(place, _)| *place);
        order.sort_by_key(|number| place(*number).unwrap_or(usize::MAX));
        let mut number_at = vec![0; order.len()];
        order.iter().enumerate().for_each(|(number, at)| number_at[*at] = number);
        let (mut needs, mut needed_by) = (vec![Vec::new(); order.len()], vec![Vec::new(); order.len()]);
        for (service, need, at) in services.edges() {
            needs[number_at[service]].push((number_at[need], at));
            needed_by[number_at[need]].push(number_at[service]);
        }
        let names: Vec<&str> = order.iter().map(|at| services.services[*at].service.as_str()).collect();
        let numbers: BTreeMap<&str, usize> = names.iter().enumerate().map(|(number, name)| (*name, number)).collect();
        Self {
            planned: names.iter().map(|name| planned.get(name).map(|(_, planned)| *planned)).collect(),
            is_library: order.iter().map(|at| services.services[*at].library).collect(),
            critical: plan.critical_path().1.iter().filter_map(|name| numbers.get(name).copied()).collect(),
            names,
            needs,
            needed_by,
        }
    }

    fn affected(&self) -> String {
        format!("{} of {} affected", self.planned.iter().flatten().count(), self.names.len())
    }

    fn sign(&self, number: usize) -> Option<Sign> {
        self.planned[number].map(|service| service.causes.first().map_or(Sign::Unknown, Sign::of))
    }

    fn picture(&self) -> Picture<'_> {
        let boxes = (0..self.names.len()).map(|number| ServiceBox {
            name: self.names[number],
            label: match self.planned[number].map(|service| service.causes.first()) {
                Some(Some(cause)) => format!("affected: {}", cause_sentence(cause).0),
                Some(None) => "affected".to_owned(),
                None => "not affected".to_owned(),
            },
            sign: self.sign(number).map(|sign| (sign.character(), sign.class())),
            is_library: self.is_library[number],
            is_critical: self.critical.contains(&number),
        });
        let edges = self
            .needs
            .iter()
            .enumerate()
            .flat_map(|(to, needs)| needs.iter().map(move |(from, at)| (*from, to, Escaped::new(at).to_string())));
        Picture { boxes: boxes.collect(), edges: edges.collect() }
    }
}

fn legend(facts: &Facts) -> Markup {
    let mut counts: BTreeMap<Sign, usize> = BTreeMap::new();
    (0..facts.names.len())
        .filter_map(|number| facts.sign(number))
        .for_each(|sign| *counts.entry(sign).or_default() += 1);
    let rest = facts.planned.iter().filter(|service| service.is_none()).count();
    html! {
        ul.legend aria-label="Legend" {
            @for (sign, count) in &counts {
                li {
                    span.sign.(sign.class()) aria-hidden="true" { (sign.character()) } " " (sign.meaning()) " "
                    span.faint { (count) }
                }
            }
            @if rest > 0 { li { span aria-hidden="true" { "▭" } " not affected " span.faint { (rest) } } }
        }
    }
}

fn table(facts: &Facts) -> Markup {
    html! {
        table {
            thead {
                tr {
                    @for heading in ["Service", "Why", "Version", "Expected build time", "Needs", "Needed by", "Image"] {
                        th scope="col" { (heading) }
                    }
                }
            }
            tbody { @for number in 0..facts.names.len() { (row(facts, number)) } }
        }
    }
}

fn row(facts: &Facts, number: usize) -> Markup {
    let service = facts.planned[number];
    let causes = service.map(|service| list(service.causes.iter().map(why)));
    let version = service.and_then(|service| service.version.as_deref());
    let seconds = service.and_then(|service| service.seconds);
    let name = |number: usize| Escaped::new(facts.names[number]).to_string();
    let link = |number: usize| html! { a href=(fragment(facts.names[number])) { (name(number)) } };
    let need = |(need, at): &(usize, &str)| {
        html! { (link(*need)) " " code.faint { (Escaped::new(at).to_string()) } }
    };
    html! {
        tr id=(anchor(facts.names[number])) {
            th scope="row" { (name(number)) }
            td { @if let Some(causes) = causes { (causes) } @else { span.faint { "not affected" } } }
            td { @if let Some(version) = version { code { (Escaped::new(version).to_string()) } } }
            td { @if let Some(seconds) = seconds { (rounded(seconds)) } }
            td { (list(facts.needs[number].iter().map(need))) }
            td { (list(facts.needed_by[number].iter().map(|by| link(*by)))) }
            td { @if let Some(service) = service { (list(images(service).into_iter())) } }
        }
    }
}

/// Returns an HTML list; nothing if there are no items.
fn list(items: impl Iterator<Item = Markup>) -> Markup {
    let mut items = items.peekable();
    html! { @if items.peek().is_some() { ul { @for item in items { li { (item) } } } } }
}

fn why(cause: &PlannedCause) -> Markup {
    let (sentence, at) = cause_sentence(cause);
    let sign = Sign::of(cause);
    html! {
        span.sign.(sign.class()) aria-hidden="true" { (sign.character()) } " " (sentence)
        @if let Some(at) = at { " " code.faint { (at) } }
    }
}

fn images(service: &PlannedService) -> Vec<Markup> {
    let code = |reference: &str| html! { code { (Escaped::new(reference).to_string()) } };
    if service.image.is_none() {
        return Vec::new();
    }
    let exists = service.exists.iter().map(|exists| html! { "exists: " (code(&exists.reference)) });
    exists.chain(service.tags.iter().map(|tag| code(tag))).collect()
}

/// Returns the id of a service's row.
fn anchor(name: &str) -> String {
    format!("svc-{}", Escaped::new(name))
}

/// Returns the link to a service's row. The page's script selects the service in the picture when the link is followed.
pub(super) fn fragment(name: &str) -> String {
    format!("#{}", anchor(name).replace('%', "%25"))
}
