use maud::{DOCTYPE, Markup, PreEscaped, html};

/// The content security policy: no page loads anything.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'";
/// The style that all pages share: colours for light and dark screens, text, tables, print.
const STYLE: &str = include_str!("page.css");

/// A page for a browser.
pub(super) struct Document<'a> {
    /// The title in the browser's tab.
    pub title: &'a str,
    /// Its own style, after the one that all pages share.
    pub style: &'static str,
    /// Its script.
    pub script: &'static str,
    /// What it shows.
    pub body: Markup,
}

impl Document<'_> {
    /// Returns the text of the page.
    pub(super) fn text(self) -> String {
        let page = html! {
            (DOCTYPE)
            html lang="en" {
                head {
                    meta charset="utf-8";
                    meta http-equiv="Content-Security-Policy" content=(POLICY);
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    meta name="color-scheme" content="light dark";
                    title { (self.title) }
                    style { (PreEscaped(STYLE)) (PreEscaped(self.style)) }
                }
                body {
                    (self.body)
                    script { (PreEscaped(self.script)) }
                }
            }
        };
        page.into_string() + "\n"
    }
}
