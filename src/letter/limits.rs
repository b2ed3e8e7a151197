//! Gate 1: octets. Size, line ends, NUL, and how much header there is.

use std::borrow::Cow;

use super::encode::with_crlf;
use crate::refusal::{Code, Refusal};

/// The largest letter sent or taken.
pub const MAX_LETTER: usize = 25 * 1024 * 1024;
/// The largest header block, in octets.
pub const MAX_HEADER: usize = 64 * 1024;
/// The most header fields.
pub const MAX_FIELDS: usize = 1_000;

//------------ LineEnds ------------------------------------------------------

/// Which line ends the letter may have.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum LineEnds {
    /// CRLF only: what a mail door took in.
    Crlf,
    /// CRLF only or LF only, never a mixture: what a file holds.
    CrlfOrLf,
}

//------------ Bounded -------------------------------------------------------

/// A letter within limits, with CRLF line ends.
///
/// ```compile_fail
/// let letter = certpost::letter::limits::Bounded { octets: Vec::new() };
/// ```
pub struct Bounded<'a> {
    octets: Cow<'a, [u8]>,
    header_end: usize,
}

impl<'a> Bounded<'a> {
    /// The header block, without the empty line.
    pub(super) fn header(&self) -> &[u8] {
        self.octets.get(..self.header_end).unwrap_or(&[])
    }

    pub(super) fn into_octets(self) -> Cow<'a, [u8]> {
        self.octets
    }
}

/// Gate 1.
pub fn bound(octets: &[u8], line_ends: LineEnds, limit: usize) -> Result<Bounded<'_>, Refusal> {
    let refuse = |code, words: String| Err(Refusal::new(code, words));
    if octets.len() > limit {
        return refuse(
            Code::OctetsTooLarge,
            format!("{} octets; at most {limit} are taken", octets.len()),
        );
    }
    let (mut crlf, mut lf) = (0_usize, 0_usize);
    for (at, octet) in octets.iter().enumerate() {
        match octet {
            b'\x0e'.. => {}
            b'\n' if at > 0 && octets.get(at - 1) == Some(&b'\r') => crlf += 1,
            b'\n' => lf += 1,
            b'\r' if octets.get(at + 1) != Some(&b'\n') => {
                return refuse(Code::OctetsBareCr, "a CR without its LF".to_owned());
            }
            0 => return refuse(Code::OctetsNul, "a NUL octet".to_owned()),
            _ => {}
        }
    }
    let lf_allowed = match line_ends {
        LineEnds::Crlf => false,
        LineEnds::CrlfOrLf => crlf == 0,
    };
    if lf > 0 && !lf_allowed {
        return refuse(Code::OctetsBareLf, format!("{lf} lines end in LF, {crlf} in CRLF"));
    }
    let octets = if lf > 0 { with_crlf(octets) } else { Cow::Borrowed(octets) };
    let header_end = header_end(&octets);
    check_header(octets.get(..header_end).unwrap_or(&[]))?;
    Ok(Bounded { octets, header_end })
}

/// The header limits, for the letter and for every entity inside it.
pub(super) fn check_header(header: &[u8]) -> Result<(), Refusal> {
    if header.len() > MAX_HEADER {
        return Err(Refusal::new(
            Code::OctetsHeaderTooLarge,
            format!("a header of {} octets; at most {MAX_HEADER} are taken", header.len()),
        ));
    }
    let lines = header.split(|octet| *octet == b'\n').filter(|line| !line.is_empty());
    let fields = lines.filter(|line| !line.starts_with(b" ") && !line.starts_with(b"\t")).count();
    if fields > MAX_FIELDS {
        return Err(Refusal::new(
            Code::OctetsTooManyHeaders,
            format!("{fields} header fields; at most {MAX_FIELDS} are taken"),
        ));
    }
    Ok(())
}

/// Where the header block ends: before the first empty line, or at the end.
pub(super) fn header_end(octets: &[u8]) -> usize {
    let mut at = 0;
    for line in octets.split_inclusive(|octet| *octet == b'\n') {
        if line == b"\r\n" || line == b"\n" {
            return at;
        }
        at += line.len();
    }
    at
}

//------------ Tests ---------------------------------------------------------

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(octets: &[u8], line_ends: LineEnds, wanted: Result<&str, Code>) {
        let read = bound(octets, line_ends, 100_000);
        let read = read.map(|b| String::from_utf8(b.into_octets().into_owned()).unwrap());
        assert_eq!(read.as_deref().map_err(|refusal| refusal.code), wanted);
    }

    #[test]
    fn line_ends() {
        use LineEnds::{Crlf, CrlfOrLf};
        check(b"A: b\r\n\r\nc", Crlf, Ok("A: b\r\n\r\nc"));
        check(b"A: b\n\nc", Crlf, Err(Code::OctetsBareLf));
        check(b"A: b\n\nc", CrlfOrLf, Ok("A: b\r\n\r\nc"));
        check(b"A: b\r\n\nc", CrlfOrLf, Err(Code::OctetsBareLf));
        check(b"A: b\r\r\n", CrlfOrLf, Err(Code::OctetsBareCr));
        check(b"A: b\r", Crlf, Err(Code::OctetsBareCr));
        check(b"A: \0\r\n", Crlf, Err(Code::OctetsNul));
        check(&[b'a'; 100_001], Crlf, Err(Code::OctetsTooLarge));
        check(&[b'a'; 70_000], Crlf, Err(Code::OctetsHeaderTooLarge));
        check(&b"A: b\r\n".repeat(1_001), Crlf, Err(Code::OctetsTooManyHeaders));
        check(b"", Crlf, Ok(""));
    }
}
