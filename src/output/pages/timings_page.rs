use maud::{Markup, html};

use super::document::Document;
use super::timeline::{Bar, Timeline};
use crate::model::name::{Escaped, escaped_lines};
use crate::output::exec::Outcome;
use crate::output::exec::display::{counts, time};
use crate::output::exec::report::{Report, ServiceReport};

/// Returns the page of a run: when each service was built, what it waited for, what took longest, and why it failed.
///
/// `log` returns the lines to show of a failed service's log.
#[must_use]
pub fn timings(report: &Report, log: impl Fn(&ServiceReport) -> Option<String>) -> String {
    let timeline = Timeline::of(report);
    let body = html! {
        header.top {
            h1 { "Build" }
            p { strong class=(if report.is_success() { "" } else { "is-bad" }) {
                @let counts = counts(report);
                @if counts.is_empty() { "Nothing to build" } @else { (counts) }
                @if !timeline.is_empty() { " in " (time(timeline.seconds)) }
            } }
            p.faint {
                (about(report).join(" · "))
            }
        }
        main {
            (advice(&timeline))
            div.wide {
                table #builds {
                    thead { tr {
                        @for (heading, sorts) in COLUMNS { th scope="col" data-sorts=(sorts) { (heading) } }
                        th.timeline scope="col" { (axis(&timeline)) }
                    } }
                    tbody style=(format!("--step:{:.3}%", timeline.step_percent())) { @for number in timeline.order() {
                        (row(&report.services[number], &timeline, number, &log))
                    } }
                }
            }
            (legend())
        }
    };
    let title = match &report.head.environment {
        Some(environment) => format!("Build for {}", Escaped::new(environment)),
        None => "Build".to_owned(),
    };
    let style = include_str!("timings_page.css");
    Document { title: &title, style, script: include_str!("timings_page.js"), body }.text()
}

/// The columns, and whether they are sorted as texts or as numbers.
const COLUMNS: [(&str, &str); 6] = [
    ("Service", "text"),
    ("Outcome", "text"),
    ("Began", "number"),
    ("Waited", "number"),
    ("Took", "number"),
    ("Worker", "number"),
];

/// Returns descriptions of the run as a whole: environment, commit, jobs and beginning, as far as they are known.
fn about(report: &Report) -> Vec<String> {
    let head = &report.head;
    let environment = head.environment.as_ref().map(|environment| format!("environment {}", Escaped::new(environment)));
    let commit =
        head.commit.as_ref().map(|commit| format!("commit {}", Escaped::new(commit.get(..7).unwrap_or(commit))));
    let jobs = head.jobs.map(|jobs| format!("{jobs} at once"));
    let started = head.started.as_ref().map(|started| format!("began {}", Escaped::new(started)));
    [environment, commit, jobs, started].into_iter().flatten().collect()
}

/// Returns advice: where the time went, and what would make the run shorter.
fn advice(timeline: &Timeline) -> Markup {
    let critical: Vec<String> =
        timeline.critical.iter().map(|number| Escaped::new(timeline.name(*number)).to_string()).collect();
    let (all, chain) = (timeline.seconds, timeline.critical_seconds);
    html! {
        section.advice aria-label="Where the time went" {
            @if timeline.is_empty() {
                p { "It is not known when builds ran: there was none, or an earlier version wrote the report." }
            } @else {
                p {
                    (time(chain)) " of " (time(all)) " on the critical path: " strong { (critical.join(" → ")) } "."
                }
                p {
                    @if chain >= all * 0.9 {
                        "More builds at once would not help: only a shorter critical path would. Its longest build is "
                        (slowest(timeline)) "."
                    } @else if let Some(waited) = timeline.waited_most() {
                        "With more builds at once the run could end after " (time(chain)) ". Longest in the queue: "
                        (Escaped::new(timeline.name(waited)).to_string()) " (" (time(timeline.waited(waited))) ")."
                    } @else {
                        "No build waited for a free place."
                    }
                    @if timeline.has_blocked() { " What was blocked is not counted." }
                }
            }
        }
    }
}

fn slowest(timeline: &Timeline) -> String {
    let took = |number: &usize| timeline.took(*number);
    let slowest = timeline.critical.iter().copied().max_by(|one, two| took(one).total_cmp(&took(two)));
    slowest.map_or_else(String::new, |number| {
        format!("{} ({})", Escaped::new(timeline.name(number)), time(timeline.took(number)))
    })
}

fn axis(timeline: &Timeline) -> Markup {
    html! {
        span.axis {
            @for (at, seconds) in timeline.ticks() { span.tick style=(format!("left:{at:.2}%")) { (time(seconds)) } }
        }
    }
}

fn row(
    service: &ServiceReport,
    timeline: &Timeline,
    number: usize,
    log: &impl Fn(&ServiceReport) -> Option<String>,
) -> Markup {
    let bars = timeline.bars(number);
    let first = bars.first();
    let (sign, class) = sign(service);
    html! {
        tr class=(if timeline.critical.contains(&number) { "critical" } else { "" }) {
            th scope="row" { (Escaped::new(&service.service).to_string()) }
            td {
                span class=(class) { span aria-hidden="true" { (sign) " " } (service.outcome.word()) }
                @let how = service.how();
                @if !how.is_empty() { " (" (how) ")" }
                @if let Some(by) = &service.blocked_by { " by " (Escaped::new(by).to_string()) }
                @if let Some(message) = &service.message { div.faint { (Escaped::new(message).to_string()) } }
            }
            (cell(first.map(|bar| bar.from)))
            (cell(first.map(|_| timeline.waited(number))))
            (cell(first.map(|_| timeline.took(number))))
            td data-value=(first.map_or(0, |bar| bar.worker)) { @if let Some(bar) = first { (bar.worker) } }
            td.timeline { span.track aria-hidden="true" {
                @if let Some(first) = first { (piece("wait", timeline.ready(number), first.from, timeline)) }
                @for bar in bars { (piece(kind(bar), bar.from, bar.to, timeline)) }
            } }
        }
        @if let Some(lines) = log(service).filter(|_| service.outcome.is_failure()) {
            tr.tail { td colspan=(COLUMNS.len() + 1) {
                details.log open { summary { "end of its log" } pre tabindex="0" { (escaped_lines(&lines)) } }
            } }
        }
    }
}

fn cell(seconds: Option<f64>) -> Markup {
    let value = format!("{:.3}", seconds.unwrap_or(-1.0));
    html! { td.number data-value=(value) { @if let Some(seconds) = seconds { (time(seconds)) } } }
}

fn piece(class: &str, from: f64, to: f64, timeline: &Timeline) -> Markup {
    let (left, wide) = (timeline.percent(from), timeline.percent(to) - timeline.percent(from));
    let style = format!("left:{left:.3}%;width:{wide:.3}%");
    // A wait that the table rounds to zero is not drawn.
    html! { @if to - from >= 0.05 || class != "wait" { span class=(class) style=(style) {} } }
}

fn kind(bar: &Bar) -> &'static str {
    match bar.outcome {
        Outcome::Succeeded => "good",
        Outcome::Exists | Outcome::Promoted | Outcome::Superseded => "there",
        Outcome::Failed | Outcome::TimedOut => "bad",
        Outcome::Blocked | Outcome::Cancelled | Outcome::NotStarted => "stopped",
    }
}

fn sign(service: &ServiceReport) -> (&'static str, &'static str) {
    match service.outcome {
        Outcome::Succeeded if service.is_flaky() => ("✓", "is-slow"),
        Outcome::Succeeded | Outcome::Exists | Outcome::Promoted | Outcome::Superseded => ("✓", "is-good"),
        Outcome::Failed | Outcome::TimedOut => ("✗", "is-bad"),
        Outcome::Blocked | Outcome::Cancelled | Outcome::NotStarted => ("·", "faint"),
    }
}

fn legend() -> Markup {
    let kinds = [
        ("wait", "waited for a free place"),
        ("good", "built"),
        ("bad", "failed attempt"),
        ("there", "image existed already"),
        ("stopped", "stopped"),
    ];
    html! {
        ul.legend aria-label="Legend" {
            @for (class, meaning) in kinds {
                li {
                    span.swatch.track aria-hidden="true" { span class=(class) style="left:0;width:100%" {} } " "
                    (meaning)
                }
            }
            li { span.swatch.outlined aria-hidden="true" {} " on the critical path" }
        }
    }
}
