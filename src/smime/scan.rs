//! Gate 4: look before decrypting.
//!
//! What the library would do with a structure is decided here, from the
//! structure itself: which recipients, which cipher, how long a nonce and a
//! tag. What is not on the lists below never reaches a private key.

use super::der::{
    CONTEXT_0, CONTEXT_0_PRIMITIVE, CONTEXT_1, CONTEXT_2, INTEGER, Malformed, NULL, OCTET_STRING,
    Reader, SEQUENCE,
};
use super::identity::DecryptIdentity;
use super::profile::ContentCipher;
use super::structure::{Algorithm, Claimed, ContentInfo, Recipient, SealedParts, oid};
use crate::letter::root::SealedPart;
use crate::refusal::{Code, Refusal};

/// As many recipients as a letter may have.
pub const RECIPIENT_LIMIT: usize = 16;

//------------ Scanned -------------------------------------------------------

/// A sealed part that may be decrypted, and with whose key.
///
/// ```compile_fail
/// let scanned = certpost::smime::scan::Scanned { der: Vec::new() };
/// ```
pub struct Scanned {
    der: Vec<u8>,
    cipher: ContentCipher,
    identity: DecryptIdentity,
}

impl Scanned {
    /// The cipher; may be decrypted does not mean: allowed to its signer.
    pub fn cipher(&self) -> ContentCipher {
        self.cipher
    }

    pub(super) fn der(&self) -> &[u8] {
        &self.der
    }

    pub(super) fn identity(&self) -> &DecryptIdentity {
        &self.identity
    }
}

/// Gate 4. `allowed` are the ciphers of the partner that the outer From names.
pub fn scan(
    part: SealedPart,
    allowed: &[ContentCipher],
    identities: &[DecryptIdentity],
) -> Result<Scanned, Refusal> {
    let der = part.into_der();
    let malformed = |Malformed(words)| Refusal::new(Code::CmsMalformed, words);
    let info = ContentInfo::read(&der).map_err(malformed)?;
    let claimed = match info.content_type {
        oid::AUTH_ENVELOPED_DATA => Claimed::AuthEnveloped,
        oid::ENVELOPED_DATA => Claimed::Enveloped,
        other => {
            return Err(Refusal::new(
                Code::CmsType,
                format!("{} where encrypted data must be", oid::name(other)),
            ));
        }
    };
    if !info.trailing.is_empty() {
        return Err(Refusal::new(
            Code::CmsTrailingBytes,
            format!("{} octets follow the structure", info.trailing.len()),
        ));
    }
    let parts = SealedParts::read(info.content, claimed).map_err(malformed)?;
    recipients(&parts.recipients)?;
    if parts.content_type != oid::DATA {
        return Err(Refusal::new(
            Code::CmsType,
            format!("what is encrypted is {}, not data", oid::name(parts.content_type)),
        ));
    }
    let cipher = cipher(&parts, claimed)?;
    ciphertext(&parts).map_err(malformed)?;
    check_allowed(cipher, allowed)?;
    let identity = identities
        .iter()
        .find(|identity| {
            let names = parts.recipients.iter().flat_map(Recipient::names);
            names.into_iter().any(|name| name.names(identity.facts()))
        })
        .cloned()
        .ok_or_else(|| {
            Refusal::new(
                Code::CmsNotForUs,
                format!(
                    "none of the {} recipients is one of our {} decrypting identities",
                    parts.recipients.iter().map(Recipient::count).sum::<usize>(),
                    identities.len()
                ),
            )
        })?;
    Ok(Scanned { der, cipher, identity })
}

/// Whether a partner may seal with `cipher`; asked again after gate 7, for
/// the partner whose signature it is.
pub fn check_allowed(cipher: ContentCipher, allowed: &[ContentCipher]) -> Result<(), Refusal> {
    if allowed.contains(&cipher) {
        return Ok(());
    }
    let code = if cipher.is_authenticated() { Code::CmsCipher } else { Code::CmsCbcNotAllowed };
    Err(Refusal::new(code, format!("{cipher} is not in the partner's trust.content")))
}

//------------ Recipients ----------------------------------------------------

fn recipients(recipients: &[Recipient<'_>]) -> Result<(), Refusal> {
    let count: usize = recipients.iter().map(Recipient::count).sum();
    if count > RECIPIENT_LIMIT {
        return Err(Refusal::new(
            Code::CmsTooManyRecipients,
            format!("more than {RECIPIENT_LIMIT} recipients"),
        ));
    }
    for recipient in recipients {
        match recipient {
            Recipient::Other(words) => {
                return Err(Refusal::new(
                    Code::CmsRecipientType,
                    format!("a recipient with {words}"),
                ));
            }
            Recipient::Agreement { algorithm, .. } => key_agreement(algorithm)?,
            Recipient::Transport { algorithm, .. } => key_transport(algorithm)?,
        }
    }
    Ok(())
}

fn key_transport(algorithm: &Algorithm<'_>) -> Result<(), Refusal> {
    let good = match algorithm.oid {
        oid::RSA => algorithm.parameters.is_none_or(|value| value.tag == NULL),
        oid::RSA_OAEP => oaep(algorithm).unwrap_or(false),
        _ => false,
    };
    if good {
        return Ok(());
    }
    Err(Refusal::new(
        Code::CmsKeyTransport,
        format!("key transport {} with parameters not allowed", oid::name(algorithm.oid)),
    ))
}

/// RSAES-OAEP-params (RFC 8017, appendix A.2.1): SHA-1 or SHA-256 for both
/// digests, empty label.
fn oaep(algorithm: &Algorithm<'_>) -> Result<bool, Malformed> {
    let allowed = |digest: &[u8]| digest == oid::SHA1 || digest == oid::SHA256;
    let Some(parameters) = algorithm.parameters else { return Ok(false) };
    if parameters.tag != SEQUENCE {
        return Ok(false);
    }
    let mut inside = parameters.inside();
    if let Some(digest) = inside.optional(CONTEXT_0)?
        && !allowed(Algorithm::read(&mut digest.inside())?.oid)
    {
        return Ok(false);
    }
    if let Some(mask) = inside.optional(CONTEXT_1)? {
        let mask = Algorithm::read(&mut mask.inside())?;
        let Some(digest) = mask.parameters else { return Ok(false) };
        if mask.oid != oid::MGF1 || !allowed(Algorithm::of(digest)?.oid) {
            return Ok(false);
        }
    }
    if let Some(source) = inside.optional(CONTEXT_2)? {
        let source = Algorithm::read(&mut source.inside())?;
        let empty = source
            .parameters
            .is_some_and(|label| label.tag == OCTET_STRING && label.content.is_empty());
        if source.oid != oid::P_SPECIFIED || !empty {
            return Ok(false);
        }
    }
    Ok(inside.is_empty())
}

fn key_agreement(algorithm: &Algorithm<'_>) -> Result<(), Refusal> {
    let scheme = matches!(algorithm.oid, oid::ECDH_SHA1 | oid::ECDH_SHA256 | oid::ECDH_SHA384);
    let wrap = algorithm.parameters.and_then(|value| Algorithm::of(value).ok());
    let wrapped = wrap.is_some_and(|wrap| matches!(wrap.oid, oid::AES128_WRAP | oid::AES256_WRAP));
    if scheme && wrapped {
        return Ok(());
    }
    Err(Refusal::new(
        Code::CmsKeyTransport,
        format!("key agreement {} with a wrap not allowed", oid::name(algorithm.oid)),
    ))
}

//------------ Cipher --------------------------------------------------------

fn cipher(parts: &SealedParts<'_>, claimed: Claimed) -> Result<ContentCipher, Refusal> {
    let cipher = match (claimed, parts.cipher.oid) {
        (Claimed::AuthEnveloped, oid::AES128_GCM) => ContentCipher::Aes128Gcm,
        (Claimed::AuthEnveloped, oid::AES256_GCM) => ContentCipher::Aes256Gcm,
        (Claimed::Enveloped, oid::AES128_CBC) => ContentCipher::Aes128Cbc,
        (Claimed::Enveloped, oid::AES256_CBC) => ContentCipher::Aes256Cbc,
        (Claimed::AuthEnveloped | Claimed::Enveloped, other) => {
            return Err(Refusal::new(
                Code::CmsCipher,
                format!("content encrypted with {}", oid::name(other)),
            ));
        }
    };
    match claimed {
        Claimed::AuthEnveloped => gcm(parts)?,
        Claimed::Enveloped => {
            let vector = parts.cipher.parameters;
            if !vector.is_some_and(|value| value.tag == OCTET_STRING && value.content.len() == 16) {
                return Err(Refusal::new(Code::CmsCipher, "an IV that is not 16 octets"));
            }
        }
    }
    Ok(cipher)
}

/// GCMParameters (RFC 5084, section 3.2): nonce 12, tag 16, which is not the
/// standard's default and so must be said.
fn gcm(parts: &SealedParts<'_>) -> Result<(), Refusal> {
    let read = || -> Result<(usize, &[u8]), Malformed> {
        let parameters =
            parts.cipher.parameters.filter(|value| value.tag == SEQUENCE).ok_or(GCM_PARAMETERS)?;
        let mut inside: Reader<'_> = parameters.inside();
        let nonce = inside.expect(OCTET_STRING, GCM_PARAMETERS.0)?.content.len();
        let tag = inside.optional(INTEGER)?.map_or(&[12][..], |value| value.content);
        inside.end(GCM_PARAMETERS.0)?;
        Ok((nonce, tag))
    };
    let (nonce, said) =
        read().map_err(|Malformed(words)| Refusal::new(Code::CmsMalformed, words))?;
    if nonce != 12 {
        return Err(Refusal::new(Code::CmsNonce, format!("a nonce of {nonce} octets, not 12")));
    }
    let tag = parts.mac.map_or(0, <[u8]>::len);
    if tag != 16 || said != [16] {
        return Err(Refusal::new(
            Code::CmsTag,
            format!("a tag of {tag} octets, said to be {said:?}; 16 is wanted"),
        ));
    }
    Ok(())
}

fn ciphertext(parts: &SealedParts<'_>) -> Result<(), Malformed> {
    let absent = Malformed("no ciphertext in the structure");
    if parts.ciphertext.ok_or(absent)?.is_octets(CONTEXT_0_PRIMITIVE)? {
        Ok(())
    } else {
        Err(absent)
    }
}

const GCM_PARAMETERS: Malformed = Malformed("GCM parameters that are none");
