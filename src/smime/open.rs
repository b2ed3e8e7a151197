//! Gate 5: decrypt, with key and certificate; one reason for every failure.

use openssl::cms::CmsContentInfo;

use super::profile::ContentCipher;
use super::scan::Scanned;
use crate::refusal::{Code, Refusal};

//------------ Opened --------------------------------------------------------

/// Octets that somebody encrypted to us: anybody can. To be looked at by
/// gates 6 and 7 and by nothing else.
///
/// ```compile_fail
/// let opened = certpost::smime::open::Opened { octets: Vec::new() };
/// ```
pub struct Opened {
    octets: Vec<u8>,
    cipher: ContentCipher,
}

impl Opened {
    /// What the part was encrypted with.
    pub fn cipher(&self) -> ContentCipher {
        self.cipher
    }

    pub(crate) fn octets(&self) -> &[u8] {
        &self.octets
    }
}

/// Gate 5. Key *and* certificate: given both, the library answers a wrong
/// content key with a random one, so that nobody learns from failures which
/// of PKCS#1 v1.5's checks failed (RFC 3218).
pub fn open(scanned: Scanned) -> Result<Opened, Refusal> {
    let cipher = scanned.cipher();
    let facts = scanned.identity().facts();
    CmsContentInfo::from_der(scanned.der())
        .and_then(|cms| cms.decrypt(scanned.identity().private_key(), &facts.x509))
        .map(|octets| Opened { octets, cipher })
        .map_err(|_one_reason| {
            Refusal::new(Code::DecryptFailed, "the letter does not open with our key")
        })
}
