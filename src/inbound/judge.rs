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

use super::prove::{self, Destination, Proven};
use super::received;
use crate::certificate::life::Judgement;
use crate::certificate::{Certificate, Facts, Finding};
use crate::clock::Timestamp;
use crate::config::{Configuration, Gateway};
use crate::delivery::LetterId;
use crate::ledger::{Arrival, Ledger, LedgerError, NewPublication, Quarantine, WaitingLetter};
use crate::letter::LineEnds;
use crate::partner::{Partner, PartnerCode};
use crate::refusal::{Code, Refusal};
use crate::runtime::{Crew, Runtime};
use crate::sps;
use crate::telemetry::{enter, leave};

/// How many letters are judged side by side.
const BATCH: usize = 64;
/// A letter whose opening began so often and never ended is put aside.
const OPENINGS: u32 = 3;
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
        let house = Arc::new(super::gatehouse(&configuration));
        let waiting = self.ledger.waiting_letters(BATCH).await?;
        let count = waiting.len();
        let mut judging: FuturesUnordered<_> = waiting
            .into_iter()
            .map(|letter| self.judge(letter, Arc::clone(&configuration), Arc::clone(&house)))
            .collect();
        while let Some(judged) = judging.next().await {
            judged?;
        }
        Ok(count)
    }

    async fn judge(
        &self,
        letter: WaitingLetter,
        configuration: Arc<Configuration>,
        house: Arc<prove::Gatehouse>,
    ) -> Result<(), LedgerError> {
        let id = letter.id;
        enter("inbound.5", &id);
        let openings = self.ledger.begin_opening(id).await?;
        if openings > OPENINGS {
            error!(letter = %id, openings, "a letter ended the program again and again and is put aside");
            let quarantine = Quarantine {
                code: "opening.crashed".to_owned(),
                gate: None,
                words: format!("the program ended {OPENINGS} times while opening it"),
                partner: None,
                held: false,
            };
            return self.ledger.quarantine(id, quarantine).await;
        }
        let taken_in_at = letter.taken_in_at;
        let judged =
            self.crew.run(move || open(&letter.octets, &house, &configuration, taken_in_at));
        let Ok(judged) = judged.await else {
            if self.runtime.token().is_cancelled() {
                return Ok(());
            }
            error!(letter = %id, "a letter ended its reader, which is a bug, and is put aside");
            let quarantine = Quarantine {
                code: "opening.crashed".to_owned(),
                gate: None,
                words:
                    "our reader broke on it, which is a bug of ours; judge it again after an update"
                        .to_owned(),
                partner: None,
                held: true,
            };
            return self.ledger.quarantine(id, quarantine).await;
        };
        leave("inbound.5", &id);
        enter("inbound.6", &id);
        match judged {
            Ok(opened) => self.record(id, *opened).await?,
            Err((refusal, partner)) => {
                warn!(letter = %id, code = %refusal.code, "a letter is refused and kept aside");
                let quarantine = Quarantine {
                    code: refusal.code.as_str().to_owned(),
                    gate: Some(refusal.gate()),
                    held: refusal.is_held(),
                    words: refusal.words,
                    partner,
                };
                self.ledger.quarantine(id, quarantine).await?;
            }
        }
        leave("inbound.6", &id);
        Ok(())
    }

    async fn record(&self, letter: LetterId, opened: Opened) -> Result<(), LedgerError> {
        let Opened { proven, facts, digest, findings, publication } = opened;
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

/// A letter that passed every gate.
pub struct Opened {
    pub proven: Proven,
    pub facts: Facts,
    pub digest: crate::certificate::ContentDigest,
    pub findings: Vec<Finding>,
    pub publication: NewPublication,
}

/// Gates 1 to 10: octets, keys and a time in, a verdict out.
///
/// The partner beside a refusal is there once the signer was proven.
pub fn open(
    octets: &[u8],
    house: &prove::Gatehouse,
    configuration: &Configuration,
    taken_in_at: Timestamp,
) -> Result<Box<Opened>, (Refusal, Option<PartnerCode>)> {
    let proven = prove::prove(octets, LineEnds::Crlf, house, taken_in_at)
        .map_err(|refusal| (refusal, None))?;
    let (certificate, facts, findings) =
        read_certificate(&proven, configuration.partner(&proven.partner), &configuration.gateway)
            .map_err(|refusal| (refusal, Some(proven.partner.clone())))?;
    let publication = received::publication(
        &proven,
        &facts,
        &certificate,
        &findings,
        &Sha256::digest(octets),
        configuration.gateway.environment,
        taken_in_at,
    );
    Ok(Box::new(Opened {
        digest: certificate.content_digest(),
        proven,
        facts,
        findings,
        publication,
    }))
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
    Ok((certificate, facts, findings))
}
