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

/// Whether `typed` may be `known`, mistyped.
pub(crate) fn is_like(typed: &str, known: &str) -> bool {
    meant(typed, std::iter::once(known)).is_some()
}

/// Which of the names `known` somebody meant who typed `typed`: the one that is
/// most like it, two letters or a third of them apart. `SPS` is left out by
/// many, as our JSON does.
pub(crate) fn meant<'k>(typed: &str, known: impl Iterator<Item = &'k str>) -> Option<&'k str> {
    let typed = typed.replace("SPS", "");
    let letters: Vec<char> = typed.chars().take(60).flat_map(char::to_lowercase).collect();
    let mut best: Option<(usize, &str)> = None;
    let mut is_alone = false;
    for known in known {
        let far = distance(&letters, &known.replace("SPS", ""));
        match best {
            Some((least, _)) if far > least => {}
            Some((least, _)) if far == least => is_alone = false,
            Some(_) | None => (best, is_alone) = (Some((far, known)), true),
        }
    }
    let most = (letters.len() / 3).clamp(1, 2);
    best.filter(|(far, _)| is_alone && *far <= most).map(|(_, known)| known)
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

    #[test]
    fn who_meant_what() {
        let known = ["ImportSPSCountry", "ExportSPSCountry", "NetWeightMeasure", "ID"];
        for (typed, wanted) in [
            ("ImportCountry", Some("ImportSPSCountry")),
            ("exportCountry", Some("ExportSPSCountry")),
            ("NettWeightMeasure", Some("NetWeightMeasure")),
            ("NetWeightMeasure", Some("NetWeightMeasure")),
            // As near to the one as to the other.
            ("InportSPSCountry", Some("ImportSPSCountry")),
            ("ExmportSPSCountry", Some("ExportSPSCountry")),
            ("GrossWeightMeasure", None),
            ("Weight", None),
        ] {
            assert_eq!(meant(typed, known.into_iter()), wanted, "{typed}");
        }
        assert_eq!(meant("Typo", ["Type", "Typ"].into_iter()), None);
    }
}
