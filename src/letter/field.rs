//! Header fields, and the values in them.

use std::borrow::Cow;
use std::ops::Range;

use mail_parser::HeaderValue;
use mail_parser::parsers::MessageStream;

use super::address::Address;

//------------ Fields --------------------------------------------------------

/// The header of an entity: its fields in order, as they stand.
#[derive(Clone, Debug, Default)]
pub struct Fields<'a> {
    all: Vec<(&'a str, &'a [u8])>,
}

/// A header that is none: a line without a name, or a name that is no token.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct NoHeader;

impl<'a> Fields<'a> {
    /// Reads a header block, the empty line after it not included.
    pub fn read(block: &'a [u8]) -> Result<Self, NoHeader> {
        let mut all: Vec<(&str, Range<usize>)> = Vec::new();
        let mut at = 0;
        for line in block.split_inclusive(|octet| *octet == b'\n') {
            let range = at..at + line.len();
            at = range.end;
            if line.starts_with(b" ") || line.starts_with(b"\t") {
                // A folded line (RFC 5322, section 2.2.3) of the field above.
                all.last_mut().ok_or(NoHeader)?.1.end = range.end;
                continue;
            }
            let colon = line.iter().position(|octet| *octet == b':').ok_or(NoHeader)?;
            let name = line.get(..colon).ok_or(NoHeader)?.trim_ascii_end();
            // RFC 5322, section 2.2: printable, no blank, no colon.
            if name.is_empty() || !name.iter().all(u8::is_ascii_graphic) {
                return Err(NoHeader);
            }
            let name = std::str::from_utf8(name).map_err(|_not_ascii| NoHeader)?;
            all.push((name, range.start + colon + 1..range.end));
        }
        let value = |range: Range<usize>| block.get(range).unwrap_or(&[]);
        Ok(Fields { all: all.into_iter().map(|(name, range)| (name, value(range))).collect() })
    }

    /// Every field: its name and its value as it stands.
    pub fn iter(&self) -> impl Iterator<Item = (&'a str, &'a [u8])> + '_ {
        self.all.iter().copied()
    }

    /// How often a field stands.
    pub fn count(&self, name: &str) -> usize {
        self.all.iter().filter(|(other, _)| other.eq_ignore_ascii_case(name)).count()
    }

    /// Every value of that name, unfolded.
    pub fn values(&self, name: &str) -> Vec<String> {
        self.all
            .iter()
            .filter(|(other, _)| other.eq_ignore_ascii_case(name))
            .map(|(_, value)| unfolded(value))
            .collect()
    }

    /// The value if the field stands exactly once.
    pub fn single(&self, name: &str) -> Option<String> {
        let mut values = self.values(name);
        if values.len() == 1 { values.pop() } else { None }
    }

    /// The media type, of the first Content-Type; none: text/plain (RFC 2045,
    /// section 5.2).
    pub fn media_type(&self) -> MediaType {
        let is = |field: &&(&str, &[u8])| field.0.eq_ignore_ascii_case("Content-Type");
        match self.all.iter().find(is) {
            // A blank more in quotes is another boundary.
            Some((_, value)) => MediaType::read(&on_one_line(value)),
            None => MediaType::read("text/plain"),
        }
    }
}

/// A field value on one line, its blanks as they stand.
fn on_one_line(value: &[u8]) -> String {
    String::from_utf8_lossy(value).replace(['\r', '\n'], "")
}

/// A field value on one line, with runs of blanks as one.
pub fn unfolded(value: &[u8]) -> String {
    let text = String::from_utf8_lossy(value);
    let words: Vec<&str> = text.split([' ', '\t', '\r', '\n']).filter(|w| !w.is_empty()).collect();
    words.join(" ")
}

//------------ MediaType -----------------------------------------------------

/// A Content-Type or Content-Disposition: a word and its parameters.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct MediaType {
    /// `type/subtype`, in lower case.
    pub name: String,
    parameters: Vec<(String, String)>,
}

impl MediaType {
    /// Nothing said.
    pub(super) const NONE: MediaType = MediaType { name: String::new(), parameters: Vec::new() };

    /// Reads an unfolded value; RFC 2231's forms of parameters included.
    pub fn read(value: &str) -> Self {
        let ended = format!("{value}\r\n");
        let HeaderValue::ContentType(read) =
            MessageStream::new(ended.as_bytes()).parse_content_type()
        else {
            return MediaType::default();
        };
        let name = match &read.c_subtype {
            Some(subtype) => format!("{}/{subtype}", read.c_type),
            None => read.c_type.to_string(),
        };
        let parameters = read.attributes.unwrap_or_default().into_iter();
        MediaType {
            name: name.to_ascii_lowercase(),
            parameters: parameters
                .map(|attribute| {
                    (attribute.name.to_ascii_lowercase(), attribute.value.into_owned())
                })
                .collect(),
        }
    }

    /// The value of a parameter.
    pub fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters.iter().find(|(other, _)| other == name).map(|(_, value)| value.as_str())
    }

    /// Every value of a parameter, which should have one.
    pub fn parameters(&self, name: &str) -> impl Iterator<Item = &str> {
        let named = self.parameters.iter().filter(move |(other, _)| other == name);
        named.map(|(_, value)| value.as_str())
    }

    /// `application/pkcs7-mime` by either name.
    pub fn is_pkcs7(&self) -> bool {
        matches!(self.name.as_str(), "application/pkcs7-mime" | "application/x-pkcs7-mime")
    }

    /// A multipart/report of that type (RFC 6522, section 3), however its
    /// parameters are ordered and written.
    pub fn is_report(&self, report_type: &str) -> bool {
        self.name == "multipart/report"
            && self
                .parameter("report-type")
                .is_some_and(|value| value.trim().eq_ignore_ascii_case(report_type))
    }

    /// A disposition notification (RFC 8098, section 3).
    pub fn is_receipt(&self) -> bool {
        self.is_report("disposition-notification")
    }

    /// XML, by any of the names that are met (RFC 7303, sections 3 and 4.2).
    pub fn is_xml(&self) -> bool {
        matches!(self.name.as_str(), "application/xml" | "text/xml") || self.name.ends_with("+xml")
    }

    /// Whether parts are inside, with a boundary.
    pub fn is_multipart(&self) -> bool {
        self.name.starts_with("multipart/")
    }
}

//------------ Values --------------------------------------------------------

/// The text of an unstructured field, encoded words decoded (RFC 2047).
pub fn text(value: &str) -> String {
    let ended = format!("{value}\r\n");
    let decoded = match MessageStream::new(ended.as_bytes()).parse_unstructured() {
        HeaderValue::Text(Cow::Borrowed(text)) => text.to_owned(),
        HeaderValue::Text(Cow::Owned(text)) => text,
        _ => String::new(),
    };
    decoded.chars().filter(|c| !c.is_control()).collect()
}

/// The one mailbox of an address field (RFC 5322, section 3.4).
///
/// Ours, and stricter than the standard: a bare address, or one in angle
/// brackets after a name. Lists, groups, routes, and whatever two readers
/// could read as two addresses give nothing.
pub fn mailbox(value: &str) -> Option<Address> {
    let plain = without_comments(value)?;
    let plain = plain.trim();
    let address = match plain.find('<') {
        None => plain,
        Some(open) => {
            let (name, rest) = plain.split_at(open);
            if name.contains(['@', ',', ';', ':', '>']) {
                return None;
            }
            rest.strip_prefix('<')?.strip_suffix('>')?.trim()
        }
    };
    // What is quoted or parted within an address, readers read in two ways.
    if address.contains(['"', ' ', '\t']) { None } else { address.parse().ok() }
}

/// A comment (nested) is as good as a blank, and a quoted string, which only
/// names may have, is left as one `"`.
pub(super) fn without_comments(value: &str) -> Option<String> {
    let mut out = String::new();
    let mut depth = 0_u32;
    let mut quoted = false;
    let mut chars = value.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' if quoted || depth > 0 => {
                chars.next()?;
            }
            '"' if depth == 0 => {
                quoted = !quoted;
                if quoted {
                    out.push('"');
                }
            }
            _ if quoted => {}
            '(' => {
                depth += 1;
                out.push(' ');
            }
            ')' => depth = depth.checked_sub(1)?,
            _ if depth > 0 => {}
            _ => out.push(c),
        }
    }
    if quoted || depth > 0 { None } else { Some(out) }
}

//------------ Tests ---------------------------------------------------------

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_mailbox(value: &str, wanted: Option<&str>) {
        assert_eq!(mailbox(value).map(|a| a.to_string()).as_deref(), wanted, "{value}");
    }

    #[test]
    fn mailboxes() {
        check_mailbox("a@b.example", Some("a@b.example"));
        check_mailbox(" <a@b.example> ", Some("a@b.example"));
        check_mailbox("A Name <a@b.example>", Some("a@b.example"));
        check_mailbox("\"x@y, <z@w>\" <a@b.example> (c (d))", Some("a@b.example"));
        check_mailbox("=?utf-8?q?x?= <a@b.example>", Some("a@b.example"));
        check_mailbox("x@y.example <a@b.example>", None);
        check_mailbox("a@b.example, c@d.example", None);
        check_mailbox("<a@b.example> <c@d.example>", None);
        check_mailbox("<a@b.example>, <c@d.example>", None);
        check_mailbox("group: a@b.example;", None);
        check_mailbox("<@relay:a@b.example>", None);
        check_mailbox("\"a\"@b.example", None);
        check_mailbox("a@b.example (", None);
        check_mailbox("push\"@evil.example, \"@b.example", None);
        check_mailbox("<push\"x\"@b.example>", None);
        check_mailbox("pu(x)sh@b.example", None);
        check_mailbox("\"x\" <a@b.example> \"y\"", None);
        check_mailbox("(before) <a@b.example>(behind)", Some("a@b.example"));
        check_mailbox("", None);
    }

    #[test]
    fn reads_fields() {
        let fields = Fields::read(b"From: a\r\nSubject : b\r\n\tc\r\nX:\r\nfrom:\nd").unwrap_err();
        assert_eq!(fields, NoHeader);
        let fields = Fields::read(b"From: a\r\nSubject : b\r\n\tc\r\nX:\r\nfrom: d").unwrap();
        assert_eq!(fields.values("FROM"), ["a", "d"]);
        assert_eq!(fields.single("subject").unwrap(), "b c");
        assert_eq!(fields.single("x").unwrap(), "");
        assert!(Fields::read(b" a: b\r\n").is_err());
        assert!(Fields::read(b"a b: c\r\n").is_err());
    }

    #[test]
    fn media_types() {
        let read = MediaType::read("Application/XML; charset=utf-8; hp=\"cipher\"");
        assert_eq!(read.name, "application/xml");
        assert_eq!(read.parameter("hp"), Some("cipher"));
        let read = MediaType::read("attachment; filename*=UTF-8''%e2%82%ac.xml");
        assert_eq!(read.parameter("filename"), Some("€.xml"));
        assert_eq!(MediaType::read("").name, "");
        let fields =
            Fields::read(b"Content-Type: multipart/signed;\r\n boundary=\"a  b\r\n c\"\r\n");
        assert_eq!(fields.unwrap().media_type().parameter("boundary"), Some("a  b c"));
    }

    #[test]
    fn texts() {
        assert_eq!(text("=?UTF-8?B?YWI=?= =?UTF-8?Q?c=C3=A9?="), "abcé");
        assert_eq!(text("=?UTF-8?B?DQpCY2M6?="), "Bcc:");
    }
}
