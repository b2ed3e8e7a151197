//! Whether the OpenSSL we run on may be trusted with letters.
//!
//! Two tests that any version must pass, whatever it calls itself, and a table
//! of versions known to be bad. The gates refuse both tests' letters before
//! the library sees them; the tests are the second wall.

use openssl::cms::CmsContentInfo;
use openssl::error::ErrorStack;
use openssl::hash::{MessageDigest, hash};
use openssl::pkey::{PKey, Private};
use openssl::symm::Cipher;
use openssl::version;
use openssl::x509::X509;

use super::SmimeError;
use super::der::{INTEGER, Malformed, OCTET_STRING, SEQUENCE};
use super::ffi::{self, Envelope, Transport};
use super::structure::{Claimed, ContentInfo, SealedParts, oid};
use super::throwaway;

/// Tests the running OpenSSL. Gives a loud warning when the operator has
/// accepted what would otherwise be refused, or nothing.
pub fn self_test(accept_known_bad: bool) -> Result<Option<String>, SmimeError> {
    let seen = misbehaves()?;
    let listed = known_bad(version::number()).filter(|row| match row.mended {
        Mended::Never => true,
        Mended::Seen => seen.is_some(),
    });
    let faults: Vec<String> =
        listed.map(|row| row.words.to_owned()).into_iter().chain(seen).collect();
    if faults.is_empty() {
        return Ok(None);
    }
    let version = library().to_owned();
    let words = faults.join("; ");
    if accept_known_bad {
        return Ok(Some(format!(
            "RUNNING ON A KNOWN BAD OPENSSL: {version}: {words}; forged letters may be taken \
             as genuine until libssl3 is updated"
        )));
    }
    Err(SmimeError::KnownBad { version, words })
}

/// The running OpenSSL's own name, as `OpenSSL 3.0.22 1 Jan 2026`.
pub fn library() -> &'static str {
    version::version()
}

/// Has OpenSSL read its own configuration, which it does at the first use and
/// which a process cannot do once it is confined.
pub fn wake() -> Result<(), SmimeError> {
    let digest = hash(MessageDigest::sha256(), b"").map_err(SmimeError::openssl("begin"))?;
    std::hint::black_box(digest);
    Ok(())
}

//------------ The table -----------------------------------------------------

/// A range of versions known to be bad.
struct Row {
    from: Release,
    below: Release,
    words: &'static str,
    mended: Mended,
}

/// Whether a version of the range may be good after all.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Mended {
    Never,
    /// Distributions mend under an old number; the tests here see it.
    Seen,
}

const TABLE: &[Row] = &[
    Row {
        from: Release(3, 0, 0),
        below: Release(3, 0, 22),
        words: "3.0 before 3.0.22 takes GCM tags of one octet and has memory faults in CMS",
        mended: Mended::Seen,
    },
    Row {
        from: Release(3, 6, 0),
        below: Release(3, 6, 4),
        words: "3.6 up to 3.6.3 has memory faults in CMS",
        mended: Mended::Never,
    },
    Row {
        from: Release(0, 0, 0),
        below: Release(3, 0, 0),
        words: "what is older than 3.0 cannot open AES-GCM letters",
        mended: Mended::Never,
    },
];

#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
struct Release(u8, u8, u8);

/// What the table says of a version number as `OPENSSL_VERSION_NUMBER` has it
/// from 3.0 on: 0xMNN00PP0.
fn known_bad(number: i64) -> Option<&'static Row> {
    let octet = |shift: u32| u8::try_from((number >> shift) & 0xff).unwrap_or(u8::MAX);
    let major = u8::try_from((number >> 28) & 0xf).unwrap_or(u8::MAX);
    let release = Release(major, octet(20), octet(4));
    TABLE.iter().find(|row| row.from <= release && release < row.below)
}

//------------ The tests -----------------------------------------------------

/// What the library does that it must not.
fn misbehaves() -> Result<Option<String>, SmimeError> {
    let authority = throwaway::authority("self-test")?;
    let (x509, key) = authority.issue("self-test", "self-test@invalid.example")?;
    let run = || -> Result<Vec<&'static str>, ErrorStack> {
        let x509 = X509::from_pem(&x509)?;
        let key = PKey::private_key_from_pem(&key)?;
        let mut faults = Vec::new();
        let seal = |cipher, envelope| {
            ffi::seal(std::iter::once((&*x509, Transport::Oaep)), cipher, envelope, CONTENT)
        };
        let good = seal(Cipher::aes_256_gcm(), Envelope::Authenticated)?;
        if opens(&good, &key, &x509).as_deref() != Some(CONTENT) {
            faults.push("it cannot open what it sealed");
        }
        // 3.0.22 takes tags of 4 octets and more; gate 4 takes 16 alone.
        let short = remade(&good, Claimed::AuthEnveloped, Some(1));
        if short.is_none_or(|der| opens(&der, &key, &x509).is_some()) {
            faults.push("it takes a GCM tag of one octet");
        }
        let plain = seal(Cipher::aes_256_cbc(), Envelope::Plain)?;
        let claimed = remade(&plain, Claimed::Enveloped, None);
        if claimed.is_none_or(|der| opens(&der, &key, &x509).is_some()) {
            faults.push("it opens a cipher without authentication as AuthEnvelopedData");
        }
        Ok(faults)
    };
    let faults = run().map_err(SmimeError::openssl("test itself"))?;
    Ok(if faults.is_empty() { None } else { Some(faults.join("; ")) })
}

fn opens(der: &[u8], key: &PKey<Private>, x509: &X509) -> Option<Vec<u8>> {
    CmsContentInfo::from_der(der).and_then(|cms| cms.decrypt(key, x509)).ok()
}

/// A sealed structure written anew as AuthEnvelopedData: with its tag cut to
/// `tag` octets, or under a tag of zeros where it had none.
pub(super) fn remade(der: &[u8], was: Claimed, tag: Option<u8>) -> Option<Vec<u8>> {
    let read = || -> Result<Option<Vec<u8>>, Malformed> {
        let info = ContentInfo::read(der)?;
        let parts = SealedParts::read(info.content, was)?;
        let (Some(parameters), Some(ciphertext)) = (parts.cipher.parameters, parts.ciphertext)
        else {
            return Ok(None);
        };
        let (parameters, mac) = match (tag, parts.mac) {
            (Some(tag), Some(mac)) => {
                let nonce = parameters.inside().expect(OCTET_STRING, "no nonce")?.whole;
                let said = tlv(INTEGER, &[tag]);
                let mac = mac.get(..usize::from(tag)).unwrap_or(mac).to_vec();
                (tlv(SEQUENCE, &[nonce, &said].concat()), mac)
            }
            (None, _) | (Some(_), None) => (parameters.whole.to_vec(), vec![0; 16]),
        };
        let cipher = tlv(SEQUENCE, &[tlv(0x06, parts.cipher.oid), parameters].concat());
        let encrypted = [tlv(0x06, parts.content_type), cipher, ciphertext.whole.to_vec()].concat();
        let body = [
            tlv(INTEGER, &[0]),
            parts.recipients_whole.to_vec(),
            tlv(SEQUENCE, &encrypted),
            tlv(OCTET_STRING, &mac),
        ]
        .concat();
        let content = tlv(0xa0, &tlv(SEQUENCE, &body));
        Ok(Some(tlv(SEQUENCE, &[tlv(0x06, oid::AUTH_ENVELOPED_DATA), content].concat())))
    };
    read().ok().flatten()
}

/// One value in DER.
fn tlv(tag: u8, content: &[u8]) -> Vec<u8> {
    let mut out = vec![tag];
    match u8::try_from(content.len()) {
        Ok(short) if short < 0x80 => out.push(short),
        Ok(_) | Err(_) => {
            let digits: Vec<u8> =
                content.len().to_be_bytes().into_iter().skip_while(|digit| *digit == 0).collect();
            out.push(0x80 | u8::try_from(digits.len()).unwrap_or(8));
            out.extend_from_slice(&digits);
        }
    }
    out.extend_from_slice(content);
    out
}

const CONTENT: &[u8] = b"Content-Type: text/plain\r\n\r\nself-test\r\n";

//------------ Tests ---------------------------------------------------------

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(number: i64, bad: bool) {
        assert_eq!(known_bad(number).is_some(), bad, "{number:#x}");
    }

    #[test]
    fn table() {
        check(0x3000_0160, false); // 3.0.22
        check(0x3000_0130, true); // 3.0.19
        check(0x3000_0000, true);
        check(0x3050_0040, false); // 3.5.4
        check(0x3060_0030, true);
        check(0x3060_0040, false);
        check(0x1010_1170, true); // 1.1.1w
    }

    #[test]
    fn the_library_here_behaves() {
        assert_eq!(misbehaves().unwrap(), None);
    }
}
