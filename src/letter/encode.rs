//! Transfer encodings, folding and encoded words, both ways.

use std::borrow::Cow;

use base64_simd::{Out, STANDARD, STANDARD_NO_PAD};
use data_encoding::BASE64;

use super::field::without_comments;

//------------ Writing -------------------------------------------------------

/// `fields` (whole lines, the empty one included), then `octets` in base64 at
/// 76 (RFC 2045, section 6.8), the last line ended.
pub(crate) fn base64_entity(fields: &str, octets: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(fields.len() + base64_length(octets.len()));
    out.extend_from_slice(fields.as_bytes());
    append_base64(&mut out, octets);
    out
}

/// Appends `octets` in base64 at 76, every line ended with CRLF.
///
/// A piece of many lines at a time, by the widest instructions there are: a
/// letter is encoded three times over, and even a line at a time by a table
/// took an eighth of all the time it took to seal.
pub(crate) fn append_base64(out: &mut Vec<u8>, octets: &[u8]) {
    out.reserve(base64_length(octets.len()));
    let mut letters = [0; LETTERS * PIECE];
    for piece in octets.chunks(OCTETS * PIECE) {
        let letters = STANDARD.encode(piece, Out::from_slice(&mut letters));
        for line in letters.chunks(LETTERS) {
            out.extend_from_slice(line);
            out.extend_from_slice(b"\r\n");
        }
    }
}

fn base64_length(octets: usize) -> usize {
    octets.div_ceil(OCTETS) * (LETTERS + 2)
}

/// One header field, folded at 78 with CRLF SP at its blanks, never inside a
/// token (RFC 5322, section 2.2.3), and ended.
pub(crate) fn append_field(out: &mut String, name: &str, value: &str) {
    let mut column = name.len() + 1;
    out.push_str(name);
    out.push(':');
    for token in value.split(' ') {
        if column + 1 + token.len() > FOLD && column > name.len() + 1 {
            out.push_str("\r\n");
            column = 0;
        }
        out.push(' ');
        out.push_str(token);
        column += 1 + token.len();
    }
    out.push_str("\r\n");
}

/// `text` as an unstructured field value: itself where it is printable ASCII
/// in plain words, else encoded words (RFC 2047), each of whole characters.
pub(crate) fn encoded_words(text: &str) -> String {
    let plain = text.bytes().all(|octet| (b' '..=b'~').contains(&octet))
        && !text.contains("=?")
        && !text.contains("  ")
        && text.trim() == text
        && text.split(' ').all(|token| token.len() <= 60);
    if plain {
        return text.to_owned();
    }
    // 75 octets at most (section 2), 12 of them around the base64.
    let mut words = Vec::new();
    let mut chunk = String::new();
    for c in text.chars() {
        if chunk.len() + c.len_utf8() > 45 {
            words.push(std::mem::take(&mut chunk));
        }
        chunk.push(c);
    }
    words.push(chunk);
    let words: Vec<String> = words
        .iter()
        .map(|word| format!("=?UTF-8?B?{}?=", BASE64.encode(word.as_bytes())))
        .collect();
    words.join(" ")
}

//------------ Reading -------------------------------------------------------

/// What Content-Transfer-Encoding says (RFC 2045, section 6.1).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Transfer {
    Base64,
    /// 7bit, 8bit, binary, or nothing said: the octets as they are.
    Identity,
    QuotedPrintable,
}

impl Transfer {
    /// Reads the field's value; none: 7bit.
    pub fn of(value: Option<&str>) -> Option<Transfer> {
        let value = without_comments(value.unwrap_or("7bit"))?;
        let word = value.trim().split([' ', '\t', ';']).next().unwrap_or_default();
        match word.to_ascii_lowercase().as_str() {
            "7bit" | "8bit" | "binary" => Some(Transfer::Identity),
            "base64" => Some(Transfer::Base64),
            "quoted-printable" => Some(Transfer::QuotedPrintable),
            _ => None,
        }
    }

    /// The octets that `body` stands for, or nothing if it is not so encoded.
    pub fn decode(self, body: &[u8]) -> Option<Vec<u8>> {
        match self {
            Transfer::Base64 => base64(body),
            Transfer::Identity => Some(body.to_vec()),
            Transfer::QuotedPrintable => quoted_printable(body),
        }
    }
}

/// Strict but for blanks at a line's ends: every octet is of the alphabet,
/// padding ends it.
fn base64(body: &[u8]) -> Option<Vec<u8>> {
    if let Some(octets) = even_base64(body) {
        return Some(octets);
    }
    let mut letters: Vec<u8> = Vec::with_capacity(body.len());
    for line in body.split(|octet| *octet == b'\n') {
        letters.extend_from_slice(line.trim_ascii());
    }
    // Padding in the middle: two bodies, and readers that see one of them.
    let unpadded = letters.len().saturating_sub(2);
    if letters.iter().take(unpadded).any(|letter| *letter == b'=') {
        return None;
    }
    BASE64.decode(&letters).ok()
}

/// The usual case: lines of whole groups, padding in the last one alone.
/// Nothing if it is anything else.
fn even_base64(body: &[u8]) -> Option<Vec<u8>> {
    let body = body.trim_ascii();
    let last = body.len() - body.len().min(4);
    let (whole, last) = body.split_at(last);
    let mut out = Vec::with_capacity(body.len() / 4 * 3 + 3);
    let (mut piece, mut used) = ([0; LETTERS * PIECE], 0);
    for line in whole.split(|octet| *octet == b'\n') {
        let mut line = line.strip_suffix(b"\r").unwrap_or(line);
        if !line.len().is_multiple_of(4) {
            return None;
        }
        while !line.is_empty() {
            let room = piece.get_mut(used..)?;
            let (fits, more) = line.split_at(line.len().min(room.len()));
            room.get_mut(..fits.len())?.copy_from_slice(fits);
            (used, line) = (used + fits.len(), more);
            if used == piece.len() {
                append_decoded(&mut out, &piece)?;
                used = 0;
            }
        }
    }
    append_decoded(&mut out, piece.get(..used)?)?;
    out.extend_from_slice(&BASE64.decode(last).ok()?);
    Some(out)
}

/// Appends what whole groups stand for; padding is none.
fn append_decoded(out: &mut Vec<u8>, letters: &[u8]) -> Option<()> {
    let start = out.len();
    out.resize(start + letters.len() / 4 * 3, 0);
    STANDARD_NO_PAD.decode(letters, Out::from_slice(out.get_mut(start..)?)).ok().map(drop)
}

/// RFC 2045, section 6.7; blanks at a line's end are a relay's.
fn quoted_printable(body: &[u8]) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(body.len());
    let mut lines = body.split_inclusive(|octet| *octet == b'\n');
    for line in &mut lines {
        let end: &[u8] = if line.ends_with(b"\r\n") {
            b"\r\n"
        } else if line.ends_with(b"\n") {
            b"\n"
        } else {
            b""
        };
        let text = line.get(..line.len() - end.len()).unwrap_or(line);
        let kept = text.trim_ascii_end();
        let (kept, soft) = match kept.strip_suffix(b"=") {
            Some(kept) => (kept, true),
            None => (kept, false),
        };
        let mut octets = kept.iter();
        while let Some(octet) = octets.next() {
            if *octet != b'=' {
                out.push(*octet);
                continue;
            }
            let high = char::from(*octets.next()?).to_digit(16)?;
            let low = char::from(*octets.next()?).to_digit(16)?;
            out.push(u8::try_from(high * 16 + low).ok()?);
        }
        if !soft {
            out.extend_from_slice(end);
        }
    }
    Some(out)
}

/// The same octets with every bare LF made CRLF (RFC 8551, section 3.1.1).
pub(crate) fn with_crlf(octets: &[u8]) -> Cow<'_, [u8]> {
    let bare = octets
        .split_inclusive(|octet| *octet == b'\n')
        .any(|line| line.ends_with(b"\n") && !line.ends_with(b"\r\n"));
    if !bare {
        return Cow::Borrowed(octets);
    }
    let mut out = Vec::with_capacity(octets.len() + octets.len() / 32);
    for line in octets.split_inclusive(|octet| *octet == b'\n') {
        match line.strip_suffix(b"\n") {
            Some(text) => {
                out.extend_from_slice(text.strip_suffix(b"\r").unwrap_or(text));
                out.extend_from_slice(b"\r\n");
            }
            None => out.extend_from_slice(line),
        }
    }
    Cow::Owned(out)
}

/// A line: RFC 2045, section 6.8, has no more than 76 characters.
const LETTERS: usize = 76;
const OCTETS: usize = LETTERS / 4 * 3;
/// Lines that are encoded at once.
const PIECE: usize = 64;

/// RFC 5322, section 2.1.1.
const FOLD: usize = 78;

//------------ Tests ---------------------------------------------------------

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_decode(encoding: &str, body: &[u8], wanted: Option<&[u8]>) {
        let decoded = Transfer::of(Some(encoding)).and_then(|transfer| transfer.decode(body));
        assert_eq!(decoded.as_deref(), wanted, "{encoding} {body:?}");
    }

    #[test]
    fn decodes() {
        check_decode("base64", b"YWJj\r\nZGVm\r\n", Some(b"abcdef"));
        check_decode("BASE64 ", b" YW Jj", None);
        check_decode("(as usual) base64 (RFC 2045)", b"YWI=\n", Some(b"ab"));
        check_decode("base64", b"YWI", None);
        check_decode("base64", b"YWI=YWI=", None);
        check_decode("base64", b"YWJj\r\n-- \r\na footer", None);
        check_decode("quoted-printable", b"a=3Db=\r\nc \r\nd", Some(b"a=bc\r\nd"));
        check_decode("quoted-printable", b"a=3", None);
        check_decode("quoted-printable", b"a=zz", None);
        check_decode("8bit", b"\xff", Some(b"\xff"));
        check_decode("binary", b"a\nb", Some(b"a\nb"));
        check_decode("x-uuencode", b"", None);
    }

    #[test]
    fn base64_lines() {
        let out = base64_entity("", &[0; 60]);
        let lines: Vec<&[u8]> = out.split(|octet| *octet == b'\n').collect();
        assert_eq!(lines.iter().map(|line| line.len()).collect::<Vec<_>>(), [77, 5, 0]);
        assert_eq!(base64_entity("", b""), b"");
        // Pieces are of 3,648 octets.
        for length in (0..200).chain([3_647, 3_648, 3_649, 10_000]) {
            let octets: Vec<u8> = (0..length).map(|n: u32| (n * 37) as u8).collect();
            let wanted = data_encoding::BASE64_MIME.encode(&octets);
            let lines = base64_entity("", &octets);
            assert_eq!(String::from_utf8(lines.clone()).unwrap(), wanted);
            assert_eq!(Transfer::Base64.decode(&lines).unwrap(), octets);
        }
    }

    #[track_caller]
    fn check_field(name: &str, value: &str, wanted: &str) {
        let mut out = String::new();
        append_field(&mut out, name, value);
        assert_eq!(out, wanted);
    }

    #[test]
    fn folds() {
        check_field("A", "b c", "A: b c\r\n");
        let long = "x".repeat(76);
        check_field("A", &format!("b {long} c"), &format!("A: b\r\n {long}\r\n c\r\n"));
        check_field("A", &"y".repeat(90), &format!("A: {}\r\n", "y".repeat(90)));
    }

    #[test]
    fn words() {
        assert_eq!(encoded_words("SPS certificate"), "SPS certificate");
        assert_eq!(encoded_words("a\r\nBcc: x"), "=?UTF-8?B?YQ0KQmNjOiB4?=");
        for word in encoded_words(&"植物檢疫證書".repeat(9)).split(' ') {
            assert!(word.len() <= 75, "{word}");
        }
    }

    #[test]
    fn canonical_line_ends() {
        assert_eq!(&*with_crlf(b"a\nb\r\nc"), b"a\r\nb\r\nc");
        assert!(matches!(with_crlf(b"a\r\nb"), Cow::Borrowed(_)));
    }
}
