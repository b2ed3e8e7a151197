//! The parts of a sealed structure: recipients, cipher, ciphertext, tag.
//!
//! Grammar only (RFC 5652, section 6; RFC 5083): what is allowed is decided
//! in `scan`. `inspect` shows the same parts to people.

use openssl::error::ErrorStack;
use openssl::x509::{X509, X509Name};

use super::der::{
    CONSTRUCTED, CONTEXT_0, CONTEXT_0_PRIMITIVE, CONTEXT_1, CONTEXT_2, INTEGER, Malformed,
    OCTET_STRING, OID, Reader, SEQUENCE, SET, Value,
};
use super::identity::X509Facts;
use super::signed_data::few_attributes;

//------------ ContentInfo ---------------------------------------------------

/// The outermost structure (RFC 5652, section 3).
pub struct ContentInfo<'a> {
    pub content_type: &'a [u8],
    pub content: Value<'a>,
    /// What follows the structure; must be nothing.
    pub trailing: &'a [u8],
}

impl<'a> ContentInfo<'a> {
    /// Reads the outermost structure and no deeper.
    pub fn read(octets: &'a [u8]) -> Result<Self, Malformed> {
        let mut reader = Reader::new(octets);
        let outer = reader.expect(SEQUENCE, "no CMS structure")?;
        let mut inside = outer.inside();
        let content_type = inside.expect(OID, "no content type")?.content;
        let content = inside.expect(CONTEXT_0, "no content")?;
        inside.end("more than a content in the structure")?;
        let mut within = content.inside();
        let content = within.expect(SEQUENCE, "the content is no SEQUENCE")?;
        within.end("two contents in the structure")?;
        Ok(ContentInfo { content_type, content, trailing: reader.rest() })
    }
}

//------------ Algorithm -----------------------------------------------------

/// An AlgorithmIdentifier.
#[derive(Clone, Copy, Debug)]
pub struct Algorithm<'a> {
    pub oid: &'a [u8],
    pub parameters: Option<Value<'a>>,
}

impl<'a> Algorithm<'a> {
    /// Reads one from the content of `value`.
    pub fn of(value: Value<'a>) -> Result<Self, Malformed> {
        let mut inside = value.inside();
        let oid = inside.expect(OID, "an algorithm without identifier")?.content;
        let parameters = inside.value()?;
        inside.end("an algorithm with more than parameters")?;
        Ok(Algorithm { oid, parameters })
    }

    pub(super) fn read(reader: &mut Reader<'a>) -> Result<Self, Malformed> {
        Self::of(reader.expect(SEQUENCE, "no algorithm where one must be")?)
    }
}

//------------ KeyName -------------------------------------------------------

/// How a CMS structure names a certificate.
#[derive(Clone, Copy, Debug)]
pub enum KeyName<'a> {
    IssuerSerial { issuer: &'a [u8], serial: &'a [u8] },
    KeyId(&'a [u8]),
}

impl<'a> KeyName<'a> {
    /// Reads a name; `key_id` is the tag of its second form.
    pub(super) fn read(reader: &mut Reader<'a>, key_id: u8) -> Result<Self, Malformed> {
        let value = reader.value()?.ok_or(Malformed("no name of a certificate"))?;
        if value.tag == SEQUENCE {
            let mut inside = value.inside();
            let issuer = inside.expect(SEQUENCE, "no issuer in the name of a certificate")?;
            issuer.weighs_at_most(NAME_LIMIT, "an issuer too long to be one")?;
            let issuer = issuer.whole;
            let serial = inside.expect(INTEGER, "no serial number of a certificate")?.content;
            inside.end("more than issuer and serial number")?;
            let zeros = serial.iter().take_while(|octet| **octet == 0).count();
            return Ok(KeyName::IssuerSerial {
                issuer,
                serial: serial.get(zeros..).unwrap_or(&[]),
            });
        }
        if value.tag != key_id {
            return Err(Malformed("a name of a certificate in no known form"));
        }
        if key_id & CONSTRUCTED == 0 {
            return Ok(KeyName::KeyId(value.content));
        }
        // RecipientKeyIdentifier: the key id, then a date and more, not used.
        let mut inside = value.inside();
        Ok(KeyName::KeyId(inside.expect(OCTET_STRING, "no key identifier")?.content))
    }

    /// Whether this names that certificate.
    pub(super) fn names(&self, facts: &X509Facts) -> bool {
        match self {
            KeyName::KeyId(id) => facts.key_id.as_deref() == Some(*id),
            KeyName::IssuerSerial { issuer, serial } => {
                *serial == facts.serial.as_slice()
                    && (*issuer == facts.issuer.as_slice() || same_name(issuer, facts))
            }
        }
    }
}

/// Names that differ in string types or case alone are the same (RFC 5280,
/// section 7.1); some software writes them anew.
fn same_name(issuer: &[u8], facts: &X509Facts) -> bool {
    X509Name::from_der(issuer)
        .and_then(|name| name.try_cmp(facts.x509.issuer_name()))
        .is_ok_and(|order| order.is_eq())
}

/// A certificate's serial number as [`KeyName`] has it.
pub(super) fn serial(x509: &X509) -> Result<Vec<u8>, ErrorStack> {
    let number = x509.serial_number().to_bn()?;
    if !number.is_negative() {
        return Ok(number.to_vec());
    }
    let (mut octets, mut carry) = (number.to_vec(), true);
    for octet in octets.iter_mut().rev() {
        (*octet, carry) = (!*octet).overflowing_add(u8::from(carry));
    }
    if octets.first().is_none_or(|first| first & 0x80 == 0) {
        octets.insert(0, 0xff);
    }
    Ok(octets)
}

//------------ Recipient -----------------------------------------------------

/// One RecipientInfo (RFC 5652, section 6.2).
#[derive(Clone, Debug)]
pub enum Recipient<'a> {
    /// KeyAgreeRecipientInfo, for one or more keys.
    Agreement { names: Vec<KeyName<'a>>, algorithm: Algorithm<'a> },
    /// Password, KEK, or a form of one's own.
    Other(&'static str),
    /// KeyTransRecipientInfo.
    Transport { name: KeyName<'a>, algorithm: Algorithm<'a> },
}

impl<'a> Recipient<'a> {
    fn read(value: Value<'a>) -> Result<Self, Malformed> {
        match value.tag {
            SEQUENCE => {
                let mut inside = value.inside();
                inside.expect(INTEGER, "a recipient without version")?;
                let name = KeyName::read(&mut inside, CONTEXT_0_PRIMITIVE)?;
                let algorithm = Algorithm::read(&mut inside)?;
                inside.expect(OCTET_STRING, "a recipient without encrypted key")?;
                inside.end("a recipient with more than a key")?;
                Ok(Recipient::Transport { name, algorithm })
            }
            CONTEXT_1 => {
                let mut inside = value.inside();
                inside.expect(INTEGER, "a recipient without version")?;
                inside.expect(CONTEXT_0, "a key agreement without originator")?;
                inside.optional(CONTEXT_1)?;
                let algorithm = Algorithm::read(&mut inside)?;
                let keys = inside.expect(SEQUENCE, "a key agreement without keys")?;
                inside.end("a key agreement with more than keys")?;
                let mut names = Vec::new();
                let mut keys = keys.inside();
                while let Some(key) = keys.value()? {
                    let mut key = key.inside();
                    names.push(KeyName::read(&mut key, CONTEXT_0)?);
                    key.expect(OCTET_STRING, "a recipient without encrypted key")?;
                    if names.len() > COUNT_LIMIT {
                        break;
                    }
                }
                Ok(Recipient::Agreement { names, algorithm })
            }
            CONTEXT_2 => Ok(Recipient::Other("a shared key")),
            0xa3 => Ok(Recipient::Other("a password")),
            _ => Ok(Recipient::Other("a form that no standard has")),
        }
    }

    /// How many keys it is for.
    pub fn count(&self) -> usize {
        match self {
            Recipient::Agreement { names, .. } => names.len(),
            Recipient::Other(_) | Recipient::Transport { .. } => 1,
        }
    }

    /// The certificates it names.
    pub fn names(&self) -> &[KeyName<'a>] {
        match self {
            Recipient::Agreement { names, .. } => names,
            Recipient::Other(_) => &[],
            Recipient::Transport { name, .. } => std::slice::from_ref(name),
        }
    }
}

//------------ SealedParts ---------------------------------------------------

/// EnvelopedData or AuthEnvelopedData, taken apart.
#[derive(Debug)]
pub struct SealedParts<'a> {
    /// SET OF RecipientInfo as it stands.
    pub recipients_whole: &'a [u8],
    /// At most one more than is worth reading.
    pub recipients: Vec<Recipient<'a>>,
    pub content_type: &'a [u8],
    pub cipher: Algorithm<'a>,
    pub ciphertext: Option<Value<'a>>,
    /// AuthEnvelopedData alone: the tag.
    pub mac: Option<&'a [u8]>,
}

/// Which of the two a structure claims to be.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Claimed {
    AuthEnveloped,
    Enveloped,
}

impl<'a> SealedParts<'a> {
    /// Takes the content of a ContentInfo apart.
    pub fn read(content: Value<'a>, claimed: Claimed) -> Result<Self, Malformed> {
        let mut inside = content.inside();
        inside.expect(INTEGER, "no version")?;
        // originatorInfo, not used: certificates and lists, each in a field.
        if let Some(originator) = inside.optional(CONTEXT_0)? {
            originator.weighs_at_most(CERTIFICATES_LIMIT, "too much about the originator")?;
            let mut fields = originator.inside();
            while let Some(field) = fields.value()? {
                field.holds_at_most(COUNT_LIMIT, "too much about the originator")?;
            }
        }
        let set = inside.expect(SET, "no recipients")?;
        let mut recipients = Vec::new();
        let mut each = set.inside();
        while let Some(value) = each.value()? {
            recipients.push(Recipient::read(value)?);
            if recipients.len() > COUNT_LIMIT {
                break;
            }
        }
        let encrypted = inside.expect(SEQUENCE, "no encrypted content")?;
        let mut within = encrypted.inside();
        let content_type = within.expect(OID, "encrypted content without type")?.content;
        let cipher = Algorithm::read(&mut within)?;
        let ciphertext = within.value()?;
        within.end("more than one encrypted content")?;
        let mac = match claimed {
            Claimed::AuthEnveloped => {
                few_attributes(inside.optional(CONTEXT_1)?)?; // authAttrs
                let mac = inside.expect(OCTET_STRING, "no tag")?.content;
                few_attributes(inside.optional(CONTEXT_2)?)?; // unauthAttrs
                Some(mac)
            }
            Claimed::Enveloped => {
                few_attributes(inside.optional(CONTEXT_1)?)?; // unprotectedAttrs
                None
            }
        };
        inside.end("more than there should be after the encrypted content")?;
        Ok(SealedParts {
            recipients_whole: set.whole,
            recipients,
            content_type,
            cipher,
            ciphertext,
            mac,
        })
    }
}

/// As many recipients, signers or certificates as are taken apart.
pub(super) const COUNT_LIMIT: usize = 32;
/// As many octets of certificates: the library makes ten of each.
pub(super) const CERTIFICATES_LIMIT: usize = 1024 * 1024;
/// As many octets of a name.
const NAME_LIMIT: usize = 64 * 1024;

//------------ Object identifiers --------------------------------------------

/// Object identifiers by content octets, and how people call them.
pub mod oid {
    macro_rules! oids {
        ($($name:ident $text:literal $octets:expr;)+) => {
            $(pub const $name: &[u8] = $octets;)+

            /// What people call it.
            pub fn words(oid: &[u8]) -> Option<&'static str> {
                match oid { $($name => Some($text),)+ _ => None }
            }
        };
    }
    oids! {
        DATA "data" b"\x2a\x86\x48\x86\xf7\x0d\x01\x07\x01";
        SIGNED_DATA "signed-data" b"\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02";
        ENVELOPED_DATA "enveloped-data" b"\x2a\x86\x48\x86\xf7\x0d\x01\x07\x03";
        AUTH_ENVELOPED_DATA "authEnveloped-data" b"\x2a\x86\x48\x86\xf7\x0d\x01\x09\x10\x01\x17";
        COMPRESSED_DATA "compressed-data" b"\x2a\x86\x48\x86\xf7\x0d\x01\x09\x10\x01\x09";
        CONTENT_TYPE "content-type" b"\x2a\x86\x48\x86\xf7\x0d\x01\x09\x03";
        MESSAGE_DIGEST "message-digest" b"\x2a\x86\x48\x86\xf7\x0d\x01\x09\x04";
        SIGNING_TIME "signing-time" b"\x2a\x86\x48\x86\xf7\x0d\x01\x09\x05";
        CAPABILITIES "smimeCapabilities" b"\x2a\x86\x48\x86\xf7\x0d\x01\x09\x0f";
        SIGNING_CERTIFICATE_2 "signingCertificateV2"
            b"\x2a\x86\x48\x86\xf7\x0d\x01\x09\x10\x02\x2f";
        MD5 "md5" b"\x2a\x86\x48\x86\xf7\x0d\x02\x05";
        SHA1 "sha-1" b"\x2b\x0e\x03\x02\x1a";
        SHA256 "sha-256" b"\x60\x86\x48\x01\x65\x03\x04\x02\x01";
        SHA384 "sha-384" b"\x60\x86\x48\x01\x65\x03\x04\x02\x02";
        SHA512 "sha-512" b"\x60\x86\x48\x01\x65\x03\x04\x02\x03";
        RSA "rsaEncryption" b"\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01";
        RSA_OAEP "rsa-oaep" b"\x2a\x86\x48\x86\xf7\x0d\x01\x01\x07";
        MGF1 "mgf1" b"\x2a\x86\x48\x86\xf7\x0d\x01\x01\x08";
        P_SPECIFIED "pSpecified" b"\x2a\x86\x48\x86\xf7\x0d\x01\x01\x09";
        RSA_PSS "rsa-pss" b"\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0a";
        RSA_SHA1 "rsa-sha1" b"\x2a\x86\x48\x86\xf7\x0d\x01\x01\x05";
        RSA_SHA256 "rsa-sha256" b"\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0b";
        RSA_SHA384 "rsa-sha384" b"\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0c";
        RSA_SHA512 "rsa-sha512" b"\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0d";
        ECDSA_SHA256 "ecdsa-sha256" b"\x2a\x86\x48\xce\x3d\x04\x03\x02";
        ECDSA_SHA384 "ecdsa-sha384" b"\x2a\x86\x48\xce\x3d\x04\x03\x03";
        ECDSA_SHA512 "ecdsa-sha512" b"\x2a\x86\x48\xce\x3d\x04\x03\x04";
        AES128_CBC "aes-128-cbc" b"\x60\x86\x48\x01\x65\x03\x04\x01\x02";
        AES192_CBC "aes-192-cbc" b"\x60\x86\x48\x01\x65\x03\x04\x01\x16";
        AES256_CBC "aes-256-cbc" b"\x60\x86\x48\x01\x65\x03\x04\x01\x2a";
        AES128_GCM "aes-128-gcm" b"\x60\x86\x48\x01\x65\x03\x04\x01\x06";
        AES256_GCM "aes-256-gcm" b"\x60\x86\x48\x01\x65\x03\x04\x01\x2e";
        DES3_CBC "des-ede3-cbc" b"\x2a\x86\x48\x86\xf7\x0d\x03\x07";
        RC2_CBC "rc2-cbc" b"\x2a\x86\x48\x86\xf7\x0d\x03\x02";
        ECDH_SHA1 "ecdh-sha1" b"\x2b\x81\x05\x10\x86\x48\x3f\x00\x02";
        ECDH_SHA256 "ecdh-sha256" b"\x2b\x81\x04\x01\x0b\x01";
        ECDH_SHA384 "ecdh-sha384" b"\x2b\x81\x04\x01\x0b\x02";
        AES128_WRAP "aes-128-wrap" b"\x60\x86\x48\x01\x65\x03\x04\x01\x05";
        AES256_WRAP "aes-256-wrap" b"\x60\x86\x48\x01\x65\x03\x04\x01\x2d";
    }

    /// What people call it, or its dotted form.
    pub fn name(oid: &[u8]) -> String {
        match words(oid) {
            Some(known) => known.to_owned(),
            None => dotted(oid),
        }
    }

    fn dotted(oid: &[u8]) -> String {
        let mut parts = Vec::new();
        let mut number = 0_u64;
        for octet in oid.iter().take(40) {
            number = (number << 7) | u64::from(octet & 0x7f);
            if octet & 0x80 == 0 {
                if parts.is_empty() {
                    let first = (number / 40).min(2);
                    parts.push(first.to_string());
                    number -= first * 40;
                }
                parts.push(number.to_string());
                number = 0;
            }
        }
        parts.join(".")
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        #[test]
        fn dotted_forms() {
            assert_eq!(dotted(AES256_GCM), "2.16.840.1.101.3.4.1.46");
            assert_eq!(dotted(AUTH_ENVELOPED_DATA), "1.2.840.113549.1.9.16.1.23");
            assert_eq!(dotted(ECDH_SHA1), "1.3.133.16.840.63.0.2");
            assert_eq!(dotted(ECDH_SHA256), "1.3.132.1.11.1");
            assert_eq!(dotted(ECDSA_SHA256), "1.2.840.10045.4.3.2");
            assert_eq!(dotted(SIGNING_CERTIFICATE_2), "1.2.840.113549.1.9.16.2.47");
        }
    }
}
