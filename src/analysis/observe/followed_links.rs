use super::BuildSite;
use crate::model::tree::Mode;

/// How many links lead from one path to another, as in Linux.
const MOST: usize = 40;

/// Paths of a build, with the tracked links on them followed.
pub(super) struct FollowedLinks<'a> {
    site: BuildSite<'a>,
}

impl<'a> FollowedLinks<'a> {
    pub(super) fn new(site: BuildSite<'a>) -> Self {
        Self { site }
    }

    /// Returns a path from the root of the repository; none where it lies elsewhere.
    pub(super) fn within<'p>(&self, path: &'p [u8]) -> Option<&'p [u8]> {
        self.site.roots.iter().find_map(|root| {
            let rest = path.strip_prefix(root.as_slice())?;
            if rest.is_empty() { Some(rest) } else { rest.strip_prefix(b"/") }
        })
    }

    /// Returns the absolute path that another one leads to, and the positions of the tracked links on the way.
    pub(super) fn follow(&self, path: &[u8]) -> (Vec<u8>, Vec<usize>) {
        let mut links = Vec::new();
        let mut left: Vec<Vec<u8>> = parts(path).rev().map(<[u8]>::to_vec).collect();
        let mut reached: Vec<u8> = Vec::new();
        while let Some(part) = left.pop() {
            if part == b".." {
                let end = reached.iter().rposition(|byte| *byte == b'/').unwrap_or(0);
                reached.truncate(end);
                continue;
            }
            let before = reached.len();
            reached.push(b'/');
            reached.extend(part);
            let Some((position, target)) = self.link(&reached).filter(|_| links.len() < MOST) else { continue };
            links.push(position);
            reached.truncate(if target.starts_with(b"/") { 0 } else { before });
            left.extend(parts(target).rev().map(<[u8]>::to_vec));
        }
        if reached.is_empty() {
            reached.push(b'/');
        }
        (reached, links)
    }

    /// Returns the tracked link at a path, and where it leads.
    fn link(&self, path: &[u8]) -> Option<(usize, &'a [u8])> {
        if self.site.links.is_empty() {
            return None;
        }
        let position = self.site.tracked.position(self.within(path)?)?;
        let is_link = self.site.tracked.get(position).mode == Mode::SymbolicLink;
        let target = self.site.links.get(&position).filter(|_| is_link)?;
        Some((position, target))
    }
}

fn parts(path: &[u8]) -> impl DoubleEndedIterator<Item = &[u8]> {
    path.split(|byte| *byte == b'/').filter(|part| !part.is_empty() && *part != b".")
}
