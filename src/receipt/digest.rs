//! Digests, as receipts name and write them: the MIC and the document's.

use data_encoding::{BASE64, BASE64_NOPAD};
use sha2::{Digest, Sha256, Sha384, Sha512};

use super::code::{Fault, ReceiptCode};
use crate::letter::entity::shown;
use crate::smime::DigestAlgorithm;

//------------ Digests -------------------------------------------------------

/// The digests of one run of octets, by every algorithm that is taken.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Digests {
    pub sha256: [u8; 32],
    pub sha384: [u8; 48],
    pub sha512: [u8; 64],
}

impl Digests {
    /// Digests `octets`.
    pub fn of(octets: &[u8]) -> Digests {
        Digests {
            sha256: Sha256::digest(octets).into(),
            sha384: Sha384::digest(octets).into(),
            sha512: Sha512::digest(octets).into(),
        }
    }

    /// The one by `algorithm`.
    pub fn by(&self, algorithm: DigestAlgorithm) -> &[u8] {
        match algorithm {
            DigestAlgorithm::Sha256 => &self.sha256,
            DigestAlgorithm::Sha384 => &self.sha384,
            DigestAlgorithm::Sha512 => &self.sha512,
        }
    }
}

//------------ Mic -----------------------------------------------------------

/// A Received-Content-MIC (RFC 3335, section 5.2.1): a digest, and its
/// algorithm as it is spelled.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Mic {
    pub digest: Vec<u8>,
    pub algorithm: DigestAlgorithm,
    pub spelled: String,
}

impl Mic {
    /// The MIC of an entity whose digest is known.
    pub fn new(digest: &[u8], algorithm: DigestAlgorithm, spelled: &str) -> Mic {
        // One blank-free word: some read no more of it.
        let known = named(spelled) == Some(algorithm)
            && spelled.bytes().all(|octet| octet.is_ascii_graphic() && octet != b',');
        let spelled = if known { spelled } else { algorithm.as_str() };
        Mic { digest: digest.to_vec(), algorithm, spelled: spelled.to_owned() }
    }

    /// The field's value.
    pub fn written(&self) -> String {
        format!("{}, {}", BASE64.encode(&self.digest), self.spelled)
    }

    /// Reads the field's value: padding or none, and any spelling of the
    /// algorithm.
    pub fn read(value: &str) -> Result<Mic, Fault> {
        let no_form =
            || Fault::new(ReceiptCode::MicForm, format!("the MIC is written {}", shown(value)));
        let (digest, spelled) = value.rsplit_once(',').ok_or_else(no_form)?;
        let spelled = spelled.trim();
        if spelled.is_empty() {
            return Err(no_form());
        }
        let algorithm = named(spelled).ok_or_else(|| {
            Fault::new(ReceiptCode::MicAlgorithm, format!("a digest by {}", shown(spelled)))
        })?;
        let digest = from_base64(digest).ok_or_else(no_form)?;
        if digest.len() != length(algorithm) {
            return Err(Fault::new(
                ReceiptCode::MicForm,
                format!("a digest of {} octets by {algorithm}", digest.len()),
            ));
        }
        Ok(Mic { digest, algorithm, spelled: spelled.to_owned() })
    }
}

/// The digest of `octets` by one algorithm alone.
pub fn of(algorithm: DigestAlgorithm, octets: &[u8]) -> Vec<u8> {
    match algorithm {
        DigestAlgorithm::Sha256 => Sha256::digest(octets).to_vec(),
        DigestAlgorithm::Sha384 => Sha384::digest(octets).to_vec(),
        DigestAlgorithm::Sha512 => Sha512::digest(octets).to_vec(),
    }
}

/// The algorithm of that name: in any case, with its stroke or without, with
/// `rsa-` before it or not, as AS1 and AS2 products write it.
pub fn named(name: &str) -> Option<DigestAlgorithm> {
    let plain = name.trim().to_ascii_lowercase();
    let plain = plain.strip_prefix("rsa-").unwrap_or(&plain).replace(['-', '_'], "");
    let same = |algorithm: &&DigestAlgorithm| algorithm.as_str().replace('-', "") == plain;
    DigestAlgorithm::ALL.iter().find(same).copied()
}

/// Base64 with padding or without, blanks anywhere.
pub(super) fn from_base64(text: &str) -> Option<Vec<u8>> {
    let letters: String = text.chars().filter(|letter| !letter.is_ascii_whitespace()).collect();
    let letters = letters.trim_end_matches('=');
    if letters.is_empty() || text.len() > 400 {
        return None;
    }
    BASE64_NOPAD.decode(letters.as_bytes()).ok()
}

const fn length(algorithm: DigestAlgorithm) -> usize {
    match algorithm {
        DigestAlgorithm::Sha256 => 32,
        DigestAlgorithm::Sha384 => 48,
        DigestAlgorithm::Sha512 => 64,
    }
}

//------------ Tests ---------------------------------------------------------

#[cfg(test)]
mod tests {
    use super::*;

    const ABC: &str = "ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=";

    #[track_caller]
    fn check(value: &str, wanted: Result<DigestAlgorithm, ReceiptCode>) {
        let read = Mic::read(value).map_err(|fault| fault.code);
        if let Ok(mic) = &read {
            assert_eq!(mic.digest, Digests::of(b"abc").by(mic.algorithm), "{value}");
        }
        assert_eq!(read.map(|mic| mic.algorithm), wanted, "{value}");
    }

    #[test]
    fn spellings_of_peers() {
        let bare = ABC.trim_end_matches('=');
        for spelled in ["sha-256", "sha256", "SHA256", "SHA-256", "rsa-sha256", "rsa-SHA-256"] {
            check(&format!("{ABC}, {spelled}"), Ok(DigestAlgorithm::Sha256));
            check(&format!("{bare},{spelled}"), Ok(DigestAlgorithm::Sha256));
        }
        let sha512 = BASE64.encode(&Digests::of(b"abc").sha512);
        let (one, two) = sha512.split_at(70);
        check(&format!("{one} {two}, sha512"), Ok(DigestAlgorithm::Sha512));
        for weak in ["sha1", "rsa-sha1", "md5", "rsa-md5", "sha-224", "x"] {
            check(&format!("{ABC}, {weak}"), Err(ReceiptCode::MicAlgorithm));
        }
        check(ABC, Err(ReceiptCode::MicForm));
        check(&format!("{ABC}, "), Err(ReceiptCode::MicForm));
        check(&format!("{ABC}, sha-512"), Err(ReceiptCode::MicForm));
        check("?, sha-256", Err(ReceiptCode::MicForm));
        check(", sha-256", Err(ReceiptCode::MicForm));
        check("", Err(ReceiptCode::MicForm));
    }

    #[test]
    fn written_as_the_sender_spells_it() {
        let digests = Digests::of(b"abc");
        let written =
            |spelled| Mic::new(&digests.sha256, DigestAlgorithm::Sha256, spelled).written();
        assert_eq!(written("SHA256"), format!("{ABC}, SHA256"));
        assert_eq!(written("sha-512"), format!("{ABC}, sha-256"));
        assert_eq!(written("sha-256\r\nX: y"), format!("{ABC}, sha-256"));
    }
}
