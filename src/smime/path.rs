//! The path from a signer to an anchor, and what its authorities revoked
//! (RFC 5280, section 6), by the library.
//!
//! Anchors and lists are the operator's files. What came along in the letter
//! may only help to find a way between them.

use std::ffi::c_int;
use std::fmt;
use std::time::Duration;

use openssl::error::ErrorStack;
use openssl::stack::Stack;
use openssl::x509::store::{X509Store, X509StoreBuilder};
use openssl::x509::verify::{X509VerifyFlags, X509VerifyParam};
use openssl::x509::{
    CrlStatus, X509, X509CrlRef, X509NameRef, X509PurposeId, X509Ref, X509StoreContext,
    X509VerifyResult,
};
use openssl_sys as sys;

use super::authority::Crl;
use super::ffi::{self, Objection};
use super::identity::{moment, name_words};
use super::profile::Trust;
use crate::clock::Timestamp;
use crate::refusal::{Code, Refusal};

//------------ PathRules -----------------------------------------------------

/// What a path must hold to beside its signatures: the inputs of RFC 5280,
/// section 6.1.1. Constraints that stand in the certificates hold whatever is
/// said here.
#[derive(Clone, Debug, serde::Deserialize, Eq, PartialEq, serde::Serialize)]
pub struct PathRules {
    /// The user-initial-policy-set, dotted; empty: any policy.
    pub policies: Vec<String>,
    /// initial-explicit-policy: the path must be good for one of the policies.
    pub explicit_policy: bool,
    /// initial-any-policy-inhibit: anyPolicy in a certificate is none.
    pub inhibit_any: bool,
    /// initial-policy-mapping-inhibit: no policy stands for another.
    pub inhibit_mapping: bool,
    /// OpenSSL's security level. 2 is 112 bits: no SHA-1, no RSA-1024 between
    /// signer and anchor.
    pub security_level: u8,
}

impl Default for PathRules {
    fn default() -> Self {
        PathRules {
            policies: Vec::new(),
            explicit_policy: false,
            inhibit_any: false,
            inhibit_mapping: false,
            security_level: 2,
        }
    }
}

impl PathRules {
    fn param(&self, at: Timestamp) -> Result<X509VerifyParam, ErrorStack> {
        let mut param = X509VerifyParam::new()?;
        param.set_time(at.seconds());
        param.set_purpose(X509PurposeId::ANY)?;
        param.set_auth_level(c_int::from(self.security_level));
        param.set_depth(8);
        // Without it, even what the certificates themselves demand of policies
        // (section 4.2.1.11) is not looked at.
        // An anchor is what the operator names, a root or not.
        let mut flags = X509VerifyFlags::POLICY_CHECK | X509VerifyFlags::PARTIAL_CHAIN;
        flags.set(X509VerifyFlags::EXPLICIT_POLICY, self.explicit_policy);
        flags.set(X509VerifyFlags::INHIBIT_ANY, self.inhibit_any);
        flags.set(X509VerifyFlags::INHIBIT_MAP, self.inhibit_mapping);
        param.set_flags(flags)?;
        // The library takes an empty set at its word: no policy at all.
        if self.policies.is_empty() {
            ffi::add_policy(&mut param, ANY_POLICY)?;
        }
        for policy in &self.policies {
            ffi::add_policy(&mut param, policy)?;
        }
        Ok(param)
    }
}

//------------ Weight --------------------------------------------------------

/// What an objection of the library comes to.
enum Weight {
    Nothing,
    /// Revoked: the end.
    Revoked(String),
    /// The list is too old to clear anybody, and still says who is revoked.
    Stale(String),
    /// There is no list that could tell.
    Untold(String),
}

impl Weight {
    fn goes_on(&self) -> bool {
        match self {
            Weight::Nothing | Weight::Stale(_) => true,
            Weight::Revoked(_) | Weight::Untold(_) => false,
        }
    }
}

//------------ Way -----------------------------------------------------------

/// A signer's certificate, and all that its path is judged by.
pub(super) struct Way<'a> {
    pub x509: &'a X509Ref,
    pub trust: &'a Trust,
    /// The certificates that came along, as DER.
    pub came_along: &'a [&'a [u8]],
    pub crl_stale: Duration,
    pub at: Timestamp,
}

impl Way<'_> {
    /// Refuses where no path leads to an anchor, then where a certificate of
    /// it is revoked; holds where the lists cannot tell.
    pub(super) fn judge(&self) -> Result<(), Refusal> {
        let subject = || name_words(self.x509.subject_name());
        let untrusted = |why: &dyn fmt::Display| {
            let words = format!("{} leads to none of the partner's anchors: {why}", subject());
            Refusal::new(Code::SignerUntrusted, words)
        };
        match self.leads() {
            Err(fault) => return Err(untrusted(&fault)),
            Ok(Err(why)) => return Err(untrusted(&why)),
            Ok(Ok(())) => {}
        }
        if self.trust.crls.is_empty() {
            return Ok(());
        }
        match self.unrevoked() {
            Err(fault) => Err(untrusted(&fault)),
            Ok(judged) => judged,
        }
    }

    /// Whether a path leads to an anchor, revocation aside; if not, why.
    fn leads(&self) -> Result<Result<(), X509VerifyResult>, ErrorStack> {
        let store = self.store(X509VerifyFlags::empty())?;
        let tried = |untrusted: &Stack<X509>| {
            X509StoreContext::new()?.init(&store, self.x509, untrusted, |context| {
                Ok(if context.verify_cert()? { Ok(()) } else { Err(context.error()) })
            })
        };
        // What came along can also lead astray: first without it.
        match tried(&Stack::new()?)? {
            Ok(()) => Ok(Ok(())),
            Err(_) => tried(&self.along()?),
        }
    }

    /// The same path with the lists: section 6.3, but that only the signer's
    /// own authority must have one, and that a list counts until it is stale.
    fn unrevoked(&self) -> Result<Result<(), Refusal>, ErrorStack> {
        let store = self.store(
            X509VerifyFlags::CRL_CHECK
                | X509VerifyFlags::CRL_CHECK_ALL
                | X509VerifyFlags::EXTENDED_CRL_SUPPORT
                | X509VerifyFlags::USE_DELTAS,
        )?;
        // In the context, not in the store: there, a list that another than
        // the certificate's issuer signed (section 5.2.5) is not found.
        let lists: Vec<&X509CrlRef> = self.trust.crls.iter().map(|crl| &*crl.facts().crl).collect();
        let mut against: Option<Weight> = None;
        let mut waived = |objection: &Objection<'_>| {
            let weight = self.weigh(objection);
            let goes_on = weight.goes_on();
            // What ends the path weighs more than a list that is merely old.
            if !matches!(weight, Weight::Nothing) && (against.is_none() || !goes_on) {
                against = Some(weight);
            }
            goes_on
        };
        let along = self.along()?;
        let led = X509StoreContext::new()?.init(&store, self.x509, &along, |context| {
            ffi::verify_path(context, &lists, &mut waived)
        })?;
        Ok(match (against, led) {
            (None | Some(Weight::Nothing), true) => Ok(()),
            (None | Some(Weight::Nothing), false) => {
                Err(held("the revocation lists cannot be judged".to_owned()))
            }
            (Some(Weight::Stale(words) | Weight::Untold(words)), _) => Err(held(words)),
            (Some(Weight::Revoked(words)), _) => Err(Refusal::new(Code::SignerRevoked, words)),
        })
    }

    /// What the library holds against the path, once lists are asked.
    fn weigh(&self, objection: &Objection<'_>) -> Weight {
        // Section 6.1: the anchor is no part of the path. It is trusted by the
        // operator's file, not by a list of its own.
        if !objection.of_signer && objection.x509.is_some_and(|x509| self.is_anchor(x509)) {
            return Weight::Nothing;
        }
        let subject = objection.x509.map(|x509| name_words(x509.subject_name()));
        let subject = subject.unwrap_or_default();
        match objection.code.as_raw() {
            sys::X509_V_ERR_CERT_REVOKED => match self.revoked_since(objection.x509) {
                // On the list for what came later than the letter.
                Some(since) if since > self.at => Weight::Nothing,
                since => {
                    let since = since.unwrap_or(self.at);
                    Weight::Revoked(format!("{subject} is revoked since {since}"))
                }
            },
            // A letter that waited is judged as of its day, by today's list.
            sys::X509_V_ERR_CRL_NOT_YET_VALID => Weight::Nothing,
            sys::X509_V_ERR_CRL_HAS_EXPIRED => match objection.crl.and_then(due) {
                Some(due) if self.at <= due.plus(self.crl_stale) => Weight::Nothing,
                Some(due) => Weight::Stale(format!(
                    "the CRL for {subject} should have been replaced by {due}; fetch the new one"
                )),
                None => Weight::Untold(format!("the CRL for {subject} does not say how old it is")),
            },
            sys::X509_V_ERR_UNABLE_TO_GET_CRL
                if (!objection.of_signer || self.signed_itself())
                    && !self.has_list_for(objection.x509) =>
            {
                Weight::Nothing
            }
            sys::X509_V_ERR_UNABLE_TO_GET_CRL => Weight::Untold(format!(
                "no list in trust.crls says whether {subject} is revoked; add that of its authority"
            )),
            _ => Weight::Untold(format!("the CRL for {subject} says nothing: {}", objection.code)),
        }
    }

    /// The first date on which any list says the certificate was revoked. The
    /// library does not tell which of them it means.
    fn revoked_since(&self, x509: Option<&X509Ref>) -> Option<Timestamp> {
        let x509 = x509?.to_owned();
        let since = |crl: &Crl| match crl.facts().crl.get_by_cert(&x509) {
            // A date that cannot be read is one in the past.
            CrlStatus::Revoked(entry) => Some(moment(entry.revocation_date()).unwrap_or(self.at)),
            CrlStatus::NotRevoked | CrlStatus::RemoveFromCrl(_) => None,
        };
        self.trust.crls.iter().filter_map(since).min()
    }

    /// Nobody but itself could have revoked it.
    fn signed_itself(&self) -> bool {
        let name = |name: &X509NameRef| name.to_der().ok();
        name(self.x509.subject_name()) == name(self.x509.issuer_name())
    }

    fn is_anchor(&self, x509: &X509Ref) -> bool {
        let der = |x509: &X509Ref| x509.to_der().ok();
        let mut anchors = self.trust.anchors.iter().flat_map(|anchor| anchor.x509s());
        let wanted = der(x509);
        wanted.is_some() && anchors.any(|anchor| der(anchor) == wanted)
    }

    /// Whether a list of the certificate's issuer is among the lists.
    fn has_list_for(&self, x509: Option<&X509Ref>) -> bool {
        let issuer = x509.and_then(|x509| x509.issuer_name().to_der().ok());
        issuer.is_some_and(|issuer| self.trust.crls.iter().any(|crl| crl.facts().issuer == issuer))
    }

    fn store(&self, more: X509VerifyFlags) -> Result<X509Store, ErrorStack> {
        let mut param = self.trust.path.param(self.at)?;
        let mut builder = X509StoreBuilder::new()?;
        for anchor in self.trust.anchors.iter().flat_map(|anchor| anchor.x509s()) {
            builder.add_cert(anchor.clone())?;
        }
        param.set_flags(more)?;
        builder.set_param(&param)?;
        Ok(builder.build())
    }

    fn along(&self) -> Result<Stack<X509>, ErrorStack> {
        let mut stack = Stack::new()?;
        for der in self.came_along {
            if let Ok(other) = X509::from_der(der) {
                stack.push(other)?;
            }
        }
        Ok(stack)
    }
}

fn due(crl: &X509CrlRef) -> Option<Timestamp> {
    moment(crl.next_update().unwrap_or(crl.last_update())).ok()
}

pub(super) fn held(words: String) -> Refusal {
    Refusal::new(Code::SignerCrlStale, words)
}

/// RFC 5280, section 4.2.1.4.
const ANY_POLICY: &str = "2.5.29.32.0";
