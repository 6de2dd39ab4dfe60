//! Finds the repeated extglobs that picomatch rewrites to avoid exponential time.
//!
//! Matching takes linear time here, but `+(*(a))` must match the same paths as in picomatch.

use crate::glob::character_set::Set;

/// How a risky `+(…)` or `*(…)` is read.
#[derive(Debug)]
pub(super) enum Risk {
    /// As its literal text.
    Text,
    /// As any number of these characters.
    Class(Set),
}

/// Returns how picomatch reads a `+(…)` or `*(…)` that it considers risky; `None` if the extglob is not risky. `body`
/// is the text between the parentheses.
pub(super) fn risk(body: &[char]) -> Option<Risk> {
    let branches: Vec<&[char]> = split(body).into_iter().map(trimmed).collect();
    let wild = |branch: &&[char]| branch.iter().all(|c| matches!(c, '*' | '?'));
    if branches.len() > 1 && (branches.iter().any(wild) || runs_overlap(&branches)) {
        return Some(Risk::Text);
    }
    let mut letters = Vec::new();
    let mut stars = false;
    let mut all_letters = true;
    for branch in branches {
        if let Some(chars) = starred_letters(branch) {
            stars = true;
            letters.extend(chars);
        } else if let Some(letter) = simple(branch).as_deref().and_then(single) {
            letters.push(letter);
        } else {
            all_letters = false;
            if repeated(branch).is_some_and(|group| group.end == branch.len()) {
                return Some(Risk::Text);
            }
        }
    }
    let class = || Risk::Class(Set::new(letters.iter().map(|letter| (*letter, *letter)).collect(), false));
    stars.then(|| if all_letters { class() } else { Risk::Text })
}

/// Whether two branches consist of the same repeated character: `a|aa`.
fn runs_overlap(branches: &[&[char]]) -> bool {
    let mut letters: Vec<char> = branches
        .iter()
        .filter_map(|branch| simple(branch))
        .filter_map(|text| single(&text[..text.len().min(1)]).filter(|first| text.iter().all(|c| c == first)))
        .collect();
    letters.sort_unstable();
    letters.windows(2).any(|pair| pair[0] == pair[1])
}

/// Returns the characters of a branch such as `*(a)*(b)`; `None` for any other branch.
fn starred_letters(mut branch: &[char]) -> Option<Vec<char>> {
    let mut letters = Vec::new();
    while !branch.is_empty() {
        let group = repeated(branch).filter(|_| branch[0] == '*')?;
        let inner = split(&branch[2..group.end - 1]);
        let [inner] = inner[..] else { return None };
        letters.push(single(&simple(trimmed(inner))?)?);
        branch = &branch[group.end..];
    }
    (!letters.is_empty()).then_some(letters)
}

/// Returns the only character of a text; `None` if the text does not have exactly one. As in picomatch, a character of
/// two UTF-16 units, such as `🚀`, counts as two characters.
fn single(text: &[char]) -> Option<char> {
    if let [c] = text { Some(*c).filter(|c| c.len_utf16() == 1) } else { None }
}

/// Returns the literal text of a branch, which may be within `@(…)`; `None` if the text has special characters.
fn simple(branch: &[char]) -> Option<Vec<char>> {
    let mut text = trimmed(branch);
    while let ['@', '(', inner @ .., ')'] = text {
        if inner.is_empty() || inner.iter().any(|c| "\\()[]{}|".contains(*c)) {
            break;
        }
        text = inner;
    }
    let mut plain = Vec::new();
    let mut chars = text.iter();
    while let Some(c) = chars.next() {
        match c {
            '\\' => plain.push(*chars.next().unwrap_or(c)),
            c if "?*+@!()[]{}".contains(*c) => return None,
            c => plain.push(*c),
        }
    }
    Some(plain)
}

struct Group {
    /// The offset of the text after the closing parenthesis.
    end: usize,
}

/// Returns the `+(…)` or `*(…)` at the beginning of a text; `None` if the text does not begin with one.
fn repeated(text: &[char]) -> Option<Group> {
    if !matches!(text, ['+' | '*', '(', ..]) {
        return None;
    }
    let mut depth = 0_usize;
    for (index, c) in Outside::new(&text[1..]) {
        match c {
            '(' => depth += 1,
            ')' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return Some(Group { end: index + 2 });
        }
    }
    None
}

/// Splits at every `|` outside of quotes, brackets and parentheses.
fn split(text: &[char]) -> Vec<&[char]> {
    let mut parts = Vec::new();
    let (mut start, mut depth) = (0, 0_usize);
    for (index, c) in Outside::new(text) {
        match c {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            '|' if depth == 0 => {
                parts.push(&text[start..index]);
                start = index + 1;
            }
            _ => {}
        }
    }
    parts.push(&text[start..]);
    parts
}

/// The characters of a text that are neither escaped nor between quotes or brackets.
struct Outside<'a> {
    text: &'a [char],
    next: usize,
    brackets: usize,
    quotes: bool,
}

impl<'a> Outside<'a> {
    fn new(text: &'a [char]) -> Self {
        Self { text, next: 0, brackets: 0, quotes: false }
    }
}

impl Iterator for Outside<'_> {
    type Item = (usize, char);

    fn next(&mut self) -> Option<Self::Item> {
        while let Some(c) = self.text.get(self.next) {
            let index = self.next;
            self.next += 1;
            match c {
                '\\' => self.next += 1,
                '"' => self.quotes = !self.quotes,
                _ if self.quotes => {}
                '[' => self.brackets += 1,
                ']' if self.brackets > 0 => self.brackets -= 1,
                _ if self.brackets > 0 => {}
                c => return Some((index, *c)),
            }
        }
        None
    }
}

fn trimmed(mut text: &[char]) -> &[char] {
    while let [first, rest @ ..] = text
        && first.is_whitespace()
    {
        text = rest;
    }
    while let [rest @ .., last] = text
        && last.is_whitespace()
    {
        text = rest;
    }
    text
}
