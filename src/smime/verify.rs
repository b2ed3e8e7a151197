//! Gate 7: the signature, and whose it is.
//!
//! The library would take MD5, a signer nobody pinned, two signers, or one
//! without signed attributes; so everything is decided from the structure
//! first. The library then verifies with the pinned certificate and nothing
//! else, and only the octets that it hands back go on.

use std::time::Duration;

use openssl::cms::{CMSOptions, CmsContentInfo};
use openssl::hash::MessageDigest;
use openssl::stack::Stack;

use super::der::{Malformed, OCTET_STRING, SEQUENCE};
use super::identity::Pin;
use super::profile::{ContentCipher, DigestAlgorithm, Trust};
use super::signed_data::{SignedParts, SignerParts};
use super::structure::{Algorithm, ContentInfo, oid};
use super::{strength, trust};
use crate::clock::Timestamp;
use crate::letter::inner::{InClear, Inner, Signature};
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
    proof: Proof,
    cipher: ContentCipher,
}

impl Authenticated {
    /// Entity E: exactly the octets whose signature was proven.
    pub fn octets(&self) -> &[u8] {
        &self.proof.octets
    }

    /// The same, for keeping.
    pub fn into_octets(self) -> Vec<u8> {
        self.proof.octets
    }

    /// Which of the trusts given to [`verify`] pins the signer.
    pub fn whose(&self) -> usize {
        self.proof.whose
    }

    /// Whose signature it is.
    pub fn signer(&self) -> &Signer {
        &self.proof.signer
    }

    /// The digest of the signature.
    pub fn digest(&self) -> DigestAlgorithm {
        self.proof.digest
    }

    /// The signed attribute signing-time.
    pub fn signed_at(&self) -> Option<Timestamp> {
        self.proof.signed_at
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
    let cipher = inner.cipher();
    Ok(Authenticated { proof: prove(&inner.into_signature(), trusts, crl_stale, at)?, cipher })
}

//------------ AuthenticatedInClear ------------------------------------------

/// A report that a pinned signer signed and sent unencrypted. Another type,
/// because nothing but a receipt may come so.
///
/// ```compile_fail
/// fn swap(report: certpost::smime::verify::AuthenticatedInClear) {
///     let _ = certpost::letter::entity::ProvenEntity::read(&report);
/// }
/// ```
#[derive(Debug)]
pub struct AuthenticatedInClear(Proof);

impl AuthenticatedInClear {
    /// Exactly the octets whose signature was proven.
    pub fn octets(&self) -> &[u8] {
        &self.0.octets
    }

    /// Which of the trusts given to [`verify_in_clear`] pins the signer.
    pub fn whose(&self) -> usize {
        self.0.whose
    }

    /// Whose signature it is.
    pub fn signer(&self) -> &Signer {
        &self.0.signer
    }

    /// The signed attribute signing-time.
    pub fn signed_at(&self) -> Option<Timestamp> {
        self.0.signed_at
    }
}

/// Gate 7 for a receipt in clear, by the same rules.
pub fn verify_in_clear(
    report: InClear,
    trusts: &[&Trust],
    crl_stale: Duration,
    at: Timestamp,
) -> Result<AuthenticatedInClear, Refusal> {
    prove(&report.into_signature(), trusts, crl_stale, at).map(AuthenticatedInClear)
}

//------------ Proof ---------------------------------------------------------

/// What a signature that holds says.
#[derive(Debug)]
struct Proof {
    octets: Vec<u8>,
    whose: usize,
    signer: Signer,
    digest: DigestAlgorithm,
    signed_at: Option<Timestamp>,
}

fn prove(
    signature: &Signature,
    trusts: &[&Trust],
    crl_stale: Duration,
    at: Timestamp,
) -> Result<Proof, Refusal> {
    let malformed = |Malformed(words)| Refusal::new(Code::SignatureAttributes, words);
    let info = ContentInfo::read(signature.der()).map_err(malformed)?;
    let parts = SignedParts::read(info.content).map_err(malformed)?;
    let [signer] = parts.signers.as_slice() else {
        return Err(Refusal::new(
            Code::SignatureSignerCount,
            format!("{} signers, not one", parts.signers.len()),
        ));
    };
    let signed_at = strength::attributes(&parts, signer)?;
    let digest = strength::digest_of(signer)?;
    let (whose, pin) = pinned(trusts, signer, at)?;
    let facts = pin.facts();
    strength::algorithm(signer, digest, facts.form)?;
    names_certificate(signer, pin)?;
    let octets = proven_octets(signature, pin)?;
    let trust = trusts.get(whose).ok_or_else(|| Refusal::new(Code::SignerNotPinned, "no trust"))?;
    let crl_sha256 = trust::judge(pin, trust, &parts.certificates, crl_stale, at)?;
    let signer = Signer {
        sha256: pin.sha256_hex(),
        subject: facts.subject.clone(),
        serial: pin.serial_hex(),
        crl_sha256,
    };
    Ok(Proof { octets, whose, signer, digest, signed_at })
}

//------------ The signer ----------------------------------------------------

/// The pin that the signature names, in whichever trust comes first.
///
/// One key may be pinned with two certificates, the old and the new one: then
/// the one that the signature says, else one that is valid, counts.
fn pinned<'t>(
    trusts: &[&'t Trust],
    signer: &SignerParts<'_>,
    at: Timestamp,
) -> Result<(usize, &'t Pin), Refusal> {
    let mut outside = None;
    let mut first = None;
    let mut named = None;
    for (whose, trust) in trusts.iter().enumerate() {
        for pin in trust.pins.iter().filter(|pin| signer.name.names(pin.facts())) {
            if !pin.holds_at(at) {
                outside = Some(pin);
                continue;
            }
            first = first.or(Some((whose, pin)));
            if names_certificate(signer, pin).is_err() {
                continue;
            }
            if (pin.not_before()..=pin.not_after()).contains(&at) {
                return Ok((whose, pin));
            }
            named = named.or(Some((whose, pin)));
        }
    }
    named.or(first).ok_or_else(|| {
        let words = match outside {
            Some(pin) => format!("{} is pinned, but not at this time", pin.subject()),
            None => "the signer is nobody's pinned signer".to_owned(),
        };
        Refusal::new(Code::SignerNotPinned, words)
    })
}

/// signingCertificateV2 (RFC 5035, section 3), where it is there and speaks
/// SHA-2, names the pinned certificate.
fn names_certificate(signer: &SignerParts<'_>, pin: &Pin) -> Result<(), Refusal> {
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
        let by = match first.optional(SEQUENCE)? {
            Some(by) => Algorithm::of(by)?.oid,
            None => oid::SHA256,
        };
        let digest = first.expect(OCTET_STRING, "no digest of a certificate")?.content;
        let by = match by {
            oid::SHA256 => MessageDigest::sha256(),
            oid::SHA384 => MessageDigest::sha384(),
            oid::SHA512 => MessageDigest::sha512(),
            // The pin says whose key it is.
            _ => return Ok(true),
        };
        let ours = pin.facts().x509.digest(by);
        Ok(ours.is_ok_and(|ours| *ours == *digest))
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
    let verified = |content: Option<&[u8]>| -> Result<Option<Vec<u8>>, Refusal> {
        let cms = CmsContentInfo::from_der(signature.der());
        let mut cms = cms.map_err(|_one_reason| unread())?;
        let mut octets = Vec::new();
        let holds = cms.verify(Some(&certificates), None, content, Some(&mut octets), flags);
        Ok(holds.is_ok().then_some(octets))
    };
    match signature {
        Signature::Opaque { .. } => verified(None)?.ok_or_else(invalid),
        // WIRE: as received; only if that fails, with bare LF made CRLF.
        Signature::Detached { content, .. } => match verified(Some(content))? {
            Some(octets) => Ok(octets),
            None => {
                let canonical = crate::letter::encode::with_crlf(content);
                if canonical == *content {
                    return Err(invalid());
                }
                verified(Some(&canonical))?.ok_or_else(invalid)
            }
        },
    }
}

fn unread() -> Refusal {
    Refusal::new(
        Code::SignatureInvalid,
        "the signature cannot be read: what comes with it, certificates perhaps, is broken",
    )
}

fn invalid() -> Refusal {
    Refusal::new(
        Code::SignatureInvalid,
        "the signature does not hold: the content, or what was signed of it, is not the signer's",
    )
}

//------------ Tests ---------------------------------------------------------

#[cfg(test)]
mod tests {
    use openssl::pkey::PKey;
    use openssl::x509::X509;

    use super::super::throwaway::{Authority, Wanted, authority};
    use super::*;

    const NOW: &str = "2026-11-26T12:00:00Z";

    /// A signature that names its signer by the key alone.
    fn by_key_id(x509_pem: &[u8], key_pem: &[u8]) -> Vec<u8> {
        let x509 = X509::from_pem(x509_pem).unwrap();
        let key = PKey::private_key_from_pem(key_pem).unwrap();
        let flags = CMSOptions::BINARY | CMSOptions::USE_KEYID;
        let signed = CmsContentInfo::sign(Some(&x509), Some(&key), None, Some(b"a"), flags);
        signed.unwrap().to_der().unwrap()
    }

    fn renewed(authority: &Authority, key: &[u8], from: &str, until: &str) -> Vec<u8> {
        let wanted = Wanted {
            not_before: from.parse().unwrap(),
            not_after: until.parse().unwrap(),
            ..Wanted::mail("HM", "push@ecert.hm.example")
        };
        authority.renew(key, &wanted).unwrap()
    }

    /// One key, whose certificate was renewed: both are pinned for a while.
    #[test]
    fn of_two_pins_of_one_key_the_valid_one_counts() {
        let authority = authority("An authority").unwrap();
        let (_, key) = authority.issue("HM", "push@ecert.hm.example").unwrap();
        let old = renewed(&authority, &key, "2020-01-01T00:00:00Z", "2026-01-01T00:00:00Z");
        let new = renewed(&authority, &key, "2025-12-01T00:00:00Z", "2028-01-01T00:00:00Z");
        let next = renewed(&authority, &key, "2027-12-01T00:00:00Z", "2030-01-01T00:00:00Z");
        let der = by_key_id(&new, &key);
        let info = ContentInfo::read(&der).unwrap();
        let parts = SignedParts::read(info.content).unwrap();
        for pins in [[&old, &new, &next], [&next, &old, &new], [&new, &next, &old]] {
            let pins = pins.map(|pem| Pin::from_pem(pem).unwrap()).to_vec();
            let trust = Trust { pins, ..Trust::default() };
            let (_, pin) = pinned(&[&trust], &parts.signers[0], NOW.parse().unwrap()).unwrap();
            assert_eq!(pin.sha256(), Pin::from_pem(&new).unwrap().sha256());
        }
        // Where none is valid, that is what is told.
        let trust = Trust { pins: vec![Pin::from_pem(&old).unwrap()], ..Trust::default() };
        let (_, pin) = pinned(&[&trust], &parts.signers[0], NOW.parse().unwrap()).unwrap();
        assert_eq!(pin.sha256(), Pin::from_pem(&old).unwrap().sha256());
    }
}
