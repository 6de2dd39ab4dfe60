use super::flavor::{Affix, Flavor, Latest, Scope};
use super::image_facts::ImageFacts;
use super::image_tag::{Draft, ImageTag};
use super::image_tags::{InvalidTag, Skipped, TagRefusal, Tags};
use super::parse::rule;
use super::rule_error::{Problem, RuleError};
use super::tag_body::{Answer, Body};
use super::tag_choice;
use super::tag_expression::{Expression, Global};
use super::tag_rule::{Enable, Rule, Source};
use std::sync::{Arc, LazyLock};

/// The rules for the tags of a service's image: the lines of `tags` and `flavor`, checked.
#[derive(Debug, Clone)]
pub struct TagRules {
    /// The rules: highest priority first, then in the order of the lines.
    pub(super) rules: Vec<Rule>,
    pub(super) flavor: Flavor,
    ignored: Vec<RuleError>,
}

/// The rules of a service without `tags`.
static USUAL: LazyLock<Arc<TagRules>> = LazyLock::new(|| {
    Arc::new(TagRules::parse::<&str>(&[], Flavor::default()).expect("the one rule of no lines is right"))
});

impl Default for TagRules {
    fn default() -> Self {
        TagRules::clone(&USUAL)
    }
}

impl TagRules {
    /// Returns the rules of a service without `tags`, which thousands of services share.
    #[must_use]
    pub fn usual() -> Arc<Self> {
        Arc::clone(&USUAL)
    }

    /// Reads the lines of `tags`. Blank lines and comments (`#`) are ignored. Without any other line, the only rule is
    /// `type=raw,value={{version}}`.
    ///
    /// # Errors
    /// When a line is wrong. All errors are returned, each with its line and offset.
    pub fn parse<S: AsRef<str>>(lines: &[S], flavor: Flavor) -> Result<Self, Vec<RuleError>> {
        let mut rules = Vec::new();
        let mut errors = Vec::new();
        let mut ignored = Vec::new();
        let lines: Vec<(usize, &str)> = lines.iter().map(AsRef::as_ref).enumerate().collect();
        let filled: Vec<(usize, &str)> = lines.into_iter().filter(|(_, text)| super::has_content(text)).collect();
        let default = [(0, "type=raw,value={{version}}")];
        for &(line, text) in if filled.is_empty() { &default[..] } else { &filled } {
            let read = rule(line, text);
            match read.and_then(|read| read.0.check(&flavor).map(|()| read).map_err(|problem| vec![problem])) {
                Ok((rule, problems)) => {
                    rules.push(rule);
                    ignored.extend(problems.into_iter().map(|problem| problem.in_line(line)));
                }
                Err(problems) => errors.extend(problems.into_iter().map(|problem| problem.in_line(line))),
            }
        }
        rules.sort_by_key(|rule| std::cmp::Reverse(rule.priority));
        if errors.is_empty() { Ok(Self { rules, flavor, ignored }) } else { Err(errors) }
    }

    /// Returns the attributes that were ignored because the type of their rule does not have them, each with its line
    /// and offset.
    #[must_use]
    pub fn ignored(&self) -> &[RuleError] {
        &self.ignored
    }

    /// Returns the rules for an image of modified files, which differ from the commit. Rules whose tags contain a
    /// commit or a git tag are left out. If no rule is left, the default rule applies, whose tag is the version.
    #[must_use]
    pub fn for_modified_files(&self) -> Self {
        let rules: Vec<Rule> = self.rules.iter().filter(|rule| !rule.names_a_commit(&self.flavor)).cloned().collect();
        if rules.is_empty() { Self::default() } else { Self { rules, ..self.clone() } }
    }

    /// Returns, for each line that can give a tag to a service, the number of the line and a description of how its tag
    /// is made. Lines of two services with equal descriptions give equal tags if the versions are equal. Lines that
    /// search release tags by a pattern (the type or the attribute `match`) are left out, since release tags differ by
    /// service. The tag `latest` that the flavor gives to a release comes last, with no number.
    pub fn forms(&self, service: &str) -> impl Iterator<Item = (Option<usize>, String)> {
        let of_rules = self.rules.iter().filter_map(move |rule| Some((Some(rule.line), self.form(rule, service)?)));
        of_rules.chain(self.latest_form(service).map(|form| (None, form)))
    }

    /// Returns a description of how the tag `latest` is made; `None` if it is not certain that releases get this tag.
    fn latest_form(&self, service: &str) -> Option<String> {
        let first = self.rules.iter().find(|rule| rule.enable != Enable::Never)?;
        self.form(first, service)?;
        let is_given = match self.flavor.latest {
            Latest::Never => false,
            Latest::Always => true,
            Latest::Auto => first.enable == Enable::Always && first.source.is_about_releases(),
        };
        let affix = |affix: &Option<Affix>| {
            let affix = affix.as_ref().filter(|affix| affix.scope == Scope::RulesAndLatest);
            affix.map(|affix| affix.text.form(|value| global_form(value, service))).unwrap_or_default()
        };
        is_given.then(|| format!("{}\nlatest\n{}", affix(&self.flavor.prefix), affix(&self.flavor.suffix)))
    }

    fn form(&self, rule: &Rule, service: &str) -> Option<String> {
        let text = |expression: &Expression<Global>| expression.form(|value| global_form(value, service));
        let written = |expression: Option<&Expression<Global>>| expression.map(text).unwrap_or_default();
        let source = match &rule.source {
            _ if rule.enable == Enable::Never => return None,
            Source::Match { value: None, .. } | Source::Version { within: Some(_), value: None, .. } => return None,
            Source::Schedule { pattern } => format!("schedule {}", text(pattern)),
            Source::Version { scheme, pattern, value, within } => {
                let pattern = pattern.form(|part| format!("{part:?}"));
                format!("{scheme:?} {pattern} {} {within:?}", written(value.as_ref()))
            }
            Source::Match { pattern, group, value } => format!("match {pattern} {group} {}", written(value.as_ref())),
            Source::Raw { value } => format!("raw {}", text(value)),
            other @ (Source::Edge { .. }
            | Source::RefBranch
            | Source::RefTag
            | Source::RefPullRequest
            | Source::Sha(_)) => format!("{other:?}"),
        };
        let [prefix, suffix] = [rule.prefix(&self.flavor), rule.suffix(&self.flavor)].map(written);
        Some(format!("{prefix}\n{source}\n{suffix}"))
    }

    /// Returns the tags of an image.
    ///
    /// # Errors
    /// When a tag is invalid: it is too long, or begins with `.` or `-` because of literal text. All invalid tags are
    /// returned.
    pub fn tags(&self, facts: &ImageFacts<'_>) -> Result<Tags, Vec<InvalidTag>> {
        let mut tags = Tags::default();
        let mut errors = Vec::new();
        let mut deciding = None;
        for rule in self.rules.iter().filter(|rule| rule.enable.holds(facts)) {
            let (tag, kept) = match rule.source.answer(facts) {
                Answer::Tag(body) => (self.draft(rule, &body, facts).finish(), tag_choice::keeps(rule, &body, facts)),
                Answer::Silent => continue,
                Answer::Skipped(reason) => {
                    tags.skipped.push(Skipped { line: rule.line, reason });
                    continue;
                }
            };
            match tag {
                Ok(None) => {}
                Ok(Some(tag)) => {
                    deciding.get_or_insert(rule);
                    tags.add(tag, kept);
                }
                Err((tag, error)) => errors.push(InvalidTag { line: Some(rule.line), tag, error }),
            }
        }
        let wanted = match (self.flavor.latest, deciding) {
            (Latest::Never, _) | (_, None) => false,
            (Latest::Always, Some(_)) => true,
            (Latest::Auto, Some(rule)) => rule.source.is_about_releases(),
        };
        let kept = tag_choice::keeps_latest(facts);
        // If a higher release keeps `latest`, that is what users expect, and it is not reported.
        if wanted && facts.release.is_some() && kept != Err(TagRefusal::NotHighest) {
            match self.latest(facts).finish() {
                Ok(latest) => latest.into_iter().for_each(|tag| tags.add(tag, kept)),
                Err((tag, error)) => errors.push(InvalidTag { line: None, tag, error }),
            }
        }
        if errors.is_empty() { Ok(tags.settle()) } else { Err(errors) }
    }

    fn draft(&self, rule: &Rule, body: &Body<'_>, facts: &ImageFacts<'_>) -> Draft {
        let global = |value: &Global| value.value(facts);
        let mut draft = Draft::default();
        if let Some(prefix) = rule.prefix(&self.flavor) {
            prefix.fill(&mut draft, global);
        }
        match body {
            Body::Global(expression) => expression.fill(&mut draft, global),
            Body::Version(pattern, fields) => pattern.fill(&mut draft, |part| fields.value(*part)),
            Body::Value(value) => draft.value(value),
        }
        if let Some(suffix) = rule.suffix(&self.flavor) {
            suffix.fill(&mut draft, global);
        }
        draft
    }

    fn latest(&self, facts: &ImageFacts<'_>) -> Draft {
        let mut draft = Draft::default();
        let affix = |affix: &Option<Affix>, draft: &mut Draft| {
            if let Some(affix) = affix.as_ref().filter(|affix| affix.scope == Scope::RulesAndLatest) {
                affix.text.fill(draft, |value| value.value(facts));
            }
        };
        affix(&self.flavor.prefix, &mut draft);
        draft.literal("latest");
        affix(&self.flavor.suffix, &mut draft);
        draft
    }
}

/// Returns a description of a value, which differs between services if the value does.
fn global_form(value: &Global, service: &str) -> String {
    match value {
        // Two services have different release tags too.
        Global::Name | Global::Tag => format!("{value:?} {service}"),
        other => format!("{other:?}"),
    }
}

impl Rule {
    /// Whether tags of the rule contain the commit, or a git tag of the commit.
    fn names_a_commit(&self, flavor: &Flavor) -> bool {
        let value = match &self.source {
            Source::Sha(_) | Source::RefTag => return true,
            Source::Schedule { pattern: value } | Source::Raw { value } => Some(value),
            Source::Version { value, .. } | Source::Match { value, .. } => value.as_ref(),
            Source::Edge { .. } | Source::RefBranch | Source::RefPullRequest => None,
        };
        let all = [value, self.prefix(flavor), self.suffix(flavor)];
        all.into_iter().flatten().flat_map(Expression::values).any(|value| matches!(value, Global::Sha | Global::Tag))
    }

    pub(super) fn prefix<'a>(&'a self, flavor: &'a Flavor) -> Option<&'a Expression<Global>> {
        self.prefix.as_ref().or(flavor.prefix.as_ref().map(|affix| &affix.text))
    }

    pub(super) fn suffix<'a>(&'a self, flavor: &'a Flavor) -> Option<&'a Expression<Global>> {
        self.suffix.as_ref().or(flavor.suffix.as_ref().map(|affix| &affix.text))
    }

    /// Checks the rule's tag if it is the same for every event, so that an error is found early.
    fn check(&self, flavor: &Flavor) -> Result<(), Problem> {
        let fixed = |affix: Option<&Expression<Global>>| match affix {
            None => Some(String::new()),
            Some(affix) => affix.fixed().map(str::to_owned),
        };
        let Source::Raw { value } = &self.source else { return Ok(()) };
        let (Some(prefix), Some(value), Some(suffix)) =
            (fixed(self.prefix(flavor)), value.fixed(), fixed(self.suffix(flavor)))
        else {
            return Ok(());
        };
        let tag = format!("{prefix}{value}{suffix}");
        ImageTag::parse(&tag).map(|_| ()).map_err(|error| Problem::at(0, format!("`{tag}` is not valid: {error}")))
    }
}

#[cfg(test)]
mod tests {
    use super::super::{ImageEvent, ImageRelease, ImageTagError, ReleaseRank};
    use super::*;
    use crate::model::name::ServiceName;
    use crate::naming::version::Purpose;

    const RELEASE: ImageRelease<'static> =
        ImageRelease { tag: "services/go/api@1.0.9", version: "1.0.9", standing: ReleaseRank::Highest };
    const TAG: ImageEvent<'static> = ImageEvent::Tag { name: "services/go/api@1.0.9", base: None };
    const MAIN: ImageEvent<'static> = ImageEvent::Branch("main");

    fn answer(
        lines: &[&str],
        flavor: &[&str],
        release: Option<ImageRelease<'_>>,
        event: ImageEvent<'_>,
    ) -> Result<Tags, Vec<InvalidTag>> {
        let service = ServiceName::parse("@acme/api".trim_start_matches('@')).unwrap();
        let facts = ImageFacts {
            service: &service,
            version: release.map_or("1.0.9-0047-860c190", |release| release.version),
            release,
            purpose: if release.is_some() { Purpose::Releases } else { Purpose::Builds },
            event,
            default_branch: Some("main"),
            commit: "860c1904a1ce19322e91ac35af1ab07466440c37".parse().unwrap(),
            time: 1_578_616_200,
            abbrev: 7,
        };
        TagRules::parse(lines, Flavor::parse(flavor).unwrap()).unwrap().tags(&facts)
    }

    fn names(lines: &[&str], flavor: &[&str], release: Option<ImageRelease<'_>>, event: ImageEvent<'_>) -> String {
        let tags = answer(lines, flavor, release, event).unwrap();
        tags.names.iter().map(ImageTag::as_str).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn lines_that_are_made_alike_have_one_form() {
        let forms = |service: &str, lines: &[&str], flavor: &[&str]| -> Vec<String> {
            let rules = TagRules::parse(lines, Flavor::parse(flavor).unwrap()).unwrap();
            rules.forms(service).map(|(_, form)| form).collect()
        };
        for line in ["type=sha", "type=raw,value=main", "type=semver,pattern={{version}}", "type=ref,event=branch", ""]
        {
            assert_eq!(forms("api", &[line], &[]), forms("web", &[line], &[]), "{line}");
            assert_ne!(forms("api", &[line], &[]), forms("web", &[line], &["suffix=-slim"]), "{line}");
        }
        // A `sha` has a prefix of its own.
        for line in ["type=raw,value=main", "type=semver,pattern={{version}}", ""] {
            assert_ne!(forms("api", &[line], &["prefix={{name}}-"]), forms("web", &[line], &["prefix={{name}}-"]));
        }
        for line in ["type=raw,value={{name}}-{{sha}}", "type=sha,prefix={{tag}}-"] {
            assert_ne!(forms("api", &[line], &[]), forms("web", &[line], &[]), "{line}");
        }
        for (one, other) in [
            ("type=semver,pattern={{major}}", "type=semver,pattern={{version}}"),
            ("type=sha", "type=sha,format=long"),
            ("type=raw,value=api", "type=raw,value=web"),
        ] {
            assert_ne!(forms("api", &[one], &[]), forms("api", &[other], &[]));
        }
        for none in ["type=sha,enable=false", "type=match,pattern=.*", "type=semver,pattern={{version}},match=api@(.*)"]
        {
            assert_eq!(forms("api", &[none], &[]), [""; 0], "{none}");
        }
        // Releases get `latest` too, which may name the service.
        let latest = |line: &str, flavor: &[&str]| {
            forms("api", &[line], flavor).into_iter().find(|form| form.contains("\nlatest\n"))
        };
        let semver = "type=semver,pattern={{version}}";
        assert!(latest(semver, &[]).is_some() && latest("type=sha", &["latest=true"]).is_some());
        assert!(latest("type=sha", &[]).is_none() && latest(semver, &["latest=false"]).is_none());
        let named = ["suffix=-{{name}},onlatest=true"];
        assert_eq!(latest(semver, &["suffix=-{{name}}"]), latest(semver, &[]));
        assert!(!forms("web", &[semver], &named).contains(&latest(semver, &named).unwrap()));
    }

    #[test]
    fn the_default_is_the_version() {
        for lines in [&[][..], &["", " # all the same"]] {
            assert_eq!(names(lines, &[], None, MAIN), "1.0.9-0047-860c190");
            assert_eq!(names(lines, &[], Some(RELEASE), TAG), "1.0.9");
        }
        assert_eq!(names(&[], &["latest=true"], Some(RELEASE), TAG), "1.0.9 latest");
        assert_eq!(names(&[], &["latest=true"], None, MAIN), "1.0.9-0047-860c190");
    }

    #[test]
    fn each_type_is_fed_from_the_service() {
        for (line, on_tag, on_main) in [
            ("type=schedule", "", ""),
            ("type=semver,pattern={{version}}", "1.0.9 latest", ""),
            ("type=semver,pattern=v{{major}}.{{minor}}", "v1.0 latest", ""),
            ("type=semver,pattern={{version}},value={{version}}", "1.0.9 latest", ""),
            ("type=semver,pattern={{version}},match=api@(.*)", "1.0.9 latest", ""),
            ("type=pep440,pattern={{major}}", "1 latest", ""),
            (r"type=match,pattern=^\d+\.\d+", "1.0 latest", ""),
            ("type=match,pattern=go/(.*)@,group=1", "api latest", ""),
            ("type=match,pattern=zzz", "", ""),
            ("type=edge", "", "edge"),
            ("type=edge,branch=dev", "", ""),
            ("type=ref,event=branch", "", "main"),
            ("type=ref,event=tag", "1.0.9 latest", ""),
            ("type=ref,event=pr", "", ""),
            ("{{tag}}", "services-go-api-1.0.9", ""),
            ("{{name}}-{{version}}", "acme-api-1.0.9", "acme-api-1.0.9-0047-860c190"),
            ("on-{{branch}}", "on-", "on-main"),
            ("{{date 'YYYYMMDD-HHmmss' tz='+09:00'}}", "20200110-093000", "20200110-093000"),
            ("type=sha", "sha-860c190", "sha-860c190"),
            (
                "type=sha,prefix=,format=long",
                "860c1904a1ce19322e91ac35af1ab07466440c37",
                "860c1904a1ce19322e91ac35af1ab07466440c37",
            ),
            ("x,enable={{is_default_branch}}", "", "x"),
            ("x,enable={{is_not_default_branch}}", "x", ""),
        ] {
            assert_eq!(names(&[line], &[], Some(RELEASE), TAG), on_tag, "{line}");
            assert_eq!(names(&[line], &[], None, MAIN), on_main, "{line}");
        }
        let nightly = ImageEvent::Schedule(None);
        assert_eq!(names(&["type=schedule", "type=edge"], &[], None, nightly), "nightly edge");
        assert_eq!(names(&["x,enable={{is_default_branch}}"], &[], None, ImageEvent::Schedule(Some("dev"))), "");
        let pull = ImageEvent::PullRequest { number: 15, base: Some("main") };
        assert_eq!(names(&["type=ref,event=pr", "to-{{base_ref}}"], &[], None, pull), "pr-15 to-main");
        assert_eq!(
            names(&["type=ref,event=branch", "type=edge", "type=ref,event=tag"], &[], None, ImageEvent::Other),
            ""
        );
    }

    #[test]
    fn a_release_is_one_whatever_asked() {
        assert_eq!(names(&["type=semver,pattern={{version}}"], &[], Some(RELEASE), MAIN), "1.0.9 latest");
    }

    #[test]
    fn a_tag_of_another_service_gives_no_version() {
        let other = ImageEvent::Tag { name: "web@2.0.0", base: None };
        assert_eq!(names(&["type=semver,pattern={{version}}", "type=match,pattern=.*"], &[], None, other), "");
        assert_eq!(names(&["type=ref,event=tag"], &[], None, other), "web-2.0.0");
    }

    #[test]
    fn latest_is_the_highest_stable_release() {
        let lines = ["type=semver,pattern={{version}}"];
        let older = ImageRelease { standing: ReleaseRank::Other, ..RELEASE };
        for (release, flavor, tags) in [
            (RELEASE, &[][..], "1.0.9 latest"),
            (older, &[], "1.0.9"),
            (older, &["latest=true"], "1.0.9"),
            (RELEASE, &["latest=false"], "1.0.9"),
            (RELEASE, &["prefix=a-,onlatest=true", "suffix=-b"], "a-1.0.9-b a-latest"),
            (RELEASE, &["prefix={{sha}}-,onlatest=true"], "860c190-1.0.9 860c190-latest"),
        ] {
            assert_eq!(names(&lines, flavor, Some(release), TAG), tags, "{flavor:?}");
        }
        // The rule that comes first decides, and `latest` is there once.
        assert_eq!(names(&["x,priority=901", lines[0]], &[], Some(RELEASE), TAG), "x 1.0.9");
        assert_eq!(names(&[lines[0], "latest"], &[], Some(RELEASE), TAG), "1.0.9 latest");
    }

    #[test]
    fn a_pre_release_moves_no_shorter_tag() {
        let rc = ImageRelease { tag: "api/v2.0.0-rc.1", version: "2.0.0-rc.1", standing: ReleaseRank::Other };
        let lines = ["type=semver,pattern={{major}}", "type=semver,pattern={{raw}}"];
        assert_eq!(names(&lines, &[], Some(rc), TAG), "2.0.0-rc.1 v2.0.0-rc.1");
    }

    #[test]
    fn what_does_not_fit_is_told() {
        let odd = ImageRelease { tag: "api@2021", version: "2021", standing: ReleaseRank::Other };
        let tags =
            answer(&["", "type=semver,pattern={{version}}", "type=match,pattern=x"], &[], Some(odd), TAG).unwrap();
        let skipped = |line, reason: &str| Skipped { line, reason: reason.to_owned() };
        assert_eq!(
            tags.skipped,
            [skipped(1, "`2021` is not a SemVer version"), skipped(2, "`2021` does not match `x`")]
        );
    }

    #[test]
    fn tags_that_no_registry_takes_are_errors() {
        let branch = "x".repeat(129);
        let errors = answer(&["{{tag}}-a", "ok", "{{branch}}"], &[], None, ImageEvent::Branch(&branch)).unwrap_err();
        let first = InvalidTag { line: Some(0), tag: "-a".into(), error: ImageTagError::First('-') };
        let last = InvalidTag { line: Some(2), tag: branch.clone(), error: ImageTagError::TooLong(129) };
        assert_eq!(errors, [first, last]);

        let refused = |lines: &[&str]| TagRules::parse(lines, Flavor::default()).unwrap_err().remove(0);
        assert_eq!(refused(&["ok", "-x"]).line, 1);
        assert_eq!(refused(&[&branch]).message, format!("`{branch}` is not valid: {}", ImageTagError::TooLong(129)));
    }
}
