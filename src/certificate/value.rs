//! The forms of numbers and of base64, and the blanks that are no part of a
//! value. Dates have a file of their own, [`super::date`].

use base64_simd::STANDARD_NO_PAD;
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
    /// It is a number with more digits than any amount has.
    TooLong,
}

#[cfg(test)]
impl Form {
    /// A word for tests.
    pub(super) fn name(self) -> &'static str {
        match self {
            Form::Good => "good",
            Form::Loose(_) => "loose",
            Form::None => "none",
            Form::TooLong => "too long",
        }
    }
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
    if whole.len() > 20 && all_digits(whole) {
        return Form::TooLong;
    }
    let some_digit = !whole.is_empty() || fraction.is_some_and(|fraction| !fraction.is_empty());
    if !(all_digits(whole) && fraction.is_none_or(all_digits) && some_digit && whole.len() <= 20) {
        Form::None
    } else if sign == Some("+") || whole.is_empty() || fraction == Some("") {
        Form::Loose("it has a plus sign, or no digit on one side of the point")
    } else {
        Form::Good
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

//------------ Blanks --------------------------------------------------------

/// A blank of XML (production 3).
#[inline]
pub fn is_blank(letter: char) -> bool {
    matches!(letter, ' ' | '\t' | '\r' | '\n')
}

/// A value without the blanks that are no part of it, where it has such: only
/// text keeps its own.
pub fn collapsed(shape: Shape, text: &str) -> Option<CompactString> {
    if !shape.collapses() || !text.bytes().any(|octet| is_blank(char::from(octet))) {
        return None;
    }
    let parts = text.split(is_blank).filter(|part| !part.is_empty());
    if shape == Shape::Binary {
        // What is no base64 is kept as it was typed.
        let joined: CompactString = parts.collect();
        return is_base64(&joined).then_some(joined);
    }
    Some(parts.collect::<Vec<&str>>().join(" ").into()).filter(|joined| joined != text)
}

/// Whether a text is base64 (RFC 4648, section 4): the alphabet, whole groups,
/// padding at the end and no stray bits under it.
pub fn is_base64(text: &str) -> bool {
    // Only the last group can hold padding; the rest is looked at where it lies.
    let octets = text.as_bytes();
    let split = octets.len().saturating_sub(4);
    let (body, last) = octets.split_at(split);
    octets.len().is_multiple_of(4)
        && STANDARD_NO_PAD.check(body).is_ok()
        && data_encoding::BASE64.decode(last).is_ok()
}

//------------ Tests ---------------------------------------------------------

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(found: Form, wanted: &str) {
        assert_eq!(found.name(), wanted);
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
        check(number("123456789012345678901"), "too long");
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
}
