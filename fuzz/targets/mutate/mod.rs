//! Changes that know from afar what they change: whole elements, members, TLVs
//! and lines. A fuzzer that only turns octets seldom gets past the first gate.
//!
//! - [`text`]: XML and JSON;
//! - [`der`]: CMS structures and all else in DER;
//! - [`mail`]: letters and their parts.

mod der;
mod mail;
mod text;

/// libFuzzer's own mutator: `octets`, how many of them count, and the most that
/// may; how many count then.
pub type Plainly = fn(&mut [u8], usize, usize) -> usize;

/// The mutator that libFuzzer calls: as [`Plainly`], by a seed.
pub fn mutate(octets: &mut [u8], size: usize, most: usize, seed: u32, plainly: Plainly) -> usize {
    let mut dice = Dice(u64::from(seed) | 1 << 40);
    // A third is left to libFuzzer's own, which knows what was compared.
    if dice.below(3) == 0 {
        return plainly(octets, size, most);
    }
    let mut changed = octets.get(..size).unwrap_or_default().to_vec();
    for _ in 0..=dice.below(3) {
        let turned = match changed.iter().find(|octet| !octet.is_ascii_whitespace()) {
            Some(0x30) => der::turn(&mut changed, &mut dice),
            Some(b'<' | b'{' | b'[') => text::turn(&mut changed, &mut dice),
            Some(_) => mail::turn(&mut changed, &mut dice),
            None => false,
        };
        if !turned {
            return plainly(octets, size, most);
        }
    }
    changed.truncate(most);
    if let Some(room) = octets.get_mut(..changed.len()) {
        room.copy_from_slice(&changed);
    }
    changed.len()
}

//------------ Dice ----------------------------------------------------------

/// Numbers that follow from a seed (xorshift).
struct Dice(u64);

impl Dice {
    /// One below `many`; 0 where there is none.
    fn below(&mut self, many: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 16) as usize % many.max(1)
    }
}

//------------ Tests ---------------------------------------------------------

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sps::{SpsOctets, gate};

    /// Whole elements and members are turned: much of what comes of it is still
    /// XML or JSON, and it is never too long.
    #[test]
    fn much_of_what_is_turned_can_be_read() {
        let xml = include_bytes!("../../../tests/golden/re-export-657/certificate.xml").as_slice();
        let json = include_bytes!("../../../queue-config/examples/re-export-657.json").as_slice();
        let is_xml = |text: &[u8]| gate(&SpsOctets::domestic(text)).is_ok();
        let is_json = |text: &[u8]| serde_json::from_slice::<serde_json::Value>(text).is_ok();
        for (text, is_good) in [(xml, &is_xml as &dyn Fn(&[u8]) -> bool), (json, &is_json)] {
            let (mut good, mut changed) = (0, 0);
            for seed in 0..300 {
                let mut octets = text.to_vec();
                octets.resize(text.len() + 500, 0);
                let most = octets.len();
                let size = mutate(&mut octets, text.len(), most, seed, |_, size, _| size);
                assert!(size <= most);
                good += usize::from(is_good(&octets[..size]));
                changed += usize::from(octets[..size] != *text);
            }
            assert!(good > 150 && changed > 150, "{good} good, {changed} changed");
        }
    }

    /// Of a structure and of a letter, whole pieces: what is left is walked.
    #[test]
    fn much_of_what_is_turned_is_still_der_or_a_letter() {
        let der = include_bytes!("../../seeds/opened/gcm").as_slice();
        let mail = include_bytes!("../../seeds/opened/detached").as_slice();
        let is_der = |octets: &[u8]| crate::smime::describe::describe(octets).is_ok();
        let is_mail = |octets: &[u8]| octets.starts_with(b"Content-Type: multipart/signed");
        for (seed, is_good) in [(der, &is_der as &dyn Fn(&[u8]) -> bool), (mail, &is_mail)] {
            let (mut good, mut changed) = (0, 0);
            for dice in 0..300 {
                let mut octets = seed.to_vec();
                octets.resize(seed.len() + 4_000, 0);
                let most = octets.len();
                let size = mutate(&mut octets, seed.len(), most, dice, |_, size, _| size);
                good += usize::from(is_good(&octets[..size]));
                changed += usize::from(octets[..size] != *seed);
            }
            assert!(good > 150 && changed > 150, "{good} good, {changed} changed");
        }
    }
}
