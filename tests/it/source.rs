//! The project's own files, and the paths that its Rust sources name.

use std::fs;
use std::path::Path;
use std::process::Command;

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};

/// The folder that the project lies in.
pub(crate) const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// Returns the text of a file of the project.
pub(crate) fn read(file: &str) -> String {
    fs::read_to_string(Path::new(ROOT).join(file)).unwrap_or_else(|error| panic!("{file}: {error}"))
}

/// Returns the files of the project that git tracks.
pub(crate) fn tracked() -> Vec<String> {
    // Whichever user owns the checkout, its list of files may be read.
    let git = Command::new("git").args(["-c", "safe.directory=*", "-C", ROOT, "ls-files", "-z"]).output().unwrap();
    assert!(git.status.success(), "a clone is needed: {}", String::from_utf8_lossy(&git.stderr));
    let files = String::from_utf8(git.stdout).unwrap();
    files.split_terminator('\0').map(str::to_owned).collect()
}

/// Returns the Rust files below a folder of the project, sorted, with `/` between the parts.
pub(crate) fn rust_files(folder: &str) -> Vec<String> {
    let mut files = Vec::new();
    for entry in fs::read_dir(Path::new(ROOT).join(folder)).unwrap() {
        let entry = entry.unwrap();
        let name = format!("{folder}/{}", entry.file_name().into_string().unwrap());
        if entry.file_type().unwrap().is_dir() {
            files.extend(rust_files(&name));
        } else if name.ends_with(".rs") {
            files.push(name);
        }
    }
    files.sort();
    files
}

/// Returns the modules that a source declares.
pub(crate) fn modules(text: &str) -> Vec<String> {
    let words = lex(parse(text));
    let declared = words.windows(2).filter_map(|pair| match pair {
        [Token::Word(keyword), Token::Word(module)] if keyword == "mod" => Some(module.clone()),
        _ => None,
    });
    declared.collect()
}

/// Returns every path that a source names outside of its tests; those into its own crate begin at the root, whichever
/// way they are written: in the module `["emit", "table"]`, `use super::{a, b::C}` is `crate::emit::a` and
/// `crate::emit::b::C`.
pub(crate) fn paths(text: &str, module: &[String]) -> Vec<Vec<String>> {
    let mut found = Vec::new();
    walk(parse(text), module, &[], &mut found);
    found
}

/// What of a source matters to paths.
enum Token {
    Word(String),
    Colons,
    Comma,
    Group(Group),
    Other,
}

fn parse(text: &str) -> TokenStream {
    text.parse().expect("the compiler has read it")
}

/// Returns tokens without what `#[cfg(test)]` stands before: up to the next semicolon or pair of braces.
fn lex(tokens: TokenStream) -> Vec<Token> {
    let mut found = Vec::new();
    let mut tokens = tokens.into_iter().peekable();
    while let Some(token) = tokens.next() {
        let next = tokens.peek();
        let is_colon = |token: &TokenTree| matches!(token, TokenTree::Punct(punct) if punct.as_char() == ':');
        match token {
            TokenTree::Ident(word) => found.push(Token::Word(word.to_string())),
            TokenTree::Group(group) => found.push(Token::Group(group)),
            TokenTree::Punct(punct) => match punct.as_char() {
                ',' => found.push(Token::Comma),
                '*' => found.push(Token::Word("*".to_owned())),
                ':' if next.is_some_and(is_colon) => {
                    tokens.next();
                    found.push(Token::Colons);
                }
                '#' if next.is_some_and(|next| next.to_string().replace(' ', "") == "[cfg(test)]") => {
                    let ends = |token: &TokenTree| match token {
                        TokenTree::Group(group) => group.delimiter() == Delimiter::Brace,
                        other => other.to_string() == ";",
                    };
                    while tokens.next().is_some_and(|token| !ends(&token)) {}
                }
                _ => found.push(Token::Other),
            },
            TokenTree::Literal(_) => found.push(Token::Other),
        }
    }
    found
}

/// Collects the paths of some tokens; `prefix` is what stood before the braces that they come from.
fn walk(tokens: TokenStream, module: &[String], prefix: &[String], found: &mut Vec<Vec<String>>) {
    let mut path = prefix.to_vec();
    let mut goes_on = true;
    let mut before = String::new();
    for token in lex(tokens).into_iter().chain([Token::Other]) {
        match token {
            Token::Colons => goes_on = true,
            Token::Word(word) if goes_on => {
                path.push(word);
                goes_on = false;
            }
            Token::Group(group) if goes_on && !path.is_empty() => {
                walk(group.stream(), module, &path, found);
                path.clear();
                goes_on = false;
            }
            token => {
                // A word alone is a path where it is imported: `use gix as g`, `extern crate gix`.
                if path.len() > 1 || (!path.is_empty() && ["use", "crate"].contains(&before.as_str())) {
                    found.push(from_root(module, &path));
                }
                let last = path.pop().unwrap_or_default();
                path.clear();
                goes_on = false;
                match token {
                    Token::Word(word) => path.push(word),
                    Token::Comma => {
                        path.extend_from_slice(prefix);
                        goes_on = true;
                    }
                    Token::Group(group) if before == "mod" => {
                        walk(group.stream(), &[module, std::slice::from_ref(&last)].concat(), &[], found);
                    }
                    Token::Group(group) => walk(group.stream(), module, &[], found),
                    Token::Colons | Token::Other => {}
                }
                before = last;
            }
        }
    }
}

/// Returns a path of a module as one from the root of the crate, if it leads into the crate.
fn from_root(module: &[String], path: &[String]) -> Vec<String> {
    let ups = path.iter().take_while(|part| *part == "super").count();
    let (base, rest): (&[String], &[String]) = match path[0].as_str() {
        "crate" | "rebake" => (&[], &path[1..]),
        "self" => (module, &path[1..]),
        "super" => (&module[..module.len().saturating_sub(ups)], &path[ups..]),
        _ => return path.to_vec(),
    };
    [&["crate".to_owned()], base, rest].concat()
}
