//! Gate 9.

use super::octets::SpsOctets;
use crate::refusal::Refusal;

/// Whether `octets` may be given to the reader.
pub fn gate(_octets: &SpsOctets) -> Result<(), Refusal> {
    Ok(())
}
