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
    /// The code under which it is recorded; `action` is what the report says.
    pub const fn code(self, action: Action) -> DsnCode {
        match (self, action) {
            (DsnEffect::Contradicts, _) => DsnCode::Contradicts,
            (_, Action::Delayed) => DsnCode::Delayed,
            (_, Action::Delivered | Action::Expanded | Action::Relayed) => DsnCode::Passed,
            (_, Action::Failed) => DsnCode::Failed,
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

//------------ DsnCode -------------------------------------------------------

/// As what a report from the road is recorded: a closed list, and a contract.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum DsnCode {
    Contradicts,
    Delayed,
    Failed,
    OtherRecipient,
    Passed,
    Unknown,
}

impl DsnCode {
    /// Every code.
    pub const ALL: &'static [DsnCode] = &[
        DsnCode::Contradicts,
        DsnCode::Delayed,
        DsnCode::Failed,
        DsnCode::OtherRecipient,
        DsnCode::Passed,
        DsnCode::Unknown,
    ];

    /// The code.
    pub const fn as_str(self) -> &'static str {
        match self {
            DsnCode::Contradicts => "dsn-contradicts",
            DsnCode::Delayed => "dsn-delayed",
            DsnCode::Failed => "dsn-failed",
            DsnCode::OtherRecipient => "dsn-other-recipient",
            DsnCode::Passed => "dsn-passed",
            DsnCode::Unknown => "dsn-unknown",
        }
    }

    /// What it means, in a sentence or two.
    pub const fn meaning(self) -> &'static str {
        match self {
            DsnCode::Contradicts => {
                "A report says that the letter failed, and the partner's signed receipt or the delivery's end says otherwise. The end stands."
            }
            DsnCode::Delayed => {
                "A relay has the letter and goes on trying; the receipt's clock runs on."
            }
            DsnCode::Failed => {
                "A relay could not deliver the letter: with 5.x.x the delivery has bounced, with 4.x.x the same octets go again."
            }
            DsnCode::OtherRecipient => {
                "A report about a letter of ours speaks of other recipients than the one we sent to; nothing moves."
            }
            DsnCode::Passed => {
                "A relay says that it passed the letter on. That proves nothing that counts."
            }
            DsnCode::Unknown => {
                "A report about a letter that was not sent from here, as far as the ledger knows."
            }
        }
    }

    /// What to do about it.
    pub const fn remedy(self) -> &'static str {
        match self {
            DsnCode::Contradicts => "Ask the partner which of the two is so.",
            DsnCode::Delayed | DsnCode::OtherRecipient | DsnCode::Passed => "Nothing.",
            DsnCode::Failed => {
                "Read the relay's words with certpost trace; after a 5.1.x or 5.7.x compare the partner's address."
            }
            DsnCode::Unknown => {
                "Nothing, if strangers write in our name; else look whose letters leave by our relay."
            }
        }
    }
}

//------------ The table -----------------------------------------------------

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
