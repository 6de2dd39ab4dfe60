use std::time::Duration;

use quick_junit::{NonSuccessKind, TestCase, TestCaseStatus, TestSuite};

use super::{Report, Service};
use crate::exec::outcome::Outcome;

/// Returns the report as `JUnit`'s XML: one suite, a case for each service. `output` gives what to show of its log.
///
/// What failed or timed out is a failure, what was not built for another reason is skipped.
///
/// # Errors
/// Never in practice: the text is written to memory.
pub fn junit(
    report: &Report,
    output: impl Fn(&Service) -> Option<String>,
) -> Result<String, quick_junit::SerializeError> {
    let mut suite = TestSuite::new("rebake build");
    suite.add_test_cases(report.services.iter().map(|service| {
        let mut case = TestCase::new(service.service.clone(), status(service));
        case.set_classname("rebake build");
        case.set_time(Duration::try_from_secs_f64(service.seconds).unwrap_or_default());
        if let Some(output) = output(service) {
            case.set_system_out(output);
        }
        case
    }));
    let mut junit = quick_junit::Report::new("rebake");
    junit.add_test_suite(suite);
    junit.to_string()
}

fn status(service: &Service) -> TestCaseStatus {
    let mut status = match service.outcome {
        Outcome::Succeeded | Outcome::Exists => return TestCaseStatus::success(),
        Outcome::Failed | Outcome::TimedOut => TestCaseStatus::non_success(NonSuccessKind::Failure),
        Outcome::Superseded | Outcome::Blocked | Outcome::Cancelled | Outcome::NotStarted => TestCaseStatus::skipped(),
    };
    let by = service.blocked_by.as_ref().map(|by| format!("blocked by {by}"));
    let words = [by, Some(service.how()), service.message.clone()];
    let words: Vec<String> = words.into_iter().flatten().filter(|words| !words.is_empty()).collect();
    status.set_type(service.outcome.word());
    status.set_message(if words.is_empty() { service.outcome.word().to_owned() } else { words.join(": ") });
    status
}
