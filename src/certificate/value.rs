//! The forms of numbers and dates, and the blanks that are no part of a value.

use compact_str::CompactString;

use super::element::Shape;

//------------ Form ----------------------------------------------------------

/// How well a text has the form its place wants.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Form {
    /// As a submission must have it.
    Good,
    /// It means what it should, but is not written so; the words say how.
    Loose(&'static str),
    /// It is none.
    None,
}

/// A number: `-?[0-9]+(\.[0-9]+)?`, at most 20 digits before the point. What
/// else XML Schema calls a decimal (`+5`, `.5`, `5.`) is loose.
pub fn number(text: &str) -> Form {
    let (sign, digits) = match text.strip_prefix(['-', '+']) {
        Some(digits) => (text.get(..1), digits),
        None => (None, text),
    };
    let (whole, fraction) = match digits.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (digits, None),
    };
    let all_digits = |part: &str| part.bytes().all(|octet| octet.is_ascii_digit());
    let some_digit = !whole.is_empty() || fraction.is_some_and(|fraction| !fraction.is_empty());
    if !(all_digits(whole) && fraction.is_none_or(all_digits) && some_digit && whole.len() <= 20) {
        Form::None
    } else if sign == Some("+") || whole.is_empty() || fraction == Some("") {
        Form::Loose("it has a plus sign, or no digit on one side of the point")
    } else {
        Form::Good
    }
}

/// A date `2026-11-20` or a time `2026-11-20T10:15:00+01:00`.
///
/// `format` is the attribute of that name: with `102`, `203` or `205` (list
/// 2379) the digits alone are taken. A time without a zone is loose.
pub fn date(text: &str, format: Option<&str>) -> Form {
    match format {
        Some("102") => return digits_only(text, 8),
        Some("203") => return digits_only(text, 12),
        Some("204") => return digits_only(text, 14),
        Some("205") => {
            let at = text.len().min(12);
            return match (text.get(..at), text.get(at..)) {
                (Some(digits), Some(zone)) if zone.len() == 5 && zone_is_good(zone, "") => {
                    digits_only(digits, 12)
                }
                (_, _) => Form::None,
            };
        }
        Some(_) | None => {}
    }
    let Some((day, rest)) = text.split_at_checked(10) else { return Form::None };
    if !day_is_good(day) {
        return Form::None;
    }
    if rest.is_empty() {
        return Form::Good;
    }
    let Some(time) = rest.strip_prefix('T') else {
        return if zone_is_good(rest, ":") {
            Form::Loose("it is a date with a zone")
        } else {
            Form::None
        };
    };
    let Some((clock, rest)) = time.split_at_checked(8) else { return Form::None };
    if !clock_is_good(clock) {
        return Form::None;
    }
    let rest = match rest.strip_prefix('.') {
        Some(fraction) => {
            let zone = fraction.trim_start_matches(|letter: char| letter.is_ascii_digit());
            if zone.len() == fraction.len() {
                return Form::None;
            }
            zone
        }
        None => rest,
    };
    if rest.is_empty() {
        Form::Loose("it has no zone")
    } else if zone_is_good(rest, ":") {
        Form::Good
    } else {
        Form::None
    }
}

//------------ What was meant ------------------------------------------------

/// The number that somebody meant, and the unit they wrote behind it, if any:
/// a comma for the point, marks between thousands, a unit.
///
/// Only what can be read in one way: `1,250` may be either, and is left.
pub fn number_meant(text: &str) -> Option<(String, &str)> {
    let text = text.trim();
    let end = text.rfind(|letter: char| letter.is_ascii_digit())? + 1;
    let (digits, unit) = text.split_at(end);
    if !unit.trim().chars().all(|letter| letter.is_alphabetic() || "³²°.".contains(letter)) {
        return None;
    }
    let marks: Vec<char> = digits.chars().filter(|letter| ",.' ".contains(*letter)).collect();
    let plain = |point: char| -> String {
        let kept = digits.chars().filter(|letter| *letter == point || !",.' ".contains(*letter));
        kept.map(|letter| if letter == point { '.' } else { letter }).collect()
    };
    let behind = |mark: char| digits.rsplit(mark).next().map_or(0, str::len);
    let meant = match marks.as_slice() {
        [] | ['.'] => digits.to_owned(),
        [','] if behind(',') != 3 => plain(','),
        [','] => return None,
        [.., last @ ('.' | ',')] if marks.iter().filter(|mark| *mark == last).count() == 1 => {
            plain(*last)
        }
        _ => return None,
    };
    let meant = meant.strip_prefix('+').map_or(meant.clone(), str::to_owned);
    matches!(number(&meant), Form::Good).then_some((meant, unit.trim()))
}

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

//------------ Blanks --------------------------------------------------------

/// A blank of XML (production 3).
#[inline]
pub fn is_blank(letter: char) -> bool {
    matches!(letter, ' ' | '\t' | '\r' | '\n')
}

/// Whether any octet is one of those looked for; many are looked at at once,
/// as an attachment has millions.
fn any(octets: &[u8], wanted: impl Fn(u8) -> bool) -> bool {
    octets.chunks(256).any(|chunk| chunk.iter().fold(false, |found, octet| found | wanted(*octet)))
}

/// The value without blanks that are no part of it: only text keeps its own.
pub fn collapsed(shape: Shape, text: CompactString) -> CompactString {
    if !shape.collapses() || !any(text.as_bytes(), |octet| is_blank(char::from(octet))) {
        return text;
    }
    let parts = text.split(is_blank).filter(|part| !part.is_empty());
    if shape == Shape::Binary {
        let joined: CompactString = parts.collect();
        // What is no base64 is kept as it was typed.
        return if is_base64(&joined) { joined } else { text };
    }
    parts.collect::<Vec<&str>>().join(" ").into()
}

/// Whether a text is base64 (RFC 4648, section 4): the alphabet, whole groups,
/// padding at the end and no stray bits under it.
pub fn is_base64(text: &str) -> bool {
    // Only the last group can hold padding; the rest is looked at where it lies.
    let octets = text.as_bytes();
    let split = octets.len().saturating_sub(4);
    let (body, last) = octets.split_at(split);
    octets.len().is_multiple_of(4)
        && !any(body, |octet| !(octet.is_ascii_alphanumeric() || matches!(octet, b'+' | b'/')))
        && data_encoding::BASE64.decode(last).is_ok()
}

//------------ Tests ---------------------------------------------------------

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(found: Form, wanted: &str) {
        let name = match found {
            Form::Good => "good",
            Form::Loose(_) => "loose",
            Form::None => "none",
        };
        assert_eq!(name, wanted);
    }

    #[test]
    fn numbers() {
        for text in ["0", "20500.00", "-0.5", "12345678901234567890.123456"] {
            check(number(text), "good");
        }
        for text in ["+5", ".5", "5.", "-.5"] {
            check(number(text), "loose");
        }
        for text in ["", "-", ".", "12,5", "12,5 kg", "1e3", " 1", "0x1", "INF", "１", "1.2.3"] {
            check(number(text), "none");
        }
        check(number("123456789012345678901"), "none");
    }

    #[test]
    fn what_was_meant_is_told_only_where_it_is_certain() {
        for (text, meant, unit) in [
            ("12,5", "12.5", ""),
            ("12,5 kg", "12.5", "kg"),
            ("1,250.00", "1250.00", ""),
            ("1.250,00", "1250.00", ""),
            ("1 250.5", "1250.5", ""),
            ("1'250'000.5", "1250000.5", ""),
            ("20500 KGS", "20500", "KGS"),
            ("+5", "5", ""),
            ("-12,5", "-12.5", ""),
        ] {
            assert_eq!(number_meant(text), Some((meant.to_owned(), unit)), "{text}");
        }
        for text in ["", "kg", "1,250", "1e3", "1,2,3", "twelve", "1-2", "12,5/3"] {
            assert_eq!(number_meant(text), None, "{text}");
        }
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

    #[test]
    fn base64_is_judged_without_decoding_it() {
        for text in ["", "AA==", "AAA=", "AAAA", "JVBERi0xLjQK", "+/+/"] {
            assert!(is_base64(text), "{text}");
        }
        for text in ["A", "AA", "AA=A", "AB==", "A===", "AA==AAAA", "AA-_", "AAA A", "é==="] {
            assert!(!is_base64(text), "{text}");
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
        for text in ["2026-11-20T10:15:00", "2026-11-20Z", "2026-11-20T10:15:00.5"] {
            check(date(text, None), "loose");
        }
        for text in [
            "",
            "26/02/2024",
            "2026-02-29",
            "2026-13-01",
            "2026-11-20 10:15:00",
            "2026-11-20T24:00:00Z",
            "2026-11-20T10:15",
            "2026-11-20T10:15:00.Z",
            "2026-11-20T10:15:00+15:00",
            "20261120",
            "2026-1-20",
            "２０２６-11-20",
            "+026-11-20",
        ] {
            check(date(text, None), "none");
        }
        check(date("20261120", Some("102")), "good");
        check(date("202611201015", Some("203")), "good");
        check(date("202611201015+0100", Some("205")), "good");
        check(date("20261320", Some("102")), "none");
    }
}
