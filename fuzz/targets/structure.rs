//! The walker of DER, over what calls itself a CMS structure: what holds
//! another structure is gone into.

use crate::smime::describe::describe;

/// As deep as `certpost inspect` goes.
const DEEP: usize = 10;

pub fn run(octets: &[u8]) {
    let mut der = octets.to_vec();
    for _ in 0..DEEP {
        match describe(&der) {
            Ok((_, Some(inside))) => {
                assert!(inside.len() < der.len(), "a structure holds more than itself");
                der = inside;
            }
            Ok((_, None)) | Err(_) => return,
        }
    }
}
