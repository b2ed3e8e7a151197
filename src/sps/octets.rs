//! Octets that may be read as a certificate: proven, or our own.

/// XML octets that came from a proven letter or from our own house.
///
/// Only the rooms that prove make them, so that unproven octets cannot be
/// read, by type.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct SpsOctets(Vec<u8>);

impl SpsOctets {
    /// Octets of a letter that passed its gates; for `inbound` alone.
    pub(crate) fn proven(octets: Vec<u8>) -> Self {
        SpsOctets(octets)
    }

    /// Octets of our own queue or command line.
    pub(crate) fn domestic(octets: Vec<u8>) -> Self {
        SpsOctets(octets)
    }

    /// The octets.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}
