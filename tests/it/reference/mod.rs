//! The pages of the reference that are made from the program itself. `SNAPSHOTS=overwrite cargo test reference::` writes
//! them anew.

mod action_page;
mod event_table;
mod flags;
mod json_documents;
mod keys;
mod message_list;
mod names;
mod schema_text;

use std::path::Path;

use crate::source;

/// Compares a page below `docs/reference` with what it should be, or writes it.
#[track_caller]
fn kept(page: &str, text: &str) {
    let path = Path::new(source::ROOT).join("docs/reference").join(page);
    let kept = snapbox::Data::read_from(&path, Some(snapbox::data::DataFormat::Text)).raw();
    let made = "<!-- Made by a test: SNAPSHOTS=overwrite cargo test reference:: -->\n\n";
    snapbox::Assert::new().action_env("SNAPSHOTS").eq(format!("{made}{text}"), kept);
}
