//! Names of the outputs that rebake sets for a step of a CI job.

use std::collections::BTreeMap;

use crate::model::published_name::published_names;

/// The prefix of some of rebake's outputs: of `rebake_promote`, and of every output whose plain name is already taken,
/// for example by a filter.
pub const OWN_PREFIX: &str = "rebake_";

published_names! {
    /// An output of a plan.
    pub enum PlanOutput {
        /// `true` if something is to be built.
        Any = "any",
        /// How many services are to be built.
        Count = "count",
        /// The names of these services, as a JSON array.
        Services = "services",
        /// A matrix with an entry for each job.
        Matrix = "matrix",
        /// How many levels of jobs there are. Jobs of a level need those of the levels before it.
        Levels = "levels",
        /// Where the results go.
        Environment = "environment",
        /// The names of the filters that match, as a JSON array.
        Changes = "changes",
        /// `true` if images that exist lack tags of the plan, or may lack one. Only with `--skip-existing`.
        Promote = "rebake_promote",
    }
}

published_names! {
    /// An output of each level of jobs. `N` stands for the number of the level.
    pub enum LevelOutput {
        /// `true` if there is a level `N`. The first level is 0.
        Any = "any_N",
        /// A matrix with the jobs of the level.
        Matrix = "matrix_N",
    }
}

published_names! {
    /// A further output of each level of jobs, on Azure Pipelines alone. `N` stands for the number of the level.
    pub enum AzureLevelOutput {
        /// The longest time limit of the jobs of the level, in minutes. Only if all of them have one.
        Minutes = "minutes_N",
    }
}

published_names! {
    /// An output of each filter.
    pub enum FilterOutput {
        /// `true` if the filter matches a changed file.
        Matches = "<filter>",
        /// How many changed files the filter matches.
        Count = "<filter>_count",
        /// These files. Only with `--list-files`.
        Files = "<filter>_files",
    }
}

published_names! {
    /// An output of each service.
    pub enum ServiceOutput {
        /// `true` if the service is to be built. The output has the name of the service in lower case, with `-` for
        /// anything but letters and digits.
        Due = "<service>",
        /// The same, if a filter or another output of rebake has the name of the service.
        DueBeside = "rebake_service_<service>",
    }
}

published_names! {
    /// An output of a step that builds.
    pub enum BuildOutput {
        /// The digest of the image, if exactly one image was built.
        Digest = "digest",
        /// The name of this image, without a tag.
        Image = "image",
        /// The path of the report.
        Report = "report",
    }
}

/// The name of an output as it is written. Only the outputs that are declared above have one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutputName(String);

impl From<PlanOutput> for OutputName {
    fn from(output: PlanOutput) -> Self {
        Self(output.name().to_owned())
    }
}

impl From<BuildOutput> for OutputName {
    fn from(output: BuildOutput) -> Self {
        Self(output.name().to_owned())
    }
}

impl LevelOutput {
    /// Returns the name of the output for a level, counted from 0.
    #[must_use]
    pub fn of(self, level: usize) -> OutputName {
        OutputName(self.name().replace('N', &level.to_string()))
    }

    /// Returns the name without the number of a level, such as `any_`.
    #[must_use]
    pub fn prefix(self) -> &'static str {
        self.name().trim_end_matches('N')
    }
}

impl AzureLevelOutput {
    /// Returns the name of the output for a level, counted from 0.
    #[must_use]
    pub fn of(self, level: usize) -> OutputName {
        OutputName(self.name().replace('N', &level.to_string()))
    }
}

impl FilterOutput {
    /// Returns the name of the output of a filter.
    #[must_use]
    pub fn of(self, filter: &str) -> OutputName {
        OutputName(self.name().replace("<filter>", filter))
    }
}

impl ServiceOutput {
    /// Returns the name of the output of a service, by the service's slug.
    #[must_use]
    pub fn of(self, slug: &str) -> OutputName {
        OutputName(self.name().replace("<service>", slug))
    }
}

impl OutputName {
    /// Returns the name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the name of one of rebake's own outputs if a filter has its plain name: `rebake_<name>`.
    #[must_use]
    pub fn beside_filter(&self) -> Self {
        Self(format!("{OWN_PREFIX}{}", self.0))
    }
}

/// Whether this is the name of one of rebake's own outputs. Engines ignore the case of names.
#[must_use]
pub fn is_own_output(name: &str) -> bool {
    let is_level = |rest: &str| !rest.is_empty() && rest.bytes().all(|byte| byte.is_ascii_digit());
    PlanOutput::ALL.iter().any(|own| own.name().eq_ignore_ascii_case(name))
        || LevelOutput::ALL.iter().any(|own| behind(name, own.prefix()).is_some_and(is_level))
        || behind(name, OWN_PREFIX).is_some()
}

/// Returns the rest of a name after a prefix, ignoring case.
fn behind<'n>(name: &'n str, prefix: &str) -> Option<&'n str> {
    let (start, rest) = name.split_at_checked(prefix.len())?;
    start.eq_ignore_ascii_case(prefix).then_some(rest)
}

/// Returns each pair of filters that have outputs of the same name: the positions of both, and the first such name.
/// Engines ignore case.
#[must_use]
pub fn outputs_in_common<'a>(filters: impl IntoIterator<Item = &'a str>) -> Vec<(usize, usize, String)> {
    let mut owners: BTreeMap<String, usize> = BTreeMap::new();
    let mut pairs: BTreeMap<(usize, usize), String> = BTreeMap::new();
    for (place, name) in filters.into_iter().enumerate() {
        for OutputName(output) in FilterOutput::ALL.iter().map(|output| output.of(name)) {
            let owner = *owners.entry(output.to_ascii_lowercase()).or_insert(place);
            if owner != place {
                pairs.entry((owner, place)).or_insert(output);
            }
        }
    }
    pairs.into_iter().map(|((first, second), output)| (first, second, output)).collect()
}

/// Returns a name in lower-case ASCII letters, digits and `-`, which every file system and CI engine accepts. Each run
/// of other characters becomes one `-`, but not at the beginning or the end.
#[must_use]
pub fn slug(name: &str) -> String {
    let mut slug = String::with_capacity(name.len());
    for part in name.split(|c: char| !c.is_ascii_alphanumeric()).filter(|part| !part.is_empty()) {
        if !slug.is_empty() {
            slug.push('-');
        }
        slug.push_str(part);
    }
    slug.make_ascii_lowercase();
    slug
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn own_outputs_are_known_in_any_case() {
        for name in ["any", "Any", "matrix", "any_0", "matrix_17", "CHANGES", "rebake_x", "Rebake_"] {
            assert!(is_own_output(name), "{name}");
        }
        for name in ["anyone", "any_", "any_x", "any_1x", "count_0", "api", "", "rebake"] {
            assert!(!is_own_output(name), "{name}");
        }
    }

    #[test]
    fn outputs_are_one_whatever_their_case() {
        let pair = |first, second, output: &str| (first, second, output.to_owned());
        assert_eq!(outputs_in_common(["API", "web", "api"]), [pair(0, 2, "api")]);
        assert_eq!(outputs_in_common(["a", "A_Count", "b_files", "B"]), [pair(0, 1, "A_Count"), pair(2, 3, "B_files")]);
        assert_eq!(outputs_in_common(["a", "a_counts", "count", "ä", "Ä"]), []);
    }

    #[test]
    fn a_slug_has_no_other_letters() {
        assert_eq!(slug("@Acme/web.ui__x-"), "acme-web-ui-x");
        assert_eq!(slug("é@"), "");
    }
}
