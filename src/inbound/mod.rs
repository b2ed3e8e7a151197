//! Inbound: from a letter taken in to a certificate published.
//!
//! ```text
//! mailbox -> door (commit, then 250) -> LEDGER -> judge (prove, read) -> LEDGER -> outlet
//! ```
//!
//! - [`door`]: what the SMTP door is told. - [`prove`] and `bind`: gates 1 to 8.
//! - [`judge`]: letters opened, read and recorded. - `agree`: whether letter
//!   and certificate say the same. - [`received`]: what the domestic system gets. - [`owing`]: the receipt that the partner gets.
//! - [`reports`]: receipts and reports about what we sent.
//!
//! A letter is written down before it is answered, and opened only then: what
//! it contains never shows in an SMTP reply.

mod agree;
mod bind;
pub mod door;
pub mod judge;
pub mod owing;
pub mod prove;
pub mod received;
pub mod reports;

use crate::config::Configuration;
use prove::{Gatehouse, PartnerTrust};

/// What the gates hold on to, from a configuration whose keys were read.
pub fn gatehouse(configuration: &Configuration) -> Gatehouse {
    Gatehouse {
        us: configuration.gateway.address.clone(),
        environment: configuration.gateway.environment,
        identities: configuration.decrypting.clone(),
        partners: configuration
            .partners
            .iter()
            .map(|partner| PartnerTrust {
                code: partner.code.clone(),
                address: partner.address.clone(),
                senders: partner.senders.clone(),
                trust: partner.trust.clone(),
                headers: partner.headers,
            })
            .collect(),
        max_letter: configuration.doors.max_letter,
        signing_age: configuration.clocks.signing_age,
        signing_skew: configuration.clocks.signing_skew,
        crl_stale: configuration.clocks.crl_stale,
    }
}
