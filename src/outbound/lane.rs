//! Lanes: one for each partner, from the ledger to its mailbox.
//!
//! ```text
//! ledger --claim--> [seal (crew) -> commit] -> begin -> SMTP -> conclude --> ledger
//! ```
//!
//! A lane has as many workers as the partner's entry allows connections.
//! Each claims a few due deliveries under a lease, seals those that have no
//! letter yet, and posts them one after the other over its own connection.
//! A partner that is down or slow holds up nobody but itself: its workers
//! share nothing with other lanes but the crew and the ledger's writer.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tracing::{debug, error, info, warn};

use super::sealing::{self, Order};
use super::verdict;
use crate::clock::{Clock, Timestamp};
use crate::config::Configuration;
use crate::delivery::attempt::{Phase, Verdict};
use crate::delivery::{Reason, Trigger};
use crate::ledger::{Claimed, Conclusion, Ledger, LedgerError, SealRecord};
use crate::partner::{Partner, PartnerCode, State};
use crate::post::{self, Envelope, Outcome, Session, Settings, Unsendable};
use crate::runtime::{Crew, Runtime};
use crate::telemetry::{enter, leave};

/// How many deliveries a worker holds at once.
const BATCH: usize = 8;
/// How long a connection is kept open for the next letter.
const IDLE: Duration = Duration::from_secs(10);
/// The longest a worker waits without looking into the ledger.
const LOOK: Duration = Duration::from_secs(30);
/// The pause after the ledger refused.
const TROUBLE: Duration = Duration::from_secs(1);

//------------ Lanes ---------------------------------------------------------

/// What lanes work with.
#[derive(Clone)]
pub struct Lanes {
    pub configuration: watch::Receiver<Arc<Configuration>>,
    pub clock: Clock,
    pub crew: Crew,
    pub ledger: Ledger,
    pub runtime: Runtime,
}

impl Lanes {
    /// Keeps a lane running for every partner of the configuration, also for
    /// those that a later reading adds, until the runtime's token is cancelled.
    pub async fn run(mut self) {
        let token = self.runtime.token().clone();
        let mut running: Vec<(PartnerCode, usize)> = Vec::new();
        loop {
            let configuration = self.configuration.borrow_and_update().clone();
            for partner in &configuration.partners {
                let begun = running.iter().filter(|(code, _)| *code == partner.code).count();
                for n in begun..partner.connections {
                    running.push((partner.code.clone(), n));
                    let worker = Worker {
                        lanes: self.clone(),
                        code: partner.code.clone(),
                        number: n,
                        unreached: 0,
                        rests_until: None,
                    };
                    self.runtime.spawn(worker.run());
                }
            }
            tokio::select! {
                () = token.cancelled() => return,
                changed = self.configuration.changed() => if changed.is_err() { return },
            }
        }
    }
}

//------------ Worker --------------------------------------------------------

struct Worker {
    lanes: Lanes,
    code: PartnerCode,
    number: usize,
    /// How often in a row the partner's server was not reached.
    unreached: u32,
    /// Until when it is left alone because of that.
    rests_until: Option<Timestamp>,
}

/// What a worker needs to know of now.
struct Now {
    configuration: Arc<Configuration>,
    partner: Partner,
}

impl Worker {
    async fn run(mut self) {
        let token = self.lanes.runtime.token().clone();
        let mut connection = Connection::default();
        let mut wakes = self.lanes.ledger.wakes().deliveries;
        while !token.is_cancelled() {
            wakes.borrow_and_update();
            let wait = match self.turn(&mut connection).await {
                Ok(Some(wait)) => wait,
                Ok(None) => continue,
                Err(fault) => {
                    error!(partner.code = %self.code, error = %fault, "the lane cannot use the ledger");
                    TROUBLE
                }
            };
            let idle = connection.session.is_some();
            let wait = if idle { wait.min(IDLE) } else { wait };
            tokio::select! {
                () = token.cancelled() => {}
                () = tokio::time::sleep(wait) => if idle { connection.close().await },
                woken = wakes.changed() => if woken.is_err() { break },
                changed = self.lanes.configuration.changed() => if changed.is_err() { break },
            }
        }
        connection.close().await;
    }

    /// The partner's entry of now, if it is there, active and allows this worker.
    fn now(&mut self) -> Option<Now> {
        let configuration = self.lanes.configuration.borrow_and_update().clone();
        let partner = configuration.partner(&self.code)?;
        if partner.state == State::Suspended || self.number >= partner.connections {
            return None;
        }
        Some(Now { partner: partner.clone(), configuration })
    }

    /// One claim and all that comes of it; else how long there is nothing to do.
    async fn turn(&mut self, connection: &mut Connection) -> Result<Option<Duration>, LedgerError> {
        let Some(now) = self.now() else { return Ok(Some(LOOK)) };
        let at = self.lanes.clock.now();
        if let Some(until) = self.rests_until.filter(|until| *until > at) {
            return Ok(Some(until.since(at)));
        }
        let ledger = self.lanes.ledger.clone();
        let code = self.code.clone();
        let claimed = ledger.claim(&code, BATCH, now.configuration.clocks.lease).await?;
        if claimed.is_empty() {
            let due = ledger.next_due(&code).await?;
            return Ok(Some(
                due.map_or(LOOK, |due| due.since(at).clamp(Duration::from_millis(1), LOOK)),
            ));
        }
        let mut ready = Vec::with_capacity(claimed.len());
        for claimed in self.seal_all(claimed, &now).await {
            ready.extend(claimed?);
        }
        let mut ready = ready.into_iter();
        while let Some((claimed, letter)) = ready.next() {
            let stopping = self.lanes.runtime.token().is_cancelled();
            let reached = if stopping {
                ledger.release(claimed.delivery, claimed.fence).await?;
                false
            } else {
                self.post(&claimed, &letter, connection, &now).await?
            };
            if !reached {
                // The program ends or the road is closed: the others wait in
                // the ledger, not here, and are not tried one by one.
                for (claimed, _) in ready.by_ref() {
                    ledger.release(claimed.delivery, claimed.fence).await?;
                }
                if !stopping {
                    self.unreached = self.unreached.saturating_add(1);
                    let rest = now.configuration.clocks.next(self.unreached, jitter());
                    self.rests_until = Some(self.lanes.clock.now().plus(rest));
                }
            } else {
                self.unreached = 0;
            }
        }
        Ok(None)
    }

    /// Seals those that need it, side by side, so that they share a commit.
    async fn seal_all(
        &self,
        claimed: Vec<Claimed>,
        now: &Now,
    ) -> Vec<Result<Option<(Claimed, Arc<[u8]>)>, LedgerError>> {
        let mut sealing = Vec::with_capacity(claimed.len());
        for claimed in claimed {
            sealing.push(self.seal(claimed, now));
        }
        futures_util::future::join_all(sealing).await
    }

    async fn seal(
        &self,
        mut claimed: Claimed,
        now: &Now,
    ) -> Result<Option<(Claimed, Arc<[u8]>)>, LedgerError> {
        let at = self.lanes.clock.now();
        if verdict::expires_at(&claimed, &now.configuration.clocks) <= at {
            self.end(&claimed, Trigger::Expired, "expired", "not handed over in time".to_owned())
                .await?;
            return Ok(None);
        }
        if let Some(letter) = claimed.letter.take() {
            return Ok(Some((claimed, letter.into())));
        }
        let Some(submission) = claimed.submission.take() else {
            self.end(
                &claimed,
                Trigger::Failed,
                "delivery.empty",
                "neither letter nor submission on record".to_owned(),
            )
            .await?;
            return Ok(None);
        };
        enter("outbound.4", &claimed.delivery);
        let (partner, configuration) = (now.partner.clone(), now.configuration.clone());
        let (letter_id, id, status) =
            (claimed.letter_id.clone(), claimed.certificate.clone(), claimed.status.clone());
        let sealed = self.lanes.crew.run(move || {
            let order = Order {
                content_type: submission.content_type,
                body: &submission.body,
                letter_id: &letter_id,
                id: &id,
                status: &status,
            };
            sealing::seal(&order, &partner, &configuration, at)
        });
        let sealed = match sealed.await {
            Ok(Ok(sealed)) => sealed,
            Ok(Err(fault)) => {
                error!(partner.code = %self.code, delivery = %claimed.delivery, error = %fault, "cannot be sealed");
                self.end(&claimed, Trigger::Failed, "sealing.failed", fault.to_string()).await?;
                return Ok(None);
            }
            Err(fault) => {
                error!(partner.code = %self.code, delivery = %claimed.delivery, error = %fault, "sealing ended");
                self.end(&claimed, Trigger::Failed, "sealing.failed", fault.to_string()).await?;
                return Ok(None);
            }
        };
        let letter: Arc<[u8]> = sealed.letter.as_slice().into();
        let recorded = self.lanes.ledger.seal(SealRecord {
            delivery: claimed.delivery,
            fence: claimed.fence,
            entity: sealed.entity,
            signed: sealed.signed,
            letter: sealed.letter,
            xml_sha256: sealed.xml_sha256,
            signer_sha256: sealed.signer_sha256,
            recipients_sha256: sealed.recipients_sha256,
            signed_at: sealed.signed_at,
        });
        match recorded.await {
            Ok(()) => {
                leave("outbound.4", &claimed.delivery);
                Ok(Some((claimed, letter)))
            }
            Err(LedgerError::Fenced) => Ok(None),
            Err(fault) => Err(fault),
        }
    }

    /// Posts one letter. `false`: no connection could be had, which the next
    /// letter would meet as well.
    async fn post(
        &self,
        claimed: &Claimed,
        letter: &[u8],
        connection: &mut Connection,
        now: &Now,
    ) -> Result<bool, LedgerError> {
        let ledger = &self.lanes.ledger;
        let opened = connection.open(&now.partner, &now.configuration).await;
        enter("outbound.5", &claimed.delivery);
        let attempt = match ledger.begin(claimed.delivery, claimed.fence).await {
            Ok(attempt) => attempt,
            Err(LedgerError::Fenced) => return Ok(true),
            Err(fault) => return Err(fault),
        };
        leave("outbound.5", &claimed.delivery);
        enter("outbound.6", &claimed.delivery);
        let (outcome, reached) = match opened {
            Ok(()) => (self.transact(claimed, letter, connection, now).await, true),
            Err(outcome) => (Ok(outcome), false),
        };
        leave("outbound.6", &claimed.delivery);
        enter("outbound.7", &claimed.delivery);
        let unsendable = outcome.as_ref().err().copied();
        let outcome = outcome.unwrap_or_else(unsent);
        let at = self.lanes.clock.now();
        let judged =
            verdict::judge(&outcome, claimed, attempt, at, &now.configuration.clocks, jitter());
        log(&self.code, claimed, &outcome, judged.verdict);
        let concluded = ledger.conclude(Conclusion {
            delivery: claimed.delivery,
            fence: claimed.fence,
            attempt,
            verdict: judged.verdict,
            phase: outcome.phase,
            replies: outcome.replies,
            peer: connection.peer.clone(),
            tls: connection.tls.clone(),
            ended_at: at,
            due: judged.due,
            reason: judged.reason,
        });
        match concluded.await {
            Ok(_state) => leave("outbound.7", &claimed.delivery),
            Err(LedgerError::Fenced) => {
                warn!(partner.code = %self.code, delivery = %claimed.delivery, "the lease was lost; the verdict is the new holder's");
            }
            Err(fault) => return Err(fault),
        }
        if let Some(fault) = unsendable {
            error!(partner.code = %self.code, delivery = %claimed.delivery, error = %fault, "the letter cannot be sent");
            let reason = Reason::new("letter.unsendable", fault.to_string());
            ledger.apply(claimed.delivery, Trigger::Failed, None, Some(reason)).await?;
        }
        Ok(reached)
    }

    /// The transaction itself, over the open connection.
    async fn transact(
        &self,
        claimed: &Claimed,
        letter: &[u8],
        connection: &mut Connection,
        now: &Now,
    ) -> Result<Outcome, Unsendable> {
        let Some(mut session) = connection.session.take() else {
            return Ok(nothing_sent("the connection is gone".to_owned()));
        };
        let envelope = Envelope {
            from: Some(now.configuration.gateway.address.clone()),
            to: now.partner.address.clone(),
            envelope_id: claimed.letter_id.clone(),
        };
        let (delivery, fence) = (claimed.delivery, claimed.fence);
        let ours = |_phase| {
            let ledger = self.lanes.ledger.clone();
            // A ledger that cannot tell is a no: nothing goes that is not ours.
            async move { ledger.still_ours(delivery, fence).await.unwrap_or(false) }
        };
        let outcome = session.post(&envelope, letter, ours).await;
        if outcome.as_ref().is_ok_and(|outcome| outcome.reusable) {
            connection.session = Some(session);
        }
        outcome
    }

    async fn end(
        &self,
        claimed: &Claimed,
        trigger: Trigger,
        code: &str,
        words: String,
    ) -> Result<(), LedgerError> {
        let reason = Reason::new(code, words);
        match self.lanes.ledger.end(claimed.delivery, claimed.fence, trigger, reason).await {
            Ok(_state) => Ok(()),
            Err(LedgerError::Fenced) => Ok(()),
            Err(fault) => Err(fault),
        }
    }
}

fn log(partner: &PartnerCode, claimed: &Claimed, outcome: &Outcome, verdict: Verdict) {
    let (delivery, phase) = (claimed.delivery, outcome.phase);
    match verdict {
        Verdict::HandedOver => debug!(partner.code = %partner, %delivery, "handed over"),
        Verdict::Deferred | Verdict::InDoubt => {
            info!(partner.code = %partner, %delivery, %phase, %verdict, words = ?outcome.words, "not handed over");
        }
        Verdict::Refused => {
            warn!(partner.code = %partner, %delivery, %phase, words = ?outcome.words, "refused");
        }
    }
}

/// The outcome of an attempt in which nothing could be sent.
fn nothing_sent(words: String) -> Outcome {
    Outcome {
        verdict: Verdict::Deferred,
        phase: Phase::Connect,
        replies: Vec::new(),
        words,
        status: None,
        reusable: false,
    }
}

fn unsent(fault: Unsendable) -> Outcome {
    nothing_sent(fault.to_string())
}

/// A fraction from 0 to 1, for the schedule's jitter.
fn jitter() -> f64 {
    getrandom::u32().map_or(0.5, |random| f64::from(random) / f64::from(u32::MAX))
}

//------------ Connection ----------------------------------------------------

/// A worker's connection to its partner, while it is open.
#[derive(Default)]
struct Connection {
    session: Option<Session>,
    peer: Option<String>,
    tls: Option<String>,
}

impl Connection {
    /// Makes sure that there is a connection on which a transaction may begin.
    async fn open(
        &mut self,
        partner: &Partner,
        configuration: &Configuration,
    ) -> Result<(), Outcome> {
        if let Some(session) = &self.session
            && session.is_usable().await
        {
            return Ok(());
        }
        self.close().await;
        let settings = Settings {
            hostname: configuration.gateway.hostname.clone(),
            connect: configuration.clocks.connect,
            reply: configuration.clocks.smtp_reply,
            final_reply: configuration.clocks.final_reply,
        };
        (self.peer, self.tls) = (Some(partner.route.to_string()), None);
        let session =
            post::connect(&partner.route, &partner.tls, partner.credentials.as_ref(), &settings)
                .await?;
        (self.peer, self.tls) = (Some(session.peer()), session.tls());
        self.session = Some(session);
        Ok(())
    }

    async fn close(&mut self) {
        if let Some(session) = self.session.take() {
            session.quit().await;
        }
    }
}
