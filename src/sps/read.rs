//! Octets to a certificate.

use super::gate::gate;
use super::octets::SpsOctets;
use crate::certificate::{Certificate, Finding};
use crate::refusal::Refusal;

//------------ Reading -------------------------------------------------------

/// What came of reading a document.
#[derive(Clone, Debug)]
pub struct Reading {
    /// What could be made of it: absent if the gate refused the octets or
    /// they hold no certificate at all. With a severe finding it is there
    /// all the same, so that its number can be named.
    pub certificate: Option<Certificate>,
    pub findings: Vec<Finding>,
    /// Gate 9's refusal, or gate 10's `certificate.not-readable` when a
    /// finding is severe.
    pub refused: Option<Refusal>,
}

/// Reads a certificate, after the gate has let it pass.
pub fn read(octets: &SpsOctets) -> Reading {
    Reading { certificate: None, findings: Vec::new(), refused: gate(octets).err() }
}
