//! The letters of XML 1.0: which octets are a document's text.

use std::str;

use super::Stop;
use crate::refusal::Code;

/// How many octets are looked over together, without a branch at each.
const BLOCK: usize = 64;
/// How many are read as letters together, where there is more than ASCII.
const STRETCH: usize = 128;

/// Whether the document is text: UTF-8, and of nothing but legal characters
/// (production 2).
pub(super) fn text(octets: &[u8]) -> Result<(), Stop> {
    let wide = [&b"\xFF\xFE"[..], b"\xFE\xFF", b"\0<", b"<\0", b"\0\0", b"\x4C\x6F\xA7\x94"];
    if wide.iter().any(|start| octets.starts_with(start)) {
        return Err(Stop::new(Code::XmlEncoding, 0, "the document is not in UTF-8"));
    }
    if is_text(octets) { Ok(()) } else { Err(no_text(octets)) }
}

/// What is wrong with octets that are no text, and where: first whether they
/// are UTF-8 at all, to their end.
fn no_text(octets: &[u8]) -> Stop {
    match str::from_utf8(octets) {
        Err(fault) => {
            let words = format!("the document is not UTF-8: {fault}");
            Stop::new(Code::XmlEncoding, fault.valid_up_to(), words)
        }
        Ok(text) => {
            let found = text.char_indices().find(|(_, letter)| !is_legal(*letter));
            let (at, letter) = found.unwrap_or_default();
            let words = format!("the character U+{:04X} is not allowed", u32::from(letter));
            Stop::ill_formed(at, words)
        }
    }
}

/// [`text`] as a question. Stretches of ASCII, which is nearly all of any
/// certificate, are looked over once and in blocks; others are read as letters.
fn is_text(octets: &[u8]) -> bool {
    let mut rest = octets;
    loop {
        let (blocks, _) = rest.as_chunks::<BLOCK>();
        let plain = blocks.iter().take_while(|block| is_plain(block)).count();
        rest = rest.get(plain * BLOCK..).unwrap_or_default();
        if rest.is_empty() {
            return true;
        }
        let stretch = rest.get(..STRETCH).unwrap_or(rest);
        let text = match str::from_utf8(stretch) {
            Ok(text) => text,
            // The stretch ends inside a letter. Where the document does so too,
            // nothing of it is whole the next time.
            Err(fault) if fault.error_len().is_none() => {
                let whole = stretch.get(..fault.valid_up_to()).unwrap_or_default();
                str::from_utf8(whole).unwrap_or_default()
            }
            Err(_) => return false,
        };
        // U+FFFE and U+FFFF begin with EF, as few other letters do.
        let is_legal_text = has_none(text.as_bytes(), |octet| (octet == 0xEF) | is_control(octet))
            || text.chars().all(is_legal);
        if text.is_empty() || !is_legal_text {
            return false;
        }
        rest = rest.get(text.len()..).unwrap_or_default();
    }
}

/// Whether a block is of legal characters of ASCII: nearly always there is
/// not even a tab or a line's end.
fn is_plain(block: &[u8; BLOCK]) -> bool {
    has_none(block, |octet| octet.wrapping_sub(b' ') >= 0x60)
        || has_none(block, |octet| (octet >= 0x80) | is_control(octet))
}

#[inline(always)]
fn has_none(octets: &[u8], is_odd: impl Fn(u8) -> bool) -> bool {
    octets.iter().fold(0, |odd, octet| odd | u8::from(is_odd(*octet))) == 0
}

/// Whether an octet is one of the control characters that are not allowed; tab
/// and carriage return differ in one bit.
fn is_control(octet: u8) -> bool {
    (octet < b' ') & (octet & !0x04 != b'\t') & (octet != b'\n')
}

/// Char (production 2).
pub(crate) fn is_legal(letter: char) -> bool {
    matches!(letter, '\t' | '\n' | '\r' | ' '..='\u{FFFD}' | '\u{10000}'..)
}

/// S (production 3), one of it.
pub(super) fn is_blank(octet: u8) -> bool {
    (octet == b' ') | (octet == b'\t') | (octet == b'\r') | (octet == b'\n')
}

/// What a reference stands for: `lt`, `#65`, `#x41` without `&` and `;`.
pub(crate) fn meaning(body: &str) -> Option<char> {
    let number = match body {
        "amp" => return Some('&'),
        "apos" => return Some('\''),
        "gt" => return Some('>'),
        "lt" => return Some('<'),
        "quot" => return Some('"'),
        other => other.strip_prefix('#')?,
    };
    let (digits, radix) = match number.strip_prefix('x') {
        Some(digits) => (digits, 16),
        None => (number, 10),
    };
    // from_str_radix would take a sign.
    if !digits.starts_with(|letter: char| letter.is_digit(radix)) {
        return None;
    }
    let letter = char::from_u32(u32::from_str_radix(digits, radix).ok()?)?;
    is_legal(letter).then_some(letter)
}
