//! What a report from the road does to a delivery: one table.

use super::dsn::{Action, RecipientReport};
use crate::delivery::{State, Trigger};

//------------ DsnEffect -----------------------------------------------------

/// What a report comes to.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum DsnEffect {
    /// It failed for good; `counts` as one of three that suspend, or not.
    Bounced { counts: Counts },
    /// It says failed, and a signed receipt or another end said otherwise:
    /// `dsn-contradicts`, recorded, and nothing moves.
    Contradicts,
    /// Shown with the delivery; the receipt's clock runs on.
    Note,
    /// The delivery ended in the same way before, or was never tried.
    Nothing,
    /// A relay gave up on a temporary cause: the same octets, on our clock.
    SendAgain,
}

/// Whether a bounce is about the address or the policy of the other side.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Counts {
    No,
    TowardsSuspension,
}

impl DsnEffect {
    /// The code under which it is recorded, where it has one.
    pub const fn code(self) -> Option<&'static str> {
        match self {
            DsnEffect::Contradicts => Some("dsn-contradicts"),
            DsnEffect::Bounced { .. }
            | DsnEffect::Note
            | DsnEffect::Nothing
            | DsnEffect::SendAgain => None,
        }
    }

    /// What befalls the delivery; `delivery::decide` has the last word.
    pub const fn trigger(self) -> Option<Trigger> {
        match self {
            DsnEffect::Bounced { .. } => Some(Trigger::Bounced),
            DsnEffect::SendAgain => Some(Trigger::RelayGaveUp),
            DsnEffect::Contradicts | DsnEffect::Note | DsnEffect::Nothing => None,
        }
    }
}

/// What `report` does to a delivery in `state`. A report never confirms.
pub fn effect(report: &RecipientReport, state: State) -> DsnEffect {
    match report.action {
        Action::Delayed | Action::Delivered | Action::Expanded | Action::Relayed => {
            return DsnEffect::Note;
        }
        Action::Failed => {}
    }
    match state {
        State::Waiting
        | State::Sealed
        | State::Refused
        | State::Bounced
        | State::Expired
        | State::Failed
        | State::Withdrawn => DsnEffect::Nothing,
        State::Received | State::Answered | State::Unconfirmed => DsnEffect::Contradicts,
        State::Sending | State::Deferred | State::InDoubt | State::HandedOver => {
            match report.class() {
                Some(5) => {
                    let suspends = report.status.is_some_and(|status| status.suspends());
                    let counts = if suspends { Counts::TowardsSuspension } else { Counts::No };
                    DsnEffect::Bounced { counts }
                }
                Some(4) => DsnEffect::SendAgain,
                // Failed, and nobody says why: nothing ends or goes again on
                // that alone, the receipt's clock runs on.
                Some(_) | None => DsnEffect::Note,
            }
        }
    }
}
