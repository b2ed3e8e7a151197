//! Gate 7: the signature, and whose it is.
//!
//! The library would take MD5, a signer nobody pinned, two signers, or one
//! without signed attributes; so everything is decided from the structure
//! first. The library then verifies with the pinned certificate and nothing
//! else, and only the octets that it hands back go on.

use std::time::Duration;

use openssl::cms::{CMSOptions, CmsContentInfo};
use openssl::stack::Stack;

use super::der::{CONTEXT_0, CONTEXT_1, INTEGER, Malformed, NULL, OCTET_STRING, OID, SEQUENCE};
use super::identity::{KeyForm, Pin};
use super::profile::{ContentCipher, DigestAlgorithm, Trust};
use super::signed_data::{self, SignedParts, SignerParts};
use super::structure::{Algorithm, ContentInfo, oid};
use super::trust;
use crate::clock::Timestamp;
use crate::letter::inner::{Inner, Signature};
use crate::refusal::{Code, Refusal};

//------------ Signer --------------------------------------------------------

/// Whose signature a letter bears, as contracts write it.
#[derive(Clone, Debug, Eq, PartialEq, schemars::JsonSchema, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Signer {
    /// SHA-256 of the certificate's DER, hex.
    #[schemars(regex(pattern = "^[0-9a-f]{64}$"))]
    pub sha256: String,
    /// The subject of the certificate, for a person.
    pub subject: String,
    /// Serial number, hex.
    #[schemars(regex(pattern = "^[0-9a-f]*$"))]
    pub serial: String,
    /// SHA-256 of the CRL that was asked, hex; absent if none was.
    #[schemars(regex(pattern = "^[0-9a-f]{64}$"))]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub crl_sha256: Option<String>,
}

//------------ Authenticated -------------------------------------------------

/// Octets that a pinned signer signed.
///
/// ```compile_fail
/// let proven = certpost::smime::verify::Authenticated { octets: Vec::new() };
/// ```
///
/// Nothing but gate 6's answer can be verified:
///
/// ```compile_fail
/// fn skip(octets: Vec<u8>, trusts: &[&certpost::smime::Trust], at: certpost::clock::Timestamp) {
///     let _ = certpost::smime::verify::verify(octets, trusts, std::time::Duration::ZERO, at);
/// }
/// ```
#[derive(Debug)]
pub struct Authenticated {
    octets: Vec<u8>,
    whose: usize,
    signer: Signer,
    digest: DigestAlgorithm,
    signed_at: Option<Timestamp>,
    cipher: ContentCipher,
}

impl Authenticated {
    /// Entity E: exactly the octets whose signature was proven.
    pub fn octets(&self) -> &[u8] {
        &self.octets
    }

    /// The same, for keeping.
    pub fn into_octets(self) -> Vec<u8> {
        self.octets
    }

    /// Which of the trusts given to [`verify`] pins the signer.
    pub fn whose(&self) -> usize {
        self.whose
    }

    /// Whose signature it is.
    pub fn signer(&self) -> &Signer {
        &self.signer
    }

    /// The digest of the signature.
    pub fn digest(&self) -> DigestAlgorithm {
        self.digest
    }

    /// The signed attribute signing-time.
    pub fn signed_at(&self) -> Option<Timestamp> {
        self.signed_at
    }

    /// What the letter was encrypted with.
    pub fn cipher(&self) -> ContentCipher {
        self.cipher
    }
}

/// Gate 7. A signer whom any of `trusts` pins is taken; the first that does
/// says whose it is, so the partner thought of by the outer From stands first.
pub fn verify(
    inner: Inner,
    trusts: &[&Trust],
    crl_stale: Duration,
    at: Timestamp,
) -> Result<Authenticated, Refusal> {
    let malformed = |Malformed(words)| Refusal::new(Code::SignatureAttributes, words);
    let cipher = inner.cipher();
    let signature = inner.into_signature();
    let info = ContentInfo::read(signature.der()).map_err(malformed)?;
    let parts = SignedParts::read(info.content).map_err(malformed)?;
    let [signer] = parts.signers.as_slice() else {
        return Err(Refusal::new(
            Code::SignatureSignerCount,
            format!("{} signers, not one", parts.signers.len()),
        ));
    };
    let signed_at = attributes(&parts, signer)?;
    let digest = digest_of(signer)?;
    let (whose, pin) = pinned(trusts, signer, at)?;
    let facts = pin.facts();
    algorithm(signer, digest, facts.form)?;
    same_certificate(signer, pin)?;
    let octets = proven_octets(&signature, pin)?;
    let trust = trusts.get(whose).ok_or_else(|| Refusal::new(Code::SignerNotPinned, "no trust"))?;
    let crl_sha256 = trust::judge(pin, trust, &parts.certificates, crl_stale, at)?;
    let signer = Signer {
        sha256: pin.sha256_hex(),
        subject: facts.subject.clone(),
        serial: pin.serial_hex(),
        crl_sha256,
    };
    Ok(Authenticated { octets, whose, signer, digest, signed_at, cipher })
}

//------------ The structure -------------------------------------------------

/// Signed attributes: there, each type once, content-type and message-digest
/// among them; gives signing-time.
fn attributes(
    parts: &SignedParts<'_>,
    signer: &SignerParts<'_>,
) -> Result<Option<Timestamp>, Refusal> {
    let refuse = |words: &str| Refusal::new(Code::SignatureAttributes, words);
    let Some(all) = &signer.attributes else {
        return Err(Refusal::new(
            Code::SignatureNoAttributes,
            "the signature covers no signed attributes",
        ));
    };
    for (at, attribute) in all.iter().enumerate() {
        if all.iter().skip(at + 1).any(|other| other.oid == attribute.oid) {
            return Err(refuse("a signed attribute stands twice"));
        }
    }
    let single = |oid| match signer.of_type(oid).as_slice() {
        [] => Ok(None),
        [one] => match one.single() {
            Some(value) => Ok(Some(value)),
            None => Err(refuse("a signed attribute has not exactly one value")),
        },
        [_, _, ..] => Err(refuse("a signed attribute stands twice")),
    };
    match single(oid::MESSAGE_DIGEST)? {
        Some(value) if value.tag == OCTET_STRING => {}
        Some(_) | None => return Err(refuse("no message-digest among the signed attributes")),
    }
    match single(oid::CONTENT_TYPE)? {
        Some(value) if value.tag == OID => {
            if value.content != oid::DATA || parts.content_type != oid::DATA {
                return Err(Refusal::new(
                    Code::SignatureContentType,
                    format!("what is signed is {}, not data", oid::name(value.content)),
                ));
            }
        }
        Some(_) | None => return Err(refuse("no content-type among the signed attributes")),
    }
    match single(oid::SIGNING_TIME)? {
        None => Ok(None),
        Some(value) => match signed_data::time(value) {
            Some(time) => Ok(Some(time)),
            None => Err(refuse("a signing-time that is no time")),
        },
    }
}

fn digest_of(signer: &SignerParts<'_>) -> Result<DigestAlgorithm, Refusal> {
    match signer.digest.oid {
        oid::SHA256 => Ok(DigestAlgorithm::Sha256),
        oid::SHA384 => Ok(DigestAlgorithm::Sha384),
        oid::SHA512 => Ok(DigestAlgorithm::Sha512),
        other => Err(Refusal::new(
            Code::SignatureDigest,
            format!("the digest is {}; SHA-256, SHA-384 or SHA-512 is wanted", oid::name(other)),
        )),
    }
}

/// The signature algorithm goes with digest and key, and the key is large
/// enough.
fn algorithm(
    signer: &SignerParts<'_>,
    digest: DigestAlgorithm,
    form: KeyForm,
) -> Result<(), Refusal> {
    let wanted = |sha256, sha384, sha512| match digest {
        DigestAlgorithm::Sha256 => sha256,
        DigestAlgorithm::Sha384 => sha384,
        DigestAlgorithm::Sha512 => sha512,
    };
    let no_parameters = signer.signature.parameters.is_none_or(|value| value.tag == NULL);
    let rsa_name = wanted(oid::RSA_SHA256, oid::RSA_SHA384, oid::RSA_SHA512);
    let ecdsa_name = wanted(oid::ECDSA_SHA256, oid::ECDSA_SHA384, oid::ECDSA_SHA512);
    let good = match form {
        KeyForm::Rsa(_) => match signer.signature.oid {
            oid::RSA => no_parameters,
            oid::RSA_PSS => pss(&signer.signature, digest).unwrap_or(false),
            name => name == rsa_name && no_parameters,
        },
        KeyForm::P256 | KeyForm::P384 => signer.signature.oid == ecdsa_name,
        KeyForm::Other => true, // the key itself is refused below
    };
    if !good {
        return Err(Refusal::new(
            Code::SignatureAlgorithm,
            format!(
                "signature algorithm {} with digest {digest} and a key that is {form}",
                oid::name(signer.signature.oid)
            ),
        ));
    }
    match form {
        KeyForm::P256 | KeyForm::P384 => Ok(()),
        KeyForm::Rsa(bits) if (2048..=4096).contains(&bits) => Ok(()),
        KeyForm::Rsa(_) | KeyForm::Other => Err(Refusal::new(
            Code::SignatureKeySize,
            format!(
                "the signer's key is {form}; RSA of 2048 to 4096 bits, P-256 or P-384 is wanted"
            ),
        )),
    }
}

/// RSASSA-PSS-params (RFC 4055, section 3.1): the digest of the signer, MGF1
/// with the same, a salt of 16 octets or more.
fn pss(algorithm: &Algorithm<'_>, digest: DigestAlgorithm) -> Result<bool, Malformed> {
    let wanted = match digest {
        DigestAlgorithm::Sha256 => oid::SHA256,
        DigestAlgorithm::Sha384 => oid::SHA384,
        DigestAlgorithm::Sha512 => oid::SHA512,
    };
    let Some(parameters) = algorithm.parameters.filter(|value| value.tag == SEQUENCE) else {
        return Ok(false);
    };
    let mut inside = parameters.inside();
    let Some(hash) = inside.optional(CONTEXT_0)? else { return Ok(false) };
    let Some(mask) = inside.optional(CONTEXT_1)? else { return Ok(false) };
    let salt = inside.optional(0xa2)?;
    let mask = Algorithm::read(&mut mask.inside())?;
    let Some(mask_digest) = mask.parameters else { return Ok(false) };
    let salt_length = match salt {
        None => 20,
        Some(salt) => match salt.inside().expect(INTEGER, "no salt length")?.content {
            [length] => u16::from(*length),
            [high, low] => u16::from_be_bytes([*high, *low]),
            _ => return Ok(false),
        },
    };
    Ok(Algorithm::read(&mut hash.inside())?.oid == wanted
        && mask.oid == oid::MGF1
        && Algorithm::of(mask_digest)?.oid == wanted
        && (16..=512).contains(&salt_length))
}

//------------ The signer ----------------------------------------------------

/// The pin that the signature names, in whichever trust comes first.
fn pinned<'t>(
    trusts: &[&'t Trust],
    signer: &SignerParts<'_>,
    at: Timestamp,
) -> Result<(usize, &'t Pin), Refusal> {
    let mut outside = None;
    for (whose, trust) in trusts.iter().enumerate() {
        for pin in trust.pins.iter().filter(|pin| signer.name.names(pin.facts())) {
            if pin.holds_at(at) {
                return Ok((whose, pin));
            }
            outside = Some(pin);
        }
    }
    Err(Refusal::new(
        Code::SignerNotPinned,
        match outside {
            Some(pin) => format!("{} is pinned, but not at this time", pin.subject()),
            None => "the signer is nobody's pinned signer".to_owned(),
        },
    ))
}

/// signingCertificateV2 (RFC 5035, section 3), where it is there and speaks
/// SHA-256, names the pinned certificate.
fn same_certificate(signer: &SignerParts<'_>, pin: &Pin) -> Result<(), Refusal> {
    let read = || -> Result<bool, Malformed> {
        let Some(value) = signer
            .of_type(oid::SIGNING_CERTIFICATE_2)
            .first()
            .and_then(|attribute| attribute.single())
        else {
            return Ok(true);
        };
        let mut names = value.inside().expect(SEQUENCE, "no certificate named")?.inside();
        let mut first = names.expect(SEQUENCE, "no certificate named")?.inside();
        if let Some(digest) = first.optional(SEQUENCE)?
            && Algorithm::of(digest)?.oid != oid::SHA256
        {
            return Ok(true);
        }
        let digest = first.expect(OCTET_STRING, "no digest of a certificate")?.content;
        Ok(digest == pin.sha256().as_slice())
    };
    match read() {
        Ok(true) => Ok(()),
        Ok(false) => Err(Refusal::new(
            Code::SignatureAttributes,
            "signingCertificateV2 names another certificate than the pinned one",
        )),
        Err(Malformed(words)) => Err(Refusal::new(Code::SignatureAttributes, words)),
    }
}

/// Signature and message-digest, by the library, with this certificate alone.
fn proven_octets(signature: &Signature, pin: &Pin) -> Result<Vec<u8>, Refusal> {
    let flags = CMSOptions::BINARY
        | CMSOptions::NOINTERN
        | CMSOptions::NO_SIGNER_CERT_VERIFY
        | CMSOptions::NOCRL;
    let mut certificates = Stack::new().map_err(|_no_memory| invalid())?;
    certificates.push(pin.facts().x509.clone()).map_err(|_no_memory| invalid())?;
    let verified = |content: Option<&[u8]>| -> Option<Vec<u8>> {
        let mut cms = CmsContentInfo::from_der(signature.der()).ok()?;
        let mut octets = Vec::new();
        cms.verify(Some(&certificates), None, content, Some(&mut octets), flags).ok()?;
        Some(octets)
    };
    match signature {
        Signature::Opaque { .. } => verified(None).ok_or_else(invalid),
        // WIRE: as received; only if that fails, with bare LF made CRLF.
        Signature::Detached { content, .. } => match verified(Some(content)) {
            Some(octets) => Ok(octets),
            None => {
                let canonical = crate::letter::encode::with_crlf(content);
                if canonical == *content {
                    return Err(invalid());
                }
                verified(Some(&canonical)).ok_or_else(invalid)
            }
        },
    }
}

fn invalid() -> Refusal {
    Refusal::new(
        Code::SignatureInvalid,
        "the signature does not hold: the content, or what was signed of it, is not the signer's",
    )
}
