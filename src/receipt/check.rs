//! Steps 6 to 13: a proven report against the delivery that it speaks of.
//!
//! Each step is a function of its own with codes of its own; the first that
//! says no decides.

use super::code::{Fault, ReceiptCode};
use super::digest::{self, Mic};
use super::disposition::{Answer, Disposition};
use super::judgement::{Doubt, Judgement, Receipt};
use super::proof::{Correspondent, Desk, ProvenReport, prove};
use super::recipient::{is_mailbox, recipient};
use super::report::Report;
use super::sent::{Deliveries, Sent, SentCertificate};
use crate::clock::Timestamp;
use crate::delivery::State;
use crate::letter::entity::{Protection, shown};
use crate::letter::xtext;
use crate::letter::{Address, LineEnds};

/// All thirteen steps, from the octets of a letter that is no certificate's.
/// `at` is when it was taken in.
pub fn judge(
    octets: &[u8],
    line_ends: LineEnds,
    desk: &Desk,
    deliveries: &impl Deliveries,
    at: Timestamp,
) -> Judgement {
    match prove(octets, line_ends, desk, at) {
        Ok(proven) => check(&proven, &desk.us, deliveries),
        Err(fault) => Judgement::of(Doubt { fault, partner: None, delivery: None }),
    }
}

/// Steps 5 to 13 alone, for a receipt that the gates proved.
pub fn check(proven: &ProvenReport, us: &Address, deliveries: &impl Deliveries) -> Judgement {
    let partner = Some(proven.partner.code.clone());
    let matched = match Matched::find(proven, deliveries) {
        Ok(matched) => matched,
        Err(fault) => return Judgement::of(Doubt { fault, partner, delivery: None }),
    };
    let delivery = Some(matched.sent.delivery);
    match matched.receipt(us, deliveries) {
        Ok(receipt) => settle(receipt, &matched.sent),
        Err(fault) => Judgement::of(Doubt { fault, partner, delivery }),
    }
}

//------------ Matched -------------------------------------------------------

/// A report whose letter is known, and was its signer's to answer: made by
/// steps 6 and 7 alone.
struct Matched<'p> {
    proven: &'p ProvenReport,
    report: Report,
    sent: Sent,
}

impl<'p> Matched<'p> {
    fn find(proven: &'p ProvenReport, deliveries: &impl Deliveries) -> Result<Self, Fault> {
        let report = Report::read(proven)?;
        let sent = known(&report, deliveries)?;
        same_partner(&sent, &proven.partner)?;
        Ok(Matched { proven, report, sent })
    }

    /// Steps 8 to 12.
    fn receipt(&self, us: &Address, deliveries: &impl Deliveries) -> Result<Receipt, Fault> {
        let partner = &self.proven.partner;
        speaks_for(&self.report, &self.sent, partner)?;
        addressed(&self.report, partner, us)?;
        let disposition = Disposition::read(self.report.disposition())?;
        let mic = match disposition.answer {
            Answer::Negative => None,
            // A copy that was there before: no digest, so no receipt.
            Answer::Positive if disposition.says_duplicate() && self.report.mic().is_none() => None,
            Answer::Positive => Some(mic(&self.report, &self.sent, deliveries)?),
        };
        agrees(&self.report, self.sent.certificate.as_ref())?;
        Ok(Receipt {
            delivery: self.sent.delivery,
            partner: partner.code.clone(),
            signer: self.proven.signer.clone(),
            signed_at: self.proven.signed_at,
            disposition,
            reason: self.report.reason(),
            words: self.report.words(),
            mic,
        })
    }
}

//------------ Step 6 --------------------------------------------------------

/// The letter, by Original-Message-ID alone. One that was never tried is none
/// that anybody could answer.
fn known(report: &Report, deliveries: &impl Deliveries) -> Result<Sent, Fault> {
    let fault = |words: String| Fault::new(ReceiptCode::Unknown, words);
    let Some(id) = report.original_message_id() else {
        return Err(fault("it names no letter by Original-Message-ID".to_owned()));
    };
    let sent = deliveries.by_letter(&id);
    sent.filter(|sent| !sent.state.is_untried())
        .ok_or_else(|| fault(format!("no letter {} was sent", shown(id.bare()))))
}

//------------ Step 7 --------------------------------------------------------

fn same_partner(sent: &Sent, signer: &Correspondent) -> Result<(), Fault> {
    if sent.partner == signer.code {
        return Ok(());
    }
    Err(Fault::new(
        ReceiptCode::OtherPartner,
        format!("sent to {}, the receipt is signed by {}", sent.partner, signer.code),
    ))
}

//------------ Step 8 --------------------------------------------------------

fn speaks_for(report: &Report, sent: &Sent, partner: &Correspondent) -> Result<(), Fault> {
    let ours = |value: &str| {
        let name = recipient(value);
        is_mailbox(name, &sent.to)
            || partner.aliases.iter().any(|alias| {
                alias == name || alias.parse().is_ok_and(|address| is_mailbox(name, &address))
            })
    };
    if ours(report.final_recipient()) || report.original_recipient().is_some_and(ours) {
        return Ok(());
    }
    Err(Fault::new(
        ReceiptCode::Recipient,
        format!("it speaks for {}, sent to {}", shown(report.final_recipient()), sent.to),
    ))
}

//------------ Step 9 --------------------------------------------------------

/// Where the header is under the signature, it is the partner's to us.
fn addressed(report: &Report, partner: &Correspondent, us: &Address) -> Result<(), Fault> {
    match report.protection {
        Protection::Absent => return Ok(()),
        Protection::Cipher | Protection::Clear | Protection::Older => {}
    }
    let said = |address: &Option<Address>| match address {
        Some(address) => address.to_string(),
        None => "no one address".to_owned(),
    };
    if !report.from.as_ref().is_some_and(|from| partner.has(from)) {
        let words =
            format!("the signed From is {}, the signer {}", said(&report.from), partner.code);
        return Err(Fault::new(ReceiptCode::NotOurs, words));
    }
    if !report.to.as_ref().is_some_and(|to| to.same_mailbox(us)) {
        let words = format!("the signed To is {}, not {us}", said(&report.to));
        return Err(Fault::new(ReceiptCode::NotOurs, words));
    }
    Ok(())
}

//------------ Step 11 -------------------------------------------------------

/// The MIC is the digest of the stored entity E.
fn mic(report: &Report, sent: &Sent, deliveries: &impl Deliveries) -> Result<Mic, Fault> {
    let value = report.mic().ok_or_else(|| {
        Fault::new(ReceiptCode::NoMic, "it says that the letter was taken, and not which octets")
    })?;
    let mic = Mic::read(&value)?;
    if mic.digest == sent.entity.by(mic.algorithm) {
        return Ok(mic);
    }
    let others = deliveries.other_octets(sent);
    let fits = others.iter().find(|(_, digests)| mic.digest == digests.by(mic.algorithm));
    Err(Fault::new(
        ReceiptCode::MicDiffers,
        match fits {
            Some((other, _)) => format!("the digest is that of {}", other.words()),
            None => "the digest is of none of our octets".to_owned(),
        },
    ))
}

//------------ Step 12 -------------------------------------------------------

/// What it says of certificate and document, where it does, is what was sent.
fn agrees(report: &Report, sent: Option<&SentCertificate>) -> Result<(), Fault> {
    let contradicts = |words: String| Err(Fault::new(ReceiptCode::Contradicts, words));
    if let Some(value) = report.certificate() {
        let Some(sent) = sent else {
            return contradicts("it names a certificate, and none was sent".to_owned());
        };
        let items: Vec<Option<String>> =
            value.split(';').map(|item| xtext::decode(item.trim())).collect();
        let id = &sent.id;
        let wanted =
            [id.country.as_str(), id.document_type.as_str(), sent.status.as_str(), id.number()];
        if !items.iter().map(Option::as_deref).eq(wanted.map(Some)) {
            return contradicts(format!("it names {}, sent was {id}", shown(value)));
        }
    }
    if let Some(value) = report.document() {
        let named = value.split_once(';');
        let read =
            named.and_then(|(name, text)| Some((digest::named(name)?, digest::from_base64(text)?)));
        let same = |sent: &SentCertificate| {
            read.as_ref().is_some_and(|(name, octets)| octets == sent.document.by(*name))
        };
        if !sent.is_some_and(same) {
            return contradicts(format!("the document's digest is {}", shown(value)));
        }
    }
    Ok(())
}

//------------ Step 13 -------------------------------------------------------

/// The first final answer wins; what comes after it is recorded.
fn settle(receipt: Receipt, sent: &Sent) -> Judgement {
    let answer = receipt.disposition.answer;
    if answer == Answer::Positive && receipt.mic.is_none() {
        return Judgement::CopyOnly(receipt);
    }
    let before = match sent.state {
        State::Waiting
        | State::Sealed
        | State::Sending
        | State::Deferred
        | State::InDoubt
        | State::HandedOver => {
            return match answer {
                Answer::Negative => Judgement::Negative(receipt),
                Answer::Positive => Judgement::Positive(receipt),
            };
        }
        State::Received | State::Answered => Some(Answer::Positive),
        State::Failed => Some(Answer::Negative),
        State::Refused
        | State::Bounced
        | State::Expired
        | State::Withdrawn
        | State::Unconfirmed => None,
    };
    if before == Some(answer) { Judgement::Repeat(receipt) } else { Judgement::Late(receipt) }
}
