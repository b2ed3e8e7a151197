//! The letter on its way: canonical, dot-stuffed.

use std::borrow::Cow;

use memchr::{memchr, memchr2, memmem};

use super::outcome::Unsendable;

/// RFC 5321, section 4.5.3.1.6, without the line end.
const LINE: usize = 998;

//------------ Canonical -----------------------------------------------------

/// Octets that go over SMTP unchanged: lines of ASCII, each ended by CRLF,
/// no NUL. Nothing else is ever sent (SECURITY "Doors and house").
#[derive(Clone, Copy, Debug)]
pub struct Canonical<'a>(&'a [u8]);

impl<'a> Canonical<'a> {
    /// The letter, if it is canonical.
    pub fn read(octets: &'a [u8]) -> Result<Self, Unsendable> {
        match is_canonical(octets) {
            true => Ok(Canonical(octets)),
            false => Self::fault(octets).map_or(Ok(Canonical(octets)), Err),
        }
    }

    /// The first thing that is wrong, found octet by octet.
    fn fault(octets: &[u8]) -> Option<Unsendable> {
        let mut begin = 0;
        let mut before = 0;
        for (at, octet) in octets.iter().copied().enumerate() {
            match octet {
                b'\n' if before == b'\r' => {
                    if at - 1 - begin > LINE {
                        return Some(Unsendable::LineLength { at });
                    }
                    begin = at + 1;
                }
                _ if before == b'\r' || octet == b'\n' => return Some(Unsendable::LineEnd { at }),
                0 | 128.. => return Some(Unsendable::NotAscii { at }),
                _ => {}
            }
            before = octet;
        }
        (!octets.ends_with(b"\r\n")).then_some(Unsendable::NoLastLineEnd)
    }

    /// Octets, as SIZE counts them.
    pub fn len(self) -> usize {
        self.0.len()
    }

    /// Whether there is nothing; never, for what was read.
    pub fn is_empty(self) -> bool {
        self.0.is_empty()
    }

    /// With a dot put before every line that begins with one (RFC 5321,
    /// section 4.5.2). The end, CRLF `.` CRLF, wants `.` CRLF after this.
    pub fn stuffed(self) -> Cow<'a, [u8]> {
        let begins = |at: usize| self.0[at] == b'.' && (at == 0 || self.0[at - 1] == b'\n');
        let dots =
            memmem::find_iter(self.0, b"\n.").count() + usize::from(self.0.starts_with(b"."));
        if dots == 0 {
            return Cow::Borrowed(self.0);
        }
        let mut stuffed = Vec::with_capacity(self.0.len() + dots);
        for (at, octet) in self.0.iter().copied().enumerate() {
            if begins(at) {
                stuffed.push(b'.');
            }
            stuffed.push(octet);
        }
        Cow::Owned(stuffed)
    }
}

/// Whether every line is ASCII without NUL or CR, short enough, and ended by
/// CRLF: line by line, which is ten times as fast as octet by octet.
fn is_canonical(octets: &[u8]) -> bool {
    let mut rest = octets;
    while let Some(at) = memchr(b'\n', rest) {
        let Some(line) = rest[..at].strip_suffix(b"\r") else { return false };
        if line.len() > LINE || !line.is_ascii() || memchr2(b'\0', b'\r', line).is_some() {
            return false;
        }
        rest = &rest[at + 1..];
    }
    rest.is_empty() && !octets.is_empty()
}

//------------ Tests ---------------------------------------------------------

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(octets: &[u8], wanted: Result<&[u8], Unsendable>) {
        let read = Canonical::read(octets).map(|canonical| canonical.stuffed().into_owned());
        assert_eq!(read, wanted.map(<[u8]>::to_vec), "{:?}", String::from_utf8_lossy(octets));
    }

    #[test]
    fn forms() {
        check(b"a: b\r\n\r\nc\r\n", Ok(b"a: b\r\n\r\nc\r\n"));
        check(b".\r\n..\r\na.b\r\n", Ok(b"..\r\n...\r\na.b\r\n"));
        check(b"a\r\n.\r\nb\r\n", Ok(b"a\r\n..\r\nb\r\n"));
        check(b"", Err(Unsendable::NoLastLineEnd));
        check(b"a", Err(Unsendable::NoLastLineEnd));
        check(b"a\r", Err(Unsendable::NoLastLineEnd));
        check(b"a\nb\r\n", Err(Unsendable::LineEnd { at: 1 }));
        check(b"a\rb\r\n", Err(Unsendable::LineEnd { at: 2 }));
        check(b"a\r\r\n", Err(Unsendable::LineEnd { at: 2 }));
        check(b"a\n.\r\n", Err(Unsendable::LineEnd { at: 1 }));
        check(b"a\0\r\n", Err(Unsendable::NotAscii { at: 1 }));
        check("ä\r\n".as_bytes(), Err(Unsendable::NotAscii { at: 0 }));
        let long = [&[b'x'; 998][..], b"\r\n"].concat();
        check(&long, Ok(&long));
        let longer = [&[b'x'; 999][..], b"\r\n"].concat();
        check(&longer, Err(Unsendable::LineLength { at: 1000 }));
    }
}
