//! Why a text is not the JSON that is expected, and where.

use super::diagnostic::LineColumn;

/// Why a text is not the JSON that is expected. `Display` writes the reason as the second half of a sentence.
#[derive(Debug, thiserror::Error)]
#[error("{reason}")]
pub struct MalformedJson {
    reason: String,
    /// The place of the error in the text; `None` if the reason concerns no single place.
    pub place: Option<LineColumn>,
}

impl From<serde_json::Error> for MalformedJson {
    fn from(error: serde_json::Error) -> Self {
        use serde_json::error::Category;
        let place = (error.line() > 0).then(|| LineColumn { line: error.line(), column: error.column().max(1) });
        let text = error.to_string();
        let words = text.rsplit_once(" at line ").map_or(&*text, |(words, _)| words);
        let reason = match error.classify() {
            Category::Eof if words.contains("a value") && error.line() == 1 && error.column() == 0 => {
                "the text is empty".to_owned()
            }
            Category::Eof => "the text ends too early".to_owned(),
            Category::Syntax => format!("the text is no JSON: {words}"),
            Category::Data | Category::Io => words.to_owned(),
        };
        Self { reason, place }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reason_and_its_place_are_apart() {
        #[derive(serde::Deserialize)]
        struct Head {
            #[expect(dead_code, reason = "it is read")]
            schema: u32,
        }
        let of = |text: &str| {
            let error = MalformedJson::from(serde_json::from_str::<Head>(text).err().unwrap());
            let place = error.place.map(|place| (place.line, place.column));
            (error.to_string(), place)
        };
        assert_eq!(of(""), ("the text is empty".to_owned(), Some((1, 1))));
        assert_eq!(of("{\n \"schema\": 1"), ("the text ends too early".to_owned(), Some((2, 12))));
        assert_eq!(of("global:\n"), ("the text is no JSON: expected value".to_owned(), Some((1, 1))));
        assert_eq!(of("{\n}"), ("missing field `schema`".to_owned(), Some((2, 1))));
        assert_eq!(
            of("{\"schema\": \" at line 1\"}"),
            ("invalid type: string \" at line 1\", expected u32".to_owned(), Some((1, 23)))
        );
    }
}
