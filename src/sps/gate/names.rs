//! Names of XML 1.0 and of Namespaces in XML.

//------------ Name ----------------------------------------------------------

/// A name as it stands in a tag, and what it is as a qualified one.
#[derive(Clone, Copy, Debug)]
pub(super) struct Name<'a> {
    pub text: &'a [u8],
    /// Where its colon stands; [`WHOLE`] where it has none, and [`UNQUALIFIED`]
    /// where the name is no QName (Namespaces in XML, production 7). A number
    /// and no more, because names are handed on at every tag.
    pub colon: usize,
}

pub(super) const WHOLE: usize = 0;
const UNQUALIFIED: usize = usize::MAX;

impl<'a> Name<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        let colon = match text.split_once(':') {
            Some((prefix, local)) if is_unprefixed(prefix) && is_unprefixed(local) => prefix.len(),
            None if is_unprefixed(text) => WHOLE,
            _ => UNQUALIFIED,
        };
        Name { text: text.as_bytes(), colon }
    }

    pub(super) fn is_qualified(&self) -> bool {
        self.colon != UNQUALIFIED
    }

    /// What stands before the colon of a qualified name.
    pub(super) fn prefix(&self) -> Option<&'a [u8]> {
        if self.colon == WHOLE { None } else { self.text.get(..self.colon) }
    }

    /// What stands behind the colon of a qualified name, or the whole of it.
    pub(super) fn local(&self) -> &'a [u8] {
        match self.colon {
            WHOLE => self.text,
            colon => self.text.get(colon.saturating_add(1)..).unwrap_or_default(),
        }
    }
}

//------------ Their letters -------------------------------------------------

/// NameStartChar (production 4), the colon aside, and without the letters
/// beyond U+FFFF. Here we are stricter than the fifth edition, because the W3C
/// suite has the same two documents on both sides: well-formed by the fifth
/// edition (errata-4e/016 and 019), and not by the four before it (xml-1.1/016
/// and 019, among the 1,252 none of which may pass). No certificate needs them.
pub(super) fn starts_name(letter: char) -> bool {
    matches!(letter,
        'A'..='Z' | '_' | 'a'..='z' | '\u{C0}'..='\u{D6}' | '\u{D8}'..='\u{F6}'
        | '\u{F8}'..='\u{2FF}' | '\u{370}'..='\u{37D}' | '\u{37F}'..='\u{1FFF}'
        | '\u{200C}'..='\u{200D}' | '\u{2070}'..='\u{218F}' | '\u{2C00}'..='\u{2FEF}'
        | '\u{3001}'..='\u{D7FF}' | '\u{F900}'..='\u{FDCF}' | '\u{FDF0}'..='\u{FFFD}')
}

/// NameChar (production 4a), the colon aside.
pub(super) fn continues_name(letter: char) -> bool {
    starts_name(letter)
        || matches!(letter,
            '-' | '.' | '0'..='9' | '\u{B7}' | '\u{300}'..='\u{36F}' | '\u{203F}'..='\u{2040}')
}

/// Whether a name is an NCName (Namespaces in XML, production 4).
fn is_unprefixed(name: &str) -> bool {
    name.starts_with(starts_name) && name.chars().all(continues_name)
}

/// NameStartChar (production 4), as far as ASCII goes and without the colon.
pub(super) fn starts_plain_name(octet: u8) -> bool {
    octet.is_ascii_alphabetic() || octet == b'_'
}

/// How many letters of ASCII stand here that continue a name, without colon.
pub(super) fn plain_name(octets: &[u8]) -> usize {
    octets.iter().position(|octet| !is_plain(*octet)).unwrap_or(octets.len())
}

/// Whether an octet is a letter of ASCII that continues a name, and no colon.
pub(super) fn is_plain(octet: u8) -> bool {
    PLAIN.get(usize::from(octet)).is_some_and(|plain| *plain)
}

/// Which octets continue a name (production 4a), as far as ASCII goes and
/// without the colon.
const PLAIN: [bool; 256] = {
    let mut table = [false; 256];
    let mut octet = 0_u8;
    while octet < 0x80 {
        table[octet as usize] =
            octet.is_ascii_alphanumeric() || matches!(octet, b'-' | b'.' | b'_');
        octet += 1;
    }
    table
};
