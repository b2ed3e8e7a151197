//! Octets that may be read, and octets to send.

use std::borrow::Cow;

use sha2::{Digest, Sha256};

//------------ SpsOctets -----------------------------------------------------

/// Octets that may be given to the XML reader, and nothing else may.
///
/// Only a proven letter and our own queue and command line make them, so that
/// unproven octets cannot be parsed, by type.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct SpsOctets<'a>(Cow<'a, [u8]>);

impl SpsOctets<'static> {
    /// What a proven letter holds; for the gates of `inbound` and `smime` only.
    pub(crate) fn proven(octets: Vec<u8>) -> Self {
        SpsOctets(Cow::Owned(octets))
    }
}

impl<'a> SpsOctets<'a> {
    /// What our own domestic system or operator gave us; for `submission`,
    /// `outbound` and the command line only.
    pub(crate) fn domestic(octets: &'a [u8]) -> Self {
        SpsOctets(Cow::Borrowed(octets))
    }

    /// The octets, exactly as they came.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// Their SHA-256.
    pub fn sha256(&self) -> [u8; 32] {
        Sha256::digest(&self.0).into()
    }
}

//------------ SpsXml --------------------------------------------------------

/// A certificate as XML octets, to be sent. Made by the writer, or taken as
/// they are from a submission of ready XML.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct SpsXml<'a>(Cow<'a, [u8]>);

impl SpsXml<'static> {
    pub(super) fn written(octets: Vec<u8>) -> Self {
        SpsXml(Cow::Owned(octets))
    }
}

impl<'a> SpsXml<'a> {
    /// Octets that are to be sent as they are.
    pub fn ready(octets: &SpsOctets<'a>) -> Self {
        SpsXml(octets.0.clone())
    }

    /// The octets.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The octets themselves.
    pub fn into_bytes(self) -> Vec<u8> {
        self.0.into_owned()
    }

    /// Their SHA-256: the XML digest of events, receipts and evidence.
    pub fn sha256(&self) -> [u8; 32] {
        Sha256::digest(&self.0).into()
    }
}
