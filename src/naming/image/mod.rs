//! Names of a service's image: the tag language of docker/metadata-action, labels, references.
//!
//! [`TagRules`] contain the lines of `tags`, and [`Flavor`] contains the lines of `flavor`. Both are read and checked
//! once. They give the [`Tags`] for the [`ImageFacts`] of a plan. The language is that of docker/metadata-action ("the
//! action"), so its documentation applies. But a monorepo has many versions at one commit, so rules use the service's
//! own version, and not the ref that was pushed.
//!
//! # The types
//!
//! | type | the action | here | why |
//! | --- | --- | --- | --- |
//! | `schedule` | on a schedule: `nightly`, or the `pattern` | the same | |
//! | `semver`, `pep440` | when a tag was pushed: the tag as a version; `match=` finds the version in it | in an environment for releases, when head carries the service's release tag: the version in that tag, or the one that was given; `{{raw}}` includes a `v` before the version; `match=` is tried on this version and then on the whole tag | no rule for each service; the same commit gives the same tags |
//! | `match` | when a tag was pushed: the pattern in the tag | when head carries the release tag: the pattern in the version as the tag has it (`1.0.9`, `v1.0.9`), else in the whole tag (`api/v1.0.9`) | as above; patterns written for the whole tag still work |
//! | `edge` | on the default branch, or `branch` | the same | |
//! | `ref,event=branch` | the branch | the same | |
//! | `ref,event=tag` | the tag | when a tag was pushed: for the service's release tag, the version as it is written in the tag; any other tag unchanged | `services-go-api-1.0.9` would be no useful tag |
//! | `ref,event=pr` | `pr-` and the number | the same | |
//! | `raw` | the `value` | the same; this is the default, with `{{version}}` | a service always has a version |
//! | `sha` | `sha-` and 7 digits, or all | the same, with `--abbrev` digits | |
//!
//! In rules of the types `semver`, `pep440` and `match`, the attribute `value=` replaces the version. Such a rule
//! applies to every event (but tags of `semver` and `pep440` are still only given in environments for releases). As in
//! the action, a pre-release gives only `{{version}}` or `{{raw}}`, whatever the pattern is.
//!
//! # Which tags an image gets
//!
//! [`Tags::left_out`] has the tags that rules gave, but that the image does not get. The module `tag_choice` decides
//! which tags an image gets.
//!
//! - In an environment that is not for releases (one without `version: release`), tags are left out that would replace
//!   a release: tags of `semver` and `pep440`, tags of `match` from the tag of a release, a value that is exactly the
//!   version of a release, and the `latest` of a flavor. A tag with a given version that was never released is kept.
//! - In an environment for releases, a tag with a part of a version (`1.0`, `1`) is given only to the highest stable
//!   release with that part. `latest` and other values of `raw` are given only to the service's highest stable release.
//!
//! # What else differs
//!
//! - A flavor's `latest` always names the highest stable release, even with `latest=true`. (With `latest=true`, a rule
//!   of any type is enough for this tag.) In the action, `latest` names the release that was built last, so a fix for
//!   an old version moves it back. To tag another image, use `type=raw,value=latest,enable={{is_default_branch}}`.
//! - `{{date}}` is the commit's time, like `{{commit_date}}`, and time zones are fixed distances from UTC
//!   (`tz='+09:00'`), so that the same commit gives the same plan.
//! - `{{version}}` and `{{name}}` of the service are expressions too. `{{tag}}` is the service's release tag at head,
//!   else the tag that was pushed. Values are never escaped for HTML.
//! - Build metadata stays in `{{version}}`: `1.0.9+b5` is the tag `1.0.9_b5`. The action drops the metadata, and two
//!   releases become one image.
//! - In a value `+` becomes `_`, and, as in the action, any other run of characters that a tag may not contain becomes
//!   `-`. Literal text with such characters is refused, and so is a tag of more than 128 characters.
//! - An attribute that the type does not have gives a warning; the action ignores it silently. Unknown types and
//!   expressions, a `group` that the pattern lacks, and formats without quotes are errors; in these cases the action
//!   says nothing, or crashes. Regular expressions have no look-around and no back-references.
//! - Expressions in a flavor's `prefix` and `suffix` are filled in for `latest` too.
//! - An image's name with capitals is refused instead of lower-cased. The label `version` is the service's version, not
//!   its first tag; `created` is the commit's time.

mod tag_body;
mod tag_choice;
mod date_format;
mod tag_expression;
mod image_facts;
mod flavor;
mod floating;
mod label;
mod lasting_tags;
mod parse;
mod tag_regex;
mod rule_error;
mod csv_line;
mod reference;
mod tag_rule;
mod tag_rules;
mod scheme;
mod source_url;
mod image_tag;
mod image_tags;

pub use flavor::Flavor;
pub use floating::FloatingTags;
pub use image_facts::{ImageEvent, ImageFacts, ImageRelease, ReleaseRank};
pub use image_tag::{ImageTag, ImageTagError};
pub use image_tags::{InvalidTag, LeftOut, Skipped, TagMovement, TagRefusal, Tags};
pub use label::{LabelError, Labels, OWN_LABELS};
pub use lasting_tags::TagOccasion;
pub use reference::{ImageName, ImageNameError, Reference};
pub use rule_error::RuleError;
pub use source_url::source_url;
pub use tag_rules::TagRules;

/// Whether a line of `tags` or `flavor` is neither blank nor a comment.
fn has_content(line: &str) -> bool {
    !matches!(line.trim_start().chars().next(), None | Some('#'))
}
