//! Sealing: a signed entity is encrypted to a partner's keys.

use openssl::symm::Cipher;

use super::SmimeError;
use super::ffi::{self, Envelope, Transport};
use super::identity::RecipientKey;
use super::profile::{ContentCipher, KeyTransport, ProfileFault, SealProfile};
use super::sign::Signed;

//------------ Sealed --------------------------------------------------------

/// A signed entity, encrypted: the CMS structure as DER.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Sealed {
    der: Vec<u8>,
    kind: SealedKind,
}

/// Which structure it is, for the letter's smime-type (RFC 8551, section 3.2.2).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum SealedKind {
    AuthEnveloped,
    Enveloped,
}

impl Sealed {
    /// The DER.
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// Which structure it is.
    pub fn kind(&self) -> SealedKind {
        self.kind
    }
}

impl SealedKind {
    /// The smime-type parameter.
    pub const fn smime_type(self) -> &'static str {
        match self {
            SealedKind::AuthEnveloped => "authEnveloped-data",
            SealedKind::Enveloped => "enveloped-data",
        }
    }
}

/// Encrypts `signed` to every recipient of `profile`, one strength only.
pub fn seal(signed: &Signed, profile: &SealProfile) -> Result<Sealed, SmimeError> {
    if let Some(fault) = profile.check().into_iter().next() {
        return Err(SmimeError::Profile(fault));
    }
    let (cipher, envelope, kind) = match profile.content {
        ContentCipher::Aes256Cbc => (Cipher::aes_256_cbc(), Envelope::Plain, SealedKind::Enveloped),
        ContentCipher::Aes256Gcm => {
            (Cipher::aes_256_gcm(), Envelope::Authenticated, SealedKind::AuthEnveloped)
        }
        ContentCipher::Aes128Cbc | ContentCipher::Aes128Gcm => {
            return Err(SmimeError::Profile(ProfileFault {
                key: "content",
                words: format!("{} is read, never written", profile.content),
                remedy: "leave it out to have the default",
            }));
        }
    };
    let transport = |key: &RecipientKey| match profile.key_transport_to(key) {
        KeyTransport::EcdhSha256 => Transport::Ecdh,
        KeyTransport::OaepSha256 => Transport::Oaep,
        KeyTransport::Pkcs1 => Transport::Pkcs1,
    };
    let recipients = profile.recipients.iter().map(|key| (&*key.facts().x509, transport(key)));
    let der = ffi::seal(recipients, cipher, envelope, signed.signed())
        .map_err(SmimeError::openssl("encrypt"))?;
    Ok(Sealed { der, kind })
}
