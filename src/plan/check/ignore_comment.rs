//! Comments that suppress findings: `# rebake-ignore: R002 reason`.

use super::{CheckRule, Finding};
use crate::model::diagnostic::Label;

const MARK: &str = "rebake-ignore:";

/// Whether a comment suppresses a finding. The comment is at the end of a line to which the finding points, or directly
/// above that line.
pub(super) fn is_ignored(finding: &Finding) -> bool {
    finding.problem.labels.iter().any(|label| comments(label).any(|comment| names(comment, finding.rule)))
}

/// Returns the line to which a label points, and the comment lines directly above it.
fn comments(label: &Label) -> impl Iterator<Item = &str> {
    let text = label.file.text();
    let start = label.span.start.min(text.len());
    let begin = text.as_bytes()[..start].iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
    let line = text.get(begin..).and_then(|rest| rest.lines().next());
    let above =
        text.get(..begin).unwrap_or_default().lines().rev().take_while(|line| line.trim_start().starts_with('#'));
    line.into_iter().chain(above)
}

/// Whether a line has a comment that names a rule.
fn names(line: &str, rule: CheckRule) -> bool {
    let Some((before, after)) = line.split_once(MARK) else { return false };
    let is_comment = before.contains('#');
    let mut words = after.split([' ', ',', '\t']).filter(|word| !word.is_empty()).map_while(CheckRule::of);
    is_comment && words.any(|word| word == rule)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::diagnostic::{Severity, SourceFile, Span};

    #[test]
    fn comments_leave_findings_out() {
        let text = "a: # rebake-ignore: R001 is made later\n# rebake-ignore: r002, R003 why\n# more\nb: x\nc: rebake-ignore: R001\n";
        let file = SourceFile::new("f", text);
        let is_left_out = |rule, line: &str| {
            let start = text.find(line).unwrap();
            let finding = Finding::new(rule, Severity::Error, String::new());
            is_ignored(&finding.label(&file, Span { start, end: start + 1 }, ""))
        };
        assert!(is_left_out(CheckRule::DeadPattern, "a:") && !is_left_out(CheckRule::UncoveredCopy, "a:"));
        assert!(is_left_out(CheckRule::UncoveredCopy, "b:") && is_left_out(CheckRule::UncoveredDockerfile, "b:"));
        assert!(!is_left_out(CheckRule::DeadPattern, "b:") && !is_left_out(CheckRule::DeadPattern, "c:"));
    }
}
