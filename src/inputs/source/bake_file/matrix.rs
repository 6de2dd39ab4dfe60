use super::bake_value::{Expression, Kind, Variables};

/// The largest number of rows of a matrix that are listed.
const MOST_ROWS: usize = 256;

/// Returns the variables of each row of a matrix. If the values are not known, or there are too many rows, the result
/// is one row without variables.
pub(super) fn rows(matrix: &Expression) -> Vec<Variables> {
    let mut rows = vec![Variables::new()];
    for (name, values) in matrix.mapping() {
        let Kind::List(values) = &values.kind else { return vec![Variables::new()] };
        if rows.len() * values.len() > MOST_ROWS {
            return vec![Variables::new()];
        }
        let extended = |row: &Variables| {
            let row = row.clone();
            values
                .iter()
                .map(move |value| row.clone().into_iter().chain(variables(name, value)).collect())
                .collect::<Vec<_>>()
        };
        rows = rows.iter().flat_map(extended).collect();
    }
    rows
}

/// Returns the variables that a value sets: `name`, or `name.part` for each of its parts.
fn variables(name: &str, value: &Expression) -> Variables {
    let known = |name: String, value: &Expression| Some((name, value.text(|_| None)?));
    let parts = value.mapping().iter().filter_map(|(part, value)| known(format!("{name}.{part}"), value));
    known(name.to_owned(), value).into_iter().chain(parts).collect()
}
