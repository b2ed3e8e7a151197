//! The one table of every step a delivery can take.
//!
//! The ledger asks [`decide`] inside its commits and moves no delivery in any
//! other way; the property test makes its commands from the same table.
//!
//! Four rules, which the tests below read back out of the table:
//! - nothing is handed over without a 2xx to a final dot, nor received
//!   without a signed receipt;
//! - a final state never changes: what comes after it is recorded, and what
//!   contradicts it is an event;
//! - evidence from the other side counts from the first attempt on;
//! - only an untried delivery can be withdrawn.

use serde::{Deserialize, Serialize};

use super::attempt::Verdict;
use super::state::{EventKind, State};

//------------ Trigger -------------------------------------------------------

/// What can befall a delivery.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
pub enum Trigger {
    /// Their authority's yes or no, proven.
    Answered,
    /// An attempt begins, committed before the first SMTP command.
    Begun,
    /// A report: it failed for good behind their server (WIRE, section 4).
    Bounced,
    /// The run ended, or lost its hold, between an attempt's begin and its verdict.
    Crashed,
    /// The verdict of an attempt: not now.
    Deferred,
    /// Its time ran out.
    Expired,
    /// It cannot be written, signed or sealed, now or ever.
    Failed,
    /// The verdict of an attempt: 2xx to the final dot.
    HandedOver,
    /// The verdict of an attempt: no reply to the final dot.
    InDoubt,
    /// A signed receipt: proven, and not readable or not taken.
    NotReadable,
    /// A receipt is overdue.
    Overdue,
    /// A signed receipt, verified: their gateway has it.
    Received,
    /// The verdict of an attempt, or of the lane on what it deferred: 5yz.
    Refused,
    /// A report: a relay gave up on a temporary cause; the letter goes again.
    RelayGaveUp,
    /// Written, signed and sealed for the first time.
    Sealed,
    /// Sealed again: the same signed octets for a new key, or signed anew for age.
    SealedAnew,
    /// No receipt in all the time there is for one.
    TimeForReceiptOver,
    /// Its certificate was withdrawn.
    Withdrawn,
}

impl Trigger {
    /// Every trigger.
    pub const ALL: &'static [Trigger] = &[
        Trigger::Answered,
        Trigger::Begun,
        Trigger::Bounced,
        Trigger::Crashed,
        Trigger::Deferred,
        Trigger::Expired,
        Trigger::Failed,
        Trigger::HandedOver,
        Trigger::InDoubt,
        Trigger::NotReadable,
        Trigger::Overdue,
        Trigger::Received,
        Trigger::Refused,
        Trigger::RelayGaveUp,
        Trigger::Sealed,
        Trigger::SealedAnew,
        Trigger::TimeForReceiptOver,
        Trigger::Withdrawn,
    ];

    /// Whether it comes from outside any attempt: from the other side, or
    /// from the clock that waits for the other side.
    pub const fn is_evidence(self) -> bool {
        match self {
            Trigger::Answered
            | Trigger::Bounced
            | Trigger::NotReadable
            | Trigger::Overdue
            | Trigger::Received
            | Trigger::RelayGaveUp
            | Trigger::TimeForReceiptOver => true,
            Trigger::Begun
            | Trigger::Crashed
            | Trigger::Deferred
            | Trigger::Expired
            | Trigger::Failed
            | Trigger::HandedOver
            | Trigger::InDoubt
            | Trigger::Refused
            | Trigger::Sealed
            | Trigger::SealedAnew
            | Trigger::Withdrawn => false,
        }
    }

    /// Whether a lane may end by it what it is not sending.
    pub const fn is_lane_end(self) -> bool {
        matches!(self, Trigger::Expired | Trigger::Failed | Trigger::Refused)
    }
}

impl From<Verdict> for Trigger {
    fn from(verdict: Verdict) -> Self {
        match verdict {
            Verdict::Deferred => Trigger::Deferred,
            Verdict::HandedOver => Trigger::HandedOver,
            Verdict::InDoubt => Trigger::InDoubt,
            Verdict::Refused => Trigger::Refused,
        }
    }
}

//------------ Transition ----------------------------------------------------

/// One row of the table: in this state, on this trigger, to that state, with
/// that event; no event where nobody outside needs to hear of it.
pub type Transition = (State, Trigger, State, Option<EventKind>);

/// Every transition there is. What is not in here cannot happen.
pub const TRANSITIONS: &[Transition] = {
    use EventKind as E;
    use State::*;
    use Trigger as T;
    &[
        // Made.
        (Waiting, T::Sealed, Sealed, Some(E::Sealed)),
        (Sealed, T::SealedAnew, Sealed, Some(E::Resealed)),
        (Deferred, T::SealedAnew, Deferred, Some(E::Resealed)),
        (InDoubt, T::SealedAnew, InDoubt, Some(E::Resealed)),
        (HandedOver, T::SealedAnew, HandedOver, Some(E::Resealed)),
        // Attempted. The contract has no event for a begin: the attempt's row
        // is its record.
        (Sealed, T::Begun, Sending, None),
        (Deferred, T::Begun, Sending, None),
        (InDoubt, T::Begun, Sending, None),
        // A verdict.
        (Sending, T::HandedOver, HandedOver, Some(E::HandedOver)),
        (Sending, T::Deferred, Deferred, Some(E::Deferred)),
        (Sending, T::Refused, Refused, Some(E::Refused)),
        (Sending, T::InDoubt, InDoubt, Some(E::InDoubt)),
        (Sending, T::Crashed, InDoubt, Some(E::InDoubt)),
        // The lane's own verdict on a 5.1.x or 5.7.x that it deferred.
        (Deferred, T::Refused, Refused, Some(E::Refused)),
        // The same octets again, because a receipt is overdue: whatever comes
        // of it, their server did say 2xx once.
        (HandedOver, T::Begun, HandedOver, None),
        (HandedOver, T::HandedOver, HandedOver, Some(E::Resent)),
        (HandedOver, T::Deferred, HandedOver, Some(E::Deferred)),
        (HandedOver, T::InDoubt, HandedOver, Some(E::InDoubt)),
        (HandedOver, T::Crashed, HandedOver, Some(E::InDoubt)),
        (HandedOver, T::Refused, HandedOver, Some(E::Contradiction)),
        // Receipts. From the first attempt on they may have it, whatever we
        // know of the attempt.
        (HandedOver, T::Received, Received, Some(E::ReceivedByPartner)),
        (Sending, T::Received, Received, Some(E::ReceivedByPartner)),
        (Deferred, T::Received, Received, Some(E::ReceivedByPartner)),
        (InDoubt, T::Received, Received, Some(E::ReceivedByPartner)),
        (HandedOver, T::NotReadable, Failed, Some(E::NotReadable)),
        (Sending, T::NotReadable, Failed, Some(E::NotReadable)),
        (Deferred, T::NotReadable, Failed, Some(E::NotReadable)),
        (InDoubt, T::NotReadable, Failed, Some(E::NotReadable)),
        (HandedOver, T::Overdue, HandedOver, Some(E::Overdue)),
        (HandedOver, T::TimeForReceiptOver, Unconfirmed, Some(E::Unconfirmed)),
        // First final answer wins: the same again is nothing, another is an event.
        (Received, T::Received, Received, None),
        (Received, T::NotReadable, Received, Some(E::Contradiction)),
        (Answered, T::Received, Answered, None),
        (Answered, T::NotReadable, Answered, Some(E::Contradiction)),
        (Failed, T::NotReadable, Failed, None),
        (Failed, T::Received, Failed, Some(E::Contradiction)),
        (Refused, T::Received, Refused, Some(E::Contradiction)),
        (Refused, T::NotReadable, Refused, Some(E::Contradiction)),
        (Bounced, T::Received, Bounced, Some(E::Contradiction)),
        (Bounced, T::NotReadable, Bounced, Some(E::Contradiction)),
        (Expired, T::Received, Expired, Some(E::Contradiction)),
        (Expired, T::NotReadable, Expired, Some(E::Contradiction)),
        (Withdrawn, T::Received, Withdrawn, Some(E::Contradiction)),
        (Withdrawn, T::NotReadable, Withdrawn, Some(E::Contradiction)),
        (Unconfirmed, T::Received, Unconfirmed, Some(E::Contradiction)),
        (Unconfirmed, T::NotReadable, Unconfirmed, Some(E::Contradiction)),
        // A verdict that comes after the evidence: the attempt's row keeps it.
        (Received, T::HandedOver, Received, None),
        (Received, T::Deferred, Received, None),
        (Received, T::InDoubt, Received, None),
        (Received, T::Crashed, Received, None),
        (Received, T::Refused, Received, None),
        (Answered, T::HandedOver, Answered, None),
        (Answered, T::Deferred, Answered, None),
        (Answered, T::InDoubt, Answered, None),
        (Answered, T::Crashed, Answered, None),
        (Answered, T::Refused, Answered, None),
        (Failed, T::HandedOver, Failed, None),
        (Failed, T::Deferred, Failed, None),
        (Failed, T::InDoubt, Failed, None),
        (Failed, T::Crashed, Failed, None),
        (Failed, T::Refused, Failed, None),
        (Bounced, T::HandedOver, Bounced, Some(E::Contradiction)),
        (Bounced, T::Deferred, Bounced, None),
        (Bounced, T::InDoubt, Bounced, None),
        (Bounced, T::Crashed, Bounced, None),
        (Bounced, T::Refused, Bounced, None),
        (Unconfirmed, T::HandedOver, Unconfirmed, None),
        (Unconfirmed, T::Deferred, Unconfirmed, None),
        (Unconfirmed, T::InDoubt, Unconfirmed, None),
        (Unconfirmed, T::Crashed, Unconfirmed, None),
        (Unconfirmed, T::Refused, Unconfirmed, None),
        // Reports that it failed on the road: they fail or delay, never
        // confirm, and never against a receipt (WIRE, section 4).
        (HandedOver, T::Bounced, Bounced, Some(E::Bounced)),
        (Sending, T::Bounced, Bounced, Some(E::Bounced)),
        (Deferred, T::Bounced, Bounced, Some(E::Bounced)),
        (InDoubt, T::Bounced, Bounced, Some(E::Bounced)),
        (Received, T::Bounced, Received, Some(E::Contradiction)),
        (Answered, T::Bounced, Answered, Some(E::Contradiction)),
        (Refused, T::Bounced, Refused, None),
        (Bounced, T::Bounced, Bounced, None),
        (Expired, T::Bounced, Expired, None),
        (Failed, T::Bounced, Failed, None),
        (Unconfirmed, T::Bounced, Unconfirmed, Some(E::Contradiction)),
        (HandedOver, T::RelayGaveUp, Deferred, Some(E::Deferred)),
        (InDoubt, T::RelayGaveUp, Deferred, Some(E::Deferred)),
        (Deferred, T::RelayGaveUp, Deferred, None),
        (Sending, T::RelayGaveUp, Sending, None),
        // The authority's yes or no: it had the certificate, receipt or not.
        (Received, T::Answered, Answered, Some(E::Answered)),
        (HandedOver, T::Answered, Answered, Some(E::Answered)),
        (Sending, T::Answered, Answered, Some(E::Answered)),
        (Deferred, T::Answered, Answered, Some(E::Answered)),
        (InDoubt, T::Answered, Answered, Some(E::Answered)),
        (Answered, T::Answered, Answered, Some(E::Answered)),
        (Refused, T::Answered, Refused, Some(E::Contradiction)),
        (Bounced, T::Answered, Bounced, Some(E::Contradiction)),
        (Expired, T::Answered, Expired, Some(E::Contradiction)),
        (Withdrawn, T::Answered, Withdrawn, Some(E::Contradiction)),
        (Failed, T::Answered, Failed, Some(E::Contradiction)),
        (Unconfirmed, T::Answered, Unconfirmed, Some(E::Contradiction)),
        // Its time ran out; never while an attempt is under way.
        (Waiting, T::Expired, Expired, Some(E::Expired)),
        (Sealed, T::Expired, Expired, Some(E::Expired)),
        (Deferred, T::Expired, Expired, Some(E::Expired)),
        (InDoubt, T::Expired, Expired, Some(E::Expired)),
        // It cannot be made, or its octets are gone.
        (Waiting, T::Failed, Failed, Some(E::Failed)),
        (Sealed, T::Failed, Failed, Some(E::Failed)),
        (Deferred, T::Failed, Failed, Some(E::Failed)),
        (InDoubt, T::Failed, Failed, Some(E::Failed)),
        // Only what nobody has tried to hand over.
        (Waiting, T::Withdrawn, Withdrawn, Some(E::Withdrawn)),
        (Sealed, T::Withdrawn, Withdrawn, Some(E::Withdrawn)),
    ]
};

//------------ Step ----------------------------------------------------------

/// What a trigger comes to.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Step {
    pub state: State,
    pub event: Option<EventKind>,
}

/// What `trigger` does to a delivery in `state`.
pub fn decide(state: State, trigger: Trigger) -> Result<Step, Impossible> {
    TRANSITIONS
        .iter()
        .find(|(from, on, _, _)| *from == state && *on == trigger)
        .map(|(_, _, to, event)| Step { state: *to, event: *event })
        .ok_or(Impossible { state, trigger })
}

//------------ Impossible ----------------------------------------------------

/// A trigger that cannot befall a delivery in that state; nothing was
/// changed. The caller's bug, unless the trigger came from outside.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("a delivery that is {state} cannot take the trigger {trigger:?}")]
pub struct Impossible {
    pub state: State,
    pub trigger: Trigger,
}

//------------ Tests ---------------------------------------------------------

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn one_outcome_for_a_state_and_a_trigger() {
        let mut seen = HashSet::new();
        for (from, trigger, _, _) in TRANSITIONS {
            assert!(seen.insert((*from, *trigger)), "{from} {trigger:?} stands twice");
        }
    }

    #[test]
    fn every_state_is_reached_from_waiting() {
        let mut reached = HashSet::from([State::Waiting]);
        while let Some((_, _, to, _)) = TRANSITIONS
            .iter()
            .find(|(from, _, to, _)| reached.contains(from) && !reached.contains(to))
        {
            reached.insert(*to);
        }
        for state in State::ALL {
            assert!(reached.contains(state), "{state} is never reached");
        }
    }

    #[test]
    fn every_trigger_is_used() {
        for trigger in Trigger::ALL {
            assert!(TRANSITIONS.iter().any(|(_, on, _, _)| on == trigger), "{trigger:?}");
        }
    }

    #[test]
    fn ends_are_final() {
        for (from, trigger, to, _) in TRANSITIONS {
            assert!(!from.is_end() || from == to, "{from} {trigger:?} leads to {to}");
        }
    }

    #[test]
    fn every_other_state_can_be_left() {
        for state in State::ALL {
            let leaves = TRANSITIONS.iter().any(|(from, _, to, _)| from == state && to != state);
            let last = state.is_end() || *state == State::Answered;
            assert_eq!(leaves, !last, "{state}");
        }
    }

    #[test]
    fn facts_are_reached_by_their_evidence_alone() {
        for (from, trigger, to, event) in TRANSITIONS {
            if from == to {
                continue;
            }
            match to {
                State::HandedOver => {
                    assert_eq!((*from, *trigger), (State::Sending, Trigger::HandedOver));
                }
                State::Received => assert_eq!(*trigger, Trigger::Received),
                State::Answered => assert_eq!(*trigger, Trigger::Answered),
                State::Withdrawn => assert!(from.is_untried()),
                State::Unconfirmed => assert_eq!(*from, State::HandedOver),
                State::Waiting => panic!("nothing goes back to waiting"),
                State::Sealed
                | State::Sending
                | State::Deferred
                | State::InDoubt
                | State::Refused
                | State::Bounced
                | State::Expired
                | State::Failed => {}
            }
            assert_eq!(event.is_none(), *to == State::Sending, "{from} -> {to} says {event:?}");
        }
        for event in TRANSITIONS.iter().filter_map(|(_, _, _, event)| *event) {
            assert!(event.belongs_to(crate::delivery::Direction::Outbound), "{event}");
        }
    }

    #[test]
    fn what_was_never_attempted_has_no_evidence() {
        for state in [State::Waiting, State::Sealed] {
            for trigger in [Trigger::Received, Trigger::Bounced, Trigger::Answered] {
                assert_eq!(decide(state, trigger), Err(Impossible { state, trigger }));
            }
        }
        assert!(decide(State::Sending, Trigger::Expired).is_err());
        assert!(decide(State::Waiting, Trigger::Begun).is_err());
    }
}
