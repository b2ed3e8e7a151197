//! Terms: all that letters are judged with, and nothing else of us.
//!
//! Made from a configuration, and handed to the process that opens letters:
//! our decrypting keys and whom we trust, but no signing key, no password, no
//! address of a broker or a ledger. That process is told; it reads nothing.

use serde::{Deserialize, Serialize};

use super::prove::{Gatehouse, PartnerTrust};
use crate::certificate::CountryCode;
use crate::config::Configuration;
use crate::delivery::Clocks;
use crate::letter::{Address, Environment, Headers};
use crate::partner::{Partner, PartnerCode, ReceiptForm};
use crate::receipt::{Correspondent, Desk};
use crate::smime::handover::{HandedKey, HandedTrust};
use crate::smime::{IdentityError, SmimeError, Trust};

//------------ Terms ---------------------------------------------------------

/// What letters are judged with.
#[derive(Clone, Debug)]
pub struct Terms {
    /// Whose certificates we receive.
    pub countries: Vec<CountryCode>,
    pub clocks: Clocks,
    pub house: Gatehouse,
    pub desk: Desk,
    partners: Vec<Entry>,
}

/// What a partner may send, and is told.
#[derive(Clone, Debug)]
pub struct Entry {
    pub code: PartnerCode,
    /// The countries it speaks for.
    pub countries: Vec<CountryCode>,
    pub receipt: ReceiptForm,
    pub receipt_warnings: bool,
}

impl Terms {
    /// What a configuration whose keys were read has for it: what is handed
    /// over, taken here.
    pub fn of(configuration: &Configuration) -> Result<Terms, TermsError> {
        Ok(HandedTerms::of(configuration)?.terms()?)
    }

    /// The entry of the partner with `code`.
    pub fn partner(&self, code: &PartnerCode) -> Option<&Entry> {
        self.partners.iter().find(|entry| entry.code == *code)
    }
}

/// Keys or certificates that were read once and cannot be read again: a bug of
/// ours, or memory ran out.
#[derive(Debug, thiserror::Error)]
pub enum TermsError {
    #[error(transparent)]
    Handed(#[from] SmimeError),
    #[error(transparent)]
    Taken(#[from] IdentityError),
}

//------------ HandedTerms ---------------------------------------------------

/// Terms on their way to the process that opens letters.
#[derive(Deserialize, Serialize)]
pub struct HandedTerms {
    us: Address,
    environment: Environment,
    countries: Vec<CountryCode>,
    clocks: Clocks,
    max_letter: usize,
    identities: Vec<HandedKey>,
    partners: Vec<HandedPartner>,
}

#[derive(Deserialize, Serialize)]
struct HandedPartner {
    code: PartnerCode,
    address: Address,
    senders: Vec<Address>,
    aliases: Vec<String>,
    countries: Vec<CountryCode>,
    headers: Headers,
    receipt: ReceiptForm,
    receipt_warnings: bool,
    trust: HandedTrust,
}

impl HandedTerms {
    /// The terms of a configuration whose keys were read, to be handed over.
    pub fn of(configuration: &Configuration) -> Result<HandedTerms, SmimeError> {
        let partner = |partner: &Partner| {
            Ok(HandedPartner {
                code: partner.code.clone(),
                address: partner.address.clone(),
                senders: partner.senders.clone(),
                aliases: partner.aliases.clone(),
                countries: partner.countries.clone(),
                headers: partner.headers,
                receipt: partner.receipt,
                receipt_warnings: partner.receipt_warnings,
                trust: HandedTrust::of(&partner.trust)?,
            })
        };
        Ok(HandedTerms {
            us: configuration.gateway.address.clone(),
            environment: configuration.gateway.environment,
            countries: configuration.gateway.countries.clone(),
            clocks: configuration.clocks.clone(),
            max_letter: configuration.doors.max_letter,
            identities: configuration
                .decrypting
                .iter()
                .map(HandedKey::of)
                .collect::<Result<_, _>>()?,
            partners: configuration
                .partners
                .iter()
                .map(partner)
                .collect::<Result<_, SmimeError>>()?,
        })
    }

    /// The terms that were handed over.
    pub fn terms(self) -> Result<Terms, IdentityError> {
        let identities =
            self.identities.iter().map(HandedKey::identity).collect::<Result<Vec<_>, _>>()?;
        let mut trusted = Vec::new();
        let mut correspondents = Vec::new();
        let mut partners = Vec::new();
        for partner in self.partners {
            let trust: Trust = partner.trust.trust()?;
            trusted.push(PartnerTrust {
                code: partner.code.clone(),
                address: partner.address.clone(),
                senders: partner.senders.clone(),
                trust: trust.clone(),
                headers: partner.headers,
            });
            correspondents.push(Correspondent {
                code: partner.code.clone(),
                address: partner.address,
                senders: partner.senders,
                aliases: partner.aliases,
                form: partner.receipt,
                trust,
            });
            partners.push(Entry {
                code: partner.code,
                countries: partner.countries,
                receipt: partner.receipt,
                receipt_warnings: partner.receipt_warnings,
            });
        }
        Ok(Terms {
            countries: self.countries,
            house: Gatehouse {
                us: self.us.clone(),
                environment: self.environment,
                identities: identities.clone(),
                partners: trusted,
                max_letter: self.max_letter,
                signing_age: self.clocks.signing_age,
                signing_skew: self.clocks.signing_skew,
                crl_stale: self.clocks.crl_stale,
            },
            desk: Desk {
                us: self.us,
                identities,
                partners: correspondents,
                max_letter: self.max_letter,
                crl_stale: self.clocks.crl_stale,
            },
            clocks: self.clocks,
            partners,
        })
    }
}
