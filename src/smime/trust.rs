//! Whether a pinned signer may be believed now: validity, usage, revocation,
//! chain.

use std::time::Duration;

use openssl::x509::CrlStatus;

use super::authority::Crl;
use super::identity::{Pin, moment};
use super::path::{Way, held};
use super::profile::Trust;
use crate::clock::Timestamp;
use crate::refusal::{Code, Refusal};

/// The rest of gate 7. Gives the digest of the CRL that was asked.
///
/// `came_along` are certificates of the letter, as DER: they may help to find
/// a path, and are believed in nothing.
pub fn judge(
    pin: &Pin,
    trust: &Trust,
    came_along: &[&[u8]],
    crl_stale: Duration,
    at: Timestamp,
) -> Result<Option<String>, Refusal> {
    let facts = pin.facts();
    if at > facts.not_after {
        let words = format!("{} expired on {}", facts.subject, facts.not_after);
        return Err(Refusal::new(Code::SignerExpired, words));
    }
    if at < facts.not_before {
        let words = format!("{} is valid from {} on", facts.subject, facts.not_before);
        return Err(Refusal::new(Code::SignerNotYetValid, words));
    }
    if !pin.may_sign() {
        let words = format!("{} is no certificate for signing mail", facts.subject);
        return Err(Refusal::new(Code::SignerUsage, words));
    }
    let lists: Vec<&Crl> =
        trust.crls.iter().filter(|crl| crl.facts().issuer == facts.issuer).collect();
    if trust.anchors.is_empty() {
        by_name(pin, &lists, trust, crl_stale, at)?;
    } else {
        Way { x509: &facts.x509, trust, came_along, crl_stale, at }.judge()?;
    }
    let newest = lists.iter().max_by_key(|crl| crl.facts().last_update);
    Ok(newest.map(|crl| crl.facts().sha256.clone()))
}

impl Trust {
    /// Whether a list of the pin's own authority is among `crls`; one that
    /// signed itself needs none.
    pub fn lists(&self, pin: &Pin) -> bool {
        let facts = pin.facts();
        let itself =
            facts.x509.subject_name().to_der().is_ok_and(|subject| subject == facts.issuer);
        itself || self.crls.iter().any(|crl| crl.facts().issuer == facts.issuer)
    }
}

impl Pin {
    /// Whether its usages let it sign mail.
    pub fn may_sign(&self) -> bool {
        self.facts().mails && self.facts().signs
    }
}

//------------ A pin without an anchor ---------------------------------------

/// Where the pin is the anchor there is no key by which to verify a list: the
/// operator's file is taken at its word.
fn by_name(
    pin: &Pin,
    lists: &[&Crl],
    trust: &Trust,
    stale: Duration,
    at: Timestamp,
) -> Result<(), Refusal> {
    for list in lists {
        match list.facts().crl.get_by_cert(&pin.facts().x509) {
            CrlStatus::NotRevoked | CrlStatus::RemoveFromCrl(_) => {}
            CrlStatus::Revoked(entry) => {
                // A date that cannot be read is one in the past.
                let since = moment(entry.revocation_date()).unwrap_or(at);
                if since <= at {
                    let words = format!("{} is revoked since {since}", pin.subject());
                    return Err(Refusal::new(Code::SignerRevoked, words));
                }
            }
        }
    }
    match lists.iter().map(|list| list.due()).max() {
        Some(due) if at > due.plus(stale) => {
            Err(held(format!("the CRL should have been replaced by {due}; fetch the new one")))
        }
        None if !trust.crls.is_empty() && !trust.lists(pin) => Err(held(format!(
            "no list in trust.crls says whether {} is revoked; add that of its authority",
            pin.subject()
        ))),
        Some(_) | None => Ok(()),
    }
}
