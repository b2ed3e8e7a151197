//! Authorities: anchors, and their lists of what they revoked.

use std::fmt;
use std::sync::Arc;

use data_encoding::HEXLOWER;
use openssl::hash::{MessageDigest, hash};
use openssl::x509::{X509, X509Crl};

use super::identity::{IdentityError, X509Facts, moment, name_words};
use crate::clock::Timestamp;

//------------ Anchor --------------------------------------------------------

/// An authority, or several from one file, to which a pin's chain must lead.
#[derive(Clone)]
pub struct Anchor(pub(super) Arc<Vec<X509>>);

impl Anchor {
    /// From PEM; a file may hold several.
    pub fn from_pem(pem: &[u8]) -> Result<Self, IdentityError> {
        let (first, rest) = X509Facts::from_pem(pem)?;
        let mut all = vec![first.x509];
        all.extend(rest);
        Ok(Anchor(Arc::new(all)))
    }

    /// Each authority, for people, with the window in which it is valid.
    pub fn windows(&self) -> Vec<(String, Timestamp, Timestamp)> {
        let window = |x509: &X509| {
            let (from, until) = (moment(x509.not_before()).ok()?, moment(x509.not_after()).ok()?);
            Some((name_words(x509.subject_name()), from, until))
        };
        self.0.iter().filter_map(window).collect()
    }

    pub(super) fn x509s(&self) -> &[X509] {
        &self.0
    }
}

impl fmt::Debug for Anchor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0.iter().map(|x509| name_words(x509.subject_name()))).finish()
    }
}

//------------ Crl -----------------------------------------------------------

/// A list of revoked certificates, from a file; none is ever fetched.
#[derive(Clone)]
pub struct Crl(Arc<CrlFacts>);

pub(super) struct CrlFacts {
    pub(super) crl: X509Crl,
    pub(super) issuer: Vec<u8>,
    pub(super) sha256: String,
    pub(super) last_update: Timestamp,
    pub(super) next_update: Option<Timestamp>,
}

impl Crl {
    /// From PEM, or from DER as authorities publish it.
    pub fn from_pem(octets: &[u8]) -> Result<Self, IdentityError> {
        let fault = |source| IdentityError::Crl { source };
        let crl = if octets.starts_with(b"0") {
            X509Crl::from_der(octets)
        } else {
            X509Crl::from_pem(octets)
        }
        .map_err(fault)?;
        let der = crl.to_der().map_err(fault)?;
        let digest = hash(MessageDigest::sha256(), &der).map_err(fault)?;
        Ok(Crl(Arc::new(CrlFacts {
            issuer: crl.issuer_name().to_der().map_err(fault)?,
            sha256: HEXLOWER.encode(&digest),
            last_update: moment(crl.last_update()).map_err(fault)?,
            next_update: crl.next_update().map(moment).transpose().map_err(fault)?,
            crl,
        })))
    }

    /// The authority that signed it, for people.
    pub fn issuer(&self) -> String {
        name_words(self.0.crl.issuer_name())
    }

    /// When the next one should have replaced it; the day it was made, if it
    /// does not say.
    pub fn due(&self) -> Timestamp {
        self.0.next_update.unwrap_or(self.0.last_update)
    }

    pub(super) fn facts(&self) -> &CrlFacts {
        &self.0
    }
}

impl fmt::Debug for Crl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Crl").field(&self.0.sha256).finish()
    }
}
