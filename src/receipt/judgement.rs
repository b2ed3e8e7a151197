//! What a receipt comes to.

use super::code::{Effect, Fault, ReceiptCode};
use super::digest::Mic;
use super::disposition::{Answer, Disposition};
use crate::clock::Timestamp;
use crate::delivery::{DeliveryId, Trigger};
use crate::partner::PartnerCode;
use crate::smime::verify::Signer;

//------------ Receipt -------------------------------------------------------

/// A receipt that passed steps 1 to 12: evidence.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Receipt {
    pub delivery: DeliveryId,
    pub partner: PartnerCode,
    pub signer: Signer,
    pub signed_at: Option<Timestamp>,
    pub disposition: Disposition,
    /// Certpost-Reason, where the other side is of our kind.
    pub reason: Option<String>,
    /// Its Error, Failure and Warning fields.
    pub words: Vec<String>,
    /// The digest that fits; absent from a negative one.
    pub mic: Option<Mic>,
}

//------------ Doubt ---------------------------------------------------------

/// A receipt that does not count, and how far it came.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Doubt {
    pub fault: Fault,
    /// Whose pinned signer signed it; known from step 4 on.
    pub partner: Option<PartnerCode>,
    /// The delivery it speaks of; known from step 7 on.
    pub delivery: Option<DeliveryId>,
}

//------------ Judgement -----------------------------------------------------

/// What a receipt comes to. Only the first of the positive and of the
/// negative ones moves a delivery.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Judgement {
    /// It does not count, and somebody has to look.
    Alarm(Doubt),
    /// They have a copy, and do not say of which octets: no receipt.
    CopyOnly(Receipt),
    /// Not judged: the signer's CRL is stale.
    Held(Doubt),
    /// Shown and nothing more; [`Judgement::alarms`] says whether aloud.
    Hint(Doubt),
    /// To be judged again if its delivery turns up.
    Kept(Doubt),
    /// Other than the end of the delivery, which stands.
    Late(Receipt),
    /// Proven by them, and not readable or not taken.
    Negative(Receipt),
    /// It proves nothing of which octets arrived; the wait goes on.
    NotReceived(Doubt),
    /// Their gateway has the very octets that we signed.
    Positive(Receipt),
    /// Set aside as a letter that passed no gate.
    Quarantine(Doubt),
    /// What an earlier one said.
    Repeat(Receipt),
}

impl Judgement {
    /// What a doubt comes to, by its code.
    pub fn of(doubt: Doubt) -> Judgement {
        match doubt.fault.code.effect() {
            Effect::Alarm => Judgement::Alarm(doubt),
            Effect::Held => Judgement::Held(doubt),
            Effect::Hint | Effect::HintAndAlarm | Effect::Recorded => Judgement::Hint(doubt),
            Effect::Kept => Judgement::Kept(doubt),
            Effect::NotReceived => Judgement::NotReceived(doubt),
            Effect::Quarantine => Judgement::Quarantine(doubt),
        }
    }

    /// The code, for all but what is as it should be.
    pub fn code(&self) -> Option<ReceiptCode> {
        match self {
            Judgement::Alarm(doubt)
            | Judgement::Held(doubt)
            | Judgement::Hint(doubt)
            | Judgement::Kept(doubt)
            | Judgement::NotReceived(doubt)
            | Judgement::Quarantine(doubt) => Some(doubt.fault.code),
            Judgement::Late(_) => Some(ReceiptCode::Late),
            Judgement::Repeat(_) => Some(ReceiptCode::Repeat),
            Judgement::CopyOnly(_) | Judgement::Negative(_) | Judgement::Positive(_) => None,
        }
    }

    /// Whether somebody has to look.
    pub fn alarms(&self) -> bool {
        match self {
            Judgement::Alarm(_) | Judgement::Late(_) => true,
            Judgement::Hint(doubt) => doubt.fault.code.effect() == Effect::HintAndAlarm,
            Judgement::CopyOnly(_)
            | Judgement::Held(_)
            | Judgement::Kept(_)
            | Judgement::Negative(_)
            | Judgement::NotReceived(_)
            | Judgement::Positive(_)
            | Judgement::Quarantine(_)
            | Judgement::Repeat(_) => false,
        }
    }

    /// What befalls the delivery; `delivery::decide` has the last word.
    pub fn trigger(&self) -> Option<Trigger> {
        match self {
            Judgement::Late(receipt)
            | Judgement::Negative(receipt)
            | Judgement::Positive(receipt)
            | Judgement::Repeat(receipt) => Some(match receipt.disposition.answer {
                Answer::Negative => Trigger::NotReadable,
                Answer::Positive => Trigger::Received,
            }),
            Judgement::Alarm(_)
            | Judgement::CopyOnly(_)
            | Judgement::Held(_)
            | Judgement::Hint(_)
            | Judgement::Kept(_)
            | Judgement::NotReceived(_)
            | Judgement::Quarantine(_) => None,
        }
    }

    /// Whether the lane waits for an operator: the partner cannot decrypt, so
    /// the whole backlog would fail alike.
    pub fn suspends(&self) -> bool {
        matches!(self, Judgement::Negative(receipt) if receipt.disposition.says_undecipherable())
    }
}
