//! Names of a service's image: the tag language of docker/metadata-action, labels, references.
//!
//! [`TagRules`] are the lines of `tags`, [`Flavor`] those of `flavor`; both are read once, with all that can be wrong
//! told at its place, and give [`Tags`] for the [`ImageFacts`] of a plan. The language is that action's, so that its
//! documentation holds; but a monorepo has many versions at one commit, so a rule is fed from the service's own version
//! and not from the ref that was pushed.
//!
//! # The types
//!
//! | type | there | here | why |
//! | --- | --- | --- | --- |
//! | `schedule` | on a schedule: `nightly`, or the `pattern` | the same | |
//! | `semver`, `pep440` | when a tag was pushed: the tag as a version; `match=` finds the version in it | in an environment for releases, when head carries the service's release tag: the version in that tag, or the one that was given by hand; `{{raw}}` has the `v` that may stand before it; `match=` looks at that and then at the whole tag | no rule for each service; the same commit gives the same tags |
//! | `match` | when a tag was pushed: the pattern in the tag | when head carries the release tag: the pattern in the version as the tag has it (`1.0.9`, `v1.0.9`), else in the whole tag (`api/v1.0.9`) | as above; patterns written for the whole tag still work |
//! | `edge` | on the default branch, or `branch` | the same | |
//! | `ref,event=branch` | the branch | the same | |
//! | `ref,event=tag` | the tag | on a tag, the version as the service's tag has it; a tag that is not the service's as it is | `services-go-api-1.0.9` is no tag that anybody wants |
//! | `ref,event=pr` | `pr-` and the number | the same | |
//! | `raw` | the `value` | the same; this is the default, with `{{version}}` | a service always has a version |
//! | `sha` | `sha-` and 7 digits, or all | the same, with `--abbrev` digits | |
//!
//! A `value=` takes the place of the version in `semver`, `pep440` and `match`, which then hold for every event (but the
//! tags of `semver` and `pep440` stay those of environments for releases).
//! A pre-release gives `{{version}}` or `{{raw}}` alone, there as here.
//!
//! # Which tags an image gets
//!
//! [`Tags::left_out`] has what rules gave and an image does not get; `choice` decides.
//!
//! - An environment that is not for releases (`version: release`) leaves out what would replace a release: the tags of
//!   `semver` and `pep440`, those of `match` from the tag of a release, a value that is the bare version of a release,
//!   and the `latest` of a flavor. A version that was given by hand and never released is no release's.
//! - An environment for releases moves a part of a version (`1.0`, `1`) to the highest stable release that it covers
//!   only, and `latest` and any other value of `raw` to the service's highest stable release only.
//!
//! # What else differs
//!
//! - `latest` is only ever the highest stable release, with `latest=true` too, which lets any rule move it; there it is
//!   the release built last, and a fix for an old version moves it back. Who wants it elsewhere says so:
//!   `type=raw,value=latest,enable={{is_default_branch}}`.
//! - `{{date}}` is the commit's time, as `{{commit_date}}` is, and zones are fixed distances from UTC (`tz='+09:00'`):
//!   the same commit gives the same plan.
//! - `{{version}}` and `{{name}}` of the service are expressions too; `{{tag}}` is the service's release tag at head,
//!   else the tag that was pushed. Values are never escaped for HTML.
//! - Build metadata stays in `{{version}}`: `1.0.9+b5` is the tag `1.0.9_b5`. There it is dropped, and two releases
//!   become one image.
//! - In a value `+` becomes `_`; any other run of characters that a tag may not hold becomes `-`, as there. What people
//!   wrote themselves is not mended but refused, as is a tag of more than 128 characters.
//! - An attribute that the type does not have is a warning, where the action says nothing. Unknown types and expressions,
//!   a `group` that the pattern lacks, formats without quotes are errors, where the action says nothing or crashes. Regular expressions are without look-around and back-references.
//! - A flavor's `prefix` and `suffix` are filled in for `latest` too.
//! - An image's name is not lower-cased but refused, with the name to write. The label `version` is the service's
//!   version, not its first tag; `created` is the commit's time.

mod tag_body;
mod tag_choice;
mod date_format;
mod tag_expression;
mod image_facts;
mod flavor;
mod floating;
mod label;
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
pub use image_tags::{InvalidTag, LeftOut, Skipped, TagRefusal, Tags};
pub use label::{LabelError, Labels};
pub use reference::{ImageName, ImageNameError, Reference};
pub use rule_error::RuleError;
pub use source_url::source_url;
pub use tag_rules::TagRules;

/// Whether a line of `tags` or `flavor` is more than blank or a comment.
fn says_something(line: &str) -> bool {
    !matches!(line.trim_start().chars().next(), None | Some('#'))
}
