//! What an attempt's outcome means for its delivery: the lane's policy.
//!
//! Pure: an outcome, the clocks and a time in; a verdict and when to try
//! again out.

use crate::clock::Timestamp;
use crate::delivery::attempt::{Phase, Verdict};
use crate::delivery::schedule::Clocks;
use crate::delivery::{Reason, State};
use crate::ledger::Claimed;
use crate::post::Outcome;

//------------ Judged --------------------------------------------------------

/// What becomes of a delivery after an attempt.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Judged {
    pub verdict: Verdict,
    /// When it is tried again; absent when it is not.
    pub due: Option<Timestamp>,
    pub reason: Option<Reason>,
}

/// Judges `outcome` of attempt number `attempt`, ended at `at`.
///
/// `jitter` is a fraction from 0 to 1.
pub fn judge(
    outcome: &Outcome,
    claimed: &Claimed,
    attempt: u32,
    at: Timestamp,
    clocks: &Clocks,
    jitter: f64,
) -> Judged {
    let verdict = match outcome.verdict {
        // A route that refuses us says nothing about the letter (DELIVERY,
        // "Clocks": a 5yz before RCPT is about the route). 5.1.x and 5.7.x
        // wait until three in a row show whether it is the address or us.
        Verdict::Refused if is_about_route(outcome) => Verdict::Deferred,
        verdict => verdict,
    };
    // What was handed over once does not expire: it has its clock of receipts.
    let expires = match claimed.state {
        State::HandedOver => Timestamp::from_millis(i64::MAX),
        _ => expires_at(claimed, clocks, at),
    };
    let due = match verdict {
        Verdict::Deferred => Some(at.plus(clocks.next(attempt, jitter)).min(expires)),
        Verdict::InDoubt => Some(at.plus(clocks.in_doubt_hold).min(expires)),
        Verdict::HandedOver | Verdict::Refused => None,
    };
    let reason = match verdict {
        Verdict::HandedOver => None,
        Verdict::Deferred | Verdict::InDoubt | Verdict::Refused => {
            Some(Reason { code: format!("smtp.{}", outcome.phase), words: outcome.words.clone() })
        }
    };
    Judged { verdict, due, reason }
}

/// When a delivery is given up: `give_up` after its first attempt, or when it
/// is useful no more.
///
/// Not after its acceptance: what waited for a suspended partner or behind
/// another certificate was never tried, and must not end untried.
pub fn expires_at(claimed: &Claimed, clocks: &Clocks, at: Timestamp) -> Timestamp {
    let given_up = claimed.first_attempt_at.unwrap_or(at).plus(clocks.give_up);
    claimed.not_useful_after.map_or(given_up, |after| after.min(given_up))
}

fn is_about_route(outcome: &Outcome) -> bool {
    let before_rcpt = match outcome.phase {
        Phase::Connect | Phase::Ehlo | Phase::Starttls | Phase::Auth | Phase::Mail => true,
        Phase::Rcpt | Phase::Data | Phase::EndOfData => false,
    };
    // 5.1.x and 5.7.x as above; 5.2.2 is a mailbox that is full now.
    let passing = outcome.status.is_some_and(|status| {
        matches!(status.subject, 1 | 7) || (status.subject, status.detail) == (2, 2)
    });
    before_rcpt || passing
}

//------------ Tests ---------------------------------------------------------

#[cfg(test)]
mod tests {
    use super::*;
    use crate::certificate::{CertificateId, Facts};
    use crate::delivery::DeliveryId;
    use crate::ledger::Cargo;
    use crate::post::reply::Status;

    const AT: Timestamp = Timestamp::from_millis(1_000_000_000);

    fn claimed() -> Claimed {
        let country = "BV".parse::<crate::certificate::CountryCode>().unwrap();
        let id = CertificateId::new(country.clone(), "851".parse().unwrap(), "N-1").unwrap();
        let status: crate::certificate::Status = "70".parse().unwrap();
        Claimed {
            delivery: DeliveryId::from_uuid(uuid::Uuid::nil()),
            fence: 1,
            cargo: Cargo::Certificate(Facts {
                id,
                status,
                import_country: country,
                transit: Vec::new(),
                replaces: Vec::new(),
            }),
            state: State::Sending,
            partner: "HM".parse().unwrap(),
            letter_id: "a".repeat(26),
            accepted_at: Timestamp::from_millis(0),
            not_useful_after: None,
            attempts: 1,
            first_attempt_at: None,
            signed_at: None,
            lease_until: AT,
            recipients_sha256: Vec::new(),
            submission: None,
            letter: None,
        }
    }

    #[track_caller]
    fn check(phase: Phase, status: Option<(u8, u16, u16)>, found: Verdict, wanted: Verdict) {
        let status = status.map(|(class, subject, detail)| Status { class, subject, detail });
        let outcome = Outcome {
            verdict: found,
            phase,
            replies: Vec::new(),
            words: String::new(),
            status,
            reusable: true,
        };
        let judged = judge(&outcome, &claimed(), 1, AT, &Clocks::default(), 0.0);
        assert_eq!(judged.verdict, wanted, "{phase} {status:?}");
        assert_eq!(judged.due.is_some(), matches!(wanted, Verdict::Deferred | Verdict::InDoubt));
    }

    #[test]
    fn what_a_refusal_is_about() {
        // About the route: before RCPT, and 5.1.x and 5.7.x anywhere.
        check(Phase::Mail, Some((5, 7, 1)), Verdict::Refused, Verdict::Deferred);
        check(Phase::Rcpt, Some((5, 1, 1)), Verdict::Refused, Verdict::Deferred);
        check(Phase::EndOfData, Some((5, 7, 1)), Verdict::Refused, Verdict::Deferred);
        // A full mailbox is full now; a letter too big is too big for ever.
        check(Phase::EndOfData, Some((5, 2, 2)), Verdict::Refused, Verdict::Deferred);
        check(Phase::EndOfData, Some((5, 3, 4)), Verdict::Refused, Verdict::Refused);
        check(Phase::Rcpt, None, Verdict::Refused, Verdict::Refused);
        check(Phase::EndOfData, None, Verdict::InDoubt, Verdict::InDoubt);
        check(Phase::EndOfData, None, Verdict::HandedOver, Verdict::HandedOver);
    }

    #[test]
    fn nothing_ends_untried() {
        let clocks = Clocks::default();
        let long_ago = claimed();
        assert!(expires_at(&long_ago, &clocks, AT) > AT);
        let tried = Claimed { first_attempt_at: Some(Timestamp::from_millis(0)), ..claimed() };
        assert_eq!(expires_at(&tried, &clocks, AT), Timestamp::from_millis(0).plus(clocks.give_up));
        let useless = Claimed { not_useful_after: Some(AT), ..claimed() };
        assert_eq!(expires_at(&useless, &clocks, AT), AT);
    }
}
