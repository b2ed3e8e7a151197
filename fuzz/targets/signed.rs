//! Gates 6 and 7, over letters signed in clear as AS1 software sends receipts:
//! nothing but what the pinned signer signed is proven.

use std::sync::OnceLock;
use std::time::Duration;

use crate::clock::Timestamp;
use crate::letter::LineEnds;
use crate::partner::ReceiptForm;
use crate::receipt::{Correspondent, Desk, Fault, ProvenReport, proof};
use crate::smime::{ContentCipher, Pin, Trust};

/// Whose signatures are taken; nobody has the key any more.
pub const SIGNER: &[u8] = include_bytes!("../signer.pem");
/// What was signed by that key, once.
pub const SIGNED: &[&[u8]] = &[include_bytes!("../signed.txt")];

fn desk() -> &'static Desk {
    static DESK: OnceLock<Desk> = OnceLock::new();
    DESK.get_or_init(|| {
        let (Ok(us), Ok(address), Ok(code), Ok(pin)) = (
            "push@ecert.bv.example".parse(),
            "push@ecert.hm.example".parse(),
            "HM".parse(),
            Pin::from_pem(SIGNER),
        ) else {
            panic!("the desk's own words are read");
        };
        let trust =
            Trust { pins: vec![pin], content: vec![ContentCipher::Aes256Gcm], ..Trust::default() };
        Desk {
            us,
            identities: Vec::new(),
            partners: vec![Correspondent {
                code,
                address,
                senders: Vec::new(),
                aliases: Vec::new(),
                form: ReceiptForm::MdnSigned,
                trust,
            }],
            max_letter: 1 << 20,
            crl_stale: Duration::from_secs(86_400),
        }
    })
}

/// Noon of 2026-11-26, within the signer's days.
pub const NOON: Timestamp = Timestamp::from_millis(1_795_694_400_000);

/// What is signed has CRLF, however a letter came in.
fn lines(octets: &[u8]) -> String {
    String::from_utf8_lossy(octets).replace("\r\n", "\n")
}

/// Gates 6 and 7.
fn proven(octets: &[u8]) -> Result<ProvenReport, Fault> {
    proof::prove(octets, LineEnds::CrlfOrLf, desk(), NOON)
}

pub fn run(octets: &[u8]) {
    if let Ok(proven) = proven(octets) {
        check(proven.octets());
    }
}

/// Nothing is proven but what was signed.
pub fn check(proven: &[u8]) {
    let entity = lines(proven);
    let is_ours = SIGNED.iter().any(|signed| lines(signed) == entity);
    assert!(is_ours, "proven, and never signed:\n{entity}");
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Else no mutation of them would be near anything.
    #[test]
    fn the_seeds_are_proven() {
        for seed in [
            &include_bytes!("../seeds/signed/detached")[..],
            include_bytes!("../seeds/signed/opaque"),
        ] {
            assert_eq!(
                proven(seed).map(|proven| proven.octets().len()).map_err(|fault| fault.words),
                Ok(SIGNED[0].len())
            );
        }
    }
}
