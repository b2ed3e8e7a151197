//! A letter from a stranger: its octets, its shape, its root and the road that
//! it takes, and what encloses its secrets, looked at before it is opened.

use crate::letter::{LineEnds, inner, limits, root, shape};
use crate::receipt::Road;
use crate::smime::{ContentCipher, scan};

const LIMIT: usize = 1 << 20;

pub fn run(octets: &[u8]) {
    let Ok(bounded) = limits::bound(octets, LineEnds::CrlfOrLf, LIMIT) else { return };
    let Ok(shaped) = shape::shape(bounded) else { return };
    let road = Road::of_shaped(&shaped);
    let from = root::from(&shaped);
    let in_clear = inner::in_clear(&shaped);
    // Whatever the road, the gates of a sealed letter say the same by themselves.
    match root::root(&shaped) {
        Ok((outer, sealed)) => {
            assert_eq!(road, Road::Sealed, "a sealed letter takes another road");
            assert!(in_clear.is_err(), "sealed, and signed in clear");
            assert_eq!(Some(outer.from), from, "two senders");
            // Nobody's key is asked.
            assert!(scan::scan(sealed, ContentCipher::ALL, &[]).is_err());
        }
        // That the sealed part is no base64 is gate 4's word.
        Err(refusal) => assert!(refusal.gate() <= 4, "gate {} at the root", refusal.gate()),
    }
}
