//! Further inputs of services: files that they read through symbolic links.

use super::Config;
use super::structured::{below, literal};
use crate::analysis::filter::{Effect, Filter, FilterEntry, FilterId, Filters, Statuses};
use crate::glob::Pattern;
use crate::model::diagnostic::Located;
use crate::model::name::{RepoPath, ServiceId};

/// An input of a service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Input {
    /// The file at a path.
    At(RepoPath),
    /// Everything at a path or below it.
    Below(RepoPath),
    /// All files of the repository, since it is not known which of them are inputs.
    Anything,
}

impl Input {
    fn pattern(&self) -> Option<Pattern> {
        let text = |path: &RepoPath| std::str::from_utf8(path.as_bytes()).ok().map(literal);
        let text = match self {
            Self::At(path) => text(path)?,
            Self::Below(path) if path.as_bytes().is_empty() => return None,
            Self::Below(path) => below(&text(path)?),
            Self::Anything => return None,
        };
        Pattern::parse(&text).ok()
    }
}

impl Config {
    /// Returns the configuration with further inputs of services. Each input has the place of the key in filters.yaml
    /// from which it follows.
    ///
    /// # Panics
    /// Never, since the pattern `**` is valid.
    #[must_use]
    pub fn with_inputs(&self, more: Vec<(ServiceId, Located<Input>)>) -> Self {
        let mut config = self.clone();
        let filters = (0..self.filters.len()).map(|at| self.filters.get(Filters::id(at)).clone());
        let mut filters: Vec<Filter> = filters.collect();
        for (service, input) in more {
            let pattern = input.as_ref().map(|input| {
                let everything = || Pattern::parse("**").expect("the pattern of everything can be read");
                input.pattern().unwrap_or_else(everything)
            });
            let entry = FilterEntry { effect: Effect::Include, statuses: Statuses::ANY, pattern };
            let inputs = &mut config.services[service.0].inputs;
            let id: FilterId = *inputs.get_or_insert_with(|| {
                filters.push(Filter::Ordered(Vec::new()));
                Filters::id(filters.len() - 1)
            });
            if let Filter::Ordered(entries) = &mut filters[id.position()] {
                entries.push(entry);
            }
        }
        config.filters = Filters::new(filters);
        config
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_that_no_pattern_can_name_is_anything() {
        let at = |path: &[u8]| Input::At(RepoPath::from_git(path)).pattern().map(|pattern| pattern.text().to_owned());
        let below =
            |path: &[u8]| Input::Below(RepoPath::from_git(path)).pattern().map(|pattern| pattern.text().to_owned());
        assert_eq!(at(b"a/[b]"), Some(r"a/\[b\]".to_owned()));
        assert_eq!(below(b"a/[b]"), Some(r"a/\[b\]/**".to_owned()));
        assert_eq!([at(b"a/\xff"), below(b""), Input::Anything.pattern().map(|_| String::new())], [None, None, None]);
    }
}
