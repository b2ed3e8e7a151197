//! Replies of the other side: from octets to a code and a status.

use std::fmt;

use crate::delivery::attempt::{Phase, Reply};

//------------ Read ----------------------------------------------------------

/// What the octets received so far hold.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Read {
    /// A whole reply of so many octets.
    Whole { code: u16, octets: usize },
    /// More must come.
    Part,
    /// No reply, whatever comes.
    Garbage,
}

/// Reads the first reply of `octets` (RFC 5321, section 4.2).
///
/// Looser than the grammar where servers are: a line may end in a bare LF
/// (nothing of ours depends on it), text may hold any octet, and the code may
/// stand alone on its line.
pub fn read(octets: &[u8]) -> Read {
    let mut code = None;
    let mut at = 0;
    loop {
        let rest = &octets[at..];
        let Some(end) = rest.iter().position(|octet| *octet == b'\n') else {
            return if plausible(rest, code) { Read::Part } else { Read::Garbage };
        };
        let line = rest[..end].strip_suffix(b"\r").unwrap_or(&rest[..end]);
        let Some((this, last)) = line_code(line) else { return Read::Garbage };
        if code.is_some_and(|code| code != this) {
            return Read::Garbage;
        }
        code = Some(this);
        at += end + 1;
        if last {
            return Read::Whole { code: this, octets: at };
        }
    }
}

/// The code of one line, and whether it is the last of its reply.
pub fn line_code(line: &[u8]) -> Option<(u16, bool)> {
    let (digits, rest) = line.split_at_checked(3)?;
    let number = |octet: u8| octet.is_ascii_digit().then(|| u16::from(octet - b'0'));
    let code = number(digits[0])? * 100 + number(digits[1])? * 10 + number(digits[2])?;
    // RFC 5321, section 4.2: %x32-35; a 1yz would leave us waiting for ever.
    let known = (200..600).contains(&code);
    match rest.first() {
        None | Some(b' ') if known => Some((code, true)),
        Some(b'-') if known => Some((code, false)),
        None | Some(_) => None,
    }
}

/// Whether a line without its end may still become a line of this reply.
fn plausible(line: &[u8], code: Option<u16>) -> bool {
    match line.len() {
        0..3 => line.iter().all(u8::is_ascii_digit),
        _ => line_code(line).is_some_and(|(this, _)| code.is_none_or(|code| code == this)),
    }
}

/// A reply for the record, control characters escaped.
pub fn literal(phase: Phase, code: u16, octets: &[u8]) -> Reply {
    let mut text = String::with_capacity(octets.len());
    let trimmed = octets.strip_suffix(b"\n").unwrap_or(octets);
    let trimmed = trimmed.strip_suffix(b"\r").unwrap_or(trimmed);
    let lines = trimmed.split(|octet| *octet == b'\n');
    for (index, line) in lines.enumerate() {
        if index > 0 {
            text.push('\n');
        }
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        for character in String::from_utf8_lossy(line).chars() {
            if character.is_control() {
                text.extend(character.escape_default());
            } else {
                text.push(character);
            }
        }
    }
    Reply { phase, code, text }
}

//------------ Status --------------------------------------------------------

/// An enhanced status code, as `5.1.1` (RFC 3463, section 2).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Status {
    pub class: u8,
    pub subject: u16,
    pub detail: u16,
}

impl Status {
    /// The status that a reply begins with, if its class agrees with the
    /// reply's code (RFC 2034, section 4).
    pub fn of(reply: &Reply) -> Option<Status> {
        let line = reply.text.lines().last()?;
        let word = line.get(4..)?.split_ascii_whitespace().next()?;
        let mut parts = word.split('.');
        let mut part = || -> Option<u16> {
            let text = parts.next()?;
            let good = (1..=3).contains(&text.len()) && text.bytes().all(|o| o.is_ascii_digit());
            good.then(|| text.parse().ok())?
        };
        let class = u8::try_from(part()?).ok()?;
        let (subject, detail) = (part()?, part()?);
        let whole = parts.next().is_none() && u16::from(class) == reply.code / 100;
        whole.then_some(Status { class, subject, detail })
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.class, self.subject, self.detail)
    }
}

//------------ Tests ---------------------------------------------------------

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(octets: &[u8], wanted: Read) {
        assert_eq!(read(octets), wanted, "{:?}", String::from_utf8_lossy(octets));
    }

    #[test]
    fn forms() {
        check(b"250 Ok\r\n", Read::Whole { code: 250, octets: 8 });
        check(b"250 Ok\r\n250 more\r\n", Read::Whole { code: 250, octets: 8 });
        check(b"250-a\r\n250 b\r\n", Read::Whole { code: 250, octets: 14 });
        check(b"250\r\n", Read::Whole { code: 250, octets: 5 });
        check(b"570 x\r\n", Read::Whole { code: 570, octets: 7 });
        check(b"550 Empf\xe4nger\n", Read::Whole { code: 550, octets: 14 });
        for part in [&b""[..], b"2", b"250", b"250 O", b"250-a\r\n", b"250-a\r\n25", b"250-a\r"] {
            check(part, Read::Part);
        }
        for bad in [
            &b"x"[..],
            b"25x",
            b"hello\r\n",
            b"\r\n",
            b"250x\r\n",
            b"150 wait\r\n",
            b"650 x\r\n",
            b"250-a\r\n550 b\r\n",
            b"250-a\r\n5",
        ] {
            let garbage = read(bad) == Read::Garbage || bad == b"250-a\r\n5";
            assert!(garbage, "{:?}", String::from_utf8_lossy(bad));
        }
    }

    #[test]
    fn statuses() {
        let status = |octets: &[u8], code| {
            Status::of(&literal(Phase::Rcpt, code, octets)).map(|status| status.to_string())
        };
        assert_eq!(status(b"550 5.1.1 no\r\n", 550).as_deref(), Some("5.1.1"));
        assert_eq!(status(b"550-5.7.1 a\r\n550 5.7.1 b\r\n", 550).as_deref(), Some("5.7.1"));
        assert_eq!(status(b"450 5.1.1 no\r\n", 450), None);
        assert_eq!(status(b"550 no\r\n", 550), None);
        assert_eq!(status(b"550 5.1 no\r\n", 550), None);
        assert_eq!(status(b"550\r\n", 550), None);
    }

    #[test]
    fn literals_escape_controls() {
        let reply = literal(Phase::Ehlo, 250, b"250-a\x1b[31m\r\n250 b\r\n");
        assert_eq!(reply.text, "250-a\\u{1b}[31m\n250 b");
    }
}
