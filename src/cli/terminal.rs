//! Foreign text on a terminal: what others wrote, shown so that it can pass
//! for nothing but what it is.
//!
//! A certificate, a letter and a server's reply may hold any character. Some
//! would let them write over our own words, and none of them does here:
//!
//! - what moves the cursor or starts an escape sequence (also one that never
//!   ends) is shown by its number, as `<U+001B>`;
//! - so are the controls that turn text around (UAX #9, section 2: embeddings,
//!   overrides, isolates), with which a line can be made to read as another;
//! - Hebrew, Arabic and other text from right to left stands in an isolate of
//!   its own, so that what we write behind it, a digit above all, is not drawn
//!   into it;
//! - a mark that would sit on our own letters gets a dotted circle to sit on.
//!
//! Nothing else is touched: no normalising, no cutting, no other spelling.
//! Answers in JSON go to programs and hold what is in the certificate.

use std::iter::Peekable;
use std::str::Chars;

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// FIRST STRONG ISOLATE and POP DIRECTIONAL ISOLATE.
const ISOLATE: char = '\u{2068}';
const POP: char = '\u{2069}';

/// `text`, or a line of ours with foreign text in it, as it may be shown.
pub fn shown(text: &str) -> String {
    if text.bytes().all(|octet| (b' '..=b'~').contains(&octet)) {
        return text.to_owned();
    }
    let mut out = String::with_capacity(text.len() + 16);
    let mut letters = text.chars().peekable();
    // Whether a mark has something to sit on.
    let mut based = false;
    while let Some(letter) = letters.next() {
        if is_turned(letter) {
            out.push(ISOLATE);
            turned(letter, &mut letters, &mut out);
            out.push(POP);
            based = true;
        } else {
            one(letter, based, &mut out);
            based = !(letter.is_whitespace() || is_told(letter));
        }
    }
    out
}

/// How many columns `text` takes on a terminal: two for a letter of Chinese,
/// none for a mark.
pub fn width(text: &str) -> usize {
    text.width()
}

/// `text` with blanks behind it up to `columns`.
pub fn padded(text: &str, columns: usize) -> String {
    let missing = columns.saturating_sub(width(text));
    format!("{text}{:missing$}", "")
}

fn one(letter: char, based: bool, out: &mut String) {
    if is_told(letter) {
        out.push_str(&format!("<U+{:04X}>", u32::from(letter)));
    } else {
        if !based && is_mark(letter) {
            out.push('\u{25CC}');
        }
        out.push(letter);
    }
}

/// A run from right to left: to its last letter, with what stands between. It
/// ends before a letter from left to right, and before what is told.
fn turned(first: char, letters: &mut Peekable<Chars<'_>>, out: &mut String) {
    out.push(first);
    let mut ahead = letters.clone();
    let mut between = 0;
    while let Some(letter) = ahead.next().filter(|letter| !is_told(*letter)) {
        between += 1;
        if is_turned(letter) || is_mark(letter) || is_joiner(letter) {
            let goes = letters.by_ref().take(between);
            out.extend(goes);
            between = 0;
        } else if letter.is_alphabetic() {
            break;
        }
    }
}

/// What is shown by its number: controls of the terminal, of the order of
/// text and of lines, and what can be seen nowhere.
fn is_told(letter: char) -> bool {
    letter.is_control()
        || matches!(letter,
            '\u{2028}' | '\u{2029}'
            | '\u{202A}'..='\u{202E}'
            | '\u{2066}'..='\u{206F}'
            | '\u{FEFF}'
            | '\u{FFF9}'..='\u{FFFB}'
            | '\u{E0000}'..='\u{E007F}')
}

/// Whether a letter is from right to left: the blocks whose letters are so
/// unless said otherwise (UAX #9, section 3.2.2), and two marks of direction.
fn is_turned(letter: char) -> bool {
    matches!(letter,
        '\u{590}'..='\u{8FF}'
        | '\u{200F}'
        | '\u{FB1D}'..='\u{FDFF}'
        | '\u{FE70}'..='\u{FEFC}'
        | '\u{10800}'..='\u{10FFF}'
        | '\u{1E800}'..='\u{1EFFF}')
}

/// What says how its neighbours are drawn, and sits on none of them.
fn is_joiner(letter: char) -> bool {
    matches!(letter, '\u{200B}'..='\u{200F}' | '\u{2060}'..='\u{2064}' | '\u{AD}')
}

/// What takes no column of its own and sits on the letter before it.
fn is_mark(letter: char) -> bool {
    letter.width() == Some(0) && !is_joiner(letter) && !is_told(letter)
}

//------------ Tests ---------------------------------------------------------

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, wanted: &str) {
        assert_eq!(shown(text), wanted, "{}", text.escape_unicode());
    }

    /// Every script is shown as it is.
    #[test]
    fn honest_text_is_not_touched() {
        for text in [
            "BV/851/N-1, status 70: went out; is issued",
            "植物检疫证书 硫酰氟，64 g/m³",
            "\u{20000}\u{2A6D6}\u{F900}\u{FA0E}",
            "e\u{301} \u{E9} Å A\u{30A} \u{1E9B}\u{323}",
            "ไม้ผล น้ำ",
            "क्षेत्र र्‍य श्री",
            "தமிழ் கொ",
            "ភ្នំពេញ\u{200B}កម្ពុជា",
            "\u{1F468}\u{200D}\u{1F33E} \u{1F1E7}\u{1F1FB} ❤\u{FE0F} 葛\u{E0100}",
            "",
        ] {
            check(text, text);
        }
    }

    #[test]
    fn what_moves_a_cursor_is_told() {
        check("a\u{1B}[2Jb", "a<U+001B>[2Jb");
        check("\u{1B}]0;title", "<U+001B>]0;title");
        check("\u{9B}31m\u{90}q\u{7}", "<U+009B>31m<U+0090>q<U+0007>");
        check("a\r\nb\tc\u{7F}\0\u{8}", "a<U+000D><U+000A>b<U+0009>c<U+007F><U+0000><U+0008>");
        check("one\u{2028}two\u{FEFF}\u{E0041}", "one<U+2028>two<U+FEFF><U+E0041>");
    }

    /// An override would show `gpj.exe` as `exe.jpg`, and an isolate that ends
    /// ours would let it out.
    #[test]
    fn what_turns_text_around_is_told() {
        check("N-1\u{202E}devorppa\u{202C}", "N-1<U+202E>devorppa<U+202C>");
        check("\u{2066}a\u{2069}\u{2067}", "<U+2066>a<U+2069><U+2067>");
        check("של\u{2069}ום", "\u{2068}של\u{2069}<U+2069>\u{2068}ום\u{2069}");
    }

    #[test]
    fn right_to_left_stands_alone() {
        check("from شركة هيرد للتجارة, 20", "from \u{2068}شركة هيرد للتجارة\u{2069}, 20");
        check("'שלום 12' is no date", "'\u{2068}שלום\u{2069} 12' is no date");
        check("שלום 12 עולם", "\u{2068}שלום 12 עולם\u{2069}");
        check("אב CT גד", "\u{2068}אב\u{2069} CT \u{2068}גד\u{2069}");
        check("شَهَادَة", "\u{2068}شَهَادَة\u{2069}");
        check("می\u{200C}خواهم", "\u{2068}می\u{200C}خواهم\u{2069}");
        check("70\u{200F}1", "70\u{2068}\u{200F}\u{2069}1");
        // Isolates are closed, whatever is in them.
        for text in ["אב\u{202E}", "א\u{1B}ב", "\u{5B0}", "א\u{5B0}\n", "אb\u{301}"] {
            let shown = shown(text);
            let count = |wanted: char| shown.chars().filter(|letter| *letter == wanted).count();
            assert_eq!(count(ISOLATE), count(POP), "{}", shown.escape_unicode());
            assert!(count(ISOLATE) > 0);
        }
    }

    #[test]
    fn a_mark_sits_on_nothing_of_ours() {
        check("\u{338}= ", "\u{25CC}\u{338}= ");
        check("is \u{338}replaced", "is \u{25CC}\u{338}replaced");
        check("\u{1B}\u{301}", "<U+001B>\u{25CC}\u{301}");
    }

    #[test]
    fn columns_are_counted_not_letters() {
        assert_eq!([width("中文"), width("e\u{301}"), width("\u{2068}א\u{2069}")], [4, 1, 1]);
        assert_eq!(padded("中文", 6), "中文  ");
        assert_eq!(padded("中文", 3), "中文");
    }
}
