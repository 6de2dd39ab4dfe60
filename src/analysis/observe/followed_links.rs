use super::file_origins::FileOrigins;

/// The most links that are followed for one path, as in Linux.
const MOST: usize = 40;

/// Follows all links in an absolute path. Returns the path that they lead to, and the positions of the tracked links on
/// the way.
pub(super) fn follow(path: &[u8], origins: &FileOrigins<'_>) -> (Vec<u8>, Vec<usize>) {
    let (mut followed, mut tracked) = (0, Vec::new());
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
        let Some((position, target)) = origins.link(&reached).filter(|_| followed < MOST) else { continue };
        followed += 1;
        tracked.extend(position);
        reached.truncate(if target.starts_with(b"/") { 0 } else { before });
        left.extend(parts(&target).rev().map(<[u8]>::to_vec));
    }
    if reached.is_empty() {
        reached.push(b'/');
    }
    (reached, tracked)
}

/// Follows all links in an absolute path except its last part, as the calls that remove and rename files do. Returns
/// `None` for the root.
pub(super) fn follow_to_last(path: &[u8], origins: &FileOrigins<'_>) -> Option<Vec<u8>> {
    let end = path.iter().rposition(|byte| *byte != b'/')?;
    let path = &path[..=end];
    let (directory, name) = path.split_at(path.iter().rposition(|byte| *byte == b'/')?);
    let (directory, _) = follow(directory, origins);
    let directory = directory.strip_suffix(b"/").unwrap_or(&directory);
    Some([directory, name].concat())
}

fn parts(path: &[u8]) -> impl DoubleEndedIterator<Item = &[u8]> {
    path.split(|byte| *byte == b'/').filter(|part| !part.is_empty() && *part != b".")
}
