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
use crate::post::reply::Status;

//------------ Judged --------------------------------------------------------

/// What becomes of a delivery after an attempt.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Judged {
    pub verdict: Verdict,
    /// When it is tried again; absent when it is not.
    pub due: Option<Timestamp>,
    pub reason: Option<Reason>,
    /// A 5.1.x or 5.7.x: whether it is about this letter or about all, the
    /// lane decides.
    pub is_held: bool,
    /// Their server wants less for a while.
    pub slows: bool,
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
        Verdict::Refused if is_about_lane(outcome) || is_full(outcome) => Verdict::Deferred,
        verdict => verdict,
    };
    // The mailbox of a receipt may be another than the lane's.
    let is_certificate = claimed.cargo.facts().is_some();
    let is_held = verdict == Verdict::Deferred && is_certificate && is_about_lane(outcome);
    let slows = verdict == Verdict::Deferred && slows(outcome);
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
    Judged { verdict, due, reason, is_held, slows }
}

/// When a delivery is given up: `give_up` after its first attempt, and as much
/// later as its lane stood still since; or when it is useful no more.
///
/// Not after its acceptance: what waited for a suspended partner or behind
/// another certificate was never tried, and must not end untried.
pub fn expires_at(claimed: &Claimed, clocks: &Clocks, at: Timestamp) -> Timestamp {
    let first = claimed.first_attempt_at.unwrap_or(at);
    clocks.expiry(first, claimed.stood_still, claimed.not_useful_after)
}

/// A 5.1.x (the address) or 5.7.x (we may not) is mostly about every letter
/// to the partner: three in a row show it (DELIVERY, "Clocks"). Told before
/// there is a transaction it is about the road, and the circuit's.
fn is_about_lane(outcome: &Outcome) -> bool {
    let in_transaction = match outcome.phase {
        Phase::Connect | Phase::Ehlo | Phase::Starttls | Phase::Auth => false,
        Phase::Mail | Phase::Rcpt | Phase::Data | Phase::EndOfData => true,
    };
    let about = |status: &Status| status.class == 5 && matches!(status.subject, 1 | 7);
    in_transaction && outcome.status.as_ref().is_some_and(about)
}

/// The mailbox is full now (RFC 3463, x.2.2): it will be emptied.
fn is_full(outcome: &Outcome) -> bool {
    outcome.status.is_some_and(|status| (status.subject, status.detail) == (2, 2))
}

/// 421 (the server closes the door), 4.7.x (policy, for now), and a mailbox
/// that is full.
fn slows(outcome: &Outcome) -> bool {
    let for_now = |status: Status| status.class == 4 && status.subject == 7;
    outcome.code() == Some(421) || outcome.status.is_some_and(for_now) || is_full(outcome)
}

//------------ Tests ---------------------------------------------------------

#[cfg(test)]
mod tests {
    use super::*;
    use crate::certificate::{CertificateId, Facts};
    use crate::delivery::{DeliveryId, Reply};
    use crate::ledger::Cargo;

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
            stood_still: std::time::Duration::ZERO,
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
            is_unsafe: false,
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
        check(Phase::Mail, Some((5, 3, 4)), Verdict::Refused, Verdict::Refused);
        check(Phase::Rcpt, None, Verdict::Refused, Verdict::Refused);
        check(Phase::EndOfData, None, Verdict::InDoubt, Verdict::InDoubt);
        check(Phase::EndOfData, None, Verdict::HandedOver, Verdict::HandedOver);
    }

    #[track_caller]
    fn check_reply(phase: Phase, text: &str, held: bool, slows: bool) {
        let reply = Reply { phase, code: text[..3].parse().unwrap(), text: text.to_owned() };
        let verdict = if reply.code < 500 { Verdict::Deferred } else { Verdict::Refused };
        let outcome = Outcome {
            verdict,
            phase,
            status: Status::of(&reply),
            replies: vec![reply],
            words: String::new(),
            is_unsafe: false,
            reusable: true,
        };
        let judged = judge(&outcome, &claimed(), 1, AT, &Clocks::default(), 0.0);
        assert_eq!((judged.is_held, judged.slows), (held, slows), "{phase} {text}");
    }

    #[test]
    fn what_the_lane_makes_of_replies() {
        check_reply(Phase::Rcpt, "550 5.1.1 no such user", true, false);
        check_reply(Phase::Mail, "550 5.7.1 not from you", true, false);
        check_reply(Phase::EndOfData, "554 5.7.1 spam", true, false);
        check_reply(Phase::Auth, "535 5.7.8 who are you", false, false);
        check_reply(Phase::Rcpt, "550 no", false, false);
        check_reply(Phase::Mail, "421 4.3.2 closing", false, true);
        check_reply(Phase::Rcpt, "450 4.7.1 greylisted", false, true);
        check_reply(Phase::Rcpt, "450 4.2.0 greylisted", false, false);
        check_reply(Phase::EndOfData, "552 5.2.2 full", false, true);
        check_reply(Phase::Rcpt, "452 4.2.2 full", false, true);
        check_reply(Phase::Mail, "552 5.3.4 too big", false, false);
    }

    /// Where a receipt goes, letters need not go.
    #[test]
    fn a_refused_receipt_says_nothing_of_the_lane() {
        let reply = Reply { phase: Phase::Rcpt, code: 550, text: "550 5.1.1 nobody".to_owned() };
        let outcome = Outcome {
            verdict: Verdict::Refused,
            phase: Phase::Rcpt,
            status: Status::of(&reply),
            replies: vec![reply],
            words: String::new(),
            is_unsafe: false,
            reusable: true,
        };
        let receipt = Claimed { cargo: Cargo::Receipt("{}".to_owned()), ..claimed() };
        for (claimed, held) in [(claimed(), true), (receipt, false)] {
            let judged = judge(&outcome, &claimed, 1, AT, &Clocks::default(), 0.0);
            assert_eq!((judged.verdict, judged.is_held), (Verdict::Deferred, held));
        }
    }

    #[test]
    fn nothing_ends_untried() {
        let clocks = Clocks::default();
        let long_ago = claimed();
        assert!(expires_at(&long_ago, &clocks, AT) > AT);
        let tried = Claimed { first_attempt_at: Some(Timestamp::from_millis(0)), ..claimed() };
        assert_eq!(expires_at(&tried, &clocks, AT), Timestamp::from_millis(0).plus(clocks.give_up));
        let stood = Claimed { stood_still: clocks.give_up, ..tried };
        assert_eq!(
            expires_at(&stood, &clocks, AT),
            Timestamp::from_millis(0).plus(clocks.give_up * 2)
        );
        let useless = Claimed { not_useful_after: Some(AT), ..claimed() };
        assert_eq!(expires_at(&useless, &clocks, AT), AT);
    }
}
