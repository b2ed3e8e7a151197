//! Signing: an entity becomes a signed entity.

use data_encoding::BASE32_NOPAD;
use openssl::hash::{MessageDigest, hash};

use super::SmimeError;
use super::ffi::{self, Attribute, Content, SignPadding};
use super::identity::SigningIdentity;
use super::profile::{DigestAlgorithm, SealProfile, SignatureAlgorithm, SignedForm};
use crate::clock::Timestamp;
use crate::letter::encode;

//------------ Signed --------------------------------------------------------

/// An entity with our signature over it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Signed {
    entity: Vec<u8>,
    signed: Vec<u8>,
}

impl Signed {
    /// What the ledger kept of an earlier signing.
    pub fn from_stored(entity: Vec<u8>, signed: Vec<u8>) -> Self {
        Signed { entity, signed }
    }

    /// Entity E: the octets whose digest is signed.
    pub fn entity(&self) -> &[u8] {
        &self.entity
    }

    /// Entity M: the MIME entity that holds E and the signature.
    pub fn signed(&self) -> &[u8] {
        &self.signed
    }

    /// Both, as the ledger keeps them.
    pub fn into_parts(self) -> (Vec<u8>, Vec<u8>) {
        (self.entity, self.signed)
    }
}

/// Signs `entity` with signing-time `at`, in the form and with the digest of
/// `profile`.
///
/// The same arguments give the same octets, ECDSA and PSS apart, whose
/// signatures hold a random number.
pub fn sign(
    entity: &[u8],
    identity: &SigningIdentity,
    profile: &SealProfile,
    at: Timestamp,
) -> Result<Signed, SmimeError> {
    sign_with(entity, identity, profile, profile.signature.digest(), at)
}

/// The same with a digest of the caller's: a receipt's signature uses that of
/// the letter it answers (RFC 3335, section 5.3.1).
pub fn sign_with(
    entity: &[u8],
    identity: &SigningIdentity,
    profile: &SealProfile,
    digest: DigestAlgorithm,
    at: Timestamp,
) -> Result<Signed, SmimeError> {
    match profile.form {
        SignedForm::Detached => {
            sign_apart(entity, identity, profile, digest, &delimiter_of(entity)?, at)
        }
        SignedForm::Opaque => {
            let der = signature(entity, identity, profile, digest, Content::Inside, at)?;
            let signed = encode::base64_entity(OPAQUE_FIELDS, &der);
            Ok(Signed { entity: entity.to_vec(), signed })
        }
    }
}

/// multipart/signed (RFC 8551, section 3.5.3), whatever form the profile has:
/// part 1 is `entity`, to the octet. `boundary` must not occur in it.
pub fn sign_apart(
    entity: &[u8],
    identity: &SigningIdentity,
    profile: &SealProfile,
    digest: DigestAlgorithm,
    boundary: &str,
    at: Timestamp,
) -> Result<Signed, SmimeError> {
    let der = signature(entity, identity, profile, digest, Content::Detached, at)?;
    // The quotes around the protocol are needed (RFC 8551, section 3.5.3.2).
    let mut out = format!(
        "Content-Type: multipart/signed; protocol=\"application/pkcs7-signature\";\r\n \
         micalg={digest}; boundary=\"{boundary}\"\r\n\r\n--{boundary}\r\n"
    )
    .into_bytes();
    out.extend_from_slice(entity);
    out.extend_from_slice(format!("\r\n--{boundary}\r\n").as_bytes());
    out.extend_from_slice(&encode::base64_entity(SIGNATURE_FIELDS, &der));
    out.extend_from_slice(format!("\r\n--{boundary}--\r\n").as_bytes());
    Ok(Signed { entity: entity.to_vec(), signed: out })
}

/// SignedData over `entity`, as DER.
fn signature(
    entity: &[u8],
    identity: &SigningIdentity,
    profile: &SealProfile,
    digest: DigestAlgorithm,
    content: Content,
    at: Timestamp,
) -> Result<Vec<u8>, SmimeError> {
    profile.check_identity(identity).map_err(SmimeError::Profile)?;
    let padding = match profile.signature {
        SignatureAlgorithm::EcdsaP256Sha256
        | SignatureAlgorithm::EcdsaP384Sha384
        | SignatureAlgorithm::RsaPkcs1Sha256 => SignPadding::KeyDefault,
        SignatureAlgorithm::RsaPssSha256 => SignPadding::Pss,
    };
    let (time_type, time) = signing_time(at);
    let attributes = [
        Attribute { nid: SIGNING_TIME, asn1_type: time_type, octets: time.as_bytes() },
        Attribute { nid: SMIME_CAPABILITIES, asn1_type: SEQUENCE, octets: CAPABILITIES },
    ];
    ffi::sign(
        (&identity.facts().x509, identity.private_key()),
        identity.chain(),
        digest.openssl(),
        padding,
        content,
        entity,
        &attributes,
    )
    .map_err(SmimeError::openssl("sign"))
}

/// A delimiter of the entity's own digest, which cannot occur in it by chance.
fn delimiter_of(entity: &[u8]) -> Result<String, SmimeError> {
    let digest = hash(MessageDigest::sha256(), entity).map_err(SmimeError::openssl("digest"))?;
    let mut id = BASE32_NOPAD.encode(&digest).to_ascii_lowercase();
    id.truncate(26);
    Ok(format!("=_{id}.s"))
}

/// UTCTime to 2049, GeneralizedTime after it (RFC 5652, section 11.3).
fn signing_time(at: Timestamp) -> (i32, String) {
    let text = at.to_string();
    let digits: String = text.chars().filter(char::is_ascii_digit).take(14).collect();
    match digits.get(2..) {
        Some(short) if digits.as_str() < "2050" => (UTC_TIME, format!("{short}Z")),
        Some(_) | None => (GENERALIZED_TIME, format!("{digits}Z")),
    }
}

const OPAQUE_FIELDS: &str = "Content-Type: application/pkcs7-mime; smime-type=signed-data; \
     name=smime.p7m\r\n\
     Content-Transfer-Encoding: base64\r\n\
     Content-Disposition: attachment; filename=smime.p7m\r\n\r\n";
const SIGNATURE_FIELDS: &str = "Content-Type: application/pkcs7-signature; name=smime.p7s\r\n\
     Content-Transfer-Encoding: base64\r\n\
     Content-Disposition: attachment; filename=smime.p7s\r\n\r\n";

/// NID_pkcs9_signingTime.
const SIGNING_TIME: i32 = 52;
/// NID_SMIMECapabilities.
const SMIME_CAPABILITIES: i32 = 167;
/// V_ASN1_SEQUENCE, V_ASN1_UTCTIME, V_ASN1_GENERALIZEDTIME.
const SEQUENCE: i32 = 16;
const UTC_TIME: i32 = 23;
const GENERALIZED_TIME: i32 = 24;

/// smimeCapabilities (RFC 8551, section 2.5.2): aes256-GCM, aes128-GCM,
/// aes256-CBC, best first. Ours, because the library's list offers RC2 and DES.
const CAPABILITIES: &[u8] = &[
    0x30, 0x27, // SEQUENCE
    0x30, 0x0b, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x01, 0x2e, //
    0x30, 0x0b, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x01, 0x06, //
    0x30, 0x0b, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x01, 0x2a, //
];
