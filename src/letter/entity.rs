//! What a proven entity says of itself: the fields under the signature, and
//! the octets that it carries.
//!
//! Only octets that gate 7 handed out come here. What the fields must say is
//! for `inbound` to decide.

use super::field::{self, Fields, MediaType};
use super::root::Outer;
use super::shape::{Part, Tree};
use crate::certificate::catalogue::Code as Remark;
use crate::certificate::finding::Finding;
use crate::refusal::{Code, Refusal};
use crate::smime::verify::Authenticated;

//------------ Headers -------------------------------------------------------

/// What a partner's software puts under its signature.
#[derive(Clone, Copy, Debug, Default, serde::Deserialize, Eq, PartialEq, serde::Serialize)]
pub enum Headers {
    /// No header fields; the outer ones are hints, and the destination is
    /// bound by the certificate's own countries.
    Outer,
    /// The whole header, repeated under the signature (RFC 9788).
    #[default]
    Protected,
}

//------------ Protection ----------------------------------------------------

/// How the fields under the signature are marked as the letter's own
/// (RFC 9788, section 2.1.1).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Protection {
    /// Not at all: the signed entity is a body and speaks for no header.
    Absent,
    /// `hp="cipher"`.
    Cipher,
    /// `hp="clear"`: made to be sent unencrypted, and encrypted by another.
    Clear,
    /// `protected-headers="v1"`, or a whole letter inside (RFC 8551, section 3.1).
    Older,
}

impl Protection {
    /// What the Content-Type says; `wrapped`: a whole letter stood inside.
    pub fn of(media_type: &MediaType, wrapped: bool) -> Protection {
        match (media_type.parameter("hp"), wrapped) {
            (Some(hp), _) if hp.eq_ignore_ascii_case("cipher") => Protection::Cipher,
            (Some(hp), _) if hp.eq_ignore_ascii_case("clear") => Protection::Clear,
            (Some(_) | None, true) => Protection::Older,
            (Some(_) | None, false) => match media_type.parameter("protected-headers") {
                Some(_) => Protection::Older,
                None => Protection::Absent,
            },
        }
    }
}

//------------ ProvenEntity -------------------------------------------------------

/// A proven entity, read.
#[derive(Clone, Debug)]
pub struct ProvenEntity {
    pub protection: Protection,
    /// Every field under the signature, unfolded.
    fields: Vec<(String, String)>,
    /// The innermost part, transfer encoding undone.
    pub octets: Vec<u8>,
    /// The name it was sent under: to be shown, never a path.
    pub file_name: Option<String>,
}

impl ProvenEntity {
    /// Reads what gate 7 handed out.
    pub fn read(proven: &Authenticated) -> Result<ProvenEntity, Refusal> {
        Self::of(proven.octets())
    }

    fn of(entity: &[u8]) -> Result<ProvenEntity, Refusal> {
        let no_entity = || {
            Refusal::new(Code::BindingNoHeaders, "what is signed is no MIME entity with a header")
        };
        let root = Tree::root(entity).map_err(|refusal| match refusal.code {
            Code::ShapeMalformed => no_entity(),
            _ => refusal,
        })?;
        if root.header.is_empty() {
            return Err(no_entity());
        }
        let tree = Tree::read(entity)?;
        let wrapped = matches!(root.media_type.name.as_str(), "message/rfc822" | "message/global");
        let head = if wrapped { tree.parts().get(1).unwrap_or(&root) } else { &root };
        let protection = Protection::of(&head.media_type, wrapped);
        let part = innermost(entity, &tree)?;
        let header = |part: &Part| Fields::read(entity.get(part.header.clone()).unwrap_or(&[]));
        let fields = header(head).map_err(|_no_header| no_entity())?;
        let own = header(part).map_err(|_no_header| no_entity())?;
        let octets = Tree::decoded(entity, part).ok_or_else(|| {
            Refusal::new(
                Code::ShapeMalformed,
                "the transfer encoding of what is signed cannot be undone",
            )
        })?;
        Ok(ProvenEntity {
            protection,
            octets,
            file_name: file_name(&own, &part.media_type),
            fields: fields
                .iter()
                .map(|(name, value)| (name.to_owned(), field::unfolded(value)))
                .collect(),
        })
    }

    /// The values of a field under the signature, unfolded.
    pub fn values(&self, name: &str) -> Vec<&str> {
        self.fields
            .iter()
            .filter(|(other, _)| other.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
            .collect()
    }

    /// Each HP-Outer line against the outer field it names: a relay, or
    /// somebody on the road, wrote it anew. A finding, nothing more.
    pub fn rewritten(&self, outer: &Outer) -> Vec<Finding> {
        let mut findings: Vec<Finding> = Vec::new();
        for line in self.values("HP-Outer") {
            let Some((name, value)) = line.split_once(':') else { continue };
            let (name, value) = (name.trim(), value.trim());
            if outer.values(name).contains(&value) {
                continue;
            }
            let code = rewritten_code(name);
            if findings.iter().any(|finding| finding.code == code) {
                continue;
            }
            findings.push(remark(
                code,
                format!("the outer field is not as its sender wrote it: {}", shown(value)),
                "look at the relays between the partner and this gateway",
            ));
        }
        findings
    }
}

/// The part that carries the document: the only leaf; of several the only
/// one of XML, by its type or else by its name; else the first. What stands
/// in a letter that is enclosed, and was once sent by somebody to somebody, is
/// none of this one's.
///
/// # Errors
///
/// Two parts are XML: one of them would be lost, and nobody can say which.
fn innermost<'t>(entity: &[u8], tree: &'t Tree) -> Result<&'t Part, Refusal> {
    let parts = tree.parts();
    let is_leaf = |index: usize| tree.children(index).next().is_none();
    let leaves: Vec<&Part> = parts
        .iter()
        .enumerate()
        .filter(|(index, part)| is_leaf(*index) && !is_enclosed(tree, part))
        .map(|(_, part)| part)
        .collect();
    let by = |is_xml: &dyn Fn(&Part) -> bool| -> Vec<&Part> {
        leaves.iter().copied().filter(|part| is_xml(part)).collect()
    };
    let mut of_xml = by(&|part| part.media_type.is_xml());
    if of_xml.is_empty() {
        of_xml = by(&|part| {
            let header = entity.get(part.header.clone()).unwrap_or(&[]);
            let fields = Fields::read(header).unwrap_or_default();
            let name = file_name(&fields, &part.media_type).unwrap_or_default();
            name.to_ascii_lowercase().ends_with(".xml")
        });
    }
    match (of_xml.as_slice(), leaves.as_slice()) {
        ([one], _) => Ok(one),
        // The parts behind an inquiry are what it encloses.
        (_, [first, ..]) if first.media_type.name == INQUIRY => Ok(first),
        ([_, _, ..], _) => Err(Refusal::new(
            Code::BindingKind,
            format!("{} parts are XML: one letter carries one document", of_xml.len()),
        )),
        (_, [first, ..]) => Ok(first),
        (_, []) => Ok(parts.first().unwrap_or(&EMPTY)),
    }
}

/// The media type of an inquiry.
const INQUIRY: &str = "application/vnd.certpost.inquiry+json";

/// Whether a part stands in a letter within the letter; that which is the whole
/// of it carries the header (RFC 8551, section 3.1).
fn is_enclosed(tree: &Tree, part: &Part) -> bool {
    let mut above = part.parent;
    while let Some(index) = above {
        let Some(outer) = tree.parts().get(index) else { return false };
        if index != 0 && outer.media_type.name.starts_with("message/") {
            return true;
        }
        above = outer.parent;
    }
    false
}

/// `filename`, else `name`, cut and without what could confuse a reader.
fn file_name(fields: &Fields<'_>, media_type: &MediaType) -> Option<String> {
    let disposition = fields.values("Content-Disposition");
    let disposition = disposition.first().map(|value| MediaType::read(value));
    let named = disposition.as_ref().and_then(|d| d.parameter("filename"));
    let name = named.or_else(|| media_type.parameter("name"))?;
    Some(name.chars().filter(|c| !c.is_control() && !"/\\\"".contains(*c)).take(100).collect())
}

/// A finding about a letter that was taken all the same.
pub fn remark(code: Remark, words: String, remedy: &str) -> Finding {
    Finding::new(code, "", words, remedy)
}

/// A value from outside as it may be shown: cut, control characters escaped.
pub fn shown(value: &str) -> String {
    let escape = |c: char| -> String {
        if c.is_control() { c.escape_default().collect() } else { c.to_string() }
    };
    value.chars().take(120).map(escape).collect()
}

fn rewritten_code(name: &str) -> Remark {
    match name.to_ascii_lowercase().as_str() {
        "date" => Remark::OuterRewrittenDate,
        "from" => Remark::OuterRewrittenFrom,
        "to" => Remark::OuterRewrittenTo,
        "subject" => Remark::OuterRewrittenSubject,
        "message-id" => Remark::OuterRewrittenMessageId,
        "auto-submitted" => Remark::OuterRewrittenAutoSubmitted,
        "in-reply-to" => Remark::OuterRewrittenInReplyTo,
        "references" => Remark::OuterRewrittenReferences,
        "disposition-notification-to" => Remark::OuterRewrittenReceiptTo,
        "disposition-notification-options" => Remark::OuterRewrittenReceiptOptions,
        _ => Remark::OuterRewrittenOther,
    }
}

static EMPTY: Part =
    Part { depth: 0, parent: None, media_type: MediaType::NONE, header: 0..0, body: 0..0 };

//------------ Tests ---------------------------------------------------------

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(entity: &str, wanted: Result<(Protection, &[u8]), Code>) {
        let read = ProvenEntity::of(entity.as_bytes());
        let read = read.as_ref().map(|entity| (entity.protection, entity.octets.as_slice()));
        assert_eq!(read.map_err(|refusal| refusal.code), wanted);
    }

    #[test]
    fn entities() {
        check("<a/>", Err(Code::BindingNoHeaders));
        check("\r\n<a/>", Err(Code::BindingNoHeaders));
        check("Content-Type: text/xml\n\n<a/>", Ok((Protection::Absent, b"<a/>")));
        check(
            "Content-Type: application/xml; hp=\"cipher\"\r\n\
             Content-Transfer-Encoding: base64\r\n\r\nPGEvPg==\r\n",
            Ok((Protection::Cipher, b"<a/>")),
        );
        check(
            "Content-Type: application/xml; hp=clear\r\n\
             Content-Transfer-Encoding: quoted-printable\r\n\r\n<a/=\r\n>",
            Ok((Protection::Clear, b"<a/>")),
        );
        check(
            "Content-Type: message/rfc822\r\n\r\nFrom: a@b\r\nContent-Type: text/xml\r\n\r\n<a/>",
            Ok((Protection::Older, b"<a/>")),
        );
        check(
            "Content-Type: multipart/mixed; boundary=x; protected-headers=\"v1\"\r\n\r\n\
             --x\r\n\r\nhello\r\n--x\r\nContent-Type: text/xml\r\n\r\n<a/>\r\n--x--",
            Ok((Protection::Older, b"<a/>")),
        );
        // Two documents, and one that somebody else once sent.
        check(
            "Content-Type: multipart/mixed; boundary=x\r\n\r\n\
             --x\r\nContent-Type: text/xml\r\n\r\n<a/>\r\n\
             --x\r\nContent-Type: application/xml\r\n\r\n<b/>\r\n--x--",
            Err(Code::BindingKind),
        );
        check(
            "Content-Type: multipart/mixed; boundary=x\r\n\r\n\
             --x\r\n\r\nhello\r\n--x\r\nContent-Type: message/rfc822\r\n\r\n\
             From: a@b\r\nContent-Type: text/xml\r\n\r\n<a/>\r\n--x--",
            Ok((Protection::Absent, b"hello")),
        );
        // A document by its name alone.
        check(
            "Content-Type: multipart/mixed; boundary=x\r\n\r\n\
             --x\r\n\r\nhello\r\n--x\r\nContent-Type: application/octet-stream\r\n\
             Content-Disposition: attachment; filename=\"EC.XML\"\r\n\r\n<a/>\r\n--x--",
            Ok((Protection::Absent, b"<a/>")),
        );
        check(
            "Content-Type: a/b\r\nContent-Transfer-Encoding: rot13\r\n\r\n<a/>",
            Err(Code::ShapeMalformed),
        );
    }
}
