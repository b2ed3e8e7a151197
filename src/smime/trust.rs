//! Whether a pinned signer may be believed now: validity, usage, revocation,
//! chain.

use std::time::Duration;

use openssl::error::ErrorStack;
use openssl::stack::Stack;
use openssl::x509::store::{X509Store, X509StoreBuilder};
use openssl::x509::verify::X509VerifyParam;
use openssl::x509::{CrlStatus, X509, X509PurposeId, X509StoreContext};

use super::authority::Crl;
use super::identity::{Pin, moment};
use super::profile::Trust;
use crate::clock::Timestamp;
use crate::refusal::{Code, Refusal};

/// The rest of gate 7. Gives the digest of the CRL that was asked.
pub(super) fn judge(
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
    revoked(pin, &lists, at)?;
    if !trust.anchors.is_empty() {
        let led = chain(&facts.x509, trust, came_along, at).unwrap_or(false);
        if !led {
            let words = format!("{} leads to none of the partner's anchors", facts.subject);
            return Err(Refusal::new(Code::SignerUntrusted, words));
        }
    }
    let Some(newest) = lists.iter().max_by_key(|crl| crl.facts().last_update) else {
        return Ok(None);
    };
    fresh(newest, trust, crl_stale, at)?;
    Ok(Some(newest.facts().sha256.clone()))
}

impl Pin {
    /// Whether its usages let it sign mail.
    pub fn may_sign(&self) -> bool {
        self.facts().mails && self.facts().signs
    }
}

//------------ Revocation ----------------------------------------------------

fn revoked(pin: &Pin, lists: &[&Crl], at: Timestamp) -> Result<(), Refusal> {
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
    Ok(())
}

/// A stale list, or one that is not the issuer's, says nothing: the letter is
/// held.
fn fresh(crl: &Crl, trust: &Trust, stale: Duration, at: Timestamp) -> Result<(), Refusal> {
    let facts = crl.facts();
    let held = |words: String| Err(Refusal::new(Code::SignerCrlStale, words));
    let mut issuers = trust
        .anchors
        .iter()
        .flat_map(|anchor| anchor.x509s())
        .filter(|x509| x509.subject_name().to_der().is_ok_and(|name| name == facts.issuer))
        .peekable();
    if issuers.peek().is_some() {
        let signed = issuers
            .any(|x509| x509.public_key().is_ok_and(|key| facts.crl.verify(&key).unwrap_or(false)));
        if !signed {
            return held("the CRL is not signed by the authority it names".to_owned());
        }
    }
    let due = crl.due();
    if at > due.plus(stale) {
        return held(format!("the CRL should have been replaced by {due}; fetch the new one"));
    }
    Ok(())
}

//------------ Chain ---------------------------------------------------------

/// Whether a chain leads from `x509` to an anchor, at `at`.
fn chain(
    x509: &X509,
    trust: &Trust,
    came_along: &[&[u8]],
    at: Timestamp,
) -> Result<bool, ErrorStack> {
    let store = store(trust, at)?;
    let leads = |untrusted: &Stack<X509>| -> Result<bool, ErrorStack> {
        X509StoreContext::new()?.init(&store, x509, untrusted, |context| context.verify_cert())
    };
    if leads(&Stack::new()?)? {
        return Ok(true);
    }
    let mut untrusted = Stack::new()?;
    for der in came_along {
        if let Ok(other) = X509::from_der(der) {
            untrusted.push(other)?;
        }
    }
    leads(&untrusted)
}

fn store(trust: &Trust, at: Timestamp) -> Result<X509Store, ErrorStack> {
    let mut param = X509VerifyParam::new()?;
    param.set_time(at.seconds());
    param.set_purpose(X509PurposeId::ANY)?;
    // 112 bits: no SHA-1, no RSA-1024 between signer and anchor.
    param.set_auth_level(2);
    param.set_depth(8);
    let mut builder = X509StoreBuilder::new()?;
    builder.set_param(&param)?;
    for anchor in trust.anchors.iter().flat_map(|anchor| anchor.x509s()) {
        builder.add_cert(anchor.clone())?;
    }
    Ok(builder.build())
}
