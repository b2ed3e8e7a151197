//! Judging: letters in the ledger are opened, proven, read and recorded.
//!
//! Later than their 250, and as often as needed: the same octets, keys and
//! time give the same judgement. That an opening begins is committed first,
//! so that a letter which ends the program is known by it, and after three
//! times it is put aside.

use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use sha2::{Digest, Sha256};
use tokio::sync::watch;
use tracing::{error, info, warn};

use super::prove::{self, Destination, Gatehouse, Proven, Refused, Signed, Unsealed};
use super::reports::{self, OnRecord, Reported};
use super::{agree, owing, received};
use crate::certificate::facts::Paths;
use crate::certificate::life::Judgement;
use crate::certificate::{Certificate, ContentDigest, Facts, Finding, rules};
use crate::clock::Timestamp;
use crate::config::{Configuration, Gateway};
use crate::delivery::LetterId;
use crate::ledger::{
    Arrival, Ledger, LedgerError, NewPublication, OwedReceipt, OwedReceipts, Quarantine,
    WaitingLetter,
};
use crate::letter::LineEnds;
use crate::partner::{Partner, PartnerCode};
use crate::receipt::{Desk, Road};
use crate::refusal::{Code, Refusal};
use crate::runtime::{Crew, Runtime};
use crate::sps;
use crate::telemetry::{enter, leave};

/// How many letters are judged side by side.
const BATCH: usize = 64;
/// A letter whose opening began so often and never ended is put aside.
const OPENINGS: u32 = 3;
/// The code of a letter that its reader broke on.
const CRASHED: &str = "opening.crashed";
const LOOK: Duration = Duration::from_secs(30);
const TROUBLE: Duration = Duration::from_secs(1);

//------------ Judge ---------------------------------------------------------

/// What judging works with.
pub struct Judge {
    pub configuration: watch::Receiver<Arc<Configuration>>,
    pub crew: Crew,
    pub ledger: Ledger,
    pub runtime: Runtime,
}

impl Judge {
    /// Judges what waits, until the runtime's token is cancelled.
    pub async fn run(mut self) {
        let token = self.runtime.token().clone();
        let mut wakes = self.ledger.wakes().letters;
        while !token.is_cancelled() {
            wakes.borrow_and_update();
            let wait = match self.turn().await {
                Ok(0) => LOOK,
                Ok(_judged) => continue,
                Err(fault) => {
                    error!(error = %fault, "letters wait unopened");
                    TROUBLE
                }
            };
            tokio::select! {
                () = token.cancelled() => return,
                () = tokio::time::sleep(wait) => {}
                woken = wakes.changed() => if woken.is_err() { return },
                changed = self.configuration.changed() => if changed.is_err() { return },
            }
        }
    }

    /// Judges a batch, side by side so that it shares commits.
    async fn turn(&mut self) -> Result<usize, LedgerError> {
        let configuration = self.configuration.borrow_and_update().clone();
        let study = Study::of(configuration);
        let waiting = self.ledger.waiting_letters(BATCH).await?;
        let count = waiting.len();
        let mut judging: FuturesUnordered<_> =
            waiting.into_iter().map(|letter| self.judge(letter, study.clone())).collect();
        while let Some(judged) = judging.next().await {
            judged?;
        }
        Ok(count)
    }

    async fn judge(&self, letter: WaitingLetter, study: Study) -> Result<(), LedgerError> {
        let id = letter.id;
        enter("inbound.5", &id);
        let openings = self.ledger.begin_opening(id).await?;
        if openings > OPENINGS {
            error!(letter = %id, openings, "a letter ended the program again and again and is put aside");
            let words = format!("the program ended {OPENINGS} times while opening it");
            return self.ledger.quarantine(id, Quarantine::new(CRASHED, words)).await;
        }
        let (taken_in_at, with) = (letter.taken_in_at, study.clone());
        let judged = self.crew.run(move || {
            open(&letter.octets, letter.reverse_path.as_deref(), &with, letter.taken_in_at)
        });
        let Ok(judged) = judged.await else { return self.broke(id).await };
        leave("inbound.5", &id);
        enter("inbound.6", &id);
        match judged {
            Judged::Opened(opened) => self.record(id, *opened).await?,
            Judged::Refused { refusal, partner, owed } => {
                warn!(letter = %id, code = %refusal.code, "a letter is refused and kept aside");
                let quarantine = Quarantine {
                    code: refusal.code.as_str().to_owned(),
                    gate: Some(refusal.gate()),
                    held: refusal.is_held(),
                    words: refusal.words,
                    partner,
                    owed,
                };
                self.ledger.quarantine(id, quarantine).await?;
            }
            Judged::Reported(reported) => {
                if !self.weigh(id, *reported, study, taken_in_at).await? {
                    return self.broke(id).await;
                }
            }
        }
        leave("inbound.6", &id);
        Ok(())
    }

    /// Our reader broke on a letter: it is held until there is a better one.
    async fn broke(&self, id: LetterId) -> Result<(), LedgerError> {
        if self.runtime.token().is_cancelled() {
            return Ok(());
        }
        error!(letter = %id, "a letter ended its reader, which is a bug, and is put aside");
        let words =
            "our reader broke on it, which is a bug of ours; judge it again after an update";
        let quarantine = Quarantine { held: true, ..Quarantine::new(CRASHED, words) };
        self.ledger.quarantine(id, quarantine).await
    }

    /// A receipt or a report: against what the ledger has of our letter.
    /// `false`: the reader broke.
    async fn weigh(
        &self,
        id: LetterId,
        reported: Reported,
        study: Study,
        at: Timestamp,
    ) -> Result<bool, LedgerError> {
        let mut found = None;
        for letter_id in reported.about() {
            if let Some(record) = self.ledger.sent(&letter_id).await? {
                found = Some((letter_id, record));
                break;
            }
        }
        let weighed = self.crew.run(move || {
            let on_record = found.and_then(|(id, record)| OnRecord::read(id, record));
            let jitter =
                getrandom::u32().map_or(0.5, |random| f64::from(random) / f64::from(u32::MAX));
            let clocks = &study.configuration.clocks;
            reports::weigh(id, &reported, on_record, &study.desk, clocks, at, jitter)
        });
        let Ok(weighed) = weighed.await else { return Ok(false) };
        let reason = weighed.evidence.reason.as_ref();
        let (code, words) = reason.map_or(("", ""), |reason| (&*reason.code, &*reason.words));
        let partner = reports::whose(&weighed);
        if weighed.alarms {
            error!(letter = %id, partner.code = %partner, code, words, "a receipt or report that somebody must look at");
        } else {
            info!(letter = %id, partner.code = %partner, code, words, "a receipt or report");
        }
        self.ledger.record(weighed.evidence).await?;
        Ok(true)
    }

    async fn record(&self, letter: LetterId, opened: Opened) -> Result<(), LedgerError> {
        let Opened { proven, facts, digest, findings, publication, owed } = opened;
        let partner = proven.partner.clone();
        let arrival = Arrival {
            letter,
            partner: proven.partner,
            facts,
            digest,
            xml: proven.octets.as_bytes().to_vec(),
            entity: proven.entity,
            message_id: proven.message_id,
            signer_sha256: proven.signer.sha256,
            signed_at: proven.signed_at,
            remarks: serde_json::to_value(&findings).unwrap_or_default(),
            publication,
            owed,
        };
        match self.ledger.receive(arrival).await? {
            Judgement::New => info!(partner.code = %partner, %letter, "a certificate came in"),
            Judgement::Duplicate => {
                info!(partner.code = %partner, %letter, "a certificate came again")
            }
            Judgement::Stale => {
                warn!(partner.code = %partner, %letter, "older than what is on record")
            }
            Judgement::Conflict => {
                error!(partner.code = %partner, %letter, "same number and status, other content: an official must look");
            }
        }
        Ok(())
    }
}

//------------ Opened --------------------------------------------------------

/// What a letter is judged with.
#[derive(Clone, Debug)]
pub struct Study {
    configuration: Arc<Configuration>,
    house: Arc<Gatehouse>,
    desk: Arc<Desk>,
}

/// A letter that passed every gate.
pub struct Opened {
    pub proven: Proven,
    pub facts: Facts,
    pub digest: ContentDigest,
    pub findings: Vec<Finding>,
    pub publication: NewPublication,
    pub owed: Option<OwedReceipts>,
}

/// What a letter comes to before the ledger is asked.
pub enum Judged {
    Opened(Box<Opened>),
    Refused {
        refusal: Refusal,
        /// There once the signer was proven.
        partner: Option<PartnerCode>,
        owed: Option<OwedReceipt>,
    },
    Reported(Box<Reported>),
}

/// The road of a letter, and all its gates: octets, keys and a time in, a
/// verdict out. `path` is the reverse path, absent if it is null.
pub fn open(octets: &[u8], path: Option<&str>, study: &Study, at: Timestamp) -> Judged {
    let (house, desk) = (&*study.house, &*study.desk);
    let reported = |reported: Reported| Judged::Reported(Box::new(reported));
    let refused = |refusal| Judged::Refused { refusal, partner: None, owed: None };
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
            Err(Refused { refusal, signed: Some(signed) }) => study.refused(&signed, refusal),
            Err(Refused { refusal, signed: None }) => refused(refusal),
            Ok(Unsealed::Letter(proven)) => study.read(*proven, octets, at),
            Ok(other) => match reports::unsealed(other, desk, at) {
                Some(receipt) => reported(receipt),
                None => refused(Refusal::new(Code::RootNotSmime, "no road for such a letter")),
            },
        },
    }
}

impl Study {
    /// What a configuration whose keys were read has for it.
    pub fn of(configuration: Arc<Configuration>) -> Study {
        let house = Arc::new(super::gatehouse(&configuration));
        let desk = reports::desk(&configuration);
        Study { configuration, house, desk }
    }

    fn refused(&self, signed: &Signed, refusal: Refusal) -> Judged {
        let partner = self.configuration.partner(&signed.partner);
        let owed = owing::for_refusal(signed, &refusal, partner);
        Judged::Refused { refusal, partner: Some(signed.partner.clone()), owed }
    }

    /// Gates 9 and 10 of a proven letter.
    fn read(&self, proven: Proven, octets: &[u8], taken_in_at: Timestamp) -> Judged {
        let gateway = &self.configuration.gateway;
        let partner = self.configuration.partner(&proven.partner);
        let (certificate, facts, findings) = match read_certificate(&proven, partner, gateway) {
            Ok(read) => read,
            Err(refusal) => return self.refused(&Signed::of(&proven), refusal),
        };
        let publication = received::publication(
            &proven,
            &facts,
            &certificate,
            &findings,
            &Sha256::digest(octets),
            gateway.environment,
            taken_in_at,
        );
        let owed = owing::for_certificate(&proven, &facts, &findings, partner);
        let digest = certificate.content_digest();
        Judged::Opened(Box::new(Opened { proven, facts, digest, findings, publication, owed }))
    }
}

/// Gates 9 and 10, and what of gate 8 needs the document.
pub fn read_certificate(
    proven: &Proven,
    partner: Option<&Partner>,
    gateway: &Gateway,
) -> Result<(Certificate, Facts, Vec<Finding>), Refusal> {
    let reading = sps::read(&proven.octets);
    if let Some(refusal) = reading.refused {
        return Err(refusal);
    }
    let mut findings = proven.remarks.clone();
    findings.extend(reading.findings);
    let severe = findings.iter().find(|finding| finding.level == crate::certificate::Level::Severe);
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
        if !named.into_iter().any(|country| gateway.countries.contains(country)) {
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
