//! Mends filter files in the work tree.

use super::checked_filters::{CheckedFilters, CheckedText};
use super::exit::Exit;
use super::failure::Failure;
use super::printing::Output;
use crate::model::name::Escaped;
use crate::plan::check::{Finding, Findings, mended};

/// The most rounds of mending. Several may be needed, since added patterns may reveal that further patterns are
/// missing.
const MOST_ROUNDS: usize = 4;

/// The byte order mark, which files of filters may begin with. Offsets in a file are counted without the mark.
const MARK: &str = "\u{feff}";

/// Makes the changes to files that findings propose, checks the files again, and returns the findings that are left.
pub(crate) fn until_mended(
    mut found: (CheckedFilters, Findings),
    find: impl Fn() -> Result<(CheckedFilters, Findings), Failure>,
    output: &Output,
) -> Result<(CheckedFilters, Findings), Failure> {
    for _ in 0..MOST_ROUNDS {
        if !mend(&found.0, &found.1.all, output)? {
            break;
        }
        found = find()?;
    }
    Ok(found)
}

/// Makes the changes to files of the work tree that findings propose. Returns whether anything changed.
fn mend(filters: &CheckedFilters, findings: &[Finding], output: &Output) -> Result<bool, Failure> {
    let root = filters.repository.work_dir().ok_or_else(|| {
        Failure::new(Exit::Git, "bare", "the repository has no work tree to write to").help("run it in a clone of it")
    })?;
    let mut changed = false;
    for (name, CheckedText { path, text }) in &filters.texts {
        let is_here =
            |finding: &&Finding| finding.problem.labels.first().is_some_and(|label| label.file.name() == name);
        let fixes = findings.iter().filter(is_here).filter_map(|finding| finding.fix.as_ref());
        let mended = mended(text, fixes);
        if mended == *text {
            continue;
        }
        let file = root.join(path);
        let bytes = std::fs::read(&file).ok();
        let (mark, there) = match bytes.as_deref() {
            Some(bytes) => bytes.strip_prefix(MARK.as_bytes()).map_or(("", bytes), |rest| (MARK, rest)),
            None => ("", &[][..]),
        };
        if there != text.as_bytes() {
            let message = format!(
                "`{}` is not mended: the work tree has another text than the one that was checked",
                Escaped::new(path)
            );
            return Err(
                Failure::new(Exit::Usage, "changed", message).help("commit it, or put it back, and run this again")
            );
        }
        output.mended_file(&file, &(mark.to_owned() + &mended))?;
        changed = true;
    }
    Ok(changed)
}
