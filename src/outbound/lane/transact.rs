//! An attempt: begun on record, tried, concluded on record.

use tracing::{debug, error, info, warn};

use super::connection::Connection;
use super::jitter;
use super::worker::{Now, Worker};
use crate::clock::Timestamp;
use crate::delivery::attempt::{Phase, Verdict};
use crate::delivery::{Reason, Trigger};
use crate::ledger::{Cargo, Claimed, Conclusion, LedgerError};
use crate::outbound::circuits::Scope;
use crate::outbound::verdict;
use crate::partner::{PartnerCode, ReceiptForm};
use crate::post::{Envelope, Outcome, Unsendable};
use crate::receipt::Owed;
use crate::telemetry::{enter, leave};

//------------ Posted --------------------------------------------------------

/// What posting one letter says about the next.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Posted {
    /// Their server answered, and said nothing against the next.
    Answered,
    /// Their server answered, and wants less.
    Slowed,
    /// Their server has no more connections for us than those that stand.
    Crowded,
    /// No connection could be had, which the next letter would meet as well.
    Stopped,
    /// Nothing: it was not ours any more.
    Untold,
}

impl Worker {
    /// Posts one letter; `is_trial`: of a lane that is slowed.
    pub(super) async fn post(
        &self,
        claimed: &Claimed,
        letter: &[u8],
        connection: &mut Connection,
        now: &Now,
        is_trial: bool,
    ) -> Result<Posted, LedgerError> {
        let ledger = &self.lanes.ledger;
        if !connection.stands().await {
            // A road may take longer than a lease. Were the delivery another's
            // by then, nobody would ever put on record that there is none.
            let road = now.configuration.clocks.longest_road();
            match ledger.prolong(claimed.delivery, claimed.fence, road).await {
                Ok(()) => {}
                Err(LedgerError::Fenced) => return Ok(Posted::Untold),
                Err(fault) => return Err(fault),
            }
        }
        let opened = connection.open(&now.partner, &now.configuration, &self.common.standing).await;
        match &opened {
            Ok(()) => self.reached(now).await?,
            Err(outcome) if self.is_crowded(outcome, now) => {
                info!(partner.code = %self.code, words = outcome.words, "one connection less");
                ledger.release(claimed.delivery, claimed.fence).await?;
                return Ok(Posted::Crowded);
            }
            Err(outcome) => {
                if !self.unreached(outcome, now).await? {
                    // The circuit opened meanwhile: no attempt is spent on it.
                    ledger.release(claimed.delivery, claimed.fence).await?;
                    return Ok(Posted::Stopped);
                }
            }
        }
        enter("outbound.5", &claimed.delivery);
        let attempt = match ledger.begin(claimed.delivery, claimed.fence).await {
            Ok(attempt) => attempt,
            // The lease ended while the road was sought: another's now, and
            // nothing for us to try where there is no road. Or the partner
            // was suspended: it is still ours, and given back.
            Err(LedgerError::Fenced) => {
                ledger.release(claimed.delivery, claimed.fence).await?;
                return Ok(if opened.is_ok() { Posted::Untold } else { Posted::Stopped });
            }
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
        let answered = outcome.code().is_some();
        let words = outcome.words.clone();
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
            receipt_due: receipt_due(claimed, now, at),
            reason: judged.reason,
            is_held: judged.is_held,
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
        let lane = Scope::Lane(self.code.clone());
        if !reached {
            return Ok(Posted::Stopped);
        }
        if judged.slows {
            self.fail(&lane, Reason::new("lane.slowed", words), now).await?;
            return Ok(Posted::Slowed);
        }
        if !answered {
            return Ok(Posted::Untold);
        }
        // What began before their server wanted less says nothing of now.
        if is_trial {
            self.common.circuits.succeeded(&lane, &now.configuration).await?;
        }
        Ok(Posted::Answered)
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
        let Some(envelope) = envelope(claimed, now) else {
            return Ok(nothing_sent("whom the receipt goes to cannot be read".to_owned()));
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
        } else {
            connection.lost();
        }
        outcome
    }
}

/// A receipt goes under the null reverse path, to whom the letter asked it
/// for (RFC 8098, section 3).
fn envelope(claimed: &Claimed, now: &Now) -> Option<Envelope> {
    let envelope_id = claimed.letter_id.clone();
    Some(match &claimed.cargo {
        Cargo::Certificate(_) => {
            let from = Some(now.configuration.gateway.address.clone());
            Envelope { from, to: now.partner.address.clone(), envelope_id }
        }
        Cargo::Receipt(owed) => Envelope { from: None, to: Owed::read(owed).ok()?.to, envelope_id },
    })
}

/// When the receipt's clock takes its first step, if one is asked for.
fn receipt_due(claimed: &Claimed, now: &Now, at: Timestamp) -> Option<Timestamp> {
    claimed.cargo.facts()?;
    if now.partner.receipt == ReceiptForm::None {
        return None;
    }
    let steps = now.configuration.clocks.receipt_steps();
    steps.first().map(|(after, _)| at.plus(*after))
}

fn log(partner: &PartnerCode, claimed: &Claimed, outcome: &Outcome, verdict: Verdict) {
    let (delivery, phase) = (claimed.delivery, outcome.phase);
    match verdict {
        Verdict::HandedOver => debug!(partner.code = %partner, %delivery, "handed over"),
        Verdict::Deferred | Verdict::InDoubt => {
            info!(partner.code = %partner, %delivery, %phase, %verdict, reply = outcome.code(), "not handed over");
        }
        Verdict::Refused => {
            warn!(partner.code = %partner, %delivery, %phase, reply = outcome.code(), "refused");
        }
    }
}

fn nothing_sent(words: String) -> Outcome {
    Outcome {
        verdict: Verdict::Deferred,
        phase: Phase::Connect,
        replies: Vec::new(),
        words,
        is_unsafe: false,
        status: None,
        reusable: false,
    }
}

fn unsent(fault: Unsendable) -> Outcome {
    nothing_sent(fault.to_string())
}
