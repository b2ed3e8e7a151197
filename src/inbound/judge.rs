//! Judging: letters in the ledger are opened, and what they come to recorded.
//!
//! Later than their 250, and as often as needed: the same octets, keys and
//! time give the same judgement. That an opening begins is committed first,
//! so that a letter which ends the program is known by it, and after three
//! times it is put aside.

use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use tokio::sync::watch;
use tracing::{error, info, warn};

use super::openers::{OpenerError, Openers, Session};
use super::opening::{Answer, Ask, Letter};
use super::reports;
use crate::certificate::life::Judgement;
use crate::config::Configuration;
use crate::delivery::LetterId;
use crate::ledger::{Arrival, Ledger, LedgerError, Quarantine, WaitingLetter};
use crate::runtime::Runtime;
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
    pub ledger: Ledger,
    pub openers: Openers,
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
    async fn turn(&mut self) -> Result<usize, JudgeError> {
        let configuration = self.configuration.borrow_and_update().clone();
        self.openers.judge_by(configuration)?;
        let waiting = self.ledger.waiting_letters(BATCH).await?;
        let count = waiting.len();
        let mut judging: FuturesUnordered<_> =
            waiting.into_iter().map(|letter| self.judge(letter)).collect();
        while let Some(judged) = judging.next().await {
            judged?;
        }
        Ok(count)
    }

    async fn judge(&self, letter: WaitingLetter) -> Result<(), JudgeError> {
        let id = letter.id;
        // Before the opening is counted: that there is none is not the letter's
        // doing.
        let mut session = self.openers.session().await?;
        enter("inbound.5", &id);
        let openings = self.ledger.begin_opening(id).await?;
        if openings > OPENINGS {
            error!(letter = %id, openings, "a letter ended the program again and again and is put aside");
            let words = format!("the program ended {OPENINGS} times while opening it");
            let quarantine = Quarantine::new(CRASHED, words);
            return Ok(self.ledger.quarantine(id, quarantine).await?);
        }
        let WaitingLetter { octets, taken_in_at: at, reverse_path: path, .. } = letter;
        let answer = session.ask(&Ask::Letter(Letter { id, octets, path, at })).await;
        leave("inbound.5", &id);
        enter("inbound.6", &id);
        match answer {
            Ok(Answer::Arrived(arrival)) => self.record(*arrival).await?,
            Ok(Answer::SetAside(quarantine)) => {
                warn!(letter = %id, code = %quarantine.code, "a letter is refused and kept aside");
                self.ledger.quarantine(id, *quarantine).await?;
            }
            Ok(Answer::About(ids)) => self.weigh(id, ids, session).await?,
            Ok(Answer::Fault(_) | Answer::Ready | Answer::Weighed { .. }) => {
                self.broke(id, "it answered something else").await?;
            }
            Err(fault) => self.broke(id, &fault.to_string()).await?,
        }
        leave("inbound.6", &id);
        Ok(())
    }

    /// The process that opens letters broke on one. It may have been ended by
    /// somebody else, so the letter waits for the next; the third time it is
    /// held until there is a better reader.
    async fn broke(&self, id: LetterId, fault: &str) -> Result<(), LedgerError> {
        if self.runtime.token().is_cancelled() {
            return Ok(());
        }
        let openings = self.ledger.end_opening(id).await?;
        if openings < OPENINGS {
            error!(letter = %id, openings, fault, "a letter ended its reader, and is tried again");
            return Ok(());
        }
        error!(letter = %id, openings, fault, "a letter ended its reader, which is a bug, and is put aside");
        let words =
            "our reader broke on it, which is a bug of ours; judge it again after an update";
        let quarantine = Quarantine { held: true, ..Quarantine::new(CRASHED, words) };
        self.ledger.quarantine(id, quarantine).await
    }

    /// A receipt or a report, about one of `ids`: against what the ledger has
    /// of our letter.
    async fn weigh(
        &self,
        id: LetterId,
        ids: Vec<String>,
        mut session: Session,
    ) -> Result<(), LedgerError> {
        let mut found = None;
        for letter_id in ids {
            if let Some(record) = self.ledger.sent(&letter_id).await? {
                found = Some((letter_id, record));
                break;
            }
        }
        let jitter = getrandom::u32().map_or(0.5, |random| f64::from(random) / f64::from(u32::MAX));
        let (evidence, alarms) = match session.ask(&Ask::Record { found, jitter }).await {
            Ok(Answer::Weighed { evidence, alarms }) => (evidence, alarms),
            Ok(_) => return self.broke(id, "it answered something else").await,
            Err(fault) => return self.broke(id, &fault.to_string()).await,
        };
        let reason = evidence.reason.as_ref();
        let (code, words) = reason.map_or(("", ""), |reason| (&*reason.code, &*reason.words));
        let partner = reports::whose(&evidence);
        if alarms {
            error!(letter = %id, partner.code = %partner, code, words, "a receipt or report that somebody must look at");
        } else {
            info!(letter = %id, partner.code = %partner, code, words, "a receipt or report");
        }
        self.ledger.record(*evidence).await?;
        Ok(())
    }

    async fn record(&self, arrival: Arrival) -> Result<(), LedgerError> {
        let (letter, partner) = (arrival.letter, arrival.partner.clone());
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

//------------ JudgeError ----------------------------------------------------

/// Why letters wait unopened.
#[derive(Debug, thiserror::Error)]
enum JudgeError {
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    #[error(transparent)]
    Opener(#[from] OpenerError),
}
