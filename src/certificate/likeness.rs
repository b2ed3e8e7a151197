//! How much one name is like another: what somebody may have mistyped.

/// How many letters to put in, take out or change (Levenshtein), case aside.
pub(crate) fn distance(typed: &[char], candidate: &str) -> usize {
    let mut before: Vec<usize> = (0..=typed.len()).collect();
    for (row, letter) in candidate.chars().flat_map(char::to_lowercase).enumerate() {
        let mut corner = row;
        let mut left = row + 1;
        if let Some(first) = before.first_mut() {
            *first = left;
        }
        for (place, other) in before.iter_mut().skip(1).zip(typed) {
            let change = corner + usize::from(letter != *other);
            corner = *place;
            left = change.min(left + 1).min(corner + 1);
            *place = left;
        }
    }
    before.last().copied().unwrap_or_default()
}

/// Whether `typed` may be `known`, mistyped: two letters, or a third of them.
pub(crate) fn is_like(typed: &str, known: &str) -> bool {
    let letters: Vec<char> = typed.chars().take(60).flat_map(char::to_lowercase).collect();
    distance(&letters, known) <= (letters.len() / 3).clamp(1, 2)
}

//------------ Tests ---------------------------------------------------------

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_like_what() {
        for typed in ["StatusCode", "Statuscode", "StatusCod", "SttausCode", "StatusCodes"] {
            assert!(is_like(typed, "StatusCode"), "{typed}");
        }
        for typed in ["TypeCode", "Status", "X", ""] {
            assert!(!is_like(typed, "StatusCode"), "{typed}");
        }
        assert!(is_like("IDx", "ID") && !is_like("Name", "ID"));
    }
}
