//! Reports: receipts of partners and reports of the road, about what we sent.
//!
//! ```text
//! octets -> Reported (crew) -> what is on record of the letter (ledger)
//!        -> Evidence (crew) -> LEDGER
//! ```

use super::prove::{self, Gatehouse, Unsealed};
use crate::clock::Timestamp;
use crate::delivery::{Clocks, LetterId, Reason, Trigger};
use crate::ledger::{Against, Evidence, EvidenceKind, Fate, SentRecord};
use crate::letter::{LineEnds, xtext};
use crate::partner::PartnerCode;
use crate::receipt::dsn::mentioned;
use crate::receipt::effect::Counts;
use crate::receipt::report::Report;
use crate::receipt::sent::other_octets;
use crate::receipt::{
    self, Answer, Deliveries, Desk, Digests, Doubt, Dsn, DsnCode, DsnEffect, Effect, Fault,
    Judgement, MessageId, OtherOctets, ProvenReport, Receipt, ReceiptCode, ReversePath, Sent,
};
use crate::refusal::Refusal;

//------------ Reported ------------------------------------------------------

/// What a letter that is no certificate's says, as far as it says it alone.
pub enum Reported {
    /// No form of report at all, returned to us.
    Bounce {
        refusal: Refusal,
        mentioned: Vec<MessageId>,
    },
    Dsn(Box<Dsn>),
    Receipt(Result<Box<ProvenReport>, Fault>),
}

/// A receipt on the sealed road, from gate 6 on.
pub fn unsealed(unsealed: Unsealed, desk: &Desk, at: Timestamp) -> Option<Reported> {
    match unsealed {
        Unsealed::Letter(_) => None,
        Unsealed::Report(inner, from) => {
            let proven = receipt::proof::of_inner(inner, &from, desk, at);
            Some(Reported::Receipt(proven.map(Box::new)))
        }
        Unsealed::UnsignedReport => Some(Reported::Receipt(Err(receipt::proof::unsigned()))),
    }
}

/// A receipt that is not sealed.
pub fn receipt_in_clear(octets: &[u8], desk: &Desk, at: Timestamp) -> Reported {
    let proven = receipt::proof::prove(octets, LineEnds::Crlf, desk, at);
    Reported::Receipt(proven.map(Box::new))
}

/// A report from the road; refused if it is none (RFC 3464).
pub fn delivery_report(
    octets: &[u8],
    reverse_path: Option<&str>,
    desk: &Desk,
) -> Result<Reported, Refusal> {
    let path = match reverse_path {
        None | Some("") => ReversePath::Null,
        Some(_) => ReversePath::Address,
    };
    Dsn::read(octets, LineEnds::Crlf, desk.max_letter, path).map(|dsn| Reported::Dsn(Box::new(dsn)))
}

/// A letter of no form that we know: refused, and a bounce if it has the
/// null reverse path and names letters of ours.
pub fn formless(
    octets: &[u8],
    reverse_path: Option<&str>,
    house: &Gatehouse,
    at: Timestamp,
) -> Result<Reported, Refusal> {
    let refusal = match prove::prove(octets, LineEnds::Crlf, house, at) {
        Err(refusal) => refusal,
        Ok(_) => Refusal::new(crate::refusal::Code::RootNotSmime, "no road for such a letter"),
    };
    let mentioned = match reverse_path {
        None | Some("") => mentioned(octets, &house.us),
        Some(_) => Vec::new(),
    };
    if mentioned.is_empty() { Err(refusal) } else { Ok(Reported::Bounce { refusal, mentioned }) }
}

impl Reported {
    /// The ids of letters of ours that it may be about, the likeliest first.
    pub fn about(&self) -> Vec<String> {
        let mut ids: Vec<String> = Vec::new();
        let left = |id: &MessageId| id.left().to_owned();
        match self {
            Reported::Bounce { mentioned, .. } => ids.extend(mentioned.iter().map(left)),
            Reported::Dsn(dsn) => {
                let envelope = dsn.envelope_id.as_deref();
                ids.extend(envelope.map(str::to_owned));
                ids.extend(envelope.and_then(xtext::decode));
                ids.extend(dsn.returned.as_ref().map(left));
            }
            Reported::Receipt(Ok(proven)) => {
                let report = Report::read(proven).ok();
                let id = report.and_then(|report| report.original_message_id());
                ids.extend(id.as_ref().map(left));
            }
            Reported::Receipt(Err(_)) => {}
        }
        ids.dedup();
        ids.truncate(MOST_LOOKED_UP);
        ids
    }
}

const MOST_LOOKED_UP: usize = 5;

//------------ OnRecord ------------------------------------------------------

/// What the ledger has of the letter that a report is about.
pub struct OnRecord {
    letter_id: String,
    message_id: MessageId,
    sent: Sent,
    record: SentRecord,
}

impl OnRecord {
    /// Nothing if what is on record is no letter of ours.
    pub fn read(letter_id: String, record: SentRecord) -> Option<OnRecord> {
        let (message_id, sent) = Sent::of_entity(
            record.delivery,
            record.partner.clone(),
            record.state,
            record.certificate.clone(),
            &record.entity,
        )?;
        Some(OnRecord { letter_id, message_id, sent, record })
    }
}

/// The look-up of a report: it knows one letter or none.
struct Found(Option<OnRecord>);

impl Deliveries for Found {
    fn by_letter(&self, id: &MessageId) -> Option<Sent> {
        let found = self.0.as_ref().filter(|found| found.message_id == *id)?;
        Some(found.sent.clone())
    }

    fn by_envelope(&self, id: &str) -> Option<Sent> {
        let found = self.0.as_ref().filter(|found| found.letter_id == id)?;
        Some(found.sent.clone())
    }

    fn other_octets(&self, _sent: &Sent) -> Vec<(OtherOctets, Digests)> {
        let found = self.0.as_ref();
        found.map_or(Vec::new(), |found| other_octets(&found.record.entity, &found.record.signed))
    }
}

//------------ Weighed -------------------------------------------------------

/// What a report comes to.
pub struct Weighed {
    pub evidence: Evidence,
    /// Whether somebody has to look at it now.
    pub alarms: bool,
}

/// Weighs a report against what is on record. `jitter` is a fraction from 0
/// to 1.
pub fn weigh(
    letter: LetterId,
    reported: &Reported,
    on_record: Option<OnRecord>,
    desk: &Desk,
    clocks: &Clocks,
    at: Timestamp,
    jitter: f64,
) -> Weighed {
    let found = Found(on_record);
    let about = reported.about().into_iter().next();
    match reported {
        Reported::Bounce { refusal, .. } => {
            let delivery = found.0.as_ref().map(|found| found.sent.delivery);
            let reason = Reason::new(refusal.code.as_str(), &*refusal.words);
            let fate = Fate::Quarantined { held: false };
            let evidence = blank(letter, EvidenceKind::Dsn, fate);
            let evidence = Evidence { delivery, reason: Some(reason), ..evidence };
            Weighed { evidence, alarms: false }
        }
        Reported::Dsn(dsn) => report(letter, dsn, &found, clocks, at, jitter),
        Reported::Receipt(Err(fault)) => {
            let doubt = Doubt { fault: fault.clone(), partner: None, delivery: None };
            judged(letter, Judgement::of(doubt), None)
        }
        Reported::Receipt(Ok(proven)) => {
            judged(letter, receipt::check(proven, &desk.us, &found), about)
        }
    }
}

fn blank(letter: LetterId, kind: EvidenceKind, fate: Fate) -> Evidence {
    Evidence {
        letter,
        delivery: None,
        kind,
        partner: None,
        disposition: None,
        verified: false,
        signer_sha256: None,
        trigger: None,
        due: None,
        reason: None,
        fate,
        against: Against::Nothing,
    }
}

//------------ Receipts ------------------------------------------------------

fn judged(letter: LetterId, judgement: Judgement, about: Option<String>) -> Weighed {
    let (alarms, trigger) = (judgement.alarms(), judgement.trigger());
    let stops = judgement.suspends();
    let against = if stops { Against::Suspends } else { Against::Nothing };
    let code = judgement.code().map(ReceiptCode::as_str);
    let evidence = match judgement {
        Judgement::CopyOnly(receipt) => {
            let words = "the partner has a copy, and does not say of which octets";
            let reason = Some(Reason::new("receipt-no-mic", words));
            Evidence { reason, verified: false, ..signed(letter, &receipt) }
        }
        Judgement::Late(receipt)
        | Judgement::Negative(receipt)
        | Judgement::Positive(receipt)
        | Judgement::Repeat(receipt) => {
            let reason = said(&receipt, code);
            Evidence { trigger, reason, against, ..signed(letter, &receipt) }
        }
        Judgement::Alarm(doubt)
        | Judgement::Held(doubt)
        | Judgement::Hint(doubt)
        | Judgement::Kept(doubt)
        | Judgement::NotReceived(doubt)
        | Judgement::Quarantine(doubt) => doubted(letter, doubt, alarms, about),
    };
    Weighed { evidence, alarms }
}

fn signed(letter: LetterId, receipt: &Receipt) -> Evidence {
    Evidence {
        delivery: Some(receipt.delivery),
        partner: Some(receipt.partner.clone()),
        disposition: Some(receipt.disposition.to_string()),
        verified: true,
        signer_sha256: Some(receipt.signer.sha256.clone()),
        ..blank(letter, EvidenceKind::Mdn, Fate::Recorded)
    }
}

/// Why not, in their words; or what is odd about the receipt.
fn said(receipt: &Receipt, code: Option<&str>) -> Option<Reason> {
    let words = receipt.words.join("; ");
    let words = if words.is_empty() { receipt.disposition.to_string() } else { words };
    match (code, &receipt.reason) {
        (Some(code), _) => Some(Reason::new(code, words)),
        (None, Some(reason)) => Some(Reason::new(&**reason, words)),
        // A yes needs no reason; a no has one in its disposition at least.
        (None, None) if receipt.words.is_empty() && is_positive(receipt) => None,
        (None, None) => Some(Reason::new("receipt-says", words)),
    }
}

fn is_positive(receipt: &Receipt) -> bool {
    receipt.disposition.answer == Answer::Positive
}

fn doubted(letter: LetterId, doubt: Doubt, alarms: bool, about: Option<String>) -> Evidence {
    let Doubt { fault, partner, delivery } = doubt;
    let effect = fault.code.effect();
    let fate = match (effect, delivery, about) {
        (Effect::Held, _, _) => Fate::Quarantined { held: true },
        (Effect::Kept, _, Some(about)) => Fate::Kept { about },
        // Signed by somebody else than the partner it is about: a forgery.
        _ if fault.code == ReceiptCode::OtherPartner => Fate::Quarantined { held: false },
        (Effect::Alarm | Effect::NotReceived, Some(_), _) => Fate::Contradicts,
        (Effect::Hint | Effect::Recorded, _, _) if !alarms => Fate::Recorded,
        (_, _, _) => Fate::Quarantined { held: false },
    };
    let reason = Some(Reason::new(fault.code.as_str(), fault.words));
    Evidence { delivery, partner, reason, ..blank(letter, EvidenceKind::Mdn, fate) }
}

//------------ Reports of the road -------------------------------------------

fn report(
    letter: LetterId,
    dsn: &Dsn,
    found: &Found,
    clocks: &Clocks,
    at: Timestamp,
    jitter: f64,
) -> Weighed {
    let mut evidence = blank(letter, EvidenceKind::Dsn, Fate::Recorded);
    let Some(sent) = dsn.sent(found) else {
        let words = "a report about a letter that was not sent from here";
        evidence.reason = Some(Reason::new(DsnCode::Unknown.as_str(), words));
        evidence.fate = Fate::Quarantined { held: false };
        return Weighed { evidence, alarms: false };
    };
    evidence.delivery = Some(sent.delivery);
    evidence.partner = Some(sent.partner.clone());
    let Some(about) = dsn.about(&sent.to) else {
        let words = format!("it speaks of other recipients than {}", sent.to);
        evidence.reason = Some(Reason::new(DsnCode::OtherRecipient.as_str(), words));
        return Weighed { evidence, alarms: false };
    };
    let effect = receipt::effect(about, sent.state);
    evidence.disposition = Some(about.action.to_string());
    evidence.trigger = effect.trigger();
    let mut words: Vec<String> = about.status.iter().map(ToString::to_string).collect();
    words.extend(about.diagnostic.clone());
    words.extend(about.will_retry_until.as_ref().map(|until| format!("tried until {until}")));
    words.extend(dsn.reporting_mta.as_ref().map(|mta| format!("says {mta}")));
    let code = effect.code(about.action).as_str();
    evidence.reason = Some(Reason::new(code, words.join("; ")));
    match effect {
        DsnEffect::Bounced { counts: Counts::TowardsSuspension } => {
            evidence.against = Against::Counts;
        }
        DsnEffect::SendAgain => evidence.due = Some(at.plus(clocks.next(1, jitter))),
        // The table tells of it, and moves nothing.
        DsnEffect::Contradicts => evidence.trigger = Some(Trigger::Bounced),
        DsnEffect::Bounced { counts: Counts::No } | DsnEffect::Note | DsnEffect::Nothing => {}
    }
    Weighed { evidence, alarms: effect == DsnEffect::Contradicts }
}

/// The partner that a report is about, for the log.
pub fn whose(evidence: &Evidence) -> String {
    let code = evidence.partner.as_ref().map(PartnerCode::to_string);
    code.unwrap_or_else(|| "nobody proven".to_owned())
}
