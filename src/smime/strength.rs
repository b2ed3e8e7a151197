//! Whether a signature is of a kind that is believed: its signed attributes,
//! digest, algorithm and key. The library would take much weaker ones.

use super::der::{CONTEXT_0, CONTEXT_1, INTEGER, Malformed, NULL, OCTET_STRING, OID, SEQUENCE};
use super::identity::KeyForm;
use super::profile::DigestAlgorithm;
use super::signed_data::{self, SignedParts, SignerParts};
use super::structure::{Algorithm, oid};
use crate::clock::Timestamp;
use crate::refusal::{Code, Refusal};

/// Signed attributes: there, each type once, content-type and message-digest
/// among them; gives signing-time.
pub(super) fn attributes(
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
                let other =
                    if value.content == oid::DATA { parts.content_type } else { value.content };
                return Err(Refusal::new(
                    Code::SignatureContentType,
                    format!("what is signed is {}, not data", oid::name(other)),
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

pub(super) fn digest_of(signer: &SignerParts<'_>) -> Result<DigestAlgorithm, Refusal> {
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
pub(super) fn algorithm(
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
