//! Which elements stand out of the schema's order.
//!
//! Of one that stands too early, all that it precedes seem to be late. Told are
//! the fewest: whoever moved those would have no fault left.

use super::told::shown;
use super::{Place, Reader};
use crate::certificate::Finding;
use crate::certificate::catalogue::Code;
use crate::certificate::element::Type;

/// A child that is the first of its row, or the first of it that stands behind
/// a further one.
#[derive(Clone, Copy, Debug)]
pub(super) struct Child {
    pub row: u8,
    pub at: usize,
    pub position: u32,
}

/// Which of `rows`, in the order of the document, stand out of order: all but
/// a longest run that does not fall; of several, the one that begins first.
fn misplaced(rows: &[u8]) -> Vec<usize> {
    // For each, the length of the longest run that ends with it, and the one
    // before it there.
    let mut runs: Vec<(usize, Option<usize>)> = Vec::with_capacity(rows.len());
    for (at, row) in rows.iter().enumerate() {
        let before = rows.iter().zip(&runs).take(at).enumerate();
        let best = before
            .filter(|(_, (other, _))| *other <= row)
            .rev()
            .max_by_key(|(_, (_, (length, _)))| *length);
        runs.push(match best {
            Some((before, (_, (length, _)))) => (length + 1, Some(before)),
            None => (1, None),
        });
    }
    let longest = runs.iter().enumerate().rev().max_by_key(|(_, (length, _))| *length);
    let mut kept = vec![false; rows.len()];
    let mut next = longest.map(|(at, _)| at);
    while let Some(at) = next {
        if let Some(kept) = kept.get_mut(at) {
            *kept = true;
        }
        next = runs.get(at).and_then(|(_, before)| *before);
    }
    (0..rows.len()).filter(|at| !kept.get(*at).copied().unwrap_or_default()).collect()
}

impl Reader<'_> {
    /// Tells of the `children`, of an element of type `of` at `path`, that
    /// stand out of order.
    #[cold]
    pub(super) fn tell_order(&mut self, of: &'static Type, path: &str, mut children: Vec<Child>) {
        children.sort_by_key(|child| child.at);
        let rows: Vec<u8> = children.iter().map(|child| child.row).collect();
        for which in misplaced(&rows) {
            let Some(Child { row, at, position }) = children.get(which).copied() else { continue };
            let Some(element) = of.elements.get(usize::from(row)) else { continue };
            let is_early = rows.iter().skip(which).any(|other| *other < row);
            let how = if is_early {
                "before elements that precede it"
            } else {
                "behind elements that it precedes"
            };
            let path = format!("{path}{}", shown(&Place::new(element.name, position, at)));
            let words = format!("{} stands {how}", element.name);
            self.push(
                at,
                Finding::new(Code::ElementOrder, path, words, "write the schema's order"),
            );
        }
    }
}

//------------ Tests ---------------------------------------------------------

#[cfg(test)]
mod tests {
    use super::*;

    /// Which rows are told to stand out of order, of children in these rows.
    #[track_caller]
    fn check(rows: &[u8], wanted: &[u8]) {
        let told: Vec<u8> = misplaced(rows).into_iter().map(|at| rows[at]).collect();
        assert_eq!(told, wanted, "{rows:?}");
    }

    #[test]
    fn the_fewest_are_told() {
        check(&[], &[]);
        check(&[1, 2, 3, 7], &[]);
        // Back, forward, and over one alone.
        check(&[1, 3, 4, 5, 2], &[2]);
        check(&[5, 1, 2, 3, 4], &[5]);
        check(&[1, 2, 9, 3, 4, 10], &[9]);
        check(&[1, 3, 2, 4], &[2]);
        // One of a row in its place, and one behind.
        check(&[1, 2, 1], &[1]);
        // Two that are early, one among others.
        check(&[6, 1, 2, 12, 4, 5, 7, 8], &[6, 12]);
        // As long a run either way: the first stays.
        check(&[3, 9, 1, 2], &[1, 2]);
        check(&[4, 3, 2, 1], &[3, 2, 1]);
    }
}
