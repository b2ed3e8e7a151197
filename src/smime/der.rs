//! A reader of DER, and of BER's indefinite lengths, for looking before
//! opening.
//!
//! RFC 5652 lets a CMS structure be BER, and much software streams it with
//! indefinite lengths; so those are read. All else is as DER has it: shortest
//! lengths, one-octet tags. Nothing is copied, nothing recurses.

//------------ Malformed -----------------------------------------------------

/// What is not as the structure's grammar has it, in words.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Malformed(pub &'static str);

//------------ Value ---------------------------------------------------------

/// One tag, length and content.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Value<'a> {
    pub tag: u8,
    /// Without the end-of-contents of an indefinite length.
    pub content: &'a [u8],
    /// With tag, length and end-of-contents.
    pub whole: &'a [u8],
}

impl<'a> Value<'a> {
    /// A reader of what is inside.
    pub fn inside(&self) -> Reader<'a> {
        Reader { octets: self.content }
    }

    /// Whether this is an octet string, perhaps in segments (BER), under the
    /// `primitive` tag or its constructed form. Segments are primitive.
    pub fn is_octets(&self, primitive: u8) -> Result<bool, Malformed> {
        if self.tag == primitive {
            return Ok(true);
        }
        if self.tag != primitive | CONSTRUCTED {
            return Ok(false);
        }
        let mut segments = self.inside();
        while let Some(segment) = segments.value()? {
            if segment.tag != OCTET_STRING {
                return Err(Malformed("an octet string in segments that are none"));
            }
        }
        Ok(true)
    }

    /// At most `limit` values are inside: what is not looked at here, the
    /// library still takes apart, each into a structure many times as large.
    pub fn holds_at_most(&self, limit: usize, fault: &'static str) -> Result<(), Malformed> {
        let mut inside = self.inside();
        for _ in 0..limit {
            if inside.value()?.is_none() {
                return Ok(());
            }
        }
        inside.end(fault)
    }

    /// It is of at most `limit` octets with all that is inside.
    pub fn weighs_at_most(&self, limit: usize, fault: &'static str) -> Result<(), Malformed> {
        if self.whole.len() <= limit { Ok(()) } else { Err(Malformed(fault)) }
    }

    /// The octets of such an octet string, segments joined.
    pub fn octets(&self) -> Result<Vec<u8>, Malformed> {
        if self.tag & CONSTRUCTED == 0 {
            return Ok(self.content.to_vec());
        }
        let mut joined = Vec::with_capacity(self.content.len());
        let mut segments = self.inside();
        while let Some(segment) = segments.value()? {
            joined.extend_from_slice(segment.content);
        }
        Ok(joined)
    }
}

//------------ Reader --------------------------------------------------------

/// Reads one value after the other.
#[derive(Clone, Copy, Debug)]
pub struct Reader<'a> {
    octets: &'a [u8],
}

impl<'a> Reader<'a> {
    /// A reader of `octets` from their start.
    pub fn new(octets: &'a [u8]) -> Self {
        Reader { octets }
    }

    /// Whether nothing is left.
    pub fn is_empty(&self) -> bool {
        self.octets.is_empty()
    }

    /// What has not been read.
    pub fn rest(&self) -> &'a [u8] {
        self.octets
    }

    /// The next value, whatever it is.
    pub fn value(&mut self) -> Result<Option<Value<'a>>, Malformed> {
        if self.octets.is_empty() {
            return Ok(None);
        }
        let head = Head::read(self.octets)?;
        let after = self.octets.get(head.size..).ok_or(CUT)?;
        let (content, used) = match head.length {
            Some(length) => (after.get(..length).ok_or(CUT)?, head.size + length),
            None => {
                let end = end_of_contents(after)?;
                (after.get(..end).ok_or(CUT)?, head.size + end + 2)
            }
        };
        let whole = self.octets.get(..used).ok_or(CUT)?;
        self.octets = self.octets.get(used..).ok_or(CUT)?;
        Ok(Some(Value { tag: head.tag, content, whole }))
    }

    /// The next value, which must have `tag`.
    pub fn expect(&mut self, tag: u8, fault: &'static str) -> Result<Value<'a>, Malformed> {
        match self.value()? {
            Some(value) if value.tag == tag => Ok(value),
            Some(_) | None => Err(Malformed(fault)),
        }
    }

    /// The next value if it has `tag`.
    pub fn optional(&mut self, tag: u8) -> Result<Option<Value<'a>>, Malformed> {
        if self.octets.first() == Some(&tag) { self.value() } else { Ok(None) }
    }

    /// Nothing may be left.
    pub fn end(&self, fault: &'static str) -> Result<(), Malformed> {
        if self.octets.is_empty() { Ok(()) } else { Err(Malformed(fault)) }
    }
}

//------------ Head ----------------------------------------------------------

struct Head {
    tag: u8,
    /// Octets of tag and length together.
    size: usize,
    /// None: indefinite.
    length: Option<usize>,
}

impl Head {
    fn read(octets: &[u8]) -> Result<Head, Malformed> {
        let (&tag, rest) = octets.split_first().ok_or(CUT)?;
        if tag & 0x1f == 0x1f {
            return Err(Malformed("a tag of several octets"));
        }
        let (&first, rest) = rest.split_first().ok_or(CUT)?;
        match first {
            0..=0x7f => Ok(Head { tag, size: 2, length: Some(usize::from(first)) }),
            0x80 if tag & CONSTRUCTED != 0 => Ok(Head { tag, size: 2, length: None }),
            0x81..=0x84 => {
                let count = usize::from(first & 0x7f);
                let digits = rest.get(..count).ok_or(CUT)?;
                let length =
                    digits.iter().fold(0_usize, |sum, digit| (sum << 8) | usize::from(*digit));
                if digits.first() == Some(&0) || length < 0x80 {
                    return Err(Malformed("a length that is not the shortest"));
                }
                Ok(Head { tag, size: 2 + count, length: Some(length) })
            }
            0x80 | 0x85..=0xff => Err(Malformed("a length that cannot be")),
        }
    }
}

/// Where the end-of-contents of an indefinite length stands.
fn end_of_contents(octets: &[u8]) -> Result<usize, Malformed> {
    let mut open = 1_u32;
    let mut at = 0_usize;
    loop {
        let head = Head::read(octets.get(at..).ok_or(CUT)?)?;
        if head.tag == 0 && head.length == Some(0) {
            open -= 1;
            if open == 0 {
                return Ok(at);
            }
        }
        if head.length.is_none() {
            open += 1;
            if open > DEPTH_LIMIT {
                return Err(Malformed("indefinite lengths nested too deep"));
            }
        }
        at = at.saturating_add(head.size).saturating_add(head.length.unwrap_or(0));
    }
}

pub const CONSTRUCTED: u8 = 0x20;
pub const INTEGER: u8 = 0x02;
pub const OCTET_STRING: u8 = 0x04;
pub const NULL: u8 = 0x05;
pub const OID: u8 = 0x06;
pub const UTC_TIME: u8 = 0x17;
pub const GENERALIZED_TIME: u8 = 0x18;
pub const SEQUENCE: u8 = 0x30;
pub const SET: u8 = 0x31;
/// Context-specific, constructed: [0] to [3].
pub const CONTEXT_0: u8 = 0xa0;
pub const CONTEXT_1: u8 = 0xa1;
pub const CONTEXT_2: u8 = 0xa2;
/// Context-specific, primitive: [0].
pub const CONTEXT_0_PRIMITIVE: u8 = 0x80;

const CUT: Malformed = Malformed("the octets end in the middle of a value");
/// Real CMS nests four indefinite lengths.
const DEPTH_LIMIT: u32 = 16;

//------------ Tests ---------------------------------------------------------

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(octets: &[u8], wanted: Option<(u8, &[u8], usize)>) {
        let mut reader = Reader::new(octets);
        let read = reader.value().ok().flatten();
        assert_eq!(
            read.map(|value| (value.tag, value.content, reader.rest().len())),
            wanted,
            "{octets:02x?}"
        );
    }

    #[test]
    fn values() {
        check(b"\x04\x02ab", Some((4, b"ab", 0)));
        check(b"\x04\x02abc", Some((4, b"ab", 1)));
        check(b"\x30\x80\x04\x01a\x00\x00z", Some((0x30, b"\x04\x01a", 1)));
        check(b"\x30\x80\x30\x80\x00\x00\x00\x00", Some((0x30, b"\x30\x80\x00\x00", 0)));
        check(b"", None);
        check(b"\x04", None);
        check(b"\x04\x02a", None);
        check(b"\x04\x81\x02ab", None);
        check(b"\x04\x80ab\x00\x00", None);
        check(b"\x30\x80\x04\x01a", None);
        check(b"\x1f\x81\x01\x00", None);
        check(b"\x04\x85\x00\x00\x00\x00\x01a", None);
        check(b"\x04\x84\xff\xff\xff\xffa", None);
        check(&b"\x30\x80".repeat(1_000_000), None);
    }

    #[test]
    fn joins_segments() {
        let octets = b"\x24\x80\x04\x01a\x04\x02bc\x00\x00";
        let value = Reader::new(octets).value().unwrap().unwrap();
        assert_eq!(value.is_octets(OCTET_STRING), Ok(true));
        assert_eq!(value.octets().unwrap(), b"abc");
        let wrong = Reader::new(b"\x24\x02\x05\x00").value().unwrap().unwrap();
        assert!(wrong.is_octets(OCTET_STRING).is_err());
    }
}
