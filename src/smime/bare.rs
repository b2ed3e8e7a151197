//! The bare cost of OpenSSL: what signing, encrypting, decrypting and
//! verifying cost by themselves, with the algorithms that we use, for a bench
//! to compare with. No letter is
//! made or believed by it: see [`super::sign`](mod@super::sign) and
//! [`super::verify`].

use openssl::cms::{CMSOptions, CmsContentInfo};
use openssl::error::ErrorStack;
use openssl::pkey::{PKey, Private};
use openssl::symm::Cipher;
use openssl::x509::X509;
use openssl::x509::store::{X509Store, X509StoreBuilder};

use super::SmimeError;
use super::ffi::{self, Envelope, Transport};

//------------ Bare ----------------------------------------------------------

/// Keys, parsed once, and nothing but the library's own calls.
pub struct Bare {
    signer: X509,
    signing: PKey<Private>,
    recipient: X509,
    opening: PKey<Private>,
    anchors: X509Store,
}

impl Bare {
    /// From PEM: certificate and key of the signer, those of the recipient,
    /// and the authority above the signer.
    pub fn from_pem(
        signer: (&[u8], &[u8]),
        recipient: (&[u8], &[u8]),
        anchor: &[u8],
    ) -> Result<Bare, SmimeError> {
        Self::read(signer, recipient, anchor).map_err(SmimeError::openssl("read the bench's keys"))
    }

    fn read(
        signer: (&[u8], &[u8]),
        recipient: (&[u8], &[u8]),
        anchor: &[u8],
    ) -> Result<Bare, ErrorStack> {
        let mut anchors = X509StoreBuilder::new()?;
        anchors.add_cert(X509::from_pem(anchor)?)?;
        Ok(Bare {
            signer: X509::from_pem(signer.0)?,
            signing: PKey::private_key_from_pem(signer.1)?,
            recipient: X509::from_pem(recipient.0)?,
            opening: PKey::private_key_from_pem(recipient.1)?,
            anchors: anchors.build(),
        })
    }

    /// SignedData over `entity`, as DER.
    pub fn sign(&self, entity: &[u8]) -> Result<Vec<u8>, SmimeError> {
        let sign = || {
            let (signer, key) = (Some(&*self.signer), Some(&*self.signing));
            let flags = CMSOptions::BINARY;
            CmsContentInfo::sign(signer, key, None, Some(entity), flags)?.to_der()
        };
        sign().map_err(SmimeError::openssl("sign"))
    }

    /// AuthEnvelopedData over `signed`, as DER: AES-256-GCM and OAEP, which the
    /// `openssl` crate does not offer. `ffi` does nothing beside the calls.
    pub fn encrypt(&self, signed: &[u8]) -> Result<Vec<u8>, SmimeError> {
        let recipients = std::iter::once((&*self.recipient, Transport::Oaep));
        ffi::seal(recipients, Cipher::aes_256_gcm(), Envelope::Authenticated, signed)
            .map_err(SmimeError::openssl("encrypt"))
    }

    /// What was encrypted.
    pub fn decrypt(&self, sealed: &[u8]) -> Result<Vec<u8>, SmimeError> {
        CmsContentInfo::from_der(sealed)
            .and_then(|cms| cms.decrypt(&self.opening, &self.recipient))
            .map_err(SmimeError::openssl("decrypt"))
    }

    /// What was signed, its chain and signature verified.
    pub fn verify(&self, der: &[u8]) -> Result<Vec<u8>, SmimeError> {
        let verify = || {
            let mut content = Vec::new();
            let mut cms = CmsContentInfo::from_der(der)?;
            let flags = CMSOptions::BINARY;
            cms.verify(None, Some(&self.anchors), None, Some(&mut content), flags)?;
            Ok(content)
        };
        verify().map_err(SmimeError::openssl("verify"))
    }
}

impl std::fmt::Debug for Bare {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Bare")
    }
}

//------------ Tests ---------------------------------------------------------

#[cfg(test)]
mod tests {
    use super::super::throwaway::authority;
    use super::*;

    #[test]
    fn what_is_encrypted_and_signed_comes_back() {
        let authority = authority("Bench").unwrap();
        let keys = authority.issue("Both", "push@ecert.bv.example").unwrap();
        let keys = (keys.0.as_slice(), keys.1.as_slice());
        let bare = Bare::from_pem(keys, keys, &authority.x509_pem().unwrap()).unwrap();
        let sealed = bare.encrypt(b"a\nb").unwrap();
        assert_eq!(bare.decrypt(&sealed).unwrap(), b"a\nb");
        let signed = bare.sign(b"a\nb").unwrap();
        assert_eq!(bare.verify(&signed).unwrap(), b"a\nb");
        assert!(bare.verify(&sealed).is_err());
    }
}
