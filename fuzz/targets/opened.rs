//! Gates 4 to 7 with our keys: what an outsider encrypts to us, and what calls
//! itself encrypted to us. Nothing but what the pinned signer signed is proven.
//!
//! An input that begins as DER does is the CMS structure of a letter; any other
//! is what somebody encrypts to us: the address and the key are known to all.

use std::sync::OnceLock;
use std::time::Duration;

use openssl::cms::{CMSOptions, CmsContentInfo};
use openssl::stack::Stack;
use openssl::symm::Cipher;
use openssl::x509::X509;

use super::signed::{self, NOON, SIGNER};
use crate::letter::{LineEnds, inner, limits, root, shape};
use crate::refusal::Refusal;
use crate::smime::{ContentCipher, DecryptIdentity, Pin, Trust};
use crate::smime::{open, scan, verify};

const LIMIT: usize = 1 << 20;

/// Our keys, and their certificates: of this target, and of nobody else.
const RSA: &[u8] = include_bytes!("../recipient-rsa.pem");
const EC: &[u8] = include_bytes!("../recipient-ec.pem");

/// Constructed SEQUENCE (X.690, section 8.9).
const SEQUENCE: u8 = 0x30;
/// id-ct-authEnvelopedData (RFC 5083, section 2), without tag and length.
const AUTH_ENVELOPED: &[u8] = &[0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 9, 16, 1, 23];

struct House {
    identities: Vec<DecryptIdentity>,
    trust: Trust,
    ours: Stack<X509>,
}

fn house() -> &'static House {
    static HOUSE: OnceLock<House> = OnceLock::new();
    HOUSE.get_or_init(|| {
        let (Ok(rsa), Ok(ec), Ok(pin), Ok(x509), Ok(mut ours)) = (
            DecryptIdentity::from_pem(RSA, RSA, None),
            DecryptIdentity::from_pem(EC, EC, None),
            Pin::from_pem(SIGNER),
            X509::from_pem(EC),
            Stack::new(),
        ) else {
            panic!("the target's own keys are read");
        };
        let Ok(()) = ours.push(x509) else { panic!("the target's own keys are read") };
        let content = ContentCipher::ALL.to_vec();
        let trust = Trust { pins: vec![pin], content, ..Trust::default() };
        House { identities: vec![rsa, ec], trust, ours }
    })
}

/// A letter around a CMS structure, as anybody may write it.
fn letter(der: &[u8]) -> Vec<u8> {
    let is_authenticated = der.windows(AUTH_ENVELOPED.len()).take(64).any(|w| w == AUTH_ENVELOPED);
    let kind = if is_authenticated { "authEnveloped-data" } else { "enveloped-data" };
    let mut letter = format!(
        "From: push@ecert.hm.example\r\n\
         To: push@ecert.bv.example\r\n\
         Date: Thu, 26 Nov 2026 12:00:00 +0000\r\n\
         Message-ID: <a@ecert.hm.example>\r\n\
         MIME-Version: 1.0\r\n\
         Content-Type: application/pkcs7-mime; smime-type={kind}; name=smime.p7m\r\n\
         Content-Transfer-Encoding: base64\r\n\r\n"
    );
    for line in data_encoding::BASE64.encode(der).as_bytes().chunks(76) {
        letter.push_str(&String::from_utf8_lossy(line));
        letter.push_str("\r\n");
    }
    letter.into_bytes()
}

/// Gates 1 to 7; what was proven.
fn proven(octets: &[u8]) -> Result<Vec<u8>, Refusal> {
    let House { identities, trust, .. } = house();
    let bounded = limits::bound(octets, LineEnds::Crlf, LIMIT)?;
    let shaped = shape::shape(bounded)?;
    let (_, sealed) = root::root(&shaped)?;
    let scanned = scan::scan(sealed, &trust.content, identities)?;
    let inner = inner::inner(open::open(scanned)?)?;
    let day = Duration::from_secs(86_400);
    verify::verify(inner, &[trust], day, NOON).map(verify::Authenticated::into_octets)
}

/// What somebody encrypts to us, with AES-256-CBC, of which nothing proves
/// that nobody changed it on the way.
fn encrypted(octets: &[u8]) -> Option<Vec<u8>> {
    let (cipher, options) = (Cipher::aes_256_cbc(), CMSOptions::BINARY);
    let cms = CmsContentInfo::encrypt(&house().ours, octets, cipher, options);
    cms.and_then(|cms| cms.to_der()).ok()
}

pub fn run(octets: &[u8]) {
    let letter = match octets.first() {
        Some(&SEQUENCE) => letter(octets),
        Some(_) | None => match encrypted(octets) {
            Some(der) => letter(&der),
            None => return,
        },
    };
    if let Ok(entity) = proven(&letter) {
        signed::check(&entity);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Else no mutation of them would be near anything.
    #[test]
    fn the_seeds_are_proven() {
        for (seed, name) in [
            (&include_bytes!("../seeds/opened/gcm")[..], "gcm"),
            (include_bytes!("../seeds/opened/cbc"), "cbc"),
            (include_bytes!("../seeds/opened/ecdh"), "ecdh"),
            (include_bytes!("../seeds/opened/detached"), "detached"),
            (include_bytes!("../seeds/opened/opaque"), "opaque"),
        ] {
            let der = match seed.first() {
                Some(&SEQUENCE) => seed.to_vec(),
                _ => encrypted(seed).unwrap(),
            };
            let length = proven(&letter(&der)).map(|octets| octets.len());
            assert_eq!(length, Ok(signed::SIGNED[0].len()), "{name}");
        }
    }
}
