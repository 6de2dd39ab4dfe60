use globset::GlobBuilder;

/// A pattern as somebody wrote it, ready to match.
#[derive(Debug, Clone)]
pub struct Pattern {
    text: String,
    matcher: globset::GlobMatcher,
    negated: bool,
}

/// Why a text is not a pattern.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct PatternError {
    /// What is wrong, for people.
    pub message: String,
    /// Offset in bytes, in the pattern, of what is wrong.
    pub offset: usize,
    /// What to do about it, where that is known.
    pub help: Option<String>,
}

/// Whether a path matches a pattern.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It does not.
    No,
    /// It does.
    Yes,
    /// Matching gave up at its limit. Whoever asks counts it as a match and says so: doubt widens.
    Doubt,
}

impl Pattern {
    /// Reads a pattern.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn parse(text: &str) -> Result<Self, PatternError> {
        let negated = text.starts_with('!') && !text.starts_with("!(");
        let positive = if negated { &text[1..] } else { text };
        let glob = GlobBuilder::new(positive).literal_separator(true).build().map_err(|error| PatternError {
            message: error.kind().to_string(),
            offset: 0,
            help: None,
        })?;
        Ok(Self { text: text.to_owned(), matcher: glob.compile_matcher(), negated })
    }

    /// Returns the pattern as it was written.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether picomatch calls the pattern negated: it begins with an odd number of `!` that no `(` follows.
    #[must_use]
    pub fn is_negated(&self) -> bool {
        self.negated
    }

    /// Returns whether a path matches, by picomatch's rules with `{dot: true}`.
    #[must_use]
    pub fn matches(&self, path: &[u8]) -> Verdict {
        use bstr::ByteSlice as _;
        let hit = self.matcher.is_match(path.to_path_lossy());
        if hit != self.negated { Verdict::Yes } else { Verdict::No }
    }
}
