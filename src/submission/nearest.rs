//! The nearest known name to a mistyped one.

/// The candidate with the fewest letters to change, if it is near at all.
pub(super) fn nearest<'a>(
    typed: &str,
    candidates: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    let typed: Vec<char> = typed.chars().take(60).flat_map(char::to_lowercase).collect();
    let limit = (typed.len() / 3).max(1);
    candidates
        .into_iter()
        .map(|candidate| (distance(&typed, candidate), candidate))
        .filter(|(distance, _)| *distance <= limit)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// How many letters to put in, take out or change (Levenshtein), case aside.
fn distance(typed: &[char], candidate: &str) -> usize {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(typed: &str, wanted: Option<&str>) {
        let names = ["netWeightMeasure", "grossWeightMeasure", "description", "id"];
        assert_eq!(nearest(typed, names), wanted, "{typed}");
    }

    #[test]
    fn finds_the_typo() {
        check("nettWeightMeasure", Some("netWeightMeasure"));
        check("NetWeightMeasure", Some("netWeightMeasure"));
        check("nettoWeight", None);
        check("descripton", Some("description"));
        check("ID", Some("id"));
        check("farbe", None);
        check("", None);
        check(&"x".repeat(100_000), None);
        assert_eq!(distance(&['a', 'b', 'c'], "abd"), 1);
        assert_eq!(distance(&[], "abc"), 3);
    }
}
