//! The parts of SignedData (RFC 5652, section 5): grammar only.

use super::der::{
    CONTEXT_0, CONTEXT_0_PRIMITIVE, CONTEXT_1, GENERALIZED_TIME, INTEGER, Malformed, OCTET_STRING,
    OID, SEQUENCE, SET, UTC_TIME, Value,
};
use super::structure::{Algorithm, CERTIFICATES_LIMIT, COUNT_LIMIT, KeyName};
use crate::clock::Timestamp;

//------------ SignedParts ---------------------------------------------------

/// SignedData, taken apart.
#[derive(Debug)]
pub struct SignedParts<'a> {
    pub content_type: &'a [u8],
    /// eContent; absent from a detached signature.
    pub content: Option<Value<'a>>,
    /// The certificates that came along, as DER.
    pub certificates: Vec<&'a [u8]>,
    pub signers: Vec<SignerParts<'a>>,
}

impl<'a> SignedParts<'a> {
    /// Takes the content of a ContentInfo apart.
    pub fn read(content: Value<'a>) -> Result<Self, Malformed> {
        let mut inside = content.inside();
        inside.expect(INTEGER, "no version")?;
        inside
            .expect(SET, "no digest algorithms")?
            .holds_at_most(DIGEST_LIMIT, "too many digest algorithms")?;
        let encapsulated = inside.expect(SEQUENCE, "no encapsulated content")?;
        let certificates = inside.optional(CONTEXT_0)?;
        // CRLs in letters are not believed.
        if let Some(lists) = inside.optional(CONTEXT_1)? {
            lists.holds_at_most(COUNT_LIMIT, "too many revocation lists")?;
            lists.weighs_at_most(LISTS_LIMIT, "revocation lists too large for a letter")?;
        }
        let set = inside.expect(SET, "no signers")?;
        inside.end("more than signers")?;

        let mut within = encapsulated.inside();
        let content_type = within.expect(OID, "content without type")?.content;
        let content = within.optional(CONTEXT_0)?;
        within.end("more than a content")?;
        let content = content.map(Self::octet_string).transpose()?;

        let mut signers = Vec::new();
        let mut each = set.inside();
        while let Some(signer) = each.value()? {
            signers.push(SignerParts::read(signer)?);
            if signers.len() > COUNT_LIMIT {
                break;
            }
        }
        let mut along = Vec::new();
        if let Some(certificates) = certificates {
            certificates.holds_at_most(COUNT_LIMIT, "too many certificates")?;
            certificates
                .weighs_at_most(CERTIFICATES_LIMIT, "certificates too large for a letter")?;
            let mut each = certificates.inside();
            while let Some(certificate) = each.value()? {
                if certificate.tag == SEQUENCE {
                    along.push(certificate.whole);
                }
            }
        }
        Ok(SignedParts { content_type, content, certificates: along, signers })
    }

    fn octet_string(explicit: Value<'a>) -> Result<Value<'a>, Malformed> {
        let mut inside = explicit.inside();
        let value = inside.value()?.ok_or(Malformed("no content"))?;
        inside.end("two contents")?;
        if value.is_octets(OCTET_STRING)? {
            Ok(value)
        } else {
            Err(Malformed("a content that is no octet string"))
        }
    }
}

//------------ SignerParts ---------------------------------------------------

/// One SignerInfo.
#[derive(Debug)]
pub struct SignerParts<'a> {
    pub name: KeyName<'a>,
    pub digest: Algorithm<'a>,
    /// None: no signed attributes at all.
    pub attributes: Option<Vec<Attribute<'a>>>,
    pub signature: Algorithm<'a>,
}

/// One signed attribute with all its values.
#[derive(Clone, Copy, Debug)]
pub struct Attribute<'a> {
    pub oid: &'a [u8],
    values: Value<'a>,
}

impl<'a> Attribute<'a> {
    /// Its value, if it is exactly one.
    pub fn single(&self) -> Option<Value<'a>> {
        let mut inside = self.values.inside();
        let first = inside.value().ok().flatten();
        if inside.is_empty() { first } else { None }
    }
}

impl<'a> SignerParts<'a> {
    fn read(value: Value<'a>) -> Result<Self, Malformed> {
        if value.tag != SEQUENCE {
            return Err(Malformed("a signer that is no SEQUENCE"));
        }
        let mut inside = value.inside();
        inside.expect(INTEGER, "a signer without version")?;
        let name = KeyName::read(&mut inside, CONTEXT_0_PRIMITIVE)?;
        let digest = Algorithm::read(&mut inside)?;
        let attributes = inside.optional(CONTEXT_0)?.map(Self::attributes).transpose()?;
        let signature = Algorithm::read(&mut inside)?;
        inside.expect(OCTET_STRING, "a signer without signature")?;
        few_attributes(inside.optional(CONTEXT_1)?)?; // unsigned, and say nothing
        inside.end("a signer with more than a signature")?;
        Ok(SignerParts { name, digest, attributes, signature })
    }

    fn attributes(set: Value<'a>) -> Result<Vec<Attribute<'a>>, Malformed> {
        let mut all = Vec::new();
        let mut each = set.inside();
        while let Some(attribute) = each.value()? {
            let mut inside = attribute.inside();
            let oid = inside.expect(OID, "an attribute without type")?.content;
            let values = inside.expect(SET, "an attribute without values")?;
            values.holds_at_most(COUNT_LIMIT, "too many values of an attribute")?;
            inside.end("an attribute with more than values")?;
            all.push(Attribute { oid, values });
            if all.len() > ATTRIBUTE_LIMIT {
                return Err(Malformed("too many attributes"));
            }
        }
        Ok(all)
    }

    /// The attributes of one type.
    pub fn of_type(&self, oid: &[u8]) -> Vec<Attribute<'a>> {
        let all = self.attributes.as_deref().unwrap_or(&[]);
        all.iter().copied().filter(|attribute| attribute.oid == oid).collect()
    }
}

/// Attributes that nobody here reads: few, each of few values.
pub(super) fn few_attributes(set: Option<Value<'_>>) -> Result<(), Malformed> {
    let Some(set) = set else { return Ok(()) };
    set.holds_at_most(ATTRIBUTE_LIMIT, "too many attributes")?;
    let mut each = set.inside();
    while let Some(attribute) = each.value()? {
        let mut parts = attribute.inside();
        while let Some(part) = parts.value()? {
            if part.tag == SET {
                part.holds_at_most(COUNT_LIMIT, "too many values of an attribute")?;
            }
        }
    }
    Ok(())
}

/// UTCTime or GeneralizedTime, to the second and in Zulu (RFC 5652, section 11.3).
pub fn time(value: Value<'_>) -> Option<Timestamp> {
    let text = std::str::from_utf8(value.content).ok()?;
    let digits = text.strip_suffix('Z')?;
    if !digits.bytes().all(|octet| octet.is_ascii_digit()) {
        return None;
    }
    let full = match (value.tag, digits.len()) {
        (UTC_TIME, 12) if digits < "50" => format!("20{digits}"),
        (UTC_TIME, 12) => format!("19{digits}"),
        (GENERALIZED_TIME, 14) => digits.to_owned(),
        _ => return None,
    };
    let part = |from: usize, to: usize| full.get(from..to);
    format!(
        "{}-{}-{}T{}:{}:{}Z",
        part(0, 4)?,
        part(4, 6)?,
        part(6, 8)?,
        part(8, 10)?,
        part(10, 12)?,
        part(12, 14)?
    )
    .parse()
    .ok()
}

/// As many digests of the content: the library works out every one that is
/// named, used or not.
const DIGEST_LIMIT: usize = 4;
/// As many attributes as are taken apart.
const ATTRIBUTE_LIMIT: usize = 64;
/// As many octets of revocation lists; some software sends them along.
const LISTS_LIMIT: usize = 4 * 1024 * 1024;
