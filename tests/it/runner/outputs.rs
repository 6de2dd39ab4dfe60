//! How the runner reads the outputs of a step.

use std::collections::BTreeMap;

/// Reads an output file by the grammar that all runners share: a line is `name=value`, or `name<<DELIMITER` with all lines
/// up to one that is the delimiter; the last value of a name counts. Anything else fails the step, a blank line too, which
/// GitHub's runner would skip, and the runners of act, Gitea and Forgejo refuse.
pub(crate) fn outputs(text: &str) -> Result<BTreeMap<String, String>, String> {
    let mut outputs = BTreeMap::new();
    let mut rest = text;
    while !rest.is_empty() {
        let (line, behind) = rest.split_once('\n').unwrap_or((rest, ""));
        rest = behind;
        let (equals, heredoc) = (line.find('='), line.find("<<"));
        match (equals, heredoc) {
            (Some(equals), heredoc) if heredoc.is_none_or(|heredoc| equals < heredoc) => {
                outputs.insert(line[..equals].to_owned(), line[equals + 1..].to_owned());
            }
            (_, Some(heredoc)) => {
                let (name, delimiter) = (&line[..heredoc], &line[heredoc + 2..]);
                if name.is_empty() || delimiter.is_empty() {
                    return Err(format!("no name or delimiter: {line}"));
                }
                let mut value = Vec::new();
                loop {
                    let (line, behind) = rest.split_once('\n').ok_or_else(|| format!("{name} is never closed"))?;
                    rest = behind;
                    if line == delimiter {
                        break;
                    }
                    value.push(line);
                }
                outputs.insert(name.to_owned(), value.join("\n"));
            }
            (_, None) => return Err(format!("invalid format: {line}")),
        }
    }
    Ok(outputs)
}
