use super::EmitError;
use crate::model::name::Escaped;
use crate::plan::Plan;

/// The separator after each item of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Separator {
    /// A line break.
    Line,
    /// A NUL byte (`-z`).
    Nul,
}

/// Returns the affected services' names in build order.
///
/// # Errors
/// When the separator is a line break, and a name contains one (in a flat filters.yaml any key is a name).
pub fn names(plan: &Plan, separator: Separator) -> Result<String, EmitError> {
    list(plan.services.iter().map(|service| service.service.as_str()), separator)
}

/// Returns the affected services' directories in build order; for a service without a directory, its name.
///
/// # Errors
/// As for [`names`].
pub fn paths(plan: &Plan, separator: Separator) -> Result<String, EmitError> {
    list(plan.services.iter().map(|service| service.path.as_ref().unwrap_or(&service.service).as_str()), separator)
}

fn list<'a>(items: impl Iterator<Item = &'a str>, separator: Separator) -> Result<String, EmitError> {
    let mut text = String::new();
    for item in items {
        if separator == Separator::Line && item.contains(['\n', '\r']) {
            return Err(EmitError::LineBreak { name: Escaped::new(item).to_string() });
        }
        text.push_str(item);
        text.push(match separator {
            Separator::Line => '\n',
            Separator::Nul => '\0',
        });
    }
    Ok(text)
}
