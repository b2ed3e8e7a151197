//! What we send: entity E, and the sealed letter around its signature.
//!
//! The order of fields and every octet are a contract with those who read our
//! letters; a test below holds an example.

use std::fmt;
use std::str::FromStr;

use data_encoding::BASE32_NOPAD;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::address::Address;
use super::encode::{append_base64, append_field, base64_entity, encoded_words};
use crate::certificate::number::{CertificateId, Status};
use crate::clock::Timestamp;
use crate::smime::{DigestAlgorithm, Sealed};

//------------ Environment ---------------------------------------------------

/// Whether certificates are meant: the two refuse each other's letters.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq, schemars::JsonSchema)]
#[schemars(rename_all = "lowercase")]
pub enum Environment {
    #[default]
    Live,
    Training,
}

impl Environment {
    /// The word of configuration and of the Certpost-Environment field.
    pub const fn as_str(self) -> &'static str {
        match self {
            Environment::Live => "live",
            Environment::Training => "training",
        }
    }
}

impl fmt::Display for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Environment {
    type Err = UnknownEnvironment;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "live" => Ok(Environment::Live),
            "training" => Ok(Environment::Training),
            _ => Err(UnknownEnvironment),
        }
    }
}

impl Serialize for Environment {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for Environment {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// A word that is no environment; the operator mends certpost.toml.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("write live or training")]
pub struct UnknownEnvironment;

//------------ ContentKind ---------------------------------------------------

/// What a sealed letter carries: the Certpost-Kind field.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum ContentKind {
    Acknowledgement,
    Answer,
    Certificate,
    Inquiry,
}

impl ContentKind {
    /// The word of the Certpost-Kind field.
    pub const fn as_str(self) -> &'static str {
        match self {
            ContentKind::Acknowledgement => "acknowledgement",
            ContentKind::Answer => "answer",
            ContentKind::Certificate => "certificate",
            ContentKind::Inquiry => "inquiry",
        }
    }

    /// Reads the word.
    pub fn of(word: &str) -> Option<ContentKind> {
        [
            ContentKind::Acknowledgement,
            ContentKind::Answer,
            ContentKind::Certificate,
            ContentKind::Inquiry,
        ]
        .into_iter()
        .find(|kind| kind.as_str() == word)
    }
}

//------------ LetterFacts ---------------------------------------------------

/// All that a letter says beside what it carries.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct LetterFacts {
    /// 26 characters of base32: left side of Message-ID, and ENVID.
    pub letter_id: String,
    pub from: Address,
    pub to: Address,
    pub at: Timestamp,
    /// The real one, for the inside; the outer one tells nothing.
    pub subject: String,
    pub environment: Environment,
    pub file_name: String,
    pub kind: ContentKind,
    /// The digest of our signature, which a receipt's MIC must use; absent
    /// where no receipt is asked for.
    pub micalg: Option<DigestAlgorithm>,
}

impl LetterFacts {
    /// The Message-ID, in its brackets.
    pub fn message_id(&self) -> String {
        message_id(&self.letter_id, &self.from)
    }

    /// The fields that stand inside and outside, with their outer values.
    fn outer_fields(&self) -> Vec<(&'static str, String)> {
        let mut fields = vec![
            ("Date", self.at.rfc5322()),
            ("From", self.from.to_string()),
            ("To", self.to.to_string()),
            ("Subject", HIDDEN_SUBJECT.to_owned()),
            ("Message-ID", self.message_id()),
            ("Auto-Submitted", "auto-generated".to_owned()), // RFC 3834, section 5.2
        ];
        if let Some(micalg) = self.micalg {
            // To the octet what MAIL FROM says (RFC 8098, section 2.1).
            fields.push(("Disposition-Notification-To", self.from.to_string()));
            // One algorithm only: of several, one reader takes the first and
            // another the last (RFC 3335, section 5.2; RFC 8098, section 2.2).
            let options = format!(
                "signed-receipt-protocol=optional, pkcs7-signature; \
                 signed-receipt-micalg=optional, {micalg}"
            );
            fields.push(("Disposition-Notification-Options", options));
        }
        fields
    }
}

/// The Message-ID of a letter with that id, in its brackets.
pub fn message_id(letter_id: &str, from: &Address) -> String {
    format!("<{}@{}>", plain_id(letter_id), from.domain())
}

/// Whatever stands for an id, as it may stand in fields and delimiters.
pub(crate) fn plain_id(letter_id: &str) -> String {
    letter_id.chars().filter(char::is_ascii_alphanumeric).take(64).collect()
}

/// A letter's id from 16 random octets: 26 characters of base32, lower case.
pub fn letter_id(random: [u8; 16]) -> String {
    BASE32_NOPAD.encode(&random).to_ascii_lowercase()
}

//------------ Entity E ------------------------------------------------------

/// Entity E: the octets that are signed, that a receipt's MIC covers and that
/// evidence shows. A certificate's XML goes in untouched, as base64.
pub fn certificate_entity(facts: &LetterFacts, xml: &[u8]) -> Vec<u8> {
    let outer = facts.outer_fields();
    let mut head = String::with_capacity(2048);
    append_field(&mut head, "MIME-Version", "1.0");
    for (name, value) in &outer {
        if *name == "Subject" {
            append_field(&mut head, name, &encoded_words(&facts.subject));
        } else {
            append_field(&mut head, name, value);
        }
    }
    append_field(&mut head, "Certpost-Kind", &format!("{}; version=1", facts.kind.as_str()));
    append_field(&mut head, "Certpost-Environment", facts.environment.as_str());
    for (name, value) in &outer {
        append_field(&mut head, "HP-Outer", &format!("{name}: {value}"));
    }
    append_field(&mut head, "Content-Type", "application/xml; charset=utf-8; hp=\"cipher\"");
    append_field(&mut head, "Content-Transfer-Encoding", "base64");
    let disposition = format!("attachment; filename=\"{}\"", plain_file_name(&facts.file_name));
    append_field(&mut head, "Content-Disposition", &disposition);
    head.push_str("\r\n");
    base64_entity(&head, xml)
}

/// The Subject inside a certificate's letter, before encoding.
pub fn certificate_subject(
    id: &CertificateId,
    status: &Status,
    environment: Environment,
) -> String {
    let mark = match environment {
        Environment::Live => "",
        Environment::Training => "[TRAINING] ",
    };
    format!("{mark}SPS certificate {} {} {} {status}", id.country, id.document_type, id.number())
}

/// A file name from a certificate number.
pub fn file_name(number: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() || "._-".contains(c) { c } else { '_' };
    let name: String = number.chars().map(plain).collect();
    let name: String = name.trim_start_matches('.').chars().take(64).collect();
    format!("{}.xml", if name.is_empty() { "_" } else { &name })
}

/// Whatever stands in [`LetterFacts::file_name`], as it may stand in quotes.
fn plain_file_name(name: &str) -> String {
    let stem = name.strip_suffix(".xml").unwrap_or(name);
    file_name(stem)
}

//------------ The letter ----------------------------------------------------

/// About how many octets the letter around `xml` octets will have: never
/// less, and a few hundred more than it turns out.
///
/// Three layers of base64 at 76 characters a line, and the headers, signature
/// and certificates around them.
pub fn size_of_letter(xml: usize) -> usize {
    let encoded = |octets: usize| octets.div_ceil(57).saturating_mul(78);
    let entity = encoded(xml).saturating_add(4 << 10);
    let signed = encoded(entity.saturating_add(8 << 10)).saturating_add(1 << 10);
    encoded(signed.saturating_add(8 << 10)).saturating_add(2 << 10)
}

/// The outer letter, as it is posted. Whether it is too large
/// ([`super::MAX_LETTER`]) is for the caller to see.
pub fn sealed_letter(facts: &LetterFacts, sealed: &Sealed) -> Vec<u8> {
    letter_around(&facts.outer_fields(), sealed)
}

/// The letter with these fields outside, around `sealed`.
pub(crate) fn letter_around(fields: &[(&'static str, String)], sealed: &Sealed) -> Vec<u8> {
    let mut head = String::with_capacity(1024);
    for (name, value) in fields {
        append_field(&mut head, name, value);
    }
    append_field(&mut head, "MIME-Version", "1.0");
    let content_type = format!(
        "application/pkcs7-mime; smime-type={}; name=smime.p7m",
        sealed.kind().smime_type()
    );
    append_field(&mut head, "Content-Type", &content_type);
    append_field(&mut head, "Content-Transfer-Encoding", "base64");
    // RFC 8551, section 3.2.1
    append_field(&mut head, "Content-Disposition", "attachment; filename=smime.p7m");
    head.push_str("\r\n");
    let mut out = head.into_bytes();
    out.reserve(sealed.der().len() * 7 / 5);
    append_base64(&mut out, sealed.der());
    out
}

/// The registered baseline confidentiality policy (RFC 9788, section 3.2.1).
pub(crate) const HIDDEN_SUBJECT: &str = "[...]";

//------------ Tests ---------------------------------------------------------

#[cfg(test)]
mod tests {
    use super::*;

    pub(super) fn facts() -> LetterFacts {
        LetterFacts {
            letter_id: "tnei5w5s46migarjcj6hevoihe".to_owned(),
            from: "push@ecert.bv.example".parse().unwrap(),
            to: "push@ecert.hm.example".parse().unwrap(),
            at: "2026-11-23T20:30:00Z".parse().unwrap(),
            subject: "SPS certificate BV 851 EC.BV.2026.0004711 70".to_owned(),
            environment: Environment::Live,
            file_name: "EC.BV.2026.0004711.xml".to_owned(),
            kind: ContentKind::Certificate,
            micalg: Some(DigestAlgorithm::Sha256),
        }
    }

    #[test]
    fn entity_to_the_octet() {
        let entity = certificate_entity(&facts(), b"<?xml version=\"1.0\"?>");
        let wanted = "MIME-Version: 1.0\r\n\
            Date: Mon, 23 Nov 2026 20:30:00 +0000\r\n\
            From: push@ecert.bv.example\r\n\
            To: push@ecert.hm.example\r\n\
            Subject: SPS certificate BV 851 EC.BV.2026.0004711 70\r\n\
            Message-ID: <tnei5w5s46migarjcj6hevoihe@ecert.bv.example>\r\n\
            Auto-Submitted: auto-generated\r\n\
            Disposition-Notification-To: push@ecert.bv.example\r\n\
            Disposition-Notification-Options: signed-receipt-protocol=optional,\r\n \
            pkcs7-signature; signed-receipt-micalg=optional, sha-256\r\n\
            Certpost-Kind: certificate; version=1\r\n\
            Certpost-Environment: live\r\n\
            HP-Outer: Date: Mon, 23 Nov 2026 20:30:00 +0000\r\n\
            HP-Outer: From: push@ecert.bv.example\r\n\
            HP-Outer: To: push@ecert.hm.example\r\n\
            HP-Outer: Subject: [...]\r\n\
            HP-Outer: Message-ID: <tnei5w5s46migarjcj6hevoihe@ecert.bv.example>\r\n\
            HP-Outer: Auto-Submitted: auto-generated\r\n\
            HP-Outer: Disposition-Notification-To: push@ecert.bv.example\r\n\
            HP-Outer: Disposition-Notification-Options: signed-receipt-protocol=optional,\r\n \
            pkcs7-signature; signed-receipt-micalg=optional, sha-256\r\n\
            Content-Type: application/xml; charset=utf-8; hp=\"cipher\"\r\n\
            Content-Transfer-Encoding: base64\r\n\
            Content-Disposition: attachment; filename=\"EC.BV.2026.0004711.xml\"\r\n\
            \r\n\
            PD94bWwgdmVyc2lvbj0iMS4wIj8+\r\n";
        assert_eq!(String::from_utf8(entity).unwrap(), wanted);
    }

    #[test]
    fn nothing_breaks_out_of_a_field() {
        let evil = LetterFacts {
            subject: "x\r\nBcc: y@z".to_owned(),
            file_name: "../../\"\r\nBcc: y@z".to_owned(),
            letter_id: "a>\r\nBcc: y@z".to_owned(),
            ..facts()
        };
        let entity = String::from_utf8(certificate_entity(&evil, b"")).unwrap();
        assert!(!entity.contains("\r\nBcc"), "{entity}");
        assert!(entity.is_ascii() && entity.lines().all(|line| line.len() <= 78), "{entity}");
    }

    #[track_caller]
    fn check_name(number: &str, wanted: &str) {
        assert_eq!(file_name(number), wanted);
    }

    #[test]
    fn file_names() {
        check_name("EC.BV.2026.0004711", "EC.BV.2026.0004711.xml");
        check_name("../etc/passwd", "_etc_passwd.xml");
        check_name("植物/1", "___1.xml");
        check_name("", "_.xml");
        check_name(&"9".repeat(80), &format!("{}.xml", "9".repeat(64)));
    }

    #[test]
    fn subjects() {
        let id = CertificateId::new("BV".parse().unwrap(), "851".parse().unwrap(), "N-1").unwrap();
        let subject = certificate_subject(&id, &"70".parse().unwrap(), Environment::Training);
        assert_eq!(subject, "[TRAINING] SPS certificate BV 851 N-1 70");
    }
}
