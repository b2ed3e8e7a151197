//! Awaiting: the clock that waits for receipts (DELIVERY, "Clocks").
//!
//! It starts at the first hand-over and does not start again: a receipt is
//! expected, missed, overdue; the same octets go again; and at last the
//! delivery ends unconfirmed. A signed receipt stops it at any step.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tracing::{debug, error, info, warn};

use crate::clock::{Clock, Timestamp};
use crate::config::Configuration;
use crate::delivery::{Clocks, Reason, ReceiptStep, State, Trigger};
use crate::ledger::{Awaited, ClockStep, Ledger, LedgerError};
use crate::partner::ReceiptForm;
use crate::runtime::Runtime;

/// How often it looks at least.
const EVERY: Duration = Duration::from_secs(10);
const SHORTEST: Duration = Duration::from_millis(100);
/// How many deliveries are looked at together.
const BATCH: usize = 500;
/// How long a receipt for no letter of ours is kept (WIRE, section 3, step 6).
const KEPT: Duration = Duration::from_secs(30 * 24 * 60 * 60);
/// When a delivery that goes again is looked at again, at its end.
const LATER: Duration = Duration::from_secs(60 * 60);

//------------ Awaiting ------------------------------------------------------

/// What waiting for receipts works with.
pub struct Awaiting {
    pub configuration: watch::Receiver<Arc<Configuration>>,
    pub clock: Clock,
    pub ledger: Ledger,
    pub runtime: Runtime,
}

impl Awaiting {
    /// Runs until the runtime's token is cancelled.
    pub async fn run(self) {
        let token = self.runtime.token().clone();
        loop {
            let configuration = self.configuration.borrow().clone();
            let first = configuration.clocks.receipt_steps().first().map(|(after, _)| *after);
            let wait = first.unwrap_or(EVERY).min(EVERY).max(SHORTEST);
            tokio::select! {
                () = token.cancelled() => return,
                () = tokio::time::sleep(wait) => {}
            }
            if let Err(fault) = self.turn(&configuration).await {
                error!(error = %fault, "the clock that waits for receipts stands still");
            }
        }
    }

    async fn turn(&self, configuration: &Configuration) -> Result<(), LedgerError> {
        let again = self.ledger.judge_kept_again(KEPT).await?;
        if again > 0 {
            info!(receipts = again, "receipts are judged again: their letters turned up");
        }
        loop {
            let awaited = self.ledger.awaited(BATCH).await?;
            for one in &awaited {
                let step = self.step(one, configuration);
                self.ledger.step_of_clock(one, step).await?;
            }
            if awaited.len() < BATCH {
                return Ok(());
            }
        }
    }

    fn step(&self, awaited: &Awaited, configuration: &Configuration) -> ClockStep {
        let partner = configuration.partner(&awaited.partner);
        let waits = partner.is_none_or(|partner| partner.receipt != ReceiptForm::None);
        let step = next(awaited, &configuration.clocks, self.clock.now(), waits);
        let (delivery, code) = (awaited.delivery, &awaited.partner);
        match step.taken {
            Some(ReceiptStep::Expected) => {
                debug!(partner.code = %code, %delivery, "a receipt is late");
            }
            Some(ReceiptStep::Warn | ReceiptStep::Overdue) => {
                warn!(partner.code = %code, %delivery, since = %awaited.handed_over_at, "a receipt is missing");
            }
            Some(ReceiptStep::Resend) => {
                warn!(partner.code = %code, %delivery, "no receipt: the same letter goes again");
            }
            Some(ReceiptStep::Close) => {
                error!(partner.code = %code, %delivery, "no receipt in all its time");
            }
            None => {}
        }
        step.write
    }
}

//------------ The next step -------------------------------------------------

/// A step, and what is written down for it.
#[derive(Debug, PartialEq)]
struct Next {
    taken: Option<ReceiptStep>,
    write: ClockStep,
}

/// The step that is due. `waits`: whether the partner sends receipts at all.
fn next(awaited: &Awaited, clocks: &Clocks, now: Timestamp, waits: bool) -> Next {
    let stop = ClockStep { steps: awaited.steps, trigger: None, again: false, next: None };
    let steps = clocks.receipt_steps();
    let taken = usize::try_from(awaited.steps).unwrap_or(usize::MAX);
    let (true, Some((_, step))) = (waits, steps.get(taken)) else {
        return Next { taken: None, write: stop };
    };
    let next = steps.get(taken.saturating_add(1));
    let next = next.map(|(after, _)| awaited.handed_over_at.plus(*after));
    let write = ClockStep { steps: awaited.steps.saturating_add(1), next, ..stop };
    let rests = awaited.state == State::HandedOver;
    let useful = awaited.not_useful_after.is_none_or(|after| now < after);
    let since = awaited.handed_over_at;
    let trigger = |trigger: Trigger, code: &str, words: &str| {
        Some((trigger, Reason::new(code, format!("handed over at {since}: {words}"))))
    };
    let write = match step {
        ReceiptStep::Expected | ReceiptStep::Warn => write,
        ReceiptStep::Overdue if rests => ClockStep {
            trigger: trigger(Trigger::Overdue, "receipt.overdue", "no receipt has come"),
            ..write
        },
        ReceiptStep::Resend => ClockStep { again: rests && useful, ..write },
        ReceiptStep::Close if rests => ClockStep {
            trigger: trigger(
                Trigger::TimeForReceiptOver,
                "receipt.none",
                "no receipt has come in all its time",
            ),
            ..write
        },
        // It goes again by a relay's word: its transport's clock runs.
        ReceiptStep::Close => {
            let write = ClockStep { steps: awaited.steps, next: Some(now.plus(LATER)), ..write };
            return Next { taken: None, write };
        }
        ReceiptStep::Overdue => write,
    };
    Next { taken: Some(*step), write }
}

//------------ Tests ---------------------------------------------------------

#[cfg(test)]
mod tests {
    use super::*;
    use crate::delivery::DeliveryId;

    const HOUR: u64 = 3_600;
    const AT: Timestamp = Timestamp::from_millis(1_795_465_800_000);

    fn awaited(steps: u32, state: State) -> Awaited {
        Awaited {
            delivery: DeliveryId::from_uuid(uuid::Uuid::nil()),
            partner: "HM".parse().unwrap(),
            state,
            steps,
            handed_over_at: AT,
            not_useful_after: None,
        }
    }

    /// What happens in a week without a receipt, and when.
    #[test]
    fn a_week_without_a_receipt() {
        let clocks = Clocks::default();
        let mut week = Vec::new();
        let mut at = AT.plus(clocks.receipt_steps()[0].0);
        let mut one = awaited(0, State::HandedOver);
        loop {
            let Next { taken, write } = next(&one, &clocks, at, true);
            let trigger = write.trigger.map(|(trigger, _)| trigger);
            week.push((at.since(AT).as_secs() / HOUR, taken.unwrap(), trigger, write.again));
            one.steps = write.steps;
            let Some(due) = write.next else { break };
            at = due;
        }
        use ReceiptStep::*;
        let wanted = [
            (1, Expected, None, false),
            (4, Warn, None, false),
            (24, Overdue, Some(Trigger::Overdue), false),
            (24, Resend, None, true),
            (72, Resend, None, true),
            (168, Close, Some(Trigger::TimeForReceiptOver), false),
        ];
        assert_eq!(week, wanted);
    }

    #[test]
    fn what_does_not_rest_is_left_alone() {
        let clocks = Clocks::default();
        let late = AT.plus(Duration::from_secs(24 * HOUR));
        for steps in 0..5 {
            let Next { write, .. } = next(&awaited(steps, State::Deferred), &clocks, late, true);
            assert_eq!((write.trigger, write.again), (None, false), "step {steps}");
        }
        let Next { write, .. } = next(&awaited(5, State::Deferred), &clocks, late, true);
        assert_eq!((write.steps, write.next), (5, Some(late.plus(LATER))), "closed later");
        // What is of no more use does not go again, and still ends.
        let useless = Awaited { not_useful_after: Some(AT), ..awaited(3, State::HandedOver) };
        let Next { write, .. } = next(&useless, &clocks, late, true);
        assert!(!write.again && write.next.is_some());
        let Next { taken, write } = next(&awaited(0, State::HandedOver), &clocks, late, false);
        assert_eq!((taken, write.next), (None, None), "a partner that sends no receipts");
    }
}
