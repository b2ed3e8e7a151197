//! What comes after DATA, to CRLF `.` CRLF and nothing else.
//!
//! Whoever takes another sequence for the end, or passes a bare CR or LF on,
//! lets a letter be smuggled inside another one (CVE-2023-51764 and kin). A
//! text that has one is read to its real end, so that nothing of it is ever
//! taken for a command, and then refused.

use super::crowd::Memory;

//------------ Text ----------------------------------------------------------

/// The text as far as it has come.
pub struct Text {
    octets: Vec<u8>,
    memory: Memory,
    max: usize,
    /// All that came, thrown away or not.
    seen: usize,
    state: State,
    fault: Option<Fault>,
}

/// Where in a line we are.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum State {
    LineBegin,
    Dot,
    DotCr,
    Inside,
    Cr,
}

/// Why a text is not taken. It says nothing of what the text means.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Fault {
    /// A CR or LF alone, or NUL.
    Octets,
    /// All letters together take more memory than there is.
    NoMemory,
    TooLarge,
}

/// What one piece led to.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Fed {
    /// So many octets of the piece end the text.
    End(usize),
    More,
    /// It goes on beyond all measure; no use to wait for its end.
    Endless,
}

impl Text {
    /// Nothing yet, of `max` at most.
    pub fn new(max: usize, memory: Memory) -> Self {
        Text { octets: Vec::new(), memory, max, seen: 0, state: State::LineBegin, fault: None }
    }

    /// Reads a piece.
    pub fn feed(&mut self, piece: &[u8]) -> Fed {
        self.seen = self.seen.saturating_add(piece.len());
        let mut at = 0;
        while at < piece.len() {
            // The bulk of a line, at once.
            if self.state == State::Inside {
                let rest = &piece[at..];
                let plain = rest.iter().position(|octet| matches!(octet, 0 | b'\r' | b'\n'));
                let length = plain.unwrap_or(rest.len());
                self.keep(&rest[..length]);
                at += length;
                if at == piece.len() {
                    break;
                }
            }
            let octet = piece[at];
            at += 1;
            if self.step(octet) {
                return Fed::End(at);
            }
        }
        // Whoever sends twice what is allowed does not stop there.
        if self.seen > self.max.saturating_mul(2) { Fed::Endless } else { Fed::More }
    }

    /// The letter, dots undone, when all of it came and none of it is at
    /// fault; the memory is given back when the second part is dropped.
    pub fn finish(self) -> Result<(Vec<u8>, Memory), Fault> {
        match self.fault {
            None => Ok((self.octets, self.memory)),
            Some(fault) => Err(fault),
        }
    }

    /// One octet; whether it was the last of the text.
    fn step(&mut self, octet: u8) -> bool {
        self.state = match (self.state, octet) {
            (State::DotCr, b'\n') => return true,
            (State::LineBegin, b'.') => State::Dot,
            (State::Dot, b'\r') => State::DotCr,
            (State::Cr, b'\n') => {
                self.keep(b"\r\n");
                State::LineBegin
            }
            (State::LineBegin | State::Inside, b'\r') => State::Cr,
            // The dot of a stuffed line is dropped (RFC 5321, section 4.5.2).
            (State::DotCr | State::Cr, _) => {
                self.refuse(Fault::Octets);
                if octet == b'\r' { State::Cr } else { State::Inside }
            }
            (_, 0 | b'\n') => {
                self.refuse(Fault::Octets);
                State::Inside
            }
            (_, octet) => {
                self.keep(&[octet]);
                State::Inside
            }
        };
        false
    }

    fn keep(&mut self, octets: &[u8]) {
        if self.fault.is_some() {
            return;
        }
        let length = self.octets.len() + octets.len();
        if length > self.max {
            self.refuse(Fault::TooLarge);
        } else if self.memory.reach(length) {
            self.octets.extend_from_slice(octets);
        } else {
            self.refuse(Fault::NoMemory);
        }
    }

    /// The first fault counts; what was kept is of no more use.
    fn refuse(&mut self, fault: Fault) {
        self.fault.get_or_insert(fault);
        self.octets = Vec::new();
    }
}

//------------ Tests ---------------------------------------------------------

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mailbox::Limits;
    use crate::mailbox::smtp::crowd::Crowd;

    fn text(max: usize) -> Text {
        let crowd = Crowd::new(&Limits::default());
        let place = crowd.enter("192.0.2.1".parse().unwrap()).unwrap();
        Text::new(max, place.memory())
    }

    /// Whole, and octet by octet: the same.
    #[track_caller]
    fn check(sent: &[u8], wanted: Option<Result<&[u8], Fault>>) {
        let wanted = wanted.map(|wanted| wanted.map(<[u8]>::to_vec));
        let shown = String::from_utf8_lossy(sent).into_owned();
        let mut whole = text(64);
        let ended = matches!(whole.feed(sent), Fed::End(at) if at == sent.len());
        let read = ended.then(|| whole.finish().map(|(octets, _)| octets));
        assert_eq!(read, wanted, "whole {shown:?}");
        let mut slow = text(64);
        let ends = sent.iter().map(|octet| slow.feed(&[*octet])).collect::<Vec<_>>();
        let ended = ends.last() == Some(&Fed::End(1));
        assert_eq!(ends.iter().filter(|fed| **fed != Fed::More).count(), usize::from(ended));
        let read = ended.then(|| slow.finish().map(|(octets, _)| octets));
        assert_eq!(read, wanted, "slowly {shown:?}");
    }

    #[test]
    fn ends() {
        check(b".\r\n", Some(Ok(b"")));
        check(b"a\r\n.\r\n", Some(Ok(b"a\r\n")));
        check(b"a\r\n..b\r\n...\r\n.\r\n", Some(Ok(b"a\r\n.b\r\n..\r\n")));
        check(b".a\r\n.\r\n", Some(Ok(b"a\r\n")));
        check(b"a\r\n", None);
        check(b"a\r\n.", None);
        check(b"a\r\n.\r", None);
        check(b"a.\r\n", None);
    }

    #[test]
    fn smuggling() {
        let bad = Some(Err(Fault::Octets));
        for inside in [
            &b"\n.\n"[..],
            b"\n.\r\n",
            b"\r.\r\n",
            b"\r.\r",
            b"\r\n.\n",
            b"\r\n.\r",
            b"\r\r\n.\r\r\n",
            b"\r\n.\r\r\n",
            b"\n\r\n",
            b"\0",
            b"\r\0\n.\r\0\n",
        ] {
            let sent = [&b"a"[..], inside, b"MAIL FROM:<x@y>\r\n.\r\n"].concat();
            check(&sent, bad);
        }
        // Not an end, and no more than a line with a dot in it.
        check(b"a\n.\r\n", None);
        check(b"a\r.\r\n", None);
        check(b"a\r\n.\n", None);
        check(b"a\r\n.\r\r\n", None);
    }

    #[test]
    fn caps() {
        let just = [&[b'x'; 62][..], b"\r\n"].concat();
        check(&[&just[..], b".\r\n"].concat(), Some(Ok(&just)));
        check(&[&[b'x'; 63][..], b"\r\n.\r\n"].concat(), Some(Err(Fault::TooLarge)));
        assert_eq!(text(64).feed(&[b'x'; 129]), Fed::Endless);
        // Too large and malformed: the first one counts.
        check(&[&[b'x'; 65][..], b"\n\r\n.\r\n"].concat(), Some(Err(Fault::TooLarge)));
    }

    #[test]
    fn goes_on_behind_the_end() {
        let mut read = text(64);
        assert_eq!(read.feed(b"a\r\n.\r\nMAIL"), Fed::End(6));
    }
}
