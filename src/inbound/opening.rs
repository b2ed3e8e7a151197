//! Opening: what a letter comes to before the ledger is asked.
//!
//! ```text
//! Ask::Letter -> road, gates 1 to 10 -> Answer::{Arrived, SetAside, About}
//! Ask::Record -> a report against what is on record -> Answer::Weighed
//! ```
//!
//! A pure function of octets, terms and a time, asked by [`super::openers`] in
//! a process of its own. What goes back and forth is plain and has a form on
//! the wire; what was proven never leaves but as what is to be written down.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::prove::{self, Destination, Proven, Refused, Signed, Unsealed};
use super::reports::{self, OnRecord, Reported};
use super::terms::{HandedTerms, Terms};
use super::{agree, owing, received};
use crate::certificate::facts::Paths;
use crate::certificate::{Certificate, Facts, Finding, Level, rules};
use crate::clock::Timestamp;
use crate::delivery::LetterId;
use crate::ledger::{Arrival, Evidence, OwedReceipt, Quarantine, SentRecord};
use crate::letter::LineEnds;
use crate::partner::PartnerCode;
use crate::receipt::Road;
use crate::refusal::{Code, Refusal};
use crate::sps;

//------------ Ask -----------------------------------------------------------

/// What the process that opens letters is asked.
#[derive(Deserialize, Serialize)]
pub enum Ask {
    Letter(Letter),
    /// What is on record of the letter that the last report was about: its
    /// letter id, and what was sent.
    Record {
        found: Option<(String, SentRecord)>,
        /// A fraction from 0 to 1.
        jitter: f64,
    },
    /// Before any letter, and again whenever the configuration is another.
    Terms(HandedTerms),
}

/// A letter to be opened.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Letter {
    pub id: LetterId,
    #[serde(with = "serde_bytes")]
    pub octets: Vec<u8>,
    /// The reverse path; absent or empty if it is null.
    pub path: Option<String>,
    /// When it was taken in: the time that it is judged at.
    pub at: Timestamp,
}

/// What it answers.
#[derive(Deserialize, Serialize)]
pub enum Answer {
    /// A report: the ids of letters of ours that it may be about.
    About(Vec<String>),
    /// A certificate, proven and read.
    Arrived(Box<Arrival>),
    /// It could not do what it was asked.
    Fault(String),
    /// The terms are known.
    Ready,
    SetAside(Box<Quarantine>),
    Weighed {
        evidence: Box<Evidence>,
        /// Whether somebody has to look at it now.
        alarms: bool,
    },
}

//------------ Opening -------------------------------------------------------

/// What a process that opens letters knows between two questions.
#[derive(Default)]
pub struct Opening {
    terms: Option<Terms>,
    /// The report that was opened last.
    reported: Option<(LetterId, Reported, Timestamp)>,
}

impl Opening {
    /// Answers one question.
    pub fn answer(&mut self, ask: Ask) -> Answer {
        let fault = |words: &str| Answer::Fault(words.to_owned());
        match (ask, &self.terms) {
            (Ask::Terms(handed), _) => match handed.terms() {
                Ok(terms) => {
                    self.terms = Some(terms);
                    Answer::Ready
                }
                Err(error) => Answer::Fault(format!("the terms cannot be read: {error}")),
            },
            (_, None) => fault("asked before it was told the terms"),
            (Ask::Letter(letter), Some(terms)) => {
                let (id, at) = (letter.id, letter.at);
                match open(letter, terms) {
                    Judged::Arrived(arrival) => Answer::Arrived(arrival),
                    Judged::Reported(reported) => {
                        let about = reported.about();
                        self.reported = Some((id, *reported, at));
                        Answer::About(about)
                    }
                    Judged::SetAside(quarantine) => Answer::SetAside(quarantine),
                }
            }
            (Ask::Record { found, jitter }, Some(terms)) => {
                let Some((id, reported, at)) = self.reported.take() else {
                    return fault("asked to weigh a report before there was one");
                };
                let on_record = found.and_then(|(id, record)| OnRecord::read(id, record));
                let clocks = &terms.clocks;
                let weighed =
                    reports::weigh(id, &reported, on_record, &terms.desk, clocks, at, jitter);
                Answer::Weighed { evidence: Box::new(weighed.evidence), alarms: weighed.alarms }
            }
        }
    }
}

//------------ Judged --------------------------------------------------------

/// What a letter comes to before the ledger is asked.
pub enum Judged {
    Arrived(Box<Arrival>),
    Reported(Box<Reported>),
    SetAside(Box<Quarantine>),
}

impl Judged {
    fn refused(refusal: Refusal, partner: Option<PartnerCode>, owed: Option<OwedReceipt>) -> Self {
        Judged::SetAside(Box::new(Quarantine {
            code: refusal.code.as_str().to_owned(),
            gate: Some(refusal.gate()),
            held: refusal.is_held(),
            words: refusal.words,
            partner,
            owed,
        }))
    }
}

/// The road of a letter, and all its gates: octets, terms and a time in, a
/// verdict out.
pub fn open(letter: Letter, terms: &Terms) -> Judged {
    let Letter { octets, path, at, .. } = &letter;
    let (at, path) = (*at, path.as_deref());
    let (house, desk) = (&terms.house, &terms.desk);
    let reported = |reported: Reported| Judged::Reported(Box::new(reported));
    let refused = |refusal| Judged::refused(refusal, None, None);
    match Road::of(octets, LineEnds::Crlf, house.max_letter) {
        Err(refusal) => refused(refusal),
        Ok(Road::DeliveryReport) => {
            reports::delivery_report(octets, path, desk).map_or_else(refused, reported)
        }
        Ok(Road::Other) => {
            reports::formless(octets, path, house, at).map_or_else(refused, reported)
        }
        Ok(Road::SignedReceipt | Road::UnsignedReceipt) => {
            reported(reports::receipt_in_clear(octets, desk, at))
        }
        Ok(Road::Sealed) => match prove::unseal(octets, house, at) {
            Err(Refused { refusal, signed: Some(signed) }) => told(&signed, refusal, terms),
            Err(Refused { refusal, signed: None }) => refused(refusal),
            Ok(Unsealed::Letter(proven)) => read(*proven, letter, terms),
            Ok(other) => match reports::unsealed(other, desk, at) {
                Some(receipt) => reported(receipt),
                None => refused(Refusal::new(Code::RootNotSmime, "no road for such a letter")),
            },
        },
    }
}

/// A refusal behind gate 7: there is somebody who may be told.
fn told(signed: &Signed, refusal: Refusal, terms: &Terms) -> Judged {
    let owed = owing::for_refusal(signed, &refusal, terms.partner(&signed.partner));
    Judged::refused(refusal, Some(signed.partner.clone()), owed)
}

/// Gates 9 and 10 of a proven letter.
fn read(proven: Proven, letter: Letter, terms: &Terms) -> Judged {
    let (certificate, facts, findings) = match read_certificate(&proven, terms) {
        Ok(read) => read,
        Err(refusal) => return told(&Signed::of(&proven), refusal, terms),
    };
    let publication = received::publication(
        &proven,
        &facts,
        &certificate,
        &findings,
        &Sha256::digest(&letter.octets),
        terms.house.environment,
        letter.at,
    );
    let owed = owing::for_certificate(&proven, &facts, &findings, terms.partner(&proven.partner));
    Judged::Arrived(Box::new(Arrival {
        letter: letter.id,
        partner: proven.partner,
        facts,
        digest: certificate.content_digest(),
        xml: proven.octets.as_bytes().to_vec(),
        entity: proven.entity,
        message_id: proven.message_id,
        signer_sha256: proven.signer.sha256,
        signed_at: proven.signed_at,
        remarks: serde_json::to_value(&findings).unwrap_or_default(),
        publication,
        owed,
    }))
}

/// Gates 9 and 10, and what of gate 8 needs the document.
pub fn read_certificate(
    proven: &Proven,
    terms: &Terms,
) -> Result<(Certificate, Facts, Vec<Finding>), Refusal> {
    let reading = sps::read(&proven.octets);
    if let Some(refusal) = reading.refused {
        return Err(refusal);
    }
    let mut findings = proven.remarks.clone();
    findings.extend(reading.findings);
    let severe = findings.iter().find(|finding| finding.level == Level::Severe);
    let unreadable = |words: String| Refusal::new(Code::CertificateNotReadable, words);
    let certificate = match (reading.certificate, severe) {
        (Some(certificate), None) => certificate,
        (_, Some(finding)) => {
            return Err(unreadable(format!(
                "{} at {}: {}",
                finding.code, finding.path, finding.words
            )));
        }
        (None, None) => return Err(unreadable("the document could not be read".to_owned())),
    };
    let facts = certificate.facts().map_err(|findings| {
        let first =
            findings.first().map(|finding| format!("{} at {}", finding.words, finding.path));
        unreadable(first.unwrap_or_default())
    })?;
    let partner = terms.partner(&proven.partner);
    let speaks = partner.is_some_and(|partner| partner.countries.contains(&facts.id.country));
    if !speaks {
        return Err(Refusal::new(
            Code::BindingCountry,
            format!("signed by {}, which does not speak for {}", proven.partner, facts.id.country),
        ));
    }
    if proven.destination == Destination::ByCertificate {
        // No signed To: then the signed document must name one of our
        // countries, or the letter was signed for another and sent on to us.
        let named = std::iter::once(&facts.import_country).chain(&facts.transit);
        if !named.into_iter().any(|country| terms.countries.contains(country)) {
            return Err(Refusal::new(
                Code::BindingRecipient,
                format!(
                    "no signed To, and the certificate is for {}, not for us",
                    facts.import_country
                ),
            ));
        }
    }
    if proven.kind.as_deref().is_some_and(|kind| kind != "certificate") {
        return Err(Refusal::new(
            Code::BindingKind,
            format!(
                "labelled {}, and a certificate is inside",
                proven.kind.as_deref().unwrap_or_default()
            ),
        ));
    }
    findings.extend(agree::differences(proven.subject.as_deref(), &facts));
    findings.extend(rules::ahead(&certificate, Paths::Xml, proven.signed_at));
    Ok((certificate, facts, findings))
}
