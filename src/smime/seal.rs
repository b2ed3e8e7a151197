//! Sealing: a signed entity is encrypted to a partner's keys.

use openssl::symm::Cipher;

use super::SmimeError;
use super::ffi::{self, Envelope, Transport};
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
            return Err(not_written("content"));
        }
    };
    let transport = match profile.key_transport {
        KeyTransport::EcdhSha256 => return Err(not_written("key_transport")),
        KeyTransport::OaepSha256 => Transport::Oaep,
        KeyTransport::Pkcs1 => Transport::Pkcs1,
    };
    let recipients = profile.recipients.iter().map(|key| &*key.facts().x509);
    let der = ffi::seal(recipients, cipher, envelope, transport, signed.signed())
        .map_err(SmimeError::openssl("encrypt"))?;
    Ok(Sealed { der, kind })
}

fn not_written(key: &'static str) -> SmimeError {
    SmimeError::Profile(ProfileFault {
        key,
        words: "the value is not offered".to_owned(),
        remedy: "leave it out to have the default",
    })
}
