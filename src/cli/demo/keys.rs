//! The keys of everybody in the demo, made a moment ago and thrown away.

use data_encoding::{BASE64, HEXLOWER};
use sha2::{Digest, Sha256};

use super::place::{address, host};
use crate::smime::SmimeError;
use crate::smime::throwaway::{Authority, Purpose, Wanted, authority};

/// The keys of one agency, and the authority above them.
pub struct Keyring {
    /// Absent for those who cannot issue.
    authority: Option<Authority>,
    pub anchor: Vec<u8>,
    pub sign: Keys,
    pub decrypt: Keys,
    pub door: Keys,
}

/// A certificate and its key, both PEM.
#[derive(Clone, Debug)]
pub struct Keys {
    pub x509: Vec<u8>,
    pub key: Vec<u8>,
}

impl From<(Vec<u8>, Vec<u8>)> for Keys {
    fn from((x509, key): (Vec<u8>, Vec<u8>)) -> Self {
        Keys { x509, key }
    }
}

impl Keyring {
    /// Makes the keys of `code`; takes a second or two.
    pub fn make(code: &str) -> Result<Keyring, SmimeError> {
        let authority = authority(&format!("Throw-away authority of {code}"))?;
        let issue = |what: &str| authority.issue(&format!("{what} of {code}"), &address(code));
        let server =
            Wanted { purpose: Purpose::Server, ..Wanted::mail(&host(code), &address(code)) };
        Ok(Keyring {
            anchor: authority.x509_pem()?,
            sign: issue("Signing key")?.into(),
            decrypt: issue("Decrypting key")?.into(),
            door: authority.issue_as(&server)?.into(),
            authority: Some(authority),
        })
    }

    /// The keys of somebody in the same agency: under the same authority, with
    /// the same address, and pinned by nobody.
    pub fn of_a_stranger(&self, code: &str) -> Result<Keyring, SmimeError> {
        let name = format!("Somebody else of {code}");
        let stranger = self.authority.as_ref().map(|above| above.issue(&name, &address(code)));
        Ok(Keyring {
            authority: None,
            anchor: self.anchor.clone(),
            sign: stranger.transpose()?.map_or_else(|| self.sign.clone(), Keys::from),
            decrypt: self.decrypt.clone(),
            door: self.door.clone(),
        })
    }
}

/// The SHA-256 of the DER within a PEM.
pub fn fingerprint(pem: &[u8]) -> String {
    let text = String::from_utf8_lossy(pem);
    let inside: String = text.lines().filter(|line| !line.starts_with("-----")).collect();
    let der = BASE64.decode(inside.as_bytes()).unwrap_or_default();
    HEXLOWER.encode(&Sha256::digest(der))
}
