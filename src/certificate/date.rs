//! The forms of dates: what ISO 8601 has for one day or one moment.

use super::value::Form;

/// A date `2026-11-20` or a time `2026-11-20T10:15:00+01:00`.
///
/// `format` is the attribute of that name: with `102`, `203`, `204` or `205`
/// (list 2379) the digits alone are taken. What else ISO 8601 has for one day
/// or moment is loose, and so is a time without a zone.
pub fn date(text: &str, format: Option<&str>) -> Form {
    let by_format = match format {
        Some("102") => digits_only(text, 8),
        Some("203") => digits_only(text, 12),
        Some("204") => digits_only(text, 14),
        Some("205") => {
            let at = text.len().min(12);
            match (text.get(..at), text.get(at..)) {
                (Some(digits), Some(zone)) if zone.len() == 5 && zone_is_good(zone, "") => {
                    digits_only(digits, 12)
                }
                (_, _) => Form::None,
            }
        }
        Some(_) | None => return plain_date(text),
    };
    match (by_format, format) {
        (Form::Good, Some("203" | "204")) => Form::Loose("it has no zone"),
        (Form::None, _) => match plain_date(text) {
            Form::Good | Form::Loose(_) => Form::Loose("it is not written as its format says"),
            other @ (Form::None | Form::TooLong) => other,
        },
        (form, _) => form,
    }
}

fn plain_date(text: &str) -> Form {
    if is_usual(text.as_bytes()) {
        return Form::Good;
    }
    let Some((day, rest)) = day_and_rest(text) else { return Form::None };
    if !day_is_good(&day) {
        return Form::None;
    }
    let is_basic = !text.get(..5).is_some_and(|start| start.ends_with('-'));
    if day.starts_with('0') {
        return Form::Loose("the year cannot be meant");
    }
    if rest.is_empty() {
        return if is_basic { Form::Loose("it has no strokes") } else { Form::Good };
    }
    let Some(time) = rest.strip_prefix(['T', ' ']) else {
        return if zone_is_good(rest, ":") {
            Form::Loose("it is a date with a zone")
        } else {
            Form::None
        };
    };
    match time_of(time) {
        Some(Time { strict: true, zone: true }) if !is_basic && rest.starts_with('T') => Form::Good,
        Some(Time { zone: false, .. }) => Form::Loose("it has no zone"),
        Some(_) => Form::Loose("it is a time, but not written as agreed"),
        None => Form::None,
    }
}

/// Whether a date is in one of the two forms that nearly all have, by its
/// octets alone: a day, or a time to the second with a zone. The years of one
/// century, and no leap day: what else is good is found to be so more slowly.
fn is_usual(text: &[u8]) -> bool {
    let number = |at: usize| match text.get(at..at + 2) {
        Some([tens @ b'0'..=b'9', ones @ b'0'..=b'9']) => (tens - b'0') * 10 + (ones - b'0'),
        Some(_) | None => u8::MAX,
    };
    let stroke = |at: usize, wanted: u8| text.get(at) == Some(&wanted);
    let day = stroke(4, b'-')
        && stroke(7, b'-')
        && number(0) == 20
        && number(2) <= 99
        && matches!((number(5), number(8)), (1..=12, 1..=28) | (1 | 3..=12, 29 | 30));
    let clock = || {
        stroke(10, b'T')
            && stroke(13, b':')
            && stroke(16, b':')
            && (number(11) <= 23 && number(14) <= 59 && number(17) <= 59)
    };
    let zone = || {
        matches!(text.get(19), Some(b'+' | b'-'))
            && stroke(22, b':')
            && (number(20) <= 13 && number(23) <= 59)
    };
    match text.len() {
        10 => day,
        20 => day && clock() && stroke(19, b'Z'),
        25 => day && clock() && zone(),
        _ => false,
    }
}

/// The day with its strokes, and what stands behind it.
fn day_and_rest(text: &str) -> Option<(String, &str)> {
    if text.as_bytes().get(4) == Some(&b'-') {
        let (day, rest) = text.split_at_checked(10)?;
        return Some((day.to_owned(), rest));
    }
    let (digits, rest) = text.split_at_checked(8)?;
    let part = |from: usize, to: usize| digits.get(from..to);
    Some((format!("{}-{}-{}", part(0, 4)?, part(4, 6)?, part(6, 8)?), rest))
}

/// What a time of day is: written as agreed, and with a zone.
struct Time {
    strict: bool,
    zone: bool,
}

/// A time of day in any of the forms of ISO 8601 that mean one moment.
fn time_of(text: &str) -> Option<Time> {
    let end = text.find(['Z', '+', '-']).unwrap_or(text.len());
    let (clock, zone) = text.split_at(end);
    let zone_strict = zone_is_good(zone, ":");
    let zone_loose =
        zone_is_good(zone, "") || zone.len() == 3 && zone_is_good(&format!("{zone}:00"), ":");
    if !(zone.is_empty() || zone_strict || zone_loose) {
        return None;
    }
    let (clock, fraction) = match clock.split_once(['.', ',']) {
        Some((clock, fraction)) => (clock, Some(fraction)),
        None => (clock, None),
    };
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|o| o.is_ascii_digit());
    if fraction.is_some_and(|fraction| !digits(fraction)) {
        return None;
    }
    let comma = text.contains(',');
    let spread = match (clock.len(), clock.contains(':')) {
        (4, false) => format!("{}:{}:00", clock.get(..2)?, clock.get(2..)?),
        (5, true) => format!("{clock}:00"),
        (6, false) => format!("{}:{}:{}", clock.get(..2)?, clock.get(2..4)?, clock.get(4..)?),
        (8, true) => clock.to_owned(),
        (_, _) => return None,
    };
    // The last second of a day that has one more, and the end of a day.
    let (usual, strict) = match spread.as_str() {
        "24:00:00" => ("23:59:59".to_owned(), false),
        other => match other.strip_suffix(":60") {
            Some(start) => (format!("{start}:59"), false),
            None => (other.to_owned(), spread == clock && !comma),
        },
    };
    let strict = strict && (zone.is_empty() || zone_strict);
    clock_is_good(&usual).then_some(Time { strict, zone: !zone.is_empty() })
}

//------------ What was meant ------------------------------------------------

/// The date that somebody meant, if their text can be read in one way only:
/// `26/02/2024`, `26.2.2024`, `20261120`, `2026/11/20`, `2026-11-20 10:15:00Z`.
pub fn date_meant(text: &str) -> Option<String> {
    let text = text.trim();
    if text.len() == 8 && text.bytes().all(|octet| octet.is_ascii_digit()) {
        let (year, rest) = text.split_at(4);
        let (month, day) = rest.split_at(2);
        return good_day(year, month, day);
    }
    if let Some((day, clock)) = text.split_once(' ') {
        let meant = format!("{day}T{clock}");
        return matches!(date(&meant, None), Form::Good).then_some(meant);
    }
    let parts: Vec<&str> = text.split(['/', '.', '-']).collect();
    let [first, second, third] = parts.as_slice() else { return None };
    match (first.len(), third.len()) {
        (4, _) => good_day(first, second, third),
        (_, 4) => {
            let as_day = good_day(third, second, first);
            let as_month = good_day(third, first, second);
            match (as_day, as_month) {
                (Some(one), Some(other)) => (one == other).then_some(one),
                (one, other) => one.or(other),
            }
        }
        (_, _) => None,
    }
}

fn good_day(year: &str, month: &str, day: &str) -> Option<String> {
    let meant = format!("{year}-{month:0>2}-{day:0>2}");
    day_is_good(&meant).then_some(meant)
}

//------------ Parts of dates ------------------------------------------------

fn digits_only(text: &str, length: usize) -> Form {
    if text.len() != length || !text.bytes().all(|octet| octet.is_ascii_digit()) {
        return Form::None;
    }
    let part = |from: usize, to: usize| text.get(from..to).unwrap_or_default();
    let day = format!("{}-{}-{}", part(0, 4), part(4, 6), part(6, 8));
    let clock = match length {
        12 => format!("{}:{}:00", part(8, 10), part(10, 12)),
        14 => format!("{}:{}:{}", part(8, 10), part(10, 12), part(12, 14)),
        _ => "00:00:00".to_owned(),
    };
    if day_is_good(&day) && clock_is_good(&clock) { Form::Good } else { Form::None }
}

/// Two digits as a number.
fn pair(text: &str) -> Option<u8> {
    let good = text.len() == 2 && text.bytes().all(|octet| octet.is_ascii_digit());
    if good { text.parse().ok() } else { None }
}

fn day_is_good(text: &str) -> bool {
    let mut parts = text.split('-');
    let (Some(year), Some(month), Some(day), None) =
        (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return false;
    };
    let (Some(century), Some(decade)) =
        (year.get(..2).and_then(pair), year.get(2..).and_then(pair))
    else {
        return false;
    };
    let year = i16::from(century) * 100 + i16::from(decade);
    let (Some(month), Some(day)) = (pair(month), pair(day)) else { return false };
    let (Ok(month), Ok(day)) = (i8::try_from(month), i8::try_from(day)) else { return false };
    jiff::civil::Date::new(year, month, day).is_ok()
}

fn clock_is_good(text: &str) -> bool {
    let mut parts = text.split(':').map(pair);
    matches!(
        (parts.next(), parts.next(), parts.next(), parts.next()),
        (Some(Some(0..=23)), Some(Some(0..=59)), Some(Some(0..=59)), None)
    )
}

/// `Z`, or a sign, hours, `between` and minutes.
fn zone_is_good(text: &str, between: &str) -> bool {
    if text == "Z" {
        return true;
    }
    let Some(offset) = text.strip_prefix(['+', '-']) else { return false };
    let Some((hours, rest)) = offset.split_at_checked(2) else { return false };
    let minutes = rest.strip_prefix(between).and_then(pair);
    matches!((pair(hours), minutes), (Some(0..=13), Some(0..=59)) | (Some(14), Some(0)))
}

//------------ Tests ---------------------------------------------------------

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(found: Form, wanted: &str) {
        assert_eq!(found.name(), wanted);
    }

    /// The short way says good only where the long one does.
    #[test]
    fn the_usual_forms_are_good() {
        let mut seen = 0;
        for month in 0..=13 {
            for day in 0..=32 {
                let text = format!("2026-{month:02}-{day:02}");
                if is_usual(text.as_bytes()) {
                    assert!(day_is_good(&text), "{text}");
                    seen += 1;
                }
            }
        }
        assert_eq!(seen, 12 * 28 + 11 * 2);
        for text in ["2026-11-20T10:15:00Z", "2026-11-20T23:59:59-13:59"] {
            assert!(is_usual(text.as_bytes()) && time_of(&text[11..]).is_some(), "{text}");
        }
        for text in [
            "1999-01-01",
            "2026-02-29",
            "2026-11-20T24:00:00Z",
            "2026-11-20T10:60:00Z",
            "2026-11-20T10:15:00+14:00",
            "2026-11-20T10:15:00+01 00",
            "2026-11-20 10:15:00Z",
            "20x6-11-20",
            "2026-11-2０",
        ] {
            assert!(!is_usual(text.as_bytes()), "{text}");
        }
    }

    #[test]
    fn dates() {
        for text in [
            "2026-11-20",
            "2024-02-29",
            "2026-11-20T10:15:00+01:00",
            "2026-11-20T10:15:00Z",
            "2026-11-20T10:15:00.123-14:00",
        ] {
            check(date(text, None), "good");
        }
        for text in [
            "2026-11-20T10:15:00",
            "2026-11-20Z",
            "2026-11-20T10:15:00.5",
            "2026-11-20 10:15:00",
            "2026-11-20T24:00:00Z",
            "2026-11-20T23:59:60Z",
            "2026-11-20T10:15",
            "2026-11-20T10:15Z",
            "2026-11-20T10:15:00+0100",
            "2026-11-20T10:15:00+01",
            "2026-11-20T10:15:00,5Z",
            "20261120",
            "20261120T101500Z",
            "0001-01-01",
        ] {
            check(date(text, None), "loose");
        }
        for text in [
            "",
            "26/02/2024",
            "2026-02-29",
            "2026-13-01",
            "2026-11-20T10:15:00.Z",
            "2026-11-20T10:15:00+15:00",
            "2026-11-20T25:00:00Z",
            "2026-11-20T10:15:61Z",
            "2026-11-20T1015:00Z",
            "20261320",
            "2026112",
            "2026-1-20",
            "２０２６-11-20",
            "+026-11-20",
        ] {
            check(date(text, None), "none");
        }
        check(date("20261120", Some("102")), "good");
        check(date("202611201015", Some("203")), "loose");
        check(date("2026-11-20", Some("102")), "loose");
        check(date("2026-11-20T10:15:00Z", Some("205")), "loose");
        check(date("202611201015+0100", Some("205")), "good");
        check(date("20261320", Some("102")), "none");
    }

    #[test]
    fn what_was_meant_is_told_only_where_it_is_certain() {
        for (text, meant) in [
            ("26/02/2024", "2024-02-26"),
            ("02/26/2024", "2024-02-26"),
            ("26.2.2024", "2024-02-26"),
            ("5/5/2024", "2024-05-05"),
            ("20261120", "2026-11-20"),
            ("2026/11/20", "2026-11-20"),
            ("2026-11-20 10:15:00Z", "2026-11-20T10:15:00Z"),
        ] {
            assert_eq!(date_meant(text).as_deref(), Some(meant), "{text}");
        }
        for text in ["", "05/06/2024", "30/02/2024", "26/02/24", "yesterday", "20261320"] {
            assert_eq!(date_meant(text), None, "{text}");
        }
    }
}
