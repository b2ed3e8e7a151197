//! Which code somebody meant who wrote a name: what people write, no standard.

use super::List;

/// The code that somebody wrote by a name that people use.
pub fn code_called(list: List, text: &str) -> Option<&'static str> {
    let small = text.trim().to_lowercase();
    match (list, small.as_str()) {
        (List::Status, "issued" | "valid" | "active") => Some("70"),
        (List::Status, "withdrawn" | "revoked") => Some("40"),
        (List::Status, "rejected") => Some("41"),
        (List::Status, "replaced") => Some("44"),
        (List::Status, "draft") => Some("47"),
        (List::Status, "cancelled" | "canceled") => Some("64"),
        // Many a name of that list is of something else.
        (List::Status, _) => None,
        (List::Transport, "sea" | "ship" | "vessel" | "maritime" | "ocean") => Some("1"),
        (List::Transport, "rail" | "train") => Some("2"),
        (List::Transport, "road" | "truck" | "lorry") => Some("3"),
        (List::Transport, "air" | "plane" | "flight") => Some("4"),
        (_, small) => list.called(small).or_else(|| list.called(small.strip_suffix('s')?)),
    }
}

/// The code of a country that somebody wrote by its name or in small letters.
pub fn country_called(text: &str) -> Option<&'static str> {
    let text = text.trim();
    match text.to_lowercase().as_str() {
        "el" => return Some("GR"),
        "kosovo" => return Some("XK"),
        "northern ireland" => return Some("XI"),
        "russia" => return Some("RU"),
        "taiwan" => return Some("TW"),
        "the netherlands" | "holland" => return Some("NL"),
        "uk" | "united kingdom" | "great britain" => return Some("GB"),
        "united states" | "u.s.a." => return Some("US"),
        _ => {}
    }
    let all = rust_iso3166::ALL.iter();
    let mut named = all.filter(|country| {
        country.name.eq_ignore_ascii_case(text)
            || country.alpha2.eq_ignore_ascii_case(text)
            || country.alpha3.eq_ignore_ascii_case(text)
    });
    named.next().map(|country| country.alpha2)
}

/// The code of a unit that somebody wrote as people write it.
pub fn unit_called(text: &str) -> Option<&'static str> {
    let text = text.trim();
    let known = match text.trim_end_matches('.') {
        "kg" | "Kg" | "KG" | "kgs" | "Kgs" | "kilo" | "kilos" | "kilograms" => "KGM",
        "t" | "T" | "to" | "ton" | "tonne" | "tonnes" | "MT" | "mt" => "TNE",
        "g" | "gr" => "GRM",
        "l" | "L" | "lt" | "ltr" => "LTR",
        "m3" | "m³" | "cbm" => "MTQ",
        "m2" | "m²" => "MTK",
        "pcs" | "pc" | "piece" | "pieces" => "H87",
        "°C" | "C" | "degC" => "CEL",
        "h" | "hr" | "hrs" | "hours" => "HUR",
        "min" | "minutes" => "MIN",
        "d" | "days" => "DAY",
        "lb" | "lbs" => "LBR",
        other => return List::Unit.called(other),
    };
    Some(known)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_people_write() {
        for (text, code) in
            [("Norway", "NO"), ("no", "NO"), ("NOR", "NO"), ("UK", "GB"), ("United States", "US")]
        {
            assert_eq!(country_called(text), Some(code), "{text}");
        }
        for (text, code) in [("kg", "KGM"), ("kgm", "KGM"), ("TNE ", "TNE"), ("°C", "CEL")] {
            assert_eq!(unit_called(text), Some(code), "{text}");
        }
        for (list, text, code) in [
            (List::Package, "cartons", Some("CT")),
            (List::Package, "ct", Some("CT")),
            (List::Transport, "road", Some("3")),
            (List::Status, "withdrawn", Some("40")),
            (List::Status, "final", None),
        ] {
            assert_eq!(code_called(list, text), code, "{text}");
        }
    }
}
