//! DER, from afar: whole TLVs (X.690, section 8.1) are left out, doubled, moved
//! or filled with something else, and all around them made to fit.

use super::Dice;

/// What to fill a primitive with, its length included.
#[rustfmt::skip]
const FILLINGS: &[&[u8]] = &[
    b"", &[0], &[1], &[0xFF], &[0x80], &[0, 0x80], &[0x7F, 0xFF, 0xFF, 0xFF, 0xFF], &[0; 12],
    // id-data, id-signedData, id-envelopedData, id-ct-authEnvelopedData,
    // id-ct-compressedData.
    &[0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 7, 1], &[0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 7, 2],
    &[0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 7, 3],
    &[0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 9, 16, 1, 23],
    &[0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 9, 16, 1, 9],
    // aes256-CBC, aes256-GCM, aes128-GCM, des-ede3-cbc, sha-1, sha-256, sha-512.
    &[0x60, 0x86, 0x48, 1, 0x65, 3, 4, 1, 42], &[0x60, 0x86, 0x48, 1, 0x65, 3, 4, 1, 46],
    &[0x60, 0x86, 0x48, 1, 0x65, 3, 4, 1, 6], &[0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 3, 7],
    &[0x2B, 0x0E, 3, 2, 26], &[0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 1],
    &[0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 3],
    // rsaEncryption, id-RSAES-OAEP, id-RSASSA-PSS, ecdsa-with-SHA256.
    &[0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 1, 1], &[0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 1, 7],
    &[0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 1, 10], &[0x2A, 0x86, 0x48, 0xCE, 0x3D, 4, 3, 2],
    b"261126120000Z", b"20261126120000Z", b"20261126120000.5Z",
];

/// As deep as anything is taken apart.
const DEEP: usize = 40;

/// Turns one TLV; `false` where what stands here is no DER.
pub fn turn(octets: &mut Vec<u8>, dice: &mut Dice) -> bool {
    let Some(mut tlvs) = read(octets, DEEP) else { return false };
    let many = tlvs.iter().map(Tlv::count).sum();
    let mut copies = Vec::new();
    let one = dice.below(many);
    find(&mut tlvs, one, &mut |among, at| copies.extend(among.get(at).cloned()));
    let other = dice.below(many);
    let how = dice.below(7);
    let word = FILLINGS[dice.below(FILLINGS.len())];
    let (octet, bit) = (dice.below(1 << 16), dice.below(8));
    let at = match how {
        2 | 3 => other,
        _ => one,
    };
    find(&mut tlvs, at, &mut |among, at| match how {
        0 => drop(among.remove(at)),
        1 | 2 => among.splice(at..at, copies.iter().cloned()).for_each(drop),
        3 => among.splice(at..=at, copies.iter().cloned()).for_each(drop),
        4 => among[at].tag ^= 1 << bit,
        _ => match &mut among[at].holds {
            Holds::Octets(octets) if how == 5 && !octets.is_empty() => {
                let at = octet % octets.len();
                octets[at] ^= 1 << bit;
            }
            holds => *holds = Holds::Octets(word.to_vec()),
        },
    });
    octets.clear();
    tlvs.iter().for_each(|tlv| tlv.write(octets));
    true
}

#[derive(Clone)]
struct Tlv {
    tag: u8,
    holds: Holds,
}

#[derive(Clone)]
enum Holds {
    Octets(Vec<u8>),
    Tlvs(Vec<Tlv>),
}

/// What stands here, one after the other; absent if that is not so to the end.
fn read(octets: &[u8], deep: usize) -> Option<Vec<Tlv>> {
    let mut found = Vec::new();
    let mut rest = octets;
    while let [tag, length, after @ ..] = rest {
        let (length, after) = match length {
            0x80 => return None,
            0..0x80 => (usize::from(*length), after),
            _ => {
                let count = usize::from(length & 0x7F);
                let (length, after) = after.split_at_checked(count).filter(|_| count < 5)?;
                let length = length.iter().fold(0, |sum, octet| sum << 8 | usize::from(*octet));
                (length, after)
            }
        };
        let (inside, after) = after.split_at_checked(length)?;
        let below = (tag & 0x20 != 0 && deep > 0).then(|| read(inside, deep - 1)).flatten();
        let holds = below.map_or_else(|| Holds::Octets(inside.to_vec()), Holds::Tlvs);
        found.push(Tlv { tag: *tag, holds });
        rest = after;
    }
    rest.is_empty().then_some(found)
}

impl Tlv {
    /// How many this is, with all that it holds.
    fn count(&self) -> usize {
        match &self.holds {
            Holds::Octets(_) => 1,
            Holds::Tlvs(tlvs) => 1 + tlvs.iter().map(Tlv::count).sum::<usize>(),
        }
    }

    fn write(&self, out: &mut Vec<u8>) {
        let mut inside = Vec::new();
        match &self.holds {
            Holds::Octets(octets) => inside.extend_from_slice(octets),
            Holds::Tlvs(tlvs) => tlvs.iter().for_each(|tlv| tlv.write(&mut inside)),
        }
        out.push(self.tag);
        let length = inside.len().to_be_bytes();
        let zeroes = length.iter().take_while(|octet| **octet == 0).count();
        match inside.len() {
            short @ 0..0x80 => out.push(short as u8),
            _ => {
                out.push(0x80 | (length.len() - zeroes) as u8);
                out.extend_from_slice(&length[zeroes..]);
            }
        }
        out.extend(inside);
    }
}

/// Goes to the TLV that is the `which`th in the order of their tags, and hands
/// over those that it stands among.
fn find(tlvs: &mut Vec<Tlv>, which: usize, found: &mut dyn FnMut(&mut Vec<Tlv>, usize)) {
    let mut left = which;
    for at in 0..tlvs.len() {
        if left == 0 {
            found(tlvs, at);
            return;
        }
        let count = tlvs[at].count();
        match &mut tlvs[at].holds {
            Holds::Tlvs(below) if left < count => return find(below, left - 1, found),
            Holds::Octets(_) | Holds::Tlvs(_) => left -= count,
        }
    }
}
